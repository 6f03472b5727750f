"""New rows on a finished map of the family."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.data import row_hashes
from umapkit.graph import bandwidths, query_affinities
from umapkit.init import place
from umapkit.layout import LayoutOptions, settle
from umapkit.layout.contrast import ContrastOptions, FrozenContrast, settle_contrast
from umapkit.layout.tsne import TsneOptions
from umapkit.models._member_fit import disconnection
from umapkit.models._members import Plan
from umapkit.models._place import as_table, weigh_near
from umapkit.models._tsne_place import place_rows

if TYPE_CHECKING:
    from umapkit.models._member import FamilyMember

# As `umapkit.TSNE.transform` does.
_TSNE = TsneOptions(n_epochs=250, early_epochs=0, exaggeration=1.5, learning_rate=0.1)
_TSNE_PERPLEXITY = 5.0


def place_on_map(model: FamilyMember, rows: Any, n_jobs: int) -> NDArray[np.float32]:
    """Places of rows (m, n_features) that equal no training row; NaN where nothing is near."""
    plan = model._plan(len(model._places.slot))
    kept = model._places.kept
    if isinstance(plan.options, TsneOptions):
        asked: Any = model  # it has what that reads of t-SNE
        return place_rows(asked, rows, _TSNE, min(_TSNE_PERPLEXITY, len(kept)), n_jobs)
    places = model.embedding_ if model._places.none else model.embedding_[kept]
    table, indices, weights = tied(model, plan, rows, n_jobs)
    start, hashes = place(table, places, n_jobs=n_jobs), row_hashes(rows, n_jobs=n_jobs)
    options = replace(plan.options, n_epochs=model._settle_epochs())
    if isinstance(options, LayoutOptions):
        settled = settle(
            places,
            indices,
            weights,
            start,
            hashes,
            a=options.a,
            b=options.b,
            n_epochs=options.n_epochs,
            learning_rate=options.learning_rate,
            negative_sample_rate=options.negative_sample_rate,
            repulsion_strength=options.repulsion_strength,
            seed=options.seed,
            n_jobs=n_jobs,
        )
    else:
        frozen = frozen_map(model, places, options)
        settled = settle_contrast(frozen, indices, weights, start, hashes, options, n_jobs=n_jobs)
    settled[weights.sum(axis=1) == 0] = np.nan
    return settled


def tied(
    model: FamilyMember, plan: Plan, rows: Any, n_jobs: int
) -> tuple[csr_array, NDArray[np.int32], NDArray[np.float32]]:
    """How strongly new rows are tied to the kept rows: as a matrix, and as lists with weights."""
    index = model._search_index()
    u = len(model._places.kept)
    if plan.affinities == "fuzzy":
        k = min(plan.n_neighbors, u)
        table, _ = weigh_near(
            index.query(rows, k, n_jobs=n_jobs),
            model._places,
            local_connectivity=1.0,
            mean_distance=floor_distance(model),
            disconnection_distance=disconnection(model),
            n_columns=u,
            n_jobs=n_jobs,
        )
        return table, *as_table(table, k)
    if plan.affinities == "uniform":
        near = index.query(rows, min(max(plan.n_neighbors - 1, 1), u), n_jobs=n_jobs)
        listed = (near.indices >= 0) & np.isfinite(near.distances)
        indices, weights = np.where(listed, near.indices, 0), listed.astype(np.float32)
    else:
        k = min(u, max(1, int(3 * plan.perplexity)))
        near = index.query(rows, k, n_jobs=n_jobs)
        perplexity = max(1.0, min(float(plan.perplexity), k / 3))
        indices, weights = query_affinities(near, perplexity=perplexity, n_jobs=n_jobs)
    indptr = np.arange(len(indices) + 1) * indices.shape[1]
    table = csr_array((weights.ravel(), indices.ravel(), indptr), shape=(len(indices), u))
    return table, indices.astype(np.int32), weights


def floor_distance(model: FamilyMember) -> float:
    """Mean distance of the training table: a constant of the model for new rows."""
    if model._mean_distance is None:
        table = model._places.count_copies(model._search_index().neighbors)
        model._mean_distance = bandwidths(table, n_jobs=model.n_jobs).mean_distance
    return model._mean_distance


def frozen_map(
    model: FamilyMember, places: NDArray[np.float32], options: ContrastOptions
) -> FrozenContrast:
    """Return the map as new rows read it, kept from one call to the next while it is the same."""
    frozen = model._frozen
    if frozen is None or not np.array_equal(frozen.map.places, places):
        degrees = model._degrees
        if degrees is None:
            msg = "The model has no degrees; it was not fitted by a contrastive layout. Fit it."
            raise ValueError(msg)
        frozen = model._frozen = FrozenContrast.of(places, degrees, options)
    return frozen
