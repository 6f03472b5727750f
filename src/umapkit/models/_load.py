"""Saved models: what of a model is written, and how it comes back."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils.validation import check_is_fitted

from umapkit.data import RowFinder, Rows, SparseRows
from umapkit.distances import Metric, resolve_metric
from umapkit.models._copies import Copies
from umapkit.models._density import RadiusRule
from umapkit.models._labels import classes_back, plain_classes
from umapkit.models._place import GroundKeeper
from umapkit.models._settings import given_neighbors
from umapkit.models._umap import UMAP
from umapkit.models._warm import is_model
from umapkit.neighbors import GivenIndex, NeighborIndex, Neighbors, SameRows, check_ids
from umapkit.neighbors.sparse import SparseIndex
from umapkit.store import read_folder, write_folder

# Parameters that belong to a run, not to the map.
_OF_THE_RUN = ("memory", "observers", "checkpoint", "verbose")
_NUMBERS = ("seed_", "a_", "b_", "n_epochs_", "n_features_in_", "_new_row_epochs", "_mean_distance")
_RADII = ("rad_orig_", "rad_emb_")
_MAYBE_NAN = ("loss_", "neighbor_recall_")
_WARM = "init"  # folder of a model that was the start
# Reads a model of whichever room: this one does not know the others.
Loader = Callable[[Path], Any]
_FAMILY = ("LargeVis", "NeighborEmbedding")
# What else a folder may hold, and who reads it.
_COMPOSED = {
    "AlignedUMAP": "load_aligned",
    "CombinedUMAP": "load_combined",
    "Combination": "load_combination",
}
_PLAIN = {"LaplacianEigenmaps": "load_laplacian", "PCA": "load_pca"}


def save_umap(model: UMAP, path: str | os.PathLike[str]) -> None:
    """Write a fitted model; see `UMAP.save`."""
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
    if isinstance(model._index, GivenIndex):
        lists = model._index.neighbors
        # The lists stand for the rows, which nobody knows.
        arrays |= {"index.data": lists.distances, "index.indices": lists.indices}
        arrays["index.hashes"] = model._finder.hashes
        index = {"metric": "precomputed"}
    else:
        if model._index is not None:
            found, index = model._index.state_arrays()
        else:
            rows = model._finder.rows
            found = rows.arrays() if isinstance(rows, SparseRows) else {"data": rows}
        arrays |= {f"index.{name}": array for name, array in found.items()}
    for name in _RADII:
        if hasattr(model, name):
            arrays[name] = getattr(model, name)
    head = getattr(model, "head_", None)
    if head is not None:
        arrays["head"] = head
    fitted = {name: getattr(model, name) for name in _NUMBERS}
    fitted["_told"] = model._told
    fitted |= {name: _or_none(getattr(model, name)) for name in _MAYBE_NAN}
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        fitted["feature_names_in_"] = [str(name) for name in names]
    if hasattr(model, "supervision_loss_"):
        fitted["supervision_loss_"] = model.supervision_loss_
    if head is not None:
        fitted["classes_"] = plain_classes(model.classes_)
    config = {
        "model": type(model).__name__,
        "umapkit": __version__,
        "parameters": plain_parameters(model, arrays),
        "fitted": fitted,
        "keeps_all": model._places.keeps_all,
        "radius_rule": None if model._radius_rule is None else asdict(model._radius_rule),
        "index": index,
    }
    write_folder(path, config, arrays)
    save_start(model.init, path)


def save_start(init: Any, path: str | os.PathLike[str]) -> None:
    """Write a model that was the start into a folder of its own."""
    if not is_model(init):
        return
    if not hasattr(init, "save"):
        msg = (
            f"init is a {type(init).__name__}, which cannot be saved. A fitted model does not need "
            "it any more: set_params(init='spectral') before save."
        )
        raise ValueError(msg)
    init.save(Path(path) / _WARM)


def load(path: str | os.PathLike[str], *, load_start: Loader | None = None) -> Any:
    """Read a model that ``save`` wrote; no code from the files is run.

    Parameters
    ----------
    path : path-like
        The folder.
    load_start : callable, optional
        Reads the folder of a model that was the start. ``None``: this function, which knows the
        models of this room; `umapkit.load` gives itself, which knows all.

    Returns
    -------
    UMAP, TSNE, LargeVis, PCA, ...
        Fitted; its `transform` gives the same bits as that of the saved model.

    Raises
    ------
    FileNotFoundError
        If there is no saved model.
    ValueError
        If the files cannot be read or hold another kind of model.
    """
    config, arrays = read_folder(path)
    if config.get("model") in _COMPOSED:
        from umapkit.models import _load_composed

        reader = getattr(_load_composed, _COMPOSED[config["model"]])
        return reader(path, config, arrays, load_start)
    if config.get("model") == "TSNE":
        from umapkit.models._tsne_load import load_tsne

        return load_tsne(path, config, arrays, load_start)
    if config.get("model") in _PLAIN:
        from umapkit.models import _plain_load

        return getattr(_plain_load, _PLAIN[config["model"]])(path, config, arrays)
    if config.get("model") in _FAMILY:
        from umapkit.models._member_load import load_member

        return load_member(path, config, arrays, load_start)
    if config.get("model") != "UMAP":
        known = ", ".join(map(repr, ["UMAP", "TSNE", *_PLAIN, *_FAMILY, *_COMPOSED]))
        msg = f"{os.fspath(path)} holds a {config.get('model')!r}; this version loads {known}."
        raise ValueError(msg)
    model = UMAP(**parameters_back(config["parameters"], arrays, path, load_start))
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
    check_arrays(path, arrays, rows)
    if "head" in arrays:
        model.head_ = arrays["head"]
        model.classes_ = classes_back(config["fitted"]["classes_"])
    n = len(arrays["slot"])
    parts = (arrays["graph.data"], arrays["graph.indices"], arrays["graph.indptr"])
    model.graph_ = csr_array(parts, shape=(n, n))
    model.graph_.check_format(full_check=True)
    snapshots = [name for name in arrays if name.startswith("embedding_list.")]
    if snapshots:
        model.embedding_list_ = [
            arrays[f"embedding_list.{number}"] for number in range(len(snapshots))
        ]
    for name in _RADII:
        if name in arrays:
            setattr(model, name, arrays[name])
    rule = config.get("radius_rule")  # models saved before densMAP have none
    model._radius_rule = None if rule is None else RadiusRule(**rule)
    model._places = Copies(arrays["kept"], arrays["slot"], config["keeps_all"])
    model._index = None
    model._finder = None
    if config["index"] is not None and config["index"]["metric"] == "precomputed":
        lists = Neighbors(arrays["index.indices"], arrays["index.data"])
        check_ids(arrays, "index.indices", len(model._places.kept))
        model._index = GivenIndex(lists, model._places.kept)
        first = model._places.kept[model._places.slot]
        model._finder = SameRows(first, arrays["index.hashes"], model._places.slot)
    elif config["index"] is not None:
        kind = SparseIndex if sparse else NeighborIndex
        model._index = kind.from_state(found, config["index"])
        rows = model._index.data
    if model._finder is None:
        model._finder = RowFinder(rows)
    model._keeper = GroundKeeper()
    return model


def check_arrays(path: str | os.PathLike[str], arrays: dict[str, NDArray[Any]], rows: Rows) -> None:
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


def plain_parameters(model: Any, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Parameters as JSON values; arrays among them go to `arrays`."""
    plain: dict[str, Any] = {}
    for name, value in model.get_params(deep=False).items():
        if name in _OF_THE_RUN:
            continue
        if name == "random_state" and not isinstance(value, int | None):
            # A generator has moved on; the seed that it gave repeats the fit.
            plain[name] = model.seed_
        elif name == "precomputed_knn" and given_neighbors(value) is not None:
            given: Any = value
            if isinstance(value, Neighbors):
                given = (value.indices, value.distances)
            indices, distances = given[0], given[1]
            arrays["precomputed_knn.indices"] = np.asarray(indices)
            arrays["precomputed_knn.distances"] = np.asarray(distances)
            plain[name] = {"arrays": True}
        elif name == "init" and is_model(value):
            plain[name] = {"folder": _WARM}
        elif name == "init" and value is not None and not isinstance(value, str):
            arrays["init"] = np.asarray(value, dtype=np.float32)
            plain[name] = {"arrays": True}
        elif name == "output_metric_kwds" and value is not None:
            plain[name] = {"periods": list(model._output().periods)} if value else {}
        elif name == "metric":
            plain[name] = resolve_metric(model.metric).name
        elif name == "metric_kwds":
            plain[name] = _plain_keywords(model, arrays)
        elif name == "target_metric" and isinstance(value, Metric):
            plain[name] = value.name
        elif name == "target_metric" and callable(value):
            msg = (
                "target_metric is a function, which no file of a model can hold. A fitted model "
                "does not need it any more: set_params(target_metric='categorical') before save."
            )
            raise ValueError(msg)
        elif isinstance(value, (float, np.floating)) and not math.isfinite(value):
            plain[name] = {"number": str(float(value))}  # JSON has no infinity
        elif isinstance(value, np.generic):
            plain[name] = value.item()
        elif isinstance(value, (list, tuple, np.ndarray)):
            plain[name] = [int(v) for v in value]
        else:
            plain[name] = value
    return plain


def _plain_keywords(model: Any, arrays: dict[str, NDArray[Any]]) -> dict[str, Any] | None:
    """Keywords of the metric: numbers as text (JSON has no infinity), arrays to `arrays`."""
    keywords = resolve_metric(model.metric, model.metric_kwds).shown
    plain: dict[str, Any] = {}
    for name, value in keywords.items():
        if isinstance(value, np.ndarray):
            arrays[f"metric_kwds.{name}"] = value
        else:
            plain[name] = str(value)
    return {"keywords": plain} if keywords else None


def parameters_back(
    plain: dict[str, Any],
    arrays: dict[str, NDArray[Any]],
    path: str | os.PathLike[str],
    load_start: Loader | None = None,
) -> dict[str, Any]:
    """Parameters out of what `plain_parameters` made of them."""
    parameters: dict[str, Any] = {
        name: float(value["number"]) if isinstance(value, dict) and "number" in value else value
        for name, value in plain.items()
    }
    if parameters.get("init") == {"folder": _WARM}:
        parameters["init"] = (load_start or load)(Path(path) / _WARM)
    if isinstance(parameters.get("metric_kwds"), dict):
        given = parameters["metric_kwds"]["keywords"] | {
            name.removeprefix("metric_kwds."): array
            for name, array in arrays.items()
            if name.startswith("metric_kwds.")
        }
        parameters["metric_kwds"] = dict(resolve_metric(parameters["metric"], given).shown)
    if isinstance(parameters.get("init"), dict):
        parameters["init"] = arrays["init"]
    if isinstance(parameters.get("precomputed_knn"), dict):
        parameters["precomputed_knn"] = (
            arrays["precomputed_knn.indices"],
            arrays["precomputed_knn.distances"],
        )
    period = parameters.get("supervision_period")
    if isinstance(period, list):
        parameters["supervision_period"] = tuple(period)
    return parameters
