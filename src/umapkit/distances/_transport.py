"""Optimal transport between histograms whose bins are not in a line.

The formulas that the kernels (``cpp/include/umapkit/transport.hpp``) must agree with: rows are
divided by their sums first, and hold no negative value and at least one positive one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.distances._differences import as_pair
from umapkit.distances._histograms import cumulated, shares

Array = NDArray[np.float64]

ROUNDS = 1000  # of Sinkhorn's scaling, at most
TOLERANCE = 1e-9  # by which a margin may be off in total
_SMALLEST = 1e-200  # of exp(-cost / regularization), so that sums and ratios of it stay normal


def kantorovich(a: ArrayLike, b: ArrayLike, *, cost: ArrayLike) -> Array:
    r"""Work of the cheapest way to turn one histogram into the other (earth mover's distance).

    :math:`\min_F \sum_{kl} F_{kl} C_{kl}` over :math:`F \ge 0` whose margins are the shares of both
    rows: a linear program.

    Parameters
    ----------
    a, b : array-like, shapes (m, d) and (n, d)
        Histograms.
    cost : array-like, shape (d, d)
        Cost of moving a unit from one bin to another: symmetric, 0 or more, 0 on the diagonal.

    Returns
    -------
    ndarray, shape (m, n)

    Examples
    --------
    >>> ring = [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    >>> kantorovich([[1, 0, 0]], [[0, 0, 2], [1, 1, 2]], cost=ring).tolist()
    [[1.0, 0.75]]
    """
    from scipy.optimize import linprog

    one, other = (shares(np.asarray(rows, dtype=np.float64)) for rows in (a, b))
    table = np.asarray(cost, dtype=np.float64)
    out = np.empty((len(one), len(other)))
    for i, x in enumerate(one):
        for j, y in enumerate(other):
            s, t = np.flatnonzero(x), np.flatnonzero(y)
            margins = np.vstack(
                [np.kron(np.eye(len(s)), np.ones(len(t))), np.kron(np.ones(len(s)), np.eye(len(t)))]
            )
            # One of the equations follows from the others.
            found = linprog(
                table[np.ix_(s, t)].ravel(),
                A_eq=margins[:-1],
                b_eq=np.concatenate([x[s], y[t]])[:-1],
                method="highs",
            )
            out[i, j] = max(found.fun, 0.0)
    return out


def sinkhorn(a: ArrayLike, b: ArrayLike, *, cost: ArrayLike, regularization: float = 1.0) -> Array:
    r"""Work of the entropic transport plan (Cuturi 2013).

    :math:`\sum_{kl} u_k K_{kl} v_l C_{kl}` with :math:`K = e^{-C / \epsilon}`, u and v scaled by
    turns until both margins are the shares. Larger `regularization` :math:`\epsilon` spreads the
    plan more and needs fewer turns; towards 0 it is :func:`kantorovich`.

    Parameters
    ----------
    a, b : array-like, shapes (m, d) and (n, d)
        Histograms.
    cost : array-like, shape (d, d)
        As in :func:`kantorovich`.
    regularization : float, default 1
        :math:`\epsilon`, in units of the cost.

    Returns
    -------
    ndarray, shape (m, n)
        A row is not at distance 0 from itself: the plan spreads.

    Notes
    -----
    At most 1000 turns, as in pynndescent, which umap-learn uses. It forgets to divide by the sums,
    and reads the cost of the first bins where a row has empty ones; the values agree for rows of
    sum 1 without empty bins.

    Examples
    --------
    >>> ring = [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    >>> float(sinkhorn([[1, 0, 0]], [[1, 1, 2]], cost=ring).round(3)[0, 0])
    0.75
    """
    one, other = (shares(np.asarray(rows, dtype=np.float64)) for rows in (a, b))
    table = np.asarray(cost, dtype=np.float64)
    kernel = np.exp(-table / regularization)
    out = np.empty((len(one), len(other)))
    for i, x in enumerate(one):
        for j, y in enumerate(other):
            u = np.ones(len(x))
            v = np.zeros(len(y))
            for turn in range(ROUNDS):
                sums = kernel @ u
                if turn and np.abs(v * sums - y).sum() <= TOLERANCE:
                    break
                v = y / sums
                u = x / (kernel @ v)
            out[i, j] = u @ (kernel * table) @ v
    return out


def circular_kantorovich(x: ArrayLike, y: ArrayLike, *, p: float = 1.0) -> Array:
    r"""Minkowski distance of the cumulated shares, less the best constant; bins in a circle.

    :math:`\min_\mu \left(\sum_k |F_k - G_k - \mu|^p\right)^{1/p}`. For ``p=1`` the work of moving
    one histogram into the other around a circle of bins one apart, and :math:`\mu` is the median.

    Notes
    -----
    pynndescent takes the median of :math:`(F - G)^p` for :math:`\mu`, which is the best constant
    for ``p=1`` only; there the two agree. Here it is the best for every p, found by bisection.
    """
    x, y = as_pair(x, y)
    gap = cumulated(x) - cumulated(y)
    if p == 1:
        return np.abs(gap - np.median(gap, axis=-1, keepdims=True)).sum(axis=-1)
    low, high = gap.min(axis=-1, keepdims=True), gap.max(axis=-1, keepdims=True)
    if np.isinf(p):
        return (high - low)[..., 0] / 2
    for _ in range(60):
        middle = (low + high) / 2
        above = gap - middle
        slope = (np.sign(above) * np.abs(above) ** (p - 1)).sum(axis=-1, keepdims=True)
        low, high = np.where(slope > 0, middle, low), np.where(slope > 0, high, middle)
    return (np.abs(gap - (low + high) / 2) ** p).sum(axis=-1) ** (1 / p)


def circular_order(value: Any) -> float:
    """Read the order of a distance around a circle: below 1 there is no best constant to find."""
    if isinstance(value, bool) or not float(value) >= 1:
        msg = "Give a number, 1 or more, or float('inf')."
        raise ValueError(msg)
    return float(value)


def cost_table(value: ArrayLike) -> Array:
    """Read what moving between bins costs."""
    out = np.ascontiguousarray(value, dtype=np.float64)
    msg = (
        "Give a square matrix: what moving a unit from bin to bin costs. It must be symmetric, "
        "finite, 0 or more, and 0 on the diagonal."
    )
    if out.ndim != 2 or out.shape[0] != out.shape[1] or not np.isfinite(out).all():
        raise ValueError(msg)
    if (out < 0).any() or (out != out.T).any() or np.diag(out).any():
        raise ValueError(msg)
    return out


def entropic_kernel(given: Mapping[str, Any]) -> Array:
    """K of :func:`sinkhorn`.

    Raises
    ------
    ValueError
        If the regularization is so small that exp(-cost / regularization) vanishes.
    """
    cost, width = given["cost"], given["regularization"]
    kernel = np.exp(-cost / width)
    if kernel.min(initial=1.0) < _SMALLEST:
        msg = (
            f"metric='sinkhorn': regularization={width!r} is too small for costs up to "
            f"{cost.max()!r}. Give {cost.max() / 400:.3g} or more, or take metric='kantorovich', "
            "which is the limit."
        )
        raise ValueError(msg)
    return kernel
