"""Rows among which a kernel's metric is another metric of the rows that were given.

Every function takes float32 rows (m, d) and the keywords of its metric, and returns float32 rows;
each row on its own, so that its bits do not depend on the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.distances import _bits, _differences, _directions, _histograms

Rows = NDArray[np.float32]

_BLOCK = 64  # rows at a time, so that a block of the product stays in the cache


def scaled_by_powers(rows: Rows, *, w: NDArray[np.float64], p: float) -> Rows:
    """Multiply columns by w^(1/p): Minkowski distances become weighted ones."""
    factor = (w > 0).astype(np.float64) if np.isinf(p) else w ** (1.0 / p)
    return (rows * factor).astype(np.float32)


def standardised(rows: Rows, *, V: NDArray[np.float64]) -> Rows:
    """Divide columns by the roots of V."""
    return (rows / np.sqrt(V)).astype(np.float32)


def whitened(
    rows: Rows,
    *,
    VI: NDArray[np.float64],
    centre: NDArray[np.float64],
    factor: NDArray[np.float64],
) -> Rows:
    """Multiply rows, less the centre, by the factor of VI: summed column by column, no BLAS."""
    del VI
    out = np.empty((len(rows), factor.shape[1]), dtype=np.float32)
    for begin in range(0, len(rows), _BLOCK):
        some = rows[begin : begin + _BLOCK] - centre
        out[begin : begin + _BLOCK] = _differences.times(some, factor)
    return out


def ranked(rows: Rows) -> Rows:
    """Ranks inside each row."""
    return _directions.ranks(rows).astype(np.float32)


def on_the_sphere(rows: Rows) -> Rows:
    """Points of the unit sphere from (latitude, longitude)."""
    wide = rows.astype(np.float64)
    north, east = wide[:, 0], wide[:, 1]
    flat = np.cos(north)
    return np.stack([flat * np.cos(east), flat * np.sin(east), np.sin(north)], axis=1).astype(
        np.float32
    )


def root_shares(rows: Rows) -> Rows:
    """Roots of half the shares; zero rows stand alone, on a coordinate of their own."""
    shares = _histograms.shares(rows.astype(np.float64))
    empty = (rows == 0).all(axis=1, keepdims=True)
    return np.hstack([np.sqrt(shares / 2), np.sqrt(empty * 0.5)]).astype(np.float32)


def softmax_root_shares(rows: Rows) -> Rows:
    """Roots of half the softmax."""
    return np.sqrt(_histograms.softmax(rows.astype(np.float64)) / 2).astype(np.float32)


def cumulated(rows: Rows, *, p: float) -> Rows:
    """Cumulated shares."""
    del p
    return _histograms.cumulated(rows.astype(np.float64)).astype(np.float32)


def truths(rows: Rows) -> Rows:
    """0 and 1."""
    return (rows != 0).astype(np.float32)


def unpacked(rows: Rows) -> Rows:
    """Eight truth values for every byte."""
    return _bits.unpack(rows)


def angle_of_chord(far: NDArray[np.float64], given: Any) -> NDArray[np.float64]:
    """Angle between points of the unit sphere from their distance."""
    del given
    return 2.0 * np.arcsin(np.minimum(far / 2.0, 1.0))


def share_of_angle(far: NDArray[np.float64], given: Any) -> NDArray[np.float64]:
    r"""Angle over pi from the cosine distance, :math:`2 \arcsin\sqrt{c/2} / \pi`."""
    del given
    return 2.0 * np.arcsin(np.sqrt(np.minimum(far / 2.0, 1.0))) / np.pi


def twice_over_one_plus(far: NDArray[np.float64], given: Any) -> NDArray[np.float64]:
    """Rogers and Tanimoto's distance from the share of differing columns."""
    del given
    return 2.0 * far / (1.0 + far)


def at_most_one(far: NDArray[np.float64], given: Any) -> NDArray[np.float64]:
    """Return exactly 1 for rows that share nothing, which float32 leaves within 1e-6 of it."""
    del given
    return np.where(far > 1.0 - 1e-6, 1.0, far)
