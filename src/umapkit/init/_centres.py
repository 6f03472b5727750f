"""Where the components of a disconnected graph go, and how much room each one has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit.init._components import Components
from umapkit.init._draws import Purpose, uniform_box
from umapkit.init._pca import principal_scores


def arrange(
    pieces: Components,
    linked: NDArray[np.intp],
    *,
    n_components: int,
    seed: int,
    data: NDArray[np.float32] | None,
    n_threads: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres and half widths of the components that have edges.

    One component lies at the origin. Up to ``2 * n_components`` lie on the unit axes, first the
    positive, then the negative ones. More lie at the leading principal scores of their mean rows,
    largest coordinate 1, or, without data, at random in the unit box: O(components) numbers, no
    matrix of all pairs. The half width is half the distance to the nearest other centre, and at
    least the component's share of the box, so that thousands of small components do not squeeze
    a large one into a dot.

    Parameters
    ----------
    pieces : Components
        The components of the graph.
    linked : int array of shape (c,)
        Numbers of those with edges.
    n_components : int
        Dimensions of the map.
    seed : int
        Seed of the random centres.
    data : float32 array of shape (n, d), optional
        Rows of the vertices.
    n_threads : int
        Threads of the principal axes.

    Returns
    -------
    centres : float64 array of shape (c, n_components)
    extents : float64 array of shape (c,)
    """
    count = len(linked)
    share = 0.5 * (pieces.sizes[linked] / len(pieces.labels)) ** (1.0 / n_components)
    if count == 1:
        return np.zeros((1, n_components)), np.ones(1)
    if count <= 2 * n_components:
        axes = np.eye(n_components)[: (count + 1) // 2]
        centres = np.concatenate((axes, -axes))[:count]
    elif data is None:
        centres = uniform_box(seed, Purpose.CENTRE, linked, n_components)
    else:
        means = np.stack([data[pieces.members(i)].mean(axis=0, dtype=np.float64) for i in linked])
        scores = principal_scores(
            means.astype(np.float32), n_components, seed=seed, n_threads=n_threads
        )
        centres = scores.astype(np.float64)
        centres /= max(float(np.abs(centres).max()), np.finfo(np.float64).tiny)
    return centres, np.maximum(_nearest(centres) / 2.0, share)


def _nearest(centres: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.spatial import KDTree

    return KDTree(centres).query(centres, k=2)[0][:, 1]
