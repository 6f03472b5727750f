from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from umapkit import ProgressiveUMAP


def stream(**given_) -> ProgressiveUMAP:
    return ProgressiveUMAP(
        **{"engine": "exact", "n_neighbors": 5, "random_state": 0, "n_jobs": 1, **given_}
    )


def a_life(rows, steps=None, **given_):
    """Inserts, updates, removals and steps; `steps` replays those of an earlier one."""
    model = stream(**given_)
    model.partial_fit(rows[:300])
    model.partial_fit(rows[300:400], wait=False)
    done = [model.step(seconds=0.02) if steps is None else model.step(operations=steps[0])]
    model.update([3, 5, 301], rows[500:503])
    model.remove([10, 320], wait=False)
    model.partial_fit(rows[400:500])
    done.append(model.step(seconds=0.03) if steps is None else model.step(operations=steps[1]))
    return model, done


def test_the_same_calls_give_the_same_bits_for_any_thread_count(rows):
    maps = [a_life(rows, steps=[300, 400], n_jobs=n)[0].embedding_ for n in (1, 2, 3)]
    np.testing.assert_array_equal(maps[0], maps[1])
    np.testing.assert_array_equal(maps[0], maps[2])


def test_steps_by_the_clock_are_replayed_by_their_operations(rows):
    first, done = a_life(rows)
    again, redone = a_life(rows, steps=done, n_jobs=2)
    assert first.steps_ == done == redone == again.steps_
    assert first.n_operations_ == again.n_operations_
    np.testing.assert_array_equal(first.embedding_, again.embedding_)


def test_a_step_does_as_much_in_one_call_as_in_many(rows):
    one, many = stream(), stream()
    for model in (one, many):
        model.partial_fit(rows[:300])
        model.partial_fit(rows[300:], wait=False)
    done = sum(many.step(operations=1) for _ in range(40))
    assert one.step(operations=done) == done
    np.testing.assert_array_equal(one.embedding_, many.embedding_)


def test_steps_with_no_call_between_them_are_noted_as_one(rows):
    model = stream().partial_fit(rows[:300]).partial_fit(rows[300:400], wait=False)
    done = [model.step(operations=20) for _ in range(5)]
    assert model.steps_ == [sum(done)]
    model.remove([0])
    more = model.step(operations=20)
    assert model.steps_ == [sum(done), more]
    again = stream().partial_fit(rows[:300]).partial_fit(rows[300:400], wait=False)
    again.step(operations=model.steps_[0])
    again.remove([0]).step(operations=model.steps_[1])
    np.testing.assert_array_equal(again.embedding_, model.embedding_)


def test_a_step_of_a_few_operations_does_not_many_more(rows):
    model = stream().partial_fit(rows[:300]).partial_fit(rows[300:], wait=False)
    assert max(model.step(operations=1) for _ in range(60)) <= 64


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), words=st.booleans(), capacity=st.sampled_from([None, 12, 30]))
def test_ids_are_never_lost_doubled_or_swapped(data, words, capacity):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    evict = data.draw(st.sampled_from(["oldest", "least_informative"]))
    model = stream(capacity=capacity, evict=evict)
    truth: dict[int | str, np.ndarray] = {}
    fresh = iter(range(10**15, 10**16))
    for _ in range(data.draw(st.integers(1, 7))):
        kind = data.draw(st.sampled_from(["insert", "update", "remove", "step"]))
        wait = data.draw(st.booleans())
        if kind == "insert" or not truth:
            rows = rng.normal(size=(data.draw(st.integers(1, 20)), 3)).astype(np.float32)
            ids = [f"row {next(fresh)}" if words else next(fresh) for _ in rows]
            model.partial_fit(rows, ids=ids, wait=wait)
            truth |= dict(zip(ids, rows, strict=True))
            for one in model.evicted_:
                del truth[one]
        elif kind == "step":
            model.step(operations=data.draw(st.integers(0, 50)))
        else:
            some = data.draw(st.lists(st.sampled_from(sorted(truth)), unique=True, min_size=1))
            if kind == "update":
                rows = rng.normal(size=(len(some), 3)).astype(np.float32)
                model.update(some, rows, wait=wait)
                truth |= dict(zip(some, rows, strict=True))
            else:
                model.remove(some, wait=wait)
                for one in some:
                    del truth[one]
        ids = model.ids_.tolist()
        assert sorted(ids) == sorted(truth)
        held = model._stream.table.rows[model._ids.slots()]
        np.testing.assert_array_equal(held, np.array([truth[one] for one in ids]).reshape(-1, 3))
        if capacity is not None:
            assert len(ids) <= capacity
    model._stream.finish()
    assert model.snapshot().waiting == 0
    assert np.isfinite(model.embedding_).all()
    assert model.neighbor_recall_ == 1.0


def test_a_map_of_one_row_takes_rows_that_are_not_its_neighbours():
    rows = np.random.default_rng(6).normal(size=(8, 3)).astype(np.float32)
    model = stream().partial_fit(rows[:1])
    model.partial_fit(rows[1:], wait=False)
    model.step(operations=10_000)
    assert model.snapshot().waiting == 0
    assert np.isfinite(model.embedding_).all()
    assert model.neighbor_recall_ == 1.0


def test_what_is_evicted_is_the_oldest_or_the_least_informative(rows):
    oldest = stream(capacity=100)
    oldest.partial_fit(rows[:80]).partial_fit(rows[80:130])
    assert oldest.ids_.tolist() == list(range(30, 130))
    assert oldest.evicted_ == list(range(30))
    dense = np.concatenate([rows[:60], rows[60:80] * 1e-3])
    model = stream(capacity=100, evict="least_informative").partial_fit(dense)
    model.partial_fit(rows[80:105])
    assert len(model.evicted_) == 5
    assert sum(one >= 60 for one in model.evicted_) >= 3


def test_a_batch_larger_than_the_capacity_leaves_its_end(rows):
    model = stream(capacity=50).partial_fit(rows)
    assert model.ids_.tolist() == list(range(550, 600))
    assert model.n_seen_ == 600


def test_a_snapshot_is_a_value(rows):
    model = stream().partial_fit(rows[:100])
    kept = model.snapshot()
    places = kept.embedding.copy()
    model.partial_fit(rows[100:300])
    np.testing.assert_array_equal(kept.embedding, places)
    assert kept.ids.tolist() == list(range(100))
    assert (kept.waiting, kept.owed) == (0, 0)
    model.partial_fit(rows[300:310], wait=False)
    assert model.snapshot().waiting == 10


def test_a_row_is_placed_alone_and_the_map_stays(rows):
    model = stream(n_jobs=2).partial_fit(rows[:500])
    before = model.embedding_
    places = model.transform(rows[480:])
    np.testing.assert_array_equal(places[:20], before[480:])
    np.testing.assert_array_equal(model.transform(rows[550:551])[0], places[70])
    np.testing.assert_array_equal(model.transform(rows[:479:-1]), places[::-1])
    np.testing.assert_array_equal(model.embedding_, before)
    model.step(operations=2000)
    assert not np.array_equal(model.transform(rows[480:]), places)


def test_rows_beyond_the_disconnection_distance_have_no_place(rows):
    model = stream(disconnection_distance=5.0).partial_fit(rows[:200])
    with pytest.warns(UserWarning, match="1 of 2 rows"):
        places = model.transform(np.stack([rows[300], rows[301] + 100]))
    assert np.isnan(places[1]).all()
    assert np.isfinite(places[0]).all()


def test_more_rows_may_be_in_a_data_frame_with_the_same_names(rows):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(rows, columns=list("abcde"))
    model = stream().partial_fit(frame[:100]).partial_fit(frame[100:150])
    assert model.feature_names_in_.tolist() == list("abcde")
    assert model.get_feature_names_out().tolist() == ["progressiveumap0", "progressiveumap1"]
    with pytest.raises(ValueError, match="feature names"):
        model.partial_fit(frame[150:].rename(columns={"a": "z"}))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda m, X: m.partial_fit(X[:, :3]), ValueError, "3 features"),
        (lambda m, X: m.partial_fit(np.full((2, 5), np.nan)), ValueError, "NaN"),
        (lambda m, X: m.partial_fit(X[:2], ids=[0, 900]), ValueError, "on the map already"),
        (lambda m, X: m.partial_fit(X[:2], [1]), ValueError, "1 labels for 2 rows"),
        (lambda m, X: m.update([999], X[:1]), KeyError, "999"),
        (lambda m, X: m.update([1, 2], X[:1]), ValueError, "2 ids were given for 1 rows"),
        (lambda m, X: m.remove([1, 1]), ValueError, "twice"),
        (lambda m, X: m.remove([-1]), KeyError, "-1"),
        (lambda m, X: m.step(), ValueError, "give one of the two"),
        (lambda m, X: m.step(operations=1, seconds=1), ValueError, "give one of the two"),
        (lambda m, X: m.step(seconds=-1), ValueError, "not negative"),
        (lambda m, X: m.step(seconds=float("nan")), ValueError, "not negative"),
    ],
)
def test_a_refused_call_changes_nothing(rows, call, error, says):
    model = stream().partial_fit(rows[:100])
    before = model.snapshot()
    with pytest.raises(error, match=says):
        call(model, rows)
    after = model.snapshot()
    np.testing.assert_array_equal(before.embedding, after.embedding)
    np.testing.assert_array_equal(before.ids, after.ids)
    assert before.n_operations == after.n_operations
    model.partial_fit(rows[100:110])


@pytest.mark.parametrize(
    ("parameter", "error", "says"),
    [
        ({"n_neighbors": 1}, ValueError, "n_neighbors"),
        ({"engine": "trees"}, ValueError, "'graph', 'panene', 'exact'"),
        ({"move": "all"}, ValueError, "move"),
        ({"place": 3}, ValueError, "place"),
        ({"evict": "newest"}, ValueError, "evict"),
        ({"anchor": -1.0}, ValueError, "anchor"),
        ({"anchor": "strong"}, TypeError, "anchor"),
        ({"capacity": 5}, ValueError, "larger capacity"),
        ({"capacity": 0}, ValueError, "capacity"),
        ({"target_weight": 2.0}, ValueError, "target_weight"),
        ({"metric": "jaccard"}, ValueError, "jaccard"),
        ({"metric": len}, TypeError, "by name"),
        ({"min_dist": 2.0}, ValueError, "min_dist"),
        ({"disconnection_distance": 0.0}, ValueError, "disconnection_distance"),
    ],
)
def test_bad_parameters_are_refused_at_the_first_rows(rows, parameter, error, says):
    with pytest.raises(error, match=says):
        stream(**parameter).partial_fit(rows)


def test_nothing_can_be_asked_of_a_stream_without_rows(rows):
    from sklearn.exceptions import NotFittedError

    model = stream()
    for call in (
        lambda: model.transform(rows),
        lambda: model.step(operations=1),
        lambda: model.remove([0]),
        model.snapshot,
    ):
        with pytest.raises(NotFittedError):
            call()
    assert not hasattr(model, "embedding_")


def test_all_rows_may_go_and_others_come(rows):
    model = stream().partial_fit(rows[:50])
    model.remove(model.ids_)
    assert model.embedding_.shape == (0, 2)
    model.partial_fit(rows[50:120])
    assert model.ids_.tolist() == list(range(50, 120))
    assert np.isfinite(model.embedding_).all()
