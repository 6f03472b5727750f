"""Rows as umap-learn keeps them: dense float32, or CSR."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from umapkit.data import as_rows


def read_rows(X: Any, *, finite: Any, metric: Any, least: int = 1) -> Any:
    """Read a table.

    Parameters
    ----------
    X : table of shape (n, d)
        Dense or sparse.
    finite : True, False, None or "allow-nan"
        umap-learn's `ensure_all_finite`; None is True.
    metric : str or callable
        Distances ("precomputed") may be infinite.
    least : int, default 1
        Fewest rows.

    Returns
    -------
    float32 array or csr_matrix of shape (n, d)

    Raises
    ------
    ValueError
        If it is no table, or a value is not finite where it must be.
    """
    if finite not in (True, False, None, "allow-nan"):
        msg = f"ensure_all_finite={finite!r} is not allowed. Give True, False or 'allow-nan'."
        raise ValueError(msg)
    finite = True if finite is None else finite
    if scipy.sparse.issparse(X):
        rows = scipy.sparse.csr_matrix(X, dtype=np.float32)
        if not rows.has_sorted_indices:
            rows = rows.sorted_indices()
        if finite is True and not np.isfinite(rows.data).all():
            msg = (
                "X holds values that are not finite. Give finite ones, or ensure_all_finite=False."
            )
            raise ValueError(msg)
        return rows
    if finite is True and metric != "precomputed":
        return as_rows(X, min_rows=least)
    from sklearn.utils import check_array

    check: Any = check_array  # its types are narrower than what it takes
    return check(
        X,
        dtype=np.float32,
        order="C",
        ensure_min_samples=least,
        ensure_all_finite="allow-nan" if finite == "allow-nan" else False,
    )


def stacked_like(old: Any, new: Any) -> Any:
    """Rows below rows, of the first ones' kind: sparse or dense."""
    if scipy.sparse.issparse(old):
        return scipy.sparse.vstack([old, scipy.sparse.csr_matrix(new)], format="csr")
    return np.vstack([old, new.toarray() if scipy.sparse.issparse(new) else new])
