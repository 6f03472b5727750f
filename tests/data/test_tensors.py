from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from umapkit.data import as_rows


def test_torch_is_not_imported_for_other_data():
    program = (
        "import sys, numpy\n"
        "from umapkit.data import as_rows\n"
        "as_rows(numpy.eye(2))\n"
        "heavy = {'torch', 'pandas', 'polars', 'pyarrow', 'matplotlib', 'sklearn.datasets'}\n"
        "print(sorted(heavy & sys.modules.keys()))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_tensors_on_the_cpu_are_rows():
    torch = pytest.importorskip("torch")
    values = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    X = torch.from_numpy(values)
    assert np.shares_memory(as_rows(X), values)
    np.testing.assert_array_equal(as_rows(X.clone().requires_grad_()), values)
    np.testing.assert_array_equal(as_rows(X.T), values.T)
    np.testing.assert_array_equal(as_rows(X.double()), values)
    np.testing.assert_array_equal(as_rows(X.bfloat16()), X.bfloat16().float().numpy())
    np.testing.assert_array_equal(as_rows(X > 0), values > 0)


def test_tensors_elsewhere_and_sparse_ones_are_refused():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"X.cpu\(\)"):
        as_rows(torch.zeros(2, 2, device="meta"))
    with pytest.raises(TypeError, match=r"X.to_dense\(\)"):
        as_rows(torch.zeros(2, 2).to_sparse())
    with pytest.raises(ValueError, match="Complex data not supported"):
        as_rows(torch.zeros(2, 2, dtype=torch.complex64))
