"""Approximate neighbours: trees and descent, in a narrow space where rows are wide."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._seed import Stage, sample_without_replacement
from umapkit.distances import resolve_metric
from umapkit.neighbors._bounded import Bounds, nearest_of_rows
from umapkit.neighbors._neighbors import Neighbors, with_self
from umapkit.neighbors._space import Projected, Rows, Space, principal_space
from umapkit.neighbors._table import Table, check_finite, kernel_of

_FULL_WIDTH_UP_TO = 96  # rows this wide are searched as they are
_WIDTHS = (48, 64, 96, 128, 192, 256)  # numbers a narrow row, a cache line or more apart
_CEILING = 0.98  # share of true neighbours that a narrow space must keep in its lists
_LEAF = 128
_SQUARE, _DOT = 0, 4  # numbers of the keys in cpp/include/umapkit/distance.hpp
# Keys may be inner products (twice as fast) where neighbours are at least this share of a row's
# squared distance from the mean: float32 keeps about 1e-6 of it.
_NEAREST_FOR_PRODUCTS = 1e-3
_ID_MASK = np.uint32(0x7FFFFFFF)  # the top bit marks what took part in a join: lists.hpp
_REPEATS = 2  # with more effort, while recall falls short
_SAMPLE = 256  # rows on which recall is measured


@dataclass(frozen=True)
class Effort:
    """How hard the search works; more of each finds more and takes longer.

    Attributes
    ----------
    n_trees : int
        Random-projection trees.
    width : int
        Length of the lists.
    reach : int
        New, and old, candidates of a row in a round.
    rounds : int
        At most so many rounds.
    enough : float
        Stop when this share of the entries is new.
    """

    n_trees: int
    width: int
    reach: int
    rounds: int
    enough: float

    def more(self) -> Effort:
        """Return the next step up."""
        return Effort(
            n_trees=self.n_trees + self.n_trees // 2,
            width=_round_up(self.width + self.width // 2),
            reach=self.reach + self.reach // 2,
            rounds=self.rounds + 4,
            enough=self.enough / 4,
        )


@dataclass(frozen=True, eq=False)
class Graph:
    """What queries need: rows in tree order, trees over them, and every row's list.

    Attributes
    ----------
    rows : ndarray of float32, shape (n, p)
        Searched rows, narrow or whole, in tree order.
    heights : ndarray of float32, shape (n,), or None
        Heights of narrow rows.
    order : ndarray of int32, shape (n,)
        ``order[i]`` is the row at place i.
    members, directions, limits : ndarray
        The trees (``cpp/include/umapkit/tree.hpp``), over places.
    depth : int
        Levels of the trees.
    lists : ndarray of uint32, shape (n, width)
        Places of the neighbours in the searched space, nearest first.
    space : Space or None
        Axes of the narrow space; None where rows are searched as they are.
    kernel : int
        Number of the key that compares searched rows.
    """

    rows: Rows
    heights: NDArray[np.float32] | None
    order: NDArray[np.int32]
    members: NDArray[np.int32]
    directions: NDArray[np.float32]
    limits: NDArray[np.float32]
    depth: int
    lists: NDArray[np.uint32]
    space: Space | None
    kernel: int


@dataclass(frozen=True, eq=False)
class Truth:
    """True neighbours of a sample of rows."""

    sample: NDArray[np.int32]
    ids: NDArray[np.int32]
    distances: NDArray[np.float32]

    def recall(self, distances: NDArray[np.float32]) -> float:
        """Share of listed neighbours, shape (sample, k), no farther than the true k-th."""
        if self.distances.shape[1] == 0:
            return 1.0
        return float(np.mean(distances <= self.distances[:, -1:]))


def true_sample(
    table: Table,
    k: int,
    *,
    size: int,
    seed: int,
    n_threads: int,
    projected: Projected | None = None,
) -> Truth:
    """Find the k true neighbours of a hashed sample of rows, with bounds where there are any."""
    n = table.rows.shape[0]
    sample = sample_without_replacement(seed, Stage.RECALL, n, size).astype(np.int32)
    if projected is not None and k > 0:
        bounds = Bounds.of(projected, n_threads)
        return Truth(sample, *nearest_of_rows(table, bounds, sample, k, n_threads))
    queries = np.ascontiguousarray(table.rows[sample])
    ids, distances = table.nearest(queries, k, n_threads, self_rows=sample)
    return Truth(sample, ids, distances)


def usual_effort(n_neighbors: int, *, narrow: bool) -> Effort:
    """Return the effort that suits lists of `n_neighbors`.

    Lists in a narrow space hold about twice what is asked for, since they are ranked again.
    """
    k = n_neighbors - 1
    if narrow:
        width = _round_up(max(k + k // 2, k + 16))
        return Effort(n_trees=12, width=width, reach=20, rounds=8, enough=0.25)
    return Effort(n_trees=8, width=_round_up(k + 2), reach=20, rounds=8, enough=0.1)


def descent_neighbors(
    table: Table, n_neighbors: int, *, target: float, seed: int, n_threads: int
) -> tuple[Neighbors, Graph, float]:
    """Find the neighbours of every row by descent.

    Parameters
    ----------
    table : Table
        The rows, under a metric with ``descent=True``.
    n_neighbors : int
        Length of the lists, the row itself included.
    target : float
        Recall below which the search is repeated with more effort, twice at most.
    seed : int
        Seed of every draw.
    n_threads : int
        Threads; results do not depend on them.

    Returns
    -------
    neighbors : Neighbors
        With true distances.
    graph : Graph
        For queries.
    recall : float
        Estimate on a sample of 256 rows.
    """
    k = n_neighbors - 1
    spaces = spaces_for(table, k, seed, n_threads)
    first = next(spaces, None)
    truth = true_sample(
        table,
        k,
        size=_SAMPLE,
        seed=seed,
        n_threads=n_threads,
        projected=None if first is None else first[2],
    )
    check_finite(truth.distances, truth.sample)
    listed = usual_effort(n_neighbors, narrow=True).width
    plan = _whole(table)
    if first is not None:
        plan = choose_plan(table, itertools.chain([first], spaces), truth, listed, n_threads)
    effort = usual_effort(n_neighbors, narrow=plan.space is not None)
    repeats = _REPEATS
    while True:
        graph = _build_graph(table, plan, effort, seed, n_threads)
        ids, distances = _rerank(table, graph, k, n_threads)
        recall = truth.recall(distances[truth.sample])
        if recall >= target or repeats == 0:
            check_finite(distances)
            return with_self(ids, distances), graph, recall
        effort, repeats = effort.more(), repeats - 1
        del graph, ids, distances  # the next ones are larger


@dataclass(frozen=True, eq=False)
class _Plan:
    """Where to search: rows as they are (no space), or the first axes of a space."""

    width: int
    kernel: int
    space: Space | None = None
    projected: Projected | None = None


def _whole(table: Table) -> _Plan:
    return _Plan(table.rows.shape[1], kernel_of(table.metric))


def spaces_for(
    table: Table, k: int, seed: int, n_threads: int
) -> Iterator[tuple[list[int], Space, Projected]]:
    """Widths to try, the space that serves them, and the rows in it; none for narrow rows."""
    d = table.rows.shape[1]
    if d <= _FULL_WIDTH_UP_TO or not table.metric.compresses or k == 0:
        return
    widths = [w for w in _WIDTHS if w <= 0.7 * d]
    for some in (widths[:4], widths[4:]):  # axes are found in two goes: most data need no second
        if some:
            n_axes = -(-some[-1] // 16) * 16
            space = principal_space(table.rows, n_axes, seed=seed, n_threads=n_threads)
            yield some, space, space.project(table.rows, n_threads)


def choose_plan(
    table: Table,
    spaces: Iterable[tuple[list[int], Space, Projected]],
    truth: Truth,
    listed: int,
    n_threads: int,
) -> _Plan:
    """Take the narrowest space whose lists keep enough true neighbours; else whole rows."""
    for widths, space, projected in spaces:
        far = truth.distances[:, -1] ** 2 if table.metric.root else 2 * truth.distances[:, -1]
        share = far / np.maximum(projected.squares[truth.sample], np.float32(1e-30))
        kernel = _DOT if np.quantile(share, 0.02) >= _NEAREST_FOR_PRODUCTS else _SQUARE
        for width in widths:
            plan = _Plan(width, kernel, space, projected)
            if _ceiling(plan, projected, truth, listed, n_threads) >= _CEILING:
                return plan
    return _whole(table)


def _ceiling(plan: _Plan, projected: Projected, truth: Truth, listed: int, n_threads: int) -> float:
    """Share of the sample's true neighbours among the `listed` nearest in a narrow space."""
    rows, heights = projected.narrow(plan.width, n_threads, products=plan.kernel == _DOT)
    m = len(truth.sample)
    ids = np.empty((m, listed), dtype=np.int32)
    keys = np.empty((m, listed), dtype=np.float32)
    _kernels.nearest(
        metric=plan.kernel,
        queries=np.ascontiguousarray(rows[truth.sample]),
        table=rows,
        self_rows=truth.sample,
        root=False,
        scale=1.0,
        offsets=None,
        query_heights=np.ascontiguousarray(heights[truth.sample]),
        table_heights=heights,
        ids=ids,
        distances=keys,
        n_threads=n_threads,
    )
    found = (truth.ids[:, :, None] == ids[:, None, :]).any(axis=2)
    return float(found.mean())


def _build_graph(table: Table, plan: _Plan, effort: Effort, seed: int, n_threads: int) -> Graph:
    n = table.rows.shape[0]
    depth = _kernels.tree_depth(n, _LEAF)

    def rows_in(order: NDArray[np.int32] | None) -> tuple[Rows, NDArray[np.float32] | None]:
        if plan.projected is not None:
            products = plan.kernel == _DOT
            return plan.projected.narrow(plan.width, n_threads, products=products, order=order)
        return (table.rows if order is None else table.rows[order]), None

    rows, _ = rows_in(None)
    trees = _Trees.empty(effort.n_trees, n, rows.shape[1], depth)
    trees.grow(rows, seed, slice(0, 1), n_threads)
    # The first tree orders the rows: near rows lie near each other in memory.
    order = trees.members[0].copy()
    trees.members[0] = np.arange(n)
    del rows
    rows, heights = rows_in(order)
    trees.grow(rows, seed, slice(1, None), n_threads)
    keys = np.empty((n, effort.width), dtype=np.float32)
    lists = np.empty((n, effort.width), dtype=np.uint32)
    for done in range(effort.rounds):  # one a call, so that Ctrl-C is heard between them
        reached = _kernels.descend(
            plan.kernel,
            rows,
            heights,
            trees.members,
            depth,
            effort.reach,
            done,
            done + 1,
            int(effort.enough * lists.size),
            seed,
            keys,
            lists,
            n_threads,
        )
        if reached == done:
            break
    lists &= _ID_MASK
    space = None if plan.space is None else plan.space.first(plan.width - 1)
    return Graph(
        rows,
        heights,
        order,
        trees.members,
        trees.directions,
        trees.limits,
        depth,
        lists,
        space,
        plan.kernel,
    )


def narrow_lists(
    rows: Rows, effort: Effort, seed: int, n_threads: int
) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
    """Find rows near by euclidean distance, approximately: `order` and `lists` of a Graph."""
    table = Table(rows, resolve_metric("euclidean"), n_threads)
    graph = _build_graph(table, _whole(table), effort, seed, n_threads)
    return graph.order, graph.lists


@dataclass(frozen=True, eq=False)
class _Trees:
    """The arrays of ``cpp/include/umapkit/tree.hpp``."""

    members: NDArray[np.int32]
    directions: NDArray[np.float32]
    limits: NDArray[np.float32]
    depth: int

    @classmethod
    def empty(cls, count: int, n: int, p: int, depth: int) -> _Trees:
        inner = 2**depth - 1
        return cls(
            np.empty((count, n), dtype=np.int32),
            np.empty((count, inner, p), dtype=np.float32),
            np.empty((count, inner), dtype=np.float32),
            depth,
        )

    def grow(self, rows: Rows, seed: int, some: slice, n_threads: int) -> None:
        _kernels.build_trees(
            rows,
            seed,
            some.start,
            self.depth,
            self.members[some],
            self.directions[some],
            self.limits[some],
            n_threads,
        )


def _rerank(
    table: Table, graph: Graph, k: int, n_threads: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    n = table.rows.shape[0]
    ids = np.empty((n, k), dtype=np.int32)
    distances = np.empty((n, k), dtype=np.float32)
    metric = table.metric
    _kernels.rerank(
        kernel_of(metric),
        table.rows,
        graph.order,
        graph.lists,
        metric.root,
        table.scale,
        ids,
        distances,
        n_threads,
    )
    return ids, distances


def search_graph(
    table: Table, graph: Graph, queries: Rows, k: int, *, effort: int, n_threads: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Find neighbours of prepared new rows on the graph; each row's answer is its own."""
    m = queries.shape[0]
    narrow, heights = queries, None
    if graph.space is not None:
        projected = graph.space.project(queries, n_threads)
        narrow, heights = projected.narrow(
            graph.rows.shape[1], n_threads, products=graph.kernel == _DOT
        )
    ids = np.empty((m, k), dtype=np.int32)
    distances = np.empty((m, k), dtype=np.float32)
    metric = table.metric
    _kernels.search(
        kernel_of(metric),
        graph.kernel,
        queries,
        narrow,
        heights,
        table.rows,
        graph.rows,
        graph.heights,
        graph.members,
        graph.directions,
        graph.limits,
        graph.depth,
        graph.order,
        graph.lists,
        effort,
        metric.root,
        table.scale,
        ids,
        distances,
        n_threads,
    )
    return ids, distances


def _round_up(x: int) -> int:
    return -(-x // 16) * 16
