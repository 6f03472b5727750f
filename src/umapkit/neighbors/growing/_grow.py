"""Start a growing table, or take one up again."""

from __future__ import annotations

from typing import Any, Literal, cast

from numpy.typing import NDArray

from umapkit._seed import resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.neighbors.growing._exact import ExactTable
from umapkit.neighbors.growing._graph import GraphTable
from umapkit.neighbors.growing._growing import GrowingNeighbors
from umapkit.neighbors.growing._measure import Measure
from umapkit.neighbors.growing._panene import PaneneTable

Kind = Literal["graph", "panene", "exact"]
_ENGINES: dict[str, type[GrowingNeighbors]] = {
    engine.kind: engine for engine in (GraphTable, PaneneTable, ExactTable)
}


def grow(
    kind: Kind = "graph",
    *,
    n_features: int,
    n_neighbors: int = 15,
    metric: str = "euclidean",
    seed: int = 0,
    n_jobs: int | None = None,
) -> GrowingNeighbors:
    """Start an empty table of neighbours for rows that come, change and go.

    Parameters
    ----------
    kind : {"graph", "panene", "exact"}, default "graph"
        The engine. "graph": cells of near rows, and the lists themselves as a graph; the fastest.
        "panene": randomised k-d trees, as published by Jo, Seo and Fekete (IEEE TVCG 2020), for
        narrow rows. "exact": every search looks at all rows.
    n_features : int
        Columns of a row.
    n_neighbors : int, default 15
        Length of the lists, the row itself included.
    metric : str, default "euclidean"
        One of "correlation", "cosine", "euclidean", "manhattan", "sqeuclidean", or an alias.
    seed : int, default 0
        Seed of every draw.
    n_jobs : int, optional
        Threads; None for all cores. Results do not depend on them.

    Returns
    -------
    GrowingNeighbors
        The table.

    Raises
    ------
    ValueError
        If an argument is out of range, or no growing table serves the metric.

    Examples
    --------
    >>> import numpy as np
    >>> table = grow("exact", n_features=1, n_neighbors=2)
    >>> slots = table.insert(np.array([[0.0], [1.0], [5.0]]))
    >>> table.work(10)
    3
    >>> table.indices[slots, 1]
    array([1, 0, 1], dtype=int32)
    """
    if kind not in _ENGINES:
        msg = f"kind={kind!r} is not known. Give one of {', '.join(map(repr, _ENGINES))}."
        raise ValueError(msg)
    if n_features < 1 or n_neighbors < 1:
        msg = (
            f"n_features={n_features} and n_neighbors={n_neighbors} must both be 1 or more (a row "
            "counts as its own first neighbour)."
        )
        raise ValueError(msg)
    return _ENGINES[kind](
        n_features,
        n_neighbors,
        Measure.of(metric, n_features),
        resolve_seed(seed),
        resolve_n_jobs(n_jobs),
    )


def grow_from(state: dict[str, NDArray[Any]], *, n_jobs: int | None = None) -> GrowingNeighbors:
    """Take a table up where :meth:`GrowingNeighbors.state_arrays` left it: same bits from then on.

    Parameters
    ----------
    state : dict of str to ndarray
        What `state_arrays` returned, perhaps from a file.
    n_jobs : int, optional
        Threads; None for all cores.

    Returns
    -------
    GrowingNeighbors
        The table.

    Raises
    ------
    ValueError
        If the state is damaged: arrays that would lead the kernels astray are refused.
    """
    capacity, n_features, n_neighbors = (int(x) for x in state["shape"])
    top = len(state["alive"])
    indices = state["indices"]
    expected = {
        "rows": (top, n_features),
        "indices": (top, n_neighbors),
        "distances": (top, n_neighbors),
        "linked": (top,),
        "changed": (top,),
        "urgency": (top,),
    }
    wrong = [name for name, shape in expected.items() if state[name].shape != shape]
    slots = (("indices", indices, -1), ("fresh", state["fresh"], 0))
    wrong += [n for n, a, low in slots if a.size and (a.min() < low or a.max() >= top)]
    if wrong or capacity < top:
        msg = (
            f"The state of the table is damaged: {', '.join(wrong) or 'shape'} cannot be right. "
            "Save it again, or insert the rows anew."
        )
        raise ValueError(msg)
    table = grow(
        cast("Kind", state["kind"].tobytes().decode()),
        n_features=n_features,
        n_neighbors=n_neighbors,
        metric=state["metric"].tobytes().decode(),
        seed=int(state["seed"][0]),
        n_jobs=n_jobs,
    )
    table._restore(state)
    return table
