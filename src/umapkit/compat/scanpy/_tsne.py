"""scanpy's ``sc.tl.tsne``, laid out by umapkit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import umapkit
from umapkit.compat.scanpy._graph import representation

if TYPE_CHECKING:
    from anndata import AnnData

# scikit-learn, which scanpy calls, takes the whole gradient, umapkit a quarter of it.
_QUARTERS = 4.0


def tsne(
    adata: AnnData,
    n_pcs: int | None = None,
    *,
    use_rep: str | None = None,
    perplexity: float = 30.0,
    metric: str = "euclidean",
    early_exaggeration: float = 12.0,
    learning_rate: float | Literal["auto"] = "auto",
    random_state: Any = 0,
    n_jobs: int | None = None,
    key_added: str | None = None,
    copy: bool = False,
) -> AnnData | None:
    """Make a t-SNE map: scanpy's ``sc.tl.tsne``, repeatable and parallel.

    Parameters
    ----------
    adata : AnnData
        Cells.
    n_pcs : int, optional
        How many columns of the representation count; 0 takes ``X`` as it is.
    use_rep : str, optional
        Key of ``obsm``, or "X". By default "X_pca", or ``X`` where it has at most 50 columns.
    perplexity : float, default 30
        Effective number of neighbours of a cell. Larger values show coarser structure.
    metric : str, default "euclidean"
        Distance between cells; see `umapkit.UMAP`.
    early_exaggeration : float, default 12
        Factor of the attraction in the first 250 of 750 epochs.
    learning_rate : float or "auto", default "auto"
        In scanpy's unit, a quarter of that of `umapkit.TSNE`. "auto" grows with the number of
        cells; scanpy's default is 1000 for all.
    random_state : int, RandomState, Generator or None, default 0
        Seed. The same seed gives the same bits for any number of threads.
    n_jobs : int or None, default None
        Threads; ``None``: all cores that the process may use.
    key_added : str, optional
        Key of ``obsm`` and ``uns`` to write to, instead of "X_tsne" and "tsne".
    copy : bool, default False
        Whether to return a copy with the map instead of writing to `adata`.

    Returns
    -------
    AnnData or None
        With `copy`. The map is float32 of shape (n, 2) in ``obsm``; ``uns`` holds the parameters.

    Raises
    ------
    ValueError
        If the representation is not there, or a parameter cannot be used.
    """
    adata = adata.copy() if copy else adata
    rows = representation(adata, {"use_rep": use_rep, "n_pcs": n_pcs})
    model = umapkit.TSNE(
        perplexity,
        metric=metric,
        early_exaggeration=early_exaggeration,
        learning_rate="auto" if learning_rate == "auto" else _QUARTERS * learning_rate,
        random_state=random_state,
        n_jobs=n_jobs,
    )
    params: dict[str, Any] = {
        "perplexity": perplexity,
        "early_exaggeration": early_exaggeration,
        "learning_rate": learning_rate,
        "n_jobs": n_jobs,
        "metric": metric,
        "use_rep": use_rep,
    }
    adata.obsm["X_tsne" if key_added is None else key_added] = model.fit(rows).embedding_
    adata.uns["tsne" if key_added is None else key_added] = {
        "params": {name: value for name, value in params.items() if value is not None}
    }
    return adata if copy else None
