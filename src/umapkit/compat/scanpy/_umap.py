"""scanpy's ``sc.tl.umap``, laid out by umapkit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from umapkit._seed import resolve_seed
from umapkit.compat.scanpy._graph import read_graph, representation
from umapkit.compat.scanpy._paga import paga_start
from umapkit.init import make_start
from umapkit.layout import find_ab, run_layout

if TYPE_CHECKING:
    from anndata import AnnData


def umap(
    adata: AnnData,
    *,
    min_dist: float = 0.5,
    spread: float = 1.0,
    n_components: int = 2,
    maxiter: int | None = None,
    alpha: float = 1.0,
    gamma: float = 1.0,
    negative_sample_rate: int = 5,
    init_pos: str | NDArray[Any] | None = "spectral",
    random_state: Any = 0,
    a: float | None = None,
    b: float | None = None,
    method: Literal["umap"] = "umap",
    key_added: str | None = None,
    neighbors_key: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    """Lay out the graph of ``sc.pp.neighbors``: scanpy's ``sc.tl.umap``, repeatable and parallel.

    Parameters
    ----------
    adata : AnnData
        With ``obsp["connectivities"]`` and ``uns["neighbors"]``.
    min_dist : float, default 0.5
        How tight points may pack, in units of the map; scanpy's default, not UMAP's 0.1.
    spread : float, default 1.0
        Scale of the map.
    n_components : int, default 2
        Dimensions.
    maxiter : int, optional
        Epochs; by default 500 up to 10,000 cells, 200 above.
    alpha, gamma : float, default 1.0
        First step size, and weight of the repulsion.
    negative_sample_rate : int, default 5
        Repelled points per attracted edge.
    init_pos : str or array of shape (n, n_components), default "spectral"
        Start: "spectral", "random", "pca", "paga" (places of ``sc.pl.paga``), a key of
        ``obsm``, or an array.
    random_state : int, RandomState, Generator or None, default 0
        Seed. The same seed gives the same bits for any number of threads.
    a, b : float, optional
        Curve of closeness; by default fitted to `min_dist` and `spread`.
    method : {"umap"}, default "umap"
        scanpy's "rapids" is not there.
    key_added : str, optional
        Key of ``obsm`` and ``uns`` to write to, instead of "X_umap" and "umap".
    neighbors_key : str, optional
        Which neighbours; by default "neighbors".
    copy : bool, default False
        Whether to return a copy with the map instead of writing to `adata`.

    Returns
    -------
    AnnData or None
        With `copy`. The map is float32 of shape (n, n_components) in ``obsm``; ``uns`` says a, b
        and a seed other than 0.

    Raises
    ------
    ValueError
        If there are no neighbours, or a parameter cannot be used.
    """
    if method != "umap":
        msg = f"method={method!r} is not offered here. Give 'umap'."
        raise ValueError(msg)
    adata = adata.copy() if copy else adata
    ground = read_graph(adata, neighbors_key)
    if a is None or b is None:
        a, b = find_ab(min_dist=min_dist, spread=spread)
    seed = resolve_seed(random_state)
    init = _start_of(adata, init_pos, n_components, seed)
    rows = representation(adata, ground.params) if _needs_rows(init) else None
    start = make_start(ground.graph, init=init, n_components=n_components, data=rows, seed=seed)
    places = run_layout(
        ground.graph,
        start,
        a=a,
        b=b,
        n_epochs=maxiter,
        learning_rate=alpha,
        negative_sample_rate=negative_sample_rate,
        repulsion_strength=gamma,
        random_state=seed,
    )
    params: dict[str, Any] = {"a": a, "b": b}
    if not (isinstance(random_state, int) and random_state == 0):
        params["random_state"] = random_state if isinstance(random_state, int) else seed
    adata.obsm["X_umap" if key_added is None else key_added] = places
    adata.uns["umap" if key_added is None else key_added] = {"params": params}
    return adata if copy else None


def _start_of(adata: Any, init_pos: Any, n_components: int, seed: int) -> Any:
    if init_pos is None:
        return "spectral"
    if not isinstance(init_pos, str):
        return init_pos
    if init_pos in adata.obsm:
        return np.asarray(adata.obsm[init_pos])
    if init_pos == "paga":
        return paga_start(adata, n_components=n_components, seed=seed)
    return init_pos


def _needs_rows(init: Any) -> bool:
    """Rows arrange the components of a spectral start, and give the principal axes."""
    return isinstance(init, str) and init in ("spectral", "pca")
