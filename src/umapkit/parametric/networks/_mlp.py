"""The plain network: three hidden layers of 100 (paper, appendix A.2)."""

from __future__ import annotations

from collections.abc import Sequence

from umapkit.parametric._torch import nn

HIDDEN = (100, 100, 100)


def encoder(shape: tuple[int, ...], n_components: int, hidden: Sequence[int] = HIDDEN) -> nn.Module:
    """Rows to places: hidden layers with ReLU, a linear last one."""
    (n_features,) = shape
    return _stack(n_features, n_components, hidden)


def decoder(shape: tuple[int, ...], n_components: int, hidden: Sequence[int] = HIDDEN) -> nn.Module:
    """Places to rows; the last layer is linear (its sigmoid belongs to the loss)."""
    (n_features,) = shape
    return _stack(n_components, n_features, hidden)


def trunk(shape: tuple[int, ...], n_components: int, hidden: Sequence[int] = HIDDEN) -> nn.Module:
    """Rows to the fork of a Y-shaped network: hidden layers and a last one, all with ReLU."""
    (n_features,) = shape
    return nn.Sequential(_stack(n_features, n_components, hidden), nn.ReLU())


def head(inputs: int, outputs: int, hidden: Sequence[int] = (100,)) -> nn.Module:
    """One arm of a Y-shaped network: hidden layers with ReLU, a linear last one."""
    return _stack(inputs, outputs, hidden)


def _stack(inputs: int, outputs: int, hidden: Sequence[int]) -> nn.Module:
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [nn.Linear(inputs, width), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))
