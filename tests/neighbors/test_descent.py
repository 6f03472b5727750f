from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import umapkit
from umapkit import _kernels
from umapkit.distances import METRICS
from umapkit.neighbors import NeighborIndex, build_index, estimate_recall, find_neighbors
from umapkit.neighbors._descent import usual_effort

# Metrics that descent compares on the rows themselves; the others: test_metrics.py.
DESCENT = [name for name, card in METRICS.items() if card.descent and card.space is None]


def clusters(n, d, *, inner=8, groups=12, seed=0):
    """Groups of rows near planes of `inner` dimensions: data that compresses."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, groups, n)
    planes = rng.normal(size=(groups, inner, d)) / np.sqrt(d)
    rows = np.einsum("ni,nid->nd", rng.normal(size=(n, inner)), planes[label])
    rows += (rng.normal(size=(groups, d)) / np.sqrt(d))[label]
    return (rows + 0.05 * rng.normal(size=(n, d)) / np.sqrt(d)).astype(np.float32)


def bits(index, Q, k=10):
    parts = [index.neighbors.indices, index.neighbors.distances]
    answer = index.query(Q, k)
    return hashlib.sha256(
        b"".join(a.tobytes() for a in [*parts, answer.indices, answer.distances])
    ).hexdigest()


def exact_recall(X, found, metric="euclidean"):
    true = find_neighbors(X, n_neighbors=found.k, metric=metric, method="exact")
    return float((found.distances[:, 1:] <= true.distances[:, -1:]).mean())


@pytest.mark.parametrize("metric", DESCENT)
@pytest.mark.parametrize("d", [3, 40, 200])
def test_descent_finds_nearly_all_neighbours(metric, d):
    X = clusters(6000, d)
    index = build_index(X, metric=metric, method="descent", random_state=1)
    assert index.method == "descent"
    assert exact_recall(X, index.neighbors, metric) >= 0.97
    formula = METRICS[metric].formula
    for row in (0, 999, 5999):
        listed = formula(X[row : row + 1], X[index.neighbors.indices[row]])[0]
        np.testing.assert_allclose(
            index.neighbors.distances[row, 1:], listed[1:], rtol=2e-4, atol=1e-6
        )


def test_wide_rows_that_compress_are_searched_in_a_narrow_space():
    index = build_index(clusters(6000, 400), method="descent", random_state=1)
    assert index.width < 400


def test_noise_that_does_not_compress_is_searched_whole_and_found():
    X = np.random.default_rng(0).normal(size=(5000, 200)).astype(np.float32)
    index = build_index(X, method="descent", random_state=1)
    assert index.width == 200
    assert abs(index.recall - exact_recall(X, index.neighbors)) < 0.02
    once = build_index(X, method="descent", random_state=1, target_recall=0)
    assert once.recall <= index.recall


@pytest.mark.parametrize("d", [5, 200])
def test_same_seed_same_bits_for_any_thread_count(d):
    X, Q = clusters(5000, d), clusters(300, d, seed=1)
    X[1000:1500] = X[500:1000]  # ties
    results = {
        bits(build_index(X, method="descent", random_state=7, n_jobs=jobs), Q)
        for jobs in (1, 2, 3, 2)
    }
    assert len(results) == 1
    other = bits(build_index(X, method="descent", random_state=8), Q)
    assert other not in results


PROGRAM = """
import sys
sys.path.insert(0, {here!r})
from test_descent import bits, clusters
from umapkit.neighbors import build_index
X, Q = clusters(3000, 150), clusters(100, 150, seed=1)
for metric in ("euclidean", "correlation", "manhattan"):
    for method in ("exact", "descent"):
        print(bits(build_index(X, metric=metric, method=method, random_state=3), Q))
"""


def run_program(**environment):
    here = str(Path(__file__).parent)
    source = str(Path(umapkit.__file__).parent.parent)
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(here=here)],
        env={**os.environ, "PYTHONPATH": source, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout


def test_same_bits_in_other_processes_for_any_blas_threads_and_instruction_set():
    results = {run_program(OPENBLAS_NUM_THREADS=t) for t in ("1", "2")}
    results |= {run_program(UMAPKIT_ISA=isa) for isa in _kernels.isas_available()}
    assert len(results) == 1


@pytest.mark.parametrize("metric", DESCENT)
def test_one_by_one_equals_all_at_once_to_the_bit(metric):
    X, Q = clusters(4500, 150), clusters(70, 150, seed=1)
    Q[3] = 0
    for method in ("exact", "descent"):
        index = build_index(X, metric=metric, method=method, random_state=0)
        together = index.query(Q, 12)
        for i, row in enumerate(Q):
            alone = index.query(row[None], 12)
            np.testing.assert_array_equal(alone.indices[0], together.indices[i])
            np.testing.assert_array_equal(alone.distances[0], together.distances[i])
        shuffled = index.query(Q[::-1].copy(), 12, n_jobs=1)
        np.testing.assert_array_equal(shuffled.distances[::-1], together.distances)


@pytest.mark.parametrize("metric", DESCENT)
@pytest.mark.parametrize("d", [6, 200])
def test_queries_find_nearly_all_neighbours(metric, d):
    rows = clusters(6500, d)
    X, Q = rows[:6000], rows[6000:]
    index = build_index(X, metric=metric, method="descent", random_state=0)
    true = build_index(X, metric=metric, method="exact").query(Q, 15)
    found = index.query(Q, 15)
    assert (found.distances <= true.distances[:, -1:]).mean() >= 0.95
    both = found.indices == true.indices
    np.testing.assert_array_equal(found.distances[both], true.distances[both])


@pytest.mark.parametrize("metric", ["euclidean", "correlation", "manhattan", "inner_product"])
@pytest.mark.parametrize("d", [6, 150])
def test_an_index_rebuilt_from_its_state_answers_with_the_same_bits(metric, d):
    X, Q = clusters(3000, d), clusters(50, d, seed=1)
    index = build_index(
        X, metric=metric, method="descent" if METRICS[metric].descent else "exact", random_state=0
    )
    arrays, numbers = index.state_arrays()
    assert all(type(a) is np.ndarray and a.dtype != object for a in arrays.values())
    assert all(type(x) in (int, float, str) for x in numbers.values())
    again = NeighborIndex.from_state({k: a.copy() for k, a in arrays.items()}, dict(numbers))
    assert bits(again, Q) == bits(index, Q)
    assert (again.method, again.recall, again.seed, again.width) == (
        index.method,
        index.recall,
        index.seed,
        index.width,
    )


def test_many_queries_or_neighbours_are_possible():
    X = clusters(5000, 20)
    index = build_index(X, n_neighbors=100, method="descent", random_state=0)
    assert exact_recall(X, index.neighbors) >= 0.97
    assert index.query(X[:3], 5000).indices.shape == (3, 5000)
    far = index.query(X[:20], 1000)
    true = build_index(X, n_neighbors=2, method="exact").query(X[:20], 1000)
    assert (far.distances <= true.distances[:, -1:]).mean() >= 0.95


def test_duplicates_by_the_thousand_do_no_harm():
    X = np.repeat(clusters(2500, 3), 4, axis=0)
    X = np.concatenate([X, np.zeros((3000, 3), dtype=np.float32)])
    index = build_index(X, method="descent", random_state=0)
    assert (index.neighbors.distances[:10000, 1:4] == 0).mean() > 0.99
    assert (index.neighbors.distances[10000:] == 0).all()
    assert exact_recall(X, index.neighbors) >= 0.97


@pytest.mark.parametrize("n_neighbors", [5, 15])
def test_the_estimated_recall_is_near_the_true_one(n_neighbors):
    X = clusters(6000, 300, inner=20)
    index = build_index(
        X, n_neighbors=n_neighbors, method="descent", random_state=2, target_recall=0
    )
    exact = exact_recall(X, index.neighbors)
    assert abs(index.recall - exact) < 0.01
    assert abs(estimate_recall(X, index.neighbors, sample_size=500) - exact) < 0.01
    assert estimate_recall(X, index.neighbors, sample_size=6000) == pytest.approx(exact, abs=1e-4)


def test_recall_of_damaged_lists_shows_the_damage():
    X = clusters(2000, 10)
    found = find_neighbors(X, n_neighbors=11, method="exact")
    assert estimate_recall(X, found) == 1.0
    # Half of the ten neighbours are replaced: by rows from anywhere, or by the first one again.
    # What the list says about their distances does not help it.
    anywhere = found.indices.copy()
    anywhere[:, 6:] = np.random.default_rng(0).integers(0, 2000, size=(2000, 5))
    damaged = estimate_recall(X, type(found)(anywhere, found.distances))
    assert damaged == pytest.approx(0.5, abs=0.02)
    again = found.indices.copy()
    again[:, 6:] = again[:, 1:2]
    assert estimate_recall(X, type(found)(again, found.distances)) == 0.5
    with pytest.raises(ValueError, match="one list a row"):
        estimate_recall(X[:5], found)
    with pytest.raises(ValueError, match="no sample"):
        estimate_recall(X, found, sample_size=0)


def load_mnist(n):
    folder = os.environ.get("UMAPKIT_DATA")
    if not folder or not (Path(folder) / "mnist.npz").exists():
        pytest.skip("UMAPKIT_DATA does not hold mnist.npz")
    with np.load(Path(folder) / "mnist.npz") as file:
        return np.ascontiguousarray(file["x_train"][:n].reshape(n, -1), dtype=np.float32)


@pytest.mark.data
def test_mnist():
    X = load_mnist(20000)
    index = build_index(X, random_state=0, n_jobs=2)
    assert index.method == "descent"
    assert index.recall >= 0.97
    assert abs(index.recall - estimate_recall(X, index.neighbors, sample_size=1000)) < 0.01
    again = build_index(X, random_state=0, n_jobs=3)
    np.testing.assert_array_equal(again.neighbors.indices, index.neighbors.indices)
    np.testing.assert_array_equal(again.neighbors.distances, index.neighbors.distances)


def test_a_row_too_far_away_is_named():
    X = clusters(5000, 20)
    X[4000:] += np.float32(3e18)
    X[4000] = 3e38
    with pytest.raises(ValueError, match="row 4000 are too large"):
        build_index(X, n_neighbors=3, method="descent", random_state=0)
    X = np.random.default_rng(0).normal(size=(5000, 20)).astype(np.float32)
    X[4321:] = 1e25 * X[4321:]
    with pytest.raises(ValueError, match=r"row 4[3-9]\d\d are too large"):
        build_index(X, n_neighbors=3, method="descent", random_state=0)


@pytest.mark.parametrize("name", ["indices", "order", "members", "lists"])
def test_a_damaged_state_is_refused(name):
    index = build_index(clusters(3000, 6), method="descent", random_state=0)
    arrays, numbers = index.state_arrays()
    broken = arrays[name].copy()
    broken.flat[7] = 3000
    with pytest.raises(ValueError, match=f"'{name}' names row 3000"):
        NeighborIndex.from_state({**arrays, name: broken}, numbers)


def test_rounds_run_one_by_one_and_an_interrupt_comes_through(monkeypatch):
    X = clusters(3000, 6)
    whole = build_index(X, method="descent", random_state=0)
    rounds = []
    kernel = _kernels.descend

    def interrupted(*given):
        rounds.append(given[6:8])
        if len(rounds) == 2:
            raise KeyboardInterrupt
        return kernel(*given)

    with monkeypatch.context() as patch:
        patch.setattr(_kernels, "descend", interrupted)
        with pytest.raises(KeyboardInterrupt):
            build_index(X, method="descent", random_state=0)
    assert rounds == [(0, 1), (1, 2)]
    graph = whole._graph
    assert graph is not None
    lists = np.empty_like(graph.lists)
    keys = np.empty(lists.shape, dtype=np.float32)
    effort = usual_effort(15, narrow=False)
    _kernels.descend(
        graph.kernel,
        graph.rows,
        None,
        graph.members,
        graph.depth,
        effort.reach,
        0,
        effort.rounds,
        int(effort.enough * lists.size),
        0,
        keys,
        lists,
        2,
    )
    np.testing.assert_array_equal(lists & 0x7FFFFFFF, graph.lists)
