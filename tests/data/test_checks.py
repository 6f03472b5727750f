from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import estimator_checks as checks
from sklearn.utils.validation import check_is_fitted

from umapkit.data import as_rows


class Door(TransformerMixin, BaseEstimator):
    """Nothing but the door, so that scikit-learn's checks look at its words."""

    def fit(self, X, y=None):
        self.n_features_in_ = as_rows(X).shape[1]
        return self

    def transform(self, X):
        check_is_fitted(self)
        rows = as_rows(X)
        if rows.shape[1] != self.n_features_in_:
            msg = f"X has {rows.shape[1]} features, expected {self.n_features_in_}"
            raise ValueError(msg)
        return rows

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


@pytest.mark.parametrize(
    "check",
    [
        checks.check_fit1d,
        checks.check_fit2d_1sample,
        checks.check_fit2d_1feature,
        checks.check_complex_data,
        checks.check_dtype_object,
        checks.check_estimators_dtypes,
        checks.check_estimators_empty_data_messages,
        checks.check_estimators_nan_inf,
        checks.check_estimators_fit_returns_self,
        checks.check_readonly_memmap_input,
        checks.check_estimator_sparse_array,
        checks.check_estimator_sparse_matrix,
        checks.check_estimator_sparse_tag,
        checks.check_transformer_data_not_an_array,
        checks.check_transformer_general,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learns_checks_of_input_pass(check):
    check("Door", Door())


def test_rows_agree_with_scikit_learns_own_conversion():
    from sklearn.utils import check_array

    X = np.random.default_rng(0).normal(size=(30, 6))
    np.testing.assert_array_equal(as_rows(X), check_array(X, dtype=np.float32))
