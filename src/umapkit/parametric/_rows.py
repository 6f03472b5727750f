"""Rows for the networks: gathered by index, scaled, on the device."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit.parametric._scaling import Scaling, blocks
from umapkit.parametric._torch import Tensor, torch

_KEPT = 1 << 30  # bytes of scaled rows that are kept in main memory
_RESIDENT = 1 << 33  # and on an accelerator


class RowSource:
    """Rows of the data as the networks take them.

    Data of up to 1 GiB (8 GiB on an accelerator, and half of its free memory) are scaled once.
    Larger ones stay where they are, also on the disk as a memory map, and are gathered and scaled
    as asked for.

    Parameters
    ----------
    rows : float32 array of shape (n, d)
        The data, C-contiguous.
    scaling : Scaling
        Applied to what is taken; on the device.
    device : torch.device
        Where the tensors go.
    """

    def __init__(self, rows: NDArray[np.float32], scaling: Scaling, device: torch.device) -> None:
        self.rows = rows
        self.scaling = scaling
        self.device = device
        self._kept: Tensor | None = None
        self._buffers: dict[str, Tensor] = {}
        if len(rows) * scaling.width * 4 <= room(device):
            with torch.no_grad():
                kept = torch.empty((len(rows), scaling.width), device=device)
                begin = 0
                for block in blocks(rows):
                    moved = torch.tensor(block, device=device)
                    kept[begin : begin + len(block)] = scaling(moved)
                    begin += len(block)
            self._kept = kept

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.rows)

    @torch.no_grad()
    def take(self, indices: NDArray[np.int64], *, reuse: str | None = None) -> Tensor:
        """Scaled rows, float32 of shape (len(indices), d), on the device.

        `reuse` names memory that an earlier call of that name may have filled and no longer needs:
        fresh memory of this size costs more than the copying.
        """
        if self._kept is None:
            taken = torch.from_numpy(np.take(self.rows, indices, axis=0))
            return self.scaling(taken.to(self.device))
        where = torch.from_numpy(indices).to(self.device)
        if reuse is None:
            return self._kept.index_select(0, where)
        needed = len(indices)
        buffer = self._buffers.get(reuse)
        if buffer is None or len(buffer) < needed:
            buffer = torch.empty((needed, self._kept.shape[1]), device=self.device)
            self._buffers[reuse] = buffer
        return torch.index_select(self._kept, 0, where, out=buffer[:needed])


def room(device: torch.device) -> int:
    """Bytes of scaled rows that a device may keep."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return min(_RESIDENT, free // 2)
    return _KEPT
