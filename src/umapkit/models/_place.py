"""New rows on a finished map: neighbours, memberships, start, settling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.data import Rows, row_hashes
from umapkit.graph import bandwidths, cut, input_radii, memberships
from umapkit.init import place
from umapkit.layout import FrozenMap, LayoutOptions, OutputMetric, settle, settle_on_surface
from umapkit.models._copies import Copies
from umapkit.models._density import RadiusRule
from umapkit.neighbors import GivenDistances, GivenIndex, NeighborIndex, Neighbors


@dataclass(frozen=True, eq=False)
class Ground:
    """What a finished map always brings to its new rows, made once for any number of them.

    Attributes
    ----------
    map : FrozenMap
        Places of the rows of `index`, as the new rows read them.
    index : NeighborIndex
        The training rows.
    mark : int
        Hash of the whole map: a map that was moved since is another one.
    """

    map: FrozenMap
    index: NeighborIndex | GivenIndex
    mark: int

    @cached_property
    def own_distances(self) -> NDArray[np.float64]:
        """Mean distance of every training row to its neighbours, shape (u,)."""
        return _mean(self.index.neighbors.distances[:, 1:])


class GroundKeeper:
    """Keeps the ground of a fitted model from one `transform` to the next.

    It is rebuilt whenever map, seed or index are no longer those that it was made of, so it never
    decides anything. Pickles and copies of a model leave it out.
    """

    def __init__(self) -> None:
        self._ground: Ground | None = None

    def ground(
        self,
        embedding: NDArray[np.float32],
        copies: Copies,
        index: NeighborIndex | GivenIndex,
        seed: int,
    ) -> Ground:
        """Return the ground of a map of all n rows, shape (n, n_components)."""
        flat = np.ascontiguousarray(embedding, dtype=np.float32).reshape(1, -1)
        mark = int(row_hashes(flat, n_jobs=1)[0])
        kept = self._ground
        # Read once: another thread may set it meanwhile, to what would be made here, too.
        if kept is None or (kept.mark, kept.map.seed) != (mark, seed) or kept.index is not index:
            places = embedding if copies.none else embedding[copies.kept]
            kept = self._ground = Ground(FrozenMap.of(places, seed=seed), index, mark)
        return kept

    def __getstate__(self) -> dict[str, None]:
        return {"_ground": None}


@dataclass(frozen=True)
class NewRows:
    """Rows to place, and every constant of the fitted model that their places depend on.

    Attributes
    ----------
    rows : float32 array or SparseRows of shape (m, n_features)
        Rows that equal no training row.
    ground : Ground
        The map and its rows.
    copies : Copies
        How often each of them stands in the training table.
    n_neighbors : int
        Neighbours per new row, none of which is the row itself.
    local_connectivity, mean_distance, disconnection_distance : float
        As in the fit.
    options : LayoutOptions
        Curve, rates and seed of the fit; `n_epochs` steps per row.
    radius_rule : RadiusRule or None
        Of a densMAP: which radius a row should have on the map.
    n_jobs : int
        Threads.
    output : OutputMetric
        How distances in the map are measured.
    """

    rows: Rows | GivenDistances
    ground: Ground
    copies: Copies
    n_neighbors: int
    local_connectivity: float
    mean_distance: float
    disconnection_distance: float
    options: LayoutOptions
    radius_rule: RadiusRule | None
    n_jobs: int
    output: OutputMetric

    def scores(
        self, near: Neighbors | None, found: NDArray[np.int64], known: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """How far outside the data each of all m rows lies; see `UMAP.transform`.

        `near` are the neighbours of the unknown rows, `found` the training rows of the `known`.
        """
        table = self.ground.index.neighbors
        own = self.ground.own_distances
        score = np.empty(len(known), dtype=np.float32)
        score[known] = _ratio(own[found[known]], table.indices[found[known], 1:], own)
        if near is not None:
            width = table.k - 1
            score[~known] = _ratio(_mean(near.distances[:, :width]), near.indices[:, :width], own)
        return score


def place_new_rows(new: NewRows) -> tuple[NDArray[np.float32], Neighbors | None]:
    """Place the rows; return their places (m, n_components) and their neighbours."""
    ground, places = new.ground, new.ground.map.places
    if len(new.rows) == 0:
        return np.empty((0, places.shape[1]), dtype=np.float32), None
    index: Any = ground.index  # of rows or of distances, as the new rows are
    near = index.query(new.rows, new.n_neighbors, n_jobs=new.n_jobs)
    weights, reached = weigh_near(
        near,
        new.copies,
        local_connectivity=new.local_connectivity,
        mean_distance=new.mean_distance,
        disconnection_distance=new.disconnection_distance,
        n_columns=len(places),
        n_jobs=new.n_jobs,
    )
    indices, strengths = as_table(weights, new.n_neighbors)
    options, rule, wanted = new.options, new.radius_rule, None
    if rule is not None:
        wanted = rule.wanted(input_radii(weights, reached, bipartite=True, n_jobs=new.n_jobs))
    if isinstance(new.rows, GivenDistances):
        hashes = new.rows.hashes(n_jobs=new.n_jobs)
    else:
        hashes = row_hashes(new.rows, n_jobs=new.n_jobs)
    if not new.output.flat:
        settled = settle_on_surface(
            places,
            indices,
            strengths,
            hashes,
            options,
            output_metric=new.output,
            n_jobs=new.n_jobs,
        )
        return settled, near
    start = place(weights, places, n_jobs=new.n_jobs)
    settled = settle(
        ground.map,
        indices,
        strengths,
        start,
        hashes,
        a=options.a,
        b=options.b,
        n_epochs=options.n_epochs,
        learning_rate=options.learning_rate,
        negative_sample_rate=options.negative_sample_rate,
        repulsion_strength=options.repulsion_strength,
        radii=wanted,
        density_weight=0.0 if rule is None else rule.weight,
        seed=options.seed,
        n_jobs=new.n_jobs,
    )
    settled[strengths.sum(axis=1) == 0] = np.nan
    return settled, near


def weigh_near(
    near: Neighbors,
    copies: Copies,
    *,
    local_connectivity: float,
    mean_distance: float,
    disconnection_distance: float,
    n_columns: int,
    n_jobs: int,
) -> tuple[csr_array, Neighbors]:
    """Memberships of new rows (m, n_columns), and which of their neighbours were reached."""
    counted = copies.count_copies(near, query=True)
    reached = cut(counted, disconnection_distance=disconnection_distance)
    scales = bandwidths(
        reached,
        local_connectivity=local_connectivity,
        bipartite=True,
        mean_distance=mean_distance,
        n_jobs=n_jobs,
    )
    return memberships(reached, scales, bipartite=True, n_columns=n_columns, n_jobs=n_jobs), reached


def as_table(weights: csr_array, k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Rows of a CSR matrix with at most k entries each, as (m, k) arrays."""
    counts = np.diff(weights.indptr)
    slot = np.arange(weights.nnz) - np.repeat(weights.indptr[:-1], counts)
    row = np.repeat(np.arange(len(counts)), counts)
    indices = np.full((len(counts), k), -1, dtype=np.int32)
    strengths = np.zeros((len(counts), k), dtype=np.float32)
    indices[row, slot] = weights.indices
    strengths[row, slot] = weights.data
    return indices, strengths


def _mean(distances: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of the finite distances of each row; 0 where there is none."""
    finite = np.isfinite(distances)
    total = np.where(finite, distances, 0).sum(axis=1, dtype=np.float64)
    return total / np.maximum(finite.sum(axis=1), 1)


def _ratio(
    mine: NDArray[np.float64], indices: NDArray[np.int32], own: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean distance of a row over the mean of that of its neighbours; 1 for 0 / 0."""
    listed = indices >= 0
    theirs = np.where(listed, own[np.maximum(indices, 0)], 0).sum(axis=1)
    theirs = theirs / np.maximum(listed.sum(axis=1), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = mine / theirs
    return np.where((mine == 0) & (theirs == 0), 1.0, ratio)
