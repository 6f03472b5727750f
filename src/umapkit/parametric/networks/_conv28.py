"""Convolutions for images of 28 x 28, as for MNIST and Fashion-MNIST (paper, appendix A.2)."""

from __future__ import annotations

import math

from umapkit.parametric._torch import nn
from umapkit.parametric.networks._parts import Crop, Reshape


def encoder(shape: tuple[int, int, int], n_components: int, n_dense: int = 2) -> nn.Module:
    """C(64,3,2) C(128,3,2) without padding, flatten (4608 at 28 x 28), Dense 512, Dense d.

    `n_dense` hidden Dense 512: 2 in the paper's Parametric UMAP and Parametric t-SNE, 1 in its
    MNIST runs of UMAP/AE, AE and VAE.
    """
    channels, height, width = shape
    layers: list[nn.Module] = [
        Reshape(*shape),
        nn.Conv2d(channels, 64, 3, stride=2),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
    ]
    inputs = 128 * _valid(_valid(height)) * _valid(_valid(width))
    for _ in range(n_dense):
        layers += [nn.Linear(inputs, 512), nn.ReLU()]
        inputs = 512
    return nn.Sequential(*layers, nn.Linear(inputs, n_components))


def decoder(shape: tuple[int, int, int], n_components: int, n_dense: int = 1) -> nn.Module:
    """Dense 512, Dense 7·7·256, CT(128,3,2) CT(64,3,2) CT(c,3,1), padded; logits.

    `n_dense` hidden Dense 512: 1 for MNIST, 2 for Fashion-MNIST in the paper.
    """
    channels, height, width = shape
    low, wide = math.ceil(height / 4), math.ceil(width / 4)
    layers: list[nn.Module] = []
    inputs = n_components
    for _ in range(n_dense):
        layers += [nn.Linear(inputs, 512), nn.ReLU()]
        inputs = 512
    return nn.Sequential(
        *layers,
        nn.Linear(inputs, low * wide * 256),
        nn.ReLU(),
        Reshape(256, low, wide),
        nn.ConvTranspose2d(256, 128, 3, stride=2, padding=1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 3, stride=2, padding=1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(64, channels, 3, padding=1),
        Crop(height, width),
        nn.Flatten(),
    )


def _valid(size: int) -> int:
    """Length after a convolution of 3 with stride 2 and no padding."""
    return (size - 3) // 2 + 1
