"""A soft-max head on the map: where it begins, and one step of learning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs

HEAD_RATE = 0.1
_LEAST_SPREAD = 0.05
_RIDGE = 1e-3
_KEEP, _KEEP_SQUARES = 0.9, 0.999  # Adam's


def frame(points: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Centre and scale of points (m, dim): the means, and the root mean square around them."""
    dim = points.shape[1]
    centre, squares = np.empty(dim), 0.0
    for axis in range(dim):
        column = points[:, axis].astype(np.float64)
        centre[axis] = np.cumsum(column)[-1] / len(points)  # one order on every machine
        squares += float(np.cumsum((column - centre[axis]) ** 2)[-1])
    return centre, max(float(np.sqrt(squares / (dim * len(points)))), 1e-6)


def on_map(
    head: NDArray[np.float64], centre: NDArray[np.float64], scale: float
) -> NDArray[np.float64]:
    """Turn a head of centred and scaled points into one of the points themselves."""
    turned = np.empty_like(head)
    dim = len(centre)
    turned[:, dim] = head[:, dim]
    for axis in range(dim):
        turned[:, axis] = head[:, axis] / scale
        turned[:, dim] -= turned[:, axis] * centre[axis]
    return turned


def first_head(
    points: NDArray[np.float32], codes: NDArray[np.int32], n_classes: int
) -> NDArray[np.float64]:
    """Make the head that names the nearest class mean: what equal round classes would have.

    Parameters
    ----------
    points : float32 array of shape (m, dim)
        Labelled points.
    codes : int32 array of shape (m,)
        Their classes, each of 0 .. n_classes - 1 at least once.

    Returns
    -------
    float64 array of shape (n_classes, dim + 1)
        Weights and, last, biases of the logits of centred and scaled points (`frame`).
    """
    dim = points.shape[1]
    centre, scale = frame(points)
    sizes = np.bincount(codes, minlength=n_classes)
    head = np.empty((n_classes, dim + 1))
    spread = 0.0
    for axis in range(dim):
        column = (points[:, axis] - centre[axis]) / scale
        head[:, axis] = np.bincount(codes, weights=column, minlength=n_classes) / sizes
        spread += float(np.cumsum((column - head[codes, axis]) ** 2)[-1])
    # A soft beginning: classes that are points on the start will not stay so.
    variance = max(spread / (dim * len(points)), _LEAST_SPREAD)
    head[:, dim] = 0.0
    for axis in range(dim):
        head[:, dim] -= head[:, axis] ** 2 / (2 * variance)
        head[:, axis] /= variance
    return head


def learn(
    head: NDArray[np.float64],
    moments: NDArray[np.float64],
    step: int,
    gradient: NDArray[np.float64],
    around: tuple[NDArray[np.float64], float],
    *,
    rate: float,
) -> None:
    """Take one step of Adam, in place.

    The cost is the mean cross-entropy of the labelled points, plus 0.0005 times the squared
    weights, so that classes which are apart have a best head, too.

    Parameters
    ----------
    head : float64 array of shape (C, dim + 1)
        Of centred and scaled points; changed.
    moments : float64 array of shape (2, C, dim + 1)
        Adam's two means; changed.
    step : int
        Steps taken before.
    gradient : float64 array of shape (C, dim + 1)
        Of the mean cross-entropy, by the head of the points themselves (`on_map`).
    around : (centre, scale)
        What `frame` says of the points.
    rate : float
        Size of the step.

    References
    ----------
    Kingma, Ba: Adam, ICLR 2015.
    """
    centre, scale = around
    dim = len(centre)
    slope = np.empty_like(gradient)
    for axis in range(dim):
        slope[:, axis] = (gradient[:, axis] - gradient[:, dim] * centre[axis]) / scale
        slope[:, axis] += _RIDGE * head[:, axis]
    slope[:, dim] = gradient[:, dim]
    moments[0] = _KEEP * moments[0] + (1 - _KEEP) * slope
    moments[1] = _KEEP_SQUARES * moments[1] + (1 - _KEEP_SQUARES) * slope * slope
    even = (1 - _KEEP ** (step + 1), 1 - _KEEP_SQUARES ** (step + 1))
    head -= rate * (moments[0] / even[0]) / (np.sqrt(moments[1] / even[1]) + 1e-8)


def class_probabilities(
    embedding: NDArray[np.float32], head: NDArray[np.float64], *, n_jobs: int | None = None
) -> NDArray[np.float64]:
    """Soft-max of the logits ``W y + b`` of points of the map.

    Parameters
    ----------
    embedding : float32 array of shape (m, dim)
        Points; a row that is not finite gets NaN.
    head : float64 array of shape (C, dim + 1)
        Weights and, last, biases.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    float64 array of shape (m, C)
        Every row adds up to 1 and depends on its own point only.
    """
    points = np.ascontiguousarray(embedding, dtype=np.float32)
    lost = np.asarray(~np.isfinite(points).all(axis=1))
    if lost.any():
        points = np.where(lost[:, None], np.float32(0), points)
    found = np.empty((len(points), len(head)))
    _kernels.class_probabilities(points, np.ascontiguousarray(head), found, resolve_n_jobs(n_jobs))
    found[lost] = np.nan
    return found
