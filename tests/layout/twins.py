"""Plain NumPy twins of the layout kernels: slow, obvious, float64."""

from __future__ import annotations

import numpy as np

from umapkit._seed import Stage, below, draw, key, uniform

LANES = 16
CLIP = 4.0


def attraction(s, a, b):
    safe = np.maximum(s, 1e-30)
    p = safe**b
    return 2 * a * b * p / (safe * (1 + a * p))


def repulsion(s, a, b, gamma):
    p = np.maximum(s, 1e-30) ** b
    return 2 * gamma * b / ((0.001 + s) * (1 + a * p))


def runs_of(wanted, cap):
    return 0 if wanted <= 0 else int(min(cap, max(1, np.floor(wanted / LANES + 0.5))))


def drawn_share(n, epoch, n_epochs):
    """Negatives drawn over those that count: half as many at first, more in small maps."""
    return min(4, max(1, 16384 / n)) * (0.5 if epoch < 0.75 * n_epochs else 1.0)


def sampled_epoch(graph, y, v, order, *, epoch, n_epochs, a, b, gamma, rate, m, cap, seed):
    """One epoch of sampled.hpp on a dense matrix of weights."""
    n = len(y)
    left = 1 - epoch / n_epochs
    h = 2 * rate * left * min(1, (epoch + 1) / (0.5 * n_epochs)) * min(1, left / 0.4)
    drawn = drawn_share(n, epoch, n_epochs)
    to, velocity = y.copy(), v.copy()
    shuffled = y[order]
    for i in range(n):
        delta = y[i] - y
        s = (delta**2).sum(1)
        w = graph[i]
        c = attraction(s, a, b)
        force = -2 * (w[:, None] * np.clip(c[:, None] * delta, -CLIP, CLIP)).sum(0)
        springs = 2 * w * c
        wanted = m * w.sum()
        runs = runs_of(drawn * wanted, cap)
        k = key(seed, Stage.NEGATIVE, epoch, i)
        for r in range(runs):
            first = int(below(draw(k, r), n))
            delta = y[i] - shuffled[(first + np.arange(LANES)) % n]
            c = repulsion((delta**2).sum(1), a, b, gamma)
            share = wanted / (runs * LANES)
            force = force + (np.clip(c[:, None] * delta, -CLIP, CLIP)).sum(0) * share
        stiffness = springs.sum()
        pulled = (springs[:, None] * v).sum(0) + stiffness * v[i]
        own = min(h, 6500 / n_epochs / stiffness)
        velocity[i] = own * (force + pulled) / (1 + 2 * own * stiffness)
        to[i] = y[i] + velocity[i]
    return to, velocity


def literal(edges, y, *, n_epochs, a, b, gamma, rate, m, seed, bernoulli, push_tail):
    """literal.hpp; `edges` is a list of (head, tail, weight)."""
    y = y.astype(np.float64).copy()
    n = len(y)
    next_edge = [1 / w for *_, w in edges]
    next_negative = [1 / w / m for *_, w in edges]
    for t in range(n_epochs):
        passed = t if bernoulli else max(t - 1, 0)
        alpha = rate * (1 - passed / n_epochs)
        for e, (i, j, w) in enumerate(edges):
            k = key(seed, Stage.EDGE, t, e)
            if bernoulli:
                if not uniform(draw(k, 0)) < w:
                    continue
                negatives = int(m + 0.5)
            else:
                if next_edge[e] > t:
                    continue
                next_edge[e] += 1 / w
                negatives = int((t - next_negative[e]) / (1 / w / m))
                next_negative[e] += negatives * (1 / w / m)
            move = alpha * np.clip(
                -attraction(((y[i] - y[j]) ** 2).sum(), a, b) * (y[i] - y[j]), -CLIP, CLIP
            )
            y[i] += move
            y[j] -= move
            for r in range(negatives):
                x = int(below(draw(k, r + 1), n))
                if x == i:
                    continue
                c = repulsion(((y[i] - y[x]) ** 2).sum(), a, b, gamma)
                move = alpha * np.clip(c * (y[i] - y[x]), -CLIP, CLIP)
                y[i] += move
                if push_tail:
                    y[x] -= move
    return y


def settle(
    y_map, order, neighbors, weights, keys, start, *, n_epochs, a, b, gamma, rate, m, cap, seed
):
    """settle.hpp."""
    n = len(y_map)
    places = start.astype(np.float64).copy()
    shuffled = y_map[order]
    for q in range(len(places)):
        w = weights[q].astype(np.float64)
        near = y_map[np.maximum(neighbors[q], 0)]
        if w.sum() <= 0:
            continue
        wanted = m * w.sum()
        runs = runs_of(wanted, cap)
        for t in range(n_epochs):
            r_t = rate * (1 - t / n_epochs)
            delta = places[q] - near
            c = attraction((delta**2).sum(1), a, b)
            force = -2 * (w[:, None] * np.clip(c[:, None] * delta, -CLIP, CLIP)).sum(0)
            stiffness = 2 * (w * c).sum()
            k = key(seed, Stage.TRANSFORM, t, keys[q])
            for r in range(runs):
                first = int(below(draw(k, r), n))
                d = places[q] - shuffled[(first + np.arange(LANES)) % n]
                c = repulsion((d**2).sum(1), a, b, gamma)
                force = force + np.clip(c[:, None] * d, -CLIP, CLIP).sum(0) * wanted / (
                    runs * LANES
                )
            places[q] += r_t / (1 + r_t * stiffness) * force
    return places
