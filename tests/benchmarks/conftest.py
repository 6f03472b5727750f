"""The benchmarks are scripts beside the package: their folder goes on the path."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"

if FOLDER.is_dir():
    sys.path.insert(0, str(FOLDER))
else:  # a source distribution has none
    collect_ignore_glob = ["test_*.py"]
