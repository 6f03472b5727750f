"""Promise 2: same seed, same bits, whatever the threads, the process, or the BLAS setting."""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys

import numpy as np
import pytest

# Names of NumPy's instruction sets beyond those that every x86-64 processor has had for years.
_WIDE = ("AVX", "FMA", "X86_V3", "X86_V4")

_PROGRAM = """
import hashlib, sys
import numpy as np
from umapkit import UMAP
from umapkit.init import make_start

name, jobs = sys.argv[1], int(sys.argv[2])
if name == "digits":
    from sklearn.datasets import load_digits
    rows, n, epochs = load_digits().data, 1500, None
else:
    from umapkit.data import load
    rows, n, epochs = load("mnist").data, 20000, 40
rows = np.asarray(rows, dtype=np.float32)
model = UMAP(random_state=7, n_jobs=jobs, n_epochs=epochs).fit(rows[:n])
index = model._search_index()
parts = {
    "neighbors": index.neighbors.indices.tobytes() + index.neighbors.distances.tobytes(),
    "graph": model.graph_.data.tobytes() + model.graph_.indices.tobytes(),
    "start": make_start(model.graph_, data=rows[:n], seed=7, n_jobs=jobs).tobytes(),
    "layout": model.embedding_.tobytes() + np.float64(model.loss_).tobytes(),
    "transform": model.transform(rows[n : n + 300]).tobytes(),
}
for part, data in parts.items():
    print(part, hashlib.sha256(data).hexdigest())
"""


def bits(name, jobs, blas, **machine):
    env = {**os.environ, "OPENBLAS_NUM_THREADS": str(blas), "OMP_NUM_THREADS": str(blas), **machine}
    command = [sys.executable, "-W", "error", "-c", _PROGRAM, name, str(jobs)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["digits", pytest.param("mnist", marks=pytest.mark.data)])
def test_same_seed_same_bits_for_any_threads_blas_and_process(name):
    if name == "mnist" and not os.environ.get("UMAPKIT_DATA"):
        pytest.skip("UMAPKIT_DATA is not set: MNIST is not at hand")
    reference = bits(name, 1, 1)
    assert len(reference.splitlines()) == 5
    for jobs, blas in ((2, 2), (3, 1), (1, 2)):
        assert bits(name, jobs, blas) == reference


@pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="only x86-64 can be imitated"
)
def test_same_seed_same_bits_on_the_plainest_machine_that_this_one_can_imitate():
    core = importlib.import_module("numpy._core" if hasattr(np, "_core") else "numpy.core")
    dispatched = core._multiarray_umath.__cpu_dispatch__
    plain = {
        "UMAPKIT_ISA": "baseline",
        "OPENBLAS_CORETYPE": "Prescott",
        "NPY_DISABLE_CPU_FEATURES": " ".join(f for f in dispatched if f.startswith(_WIDE)),
    }
    assert bits("digits", 1, 1, **plain) == bits("digits", 2, 1)
