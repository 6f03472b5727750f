"""The slices of an AlignedUMAP as their layouts see them: points, links, rows, a progress bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.data import Rows
from umapkit.models._relations import as_matrix
from umapkit.models._terms import points_graph

if TYPE_CHECKING:
    from umapkit.models._umap import UMAP


def points(mapper: UMAP) -> NDArray[np.int64]:
    """Row of every point of the layout: the different rows, or all where distances are given."""
    copies = mapper._places
    return np.arange(len(copies.slot)) if copies.keeps_all else copies.kept


def spots(mapper: UMAP) -> NDArray[np.int64]:
    """Point of every row."""
    copies = mapper._places
    return copies.kept[copies.slot] if copies.keeps_all else copies.slot


def rows_of(mapper: UMAP) -> Rows | None:
    """Rows of the points, for a start; None where they are no rows of numbers."""
    if mapper._is_given() or mapper._missing_value() is not None:
        return None
    return mapper._finder.rows


def as_list(values: Any, name: str) -> list[Any]:
    """Return what is given for each slice as a list.

    Raises
    ------
    ValueError
        If it is none.
    """
    if isinstance(values, (str, Mapping)) or not isinstance(values, (list, tuple, np.ndarray)):
        msg = f"{name} is a {type(values).__name__}. Give a list, with one entry for each slice."
        raise ValueError(msg)
    return list(values)


def links_between(mappers: Sequence[UMAP], pairs: Sequence[NDArray[np.int64]]) -> list[csr_array]:
    """Relations between the points of successive slices."""
    found = []
    for one, other, relation in zip(mappers[:-1], mappers[1:], pairs, strict=True):
        sizes = (len(points(one)), len(points(other)))
        found.append(as_matrix(relation, (spots(one), spots(other)), sizes))
    return found


def visits(mapper: UMAP) -> NDArray[np.float64]:
    """How often a schedule visits each point in an epoch: (2 + m) d."""
    graph = points_graph(mapper)
    top = float(graph.data.max(initial=0.0)) or 1.0
    degrees = np.asarray(graph.sum(axis=1, dtype=np.float64)).reshape(-1) / top
    return (2.0 + float(mapper.negative_sample_rate)) * degrees


def size_of(graph: csr_array) -> int:
    """Points of a graph."""
    return len(graph.indptr) - 1


@contextmanager
def progress(length: int, *, shown: bool) -> Iterator[Any]:
    """Give a function of the finished epochs that moves a progress bar, if one is shown."""
    if not shown:
        yield lambda _: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=length, desc="layout", unit="epoch") as bar:
        yield lambda epoch: bar.update(epoch - bar.n)
