"""Losses beside UMAP's: distances, densities, labels, landmarks, reconstruction."""

from __future__ import annotations

from typing import Literal

from torch.nn import functional

from umapkit.parametric._checks import check_choice
from umapkit.parametric._edges import TensorBatch
from umapkit.parametric._scaling import Scaling
from umapkit.parametric._torch import Tensor, torch

Reconstruction = Literal["mse", "bce"]
RECONSTRUCTIONS = ("mse", "bce")
_SMALL = 1e-8  # in the log of densMAP's radii


def correlation_loss(rows: Tensor, places: Tensor) -> Tensor:
    """Minus the correlation of distances between rows with distances between their places.

    The first half of a batch is compared with its second half, row by row: pairs of random rows,
    so large distances count, as in umap-learn's global correlation loss.

    Parameters
    ----------
    rows : tensor of shape (r, d)
        Rows.
    places : tensor of shape (r, c)
        Their places.

    Returns
    -------
    scalar tensor
        From -1 to 1; 0 where fewer than four rows are given.
    """
    half = len(rows) // 2
    if half < 2:
        return places.sum() * 0.0
    far = (rows[:half] - rows[half : 2 * half]).square().sum(1).sqrt()
    squares = (places[:half] - places[half : 2 * half]).float().square().sum(1)
    return -_pearson((squares + 1e-12).sqrt(), far)


def _pearson(x: Tensor, y: Tensor) -> Tensor:
    x, y = x - x.mean(), y - y.mean()
    scale = (x.square().sum() * y.square().sum()).clamp_min(1e-20).sqrt()
    return (x * y).sum() / scale


def density_loss(
    places: Tensor,
    batch: TensorBatch,
    radii: Tensor,
    *,
    a: float,
    b: float,
    var_shift: float = 0.1,
) -> Tensor:
    """Minus the correlation of log radii of the map with those of the data (T-E34), on a batch.

    A row's radius on the map is ``ln(1e-8 + sum phi s / sum phi)`` over its edges in the batch,
    ``phi = 1 / (1 + a s^b)``, as in densMAP; rows with no edge do not count. The gradient is
    autograd's. Give edges of whole rows: all edges of the rows that are judged.

    Parameters
    ----------
    places : tensor of shape (r, c)
        Places.
    batch : TensorBatch
        Edges among them.
    radii : tensor of shape (r,)
        Log radii of the rows in the data (`umapkit.graph.input_radii`); NaN is left out.
    a, b : float
        The curve.
    var_shift : float, default 0.1
        Added to the variance of the map's log radii; larger values damp the term.

    Returns
    -------
    scalar tensor
        From -1 to 1.
    """
    z = places.float()
    gap = z.index_select(0, batch.heads) - z.index_select(0, batch.tails)
    squares = gap.square().sum(1).clamp_min(1e-12)
    phi = torch.reciprocal(1.0 + a * squares.pow(b))
    total = z.new_zeros(len(z)).index_add(0, batch.heads, phi)
    moment = z.new_zeros(len(z)).index_add(0, batch.heads, phi * squares)
    judged = (total > 0) & torch.isfinite(radii)
    if int(judged.sum()) < 3:
        return z.sum() * 0.0
    found = torch.log(_SMALL + moment[judged] / total[judged])
    wanted = radii[judged]
    found, wanted = found - found.mean(), wanted - wanted.mean()
    n = len(found) - 1
    variance = found.square().sum() / n + var_shift
    scale = wanted.square().sum() / n
    return -(found * wanted).sum() / n / (variance * scale).clamp_min(1e-20).sqrt()


def triplet_loss(places: Tensor, codes: Tensor, far: Tensor, *, margin: float) -> Tensor:
    """Mean of ``max(0, |y - own| - |y - other| + margin)`` over labelled places.

    Parameters
    ----------
    places : tensor of shape (r, c)
        Labelled places.
    codes : int tensor of shape (r,)
        Their classes.
    far : float tensor of shape (r, r)
        Draws that choose, for every place, one of its own class and one of another: those with the
        largest.
    margin : float
        How much farther other classes shall be, in units of the map.

    Returns
    -------
    scalar tensor
        In units of the map; 0 where no place has one of either kind.
    """
    same = codes[:, None] == codes[None, :]
    itself = torch.eye(len(codes), dtype=torch.bool, device=codes.device)
    own, other = same & ~itself, ~same
    judged = own.any(1) & other.any(1)
    if not bool(judged.any()):
        return places.sum() * 0.0
    own_at = far.masked_fill(~own, -1.0).argmax(1)
    other_at = far.masked_fill(~other, -1.0).argmax(1)
    z = places.float()
    near = ((z - z[own_at]).square().sum(1) + 1e-12).sqrt()
    away = ((z - z[other_at]).square().sum(1) + 1e-12).sqrt()
    return functional.relu(near - away + margin)[judged].mean()


def reconstruction_loss(
    given: Tensor, rows: Tensor, scaling: Scaling, kind: Reconstruction
) -> Tensor:
    """How far a decoder's answers are from the rows, the mean over all numbers.

    Parameters
    ----------
    given : tensor of shape (r, d)
        What the decoder gave: scaled rows for "mse", logits for "bce".
    rows : tensor of shape (r, d)
        Scaled rows.
    scaling : Scaling
        Of the rows.
    kind : {"mse", "bce"}
        Squared error of scaled rows, or cross-entropy (nats) of rows brought to [0, 1].

    Returns
    -------
    scalar tensor
    """
    check_choice("kind", kind, RECONSTRUCTIONS)
    if kind == "mse":
        return functional.mse_loss(given.float(), rows)
    target = scaling.squeeze(rows).clamp(0.0, 1.0)
    return functional.binary_cross_entropy_with_logits(given.float(), target)
