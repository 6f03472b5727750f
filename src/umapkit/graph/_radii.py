"""Local radii of the data: how far the neighbours of every row lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.graph._csr import csr_parts, shape_of
from umapkit.neighbors import Neighbors


def input_radii(
    graph: csr_array,
    neighbors: Neighbors,
    *,
    bipartite: bool = False,
    n_jobs: int | None = None,
) -> NDArray[np.float64]:
    """Log of the mean squared distance of every row to its neighbours, weighted by memberships.

    ``r_i = ln(1e-8 + sum_j p_ij d_ij^2 / sum_j p_ij)``: the tutorial's Eq. 30 with the sum of the
    memberships as denominator (it prints the sum of the distances, which makes no mean), in the
    form of densMAP. Larger means a sparser neighbourhood.

    Parameters
    ----------
    graph : csr_array of shape (n, m)
        Memberships p.
    neighbors : Neighbors
        The lists of these rows, (n, k), from which the memberships were made: their distances. An
        edge that its row does not list counts only if the other end lists it; of two distances
        the longer counts.
    bipartite : bool, default False
        True where the columns are other things than the rows (new rows among those of a fitted
        map): the row's own list decides.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    float64 array of shape (n,)
        Log radii; NaN for rows without an edge that has a distance.

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    Examples
    --------
    >>> from umapkit import find_neighbors, fuzzy_graph
    >>> rows = np.array([[0.0], [1.0], [2.0], [10.0], [20.0], [30.0]])
    >>> table = find_neighbors(rows, n_neighbors=3)
    >>> input_radii(fuzzy_graph(table), table).round(1)
    array([0.9, 2.9, 3.2, 4.9, 4.6, 5.4])
    """
    n, m = shape_of(graph)
    if neighbors.n != n or (n != m and not bipartite):
        msg = (
            f"A graph of shape {graph.shape} and lists of {neighbors.n} rows do not belong "
            "together. Give the lists that the graph was made from."
        )
        raise ValueError(msg)
    indptr, indices, data = csr_parts(graph)
    radii = np.empty(n, dtype=np.float64)
    _kernels.input_radii(
        indptr,
        indices,
        data,
        np.ascontiguousarray(neighbors.indices),
        np.ascontiguousarray(neighbors.distances),
        radii,
        both=not bipartite,
        n_threads=resolve_n_jobs(n_jobs),
    )
    return radii
