from __future__ import annotations

import numpy as np
import pytest

import umapkit
from umapkit import TSNE, find_neighbors
from umapkit.graph import joint_affinities
from umapkit.quality import density_correlation, trustworthiness


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    parts = [rng.normal(6 * i, 1.0 + i, (250, 10)) for i in range(3)]
    return np.concatenate(parts).astype(np.float32)


@pytest.fixture(scope="module")
def dense(rows):
    return TSNE(20, densne=True, output_dens=True, random_state=0).fit(rows)


@pytest.fixture(scope="module")
def plain(rows):
    return TSNE(20, random_state=0).fit(rows)


def quick(**more):
    return TSNE(**{"perplexity": 10, "n_epochs": 60, "early_epochs": 30, "random_state": 0, **more})


def test_a_map_that_keeps_densities_says_where_rows_are_scattered(rows, plain, dense):
    before, after = (density_correlation(rows, m.embedding_) for m in (plain, dense))
    assert after > before + 0.2
    assert after > 0.75
    lost = trustworthiness(rows, plain.embedding_) - trustworthiness(rows, dense.embedding_)
    assert lost < 0.03
    assert plain.kl_divergence_ < dense.kl_divergence_ < plain.kl_divergence_ + 0.15


def test_radii_are_told_and_returned(rows, plain, dense):
    assert dense.rad_orig_.shape == dense.rad_emb_.shape == (750,)
    assert density_correlation(dense.rad_orig_, dense.rad_emb_) > 0.75
    assert not hasattr(plain, "rad_orig_")
    places, data, map_ = quick(output_dens=True).fit_transform(rows)
    assert places.shape == (750, 2)
    np.testing.assert_array_equal(places, quick().fit_transform(rows))
    assert data.dtype == map_.dtype == np.float32
    assert not hasattr(quick(densne=True).fit(rows), "rad_emb_")


def test_no_weight_is_plain_tsne(rows):
    np.testing.assert_array_equal(
        quick(densne=True, dens_lambda=0.0).fit(rows).embedding_, quick().fit(rows).embedding_
    )


def test_equal_rows_share_a_radius(rows):
    twice = np.concatenate([rows[:100], rows[:100]])
    found = quick(densne=True, output_dens=True).fit(twice)
    np.testing.assert_array_equal(found.rad_orig_[:100], found.rad_orig_[100:])
    np.testing.assert_array_equal(found.rad_emb_[:100], found.rad_emb_[100:])


def test_saved_models_go_on_alike(rows, tmp_path):
    fitted = quick(densne=True, output_dens=True).fit(rows)
    fitted.save(tmp_path / "model")
    loaded = umapkit.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.rad_orig_, fitted.rad_orig_)
    np.testing.assert_array_equal(loaded.rad_emb_, fitted.rad_emb_)
    assert loaded.get_params()["densne"] is True
    fitted.optimize(20)
    np.testing.assert_array_equal(loaded.optimize(20).embedding_, fitted.embedding_)
    np.testing.assert_array_equal(loaded.rad_emb_, fitted.rad_emb_)
    without = quick().fit(rows).optimize(20)
    assert not np.array_equal(without.embedding_, fitted.embedding_)


def test_neighbours_found_elsewhere_give_the_same_map(rows):
    table = find_neighbors(rows, n_neighbors=31, random_state=0)
    given = quick(densne=True, precomputed_knn=table).fit(rows)
    np.testing.assert_array_equal(given.embedding_, quick(densne=True).fit(rows).embedding_)


def test_new_rows_are_placed_on_a_map_of_densities(rows, dense):
    new = rows[::50] + np.float32(0.01)
    places = dense.transform(new)
    assert np.isfinite(places).all()
    np.testing.assert_array_equal(dense.transform(new[3:4]), places[3:4])


def test_what_cannot_be_used_is_refused(rows):
    joint = joint_affinities(find_neighbors(rows, n_neighbors=31), perplexity=10)
    for name in ("densne", "output_dens"):
        with pytest.raises(ValueError, match=f"{name}=True needs the distances"):
            quick(**{name: True}).fit(rows, graph=joint)
        with pytest.raises(TypeError, match="True or False"):
            quick(**{name: 1}).fit(rows)
    for change in ({"dens_lambda": -1.0}, {"dens_frac": 1.5}, {"dens_var_shift": -1.0}):
        with pytest.raises(ValueError, match=next(iter(change))):
            quick(densne=True, **change).fit(rows)
