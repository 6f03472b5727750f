"""What there is to do: one task a fit, and which cells it fills."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from umapkit.reproduce._budget import Budget
from umapkit.reproduce._methods import METHODS
from umapkit.reproduce._published import TABLES
from umapkit.reproduce._sets import SETS

FIGURES = (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 18)
DIMENSIONS = (2, 64)
# Table 8: the paper's names of the variants.
VARIANTS = {
    "baseline": "Baseline",
    "aug": "+ Aug.",
    "umap": "+ UMAP (Euclidean)",
    "learned": "+ UMAP (learned)",
    "aug_learned": "+ Aug. + UMAP (learned)",
    "aug_umap": "+ Aug. + UMAP (Euclidean)",
}
# Figures that show tables, and those that need fits of their own.
_FIGURE_TABLE = {5: 2, 6: 3, 7: 4, 8: 5, 9: 6, 13: 7, 15: 8, 16: 8, 18: 8}
LOSS_DATA = ("mnist", "fashion_mnist", "retina")
LOSS_METHODS = ("parametric_umap", "direct_umap", "umap")


@dataclass(frozen=True)
class Task:
    """A fit.

    Attributes
    ----------
    data, method : str
        Names; for Table 8 the method is a variant.
    dimensions : int
        Of the map; 0 for Table 8.
    labels : str
        For Table 8 the labels a class; else empty.
    seed : int
        Of the fit.
    """

    data: str
    method: str
    dimensions: int
    labels: str
    seed: int

    @property
    def few(self) -> bool:
        """Whether it belongs to Table 8."""
        return bool(self.labels)

    @property
    def text(self) -> str:
        """Name it in a line."""
        what = f"{self.labels} labels a class" if self.few else f"{self.dimensions}-D"
        return f"{self.data}, {self.method}, {what}, seed {self.seed}"

    def file(self, budget: Budget) -> str:
        """Return the stem of the files that hold its results under a budget."""
        from umapkit import __version__

        told = {"task": asdict(self), "budget": budget.as_dict(), "version": __version__}
        text = json.dumps(told, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:10]
        size = f"{self.labels}labels" if self.few else f"{self.dimensions}d"
        return f"{self.data}-{self.method}-{size}-seed{self.seed}-{digest}"


@dataclass(frozen=True)
class Wanted:
    """What a run was asked for, checked.

    Attributes
    ----------
    tables, figures : tuple of int
        Of the paper.
    data, methods : tuple of str
        Sets and columns.
    seeds : tuple of int
        One fit each.
    """

    tables: tuple[int, ...]
    figures: tuple[int, ...]
    data: tuple[str, ...]
    methods: tuple[str, ...]
    seeds: tuple[int, ...]

    @property
    def needed_tables(self) -> set[int]:
        """Tables that are asked for, or shown by a figure that is."""
        return set(self.tables) | {_FIGURE_TABLE[f] for f in self.figures if f in _FIGURE_TABLE}

    def tasks(self, budget: Budget) -> list[Task]:
        """List the fits, set by set, the quick ones first."""
        found: dict[Task, None] = {}
        for name in self.data:
            for dimensions in DIMENSIONS:
                for method in self._columns(name, dimensions):
                    for seed in self.seeds:
                        found[Task(name, method, dimensions, "", seed)] = None
        quick = sorted(
            found, key=lambda t: (self.data.index(t.data), t.dimensions, _COST[t.method])
        )
        return quick + (self._few(budget) if 8 in self.needed_tables else [])

    def _columns(self, name: str, dimensions: int) -> Iterable[str]:
        for method in self.methods:
            about, card = SETS[name], METHODS[method]
            if dimensions > card.most or (dimensions != 2 and not about.tables):
                continue
            if self._needs(name, method, dimensions):
                yield method

    def _needs(self, name: str, method: str, dimensions: int) -> bool:
        """Whether a table or a figure that was asked for has the fit."""
        if 4 in self.figures and dimensions == 2:
            return True
        if not SETS[name].tables:
            return False
        if method == "direct_umap":
            losses = 10 in self.figures and name in LOSS_DATA and dimensions == 2
            return losses or (dimensions == 2 and bool(self.needed_tables & {2, 5, 6}))
        if self.needed_tables & {2, 3, 4, 5, 6}:
            return True
        if 7 in self.needed_tables and METHODS[method].decodes:
            return True
        losses = name in LOSS_DATA and dimensions == 2 and method in LOSS_METHODS
        speeds = method in ("umap", "parametric_umap", "pca", "tsne")
        return (10 in self.figures and losses) or (bool({11, 12} & {*self.figures}) and speeds)

    def _few(self, budget: Budget) -> list[Task]:
        return [
            Task(name, variant, 0, labels, seed)
            for name in budget.few_data
            if name in self.data
            for labels in budget.few_labels
            for variant in VARIANTS
            for seed in self.seeds
        ]


_COST = {name: i for i, name in enumerate(
    ("pca", "umap", "tsne", "ae", "vae", "parametric_umap", "umap_ae", "parametric_tsne",
     "direct_umap")
)}  # fmt: skip


def table_methods(table: int) -> tuple[str, ...]:
    """Return the columns of a table, in the paper's order."""
    if table == 7:
        return tuple(name for name, card in METHODS.items() if card.decodes)
    return tuple(name for name in METHODS if name != "direct_umap" or table in (2, 5, 6))


def check_numbers(asked: Iterable[int] | str, known: tuple[int, ...], what: str) -> tuple[int, ...]:
    """Return the tables or figures that were asked for, all of them for "all"."""
    if asked == "all":
        return known
    given: tuple[Any, ...] = (asked,) if isinstance(asked, str) else tuple(dict.fromkeys(asked))
    for number in given:
        if number not in known:
            there = ", ".join(map(str, known))
            msg = f"There is no {what} {number!r} to reproduce. There are: {there}, or 'all'."
            raise ValueError(msg)
    return given


def check_names(asked: Iterable[str] | str, known: Iterable[str], what: str) -> tuple[str, ...]:
    """Return the names that were asked for, without doubles."""
    if isinstance(asked, str):
        asked = (asked,)
    given, there = tuple(dict.fromkeys(asked)), tuple(known)
    if not given:
        msg = f"Give at least one {what} to reproduce. There are: {', '.join(there)}."
        raise ValueError(msg)
    for name in given:
        if name not in there:
            msg = f"There is no {what} {name!r} to reproduce. There are: {', '.join(there)}."
            raise ValueError(msg)
    return given


def table_title(table: int) -> str:
    """Return a table's heading."""
    titles = {
        2: "Trustworthiness (5 neighbours, first 10,000 training rows)",
        3: "Accuracy of the nearest neighbour on the map, test rows",
        4: "Accuracy of five nearest neighbours on the map, test rows",
        5: "Silhouette of the classes, training rows",
        6: "Clusters of k-means against classes (NMI), training rows",
        7: "Reconstruction, mean squared error in [0, 1], test rows",
        8: "Accuracy of classifiers of few labels, test rows",
    }
    assert set(titles) == set(TABLES)
    return f"Table {table}. {titles[table]}"
