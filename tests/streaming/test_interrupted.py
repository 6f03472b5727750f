from __future__ import annotations

import signal
import sqlite3
import threading

import numpy as np
import pytest

from umapkit import ProgressiveUMAP
from umapkit.layout import Callback


def stream(path=None, **given) -> ProgressiveUMAP:
    return ProgressiveUMAP(
        **{"n_neighbors": 5, "random_state": 0, "n_jobs": 1, "journal": path, **given}
    )


def interrupted(model, name, call, *, after=0):
    """Make a call during which Ctrl-C comes in a method of the stream, the time after so many."""
    real, seen = getattr(model._stream, name), []

    def with_ctrl_c(*given, **named):
        seen.append(name)
        if len(seen) == after + 1:
            signal.raise_signal(signal.SIGINT)
        return real(*given, **named)

    setattr(model._stream, name, with_ctrl_c)
    try:
        with pytest.raises(KeyboardInterrupt):
            call()
    finally:
        delattr(model._stream, name)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return len(seen)


def resumed(model):
    model.close()
    return ProgressiveUMAP.resume(model.journal, n_jobs=1)


def same(one, other):
    np.testing.assert_array_equal(one.embedding_, other.embedding_)
    assert one.ids_.tolist() == other.ids_.tolist()
    assert (one.n_operations_, one.steps_) == (other.n_operations_, other.steps_)
    assert one.snapshot().owed == other.snapshot().owed


def test_an_interrupted_step_is_noted_and_in_the_journal(rows, tmp_path):
    model = stream(tmp_path / "j.db").partial_fit(rows[:200])
    model.partial_fit(rows[200:400], wait=False)
    before = model.n_operations_
    count = interrupted(model, "piece", lambda: model.step(seconds=60), after=9)
    assert count == 10
    assert model.steps_ == [model.n_operations_ - before]
    assert model.steps_[0] > 0
    model.step(operations=10)
    same(model, resumed(model))


@pytest.mark.parametrize("name", ["_link", "_place", "_move_young", "_sweep"])
def test_an_interrupted_insert_loses_no_row_and_the_journal_knows(rows, tmp_path, name):
    model = stream(tmp_path / "j.db").partial_fit(rows[:200])
    interrupted(model, name, lambda: model.partial_fit(rows[200:260]))
    assert len(model.ids_) == 260
    if name != "_sweep":
        assert model.snapshot().owed > 0
    same(model, again := resumed(model))
    for one in (model, again):
        one.partial_fit(rows[260:300])
        one.step(operations=50)
    assert model.snapshot().waiting == 0
    assert np.isfinite(model.embedding_).all()
    same(model, again)


def test_an_interrupted_insert_beyond_the_capacity_holds_its_last_rows(rows, tmp_path):
    model = stream(tmp_path / "j.db", capacity=60).partial_fit(rows[:60])
    interrupted(model, "_link", lambda: model.partial_fit(rows[60:300]), after=2)
    assert model.ids_.tolist() == list(range(240, 300))
    same(model, again := resumed(model))
    for one in (model, again):
        one.remove([250])
    assert model.snapshot().waiting == 0
    same(model, again)


@pytest.mark.parametrize("kind", ["update", "remove"])
def test_interrupted_updates_and_removals_are_done(rows, tmp_path, kind):
    model = stream(tmp_path / "j.db").partial_fit(rows[:200])
    ids = list(range(40))

    def call():
        if kind == "update":
            model.update(ids, rows[200:240])
        else:
            model.remove(ids)

    interrupted(model, "_link", call)
    assert len(model.ids_) == (200 if kind == "update" else 160)
    same(model, again := resumed(model))
    for one in (model, again):
        one.partial_fit(rows[300:310])
    same(model, again)


def test_an_interrupted_fit_leaves_rows_that_wait(rows):
    many = np.concatenate([rows + at for at in range(4)])
    model = stream()
    seen = []

    def interrupt(progress, _):
        seen.append(progress)
        model._stream._place = torn

    def torn(new):
        del model._stream._place
        signal.raise_signal(signal.SIGINT)
        model._stream._place(new)

    model.set_params(observers=Callback(interrupt))
    with pytest.raises(KeyboardInterrupt):
        model.fit(many)
    assert len(seen) == 1
    assert len(model.ids_) == len(many)
    assert model.snapshot().waiting > 0
    model.step(operations=20_000)
    assert model.snapshot().waiting == 0
    assert np.isfinite(model.embedding_).all()


def test_a_step_that_the_journal_could_not_take_is_written_with_the_next_call(rows, tmp_path):
    model = stream(tmp_path / "j.db").partial_fit(rows[:200])
    model.partial_fit(rows[200:300], wait=False)
    pages = model._journal._connection.execute("PRAGMA page_count").fetchone()[0]
    model._journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    blocker = rows[:1].repeat(2000, axis=0)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        model.partial_fit(blocker, ids=range(1000, 3000))
    assert model.n_seen_ == 300
    real = model._journal._write_late
    model._journal._write_late = lambda: (_ for _ in ()).throw(sqlite3.OperationalError("full"))
    with pytest.raises(sqlite3.OperationalError, match="full"):
        model.step(operations=40)
    model._journal._write_late = real
    assert model.steps_[0] >= 40
    model._journal._connection.execute("PRAGMA max_page_count = 1000000")
    model.remove([3])
    same(model, resumed(model))


def test_a_handler_of_ones_own_is_asked_between_pieces_and_cuts_nothing(rows):
    model, seen = stream().partial_fit(rows[:200]), []
    same_calls = stream().partial_fit(rows[:200]).partial_fit(rows[200:230])
    before = signal.signal(signal.SIGINT, lambda *_: seen.append(model.snapshot().waiting))
    try:
        model._stream._place = lambda new: (
            signal.raise_signal(signal.SIGINT),
            type(model._stream)._place(model._stream, new),
        )
        model.partial_fit(rows[200:230])
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [0]
    same(model, same_calls)


def test_a_stream_in_another_thread_leaves_signals_alone(rows):
    model, errors = stream(), []

    def work():
        try:
            model.partial_fit(rows[:100]).step(operations=10)
        except ValueError as error:  # signal.signal elsewhere than in the main thread
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == []
    assert np.isfinite(model.embedding_).all()
