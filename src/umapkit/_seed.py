"""One 64-bit seed, and draws that are hashes of it.

Below the estimators no generator state exists: a draw is a hash of (seed, stage, epoch, vertex,
draw), the same in the C++ kernels (``cpp/include/umapkit/random.hpp``) and here.
"""

from __future__ import annotations

import numbers
import secrets
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


class Stage(IntEnum):
    """Which part of the work draws. Numbers are never changed: a seed keeps its meaning."""

    START = 1
    DESCENT = 2
    TREE = 3
    PROJECTION = 4
    NEGATIVE = 5
    EDGE = 6
    TRANSFORM = 7
    RECALL = 8
    SAMPLE = 9
    SHUFFLE = 10
    LABEL = 20
    NETWORK = 30
    BATCH = 31
    HELD_OUT = 32
    DROPOUT = 33
    STREAM_NEGATIVE = 41
    STREAM_PLACE = 42
    STREAM_ORDER = 43


def resolve_seed(random_state: Any) -> int:
    """Turn scikit-learn's ``random_state`` into one seed in [0, 2**64).

    Parameters
    ----------
    random_state : int, numpy.random.Generator, numpy.random.RandomState, or None
        An integer below 2**64 is the seed itself (negative ones count from 2**64). A generator or
        ``RandomState`` is asked for one draw, which advances it. ``None`` draws a fresh seed
        from the operating system.

    Returns
    -------
    int
        The seed.

    Raises
    ------
    ValueError
        If `random_state` is none of these, or has more than 64 bits.

    Examples
    --------
    >>> resolve_seed(42)
    42
    """
    if random_state is None:
        return secrets.randbits(63)
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        seed = int(random_state)
        if not -(2**63) <= seed < 2**64:
            msg = f"random_state={seed} is no 64-bit number. Give one below 2**64."
            raise ValueError(msg)
        return seed % 2**64
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(0, 2**63))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, 2**31 - 1))
    if random_state is np.random:
        return int(np.random.mtrand._rand.randint(0, 2**31 - 1))
    msg = (
        f"random_state={random_state!r} cannot be used. Give an integer, a "
        "numpy.random.Generator, a numpy.random.RandomState, or None."
    )
    raise ValueError(msg)


def mix(x: ArrayLike) -> NDArray[np.uint64]:
    """Finaliser of SplitMix64, elementwise on unsigned 64-bit integers of any shape."""
    h = np.asarray(x, dtype=np.uint64)
    with np.errstate(over="ignore"):
        h = (h ^ (h >> np.uint64(30))) * _MIX_1
        h = (h ^ (h >> np.uint64(27))) * _MIX_2
        return h ^ (h >> np.uint64(31))


def key(seed: int, stage: Stage, epoch: ArrayLike, vertex: ArrayLike) -> NDArray[np.uint64]:
    """Key of the draws of one vertex in one epoch; `epoch` and `vertex` broadcast."""
    one = np.uint64(1)
    with np.errstate(over="ignore"):
        h = mix(np.asarray(seed % 2**64, dtype=np.uint64) + _GOLDEN * np.uint64(stage))
        h = mix(h + _GOLDEN * (np.asarray(epoch, dtype=np.uint64) + one))
        return mix(h + _GOLDEN * (np.asarray(vertex, dtype=np.uint64) + one))


def draw(keys: ArrayLike, k: ArrayLike) -> NDArray[np.uint64]:
    """Draw number `k` of each key: 64 random bits; the two broadcast."""
    with np.errstate(over="ignore"):
        step = (np.asarray(k, dtype=np.uint64) + np.uint64(1)) * _GOLDEN
        return mix(np.asarray(keys, dtype=np.uint64) + step)


def below(bits: ArrayLike, n: int) -> NDArray[np.int64]:
    """Uniform integers in [0, n) from 64 random bits each; n < 2**32."""
    high = np.asarray(bits, dtype=np.uint64) >> np.uint64(32)
    return ((high * np.uint64(n)) >> np.uint64(32)).astype(np.int64)


def uniform(bits: ArrayLike) -> NDArray[np.float32]:
    """Uniform float32 in [0, 1) from 64 random bits each (24 of them are used)."""
    return (np.asarray(bits, dtype=np.uint64) >> np.uint64(40)).astype(np.float32) * np.float32(
        2.0**-24
    )


def normal(keys: ArrayLike, k: ArrayLike) -> NDArray[np.float64]:
    """Draw number `k` of each key as a standard normal, by Box and Muller's formula."""
    first = uniform(draw(keys, 2 * np.asarray(k, dtype=np.uint64))).astype(np.float64)
    second = uniform(draw(keys, 2 * np.asarray(k, dtype=np.uint64) + np.uint64(1)))
    return np.sqrt(-2.0 * np.log1p(-first)) * np.cos(2.0 * np.pi * second.astype(np.float64))


def sample_without_replacement(seed: int, stage: Stage, n: int, size: int) -> NDArray[np.int64]:
    """Sorted indices of `size` distinct rows out of `n`: those with the smallest hashes."""
    if size >= n:
        return np.arange(n, dtype=np.int64)
    order = draw(key(seed, stage, 0, np.arange(n, dtype=np.uint64)), 0)
    return np.sort(np.argpartition(order, size)[:size])
