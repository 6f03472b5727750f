"""t-SNE in plain NumPy, double precision: what the kernels must agree with."""

from __future__ import annotations

import numpy as np


def similarities(places, freedom=1.0):
    """w and e of all pairs; see cpp/include/umapkit/student.hpp."""
    gaps = places[:, None].astype(np.float64) - places[None]
    squared = (gaps**2).sum(axis=2)
    w = (1 + squared / freedom) ** -freedom
    np.fill_diagonal(w, 0.0)
    return gaps, w, 1 / (1 + squared / freedom)


def repulsion(places, freedom=1.0):
    """R_i / Z, and Z."""
    gaps, w, e = similarities(places, freedom)
    return ((w * e)[:, :, None] * gaps).sum(axis=1) / w.sum(), w.sum()


def gradient(joint, places, freedom=1.0, exaggeration=1.0):
    """Gradient of the divergence: Eq. 5 of van der Maaten and Hinton."""
    gaps, w, e = similarities(places, freedom)
    return 4 * (((exaggeration * joint - w / w.sum()) * e)[:, :, None] * gaps).sum(axis=1)


def divergence(joint, places, freedom=1.0):
    _, w, _ = similarities(places, freedom)
    there = joint > 0
    return float((joint[there] * np.log(joint[there] * w.sum() / w[there])).sum())


def descend(joint, start, steps, *, exaggeration, rate, momentum):
    """Gradient descent with momentum and gains, as openTSNE does it."""
    y = start.astype(np.float64)
    v, gains = np.zeros_like(y), np.ones_like(y)
    for _ in range(steps):
        g = gradient(joint, y, exaggeration=exaggeration) / 4
        gains = np.where(np.sign(v) != np.sign(g), gains + 0.2, gains * 0.8 + 0.01)
        v = momentum * v - rate * gains * g
        length = np.linalg.norm(v, axis=1, keepdims=True)
        v *= np.minimum(1, 5 / np.maximum(length, 1e-300))
        y = y + v
        y -= y.mean(axis=0)
    return y


def settle(map_, neighbors, weights, start, steps, *, exaggeration, rate, momentum):
    """New points on a map that stays."""
    y = start.astype(np.float64)
    v, gains = np.zeros_like(y), np.ones_like(y)
    for _ in range(steps):
        gaps = y[:, None] - map_[None].astype(np.float64)
        w = 1 / (1 + (gaps**2).sum(axis=2))
        push = (w**2)[:, :, None] * gaps / w.sum(axis=1)[:, None, None]
        near = np.take_along_axis(w, neighbors, axis=1) * weights
        pull = near[:, :, None] * np.take_along_axis(gaps, neighbors[:, :, None], axis=1)
        g = exaggeration * pull.sum(axis=1) - push.sum(axis=1)
        length = np.linalg.norm(g, axis=1, keepdims=True)
        g *= np.minimum(1, 0.25 / np.maximum(length, 1e-300))
        gains = np.where(np.sign(v) != np.sign(g), gains + 0.2, gains * 0.8 + 0.01)
        v = momentum * v - rate * gains * g
        y = y + v
    return y


def radii(edges, places, freedom=1.0):
    """Log radii over the edges, W, w and e; see cpp/include/umapkit/tsne_density.hpp."""
    gaps, w, e = similarities(places, freedom)
    w = np.where(edges, w, 0.0)
    squared = (gaps**2).sum(axis=2)
    return np.log(1e-8 + (w * squared).sum(axis=1) / w.sum(axis=1)), w, e


def correlation(edges, places, wanted, shift, freedom=1.0):
    """C: of standardised radii of the data with those of the map."""
    r = radii(edges, places, freedom)[0]
    return ((r - r.mean()) * wanted).mean() / np.sqrt(r.var() + shift)


def correlation_gradient(edges, places, wanted, shift, freedom=1.0):
    """Slope of C by the places."""
    r, w, e = radii(edges, places, freedom)
    n = len(r)
    variance = r.var() + shift
    u = wanted - ((r - r.mean()) * wanted).mean() / variance * (r - r.mean())
    u = u / (n * np.sqrt(variance))
    gaps = places[:, None].astype(np.float64) - places[None]
    squared = (gaps**2).sum(axis=2)
    # w (1 - s e) e^{-r} + w e, over W: the derivative of r_i by the squared distance.
    slopes = w * ((1 - squared * e) * np.exp(-r)[:, None] + e) / w.sum(axis=1)[:, None]
    both = u[:, None] * slopes + (u[:, None] * slopes).T
    return 2 * (both[:, :, None] * gaps).sum(axis=1)
