"""The methods of the tables' columns, and how each is fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit._threads import one_blas_thread
from umapkit.reproduce._budget import Budget
from umapkit.reproduce._sets import Parts

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Setting:
    """What every method is told."""

    dimensions: int
    seed: int
    budget: Budget
    n_jobs: int | None
    device: str


@dataclass
class Made:
    """What a fit left behind.

    Attributes
    ----------
    embedding : float32 array of shape (n, dimensions)
        The map of the training rows.
    place : callable or None
        Puts new rows on it.
    back : callable or None
        Makes rows of places, in [0, 1] as `Parts.scaled` has them.
    back_rows : int or None
        How many places it is given at most; None for all.
    graph : tuple or None
        Memberships with a and b of the curve, where UMAP's loss is meant.
    curve : float64 array of shape (k, 2), or None
        Seconds of optimisation and running loss.
    size : str
        What was smaller than in the paper, or empty.
    """

    embedding: Rows
    place: Callable[[Rows], Any] | None = None
    back: Callable[[Rows], Rows] | None = None
    back_rows: int | None = None
    graph: tuple[Any, float, float] | None = None
    curve: NDArray[np.float64] | None = None
    size: str = ""


@dataclass(frozen=True)
class Method:
    """A column.

    Attributes
    ----------
    name, title : str
        As in options, as in the paper.
    fit : callable
        ``fit(parts, setting)`` returns a `Made`.
    network : bool
        Needs torch, and at the paper's size an accelerator.
    most : int
        Largest number of dimensions.
    why : str
        Why no more.
    decodes : bool
        Is a column of Table 7.
    """

    name: str
    title: str
    fit: Callable[[Parts, Setting], Made]
    network: bool = False
    most: int = 64
    why: str = ""
    decodes: bool = False


def fit_tsne(parts: Parts, to: Setting) -> Made:
    """t-SNE with openTSNE's defaults, as in the paper; moons and bison with perplexity 500."""
    from umapkit import TSNE

    wanted = min(parts.about.perplexity, to.budget.perplexity)
    perplexity = min(wanted, (len(parts.rows) - 1) / 3)
    model = TSNE(
        perplexity, n_components=to.dimensions, random_state=to.seed, n_jobs=to.n_jobs
    ).fit(parts.rows)
    small = f"perplexity {wanted:g} of {parts.about.perplexity:g}"
    return Made(
        model.embedding_, model.transform, size=small if wanted < parts.about.perplexity else ""
    )


def fit_umap(parts: Parts, to: Setting) -> Made:
    """UMAP with its defaults; bison with 150 neighbours."""
    from umapkit import UMAP

    k = min(parts.about.n_neighbors, len(parts.rows) - 1)
    model = UMAP(k, n_components=to.dimensions, random_state=to.seed, n_jobs=to.n_jobs)
    model.fit(parts.rows)

    def back(places: Rows) -> Rows:
        return parts.scaled(np.asarray(model.inverse_transform(places), np.float32))

    graph = (model.graph_, model.a_, model.b_)
    return Made(
        model.embedding_, model.transform, back, back_rows=to.budget.inverse_rows, graph=graph
    )


def fit_pca(parts: Parts, to: Setting) -> Made:
    """Principal axes; where the rows have fewer columns, zeros behind them, as in the paper."""
    from sklearn.decomposition import PCA

    possible = min(to.dimensions, *parts.rows.shape)
    missing = to.dimensions - possible
    with one_blas_thread():
        model = PCA(possible, svd_solver="covariance_eigh").fit(parts.rows)

    def place(rows: Rows) -> Rows:
        found = np.asarray(model.transform(rows), np.float32)
        return np.pad(found, ((0, 0), (0, missing)))

    def back(places: Rows) -> Rows:
        rows = model.inverse_transform(places[:, :possible])
        return parts.scaled(np.asarray(rows, np.float32))

    return Made(place(parts.rows), place, back)


def _network(name: str) -> Callable[[Parts, Setting], Made]:
    def fit(parts: Parts, to: Setting) -> Made:
        from umapkit.reproduce import _networks

        return getattr(_networks, f"fit_{name}")(parts, to)

    return fit


_ONLY_3 = (
    "the paper has none either: t-SNE's repulsion is found on a grid or a tree, which are for up "
    "to 3 dimensions"
)
METHODS = {
    one.name: one
    for one in (
        Method("tsne", "t-SNE", fit_tsne, most=3, why=_ONLY_3),
        Method("parametric_tsne", "P. t-SNE", _network("parametric_tsne"), network=True),
        Method("umap", "UMAP", fit_umap, decodes=True),
        Method(
            "parametric_umap", "P. UMAP", _network("parametric_umap"), network=True, decodes=True
        ),
        Method("umap_ae", "UMAP/AE", _network("umap_ae"), network=True, decodes=True),
        Method("ae", "AE", _network("ae"), network=True, decodes=True),
        Method("vae", "VAE", _network("vae"), network=True, decodes=True),
        Method("pca", "PCA", fit_pca, decodes=True),
        Method(
            "direct_umap",
            "UMAP (torch)",
            _network("direct_umap"),
            network=True,
            most=2,
            why="made in 2 dimensions only: it is no column of the paper's tables",
        ),
    )
}
