"""From neighbours to the fuzzy graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.graph._bandwidth import Bandwidths, bandwidths
from umapkit.graph._csr import Lists, csr_parts, shape_of, to_csr, united
from umapkit.neighbors import Neighbors


def memberships(
    neighbors: Neighbors,
    bandwidths: Bandwidths,
    *,
    bipartite: bool = False,
    n_columns: int | None = None,
    n_jobs: int | None = None,
) -> csr_array:
    """Membership of every listed neighbour in its row's local fuzzy set.

    ``p_{j|i} = 1`` where d <= rho, else ``exp(-(d - rho) / sigma)`` (Eq. 1 of the tutorial).

    Parameters
    ----------
    neighbors : Neighbors
        Indices int32 and distances float32, both (n, k). Missing neighbours have index -1 or an
        infinite distance. A neighbour listed twice counts once, with its larger membership.
    bandwidths : Bandwidths
        Sigmas and rhos of these rows.
    bipartite : bool, default False
        True for new rows: the columns are other things than the rows, so nothing is "the row
        itself" and left out.
    n_columns : int, optional
        Number of columns, needed where `bipartite`; otherwise it is n.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    csr_array of float32, shape (n, n_columns)
        Sorted indices, values in (0, 1], no explicit zeros; not symmetric.

    Raises
    ------
    ValueError
        If `n_columns` is missing or superfluous, or if shapes or indices do not fit.
    """
    if bipartite != (n_columns is not None):
        msg = (
            f"bipartite={bipartite} with n_columns={n_columns!r}: give n_columns (how many rows "
            "the fitted map has) exactly when bipartite=True."
        )
        raise ValueError(msg)
    n = neighbors.indices.shape[0]
    columns = n if n_columns is None else n_columns
    lists = _directed(
        neighbors,
        bandwidths,
        bipartite=bipartite,
        n_columns=columns,
        n_threads=resolve_n_jobs(n_jobs),
    )
    indptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(lists.counts, out=indptr[1:])
    slots = np.arange(neighbors.indices.shape[1], dtype=np.int32)
    used = (slots < lists.counts[:, None]).ravel()
    return to_csr(indptr, lists.targets[used], lists.values[used], shape=(n, columns))


def membership_lists(
    neighbors: Neighbors,
    *,
    n_columns: int,
    local_connectivity: float = 1.0,
    disconnection_distance: float = np.inf,
    mean_distance: float,
    n_jobs: int | None = None,
) -> Lists:
    """Directed memberships of some rows of a larger table, as lists of k places each.

    Parameters
    ----------
    neighbors : Neighbors
        Lists of m rows, indices int32 and distances float32, both (m, k), numbered as in the whole
        table. Column 0 is the row itself.
    n_columns : int
        Rows of the whole table.
    local_connectivity : float, default 1
        As in `bandwidths`.
    disconnection_distance : float, default inf
        Neighbours at this distance or beyond are left out.
    mean_distance : float
        Mean finite distance of the whole table.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    Lists
        `targets` and `values` of shape (m, k), of which `counts` (m,) are used; sorted by target.
    """
    if np.isfinite(disconnection_distance):
        neighbors = cut(neighbors, disconnection_distance=disconnection_distance)
    scales = bandwidths(
        neighbors,
        local_connectivity=local_connectivity,
        mean_distance=mean_distance,
        n_jobs=n_jobs,
    )
    indices = neighbors.indices.copy()
    indices[:, 0] = -1  # the row itself, which is not number 0, 1, ... here
    return _directed(
        Neighbors(indices, neighbors.distances),
        scales,
        bipartite=True,
        n_columns=n_columns,
        n_threads=resolve_n_jobs(n_jobs),
    )


def fuzzy_graph(
    neighbors: Neighbors,
    *,
    set_op_mix_ratio: float = 1.0,
    local_connectivity: float = 1.0,
    bandwidth: float = 1.0,
    disconnection_distance: float | None = None,
    n_jobs: int | None = None,
) -> csr_array:
    """Build the symmetric fuzzy graph of a neighbour table.

    Parameters
    ----------
    neighbors : Neighbors
        Indices int32 and distances float32, both (n, k); column 0 is the row itself.
    set_op_mix_ratio : float in [0, 1], default 1
        1 is the fuzzy union ``a + b - ab`` of the two directions, 0 their product (an edge then
        needs both), values between mix the two.
    local_connectivity : float, default 1
        Nearest neighbours with membership 1; see `bandwidths`.
    bandwidth : float, default 1
        Factor on the target of the bandwidth search; see `bandwidths`.
    disconnection_distance : float, optional
        Edges at this distance or beyond are cut. ``None``: no edge is. (Bounded metrics have
        their own default, which the caller passes.)
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    csr_array of float32, shape (n, n)
        Exactly symmetric, sorted indices, values in (0, 1], no diagonal, no explicit zeros.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or if the table is malformed.

    See Also
    --------
    disconnected : rows without any edge.

    References
    ----------
    McInnes, Healy, Melville, "UMAP", arXiv:1802.03426, Algorithms 1 to 3.

    Examples
    --------
    >>> import numpy as np
    >>> table = Neighbors(
    ...     np.array([[0, 1], [1, 0], [2, 1]], dtype=np.int32),
    ...     np.array([[0, 1], [0, 1], [0, 2]], dtype=np.float32),
    ... )
    >>> fuzzy_graph(table).toarray()
    array([[0., 1., 0.],
           [1., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    """
    check_ratio(set_op_mix_ratio)
    n_threads = resolve_n_jobs(n_jobs)
    if disconnection_distance is not None:
        neighbors = cut(neighbors, disconnection_distance=disconnection_distance)
    scales = bandwidths(
        neighbors,
        local_connectivity=local_connectivity,
        bandwidth=bandwidth,
        n_jobs=n_threads,
    )
    n = neighbors.indices.shape[0]
    lists = _directed(neighbors, scales, bipartite=False, n_columns=n, n_threads=n_threads)
    return united(lists, float(set_op_mix_ratio), n_threads)


def fuzzy_union(
    directed: csr_array, *, set_op_mix_ratio: float = 1.0, n_jobs: int | None = None
) -> csr_array:
    """Union of a directed fuzzy graph with its transpose: ``r(a + b - ab) + (1 - r)ab``.

    Parameters
    ----------
    directed : csr_array, shape (n, n)
        Memberships in [0, 1]; any sparse format that ``csr_array`` takes.
    set_op_mix_ratio : float in [0, 1], default 1
        r: 1 is the union, 0 the product.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    csr_array of float32, shape (n, n)
        Exactly symmetric, sorted indices, no diagonal, no explicit zeros.

    Raises
    ------
    ValueError
        If the matrix is not square, a value is outside [0, 1], or the ratio is.
    """
    check_ratio(set_op_mix_ratio)
    graph = csr_array(directed, dtype=np.float32, copy=True)
    rows, columns = shape_of(graph)
    if rows != columns:
        msg = f"A graph of shape {graph.shape} is not square: it has no transpose to unite with."
        raise ValueError(msg)
    graph.sum_duplicates()
    if graph.nnz and not (float(graph.data.min()) >= 0 and float(graph.data.max()) <= 1):
        msg = (
            f"The memberships run from {graph.data.min()} to {graph.data.max()}. They must lie "
            "in [0, 1]; divide by the largest one."
        )
        raise ValueError(msg)
    return united(Lists.of(csr_parts(graph)), float(set_op_mix_ratio), resolve_n_jobs(n_jobs))


def cut(neighbors: Neighbors, *, disconnection_distance: float) -> Neighbors:
    """Mark neighbours at `disconnection_distance` or beyond as missing (index -1, infinite).

    Raises
    ------
    ValueError
        If `disconnection_distance` is not a positive number.
    """
    if not disconnection_distance > 0:
        msg = (
            f"disconnection_distance={disconnection_distance!r} is not allowed. Give a positive "
            "distance, or None to keep every edge."
        )
        raise ValueError(msg)
    far = neighbors.distances >= disconnection_distance
    if not far.any():
        return neighbors
    return Neighbors(
        np.where(far, np.int32(-1), neighbors.indices),
        np.where(far, np.float32(np.inf), neighbors.distances),
    )


def disconnected(graph: csr_array) -> NDArray[np.bool_]:
    """Mark the rows that have no edge at all.

    Parameters
    ----------
    graph : csr_array, shape (n, n)
        A symmetric graph.

    Returns
    -------
    bool array of shape (n,)
        True where a row has no edge of positive weight.
    """
    if graph.nnz == 0 or graph.data.min() > 0:
        return np.diff(graph.indptr) == 0
    edges = np.concatenate(([0], np.cumsum(graph.data > 0)))
    return edges[graph.indptr[1:]] == edges[graph.indptr[:-1]]


def check_ratio(set_op_mix_ratio: float) -> None:
    """Raise ValueError unless the ratio lies in [0, 1]."""
    if not 0 <= set_op_mix_ratio <= 1:
        msg = (
            f"set_op_mix_ratio={set_op_mix_ratio!r} is not allowed. Give a number from 0 "
            "(product of both directions) to 1 (union, the default)."
        )
        raise ValueError(msg)


def _directed(
    neighbors: Neighbors, scales: Bandwidths, *, bipartite: bool, n_columns: int, n_threads: int
) -> Lists:
    indices = np.ascontiguousarray(neighbors.indices, dtype=np.int32)
    distances = np.ascontiguousarray(neighbors.distances, dtype=np.float32)
    if indices.ndim != 2 or indices.shape != distances.shape:
        msg = (
            f"Indices of shape {indices.shape} and distances of shape {distances.shape} do not "
            "belong together: both must be (n, k)."
        )
        raise ValueError(msg)
    n = indices.shape[0]
    if len(scales.sigmas) != n or len(scales.rhos) != n:
        msg = (
            f"{len(scales.sigmas)} sigmas and {len(scales.rhos)} rhos do not fit {n} rows. Give "
            "the bandwidths of the same neighbours."
        )
        raise ValueError(msg)
    check_listed(indices, n_columns)
    targets = np.empty_like(indices)
    values = np.empty_like(distances)
    counts = np.empty(n, dtype=np.int32)
    _kernels.find_memberships(
        indices,
        distances,
        np.ascontiguousarray(scales.sigmas, dtype=np.float32),
        np.ascontiguousarray(scales.rhos, dtype=np.float32),
        bipartite,
        targets,
        values,
        counts,
        n_threads,
    )
    begins = np.arange(n, dtype=np.int64) * indices.shape[1]
    return Lists(begins, counts, targets.ravel(), values.ravel())


def check_listed(indices: NDArray[np.int32], n_columns: int) -> None:
    """Raise where a list names a row that is not there: a kernel would write beyond its arrays.

    Parameters
    ----------
    indices : int32 array of shape (n, k)
        Numbers of neighbours; below 0 where there is none.
    n_columns : int
        Rows that can be named.

    Raises
    ------
    ValueError
        Naming the first such place.
    """
    if indices.size and int(indices.max()) >= n_columns:
        row, column = np.argwhere(indices >= n_columns)[0]
        msg = (
            f"Row {row} lists {indices[row, column]} as a neighbour, but there are only "
            f"{n_columns} rows, numbered from 0."
        )
        raise ValueError(msg)
