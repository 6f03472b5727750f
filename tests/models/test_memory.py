from __future__ import annotations

import os
import subprocess
import sys

import pytest

from umapkit.models import fit_memory

PROGRAM = """
import resource, sys
import numpy as np
import umapkit
kind, output, n, d, equal, k, dim = *sys.argv[1:3], *map(int, sys.argv[3:])
rng = np.random.default_rng(0)
# Whatever a first fit imports is there before the baseline is taken.
umapkit.UMAP(random_state=0, n_epochs=1).fit(rng.normal(size=(200, 8)))
if kind == "mnist":
    from umapkit.data import load
    rows = np.asarray(load("mnist").data[:n], dtype=np.float32).reshape(n, -1)
else:
    rows = np.tanh(rng.standard_normal((n, 12), dtype=np.float32)
                   @ rng.standard_normal((12, d), dtype=np.float32) * 0.3)
if equal:
    rows[-equal:] = rows[:equal]

def now():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

# The peak so far (loading, making) must not hide that of the fit.
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = now()
umapkit.UMAP(k, n_components=dim, output_metric=output, random_state=0, n_epochs=3).fit(rows)
with open("/proc/self/status") as file:
    peak = next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))
print(peak - before + rows.nbytes)
"""


@pytest.mark.parametrize(
    ("kind", "output", "n", "d", "equal", "k", "dim"),
    [
        ("curved", "euclidean", 100_000, 50, 0, 15, 2),
        ("curved", "euclidean", 30_000, 300, 100, 15, 2),
        ("curved", "euclidean", 20_000, 50, 0, 60, 10),
        ("curved", "haversine", 50_000, 4, 0, 5, 2),
        ("curved", "gaussian_energy", 50_000, 4, 0, 5, 5),
        pytest.param("mnist", "euclidean", 20_000, 784, 0, 15, 2, marks=pytest.mark.data),
    ],
)
def test_the_estimate_is_an_upper_bound_within_a_factor_of_two(kind, output, n, d, equal, k, dim):
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("this system does not tell the peak of a process")
    if kind == "mnist" and not os.environ.get("UMAPKIT_DATA"):
        pytest.skip("UMAPKIT_DATA is not set: MNIST is not at hand")
    numbers = [str(number) for number in (n, d, equal, k, dim)]
    program = [sys.executable, "-c", PROGRAM, kind, output, *numbers]
    found = subprocess.run(program, capture_output=True, text=True, check=True)
    share = int(found.stdout) / fit_memory(n, d, k, dim, n_equal=equal, output_metric=output)
    print(output, share)
    assert 0.5 <= share <= 1.0, share


def test_more_of_anything_takes_more():
    base = fit_memory(100_000, 50, 15, 2)
    assert fit_memory(100_001, 50, 15, 2) > base
    assert fit_memory(100_000, 51, 15, 2) > base
    assert fit_memory(100_000, 50, 16, 2) > base
    assert fit_memory(100_000, 50, 15, 3) > base
    assert fit_memory(100_000, 50, 15, 2, n_equal=1) > base
    assert fit_memory(100_000, 4, 3, 2, output_metric="haversine") >= fit_memory(100_000, 4, 3, 2)
    with pytest.raises(ValueError, match="'sphere' is not known"):
        fit_memory(10, 2, output_metric="sphere")
    with pytest.raises(ValueError, match="n_components=2 does not fit"):
        fit_memory(10, 2, output_metric="gaussian_energy")
