"""The loss of Parametric t-SNE: Kullback-Leibler divergence of a batch from its map."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

FLOOR = 1e-14  # of both probabilities, as in the paper's code


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
    log_q = _log_tails(places, freedom)
    return torch.softmax(log_q.flatten(), dim=0).view_as(log_q)


def kl_divergence(joint: Tensor, places: Tensor, freedom: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the map's probabilities from the data's, in nats.

    Parameters
    ----------
    joint : tensor of shape (b, b)
        Probabilities of the data (`umapkit.graph.exact_affinities`); sum to 1.
    places : tensor of shape (b, d)
        Places on the map.
    freedom : scalar tensor
        Degrees of freedom of the map's t distribution.

    Returns
    -------
    scalar tensor
        The sum over all pairs, 0 or more.

    References
    ----------
    van der Maaten, "Learning a parametric embedding by preserving local structure" (2009), Eqs.
    3 to 6.
    """
    log_q = _log_tails(places, freedom)
    log_q = (log_q - torch.logsumexp(log_q.flatten(), dim=0)).clamp_min(math.log(FLOOR))
    return torch.xlogy(joint, joint.clamp_min(FLOOR)).sum() - (joint * log_q).sum()


def _log_tails(places: Tensor, freedom: Tensor) -> Tensor:
    y = places.float()
    norms = (y * y).sum(dim=1)
    squared = (norms[:, None] + norms[None] - 2 * y @ y.T).clamp_min(0)
    log_q = -(freedom + 1) / 2 * torch.log1p(squared / freedom)
    itself = torch.eye(len(y), dtype=torch.bool, device=y.device)
    return log_q.masked_fill(itself, -math.inf)
