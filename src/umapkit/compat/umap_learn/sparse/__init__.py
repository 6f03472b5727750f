"""The distances of umap-learn's ``umap.sparse``: of two rows given by columns and values.

``sparse.sparse_cosine(ind1, data1, ind2, data2)``; those of `sparse_need_n_features` take the
number of columns last. Columns increase within a row. The values are those of the metrics of the
same names. Left out are its routines for sets, `general_sset_intersection` and
`general_sset_union`, which write into triplets: `umap_.general_simplicial_set_intersection` and
`umap_.general_simplicial_set_union` do the same with matrices.
"""

from __future__ import annotations

from typing import Any

from umapkit.compat.umap_learn._sparse import (
    SPARSE_SPECIAL_METRICS,
    arr_intersect,
    arr_union,
    arr_unique,
    functions,
    sparse_diff,
    sparse_mul,
    sparse_named_distances,
    sparse_need_n_features,
    sparse_sum,
)

__all__ = [
    "SPARSE_SPECIAL_METRICS",
    "arr_intersect",
    "arr_union",
    "arr_unique",
    "sparse_diff",
    "sparse_mul",
    "sparse_named_distances",
    "sparse_need_n_features",
    "sparse_sum",
]


def __getattr__(name: str) -> Any:
    found = functions.get(name)
    if found is None:
        msg = (
            f"umapkit.compat.umap_learn.sparse has no {name!r}; it has: "
            f"{', '.join(sorted([*__all__, *functions]))}."
        )
        raise AttributeError(msg)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *functions})
