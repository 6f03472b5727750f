"""Distances with their gradients.

Every function compares ``x`` and ``y``, shapes (..., d) that broadcast, in float64, and returns the
distances, shape (...), and their derivatives by ``x``, shape (..., d). Where a distance has a kink
(equal rows, zero rows, equal coordinates) the derivative by the coordinates concerned is 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.distances import _differences, _directions, _histograms
from umapkit.distances._differences import as_pair

Array = NDArray[np.float64]
Slope = tuple[Array, Array]


def euclidean(x: ArrayLike, y: ArrayLike) -> Slope:
    r"""Give :math:`(x - y) / d`."""
    x, y = as_pair(x, y)
    far = np.sqrt(_differences.sqeuclidean(x, y))
    return far, (x - y) / _safe(far)


def sqeuclidean(x: ArrayLike, y: ArrayLike) -> Slope:
    r"""Give :math:`2 (x - y)`."""
    x, y = as_pair(x, y)
    return _differences.sqeuclidean(x, y), 2.0 * (x - y)


def manhattan(x: ArrayLike, y: ArrayLike) -> Slope:
    """Signs of the differences."""
    x, y = as_pair(x, y)
    gap = x - y
    return np.abs(gap).sum(axis=-1), np.sign(gap)


def chebyshev(x: ArrayLike, y: ArrayLike) -> Slope:
    """Sign of the first of the largest differences."""
    x, y = as_pair(x, y)
    gap = x - y
    at = np.abs(gap).argmax(axis=-1)[..., None]
    slope = np.zeros_like(gap)
    np.put_along_axis(slope, at, np.sign(np.take_along_axis(gap, at, axis=-1)), axis=-1)
    return np.abs(gap).max(axis=-1), slope


def minkowski(x: ArrayLike, y: ArrayLike, *, p: float = 2.0) -> Slope:
    r"""Give :math:`\pm (|x_k - y_k| / d)^{p - 1}`."""
    if np.isinf(p):
        return chebyshev(x, y)
    x, y = as_pair(x, y)
    return wminkowski(x, y, w=np.ones(x.shape[-1]), p=p)


def wminkowski(x: ArrayLike, y: ArrayLike, *, w: ArrayLike, p: float = 2.0) -> Slope:
    r"""Give :math:`\pm w_k (|x_k - y_k| / d)^{p - 1}`."""
    x, y = as_pair(x, y)
    weights = np.asarray(w, dtype=np.float64)
    if np.isinf(p):
        kept = (weights > 0).astype(np.float64)
        return chebyshev(x * kept, y * kept)
    far = _differences.wminkowski(x, y, w=weights, p=p)
    gap = x - y
    share = np.abs(gap) / _safe(far)
    power = np.where(share > 0, np.where(share > 0, share, 1.0) ** (p - 1), 0.0)
    return far, weights * power * np.sign(gap)


def seuclidean(x: ArrayLike, y: ArrayLike, *, V: ArrayLike) -> Slope:  # SciPy's name
    r"""Give :math:`(x_k - y_k) / (V_k d)`."""
    x, y = as_pair(x, y)
    variance = np.asarray(V, dtype=np.float64)
    far = _differences.seuclidean(x, y, V=variance)
    return far, (x - y) / variance / _safe(far)


def mahalanobis(x: ArrayLike, y: ArrayLike, *, VI: ArrayLike) -> Slope:
    r"""Give :math:`VI\,(x - y) / d`; `VI` symmetric."""
    x, y = as_pair(x, y)
    form = np.asarray(VI, dtype=np.float64)
    far = _differences.mahalanobis(x, y, VI=form)
    return far, _differences.times(x - y, form) / _safe(far)


def canberra(x: ArrayLike, y: ArrayLike) -> Slope:
    r"""Give :math:`\pm 1 / s - \mathrm{sign}(x) |x - y| / s^2` with s = |x| + |y|."""
    x, y = as_pair(x, y)
    gap, size = x - y, np.abs(x) + np.abs(y)
    size = np.where(size > 0, size, 1.0)
    slope = np.sign(gap) / size - np.abs(gap) * np.sign(x) / size**2
    return _differences.canberra(x, y), slope


def braycurtis(x: ArrayLike, y: ArrayLike) -> Slope:
    r"""Give :math:`(\mathrm{sign}(x - y) - d\,\mathrm{sign}(x + y)) / \sum |x + y|`.

    (umap-learn leaves out the second sign, which is right for positive sums only.)
    """
    x, y = as_pair(x, y)
    far, size = _differences.braycurtis(x, y), np.abs(x + y).sum(axis=-1)
    slope = (np.sign(x - y) - far[..., None] * np.sign(x + y)) / _safe(size)
    return far, np.where(size[..., None] > 0, slope, 0.0)


def cosine(x: ArrayLike, y: ArrayLike) -> Slope:
    r"""Give :math:`(u \cos - v) / |x|` with u, v the directions."""
    x, y = as_pair(x, y)
    u, length, _ = _directions.direction(x)
    v, _, _ = _directions.direction(y)
    cosines = (u * v).sum(axis=-1, keepdims=True)
    dead = (length == 0) | (v == 0).all(axis=-1, keepdims=True)
    slope = np.where(dead, 0.0, (u * cosines - v) / np.where(length > 0, length, 1.0))
    return _directions.cosine(x, y), slope


def correlation(x: ArrayLike, y: ArrayLike) -> Slope:
    """Give the derivative of the cosine distance of the centred rows; its sum is 0."""
    x, y = as_pair(x, y)
    return cosine(_directions.centred(x), _directions.centred(y))


def true_angular(x: ArrayLike, y: ArrayLike) -> Slope:
    r"""Give the derivative of the cosine distance over :math:`\pi \sin\theta`."""
    far, slope = cosine(x, y)
    sine = np.sqrt(np.clip(far * (2.0 - far), 0.0, None))
    slope = np.where(sine[..., None] > 0, slope / _safe(sine) / np.pi, 0.0)
    return _directions.true_angular(x, y), slope


def haversine(x: ArrayLike, y: ArrayLike) -> Slope:
    r"""Give the derivative of :math:`2 \arcsin \sqrt a`, that of a over :math:`\sqrt{a(1 - a)}`."""
    x, y = as_pair(x, y)
    gap = x - y
    cos_x, cos_y = np.cos(x[..., 0]), np.cos(y[..., 0])
    east = np.sin(0.5 * gap[..., 1]) ** 2
    a = np.clip(np.sin(0.5 * gap[..., 0]) ** 2 + cos_x * cos_y * east, 0.0, 1.0)
    north_slope = 0.5 * np.sin(gap[..., 0]) - np.sin(x[..., 0]) * cos_y * east
    east_slope = 0.5 * cos_x * cos_y * np.sin(gap[..., 1])
    slope = np.stack([north_slope, east_slope], axis=-1)
    steep = np.sqrt(a * (1.0 - a))
    return 2.0 * np.arcsin(np.sqrt(a)), np.where(steep[..., None] > 0, slope / _safe(steep), 0.0)


def poincare(x: ArrayLike, y: ArrayLike) -> Slope:
    r"""Give the derivative by the chain of :math:`2 \operatorname{arsinh} \sqrt h`."""
    x, y = as_pair(x, y)
    gap = x - y
    square = (gap**2).sum(axis=-1, keepdims=True)
    room_x = 1.0 - (x**2).sum(axis=-1, keepdims=True)
    room_y = 1.0 - (y**2).sum(axis=-1, keepdims=True)
    half = square / (room_x * room_y)
    slope = 2.0 * (gap + x * square / room_x) / (room_x * room_y)
    steep = np.sqrt(half * (1.0 + half))
    slope = np.where(steep > 0, slope / np.where(steep > 0, steep, 1.0), 0.0)
    return _directions.poincare(x, y), slope


def hellinger(x: ArrayLike, y: ArrayLike) -> Slope:
    r"""Give :math:`(B / \sum x - \sqrt{y_k / x_k} / \sqrt{\sum x \sum y}) / (4 d)`.

    B is the Bhattacharyya coefficient; the second term counts as 0 at x_k = 0.
    """
    x, y = as_pair(x, y)
    far = _histograms.hellinger(x, y)
    total_x, total_y = x.sum(axis=-1, keepdims=True), y.sum(axis=-1, keepdims=True)
    norm = np.sqrt(total_x * total_y)
    norm = np.where(norm > 0, norm, 1.0)
    overlap = np.sqrt(x * y).sum(axis=-1, keepdims=True) / norm
    term = np.where(x > 0, np.sqrt(y / np.where(x > 0, x, 1.0)), 0.0) / norm
    slope = (overlap / np.where(total_x > 0, total_x, 1.0) - term) / (4.0 * _safe(far))
    alive = (far[..., None] > 0) & (total_x > 0) & (total_y > 0)
    return far, np.where(alive, slope, 0.0)


def softmax_hellinger(x: ArrayLike, y: ArrayLike) -> Slope:
    """Give the derivative by the chain of the softmax."""
    x, y = as_pair(x, y)
    p, q = _histograms.softmax(x), _histograms.softmax(y)
    far, slope = hellinger(p, q)
    return far, p * (slope - (slope * p).sum(axis=-1, keepdims=True))


def symmetric_kl(x: ArrayLike, y: ArrayLike, *, z: float = 1e-11) -> Slope:
    r"""Give the derivative by the chain of the shares.

    (umap-learn gives the derivative by the shares, as if they did not have to sum to 1.)
    """
    x, y = as_pair(x, y)
    p, total = _histograms.smoothed(x, z)
    q, _ = _histograms.smoothed(y, z)
    slope = (np.log(p / q) + 1.0 - q / p) / 2.0
    slope = (slope - (slope * p).sum(axis=-1, keepdims=True)) / total
    return _histograms.symmetric_kl(x, y, z=z), slope


def _safe(far: Array) -> Array:
    """Distances as a column, ready to divide by: 1 where they are 0."""
    return np.where(far > 0, far, 1.0)[..., None]
