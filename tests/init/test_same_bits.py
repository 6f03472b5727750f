"""Graph and starts have the same bits for any threads, BLAS threads and instruction set.

The starts that need no exact solver also have them whatever BLAS and NumPy choose by the processor.
"""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import save_npz

from umapkit import _kernels

PROGRAM = """
import hashlib, sys
import numpy as np
from scipy.sparse import block_diag, csr_array
from scipy.spatial import cKDTree
from umapkit.graph import fuzzy_graph, intersect_labels
from umapkit.init import make_start, place, spectral_start
from umapkit.neighbors import Neighbors
jobs = int(sys.argv[1])
# Integers: the rows do not depend on the processor, nor do their distances.
rows = np.random.default_rng(0).integers(0, 100, (3000, 6)).astype(np.float32)
rows[2000:] += 1000
distances, indices = cKDTree(rows).query(rows, k=12)
indices[:, 0] = np.arange(len(rows))
table = Neighbors(indices.astype(np.int32), distances.astype(np.float32))
graph = fuzzy_graph(table, local_connectivity=1.5, n_jobs=jobs)
labelled = intersect_labels(graph, np.arange(3000) % 5, n_jobs=jobs)
results = [graph.data, graph.indices, labelled.data]
for options in ({}, {"n_components": 9}, {"init": "pca", "data": rows}, {"init": "random"}):
    results.append(make_start(graph, seed=5, n_jobs=jobs, **options))
results.append(spectral_start(graph, seed=5, solver="exact", n_jobs=jobs))
small = csr_array(graph[:150][:, :150])
results.append(make_start(small, seed=5, n_jobs=jobs))
results.append(place(graph, results[3], n_jobs=jobs))
print(*[hashlib.sha256(np.ascontiguousarray(r).tobytes()).hexdigest()[:16] for r in results])
"""


def run(n_jobs: int, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(n_jobs)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture(scope="module")
def first() -> list[str]:
    return run(1, OPENBLAS_NUM_THREADS="1")


@pytest.mark.parametrize(("n_jobs", "blas"), [(1, "2"), (2, "2"), (3, "1")])
def test_same_bits_for_any_threads(first, n_jobs, blas):
    assert run(n_jobs, OPENBLAS_NUM_THREADS=blas, OMP_NUM_THREADS=blas) == first


@pytest.mark.parametrize("isa", _kernels.isas_available())
def test_same_bits_for_any_instruction_set(first, isa):
    assert run(2, UMAPKIT_ISA=isa) == first


STARTS = """
import hashlib, sys
import numpy as np
from scipy.sparse import csr_array, load_npz
from umapkit.init import given_start, make_start, place
graph = csr_array(load_npz(sys.argv[1]))
n = graph.shape[0]
rows = np.random.default_rng(0).integers(0, 100, (n, 90)).astype(np.float32)
first = np.arange(n) < 3000
parted = csr_array(graph.multiply(first[:, None] == first[None, :]))
many = csr_array(graph.multiply(np.arange(n)[:, None] // 150 == np.arange(n)[None, :] // 150))
results = []
for name, g in (("whole", graph), ("parted", parted), ("many", many)):
    for d in (1, 2, 3, 9):
        results.append(make_start(g, n_components=d, data=rows, seed=5))
    results.append(make_start(g, seed=5))
for size in (20, 40, 100, 400):
    results.append(make_start(csr_array(graph[:size][:, :size]), seed=5))
for data in (rows, rows[:, :20], np.ascontiguousarray(rows[:50])):
    g = csr_array((len(data), len(data)), dtype=np.float32)
    results.append(make_start(g, init="pca", data=data, n_components=3, seed=5))
results.append(make_start(graph, init="random", seed=5))
results.append(given_start(np.zeros((40, 2)), n_rows=40, n_components=2, seed=5))
results.append(place(graph, results[1]))
print(*[hashlib.sha256(np.ascontiguousarray(r).tobytes()).hexdigest()[:16] for r in results])
"""

WIDE = {"AVX2", "FMA3", "X86_V3"}
WIDER = WIDE | {"X86_V4", "AVX512F", "AVX512CD", "AVX512_SKX", "AVX512_CLX", "AVX512_CNL"}
WIDER |= {"AVX512_ICL", "AVX512_SPR"}


def starts(graph: Path, **environment: str) -> list[str]:
    kept = {name: value for name, value in os.environ.items() if "OPENBLAS" not in name}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", STARTS, str(graph)],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture(scope="module")
def saved(tmp_path_factory, graph_of) -> Path:
    rows = np.random.default_rng(0).integers(0, 100, (4500, 6))
    path = tmp_path_factory.mktemp("graph") / "graph.npz"
    save_npz(path, graph_of(rows, 12))
    return path


@pytest.fixture(scope="module")
def plain(saved) -> list[str]:
    return starts(saved)


def cores() -> list[str]:
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return []
    isas = _kernels.isas_available()
    return ["Prescott"] + ["Haswell", "Zen"] * ("avx2" in isas) + ["SkylakeX"] * ("avx512" in isas)


@pytest.mark.parametrize("core", cores())
def test_same_start_whatever_processor_blas_takes_this_one_for(saved, plain, core):
    assert starts(saved, OPENBLAS_CORETYPE=core) == plain


@pytest.mark.parametrize("without", [WIDER - WIDE, WIDER], ids=["no AVX-512", "no AVX2"])
def test_same_start_whatever_instructions_numpy_uses(saved, plain, without):
    core = "numpy._core" if hasattr(np, "_core") else "numpy.core"
    dispatched = importlib.import_module(f"{core}._multiarray_umath").__cpu_dispatch__
    off = sorted(without & set(dispatched))
    assert starts(saved, NPY_DISABLE_CPU_FEATURES=" ".join(off)) == plain


@pytest.mark.parametrize("isa", _kernels.isas_available())
def test_same_start_for_any_instruction_set_and_kind_of_component(saved, plain, isa):
    assert starts(saved, UMAPKIT_ISA=isa) == plain
