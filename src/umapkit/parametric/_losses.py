"""UMAP's loss over edges and negatives.

UMAP's similarity is ``q = 1 / (1 + a s^b)`` with s the squared distance of two places. With
``t = log a + b log s`` its two costs are log-sigmoids, right to rounding over the whole range:

    attraction  -ln q       = log1p(a s^b)              = softplus(t)
    repulsion   -ln(1 - q)  = log1p(a s^b) - log(a s^b) = softplus(-t)

(Parametric UMAP, Eq. 7; tutorial, Eqs. 8 and 9). The released umap-learn takes ``-log1p(a s^b)``
for the logit, which makes the repulsion ``log(1 + q)``: never more than log 2, however near the
two places are. It is offered under its own name, "capped".

Gradients are written out, once: ``create_graph=True``, for a gradient of the gradient, is refused.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from torch.nn import functional

from umapkit.parametric._checks import check_choice
from umapkit.parametric._edges import TensorBatch
from umapkit.parametric._torch import Tensor, derived_once, torch

LossForm = Literal["cross_entropy", "capped"]
LOSSES = ("cross_entropy", "capped")
EPSILON = 1e-3  # of the repulsion's slope; the tutorial's Eq. 13 and umap-learn have the same
_TINY = 1e-30


def _attract(squares: Tensor, a: float, b: float) -> tuple[Tensor, Tensor]:
    """Cost of edges, and its derivative by the squared distance."""
    s = squares.clamp_min(_TINY)
    t = s.log().mul_(b).add_(math.log(a))
    slope = torch.sigmoid(t).mul_(b).div_(s)
    # At distance 0 there is no direction: 2 (y_i - y_j) times any slope is 0.
    return functional.softplus(t, threshold=50.0), slope.masked_fill_(squares <= 0, 0.0)


def _repel(squares: Tensor, a: float, b: float, epsilon: float) -> tuple[Tensor, Tensor]:
    """Cost of negatives, and its derivative by the squared distance."""
    t = squares.clamp_min(_TINY).log_().mul_(-b).sub_(math.log(a))
    slope = torch.sigmoid(t).mul_(-b).div_(squares + epsilon)
    return functional.softplus(t, threshold=50.0), slope


def _attract_capped(squares: Tensor, a: float, b: float) -> tuple[Tensor, Tensor]:
    """``-ln(q / (1 + q)) = log(2 + a s^b)``."""
    s = squares.clamp_min(_TINY)
    power = s.pow(b).mul_(a)
    slope = (power / (2.0 + power)).mul_(b).div_(s)
    return torch.log1p(1.0 + power), slope.masked_fill_(squares <= 0, 0.0)


def _repel_capped(squares: Tensor, a: float, b: float) -> tuple[Tensor, Tensor]:
    """``-ln(1 / (1 + q)) = log(1 + q)``."""
    s = squares.clamp_min(_TINY)
    power = s.pow(b).mul_(a)
    slope = (power / ((1.0 + power) * (2.0 + power))).mul_(-b).div_(s)
    cost = torch.log1p(torch.reciprocal(1.0 + power))
    return cost, slope.masked_fill_(squares <= 0, 0.0)


class _Cost(torch.autograd.Function):
    """A cost of squared distances whose derivative is known."""

    @staticmethod
    def forward(ctx: Any, squares: Tensor, cost: Any) -> Tensor:
        value, slope = cost(squares)
        ctx.save_for_backward(slope)
        return value

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        derived_once()
        return grads[0] * ctx.saved_tensors[0], None


def attraction(squares: Tensor, *, a: float, b: float) -> Tensor:
    """Cost ``-ln q`` of edges.

    Parameters
    ----------
    squares : float tensor
        Squared distances on the map, of any shape, 0 or more.
    a, b : float
        The curve.

    Returns
    -------
    tensor of the same shape
        In nats. A square below 1e-30 counts as 1e-30; its gradient is finite (0 at 0).
    """
    return _Cost.apply(squares, lambda s: _attract(s, a, b))  # pyright: ignore[reportReturnType]


def repulsion(squares: Tensor, *, a: float, b: float, epsilon: float = EPSILON) -> Tensor:
    """Cost ``-ln(1 - q)`` of negatives.

    Parameters
    ----------
    squares : float tensor
        Squared distances on the map, of any shape, 0 or more.
    a, b : float
        The curve.
    epsilon : float, default 0.001
        Added to the squared distance in the denominator of the gradient (tutorial, Eq. 13), which
        would grow without bound near distance 0. The value is exact.

    Returns
    -------
    tensor of the same shape
        In nats. A square below 1e-30 counts as 1e-30.
    """
    cost = _Cost.apply(squares, lambda s: _repel(s, a, b, epsilon))
    return cost  # pyright: ignore[reportReturnType]


def capped_attraction(squares: Tensor, *, a: float, b: float) -> Tensor:
    """Attraction of the released umap-learn, ``log(2 + a s^b)``: at least log 2 a pair."""
    return _Cost.apply(squares, lambda s: _attract_capped(s, a, b))  # pyright: ignore[reportReturnType]


def capped_repulsion(squares: Tensor, *, a: float, b: float) -> Tensor:
    """Repulsion of the released umap-learn, ``log(1 + q)``: at most log 2 a pair.

    Coinciding negatives are hardly pushed apart. For comparisons.
    """
    return _Cost.apply(squares, lambda s: _repel_capped(s, a, b))  # pyright: ignore[reportReturnType]


class _EdgeLoss(torch.autograd.Function):
    """Both sums of a batch at once: the gradient is written out, gathers and adds once each."""

    @staticmethod
    def forward(ctx: Any, places: Tensor, batch: TensorBatch, attract: Any, repel: Any) -> Tensor:
        z = places.detach()
        b, m = batch.n_edges, batch.n_far
        dimensions = z.shape[1]
        head, tail = z.index_select(0, batch.heads), z.index_select(0, batch.tails)
        near = head - tail
        cost, slope = attract(near.square().sum(1))
        if batch.weights is not None:
            cost, slope = cost * batch.weights, slope * batch.weights
        pulled = near.mul_(2.0 * slope[:, None])
        far = head.repeat(m, 1).sub_(z.index_select(0, batch.far))
        cost_far, slope_far = repel(far.square().sum(1))
        if batch.same is not None:  # a row is not pushed off itself
            cost_far = cost_far.masked_fill(batch.same, 0.0)
            slope_far = slope_far.masked_fill(batch.same, 0.0)
        if batch.weights is not None:
            repeated = batch.weights.repeat(m)
            cost_far, slope_far = cost_far * repeated, slope_far * repeated
        pushed = far.mul_(2.0 * slope_far[:, None])
        terms = max(1, (1 + m) * b)
        gradients = z.new_zeros(2, z.shape[0], dimensions)
        _add(gradients[0], batch.heads, pulled)
        _add(gradients[0], batch.tails, -pulled)
        _add(gradients[1], batch.heads, pushed.view(m, b, dimensions).sum(0))
        _add(gradients[1], batch.far, pushed.neg_())
        ctx.save_for_backward(gradients.div_(terms))
        return torch.stack([cost.sum(), cost_far.sum()]).div_(terms)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        derived_once()
        (gradients,) = ctx.saved_tensors
        return (grads[0][:, None, None] * gradients).sum(0), None, None, None


def _add(total: Tensor, where: Tensor, what: Tensor) -> None:
    """Add rows to the rows of `total` they belong to, in order: one-dimensional adds are quick."""
    d = total.shape[1]
    if d == 1 or total.device.type != "cpu":
        total.index_add_(0, where, what)
        return
    flat = (where[:, None] * d + torch.arange(d)).reshape(-1)
    total.view(-1).index_add_(0, flat, what.reshape(-1))


def umap_loss(
    places: Tensor,
    batch: TensorBatch,
    *,
    a: float,
    b: float,
    repulsion_strength: float = 1.0,
    form: LossForm = "cross_entropy",
) -> dict[str, Tensor]:
    """UMAP's cross-entropy of a batch of edges, the mean over edges and negatives.

    Parameters
    ----------
    places : tensor of shape (r, n_components)
        Places of the batch's rows; half precision is computed in float32.
    batch : TensorBatch
        Edges and negatives among them.
    a, b : float
        The curve.
    repulsion_strength : float, default 1
        Weight of the repulsion.
    form : {"cross_entropy", "capped"}, default "cross_entropy"
        The loss of the paper, or that of the released umap-learn.

    Returns
    -------
    dict of str to scalar tensor
        "attraction" and "repulsion", nats; their sum is the loss. As in the paper the mean is over
        all (1 + m) b pairs.
    """
    if form == "capped":

        def attract(s: Tensor) -> tuple[Tensor, Tensor]:
            return _attract_capped(s, a, b)

        def repel(s: Tensor) -> tuple[Tensor, Tensor]:
            return _repel_capped(s, a, b)
    else:

        def attract(s: Tensor) -> tuple[Tensor, Tensor]:
            return _attract(s, a, b)

        def repel(s: Tensor) -> tuple[Tensor, Tensor]:
            return _repel(s, a, b, EPSILON)

    check_choice("form", form, LOSSES)
    wide = places if places.dtype == torch.float64 else places.float()
    both: Any = _EdgeLoss.apply(wide, batch, attract, repel)
    return {"attraction": both[0], "repulsion": both[1] * repulsion_strength}
