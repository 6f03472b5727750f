"""umap-learn's layout as a function of edges and their periods."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from umapkit.compat.umap_learn._bar import Bar
from umapkit.compat.umap_learn._parameters import refuse
from umapkit.data import row_hashes
from umapkit.graph import check_graph
from umapkit.layout import run_layout, settle


def clip(val: float) -> float:
    """Bound a number by -4 and 4."""
    return min(4.0, max(-4.0, val))


def rdist(x: ArrayLike, y: ArrayLike) -> float:
    """Squared Euclidean distance of two points of shape (d,), in float32."""
    gap = np.asarray(x, dtype=np.float32) - np.asarray(y, dtype=np.float32)
    return float(gap @ gap)


def optimize_layout_euclidean(
    head_embedding: NDArray[Any],
    tail_embedding: NDArray[Any],
    head: NDArray[Any],
    tail: NDArray[Any],
    n_epochs: Any,
    n_vertices: int,
    epochs_per_sample: NDArray[Any],
    a: float,
    b: float,
    rng_state: NDArray[Any],
    gamma: float = 1.0,
    initial_alpha: float = 1.0,
    negative_sample_rate: float = 5.0,
    parallel: bool = False,
    verbose: bool = False,
    densmap: bool = False,
    densmap_kwds: dict[str, Any] | None = None,
    tqdm_kwds: dict[str, Any] | None = None,
    move_other: bool = False,
) -> NDArray[Any] | list[NDArray[np.float32]]:
    """Move points along weighted edges, by `umapkit.run_layout` or `umapkit.layout.settle`.

    Parameters
    ----------
    head_embedding : float array of shape (m, d)
        Where the points are; written to, as in umap-learn.
    tail_embedding : float array of shape (n, d)
        The same array, to lay out a map; another one, to place points on that finished map.
    head, tail : int arrays of shape (e,)
        Ends of the edges, rows of the two arrays. A map needs every edge in both directions.
    n_epochs : int or list of int
        Length; a list asks for the maps at these epochs (of a map, not of new points).
    n_vertices : int
        n.
    epochs_per_sample : array of shape (e,)
        Periods: the largest weight over the edge's (`make_epochs_per_sample`); -1: never.
    a, b, gamma, initial_alpha, negative_sample_rate
        The curve, `repulsion_strength`, `learning_rate` and `negative_sample_rate` of
        `umapkit.run_layout`.
    rng_state : int array
        Seed. It is not advanced: the same numbers give the same bits.
    parallel, densmap_kwds
        Without effect: every layout is parallel and repeatable.
    verbose, tqdm_kwds
        Whether to show a bar, and its keywords; only a map has one.
    densmap : bool
        DensMAP; not taken by this function.
    move_other : bool
        Whether the other end moves, too: True for a map, False for new points.

    Returns
    -------
    array of shape (m, d), or list of such
        `head_embedding` itself, or with a list of epochs the maps at these.

    Raises
    ------
    ValueError
        If `n_vertices` is not the length of `tail_embedding`, or a map's edges are not symmetric.
    NotImplementedError
        For DensMAP, `move_other` that does not fit the two arrays, or new points with a list of
        epochs.
    """
    if densmap:
        refuse("densmap in optimize_layout_euclidean")
    one_map = head_embedding is tail_embedding
    if one_map != bool(move_other):
        refuse(f"move_other={move_other} with {'one array' if one_map else 'two arrays'} of places")
    if n_vertices != len(tail_embedding):
        msg = f"n_vertices={n_vertices}, but tail_embedding has {len(tail_embedding)} rows."
        raise ValueError(msg)
    periods = np.asarray(epochs_per_sample, dtype=np.float64)
    fires = periods > 0
    graph = csr_array(
        (1.0 / periods[fires], (np.asarray(head)[fires], np.asarray(tail)[fires])),
        shape=(len(head_embedding), len(tail_embedding)),
    )
    options: dict[str, Any] = {
        "a": float(a),
        "b": float(b),
        "learning_rate": float(initial_alpha),
        "negative_sample_rate": float(negative_sample_rate),
        "repulsion_strength": float(gamma),
    }
    seed = _seed_of(rng_state)
    if not one_map:
        if np.ndim(n_epochs):
            refuse("a list of epochs for new points")
        places = _settled(head_embedding, tail_embedding, graph, int(n_epochs), seed, options)
        head_embedding[...] = places
        return head_embedding
    snapshots: list[NDArray[np.float32]] = []
    head_embedding[...] = run_layout(
        check_graph(graph),
        head_embedding,
        n_epochs=n_epochs,
        random_state=seed,
        observers=Bar(tqdm_kwds) if verbose else None,
        snapshots=snapshots,
        **options,
    )
    return snapshots if isinstance(n_epochs, list) else head_embedding


def _settled(
    start: NDArray[Any],
    finished: NDArray[Any],
    graph: csr_array,
    n_epochs: int,
    seed: int,
    options: dict[str, Any],
) -> NDArray[np.float32]:
    counts = np.diff(graph.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    columns = np.arange(len(rows)) - np.repeat(graph.indptr[:-1], counts)
    shape = (len(counts), max(1, int(counts.max(initial=0))))
    neighbors = np.full(shape, -1, dtype=np.int32)
    weights = np.zeros(shape, dtype=np.float32)
    neighbors[rows, columns] = graph.indices
    weights[rows, columns] = graph.data
    places = np.ascontiguousarray(start, dtype=np.float32)
    return settle(
        np.ascontiguousarray(finished, dtype=np.float32),
        neighbors,
        weights,
        places,
        row_hashes(places),
        n_epochs=n_epochs,
        seed=seed,
        **options,
    )


def _seed_of(rng_state: NDArray[Any]) -> int:
    words = [int(word) % 2**64 for word in np.ravel(rng_state)]
    return int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0])
