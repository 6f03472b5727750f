"""A score: a number that knows how sure it is."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.quality._check import check_positive


class Score(float):
    """A score, with the interval in which the score of all rows lies.

    It is a float and can be used as one.

    Parameters
    ----------
    value : float
        The score.
    low, high : float, optional
        Ends of the interval; the value itself where all rows were judged.
    confidence : float
        How often such an interval holds the score of all rows, if rows are drawn again and again.
    n_judged : int
        Rows (or triplets, pairs) that were judged.

    Examples
    --------
    >>> score = Score(0.9, low=0.88, high=0.92, n_judged=100)
    >>> score + 1, score.low, score.exact
    (1.9, 0.88, False)
    """

    low: float
    high: float
    confidence: float
    n_judged: int

    def __new__(
        cls,
        value: float,
        *,
        low: float | None = None,
        high: float | None = None,
        confidence: float = 0.95,
        n_judged: int = 0,
    ) -> Score:
        """Make a score; without ends it is exact."""
        score = super().__new__(cls, value)
        score.low = float(value if low is None else low)
        score.high = float(value if high is None else high)
        score.confidence = confidence
        score.n_judged = n_judged
        return score

    def __reduce__(self) -> tuple[object, ...]:
        return _remake, (float(self), self.low, self.high, self.confidence, self.n_judged)

    @property
    def exact(self) -> bool:
        """Whether all rows were judged."""
        return self.low == self.high

    def to_dict(self) -> Mapping[str, float | int | bool | None]:
        """Return what JSON can hold; a number that is not finite becomes None."""
        ends = {"value": float(self), "low": self.low, "high": self.high}
        found: dict[str, float | int | bool | None] = {
            name: number if math.isfinite(number) else None for name, number in ends.items()
        }
        return found | {
            "confidence": self.confidence,
            "n_judged": self.n_judged,
            "exact": self.exact,
        }


def _remake(value: float, low: float, high: float, confidence: float, n_judged: int) -> Score:
    return Score(value, low=low, high=high, confidence=confidence, n_judged=n_judged)


def check_confidence(confidence: float) -> float:
    """Return the confidence as a float between 0 and 1."""
    share = check_positive(confidence, "confidence")
    if share >= 1:
        msg = f"confidence={confidence} must be below 1, for instance 0.95."
        raise ValueError(msg)
    return share


def mean_score(
    parts: ArrayLike,
    *,
    n: int | None,
    confidence: float,
    ends: tuple[float, float],
    n_judged: int | None = None,
) -> Score:
    """Mean of what the judged rows scored, and how far the mean of all rows may be.

    Parameters
    ----------
    parts : array-like of shape (m,)
        Score of each row that was judged; their mean is the score.
    n : int or None
        All rows, of which the m were drawn without replacement (so no error is left at m = n);
        None where there are as many as one likes.
    confidence : float
        Of the interval: mean plus or minus Student's quantile times the standard error.
    ends : (float, float)
        What the score cannot leave.
    n_judged : int, optional
        What was judged, if not m.

    Returns
    -------
    Score
        The mean, summed without rounding error.
    """
    values: NDArray[np.float64] = np.asarray(parts, dtype=np.float64)
    m = len(values)
    mean = math.fsum(values) / m
    share = check_confidence(confidence)
    count = m if n_judged is None else n_judged
    if n is not None and m >= n:
        return Score(mean, confidence=share, n_judged=count)
    if m == 1:
        return Score(mean, low=ends[0], high=ends[1], confidence=share, n_judged=count)
    from scipy.special import stdtrit

    spread = math.fsum((values - mean) ** 2) / (m - 1)
    left = 1.0 if n is None else 1.0 - m / n
    reach = float(stdtrit(m - 1, 0.5 + share / 2)) * math.sqrt(spread * left / m)
    low, high = max(ends[0], mean - reach), min(ends[1], mean + reach)
    # Judged rows that all score alike leave no width; the score is a sample's all the same.
    if low == high:
        low, high = max(ends[0], mean - 1 / m), min(ends[1], mean + 1 / m)
    return Score(mean, low=low, high=high, confidence=share, n_judged=count)
