"""A layout as an object: start it, run it to an epoch, look, run on."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.graph import shape_of
from umapkit.layout._density import DensityTerm, counted_term
from umapkit.layout._edges import EdgeList, PaddedEdges, shuffled
from umapkit.layout._near import near_order
from umapkit.layout._observe import Observer, as_observers
from umapkit.layout._options import LayoutOptions
from umapkit.layout._schedule import prune

# Runs of 16 negatives: at most this many a vertex and epoch (4096; more tell a hub nothing new).
NEGATIVE_RUNS = 256
LOSS_RUNS = 4
# Seconds of kernel time after which Python looks for an interrupt.
_PATIENCE = 0.25


class LayoutInterrupted(KeyboardInterrupt):
    """Ctrl-C during a layout. The last finished epoch is kept.

    Attributes
    ----------
    embedding : float32 array of shape (n, d)
        The map after the last finished epoch.
    epoch : int
        Number of finished epochs.
    """

    def __init__(self, embedding: NDArray[np.float32], epoch: int) -> None:
        super().__init__(f"interrupted after epoch {epoch}")
        self.embedding = embedding
        self.epoch = epoch


class Layout:
    """Attraction along edges, repulsion from sampled points.

    ``run(50)`` and then ``run(200)`` gives the same bits as ``run(200)``; so does any number of
    threads.

    Parameters
    ----------
    graph : csr_array of shape (n, n), float32
        Symmetric memberships, as `umapkit.fuzzy_graph` returns them.
    start : array of shape (n, d)
        Where the points begin, finite; copied.
    options : LayoutOptions
        What to do.
    density : DensityTerm, optional
        Lay out as densMAP does; by the parallel optimiser only.
    n_jobs : int or None, default None
        Threads of the parallel optimiser; the result does not depend on it.

    Attributes
    ----------
    embedding : float32 array of shape (n, d)
        The map after `epoch` epochs.
    epoch : int
        Number of finished epochs.

    Raises
    ------
    ValueError
        If `graph` is empty, not square, or has a weight that is negative or not finite, if
        `start` has another length or is not finite, or if `density` does not fit the graph or the
        optimiser.
    """

    def __init__(
        self,
        graph: csr_array,
        start: NDArray[Any],
        options: LayoutOptions,
        *,
        density: DensityTerm | None = None,
        n_jobs: int | None = None,
    ) -> None:
        n = shape_of(graph)[0]
        start = np.asarray(start)
        if shape_of(graph)[0] != shape_of(graph)[1]:
            msg = f"graph has shape {graph.shape}; a square one is needed."
            raise ValueError(msg)
        if start.ndim != 2 or start.shape[0] != n or start.shape[1] < 1:
            msg = f"start has shape {start.shape}; the graph needs ({n}, n_components)."
            raise ValueError(msg)
        if n == 0:
            msg = "graph has no vertices; there is nothing to lay out. Give at least one."
            raise ValueError(msg)
        with np.errstate(over="ignore"):  # what is beyond float32 becomes infinite
            start = start.astype(np.float32)
        if not np.all(np.isfinite(start)):
            msg = "start has NaN or infinite coordinates, or some beyond float32; give finite ones."
            raise ValueError(msg)
        if graph.nnz and not (np.isfinite(graph.data).all() and graph.data.min() >= 0):
            msg = "graph has weights that are negative or not finite; give memberships in [0, 1]."
            raise ValueError(msg)
        self.options = options
        self.density = _checked(density, options, n)
        # Who asks for a checkpoint gets the state of this graph, start and options only.
        self._origin = (graph, start)
        self.n_threads = resolve_n_jobs(n_jobs)
        self._scale = float(graph.data.max(initial=0.0))
        self._padded = PaddedEdges.of(
            graph, options.n_epochs, vertices=near_order(start), n_threads=self.n_threads
        )
        self._state = np.zeros(1, dtype=np.int64)
        self._arrays: dict[str, NDArray[Any]] = {
            "positions": np.array(start, dtype=np.float32, order="C")
        }
        # What Converged remembers: tol, epoch, loss then, how often it hardly fell.
        self.watched = np.full(4, np.nan)
        self._order = self._padded.places[shuffled(n, options.seed)]
        if self.density is not None:
            counted = np.diff(self._padded.vectors)[self._padded.places] > 0
            self._radii = self.density.standardized(counted)
        if options.optimizer == "sampled":
            self._arrays["velocity"] = np.zeros_like(self._arrays["positions"])
        else:
            self._edges = EdgeList.of(prune(graph, options.n_epochs))
            period = 1.0 / self._edges.weights.astype(np.float64)
            self._arrays["next_edge"] = period
            rate = max(options.negative_sample_rate, 1e-300)
            self._arrays["next_negative"] = period / rate

    @property
    def embedding(self) -> NDArray[np.float32]:
        """The map after `epoch` epochs, (n, d); the layout's own array, so copy to keep it."""
        return self._arrays["positions"]

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""
        return int(self._state[0])

    @property
    def fingerprint(self) -> str:
        """Hash of the graph, the start and the options: what determines the layout."""
        digest = hashlib.blake2b(digest_size=16)
        graph, start = self._origin
        for array in (graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data):
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update(np.ascontiguousarray(start, dtype=np.float32).tobytes())
        # Numbers of any type, NumPy's too: 5 and 5.0 are one option.
        kinds = {"optimizer": str, "seed": int}
        options = {n: kinds.get(n, float)(value) for n, value in asdict(self.options).items()}
        digest.update(json.dumps(options, sort_keys=True).encode())
        if self.density is not None:
            digest.update(self._radii.tobytes())
            digest.update(self.density.numbers.encode())
        return digest.hexdigest()

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that changes while running: arrays by name, views, not copies."""
        return {**self._arrays, "epoch": self._state, "watched": self.watched}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Continue from what `state` returned for the same graph, start and options.

        Raises
        ------
        ValueError
            If an array is missing or has another shape.
        """
        mine = self.state()
        for name, array in mine.items():
            if name not in state or state[name].shape != array.shape:
                msg = f"the state does not belong to this layout: {name!r} is missing or differs."
                raise ValueError(msg)
        for name, array in mine.items():
            array[...] = state[name]

    def loss(self) -> float:
        """Effective loss of the present map, in nats (tutorial, Eq. 29).

        Attraction exactly, repulsion from hashed negatives, which are the same at every call, so
        that two epochs can be compared.
        """
        n = len(self.embedding)
        losses = np.empty(2 * n, dtype=np.float64)
        options = self.options
        _kernels.observed_losses(
            self._padded.vectors,
            self._padded.heads,
            self._padded.weights,
            self._padded.degree,
            self._padded.vertices,
            self._order,
            self.embedding,
            losses,
            epoch=0,
            a=options.a,
            b=options.b,
            gamma=options.repulsion_strength,
            negative_rate=options.negative_sample_rate,
            negative_runs=LOSS_RUNS,
            seed=options.seed,
            n_threads=self.n_threads,
        )
        return float(np.sum(losses) * self._scale)

    def run(
        self,
        until: int | None = None,
        *,
        observers: Observer | Iterable[Observer] | None = None,
        tol: float | None = None,
    ) -> NDArray[np.float32]:
        """Run to an epoch.

        Parameters
        ----------
        until : int, default the whole schedule
            Epoch to stop before; the schedule (``options.n_epochs``) does not change.
        observers : Observer or several, optional
            Called as they ask for.
        tol : float, optional
            Stop when the effective loss fell by less than this share over 10 epochs, twice in a
            row, though not while the steps still grow (the first half of the parallel schedule).
            Larger values stop sooner. ``None`` runs to the end. A layout that has settled
            runs no further until it is asked without `tol` or with another.

        Returns
        -------
        float32 array of shape (n, d)
            The map (`embedding`).

        Raises
        ------
        ValueError
            If the map has left the range of float32.
        LayoutInterrupted
            On Ctrl-C; `embedding` and `epoch` belong to the last finished epoch, and `run` may
            be called again.
        """
        from umapkit.layout._converged import Converged

        end = self.options.n_epochs if until is None else min(until, self.options.n_epochs)
        watching = as_observers(observers)
        converged = None if tol is None else Converged(tol)
        if converged is not None:
            watching.insert(0, converged)  # before a checkpoint is written
        for observer in watching:
            observer.start(self)
        try:
            if converged is None or not converged.settled(self):
                self._loop(end, watching)
        except KeyboardInterrupt as interrupt:
            raise LayoutInterrupted(self.embedding.copy(), self.epoch) from interrupt
        finally:
            for observer in watching:
                observer.end(self)
        if not np.isfinite(self.embedding).all():
            msg = (
                f"After {self.epoch} epochs the map holds coordinates that are not finite: "
                f"{self._too_large()}"
            )
            raise ValueError(msg)
        return self.embedding

    def _too_large(self) -> str:
        """Say which numbers carry a map beyond float32, and what to do."""
        return (
            f"the curve a={self.options.a!r}, b={self.options.b!r} or the rates leave the range of "
            "float32. Give smaller ones; find_ab() gives a and b."
        )

    def _loop(self, end: int, watching: list[Observer]) -> None:
        chunk = 1
        while self.epoch < end:
            stop = min(end, self.epoch + chunk)
            for observer in watching:
                stop = min(stop, (self.epoch // observer.every + 1) * observer.every)
            began, first = time.perf_counter(), self.epoch
            self._advance(stop)
            seconds = max(time.perf_counter() - began, 1e-6) / (self.epoch - first)
            chunk = max(1, int(_PATIENCE / seconds))
            # Every observer is asked, also when an earlier one says stop.
            answers = [o.epoch(self) for o in watching if self.epoch % o.every == 0]
            if any(answers):
                return

    def _advance(self, until: int) -> None:
        options = self.options
        common = {
            "until": until,
            "n_epochs": options.n_epochs,
            "a": options.a,
            "b": options.b,
            "gamma": options.repulsion_strength,
            "negative_rate": options.negative_sample_rate,
            "seed": options.seed,
        }
        graph = (
            self._padded.vectors,
            self._padded.heads,
            self._padded.weights,
            self._padded.degree,
            self._padded.vertices,
            self._order,
        )
        if self.density is not None:
            _kernels.run_density(
                *graph,
                self._radii,
                self._arrays["positions"],
                self._arrays["velocity"],
                self._state,
                density_weight=self.density.weight,
                var_shift=self.density.var_shift,
                first=self.density.first_epoch(options.n_epochs),
                learning_rate=options.learning_rate,
                negative_runs=NEGATIVE_RUNS,
                n_threads=self.n_threads,
                **common,
            )
        elif options.optimizer == "sampled":
            _kernels.run_sampled(
                *graph,
                self._arrays["positions"],
                self._arrays["velocity"],
                self._state,
                learning_rate=options.learning_rate,
                negative_runs=NEGATIVE_RUNS,
                n_threads=self.n_threads,
                **common,
            )
        else:
            _kernels.run_literal(
                self._edges.heads,
                self._edges.tails,
                self._edges.weights,
                self._arrays["positions"],
                self._arrays["next_edge"],
                self._arrays["next_negative"],
                self._state,
                learning_rate=options.learning_rate,
                bernoulli=options.optimizer == "bernoulli",
                push_tail=options.push_tail,
                **common,
            )


def _checked(density: DensityTerm | None, options: LayoutOptions, n: int) -> DensityTerm | None:
    """Return the term if it does anything; refuse one that does not fit."""
    if density is not None and options.optimizer != "sampled":
        msg = (
            f"Densities were asked of optimizer={options.optimizer!r}, which moves one edge after "
            "the other and knows no radii of the whole map. Give optimizer='sampled'."
        )
        raise ValueError(msg)
    return counted_term(density, n)
