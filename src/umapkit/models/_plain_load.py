"""Saved models without a layout of UMAP: what they share, and the plain ones among them."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils.validation import check_is_fitted

from umapkit.data import RowFinder, SparseRows
from umapkit.init import PrincipalAxes
from umapkit.models._copies import Copies
from umapkit.models._load import check_arrays, parameters_back, plain_parameters
from umapkit.neighbors import NeighborIndex
from umapkit.neighbors.sparse import SparseIndex
from umapkit.store import write_folder

if TYPE_CHECKING:
    from umapkit.models._laplacian import LaplacianEigenmaps
    from umapkit.models._pca import PCA

_OF_PCA = ("seed_", "n_features_in_")
_OF_LAPLACIAN = ("seed_", "n_features_in_", "_mean_distance")


def arrays_of(model: Any) -> tuple[dict[str, NDArray[Any]], dict[str, Any] | None]:
    """Map, graph and rows of a fitted model on a graph, and what its index is.

    Raises
    ------
    NotFittedError
        Before ``fit``.
    ValueError
        If the metric is a function.
    """
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
    index: dict[str, Any] | None = None
    if model._index is not None:
        found, index = model._index.state_arrays()
    else:
        rows = model._finder.rows
        found = rows.arrays() if isinstance(rows, SparseRows) else {"data": rows}
    arrays |= {f"index.{name}": array for name, array in found.items()}
    return arrays, index


def maybe_of(model: Any) -> dict[str, Any]:
    """Fitted values that need not be there: names of columns, the recall."""
    found: dict[str, Any] = {}
    if hasattr(model, "neighbor_recall_"):
        recall = model.neighbor_recall_
        found["neighbor_recall_"] = None if math.isnan(recall) else recall
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        found["feature_names_in_"] = [str(name) for name in names]
    return found


def fitted_back(model: Any, fitted: dict[str, Any]) -> None:
    """Set what `maybe_of` and lists of numbers have kept."""
    for name, value in fitted.items():
        setattr(model, name, value)
    if "neighbor_recall_" in fitted and model.neighbor_recall_ is None:
        model.neighbor_recall_ = math.nan
    if "feature_names_in_" in fitted:
        names = np.array(fitted["feature_names_in_"], dtype=object)
        vars(model)["feature_names_in_"] = names


def put_back(
    model: Any,
    path: str | os.PathLike[str],
    config: dict[str, Any],
    arrays: dict[str, NDArray[Any]],
) -> None:
    """Set what `arrays_of` and `maybe_of` have kept.

    Raises
    ------
    ValueError
        If the arrays do not fit together.
    """
    fitted_back(model, config["fitted"])
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
    u = len(arrays["graph.indptr"]) - 1
    parts = (arrays["graph.data"], arrays["graph.indices"], arrays["graph.indptr"])
    model.graph_ = csr_array(parts, shape=(u, u))
    model.graph_.check_format(full_check=True)
    model._index = None
    if config["index"] is not None:
        kind = SparseIndex if sparse else NeighborIndex
        model._index = kind.from_state(found, config["index"])
        rows = model._index.data
    model._finder = RowFinder(rows)


def save_laplacian(model: LaplacianEigenmaps, path: str | os.PathLike[str]) -> None:
    """Write a fitted model; see `LaplacianEigenmaps.save`."""
    from umapkit import __version__

    arrays, index = arrays_of(model)
    arrays["eigenvalues"] = model.eigenvalues_
    config = {
        "model": "LaplacianEigenmaps",
        "umapkit": __version__,
        "parameters": plain_parameters(model, arrays),
        "fitted": {name: getattr(model, name) for name in _OF_LAPLACIAN} | maybe_of(model),
        "keeps_all": model._places.keeps_all,
        "index": index,
    }
    write_folder(path, config, arrays)


def load_laplacian(
    path: str | os.PathLike[str], config: dict[str, Any], arrays: dict[str, NDArray[Any]]
) -> LaplacianEigenmaps:
    """Read what `save_laplacian` wrote."""
    from umapkit.models._laplacian import LaplacianEigenmaps

    model = LaplacianEigenmaps(**parameters_back(config["parameters"], arrays, path))
    put_back(model, path, config, arrays)
    model.eigenvalues_ = arrays["eigenvalues"]
    return model


def save_pca(model: PCA, path: str | os.PathLike[str]) -> None:
    """Write a fitted model; see `PCA.save`."""
    from umapkit import __version__

    check_is_fitted(model)
    axes = model._axes
    arrays = {
        "embedding": model.embedding_,
        "mean": axes.mean,
        "axes": axes.axes,
        "squares": axes.squares,
        "components": model.components_,
        "variance": model.explained_variance_,
        "ratio": model.explained_variance_ratio_,
    }
    config = {
        "model": "PCA",
        "umapkit": __version__,
        "parameters": plain_parameters(model, arrays),
        "fitted": {name: getattr(model, name) for name in _OF_PCA} | maybe_of(model),
    }
    write_folder(path, config, arrays)


def load_pca(
    path: str | os.PathLike[str], config: dict[str, Any], arrays: dict[str, NDArray[Any]]
) -> PCA:
    """Read what `save_pca` wrote."""
    from umapkit.models._pca import PCA

    model = PCA(**parameters_back(config["parameters"], arrays, path))
    fitted_back(model, config["fitted"])
    axes = PrincipalAxes(arrays["mean"], arrays["axes"], arrays["squares"])
    d, r = len(axes.mean), len(axes.squares)
    if axes.axes.shape != (r, d) or arrays["components"].shape[1] != d or model.n_features_in_ != d:
        msg = f"{os.fspath(path)} is damaged: its arrays do not fit together. Save the model again."
        raise ValueError(msg)
    model._axes = axes
    model.mean_ = axes.mean
    model.embedding_ = arrays["embedding"]
    model.components_ = arrays["components"]
    model.explained_variance_ = arrays["variance"]
    model.explained_variance_ratio_ = arrays["ratio"]
    return model
