"""Table 8: classifiers of few labels, with and without UMAP's loss."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.parametric import SemiSupervisedUMAP
from umapkit.reproduce._budget import Budget
from umapkit.reproduce._sets import Parts
from umapkit.reproduce._store import Result
from umapkit.reproduce._tasks import Task

_POLICY = {"mnist": "mnist", "fashion_mnist": "fashion", "cifar10": "cifar"}


def fit_few(task: Task, parts: Parts, budget: Budget, n_jobs: int | None, device: str) -> Result:
    """Fit one variant and judge it on test rows.

    As in the paper the variants with UMAP's loss begin with the steps of their baseline, and the
    labelled rows are the first of each class.
    """
    rows, new = parts.rows[: budget.few_rows], parts.new[: budget.few_new]
    assert parts.labels is not None
    assert parts.new_labels is not None
    known = first_labels(parts.labels[: len(rows)], task.labels)
    told: dict[str, Any] = {"umap_weight": 1.0, "n_steps": budget.few_steps}
    if task.method in ("baseline", "aug"):
        told = {"umap_weight": 0.0, "n_steps": budget.few_baseline_steps + budget.few_steps}
    else:
        told["supervised_steps"] = budget.few_baseline_steps
    if "learned" in task.method:
        told |= {"graph": "activations", "graph_steps": budget.few_graph_steps}
    if "aug" in task.method:
        told["augmentation"] = _POLICY.get(parts.about.name, "mnist")
    image = parts.shape is not None and min(parts.shape[1:]) >= 28
    begin, spent = time.perf_counter(), time.process_time()
    model = SemiSupervisedUMAP(
        "cnn13" if image else "mlp",
        width=budget.few_width,
        n_components=budget.few_components,
        label_smoothing=0.2,
        batch_size=budget.few_batch,
        labelled_batch_size=budget.few_labelled,
        scaling="none",
        input_shape=parts.shape,
        random_state=task.seed,
        device=device,
        n_jobs=n_jobs,
        **told,
    ).fit(parts.scaled(rows), known)
    fitted = time.perf_counter() - begin
    accuracy = float((model.predict(parts.scaled(new)) == parts.new_labels[: len(new)]).mean())
    facts = {
        "rows": len(rows),
        "fit_s": fitted,
        "score_s": time.perf_counter() - begin - fitted,
        "cpu_s": time.process_time() - spent,
        "size": smaller(len(rows), parts.about.rows, budget),
        "device": device,
        "source": parts.source,
    }
    return Result({"accuracy": accuracy}, facts)


def smaller(rows: int, published: int, budget: Budget) -> str:
    """Say what of a fit of so many rows is smaller than in the paper; empty if nothing is."""
    steps, full = (b.few_baseline_steps + b.few_steps for b in (budget, Budget()))
    parts = (
        (budget.few_width < 1, f"width {budget.few_width:g}"),
        (rows < published, f"{rows:,} of {published:,} rows"),
        (steps < full, f"{steps:,} of {full:,} steps"),
    )
    return ", ".join(text for less, text in parts if less)


def first_labels(labels: NDArray[np.int64], count: str) -> NDArray[np.int64]:
    """Keep the labels of the first `count` rows of each class, or all for "full"; -1 elsewhere."""
    if count == "full":
        return labels.copy()
    known = np.full(len(labels), -1, dtype=np.int64)
    for label in np.unique(labels):
        chosen = np.flatnonzero(labels == label)[: int(count)]
        known[chosen] = label
    return known
