"""Training in the principal axes of the rows, folded back into their columns afterwards.

For a rotation V of the columns ``W x = (W V) (V^T x)``: a first linear layer may as well be trained
on ``V^T x``, by weights ``W V``. Adam gives every weight a step size of its own, which suits axes
that are not correlated, and the axes in which the rows hardly vary can be left out. So a step costs
less and teaches more, and the network that comes out, with ``(W V) V^T`` for weights, is of the
shape that was asked for; it does not see the axes that were left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from umapkit.distances import resolve_metric
from umapkit.parametric._group import of_the_first_all
from umapkit.parametric._rows import room
from umapkit.parametric._torch import Tensor, nn, torch

if TYPE_CHECKING:
    from umapkit.parametric._umap import ParametricUMAP

_LEAST = 128  # columns from which on it is tried
_MOST = 2048  # and up to which: finding the axes costs the cube of it, 4 s of two cores here
_SAMPLE = 16_384  # rows that the axes are taken from
_SHARE = 0.5  # of the columns: with more axes than that nothing is gained
_METRICS = ("euclidean", "sqeuclidean", "cosine", "correlation")


@contextmanager
def narrowed(model: ParametricUMAP, rows: NDArray[np.float32]) -> Iterator[None]:
    """Give the first layer the rows' main axes while the context is open, where that helps.

    Whatever looks at `networks_` meanwhile finds a working network: the scaling turns the rows.

    Parameters
    ----------
    model : ParametricUMAP
        With new networks; `_optimizer`, if there is one at the end, goes on afterwards.
    rows : float32 array of shape (n, d)
        The data.
    """
    layer = _first_layer(model.networks_["encoder"])
    axes = None
    share = model.input_variance
    wide_enough = _LEAST <= rows.shape[1] <= _MOST
    if layer is not None and share is not None and wide_enough and _sees_distances_only(model):
        axes = _main_axes(model, rows, share)
    if layer is None or axes is None:
        yield
        return
    scaling = model._scaling
    wide, narrow = layer.weight, nn.Parameter((layer.weight @ axes).detach())
    scaling.axes, layer.weight, layer.in_features = axes, narrow, axes.shape[1]
    try:
        yield
    finally:
        scaling.axes = None
        with torch.no_grad():
            wide.copy_(narrow @ axes.T)
        layer.weight, layer.in_features = wide, axes.shape[0]
        _widen_moments(getattr(model, "_optimizer", None), narrow, wide, axes)


def _first_layer(encoder: nn.Module) -> nn.Linear | None:
    """Return the layer that reads the columns, if it is that of a network made by name."""
    first = encoder[0] if isinstance(encoder, nn.Sequential) else None
    return first if isinstance(first, nn.Linear) else None


def _sees_distances_only(model: ParametricUMAP) -> bool:
    """Whether nothing but places is asked of the rows, and axes matter as much as they vary."""
    apart = model.reconstruction is None and model.decoder is None
    return (
        apart
        and not model.correlation_weight
        and not model.compile
        and resolve_metric(model.metric, model.metric_kwds).name in _METRICS
    )


@torch.no_grad()
def _main_axes(model: ParametricUMAP, rows: NDArray[np.float32], share: float) -> Tensor | None:
    """Return the axes with so much of the variance, shape (d, k); None if it takes too many."""
    n, d = rows.shape
    chosen = np.unique(np.linspace(0, n - 1, min(n, _SAMPLE)).astype(np.int64))
    seen = torch.from_numpy(rows[chosen]).to(model._device())
    scaled = model._scaling(seen).cpu().double()
    scaled -= scaled.mean(0)
    variances, axes = torch.linalg.eigh(scaled.T @ scaled)
    shares = torch.cumsum(variances.flip(0).clamp_min(0.0), 0)
    if float(shares[-1]) <= 0:
        return None
    k = int(torch.searchsorted(shares, share * shares[-1])) + 1
    if k > _SHARE * d or n * k * 4 > room(model._device()):
        return None
    axes = axes.flip(1)[:, :k]
    # The largest entry of an axis is positive: its sign does not depend on the library.
    signs = torch.sign(axes.gather(0, axes.abs().argmax(0, keepdim=True)))
    made = (axes * signs).float().contiguous().to(model._device())
    return of_the_first_all(made)


def _widen_moments(optimizer: Any, narrow: nn.Parameter, wide: Tensor, axes: Tensor) -> None:
    """Let Adam go on with the weights of the columns, from the moments of those of the axes."""
    if optimizer is None or narrow not in optimizer.state:
        return
    state = optimizer.state.pop(narrow)
    with torch.no_grad():
        state["exp_avg"] = state["exp_avg"] @ axes.T
        # The variance of a sum of uncorrelated parts.
        state["exp_avg_sq"] = state["exp_avg_sq"] @ axes.T.square()
    optimizer.state[wide] = state
    for group in optimizer.param_groups:
        group["params"] = [wide if one is narrow else one for one in group["params"]]
