"""The kernels that are timed, each with the least it must move and compute.

Bytes: every array that a pass reads or writes, once. Operations: float32 additions, subtractions
and multiplications that no cleverness within the method saves; None where counting them would be
guessing (integer work). Private rooms are called on purpose: this measures them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from _tanh import tanh_rows

from umapkit import Neighbors, _kernels
from umapkit.data import row_hashes
from umapkit.distances import resolve_metric
from umapkit.graph import bandwidths, csr_parts, fuzzy_graph
from umapkit.init._operator import Operator
from umapkit.layout import Layout, LayoutOptions, find_ab, settle
from umapkit.layout._layout import NEGATIVE_RUNS
from umapkit.neighbors import _descent, build_index
from umapkit.neighbors._space import principal_space
from umapkit.neighbors._table import Table

K = 15  # neighbours, the row itself included
WIDE, NARROW = 784, 64  # numbers a row
_EPOCHS = 10
_BLOCK = 8  # vectors of the spectral start
# Operations of a pair in 2 and 3 dimensions, counted in cpp/include/umapkit/force.hpp and
# sampled.hpp, logarithm and exponential included: an estimate (docs/notes/layout.md).
_PAIR = {2: 40, 3: 48}
# Operations of a distance in the bisection of the bandwidths: 20 steps of an exponential of 20, an
# estimate.
_BISECTION = 400
_REACH = 20
_TREES = 4


@dataclass(frozen=True)
class Case:
    """A call to time: `n_bytes` and `n_operations` are its floor, `reset` comes before it."""

    name: str
    size: str
    run: Callable[[], object]
    n_bytes: float
    n_operations: float | None
    reset: Callable[[], object] | None = None
    divide: int = 1  # the call does it so many times


class Workbench:
    """Inputs of the cases, made when first asked for."""

    def __init__(self, n: int, n_threads: int) -> None:
        self.n = n
        self.n_threads = n_threads
        self.n_exact = min(n, 4000)

    @cached_property
    def wide(self) -> np.ndarray:
        return tanh_rows(self.n, WIDE)[0]

    @cached_property
    def narrow(self) -> np.ndarray:
        return tanh_rows(self.n, NARROW)[0]

    @cached_property
    def neighbors(self) -> Neighbors:
        index = build_index(self.narrow, n_neighbors=K, random_state=0, n_jobs=self.n_threads)
        return index.neighbors

    @cached_property
    def graph(self):
        return fuzzy_graph(self.neighbors, n_jobs=self.n_threads)

    def cases(self) -> Iterator[tuple[str, Callable[[], Case]]]:
        """Names, and how to make the case: making one may take a while."""
        yield "finite check", self.finite_check
        yield "row hash", self.row_hash
        yield "projection", self.projection
        yield "block keys, squares", lambda: self.block_keys("squares")
        yield "block keys, products", lambda: self.block_keys("products")
        yield "exact", self.exact
        yield "trees", self.trees
        yield "leaf join", self.leaf_join
        yield "descent round", self.descent_round
        yield "rerank", self.rerank
        yield "bandwidth", self.bandwidth
        yield "fuzzy graph", self.fuzzy
        yield "spectral step", self.spectral_step
        yield "layout epoch, 2-D", lambda: self.layout_epoch(2)
        yield "layout epoch, 3-D", lambda: self.layout_epoch(3)
        yield "settle, 2-D", self.settling

    # ------------------------------------------------------------------ data

    def finite_check(self) -> Case:
        rows, t = self.wide, self.n_threads
        run = partial(_kernels.find_not_finite, rows, t)
        return Case("finite check", f"{self.n} x {WIDE}", run, rows.nbytes, None)

    def row_hash(self) -> Case:
        rows, t = self.wide, self.n_threads
        run = partial(row_hashes, rows, n_jobs=t)
        return Case("row hash", f"{self.n} x {WIDE}", run, rows.nbytes + 8 * self.n, None)

    # ------------------------------------------------------------ neighbours

    def projection(self) -> Case:
        rows, t = self.wide, self.n_threads
        space = principal_space(rows, NARROW, seed=0, n_threads=t)
        return Case(
            "projection",
            f"{self.n} x {WIDE} to {NARROW}",
            lambda: space.project(rows, t),
            rows.nbytes + 4 * self.n * (NARROW + 1),
            2 * self.n * WIDE * NARROW,
        )

    def block_keys(self, keys: str) -> Case:
        rows, m, t = self.narrow, self.n_exact, self.n_threads
        ids = np.empty((m, 1), dtype=np.int32)
        distances = np.empty((m, 1), dtype=np.float32)
        heights = np.zeros(self.n, dtype=np.float32)
        kernel, each = (_descent._SQUARE, 3) if keys == "squares" else (_descent._DOT, 2)
        return Case(
            f"block keys, {keys}",
            f"{m} x {self.n} x {NARROW}, nearest 1",
            lambda: _kernels.nearest(
                kernel, rows[:m], rows, None, False, 1.0, None, heights[:m], heights, ids,
                distances, t,
            ),
            4 * (m + self.n) * NARROW,
            each * m * self.n * NARROW,
        )  # fmt: skip

    def exact(self) -> Case:
        rows, t = self.wide[: self.n_exact], self.n_threads
        m = len(rows)
        table = Table(rows, resolve_metric("euclidean"), t)
        everyone = np.arange(m, dtype=np.int32)
        return Case(
            "exact",
            f"{m} x {m} x {WIDE}, nearest {K - 1}",
            lambda: table.nearest(rows, K - 1, t, self_rows=everyone),
            rows.nbytes + 8 * m * (K - 1),
            3 * m * m * WIDE,
        )

    def trees(self) -> Case:
        rows, t = self.narrow, self.n_threads
        depth = _kernels.tree_depth(self.n, _descent._LEAF)
        trees = _descent._Trees.empty(_TREES, self.n, NARROW, depth)
        return Case(
            "trees",
            f"{_TREES} of {self.n} x {NARROW}, {depth} levels",
            lambda: trees.grow(rows, 0, slice(0, None), t),
            _TREES * (rows.nbytes + 4 * self.n),
            _TREES * depth * self.n * 2 * NARROW,
        )

    @cached_property
    def _search(self):
        """Rows in the order of a tree, trees over them, empty lists: what a descent works on."""
        depth = _kernels.tree_depth(self.n, _descent._LEAF)
        first = _descent._Trees.empty(1, self.n, NARROW, depth)
        first.grow(self.narrow, 0, slice(0, None), self.n_threads)
        rows = self.narrow[first.members[0]]
        trees = _descent._Trees.empty(_TREES, self.n, NARROW, depth)
        trees.grow(rows, 1, slice(0, None), self.n_threads)
        members = trees.members
        width = _descent.usual_effort(K, narrow=True).width
        keys = np.empty((self.n, width), dtype=np.float32)
        return rows, members, depth, keys, np.empty((self.n, width), dtype=np.uint32)

    def _descend(self, first: int, rounds: int) -> None:
        rows, members, depth, keys, lists = self._search
        _kernels.descend(
            _descent._SQUARE, rows, None, members, depth, _REACH, first, rounds, 0, 0, keys,
            lists, self.n_threads,
        )  # fmt: skip

    def leaf_join(self) -> Case:
        rows, _, depth, keys, lists = self._search
        leaf = self.n / 2**depth
        return Case(
            "leaf join",
            f"{_TREES} trees of {self.n} x {NARROW}, leaves of {leaf:.0f}",
            lambda: self._descend(0, 0),
            _TREES * (rows.nbytes + keys.nbytes + lists.nbytes),
            _TREES * self.n * (leaf - 1) / 2 * 3 * NARROW,
        )

    def descent_round(self) -> Case:
        self._descend(0, 1)  # the leaves and the first round: the second has new and old entries
        rows, _, _, keys, lists = self._search
        before = keys.copy(), lists.copy()
        new, old = candidates(lists, _REACH)
        pairs = int((new * (new - 1) // 2 + new * old).sum())

        def reset() -> None:
            keys[:], lists[:] = before

        return Case(
            "descent round",
            f"{self.n} x {NARROW}, {pairs / self.n:.0f} pairs a row",
            lambda: self._descend(1, 2),
            rows.nbytes + 2 * (keys.nbytes + lists.nbytes),
            3 * NARROW * pairs,
            reset,
        )

    def rerank(self) -> Case:
        rows, t = self.wide, self.n_threads
        index = build_index(rows, n_neighbors=K, method="descent", random_state=0, n_jobs=t)
        table, graph = index._table, index._graph
        assert graph is not None
        width = graph.lists.shape[1]
        # Only the kept rows must be measured whole: the others may be cut short.
        return Case(
            "rerank",
            f"{self.n} x {WIDE}, {K - 1} of {width}",
            lambda: _descent._rerank(table, graph, K - 1, t),
            rows.nbytes + graph.lists.nbytes + 8 * self.n * (K - 1),
            3 * WIDE * self.n * (K - 1),
        )

    # ------------------------------------------------------ graph and start

    def bandwidth(self) -> Case:
        neighbors, t = self.neighbors, self.n_threads
        return Case(
            "bandwidth",
            f"{self.n} x {K}",
            lambda: bandwidths(neighbors, n_jobs=t),
            neighbors.distances.nbytes + 8 * self.n,
            _BISECTION * neighbors.distances.size,
        )

    def fuzzy(self) -> Case:
        neighbors, t = self.neighbors, self.n_threads
        listed = 8 * neighbors.indices.size
        # Lists read, memberships written and read twice, transpose written and read twice.
        return Case(
            "fuzzy graph",
            f"{self.n} x {K} to {self.graph.nnz} edges",
            lambda: fuzzy_graph(neighbors, n_jobs=t),
            listed + 6 * listed + 8 * self.graph.nnz,
            _BISECTION * neighbors.distances.size,
        )

    def spectral_step(self) -> Case:
        operator = Operator(*csr_parts(self.graph), n_threads=self.n_threads)
        x = np.random.default_rng(0).normal(size=(self.n, _BLOCK)).astype(np.float32)
        z, out = x.copy(), np.empty_like(x)
        nnz = self.graph.nnz
        return Case(
            "spectral step",
            f"{nnz} edges, {_BLOCK} vectors",
            lambda: operator.step(x, z, 0.5, 0.25, 0.25, out=out),
            8 * nnz + 8 * self.n + 3 * x.nbytes,
            (2 * nnz + 5 * self.n) * _BLOCK,
        )

    # ---------------------------------------------------------------- layout

    def _options(self, n_epochs: int) -> LayoutOptions:
        a, b = find_ab()
        return LayoutOptions(a=a, b=b, n_epochs=n_epochs, seed=0)

    def layout_epoch(self, dim: int) -> Case:
        start = np.random.default_rng(0).uniform(0, 10, size=(self.n, dim)).astype(np.float32)
        layout = Layout(self.graph, start, self._options(200), n_jobs=self.n_threads)
        begin = {name: array.copy() for name, array in layout.state().items()}
        edges = layout._padded
        runs = np.clip(np.floor(5 * edges.degree / 16 + 0.5), 1, NEGATIVE_RUNS)
        pairs = len(edges.heads) + 16 * int(runs.sum())
        # Edges, and positions and velocities read and written.
        moved = edges.heads.nbytes + edges.weights.nbytes + 4 * start.nbytes
        return Case(
            f"layout epoch, {dim}-D",
            f"{self.n} rows, {pairs / self.n:.0f} pairs each",
            lambda: layout.run(_EPOCHS),
            moved,
            _PAIR[dim] * pairs,
            lambda: layout.restore(begin),
            _EPOCHS,
        )

    def settling(self) -> Case:
        m, steps = self.n_exact, 30
        rng = np.random.default_rng(0)
        points = rng.uniform(0, 10, size=(self.n, 2)).astype(np.float32)
        near = rng.integers(0, self.n, size=(m, K), dtype=np.int32)
        weights = rng.uniform(0.1, 1.0, size=(m, K)).astype(np.float32)
        start = points[near[:, 0]]
        keys = rng.integers(0, 2**63, size=m, dtype=np.uint64)
        a, b = find_ab()
        runs = np.maximum(1, np.floor(5 * weights.sum(axis=1) / 16 + 0.5))
        pairs = 16 * (m + int(runs.sum()))  # one padded vector of edges
        return Case(
            "settle, 2-D",
            f"{m} rows, {steps} steps of {pairs / m:.0f} pairs",
            lambda: settle(
                points, near, weights, start, keys, a=a, b=b, n_epochs=steps,
                n_jobs=self.n_threads,
            ),
            points.nbytes + near.nbytes + weights.nbytes + 2 * start.nbytes,
            _PAIR[2] * pairs * steps,
        )  # fmt: skip


def candidates(lists: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of new and of old candidates of every row in the next round (descent.hpp)."""
    n = len(lists)
    ids = (lists & _descent._ID_MASK).astype(np.int64)
    here = ids != int(_descent._ID_MASK)
    mine = np.broadcast_to(np.arange(n)[:, None], ids.shape)
    old = (lists != ids) & here
    counts = []
    for chosen in (here & ~old, old):
        u, v = mine[chosen], ids[chosen]
        either = np.unique(np.concatenate([u * n + v, v * n + u]))  # forward and reverse
        counts.append(np.minimum(np.bincount(either // n, minlength=n), reach))
    return counts[0], counts[1]
