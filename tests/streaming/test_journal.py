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

from .streams import stream


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
    model.save(tmp_path / "model")
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
        kind, call = connection.execute("SELECT kind, call FROM calls").fetchone()
        ((blob,),) = connection.execute("SELECT value FROM rows").fetchall()
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


@pytest.mark.parametrize(
    "labels",
    [
        lambda n: [["a", float("nan")][i % 2] for i in range(n)],
        lambda n: [["a", "b", -1][i % 3] for i in range(n)],
        lambda n: [["a", "", None, "-1"][i % 4] for i in range(n)],
        lambda n: np.array([[1.5, np.nan, np.inf][i % 3] for i in range(n)]),
        lambda n: np.array([[np.int64(3), None, np.float32(0.1)][i % 3] for i in range(n)], object),
        lambda n: np.arange(n) % 3 - 1,
        lambda n: np.arange(n) % 2 == 0,
    ],
    ids=["word nan", "word -1", "empty none", "floats", "scalars", "integers", "truth"],
)
def test_labels_that_are_not_known_are_not_known_afterwards(rows, tmp_path, labels):
    model = stream(tmp_path / "j.db").partial_fit(rows[:60], labels(60))
    model.partial_fit(rows[60:100], labels(40)[::-1])
    model.update([5, 7], rows[100:102], labels(2))
    again = ProgressiveUMAP.resume(closed(model).journal, n_jobs=1)
    assert again._classes == model._classes
    np.testing.assert_array_equal(again._stream.labels, model._stream.labels)
    np.testing.assert_array_equal(again.embedding_, model.embedding_)


@pytest.mark.parametrize("kind", ["string", "Int64"])
def test_the_missing_labels_of_pandas_are_not_known(rows, tmp_path, kind):
    pandas = pytest.importorskip("pandas")
    values = ["a" if kind == "string" else 4, None] * 30
    labels = pandas.Series(values, dtype=kind)
    model = stream(tmp_path / "j.db").partial_fit(rows[:60], labels)
    again = ProgressiveUMAP.resume(closed(model).journal, n_jobs=1)
    assert again._classes == model._classes == {values[0]: 0}
    np.testing.assert_array_equal(again.embedding_, model.embedding_)


def test_a_journal_without_calls_is_taken_up(rows, tmp_path):
    path = tmp_path / "j.db"
    model = stream(path, metric="cosine")
    model._rows(rows[:9, :4], reset=True)
    _journal.Journal.begin(model, 0, 4).close()  # killed before the first call
    again = ProgressiveUMAP.resume(path, n_jobs=1)
    assert again.random_state == 0
    again.partial_fit(rows[:50])
    once_more = ProgressiveUMAP.resume(closed(again).journal, n_jobs=1)
    assert once_more.n_seen_ == 50
    plain = stream(metric="cosine").partial_fit(rows[:50])
    np.testing.assert_array_equal(once_more.embedding_, plain.embedding_)


def test_the_journals_of_many_short_runs_are_compacted(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(_journal, "_LEAST_ROWS", 60)
    path = tmp_path / "j.db"
    closed(stream(path).partial_fit(rows[:40]))
    for at in range(40, 240, 40):
        closed(ProgressiveUMAP.resume(path, n_jobs=1).partial_fit(rows[at : at + 40]))
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM calls").fetchone()[0] <= 3
        assert connection.execute("SELECT count(*) FROM state").fetchone()[0] > 20
        held = "SELECT count(*) FROM rows WHERE number NOT IN (SELECT number FROM calls)"
        assert connection.execute(held).fetchone()[0] == 0
    connection.close()
    again = ProgressiveUMAP.resume(path, n_jobs=1)
    assert again.n_seen_ == 240


def test_a_step_after_which_the_state_is_written_is_not_repeated(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(_journal, "_LEAST_ROWS", 60)
    model = stream(tmp_path / "j.db").partial_fit(rows[:100])
    model.step(operations=100)
    again = ProgressiveUMAP.resume(closed(model).journal, n_jobs=1)
    assert (again.n_operations_, again.steps_) == (model.n_operations_, model.steps_)
    np.testing.assert_array_equal(again.embedding_, model.embedding_)


def test_a_large_call_is_written_in_parts(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(_journal, "_PART", 1000)
    model = stream(tmp_path / "j.db")
    model.partial_fit(rows[:300]).update([1, 2], rows[400:402]).remove([5])
    closed(model)
    with sqlite3.connect(tmp_path / "j.db") as connection:
        sizes = connection.execute("SELECT number, length(value) FROM rows").fetchall()
    connection.close()
    assert sizes == [(1, 1000)] * 6 + [(2, 40)]
    again = ProgressiveUMAP.resume(tmp_path / "j.db", n_jobs=1)
    np.testing.assert_array_equal(again.embedding_, model.embedding_)


def test_a_call_that_is_refused_when_repeated_is_named(rows, tmp_path):
    path = tmp_path / "j.db"
    closed(stream(path).partial_fit(rows[:50]).remove([3]))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE calls SET call = replace(call, '[3]', '[77]') WHERE number = 2")
    connection.close()
    with pytest.raises(ValueError, match=r"call 2 \(remove\) is refused now, with KeyError"):
        ProgressiveUMAP.resume(path)


FORKER = """
import os
import sys
import numpy as np
from umapkit import ProgressiveUMAP

path, end = sys.argv[1:]
rows = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
model = ProgressiveUMAP(engine="exact", n_neighbors=5, random_state=0, n_jobs=1, journal=path)
model.partial_fit(rows[:50])
child = os.fork()
if child == 0:
    if end == "write":
        try:
            model.step(operations=1)
        except ValueError as error:
            print(error, flush=True)
    if end in ("write", "close"):
        model.close()
        model.partial_fit(rows[80:90])
    if end == "delete":
        del model
    sys.exit(0)
os.waitpid(child, 0)
model.partial_fit(rows[50:80])
print("held", model.n_seen_, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="There is no fork here.")
@pytest.mark.parametrize("end", ["exit", "delete", "close", "write"])
def test_a_forked_copy_leaves_the_journal_to_its_process(tmp_path, end):
    path = tmp_path / "j.db"
    done = subprocess.run(
        [sys.executable, "-c", FORKER, os.fspath(path), end],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "held 80" in done.stdout, done.stderr
    assert ("forked copy" in done.stdout) == (end == "write")
    assert "Traceback" not in done.stderr
    assert ProgressiveUMAP.resume(path, n_jobs=1).n_seen_ == 80
