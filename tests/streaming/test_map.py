from __future__ import annotations

import numpy as np
import pytest

from umapkit import UMAP, ProgressiveUMAP
from umapkit.quality import knn_accuracy, trustworthiness


def stream(**given) -> ProgressiveUMAP:
    return ProgressiveUMAP(**{"engine": "exact", "random_state": 0, "n_jobs": 2, **given})


def fed(model, X, size=200, y=None):
    """Give rows in batches; return the share of the diameter that old points moved in each."""
    moves = []
    for at in range(0, len(X), size):
        before = model.embedding_ if at else None
        model.partial_fit(X[at : at + size], None if y is None else y[at : at + size])
        if before is not None:
            after = model.embedding_
            far = np.linalg.norm(after[:at] - before, axis=1)
            moves.append(np.median(far) / diameter(after))
    return np.array(moves)


def diameter(places):
    return np.linalg.norm(np.ptp(places, axis=0))


def test_a_map_grown_in_batches_is_as_good_as_one_of_all_rows(digits):
    X, y = digits
    batch = UMAP(random_state=0).fit_transform(X)
    model = stream()
    moves = fed(model, X)
    assert trustworthiness(X, model.embedding_) >= trustworthiness(X, batch) - 0.02
    assert knn_accuracy(model.embedding_, y) >= knn_accuracy(batch, y) - 0.01
    assert np.median(moves) < 0.05
    assert moves[-1] < moves[0]


def test_a_progressive_fit_shows_a_map_early_and_ends_as_good(digits):
    X, _ = digits
    seen = []

    class Watch:
        every = 1

        def start(self, layout):
            seen.append((0, layout.rows, layout.embedding))

        def epoch(self, layout):
            seen.append((layout.epoch, layout.rows, layout.embedding))

        def end(self, layout):
            assert np.isfinite(layout.loss())

    model = stream(observers=Watch()).fit(X)
    assert [number for number, _, _ in seen] == [0, 1, 2]
    assert seen[0][1] == 0
    first = seen[1][2]
    assert seen[1][1] == 1024
    assert np.isnan(first[:, 0]).sum() == len(X) - 1024
    batch = UMAP(random_state=0).fit_transform(X)
    assert trustworthiness(X, model.embedding_) >= trustworthiness(X, batch) - 0.02
    np.testing.assert_array_equal(model.ids_, np.arange(len(X)))


def test_an_observer_stops_a_fit_and_steps_go_on(digits):
    X, _ = digits

    class Stop:
        every = 1
        start = end = staticmethod(lambda layout: None)

        def epoch(self, layout):
            return True

    model = stream(observers=Stop()).fit(X)
    assert model.snapshot().waiting == len(X) - 1024
    while model.snapshot().waiting:
        assert model.step(operations=300) > 0
    assert np.isfinite(model.embedding_).all()


def test_new_classes_find_their_own_places_and_an_anchor_holds_the_old(digits):
    X, y = digits
    old, new = y < 5, y >= 5
    moved = {}
    for anchor in (0.0, 1.0):
        model = stream(anchor=anchor)
        fed(model, X[old])
        before = model.embedding_
        fed_more = X[new]
        for at in range(0, len(fed_more), 200):
            model.partial_fit(fed_more[at : at + 200])
        after = model.embedding_
        labels = np.concatenate([y[old], y[new]])
        n = old.sum()
        near = ProgressiveAccuracy(after, labels)
        assert near.of(slice(n, None)) >= 0.9
        far = np.linalg.norm(after[:n] - before, axis=1) / diameter(after)
        moved[anchor] = np.quantile(far, 0.95)
    assert moved[1.0] <= 0.05
    assert moved[1.0] < moved[0.0]


class ProgressiveAccuracy:
    """Share of points whose five nearest others mostly have their label."""

    def __init__(self, places, labels):
        from sklearn.neighbors import NearestNeighbors

        near = NearestNeighbors(n_neighbors=6).fit(places).kneighbors(places)[1][:, 1:]
        votes = np.array([np.bincount(labels[row], minlength=10).argmax() for row in near])
        self.right = votes == labels

    def of(self, which):
        return self.right[which].mean()


def test_algorithm_3_as_printed_moves_new_and_touched_points_only(digits):
    X, y = digits
    model = stream(move="new")
    model.partial_fit(X[:1000])
    before = model.embedding_
    model.partial_fit(X[1000:1001])
    after = model.embedding_
    table = model._stream.table
    still = np.flatnonzero((after[:1000] == before).all(axis=1))
    assert len(still) > 900
    slot = int(model._ids.slots()[1000])
    for neighbor in still:
        assert slot not in table.indices[model._ids.slots()[neighbor]]
    fed_more = X[1001:]
    for at in range(0, len(fed_more), 200):
        model.partial_fit(fed_more[at : at + 200])
    assert knn_accuracy(model.embedding_, y) > 0.9
    assert model.step(operations=1000) == 0


def test_a_new_point_begins_among_its_neighbors_in_both_ways(digits):
    X, _ = digits
    for place in ("nearest", "mean"):
        model = stream(place=place)
        model.partial_fit(X[:1500])
        model.partial_fit(X[1500:1501], wait=False)
        assert np.isnan(model.embedding_[-1]).all()
        model._stream._link(10)
        start = model.embedding_[-1]
        slot = model._ids.slots()[-1]
        near = model._stream.table.indices[slot][1:]
        places = model._stream.places.positions[near]
        far = np.linalg.norm(places - start, axis=1)
        if place == "nearest":
            assert far[0] < 0.2
        else:
            assert (start >= places.min(axis=0) - 0.2).all()
            assert (start <= places.max(axis=0) + 0.2).all()


def test_labels_pull_equal_ones_together(digits):
    X, y = digits
    noisy = X + np.random.default_rng(1).normal(scale=8, size=X.shape).astype(np.float32)
    plain, told = stream(), stream(target_weight=0.9)
    fed(plain, noisy[:1000])
    fed(told, noisy[:1000], y=y[:1000])
    assert knn_accuracy(told.embedding_, y[:1000]) > knn_accuracy(plain.embedding_, y[:1000]) + 0.02
    ignored = stream(target_weight=0.0)
    fed(ignored, noisy[:1000], y=y[:1000])
    np.testing.assert_array_equal(ignored.embedding_, plain.embedding_)


def test_a_changed_row_goes_over_to_its_new_neighbors_by_steps(digits):
    X, y = digits
    model = stream().partial_fit(X[:1000])
    zero, one = np.flatnonzero(y[:1000] == 0)[0], np.flatnonzero(y[:1000] == 1)
    before = model.embedding_
    model.update([zero], X[1000:][y[1000:] == 1][:1], wait=False)
    np.testing.assert_array_equal(model.embedding_, before)
    model._stream.finish()
    model.step(operations=500)
    after = model.embedding_
    centre = np.median(after[one], axis=0)
    assert np.linalg.norm(after[zero] - centre) < 0.3 * np.linalg.norm(before[zero] - centre)


def test_maps_of_one_and_three_dimensions_and_of_directions(digits):
    X, y = digits
    for dim, metric in ((1, "euclidean"), (3, "cosine")):
        model = stream(n_components=dim, metric=metric)
        fed(model, X[:900], size=300)
        assert model.embedding_.shape == (900, dim)
        assert knn_accuracy(model.embedding_, y[:900]) > 0.75


@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_few_rows_make_a_map_and_more_join_them(rows, n):
    model = stream().partial_fit(rows[:n])
    assert np.isfinite(model.embedding_).all()
    model.partial_fit(rows[n : n + 40])
    assert np.isfinite(model.embedding_).all()
    assert len(model.ids_) == n + 40


def test_equal_and_constant_rows_do_no_harm():
    rows = np.zeros((80, 4), dtype=np.float32)
    rows[40:] = 1.0
    model = stream().partial_fit(rows[:50]).partial_fit(rows[50:])
    assert np.isfinite(model.embedding_).all()


def test_a_group_with_no_neighbor_on_the_map_joins_it(rows):
    model = stream().partial_fit(rows[:200])
    model.partial_fit(rows[200:260] + 1000)
    assert np.isfinite(model.embedding_).all()


def test_rows_placed_while_a_fit_runs_do_not_stay_on_the_map_of_that_moment(digits):
    X, _ = digits
    early = []

    class Place:
        every = 1
        start = end = staticmethod(lambda layout: None)

        def epoch(self, layout):
            if layout.epoch == 1:
                early.append(model.transform(X[:200]))

    model = stream(observers=Place())
    model.fit(X)
    plain = stream().fit(X)
    np.testing.assert_array_equal(model.embedding_, plain.embedding_)
    places = model.transform(X[:200])
    np.testing.assert_array_equal(places, plain.transform(X[:200]))
    np.testing.assert_array_equal(places, model.embedding_[:200])
    assert not np.array_equal(early[0], places)
