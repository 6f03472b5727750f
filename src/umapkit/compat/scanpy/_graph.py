"""What scanpy's neighbours have left in an AnnData object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.graph import check_graph

# scanpy's settings.N_PCS: above this many columns, X gives way to its principal components.
N_PCS = 50


@dataclass(frozen=True)
class Ground:
    """The graph of an AnnData object and where it came from.

    Attributes
    ----------
    graph : csr_array of shape (n, n)
        Connectivities, symmetric.
    params : dict
        scanpy's record of how they were made.
    """

    graph: csr_array
    params: dict[str, Any]


def read_graph(adata: Any, neighbors_key: str | None) -> Ground:
    """Read what ``sc.pp.neighbors`` wrote.

    Raises
    ------
    ValueError
        If there is no such record or matrix.
    """
    key = "neighbors" if neighbors_key is None else neighbors_key
    if key not in adata.uns:
        msg = f"adata.uns[{key!r}] is missing. Run scanpy.pp.neighbors first."
        raise ValueError(msg)
    record = adata.uns[key]
    where = record.get("connectivities_key", "connectivities")
    if where not in adata.obsp:
        msg = f"adata.obsp[{where!r}] is missing. Run scanpy.pp.neighbors first."
        raise ValueError(msg)
    matrix = csr_array(adata.obsp[where])
    top = float(matrix.data.max()) if matrix.nnz else 0.0
    # Layout and start look at ratios only, so weights above 1 are brought into [0, 1].
    return Ground(check_graph(matrix / top if top > 1 else matrix), dict(record.get("params", {})))


def metric_of(params: dict[str, Any]) -> dict[str, Any]:
    """Return metric and keywords of scanpy's record, as `umapkit.UMAP` takes them."""
    metric = params.get("metric", "euclidean")
    # A function is recorded as it is; a name may have been through a file.
    found = {"metric": metric if callable(metric) else str(metric)}
    return found | {"metric_kwds": dict(params.get("metric_kwds") or {}) or None}


def representation(adata: Any, params: dict[str, Any]) -> NDArray[np.float32]:
    """Rows that scanpy takes for these parameters (`use_rep`, `n_pcs`), by its own rule.

    Raises
    ------
    ValueError
        If the representation is not there, or has too few columns.
    """
    use_rep, n_pcs = params.get("use_rep"), params.get("n_pcs")
    if use_rep is None and n_pcs != 0 and adata.n_vars > N_PCS:
        use_rep = "X_pca"
    if use_rep is None or use_rep == "X":
        return _dense(adata.X)
    if use_rep not in adata.obsm:
        msg = (
            f"adata.obsm[{use_rep!r}], the representation to work on, is missing. Make it first "
            "(scanpy.pp.pca makes 'X_pca'), or give use_rep='X' where you choose it."
        )
        raise ValueError(msg)
    found = adata.obsm[use_rep]
    if n_pcs is not None and n_pcs > found.shape[1]:
        msg = f"adata.obsm[{use_rep!r}] has {found.shape[1]} columns; n_pcs={n_pcs} are needed."
        raise ValueError(msg)
    return _dense(found if n_pcs is None else found[:, :n_pcs])


def _dense(rows: Any) -> NDArray[np.float32]:
    from umapkit.data import as_rows

    return as_rows(rows)
