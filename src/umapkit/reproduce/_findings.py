"""Measured and published numbers of one cell, and what to say of the two."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Literal

from umapkit.reproduce._methods import METHODS
from umapkit.reproduce._notes import ARTEFACTS
from umapkit.reproduce._published import LOWER_IS_BETTER, Published, by_cell
from umapkit.reproduce._sets import SETS
from umapkit.reproduce._store import Result, Store
from umapkit.reproduce._tasks import Task, Wanted

State = Literal["within", "better", "worse", "artefact", "alone", "empty"]


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes
    ----------
    metric : str
        What it holds.
    measured : float or None
        Mean over the seeds that were finished.
    spread : float or None
        Standard deviation over the seeds, of two or more.
    published : Published or None
        The paper's number.
    state : str
        "within" the tolerance, "better" or "worse" beyond it; "artefact": the published number is
        not to be compared; "alone": there is nothing to compare with; "empty".
    size : str
        What was smaller than in the paper, or than was asked for; or empty.
    reason : str
        Why it is empty.
    """

    metric: str
    measured: float | None
    spread: float | None
    published: Published | None
    state: State
    size: str = ""
    reason: str = ""


@dataclass
class Findings:
    """All that is known at the end of a run.

    Attributes
    ----------
    store : Store
        Results.
    wanted : Wanted
        What was asked for.
    missing : dict of str to str
        Sets that are not there, and why.
    refused, failed : dict of Task to str
        Fits that were not tried, or ended with an error, and why.
    sizes : dict of str to tuple
        Of the sets that are there: training rows here and in the paper, test rows, columns, split.
    """

    store: Store
    wanted: Wanted
    missing: dict[str, str] = field(default_factory=dict)
    refused: dict[Task, str] = field(default_factory=dict)
    failed: dict[Task, str] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int, int, int, str]] = field(default_factory=dict)
    _read: dict[Task, Result] = field(default_factory=dict)

    def results(self, data: str, method: str, dimensions: int, labels: str) -> list[Result]:
        """Return the finished fits of a cell, one a seed."""
        found = []
        for seed in self.wanted.seeds:
            task = Task(data, method, dimensions, labels, seed)
            if task not in self._read:
                result = self.store.read(task)
                if result is None:
                    continue
                self._read[task] = result
            found.append(self._read[task])
        return found

    def measured(
        self, data: str, method: str, dimensions: int, labels: str, metric: str
    ) -> float | None:
        """Return a cell's mean over the seeds, None where it is empty."""
        return self.cell(data, method, dimensions, labels, metric).measured

    def cell(self, data: str, method: str, dimensions: int, labels: str, metric: str) -> Cell:
        """Look a cell up."""
        number = by_cell().get((data, method, dimensions, labels, metric))
        results = self.results(data, method, dimensions, labels)
        values = [result.values[metric] for result in results if metric in result.values]
        if not values:
            reason = self._reason(data, method, dimensions, labels, metric, done=bool(results))
            return Cell(metric, None, None, number, "empty", reason=reason)
        mean = statistics.fmean(values)
        spread = statistics.stdev(values) if len(values) > 1 else None
        size = str(results[0].facts["size"])
        if metric == "nmi":
            size = "; ".join(filter(None, [size, self.store.budget.clustering(dimensions)]))
        seeds = len(self.wanted.seeds)
        if len(values) < seeds:
            size = "; ".join(filter(None, [size, f"{len(values)} of {seeds} seeds"]))
        return Cell(metric, mean, spread, number, judged(metric, mean, number), size)

    def _reason(
        self, data: str, method: str, dimensions: int, labels: str, metric: str, *, done: bool
    ) -> str:
        if data in self.missing:
            return self.missing[data]
        if labels:
            return self._few_reason(data, method, labels)
        card = METHODS[method]
        if dimensions > card.most:
            return card.why
        if done:
            return f"{card.title} has no {metric} here: {_WITHOUT.get(metric, 'not measured')}"
        return self._not_done(data, method, dimensions, labels)

    def _few_reason(self, data: str, variant: str, labels: str) -> str:
        budget = self.store.budget
        if data in budget.few_data and labels in budget.few_labels:
            return self._not_done(data, variant, 0, labels)
        sets = ", ".join(SETS[name].title for name in budget.few_data)
        counts = ", ".join(budget.few_labels)
        return f"budget {budget.name}: {sets} with {counts} labels a class only"

    def _not_done(self, data: str, method: str, dimensions: int, labels: str) -> str:
        for seed in self.wanted.seeds:
            task = Task(data, method, dimensions, labels, seed)
            for known in (self.refused, self.failed):
                if task in known:
                    return known[task]
        if data not in self.wanted.data:
            return f"not asked for: --data {data}"
        if method not in self.wanted.methods and not labels:
            return f"not asked for: --methods {method}"
        tasks = self.wanted.tasks(self.store.budget)
        if Task(data, method, dimensions, labels, self.wanted.seeds[0]) not in tasks:
            return "not asked for: no table or figure of this run needs the fit"
        return "not finished: give the command again to go on"


_WITHOUT = {
    "silhouette": "the set has no classes",
    "nmi": "the set has no classes",
    "knn1": "the method places no new rows, or the set has no classes",
    "knn5": "the method places no new rows, or the set has no classes",
    "mse": "it makes no rows of places",
    "round_trip_ms": "it makes no rows of places",
    "embed_ms": "it places no new rows",
    "edge_loss": "it has no graph",
}


def judged(metric: str, value: float, number: Published | None) -> State:
    """Compare a measured number with the published one."""
    if number is None or number.tolerance is None:
        return "alone"
    if number.note in ARTEFACTS:
        return "artefact"
    gain = value - number.value
    if metric in LOWER_IS_BETTER:
        gain = -gain
    # Errors are printed with four places, some tolerances are finer: what prints alike is alike.
    rounding = 0.5e-4 if metric == "mse" else 0.0
    if abs(gain) <= number.tolerance + rounding + 1e-9:
        return "within"
    return "better" if gain > 0 else "worse"
