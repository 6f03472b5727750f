"""A combination as a tree: fitted models at its leaves, an operation at every node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit._seed import mix
from umapkit.data import row_hashes
from umapkit.graph import (
    How,
    bandwidths,
    check_how,
    combine_values,
    cut,
    floor_of,
    memberships,
    pairs_of,
    restore_graph,
    restore_rows,
    shape_of,
    values_at,
)
from umapkit.models._fit import floor_distance, search_index
from umapkit.models._tables import columns_of, same_rows

if TYPE_CHECKING:
    from umapkit.models._umap import UMAP


@dataclass(frozen=True, eq=False)
class View:
    """What a term says about m new rows.

    Attributes
    ----------
    memberships : csr_array of shape (m, u)
        Of each new row's neighbours.
    spot : int64 array of shape (n,)
        Column in which each of the n training rows stands; equal rows stand in one.
    near : csr_array of shape (m, n)
        Pattern of `memberships` with one training row for every column.
    known : int64 array of shape (m, leaves)
        Number of the equal training row in every leaf, -1 where there is none.
    hashes : uint64 array of shape (m,)
        Of the rows' values.
    """

    memberships: csr_array
    spot: NDArray[np.int64]
    near: csr_array
    known: NDArray[np.int64]
    hashes: NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Leaf:
    """A fitted UMAP model, read for its neighbours and its graph.

    Attributes
    ----------
    model : UMAP
        Fitted.
    columns : int64 array or None
        Columns of the table that it looks at; None: it takes a table of its own.
    """

    model: UMAP
    columns: NDArray[np.int64] | None = None

    @property
    def n(self) -> int:
        """Number of training rows."""
        return len(self.model._places.slot)

    @property
    def width(self) -> int:
        """Most neighbours that a new row can have."""
        return min(self.model.n_neighbors, len(self.model._places.kept))

    @property
    def slots(self) -> NDArray[np.int64]:
        """Which different row every training row is, shape (n, 1)."""
        return self.model._places.slot[:, None]

    @cached_property
    def compact(self) -> csr_array:
        """Graph of the layout's points: of the different rows, or of all n where it was given."""
        return points_graph(self.model)

    @cached_property
    def floor(self) -> float:
        """Membership of pairs that the graph does not list; see `floor_of`."""
        return floor_of(np.asarray(self.compact.data))

    @cached_property
    def support(self) -> csr_array:
        """Pairs of the n rows about which the graph speaks; only the pattern counts.

        A copy of a row has its ties to the other different rows, and one to the row itself.
        """
        copies = self.model._places
        if copies.keeps_all:
            return self.compact
        slot, kept = copies.slot, copies.kept
        spread = csr_array(self.compact[slot]).tocoo()
        rows, columns = spread.row, kept[spread.col]
        again = np.flatnonzero(kept[slot] != np.arange(self.n))
        heads = np.concatenate([rows, columns, again, kept[slot[again]]])
        tails = np.concatenate([columns, rows, kept[slot[again]], again])
        pattern = csr_array((np.ones(len(heads)), (heads, tails)), shape=(self.n, self.n))
        pattern.sum_duplicates()
        return pattern

    def values(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Memberships of pairs of training rows; 1 for equal rows."""
        copies = self.model._places
        spot = np.arange(self.n) if copies.keeps_all else copies.slot
        found = values_at(self.compact, spot[rows], spot[columns])
        found[spot[rows] == spot[columns]] = 1.0
        return found

    def view(self, X: Any) -> View:
        """Look at new rows with the model's own search and bandwidths."""
        model, copies = self.model, self.model._places
        rows = X if self.columns is None else columns_of(X, self.columns)
        rows = model._rows(rows, reset=False)
        index = search_index(model)
        near = index.query(rows, self.width, n_jobs=model.n_jobs)
        reached = cut(
            copies.count_copies(near, query=True),
            disconnection_distance=model._resolved_disconnection(),
        )
        scales = bandwidths(
            reached,
            local_connectivity=model.local_connectivity,
            bipartite=True,
            mean_distance=floor_distance(model),
            n_jobs=model.n_jobs,
        )
        u = len(copies.kept)
        weights = memberships(reached, scales, bipartite=True, n_columns=u, n_jobs=model.n_jobs)
        columns = copies.kept[np.asarray(weights.indices)]
        pattern = csr_array((weights.data, columns, weights.indptr), shape=(len(rows), self.n))
        known = model._finder.find(rows, n_jobs=model.n_jobs)[:, None]
        hashes = row_hashes(rows, n_jobs=model.n_jobs)
        return View(weights, copies.slot, pattern, known, hashes)


@dataclass(frozen=True, eq=False)
class Node:
    """Terms put together; made by `Node.of`, or of saved parts.

    Attributes
    ----------
    how : {"union", "intersection", "difference"}
        The operation.
    parts : tuple of Leaf or Node
        About the same n rows.
    weights : float64 array
        One a part, the largest 1.
    n_neighbors : int
        For the reach that every row gets afterwards (`restore_rows`).
    shared : bool
        Whether all parts take the same table; otherwise each takes its own.
    graph : csr_array of shape (n, n), float32
        Symmetric.
    """

    how: How
    parts: tuple[Leaf | Node, ...]
    weights: NDArray[np.float64]
    n_neighbors: int
    shared: bool
    graph: csr_array

    @classmethod
    def of(
        cls,
        how: How,
        parts: Sequence[Leaf | Node],
        *,
        weights: Sequence[float] | None,
        n_neighbors: int,
        shared: bool,
        n_jobs: int | None,
    ) -> Node:
        """Combine the graphs of the parts.

        Raises
        ------
        ValueError
            If the parts have different numbers of rows, or the weights do not fit.
        """
        exponents = check_how(how, weights, len(parts))
        sizes = [part.n for part in parts]
        if len(set(sizes)) > 1:
            msg = (
                f"The models have {', '.join(map(str, sizes))} rows. Only models of the same rows, "
                "in the same order, can be combined."
            )
            raise ValueError(msg)
        rows, columns = pairs_of(_pattern(how, [part.support for part in parts]))
        combined = combine_values(
            [part.values(rows, columns) for part in parts],
            how,
            weights=exponents,
            floors=[part.floor for part in parts],
        )
        n = sizes[0]
        table = csr_array((combined, (rows, columns)), shape=(n, n))
        graph = restore_graph(table, n_neighbors, n_jobs=n_jobs)
        return cls(how, tuple(parts), exponents, n_neighbors, shared, graph)

    @property
    def n(self) -> int:
        """Number of training rows."""
        return shape_of(self.graph)[0]

    @property
    def width(self) -> int:
        """Most neighbours that a new row can have."""
        return sum(part.width for part in self.parts)

    @cached_property
    def slots(self) -> NDArray[np.int64]:
        """Which different row every training row is in every leaf, shape (n, leaves)."""
        return np.hstack([part.slots for part in self.parts])

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """Lowest row that is equal in every leaf, for each of the n rows."""
        _, first, inverse = np.unique(self.slots, axis=0, return_index=True, return_inverse=True)
        return first[inverse.reshape(-1)]

    @cached_property
    def _rows_by_slots(self) -> dict[bytes, int]:
        kept = np.flatnonzero(self.first == np.arange(self.n))
        return {self.slots[row].tobytes(): int(row) for row in kept}

    def find(self, known: NDArray[np.int64]) -> NDArray[np.int64]:
        """Lowest training row that new rows equal in every leaf, or -1; see `View.known`."""
        rows = [self._rows_by_slots.get(row.tobytes(), -1) for row in known]
        return np.array(rows, dtype=np.int64)

    @cached_property
    def floor(self) -> float:
        """Membership of pairs that the graph does not list; see `floor_of`."""
        return floor_of(np.asarray(self.graph.data))

    @property
    def support(self) -> csr_array:
        """The graph itself."""
        return self.graph

    def values(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Memberships of pairs of training rows."""
        return values_at(self.graph, rows, columns)

    def view(self, X: Any) -> View:
        """Combine what the parts say about new rows, row by row, as the graph was combined."""
        tables = [X] * len(self.parts) if self.shared else self._tables(X)
        views = [part.view(table) for part, table in zip(self.parts, tables, strict=True)]
        counts = {len(view.hashes) for view in views}
        if len(counts) > 1:
            msg = f"The tables have {sorted(counts)} rows. Give the same rows to every part."
            raise ValueError(msg)
        rows, columns = pairs_of(_pattern(self.how, [view.near for view in views]))
        combined = combine_values(
            [values_at(v.memberships, rows, v.spot[columns]) for v in views],
            self.how,
            weights=self.weights,
            floors=[part.floor for part in self.parts],
        )
        shape = (len(views[0].hashes), self.n)
        table = restore_rows(csr_array((combined, (rows, columns)), shape=shape), self.n_neighbors)
        hashes = views[0].hashes
        for view in views[1:]:
            hashes = mix(hashes) ^ view.hashes
        known = np.hstack([view.known for view in views])
        return View(table, np.arange(self.n), table, known, hashes)

    def _tables(self, X: Any) -> Sequence[Any]:
        if not isinstance(X, (list, tuple)) or len(X) != len(self.parts):
            given = f"{len(X)} tables" if isinstance(X, (list, tuple)) else "one table"
            msg = (
                f"{given} was given, but the {len(self.parts)} combined models were fitted on "
                f"different tables. Give a list with the rows for each of them."
            )
            raise ValueError(msg)
        return X


def same_table(one: Leaf | Node, other: Leaf | Node) -> bool:
    """Whether two terms were fitted on the same rows, so that one table serves both."""
    mine, theirs = _source(one), _source(other)
    if mine is None or theirs is None:
        return False
    return np.array_equal(mine._places.slot, theirs._places.slot) and same_rows(
        mine._finder.rows, theirs._finder.rows
    )


def _source(term: Leaf | Node) -> UMAP | None:
    """Find a model of the one table that a term takes, if all of that table is known."""
    if isinstance(term, Leaf):
        return term.model if term.columns is None else None
    return _source(term.parts[0]) if term.shared else None


def points_graph(model: UMAP) -> csr_array:
    """Graph of the points of a model's layout: `graph_` without the copies of equal rows."""
    copies = model._places
    if copies.keeps_all:
        return model.graph_
    return csr_array(csr_array(model.graph_[copies.kept])[:, copies.kept])


def _pattern(how: How, patterns: Sequence[csr_array]) -> csr_array:
    """Pairs that the result may hold: of the first part alone in a difference."""
    if how == "difference":
        return patterns[0]
    ones = [csr_array((np.ones(p.nnz), p.indices, p.indptr), shape=p.shape) for p in patterns]
    total = ones[0]
    for one in ones[1:]:
        total = csr_array(total + one)
    total.sort_indices()
    return total
