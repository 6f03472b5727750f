"""Convolutions for images of 32 x 32, as for CIFAR-10 (paper, appendix A.2)."""

from __future__ import annotations

import math

from umapkit.parametric._torch import nn
from umapkit.parametric.networks._parts import Crop, Reshape


def encoder(shape: tuple[int, int, int], n_components: int) -> nn.Module:
    """C(32,3,2) C(64,3,2) C(128,3,2) without padding, flatten, Dense 512, Dense d."""
    channels, height, width = shape
    for _ in range(3):
        height, width = (height - 3) // 2 + 1, (width - 3) // 2 + 1
    return nn.Sequential(
        Reshape(*shape),
        nn.Conv2d(channels, 32, 3, stride=2),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, stride=2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * height * width, 512),
        nn.ReLU(),
        nn.Linear(512, n_components),
    )


def decoder(shape: tuple[int, int, int], n_components: int) -> nn.Module:
    """Dense 512, Dense 4·4·128, CT(128,3,2) CT(64,3,2) CT(32,3,2) CT(c,3,1), padded; logits."""
    channels, height, width = shape
    low, wide = math.ceil(height / 8), math.ceil(width / 8)
    layers: list[nn.Module] = []
    inputs = 128
    for outputs in (128, 64, 32):
        layers += [
            nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
        ]
        inputs = outputs
    return nn.Sequential(
        nn.Linear(n_components, 512),
        nn.ReLU(),
        nn.Linear(512, low * wide * 128),
        nn.ReLU(),
        Reshape(128, low, wide),
        *layers,
        nn.ConvTranspose2d(32, channels, 3, padding=1),
        Crop(height, width),
        nn.Flatten(),
    )
