"""Classes of rows, by the classifier that was learned on the map."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import available_if

from umapkit.parametric._base import NetworkEmbedding


def _classifies(model: Any) -> bool:
    return model.supervision == "cross_entropy"


class ClassPredictor(NetworkEmbedding):
    """What a model with ``supervision="cross_entropy"`` predicts."""

    supervision: Any
    classes_: NDArray[Any]

    @available_if(_classifies)
    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Probabilities of the classes of rows, by the classifier on the map.

        There with ``supervision="cross_entropy"`` only.

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows with the columns of ``fit``.

        Returns
        -------
        float32 array of shape (m, n_classes)
            In the order of `classes_`; every row adds up to 1.

        Raises
        ------
        AttributeError
            If the model was fitted without `y`.
        """
        rows = self._rows(X, reset=False)
        if "head" not in self.networks_:
            msg = (
                "This model has no classifier: it was fitted without y, or with "
                "supervision_weight=0. Give labels to fit."
            )
            raise AttributeError(msg)
        head = self.networks_["head"]
        return self._in_blocks(self._encode(rows), lambda z: head(z).softmax(1))

    @available_if(_classifies)
    def predict(self, X: Any) -> NDArray[Any]:
        """Most probable class of rows; parameters and errors as for `predict_proba`.

        Returns
        -------
        array of shape (m,)
            Labels out of `classes_`; of equally probable ones the first.
        """
        found = self.predict_proba(X)
        return self.classes_[found.argmax(axis=1)]
