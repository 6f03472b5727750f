"""`inverse_transform`: rows of data for places on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from umapkit._seed import Stage, sample_without_replacement
from umapkit._threads import resolve_n_jobs
from umapkit.data import SparseRows, as_rows, dense_budget, human_size, row_hashes
from umapkit.distances import resolve_metric
from umapkit.layout import centre_rows, check_invertible, map_weights, nearest_places

if TYPE_CHECKING:
    from umapkit.models._umap import UMAP

# How many map points may be asked about a place; the best number depends on data and map.
_NUMBERS = (5, 10, 20, 40, 80, 160, 320)
_SAMPLE = 256
_BLOCK = 1024  # places at a time
_SPARSE_BLOCK = 2**25  # numbers of sparse rows made dense at a time: 128 MiB


class Invertible:
    """What a model says about places of its map."""

    def inverse_transform(self, X: Any, *, n_neighbors: int | None = None) -> NDArray[np.float32]:
        """Make rows of data for places on the map.

        A place becomes the row that is nearest, by `metric`, to the training rows whose places
        are near it: for Euclidean data their mean, weighted by how close they are on the map. A
        row depends on its place and the fitted model only, not on the rest of `X`.

        Parameters
        ----------
        X : array of shape (m, n_components)
            Places, anywhere on the map; between groups they become mixtures.
        n_neighbors : int, optional
            Map points that a place asks. Larger values give smoother rows. By default the number
            out of 5, 10, ..., 320 that predicts training rows best from the others.

        Returns
        -------
        float32 array of shape (m, n_features)
            The rows.

        Raises
        ------
        ValueError
            If `metric` has no gradient, `X` is not finite or has another number of columns than
            the map, or `n_neighbors` is out of range.
        """
        model: Any = self  # what UMAP adds
        return invert(model, X, n_neighbors)


def invert(model: UMAP, X: Any, n_neighbors: int | None) -> NDArray[np.float32]:
    """Make rows of places; see `UMAP.inverse_transform`."""
    check_is_fitted(model)
    metric = resolve_metric(model.metric, model.metric_kwds)
    check_invertible(metric)
    rows = model._finder.rows
    metric = metric.learned(rows) if isinstance(rows, SparseRows) else metric.fitted(rows)
    places = as_rows(X, name="X", min_rows=0, n_jobs=model.n_jobs)
    width = model.embedding_.shape[1]
    if places.shape[1] != width:
        msg = (
            f"X has {places.shape[1]} columns; the map has {width} dimensions. Give places on the "
            f"map, of shape (m, {width})."
        )
        raise ValueError(msg)
    known = len(model._places.kept)
    if n_neighbors is None:
        k = best_number(model)
    elif (
        isinstance(n_neighbors, bool)
        or not hasattr(n_neighbors, "__index__")
        or not 1 <= n_neighbors <= known
    ):
        msg = (
            f"n_neighbors={n_neighbors!r} is not allowed. Give a whole number from 1 to the "
            f"number of different training rows, {known}, or None."
        )
        raise ValueError(msg)
    else:
        k = int(n_neighbors)
    step = _BLOCK
    if isinstance(rows, SparseRows):
        _check_room(len(places), rows.n_columns)
        step = max(1, min(step, _SPARSE_BLOCK // (k * rows.n_columns)))
    found = np.empty((len(places), model.n_features_in_), dtype=np.float32)
    for begin in range(0, len(places), step):
        block = slice(begin, begin + step)
        indices, weights = _near(model, places[block], k)
        table: Any = rows
        if isinstance(rows, SparseRows):  # only those that are asked become dense
            listed, inverse = np.unique(indices, return_inverse=True)
            table = as_rows(rows[listed])
            indices = inverse.reshape(indices.shape).astype(np.int32)
        found[block] = centre_rows(table, indices, weights, metric=metric, n_jobs=model.n_jobs)
    return found


def _check_room(m: int, d: int) -> None:
    """Refuse more dense rows than fit in memory."""
    limit = dense_budget()
    if 4 * m * d > limit:
        msg = (
            f"The rows of {m} places have {d} columns each, {human_size(4 * m * d)} as dense "
            f"float32; at most {human_size(limit)} is allowed here. Give fewer places at a time: "
            "a row depends on its own place only."
        )
        raise ValueError(msg)


def best_number(model: UMAP) -> int:
    """How many map points tell most about a place between them.

    Each of 256 training rows (all, if there are fewer; a hashed sample) is predicted by the mean
    of the rows nearest to it on the map, itself left out; the number that leaves the least squared
    error is taken. It is a constant of the fitted model.
    """
    flat = np.ascontiguousarray(model.embedding_, dtype=np.float32).reshape(1, -1)
    mark = int(row_hashes(flat, n_jobs=1)[0])
    kept: tuple[int, int] | None = getattr(model, "_inverse_number", None)
    if kept is None or kept[0] != mark:
        kept = model._inverse_number = (mark, _search_number(model))
    return kept[1]


def _search_number(model: UMAP) -> int:
    rows = model._finder.rows
    u = len(rows)
    numbers = [k for k in _NUMBERS if k < u]
    if not numbers:
        return max(1, u - 1)
    sparse = isinstance(rows, SparseRows)
    chosen = sample_without_replacement(model.seed_, Stage.SAMPLE, u, _SAMPLE)
    indices, weights = _near(model, _kept_map(model)[chosen], numbers[-1], own=chosen)
    error = np.zeros(len(numbers))
    for i, row in enumerate(chosen):
        truth = (as_rows(rows[[row]])[0] if sparse else rows[row]).astype(np.float64)
        total, mass, first = np.zeros_like(truth), 0.0, 0
        for step, k in enumerate(numbers):
            part = slice(first, k)
            near = rows[indices[i, part]]
            near = (as_rows(near) if sparse else near).astype(np.float64)
            total += (weights[i, part, None] * near).sum(axis=0)
            mass += weights[i, part].sum()
            error[step] += ((total / mass - truth) ** 2).sum()
            first = k
    return numbers[int(error.argmin())]


def _kept_map(model: UMAP) -> NDArray[np.float32]:
    """Places of the different training rows."""
    copies = model._places
    places = model.embedding_ if copies.none else model.embedding_[copies.kept]
    return np.ascontiguousarray(places, dtype=np.float32)


def _near(
    model: UMAP, places: NDArray[np.float32], k: int, own: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Rows near places on the map, and their weights, both (m, k)."""
    copies = model._places
    n_jobs = resolve_n_jobs(model.n_jobs)
    indices, distances = nearest_places(
        _kept_map(model), places, k, output_metric=model._output(), own=own, n_jobs=n_jobs
    )
    counts = np.bincount(copies.slot, minlength=len(copies.kept)).astype(np.float64)
    weights = map_weights(distances, counts[indices], a=model.a_, b=model.b_, n_jobs=n_jobs)
    return indices, weights
