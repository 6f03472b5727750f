"""Plain NumPy twin of curved.hpp: one epoch on a surface, pair by pair, with other formulas."""

from __future__ import annotations

import numpy as np

from umapkit._seed import Stage, below, draw, key

from .twins import CLIP, LANES, runs_of

MINKOWSKI = np.array([1.0, 1.0, -1.0])


class Sphere:
    energy = False

    def meet(self, x, y):
        """Distance, its gradient, and the stiffness of every number."""
        d = np.arccos(np.clip(x @ y, -1, 1))
        away = (x @ y) * x - y
        norm = np.linalg.norm(away)
        return d, (d * away / norm if norm > 0 else np.zeros(3)), np.ones(3)

    def move(self, x, v):
        size = np.linalg.norm(v)
        to = x + v * min(1, 1 / size if size > 0 else 1)
        return to / np.linalg.norm(to)


class Hyperboloid:
    energy = False

    def meet(self, x, y):
        product = max(-(x * MINKOWSKI) @ y, 1.0)
        d = np.arccosh(product)
        away = product * x - y
        norm = np.sqrt(max((away * MINKOWSKI) @ away, 0))
        return d, (d * away / norm if norm > 0 else np.zeros(3)), np.ones(3)

    def move(self, x, v):
        size = np.sqrt(max((v * MINKOWSKI) @ v, 0))
        if size == 0:
            return x
        step = min(size, 1.0)
        to = np.cosh(step) * x + np.sinh(step) * v / size
        to[2] = np.sqrt(1 + to[0] ** 2 + to[1] ** 2)
        return to

    def centre(self, places):
        """The boost, as a matrix, that takes the middle to the origin."""
        c = places.sum(axis=0)
        c = c / np.sqrt(-(c * MINKOWSKI) @ c)
        boost = np.eye(3)
        boost[:2, :2] += np.outer(c[:2], c[:2]) / (1 + c[2])
        boost[2] = boost[:, 2] = [-c[0], -c[1], c[2]]
        return places @ boost


class Torus:
    energy = False

    def meet(self, x, y):
        delta = (x - y + np.pi) % (2 * np.pi) - np.pi
        return np.linalg.norm(delta), delta, np.ones(2)

    def move(self, x, v):
        return (x + np.clip(v, -1, 1)) % (2 * np.pi)


class Gaussian:
    energy = True

    def __init__(self, parts):
        self.parts = parts

    def covariance(self, p):
        first = np.exp(p[2])
        second = np.exp(p[3]) if self.parts > 1 else first
        angle = p[4] if self.parts > 2 else 0.0
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return turn @ np.diag([first, second]) @ turn.T

    def energy_of(self, x, y):
        both = self.covariance(x) + self.covariance(y)
        m = x[:2] - y[:2]
        logs = 0.5 * np.log(np.linalg.det(both)) + np.log(2 * np.pi)
        return 0.5 * m @ np.linalg.solve(both, m) + logs

    def meet(self, x, y):
        """The gradient by differences: other than in the kernel, nothing is derived."""
        e = np.eye(len(x)) * 1e-5
        slope = [(self.energy_of(x + s, y) - self.energy_of(x - s, y)) / 2e-5 for s in e]
        inverse = np.linalg.inv(self.covariance(x) + self.covariance(y))
        q = inverse @ (x[:2] - y[:2])
        angle = x[4] if self.parts > 2 else 0.0
        axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        along = np.array([axis @ inverse @ axis + (axis @ q) ** 2 for axis in axes])
        sizes = np.exp(x[2:4]) if self.parts > 1 else np.exp(x[[2, 2]])
        bends = 0.5 * sizes * along
        bend = [inverse[0, 0], inverse[1, 1]]
        bend += [bends.sum()] if self.parts == 1 else list(bends)
        if self.parts == 3:
            bend.append(abs(sizes[0] - sizes[1]) * along.sum())
        return self.energy_of(x, y), np.array(slope), np.array(bend)

    def move(self, x, v):
        to = x + np.clip(v, -1, 1)
        if self.parts == 3:
            to[4] -= np.pi * np.floor(to[4] / np.pi + 0.5)
        return to


SURFACES = {
    "haversine": Sphere(),
    "hyperboloid": Hyperboloid(),
    "torus": Torus(),
    "spherical_gaussian_energy": Gaussian(1),
    "diagonal_gaussian_energy": Gaussian(2),
    "gaussian_energy": Gaussian(3),
}


def force(surface, x, y, *, a, b, gamma):
    """Attraction's coefficient, the two clipped forces, the bend."""
    d, delta, bend = surface.meet(x, y)
    d = max(d, 1e-15)
    root = d if surface.energy else d * d
    p = d ** (2 * b)
    pull = 2 * a * b * p / (root * (1 + a * p))
    push = 2 * gamma * b / ((0.001 + root) * (1 + a * p))

    def cut(c):
        if surface.energy:
            return np.clip(c * delta, -CLIP, CLIP)
        return min(c, CLIP / d) * delta

    return pull, cut(pull), cut(push), bend


def epoch(surface, graph, y, order, *, number, n_epochs, a, b, gamma, rate, m, cap, seed):
    n = len(y)
    h = rate * (1 - number / n_epochs) * min(1, (number + 1) / (0.4 * n_epochs))
    drawn = 0.5 if number < 0.75 * n_epochs else 1.0
    to = y.copy()
    shuffled = y[order]
    for i in range(n):
        total = np.zeros_like(y[i])
        springs = np.zeros_like(y[i])
        for j in np.flatnonzero(graph[i]):
            w = graph[i, j]
            c, attract, _, bend = force(surface, y[i], y[j], a=a, b=b, gamma=gamma)
            total -= 2 * w * attract
            springs += 2 * w * c * bend
        wanted = m * graph[i].sum()
        runs = runs_of(drawn * wanted, cap)
        k = key(seed, Stage.NEGATIVE, number, i)
        for r in range(runs):
            first = int(below(draw(k, r), n))
            for other in shuffled[(first + np.arange(LANES)) % n]:
                push = force(surface, y[i], other, a=a, b=b, gamma=gamma)[2]
                total += push * wanted / (runs * LANES)
        to[i] = surface.move(y[i], h * total / (1 + h * springs))
    return surface.centre(to) if isinstance(surface, Hyperboloid) else to
