"""How far the components of a graph are apart, and where that puts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from umapkit.compat.umap_learn._parameters import refuse
from umapkit.distances import resolve_metric
from umapkit.init import spectral_start

_LINKAGES = {"average": np.mean, "complete": np.max, "single": np.min}
# exp(-d²) of this distance is 1e-7: what single precision still tells from nothing.
_FARTHEST = 4.0


def gaps_between(
    data: Any, count: int, labels: NDArray[Any], metric: Any, keywords: Mapping[str, Any]
) -> NDArray[np.float64]:
    """Distances of the `count` components, shape (count, count), from their rows or distances."""
    sizes = np.bincount(labels, minlength=count)
    if len(sizes) > count or not sizes.all():
        msg = (
            f"{count} components were announced, and the labels name {np.count_nonzero(sizes)}: "
            f"give labels from 0 to {count - 1}, each at least once."
        )
        raise ValueError(msg)
    members = [np.flatnonzero(labels == label) for label in range(count)]
    if isinstance(metric, str) and metric == "precomputed":
        return _linked(data, members, keywords.get("linkage", "average"))
    means = np.array([np.asarray(data[rows].mean(axis=0)).ravel() for rows in members])
    return resolve_metric(metric, keywords).learned(means).between(means, means)


def _linked(data: Any, members: list[NDArray[np.intp]], linkage: str) -> NDArray[np.float64]:
    if linkage not in _LINKAGES:
        msg = f"linkage={linkage!r} is not known. Give one of {', '.join(_LINKAGES)}."
        raise ValueError(msg)
    if issparse(data):
        refuse("a sparse matrix of distances in component_layout")
    distances = np.asarray(data, dtype=np.float64)
    gaps = np.zeros((len(members), len(members)))
    for i, mine in enumerate(members):
        for j in range(i + 1, len(members)):
            gaps[i, j] = gaps[j, i] = _LINKAGES[linkage](distances[np.ix_(mine, members[j])])
    return gaps


def centres_of(gaps: NDArray[np.float64], dim: int, seed: int) -> NDArray[np.float64]:
    """Places of shape (c, dim), largest coordinate 1, for components that are `gaps` apart."""
    count = len(gaps)
    if not (gaps >= 0).all():
        msg = "Distances between components must be 0 or more; a negative one or NaN was found."
        raise ValueError(msg)
    if count <= 2 * dim:
        axes = np.eye(dim)[: (count + 1) // 2]
        return np.concatenate((axes, -axes))[:count]
    weights = _closeness(gaps)
    np.fill_diagonal(weights, 0.0)
    smooth = spectral_start(csr_array(weights, dtype=np.float32), n_components=dim, seed=seed)
    # Coordinates of the random walk, as scikit-learn's SpectralEmbedding gives them.
    places = smooth / np.sqrt(weights.sum(axis=1))[:, None]
    peaks = places[np.abs(places).argmax(axis=0), np.arange(dim)]
    places *= np.where(peaks < 0, -1.0, 1.0)
    return places / places.max()


def _closeness(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.sparse.csgraph import minimum_spanning_tree

    finite = gaps[np.isfinite(gaps)]
    top = finite.max() or 1.0  # the diagonal is finite
    gaps = np.where(np.isfinite(gaps), gaps, 2.0 * top)
    # Shifted by one, since a distance of zero would be no edge; the tree stays the same.
    longest = float(minimum_spanning_tree(gaps + 1.0).data.max()) - 1.0
    return np.exp(-((gaps * min(1.0, _FARTHEST / max(longest, _FARTHEST))) ** 2))
