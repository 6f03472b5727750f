from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from umapkit.reproduce import PAPER, SMALL, Budget, _run, reproduce
from umapkit.reproduce._tasks import FIGURES, Task, Wanted

EVERYTHING = Wanted(
    (2, 3, 4, 5, 6, 7, 8), FIGURES, ("mnist", "retina"), ("pca", "umap", "ae", "parametric_tsne"),
    (0,),
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"tables": [9]}, "no table 9 .* 2, 3, 4"),
        ({"figures": [14]}, "no figure 14 .* or 'all'"),
        ({"tables": "some"}, "no table 'some'"),
        ({"data": ["mnst"]}, "no set 'mnst' .* mnist"),
        ({"data": []}, "at least one set"),
        ({"methods": "umapp"}, "no method 'umapp' .* parametric_umap"),
        ({"budget": "huge"}, "no budget 'huge'. There are: small, paper"),
        ({"seeds": []}, "seeds=.* one or more"),
        ({"seeds": [-1]}, "0 or larger"),
        ({"device": "abacus"}, "device='abacus'"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_words(asked: dict, words: str, tmp_path: Path):
    with pytest.raises(ValueError, match=words):
        reproduce(tmp_path / "new", **asked)
    assert not (tmp_path / "new").exists()


def test_a_table_asks_for_its_fits_only():
    def names(
        *, tables: tuple[int, ...] = (), figures: tuple[int, ...] = ()
    ) -> set[tuple[str, str, int]]:
        wanted = replace(EVERYTHING, tables=tables, figures=figures)
        return {(t.data, t.method, t.dimensions) for t in wanted.tasks(SMALL)}

    assert names() == set()
    assert ("mnist", "pca", 64) in names(tables=(2,))
    assert not any(method == "parametric_tsne" for _, method, _ in names(tables=(7,)))
    assert {d for _, _, d in names(figures=(4,))} == {2}
    assert names(figures=(10,)) == {("mnist", "umap", 2), ("retina", "umap", 2)}
    assert names(figures=(5,)) == names(tables=(2,))
    assert {m for _, m, _ in names(tables=(8,))} >= {"baseline", "aug_learned"}


def test_the_papers_networks_are_left_to_a_gpu_unless_one_insists(monkeypatch: pytest.MonkeyPatch):
    import torch

    import umapkit.parametric

    monkeypatch.setattr(umapkit.parametric, "choose_device", lambda _: torch.device("cpu"))
    left = _run.refused(EVERYTHING, PAPER, "auto")
    assert "needs a GPU" in left[Task("mnist", "ae", 2, "", 0)]
    assert Task("mnist", "umap", 2, "", 0) not in left
    assert Task("retina", "ae", 2, "", 0) not in left  # a small network: minutes
    assert Task("retina", "parametric_tsne", 2, "", 0) in left
    assert _run.refused(EVERYTHING, PAPER, "cpu") == {}
    assert _run.refused(EVERYTHING, SMALL, "auto") == {}
    monkeypatch.setattr(umapkit.parametric, "choose_device", lambda _: torch.device("cuda"))
    assert _run.refused(EVERYTHING, PAPER, "auto") == {}


def test_without_torch_the_networks_say_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_run, "find_spec", lambda name: None if name == "torch" else object())
    left = _run.refused(EVERYTHING, SMALL, "auto")
    assert "pip install" in left[Task("mnist", "ae", 2, "", 0)]
    assert {task.method for task in left} & {"umap", "pca"} <= {"umap"}  # a variant of Table 8


def test_the_paper_is_what_the_defaults_are():
    assert Budget() == PAPER
    assert PAPER.compared() == []
    assert ("passes of the autoencoder", "50", "10") in SMALL.compared()
