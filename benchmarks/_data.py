"""The data sets of the comparisons, as float32 rows with labels."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

SETS = ("digits", "mnist", "fashion_mnist", "bison", "mammoth", "pbmc")


def rows_of(name: str) -> tuple[np.ndarray, np.ndarray | None]:
    """All rows of a set, and their labels if it has any."""
    from umapkit.data import load

    example = load(name)
    rows = np.ascontiguousarray(example.data, dtype=np.float32)
    return rows.reshape(len(rows), -1), example.target


def scratch() -> Path:
    """Folder for rows and maps that two interpreters share: UMAPKIT_BENCH, or build/bench."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("UMAPKIT_BENCH", root / "build" / "bench"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def machine() -> str:
    """One line about this machine."""
    import platform

    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{model}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"
