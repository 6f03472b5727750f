"""The data sets of the comparisons, as float32 rows with labels; and this machine."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

import numpy as np
from _tanh import tanh_rows

HELP = (
    "an example set of umapkit (digits, mnist, fashion_mnist, bison, mammoth, pbmc, ...), or "
    "tanh:N or tanh:NxD, the made set of _tanh.py; name:N takes N rows, drawn once and for all; "
    "name@50 lays them on their first 50 principal axes"
)


def rows_of(name: str) -> tuple[np.ndarray, np.ndarray | None]:
    """All rows of a set, and their labels if it has two classes or more.

    `name` is the set, with ``@D`` behind it for its first D principal components, then ``:N`` for N
    of its rows; ``tanh:N`` and ``tanh:NxD`` are made.
    """
    stem, _, size = name.partition(":")
    if stem == "tanh":
        shape = re.fullmatch(r"(\d+)(?:x(\d+))?", size)
        if shape is None:
            msg = f"{name!r}: the made set needs its size, tanh:50000 or tanh:50000x200."
            raise ValueError(msg)
        return tanh_rows(int(shape[1]), int(shape[2] or 50))
    from umapkit.data import load

    stem, _, axes = stem.partition("@")
    example = load(stem)
    rows = np.ascontiguousarray(example.data, dtype=np.float32)
    rows, labels = rows.reshape(len(rows), -1), example.target
    if axes:
        from sklearn.decomposition import PCA

        rows = PCA(int(axes), random_state=0).fit_transform(rows).astype(np.float32)
    if size:
        if not size.isdecimal() or not 2 <= int(size) <= len(rows):
            msg = f"{name!r}: {stem} has {len(rows)} rows; give 2 to {len(rows)} of them."
            raise ValueError(msg)
        chosen = np.sort(np.random.default_rng(0).permutation(len(rows))[: int(size)])
        rows, labels = rows[chosen], None if labels is None else labels[chosen]
    if labels is not None and len(np.unique(labels)) < 2:
        labels = None
    return rows, labels


def stored(name: str, rows: np.ndarray) -> Path:
    """Write rows where another interpreter reads them."""
    path = scratch() / f"rows_{name.replace(':', '_')}.npy"
    np.save(path, rows)
    return path


def scratch() -> Path:
    """Folder for what two interpreters share, and for records: UMAPKIT_BENCH, or build/bench."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("UMAPKIT_BENCH", root / "build" / "bench"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_average() -> float | None:
    """Mean number of running processes of the last minute, where the system tells."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def machine() -> str:
    """One line about this machine, its load and the code."""
    import umapkit
    from umapkit import _kernels

    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    load = load_average()
    busy = "" if load is None else f", load {load:.1f}" + (" (NOT IDLE)" if load > 0.5 else "")
    return (
        f"{model}, {cores()} cores{busy}; Python {platform.python_version()}; "
        f"umapkit {umapkit.__version__} ({commit()}), {_kernels.isa()}"
    )


def commit() -> str:
    """Short name of the checked out commit, with + where files differ from it."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "no git"
