"""Plain NumPy twins of the contrastive kernels: slow, obvious, float64."""

from __future__ import annotations

import numpy as np

from umapkit._seed import Stage, below, draw, key, uniform

from .twins import LANES, drawn_share, runs_of


def attraction(s, a):
    return 2 * a / (1 + a * s)


def repulsion(s, a, gamma, shift):
    return 2 * gamma / ((shift + s) * (1 + a * s))


def repulsion_cost(s, a, gamma, shift):
    return gamma / (1 - a * shift) * np.log((1 + a * s) / (a * (shift + s)))


def step_sizes(epoch, n_epochs, rate):
    left = 1 - epoch / n_epochs
    return 2 * rate * left * min(1, (epoch + 1) / (0.5 * n_epochs)) * min(1, left / 0.4)


def advance(y, v, i, force, springs, h, n_epochs):
    stiffness = springs.sum()
    pulled = (springs[:, None] * v).sum(0) + stiffness * v[i]
    own = min(h, 6500 / n_epochs / stiffness) if stiffness > 0 else h
    velocity = own * (force + pulled) / (1 + 2 * own * stiffness)
    return y[i] + velocity, velocity


def weighted_epoch(graph, y, v, order, *, epoch, n_epochs, curve, rate, m, cap, power, seed):
    """One epoch of weighted.hpp on a dense matrix of weights."""
    n = len(y)
    a, _, gamma, shift, clip = curve
    h = step_sizes(epoch, n_epochs, rate)
    degrees = graph.sum(1)
    shares = degrees**power / np.mean(degrees**power)
    to, velocity = y.copy(), v.copy()
    for i in range(n):
        delta = y[i] - y
        c = attraction((delta**2).sum(1), a)
        w = graph[i]
        force = -2 * (w[:, None] * np.clip(c[:, None] * delta, -clip, clip)).sum(0)
        wanted = m * degrees[i]
        runs = runs_of(drawn_share(n, epoch, n_epochs) * wanted, cap)
        k = key(seed, Stage.NEGATIVE, epoch, i)
        for r in range(runs):
            others = order[(int(below(draw(k, r), n)) + np.arange(LANES)) % n]
            delta = y[i] - y[others]
            c = repulsion((delta**2).sum(1), a, gamma, shift)
            counts = shares[others] + shares[i] / degrees[i] * degrees[others]
            moves = np.clip(c[:, None] * delta, -clip, clip) * counts[:, None]
            force = force + moves.sum(0) * wanted / (runs * LANES)
        springs = 2 * w * attraction(((y[i] - y) ** 2).sum(1), a)
        to[i], velocity[i] = advance(y, v, i, force, springs, h, n_epochs)
    return to, velocity


def expected_push(graph, y, *, curve, m, power):
    """Gradient descent's direction on the loss of weighted.hpp, all pairs."""
    a, _, gamma, shift, clip = curve
    delta = y[:, None] - y[None]
    s = (delta**2).sum(2)
    degrees = graph.sum(1)
    shares = degrees**power / (degrees**power).sum()
    pull = -2 * graph[..., None] * np.clip(attraction(s, a)[..., None] * delta, -clip, clip)
    push = np.clip(repulsion(s, a, gamma, shift)[..., None] * delta, -clip, clip)
    pairs = degrees[:, None] * shares + degrees * shares[:, None]
    return pull.sum(1) + m * (pairs[..., None] * push).sum(1)


def loss(graph, y, *, curve, m, power):
    """Mean cost of a drawn edge, all pairs."""
    a, _, gamma, shift, _ = curve
    s = ((y[:, None] - y[None]) ** 2).sum(2)
    degrees = graph.sum(1)
    shares = degrees**power / (degrees**power).sum()
    near = np.log1p(a * s)
    far = repulsion_cost(s, a, gamma, shift)
    np.fill_diagonal(far, 0.0)
    return ((graph * near).sum() + m * (degrees[:, None] * shares * far).sum()) / graph.sum()


def infonc_epoch(y, v, order, padded, *, epoch, n_epochs, rho, rate, m, seed):
    """One epoch of infonc.hpp; `padded` tells which edges stand in one vector."""
    n = len(y)
    h = step_sizes(epoch, n_epochs, rate)
    degrees = padded.degree.astype(np.float64)

    def edges(i):
        """Weight, other end and strangers of every lane."""
        k = key(seed, Stage.NEGATIVE, epoch, i)
        for number, vector in enumerate(range(padded.vectors[i], padded.vectors[i + 1])):
            firsts = [int(below(draw(k, number * m + r), n)) for r in range(m)]
            for lane in range(LANES):
                at = vector * LANES + lane
                strangers = [order[(first + lane) % n] for first in firsts]
                yield float(padded.weights[at]), padded.heads[at], strangers

    def similar(i, others):
        return 1 / (1 + ((y[i] - y[others]) ** 2).sum(-1))

    inverse = np.array(
        [
            sum(w / (similar(i, j) + similar(i, far).sum()) for w, j, far in edges(i))
            for i in range(n)
        ]
    )
    sums = np.divide(degrees, inverse, out=np.ones(n), where=inverse > 0)
    to, velocity = y.copy(), v.copy()
    for i in range(n):
        force, springs = np.zeros(y.shape[1]), np.zeros(n)
        lanes = LANES * (padded.vectors[i + 1] - padded.vectors[i])
        for w, j, strangers in edges(i):
            near, far = similar(i, j), similar(i, strangers)
            total = near + far.sum()
            c = 2 * near * (rho - near / total)
            force = force - 2 * w * c * (y[i] - y[j])
            given = w * 2 * far**2 / total
            taken = 2 * far**2 / lanes * degrees[strangers] / (sums[strangers] + far)
            force = force + ((given + taken)[:, None] * (y[i] - y[strangers])).sum(0)
            springs[j] += 2 * w * max(c, 0)
        to[i], velocity[i] = advance(y, v, i, force, springs, h, n_epochs)
    return to, velocity


def pick(table, k, first):
    """Draw of alias.hpp."""
    accept, other = table
    cell = int(below(draw(k, first), len(accept)))
    return cell if uniform(draw(k, first + 1)) < accept[cell] else int(other[cell])


def largevis(heads, tails, edges, vertices, y, *, samples, n_epochs, curve, rate, m, seed):
    """Every move of largevis.hpp."""
    y = y.astype(np.float64).copy()
    a, _, gamma, shift, clip = curve
    for epoch in range(n_epochs):
        for t in range(samples):
            now = rate * max(1 - (epoch * samples + t) / (samples * n_epochs), 1e-4)
            k = key(seed, Stage.EDGE, epoch, t)
            e = pick(edges, k, 0)
            i, j = heads[e], tails[e]
            here, total = y[i].copy(), np.zeros(y.shape[1])
            c = attraction(((here - y[j]) ** 2).sum(), a)
            move = now * np.clip(-c * (here - y[j]), -clip, clip)
            total += move
            y[j] -= move
            for r in range(m):
                x = pick(vertices, k, 2 + 2 * r)
                if x == j:
                    continue
                c = repulsion(((y[i] - y[x]) ** 2).sum(), a, gamma, shift)
                move = now * np.clip(c * (y[i] - y[x]), -clip, clip)
                total += move
                y[x] -= move
            y[i] += total
    return y


def settle_infonc(y_map, order, neighbors, weights, keys, start, *, n_epochs, rho, rate, m, seed):
    """infonc.hpp's settle."""
    n, k = len(y_map), neighbors.shape[1]
    places = start.astype(np.float64).copy()
    for q in range(len(places)):
        for t in range(n_epochs):
            now = rate * (1 - t / n_epochs)
            hashed = key(seed, Stage.TRANSFORM, t, keys[q])
            force, stiffness = np.zeros(places.shape[1]), 0.0
            for c in range(k):
                vector, lane = divmod(c, LANES)
                firsts = [int(below(draw(hashed, vector * m + r), n)) for r in range(m)]
                strangers = [order[(first + lane) % n] for first in firsts]
                near = 1 / (1 + ((places[q] - y_map[neighbors[q, c]]) ** 2).sum())
                far = 1 / (1 + ((places[q] - y_map[strangers]) ** 2).sum(1))
                total = near + far.sum()
                pull = 2 * near * (rho - near / total)
                push = 2 * far**2 / total
                w = float(weights[q, c])
                force = force - w * pull * (places[q] - y_map[neighbors[q, c]])
                force = force + w * (push[:, None] * (places[q] - y_map[strangers])).sum(0)
                stiffness += 2 * w * max(pull, 0)
            places[q] += now / (1 + now * stiffness) * 2 * force
    return places
