"""Saved models that are made of models: each of these lies in a folder of its own."""

from __future__ import annotations

import numbers
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.distances import resolve_metric
from umapkit.graph import shape_of
from umapkit.models._aligned import AlignedUMAP
from umapkit.models._combination import Combination
from umapkit.models._combine import CombinedUMAP
from umapkit.models._load import Loader, load, parameters_back, plain_parameters, save_start
from umapkit.models._terms import Leaf, Node
from umapkit.models._umap import UMAP
from umapkit.store import write_folder

Arrays = dict[str, NDArray[Any]]
_RUN = ("loss_", "n_epochs_", "seed_")


def save_combination(made: Combination, path: str | os.PathLike[str]) -> None:
    """Write a combination; see `Combination.save`."""
    config, arrays = _combination_state(made, path)
    write_folder(path, {"model": "Combination", **config}, arrays)


def save_combined(model: CombinedUMAP, path: str | os.PathLike[str]) -> None:
    """Write a fitted `CombinedUMAP`; see `CombinedUMAP.save`."""
    made = model.combination_
    _refuse_functions([*model.parts_, made.model], "model.parts_ and model.combination_.model")
    config, arrays = _combination_state(made, path)
    names = getattr(model, "feature_names_in_", None)
    inner = None if model.model is None else model.model.random_state
    config |= {
        "parameters": {
            "parts": None if model.parts is None else [_plain_part(p) for p in model.parts],
            "how": model.how,
            "weights": None if model.weights is None else [float(w) for w in model.weights],
            "model": model.model is not None,
            "random_state": _plain_seed(model.random_state, model.seed_),
            "model_random_state": _plain_seed(inner, model.seed_),
        },
        "n_features_in_": model.n_features_in_,
        "feature_names_in_": None if names is None else [str(name) for name in names],
    }
    write_folder(path, {"model": "CombinedUMAP", **config}, arrays)


def load_combination(
    path: str | os.PathLike[str],
    config: dict[str, Any],
    arrays: Arrays,
    load_start: Loader | None = None,
) -> Combination:
    """Read what `save_combination` wrote."""
    model = UMAP(**parameters_back(config["layout"], arrays, path, load_start))
    # The curve, which the settling of new rows reads.
    model._check_parameters(graph=None)
    node = _node_back(config["tree"], path, arrays, load_start)
    made = Combination(node, model, config["seed_"])
    made.embedding_ = arrays["embedding"]
    made.disconnected_ = arrays["disconnected"]
    made.loss_, made.n_epochs_ = config["loss_"], config["n_epochs_"]
    if len(made.embedding_) != made._node.n or made.embedding_.ndim != 2:
        msg = f"{os.fspath(path)} is damaged: its arrays do not fit together. Save the model again."
        raise ValueError(msg)
    return made


def load_combined(
    path: str | os.PathLike[str],
    config: dict[str, Any],
    arrays: Arrays,
    load_start: Loader | None = None,
) -> CombinedUMAP:
    """Read what `save_combined` wrote."""
    made = load_combination(path, config, arrays, load_start)
    plain = config["parameters"]
    parts = plain["parts"]
    template: Any = None
    if plain["model"]:
        template = UMAP(**parameters_back(config["layout"], arrays, path, load_start))
        template.set_params(random_state=plain["model_random_state"])
    model = CombinedUMAP(
        None if parts is None else [_part_back(part) for part in parts],
        how=plain["how"],
        weights=plain["weights"],
        model=template,
        random_state=plain["random_state"],
    )
    model._take(made)
    model.n_features_in_ = config["n_features_in_"]
    if config["feature_names_in_"] is not None:
        names = np.array(config["feature_names_in_"], dtype=object)
        vars(model)["feature_names_in_"] = names
    return model


def save_aligned(model: AlignedUMAP, path: str | os.PathLike[str]) -> None:
    """Write a fitted `AlignedUMAP`; see `AlignedUMAP.save`."""
    _refuse_functions([*model.mappers_, model], "the model and of each of its mappers_")
    arrays: Arrays = {}
    for number, pairs in enumerate(model._pairs):
        arrays[f"relations.{number}"] = pairs
    slices = len(model.mappers_)
    for number, mapper in enumerate(model.mappers_):
        mapper.save(Path(path) / f"slice-{number}")
    parameters: dict[str, Any] = {}
    for name, value in model.get_params(deep=False).items():
        if name in ("memory", "verbose"):
            continue
        if name == "random_state":
            parameters[name] = _plain_seed(value, model.seed_)
        elif name == "init" and not isinstance(value, str):
            for number, start in enumerate(value):
                arrays[f"init.{number}"] = np.asarray(start, dtype=np.float32)
            parameters[name] = {"arrays": len(value)}
        elif name in ("metric", "metric_kwds"):
            found = _plain_metric(model.metric, model.metric_kwds)
            parameters[name] = found[name == "metric_kwds"]
        else:
            parameters[name] = _plain(value)
    config = {
        "model": "AlignedUMAP",
        "parameters": parameters,
        "slices": slices,
        "seed_": model.seed_,
        "n_epochs_": model.n_epochs_,
    }
    write_folder(path, config, arrays)


def load_aligned(
    path: str | os.PathLike[str],
    config: dict[str, Any],
    arrays: Arrays,
    load_start: Loader | None = None,
) -> AlignedUMAP:
    """Read what `save_aligned` wrote."""
    del load_start  # slices begin at arrays
    parameters = {name: _plain_back(value) for name, value in config["parameters"].items()}
    if isinstance(parameters["init"], dict):
        count = parameters["init"]["arrays"]
        parameters["init"] = [arrays[f"init.{number}"] for number in range(count)]
    parameters["metric_kwds"] = _keywords_back(parameters["metric"], parameters.get("metric_kwds"))
    model = AlignedUMAP(**parameters)
    model.seed_, model.n_epochs_ = config["seed_"], config["n_epochs_"]
    slices = config["slices"]
    model.mappers_ = [load(Path(path) / f"slice-{number}") for number in range(slices)]
    model._pairs = [arrays[f"relations.{number}"] for number in range(slices - 1)]
    model.embeddings_ = [mapper.embedding_ for mapper in model.mappers_]
    return model


def _refuse_functions(models: list[Any], where: str) -> None:
    """Refuse targets compared by a function, and say which models hold it."""
    if any(callable(model.target_metric) for model in models):
        msg = (
            "target_metric is a function, which no file of a model can hold. Fitted models do not "
            f"need it any more: set_params(target_metric='categorical') of {where} before save."
        )
        raise ValueError(msg)


def _combination_state(
    made: Combination, path: str | os.PathLike[str]
) -> tuple[dict[str, Any], Arrays]:
    from umapkit import __version__

    arrays: Arrays = {"embedding": made.embedding_, "disconnected": made.disconnected_}
    layout = plain_parameters(made.model, arrays)
    save_start(made.model.init, path)
    config: dict[str, Any] = {"umapkit": __version__, "layout": layout}
    config |= {name: getattr(made, name) for name in _RUN}
    config["tree"] = _plain_node(made._node, path, arrays, [0])
    return config, arrays


def _plain_node(
    node: Leaf | Node, path: str | os.PathLike[str], arrays: Arrays, count: list[int]
) -> dict[str, Any]:
    """One term as JSON values; graphs go to `arrays`, models to folders, numbered by `count`."""
    number = count[0]
    count[0] += 1
    if isinstance(node, Leaf):
        node.model.save(Path(path) / f"model-{number}")
        columns = None if node.columns is None else [int(c) for c in node.columns]
        return {"folder": f"model-{number}", "columns": columns}
    arrays[f"graph.{number}.indptr"] = node.graph.indptr
    arrays[f"graph.{number}.indices"] = node.graph.indices
    arrays[f"graph.{number}.data"] = node.graph.data
    return {
        "how": node.how,
        "weights": [float(w) for w in node.weights],
        "n_neighbors": int(node.n_neighbors),
        "shared": node.shared,
        "graph": number,
        "parts": [_plain_node(part, path, arrays, count) for part in node.parts],
    }


def _node_back(
    plain: dict[str, Any],
    path: str | os.PathLike[str],
    arrays: Arrays,
    load_start: Loader | None,
) -> Any:
    if "folder" in plain:
        columns = plain["columns"]
        model = load(Path(path) / Path(plain["folder"]).name, load_start=load_start)
        return Leaf(model, None if columns is None else np.array(columns, dtype=np.int64))
    parts = tuple(_node_back(part, path, arrays, load_start) for part in plain["parts"])
    n = parts[0].n
    number = plain["graph"]
    values = tuple(arrays[f"graph.{number}.{name}"] for name in ("data", "indices", "indptr"))
    graph = csr_array(values, shape=(n, n))
    graph.check_format(full_check=True)
    graph.has_canonical_format = True
    weights = np.array(plain["weights"])
    node = Node(plain["how"], parts, weights, plain["n_neighbors"], plain["shared"], graph)
    if any(part.n != shape_of(graph)[0] for part in parts):
        msg = f"{os.fspath(path)} is damaged: its models differ in rows. Save the model again."
        raise ValueError(msg)
    return node


def _plain_part(part: Any) -> list[Any]:
    chosen = part[0]
    if isinstance(chosen, slice):
        columns: Any = {"slice": [chosen.start, chosen.stop, chosen.step]}
    elif isinstance(chosen, str):
        columns = chosen
    else:
        columns = np.asarray(chosen).tolist()
    given = dict(part[2]) if len(part) == 3 else {}
    metric, keywords = _plain_metric(part[1], given.pop("metric_kwds", None))
    params = {name: _plain(value) for name, value in given.items()}
    return [columns, metric, params | ({"metric_kwds": keywords} if keywords else {})]


def _part_back(part: list[Any]) -> tuple[Any, ...]:
    chosen, metric, params = part
    if isinstance(chosen, dict):
        chosen = slice(*chosen["slice"])
    params = {name: _plain_back(value) for name, value in params.items()}
    if "metric_kwds" in params:
        params["metric_kwds"] = _keywords_back(metric, params["metric_kwds"])
    return chosen, metric, params


def _plain_metric(metric: Any, keywords: Any) -> tuple[str, dict[str, Any] | None]:
    """Name of a metric, and its keywords: numbers as text (JSON has no infinity)."""
    card = resolve_metric(metric, keywords)
    plain = {
        name: value.tolist() if isinstance(value, np.ndarray) else str(value)
        for name, value in card.shown.items()
    }
    return card.name, plain or None


def _keywords_back(metric: str, plain: Any) -> Any:
    return None if plain is None else dict(resolve_metric(metric, plain).shown)


def _plain_seed(random_state: Any, seed: int) -> int | None:
    """Keep a number; a generator has moved on, the seed that it gave repeats the fit."""
    if random_state is None:
        return None
    return int(random_state) if isinstance(random_state, numbers.Integral) else seed


def _plain(value: Any) -> Any:
    """Turn a parameter into JSON values."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not np.isfinite(value):
        return {"number": str(value)}  # JSON has no infinity
    return getattr(value, "name", value)


def _plain_back(value: Any) -> Any:
    if isinstance(value, dict) and "number" in value:
        return float(value["number"])
    return [_plain_back(one) for one in value] if isinstance(value, list) else value
