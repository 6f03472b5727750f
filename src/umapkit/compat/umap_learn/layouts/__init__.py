"""The names of umap-learn's ``umap.layouts`` that umapkit's layout can answer for.

Left out, since their arguments have no counterpart here: `optimize_layout_generic` and
`optimize_layout_inverse`, which take compiled functions of two points (``UMAP(output_metric=...)``
lays out on surfaces by name, ``inverse_transform`` inverts), and
`optimize_layout_aligned_euclidean`, whose state is spread over lists of arrays (`AlignedUMAP`).
"""

from __future__ import annotations

from umapkit.compat.umap_learn._optimize import clip, optimize_layout_euclidean, rdist

__all__ = ["clip", "optimize_layout_euclidean", "rdist"]
