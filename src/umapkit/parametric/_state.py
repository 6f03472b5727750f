"""What a saved ParametricUMAP keeps besides its networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.parametric._classes import classes_back, classes_state
from umapkit.parametric._torch import nn

if TYPE_CHECKING:
    from umapkit.parametric._umap import ParametricUMAP

_NUMBERS = ("a_", "b_", "n_steps_", "loss_", "neighbor_recall_")


def make_head(model: ParametricUMAP, n_classes: int) -> nn.Module:
    """Make the soft-max classifier on the map; it begins at 0, so it needs no seed."""
    head = nn.Linear(model.n_components, n_classes)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return head.to(model._device())


def extra_state(model: ParametricUMAP) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Numbers and arrays; see `NetworkEmbedding._extra_state`."""
    config: dict[str, Any] = {name: getattr(model, name) for name in _NUMBERS}
    graph = model.graph_
    arrays = {
        "graph.indptr": graph.indptr,
        "graph.indices": graph.indices,
        "graph.data": graph.data,
        "landmark_rows": model._landmark_rows,
        "landmark_places": model._landmark_places,
    }
    classes = getattr(model, "classes_", None)
    if classes is not None:
        config["classes"] = classes_state(classes)
    return config, arrays


def restore_state(
    model: ParametricUMAP, config: dict[str, Any], arrays: dict[str, NDArray[Any]]
) -> None:
    """Take back what `extra_state` gave."""
    for name in _NUMBERS:
        setattr(model, name, config[name])
    n = len(arrays["graph.indptr"]) - 1
    parts = (arrays["graph.data"], arrays["graph.indices"], arrays["graph.indptr"])
    model.graph_ = csr_array(parts, shape=(n, n))
    model._landmark_rows = arrays["landmark_rows"]
    model._landmark_places = arrays["landmark_places"]
    classes = config.get("classes")
    if classes is not None:
        model.classes_ = classes_back(classes)
        model.networks_["head"] = make_head(model, len(model.classes_))
