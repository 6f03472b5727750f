"""The paper's augmentations of images, drawn anew for every image (paper, appendix A.2)."""

from __future__ import annotations

import math
from collections.abc import Callable

from umapkit.parametric._torch import Tensor, nn, torch

Augmentation = Callable[[Tensor, torch.Generator], Tensor]


def augment_mnist(images: Tensor, generator: torch.Generator) -> Tensor:
    """Digits: brightness, zoom, squeeze, rotation, shear, shift, contrast, cut-out.

    Brightness .5-1, zoom 1-1.33 (a crop of .75-1), squeeze .75-1 of either side, rotation ±.5 rad,
    shear ±.3, shift by up to a tenth, contrast .5-2, a cut-out square of up to three quarters of
    the side. One image in eleven stays as it is.

    Parameters
    ----------
    images : tensor of shape (b, channels, height, width)
        Pixels in [0, 1].
    generator : torch.Generator
        Every draw comes from it; on the CPU or the images' device.

    Returns
    -------
    tensor of the same shape
        In [0, 1].
    """
    b = len(images)
    plain = _uniform(b, 0, 1, generator) < 1 / 11
    zoom = 1 / _uniform(b, 0.75, 1, generator)
    grid = _affine(
        b,
        angle=_uniform(b, -0.5, 0.5, generator),
        shear=_uniform(b, -0.3, 0.3, generator),
        wide=zoom * _uniform(b, 0.75, 1, generator),
        high=zoom * _uniform(b, 0.75, 1, generator),
        right=_uniform(b, -0.2, 0.2, generator),
        down=_uniform(b, -0.2, 0.2, generator),
    )
    x = _warp(images, grid) * _each(_uniform(b, 0.5, 1, generator), images)
    x = _contrast(x, _uniform(b, 0.5, 2, generator))
    side = _uniform(b, 0, 0.75, generator) * images.shape[-1]
    x = _cut_out(x, side, 0.0, generator).clamp(0, 1)
    return torch.where(_each(plain, images).bool(), images, x)


def augment_fashion(images: Tensor, generator: torch.Generator) -> Tensor:
    """Clothes: each with probability one half; flips always at random.

    Stretch of a side by up to 14 pixels of 28, or pad by 3 and crop; rotation ±.25 rad; brightness
    ±.5 and contrast .5-1.75; a cut-out square of 8. Parameters and returns as `augment_mnist`.
    """
    b, side = len(images), images.shape[-1]
    stretch = _maybe(b, generator)
    by = 1 + _uniform(b, 0, 0.5, generator) * stretch
    upright = _uniform(b, 0, 1, generator) < 0.5
    ones = torch.ones_like(by)
    shift = (1 - stretch) * 2 * 3 / side
    grid = _affine(
        b,
        angle=_uniform(b, -0.25, 0.25, generator) * _maybe(b, generator),
        shear=torch.zeros(b),
        wide=torch.where(upright, ones, by) * _sign(b, generator),
        high=torch.where(upright, by, ones),
        right=_uniform(b, -1, 1, generator) * shift,
        down=_uniform(b, -1, 1, generator) * shift,
    )
    x = _warp(images, grid)
    coloured = _maybe(b, generator)
    x = x + _each(_uniform(b, -0.5, 0.5, generator) * coloured, x)
    x = _contrast(x, 1 + (_uniform(b, 0.5, 1.75, generator) - 1) * coloured)
    return _cut_out(x, 8.0 * _maybe(b, generator), 0.0, generator).clamp(0, 1)


def augment_cifar(images: Tensor, generator: torch.Generator) -> Tensor:
    """Photographs: crop, brightness, contrast, flip, hue, rotation, cut-out.

    Shift by up to 6 pixels, brightness ±.15, contrast .6-1.4, horizontal flip, hue ±.05 of the
    circle (three channels), rotation ±.2 rad, a cut-out square of 8 filled with .5. Parameters and
    returns as `augment_mnist`.
    """
    b, side = len(images), images.shape[-1]
    grid = _affine(
        b,
        angle=_uniform(b, -0.2, 0.2, generator),
        shear=torch.zeros(b),
        wide=_sign(b, generator),
        high=torch.ones(b),
        right=_uniform(b, -1, 1, generator) * 2 * 6 / side,
        down=_uniform(b, -1, 1, generator) * 2 * 6 / side,
    )
    x = _warp(images, grid) + _each(_uniform(b, -0.15, 0.15, generator), images)
    x = _contrast(x, _uniform(b, 0.6, 1.4, generator))
    if images.shape[1] == 3:
        x = _turn_hue(x, _uniform(b, -0.05, 0.05, generator))
    return _cut_out(x, torch.full((b,), 8.0), 0.5, generator).clamp(0, 1)


AUGMENTATIONS: dict[str, Augmentation] = {
    "mnist": augment_mnist,
    "fashion": augment_fashion,
    "cifar": augment_cifar,
}


def _uniform(b: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    drawn = torch.rand(b, generator=generator, device=generator.device)
    return (low + (high - low) * drawn).cpu()


def _maybe(b: int, generator: torch.Generator) -> Tensor:
    return (_uniform(b, 0, 1, generator) < 0.5).float()


def _sign(b: int, generator: torch.Generator) -> Tensor:
    return 1 - 2 * _maybe(b, generator)


def _each(values: Tensor, images: Tensor) -> Tensor:
    """One number an image, to be combined with its pixels."""
    return values.to(images.device)[:, None, None, None]


def _affine(
    b: int,
    *,
    angle: Tensor,
    shear: Tensor,
    wide: Tensor,
    high: Tensor,
    right: Tensor,
    down: Tensor,
) -> Tensor:
    """Matrices (b, 2, 3) from places in the result to places in the image; shifts in half sides."""
    cos, sin = torch.cos(angle), torch.sin(angle)
    theta = torch.zeros(b, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1], theta[:, 0, 2] = cos / wide, (shear - sin) / high, right
    theta[:, 1, 0], theta[:, 1, 1], theta[:, 1, 2] = sin / wide, (cos + shear * sin) / high, down
    return theta


def _warp(images: Tensor, theta: Tensor) -> Tensor:
    grid = nn.functional.affine_grid(theta.to(images), list(images.shape), align_corners=False)
    return nn.functional.grid_sample(images, grid, align_corners=False)


def _contrast(images: Tensor, factor: Tensor) -> Tensor:
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return (images - mean) * _each(factor, images) + mean


def _cut_out(images: Tensor, side: Tensor, fill: float, generator: torch.Generator) -> Tensor:
    """Fill a square of `side` pixels, centred anywhere."""
    b, _, height, width = images.shape
    half = side.to(images.device)[:, None] / 2
    y = (_uniform(b, 0, height, generator).to(images.device))[:, None]
    x = (_uniform(b, 0, width, generator).to(images.device))[:, None]
    rows = torch.arange(height, device=images.device)[None] + 0.5
    columns = torch.arange(width, device=images.device)[None] + 0.5
    inside = ((rows - y).abs() < half)[:, :, None] & ((columns - x).abs() < half)[:, None, :]
    return images.masked_fill(inside[:, None], fill)


def _turn_hue(images: Tensor, turns: Tensor) -> Tensor:
    """Rotate colours about the grey axis by so many turns of the circle."""
    angle = 2 * math.pi * turns
    cos, sin = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    matrix = cos * torch.eye(3) + (1 - cos) / 3 + sin * cross
    return torch.einsum("bij,bjhw->bihw", matrix.to(images), images)
