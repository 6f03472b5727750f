"""New rows on a finished map of t-SNE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from umapkit.graph import query_affinities
from umapkit.layout.tsne import FrozenField, TsneOptions, settle_tsne

if TYPE_CHECKING:
    from umapkit.models._tsne import TSNE

_FOR_START = 25  # nearest rows whose median is the start


def place_rows(
    model: TSNE, rows: Any, options: TsneOptions, perplexity: float, n_jobs: int
) -> NDArray[np.float32]:
    """Places of rows (m, n_features) that equal no training row."""
    kept = model._places.kept
    places = model.embedding_ if model._places.none else model.embedding_[kept]
    pulling = min(len(kept), int(3 * perplexity))
    if not 1 <= perplexity <= pulling:
        msg = (
            f"perplexity={perplexity!r} is not allowed for new rows of a map of {len(kept)} "
            f"different rows. Give a number from 1 to {len(kept)}."
        )
        raise ValueError(msg)
    near = model._search_index().query(
        rows, min(len(kept), max(pulling, _FOR_START)), n_jobs=n_jobs
    )
    start = np.median(places[near.indices[:, :_FOR_START]], axis=1).astype(np.float32)
    indices, weights = query_affinities(near.with_k(pulling), perplexity=perplexity, n_jobs=n_jobs)
    _, exaggeration, rate, momentum = options.stage(0, len(kept))
    return settle_tsne(
        field_of(model, places, n_jobs),
        indices,
        weights,
        start,
        n_epochs=options.n_epochs,
        exaggeration=exaggeration,
        learning_rate=rate,
        momentum=momentum,
        n_jobs=n_jobs,
    )


def field_of(model: TSNE, places: NDArray[np.float32], n_jobs: int) -> FrozenField:
    """Return the map's potential, kept from one call to the next while the map is the same."""
    field = model._field
    if field is None or not np.array_equal(field.places, places):
        field = FrozenField.of(places, degrees_of_freedom=model.degrees_of_freedom, n_jobs=n_jobs)
        model._field = field
    return field
