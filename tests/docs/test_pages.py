"""What the pages say about the package is compared with the package."""

from __future__ import annotations

import inspect
import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from umapkit import UMAP

from .pages import PAGES, ROOT, anchors, blocks, links, named, prose, table_rows

DOCS = ROOT / "docs"
# The constructor of umap-learn 0.5.12.
THEIRS = [
    "n_neighbors",
    "n_components",
    "metric",
    "metric_kwds",
    "output_metric",
    "output_metric_kwds",
    "n_epochs",
    "learning_rate",
    "init",
    "min_dist",
    "spread",
    "low_memory",
    "n_jobs",
    "set_op_mix_ratio",
    "local_connectivity",
    "repulsion_strength",
    "negative_sample_rate",
    "transform_queue_size",
    "a",
    "b",
    "random_state",
    "angular_rp_forest",
    "target_n_neighbors",
    "target_metric",
    "target_metric_kwds",
    "target_weight",
    "transform_seed",
    "transform_mode",
    "force_approximation_algorithm",
    "verbose",
    "tqdm_kwds",
    "unique",
    "densmap",
    "dens_lambda",
    "dens_frac",
    "dens_var_shift",
    "output_dens",
    "disconnection_distance",
    "precomputed_knn",
]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_between_pages_resolve(page: Path):
    for text, target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), (text, target)
        if anchor:
            assert anchor in anchors(file), (text, target)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_test_that_a_page_names_is_in_the_file_it_links(page: Path):
    for text, target in links(page):
        name = text.strip("`")
        if name.startswith("test_"):
            assert f"def {name}(" in (page.parent / target).read_text(encoding="utf-8"), target


def test_the_readme_links_every_guarantee_to_a_test():
    rows = table_rows(ROOT / "README.md", "Guarantees")
    assert len(rows) >= 6
    assert [row for row in rows if "(tests/" not in row[1]] == []


def test_every_page_is_in_the_index():
    listed = {(DOCS / target.split("#")[0]).resolve() for _, target in links(DOCS / "README.md")}
    pages = {p.resolve() for p in DOCS.rglob("*.md")} - {DOCS / "README.md"}
    assert sorted(map(named, pages - listed)) == []


def test_pictures_are_small_used_and_made_by_the_tool():
    shown = {
        (page.parent / target).resolve() for page in PAGES for _, target in links(page)
        if target.endswith(".png")
    }  # fmt: skip
    kept = set((DOCS / "pictures").iterdir())
    assert kept == shown
    assert [p.name for p in kept if p.stat().st_size > 200_000] == []
    pytest.importorskip("matplotlib")
    spec = spec_from_file_location("pictures", ROOT / "tools" / "pictures.py")
    assert spec is not None
    assert spec.loader is not None
    tool = module_from_spec(spec)
    sys.modules["pictures"] = tool
    spec.loader.exec_module(tool)
    assert {p.stem for p in kept} == set(tool.PICTURES)


def test_pictures_are_described_in_words():
    for page in PAGES:
        for text, target in links(page):
            assert not target.endswith(".png") or len(text) > 30, (named(page), target)


def parameters_of_umap() -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(UMAP).parameters)


def test_the_page_of_parameters_names_them_all_with_their_defaults():
    text = (DOCS / "parameters.md").read_text(encoding="utf-8")
    for name, parameter in parameters_of_umap().items():
        row = [line for line in text.splitlines() if line.startswith(f"| `{name}`")]
        assert len(row) == 1, name
        default = parameter.default
        shown = f'"{default}"' if isinstance(default, str) else str(default)
        assert row[0].split(" | ")[1].strip("`") == shown, name


def test_the_page_for_users_of_umap_learn_is_right_about_our_parameters():
    rows = table_rows(DOCS / "coming-from-umap-learn.md", "Constructor parameters")
    named_there = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert named_there == THEIRS
    ours = parameters_of_umap()
    for row in rows:
        for name in re.findall(r"`(\w+)`", row[0]):
            verdict = row[1].split(",")[0]
            assert verdict in {"same", "changed", "not yet", "gone"}, row
            assert (name in ours) == (verdict in {"same", "changed"}), row


def test_methods_said_to_be_missing_are_missing_and_the_others_are_there():
    rows = table_rows(DOCS / "coming-from-umap-learn.md", "Methods and attributes")
    attributes = (inspect.getdoc(UMAP) or "").split("Attributes\n")[1]
    for row in rows:
        for name in re.findall(r"`(\w+)", row[0]):
            there = hasattr(UMAP, name) or re.search(rf"\b{name}\b", attributes) is not None
            assert there == (row[1].split(",")[0] in {"same", "changed"}), (name, row)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_blocks_are_doctests(page: Path):
    for language, text in blocks(page):
        if language == "python":
            assert text.startswith(">>> "), text
            assert text.endswith("\n\n") or text.splitlines()[-1].startswith((">>>", "...")), text


def test_no_page_praises_itself():
    hype = r"\b(blazing\w*|revolutionary|cutting-edge|state-of-the-art|amazing|seamless\w*)\b"
    assert [named(p) for p in PAGES if re.search(hype, prose(p), re.IGNORECASE)] == []
