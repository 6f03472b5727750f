"""A contrastive layout as an object: start it, run it to an epoch, look, run on."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.graph import shape_of
from umapkit.layout._edges import EdgeList, PaddedEdges, shuffled
from umapkit.layout._layout import LOSS_RUNS, NEGATIVE_RUNS, Layout
from umapkit.layout._near import near_order
from umapkit.layout.contrast._options import MEAN_DEGREE, ContrastOptions
from umapkit.layout.contrast._shares import Shares

_Array = NDArray[Any]
_Six = tuple[_Array, _Array, _Array, _Array, _Array, _Array]


class ContrastLayout(Layout):
    """Attraction along sampled edges, repulsion from sampled negatives, which are pushed as well.

    ``run(50)`` and then ``run(200)`` gives the same bits as ``run(200)``; so does any number of
    threads. It is watched, interrupted, saved and continued as any `Layout`.

    Parameters
    ----------
    graph : csr_array of shape (n, n)
        Symmetric weights of any scale, at least one above 0: probabilities or memberships.
    start : array of shape (n, d)
        Where the points begin, finite; copied.
    options : ContrastOptions
        What to do.
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
        If `graph` is not square, has no weights or some that are negative or not finite, or if
        `start` has another length or is not finite.
    """

    options: ContrastOptions  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(  # pyright: ignore[reportMissingSuperCall] # other edges, another state
        self,
        graph: csr_array,
        start: NDArray[Any],
        options: ContrastOptions,
        *,
        n_jobs: int | None = None,
    ) -> None:
        start = _checked(graph, start)
        n = len(start)
        self.options = options
        self._origin = (graph, start)
        self.n_threads = resolve_n_jobs(n_jobs)
        total = float(np.sum(graph.data, dtype=np.float64))
        parts = (graph.data * np.float32(MEAN_DEGREE * n / total), graph.indices, graph.indptr)
        scaled = csr_array(parts, shape=graph.shape)
        self._padded = PaddedEdges.whole(
            scaled, vertices=near_order(start), n_threads=self.n_threads
        )
        self._order = self._padded.places[shuffled(n, options.seed)]
        self._shares = Shares.of(self._padded.degree, by_degree=options.by_degree)
        shares, degrees = self._shares.around(self._order)
        self._far = (self._shares.ratio(), shares, degrees)
        self._state = np.zeros(1, dtype=np.int64)
        self._arrays = {"positions": np.array(start, dtype=np.float32, order="C")}
        self.watched = np.full(4, np.nan)
        if options.optimizer == "sampled":
            self._arrays["velocity"] = np.zeros_like(self._arrays["positions"])
        else:
            self._edges = EdgeList.of(graph)
            # By vertices, not by places in memory.
            shares = self._shares.values[self._padded.places]
            accept, other = make_alias(self._edges.weights)
            self._tables = (accept, other, *make_alias(shares))

    @property
    def degrees(self) -> NDArray[np.float32]:
        """Sums of the scaled weights of every vertex, (n,), of mean `MEAN_DEGREE`."""
        return self._padded.degree[self._padded.places]

    @property
    def fingerprint(self) -> str:
        """Hash of the graph, the start and the options: what determines the layout."""
        digest = hashlib.blake2b(digest_size=16)
        graph, start = self._origin
        for array in (graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data):
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update(np.ascontiguousarray(start, dtype=np.float32).tobytes())
        kinds = {"cost": str, "optimizer": str, "seed": int}
        options = {n: kinds.get(n, float)(value) for n, value in asdict(self.options).items()}
        digest.update(json.dumps(options, sort_keys=True).encode())
        return digest.hexdigest()

    def loss(self) -> float:
        """Mean cost of a sampled edge with its negatives, in nats.

        Attraction exactly, repulsion from hashed negatives, which are the same at every call, so
        that two epochs can be compared.
        """
        n, options = len(self.embedding), self.options
        losses = np.empty(2 * n, dtype=np.float64)
        common: dict[str, Any] = {"seed": options.seed, "n_threads": self.n_threads}
        if options.cost == "infonc_tsne":
            _kernels.infonc_losses(
                *self._graph_arrays(),
                self.embedding,
                losses,
                exaggeration=options.exaggeration,
                negatives=int(options.negative_sample_rate),
                **common,
            )
            return float(np.sum(losses)) / (MEAN_DEGREE * n)
        curve = options.curve
        numbers: dict[str, Any] = {
            "a": curve.a,
            "b": curve.b,
            "gamma": curve.gamma,
            "negative_rate": options.negative_sample_rate,
            "negative_runs": LOSS_RUNS,
            **common,
        }
        graph = self._graph_arrays()
        if options.cost == "umap":
            _kernels.observed_losses(*graph, self.embedding, losses, epoch=0, **numbers)
        else:
            _kernels.weighted_losses(
                *graph, *self._far, self.embedding, losses, shift=curve.shift, **numbers
            )
        constant = math.log1p(options.exaggeration) if options.cost == "neg_tsne" else 0.0
        return float(np.sum(losses)) / (MEAN_DEGREE * n) + constant

    def _too_large(self) -> str:
        return (
            f"learning_rate={self.options.learning_rate!r} or the rates leave the range of "
            "float32. Give smaller ones."
        )

    def _graph_arrays(self) -> _Six:
        padded = self._padded
        return (
            padded.vectors,
            padded.heads,
            padded.weights,
            padded.degree,
            padded.vertices,
            self._order,
        )

    def _advance(self, until: int) -> None:
        options, curve = self.options, self.options.curve
        common: dict[str, Any] = {
            "until": until,
            "n_epochs": options.n_epochs,
            "learning_rate": options.learning_rate,
            "seed": options.seed,
        }
        if options.optimizer == "literal":
            _kernels.run_largevis(
                self._edges.heads,
                self._edges.tails,
                *self._tables,
                self._arrays["positions"],
                self._state,
                samples=round(MEAN_DEGREE * len(self.embedding)),
                negatives=int(options.negative_sample_rate),
                **curve._asdict(),
                **common,
            )
            return
        moved = (self._arrays["positions"], self._arrays["velocity"], self._state)
        common["n_threads"] = self.n_threads
        if options.cost == "infonc_tsne":
            _kernels.run_infonc(
                *self._graph_arrays(),
                *moved,
                exaggeration=options.exaggeration,
                negatives=int(options.negative_sample_rate),
                **common,
            )
            return
        common["negative_rate"] = options.negative_sample_rate
        common["negative_runs"] = NEGATIVE_RUNS
        if options.cost == "umap":  # a negative is not pushed
            numbers = {"a": curve.a, "b": curve.b, "gamma": curve.gamma}
            _kernels.run_sampled(*self._graph_arrays(), *moved, **numbers, **common)
        else:
            _kernels.run_weighted(
                *self._graph_arrays(), *self._far, *moved, **curve._asdict(), **common
            )


def make_alias(weights: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Alias table of weights, not all 0: shares that a cell keeps, and who gets the rest."""
    accept = np.empty(len(weights), dtype=np.float32)
    other = np.empty(len(weights), dtype=np.int32)
    _kernels.make_alias(np.ascontiguousarray(weights, dtype=np.float32), accept, other)
    return accept, other


def _checked(graph: csr_array, start: NDArray[Any]) -> NDArray[np.float32]:
    n = shape_of(graph)[0]
    start = np.asarray(start)
    if shape_of(graph)[0] != shape_of(graph)[1]:
        msg = f"graph has shape {graph.shape}; a square one is needed."
        raise ValueError(msg)
    if start.ndim != 2 or start.shape[0] != n or start.shape[1] < 1:
        msg = f"start has shape {start.shape}; the graph needs ({n}, n_components)."
        raise ValueError(msg)
    with np.errstate(over="ignore"):  # what is beyond float32 becomes infinite
        start = start.astype(np.float32)
    if not np.isfinite(start).all():
        msg = "start has NaN or infinite coordinates, or some beyond float32; give finite ones."
        raise ValueError(msg)
    if graph.nnz and not (np.isfinite(graph.data).all() and graph.data.min() >= 0):
        msg = "graph has weights that are negative or not finite; give probabilities."
        raise ValueError(msg)
    if not graph.data.max(initial=0.0) > 0:
        msg = "graph has no edges, so there is nothing to lay out. Give some weights above 0."
        raise ValueError(msg)
    return start
