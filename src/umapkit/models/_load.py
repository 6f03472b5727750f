"""Saved models: what of a model is written, and how it comes back."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils.validation import check_is_fitted

from umapkit.data import RowFinder, Rows, SparseRows
from umapkit.distances import Metric
from umapkit.models._copies import Copies
from umapkit.models._place import GroundKeeper
from umapkit.models._umap import UMAP
from umapkit.neighbors import NeighborIndex, Neighbors
from umapkit.neighbors.sparse import SparseIndex
from umapkit.store import read_folder, write_folder

# Parameters that belong to a run, not to the map.
_OF_THE_RUN = ("memory", "observers", "checkpoint", "verbose")
_NUMBERS = ("seed_", "a_", "b_", "n_epochs_", "n_features_in_", "_new_row_epochs", "_mean_distance")
_MAYBE_NAN = ("loss_", "neighbor_recall_")


def save_umap(model: UMAP, path: str | os.PathLike[str]) -> None:
    """Write a fitted model; see `UMAP.save`."""
    from umapkit import __version__

    check_is_fitted(model)
    arrays: dict[str, NDArray[Any]] = {
        "embedding": model.embedding_,
        "disconnected": model.disconnected_,
        "kept": model._places.kept,
        "slot": model._places.slot,
        "graph.indptr": model.graph_.indptr,
        "graph.indices": model.graph_.indices,
        "graph.data": model.graph_.data,
    }
    for number, kept in enumerate(getattr(model, "embedding_list_", [])):
        arrays[f"embedding_list.{number}"] = kept
    index: dict[str, Any] | None = None
    if model._index is None:
        rows = model._finder.rows
        found = rows.arrays() if isinstance(rows, SparseRows) else {"data": rows}
        arrays |= {f"index.{name}": array for name, array in found.items()}
    else:
        found, index = model._index.state_arrays()
        arrays |= {f"index.{name}": array for name, array in found.items()}
    fitted = {name: getattr(model, name) for name in _NUMBERS}
    fitted |= {name: _or_none(getattr(model, name)) for name in _MAYBE_NAN}
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        fitted["feature_names_in_"] = [str(name) for name in names]
    config = {
        "model": type(model).__name__,
        "umapkit": __version__,
        "parameters": _plain_parameters(model, arrays),
        "fitted": fitted,
        "keeps_all": model._places.keeps_all,
        "index": index,
    }
    write_folder(path, config, arrays)


def load(path: str | os.PathLike[str]) -> UMAP:
    """Read a model that ``save`` wrote; no code from the files is run.

    Parameters
    ----------
    path : path-like
        The folder.

    Returns
    -------
    UMAP
        Fitted; its `transform` gives the same bits as that of the saved model.

    Raises
    ------
    FileNotFoundError
        If there is no saved model.
    ValueError
        If the files cannot be read or hold another kind of model.
    """
    config, arrays = read_folder(path)
    if config.get("model") != "UMAP":
        msg = f"{os.fspath(path)} holds a {config.get('model')!r}; this version loads 'UMAP'."
        raise ValueError(msg)
    model = UMAP(**_parameters_back(config["parameters"], arrays))
    for name, value in config["fitted"].items():
        setattr(model, name, value)
    for name in _MAYBE_NAN:
        setattr(model, name, math.nan if getattr(model, name) is None else getattr(model, name))
    if "feature_names_in_" in config["fitted"]:
        names = np.array(config["fitted"]["feature_names_in_"], dtype=object)
        vars(model)["feature_names_in_"] = names
    model.embedding_ = arrays["embedding"]
    model.disconnected_ = arrays["disconnected"]
    found = {
        name.removeprefix("index."): array
        for name, array in arrays.items()
        if name.startswith("index.")
    }
    sparse = "rows.indptr" in found
    rows = SparseRows.from_arrays(found) if sparse else arrays["index.data"]
    _check_arrays(path, arrays, rows)
    n = len(arrays["slot"])
    parts = (arrays["graph.data"], arrays["graph.indices"], arrays["graph.indptr"])
    model.graph_ = csr_array(parts, shape=(n, n))
    model.graph_.check_format(full_check=True)
    snapshots = [name for name in arrays if name.startswith("embedding_list.")]
    if snapshots:
        model.embedding_list_ = [
            arrays[f"embedding_list.{number}"] for number in range(len(snapshots))
        ]
    model._places = Copies(arrays["kept"], arrays["slot"], config["keeps_all"])
    model._index = None
    if config["index"] is not None:
        kind = SparseIndex if sparse else NeighborIndex
        model._index = kind.from_state(found, config["index"])
        rows = model._index.data
    model._finder = RowFinder(rows)
    model._keeper = GroundKeeper()
    return model


def _check_arrays(
    path: str | os.PathLike[str], arrays: dict[str, NDArray[Any]], rows: Rows
) -> None:
    """Refuse arrays that do not fit together: the kernels would read beyond their ends."""
    embedding, kept, slot = (arrays[name] for name in ("embedding", "kept", "slot"))
    n, u = len(slot), len(kept)
    fits = (
        embedding.ndim == 2
        and len(embedding) == n
        and embedding.dtype == np.float32
        and (isinstance(rows, SparseRows) or (rows.dtype == np.float32 and rows.ndim == 2))
        and len(rows) == u
        and n > 0
        and 0 <= kept.min() <= kept.max() < n
        and 0 <= slot.min() <= slot.max() < u
    )
    if not fits:
        msg = f"{os.fspath(path)} is damaged: its arrays do not fit together. Save the model again."
        raise ValueError(msg)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _plain_parameters(model: UMAP, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Parameters as JSON values; arrays among them go to `arrays`."""
    plain: dict[str, Any] = {}
    for name, value in model.get_params(deep=False).items():
        if name in _OF_THE_RUN:
            continue
        if name == "random_state" and not isinstance(value, int | None):
            # A generator has moved on; the seed that it gave repeats the fit.
            plain[name] = model.seed_
        elif name == "precomputed_knn" and model._given_neighbors() is not None:
            given: Any = value
            if isinstance(value, Neighbors):
                given = (value.indices, value.distances)
            indices, distances = given[0], given[1]
            arrays["precomputed_knn.indices"] = np.asarray(indices)
            arrays["precomputed_knn.distances"] = np.asarray(distances)
            plain[name] = {"arrays": True}
        elif name == "init" and not isinstance(value, str):
            arrays["init"] = np.asarray(value, dtype=np.float32)
            plain[name] = {"arrays": True}
        elif isinstance(value, Metric):
            plain[name] = value.name
        elif isinstance(value, (float, np.floating)) and not math.isfinite(value):
            plain[name] = {"number": str(float(value))}  # JSON has no infinity
        elif isinstance(value, np.generic):
            plain[name] = value.item()
        elif isinstance(value, (list, tuple, np.ndarray)):
            plain[name] = [int(v) for v in value]
        else:
            plain[name] = value
    return plain


def _parameters_back(plain: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    parameters = {
        name: float(value["number"]) if isinstance(value, dict) and "number" in value else value
        for name, value in plain.items()
    }
    if isinstance(parameters.get("init"), dict):
        parameters["init"] = arrays["init"]
    if isinstance(parameters.get("precomputed_knn"), dict):
        parameters["precomputed_knn"] = (
            arrays["precomputed_knn.indices"],
            arrays["precomputed_knn.distances"],
        )
    return parameters
