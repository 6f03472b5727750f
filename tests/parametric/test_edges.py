from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

torch = pytest.importorskip("torch")

from umapkit import find_neighbors, fuzzy_graph  # noqa: E402
from umapkit.parametric import EdgeSource, PointSource, ScheduleSource, umap_loss  # noqa: E402


@pytest.fixture(scope="module")
def graph() -> csr_array:
    rows = np.random.default_rng(0).normal(size=(300, 3))
    return fuzzy_graph(find_neighbors(rows, n_neighbors=8, random_state=0))


def ends(batch) -> tuple[np.ndarray, np.ndarray]:
    return batch.rows[batch.heads], batch.rows[batch.tails]


def test_edges_are_drawn_in_proportion_to_their_memberships(graph):
    source = EdgeSource(graph, batch_size=5000, seed=1)
    counts = np.zeros(graph.shape)
    for step in range(40):
        np.add.at(counts, ends(source.batch(step)), 1)
    dense = graph.toarray()
    wanted = 200_000 * dense / dense.sum()
    assert (counts[dense == 0] == 0).all()
    some = wanted > 5
    chi2 = ((counts - wanted)[some] ** 2 / wanted[some]).sum()
    assert abs(chi2 - some.sum()) < 5 * np.sqrt(2 * some.sum())


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("negatives", ["batch", "uniform"])
def test_a_batch_of_any_size_is_a_function_of_seed_and_step(graph, size, negatives):
    source = EdgeSource(graph, batch_size=size, seed=3, negatives=negatives)
    first = source.batch(17)
    source.batch(3)
    again = EdgeSource(graph, batch_size=size, seed=3, negatives=negatives).batch(17)
    other = EdgeSource(graph, batch_size=size, seed=4, negatives=negatives).batch(17)
    for name in ("rows", "heads", "tails", "far"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(ends(first), ends(other))
    assert len(first.heads) == len(first.tails) == size
    assert first.far.shape == (5, size)
    assert (graph.toarray()[ends(first)] > 0).all()


def test_negatives_of_the_batch_are_the_tails_of_other_edges(graph):
    batch = EdgeSource(graph, batch_size=100, seed=0).batch(0)
    tails, far = batch.rows[batch.tails], batch.rows[batch.far]
    for row in far:
        assert sorted(row) == sorted(tails)
        assert not np.array_equal(row, tails)
    assert len({tuple(row) for row in far}) == 5


def test_uniform_negatives_are_uniform_and_batch_negatives_follow_degrees(graph):
    degree = np.asarray(graph.sum(axis=1)).ravel()
    for negatives, wanted in (("uniform", np.full(300, 1 / 300)), ("batch", degree / degree.sum())):
        source = EdgeSource(graph, batch_size=2000, seed=0, negatives=negatives)
        counts = np.zeros(300)
        for step in range(50):
            batch = source.batch(step)
            np.add.at(counts, batch.rows[batch.far[0]], 1)
        error = (counts - 100_000 * wanted) / np.sqrt(100_000 * wanted)
        # 300 numbers of variance about 1
        assert 0.75 < np.mean(error**2) < 1.3, negatives


def test_rows_are_encoded_once_where_a_batch_has_many_edges(graph):
    rows = EdgeSource(graph, batch_size=2000, seed=0).batch(0).rows
    assert len(np.unique(rows)) == len(rows) <= 300


def test_the_mean_loss_of_batches_is_what_the_effective_loss_says(graph):
    rng = np.random.default_rng(1)
    places = rng.normal(size=(300, 2)) * 3
    a, b = 1.57694, 0.89506
    dense = graph.toarray().astype(np.float64)
    squares = ((places[:, None] - places[None]) ** 2).sum(2)
    w = a * squares**b
    off = ~np.eye(300, dtype=bool)
    near, far = np.log1p(w), np.zeros_like(w)
    far[off] = np.log1p(1 / w[off])
    degree = dense.sum(1)
    total = degree.sum()
    pull = (dense / total * near).sum() / 6
    weights = {
        "batch": np.outer(degree, degree) / total**2,
        "uniform": np.outer(degree / total, np.full(300, 1 / 300)),
    }
    for negatives, weight in weights.items():
        source = EdgeSource(graph, batch_size=4000, seed=0, negatives=negatives)
        found = []
        for step in range(40):
            batch = source.batch(step)
            terms = umap_loss(
                torch.tensor(places[batch.rows]), batch.to(torch.device("cpu")), a=a, b=b
            )
            found.append([float(terms["attraction"]), float(terms["repulsion"])])
        mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(len(found))
        push = 5 * (weight * far)[off].sum() / 6
        assert abs(mean[0] - pull) < 4 * error[0]
        assert abs(mean[1] - push) < 4 * error[1]


def test_held_out_edges_are_in_no_batch(graph):
    source = EdgeSource(graph, batch_size=3000, seed=0, held_out=0.2)
    kept = source.held_out(500)
    out = set(map(tuple, np.sort(np.stack(ends(kept), axis=1), axis=1)))
    assert abs(source.n_edges / graph.nnz - 0.8) < 0.05
    for step in range(10):
        drawn = set(map(tuple, np.sort(np.stack(ends(source.batch(step)), axis=1), axis=1)))
        assert not (out & drawn)
    assert EdgeSource(graph, batch_size=5, seed=0).held_out(5) is None


def test_the_schedule_uses_each_edge_as_often_as_umap_learn_does(graph):
    source = ScheduleSource(graph, n_epochs=50, batch_size=64, seed=0)
    counts = np.zeros(graph.shape)
    for step in range(source.n_steps):
        batch = source.batch(step)
        assert 1 <= len(batch.heads) <= 64
        np.add.at(counts, ends(batch), 1)
    dense = graph.toarray()
    wanted = 50 * dense / dense.max()
    # epochs_per_sample = w_max / w: floor(n_epochs / epochs_per_sample) times, rounding apart.
    assert np.abs(counts - wanted).max() <= 1.001
    assert (counts[dense == dense.max()] == 50).all()


def test_batches_of_points_hold_the_edges_inside_them(graph):
    source = PointSource(graph, batch_size=100, seed=0)
    assert source.steps_per_epoch == 3
    seen = np.concatenate([source.batch(step).rows for step in range(3)])
    assert np.array_equal(np.sort(seen), np.arange(300))
    assert np.array_equal(source.batch(4).rows, source.batch(1).rows)
    dense = graph.toarray()
    taken = np.zeros_like(dense)
    for step in range(1, 901, 3):
        np.add.at(taken, ends(source.batch(step)), 1)
    inside = np.ix_(*[source.batch(1).rows] * 2)
    error = taken[inside] / 300 - dense[inside]
    assert np.abs(error).max() < 0.15
    assert taken.sum() == taken[inside].sum()


def test_a_graph_without_edges_is_refused():
    with pytest.raises(ValueError, match="The graph has no edge"):
        EdgeSource(csr_array((5, 5), dtype=np.float32), batch_size=3, seed=0)


def test_memory_is_a_few_bytes_an_edge():
    import tracemalloc

    n, k = 50_000, 10
    indices = np.random.default_rng(0).integers(0, n, size=n * k).astype(np.int32)
    graph = csr_array(
        (np.ones(n * k, dtype=np.float32), indices, np.arange(0, n * k + 1, k)), shape=(n, n)
    )
    tracemalloc.start()
    source = EdgeSource(graph, batch_size=1000, seed=0)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for step in range(5):
        source.batch(step)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept <= 17 * n * k
    assert peak - kept < 4_000_000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"batch_size": 0}, "batch_size=0"),
        ({"negative_sample_rate": -1}, "negative_sample_rate=-1"),
        ({"negatives": "far"}, "negatives='far'"),
        ({"held_out": 1e-9}, "keeps none of the"),
        ({"held_out": 1.0}, "keeps all of the"),
    ],
)
def test_what_cannot_be_drawn_is_said(graph, change, said):
    for kind, more in ((EdgeSource, {}), (ScheduleSource, {"n_epochs": 3})):
        with pytest.raises(ValueError, match=said):
            kind(graph, **{"batch_size": 5, "seed": 0, **more, **change})
    with pytest.raises(ValueError, match="n_epochs=0"):
        ScheduleSource(graph, n_epochs=0, batch_size=5, seed=0)
    with pytest.raises(ValueError, match="batch_size=0"):
        PointSource(graph, batch_size=0, seed=0)
