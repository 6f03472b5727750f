"""A whole layout in one call."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit._seed import resolve_seed
from umapkit.layout._checkpoint import Checkpoint
from umapkit.layout._density import DensityTerm
from umapkit.layout._layout import Layout, LayoutInterrupted
from umapkit.layout._observe import Observer, as_observers
from umapkit.layout._options import LayoutOptions, Optimizer
from umapkit.layout._schedule import resolve_epochs


def run_layout(
    graph: csr_array,
    start: NDArray[Any],
    *,
    a: float,
    b: float,
    n_epochs: int | Sequence[int] | None = None,
    learning_rate: float = 1.0,
    negative_sample_rate: float = 5.0,
    repulsion_strength: float = 1.0,
    optimizer: Optimizer = "sampled",
    push_tail: bool = False,
    density: DensityTerm | None = None,
    tol: float | None = None,
    random_state: Any = None,
    observers: Observer | Iterable[Observer] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    snapshots: list[NDArray[np.float32]] | None = None,
    n_jobs: int | None = None,
) -> NDArray[np.float32]:
    """Lay out a graph.

    Parameters
    ----------
    graph : csr_array of shape (n, n), float32
        Symmetric memberships (`umapkit.fuzzy_graph`).
    start : array of shape (n, d)
        Where the points begin (`umapkit.spectral_start`).
    a, b, learning_rate, negative_sample_rate, repulsion_strength, optimizer, push_tail
        See `LayoutOptions`.
    n_epochs : int, sequence of int, or None, default None
        Length of the schedule in epochs; ``None``: 500 up to 10,000 vertices, 200 above. A list
        asks for snapshots at these epochs; its largest is the length.
    density : DensityTerm, optional
        Keep densities, too, as densMAP does.
    tol : float, optional
        Stop early when the effective loss has settled; see `Layout.run`.
    random_state : int, Generator, RandomState or None
        Seed. The same seed gives the same bits for any `n_jobs`.
    observers : Observer or several, optional
        Progress, history, callbacks.
    checkpoint : path-like, optional
        File to continue from if it exists, and to write to every 50 epochs and at the end.
    snapshots : list, optional
        Receives a copy of the map at each epoch that `n_epochs` lists and the run reaches.
    n_jobs : int or None, default None
        Threads.

    Returns
    -------
    float32 array of shape (n, d)
        The map.

    Raises
    ------
    ValueError
        If shapes or numbers are wrong, or the checkpoint belongs to something else.
    LayoutInterrupted
        On Ctrl-C, with the last map inside.
    """
    length, wanted = resolve_epochs(n_epochs, len(graph.indptr) - 1)
    options = LayoutOptions(
        a=a,
        b=b,
        n_epochs=length,
        learning_rate=learning_rate,
        negative_sample_rate=negative_sample_rate,
        repulsion_strength=repulsion_strength,
        optimizer=optimizer,
        push_tail=push_tail,
        seed=resolve_seed(random_state),
    )
    run = execute(
        Layout(graph, start, options, density=density, n_jobs=n_jobs),
        wanted,
        observers=observers,
        tol=tol,
        checkpoint=checkpoint,
    )
    if snapshots is not None:
        snapshots.extend(run.snapshots)
    if run.interrupt is not None:
        raise run.interrupt
    return run.layout.embedding


@dataclass
class Run:
    """A layout that has run, its snapshots, and the interrupt that ended it, if any."""

    layout: Layout
    snapshots: list[NDArray[np.float32]] = field(default_factory=list)
    interrupt: LayoutInterrupted | None = None


def execute(
    layout: Layout,
    wanted: Sequence[int],
    *,
    observers: Observer | Iterable[Observer] | None,
    tol: float | None,
    checkpoint: str | os.PathLike[str] | None,
) -> Run:
    """Run a layout to its end, keeping the map at the `wanted` epochs.

    An interrupt is not raised but returned with the layout, so that a caller can keep the map.
    Epochs that a checkpoint has left behind are not kept, with a warning.
    """
    run = Run(layout)
    watching = as_observers(observers)
    if checkpoint is not None:
        keeper = Checkpoint(checkpoint, fingerprint=layout.fingerprint)
        keeper.resume(layout)
        watching.append(keeper)
    passed = [stop for stop in wanted if stop < layout.epoch]
    if passed:
        msg = (
            f"{checkpoint} goes on after epoch {layout.epoch}: the maps at epochs {passed} are "
            "gone and will not be kept. Delete the file to start anew."
        )
        warnings.warn(msg, UserWarning, stacklevel=3)
    keep = _Snapshots(wanted, run.snapshots)
    keep.epoch(layout)
    if any(wanted):
        watching.append(keep)
    try:
        if layout.epoch < layout.options.n_epochs:
            layout.run(observers=watching, tol=tol)
    except LayoutInterrupted as interrupt:
        run.interrupt = interrupt
    return run


class _Snapshots:
    """Observer that keeps copies of the map at some epochs."""

    def __init__(self, wanted: Sequence[int], kept: list[NDArray[np.float32]]) -> None:
        self.every = max(1, math.gcd(*wanted))
        self._wanted = frozenset(wanted)
        self._kept = kept

    def start(self, layout: Layout) -> None:
        """Nothing to prepare."""

    def epoch(self, layout: Layout) -> None:
        """Keep the map, if this epoch is wanted."""
        if layout.epoch in self._wanted:
            self._kept.append(layout.embedding.copy())

    def end(self, layout: Layout) -> None:
        """Nothing to close."""
