"""umapkit's neighbour search as the transformer that scanpy asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from umapkit.data import Rows, SparseRows, as_rows, as_sparse_rows
from umapkit.distances import resolve_metric
from umapkit.neighbors import NeighborIndex, build_index
from umapkit.neighbors.sparse import keeps_sparse

if TYPE_CHECKING:
    from sklearn.utils import Tags


class KNeighborsTransformer(TransformerMixin, BaseEstimator):
    """Sparse distances to the nearest rows: ``sc.pp.neighbors(adata, transformer=...)``.

    The contract is that of scikit-learn's class of this name, so it also stands in pipelines before
    estimators that take precomputed sparse distances.

    Parameters
    ----------
    n_neighbors : int, default 15
        k. scanpy counts the row itself among them, so it keeps k - 1 others.
    metric : str, default "euclidean"
        A metric of `umapkit.find_neighbors`.
    method : {"auto", "exact", "descent"}, default "auto"
        How to search; see `umapkit.neighbors.build_index`.
    random_state : int, RandomState, Generator or None, default 0
        Seed of an approximate search: the same seed gives the same bits.
    n_jobs : int or None, default None
        Threads; None for all cores. The result does not depend on it.

    Attributes
    ----------
    index_ : NeighborIndex
        The fitted rows, with `recall` estimated on a sample.
    n_features_in_ : int
        Columns seen by ``fit``.

    Examples
    --------
    >>> import numpy as np
    >>> table = KNeighborsTransformer(n_neighbors=1).fit_transform(np.arange(3.0)[:, None])
    >>> table.toarray()
    array([[0., 1., 0.],
           [1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """

    def __init__(
        self,
        *,
        n_neighbors: int = 15,
        metric: str = "euclidean",
        method: Literal["auto", "exact", "descent"] = "auto",
        random_state: Any = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.method: Literal["auto", "exact", "descent"] = method
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> Self:
        """Search the neighbours of the rows of `X`, shape (n, d); `y` is not looked at.

        Raises
        ------
        ValueError
            If `n_neighbors` is not below n, or the data cannot be used.
        """
        rows = self._rows(X, reset=True)
        if not self.n_neighbors < len(rows):
            msg = (
                f"n_neighbors={self.n_neighbors} others cannot be had from {len(rows)} sample(s). "
                "Give more rows, or fewer neighbours than rows."
            )
            raise ValueError(msg)
        self.index_: NeighborIndex = build_index(
            rows,
            n_neighbors=self.n_neighbors + 1,
            metric=self.metric,
            method=self.method,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )
        return self

    def transform(self, X: Any) -> csr_matrix:
        """Distances from rows to the k + 1 nearest fitted rows.

        Parameters
        ----------
        X : table of shape (m, d)
            Rows.

        Returns
        -------
        csr_matrix of float32, shape (m, n)
            k + 1 stored entries a row, nearest first: for the fitted rows themselves, which are
            their own nearest, k others.
        """
        check_is_fitted(self)
        rows = self._rows(X, reset=False)
        near = self.index_.query(rows, self.n_neighbors + 1, n_jobs=self.n_jobs)
        return self._table(near.indices, near.distances)

    def fit_transform(  # pyright: ignore[reportIncompatibleMethodOverride] # no **fit_params
        self, X: Any, y: Any = None
    ) -> csr_matrix:
        """Fit, and return the distances of the rows to k others each and, first, to themselves.

        Returns
        -------
        csr_matrix of float32, shape (n, n)
            k + 1 stored entries a row; the first is the row itself at distance 0.
        """
        found = self.fit(X).index_.neighbors
        return self._table(found.indices, found.distances)

    def __sklearn_tags__(self) -> Tags:
        """Say that sparse rows are taken, and float32 given."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _rows(self, X: Any, *, reset: bool) -> Rows:
        if reset:
            sparse = keeps_sparse(X, resolve_metric(self.metric))
        else:
            sparse = isinstance(self.index_.data, SparseRows)
        rows: Rows = (as_sparse_rows if sparse else as_rows)(X, n_jobs=self.n_jobs)
        validate_data(self, X, reset=reset, skip_check_array=True)
        if reset:
            self.n_features_in_ = rows.shape[1]
        elif rows.shape[1] != self.n_features_in_:
            msg = (
                f"X has {rows.shape[1]} features, but KNeighborsTransformer is expecting "
                f"{self.n_features_in_} features as input. Give the columns of fit."
            )
            raise ValueError(msg)
        return rows

    def _table(self, indices: Any, distances: Any) -> csr_matrix:
        m, k = indices.shape
        begins = np.arange(0, m * k + 1, k)
        parts = (distances.ravel().copy(), indices.ravel().copy(), begins)
        return csr_matrix(parts, shape=(m, len(self.index_.data)))
