"""From places on a map back to rows of data: the centre of the rows near a place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.distances import METRICS, Metric

_STEPS = 40
_HALVINGS = 20
_SETTLED = 1e-6  # a step that gains less than this share is the last


def check_invertible(metric: Metric) -> None:
    """Refuse a metric that gives no direction in which a row comes nearer to another.

    Raises
    ------
    ValueError
        If the metric has no gradient; the message names those that have one.
    """
    if metric.gradient is not None:
        return
    able = [card.name for card in METRICS.values() if card.gradient is not None]
    msg = (
        f"inverse_transform needs a metric with a gradient, and metric={metric.name!r} has none. "
        f"These have one: {', '.join(map(repr, able))}."
    )
    raise ValueError(msg)


def map_weights(
    distances: NDArray[np.float64],
    counts: NDArray[np.float64],
    *,
    a: float,
    b: float,
    n_jobs: int | None = None,
) -> NDArray[np.float64]:
    """Weights of map points for a place: memberships 1 / (1 + a d^(2b)), times their counts.

    Parameters
    ----------
    distances : float64 array of shape (m, k)
        On the map; energies below 0 count as 0.
    counts : float64 array of shape (m, k)
        How many equal rows each point stands for.
    a, b : float
        The curve of the map.
    n_jobs : int or None, default None
        Threads.

    Returns
    -------
    float64 array of shape (m, k)
        Over the largest of each row, so that no place is too far away to have weights.
    """
    weights = np.empty_like(distances)
    _kernels.inverse_weights(
        np.maximum(distances, 0.0), counts, weights, a=a, b=b, n_threads=resolve_n_jobs(n_jobs)
    )
    return weights


def centre_rows(
    rows: NDArray[np.float32],
    indices: NDArray[np.int32],
    weights: NDArray[np.float64],
    *,
    metric: Metric,
    n_jobs: int | None = None,
) -> NDArray[np.float32]:
    r"""Find for each list of rows the row that is nearest to them all.

    .. math:: x = \arg\min_x \sum_j w_j\, d(x, r_j)^2

    Euclidean, squared or not: the weighted mean. Cosine and correlation, whose distances are half
    a square already: the mean direction, with the mean length (and mean level). Manhattan: the
    weighted median, which minimises the sum of the distances themselves. Any other metric with a
    gradient: steps against the gradient of the sum from the weighted mean or the heaviest row,
    whichever is better, each of them taken only if the sum falls, and kept within the range of
    the listed rows.

    Parameters
    ----------
    rows : float32 array of shape (n, d)
        The data.
    indices : int32 array of shape (m, k)
        Rows near each place.
    weights : float64 array of shape (m, k)
        Their weights, not all 0 in a row.
    metric : Metric
        That of the data.
    n_jobs : int or None, default None
        Threads; the result does not depend on it.

    Returns
    -------
    float32 array of shape (m, d)
        A row depends on its own list only.
    """
    threads = resolve_n_jobs(n_jobs)
    known = METRICS.get(metric.name)
    # A function of the user may have the name of a metric.
    name = metric.name if known is not None and known.formula is metric.formula else ""
    if name == "manhattan":
        median = np.empty((len(indices), rows.shape[1]), dtype=np.float32)
        _kernels.weighted_median(rows, indices, weights, median, n_threads=threads)
        return median
    mean = np.empty((len(indices), rows.shape[1]))
    _kernels.weighted_rows(rows, indices, weights, mean, n_threads=threads)
    if name in ("cosine", "correlation"):
        return _turned(rows, indices, weights, mean, name == "correlation", threads)
    if name in ("euclidean", "sqeuclidean"):
        return _float32(mean)
    for q in range(len(indices)):
        near = rows[indices[q]].astype(np.float64)
        mean[q] = _descend(metric, near, weights[q], mean[q])
    return _float32(mean)


def _float32(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.ascontiguousarray(rows, dtype=np.float32)


def _turned(
    rows: NDArray[np.float32],
    indices: NDArray[np.int32],
    weights: NDArray[np.float64],
    mean: NDArray[np.float64],
    centred: bool,  # noqa: FBT001 # private
    threads: int,
) -> NDArray[np.float32]:
    """Mean direction times mean length, plus the mean level of centred rows."""
    listed, place = np.unique(indices, return_inverse=True)
    wide = rows[listed].astype(np.float64)
    if centred:
        wide -= wide.mean(axis=1, keepdims=True)
    lengths = np.sqrt((wide**2).sum(axis=1))[place].reshape(indices.shape)
    # Rows without a direction have none to add.
    shares = np.where(lengths > 0, weights / np.where(lengths > 0, lengths, 1.0), 0.0)
    able = shares.any(axis=1)
    shares[~able] = weights[~able]
    direction = np.empty_like(mean)
    _kernels.weighted_rows(rows, indices, shares, direction, n_threads=threads)
    level = mean.mean(axis=1, keepdims=True) if centred else 0.0
    if centred:
        direction -= direction.mean(axis=1, keepdims=True)
    length = (weights * lengths).sum(axis=1) / weights.sum(axis=1)
    norm = np.sqrt((direction**2).sum(axis=1))
    # Directions that cancel each other have no mean: the plain mean is as near as any row.
    able &= norm > 1e-9 * np.abs(direction).max(axis=1, initial=0.0)
    scale = np.where(able, length / np.where(norm > 0, norm, 1.0), 0.0)
    return _float32(np.where(able[:, None], level + direction * scale[:, None], mean))


def _descend(
    metric: Metric,
    near: NDArray[np.float64],
    weights: NDArray[np.float64],
    mean: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Minimise the weighted sum of squared distances to the rows `near` (k, d)."""
    total = weights.sum()

    def look(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        with np.errstate(all="ignore"):
            d, slope = metric.with_gradient(x, near)
            cost = float((weights * d * d).sum() / total)
            turn = 2.0 * ((weights * d)[:, None] * slope).sum(axis=0) / total
        # Outside the metric's domain nothing is near.
        usable = np.isfinite(cost) and bool(np.isfinite(turn).all())
        return (cost, turn) if usable else (np.inf, np.zeros_like(x))

    heaviest = near[int(weights.argmax())].copy()
    here, (cost, slope) = min(((x, look(x)) for x in (mean, heaviest)), key=lambda pair: pair[1][0])
    low, high = near.min(axis=0), near.max(axis=0)
    # No product by BLAS, whose bits depend on its threads.
    width = np.sqrt((weights[:, None] * (near - here) ** 2).sum() / total)
    steep = np.sqrt((slope**2).sum())
    step = 0.5 * width / steep if steep > 0 else 0.0
    for _ in range(_STEPS):
        if not step > 0:
            break
        for _ in range(_HALVINGS):
            trial = np.clip(here - step * slope, low, high)
            found, turn = look(trial)
            if found < cost:
                break
            step /= 2
        else:
            break
        gained = cost - found
        here, cost, slope = trial, found, turn
        step *= 2
        if gained <= _SETTLED * cost:
            break
    return here
