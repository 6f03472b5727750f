"""The stages of a fit of t-SNE: neighbours, probabilities, start, layout."""

from __future__ import annotations

import math
import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from umapkit.data import Rows
from umapkit.distances import resolve_metric
from umapkit.graph import check_graph, joint_affinities
from umapkit.init import given_start, pca_start, random_start, spectral_start
from umapkit.layout import LayoutInterrupted, Progress, as_observers, execute
from umapkit.layout.tsne import TsneLayout, TsneOptions
from umapkit.models._tsne_density import density_of, measure_map, measure_rows
from umapkit.models._warm import is_model, warm_start
from umapkit.neighbors import (
    NeighborIndex,
    Neighbors,
    build_index,
    check_precomputed,
    estimate_recall,
    widen,
)

if TYPE_CHECKING:
    from umapkit.models._laplacian import LaplacianEigenmaps
    from umapkit.models._tsne import TSNE

# The search draws from this seed whatever random_state is, so that a cache serves every seed.
_SEARCH_SEED = 0
_BASE = 40  # columns of the searched lists; longer ones are made of them
_WIDEST = 400  # columns up to which that is done; beyond, the search looks at all rows
_DEVIATION = 1e-4  # of the start's first axis


def perplexities(model: TSNE, n: int) -> list[float]:
    """Perplexities that n rows allow, lowered with a warning."""
    given = np.atleast_1d(np.asarray(model.perplexity, dtype=np.float64)).tolist()
    most = max(1.0, (n - 1) / 3)
    if max(given) > most:
        msg = (
            f"perplexity={model.perplexity!r} is more than a third of the {n} different rows; "
            f"{most:g} is used."
        )
        warnings.warn(msg, UserWarning, stacklevel=4)
    return [min(value, most) for value in given]


def find_affinities(model: TSNE, rows: Any, graph: Any) -> csr_array:
    """Joint probabilities of the kept rows: given, or by neighbours given or searched."""
    if graph is not None:
        model.neighbor_recall_ = math.nan
        model.perplexity_ = model.perplexity
        given = given_weights(graph, len(rows))
        total = float(given.data.sum(dtype=np.float64))
        if not total > 0:
            msg = "graph has no edges, so there is nothing to lay out. Give some weights above 0."
            raise ValueError(msg)
        parts = (given.data / np.float32(total), given.indices, given.indptr)
        return csr_array(parts, shape=given.shape)
    scales = perplexities(model, len(rows))
    model.perplexity_ = scales[0] if np.ndim(model.perplexity) == 0 else scales
    widest = max(scales) if model.affinities == "uniform" else int(3 * max(scales))
    columns = min(len(rows), round(widest) + 1)
    if model.precomputed_knn is not None:
        neighbors = check_precomputed(model.precomputed_knn, n=len(rows), n_neighbors=columns)
        recall = estimate_recall(
            rows,
            neighbors,
            metric=model.metric,
            metric_kwds=model.metric_kwds,
            n_jobs=model.n_jobs,
        )
    else:
        neighbors, recall = find_lists(model, rows, columns)
    model.neighbor_recall_ = float(recall)
    joint = joint_affinities(
        neighbors, perplexity=scales, kind=model.affinities, n_jobs=model.n_jobs
    )
    measure_rows(model, joint, neighbors)
    return joint


def given_weights(graph: Any, n: int) -> csr_array:
    """Weights that the user brings, over the largest: only their ratios count."""
    weights: Any = csr_array(graph) if issparse(graph) else np.asarray(graph)
    top = float(weights.max()) if weights.dtype.kind in "iuf" and 0 not in weights.shape else 0.0
    return check_graph(weights / top if 1 < top < math.inf else weights, n_rows=n)


def find_lists(model: TSNE, rows: Rows, columns: int) -> tuple[Neighbors, float]:
    """Return lists of the kept rows, `columns` long, and their recall; keep the index."""
    base = _BASE if _BASE < columns <= _WIDEST else columns
    method = model.neighbors
    if method == "auto" and columns > _WIDEST:
        method = "exact"
    model._index = search(model, rows, min(base, len(rows)), method)
    if model._index.neighbors.k >= columns:
        return model._index.neighbors.with_k(columns), model._index.recall
    wider = widen(model._index, columns, n_jobs=model.n_jobs)
    if wider is None:
        model._index = search(model, rows, columns, method)
        return model._index.neighbors, model._index.recall
    recall = estimate_recall(
        rows, wider, metric=model.metric, metric_kwds=model.metric_kwds, n_jobs=model.n_jobs
    )
    return wider, recall


def search(
    model: TSNE | LaplacianEigenmaps, rows: Rows, columns: int, method: str
) -> NeighborIndex:
    """Index of the kept rows, out of the cache where the user keeps one."""
    build: Any = build_index
    if model.memory is not None:
        from sklearn.utils.validation import check_memory

        memory = model.memory
        if isinstance(memory, os.PathLike):
            memory = os.fspath(memory)
        build = check_memory(memory).cache(build_index, ignore=["n_jobs"])
    return build(
        rows,
        n_neighbors=columns,
        metric=model.metric,
        metric_kwds=model.metric_kwds,
        method=method,
        random_state=_SEARCH_SEED,
        n_jobs=model.n_jobs,
    )


def make_tsne_start(model: TSNE, graph: csr_array, rows: Any) -> NDArray[np.float32]:
    """Start of the layout: its first axis has a standard deviation of 1e-4."""
    n, d, init = len(graph.indptr) - 1, model.n_components, model.init
    common: dict[str, Any] = {"n_components": d, "seed": model.seed_}
    if is_model(init):
        start = warm_start(init, rows, graph, seed=model.seed_)
    elif not isinstance(init, str):
        places = np.asarray(init)
        if len(places) == len(model._places.slot) and not model._places.keeps_all:
            places = places[model._places.kept]
        start = given_start(places, n_rows=n, **common)
    elif init == "pca":
        start = pca_start(rows, **common, n_jobs=model.n_jobs)
    elif init == "spectral":
        # Rows arrange the graph's components; numbers in place of gaps would decide alone.
        data = None if resolve_metric(model.metric).missing else rows
        start = spectral_start(graph, **common, data=data, n_jobs=model.n_jobs)
    else:
        start = random_start(n, **common)
    return small(np.asarray(start, dtype=np.float64), random_start(n, **common))


def small(start: NDArray[np.float64], noise: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centre, scale to the deviation, and move every point by a hundredth of it.

    Sums are rounded once (fsum), so that they are the same on every machine. Where the first axis
    does not vary there is nothing to scale: the noise takes its place.
    """
    start = start - [math.fsum(axis.tolist()) / len(start) for axis in start.T]
    spread = noise.astype(np.float64)
    spread -= [math.fsum(axis.tolist()) / len(spread) for axis in spread.T]
    widest = np.abs(start).max(initial=0.0)
    if widest > 0:
        start /= widest
    lengths = [
        math.sqrt(math.fsum((each[:, 0] ** 2).tolist()) / len(each)) for each in (start, spread)
    ]
    share = 1.0
    if lengths[0] > 1e-6:
        start *= _DEVIATION / lengths[0]
        share = 0.01
    else:
        start[:] = 0.0
    if lengths[1] > 0:
        start += spread * (share * _DEVIATION / lengths[1])
    return start.astype(np.float32)


def lay_out(model: TSNE, graph: csr_array, rows: Any) -> None:
    """Start and layout; sets what `fit` promises, also when interrupted."""
    options, wanted = model._options()
    start = make_tsne_start(model, graph, rows)
    density = density_of(model, share=float(model.dens_frac))
    layout = TsneLayout(graph, start, options, density=density, n_jobs=model.n_jobs)
    model.embedding_list_ = []
    run_layout(model, layout, wanted, checkpoint=model.checkpoint)


def run_layout(
    model: TSNE,
    layout: TsneLayout,
    wanted: list[int],
    *,
    before: int = 0,
    checkpoint: Any = None,
) -> None:
    """Run, and keep what the model promises; `before`: epochs of earlier runs."""
    copies = model._places
    observers = as_observers(model.observers)
    if model.verbose:
        observers.append(Progress())
    run = execute(layout, wanted, observers=observers, tol=None, checkpoint=checkpoint)
    model.n_epochs_ = before + layout.epoch
    model.kl_divergence_ = layout.loss()
    model.repulsion_ = layout.method
    state = layout.state()
    model._motion = {name: state[name].copy() for name in ("velocity", "gains")}
    model.embedding_ = copies.expand(layout.embedding)
    model.embedding_list_ += [copies.expand(kept) for kept in run.snapshots]
    model._field = None
    measure_map(model, layout.embedding)
    if run.interrupt is not None:
        raise LayoutInterrupted(model.embedding_, model.n_epochs_) from run.interrupt


def more_epochs(model: TSNE, options: TsneOptions) -> None:
    """Continue the present map, with its velocities and gains.

    Raises
    ------
    ValueError
        If densities are to count, and the fit did not measure them.
    """
    if model.densne and not hasattr(model, "rad_orig_"):
        msg = (
            "densne=True, but the model was fitted without densities (it has no rad_orig_). Fit it "
            "with densne=True, or with output_dens=True for densities in later epochs only."
        )
        raise ValueError(msg)
    kept = model._places.kept
    places = model.embedding_ if model._places.keeps_all else model.embedding_[kept]
    density = density_of(model, share=1.0)
    layout = TsneLayout(model.graph_, places, options, density=density, n_jobs=model.n_jobs)
    layout.restore({**layout.state(), **model._motion})
    run_layout(model, layout, [], before=model.n_epochs_)
