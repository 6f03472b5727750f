"""densMAP in a model: what is asked for, what a fit keeps of it, what new rows need."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.graph import bandwidths, cut, input_radii, memberships
from umapkit.layout import DensityTerm, check_density, list_radii
from umapkit.neighbors import Neighbors

if TYPE_CHECKING:
    from umapkit.models._settings import Settings
    from umapkit.models._umap import UMAP

# Epochs that densMAP has beside the default, as in umap-learn.
MORE_EPOCHS = 200


@dataclass(frozen=True)
class RadiusRule:
    """From a row's own log radius to the one it should have on the map, and how strongly.

    Attributes
    ----------
    beta, gamma : float
        The tutorial's Eq. 32, fitted to the training rows over their own lists.
    low, high : float
        Range of the training rows' radii on the map: no new row is sent beyond.
    weight : float
        Of the pull: half of lambda over the variance of those radii, as in the fit.
    """

    beta: float
    gamma: float
    low: float
    high: float
    weight: float

    def wanted(self, radii: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log radii on the map for log radii of rows; NaN stays NaN."""
        return np.clip(self.beta * radii + self.gamma, self.low, self.high)


def check_densmap(model: Settings, *, graph: Any) -> None:
    """Refuse what densMAP cannot do, before the long search."""
    for name in ("densmap", "output_dens"):
        value = getattr(model, name)
        if not isinstance(value, (bool, np.bool_)):
            msg = f"{name}={value!r} is not allowed. Give True or False."
            raise TypeError(msg)
    check_density(model.dens_lambda, model.dens_frac, model.dens_var_shift)
    if not (model.densmap or model.output_dens):
        return
    name = "densmap" if model.densmap else "output_dens"
    if graph is not None:
        msg = (
            f"{name}=True needs the distances between neighbours, which graph= does not tell. "
            "Leave the graph out, or give precomputed_knn, which holds distances."
        )
        raise ValueError(msg)
    if model.densmap and model.optimizer != "sampled":
        msg = (
            f"densmap=True and optimizer={model.optimizer!r} exclude each other: densities are "
            "sums over the whole map, once an epoch. Give optimizer='sampled'."
        )
        raise ValueError(msg)
    if not model._output().flat:
        msg = (
            f"{name}=True and output_metric={model.output_metric!r} exclude each other: densities "
            "are measured on the plane. Give output_metric='euclidean'."
        )
        raise ValueError(msg)
    if model.densmap and model.tol is not None:
        msg = (
            f"densmap=True and tol={model.tol!r} exclude each other: tol waits for UMAP's loss to "
            "settle, which the density term raises again. Give n_epochs instead."
        )
        raise ValueError(msg)


def density_term(model: UMAP, graph: csr_array) -> DensityTerm | None:
    """Measure the rows of the layout, for later and for the layout itself, if it is to know."""
    model._radii = None
    if model._lists is None:
        return None
    radii = input_radii(graph, model._lists, n_jobs=model.n_jobs)
    model._radii = radii
    if not model.densmap:
        return None
    return DensityTerm(
        radii=radii,
        weight=float(model.dens_lambda),
        share=float(model.dens_frac),
        var_shift=float(model.dens_var_shift),
    )


def keep_densities(model: UMAP, places: NDArray[np.float32]) -> None:
    """Set what a fit promises: `rad_orig_`, `rad_emb_`, and the rule for new rows."""
    model._radius_rule = None
    lists, radii = model._lists, model._radii
    model._lists = model._radii = None
    if lists is None or radii is None:
        return
    copies = model._places
    model.rad_orig_ = copies.expand(radii.astype(np.float32))
    if model.output_dens:
        from umapkit.quality import local_radii

        k = min(model.n_neighbors, len(places))
        found = (
            local_radii(places, n_neighbors=k, n_jobs=model.n_jobs)
            if k > 1
            else np.full(len(places), np.nan)
        )
        model.rad_emb_ = copies.expand(found.astype(np.float32))
    if model.densmap and model.dens_lambda > 0 and model.dens_frac > 0:
        model._radius_rule = radius_rule(model, lists, places)


def radius_rule(model: UMAP, lists: Neighbors, places: NDArray[np.float32]) -> RadiusRule | None:
    """Fit the rule on the training rows as new rows are measured: over a row's own list only.

    None where no training row has neighbours, or all places are one.
    """
    own = cut(lists, disconnection_distance=model._resolved_disconnection())
    scales = bandwidths(own, local_connectivity=model.local_connectivity, n_jobs=model.n_jobs)
    weights = memberships(own, scales, n_jobs=model.n_jobs)
    data = input_radii(weights, own, bipartite=True, n_jobs=model.n_jobs)
    # Column 0 is the row itself; where it has copies, they stand there as the row, too.
    others = np.where(own.indices == own.indices[:, :1], np.int32(-1), own.indices)
    found = list_radii(places, places, others, a=model.a_, b=model.b_, n_jobs=model.n_jobs)
    used = np.isfinite(data) & np.isfinite(found)
    x, y = data[used], found[used]
    if len(x) < 2:
        return None
    # Sums without rounding: they do not depend on the order, nor on the machine.
    dx, dy = x - math.fsum(x) / len(x), y - math.fsum(y) / len(y)
    xx, yy, xy = (math.fsum(v) / len(x) for v in (dx * dx, dy * dy, dx * dy))
    variance = yy + float(model.dens_var_shift)
    if variance == 0:
        return None
    beta = xy / xx if xx > 0 else 0.0
    return RadiusRule(
        beta=beta,
        gamma=math.fsum(y) / len(y) - beta * math.fsum(x) / len(x),
        low=float(y.min()),
        high=float(y.max()),
        weight=0.5 * float(model.dens_lambda) / variance,
    )
