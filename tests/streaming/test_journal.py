from __future__ import annotations

import gc
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from umapkit import ProgressiveUMAP
from umapkit.streaming import _journal


def stream(path=None, **given) -> ProgressiveUMAP:
    return ProgressiveUMAP(
        **{
            "engine": "exact",
            "n_neighbors": 5,
            "random_state": 0,
            "n_jobs": 1,
            "journal": path,
            **given,
        }
    )


def closed(model):
    """What the end of a process does, with nothing written at the end."""
    model.close()
    return model


def test_a_resumed_stream_goes_on_with_the_same_bits(rows, tmp_path):
    path = tmp_path / "journal.db"
    model = stream(path)
    model.partial_fit(rows[:100], np.where(rows[:100, 0] > 0, "a", "b"))
    model.partial_fit(rows[100:150], wait=False)
    model.step(seconds=0.01)
    model.update([3, 120], rows[200:202], [None, "b"])
    model.remove([7], wait=False)
    model.step(operations=40)
    closed(model)
    again = ProgressiveUMAP.resume(path, n_jobs=2)
    np.testing.assert_array_equal(again.embedding_, model.embedding_)
    assert again.ids_.tolist() == model.ids_.tolist()
    assert again.steps_ == model.steps_
    more = stream()  # a copy that never had a journal
    more.__setstate__(model.__getstate__())
    for one in (again, more):
        one.partial_fit(rows[300:320])
    np.testing.assert_array_equal(again.embedding_, more.embedding_)
    closed(again)
    assert len(ProgressiveUMAP.resume(path).ids_) == len(more.ids_)


def test_the_state_is_written_now_and_then_and_old_calls_go(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(_journal, "_LEAST_ROWS", 60)
    path = tmp_path / "journal.db"
    model = stream(path)
    for at in range(0, 400, 25):
        model.partial_fit(rows[at : at + 25], ids=[f"{i}" for i in range(at, at + 25)])
    closed(model)
    with sqlite3.connect(path) as connection:
        kept = connection.execute("SELECT count(*) FROM calls").fetchone()[0]
        assert connection.execute("SELECT count(*) FROM state").fetchone()[0] > 20
    connection.close()
    assert 0 < kept < 12
    again = ProgressiveUMAP.resume(path)
    np.testing.assert_array_equal(again.embedding_, model.embedding_)
    assert again.ids_.tolist() == model.ids_.tolist()


def test_names_of_columns_come_back(rows, tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(rows[:60], columns=list("abcde"))
    closed(stream(tmp_path / "j.db").partial_fit(frame))
    again = ProgressiveUMAP.resume(tmp_path / "j.db")
    assert again.feature_names_in_.tolist() == list("abcde")
    again.partial_fit(frame.iloc[:5] + 1)


def test_a_call_that_is_refused_is_not_written(rows, tmp_path):
    model = stream(tmp_path / "j.db").partial_fit(rows[:50])
    for call in (
        lambda: model.partial_fit(rows[:5], ids=[0, 1, 2, 3, 4]),
        lambda: model.remove([77]),
        lambda: model.partial_fit(rows[:1], [object()]),
    ):
        with pytest.raises((ValueError, KeyError, TypeError)):
            call()
    assert ProgressiveUMAP.resume(closed(model).journal).ids_.tolist() == list(range(50))


def test_a_journal_is_not_begun_twice_nor_shared(rows, tmp_path):
    path = tmp_path / "j.db"
    model = stream(path).partial_fit(rows[:50])
    with pytest.raises(ValueError, match="another process"):
        ProgressiveUMAP.resume(path)
    closed(model)
    with pytest.raises(FileExistsError, match="resume"):
        stream(path).partial_fit(rows[:50])
    with pytest.raises(ValueError, match="begins anew"):
        stream(tmp_path / "other.db").fit(rows)


def test_what_is_no_journal_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        ProgressiveUMAP.resume(tmp_path / "none.db")
    text = tmp_path / "text.db"
    text.write_text("no database at all, but some text that is long enough to be looked at" * 20)
    with pytest.raises(ValueError, match="journal"):
        ProgressiveUMAP.resume(text)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE things (x)")
    connection.close()
    with pytest.raises(ValueError, match="no journal"):
        ProgressiveUMAP.resume(other)


WRITER = """
import sys
import numpy as np
from umapkit import ProgressiveUMAP
from umapkit.streaming import _journal

_journal._LEAST_ROWS = 60
path = sys.argv[1]
rng = np.random.default_rng(0)
model = ProgressiveUMAP(
    engine="exact", n_neighbors=5, random_state=0, n_jobs=1, journal=path
)
number = 0
while True:
    rows = rng.normal(size=(20, 4)).astype(np.float32)
    ids = list(range(number, number + 20))
    model.partial_fit(rows, ids=ids)
    number += 20
    gone = None
    if number % 60 == 0:
        gone = number - 50
        print("removing", gone, flush=True)
        model.remove([gone])
    print("done", number, -1 if gone is None else gone, flush=True)
"""


@pytest.mark.parametrize("wait", [0.0, 0.15, 0.4, 0.9])
def test_a_killed_process_has_all_that_it_acknowledged_and_nothing_twice(tmp_path, wait):
    path = tmp_path / "j.db"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, os.fspath(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    said = [first, *process.stdout.read().splitlines()]
    process.wait()
    process.stdout.close()
    done = [line.split() for line in said if line.startswith("done") and len(line.split()) == 3]
    gone = {int(line[2]) for line in done} - {-1}
    asked = {int(line.split()[1]) for line in said if line.startswith("removing")}
    acknowledged = set(range(int(done[-1][1]))) - asked
    model = ProgressiveUMAP.resume(path)
    held = model.ids_.tolist()
    assert len(set(held)) == len(held)
    assert acknowledged <= set(held)
    assert not gone & set(held)
    # Beyond what was acknowledged there is at most the one batch that was being written.
    assert len(set(held) - acknowledged - asked) in (0, 20)
    assert model.snapshot().waiting == 0
    model.partial_fit(np.zeros((3, 4), dtype=np.float32))
    assert len(model.ids_) == len(held) + 3


def test_the_journals_calls_are_plain(rows, tmp_path):
    model = closed(
        stream(tmp_path / "j.db").partial_fit(rows[:20], ids=[2**63 - 1 - i for i in range(20)])
    )
    with sqlite3.connect(tmp_path / "j.db") as connection:
        kind, call, blob = connection.execute("SELECT kind, call, rows FROM calls").fetchone()
    connection.close()
    assert kind == "insert"
    assert json.loads(call)["ids"] == model.ids_.tolist()
    np.testing.assert_array_equal(np.frombuffer(blob, "<f4").reshape(20, 5), rows[:20])


def test_a_dropped_model_gives_its_journal_free_at_once(tmp_path):
    path = tmp_path / "rows.db"
    gc.disable()
    try:
        model = ProgressiveUMAP(journal=path, n_neighbors=5, random_state=0)
        model.partial_fit(np.random.default_rng(0).normal(size=(60, 4)))
        del model
        again = ProgressiveUMAP.resume(path)
        assert again.n_seen_ == 60
        again.close()
    finally:
        gc.enable()
