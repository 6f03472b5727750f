"""One way to run a method: in its own process, by the interpreter that has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from _data import cores
from _methods import METHODS, Ask

_WORKER = Path(__file__).with_name("_worker.py")
_VERSIONS = """
import importlib.metadata, json, sys
found = {}
for name in json.load(sys.stdin):
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS")


@dataclass(frozen=True)
class Found:
    """Where a package is: the interpreter that has it, and its version."""

    python: str
    version: str


def find_packages(peers: Iterable[str]) -> dict[str, Found]:
    """Ask the peers' interpreters what they have; the first that has a package runs it."""
    import umapkit

    found = {"umapkit": Found(sys.executable, umapkit.__version__)}
    names = sorted({card.distribution for card in METHODS.values()} - {"umapkit"})
    for python in peers:
        told = subprocess.run(
            [python, "-c", _VERSIONS],
            input=json.dumps(names),
            capture_output=True,
            text=True,
            check=True,
            env=_environment(python, None),
        )
        for name, version in json.loads(told.stdout).items():
            found.setdefault(name, Found(python, version))
    return found


def run_method(
    method: str,
    rows: Path,
    ask: Ask,
    found: dict[str, Found],
    *,
    repeat: int = 2,
    limit: float | None = None,
    new_rows: int = 0,
    stages: bool = False,
    components: bool = False,
    warm_rows: int = 0,
) -> tuple[dict, dict[str, np.ndarray]]:
    """Run a method on stored rows in a fresh process.

    `limit`: seconds after which the process is ended. `new_rows`: so many rows at the end are
    not fitted but placed. `stages`, `components`: for umapkit, time the stages; count the
    components of the graph. `warm_rows`: fit so many of the rows first, uncounted, so that every
    fit is warm.

    Returns the record, whose "status" is "ok", "not installed" or "failed" (with a "reason"), and
    the arrays.
    """
    package = found.get(METHODS[method].distribution)
    if package is None:
        return {"status": "not installed"}, {}
    failed = {"status": "failed", "version": package.version}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "answer.json"
        task = {
            "method": method,
            "rows": str(rows),
            "ask": asdict(ask),
            "repeat": repeat,
            "new_rows": new_rows,
            "stages": stages,
            "components": components,
            "warm_rows": warm_rows,
            "out": str(out),
        }
        try:
            done = subprocess.run(
                [package.python, str(_WORKER)],
                input=json.dumps(task),
                capture_output=True,
                text=True,
                errors="replace",
                timeout=limit,
                check=False,
                env=_environment(package.python, ask.jobs),
            )
        except subprocess.TimeoutExpired:
            return {**failed, "reason": f"not done after {limit:g} s"}, {}
        if not out.exists():
            said = (done.stderr.strip().splitlines() or ["no message"])[-1]
            return {**failed, "reason": f"exit status {done.returncode}: {said}"}, {}
        record = {**json.loads(out.read_text(encoding="utf-8")), "version": package.version}
        if record["status"] != "ok":
            return record, {}
        with np.load(out.with_suffix(".npz")) as arrays:
            return record, dict(arrays)


def _environment(python: str, jobs: int | None) -> dict[str, str]:
    """Our environment; for peers without the path to this checkout."""
    environment = dict(os.environ)
    if python != sys.executable:
        environment.pop("PYTHONPATH", None)
    if jobs is not None and jobs != cores():
        environment.update(dict.fromkeys(_THREADS, str(jobs)))
    return environment
