"""How many of the true neighbours a list holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._seed import resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.data import SparseRows, as_rows, as_sparse_rows, stays_sparse
from umapkit.distances import Metric, resolve_metric
from umapkit.neighbors._descent import true_sample
from umapkit.neighbors._neighbors import Neighbors
from umapkit.neighbors._table import Table
from umapkit.neighbors.sparse import SparseTable, sparse_recall, takes_sparse


def estimate_recall(
    X: ArrayLike | SparseRows,
    neighbors: Neighbors,
    *,
    metric: str | Metric = "euclidean",
    sample_size: int = 256,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> float:
    """Estimate the share of the true neighbours that the lists of training rows hold.

    The k - 1 true neighbours of a hashed sample of rows are found by looking at all rows. A listed
    neighbour counts if it is no farther than the true (k-1)-th, so ties may go either way. The
    row itself does not count.

    Parameters
    ----------
    X : array-like, shape (n, d)
        The rows.
    neighbors : Neighbors
        Their lists, shape (n, k), each row itself first.
    metric : str or Metric, default "euclidean"
        The metric of the lists.
    sample_size : int, default 256
        Rows to look at; n or more gives the exact figure. The standard error is about
        0.06 / sqrt(sample_size) at a recall of 0.98.
    random_state : int, Generator, RandomState or None, default 0
        Chooses the sample.
    n_jobs : int, optional
        Threads; None for all cores.

    Returns
    -------
    float
        From 0 to 1; 1 for lists without any neighbour.

    Raises
    ------
    ValueError
        If `neighbors` has another number of rows than `X`, or `sample_size` is below 1.
    """
    n_threads = resolve_n_jobs(n_jobs)
    card = resolve_metric(metric)
    sparse = stays_sparse(X) and takes_sparse(card)
    rows = as_sparse_rows(X, name="X") if sparse else as_rows(X, name="X")
    if neighbors.n != rows.shape[0]:
        msg = f"neighbors has {neighbors.n} lists and X {rows.shape[0]} rows. Give one list a row."
        raise ValueError(msg)
    if sample_size < 1:
        msg = f"sample_size={sample_size} is no sample. Give 1 or more."
        raise ValueError(msg)
    if isinstance(rows, SparseRows):
        return sparse_recall(
            SparseTable(rows, card, n_threads),
            neighbors,
            size=sample_size,
            seed=resolve_seed(random_state),
            n_threads=n_threads,
        )
    table = Table(rows, card, n_threads)
    truth = true_sample(
        table,
        neighbors.k - 1,
        size=sample_size,
        seed=resolve_seed(random_state),
        n_threads=n_threads,
    )
    listed = neighbors.indices[truth.sample, 1:]
    return truth.recall(_true_distances(rows, table.metric, truth.sample, listed))


def _true_distances(
    rows: NDArray[np.float32],
    metric: Metric,
    sample: NDArray[np.integer],
    listed: NDArray[np.int32],
) -> NDArray[np.float32]:
    """Distances from the sampled rows to those listed for them, sorted; infinite where none is.

    They are measured anew, since lists from elsewhere may carry the distances of other rows or of
    another metric. Shrunk by a rounding error: the truth is rounded to float32.
    """
    found = np.full(listed.shape, np.inf)
    for i, (row, ids) in enumerate(zip(sample, listed, strict=True)):
        there = np.zeros(len(ids), dtype=bool)
        there[np.unique(ids, return_index=True)[1]] = True  # a row listed twice counts once
        there &= ids >= 0
        if metric.name == "inner_product":
            # This distance counts from the longest row of the table, so it needs all of it.
            found[i, there] = metric.formula(rows[row : row + 1], rows)[0, ids[there]]
        else:
            found[i, there] = metric.formula(rows[row : row + 1], rows[ids[there]])[0]
    return np.sort(found * (1 - 1e-5), axis=1).astype(np.float32)
