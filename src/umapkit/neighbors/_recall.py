"""How many of the true neighbours a list holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._seed import resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.data import Rows, SparseRows, as_rows, as_sparse_rows
from umapkit.distances import MISSING, Metric, resolve_metric
from umapkit.neighbors._descent import true_sample
from umapkit.neighbors._index import make_table
from umapkit.neighbors._neighbors import Neighbors
from umapkit.neighbors.sparse import SparseTable, keeps_sparse, sparse_recall


def estimate_recall(
    X: ArrayLike | SparseRows,
    neighbors: Neighbors,
    *,
    metric: str | Metric | Callable[..., Any] = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
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
    X : array-like or sparse matrix, shape (n, d)
        The rows.
    neighbors : Neighbors
        Their lists, shape (n, k), each row itself first.
    metric : str, Metric or callable, default "euclidean"
        The metric of the lists.
    metric_kwds : mapping, optional
        Its keywords.
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
    card = resolve_metric(metric, metric_kwds)
    rows: Rows
    if keeps_sparse(X, card):
        rows = as_sparse_rows(X, name="X")
    else:
        rows = as_rows(X, name="X", missing=MISSING if card.missing else None)
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
    table = make_table(rows, card.fitted(rows), n_threads, exact=True)
    truth = true_sample(
        table,
        neighbors.k - 1,
        size=sample_size,
        seed=resolve_seed(random_state),
        n_threads=n_threads,
    )
    truth = replace(truth, distances=table.finished(truth.ids, truth.distances)[1])
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
            found[i, there] = metric.between(rows[row : row + 1], rows)[0, ids[there]]
        else:
            found[i, there] = metric.between(rows[row : row + 1], rows[ids[there]])[0]
    return np.sort(found * (1 - 1e-5), axis=1).astype(np.float32)
