"""Made sparse rows: texts on topics, and rows without any structure."""

from __future__ import annotations

import numpy as np
import scipy.sparse

_TOPICS = 20
_OWN = 0.6  # of the words of a text are those of its topic
_MORE = 4  # times as many words are drawn as are kept, since frequent ones come often


def texts(n: int, d: int, entries: int) -> tuple[scipy.sparse.csr_matrix, np.ndarray]:
    """Texts of `entries` different words out of `d`, counts as values, and their topics.

    A word of rank r has weight 1 / (r + 10) (Zipf, Mandelbrot). All texts share one ranking; for
    the words of its topic a text takes the topic's own, a shuffled one.
    """
    rng = np.random.default_rng(0)
    cumulated = np.cumsum(1.0 / (np.arange(d) + 10.0))
    cumulated /= cumulated[-1]
    rankings = np.stack([rng.permutation(d) for _ in range(_TOPICS)])
    topics = np.arange(n) % _TOPICS
    columns = np.empty((n, entries), dtype=np.int64)
    values = np.empty((n, entries), dtype=np.float32)
    for i in range(n):
        ranks = np.searchsorted(cumulated, rng.random(_MORE * entries)).clip(0, d - 1)
        own = rng.random(len(ranks)) < _OWN
        words = np.where(own, rankings[topics[i]][ranks], ranks)
        named, first, counts = np.unique(words, return_index=True, return_counts=True)
        while len(named) < entries:  # hardly ever
            more = rng.integers(0, d, entries)
            words = np.concatenate([words, more])
            named, first, counts = np.unique(words, return_index=True, return_counts=True)
        kept = np.sort(np.argsort(first, kind="stable")[:entries])
        columns[i], values[i] = named[kept], counts[kept]
    return _rows(columns, values, d), topics


def noise(n: int, d: int, entries: int) -> tuple[scipy.sparse.csr_matrix, None]:
    """Rows of `entries` columns drawn evenly, values from 0 to 1: nobody is near anybody."""
    rng = np.random.default_rng(0)
    columns = np.empty((n, entries), dtype=np.int64)
    for i in range(n):
        columns[i] = np.sort(rng.choice(d, entries, replace=False, shuffle=False))
    values = (1.0 - rng.random((n, entries))).astype(np.float32)
    return _rows(columns, values, d), None


def _rows(columns: np.ndarray, values: np.ndarray, d: int) -> scipy.sparse.csr_matrix:
    n, entries = columns.shape
    begins = np.arange(0, n * entries + 1, entries)
    return scipy.sparse.csr_matrix((values.ravel(), columns.ravel(), begins), shape=(n, d))


SETS = {"texts": texts, "noise": noise}
