"""A graph that the user brings."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse

_SYMMETRY = 1e-5  # as far as two roundings of one weight may be apart


def check_graph(graph: Any, *, n_rows: int | None = None) -> csr_array:
    """Check a graph of memberships and bring it into the form that the stages exchange.

    Parameters
    ----------
    graph : sparse matrix or array, or array-like, shape (n, n)
        Symmetric weights in [0, 1]. The diagonal is left out, since no point pulls itself, and
        so are zeros; differences between (i, j) and (j, i) up to 1e-5 are averaged.
    n_rows : int, optional
        How many rows the graph must have.

    Returns
    -------
    csr_array of float32, shape (n, n)
        A copy: exactly symmetric, sorted indices, no diagonal, no explicit zeros.

    Raises
    ------
    ValueError
        If the graph is not square, of another size, not numeric, or not symmetric, or if a weight
        is NaN, infinite, negative or above 1.
    """
    if not issparse(graph):
        graph = np.asarray(graph)
    if graph.dtype.kind not in "biuf":
        msg = f"A graph of type {graph.dtype} was given. Its weights must be real numbers."
        raise ValueError(msg)
    if graph.ndim != 2 or graph.shape[0] != graph.shape[1]:
        msg = f"A graph of shape {graph.shape} was given. It must be square: one row a vertex."
        raise ValueError(msg)
    if n_rows is not None and graph.shape[0] != n_rows:
        msg = f"The graph has {graph.shape[0]} vertices, the data {n_rows} rows. Both must agree."
        raise ValueError(msg)
    result = csr_array(graph, dtype=np.float64, copy=True)
    result.sum_duplicates()
    _check_weights(result)
    result.setdiag(0)
    result.eliminate_zeros()
    other = csr_array(result.T)
    gap = abs(result - other)
    if gap.nnz and gap.max() > _SYMMETRY:
        worst = gap.tocoo()
        at = int(np.argmax(worst.data))
        i, j = int(worst.coords[0][at]), int(worst.coords[1][at])
        msg = (
            f"The graph is not symmetric: the weight from {i} to {j} is {result[i, j]}, back it "
            f"is {result[j, i]}. Use umapkit.graph.fuzzy_union(graph) for memberships seen from "
            "each row, or (graph + graph.T) / 2."
        )
        raise ValueError(msg)
    if gap.nnz:
        result = csr_array((result + other) / 2)
    result = csr_array(result, dtype=np.float32)
    result.eliminate_zeros()
    result.sort_indices()
    return result


def _check_weights(graph: csr_array) -> None:
    bad = ~(np.isfinite(graph.data) & (graph.data >= 0) & (graph.data <= 1))
    if not bad.any():
        return
    at = int(np.argmax(bad))
    row = int(np.searchsorted(graph.indptr, at, side="right")) - 1
    value = graph.data[at]
    msg = f"The weight of the edge ({row}, {graph.indices[at]}) is {value}. "
    if value > 1:
        msg += (
            "Weights are memberships in [0, 1]: divide the graph by its largest weight. (If these "
            "are distances, give them as precomputed neighbours instead.)"
        )
    else:
        msg += "Weights must be finite numbers from 0 to 1; leave missing edges out."
    raise ValueError(msg)
