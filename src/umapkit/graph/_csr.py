"""Between SciPy's sparse arrays and the kernels' int64 row pointers and int32 columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels

Csr = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]


def to_csr(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    data: NDArray[np.float32],
    shape: tuple[int, int],
) -> csr_array:
    """Wrap sorted arrays; SciPy wants one integer type, so both are int32 while that suffices."""
    if int(indptr[-1]) <= np.iinfo(np.int32).max:
        graph = csr_array((data, indices, indptr.astype(np.int32)), shape=shape)
    else:
        graph = csr_array((data, indices.astype(np.int64), indptr), shape=shape)
    graph.has_sorted_indices = True
    graph.has_canonical_format = True
    return graph


def shape_of(graph: csr_array) -> tuple[int, int]:
    """Rows and columns; SciPy's own annotation of ``shape`` is wider."""
    rows, columns = cast("tuple[int, int]", graph.shape)
    return rows, columns


def csr_parts(graph: csr_array) -> Csr:
    """Row pointers int64, columns int32, values float32: a graph as the kernels take it.

    Columns of a row are sorted and appear once, since the kernels merge them, and no edge weighs
    0. The given graph is not changed.

    Raises
    ------
    ValueError
        If the graph has more than 2**31 - 1 columns, or its arrays do not fit together.
    """
    if shape_of(graph)[1] > np.iinfo(np.int32).max:
        msg = f"A graph of shape {graph.shape} is too large: columns are numbered by int32."
        raise ValueError(msg)
    graph.check_format(full_check=True)  # a column beyond the last would be a write anywhere
    if not graph.has_canonical_format or not graph.data.all():
        graph = graph.copy()
        graph.sum_duplicates()
        graph.eliminate_zeros()
    return (
        np.ascontiguousarray(graph.indptr, dtype=np.int64),
        np.ascontiguousarray(graph.indices, dtype=np.int32),
        np.ascontiguousarray(graph.data, dtype=np.float32),
    )


@dataclass(frozen=True, eq=False)
class Lists:
    """Directed edges of a square matrix: row i owns ``counts[i]`` of them from ``begins[i]`` on.

    Targets of a row are sorted and appear once.
    """

    begins: NDArray[np.int64]
    counts: NDArray[np.int32]
    targets: NDArray[np.int32]
    values: NDArray[np.float32]

    @classmethod
    def of(cls, parts: Csr) -> Self:
        """Take the rows of a CSR matrix."""
        indptr, indices, data = parts
        return cls(
            np.ascontiguousarray(indptr[:-1]), np.diff(indptr).astype(np.int32), indices, data
        )


def united(lists: Lists, ratio: float, n_threads: int) -> csr_array:
    """Fuzzy union of a square matrix with its transpose."""
    n = len(lists.begins)
    room = 2 * int(lists.counts.sum(dtype=np.int64))
    indptr = np.empty(n + 1, dtype=np.int64)
    indices = np.empty(room, dtype=np.int32)
    data = np.empty(room, dtype=np.float32)
    _kernels.unite(
        lists.begins,
        lists.counts,
        lists.targets,
        lists.values,
        ratio,
        indptr,
        indices,
        data,
        n_threads,
    )
    # Given back in place: no second graph is held. Nobody else has seen the arrays yet.
    indices.resize(int(indptr[-1]), refcheck=False)
    data.resize(int(indptr[-1]), refcheck=False)
    return to_csr(indptr, indices, data, (n, n))
