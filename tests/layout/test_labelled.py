from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit._seed import Stage, below, draw, key
from umapkit.layout import (
    Checkpoint,
    History,
    LabelledLayout,
    LabelOptions,
    Layout,
    LayoutInterrupted,
    LayoutOptions,
    class_probabilities,
)
from umapkit.quality import silhouette


def soft_max(z):
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def pull_twin(points, rows, codes, head, step):
    """classify.hpp in NumPy."""
    y, w, b = points[rows].astype(float), head[:, :-1], head[:, -1]
    p = soft_max(y @ w.T + b)
    cost = -np.log(p[np.arange(len(rows)), codes]).sum()
    mean = p @ w
    g = mean - w[codes]
    trace = p @ (w**2).sum(axis=1) - (mean**2).sum(axis=1)
    moves = -step * np.clip(g, -4, 4) / (1 + step * trace[:, None])
    p[np.arange(len(rows)), codes] -= 1
    gradient = np.concatenate([p.T @ y, p.sum(axis=0)[:, None]], axis=1)
    return moves, np.concatenate([gradient.ravel(), y.sum(axis=0), [(y**2).sum(), cost]])


def push_twin(points, rows, codes, starts, *, step, margin, triplets, seed, epoch):
    """triplet.hpp in Python."""
    m, points = len(rows), points.astype(float)
    sizes = np.diff(starts)

    def mate(i, bits):
        found = starts[codes[i]] + int(below(bits, int(sizes[codes[i]] - 1)))
        return found + 1 if found >= i else found

    def stranger(i, bits):
        found = int(below(bits, int(m - sizes[codes[i]])))
        return found + sizes[codes[i]] if found >= starts[codes[i]] else found

    def at(i):
        return points[rows[i]]

    def length(a, b):
        return np.sqrt(((a - b) ** 2).sum() + 0.01)

    moves, cost = np.zeros((m, points.shape[1])), 0.0
    for i in range(m):
        here, force, stiffness = at(i), 0.0, 0.0
        k = key(seed, Stage.LABEL, epoch, rows[i])
        for t in range(triplets):
            bits = [draw(k, 6 * t + which) for which in range(6)]
            if sizes[codes[i]] > 1:
                p, n = at(mate(i, bits[0])), at(stranger(i, bits[1]))
                near, far = length(here, p), length(here, n)
                if near - far + margin > 0:
                    cost += (near - far + margin) / triplets
                    force = force - (here - p) / near + (here - n) / far
                    stiffness += 1 / near
                a, n = at(mate(i, bits[2])), at(stranger(i, bits[3]))
                near = length(here, a)
                if near - length(a, n) + margin > 0:
                    force = force - (here - a) / near
                    stiffness += 1 / near
            j = stranger(i, bits[4])
            if sizes[codes[j]] > 1:
                a, p = at(j), at(mate(j, bits[5]))
                if length(a, p) - length(a, here) + margin > 0:
                    share = (m - sizes[codes[i]]) / (m - sizes[codes[j]])
                    force = force + (here - a) / length(a, here) * share
        moves[i] = step * force / triplets / (1 + step * stiffness / triplets)
    return moves, cost


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(0)
    n = 700
    codes = rng.integers(0, 11, size=n).astype(np.int32)
    codes[:2] = 11  # a class of two, and below one of one
    codes[2] = 12
    points = (rng.normal(size=(n, 3)) * 3 + codes[:, None]).astype(np.float32)
    rows = np.argsort(codes, kind="stable").astype(np.int32)[30:]
    return points, rows, codes[rows], np.unique(codes[rows], return_inverse=True)[1]


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_the_pull_of_the_head_is_that_of_the_twin_and_a_gradient(case, dim):
    points, rows, _, codes = case
    points, codes = np.ascontiguousarray(points[:, :dim]), codes.astype(np.int32)
    head = np.random.default_rng(1).normal(size=(13, dim + 1))
    moves, sums = np.empty((len(rows), dim), dtype=np.float32), np.empty(head.size + dim + 2)
    _kernels.pull_classes(points, rows, codes, head, moves, sums, step=0.7, n_threads=2)
    expected, totals = pull_twin(points, rows, codes, head, 0.7)
    np.testing.assert_allclose(moves, expected, atol=1e-5)
    np.testing.assert_allclose(sums, totals, rtol=1e-9, atol=1e-9)
    # Finite differences of the cost by the head and by a point.
    for at in ((0, 0), (5, dim)):
        there = [head.copy(), head.copy()]
        there[0][at] += 1e-5
        there[1][at] -= 1e-5
        costs = [pull_twin(points, rows, codes, h, 0.0)[1][-1] for h in there]
        assert sums.reshape(-1)[at[0] * (dim + 1) + at[1]] == pytest.approx(
            (costs[0] - costs[1]) / 2e-5, rel=1e-4, abs=1e-4
        )
    for jobs in (1, 3):
        again = np.empty_like(moves), np.empty_like(sums)
        _kernels.pull_classes(points, rows, codes, head, *again, step=0.7, n_threads=jobs)
        assert again[0].tobytes() == moves.tobytes()
        assert again[1].tobytes() == sums.tobytes()


def test_the_push_of_triplets_is_that_of_the_twin(case):
    points, rows, _, codes = case
    codes = codes.astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(np.bincount(codes))]).astype(np.int64)
    options = {"step": 0.7, "margin": 2.0, "triplets": 3, "seed": 5, "epoch": 9}
    moves = np.empty((len(rows), 3), dtype=np.float32)
    cost = _kernels.push_triplets(points, rows, codes, starts, moves, n_threads=2, **options)
    expected, total = push_twin(points, rows, codes, starts, **options)
    np.testing.assert_allclose(moves, expected, atol=1e-4)
    assert cost == pytest.approx(total, rel=1e-5)
    for jobs in (1, 3):
        again = np.empty_like(moves)
        same = _kernels.push_triplets(points, rows, codes, starts, again, n_threads=jobs, **options)
        assert again.tobytes() == moves.tobytes()
        assert same == cost


def test_the_push_of_many_triplets_is_the_negative_gradient():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [4, 3, 5]).astype(np.int32)
    points = rng.normal(size=(12, 2)).astype(np.float32)
    rows, starts = np.arange(12, dtype=np.int32), np.array([0, 4, 7, 12])

    def cost(y):
        r = np.sqrt(((y[:, None] - y[None]) ** 2).sum(axis=2) + 0.01)
        total = 0.0
        for a in range(12):
            own = (codes == codes[a]) & (np.arange(12) != a)
            other = codes != codes[a]
            total += np.maximum(r[a, own][:, None] - r[a, other][None] + 1, 0).mean()
        return total

    moves = np.empty((12, 2), dtype=np.float32)
    step = 1e-6  # no damping
    drawn = _kernels.push_triplets(
        points, rows, codes, starts, moves,
        step=step, margin=1.0, triplets=200_000, seed=0, epoch=0, n_threads=2,
    )  # fmt: skip
    assert drawn == pytest.approx(cost(points.astype(float)), rel=5e-3)
    for i, axis in ((0, 0), (5, 1), (11, 0)):
        up, down = points.astype(float), points.astype(float)
        up[i, axis] += 1e-5
        down[i, axis] -= 1e-5
        slope = (cost(up) - cost(down)) / 2e-5
        assert moves[i, axis] / step == pytest.approx(-slope, abs=0.03)


def test_probabilities_are_a_soft_max_and_depend_on_their_own_point():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(600, 2)).astype(np.float32)
    points[7] = 1e6  # far outside: no overflow
    head = rng.normal(size=(9, 3))
    found = class_probabilities(points, head, n_jobs=2)
    np.testing.assert_allclose(
        found, soft_max(points.astype(float) @ head[:, :2].T + head[:, 2]), atol=1e-9
    )
    np.testing.assert_allclose(found.sum(axis=1), 1)
    for row in (0, 7, 599):
        alone = class_probabilities(points[row : row + 1], head, n_jobs=1)
        assert alone.tobytes() == found[row : row + 1].tobytes()
    points[3, 1] = np.nan
    assert np.isnan(class_probabilities(points, head)[3]).all()


@pytest.fixture(scope="module")
def ring():
    """A ring of 300 vertices, each tied to 8; three arcs of it are classes, a third unknown."""
    n = 300
    one = np.repeat(np.arange(n), 8)
    other = (one + np.tile([-4, -3, -2, -1, 1, 2, 3, 4], n)) % n
    graph = csr_array((np.full(8 * n, 0.7, dtype=np.float32), (one, other)), shape=(n, n))
    graph.sort_indices()
    angle = np.arange(n) / n * 2 * np.pi
    start = np.stack([5 + 5 * np.cos(angle), 5 + 5 * np.sin(angle)], axis=1).astype(np.float32)
    codes = np.arange(n) // 100
    codes[::3] = -1
    return graph, start, codes


OPTIONS = LayoutOptions(a=1.58, b=0.9, n_epochs=120, seed=3)
KINDS = [
    LabelOptions(cost="cross_entropy"),
    LabelOptions(cost="triplet", weight=2.0),
    LabelOptions(cost="cross_entropy", period=(5, 3)),
    LabelOptions(cost="triplet", period=(5, 5)),
]


def layout_of(ring, labels, n_jobs=2, options=OPTIONS):
    graph, start, codes = ring
    return LabelledLayout(graph, start, options, codes=codes, labels=labels, n_jobs=n_jobs)


@pytest.mark.parametrize("labels", KINDS, ids=str)
def test_labels_bring_classes_together(ring, labels):
    graph, start, codes = ring
    plain = Layout(graph, start, OPTIONS).run()
    layout = layout_of(ring, labels)
    before = layout.classification_cost()
    found = layout.run()
    known = codes >= 0
    assert silhouette(found[known], codes[known]) > silhouette(plain[known], codes[known]) + 0.02
    assert layout.classification_cost() < before
    assert layout.umap_loss() < layout.loss()


@pytest.mark.parametrize("labels", KINDS, ids=str)
def test_a_run_in_parts_and_on_other_threads_is_the_same_run(ring, labels, tmp_path):
    whole = layout_of(ring, labels, n_jobs=1)
    whole.run()
    parts = layout_of(ring, labels, n_jobs=3)
    parts.run(47)
    kept = Checkpoint(tmp_path / "part", fingerprint=parts.fingerprint)
    kept.write(parts)
    parts.run()
    assert parts.embedding.tobytes() == whole.embedding.tobytes()
    assert parts.loss() == whole.loss()
    later = layout_of(ring, labels)
    assert kept.resume(later)
    later.run()
    assert later.embedding.tobytes() == whole.embedding.tobytes()
    if labels.cost == "cross_entropy":
        assert later.head().tobytes() == whole.head().tobytes()


def test_another_cost_or_other_labels_are_another_layout(ring):
    graph, start, codes = ring
    prints = {layout_of(ring, labels).fingerprint for labels in KINDS}
    prints.add(layout_of((graph, start, (codes + 2) % 3), KINDS[0]).fingerprint)
    prints.add(Layout(graph, start, OPTIONS).fingerprint)
    assert len(prints) == 6
    assert layout_of(ring, KINDS[0]).fingerprint in prints


def test_a_weight_of_0_is_the_layout_without_labels(ring):
    graph, start, _ = ring
    plain = Layout(graph, start, OPTIONS).run()
    for cost in ("cross_entropy", "triplet"):
        found = layout_of(ring, LabelOptions(cost=cost, weight=0.0)).run()
        assert found.tobytes() == plain.tobytes()


@pytest.mark.parametrize("optimizer", ["schedule", "bernoulli"])
def test_the_serial_optimisers_take_labels_too(ring, optimizer):
    options = LayoutOptions(a=1.58, b=0.9, n_epochs=60, seed=3, optimizer=optimizer)
    layout = layout_of(ring, KINDS[0], options=options)
    before = layout.classification_cost()
    layout.run()
    assert layout.classification_cost() < before


@pytest.mark.parametrize("labels", KINDS[2:], ids=str)
def test_turns_converge(ring, labels):
    options = LayoutOptions(a=1.58, b=0.9, n_epochs=600, seed=3)
    layout, history = layout_of(ring, labels, options=options), History(every=30)
    layout.run(observers=history)
    late = np.array(history.losses[-5:])
    assert late[-1] < history.losses[0]
    assert np.abs(late / late[-1] - 1).max() < 0.1
    stopping = layout_of(ring, labels, options=options)
    stopping.run(tol=0.02)
    assert 240 <= stopping.epoch < 600


def test_an_interrupt_leaves_a_whole_epoch(ring, monkeypatch):
    layout = layout_of(ring, KINDS[0])
    layout.run(20)
    advance, calls = Layout._advance, []

    def interrupted(self, until):
        advance(self, until)
        calls.append(until)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Layout, "_advance", interrupted)
    with pytest.raises(LayoutInterrupted) as caught:
        layout.run()
    monkeypatch.undo()
    assert caught.value.epoch == layout.epoch < 23
    assert np.array_equal(caught.value.embedding, layout.embedding)
    layout.run()
    whole = layout_of(ring, KINDS[0])
    assert whole.run().tobytes() == layout.embedding.tobytes()


def test_labels_that_cannot_be_used_are_refused(ring):
    graph, start, codes = ring
    for bad in (codes[:-1], np.zeros(300, dtype=int), np.full(300, -1), codes + (codes == 2)):
        with pytest.raises(ValueError, match="number the classes"):
            layout_of((graph, start, bad), KINDS[0])
    with pytest.raises(ValueError, match="longer than the schedule"):
        layout_of(ring, LabelOptions(cost="triplet", period=(200, 1)))
    with pytest.raises(ValueError, match="no head"):
        layout_of(ring, KINDS[1]).head()
    for options, text in (
        ({"cost": "hinge"}, "hinge"),
        ({"cost": "triplet", "margin": 0.0}, "margin"),
        ({"cost": "triplet", "weight": -1.0}, "weight"),
        ({"cost": "triplet", "period": (0, 3)}, "period"),
        ({"cost": "triplet", "period": 7}, "period"),
    ):
        with pytest.raises(ValueError, match=text):
            LabelOptions(**options)
