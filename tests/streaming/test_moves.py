from __future__ import annotations

import numpy as np
import pytest

from umapkit._seed import Stage, below, draw, key
from umapkit.streaming._edges import Edges
from umapkit.streaming._places import NEGATIVE_RUNS, Places

A, B, GAMMA, M = 1.577, 0.895, 1.3, 5.0


def made(dim, n=120, n_threads=1):
    """A map of n points out of 150 slots, with edges."""
    rng = np.random.default_rng(dim)
    places = Places(150, dim=dim, seed=7)
    slots = np.sort(rng.choice(150, n, replace=False)).astype(np.int32)
    places.add(slots, rng.normal(scale=3, size=(n, dim)))
    places.velocities[slots] = rng.normal(scale=0.1, size=(n, dim))
    places.homes[slots] += 0.5
    edges = Edges(150, n_threads=n_threads)
    targets = np.stack([np.sort(rng.choice(slots[slots != s], 9, replace=False)) for s in slots])
    values = rng.uniform(0.05, 1, size=targets.shape).astype(np.float32)
    edges.relink(slots, targets.astype(np.int32), values, np.full(n, 9, dtype=np.int32))
    return places, edges, slots


def twin(places, edges, slots, steps, *, drawn, memory, anchor, stamp):
    """The step of stream_move.hpp in plain NumPy and float64."""
    at = places.positions.astype(float)
    speed = places.velocities.astype(float)
    weights = edges.matrix().toarray().astype(float)
    order = places.order[: places.n]
    around = np.concatenate([order, order[np.arange(16) % places.n]])
    moved = np.empty((len(slots), places.dim))
    for row, slot in enumerate(slots):
        w = weights[slot]
        delta = at[slot] - at
        s = np.maximum((delta**2).sum(axis=1), 1e-30)
        c = 2 * A * B * s**B / (s * (1 + A * s**B))
        force = -2 * (w[:, None] * np.clip(c[:, None] * delta, -4, 4)).sum(axis=0)
        k = 2 * w * c
        degree = w.sum()
        wanted = drawn * M * degree / 16
        runs = min(max(1, int(wanted + 0.5)), NEGATIVE_RUNS)
        keys = key(places.seed, Stage.STREAM_NEGATIVE, stamp, slot)
        for start in below(draw(keys, np.arange(runs, dtype=np.uint64)), places.n):
            d = at[slot] - at[around[start : start + 16]]
            s = (d**2).sum(axis=1)
            push = 2 * GAMMA * B / ((s + 0.001) * (1 + A * np.maximum(s, 1e-30) ** B))
            force += M * degree / (16 * runs) * np.clip(push[:, None] * d, -4, 4).sum(axis=0)
        total, held = k.sum(), anchor * degree
        h = min(steps[row], memory / total)
        pull = force + (k[:, None] * speed).sum(axis=0) + total * speed[slot]
        pull -= held * (at[slot] - places.homes[slot])
        moved[row] = at[slot] + h * pull / (1 + 2 * h * total + h * held)
    return moved


def move(places, edges, slots, steps, *, n_threads=1, **options):
    places.move(
        edges,
        slots,
        steps,
        a=A,
        b=B,
        repulsion_strength=GAMMA,
        negative_sample_rate=M,
        n_threads=n_threads,
        **options,
    )


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
@pytest.mark.parametrize("anchor", [0.0, 0.8])
def test_the_kernel_agrees_with_its_twin(dim, anchor):
    places, edges, slots = made(dim)
    chosen = slots[::2].copy()
    steps = np.linspace(0.05, 1.0, len(chosen)).astype(np.float32)
    options = {"drawn": 2.0, "memory": 2.0, "anchor": anchor, "stamp": 11}
    wanted = twin(places, edges, chosen, steps, **options)
    others = np.setdiff1d(slots, chosen)
    before = places.state[others].copy()
    move(places, edges, chosen, steps, **options)
    np.testing.assert_allclose(places.positions[chosen], wanted, rtol=2e-4, atol=2e-4)
    np.testing.assert_array_equal(places.state[others], before)


def test_threads_change_no_bit():
    maps = []
    for n_threads in (1, 2, 3):
        places, edges, slots = made(2, n_threads=n_threads)
        steps = np.full(len(slots), 0.5, dtype=np.float32)
        for stamp in range(5):
            options = {"drawn": 4.0, "memory": 2.0, "anchor": 0.0, "stamp": stamp}
            move(places, edges, slots, steps, n_threads=n_threads, **options)
        maps.append(places.state.copy())
    np.testing.assert_array_equal(maps[0], maps[1])
    np.testing.assert_array_equal(maps[0], maps[2])


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_parts_of_one_call_are_calls_one_after_the_other(n_threads):
    states = []
    for together in (True, False):
        places, edges, slots = made(2)
        rng = np.random.default_rng(3)
        parts = [rng.permutation(slots)[:m] for m in (100, 0, 1, 70, 120, 33)]
        steps = [rng.uniform(0.1, 1, len(part)).astype(np.float32) for part in parts]
        settling = [rng.random(len(part)) < 0.5 for part in parts]
        options = {"drawn": 4.0, "memory": 2.0, "anchor": 0.7, "n_threads": n_threads}
        if together:
            ends = np.cumsum([len(part) for part in parts])
            many = {"settling": np.concatenate(settling), "ends": ends, "stamp": 5, **options}
            move(places, edges, np.concatenate(parts), np.concatenate(steps), **many)
        else:
            for i, part in enumerate(parts):
                move(places, edges, part, steps[i], stamp=5 + i, settling=settling[i], **options)
                np.testing.assert_array_equal(
                    places.homes[part[settling[i]]], places.positions[part[settling[i]]]
                )
        states.append((places.state, places.homes, places.ages, places._copy[:, : places.n]))
    for one, other in zip(*states, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_copy_of_the_positions_is_theirs_in_the_order_of_the_negatives():
    rng = np.random.default_rng(1)
    places, edges, held = made(3)
    for stamp in range(8):
        gone = rng.choice(held, 17, replace=False)
        places.remove(gone)
        places.add(gone[:12], rng.normal(size=(12, 3)))
        held = np.setdiff1d(held, gone[12:])
        steps = np.full(len(held), 0.3, dtype=np.float32)
        move(places, edges, held, steps, drawn=1.0, memory=2.0, anchor=0.0, stamp=stamp)
        np.testing.assert_array_equal(places.on_map, held)
        order = places.order[: places.n]
        np.testing.assert_array_equal(places._copy[:, : places.n], places.positions[order].T)


def test_a_strong_anchor_holds_points_and_never_overshoots():
    places, edges, slots = made(2)
    homes = places.homes[slots].copy()
    steps = np.full(len(slots), 1.0, dtype=np.float32)
    for stamp in range(60):
        move(places, edges, slots, steps, drawn=4.0, memory=2.0, anchor=1e4, stamp=stamp)
    np.testing.assert_allclose(places.positions[slots], homes, atol=0.01)


def test_the_order_of_negatives_is_a_permutation_of_those_on_the_map():
    rng = np.random.default_rng(0)
    places = Places(300, dim=2, seed=0)
    held = np.empty(0, dtype=np.int32)
    for _ in range(20):
        free = np.setdiff1d(np.arange(300), held)
        new = rng.choice(free, min(len(free), 25), replace=False).astype(np.int32)
        places.add(new, rng.normal(size=(len(new), 2)))
        held = np.concatenate([held, new])
        gone = rng.choice(held, 10, replace=False)
        places.remove(gone)
        held = np.setdiff1d(held, gone)
        assert places.n == len(held)
        order = places.order[: places.n]
        np.testing.assert_array_equal(np.sort(order), np.sort(held))
        np.testing.assert_array_equal(places.where[order], np.arange(places.n))
        assert (np.delete(places.where, order) == -1).all()


def test_no_place_in_the_order_is_a_new_points_more_than_others():
    first = []
    for seed in range(300):
        places = Places(16, dim=1, seed=seed)
        for slot in range(10):
            places.add(np.array([slot], dtype=np.int32), np.zeros((1, 1)))
        first.append(int(places.where[9]))
    counts = np.bincount(first, minlength=10)
    assert counts.min() > 10  # 30 expected
    assert counts.max() < 60
