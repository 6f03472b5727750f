from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_array

from umapkit._seed import Stage, draw, key, uniform
from umapkit.init import _axes as axes_module
from umapkit.init import given_start, make_start, pca_start, place, random_start, rescale


def test_random_start_is_uniform_and_a_row_depends_on_its_number_only():
    start = random_start(5000, n_components=3, seed=11)
    bits = draw(key(11, Stage.START, 0, np.arange(5000))[:, None], np.arange(3)[None, :])
    np.testing.assert_allclose(start, 20 * uniform(bits) - 10, atol=1e-5)
    np.testing.assert_array_equal(random_start(7, n_components=3, seed=11), start[:7])
    assert start.min() >= -10
    assert start.max() < 10
    assert abs(start.mean()) < 0.2
    assert (random_start(5, seed=1) != random_start(5, seed=2)).all()


@pytest.mark.parametrize("shape", [(300, 7), (9000, 20), (40, 100), (5, 5)])
def test_pca_start_is_the_singular_value_decomposition(shape):
    rng = np.random.default_rng(0)
    data = (rng.normal(size=shape) * np.geomspace(1, 0.1, shape[1]) + 3).astype(np.float32)
    start = pca_start(data, n_components=3, seed=0)
    centred = data.astype(float) - data.astype(float).mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    expected = u[:, :3] * s[:3]
    signs = np.sign(np.sum(expected * start, axis=0))
    np.testing.assert_allclose(start, expected * signs, atol=2e-3 * s[0] / np.sqrt(shape[0]))


def test_block_iteration_finds_the_same_axes(monkeypatch):
    rng = np.random.default_rng(0)
    data = (rng.normal(size=(3000, 60)) * np.geomspace(10, 0.1, 60)).astype(np.float32)
    whole = pca_start(data, n_components=3, seed=0)
    monkeypatch.setattr(axes_module, "DIRECT", 10)
    np.testing.assert_allclose(pca_start(data, n_components=3, seed=0), whole, atol=0.05)


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_pca_start_has_the_same_bits_for_any_number_of_threads(n_jobs):
    data = np.random.default_rng(0).normal(size=(9500, 30)).astype(np.float32)
    one = pca_start(data, seed=0, n_jobs=1)
    assert one.tobytes() == pca_start(data, seed=0, n_jobs=n_jobs).tobytes()


def test_axes_beyond_the_rank_are_filled_with_noise():
    line = np.arange(50, dtype=np.float32)[:, None] * np.array([[1, 2]], dtype=np.float32)
    raw = pca_start(line, n_components=4, seed=0)
    assert (raw[:, 1:] == 0).all()
    start = make_start(csr_array((50, 50)), init="pca", n_components=4, data=line, seed=0)
    np.testing.assert_array_equal(np.ptp(start, axis=0), 10)
    for rows in (np.ones((20, 3), np.float32), np.ones((1, 3), np.float32)):
        assert np.isfinite(
            make_start(csr_array((len(rows),) * 2), init="pca", data=rows, seed=0)
        ).all()


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 12), st.integers(1, 3)),
        elements=st.floats(-(2.0**127), 2.0**127, width=32),
    ),
    st.booleans(),
)
def test_rescaled_axes_run_from_0_to_10(start, noise):
    out = rescale(start, seed=0, noise=noise)
    assert np.isfinite(out).all()
    for before, after in zip(start.T, out.T, strict=True):
        if noise and len(before) > 1:
            assert after.min() == 0
            assert after.max() == pytest.approx(10)
        elif before.min() == before.max():
            assert np.abs(after - 5).max() < 1e-2
        else:
            assert after.min() == 0
            assert after.max() == pytest.approx(10)


def test_rescaling_is_the_formula():
    start = np.array([[-1.0, 0], [0, 4], [1, 1]])
    out = rescale(start, seed=0)
    np.testing.assert_allclose(out, [[0, 0], [5, 10], [10, 2.5]], rtol=1e-6)
    noisy = rescale(start, seed=0, noise=True)
    np.testing.assert_allclose(noisy, out, atol=1e-3)
    assert (noisy != out).any()


def test_points_on_a_constant_axis_can_part():
    out = rescale(np.ones((30, 2)), seed=4)
    assert len(np.unique(out, axis=0)) == 30
    np.testing.assert_allclose(out, 5, atol=1e-3)


def test_a_given_start_is_only_scaled():
    init = np.random.default_rng(0).normal(size=(30, 2))
    start = make_start(csr_array((30, 30)), init=init, seed=0)
    low, high = init.min(axis=0), init.max(axis=0)
    np.testing.assert_allclose(start, 10 * (init - low) / (high - low), atol=1e-5)
    asfortran = make_start(csr_array((30, 30)), init=np.asfortranarray(init), seed=0)
    listed = make_start(csr_array((30, 30)), init=init.tolist(), seed=0)
    assert start.tobytes() == asfortran.tobytes() == listed.tobytes()


def test_coinciding_points_of_a_given_start_are_parted_a_little():
    init = np.repeat(np.random.default_rng(0).normal(size=(50, 2)), 2, axis=0)
    start = given_start(init, n_rows=100, n_components=2, seed=0)
    np.testing.assert_array_equal(start[::2], init[::2].astype(np.float32))
    gaps = np.linalg.norm(start[1::2] - start[::2], axis=1)
    assert (gaps > 0).all()
    assert gaps.max() < 0.01


@pytest.mark.parametrize(
    ("init", "words"),
    [
        (np.zeros((3, 2)), r"shape \(3, 2\)"),
        (np.zeros((4, 3)), r"\(4, 2\)"),
        (np.array([[0, 1], [0, np.nan], [0, 1], [0, 2]]), "nan in row 1, column 1"),
        (np.array([[0, 1], [0, 2], [1e39, 1], [0, 2]]), r"1e\+39 in row 2, column 0.* fit float32"),
        (np.array([["a", "b"]] * 4), "real numbers"),
        ("umap", "init='umap' is not known"),
        ("pca", "needs the data"),
    ],
)
def test_bad_starts_are_named(init, words):
    with pytest.raises(ValueError, match=words):
        make_start(csr_array((4, 4)), init=init, seed=0)


def test_pca_of_the_wrong_data_is_an_error():
    with pytest.raises(ValueError, match="3 rows"):
        make_start(csr_array((4, 4)), init="pca", data=np.zeros((3, 2), np.float32), seed=0)
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        pca_start(np.zeros(3, dtype=np.float32), seed=0)


def test_new_rows_begin_at_the_weighted_mean():
    rng = np.random.default_rng(0)
    weights = np.where(rng.uniform(size=(40, 30)) < 0.2, rng.uniform(size=(40, 30)), 0)
    weights[7] = 0
    embedding = rng.normal(size=(30, 3)).astype(np.float32)
    sparse = csr_array(weights.astype(np.float32))
    out = place(sparse, embedding)
    assert np.isnan(out[7]).all()
    some = np.arange(40) != 7
    expected = (weights[some] @ embedding) / weights[some].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(out[some], expected, atol=1e-6)
    alone = place(csr_array(sparse[[3]]), embedding, n_jobs=1)
    assert alone.tobytes() == out[3].tobytes()
    with pytest.raises(ValueError, match="do not fit"):
        place(sparse, embedding[:5])
