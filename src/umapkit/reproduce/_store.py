"""Results on disk: one file of parquet a finished task, complete or not there at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.reproduce._budget import Budget
from umapkit.reproduce._tasks import Task

_CELLS, _MAPS = "cells", "maps"


@dataclass(frozen=True, eq=False)
class Result:
    """What is known of a finished task.

    Attributes
    ----------
    values : dict of str to float
        Metrics.
    facts : dict
        "rows", "fit_s", "score_s", "cpu_s" (seconds of all threads, of both), "size" (what was
        smaller), "device", "source".
    """

    values: Mapping[str, float]
    facts: Mapping[str, Any]


class Store:
    """A folder of results.

    Parameters
    ----------
    folder : path
        Made where it is not there.
    budget : Budget
        Results of other budgets lie beside, and are not looked at.
    """

    def __init__(self, folder: Path, budget: Budget) -> None:
        self.folder, self.budget = folder, budget
        for name in (_CELLS, _MAPS):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def _cell(self, task: Task) -> Path:
        return self.folder / _CELLS / f"{task.file(self.budget)}.parquet"

    def _map(self, task: Task) -> Path:
        return self.folder / _MAPS / f"{task.file(self.budget)}.npz"

    def has(self, task: Task) -> bool:
        """Whether the task was finished."""
        return self._cell(task).is_file()

    def write(
        self, task: Task, result: Result, arrays: Mapping[str, NDArray[Any]] | None = None
    ) -> None:
        """Keep a result; the task counts as finished when all of it is on the disk."""
        import pyarrow as pa
        from pyarrow import parquet

        if arrays:
            path = self._map(task)
            part = path.with_name(f".{path.name}.{os.getpid()}")
            with part.open("wb") as file:
                keep: Any = np.savez_compressed  # its annotations take a name for allow_pickle
                keep(file, **arrays)
            part.replace(path)
        n = len(result.values)
        columns: dict[str, list[Any]] = {
            "data": [task.data] * n,
            "method": [task.method] * n,
            "dimensions": [task.dimensions] * n,
            "labels": [task.labels] * n,
            "seed": [task.seed] * n,
            "budget": [self.budget.name] * n,
            "metric": list(result.values),
            "value": [float(value) for value in result.values.values()],
            **{name: [value] * n for name, value in result.facts.items()},
        }
        path = self._cell(task)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        parquet.write_table(pa.table(columns), part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)

    def drop(self, task: Task) -> None:
        """Forget a result."""
        self._cell(task).unlink(missing_ok=True)
        self._map(task).unlink(missing_ok=True)

    def read(self, task: Task) -> Result | None:
        """Return a result, None where the task is not finished."""
        from pyarrow import parquet

        if not self.has(task):
            return None
        rows = parquet.read_table(self._cell(task)).to_pylist()
        names = ("rows", "fit_s", "score_s", "cpu_s", "size", "device", "source")
        return Result(
            {row["metric"]: row["value"] for row in rows}, {name: rows[0][name] for name in names}
        )

    def arrays(self, task: Task) -> dict[str, NDArray[Any]]:
        """Return the arrays of a finished task: its map, labels and curve, as far as kept."""
        path = self._map(task)
        if not self.has(task) or not path.is_file():
            return {}
        with np.load(path) as file:
            return dict(file)

    def gather(self) -> Path:
        """Write all results of the folder, of any budget, to one file; return its path."""
        import pyarrow as pa
        from pyarrow import parquet

        files = sorted((self.folder / _CELLS).glob("*.parquet"))
        path = self.folder / "results.parquet"
        if files:
            tables = [parquet.read_table(file) for file in files]
            parquet.write_table(pa.concat_tables(tables), path)
        return path
