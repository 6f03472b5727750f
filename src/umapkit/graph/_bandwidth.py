"""Bandwidths: how far "near" is for every row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.neighbors import Neighbors


@dataclass(frozen=True)
class Bandwidths:
    """The local scale of every row, in the unit of the distances.

    Parameters
    ----------
    sigmas : float32 array of shape (n,)
        Width of the exponential; larger means a sparser neighbourhood. Always finite.
    rhos : float32 array of shape (n,)
        Distance up to which the membership is 1.
    mean_distance : float
        Mean of all finite distances of the table (or the one that was given); a fitted map hands
        it to the bandwidths of its new rows.
    """

    sigmas: NDArray[np.float32]
    rhos: NDArray[np.float32]
    mean_distance: float


def bandwidths(
    neighbors: Neighbors,
    *,
    local_connectivity: float = 1.0,
    bandwidth: float = 1.0,
    bipartite: bool = False,
    mean_distance: float | None = None,
    n_jobs: int | None = None,
) -> Bandwidths:
    """Find rho and sigma of every row.

    Sigma solves ``sum_j exp(-max(0, d_ij - rho_i) / sigma_i) = log2(k) * bandwidth`` by bisection
    to 1e-5, and is at least 1e-3 of the row's mean distance (of `mean_distance` where rho is 0).
    Missing neighbours (infinite distances) enter neither the sum nor the means, so sigma is
    always finite. Where too few neighbours are left to reach the target, sigma grows to about
    2**64, in other words every membership of the row is 1.

    Parameters
    ----------
    neighbors : Neighbors
        Distances float32 (n, k), sorted in every row. Column 0 is the row itself and is left out
        of the sum, unless `bipartite`.
    local_connectivity : float, default 1
        How many nearest neighbours at non-zero distance have membership 1; fractions interpolate
        between two distances. Larger values fill the gaps between sparse points.
    bandwidth : float, default 1
        Factor on the target of the sum. Larger values give wider kernels.
    bipartite : bool, default False
        True for the neighbours of new rows among the rows of a fitted map: no column is the row
        itself, so the sum runs over all k columns; rho is the new row's own, by the same rule.
        `mean_distance` is then needed, since the mean of the batch would tie a row's answer to
        the rows that happen to come with it.
    mean_distance : float, optional
        Mean distance for the floor of rows with rho = 0; by default that of this table.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    Bandwidths
        Sigmas and rhos, and the mean distance.

    Raises
    ------
    ValueError
        If a parameter is negative or not finite, if there is no column, if a distance is negative
        or NaN, or if `bipartite` without `mean_distance`.

    References
    ----------
    McInnes, Healy, Melville, "UMAP", arXiv:1802.03426, Algorithm 3.

    Examples
    --------
    >>> import numpy as np
    >>> row = np.array([[0.0, 0.2, 0.4, 0.6, np.inf]], dtype=np.float32)
    >>> table = Neighbors(np.array([[0, 1, 2, 3, -1]], dtype=np.int32), row)
    >>> bandwidths(table).sigmas.round(2)
    array([0.71], dtype=float32)
    """
    if not (np.isfinite(local_connectivity) and local_connectivity >= 0):
        msg = (
            f"local_connectivity={local_connectivity!r} is not allowed. Give a number of "
            "neighbours, 0 or more; 1 is the default."
        )
        raise ValueError(msg)
    if not (np.isfinite(bandwidth) and bandwidth > 0):
        msg = f"bandwidth={bandwidth!r} is not allowed. Give a positive number; 1 is the default."
        raise ValueError(msg)
    if mean_distance is not None and not (np.isfinite(mean_distance) and mean_distance >= 0):
        msg = (
            f"mean_distance={mean_distance!r} is not allowed. Give the mean distance of the "
            "fitted table, a number of 0 or more, or None."
        )
        raise ValueError(msg)
    if bipartite and mean_distance is None:
        msg = (
            "bipartite=True needs mean_distance: pass the `mean_distance` of the Bandwidths of "
            "the fitted rows, so that a new row's answer does not depend on its batch."
        )
        raise ValueError(msg)
    distances = np.ascontiguousarray(neighbors.distances, dtype=np.float32)
    if distances.ndim != 2 or distances.shape[1] == 0:
        msg = (
            f"The table of distances has shape {distances.shape}. It must have rows and at least "
            "one column."
        )
        raise ValueError(msg)
    n, k = distances.shape
    if distances.size and not float(distances.min()) >= 0:  # NaN fails the comparison, too
        row, column = np.argwhere(~(distances >= 0))[0]
        msg = (
            f"The distance in row {row}, column {column} is {distances[row, column]}. Distances "
            "must be 0 or more; missing ones are infinite."
        )
        raise ValueError(msg)
    sigmas = np.empty(n, dtype=np.float32)
    rhos = np.empty(n, dtype=np.float32)
    mean = _kernels.find_bandwidths(
        distances,
        0 if bipartite else 1,
        float(local_connectivity),
        float(np.log2(k) * bandwidth),
        np.nan if mean_distance is None else float(mean_distance),
        sigmas,
        rhos,
        resolve_n_jobs(n_jobs),
    )
    return Bandwidths(sigmas, rhos, mean)
