"""From a local metric to a fuzzy set: the two steps of the tutorial's Corollary 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.graph._bandwidth import Bandwidths
from umapkit.graph._fuzzy_set import FuzzySet
from umapkit.neighbors import Neighbors


def local_metric(neighbors: Neighbors, bandwidths: Bandwidths, row: int) -> NDArray[np.float64]:
    r"""Build the extended metric d_i of one row (Eq. 16 of the tutorial).

    .. math:: d_i(x_j, x_l) = \max(0, d(x_j, x_l) - \rho_i) / \sigma_i

    where i is j or l and the other one is a neighbour of i; infinite for every other two rows.
    (Eq. 16 is printed without sigma_i, by which UMAP measures every neighbourhood; with
    sigmas of 1 it is as printed. Since two neighbours of i stay infinitely far apart, only the
    pairs with i, the 1-skeleton, mean something: no triangle closes.)

    Parameters
    ----------
    neighbors : Neighbors
        The table of n rows.
    bandwidths : Bandwidths
        Rho and sigma of these rows.
    row : int
        i, from 0.

    Returns
    -------
    float64 array of shape (n, n)
        Symmetric, 0 on the diagonal, infinite for most pairs. Dense: for small n.

    Raises
    ------
    ValueError
        If there is no such row.
    """
    n = neighbors.n
    if not 0 <= row < n:
        msg = f"row={row!r} does not exist: there are {n} rows, numbered from 0."
        raise ValueError(msg)
    distances = np.full((n, n), np.inf)
    np.fill_diagonal(distances, 0.0)
    listed = neighbors.indices[row]
    far = neighbors.distances[row].astype(np.float64)
    real = (listed >= 0) & (listed != row) & np.isfinite(far)
    rho = float(bandwidths.rhos[row])
    scaled = np.maximum(far[real] - rho, 0.0) / float(bandwidths.sigmas[row])
    np.minimum.at(distances[row], listed[real], scaled)
    distances[:, row] = distances[row]
    return distances


def fin_sing(distances: Any) -> FuzzySet:
    """Fuzzy set of a finite extended pseudo-metric: its 1-skeleton, ``mu(x, y) = exp(-d(x, y))``.

    The way back is FinReal: a pair of membership mu is an edge of length ``-ln mu``.

    Parameters
    ----------
    distances : array-like of shape (n, n)
        Symmetric, 0 or more, 0 on the diagonal; infinite where two points are not related.

    Returns
    -------
    FuzzySet
        Without the diagonal: points, not edges.

    Raises
    ------
    ValueError
        If it is no such table.
    """
    table = np.asarray(distances, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        msg = f"Distances of shape {table.shape} were given. They must be a table (n, n)."
        raise ValueError(msg)
    if not (table >= 0).all():  # NaN fails the comparison, too
        row, column = np.argwhere(~(table >= 0))[0]
        msg = f"The distance from {row} to {column} is {table[row, column]}. Give 0 or more."
        raise ValueError(msg)
    if np.diagonal(table).any() or not np.array_equal(table, table.T):
        msg = "The distances are not symmetric with a diagonal of 0, so they are no metric."
        raise ValueError(msg)
    memberships = np.exp(-table)
    np.fill_diagonal(memberships, 0.0)
    return FuzzySet(csr_array(memberships))
