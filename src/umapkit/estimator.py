"""The scikit-learn contract, written once for every model that takes one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from umapkit.data import Rows, as_rows, as_sparse_rows

if TYPE_CHECKING:
    from sklearn.utils import Tags


class MapEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Base of the models: checked rows in, named float32 columns out.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        The map; every subclass sets it in ``fit``.
    n_features_in_ : int
        Columns seen by ``fit``.
    feature_names_in_ : array of str
        Their names, when the table had some.
    """

    embedding_: NDArray[np.float32]

    def __sklearn_tags__(self) -> Tags:
        """Say what the models accept."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = False
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Whether a fit has come to its end."""
        return hasattr(self, "embedding_")

    @property
    def _n_features_out(self) -> int:
        """Columns of the map; scikit-learn makes names such as umap0, umap1 of it."""
        return self.embedding_.shape[1]

    def _keeps_sparse(self, X: Any, *, reset: bool) -> bool:
        """Whether rows of `X` go on as sparse ones; models that can do that say so."""
        return False

    def _missing_value(self) -> float | None:
        """Return what NaN becomes in the rows; None refuses it."""
        return None

    def _rows(self, X: Any, *, reset: bool) -> Rows:
        """Return checked float32 rows; remember (`reset`) or compare the columns' number and names.

        Raises
        ------
        ValueError
            If `X` is not a finite table, or its columns are not those of ``fit``.
        """
        if not reset:
            check_is_fitted(self)
        n_jobs = getattr(self, "n_jobs", None)
        sparse = self._keeps_sparse(X, reset=reset)
        if sparse:
            rows: Rows = as_sparse_rows(X, n_jobs=n_jobs)
        else:
            rows = as_rows(X, missing=self._missing_value(), n_jobs=n_jobs)
        validate_data(self, X, reset=reset, skip_check_array=True)
        if reset:
            self.n_features_in_ = rows.shape[1]
        elif rows.shape[1] != self.n_features_in_:
            msg = (
                f"X has {rows.shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input. Give the columns of fit."
            )
            raise ValueError(msg)
        return rows
