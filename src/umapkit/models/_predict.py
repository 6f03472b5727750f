"""Classes of new rows, by the classifier that was learned on the map."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from umapkit.models._labels import head_of, probabilities
from umapkit.models._settings import Settings


def _classifies(model: ClassPredictor) -> bool:
    return model.supervision == "cross_entropy"


class ClassPredictor(Settings):
    """What a model with ``supervision="cross_entropy"`` predicts."""

    @available_if(_classifies)
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities of the classes of rows, by the classifier on the map.

        There with ``supervision="cross_entropy"`` only.

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows with the columns of ``fit``, placed by `transform`.

        Returns
        -------
        float64 array of shape (m, n_classes)
            In the order of `classes_`; every row adds up to 1. NaN, with a warning, for rows that
            have no place.

        Raises
        ------
        ValueError
            If the data cannot be used.
        AttributeError
            If the model was fitted without `y`.
        """
        check_is_fitted(self)
        model: Any = self  # what UMAP adds, `transform` above all
        head_of(model)
        return probabilities(model, model.transform(X))

    @available_if(_classifies)
    def predict(self, X: Any) -> NDArray[Any]:
        """Most probable class of rows; see `predict_proba`.

        Returns
        -------
        array of shape (m,)
            Labels out of `classes_`; of equally probable ones the first.

        Raises
        ------
        ValueError
            If the data cannot be used, or a row has no place on the map.
        """
        found = self.predict_proba(X)
        lost = int(np.isnan(found).any(axis=1).sum())
        if lost:
            msg = (
                f"{lost} of {len(found)} rows have no place on the map, hence no class. Leave them "
                "out: predict_proba has NaN in their rows."
            )
            raise ValueError(msg)
        return self.classes_[found.argmax(axis=1)]
