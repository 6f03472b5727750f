"""What a t-SNE cannot use, refused before the long search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from umapkit.distances import resolve_metric
from umapkit.models._tsne_density import check_densne
from umapkit.models._warm import is_model
from umapkit.models._watched import check_watched

if TYPE_CHECKING:
    from umapkit.models._tsne import TSNE


def check_tsne(model: TSNE, *, graph: Any) -> None:
    """Refuse what no stage could use, before the long search."""
    values = np.atleast_1d(np.asarray(model.perplexity))
    if values.dtype.kind not in "iuf" or values.ndim != 1 or not len(values):
        msg = f"perplexity={model.perplexity!r} is not allowed. Give a number, or several."
        raise TypeError(msg)
    if not (np.isfinite(values) & (values >= 1)).all():
        msg = f"perplexity={model.perplexity!r} is not allowed. Give numbers from 1."
        raise ValueError(msg)
    if isinstance(model.n_components, bool) or model.n_components not in (1, 2, 3):
        msg = f"n_components={model.n_components!r} is not allowed. Give 1, 2 or 3."
        raise ValueError(msg)
    if model.affinities not in ("perplexity", "uniform"):
        msg = f"affinities={model.affinities!r} is not known. Give 'perplexity' or 'uniform'."
        raise ValueError(msg)
    if model.affinities == "uniform" and np.ndim(model.perplexity):
        msg = "affinities='uniform' counts one number of neighbours. Give one perplexity."
        raise ValueError(msg)
    if model.neighbors not in ("auto", "exact", "descent"):
        msg = f"neighbors={model.neighbors!r} is not known. Give 'auto', 'exact' or 'descent'."
        raise ValueError(msg)
    if isinstance(model.init, str) and model.init not in ("pca", "spectral", "random"):
        msg = (
            f"init={model.init!r} is not known. Give 'pca', 'spectral', 'random', an array, or "
            "a fitted model."
        )
        raise ValueError(msg)
    if is_model(model.init) and not hasattr(model.init, "embedding_"):
        msg = f"init={model.init!r} is no fitted map. Fit it first."
        raise ValueError(msg)
    card = resolve_metric(model.metric, model.metric_kwds)
    if isinstance(model.metric, str) and model.metric == "precomputed":
        msg = (
            "metric='precomputed' is not offered by TSNE. Give rows and precomputed_knn=, or "
            "graph= of fit."
        )
        raise ValueError(msg)
    if isinstance(model.init, str) and model.init == "pca" and card.missing:
        msg = (
            f"init='pca' needs rows of numbers, which metric={card.name!r} does not promise. "
            "Give init='spectral' or 'random', or an array."
        )
        raise ValueError(msg)
    if graph is not None and model.precomputed_knn is not None:
        msg = "Both graph= and precomputed_knn= were given. Give one of them."
        raise ValueError(msg)
    check_watched(model)
    check_densne(model, graph=graph)
    model._options()
