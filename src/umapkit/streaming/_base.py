"""What a stream holds, and how calls reach it: the inside of `ProgressiveUMAP`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit._seed import resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.estimator import MapEstimator
from umapkit.graph import label_classes
from umapkit.neighbors.growing import grow
from umapkit.streaming._evict import Evict, choose
from umapkit.streaming._ids import Id, Ids
from umapkit.streaming._journal import Journal
from umapkit.streaming._new_rows import Keeper
from umapkit.streaming._rules import Engine, Move, Placing
from umapkit.streaming._settings import read_rules
from umapkit.streaming._stream import Stream


class StreamKeeper(MapEstimator):
    """Rows, ids and journal of a stream; every parameter is one of `umapkit.ProgressiveUMAP`."""

    _stream: Stream
    _ids: Ids
    _classes: dict[Any, int]
    _journal: Journal | None
    _keeper: Keeper
    feature_names_in_: NDArray[Any]
    engine: Engine
    move: Move
    place: Placing
    evict: Evict
    capacity: int | None
    journal: str | os.PathLike[str] | None
    metric: str
    n_jobs: int | None
    n_neighbors: int
    random_state: Any
    target_weight: float
    evicted_: list[Id]
    n_seen_: int
    seed_: int
    steps_: list[int]
    _stepping: bool  # the last call was a step

    @property
    def embedding_(self) -> NDArray[np.float32]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The map of the rows held, in order of arrival; NaN for rows not on it yet."""
        stream = self._begun()
        slots = self._ids.slots()
        places = stream.places.positions[slots].copy()
        places[stream.places.where[slots] < 0] = np.nan
        return places

    @property
    def ids_(self) -> NDArray[Any]:
        """Ids of the rows held, in order of arrival."""
        self._begun()
        return self._ids.array()

    @property
    def n_operations_(self) -> int:
        """Operations done so far."""
        return self._begun().done

    @property
    def neighbor_recall_(self) -> float:
        """Share of the true neighbours in the table, estimated now."""
        return float(self._begun().table.estimate_recall(sample=200, seed=0))

    def __sklearn_is_fitted__(self) -> bool:
        """Whether rows have come."""
        return getattr(self, "_stream", None) is not None

    def _begun(self) -> Stream:
        stream: Stream | None = getattr(self, "_stream", None)
        if stream is None:
            msg = f"This {type(self).__name__} has no rows yet. Call partial_fit or fit."
            raise AttributeError(msg)
        return stream

    @property
    def _n_features_out(self) -> int:
        return self._begun().rules.n_components

    def __getstate__(self) -> dict[str, Any]:
        """Leave the open journal out: a copy of the model writes none."""
        state: Any = super().__getstate__()
        return {**state, "_journal": None}

    def _read_new(
        self, X: Any, y: Any, ids: Any
    ) -> tuple[NDArray[np.float32], NDArray[np.int32] | None, list[Id]]:
        """Check new rows; begin the stream if they are the first."""
        rows: Any
        classes: dict[Any, int]
        if getattr(self, "_stream", None) is not None:
            rows, labels, classes = self._read_more(X, y)
            named = self._ids.new(ids, len(rows))
        else:
            seed = resolve_seed(self.random_state)
            rules = read_rules(self, seed=seed)
            rows = self._rows(X, reset=True)
            held = Ids()
            named = held.new(ids, len(rows))
            classes = {}
            labels = self._read_labels(y, len(rows), classes)
            n_threads = resolve_n_jobs(self.n_jobs)
            table = grow(
                self.engine,
                n_features=rows.shape[1],
                n_neighbors=int(self.n_neighbors),
                metric=self.metric,
                seed=seed,
                n_jobs=n_threads,
            )
            opened = None if self.journal is None else Journal.begin(self, seed, rows.shape[1])
            self.seed_, self.steps_, self.evicted_, self.n_seen_ = seed, [], [], 0
            self._stepping = False
            self._ids, self._journal = held, opened
            self._keeper = Keeper()
            self._stream = Stream(rules, table, n_threads=n_threads)
        self._classes = classes
        return rows, labels, named

    def _read_more(self, X: Any, y: Any) -> tuple[Any, NDArray[np.int32] | None, dict[Any, int]]:
        """Check rows and labels of a stream that has begun; return all labels there are, too."""
        rows: Any = self._rows(X, reset=False)
        classes = dict(self._classes)
        return rows, self._read_labels(y, len(rows), classes), classes

    def _read_labels(self, y: Any, m: int, classes: dict[Any, int]) -> NDArray[np.int32] | None:
        """Turn labels into numbers; new ones are added to `classes`."""
        if y is None or self.target_weight == 0:
            return None
        codes, found = label_classes(y)
        if len(codes) != m:
            msg = f"y has {len(codes)} labels for {m} rows. Give one for each row."
            raise ValueError(msg)
        numbers = [classes.setdefault(one, len(classes)) for one in found.tolist()]
        known = np.array([*numbers, -1], dtype=np.int32)  # code -1 is the last
        return known[codes]

    def _insert(
        self,
        rows: NDArray[np.float32],
        labels: NDArray[np.int32] | None,
        named: list[Id],
        *,
        wait: bool,
    ) -> None:
        """Take checked rows, in pieces that leave room for what is held."""
        stream = self._stream
        self.evicted_ = []
        self.n_seen_ += len(rows)
        size = len(rows) if self.capacity is None else max(1, self.capacity // 2)
        for at in range(0, len(rows), max(size, 1)):
            part = slice(at, at + size)
            if self.capacity is not None:
                over = len(self._ids) + len(named[part]) - self.capacity
                if over > 0:
                    self._evict(over)
            slots = stream.insert(rows[part], None if labels is None else labels[part])
            self._ids.add(named[part], slots)
            if wait:
                stream.finish()

    def _evict(self, m: int) -> None:
        slots = self._ids.slots()
        numbers = choose(slots, m, evict=self.evict, table=self._stream.table)
        named = self._ids.named()
        gone = [named[number] for number in numbers.tolist()]
        self._remove(gone, slots[numbers])
        self.evicted_ += gone

    def _remove(self, named: list[Id], slots: NDArray[np.int32]) -> None:
        self._stream.remove(slots)
        self._ids.remove(named)

    def close(self) -> None:
        """Give the journal free for others; later calls are not written."""
        journal: Journal | None = getattr(self, "_journal", None)
        if journal is not None:
            journal.close()
            self._journal = None

    def _do(
        self,
        kind: str,
        act: Callable[[], None],
        *,
        ids: list[Id],
        rows: NDArray[np.float32] | None = None,
        y: Any = None,
        wait: bool,
    ) -> None:
        """Do a call that was checked, after it is in the journal, where there is one."""
        if self._journal is not None:
            self._journal.write(self, kind, ids=ids, rows=rows, labels=y, wait=wait)
        self._keeper.kept, self._stepping = None, False
        act()
        if wait:
            self._stream.finish()

    def _note_step(self, operations: int) -> None:
        """Note a step; one that follows another is the same as one longer step."""
        if self._stepping:
            self.steps_[-1] += operations
        else:
            self.steps_.append(operations)
        self._stepping = True
