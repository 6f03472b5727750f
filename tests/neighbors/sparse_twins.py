"""Sparse rows to search, and every metric of theirs in NumPy."""

from __future__ import annotations

import numpy as np

from umapkit.data import as_sparse_rows
from umapkit.distances import METRICS, resolve_metric
from umapkit.neighbors.sparse import SparseTable
from umapkit.neighbors.sparse._measures import MEASURES

NAMES = sorted(MEASURES)
ROOMY = 1e-5


# umap-learn's list for sparse rows.
THEIRS = [
    "euclidean",
    "manhattan",
    "l1",
    "taxicab",
    "chebyshev",
    "linf",
    "linfty",
    "minkowski",
    "canberra",
    "ll_dirichlet",
    "braycurtis",
    "hamming",
    "jaccard",
    "dice",
    "matching",
    "kulsinski",
    "rogerstanimoto",
    "russellrao",
    "sokalmichener",
    "sokalsneath",
    "cosine",
    "correlation",
    "hellinger",
]


def some_rows(n=90, d=40, seed=0, share=0.15, *, name=""):
    """Sparse rows with counts, fractions, an empty row, a full constant row, and copies."""
    rng = np.random.default_rng(seed)
    dense = np.where(rng.random((n, d)) < share, rng.integers(1, 6, (n, d)) / 2.0, 0.0)
    if name != "ll_dirichlet":  # it refuses rows of zeros
        dense[3] = 0
    dense[~dense.any(axis=1), 0] = name == "ll_dirichlet"
    dense[4] = 2.5
    dense[7] = dense[20] = dense[8]
    dense[9] = 2 * dense[10]
    return dense.astype(np.float32)


def counts_of(a, b):
    a, b = (a != 0).astype(float), (b != 0).astype(float)
    both = a @ b.T
    left, right = a.sum(1)[:, None] - both, b.sum(1)[None] - both
    return both, left, right


def ratio(above, below):
    return np.where(below > 0, above / np.where(below > 0, below, 1), 0.0)


def by_counts(formula):
    def distance(a, b):
        both, left, right = counts_of(a, b)
        return formula(both, left, right, left + right, float(a.shape[1]))

    return distance


def hellinger(a, b):
    sums_a, sums_b = a.sum(1), b.sum(1)
    p = np.sqrt(a / np.where(sums_a > 0, sums_a, 1)[:, None])
    q = np.sqrt(b / np.where(sums_b > 0, sums_b, 1)[:, None])
    out = np.sqrt(np.maximum(1 - p @ q.T, 0))
    out[(sums_a == 0)[:, None] & (sums_b == 0)] = 0
    return out


def canberra(a, b):
    a, b = a[:, None], b[None]
    return ratio(np.abs(a - b), np.abs(a) + np.abs(b)).sum(2)


def braycurtis(a, b):
    a, b = a[:, None], b[None]
    return ratio(np.abs(a - b).sum(2), np.abs(a + b).sum(2))


TWINS = {
    **{
        name: METRICS[name].formula
        for name in ("euclidean", "cosine", "correlation", "manhattan", "chebyshev", "hamming")
    },
    "sqeuclidean": lambda a, b: ((a[:, None] - b[None]) ** 2).sum(2),
    "minkowski": METRICS["euclidean"].formula,  # of order 2, which is the default
    "ll_dirichlet": METRICS["ll_dirichlet"].formula,
    "hellinger": hellinger,
    "canberra": canberra,
    "braycurtis": braycurtis,
    "jaccard": by_counts(lambda t, _l, _r, e, _d: ratio(e, t + e)),
    "dice": by_counts(lambda t, _l, _r, e, _d: ratio(e, 2 * t + e)),
    "matching": by_counts(lambda _t, _l, _r, e, d: e / d),
    "kulsinski": by_counts(lambda t, _l, _r, e, d: np.where(e == 0, 0, (e - t + d) / (e + d))),
    "rogerstanimoto": by_counts(lambda _t, _l, _r, e, d: 2 * e / (d + e)),
    "sokalmichener": by_counts(lambda _t, _l, _r, e, d: 2 * e / (d + e)),
    "russellrao": by_counts(lambda t, _l, _r, e, d: np.where(e == 0, 0, (d - t) / d)),
    "sokalsneath": by_counts(lambda t, _l, _r, e, _d: ratio(e, 0.5 * t + e)),
    "yule": by_counts(
        lambda t, u, v, e, d: ratio(2 * u * v, t * (d - t - e) + u * v) * (u * v > 0)
    ),
}


def searched(rows, name, k, n_threads=1, queries=None, keywords=None):
    table = SparseTable(as_sparse_rows(rows), resolve_metric(name, keywords), n_threads)
    if queries is None:
        me = np.arange(len(rows), dtype=np.int32)
        return table.nearest(table.rows, k, n_threads, self_rows=me)
    return table.nearest(table.prepare(as_sparse_rows(queries), n_threads), k, n_threads)
