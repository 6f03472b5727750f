"""Sets that come out of scikit-learn: no download, no file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.data.examples._example import Example


def _as_float32(values: Any) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.asarray(values), dtype=np.float32)


def moons(
    *, n: int = 1000, noise: float = 0.1, n_valid: int = 0, n_test: int = 0, seed: int = 0
) -> Example:
    """Two interleaved half circles in the plane.

    Parameters
    ----------
    n : int, default=1000
        Training rows.
    noise : float, default=0.1
        Standard deviation of the noise; the circles have radius 1.
    n_valid, n_test : int, default=0
        Rows of the other two parts. The Parametric UMAP paper's semi-supervised example uses
        ``n=2000, n_valid=1000, n_test=1000, seed=1``.
    seed : int, default=0
        Seed of the training rows; the test rows take ``seed + 1``, the validation rows
        ``seed + 2``, as that paper's code does.

    Returns
    -------
    Example
        Rows of shape (n + n_valid + n_test, 2): training, validation, test.
    """
    from sklearn.datasets import make_moons

    sizes = [(n, seed), (n_valid, seed + 2), (n_test, seed + 1)]
    made = [make_moons(size, noise=noise, random_state=s) for size, s in sizes if size > 0]
    ends = np.cumsum([size for size, _ in sizes])
    return Example(
        name="moons",
        data=_as_float32(np.concatenate([rows for rows, _ in made])),
        target=np.concatenate([labels for _, labels in made]).astype(np.int64),
        target_names=("upper", "lower"),
        train=np.arange(0, ends[0]),
        valid=np.arange(ends[0], ends[1]),
        test=np.arange(ends[1], ends[2]),
        columns=("x", "y"),
        description=f"Two interleaved half circles with noise of {noise}.",
        source=f"made by sklearn.datasets.make_moons, seed {seed}",
    )


def blobs(
    *, n: int = 1000, n_columns: int = 10, n_classes: int = 5, spread: float = 1.0, seed: int = 0
) -> Example:
    """Gaussian clusters of equal size.

    Parameters
    ----------
    n : int, default=1000
        Rows.
    n_columns : int, default=10
        Columns.
    n_classes : int, default=5
        Clusters; their centres are uniform in [-10, 10] on each column.
    spread : float, default=1.0
        Standard deviation of each cluster; larger values make them overlap.
    seed : int, default=0
        Seed.

    Returns
    -------
    Example
        Rows of shape (n, n_columns), all of them in the training part.
    """
    from sklearn.datasets import make_blobs

    made = make_blobs(n, n_columns, centers=n_classes, cluster_std=spread, random_state=seed)
    return Example(
        name="blobs",
        data=_as_float32(made[0]),
        target=np.asarray(made[1]).astype(np.int64),
        target_names=tuple(f"blob {i}" for i in range(n_classes)),
        train=np.arange(n),
        description=f"{n_classes} Gaussian clusters in {n_columns} dimensions.",
        source=f"made by sklearn.datasets.make_blobs, seed {seed}",
    )


def swiss_roll(*, n: int = 1000, noise: float = 0.0, seed: int = 0) -> Example:
    """Return a rolled-up sheet in three dimensions.

    Parameters
    ----------
    n : int, default=1000
        Rows.
    noise : float, default=0.0
        Standard deviation of the noise; the roll is about 20 wide.
    seed : int, default=0
        Seed.

    Returns
    -------
    Example
        Rows of shape (n, 3), all of them in the training part; `values` is the position along
        the sheet (the angle in radians).
    """
    from sklearn.datasets import make_swiss_roll

    rows, angle = make_swiss_roll(n, noise=noise, random_state=seed)
    return Example(
        name="swiss_roll",
        data=_as_float32(rows),
        values=_as_float32(angle),
        train=np.arange(n),
        columns=("x", "y", "z"),
        description="A sheet rolled up in three dimensions.",
        source=f"made by sklearn.datasets.make_swiss_roll, seed {seed}",
    )


def digits() -> Example:
    """Handwritten digits of 8 by 8 pixels.

    Returns
    -------
    Example
        Rows of shape (1797, 64) in [0, 1] (the 17 grey levels divided by 16), all of them in the
        training part; the target is the digit.
    """
    from sklearn.datasets import load_digits

    rows, labels = load_digits(return_X_y=True)
    return Example(
        name="digits",
        data=_as_float32(np.asarray(rows) / 16),
        target=np.asarray(labels).astype(np.int64),
        target_names=tuple(str(i) for i in range(10)),
        train=np.arange(len(rows)),
        image_shape=(8, 8),
        description="Handwritten digits, 8 by 8 pixels (UCI, the test part of the optical set).",
        source="scikit-learn's own copy (CC BY 4.0)",
    )
