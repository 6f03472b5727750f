"""Maps with a way back: decoding, interpolation, images moved along attributes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from umapkit.data import as_rows
from umapkit.parametric._base import NetworkEmbedding
from umapkit.parametric._checks import check_whole
from umapkit.parametric._torch import torch


class Decoding(NetworkEmbedding):
    """What a map with a decoder does."""

    decoder: Any

    def _decode(self, places: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows, in the units of the data, of checked places."""
        decoder, scaling = self.networks_["decoder"], self._scaling
        if self._reconstruction == "bce":
            return self._in_blocks(places, lambda z: scaling.stretch(torch.sigmoid(decoder(z))))
        return self._in_blocks(places, lambda z: scaling.back(decoder(z)))

    def inverse_transform(self, places: ArrayLike) -> NDArray[np.float32]:
        """Make rows of places, by the decoder.

        Parameters
        ----------
        places : array of shape (m, n_components)
            Places on the map.

        Returns
        -------
        float32 array of shape (m, n_features)
            Rows in the units of the data.

        Raises
        ------
        AttributeError
            If the model has no decoder.
        ValueError
            If the places have another number of columns, or are not finite.
        """
        check_is_fitted(self)
        self._need_decoder()
        checked = as_rows(places, name="places", n_jobs=self.n_jobs)
        if checked.shape[1] != self.embedding_.shape[1]:
            msg = (
                f"places has {checked.shape[1]} columns, the map has {self.embedding_.shape[1]}. "
                "Give places on this map."
            )
            raise ValueError(msg)
        return self._decode(checked)

    def interpolate(self, start: Any, end: Any, *, n_steps: int = 7) -> NDArray[np.float32]:
        """Decode the straight way on the map from one row's place to another's.

        Parameters
        ----------
        start, end : array of shape (n_features,)
            Two rows.
        n_steps : int, default 7
            Places on the way, both ends included; at least 2.

        Returns
        -------
        float32 array of shape (n_steps, n_features)
            Rows in the units of the data.

        Raises
        ------
        AttributeError
            If the model has no decoder.
        """
        check_is_fitted(self)
        self._need_decoder()
        check_whole("n_steps", n_steps, 2)
        ends = self._encode(self._rows(np.stack([np.ravel(start), np.ravel(end)]), reset=False))
        share = np.linspace(0.0, 1.0, n_steps, dtype=np.float32)[:, None]
        return self._decode(ends[0] * (1 - share) + ends[1] * share)

    def add_attribute(
        self, X: Any, vector: ArrayLike, amount: float | ArrayLike = 1.0
    ) -> NDArray[np.float32]:
        """Decode rows whose places are moved along an attribute's vector.

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows.
        vector : array of shape (n_components,)
            Of `attribute_vectors`.
        amount : float or array of shape (m,), default 1
            How far; negative takes the attribute away.

        Returns
        -------
        float32 array of shape (m, n_features)
            Rows in the units of the data.

        Raises
        ------
        AttributeError
            If the model has no decoder.
        """
        check_is_fitted(self)
        self._need_decoder()
        places = self._encode(self._rows(X, reset=False))
        way = np.asarray(vector, dtype=np.float64).ravel()
        if len(way) != places.shape[1]:
            msg = f"vector has {len(way)} numbers, the map {places.shape[1]} dimensions."
            raise ValueError(msg)
        moved = places + np.reshape(np.asarray(amount, dtype=np.float64), (-1, 1)) * way
        return self._decode(moved.astype(np.float32))
