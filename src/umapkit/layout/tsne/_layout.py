"""The layout of t-SNE as an object: start it, run it to an epoch, look, run on."""

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
from umapkit.layout._density import DensityTerm, counted_term
from umapkit.layout._edges import PaddedEdges
from umapkit.layout._layout import Layout
from umapkit.layout._near import near_order
from umapkit.layout.tsne._options import METHODS, SPACING, TsneOptions

_NO_RADII = np.empty(0, dtype=np.float64)


class TsneLayout(Layout):
    """Gradient descent on the Kullback-Leibler divergence of t-SNE.

    ``run(50)`` and then ``run(750)`` gives the same bits as ``run(750)``; so does any number of
    threads. It is watched, interrupted, saved and continued as any `Layout`.

    Parameters
    ----------
    graph : csr_array of shape (n, n)
        Joint probabilities: symmetric, sum 1, as `umapkit.perplexity_graph` returns them.
    start : array of shape (n, d)
        Where the points begin, finite, d from 1 to 3; copied. t-SNE begins with a small map: a
        standard deviation of 1e-4.
    options : TsneOptions
        What to do.
    density : DensityTerm, optional
        Lay out as den-SNE does: `weight` times the correlation of log radii is taken from the
        divergence, in the last `share` of the schedule.
    n_jobs : int or None, default None
        Threads; the result does not depend on it.

    Attributes
    ----------
    embedding : float32 array of shape (n, d)
        The map after `epoch` epochs.
    epoch : int
        Number of finished epochs.
    method : {"exact", "tree", "grid"}
        How points repel each other.

    Raises
    ------
    ValueError
        If `graph` is empty, not square, or has a weight that is negative or not finite, or if
        `start` has another length, too many dimensions, or is not finite, or if `density` has
        another number of radii.
    """

    options: TsneOptions  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(  # pyright: ignore[reportMissingSuperCall] # other edges, another state
        self,
        graph: csr_array,
        start: NDArray[Any],
        options: TsneOptions,
        *,
        density: DensityTerm | None = None,
        n_jobs: int | None = None,
    ) -> None:
        start = _checked(graph, start)
        self.options = options
        self.density = counted_term(density, len(start))
        self._origin = (graph, start)
        self.n_threads = resolve_n_jobs(n_jobs)
        n, d = start.shape
        self.method = options.method(n, d)
        self._padded = PaddedEdges.whole(
            graph, vertices=near_order(start), n_threads=self.n_threads
        )
        self._entropy = _entropy(graph)
        self._first_dense = options.n_epochs
        if self.density is not None:
            self._first_dense = self.density.first_epoch(options.n_epochs)
            counted = np.diff(self._padded.vectors)[self._padded.places] > 0
            self._radii = self.density.standardized(counted)
        self._state = np.zeros(1, dtype=np.int64)
        self._arrays = {
            "positions": np.array(start, dtype=np.float32, order="C"),
            "velocity": np.zeros((n, d), dtype=np.float32),
            "gains": np.ones((n, d), dtype=np.float32),
        }
        self.watched = np.full(4, np.nan)

    @property
    def fingerprint(self) -> str:
        """Hash of the graph, the start and the options: what determines the layout."""
        digest = hashlib.blake2b(digest_size=16)
        graph, start = self._origin
        for array in (graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data):
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update(np.ascontiguousarray(start, dtype=np.float32).tobytes())
        options = {
            name: value if isinstance(value, str) else float(value)
            for name, value in asdict(self.options).items()
        }
        digest.update(json.dumps(options, sort_keys=True).encode())
        if self.density is not None:
            digest.update(self._radii.tobytes())
            digest.update(self.density.numbers.encode())
        return digest.hexdigest()

    def loss(self) -> float:
        """Kullback-Leibler divergence of the present map from the graph, in nats; un-exaggerated.

        By the layout's own repulsion; see `divergence` for an exact one.
        """
        return self.divergence(self.method)

    def divergence(self, repulsion: str = "exact") -> float:
        """Kullback-Leibler divergence, with the normalisation by "exact", "tree" or "grid"."""
        return self._entropy + self._measure(repulsion)[2]

    def gradient(self, repulsion: str = "exact") -> NDArray[np.float64]:
        """Gradient of the un-exaggerated divergence by the places, (n, d)."""
        attraction, repelled, _ = self._measure(repulsion)
        return 4.0 * (attraction - repelled)

    def _too_large(self) -> str:
        return f"learning_rate={self.options.learning_rate!r} is too large. Give 'auto', or less."

    def _measure(self, repulsion: str) -> tuple[NDArray[Any], NDArray[Any], float]:
        """Attraction, repulsion over Z, and the cross-entropy of map and graph."""
        attraction = np.empty_like(self.embedding)
        repelled = np.empty_like(self.embedding)
        totals = np.empty(2)
        _kernels.measure_tsne(
            *self._graph_arrays(),
            self.embedding,
            attraction,
            repelled,
            totals,
            n_threads=self.n_threads,
            **self._numbers(repulsion),
        )
        z = max(float(totals[0]), 1e-30)
        cross = float(totals[1]) * math.log(2.0) + math.log(z)
        return attraction.astype(np.float64), repelled.astype(np.float64) / z, cross

    def _graph_arrays(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
        padded = self._padded
        return padded.vectors, padded.heads, padded.weights, padded.vertices

    def _numbers(self, repulsion: str) -> dict[str, Any]:
        if repulsion not in METHODS:
            allowed = ", ".join(map(repr, METHODS))
            msg = f"repulsion={repulsion!r} is not known here. Give one of {allowed}."
            raise ValueError(msg)
        return {
            "freedom": self.options.degrees_of_freedom,
            "method": METHODS[repulsion],
            "theta": self.options.theta,
            "spacing": SPACING[self.embedding.shape[1]],
        }

    def _advance(self, until: int) -> None:
        while self.epoch < until:
            end, factor, rate, momentum = self.options.stage(self.epoch, len(self.embedding))
            dense = self.epoch >= self._first_dense
            if not dense:
                end = min(end, self._first_dense)
            steps = min(end, until) - self.epoch
            _kernels.run_tsne(
                *self._graph_arrays(),
                self._radii if dense else _NO_RADII,
                self._arrays["positions"],
                self._arrays["velocity"],
                self._arrays["gains"],
                self._state,
                steps=steps,
                exaggeration=factor,
                learning_rate=rate,
                momentum=momentum,
                density_weight=0.0 if self.density is None else float(self.density.weight),
                var_shift=0.0 if self.density is None else float(self.density.var_shift),
                n_threads=self.n_threads,
                **self._numbers(self.method),
            )


def _checked(graph: csr_array, start: NDArray[Any]) -> NDArray[np.float32]:
    n = shape_of(graph)[0]
    start = np.asarray(start)
    if shape_of(graph)[0] != shape_of(graph)[1]:
        msg = f"graph has shape {graph.shape}; a square one is needed."
        raise ValueError(msg)
    if n == 0:
        msg = "graph has no vertices; there is nothing to lay out. Give at least one."
        raise ValueError(msg)
    if start.ndim != 2 or start.shape[0] != n or not 1 <= start.shape[1] <= 3:
        msg = f"start has shape {start.shape}; t-SNE needs ({n}, 1), ({n}, 2) or ({n}, 3) here."
        raise ValueError(msg)
    with np.errstate(over="ignore"):  # what is beyond float32 becomes infinite
        start = start.astype(np.float32)
    if not np.isfinite(start).all() or np.abs(start).max() > 1e15:
        msg = "start has coordinates that are not finite, or beyond 1e15; give smaller ones."
        raise ValueError(msg)
    if graph.nnz and not (np.isfinite(graph.data).all() and graph.data.min() >= 0):
        msg = "graph has weights that are negative or not finite; give probabilities."
        raise ValueError(msg)
    return start


def _entropy(graph: csr_array) -> float:
    """Sum p log p, in nats."""
    total = 0.0
    for begin in range(0, len(graph.data), 2**22):
        p = graph.data[begin : begin + 2**22].astype(np.float64)
        p = p[p > 0]
        total += float((p * np.log(p)).sum())
    return total
