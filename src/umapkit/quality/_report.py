"""All scores of a map at once: a table, a record, and where on the map it fails."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._seed import resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.quality._accuracy import knn_accuracy
from umapkit.quality._check import as_codes, as_matrix, check_count, check_same_rows
from umapkit.quality._clusters import kmeans_nmi
from umapkit.quality._coranking import coranking
from umapkit.quality._costs import fuzzy_cross_entropy_without_constants
from umapkit.quality._density import density_correlation
from umapkit.quality._effective import EXACT_LIMIT, effective_loss
from umapkit.quality._global import centroid_order, distance_correlation, random_triplet_accuracy
from umapkit.quality._near import pick_rows
from umapkit.quality._preservation import kept_parts
from umapkit.quality._record import Measure, Report
from umapkit.quality._score import Score, check_confidence, mean_score
from umapkit.quality._silhouette import silhouette
from umapkit.quality._space import MetricLike, map_space, space_of
from umapkit.quality._trustworthiness import rank_parts

# Up to so many rows all are judged unless told otherwise; beyond, a sample of the second number.
_ALL_UP_TO, _SAMPLE = 10_000, 5_000
_RANKED = 500  # rows whose whole rankings are compared
_RADII = 30  # neighbours for densities, as local_radii has it
_SCALES = (5, 15, 50, 150)
_CLASSES = 200  # beyond, clusters and class centres take too long


def report(
    map_or_model: Any,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    n_neighbors: int = 15,
    scales: Sequence[int] = _SCALES,
    metric: MetricLike | None = None,
    metric_kwds: Mapping[str, Any] | None = None,
    sample_size: int | Literal["auto"] | None = "auto",
    confidence: float = 0.95,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> Report:
    """Measure what a map keeps and loses.

    Parameters
    ----------
    map_or_model : array-like of shape (n, c), or a fitted model
        The map, or an object with ``embedding_``; a model also tells its metric, its recall and
        its losses. Rows with NaN have no place and are left out.
    X : array-like of shape (n, d)
        The rows of the map, in its order.
    y : array-like of shape (n,), optional
        Labels. Scores of labels mean little where the map was made with them.
    n_neighbors : int, default 15
        k of trustworthiness, continuity and accuracy; lowered to what few rows allow.
    scales : sequence of int, default (5, 15, 50, 150)
        k of neighbourhood preservation; those that the rows do not allow are left out.
    metric : str, Metric or callable, optional
        Distance in the data; by default the model's, or "euclidean".
    metric_kwds : mapping, optional
        Keywords of `metric`; a model's own metric has its own.
    sample_size : int, "auto" or None, default "auto"
        Rows to judge, each against all others; None for all. "auto": all up to 10,000 rows, 5,000
        of more. Intervals tell what a sample leaves open.
    confidence : float, default 0.95
        Of the intervals.
    random_state : int, Generator, RandomState or None
        Seed of the samples.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    Report
        ``print`` it, take ``to_dict()``, or draw it by ``umapkit.plot.quality``.

    Raises
    ------
    ValueError
        If shapes do not match, `X` is not finite, a row has no label, `metric_kwds` are given
        without `metric`, or fewer than 7 rows have a place.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(100, 3))
    >>> found = report(rows[:, :2], rows)
    >>> found["trustworthiness (15)"] > 0.8
    True
    """
    random_state = resolve_seed(random_state)  # one draw: all lines judge the same rows
    model, points = _map_of(map_or_model)
    rows = as_matrix(X, "X")
    check_same_rows(rows, points, ("X", "the map"))
    placed = np.flatnonzero(~np.isnan(points).any(axis=1))
    if len(placed) < 7:
        msg = f"{len(placed)} rows have a place on the map. A report needs at least 7."
        raise ValueError(msg)
    labels = None if y is None else np.asarray(y)
    if labels is not None:  # before the work, which may take minutes
        as_codes(labels, len(points), "y")
    if metric is None and metric_kwds:
        msg = (
            f"metric_kwds={dict(metric_kwds)!r} were given without a metric. Give the metric that "
            "they are for; without one the model's metric is taken, with its own keywords."
        )
        raise ValueError(msg)
    if metric is None:
        metric = getattr(model, "metric", "euclidean")
        metric_kwds = getattr(model, "metric_kwds", None)
    if metric == "precomputed":
        msg = "The model was given distances, not rows. Give the metric that X is to be judged by."
        raise ValueError(msg)
    if len(placed) < len(points):
        rows, on_map = rows[placed], points[placed]
    else:
        on_map = points
    n = len(rows)
    if sample_size == "auto":
        sample_size = None if n <= _ALL_UP_TO else _SAMPLE
    work = _Work(
        rows,
        on_map,
        {"metric": metric, "metric_kwds": metric_kwds},
        min(check_count(n_neighbors, "n_neighbors", 2**31, "it counts rows"), (n - 1) // 2),
        sample_size,
        check_confidence(confidence),
        random_state,
        n_jobs,
    )
    own_trust, own_kept = work.local(scales)
    work.overall()
    if labels is not None:
        work.labelled(labels[placed])
    work.fitted(model, placed, len(points))
    judged = pick_rows(n, work.sample_size, random_state)
    facts = {
        "rows": len(points),
        "columns": rows.shape[1],
        "dimensions": points.shape[1],
        "metric": metric if isinstance(metric, str) else getattr(metric, "name", "a function"),
        "n_neighbors": work.k,
        "judged": len(judged),
        "without_place": len(points) - n,
    }
    spread = [np.full(len(points), np.nan) for _ in range(2)]
    spread[0][placed[judged]], spread[1][placed[judged]] = own_trust, own_kept
    return Report(tuple(work.measures), work.skipped, facts, points, *spread)


def _map_of(map_or_model: Any) -> tuple[Any, NDArray[np.float32]]:
    """Return the model or None, and its map, in which rows may be NaN."""
    if hasattr(map_or_model, "embedding_"):
        if getattr(map_or_model, "output_metric", "euclidean") != "euclidean":
            msg = (
                "The model's map does not lie in the plane, where distances are Euclidean. Give "
                "positions in space instead of the model."
            )
            raise ValueError(msg)
        given = map_or_model.embedding_
    elif hasattr(map_or_model, "fit") and hasattr(map_or_model, "get_params"):
        msg = (
            f"{type(map_or_model).__name__} has no embedding_: it was not fitted, or keeps its map "
            "elsewhere. Call fit first, or give the map itself, an array of shape (n, c)."
        )
        raise TypeError(msg)
    else:
        given, map_or_model = map_or_model, None
    points = np.asarray(given)
    if points.ndim == 2 and points.dtype.kind == "f":
        absent: NDArray[np.bool_] = np.asarray(np.isnan(points).any(axis=1))
        checked = as_matrix(np.where(absent[:, None], 0, points), "the map")
        return map_or_model, np.where(absent[:, None], np.float32(np.nan), checked)
    return map_or_model, as_matrix(points, "the map")


@dataclass
class _Work:
    """The lines of a report while they are gathered."""

    rows: NDArray[np.float32]
    points: NDArray[np.float32]
    how: Mapping[str, Any]
    k: int
    sample_size: int | None
    confidence: float
    random_state: Any
    n_jobs: int | None
    measures: list[Measure] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        group: str,
        name: str,
        value: float,
        reading: str,
        n_judged: int | None = None,
        *,
        exact: bool | None = True,
    ) -> None:
        self.measures.append(Measure(group, name, value, reading, n_judged, exact))

    def mean(self, parts: NDArray[np.float64]) -> Score:
        n = len(self.points)
        return mean_score(parts, n=n, confidence=self.confidence, ends=(0.0, 1.0))

    def local(self, scales: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Add what tells of neighbours; return trustworthiness and share kept of each row."""
        threads = resolve_n_jobs(self.n_jobs)
        data = space_of(self.rows, **self.how, n_threads=threads)
        points = map_space(self.points)
        found = []
        for swap in (False, True):
            parts, _ = rank_parts(
                data, points, self.k, self.sample_size, self.random_state, threads, swap=swap
            )
            found.append(parts)
        self.add(
            "local",
            f"trustworthiness ({self.k})",
            self.mean(found[0]),
            "1: neighbours on the map are real",
        )
        self.add(
            "local", f"continuity ({self.k})", self.mean(found[1]), "1: no neighbours torn apart"
        )
        n = len(self.points)
        possible = sorted({int(k) for k in scales if 1 <= k < n} | {self.k})
        parts, _ = kept_parts(
            self.rows,
            self.points,
            possible,
            self.how["metric"],
            self.how["metric_kwds"],
            self.sample_size,
            None,
            self.random_state,
            self.n_jobs,
        )
        for k, kept in zip(possible, parts, strict=True):
            reading = f"1: all of them; chance {k / (n - 1):.4f}"
            self.add("local", f"neighbours kept ({k})", self.mean(kept), reading)
        self.densities()
        return found[0], parts[possible.index(self.k)]

    def densities(self) -> None:
        """Add the line on densities."""
        metric, name = self.how["metric"], "density correlation"
        if not isinstance(metric, str) or self.how["metric_kwds"] or len(self.points) <= _RADII:
            self.skipped[name] = f"needs more than {_RADII} rows and a metric's name, no keywords"
            return
        agrees = density_correlation(
            self.rows, self.points, n_neighbors=_RADII, metric=metric, n_jobs=self.n_jobs
        )
        self.add("local", name, agrees, "1: dense stays dense; 0: unrelated")

    def overall(self) -> None:
        """Add what tells of large distances, and of all scales at once."""
        common = {**self.how, "random_state": self.random_state, "n_jobs": self.n_jobs}
        all_scales = coranking(
            self.rows, self.points, sample_size=min(_RANKED, self.sample_size or _RANKED), **common
        )
        ranked, exact = all_scales.n_judged, all_scales.n_judged == all_scales.n
        reading = "0: chance at every scale"
        name = "area under R over log k"
        self.add("global", name, all_scales.auc, reading, ranked, exact=exact)
        reading = f"of these most stay: {all_scales.lcmc.max():.4f} over chance"
        self.add("global", "best scale", all_scales.best_scale, reading, ranked, exact=exact)
        triplets = random_triplet_accuracy(
            self.rows, self.points, confidence=self.confidence, **common
        )
        self.add("global", "random triplets", triplets, "0.5: chance; which of two is nearer")
        pairs = distance_correlation(self.rows, self.points, **common)
        for name, value, reading in (
            ("distances, Pearson", pairs.pearson, "1: distances to scale"),
            ("distances, Spearman", pairs.spearman, "1: order of distances kept"),
        ):
            self.add("global", name, value, reading, pairs.n_pairs, exact=False)

    def labelled(self, y: NDArray[Any]) -> None:
        """Add what reads labels."""
        classes = len(np.unique(y))
        n = len(y)
        accuracy = knn_accuracy(self.points, y, n_neighbors=self.k, n_jobs=self.n_jobs)
        self.add(
            "labels", f"accuracy of neighbours ({self.k})", accuracy, "1: neighbours share labels"
        )
        if not 2 <= classes < n:
            self.skipped["silhouette"] = f"needs 2 to n - 1 classes; there are {classes}"
            return
        apart = silhouette(
            self.points,
            y,
            sample_size=self.sample_size,
            confidence=self.confidence,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )
        self.add("labels", "silhouette", apart, "1: classes far apart; 0: they overlap")
        self.clusters(y, classes)
        if classes < 3:
            self.skipped["order of class centres"] = "needs 3 classes"
        elif classes > _CLASSES:
            self.skipped["order of class centres"] = f"for up to {_CLASSES} classes, not {classes}"
        else:
            order = centroid_order(self.rows, self.points, y)
            self.add("labels", "order of class centres", order.triplets, "0.5: chance; 1: kept")

    def clusters(self, y: NDArray[Any], classes: int) -> None:
        """Add the line on k-means, with as many clusters as there are classes."""
        name = "k-means clusters, NMI"
        if classes > _CLASSES:
            self.skipped[name] = f"for up to {_CLASSES} classes, not {classes}"
            return
        if (self.points == self.points[0]).all():
            self.skipped[name] = "all points are at one place"
            return
        found = kmeans_nmi(
            self.points, y, n_clusters=classes, n_seeds=1, sample_size=1, n_jobs=self.n_jobs
        )
        self.add("labels", name, found.nmi, "1: they are the classes; 0: unrelated")

    def fitted(self, model: Any, placed: NDArray[np.int64], n: int) -> None:
        """Add what only a model knows."""
        recall = getattr(model, "neighbor_recall_", math.nan)
        if math.isnan(recall):
            self.skipped["recall of the search"] = "only a model that searched knows it"
        else:
            reading = "1: the graph was made of true neighbours"
            # The model does not say whether it looked at all rows or at a sample of them.
            self.add("fit", "recall of the search", float(recall), reading, exact=None)
        graph = getattr(model, "graph_", None)
        a, b = getattr(model, "a_", None), getattr(model, "b_", None)
        if graph is None or a is None or b is None or len(placed) < n:
            why = "needs a model with graph_, a_ and b_, and a place for every row"
            self.skipped["effective loss"] = self.skipped["nominal loss"] = why
            return
        self.add("fit", "effective loss", *self.lowered(model, graph, a, b))
        if n > EXACT_LIMIT:
            self.skipped["nominal loss"] = f"takes O(n^2) time; only up to {EXACT_LIMIT:,} rows"
            return
        nominal = fuzzy_cross_entropy_without_constants(
            graph, self.points, a, b, log_floor=1e-4, n_jobs=self.n_jobs
        )
        self.add("fit", "nominal loss", nominal / n, "nats a row: the papers' formula")

    def lowered(self, model: Any, graph: Any, a: float, b: float) -> tuple[Score, str]:
        """Return the sampled loss a row with the model's own weights, and how to read it."""
        from scipy.special import ndtri

        loss = effective_loss(
            graph,
            self.points,
            a,
            b,
            negative_sample_rate=getattr(model, "negative_sample_rate", 5),
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )
        n, strength = len(self.points), getattr(model, "repulsion_strength", 1.0)
        value = loss.attraction + strength * loss.repulsion
        reach = strength * loss.standard_error * float(ndtri(0.5 + self.confidence / 2))
        score = Score(
            value / n,
            low=(value - reach) / n,
            high=(value + reach) / n,
            confidence=self.confidence,
            n_judged=loss.n_pairs,
        )
        # Networks learn by batches; densities and the costs of labels are lowered beside.
        other = (
            hasattr(model, "encoder")
            or getattr(model, "densmap", False)
            or getattr(model, "supervision", "intersection") != "intersection"
        )
        what = "UMAP's sampled loss" if other else "what was lowered"
        return score, f"nats a row: {what}"
