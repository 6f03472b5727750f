"""t-SNE's probabilities as its layout takes them: several scales, or uniform; by kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.graph._fuzzy import check_listed
from umapkit.neighbors import Neighbors

Kind = Literal["perplexity", "uniform"]


def joint_affinities(
    neighbors: Neighbors,
    *,
    perplexity: float | Sequence[float] = 30.0,
    kind: Kind = "perplexity",
    n_jobs: int | None = None,
) -> csr_array:
    """Build the joint probabilities of t-SNE on nearest neighbours.

    The values of `perplexity_graph` in float32, found by threads.

    Parameters
    ----------
    neighbors : Neighbors
        Indices and distances, both (n, k); column 0 is the row itself.
    perplexity : float or sequence of float, default 30
        Effective number of neighbours, 1 to k - 1; of several, the mean of their probabilities
        counts, so that near and far structure are both kept. For "uniform" not read.
    kind : {"perplexity", "uniform"}, default "perplexity"
        "perplexity": Gaussians of that entropy. "uniform": all listed neighbours count the same, on
        whichever of the two lists a pair stands.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    csr_array of float32, shape (n, n)
        Exactly symmetric, sorted indices, no diagonal; sums to 1.

    Raises
    ------
    ValueError
        If a perplexity is out of its range, `kind` is not known, a row has no neighbour, or a list
        names a row that is not there.

    References
    ----------
    van der Maaten, Hinton, "Visualizing data using t-SNE", JMLR 9 (2008); several scales: Lee,
    Peluffo-Ordóñez, Verleysen, Neurocomputing 169 (2015).
    """
    if kind not in get_args(Kind):
        allowed = ", ".join(map(repr, get_args(Kind)))
        msg = f"kind={kind!r} is not known. Give one of {allowed}."
        raise ValueError(msg)
    n, n_threads = neighbors.n, resolve_n_jobs(n_jobs)
    check_listed(neighbors.indices, n)
    if kind == "uniform":
        targets, values, counts = _uniform(neighbors)
        ratio = 1.0  # the union of ones is their maximum
    else:
        targets, values, counts = _conditional(neighbors, perplexity, own=True, n_threads=n_threads)
        ratio = 0.5  # r (a + b - a b) + (1 - r) a b is then the mean of a and b
    lonely = counts == 0
    if lonely.any():
        msg = (
            f"Row {int(np.argmax(lonely))} has no neighbour at a finite distance, so nothing can "
            "be near it. Drop such rows, or raise the disconnection distance."
        )
        raise ValueError(msg)
    begins = np.arange(n, dtype=np.int64) * targets.shape[1]
    indptr = np.empty(n + 1, dtype=np.int64)
    room = 2 * int(counts.sum())
    columns = np.empty(room, dtype=np.int32)
    united = np.empty(room, dtype=np.float32)
    _kernels.unite(
        begins,
        counts,
        targets.reshape(-1),
        values.reshape(-1),
        ratio,
        indptr,
        columns,
        united,
        n_threads,
    )
    del targets, values
    size = int(indptr[-1])
    total = float(size) if kind == "uniform" else float(n)
    data = united[:size] / np.float32(total)
    pointers: NDArray[Any] = indptr if size > 2**31 - 1 else indptr.astype(np.int32)
    return csr_array((data, columns[:size].copy(), pointers), shape=(n, n))


def query_affinities(
    neighbors: Neighbors,
    *,
    perplexity: float | Sequence[float] = 5.0,
    n_jobs: int | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Probabilities of the neighbours of new rows, each row by itself.

    Parameters
    ----------
    neighbors : Neighbors
        Lists of new rows, (m, k): no self among them.
    perplexity : float or sequence of float, default 5
        Effective number of neighbours, 1 to k.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    indices : int32 array of shape (m, k)
        Neighbours by number; 0 where there is none.
    weights : float32 array of shape (m, k)
        Their probabilities: rows sum to 1, or to 0 where nothing is near.
    """
    targets, values, counts = _conditional(
        neighbors, perplexity, own=False, n_threads=resolve_n_jobs(n_jobs)
    )
    missing = np.arange(neighbors.k) >= counts[:, None]
    targets[missing] = 0
    values[missing] = 0.0
    return targets, values


def _conditional(
    neighbors: Neighbors, perplexity: float | Sequence[float], *, own: bool, n_threads: int
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
    scales = np.atleast_1d(np.asarray(perplexity, dtype=np.float64))
    most = neighbors.k - own
    if scales.ndim != 1 or not len(scales) or not ((scales >= 1) & (scales <= most)).all():
        msg = (
            f"perplexity={perplexity!r} is not allowed with {most} neighbours (the row itself not "
            f"counted). Give a number from 1 to {most}, or several; t-SNE takes a third of the "
            "neighbours."
        )
        raise ValueError(msg)
    targets = np.empty(neighbors.indices.shape, dtype=np.int32)
    values = np.empty(neighbors.indices.shape, dtype=np.float32)
    counts = np.empty(neighbors.n, dtype=np.int32)
    _kernels.conditional_affinities(
        np.ascontiguousarray(neighbors.indices),
        np.ascontiguousarray(neighbors.distances),
        own,
        np.log(scales),
        targets,
        values,
        counts,
        n_threads,
    )
    return targets, values, counts


def _uniform(
    neighbors: Neighbors,
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
    n, k = neighbors.indices.shape
    everyone = np.arange(n, dtype=np.int32)[:, None]
    left_out = (neighbors.indices < 0) | ~np.isfinite(neighbors.distances)
    left_out |= neighbors.indices == everyone
    targets = np.where(left_out, np.int32(n), neighbors.indices)
    targets.sort(axis=1)  # what is left out comes last
    counts = (k - left_out.sum(axis=1)).astype(np.int32)
    return targets, np.ones((n, k), dtype=np.float32), counts
