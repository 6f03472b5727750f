"""Defects of umap-learn 0.5.12, found in its source: each shown not to be here.

Where a test of another room shows it already, that test is named.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import umapkit
import umapkit.compat.umap_learn as umap
from umapkit import find_neighbors, quality, spectral_start
from umapkit.layout import Layout

from .rows import random_rows

TESTS = Path(__file__).resolve().parents[1]
# Defect -> the test elsewhere that shows the right behaviour.
ELSEWHERE = {
    "smooth_knn_dist: an infinite distance makes sigma infinite": (
        "graph/test_bandwidth.py",
        "test_a_missing_neighbour_does_not_make_sigma_infinite",
    ),
    "transform: a place depends on the batch": (
        "models/test_transform.py",
        "test_rows_do_not_depend_on_what_comes_with_them",
    ),
    "transform: parallel and unseeded, it does not repeat": (
        "contract/test_same_bits.py",
        "test_same_seed_same_bits_for_any_threads_blas_and_process",
    ),
    "fit: a start with a constant axis becomes NaN": (
        "init/test_start.py",
        "test_points_on_a_constant_axis_can_part",
    ),
    "target_weight=0 still changes the map": (
        "models/test_fit.py",
        "test_labels_pull_classes_together_and_weight_zero_is_no_labels",
    ),
    "fit: changes parameters": (
        "models/test_state.py",
        "test_fit_does_not_change_parameters_or_data",
    ),
    "import: sets the locale of the process": (
        "compat/test_surface.py",
        "test_importing_it_loads_nothing_heavy_and_leaves_the_process_alone",
    ),
    "threads: set for the whole process and not reset": (
        "models/test_state.py",
        "test_fits_in_threads_do_not_disturb_each_other",
    ),
    "AlignedUMAP: the window leaves out the furthest slice": (
        "models/test_aligned.py",
        "test_springs_are_overlaps_of_neighbourhoods_along_chains",
    ),
    "AlignedUMAP: maps do not repeat": (
        "models/test_aligned.py",
        "test_the_same_seed_gives_the_same_maps_for_any_number_of_threads",
    ),
    "ParametricUMAP: a loaded model cannot be trained further": (
        "compat/test_parametric.py",
        "test_a_saved_model_comes_back_and_is_trained_further",
    ),
    "ParametricUMAP: ONNX ends in a ReLU, and knows the default network only": (
        "compat/test_parametric.py",
        "test_onnx_is_written_of_any_encoder",
    ),
    "ParametricUMAP: repulsion_strength is ignored": (
        "compat/test_parametric.py",
        "test_the_strength_of_the_repulsion_reaches_the_training",
    ),
    "ParametricUMAP: the repulsion never exceeds log 2": (
        "parametric/test_losses.py",
        "test_both_terms_are_those_of_equation_7_from_1e_minus_8_to_1e8",
    ),
    "model1 - model2: ties that model2 does not have are weakened": (
        "models/test_combine.py",
        "test_a_difference_keeps_ties_that_the_other_model_does_not_have",
    ),
}


@pytest.mark.parametrize("defect", ELSEWHERE)
def test_a_defect_shown_elsewhere_has_its_test(defect):
    file, name = ELSEWHERE[defect]
    assert re.search(rf"^def {name}\(", (TESTS / file).read_text(encoding="utf-8"), re.MULTILINE)


def fitted(rows, **more):
    return umap.UMAP(**{"n_neighbors": 10, "random_state": 0, **more}).fit(rows)


def test_update_lays_the_rows_out():
    """There: n_epochs=None becomes 0, so that nothing is laid out."""
    rows, _ = two_clouds()
    model = fitted(rows[::2])
    model.update(rows[1::2])
    assert model.embedding_.shape == (200, 2)
    order = np.concatenate([rows[::2], rows[1::2]])
    whole = fitted(order)
    ours, theirs = (
        quality.trustworthiness(order, m.embedding_, n_neighbors=10) for m in (model, whole)
    )
    assert ours > theirs - 0.02


def test_update_places_rows_near_nothing_old():
    """There: a row whose neighbours are all new is divided by zero."""
    rows, _ = two_clouds()
    model = fitted(rows[:100])
    model.update(rows[100:])
    assert np.isfinite(model.embedding_).all()


@pytest.mark.parametrize("n_components", [2, 5])
def test_update_starts_rows_among_their_neighbours(n_components):
    """There: a counter inside the loop divides the mean of the neighbours by the dimensions."""
    rows, _ = two_clouds()
    old, new = rows[np.arange(200) % 4 > 0], rows[::4]
    model = fitted(old, n_components=n_components, n_epochs=0)
    before = model.embedding_.copy()
    model.update(new)
    far = np.linalg.norm(old[:, None] - new[None], axis=2)
    closest = np.argsort(far, axis=0)[:10]
    means = before[closest].mean(axis=0)
    scale = np.linalg.norm(before - before.mean(axis=0), axis=1).mean()
    off = np.linalg.norm(model.embedding_[150:] - means, axis=1)
    assert np.median(off) < 0.5 * scale
    assert np.median(off) < 0.5 * np.median(
        np.linalg.norm(means / n_components - model.embedding_[150:], axis=1)
    )


def test_update_keeps_the_order_of_rows_by_approximate_search():
    """There: after an update of large data `_raw_data` is in the order of a search tree."""
    rows = random_rows(400, 5)
    model = fitted(rows[:300], force_approximation_algorithm=True)
    model.update(rows[300:])
    assert model.model_._search_index().method == "descent"
    assert np.array_equal(model._raw_data, rows)
    strong = model.graph_.toarray().argmax(axis=1)
    far = np.linalg.norm(rows - rows[strong], axis=1)
    every = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    np.fill_diagonal(every, np.inf)
    assert np.mean(far <= np.sort(every, axis=1)[:, 9]) > 0.95


def test_update_of_a_density_map_is_refused():
    """There: distances of the old graph are used for the new one."""
    rows = random_rows(60, 5)
    model = fitted(rows[:50], densmap=True, n_epochs=10)
    with pytest.raises((ValueError, NotImplementedError), match=r"(?i)dens"):
        model.update(rows[50:])


def test_update_does_not_box_the_old_map_anew():
    """There: the whole map is scaled to [0, 10] again, which moves every old row."""
    rows = random_rows(300, 5)
    model = fitted(rows[:290])
    before = model.embedding_.copy()
    model.update(rows[290:])
    moved = np.linalg.norm(model.embedding_[:290] - before, axis=1)
    assert np.median(moved) < 0.1 * np.ptp(before)


def test_update_knows_its_rows_afterwards():
    """There: the hash of the data is that of the old rows, and their transform has all rows."""
    rows = random_rows(120, 5)
    model = fitted(rows[:100])
    model.update(rows[100:])
    assert np.array_equal(model._raw_data, rows)
    assert model.transform(rows[:100]).shape == (100, 2)
    assert np.array_equal(model.transform(rows[:100]), model.embedding_[:100])
    assert model.graph_.shape == (120, 120)


def two_clouds():
    rows = np.concatenate([random_rows(100, 5), random_rows(100, 5, seed=1) + 4])
    return rows, np.repeat([0, 1], 100)


def test_a_disconnected_neighbour_leaves_the_others_their_weights():
    """There: one neighbour at infinite distance makes sigma infinite, and all weights 1."""
    far = np.array([[0, 0.2, 0.4, 0.6, np.inf]], dtype=np.float32)
    sigmas, rhos = umap.umap_.smooth_knn_dist(far, 5.0)
    assert np.isfinite(sigmas).all()
    indices = np.array([[0, 1, 2, 3, -1]])
    values = umap.umap_.compute_membership_strengths(indices, far, sigmas, rhos)[2]
    assert values[1] == 1
    assert values[1] > values[2] > values[3] > 0
    assert values[4] == 0
    rows = random_rows(60, 3)
    model = fitted(rows, disconnection_distance=0.35, n_epochs=5)
    table = model._knn_dists
    cut = (table >= 0.35).any(axis=1) & (table[:, 3] < 0.35)
    assert cut.any()
    assert np.isfinite(model._sigmas).all()
    assert (model._sigmas[cut] < 1e3).any()


def test_the_named_start_is_the_start():
    """There: "tswspectral" computes a truncated SVD and does not use it."""
    rows = random_rows(60, 4)
    one = fitted(rows, init="tswspectral", n_epochs=10)
    assert np.array_equal(one.embedding_, fitted(rows, init="spectral", n_epochs=10).embedding_)


def test_a_wide_table_of_neighbours_is_cut_and_left_alone():
    """There: below 4,096 rows all its columns are used, and it is written to."""
    rows = random_rows(80, 4)
    wide = find_neighbors(rows, n_neighbors=30)
    given = (wide.indices.copy(), wide.distances.copy())
    options = {"disconnection_distance": 0.6, "n_epochs": 5}
    model = fitted(rows, precomputed_knn=given, **options)
    exact = fitted(rows, **options)
    assert abs(model.graph_ - exact.graph_).max() < 1e-6
    assert np.array_equal(given[0], wide.indices)
    assert np.array_equal(given[1], wide.distances)


def test_both_radii_are_of_squared_distances():
    """There: the radii of the data are of squared distances, those of the map are not."""
    model = umap.UMAP(n_neighbors=10, densmap=True, output_dens=True, n_epochs=100, random_state=0)
    rows = random_rows(150, 3)
    places, _, radii = model.fit_transform(rows)
    wider = umap.UMAP(
        n_neighbors=10, densmap=True, output_dens=True, n_epochs=0, init=10 * places, random_state=0
    )
    narrow = umap.UMAP(
        n_neighbors=10, densmap=True, output_dens=True, n_epochs=0, init=places, random_state=0
    )
    assert np.isfinite(radii).all()
    one, other = (m.fit(rows) for m in (wider, narrow))
    scale = np.ptp(one.embedding_, axis=0).mean() / np.ptp(other.embedding_, axis=0).mean()
    gap = np.median(one.rad_emb_ - other.rad_emb_)
    assert gap == pytest.approx(2 * np.log(scale), abs=1e-2)


def test_transform_after_a_list_of_epochs():
    """There: a list of epochs breaks transform, and fewer than 3 epochs divide by zero."""
    rows, new = random_rows(60, 4), random_rows(5, 4, seed=1)
    for epochs in ([5, 10], 2, 1, 0):
        assert np.isfinite(fitted(rows, n_epochs=epochs).transform(new)).all()


def test_transform_repeats_without_a_seed():
    """There: transform_seed=42 does not make a parallel transform repeatable."""
    rows, new = random_rows(80, 4), random_rows(30, 4, seed=1)
    model = fitted(rows, random_state=None)
    assert np.array_equal(model.transform(new), model.transform(new))


def test_transform_takes_the_threads_of_the_model():
    rows, new = random_rows(80, 4), random_rows(30, 4, seed=1)
    one, three = (fitted(rows, n_jobs=n) for n in (1, 3))
    assert np.array_equal(one.transform(new), three.transform(new))
    one.model_.n_jobs = 0
    with pytest.raises(ValueError, match="n_jobs"):
        one.transform(new)


def test_all_neighbours_of_a_new_row_count():
    """There: the nearest training row is left out of the sum, as if it were the row itself."""
    rows = random_rows(80, 4)
    model = fitted(rows, transform_mode="graph", local_connectivity=1)
    found = model.transform(rows + 0.05)
    sums = np.asarray(found.sum(axis=1)).ravel()
    np.testing.assert_allclose(sums, np.log2(10), rtol=1e-3)


def test_a_bar_of_few_epochs(capfd):
    """There: verbose with fewer than 10 epochs divides by zero."""
    fitted(random_rows(40, 4), n_epochs=3, verbose=True)
    assert "3/3" in capfd.readouterr().err


def test_rows_are_not_copied():
    """There: indexing with a list copies the whole data about five times in every fit."""
    rows = random_rows(100, 4)
    model = fitted(rows, n_epochs=5)
    assert np.shares_memory(model._raw_data, rows)
    assert np.shares_memory(model.model_._finder.rows, rows)
    assert np.shares_memory(model.model_._search_index().data, rows)


def test_a_start_without_rows_draws_from_its_seed():
    """There: it draws from numpy's global generator."""
    blocks = np.kron(np.eye(6), np.ones((12, 12), dtype=np.float32)) - np.eye(72)
    graph = csr_matrix(blocks)
    np.random.seed(3)  # noqa: NPY002  (the global generator is what the test is about)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    one = umap.spectral.spectral_layout(None, graph, 2, 5)
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002
    assert np.array_equal(one, umap.spectral.spectral_layout(None, graph, 2, 5))
    assert not np.array_equal(one, umap.spectral.spectral_layout(None, graph, 2, 6))
    assert spectral_start is umapkit.spectral_start


def test_density_maps_repeat_for_any_threads():
    """There: sums of each epoch are scattered by all threads without atomics."""
    rows = random_rows(200, 5)
    maps = [
        umap.UMAP(n_neighbors=10, densmap=True, n_epochs=60, random_state=0, n_jobs=n)
        .fit(rows)
        .embedding_
        for n in (1, 2, 3)
    ]
    assert np.array_equal(maps[0], maps[1])
    assert np.array_equal(maps[0], maps[2])


@pytest.mark.parametrize(
    "changed",
    [
        {"min_dist": 0.9},
        {"spread": 3.0},
        {"repulsion_strength": 3.0},
        {"learning_rate": 0.2},
        {"negative_sample_rate": 1},
        {"random_state": 1},
        {"init": "random"},
    ],
)
def test_aligned_maps_obey_their_parameters(changed):
    """There: they only reach maps of the slices that are then thrown away."""
    rows = random_rows(60, 4)
    slices, relations = [rows[:40], rows[20:]], [{a: a - 20 for a in range(20, 40)}]
    options = {"n_neighbors": 8, "n_epochs": 30, "random_state": 0}
    one = umap.AlignedUMAP(**options).fit(slices, relations=relations)
    other = umap.AlignedUMAP(**{**options, **changed}).fit(slices, relations=relations)
    assert not np.array_equal(one.embeddings_[0], other.embeddings_[0])


def test_no_map_of_a_slice_is_made_and_thrown_away(monkeypatch):
    """There: every slice is laid out by itself first, and nothing of that map is used."""
    advance, epochs = Layout._advance, []

    def counted(self, until):
        before = self.epoch
        advance(self, until)
        epochs.append(self.epoch - before)

    monkeypatch.setattr(Layout, "_advance", counted)
    rows = random_rows(60, 4)
    slices, relations = [rows[:40], rows[20:]], [{a: a - 20 for a in range(20, 40)}]
    model = umap.AlignedUMAP(n_neighbors=8, n_epochs=30, random_state=0)
    model.fit(slices, relations=relations)
    assert sum(epochs) == 2 * 30
