"""All metrics of one fit, by the paper's protocol (appendix A.3)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit import quality
from umapkit._seed import Stage, draw, key
from umapkit.reproduce._methods import Made, Setting
from umapkit.reproduce._sets import Parts

_JUDGED = 10_000  # first training rows of which trustworthiness is taken
_EDGES, _NEGATIVES, _FLOOR = 100_000, 5, 1e-4


def score(parts: Parts, made: Made, to: Setting) -> dict[str, float]:
    """Measure everything that the tables and figures want of a map.

    Returns
    -------
    dict of str to float
        "trustworthiness", "knn1", "knn5", "silhouette", "nmi", "mse", "edge_loss", "embed_ms",
        "round_trip_ms", as far as the set has classes and test rows, and the method can.
    """
    jobs = to.n_jobs
    points = np.ascontiguousarray(made.embedding, dtype=np.float32)
    judged = slice(0, _JUDGED)
    k = min(5, (min(len(points), _JUDGED) - 1) // 2)
    found = {
        "trustworthiness": float(
            quality.trustworthiness(parts.rows[judged], points[judged], n_neighbors=k, n_jobs=jobs)
        )
    }
    if made.graph is not None:
        found["edge_loss"] = edge_loss(*made.graph, points, seed=to.seed)
    if not parts.about.tables:
        return found
    if parts.labels is not None:
        found |= _classes(points, parts, to)
    if made.place is not None and len(parts.new):
        found |= _new_rows(points, parts, made, to)
    return found


def _classes(points: NDArray[np.float32], parts: Parts, to: Setting) -> dict[str, float]:
    seeds, starts, judged = to.budget.kmeans(to.dimensions)
    agreed = quality.kmeans_nmi(
        points,
        parts.labels,  # pyright: ignore[reportArgumentType] # checked by the caller
        n_seeds=seeds,
        n_init=starts,
        sample_size=min(judged, len(points)),
        n_jobs=to.n_jobs,
    )
    apart = quality.silhouette(points, parts.labels, n_jobs=to.n_jobs)  # pyright: ignore[reportArgumentType]
    return {"silhouette": float(apart), "nmi": agreed.nmi}


def _new_rows(
    points: NDArray[np.float32], parts: Parts, made: Made, to: Setting
) -> dict[str, float]:
    place = made.place
    assert place is not None
    placed, embed = _timed(lambda: place(parts.new), to.budget.repeats)
    found = {"embed_ms": 1000 * embed / len(parts.new)}
    if parts.labels is not None:
        for k in (1, 5):
            found[f"knn{k}"] = quality.knn_accuracy(
                points,
                parts.labels,
                n_neighbors=k,
                test_embedding=placed,
                test_y=parts.new_labels,
                n_jobs=to.n_jobs,
            )
    back = made.back
    if back is None:
        return found
    m = len(parts.new)
    chosen = np.arange(m)
    if made.back_rows is not None and made.back_rows < m:
        hashes = draw(key(0, Stage.SHUFFLE, 1, chosen.astype(np.uint64)), 0)
        chosen = np.sort(np.argsort(hashes, kind="stable")[: made.back_rows])
    places = np.ascontiguousarray(placed[chosen])
    answers, decode = _timed(lambda: back(places), to.budget.repeats)
    # As in the paper: no number of a row is below 0.
    errors = np.maximum(answers, 0, dtype=np.float32) - parts.scaled(parts.new[chosen])
    found["mse"] = float(np.mean(np.square(errors, dtype=np.float64)))
    found["round_trip_ms"] = found["embed_ms"] + 1000 * decode / len(chosen)
    return found


def _timed(call: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    """Return the answer and the median of the seconds, the first call among them."""
    taken, answer = [], None
    for _ in range(repeats):
        begin = time.perf_counter()
        answer = call()
        taken.append(time.perf_counter() - begin)
    return answer, statistics.median(taken)


def edge_loss(graph: Any, a: float, b: float, points: NDArray[np.float32], *, seed: int) -> float:
    """UMAP's loss as the paper measures it: edges by weight, five shuffled tails each.

    The mean over edges and negatives of one fixed draw of 100,000 edges of cross-entropy, with q
    and 1 - q not below 1e-4.
    """
    edges = graph.tocoo()
    total = np.cumsum(edges.data, dtype=np.float64)
    generator = np.random.default_rng(seed)
    chosen = np.searchsorted(total, generator.random(_EDGES) * total[-1])
    chosen = np.minimum(chosen, len(total) - 1)
    head, tail = edges.row[chosen], edges.col[chosen]
    y = points.astype(np.float64)

    def similarity(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
        squares = np.square(y[one] - y[other]).sum(axis=1)
        return 1 / (1 + a * squares**b)

    costs = -np.log(np.maximum(similarity(head, tail), _FLOOR)).sum()
    for _ in range(_NEGATIVES):
        q = similarity(head, tail[generator.permutation(_EDGES)])
        costs += -np.log(np.maximum(1 - q, _FLOOR)).sum()
    return float(costs / (_EDGES * (1 + _NEGATIVES)))
