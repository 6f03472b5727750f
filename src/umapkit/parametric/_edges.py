"""Edge batches: drawn from the fuzzy graph by weight, never from a list of repeated edges.

A batch is a pure function of (seed, step). An edge drawn by weight costs one binary search in the
running sum of the weights, so memory is 17 bytes an edge of the graph, whatever the number of
steps; the reference implementation writes every edge down as often as it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit._seed import Stage, below, draw, key
from umapkit.parametric._checks import check_choice, check_whole
from umapkit.parametric._torch import Tensor, torch
from umapkit.parametric._urn import Urn

Negatives = Literal["batch", "uniform"]
Ints = NDArray[np.int64]
_UNIT = 2.0**-53


@dataclass(frozen=True, eq=False)
class EdgeBatch:
    """Edges and negatives among some rows.

    Attributes
    ----------
    rows : int64 array of shape (r,)
        Rows of the data to encode.
    heads, tails : int64 array of shape (b,)
        Ends of the edges, as positions in `rows`.
    far : int64 array of shape (m, b)
        For every edge the m rows that its head is pushed off, as positions in `rows`.
    weights : float32 array of shape (b,), optional
        How much each edge counts; None: all alike.
    """

    rows: Ints
    heads: Ints
    tails: Ints
    far: Ints
    weights: NDArray[np.float32] | None = None

    def to(self, device: torch.device) -> TensorBatch:
        """Positions as tensors."""

        def moved(array: NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(device)

        m, b = self.far.shape
        same = self.rows[self.far] == self.rows[self.heads][None, :]
        return TensorBatch(
            heads=moved(self.heads),
            tails=moved(self.tails),
            far=moved(self.far.reshape(-1)),
            same=moved(same.reshape(-1)) if same.any() else None,
            weights=None if self.weights is None else moved(self.weights),
            n_far=m,
            n_edges=b,
        )


@dataclass(frozen=True, eq=False)
class TensorBatch:
    """An `EdgeBatch` on a device; `same` marks negatives that are the head itself."""

    heads: Tensor
    tails: Tensor
    far: Tensor
    same: Tensor | None
    weights: Tensor | None
    n_far: int
    n_edges: int


class EdgeSource:
    """Batches of edges drawn by their memberships, with replacement.

    Parameters
    ----------
    graph : csr_array of shape (n, n)
        Symmetric memberships.
    batch_size : int
        Edges of a batch, at least 1.
    negative_sample_rate : int, default 5
        Negatives of an edge.
    negatives : {"batch", "uniform"}, default "batch"
        "batch": the tails of other edges of the batch, as in the paper, so that a row is a
        negative in proportion to its degree; "uniform": rows drawn uniformly from the data, as
        umap-learn's sampler does: as many rows as the batch has edges are encoded besides, each
        serves as a negative of several heads. A batch of one edge has its own tail for negative.
    seed : int
        Of every draw.
    held_out : float, default 0
        Share of the undirected edges that are never drawn, for `held_out`.
    """

    def __init__(
        self,
        graph: csr_array,
        *,
        batch_size: int,
        negative_sample_rate: int = 5,
        negatives: Negatives = "batch",
        seed: int,
        held_out: float = 0.0,
    ) -> None:
        check_whole("batch_size", batch_size, 1)
        check_whole("negative_sample_rate", negative_sample_rate, 0)
        check_choice("negatives", negatives, ("batch", "uniform"))
        self.n_rows = len(graph.indptr) - 1
        self.batch_size = int(batch_size)
        self.negative_sample_rate = int(negative_sample_rate)
        self.negatives: Negatives = negatives
        self.seed = seed
        counts = np.diff(graph.indptr)
        heads = np.repeat(np.arange(self.n_rows, dtype=np.int32), counts)
        tails = graph.indices.astype(np.int32, copy=False)
        weights = graph.data
        used = weights > 0
        self._kept_out: tuple[NDArray[np.int32], NDArray[np.int32], Urn] | None
        self._kept_out = None
        if held_out > 0:
            out = _shares(heads, tails, seed) < held_out
            out &= used
            if used.any() and (not out.any() or out[used].all()):
                which = "none" if not out.any() else "all"
                msg = (
                    f"held_out={held_out!r} keeps {which} of the {used.sum()} edges out of "
                    f"training. Give a {'larger' if which == 'none' else 'smaller'} share, or 0."
                )
                raise ValueError(msg)
            self._kept_out = heads[out], tails[out], Urn(weights[out])
            used &= ~out
        if not used.all():
            heads, tails, weights = heads[used], tails[used], weights[used]
        if not len(weights):
            msg = (
                "The graph has no edge: no row has a neighbour closer than the disconnection "
                "distance. Give other data, more neighbours, or a larger disconnection_distance."
            )
            raise ValueError(msg)
        self.heads, self.tails = heads, tails
        self._urn = Urn(weights)
        self._largest = float(weights.max())

    @property
    def n_edges(self) -> int:
        """Directed edges that are drawn from."""
        return len(self.heads)

    @property
    def epoch_edges(self) -> float:
        """Edges that one epoch of umap-learn's schedule processes: their sum over the largest."""
        return float(self._urn.sums[-1]) / self._largest

    @property
    def steps_per_epoch(self) -> int:
        """Batches of such an epoch, at least 1."""
        return max(1, round(self.epoch_edges / self.batch_size))

    def batch(self, step: int) -> EdgeBatch:
        """Edges and negatives of one step."""
        chosen = _drawn(self._urn, self.seed, Stage.BATCH, step, self.batch_size)
        return self.joined(self.heads[chosen], self.tails[chosen], Stage.BATCH, step)

    def held_out(self, size: int) -> EdgeBatch | None:
        """Draw once `size` of the edges that no batch has, and negatives; None without any."""
        if self._kept_out is None:
            return None
        heads, tails, urn = self._kept_out
        chosen = _drawn(urn, self.seed, Stage.HELD_OUT, 0, size)
        return self.joined(heads[chosen], tails[chosen], Stage.HELD_OUT, 0)

    def joined(
        self, heads: NDArray[np.int32], tails: NDArray[np.int32], stage: Stage, step: int
    ) -> EdgeBatch:
        """Put ends and negatives together, each row once where that saves work."""
        b, m = len(heads), self.negative_sample_rate
        ends = [heads, tails]
        if self.negatives == "uniform":
            bits = draw(key(self.seed, stage, step, np.uint64(1)), np.arange(b))
            ends.append(below(bits, self.n_rows).astype(np.int32))
        rows = np.concatenate(ends)
        # Expected distinct rows of draws with replacement; sorting pays from a tenth saved.
        distinct = self.n_rows * -np.expm1(-len(rows) / self.n_rows)
        if distinct < 0.9 * len(rows):
            rows, place = np.unique(rows, return_inverse=True)
            place = place.astype(np.int64, copy=False)
        else:
            place = np.arange(len(rows), dtype=np.int64)
        pool = place[2 * b :] if self.negatives == "uniform" else place[b : 2 * b]
        shifts = self._shifts(stage, step, b, m)
        far = pool[(np.arange(b)[None, :] + shifts[:, None]) % b]
        return EdgeBatch(rows.astype(np.int64), place[:b], place[b : 2 * b], far)

    def _shifts(self, stage: Stage, step: int, b: int, m: int) -> Ints:
        """How far along the batch the negatives of an edge lie, m different ones where possible.

        Edges stand in the order in which they were drawn, so the tail some places on is the tail
        of a random other edge.
        """
        bits = draw(key(self.seed, stage, step, np.uint64(2)), np.arange(m))
        if b == 1:
            return np.zeros(m, dtype=np.int64)
        # One out of each of m equal parts of 1 ... b - 1.
        part = np.arange(m) * (b - 1) // m
        width = np.maximum((np.arange(m) + 1) * (b - 1) // m - part, 1)
        high = (bits >> np.uint64(32)).astype(np.float64) * 2.0**-32
        return (1 + part + (high * width).astype(np.int64)).astype(np.int64)


class ScheduleSource(EdgeSource):
    """Batches in umap-learn's literal epochs: an edge takes part every ``w_max / w`` epochs.

    In epoch t = 0, 1, ... those edges are due for which ``floor((t + 1) w / w_max)`` exceeds
    ``floor(t w / w_max)``: umap-learn's ``epochs_per_sample``. They are shuffled and cut into
    batches; the last one is smaller. Only the due edges of one epoch are in memory.

    Parameters
    ----------
    graph, batch_size, negative_sample_rate, negatives, seed, held_out
        As for `EdgeSource`.
    n_epochs : int
        Epochs of the schedule, at least 1.
    """

    def __init__(
        self,
        graph: csr_array,
        *,
        n_epochs: int,
        batch_size: int,
        negative_sample_rate: int = 5,
        negatives: Negatives = "batch",
        seed: int,
        held_out: float = 0.0,
    ) -> None:
        check_whole("n_epochs", n_epochs, 1)
        super().__init__(
            graph,
            batch_size=batch_size,
            negative_sample_rate=negative_sample_rate,
            negatives=negatives,
            seed=seed,
            held_out=held_out,
        )
        weights = np.diff(self._urn.sums, prepend=0.0) / self._largest
        self._weights = weights.astype(np.float32)
        self.n_epochs = n_epochs
        due = [self._due(t).sum() for t in range(n_epochs)]
        steps = np.array([-(-int(count) // self.batch_size) for count in due])
        self._begins = np.concatenate(([0], np.cumsum(steps)))
        self._epoch = -1
        self._order: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    @property
    def n_steps(self) -> int:
        """Batches of all epochs."""
        return int(self._begins[-1])

    def _due(self, epoch: int) -> NDArray[np.bool_]:
        w = self._weights
        return np.floor((epoch + 1) * w) > np.floor(epoch * w)

    def batch(self, step: int) -> EdgeBatch:
        """Edges and negatives of one step."""
        step %= max(self.n_steps, 1)
        epoch = int(np.searchsorted(self._begins, step, side="right")) - 1
        if epoch != self._epoch:
            due = np.flatnonzero(self._due(epoch))
            bits = draw(key(self.seed, Stage.SHUFFLE, epoch, due), 0)
            self._epoch, self._order = epoch, due[np.argsort(bits, kind="stable")]
        begin = (step - int(self._begins[epoch])) * self.batch_size
        chosen = self._order[begin : begin + self.batch_size]
        return self.joined(self.heads[chosen], self.tails[chosen], Stage.BATCH, step)


class PointSource:
    """Batches of points, as Algorithm 2 of the tutorial has them.

    The rows are shuffled once and cut into batches, the same in every epoch. Of the edges inside
    the batch each takes part with its membership as probability; negatives are points of the
    batch. A batch holds few of the graph's edges when the data are large, which is why batches of
    edges are the default.

    Parameters
    ----------
    graph : csr_array of shape (n, n)
        Symmetric memberships.
    batch_size : int
        Points of a batch, at least 1.
    negative_sample_rate : int, default 5
        Negatives of an edge.
    seed : int
        Of every draw.
    """

    def __init__(
        self,
        graph: csr_array,
        *,
        batch_size: int,
        negative_sample_rate: int = 5,
        seed: int,
    ) -> None:
        check_whole("batch_size", batch_size, 1)
        check_whole("negative_sample_rate", negative_sample_rate, 0)
        self.graph = graph
        self.n_rows = len(graph.indptr) - 1
        self.batch_size = min(int(batch_size), self.n_rows)
        self.negative_sample_rate = int(negative_sample_rate)
        self.seed = seed
        bits = draw(key(seed, Stage.SHUFFLE, 0, np.arange(self.n_rows, dtype=np.uint64)), 0)
        self._order = np.argsort(bits, kind="stable")
        self.steps_per_epoch = -(-self.n_rows // self.batch_size)

    def batch(self, step: int) -> EdgeBatch:
        """Points of one step, the edges among them that take part, and negatives."""
        number = step % self.steps_per_epoch
        begin = number * self.batch_size
        rows = self._order[begin : begin + self.batch_size].astype(np.int64)
        inside = csr_array(self.graph[rows][:, rows])
        counts = np.diff(inside.indptr)
        heads = np.repeat(np.arange(len(rows), dtype=np.int64), counts)
        keys = key(self.seed, Stage.BATCH, step, np.arange(len(heads), dtype=np.uint64))
        chance = (draw(keys, 0) >> np.uint64(11)).astype(np.float64) * _UNIT
        taken = chance < inside.data
        heads, tails = heads[taken], inside.indices[taken].astype(np.int64)
        m = self.negative_sample_rate
        picks = draw(keys[taken][None, :], np.arange(1, m + 1)[:, None])
        return EdgeBatch(rows, heads, tails, below(picks, len(rows)))

    def held_out(self, size: int) -> None:
        """Nothing is held out of batches of points."""


def _drawn(urn: Urn, seed: int, stage: Stage, step: int, size: int) -> Ints:
    return urn.draw(draw(key(seed, stage, step, np.uint64(0)), np.arange(size, dtype=np.uint64)))


def _shares(heads: NDArray[np.int32], tails: NDArray[np.int32], seed: int) -> NDArray[np.float64]:
    """Give every undirected edge a number in [0, 1), the same for both directions."""
    low, high = np.minimum(heads, tails), np.maximum(heads, tails)
    bits = draw(key(seed, Stage.HELD_OUT, low.astype(np.uint64), high.astype(np.uint64)), 0)
    return (bits >> np.uint64(11)).astype(np.float64) * _UNIT
