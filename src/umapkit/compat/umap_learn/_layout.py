"""umap-learn's functions from the graph to the map."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from umapkit._seed import resolve_seed
from umapkit.compat.umap_learn._graph import as_csr
from umapkit.compat.umap_learn._parameters import refuse
from umapkit.graph import check_graph, shape_of
from umapkit.init import make_start, place
from umapkit.layout import find_ab, run_layout


def find_ab_params(spread: float, min_dist: float) -> tuple[float, float]:
    """Fit the curve of closeness; see `umapkit.layout.find_ab`."""
    return find_ab(min_dist=min_dist, spread=spread)


def make_epochs_per_sample(weights: NDArray[Any], n_epochs: int) -> NDArray[np.float64]:
    """Epochs from one firing of an edge to the next: max(w) / w, and -1 where it never fires.

    Parameters
    ----------
    weights : array of shape (e,)
        Memberships.
    n_epochs : int
        Length of the schedule.

    Returns
    -------
    float64 array of shape (e,)
    """
    given = np.asarray(weights, dtype=np.float64)
    firings = n_epochs * (given / given.max())
    out = np.full(len(given), -1.0)
    out[firings > 0] = float(n_epochs) / firings[firings > 0]
    return out


def noisy_scale_coords(
    coords: ArrayLike, random_state: Any, max_coord: float = 10.0, noise: float = 0.0001
) -> NDArray[np.float32]:
    """Scale so that the largest coordinate is `max_coord`, and add normal noise.

    Parameters
    ----------
    coords : array of shape (n, d)
        Coordinates.
    random_state : RandomState
        Source of the noise.
    max_coord, noise : float
        Largest magnitude, and standard deviation of the noise.

    Returns
    -------
    float32 array of shape (n, d)
    """
    given = np.asarray(coords)
    scaled = (given * (max_coord / np.abs(given).max())).astype(np.float32)
    return scaled + random_state.normal(scale=noise, size=given.shape).astype(np.float32)


def simplicial_set_embedding(
    data: Any,
    graph: Any,
    n_components: int,
    initial_alpha: float,
    a: float,
    b: float,
    gamma: float,
    negative_sample_rate: float,
    n_epochs: Any,
    init: Any,
    random_state: Any,
    metric: Any,
    metric_kwds: dict[str, Any] | None,
    densmap: bool,
    densmap_kwds: dict[str, Any] | None,
    output_dens: bool,
    output_metric: Any = None,
    output_metric_kwds: dict[str, Any] | None = None,
    euclidean_output: bool = True,
    parallel: bool = False,
    verbose: bool = False,
    tqdm_kwds: dict[str, Any] | None = None,
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Lay out a fuzzy graph.

    Parameters
    ----------
    data : table of shape (n, d) or None
        Rows: for ``init="pca"``, and to arrange many components.
    graph : sparse matrix of shape (n, n)
        Symmetric weights; only their ratios count.
    n_components : int
        Dimensions of the map.
    initial_alpha, a, b, gamma, negative_sample_rate
        `learning_rate`, the curve, `repulsion_strength` and `negative_sample_rate` of
        `umapkit.run_layout`.
    n_epochs : int, list of int, or None
        Length of the layout; 0 gives the start; a list, snapshots.
    init : {"spectral", "pca", "random", "tswspectral"} or array of shape (n, n_components)
        Start.
    random_state : int, RandomState, Generator or None
        Seed: the same seed gives the same bits.
    densmap, densmap_kwds, output_dens
        DensMAP; not taken by this function.
    output_metric, output_metric_kwds, euclidean_output
        Only Euclidean maps are laid out by this function.
    metric, metric_kwds, parallel
        Without effect: components are arranged by the means of their rows, and every layout is
        parallel and repeatable.
    verbose, tqdm_kwds
        Whether to show a bar, and its keywords.

    Returns
    -------
    embedding : float32 array of shape (n, n_components)
    aux_data : dict
        "embedding_list", where `n_epochs` is a list.

    Raises
    ------
    NotImplementedError
        For DensMAP or a map that is not Euclidean.
    """
    if densmap or output_dens:
        refuse("densmap or output_dens in simplicial_set_embedding")
    if not euclidean_output:
        refuse("euclidean_output=False")
    weights = check_graph(_relative(graph))
    seed = resolve_seed(random_state)
    rows = None
    if data is not None and not hasattr(data, "tocsr"):
        rows = np.ascontiguousarray(data, dtype=np.float32)
    start = make_start(
        weights,
        init="spectral" if isinstance(init, str) and init == "tswspectral" else init,
        n_components=int(n_components),
        data=rows,
        seed=seed,
    )
    observers = None
    if verbose:
        from umapkit.compat.umap_learn._bar import Bar

        observers = Bar(tqdm_kwds)
    snapshots: list[NDArray[np.float32]] = []
    embedding = run_layout(
        weights,
        start,
        a=float(a),
        b=float(b),
        n_epochs=n_epochs,
        learning_rate=float(initial_alpha),
        negative_sample_rate=float(negative_sample_rate),
        repulsion_strength=float(gamma),
        random_state=seed,
        observers=observers,
        snapshots=snapshots,
    )
    return embedding, {"embedding_list": snapshots} if snapshots else {}


def init_transform(
    indices: NDArray[Any], weights: NDArray[Any], embedding: NDArray[Any]
) -> NDArray[np.float32]:
    """Weighted means of the places of new rows' neighbours; see `umapkit.place`.

    Parameters
    ----------
    indices, weights : arrays of shape (m, k)
        Neighbours of the new rows and their weights.
    embedding : array of shape (n, d)
        The map.

    Returns
    -------
    float32 array of shape (m, d)
    """
    m, k = np.shape(indices)
    heads = np.repeat(np.arange(m), k)
    matrix = csr_array((np.ravel(weights), (heads, np.ravel(indices))), shape=(m, len(embedding)))
    return init_graph_transform(matrix, embedding)


def init_graph_transform(graph: Any, embedding: NDArray[Any]) -> NDArray[np.float32]:
    """Weighted means over the rows of a sparse matrix; an entry of 1 gives that place itself.

    Parameters
    ----------
    graph : sparse matrix of shape (m, n)
        Memberships.
    embedding : array of shape (n, d)
        The map.

    Returns
    -------
    float32 array of shape (m, d)
        NaN where a row has no entry.
    """
    places = np.ascontiguousarray(embedding, dtype=np.float32)
    matrix = csr_array(as_csr(graph), dtype=np.float32)
    matrix.sort_indices()
    out = place(matrix, places)
    heads = np.repeat(np.arange(shape_of(matrix)[0]), np.diff(matrix.indptr))
    exact = np.flatnonzero(matrix.data == 1.0)[::-1]  # the first of them is written last
    out[heads[exact]] = places[matrix.indices[exact]]
    return out


def _relative(graph: Any) -> Any:
    """Divide weights above 1 by the largest: layout and start look at ratios only."""
    found = as_csr(graph)
    top = float(found.data.max()) if found.nnz else 0.0
    return found / top if top > 1 and np.isfinite(top) else found
