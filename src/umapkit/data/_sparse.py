"""Sparse rows are made dense, where that fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.data._memory import dense_budget, human_size


def check_numbers(X: Any, name: str) -> None:
    """Raise unless a sparse matrix holds real numbers."""
    if X.dtype.kind not in "biuf":
        kind = "Complex data not supported" if X.dtype.kind == "c" else "Only numbers are supported"
        msg = f"{kind}: the sparse {name} has dtype {X.dtype}. Give real numbers."
        raise ValueError(msg)


def densify(
    X: Any, *, name: str, max_dense_bytes: int | None
) -> tuple[NDArray[np.float32], Callable[[int, int], Any]]:
    """Make sparse rows dense, float32, C-contiguous.

    Parameters
    ----------
    X : scipy.sparse array or matrix of shape (n, d), any format
    name : str
        What messages call the rows.
    max_dense_bytes : int or None
        Largest size allowed; ``None`` takes `dense_budget`.

    Returns
    -------
    values : ndarray of shape (n, d), float32
    original : callable
        Looks up one value as it was given.

    Raises
    ------
    ValueError
        If the dense rows would be larger than allowed, or the values are no real numbers.
    """
    check_numbers(X, name)
    limit = dense_budget() if max_dense_bytes is None else max_dense_bytes
    size = 4 * X.shape[0] * X.shape[1]
    if size > limit:
        msg = (
            f"The sparse {name} of shape {X.shape} would take {human_size(size)} as dense float32 "
            f"rows; at most {human_size(limit)} is allowed here. Reduce it first, for example "
            "with sklearn.decomposition.TruncatedSVD(n_components=50).fit_transform(X)."
        )
        raise ValueError(msg)
    rows = X.tocsr()
    # Values beyond float32 become infinite here; the finite check then names the first of them.
    with np.errstate(over="ignore"):
        values = rows.astype(np.float32).toarray(order="C")

    def original(row: int, column: int) -> Any:
        return rows[[row], :].toarray()[0, column]

    return np.require(values, requirements=["C", "A", "E"]), original
