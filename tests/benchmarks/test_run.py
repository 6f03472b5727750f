from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from _methods import METHODS, Ask
from _run import find_packages, run_method
from _scores import list_recall, map_scores
from _stages import STAGES, timed_stages
from _texts import SETS

from umapkit import TSNE, UMAP, find_neighbors
from umapkit.models import _fit, _tsne, _tsne_fit, _umap


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.npy"
    np.save(path, np.random.default_rng(0).normal(size=(120, 5)).astype(np.float32))
    return path


def test_a_method_runs_in_a_process_of_its_own(rows: Path):
    record, arrays = run_method(
        "umapkit", rows, Ask(n_neighbors=10), find_packages([]), new_rows=20, stages=True,
        components=True,
    )  # fmt: skip
    assert record["status"] == "ok"
    assert len(record["fit_s"]) == len(record["place_s"]) == 2
    assert 0 < len(record["one_row_s"]) <= 200
    assert set(record["stages_s"][0]) == {*STAGES, "rest"}
    assert record["components"] >= 1
    assert 10 < record["peak_mb"] < 10_000
    fitted = np.load(rows)[:100]
    assert arrays["embedding"].shape == (100, 2)
    assert arrays["placed"].shape == (20, 2)
    assert list_recall(fitted, arrays["lists"], 10, sample=100) == 1.0
    assert len(map_scores(fitted, np.arange(100) % 3, arrays["embedding"], sample=50)) == 4


@pytest.mark.parametrize("made", SETS)
def test_sparse_rows_go_to_the_process_as_they_are(made: str, tmp_path: Path):
    rows, labels = SETS[made](300, 400_000, 20)
    assert rows.shape == (300, 400_000)
    assert (np.diff(rows.indptr) == 20).all()
    assert rows.has_canonical_format
    assert (labels is None) == (made == "noise")
    path = tmp_path / "rows.npz"
    scipy.sparse.save_npz(path, rows)
    ask = Ask(n_neighbors=10, metric="cosine")
    record, arrays = run_method("umapkit", path, ask, find_packages([]), repeat=1)
    assert record["status"] == "ok", record
    assert arrays["embedding"].shape == (300, 2)
    assert record["peak_mb"] < 450  # 458 MiB as dense rows
    assert list_recall(rows, arrays["lists"], 10, sample=300, metric="cosine") == 1.0


def test_what_is_not_there_or_fails_or_takes_too_long_says_so(rows: Path):
    found = find_packages([])
    assert run_method("fastumap", rows, Ask(), found) == ({"status": "not installed"}, {})
    record, _ = run_method("umapkit-exact", rows, Ask(n_neighbors=1000), found)
    assert record["status"] == "failed"
    assert record["reason"].startswith("ValueError: n_neighbors=1000")
    record, _ = run_method("umapkit-exact", rows, Ask(), found, limit=0.01)
    assert (record["status"], record["reason"]) == ("failed", "not done after 0.01 s")


@pytest.mark.parametrize("method", ["umapkit-stream", "umapkit-densmap", "umapkit-tsne"])
def test_the_other_methods_of_umapkit_give_a_map(method: str, rows: Path):
    record, arrays = run_method(method, rows, Ask(n_neighbors=10), find_packages([]), repeat=1)
    assert record["status"] == "ok", record
    assert arrays["embedding"].shape == (120, 2)


def test_packages_are_looked_for_in_the_peers_interpreter():
    found = find_packages([sys.executable])
    assert found["umapkit"].python == sys.executable
    assert set(found) <= {card.distribution for card in METHODS.values()}


def test_recall_counts_others_wherever_the_row_itself_stands():
    rows = np.random.default_rng(1).normal(size=(200, 4)).astype(np.float32)
    right = find_neighbors(rows, n_neighbors=6, method="exact").indices
    others = right[:, 1:]
    for lists in (right, others, np.hstack([others, right[:, :1]]), right.astype(np.int64)):
        assert list_recall(rows, lists, 6, sample=200) == 1.0
    assert list_recall(rows, others[:, :3], 6, sample=200) == pytest.approx(3 / 5)
    wrong = find_neighbors(-rows[::-1].copy(), n_neighbors=6, method="exact").indices
    assert list_recall(rows, wrong, 6, sample=200) < 0.3


@pytest.mark.parametrize("model", [UMAP(n_epochs=5), TSNE(n_epochs=5)], ids=["UMAP", "TSNE"])
def test_stages_add_up_and_leave_no_trace(model):
    modules = {"_fit": _fit, "_tsne": _tsne, "_tsne_fit": _tsne_fit, "_umap": _umap}

    def now():
        dotted = [name for names in STAGES.values() for name in names]
        return {d: getattr(modules[d.split(".")[0]], d.split(".")[1]) for d in dotted}

    before = now()
    rows = np.random.default_rng(0).normal(size=(100, 3))
    with timed_stages() as seconds:
        model.set_params(random_state=0).fit(rows)
    assert all(taken > 0 for taken in seconds.values())
    assert now() == before
