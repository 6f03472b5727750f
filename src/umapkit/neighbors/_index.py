"""Neighbours of the training rows, and of new ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._threads import resolve_n_jobs
from umapkit.data import Rows, SparseRows
from umapkit.distances import FromFunction, Metric, resolve_metric
from umapkit.neighbors._bits import BitTable, packs
from umapkit.neighbors._descent import Graph, descent_neighbors, search_graph
from umapkit.neighbors._exact import exact_neighbors
from umapkit.neighbors._measured import MeasuredTable
from umapkit.neighbors._neighbors import Neighbors
from umapkit.neighbors._space import Space
from umapkit.neighbors._table import Table, check_apart

_NOBODY = 0x7FFFFFFF  # kNobody of cpp/include/umapkit/lists.hpp
_KEYWORD = "keyword."  # begins the names of the metric's keywords
_INCOMPLETE = ("indices", "index.indices")
_TREES = ("order", "members", "directions", "limits", "lists")


class NeighborIndex:
    """Rows with their neighbours, ready for new rows. Made by :func:`build_index`.

    Attributes
    ----------
    neighbors : Neighbors
        Lists of the training rows, each row itself first.
    method : {"exact", "descent"}
        How they were found, and how new rows are searched.
    recall : float
        Share of the true neighbours that the lists hold, estimated on a sample of 256 rows;
        exactly 1 for ``method="exact"``.
    seed : int
        Seed of the search.
    """

    def __init__(
        self,
        table: Table,
        neighbors: Neighbors,
        *,
        method: Literal["exact", "descent"],
        graph: Graph | None,
        recall: float,
        seed: int,
    ) -> None:
        self._table = table
        self._graph = graph
        self.neighbors = neighbors
        self.method: Literal["exact", "descent"] = method
        self.recall = recall
        self.seed = seed

    @property
    def data(self) -> Rows:
        """The training rows, shape (n, d)."""
        return self._table.X

    @property
    def metric(self) -> Metric:
        """The card of the metric."""
        return self._table.metric

    @property
    def width(self) -> int:
        """How many numbers a row has where it is searched: d, or fewer in a narrow space."""
        return (self._table.rows if self._graph is None else self._graph.rows).shape[1]

    def query(self, Q: ArrayLike | SparseRows, k: int, *, n_jobs: int | None = None) -> Neighbors:
        """Find the k nearest training rows of new rows.

        The answer of a row does not depend on the other rows of `Q`, nor on threads.

        Parameters
        ----------
        Q : array-like, shape (m, d)
            New rows.
        k : int
            How many neighbours, 1 to n. (Here a row is not counted as its own neighbour, since
            it need not be among the training rows.) Where k exceeds a quarter of the rows, all
            rows are looked at, whatever `method` is.
        n_jobs : int, optional
            Threads; None for all cores.

        Returns
        -------
        Neighbors
            Indices into the training rows, sorted by (distance, index).

        Raises
        ------
        ValueError
            If `Q` has the wrong number of columns or holds NaN, or k is out of range.
        """
        n_threads = resolve_n_jobs(n_jobs)
        rows = self._table.read(Q, n_threads)
        n = len(self.data)
        check_count(k, n)
        queries = self._table.prepare(rows, n_threads)
        if self._graph is None or 4 * k > n:
            ids, distances = self._table.nearest(queries, k, n_threads)
        else:
            ids, distances = search_graph(
                self._table,
                self._graph,
                queries,
                k,
                effort=max(32, k + 17),
                n_threads=n_threads,
            )
        self._table.check_found(distances)
        return Neighbors(*self._table.finished(ids, distances))

    def state_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return what :meth:`from_state` needs: arrays, and plain numbers and strings.

        The training rows are among the arrays, under "data".

        Raises
        ------
        ValueError
            If the metric is a function: no array holds one.
        """
        if isinstance(self.metric.formula, FromFunction):
            msg = f"metric={self.metric.name!r} is a function, which cannot be saved as arrays."
            raise ValueError(msg)
        arrays, numbers = state_of_lists(self)
        arrays["data"] = self._table.X
        if self._graph is not None:
            arrays |= {name: getattr(self._graph, name) for name in _TREES}
            numbers["depth"] = self._graph.depth
            numbers["kernel"] = self._graph.kernel
            numbers["width"] = self._graph.rows.shape[1]
            if self._graph.space is not None:
                arrays |= {"mean": self._graph.space.mean, "axes": self._graph.space.axes}
        return arrays, numbers

    @classmethod
    def from_state(
        cls,
        arrays: dict[str, NDArray[Any]],
        numbers: dict[str, Any],
        *,
        n_jobs: int | None = None,
    ) -> NeighborIndex:
        """Rebuild an index without searching; its queries give the same bits.

        Arrays may come from a damaged file: those that would lead the kernels astray are refused.

        Parameters
        ----------
        arrays, numbers : dict
            What :meth:`state_arrays` returned.
        n_jobs : int, optional
            Threads for scaling and projecting the rows again.

        Raises
        ------
        ValueError
            If an array names a row that does not exist.
        """
        n = len(arrays["data"])
        for name in ("indices", "order", "members"):
            check_ids(arrays, name, n)
        if "lists" in arrays:
            nobody = arrays["lists"] == _NOBODY
            check_ids({"lists": np.where(nobody, 0, arrays["lists"])}, "lists", n)
        n_threads = resolve_n_jobs(n_jobs)
        card = read_metric(arrays, numbers).fitted(arrays["data"])
        table = make_table(arrays["data"], card, n_threads, exact=numbers["method"] == "exact")
        graph = None
        if numbers["method"] == "descent":
            space, heights = None, None
            if "axes" in arrays:
                space = Space(arrays["mean"], arrays["axes"])
                projected = space.project(table.rows, n_threads)
                rows, heights = projected.narrow(
                    numbers["width"],
                    n_threads,
                    products=numbers["kernel"] != table.metric.kernel,
                    order=arrays["order"],
                )
            else:
                rows = table.rows[arrays["order"]]
            graph = Graph(
                rows=rows,
                heights=heights,
                depth=numbers["depth"],
                space=space,
                kernel=numbers["kernel"],
                **{name: arrays[name] for name in _TREES},
            )
        return cls(
            table,
            Neighbors(arrays["indices"], arrays["distances"]),
            method=numbers["method"],
            graph=graph,
            recall=numbers["recall"],
            seed=numbers["seed"],
        )


def make_index(
    table: Table,
    n_neighbors: int,
    *,
    method: Literal["exact", "descent"],
    target: float,
    seed: int,
    n_threads: int,
) -> NeighborIndex:
    """Search, and keep what queries need."""
    if method == "exact":
        neighbors = exact_neighbors(table, n_neighbors, n_threads)
        check_apart(table, neighbors)
        neighbors = _finished(table, neighbors)
        return NeighborIndex(table, neighbors, method="exact", graph=None, recall=1.0, seed=seed)
    neighbors, graph, recall = descent_neighbors(
        table, n_neighbors, target=target, seed=seed, n_threads=n_threads
    )
    check_apart(table, neighbors)
    neighbors = _finished(table, neighbors)
    return NeighborIndex(table, neighbors, method="descent", graph=graph, recall=recall, seed=seed)


def check_count(k: int, n: int) -> None:
    """Refuse a number of neighbours that n rows do not have.

    Raises
    ------
    ValueError
        If k is not from 1 to n.
    """
    if not 1 <= k <= n:
        msg = f"k={k} neighbours were asked for; the index holds {n} rows. Give 1 to {n}."
        raise ValueError(msg)


def state_of_lists(index: NeighborIndex) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return what the states of all indexes hold: lists, their making, the metric's keywords."""
    arrays: dict[str, NDArray[Any]] = {
        "indices": index.neighbors.indices,
        "distances": index.neighbors.distances,
    }
    numbers: dict[str, Any] = {
        "metric": index.metric.name,
        "method": index.method,
        "recall": index.recall,
        "seed": index.seed,
    }
    for name, value in index.metric.given.items():
        if isinstance(value, np.ndarray):
            arrays[_KEYWORD + name] = value
        else:
            numbers[_KEYWORD + name] = str(value)  # JSON has no infinity
    return arrays, numbers


def read_metric(arrays: dict[str, NDArray[Any]], numbers: dict[str, Any]) -> Metric:
    """Metric of a saved index, with its keywords."""
    named = resolve_metric(numbers["metric"])
    given: dict[str, Any] = {
        keyword.name: arrays[_KEYWORD + keyword.name]
        if _KEYWORD + keyword.name in arrays
        else keyword.read(numbers[_KEYWORD + keyword.name])
        for keyword in named.keywords
    }
    return replace(named, given=given)


def make_table(rows: NDArray[np.float32], card: Metric, n_threads: int, *, exact: bool) -> Table:
    """Return the table that searches rows under a metric, by a kernel where it has one."""
    if exact and packs(card, rows):
        return BitTable(rows, card, n_threads)
    return (Table if card.kernel is not None else MeasuredTable)(rows, card, n_threads)


def _finished(table: Table, neighbors: Neighbors) -> Neighbors:
    return Neighbors(*table.finished(neighbors.indices, neighbors.distances, first=1))


def check_ids(arrays: dict[str, NDArray[Any]], name: str, n: int) -> None:
    """Refuse row numbers beyond the n rows; -1 stands for none where lists are incomplete."""
    if name not in arrays or arrays[name].size == 0:
        return
    low, high = int(arrays[name].min()), int(arrays[name].max())
    if low < -1 or (low < 0 and name not in _INCOMPLETE) or high >= n:
        msg = (
            f"The index is damaged: {name!r} names row {low if low < 0 else high}, but there are "
            f"{n} rows. Save the model again, or build the index anew."
        )
        raise ValueError(msg)
