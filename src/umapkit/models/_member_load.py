"""Saved members of the family: what is written, and how it comes back."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils.validation import check_is_fitted

from umapkit.data import RowFinder, SparseRows
from umapkit.models._copies import Copies
from umapkit.models._load import (
    Loader,
    check_arrays,
    parameters_back,
    plain_parameters,
    save_start,
)
from umapkit.neighbors import NeighborIndex
from umapkit.neighbors.sparse import SparseIndex
from umapkit.store import write_folder

if TYPE_CHECKING:
    from umapkit.models._member import FamilyMember

_NUMBERS = ("seed_", "n_epochs_", "n_features_in_", "loss_", "_mean_distance")


def save_member(model: FamilyMember, path: str | os.PathLike[str]) -> None:
    """Write a fitted model; see `FamilyMember.save`."""
    from umapkit import __version__

    check_is_fitted(model)
    if callable(model.metric):
        msg = (
            f"metric={getattr(model.metric, '__name__', model.metric)!r} is a function, which a "
            "saved model cannot hold: loading runs no code from the files. Use pickle, or a "
            "metric by name."
        )
        raise ValueError(msg)
    arrays: dict[str, NDArray[Any]] = {
        "embedding": model.embedding_,
        "kept": model._places.kept,
        "slot": model._places.slot,
        "graph.indptr": model.graph_.indptr,
        "graph.indices": model.graph_.indices,
        "graph.data": model.graph_.data,
    }
    if model._degrees is not None:
        arrays["degrees"] = model._degrees
    for number, kept in enumerate(model.embedding_list_):
        arrays[f"embedding_list.{number}"] = kept
    index: dict[str, Any] | None = None
    if model._index is not None:
        found, index = model._index.state_arrays()
    else:
        rows = model._finder.rows
        found = rows.arrays() if isinstance(rows, SparseRows) else {"data": rows}
    arrays |= {f"index.{name}": array for name, array in found.items()}
    fitted = {name: getattr(model, name) for name in _NUMBERS}
    recall = model.neighbor_recall_
    fitted["neighbor_recall_"] = None if math.isnan(recall) else recall
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        fitted["feature_names_in_"] = [str(name) for name in names]
    config = {
        "model": type(model).__name__,
        "umapkit": __version__,
        "parameters": plain_parameters(model, arrays),
        "fitted": fitted,
        "keeps_all": model._places.keeps_all,
        "index": index,
    }
    write_folder(path, config, arrays)
    save_start(model.init, path)


def load_member(
    path: str | os.PathLike[str],
    config: dict[str, Any],
    arrays: dict[str, NDArray[Any]],
    load_start: Loader | None = None,
) -> FamilyMember:
    """Read what `save_member` wrote."""
    from umapkit.models._family import NeighborEmbedding
    from umapkit.models._largevis import LargeVis

    kind: Any = {"LargeVis": LargeVis, "NeighborEmbedding": NeighborEmbedding}[config["model"]]
    parameters = parameters_back(config["parameters"], arrays, path, load_start)
    model: FamilyMember = kind(**parameters)
    for name, value in config["fitted"].items():
        setattr(model, name, value)
    if model.neighbor_recall_ is None:
        model.neighbor_recall_ = math.nan
    if "feature_names_in_" in config["fitted"]:
        names = np.array(config["fitted"]["feature_names_in_"], dtype=object)
        vars(model)["feature_names_in_"] = names
    found = {
        name.removeprefix("index."): array
        for name, array in arrays.items()
        if name.startswith("index.")
    }
    sparse = "rows.indptr" in found
    rows: Any = SparseRows.from_arrays(found) if sparse else arrays["index.data"]
    check_arrays(path, arrays, rows)
    model.embedding_ = arrays["embedding"]
    model._places = Copies(arrays["kept"], arrays["slot"], config["keeps_all"])
    model._degrees = arrays.get("degrees")
    if model._degrees is not None and model._degrees.shape != arrays["kept"].shape:
        msg = f"{os.fspath(path)} is damaged: its arrays do not fit together. Save the model again."
        raise ValueError(msg)
    model._frozen = model._field = None
    u = len(arrays["graph.indptr"]) - 1
    parts = (arrays["graph.data"], arrays["graph.indices"], arrays["graph.indptr"])
    model.graph_ = csr_array(parts, shape=(u, u))
    model.graph_.check_format(full_check=True)
    count = sum(name.startswith("embedding_list.") for name in arrays)
    model.embedding_list_ = [arrays[f"embedding_list.{number}"] for number in range(count)]
    model._index = None
    if config["index"] is not None:
        kind_of_index = SparseIndex if sparse else NeighborIndex
        model._index = kind_of_index.from_state(found, config["index"])
        rows = model._index.data
    model._finder = RowFinder(rows)
    return model
