"""The loss of Parametric t-SNE: Kullback-Leibler divergence of a batch from its map."""

from __future__ import annotations

import math
from typing import Any

from umapkit.parametric._torch import Tensor, derived_once, nn, torch


class Freedom(nn.Module):
    """Degrees of freedom of Student's t distribution: given, or learned (as a logarithm).

    Parameters
    ----------
    start : float
        The value, or the first one. Larger values make lighter tails.
    learned : bool
        Whether the gradient reaches it; it stays positive.
    """

    log: Tensor

    def __init__(self, start: float, *, learned: bool) -> None:
        super().__init__()
        value = torch.tensor(math.log(start))
        if learned:
            self.log = nn.Parameter(value)
        else:
            self.register_buffer("log", value)

    def forward(self) -> Tensor:
        """Return the degrees of freedom."""
        return self.log.exp()


class _Divergence(torch.autograd.Function):
    """The divergence with its gradient written out: eight passes over the pairs in all."""

    @staticmethod
    def forward(ctx: Any, places: Tensor, joint: Tensor, freedom: Tensor) -> Tensor:
        y, v = places.detach(), freedom.detach()
        # log w, w = 1 / (1 + |y_i - y_j|^2 / v); the tails are w^((v + 1) / 2).
        log_w = _squares(y).div_(v).log1p_().neg_()
        tails = (log_w * ((v + 1) / 2)).exp_()
        tails.fill_diagonal_(0.0)
        total = tails.sum()
        entropy = torch.xlogy(joint, joint).sum()
        mass = joint.sum()
        divergence = entropy + mass * total.log() - (v + 1) / 2 * (joint * log_w).sum()
        excess = joint - tails.mul_(mass / total)
        w = log_w.exp()
        by_freedom = None
        if ctx.needs_input_grad[2]:  # d log(tail) / dv, weighted by q - p
            slope = log_w / 2 + (v + 1) / (2 * v) * (1 - w)
            by_freedom = -(excess * slope).sum()
        pull = excess.mul_(w)
        moved = pull.sum(dim=1, keepdim=True) * y - pull @ y
        ctx.save_for_backward(moved.mul_(2 * (v + 1) / v), by_freedom)
        return divergence

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, Tensor | None]:
        derived_once()
        moved, by_freedom = ctx.saved_tensors
        return grads[0] * moved, None, None if by_freedom is None else grads[0] * by_freedom


def kl_divergence(joint: Tensor, places: Tensor, freedom: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the map's probabilities from the data's, in nats.

    Parameters
    ----------
    joint : tensor of shape (b, b)
        Probabilities of the data (`umapkit.graph.exact_affinities`), symmetric; sum to 1.
    places : tensor of shape (b, d)
        Places on the map; half precision is computed in float32.
    freedom : scalar tensor
        Degrees of freedom of the map's t distribution.

    Returns
    -------
    scalar tensor
        The sum over all pairs, 0 or more. The paper's floor of 1e-14 under both probabilities is
        not needed: all is computed in logarithms. It can be derived once, not twice.

    References
    ----------
    van der Maaten, "Learning a parametric embedding by preserving local structure" (2009), Eqs.
    3 to 6.
    """
    wide = places if places.dtype == torch.float64 else places.float()
    found: Any = _Divergence.apply(wide, joint.to(wide), freedom.to(wide))
    return found


def student_similarities(places: Tensor, freedom: Tensor) -> Tensor:
    """Joint probabilities of the map, ``q ~ (1 + |y_i - y_j|^2 / v)^(-(v + 1) / 2)``.

    Parameters
    ----------
    places : tensor of shape (b, d)
        Places on the map.
    freedom : scalar tensor
        v.

    Returns
    -------
    tensor of shape (b, b)
        Sums to 1; 0 on the diagonal.
    """
    tails = (1 + _squares(places) / freedom) ** (-(freedom + 1) / 2)
    tails = tails * (1 - torch.eye(len(places), dtype=tails.dtype, device=tails.device))
    return tails / tails.sum()


def _squares(y: Tensor) -> Tensor:
    y = y - y.mean(dim=0)
    norms = (y * y).sum(dim=1)
    return (norms[:, None] + norms[None] - 2 * y @ y.T).clamp_min(0)
