"""Where new rows begin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.graph import csr_parts, shape_of


def place(
    memberships: csr_array, embedding: NDArray[np.float32], *, n_jobs: int | None = None
) -> NDArray[np.float32]:
    """Weighted mean of the places of every new row's neighbours.

    Parameters
    ----------
    memberships : csr_array of float32, shape (m, n)
        Weights of the fitted rows for each new row.
    embedding : float32 array of shape (n, d)
        Places of the fitted rows.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    float32 array of shape (m, d)
        A row depends on its own weights only. NaN where a row has no neighbour.

    Raises
    ------
    ValueError
        If the memberships have another number of columns than there are places.
    """
    embedding = np.ascontiguousarray(embedding, dtype=np.float32)
    rows, columns = shape_of(memberships)
    if embedding.ndim != 2 or columns != len(embedding):
        msg = (
            f"Memberships of shape {memberships.shape} do not fit an embedding of shape "
            f"{embedding.shape}: there must be one column for each of its rows."
        )
        raise ValueError(msg)
    out = np.empty((rows, embedding.shape[1]), dtype=np.float32)
    _kernels.weighted_mean(*csr_parts(memberships), embedding, out, resolve_n_jobs(n_jobs))
    return out
