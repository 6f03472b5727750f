"""Graph and starts have the same bits for any threads, BLAS threads and instruction set."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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
