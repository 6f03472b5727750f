"""Same bits for any number of threads and any instruction set."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from umapkit import _kernels

SCRIPT = """
import json, sys
import numpy as np, scipy.sparse
from umapkit import quality as q
n_jobs = int(sys.argv[1])
rng = np.random.default_rng(0)
scores = {}
for d in (3, 70, 300):
    rows = rng.normal(size=(700, d)).astype(np.float32)
    rows[350:400] = rows[:50]
    points = (rows[:, :2] + 0.5 * rng.normal(size=(700, 2))).astype(np.float32)
    wide = np.ascontiguousarray(rows[:, : min(d, 9)])
    y = (rows[:, 0] > 0) + 2 * (rows[:, 1] > 0)
    half = np.triu(rng.random((700, 700)) * (rng.random((700, 700)) < 0.01), 1)
    graph = scipy.sparse.csr_array(half + half.T)
    for name, value in {
        "trustworthiness": q.trustworthiness(rows, points, n_jobs=n_jobs),
        "sample": q.trustworthiness(rows, points, sample_size=99, n_jobs=n_jobs),
        "continuity": q.continuity(rows, wide, n_jobs=n_jobs),
        "cosine": q.trustworthiness(rows, points, metric="cosine", n_jobs=n_jobs),
        "preservation": q.neighborhood_preservation(rows, points, n_jobs=n_jobs),
        "accuracy": q.knn_accuracy(wide, y, n_jobs=n_jobs),
        "silhouette": q.silhouette(points, y, n_jobs=n_jobs),
        "silhouette wide": q.silhouette(wide, y, n_jobs=n_jobs),
        "cross-entropy": q.fuzzy_cross_entropy(graph, rows[:, :3], 1.5, 0.9, n_jobs=n_jobs),
        "effective": q.effective_loss(graph, points, 1.5, 0.9, n_jobs=n_jobs).value,
    }.items():
        scores[f"{name} {d}"] = float(value).hex()
print(json.dumps(scores))
"""


def scores(isa: str, n_jobs: int) -> dict[str, str]:
    environment = {**os.environ, "UMAPKIT_ISA": isa, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(n_jobs)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    return scores("baseline", 1)


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_threads_change_no_bit(reference, n_jobs):
    assert scores(_kernels.isa(), n_jobs) == reference


@pytest.mark.parametrize("isa", _kernels.isas_available())
def test_instruction_sets_change_no_bit(reference, isa):
    assert scores(isa, 1) == reference
