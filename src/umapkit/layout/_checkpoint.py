"""Checkpoints: a long layout that survives a kill and goes on with the same bits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from umapkit.layout._layout import Layout

_FORMAT = 1


class Checkpoint:
    """Observer that writes the state of a layout to one file, and reads it back.

    Parameters
    ----------
    path : path-like
        A safetensors file. It is replaced in one step, so a kill leaves the last whole one.
    every : int, default 50
        Epochs between two writes. Larger values write less and lose more.
    fingerprint : str
        What the file must belong to: `Layout.fingerprint`.

    Raises
    ------
    FileNotFoundError
        If the folder of `path` does not exist: now, not after the first 50 epochs.
    """

    def __init__(self, path: str | os.PathLike[str], *, fingerprint: str, every: int = 50) -> None:
        self.path = Path(path)
        if not self.path.parent.is_dir():
            msg = f"The folder {self.path.parent} of the checkpoint does not exist. Make it first."
            raise FileNotFoundError(msg)
        self.every = every
        self.fingerprint = fingerprint

    def resume(self, layout: Layout) -> bool:
        """Take the state from the file, if there is one.

        Returns
        -------
        bool
            Whether there was one.

        Raises
        ------
        ValueError
            If the file belongs to another graph, start or set of options, or is no checkpoint.
        """
        if not self.path.exists():
            return False
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, framework="numpy") as file:
                meta = file.metadata() or {}
                names = file.keys()  # an open safetensors file cannot be iterated itself
                arrays = {name: file.get_tensor(name) for name in names}
        except (SafetensorError, OSError) as error:
            msg = f"{self.path} cannot be read as a checkpoint ({error}). Delete it to start anew."
            raise ValueError(msg) from error
        if meta.get("umapkit") != f"checkpoint {_FORMAT}":
            msg = f"{self.path} is not a checkpoint of umapkit. Give another path."
            raise ValueError(msg)
        if meta["fingerprint"] != self.fingerprint:
            msg = (
                f"{self.path} belongs to another fit: data, parameters or seed differ. Delete it "
                "to start anew, or give another path."
            )
            raise ValueError(msg)
        layout.restore(arrays)
        return True

    def write(self, layout: Layout) -> None:
        """Write the present state."""
        from safetensors.numpy import save_file

        part = self.path.with_name(self.path.name + ".part")
        meta = {"umapkit": f"checkpoint {_FORMAT}", "fingerprint": self.fingerprint}
        save_file({k: np.ascontiguousarray(v) for k, v in layout.state().items()}, part, meta)
        part.replace(self.path)

    def start(self, layout: Layout) -> None:
        """Nothing to write yet."""

    def epoch(self, layout: Layout) -> None:
        """Write."""
        self.write(layout)

    def end(self, layout: Layout) -> None:
        """Write where the run ended."""
        self.write(layout)
