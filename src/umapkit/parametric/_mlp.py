"""The paper's network where no other is named: three layers of 100 rectified units."""

from __future__ import annotations

import copy
import itertools
from typing import Any

from umapkit._seed import Stage
from umapkit.parametric._torch import generator, nn

NAMES = ("mlp",)
_WIDTHS = (100, 100, 100)


def build(
    network: Any,
    *,
    role: str,
    n_features: int,
    n_components: int,
    input_shape: tuple[int, ...] | None = None,
    seed: int,
) -> nn.Module:
    """Make a network by name, or copy the one that is given; see `_networks.build_network`."""
    if isinstance(network, nn.Module):
        return copy.deepcopy(network)
    if network not in NAMES:
        msg = (
            f"{role}={network!r} is no network. Give one of {', '.join(map(repr, NAMES))} or a "
            "torch.nn.Module."
        )
        raise ValueError(msg)
    ends = (n_features, n_components) if role == "encoder" else (n_components, n_features)
    sizes = (ends[0], *_WIDTHS, ends[1])
    draws = generator(seed, Stage.NETWORK, 0 if role == "encoder" else 1)
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(sizes):
        layer = nn.Linear(before, after)
        nn.init.xavier_uniform_(layer.weight, generator=draws)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])
