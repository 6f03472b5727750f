"""densMAP: a layout that also keeps how dense the data are around every row."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs


@dataclass(frozen=True, eq=False, kw_only=True)
class DensityTerm:
    """What densMAP adds to a layout: the correlation of local radii (tutorial, Eq. 34).

    Parameters
    ----------
    radii : float64 array of shape (n,)
        Log radii of the data (`umapkit.graph.input_radii`); NaN where there is none.
    weight : float, default 2.0
        Factor lambda on the correlation, times the sum of the memberships of all edges, each
        counted once. Larger values keep densities better and neighbourhoods worse; 0 is plain
        UMAP. umap-learn counts every edge twice: its 2 is 4 here.
    share : float, default 0.3
        Share of the schedule, its end, in which densities count; 0 to 1.
    var_shift : float, default 0.1
        Added to the variance of the map's log radii, so that a map of even density does not
        divide by zero. Larger values damp the term.

    Raises
    ------
    ValueError
        If a number is out of range.
    """

    radii: NDArray[Any]
    weight: float = 2.0
    share: float = 0.3
    var_shift: float = 0.1

    def __post_init__(self) -> None:
        check_density(self.weight, self.share, self.var_shift)
        if np.ndim(self.radii) != 1:
            msg = f"radii has shape {np.shape(self.radii)}; give one number a vertex."
            raise ValueError(msg)

    @property
    def numbers(self) -> str:
        """Weight, share and shift as JSON, whatever their types."""
        return json.dumps([float(n) for n in (self.weight, self.share, self.var_shift)])

    def first_epoch(self, n_epochs: int) -> int:
        """First epoch t with (t + 1) / n_epochs > 1 - share, which is umap-learn's rule."""
        for epoch in range(max(0, math.floor((1.0 - self.share) * n_epochs) - 2), n_epochs):
            if (epoch + 1) / n_epochs > 1.0 - self.share:
                return epoch
        return n_epochs

    def standardized(self, counted: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Radii of the counted vertices with mean 0 and variance 1, and 0 elsewhere."""
        used = counted & np.isfinite(self.radii)
        found = np.zeros(len(counted), dtype=np.float64)
        if not used.any():
            return found
        values = np.asarray(self.radii, dtype=np.float64)[used]
        gap = values - math.fsum(values) / len(values)
        variance = math.fsum(gap * gap) / len(values)
        if variance > 0:
            found[used] = gap / math.sqrt(variance)
        return found


def counted_term(density: DensityTerm | None, n: int) -> DensityTerm | None:
    """Return the term if it does anything; raise ValueError unless it has n radii."""
    if density is None:
        return None
    if len(density.radii) != n:
        msg = f"density has {len(density.radii)} radii, the graph {n} vertices. Give one a vertex."
        raise ValueError(msg)
    return density if density.weight > 0 and density.share > 0 else None


def check_density(weight: float, share: float, var_shift: float) -> None:
    """Raise ValueError unless the three numbers are in their ranges."""
    for name, value in (("dens_lambda", weight), ("dens_var_shift", var_shift)):
        if not (np.isfinite(value) and value >= 0):
            msg = f"{name}={value!r} is not allowed. Give a number, 0 or more."
            raise ValueError(msg)
    if not 0 <= share <= 1:
        msg = f"dens_frac={share!r} is not allowed. Give a share of the epochs, 0 to 1."
        raise ValueError(msg)


def list_radii(
    points: NDArray[Any],
    embedding: NDArray[Any],
    lists: NDArray[np.int32],
    *,
    a: float,
    b: float,
    n_jobs: int | None = None,
) -> NDArray[np.float64]:
    """Log radii of points on a map, over lists of other points (tutorial, Eq. 31).

    ``r_i = ln(1e-8 + sum_j q_ij s_ij / sum_j q_ij)``, s squared distances, q = 1 / (1 + a s^b).

    Parameters
    ----------
    points : array of shape (m, d)
        Where the points are.
    embedding : array of shape (n, d)
        The map that the lists speak about.
    lists : int32 array of shape (m, k)
        Rows of the map near each point; -1 where there is none.
    a, b : float
        The curve.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    float64 array of shape (m,)
        NaN where the list is empty.
    """
    radii = np.empty(len(points), dtype=np.float64)
    _kernels.list_radii(
        np.ascontiguousarray(points, dtype=np.float32),
        np.ascontiguousarray(embedding, dtype=np.float32),
        np.ascontiguousarray(lists, dtype=np.int32),
        radii,
        a=float(a),
        b=float(b),
        n_threads=resolve_n_jobs(n_jobs),
    )
    return radii
