"""A trunk with two heads, an embedder and a classifier: what is made of rows by it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.parametric._base import NetworkEmbedding
from umapkit.parametric._classes import classes_back, classes_state
from umapkit.parametric._heads import Branch, fork_width, make_heads, make_trunk
from umapkit.parametric._scaling import fit_scaling
from umapkit.parametric._torch import choose_device, nn


class Forked(NetworkEmbedding):
    """Base of a Y-shaped network: "encoder" is trunk and embedder, "head" the classifier."""

    width: float
    classes_: NDArray[Any]
    a_: float
    b_: float
    loss_: float
    n_graphs_: int

    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Probabilities of the classes of rows.

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows.

        Returns
        -------
        float32 array of shape (m, n_classes)
            In the order of `classes_`; every row sums to 1.
        """
        rows = self._rows(X, reset=False)
        head, trunk = self.networks_["head"], self._branch.trunk
        scaling = self._scaling
        return self._in_blocks(rows, lambda x: head(trunk(scaling(x))).softmax(1))

    def predict(self, X: Any) -> NDArray[Any]:
        """Most probable class of rows; see `predict_proba`.

        Returns
        -------
        array of shape (m,)
            Labels out of `classes_`.
        """
        codes = self.predict_proba(X).argmax(axis=1)
        return self.classes_[codes]

    def activations(self, X: Any) -> NDArray[np.float32]:
        """Last hidden layer of the classifier: the space of the learned metric (Fig. 17).

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows.

        Returns
        -------
        float32 array of shape (m, width of the layer)
        """
        return self._activations(self._rows(X, reset=False))

    @property
    def _branch(self) -> Branch:
        found = self.networks_["encoder"]
        assert isinstance(found, Branch)
        return found

    def _activations(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        head, trunk = self.networks_["head"], self._branch.trunk
        assert isinstance(head, nn.Sequential)
        hidden, scaling = head[:-1], self._scaling
        return self._in_blocks(rows, lambda x: hidden(trunk(scaling(x))))

    def _make_networks(self, rows: NDArray[np.float32], **_kinds: Any) -> nn.ModuleDict:
        d = rows.shape[1]
        trunk = make_trunk(
            self.encoder,
            width=self.width,
            n_features=d,
            shape=self._check_shape(d),
            seed=self.seed_,
        )
        self._fork = fork_width(trunk, d, seed=self.seed_)
        embedder, _ = self._heads(1)
        networks = nn.ModuleDict(
            {"scaling": fit_scaling(rows, self.scaling), "encoder": Branch(trunk, embedder)}
        )
        self.networks_ = networks.to(choose_device(self.device))
        return self.networks_

    def _add_classifier(self) -> None:
        _, classifier = self._heads(len(self.classes_))
        self.networks_["head"] = classifier.to(self._device())

    def _heads(self, n_classes: int) -> tuple[nn.Module, nn.Module]:
        return make_heads(
            self.encoder,
            width=self.width,
            inputs=self._fork,
            n_components=self.n_components,
            n_classes=n_classes,
            seed=self.seed_,
        )

    def _extra_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        names = ("n_steps_", "loss_", "n_graphs_", "a_", "b_")
        config: dict[str, Any] = {name: getattr(self, name) for name in names}
        return config | {"classes": classes_state(self.classes_)}, {}

    def _restore(self, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.classes_ = classes_back(config.pop("classes"))
        for name, value in config.items():
            setattr(self, name, value)
        self._add_classifier()
