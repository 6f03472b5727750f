"""Metrics of histograms: rows of shares, counts or logits.

Every function compares ``x`` and ``y``, shapes (..., d) that broadcast, in float64, and returns
distances of shape (...).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.distances._differences import as_pair, minkowski

Array = NDArray[np.float64]


def shares(x: Array) -> Array:
    """Rows over their sums; zero rows stay."""
    total = x.sum(axis=-1, keepdims=True)
    return x / np.where(total > 0, total, 1.0)


def hellinger(x: ArrayLike, y: ArrayLike) -> Array:
    r"""Euclidean distance of the roots of the shares, over :math:`\sqrt 2`; rows non-negative.

    The same as :math:`\sqrt{1 - \sum_k \sqrt{x_k y_k / (\sum x \sum y)}}`. A zero row is at 1
    from others and at 0 from zero rows.
    """
    x, y = as_pair(x, y)
    gap = np.sqrt(shares(x)) - np.sqrt(shares(y))
    far = np.sqrt((gap**2).sum(axis=-1) / 2)
    zero_x, zero_y = (x == 0).all(axis=-1), (y == 0).all(axis=-1)
    return np.where(zero_x != zero_y, 1.0, far)


def softmax(x: Array) -> Array:
    """Shares in proportion to the exponentials."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax_hellinger(x: ArrayLike, y: ArrayLike) -> Array:
    """Hellinger distance of the softmax of both rows, which are logits."""
    x, y = as_pair(x, y)
    return hellinger(softmax(x), softmax(y))


def smoothed(x: Array, z: float) -> tuple[Array, Array]:
    """Shares of ``x + z``, and the sums, shape (..., 1)."""
    total = (x + z).sum(axis=-1, keepdims=True)
    return (x + z) / total, total


def symmetric_kl(x: ArrayLike, y: ArrayLike, *, z: float = 1e-11) -> Array:
    r"""Mean of the two Kullback-Leibler divergences of the shares; rows non-negative.

    :math:`\frac12 \sum_k (p_k - q_k)(\ln p_k - \ln q_k)`, p and q the shares of ``x + z`` and
    ``y + z``. (umap-learn's; pynndescent's is twice that.)
    """
    x, y = as_pair(x, y)
    p, q = smoothed(x, z)[0], smoothed(y, z)[0]
    return ((p - q) * (np.log(p) - np.log(q))).sum(axis=-1) / 2


def jensen_shannon(x: ArrayLike, y: ArrayLike) -> Array:
    r"""Jensen-Shannon divergence of the shares, in nats; rows non-negative.

    :math:`\frac12 KL(p \| m) + \frac12 KL(q \| m)` with :math:`m = (p + q) / 2`: at most
    :math:`\ln 2`. The square of SciPy's `jensenshannon`.
    """
    x, y = as_pair(x, y)
    p, q = shares(x), shares(y)
    m = (p + q) / 2
    parts = _p_log_ratio(p, m) + _p_log_ratio(q, m)
    far = np.maximum(parts.sum(axis=-1) / 2, 0.0)
    zero_x, zero_y = (x == 0).all(axis=-1), (y == 0).all(axis=-1)
    return np.where(zero_x != zero_y, np.log(2.0), far)


def _p_log_ratio(p: Array, m: Array) -> Array:
    some = p > 0
    return np.where(some, p * np.log(np.where(some, p, 1.0) / np.where(some, m, 1.0)), 0.0)


def wasserstein_1d(x: ArrayLike, y: ArrayLike, *, p: float = 1.0) -> Array:
    """Minkowski distance of the cumulated shares; rows non-negative and not zero.

    For ``p=1`` the work of moving one histogram into the other, bins one apart.
    """
    x, y = as_pair(x, y)
    return minkowski(cumulated(x), cumulated(y), p=p)


def cumulated(x: Array) -> Array:
    """Cumulated shares."""
    return np.cumsum(shares(x), axis=-1)


def ll_dirichlet(x: ArrayLike, y: ArrayLike) -> Array:
    r"""Relative log-likelihood of one row of counts given the other, both ways.

    :math:`\sqrt{\frac1{n_y}(b - B(n_x, n_y) - (s_y - S(n_y))) + \frac1{n_x}(b - B(n_x, n_y) -
    (s_x - S(n_x)))}` with B the logarithm of the beta function, S(n) = B(n, n), b the sum of
    :math:`B(x_k, y_k)` over coordinates where both counts are there (0.9 or more), and s the sum of
    :math:`S` over those of one row.

    Notes
    -----
    umap-learn replaces the logarithms of the gamma function by Stirling's series, which is off by
    up to 0.004 and lets a row be at a distance of NaN from itself; here they are exact.
    """
    x, y = as_pair(x, y)
    n_x, n_y = x.sum(axis=-1), y.sum(axis=-1)
    both = x * y > 0.9
    together = np.where(both, _log_beta(np.where(both, x, 1.0), np.where(both, y, 1.0)), 0.0)
    b = together.sum(axis=-1)
    whole = _log_beta(n_x, n_y)
    far_y = (b - whole - (_single(y, x) - _log_beta(n_y, n_y))) / n_y
    far_x = (b - whole - (_single(x, y) - _log_beta(n_x, n_x))) / n_x
    same = (x == y).all(axis=-1)  # their sums differ by rounding only
    return np.where(same, 0.0, np.sqrt(np.maximum(far_x + far_y, 0.0)))


def _single(x: Array, other: Array) -> Array:
    some = (x > 0.9) | (x * other > 0.9)
    return np.where(some, _log_beta(np.where(some, x, 1.0), np.where(some, x, 1.0)), 0.0).sum(
        axis=-1
    )


def _log_beta(a: Array, b: Array) -> Array:
    from scipy.special import gammaln

    return gammaln(a) + gammaln(b) - gammaln(a + b)
