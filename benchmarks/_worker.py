"""Run by either interpreter: one method, on stored rows, in a process of its own.

Reads a task (JSON) from standard input and writes the answer, JSON too, to ``task["out"]``, with
the map and the lists beside it (.npz). Only the standard library is imported up here: the import
of numpy counts.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

_BASE = ("scipy.sparse", "scipy.sparse.linalg", "sklearn.base", "sklearn.utils.validation")
_ROWS_ALONE = 200  # single rows whose median is the latency
_WARM_UP = 20
_PATIENCE = 60.0  # seconds for them at most


def peak_mb() -> float:
    """Largest resident memory of this process so far.

    Linux hands getrusage's figure on from the parent to what it starts, so that a process never
    seems smaller than its parent was; VmHWM is the process's own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def clock(function: Any, *arguments: Any) -> tuple[float, Any]:
    """Call, and return what it took and gave."""
    began = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - began, result


def run(task: dict) -> tuple[dict, dict[str, Any]]:
    """Do the task; return the record and the arrays."""
    base, np = clock(importlib.import_module, "numpy")
    from _methods import METHODS, Ask

    card = METHODS[task["method"]]
    if card.uses_sklearn:
        base += clock(lambda: [importlib.import_module(name) for name in _BASE])[0]
    imported, _ = clock(importlib.import_module, card.module)
    rows = _load(task["rows"])
    split = rows.shape[0] - task["new_rows"]
    new, rows = rows[split:], rows[:split]
    ask = Ask(**task["ask"])
    record: dict = {"base_s": base, "import_s": imported, "fit_s": []}
    fit = None
    if task["warm_rows"]:
        card.fit(rows[: task["warm_rows"]], ask)
    for _ in range(task["repeat"]):
        fit = None  # so that two models are never held at once
        seconds, fit, stages = _fit(card, rows, ask, stages=task["stages"])
        record["fit_s"].append(seconds)
        if stages:
            record.setdefault("stages_s", []).append(stages)
    record["peak_mb"] = peak_mb()
    assert fit is not None
    arrays: dict[str, Any] = {}
    if fit.embedding is not None:
        arrays["embedding"] = np.asarray(fit.embedding, np.float32)
    if new.shape[0]:
        if fit.place is None:
            msg = "cannot place new rows"
            raise NotImplementedError(msg)
        calls = [clock(fit.place, new) for _ in range(task["repeat"])]
        record["place_s"] = [seconds for seconds, _ in calls]
        arrays["placed"] = np.asarray(calls[-1][1], np.float32)
        record["one_row_s"] = _latencies(fit.place, new)
    if task["components"]:
        from scipy.sparse.csgraph import connected_components

        record["components"] = int(connected_components(fit.model.graph_, directed=False)[0])
    for name in ("neighbor_recall_", "recall"):  # what umapkit itself says, from a sample
        if hasattr(fit.model, name):
            record["told_recall"] = float(getattr(fit.model, name))
    if fit.lists is None:
        return record, arrays
    try:
        lists = fit.lists()
        record["exact"] = lists is None
        if lists is not None:
            arrays["lists"] = np.asarray(lists).astype(np.int32)
    except Exception as error:
        record["lists_error"] = f"{type(error).__name__}: {error}"
    return record, arrays


def _load(path: str) -> Any:
    """Rows: .npy holds dense ones, .npz sparse ones."""
    if path.endswith(".npz"):
        from scipy.sparse import load_npz

        return load_npz(path)
    import numpy as np

    return np.load(path)


def _fit(card: Any, rows: Any, ask: Any, *, stages: bool) -> tuple[float, Any, dict[str, float]]:
    if not stages:
        return *clock(card.fit, rows, ask), {}
    from _stages import timed_stages

    with timed_stages() as parts:
        seconds, fit = clock(card.fit, rows, ask)
    return seconds, fit, {**parts, "rest": seconds - sum(parts.values())}


def _latencies(place: Any, new: Any) -> list[float]:
    """Seconds of single rows: up to 200 after 20 to warm up, as many as a minute allows."""
    begin, taken = time.perf_counter(), []
    for i in range(_WARM_UP + _ROWS_ALONE):
        row = i % len(new)
        taken.append(clock(place, new[row : row + 1])[0])
        if i > _WARM_UP and time.perf_counter() - begin > _PATIENCE:
            break
    return taken[_WARM_UP:]


def main() -> None:
    task = json.load(sys.stdin)
    warnings.filterwarnings("ignore")
    out = Path(task["out"])
    try:
        record, arrays = run(task)
        import numpy as np

        np.savez(out.with_suffix(".npz"), **arrays)
        answer = {"status": "ok", **record}
    except Exception as error:
        first = (str(error).strip().splitlines() or [""])[0]
        answer = {"status": "failed", "reason": f"{type(error).__name__}: {first}"}
    out.write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main()
