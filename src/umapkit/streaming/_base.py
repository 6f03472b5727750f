"""What a stream holds, and how calls reach it: the inside of `ProgressiveUMAP`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
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
from umapkit.streaming._uncut import Pieces, uncut


@dataclass(frozen=True)
class Read:
    """Labels as a stream keeps them.

    Attributes
    ----------
    numbers : int32 array of shape (m,) or None
        Number of each row's label, -1 where it is not known; None: no labels.
    classes : dict
        Numbers of all labels there are, in ascending order.
    """

    numbers: NDArray[np.int32] | None
    classes: dict[Any, int]

    def given(self) -> list[Any] | None:
        """Return the labels themselves, None where they are not known."""
        if self.numbers is None:
            return None
        names = [*self.classes, None]  # number -1 is the last
        return [names[number] for number in self.numbers.tolist()]


class StreamKeeper(MapEstimator):
    """Rows, ids and journal of a stream; every parameter is one of `umapkit.ProgressiveUMAP`."""

    _stream: Stream
    _ids: Ids
    _classes: dict[Any, int]
    _journal: Journal | None
    _keeper: Keeper
    _given: dict[str, Any]
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

    def _begin_or_more(
        self, X: Any, y: Any, ids: Any
    ) -> tuple[NDArray[np.float32], Read, list[Id]]:
        """Check new rows; begin the stream if they are the first."""
        if getattr(self, "_stream", None) is not None:
            self._check_unchanged()
            rows, labels = self._read_more(X, y)
            return rows, labels, self._ids.new(ids, len(rows))
        seed = resolve_seed(self.random_state)
        rules = read_rules(self, seed=seed)
        found: Any = self._rows(X, reset=True)
        held = Ids()
        named = held.new(ids, len(found))
        n_threads = resolve_n_jobs(self.n_jobs)
        table = grow(
            self.engine,
            n_features=found.shape[1],
            n_neighbors=int(self.n_neighbors),
            metric=self.metric,
            seed=seed,
            n_jobs=n_threads,
        )
        table.check_range(found, name="X")
        labels = self._read_labels(y, len(found), {}, plain=self.journal is not None)
        opened = self._open_journal(seed, found.shape[1])
        self.seed_, self.steps_, self.evicted_, self.n_seen_ = seed, [], [], 0
        self._stepping = False
        self._ids, self._classes, self._journal = held, {}, opened
        self._keeper = Keeper()
        self._stream = Stream(rules, table, n_threads=n_threads)
        self._note_parameters()
        return found, labels, named

    def _open_journal(self, seed: int, n_features: int) -> Journal | None:
        """Begin the journal, or go on with one that holds no call yet."""
        if self.journal is None:
            return None
        opened: Journal | None = getattr(self, "_journal", None)
        if opened is None:
            return Journal.begin(self, seed, n_features)
        opened.describe(self, seed, n_features)
        return opened

    def _read_more(self, X: Any, y: Any) -> tuple[NDArray[np.float32], Read]:
        """Check rows and labels of a stream that has begun."""
        rows: Any = self._rows(X, reset=False)
        self._stream.table.check_range(rows, name="X")
        plain = self._journal is not None
        return rows, self._read_labels(y, len(rows), self._classes, plain=plain)

    def _read_labels(self, y: Any, m: int, classes: dict[Any, int], *, plain: bool) -> Read:
        """Turn labels into numbers; `plain`: for a journal, which keeps numbers and strings."""
        if y is None or self.target_weight == 0:
            return Read(None, classes)
        codes, found = label_classes(y)
        if len(codes) != m:
            msg = f"y has {len(codes)} labels for {m} rows. Give one for each row."
            raise ValueError(msg)
        all_classes = dict(classes)
        numbers: list[int] = []
        for one in found.tolist():
            label = one.item() if isinstance(one, np.number | np.bool_ | np.str_) else one
            if plain and not isinstance(label, int | float | str):
                msg = (
                    f"The label {label!r} is a {type(label).__name__}; a journal keeps numbers "
                    "and strings. Give the labels as strings."
                )
                raise TypeError(msg)
            numbers.append(all_classes.setdefault(label, len(all_classes)))
        known = np.array([*numbers, -1], dtype=np.int32)  # code -1 is the last
        return Read(known[codes], all_classes)

    def _note_parameters(self) -> None:
        """Note the parameters that the stream works by from now on; a fit reads observers anew."""
        given = self.get_params(deep=False)
        self._given = {name: value for name, value in given.items() if name != "observers"}

    def _check_unchanged(self) -> None:
        """Refuse a stream whose parameters were changed: it goes on by those it has begun with."""
        for name, begun in self._given.items():
            now: Any = getattr(self, name)
            if now is not begun and now != begun:
                msg = (
                    f"{name}={now!r} was set on a stream that was begun with {name}={begun!r} and "
                    f"goes on by that. Set it back (set_params({name}={begun!r})), or begin "
                    "another stream with the new value."
                )
                raise ValueError(msg)

    def _take(self, X: Any, y: Any, ids: Any, *, wait: bool, pieces: int | None = None) -> None:
        """Do `partial_fit`; with the wait cut after so many pieces, as it was then."""
        rows, labels, named = self._begin_or_more(X, y, ids)

        def act(work: Pieces) -> None:
            self._insert(rows, labels.numbers, named, wait=wait, work=work)

        self._do("insert", act, ids=named, rows=rows, labels=labels, wait=wait, pieces=pieces)

    def _change(self, ids: Any, X: Any, y: Any, *, wait: bool, pieces: int | None = None) -> None:
        """Do `update`."""
        self._check_unchanged()
        named, slots = self._ids.find(ids)
        rows, labels = self._read_more(X, y)
        if len(rows) != len(named):
            msg = f"{len(named)} ids were given for {len(rows)} rows. Give one for each row."
            raise ValueError(msg)

        def act(_: Pieces) -> None:
            self._stream.replace(slots, rows, labels.numbers)

        self._do("update", act, ids=named, rows=rows, labels=labels, wait=wait, pieces=pieces)

    def _drop(self, ids: Any, *, wait: bool, pieces: int | None = None) -> None:
        """Do `remove`."""
        self._check_unchanged()
        named, slots = self._ids.find(ids)

        def act(_: Pieces) -> None:
            self._remove(named, slots)

        self._do("remove", act, ids=named, wait=wait, pieces=pieces)

    def _insert(
        self,
        rows: NDArray[np.float32],
        labels: NDArray[np.int32] | None,
        named: list[Id],
        *,
        wait: bool,
        work: Pieces,
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
                stream.finish(go_on=work.go_on)

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
        act: Callable[[Pieces], None],
        *,
        ids: list[Id],
        rows: NDArray[np.float32] | None = None,
        labels: Read | None = None,
        wait: bool,
        pieces: int | None,
    ) -> None:
        """Do a call that was checked, after it is in the journal, where there is one.

        Ctrl-C ends the wait between two pieces: the call is done then, what is left waits.
        """
        with uncut(pieces) as work:
            journal = self._journal
            if journal is not None:
                given = None if labels is None else labels.given()
                journal.write(self, kind, ids=ids, rows=rows, labels=given, wait=wait)
            if labels is not None:
                self._classes = labels.classes
            self._keeper.kept, self._stepping = None, False
            act(work)
            if wait:
                self._stream.finish(go_on=work.go_on)
            if journal is not None and work.cut:
                journal.write_cut(work.done)

    def _work(self, limit: float, *, seconds: bool) -> int:
        """Do `step`; Ctrl-C ends it between two pieces."""
        self._check_unchanged()
        journal = self._journal
        begun, done = time.perf_counter(), 0
        with uncut() as work:
            if journal is not None:
                journal.make_room(self)
            self._keeper.kept = None
            try:
                while (time.perf_counter() - begun if seconds else done) < limit:
                    piece = self._stream.piece() if work.go_on() else 0
                    if piece == 0:
                        break
                    done += piece
            finally:
                self._note_step(done)
                if journal is not None:
                    journal.write_step(done)
        return done

    def _note_step(self, operations: int) -> None:
        """Note a step; one that follows another is the same as one longer step."""
        if self._stepping:
            self.steps_[-1] += operations
        else:
            self.steps_.append(operations)
        self._stepping = True
