"""Promise 2 for maps of several models and several tables."""

from __future__ import annotations

import os
import subprocess
import sys

_PROGRAM = """
import hashlib, sys
import numpy as np
from sklearn.datasets import load_digits
from umapkit import UMAP, AlignedUMAP, combine
rows = np.asarray(load_digits().data, dtype=np.float32)
base = UMAP(random_state=7, n_jobs=int(sys.argv[1]), n_epochs=100)
made = combine(rows[:600], [(slice(0, 32), "euclidean"), (slice(32, 64), "cosine")], model=base)
parts = {"combined": made.embedding_.tobytes() + made.transform(rows[600:700]).tobytes()}
both = made + made
parts["sum"] = both.graph_.data.tobytes() + both.embedding_.tobytes()
grown = base.fit(rows[:400]).update(rows[400:600])
parts["update"] = grown.embedding_.tobytes() + np.float64(grown.loss_).tobytes()
slices = [rows[:300], rows[150:450], rows[300:600]]
aligned = AlignedUMAP(random_state=7, n_jobs=base.n_jobs, n_epochs=100)
aligned.fit(slices[:2], relations=[{150 + i: i for i in range(150)}])
aligned.update(slices[2], relations={150 + i: i for i in range(150)})
parts["aligned"] = b"".join(one.tobytes() for one in aligned.embeddings_)
for part, data in parts.items():
    print(part, hashlib.sha256(data).hexdigest())
"""


def bits(jobs, blas):
    env = {**os.environ, "OPENBLAS_NUM_THREADS": str(blas), "OMP_NUM_THREADS": str(blas)}
    command = [sys.executable, "-W", "error", "-c", _PROGRAM, str(jobs)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_combined_updated_and_aligned_maps_have_the_same_bits_for_any_threads_and_blas():
    reference = bits(1, 1)
    assert len(reference.splitlines()) == 4
    for jobs, blas in ((2, 2), (3, 1), (1, 2)):
        assert bits(jobs, blas) == reference
