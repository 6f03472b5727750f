"""A layout with a classification cost beside UMAP's (tutorial, section 2.5)."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit.layout._head import HEAD_RATE, first_head, frame, learn, on_map
from umapkit.layout._label_options import LabelOptions
from umapkit.layout._layout import Layout
from umapkit.layout._options import LayoutOptions

_TRIPLETS = 4  # a role and epoch
_OBSERVED = 16  # triplets an anchor, for the cost that is reported
_NO_EPOCH = 2**64 - 1  # whose triplets those are, the same at every call
_REACH = 4.0  # units of the map, on an axis, in a step of size 1
_LAST_STEPS = 200  # of the head on the finished map


class LabelledLayout(Layout):
    """A layout in which labelled points also reduce a classification cost.

    The cost that falls is ``loss of UMAP + weight d sum_i c_i``, c_i the classification cost of
    labelled point i and d the mean degree of a vertex. Jointly, a point's step by c_i is taken from
    the same places as UMAP's step and added to it, with a size of its own
    (`LayoutOptions.side_step`); in turns, after every ``period[0]`` epochs of UMAP come
    ``period[1]`` of the classification cost alone. No such step is longer than 4 units of the map
    on an axis, times that size. Other points follow through their edges. UMAP's turn begins at
    rest: velocities of before the jump would carry points of other places on.

    Parameters
    ----------
    graph, start, options, n_jobs
        As for `Layout`.
    codes : int array of shape (n,)
        Class of every vertex, from 0; -1 where it is not known. Every number up to the largest
        occurs; at least two do.
    labels : LabelOptions
        The classification cost.

    Attributes
    ----------
    labels : LabelOptions
        As given.

    Raises
    ------
    ValueError
        As `Layout`, or if `codes` do not fit, or the schedule ends before the first turn of the
        classification cost.
    """

    def __init__(
        self,
        graph: csr_array,
        start: NDArray[Any],
        options: LayoutOptions,
        *,
        codes: NDArray[Any],
        labels: LabelOptions,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(graph, start, options, n_jobs=n_jobs)
        self.labels = labels
        codes = np.asarray(codes)
        sizes = np.bincount(codes[codes >= 0]) if (codes >= 0).any() else np.zeros(0)
        if codes.shape != (len(self.embedding),) or len(sizes) < 2 or not sizes.all():
            msg = (
                f"codes of shape {codes.shape} must number the classes of {len(self.embedding)} "
                f"vertices from 0, -1 for unknown, at least two and none left out; they have "
                f"{int((sizes > 0).sum())} classes up to {len(sizes) - 1}."
            )
            raise ValueError(msg)
        check_turns(labels.period, options.n_epochs)
        rows = np.flatnonzero(codes >= 0)
        rows = rows[np.argsort(codes[rows], kind="stable")]
        self._rows = rows.astype(np.int32)
        self._codes = codes[rows].astype(np.int32)
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        degree = self._padded.degree.astype(np.float64)
        self._strength = labels.weight * float(np.cumsum(degree)[-1]) / len(degree)
        self._moves = np.empty((len(rows), self.embedding.shape[1]), dtype=np.float32)
        self._arrays["label_epoch"] = np.zeros(1, dtype=np.int64)
        if labels.cost == "cross_entropy":
            points = self.embedding[rows]
            self._arrays["head"] = first_head(points, self._codes, len(sizes))
            self._arrays["head_moments"] = np.zeros((2, *self._arrays["head"].shape))

    @property
    def fingerprint(self) -> str:
        """Hash of the graph, the start, the options and the labels."""
        digest = hashlib.blake2b(super().fingerprint.encode(), digest_size=16)
        digest.update(self._rows.tobytes() + self._codes.tobytes())
        labels = self.labels
        period = None if labels.period is None else tuple(int(p) for p in labels.period)
        said = (labels.cost, float(labels.weight), float(labels.margin), period)
        digest.update(repr(said).encode())
        return digest.hexdigest()

    def loss(self) -> float:
        """Effective loss of the present map, in nats, plus the weighted classification cost."""
        labels = self._strength * self._scale * len(self._rows) * self.classification_cost()
        return super().loss() + labels

    def umap_loss(self) -> float:
        """Effective loss of the present map alone, in nats (tutorial, Eq. 29)."""
        return super().loss()

    def classification_cost(self) -> float:
        """Mean cost of a labelled point: nats of cross-entropy, or units of the map for triplets.

        Triplets are drawn; they are the same at every call.
        """
        if self.labels.cost == "cross_entropy":
            around = frame(self.embedding[self._rows])
            return self._pull(on_map(self._arrays["head"], *around), 0.0)[1]
        return self._push(0.0, _NO_EPOCH, _OBSERVED) / len(self._rows)

    def head(self) -> NDArray[np.float64]:
        """Return the head after learning on while the map stays; float64 (C, dim + 1), biases last.

        Raises
        ------
        ValueError
            If the cost is "triplet", which has no head.
        """
        if self.labels.cost != "cross_entropy":
            msg = "The triplet cost has no head. Give cost='cross_entropy' for one."
            raise ValueError(msg)
        head = self._arrays["head"].copy()
        moments = np.zeros_like(self._arrays["head_moments"])
        around = frame(self.embedding[self._rows])
        for step in range(_LAST_STEPS):
            rate = HEAD_RATE * (1 - step / _LAST_STEPS)
            gradient, _ = self._pull(on_map(head, *around), 0.0)
            learn(head, moments, step, gradient, around, rate=rate)
        return on_map(head, *around)

    def _advance(self, until: int) -> None:
        # An interrupt between the two steps of an epoch must not leave half of it.
        kept = {name: array.copy() for name, array in self.state().items()}
        try:
            self._take_turns(until)
        except BaseException:
            self.restore(kept)
            raise

    def _take_turns(self, until: int) -> None:
        if self._strength == 0:
            super()._advance(until)
            return
        places, period = self._arrays["positions"], self.labels.period
        while self.epoch < until:
            if period is None:
                self._label_step()  # before UMAP's own step changes the places
                super()._advance(self.epoch + 1)
                places[self._rows] += self._moves
                continue
            turn, labelled = period
            super()._advance(min(until, (self.epoch // turn + 1) * turn))
            if self.epoch % turn == 0:
                for _ in range(labelled):
                    self._label_step()
                    places[self._rows] += self._moves
                if "velocity" in self._arrays:
                    self._arrays["velocity"][...] = 0

    def _label_step(self) -> None:
        """Write the moves of the labelled points; the head learns from the same places."""
        options, epoch = self.options, self.epoch
        size = options.side_step(epoch)
        count = self._arrays["label_epoch"]
        if self.labels.cost == "cross_entropy":
            head, moments = self._arrays["head"], self._arrays["head_moments"]
            around = frame(self.embedding[self._rows])
            gradient, _ = self._pull(on_map(head, *around), size * self._strength)
            rate = HEAD_RATE * max(1 - epoch / options.n_epochs, 0.0)
            learn(head, moments, int(count[0]), gradient, around, rate=rate)
        else:
            self._push(size * self._strength, int(count[0]), _TRIPLETS)
        np.clip(self._moves, -_REACH * size, _REACH * size, out=self._moves)
        count += 1

    def _pull(self, head: NDArray[np.float64], step: float) -> tuple[NDArray[np.float64], float]:
        """Write the moves; return gradient and value of the mean cross-entropy."""
        sums = np.empty(head.size + self.embedding.shape[1] + 2)
        _kernels.pull_classes(
            self.embedding,
            self._rows,
            self._codes,
            head,
            self._moves,
            sums,
            step=step,
            n_threads=self.n_threads,
        )
        sums /= len(self._rows)
        return sums[: head.size].reshape(head.shape), float(sums[-1])

    def _push(self, step: float, epoch: int, triplets: int) -> float:
        return _kernels.push_triplets(
            self.embedding,
            self._rows,
            self._codes,
            self._starts,
            self._moves,
            step=step,
            margin=self.labels.margin,
            triplets=triplets,
            seed=self.options.seed,
            epoch=epoch,
            n_threads=self.n_threads,
        )


def check_turns(period: tuple[int, int] | None, n_epochs: int) -> None:
    """Raise ValueError where a schedule ends before the first turn of the labels."""
    if period is not None and 0 < n_epochs < period[0]:
        msg = (
            f"A period of {period[0]} epochs of UMAP's cost is longer than the schedule of "
            f"{n_epochs}: labels would never have their turn. Give a shorter one."
        )
        raise ValueError(msg)
