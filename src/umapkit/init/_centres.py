"""Where the components of a disconnected graph go, and how much room each one has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit.data import Rows, SparseRows
from umapkit.init._draws import Purpose, uniform_box
from umapkit.init._pca import few_columns, principal_scores


def arrange(
    labels: NDArray[np.int32],
    sizes: NDArray[np.intp],
    linked: NDArray[np.intp],
    *,
    n_components: int,
    seed: int,
    data: Rows | None,
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
    labels : int32 array of shape (n,)
        Component of every vertex.
    sizes : int array
        Vertices of every component.
    linked : int array of shape (c,)
        Numbers of those with edges.
    n_components : int
        Dimensions of the map.
    seed : int
        Seed of the random centres.
    data : float32 array or SparseRows of shape (n, d), optional
        Rows of the vertices.
    n_threads : int
        Threads of the principal axes.

    Returns
    -------
    centres : float64 array of shape (c, n_components)
    extents : float64 array of shape (c,)
    """
    count = len(linked)
    share = 0.5 * _root(sizes[linked] / len(labels), n_components)
    if count == 1:
        return np.zeros((1, n_components)), np.ones(1)
    if count <= 2 * n_components:
        axes = np.eye(n_components)[: (count + 1) // 2]
        centres = np.concatenate((axes, -axes))[:count]
    elif data is None:
        centres = uniform_box(seed, Purpose.CENTRE, linked, n_components)
    else:
        if isinstance(data, SparseRows):
            data = few_columns(data, min(n_components, 64), seed=seed, n_threads=n_threads)
        sums = np.empty((len(sizes), data.shape[1]))
        _kernels.label_sums(np.ascontiguousarray(data, dtype=np.float32), labels, sums)
        means = (sums[linked] / sizes[linked, None]).astype(np.float32)
        scores = principal_scores(means, n_components, seed=seed, n_threads=n_threads)
        centres = scores.astype(np.float64)
        centres /= max(float(np.abs(centres).max()), np.finfo(np.float64).tiny)
    return centres, np.maximum(_nearest(centres) / 2.0, share)


def _root(x: NDArray[np.float64], degree: int) -> NDArray[np.float64]:
    # By Newton's method for x in (0, 1]: the power function differs between processors.
    root = np.ones_like(x)
    for _ in range(80):
        power = np.ones_like(x)
        for _ in range(degree - 1):
            power *= root
        root = ((degree - 1) * root + x / power) / degree
    return root


def _nearest(centres: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.spatial import KDTree

    return KDTree(centres).query(centres, k=2)[0][:, 1]
