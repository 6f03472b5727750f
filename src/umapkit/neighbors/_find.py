"""The verb of this room: find_neighbors, and build_index for those who will ask again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from numpy.typing import ArrayLike

from umapkit._seed import resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.data import Rows, SparseRows, as_rows, as_sparse_rows
from umapkit.distances import MISSING, Metric, resolve_metric
from umapkit.neighbors._index import NeighborIndex, make_index, make_table
from umapkit.neighbors._method import choose_method
from umapkit.neighbors._neighbors import Neighbors
from umapkit.neighbors.sparse import build_sparse_index, keeps_sparse

Method = Literal["auto", "exact", "descent"]

_EXACT_UP_TO = 4096
# A row of exact search costs about 30 µs for every 10^6 of n (d + 8), a row of descent on narrow
# data about 7 µs (2 cores, AVX-512).
_EXACT_WORK = 2.5e5


def build_index(
    X: ArrayLike | SparseRows,
    *,
    n_neighbors: int = 15,
    metric: str | Metric | Callable[..., Any] = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    method: Method = "auto",
    target_recall: float = 0.95,
    random_state: Any = None,
    n_jobs: int | None = None,
) -> NeighborIndex:
    """Find the neighbours of every row and keep what is needed to find those of new rows.

    Parameters
    ----------
    X : array-like or sparse matrix, shape (n, d)
        Rows. Duplicates are welcome: they are at distance exactly 0. Large sparse rows stay sparse
        (`umapkit.data.stays_sparse`) under most metrics, see ``neighbors/sparse/README.md``.
    n_neighbors : int, default 15
        Length of the lists, the row itself included; 1 to n. Larger takes longer.
    metric : str, Metric or callable, default "euclidean"
        Name or alias out of :data:`umapkit.distances.METRICS`, or a function of two rows that
        returns their distance.
    metric_kwds : mapping, optional
        Keywords of the metric, such as ``{"p": 3}`` for "minkowski". What is not given is learned
        from `X` (variances, ranges) or has a default.
    method : {"auto", "exact", "descent"}, default "auto"
        "exact" looks at all rows, O(n^2 d). "descent" finds nearly all neighbours in about
        O(n^1.1 d) (see ``cpp/include/umapkit/descent.hpp``). "auto" takes exact for up to 4,096
        rows, where it is the cheaper one, and for metrics without descent; a warning says how
        long it takes where that is more than a minute.
    target_recall : float, default 0.95
        Descent is repeated with more effort, twice at most, while the recall estimated on 256
        rows is below this; 0 never repeats. Exact search has recall 1 anyway.
    random_state : int, Generator, RandomState or None
        Seed of the approximate search; None draws one. The same seed gives the same bits for any
        `n_jobs`.
    n_jobs : int, optional
        Threads; None for all cores.

    Returns
    -------
    NeighborIndex
        With ``.neighbors``, ``.method`` (the one that was used) and ``.recall``.

    Raises
    ------
    ValueError
        If `X` holds NaN or infinity, `n_neighbors` is out of range, a name is not known,
        ``method="descent"`` is asked for a metric that has none, or the metric is not defined for
        a row.

    Examples
    --------
    >>> import numpy as np
    >>> index = build_index(np.arange(10.0)[:, None], n_neighbors=3)
    >>> index.neighbors.indices[0]
    array([0, 1, 2], dtype=int32)
    >>> index.query([[4.2]], 2).indices
    array([[4, 5]], dtype=int32)
    """
    card = resolve_metric(metric, metric_kwds)
    n_threads = resolve_n_jobs(n_jobs)
    rows: Rows
    if keeps_sparse(X, card):
        rows = as_sparse_rows(X, name="X")
    else:
        rows = as_rows(X, name="X", missing=MISSING if card.missing else None)
    n = rows.shape[0]
    if isinstance(n_neighbors, bool) or not hasattr(n_neighbors, "__index__"):
        msg = f"n_neighbors={n_neighbors!r} is not an integer. Give 1 to {n}, the number of rows."
        raise TypeError(msg)
    if not 1 <= n_neighbors <= n:
        msg = (
            f"n_neighbors={n_neighbors} cannot be had from {n} rows (a row counts as its own first "
            f"neighbour). Give 1 to {n}."
        )
        raise ValueError(msg)
    if not 0.0 <= target_recall <= 1.0:
        msg = f"target_recall={target_recall!r} is not a share. Give a number from 0 to 1."
        raise ValueError(msg)
    if isinstance(rows, SparseRows):
        return build_sparse_index(
            rows,
            int(n_neighbors),
            metric=card,
            method=method,
            target=target_recall,
            seed=resolve_seed(random_state),
            n_threads=n_threads,
        )
    card = card.fitted(rows)
    d = rows.shape[1]
    chosen = choose_method(
        method,
        metric=card.name,
        descends=card.descent,
        cheap=lambda: n <= _EXACT_UP_TO or n * (d + 8) <= _EXACT_WORK,
    )
    return make_index(
        make_table(rows, card, n_threads, exact=chosen == "exact"),
        int(n_neighbors),
        method=chosen,
        target=target_recall,
        seed=resolve_seed(random_state),
        n_threads=n_threads,
    )


def find_neighbors(
    X: ArrayLike | SparseRows,
    *,
    n_neighbors: int = 15,
    metric: str | Metric | Callable[..., Any] = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    method: Method = "auto",
    target_recall: float = 0.95,
    random_state: Any = None,
    n_jobs: int | None = None,
) -> Neighbors:
    """Find the neighbours of every row; parameters and errors as for :func:`build_index`.

    Returns
    -------
    Neighbors
        Lists sorted by (distance, index), each row itself first at distance 0.

    Examples
    --------
    >>> import numpy as np
    >>> find_neighbors(np.arange(4.0)[:, None], n_neighbors=2).distances[3]
    array([0., 1.], dtype=float32)
    """
    return build_index(
        X,
        n_neighbors=n_neighbors,
        metric=metric,
        metric_kwds=metric_kwds,
        method=method,
        target_recall=target_recall,
        random_state=random_state,
        n_jobs=n_jobs,
    ).neighbors
