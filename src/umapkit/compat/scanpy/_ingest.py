"""scanpy's ``sc.tl.ingest``, by a umapkit model made of the reference's parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import umapkit
from umapkit.compat.scanpy._graph import N_PCS, metric_of, read_graph, representation
from umapkit.neighbors import build_index

if TYPE_CHECKING:
    from anndata import AnnData


def reference_model(
    adata: AnnData,
    *,
    key: str = "X_umap",
    neighbors_key: str | None = None,
    n_jobs: int | None = None,
) -> umapkit.UMAP:
    """Make a fitted model out of the map that an AnnData object holds.

    Parameters
    ----------
    adata : AnnData
        With neighbours and a map, by scanpy or by this package.
    key : str, default "X_umap"
        Where the map is, in ``obsm``.
    neighbors_key : str, optional
        Which neighbours; by default "neighbors".
    n_jobs : int or None, default None
        Threads.

    Returns
    -------
    umapkit.UMAP
        Its ``transform`` places rows of the representation on which the neighbours were searched
        (such as ``obsm["X_pca"]``); it can be saved.

    Raises
    ------
    ValueError
        If map, neighbours or representation are missing.
    """
    ground = read_graph(adata, neighbors_key)
    if key not in adata.obsm:
        msg = f"adata.obsm[{key!r}] is missing. Make the map first, for example with umap(adata)."
        raise ValueError(msg)
    made = adata.uns.get("umap" if key == "X_umap" else key, {}).get("params", {})
    curve: dict[str, Any] = {name: float(made[name]) for name in ("a", "b") if name in made}
    model = umapkit.UMAP(
        n_neighbors=int(ground.params.get("n_neighbors", 15)),
        **metric_of(ground.params),
        random_state=int(made.get("random_state", 0)),
        n_jobs=n_jobs,
        **curve,
    )
    rows = representation(adata, ground.params)
    return umapkit.UMAP.from_parts(rows, ground.graph, np.asarray(adata.obsm[key]), model=model)


def ingest(
    adata: AnnData,
    adata_ref: AnnData,
    *,
    obs: str | Iterable[str] | None = None,
    embedding_method: str | Iterable[str] = ("umap", "pca"),
    labeling_method: str = "knn",
    neighbors_key: str | None = None,
    inplace: bool = True,
) -> AnnData | None:
    """Bring the reference's labels and map to new cells: scanpy's ``sc.tl.ingest``.

    A new cell's place does not depend on the other new cells.

    Parameters
    ----------
    adata : AnnData
        New cells with the reference's variables.
    adata_ref : AnnData
        With neighbours and, for "umap", a map.
    obs : str or several, optional
        Columns of ``adata_ref.obs`` whose most frequent value among the neighbours each new cell
        takes; ties go to the first category.
    embedding_method : {"umap", "pca"} or both, default both
        What to bring over.
    labeling_method : {"knn"}, default "knn"
        How labels are found.
    neighbors_key : str, optional
        Which neighbours of the reference; by default "neighbors".
    inplace : bool, default True
        Whether to write to `adata`, or to a copy that is returned.

    Returns
    -------
    AnnData or None
        Without `inplace`. ``obsm["X_umap"]``, ``obsm["X_pca"]`` and the columns of ``obs`` are
        written.

    Raises
    ------
    ValueError
        If the variables differ, or something needed is missing.
    """
    methods = [embedding_method] if isinstance(embedding_method, str) else list(embedding_method)
    unknown = sorted(set(methods) - {"umap", "pca"})
    if unknown or labeling_method != "knn":
        msg = (
            f"embedding_method={methods}, labeling_method={labeling_method!r}: only 'umap' and "
            "'pca', and 'knn', are offered."
        )
        raise ValueError(msg)
    if not adata_ref.var_names.equals(adata.var_names):
        msg = "The variables of adata are not those of adata_ref. Give the same, in one order."
        raise ValueError(msg)
    adata = adata if inplace else adata.copy()
    ground = read_graph(adata_ref, neighbors_key)
    known = representation(adata_ref, ground.params)
    rows = _same_representation(adata, adata_ref, ground.params)
    if "pca" in methods:
        adata.obsm["X_pca"] = _project(adata, adata_ref, None)
    if "umap" in methods:
        model = reference_model(adata_ref, neighbors_key=neighbors_key)
        # An array, also where scikit-learn is set to make frames.
        adata.obsm["X_umap"] = np.asarray(model.transform(rows))
    columns = [obs] if isinstance(obs, str) else list(obs or [])
    if columns:
        k = int(ground.params.get("n_neighbors", 15))
        index = build_index(known, n_neighbors=k, random_state=0, **metric_of(ground.params))
        near = index.query(rows, k)
        for column in columns:
            adata.obs[column] = _vote(adata_ref.obs[column], near.indices)
    return None if inplace else adata


def _vote(labels: Any, indices: NDArray[np.int32]) -> Any:
    """Most frequent category of each row's neighbours, as a pandas Categorical."""
    import pandas as pd

    column = labels.astype("category").cat
    codes = np.asarray(column.codes)[indices]
    counts = np.stack([(codes == c).sum(axis=1) for c in range(len(column.categories))], axis=1)
    return pd.Categorical.from_codes(counts.argmax(axis=1), categories=column.categories)


def _same_representation(adata: Any, adata_ref: Any, params: dict[str, Any]) -> Any:
    """Bring new cells into the space in which the reference's neighbours were searched."""
    use_rep, n_pcs = params.get("use_rep"), params.get("n_pcs")
    if use_rep is None and n_pcs != 0 and adata_ref.n_vars > N_PCS:
        return _project(adata, adata_ref, n_pcs)
    return representation(adata, params)


def _project(adata: Any, adata_ref: Any, n_pcs: int | None) -> NDArray[np.float32]:
    """Bring new cells onto the reference's principal axes."""
    if "pca" not in adata_ref.uns or "PCs" not in adata_ref.varm:
        msg = "adata_ref has no principal axes (uns['pca'], varm['PCs']). Run scanpy.pp.pca first."
        raise ValueError(msg)
    axes = np.asarray(adata_ref.varm["PCs"], dtype=np.float64)[:, :n_pcs]
    found = adata.X @ axes
    if adata_ref.uns["pca"].get("params", {}).get("zero_center", True):
        # The axes belong to the reference, so its mean is the origin of new cells, too. (scanpy
        # takes the new cells' own mean, so that a cell's place depends on its batch.)
        found = found - np.asarray(adata_ref.X.mean(axis=0)).reshape(1, -1) @ axes
    return np.asarray(found, dtype=np.float32)
