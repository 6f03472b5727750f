"""Silhouette: how far apart the classes lie in a map."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.quality._check import as_codes, as_matrix, check_sample_size
from umapkit.quality._near import blocks, pick_rows
from umapkit.quality._score import Score, check_confidence, mean_score


def silhouette(
    embedding: ArrayLike,
    y: ArrayLike,
    *,
    sample_size: int | None = None,
    confidence: float = 0.95,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> Score:
    """Mean silhouette of labelled points, by Euclidean distance.

    s = (b - a) / max(a, b) with a the mean distance to the other points of one's class and b
    the mean distance to the nearest other class; 0 for a point that is alone in its class.

    Parameters
    ----------
    embedding : array-like of shape (n, c)
        The map, read as float32.
    y : array-like of shape (n,)
        Labels, of 2 to n - 1 classes.
    sample_size : int, optional
        Judge this many points, drawn by a hash, instead of all (all if there are fewer). The
        distances still run to all n points, so the mean is unbiased (unlike scikit-learn's
        `sample_size`, which drops the other points).
    confidence : float, default 0.95
        Of the interval around the score of a sample.
    random_state : int, Generator, RandomState or None
        Seed of the sample.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    Score
        A float in [-1, 1], with ``low`` and ``high``; larger: tighter and farther apart.
        ``sklearn.metrics.silhouette_score`` to 1e-6.

    Raises
    ------
    ValueError
        If lengths do not match, a value is not finite, or there is one class only, or as many
        as points.

    References
    ----------
    Rousseeuw: Silhouettes, J. Comput. Appl. Math. 20, 1987.

    Examples
    --------
    >>> silhouette([[0.0], [0.0], [1.0], [1.0]], [0, 0, 1, 1])
    1.0
    """
    points = as_matrix(embedding, "embedding")
    n = len(points)
    classes, codes = as_codes(y, n, "y")
    if not 2 <= len(classes) <= n - 1:
        msg = (
            f"y has {len(classes)} classes for {n} points. A silhouette needs at least 2 "
            "classes, and fewer classes than points."
        )
        raise ValueError(msg)
    order = np.argsort(codes, kind="stable")
    starts = np.zeros(len(classes) + 1, dtype=np.int64)
    np.cumsum(np.bincount(codes, minlength=len(classes)), out=starts[1:])
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    queries = place[pick_rows(n, check_sample_size(sample_size), random_state)]
    out = np.empty(len(queries), dtype=np.float64)
    grouped = _in_range(points)[order]
    threads = resolve_n_jobs(n_jobs)
    for block in blocks(grouped, len(queries)):
        _kernels.quality_silhouette_rows(grouped, starts, queries[block], out[block], threads)
    return mean_score(out, n=n, confidence=check_confidence(confidence), ends=(-1.0, 1.0))


def _in_range(points: np.ndarray) -> np.ndarray:
    """Scale by a power of two (exactly) so that no square overflows or vanishes."""
    widest = float(np.abs(points).max())
    if 2.0**-40 <= widest <= 2.0**40:
        return points
    return np.ldexp(points, -math.frexp(widest)[1]) if widest > 0 else points
