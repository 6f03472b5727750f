from __future__ import annotations

import numpy as np
import pytest

from umapkit import _kernels


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 6, 8, 30, 64, 90, 125, 240, 360, 1024])
@pytest.mark.parametrize("back", [False, True])
def test_transforms_of_rows_equal_numpys(length, back):
    rng = np.random.default_rng(length)
    x = (rng.normal(size=(19, length)) + 1j * rng.normal(size=(19, length))).astype(np.complex64)
    mine = x.view(np.float32).copy()
    _kernels.fourier_rows(mine, back)
    theirs = np.fft.ifft(x) * length if back else np.fft.fft(x)
    assert abs(mine.view(np.complex64) - theirs).max() < 1e-6 * abs(theirs).max()


def test_a_row_is_transformed_alike_in_any_company():
    x = np.random.default_rng(0).normal(size=(33, 240)).astype(np.float32)
    together = x.copy()
    _kernels.fourier_rows(together, False)
    for i in (0, 15, 16, 32):
        alone = x[i : i + 1].copy()
        _kernels.fourier_rows(alone, False)
        np.testing.assert_array_equal(alone[0], together[i])


def test_a_length_with_other_factors_is_refused():
    with pytest.raises(ValueError, match="twos, threes and fives"):
        _kernels.fourier_rows(np.zeros((1, 14), dtype=np.float32), False)
