"""den-SNE in a model: what is asked for, and what a fit keeps of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.graph import input_radii
from umapkit.layout import DensityTerm, check_density
from umapkit.neighbors import Neighbors

if TYPE_CHECKING:
    from umapkit.models._tsne import TSNE


def check_densne(model: TSNE, *, graph: Any) -> None:
    """Refuse numbers out of range, and a graph that tells no distances."""
    for name in ("densne", "output_dens"):
        value = getattr(model, name)
        if not isinstance(value, (bool, np.bool_)):
            msg = f"{name}={value!r} is not allowed. Give True or False."
            raise TypeError(msg)
    check_density(model.dens_lambda, model.dens_frac, model.dens_var_shift)
    if graph is not None and (model.densne or model.output_dens):
        name = "densne" if model.densne else "output_dens"
        msg = (
            f"{name}=True needs the distances between neighbours, which graph= does not tell. "
            "Leave the graph out, or give precomputed_knn, which holds distances."
        )
        raise ValueError(msg)


def measure_rows(model: TSNE, graph: csr_array, neighbors: Neighbors) -> None:
    """Set `rad_orig_` if densities are to count, or to be told."""
    if model.densne or model.output_dens:
        radii = input_radii(graph, neighbors, n_jobs=model.n_jobs)
        model.rad_orig_ = model._places.expand(radii.astype(np.float32))


def density_of(model: TSNE, *, share: float) -> DensityTerm | None:
    """Return what the layout of the kept rows is to know about densities."""
    if not model.densne:
        return None
    places = model._places
    radii = model.rad_orig_ if places.keeps_all else model.rad_orig_[places.kept]
    return DensityTerm(
        radii=radii.astype(np.float64),
        weight=float(model.dens_lambda),
        share=share,
        var_shift=float(model.dens_var_shift),
    )


def measure_map(model: TSNE, places: NDArray[np.float32]) -> None:
    """Set `rad_emb_` of the kept rows' places, if it was asked for."""
    if not model.output_dens:
        return
    from umapkit.quality import local_radii

    k = min(len(places), max(2, round(float(np.max(model.perplexity_)))))
    found = local_radii(places, n_neighbors=k, n_jobs=model.n_jobs)
    model.rad_emb_ = model._places.expand(found.astype(np.float32))
