"""Input scaling, a part of the network: what is exported scales its own input."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from umapkit.parametric._torch import Tensor, nn, torch

SCALINGS = ("global", "features", "none")
_BLOCK = 1 << 24  # numbers read at a time: a memory map is never loaded whole


class Scaling(nn.Module):
    """Shift and factor of every column: ``(x - shift) * factor``, perhaps turned to other axes.

    Parameters
    ----------
    n_features : int
        Columns.

    Attributes
    ----------
    axes : tensor of shape (n_features, k), optional
        Orthonormal axes whose coordinates are given in place of the columns, while a network is
        trained in them (`_narrow`); None: the columns. Not kept with the state.
    """

    axes: Tensor | None
    shift: Tensor
    factor: Tensor
    low: Tensor
    span: Tensor

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.register_buffer("shift", torch.zeros(n_features))
        self.register_buffer("factor", torch.ones(n_features))
        self.register_buffer("low", torch.zeros(n_features))
        self.register_buffer("span", torch.ones(n_features))
        self.register_buffer("axes", None, persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Scale rows."""
        scaled = (rows - self.shift) * self.factor
        return scaled if self.axes is None else scaled @ self.axes

    @property
    def width(self) -> int:
        """Numbers of a scaled row."""
        return len(self.shift) if self.axes is None else self.axes.shape[1]

    def back(self, rows: Tensor) -> Tensor:
        """Undo the scaling."""
        return rows / self.factor + self.shift

    def squeeze(self, rows: Tensor) -> Tensor:
        """Scaled rows to [0, 1], for reconstruction by cross-entropy: lowest value 0, highest 1."""
        return (self.back(rows) - self.low) / self.span

    def stretch(self, rows: Tensor) -> Tensor:
        """Numbers of [0, 1] to rows in the units of the data."""
        return rows * self.span + self.low


def fit_scaling(rows: NDArray[np.float32], kind: str) -> Scaling:
    """Measure the rows.

    Parameters
    ----------
    rows : float32 array of shape (n, d)
        The data; may be a memory map.
    kind : {"global", "features", "none"}
        "global": columns are centred, and one factor gives the columns the mean variance 1, so
        that distances keep their proportions. "features": every column has mean 0 and variance 1.
        "none": as it is.

    Returns
    -------
    Scaling
    """
    n, d = rows.shape
    total = np.zeros(d)
    low = np.full(d, np.inf)
    high = np.full(d, -np.inf)
    for block in blocks(rows):
        total += block.sum(axis=0, dtype=np.float64)
        low = np.minimum(low, block.min(axis=0))
        high = np.maximum(high, block.max(axis=0))
    mean = total / n
    squares = np.zeros(d)
    if kind != "none":
        for block in blocks(rows):
            squares += ((block - mean) ** 2).sum(axis=0)
    variance = squares / n
    made = Scaling(d)
    if kind == "global":
        rms = float(np.sqrt(variance.mean()))
        factor = np.full(d, 1.0 / rms if rms > 0 else 1.0)
    elif kind == "features":
        spread = np.sqrt(variance)
        # A constant column says nothing, whatever its rounding noise.
        flat = spread <= 1e-6 * np.maximum(np.abs(mean), spread.max(initial=0.0) * 1e-3)
        factor = np.where(flat, 1.0, 1.0 / np.where(flat, 1.0, spread))
    else:
        mean, factor = np.zeros(d), np.ones(d)
    made.shift.copy_(torch.from_numpy(mean.astype(np.float32)))
    made.factor.copy_(torch.from_numpy(factor.astype(np.float32)))
    bottom, top = float(low.min()), float(high.max())
    if kind == "features":
        span = np.where(high > low, high - low, 1.0)
    else:
        low, span = np.full(d, bottom), np.full(d, top - bottom if top > bottom else 1.0)
    made.low.copy_(torch.from_numpy(low.astype(np.float32)))
    made.span.copy_(torch.from_numpy(span.astype(np.float32)))
    return made


def blocks(rows: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Rows in blocks of bounded size."""
    step = max(1, _BLOCK // rows.shape[1])
    for begin in range(0, len(rows), step):
        yield rows[begin : begin + step]
