"""A start from the coarse graph of scanpy's PAGA."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit._seed import Stage, draw, key, uniform


def paga_start(adata: Any, *, n_components: int, seed: int) -> NDArray[np.float64]:
    """Spread the cells of each group around its place, half way towards its nearest group.

    Parameters
    ----------
    adata : AnnData
        With ``uns["paga"]`` as ``sc.tl.paga`` and ``sc.pl.paga`` leave it: groups, their
        connectivities, their places.
    n_components : int
        Must be 2, the dimension of those places.
    seed : int
        Seed of the draws within the boxes.

    Returns
    -------
    float64 array of shape (n, 2)

    Raises
    ------
    ValueError
        If the places are missing, or the map shall not have two dimensions.
    """
    if n_components != 2:
        msg = f"init_pos='paga' gives places in 2 dimensions, not {n_components}."
        raise ValueError(msg)
    coarse = adata.uns.get("paga", {})
    if "pos" not in coarse:
        msg = "adata.uns['paga']['pos'] is missing. Run scanpy.tl.paga and scanpy.pl.paga first."
        raise ValueError(msg)
    centres = np.asarray(coarse["pos"], dtype=np.float64)
    ties = csr_array(coarse["connectivities"])
    group = np.asarray(adata.obs[coarse["groups"]].cat.codes)
    box = np.zeros_like(centres)
    for number in range(len(centres)):
        inside = slice(ties.indptr[number], ties.indptr[number + 1])
        if inside.start < inside.stop:
            nearest = ties.indices[inside][np.argmax(ties.data[inside])]
            box[number] = centres[number] - centres[nearest]
    keys = key(seed, Stage.START, 0, np.arange(len(group), dtype=np.uint64))
    within = uniform(draw(keys[:, None], np.arange(2, dtype=np.uint64)[None, :]))
    return centres[group] + (within.astype(np.float64) - 0.5) * box[group]
