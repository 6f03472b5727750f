"""Thirteen layers for semi-supervised learning of images (paper, section 3.4, appendix A.2)."""

from __future__ import annotations

from umapkit.parametric._torch import nn
from umapkit.parametric.networks._parts import NormedConv, NormedLinear, Reshape

SLOPE = 0.1
Z = 256  # width of the trunk's end


def trunk(shape: tuple[int, int, int], n_components: int, width: float = 1.0) -> nn.Module:
    """Images to "z", the trunk's end (256 numbers in the paper).

    3 x C(128,3), pool, dropout .5; 3 x C(256,3), pool, dropout .5; C(512,3) without padding,
    C(256,1), C(128,1); mean over the rest; Dense. Every convolution has normalised weights,
    batch norm and leaky ReLU .1. `width` scales the numbers of channels.
    """
    channels, height, breadth = shape
    if min(height, breadth) < 12:
        msg = (
            f"The network 'cnn13' cannot take images of {height} x {breadth}: after two halvings "
            "its convolution of 3 x 3 finds nothing. Give sides of 12 or more."
        )
        raise ValueError(msg)
    a, b, c, d, e = (scaled(n, width) for n in (128, 256, 512, 256, 128))
    layers: list[nn.Module] = [Reshape(*shape)]
    inputs = channels
    for outputs in (a, b):
        for _ in range(3):
            layers += _layer(inputs, outputs, 3, padding=1)
            inputs = outputs
        layers += [nn.MaxPool2d(2), nn.Dropout(0.5)]
    for outputs, size in ((c, 3), (d, 1), (e, 1)):
        layers += _layer(inputs, outputs, size)
        inputs = outputs
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, n_components)]
    return nn.Sequential(*layers)


def head(inputs: int, outputs: int, width: float = 1.0) -> nn.Module:
    """Two hidden layers of 256 (times `width`), leaky ReLU .1, and a linear one.

    Both the classifier (`outputs`: classes) and the embedder (the paper: 1024) are such heads.
    All weights are normalised.
    """
    hidden = scaled(Z, width)
    return nn.Sequential(
        NormedLinear(inputs, hidden),
        nn.LeakyReLU(SLOPE),
        NormedLinear(hidden, hidden),
        nn.LeakyReLU(SLOPE),
        NormedLinear(hidden, outputs),
    )


def encoder(shape: tuple[int, int, int], n_components: int, width: float = 1.0) -> nn.Module:
    """Trunk and embedder in one."""
    z = scaled(Z, width)
    return nn.Sequential(trunk(shape, z, width), head(z, n_components, width))


def scaled(n: int, width: float) -> int:
    """Return `n` times `width`, at least 1."""
    return max(1, round(n * width))


def _layer(inputs: int, outputs: int, size: int, *, padding: int = 0) -> list[nn.Module]:
    return [
        NormedConv(inputs, outputs, size, padding=padding),
        nn.BatchNorm2d(outputs, eps=1e-3),
        nn.LeakyReLU(SLOPE),
    ]
