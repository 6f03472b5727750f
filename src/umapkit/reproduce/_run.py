"""Do what is missing, then write the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from umapkit.reproduce._budget import BUDGETS, Budget
from umapkit.reproduce._findings import Findings
from umapkit.reproduce._methods import METHODS, Made, Setting
from umapkit.reproduce._page import write_pages
from umapkit.reproduce._published import TABLES
from umapkit.reproduce._scores import score
from umapkit.reproduce._sets import DEFAULT, SETS, Parts, load_parts, why_missing
from umapkit.reproduce._store import Result, Store
from umapkit.reproduce._tasks import FIGURES, Task, Wanted, check_names, check_numbers

_DRAWN = 10_000  # points of a map that are kept for the pictures, at most


@dataclass
class Reproduction:
    """What a run left behind.

    Attributes
    ----------
    page : Path
        One HTML file with everything in it.
    markdown : Path
        The same as text, with its pictures beside.
    results : Path
        All results of the folder, parquet.
    fitted : int
        Fits that were made in this run; others were there.
    failed : dict of str to str
        Fits that ended with an error and sets that cannot be read, and why.
    """

    page: Path
    markdown: Path
    results: Path
    fitted: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def _silent(text: str) -> None:
    del text


def reproduce(
    out: str | Path = "reproduction",
    *,
    tables: Iterable[int] | str = "all",
    figures: Iterable[int] | str = "all",
    data: Iterable[str] | str = DEFAULT,
    methods: Iterable[str] | str = tuple(METHODS),
    budget: str | Budget = "small",
    seeds: Iterable[int] = (0,),
    device: str = "auto",
    n_jobs: int | None = None,
    say: Callable[[str], None] = _silent,
) -> Reproduction:
    """Compute the tables and figures of the Parametric UMAP paper, beside the published numbers.

    Every fit is written as soon as it is done, so that a run that was stopped, in whatever way,
    goes on where it was.

    Parameters
    ----------
    out : path, default "reproduction"
        Folder of the results and the page; that of an earlier run is completed.
    tables : sequence of int or "all"
        2 to 8.
    figures : sequence of int or "all"
        4 to 13, 15, 16, 18.
    data : sequence of str
        Names of sets: the paper's vireo, cifar10, fashion_mnist, retina, mnist, and moons and bison
        for Fig. 4; birdsong, pbmc, digits and mammoth can be asked for beside.
    methods : sequence of str
        tsne, parametric_tsne, umap, parametric_umap, umap_ae, ae, vae, pca, direct_umap.
    budget : {"small", "paper"} or Budget, default "small"
        Sizes: about half an hour on two cores, or the paper's.
    seeds : sequence of int, default (0,)
        One fit each; the page shows means.
    device : str, default "auto"
        Of the networks. With "auto" and no accelerator the paper's image networks are left out, and
        their cells say so.
    n_jobs : int or None
        Threads; None for all cores.
    say : callable, optional
        Given a line of text after every fit.

    Returns
    -------
    Reproduction
        Paths, and what failed.

    Raises
    ------
    ValueError
        If a table, figure, set, method, budget or device is not known, or there is no seed.
    ImportError
        If pyarrow or matplotlib is not installed.
    KeyboardInterrupt
        On Ctrl-C, after the page was written with what there is.

    Examples
    --------
    >>> from umapkit.reproduce import reproduce
    >>> made = reproduce(tables=[2], figures=[], data="mnist", methods="pca")  # doctest: +SKIP
    """
    sizes = _budget(budget)
    wanted = Wanted(
        check_numbers(tables, tuple(TABLES), "table"),
        check_numbers(figures, FIGURES, "figure"),
        check_names(data, SETS, "set"),
        check_names(methods, METHODS, "method"),
        _seeds(seeds),
    )
    for package, extra in (("pyarrow", "tables"), ("matplotlib", "plot")):
        if find_spec(package) is None:
            msg = f'The tables and pictures need {package}: pip install "umapkit[{extra}]".'
            raise ImportError(msg)
    left = refused(wanted, sizes, device)
    store = Store(Path(out), sizes)
    findings = Findings(store, wanted, refused=left)
    run = _Run(findings, sizes, device, n_jobs, say)
    try:
        run.all()
    finally:
        # Whatever was reached is shown: a cell that was not says so.
        page, markdown = write_pages(findings)
        results = store.gather()
    return Reproduction(page, markdown, results, run.fitted, run.failed)


def _budget(budget: str | Budget) -> Budget:
    if isinstance(budget, Budget):
        return budget
    if budget not in BUDGETS:
        msg = f"There is no budget {budget!r}. There are: {', '.join(BUDGETS)}."
        raise ValueError(msg)
    return BUDGETS[budget]


def _seeds(seeds: Iterable[int]) -> tuple[int, ...]:
    given = tuple(dict.fromkeys(int(seed) for seed in seeds))
    if not given or min(given) < 0:
        msg = f"seeds={given!r} are not allowed. Give one or more whole numbers, 0 or larger."
        raise ValueError(msg)
    return given


def refused(wanted: Wanted, budget: Budget, device: str) -> dict[Task, str]:
    """Say which fits cannot be made here, and why."""
    tasks = [t for t in wanted.tasks(budget) if t.few or METHODS[t.method].network]
    if not tasks:
        return {}
    if find_spec("torch") is None:
        why = "needs torch: pip install 'umapkit[parametric]'"
        return dict.fromkeys(tasks, why)
    from umapkit.parametric import choose_device

    found = choose_device(device)  # a wrong name ends here, not in every fit
    if device != "auto" or budget.networks == "mlp" or found.type != "cpu":
        return {}
    why = (
        "needs a GPU: hours on a CPU at the paper's size; --device cpu does it all the same, "
        "--budget small takes smaller networks"
    )
    heavy = ("parametric_tsne", "direct_umap")
    return {t: why for t in tasks if t.few or SETS[t.data].network != "mlp" or t.method in heavy}


@dataclass
class _Run:
    findings: Findings
    budget: Budget
    device: str
    n_jobs: int | None
    say: Callable[[str], None]
    fitted: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    _parts: Parts | None = None
    _sources: dict[str, str] = field(default_factory=dict)

    def all(self) -> None:
        """Do the tasks that are not done."""
        findings, store = self.findings, self.findings.store
        tasks = findings.wanted.tasks(self.budget)
        for number, task in enumerate(tasks, start=1):
            if task in findings.refused or (store.has(task) and not self._stale(task)):
                continue
            parts = self._load(task.data)
            if parts is None:
                continue
            done = f"{number}/{len(tasks)} {task.text}"
            if store.has(task):
                store.drop(task)
                self.say(f"{done}: the data is not what it was made of; fitted anew")
            try:
                result, arrays = self._do(task, parts)
            except Exception as error:  # one fit that fails must not take the others with it
                first = (str(error).strip().splitlines() or [""])[0]
                why = f"{type(error).__name__}: {first}"
                self.failed[task.text] = why
                findings.failed[task] = f"failed: {why}"
                self.say(f"{done}: failed: {why}")
                continue
            store.write(task, result, arrays)
            self.fitted += 1
            facts = result.facts
            seconds = (facts[name] for name in ("fit_s", "score_s", "cpu_s"))
            self.say("{}: {:.1f} s, scores {:.1f} s, processor {:.1f} s".format(done, *seconds))
        # What was finished before has its sizes on the page, too.
        for name in findings.wanted.data:
            if name not in findings.sizes and name not in findings.missing:
                self._load(name)

    def _load(self, name: str) -> Parts | None:
        if self._parts is not None and self._parts.about.name == name:
            return self._parts
        if name in self.findings.missing:
            return None
        self._parts = None  # two sets are never held at once
        try:
            self._parts = parts = load_parts(name, self.budget)
        except Exception as error:  # one set must not take the others with it
            self.findings.missing[name] = why = why_missing(name, error)
            if not isinstance(error, FileNotFoundError | ConnectionError):
                self.failed[f"{name}, all fits"] = why
            self.say(f"{name}: {why}")
            return None
        self._sources[name] = parts.source
        self.findings.sizes[name] = (
            len(parts.rows), parts.about.rows, len(parts.new), parts.rows.shape[1], parts.split,
        )  # fmt: skip
        return parts

    def _stale(self, task: Task) -> bool:
        """Whether a finished fit was made of other data than is there now.

        Where the data is not there any more, what was measured stays.
        """
        if task.data not in self._sources and self._load(task.data) is None:
            return False
        result = self.findings.store.read(task)
        rows = self.findings.sizes[task.data][0]
        if task.few and self.budget.few_rows is not None:
            rows = min(rows, self.budget.few_rows)
        made_of = (rows, self._sources[task.data])
        return result is not None and (result.facts["rows"], result.facts["source"]) != made_of

    def _do(self, task: Task, parts: Parts) -> tuple[Result, dict[str, Any]]:
        if task.few:
            from umapkit.reproduce._few import fit_few

            return fit_few(task, parts, self.budget, self.n_jobs, self.device), {}
        to = Setting(task.dimensions, task.seed, self.budget, self.n_jobs, self.device)
        begin, spent = time.perf_counter(), time.process_time()
        made = METHODS[task.method].fit(parts, to)
        fitted = time.perf_counter() - begin
        values = score(parts, made, to)
        small = made.size
        if not parts.whole:
            fewer = f"{len(parts.rows):,} of {parts.about.rows:,} rows"
            small = f"{small}, {fewer}" if small else fewer
        facts = {
            "rows": len(parts.rows),
            "fit_s": fitted,
            "score_s": time.perf_counter() - begin - fitted,
            "cpu_s": time.process_time() - spent,
            "size": small,
            "device": self.device,
            "source": parts.source,
        }
        return Result(values, facts), _kept(task, parts, made)


def _kept(task: Task, parts: Parts, made: Made) -> dict[str, Any]:
    """Return what the pictures want."""
    arrays: dict[str, Any] = {}
    if task.dimensions == 2:
        points = np.asarray(made.embedding, np.float32)
        step = max(1, -(-len(points) // _DRAWN))
        arrays["embedding"] = points[::step]
        color = parts.labels
        if color is not None:
            arrays["labels"] = color[::step].astype(np.int16)
        else:
            arrays["values"] = parts.rows[::step, -1]
    if made.curve is not None:
        arrays["curve"] = made.curve
    return arrays
