"""A whole stream as plain values: what is saved, and what a journal keeps from time to time."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from umapkit._threads import resolve_n_jobs
from umapkit.neighbors.growing import grow_from
from umapkit.store import read_folder, write_folder
from umapkit.streaming._edges import Edges
from umapkit.streaming._ids import Ids
from umapkit.streaming._new_rows import Keeper
from umapkit.streaming._places import Places
from umapkit.streaming._rules import Rules
from umapkit.streaming._stream import Stream

if TYPE_CHECKING:
    from umapkit.streaming._base import StreamKeeper
    from umapkit.streaming._umap import ProgressiveUMAP

# Parameters that belong to a run.
_OF_THE_RUN = ("journal", "observers", "n_jobs", "random_state")
_NUMBERS = ("done", "owed", "stamp", "cursor", "young_epochs", "labelled")
_ARRAYS = ("linked", "sums", "counts", "labels", "young")

State = tuple[dict[str, Any], dict[str, NDArray[Any]]]


def parameters(model: StreamKeeper) -> dict[str, Any]:
    """Return the constructor parameters that decide what a stream does, as JSON takes them."""
    given = model.get_params(deep=False)
    return {name: _plain(given[name]) for name in given if name not in _OF_THE_RUN}


def parameters_back(plain: dict[str, Any]) -> dict[str, Any]:
    """Return what `parameters` was made of."""
    return {name: _plain_back(value) for name, value in plain.items()}


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float) and not np.isfinite(plain):
        return {"number": str(plain)}  # JSON has no infinity
    return plain


def _plain_back(value: Any) -> Any:
    return float(value["number"]) if isinstance(value, dict) else value


def to_state(model: StreamKeeper) -> State:
    """Return all that `from_state` needs: plain values, and arrays.

    Raises
    ------
    TypeError
        If a label is neither a number nor a string.
    """
    stream, ids = model._begun(), model._ids
    for label in model._classes:
        if not isinstance(label, int | float | str):
            kind = type(label).__name__
            msg = f"The label {label!r} is a {kind}; only numbers and strings are kept."
            raise TypeError(msg)
    config: dict[str, Any] = {
        "model": "ProgressiveUMAP",
        "parameters": parameters(model),
        "rules": asdict(stream.rules) | {"disconnection_distance": None},
        "numbers": {name: int(getattr(stream, name)) for name in _NUMBERS},
        "seed": model.seed_,
        "n_features": int(model.n_features_in_),
        "steps": model.steps_,
        "stepping": model._stepping,
        "evicted": model.evicted_,
        "seen": model.n_seen_,
        "following": ids.following,
        "texts": ids.texts,
        "classes": [_plain(label) for label in model._classes],
    }
    if np.isfinite(stream.rules.disconnection_distance):
        config["rules"]["disconnection_distance"] = stream.rules.disconnection_distance
    if hasattr(model, "feature_names_in_"):
        config["feature_names"] = [str(one) for one in model.feature_names_in_]
    arrays = {f"table.{k}": v for k, v in stream.table.state_arrays().items()}
    arrays |= {f"edges.{k}": v for k, v in stream.edges.state_arrays().items()}
    arrays |= {f"places.{k}": v for k, v in stream.places.state_arrays().items()}
    arrays |= {f"stream.{k}": getattr(stream, k) for k in _ARRAYS}
    arrays["stream.again"] = np.array(sorted(stream.again), dtype=np.int32)
    arrays["slots"] = ids.slots()
    if ids.texts:
        text = json.dumps(ids.named()).encode()
        arrays["ids"] = np.frombuffer(text, dtype=np.uint8)
    else:
        arrays["ids"] = ids.array().astype(np.int64)
    return config, arrays


def from_state(
    kind: type[ProgressiveUMAP], state: State, *, n_jobs: int | None = None
) -> ProgressiveUMAP:
    """Make a model that goes on as the one that `to_state` was given would have.

    Raises
    ------
    ValueError
        If the state is damaged.
    """
    config, arrays = state
    try:
        given = parameters_back(config["parameters"])
        model = kind(**given, random_state=config["seed"], n_jobs=n_jobs)
        n_threads = resolve_n_jobs(n_jobs)
        numbers: dict[str, Any] = dict(config["rules"])
        if numbers["disconnection_distance"] is None:
            numbers["disconnection_distance"] = float("inf")
        parts: dict[str, dict[str, NDArray[Any]]] = {"table": {}, "edges": {}, "places": {}}
        for name, array in arrays.items():
            room, _, rest = name.partition(".")
            if room in parts:
                parts[room][rest] = array
        rules = Rules(**numbers)
        stream = Stream(rules, grow_from(parts["table"], n_jobs=n_jobs), n_threads=n_threads)
        stream.edges = Edges.from_state(parts["edges"], n_threads=n_threads)
        stream.places = Places.from_state(parts["places"], dim=rules.n_components, seed=rules.seed)
        for name in _ARRAYS:
            setattr(stream, name, np.array(arrays[f"stream.{name}"]))
        for name in _NUMBERS:
            setattr(stream, name, config["numbers"][name])
        stream.labelled = bool(stream.labelled)
        stream.again = set(arrays["stream.again"].tolist())
        named = arrays["ids"].tolist()
        if config["texts"]:
            named = json.loads(arrays["ids"].tobytes().decode())
        model._ids = Ids.of(named, arrays["slots"], config["following"])
        model._ids.texts = config["texts"]
        model.seed_ = config["seed"]
        model.steps_, model.evicted_ = list(config["steps"]), list(config["evicted"])
        model._stepping = config["stepping"]
        model.n_seen_ = config["seen"]
        model.n_features_in_ = config["n_features"]
        if "feature_names" in config:
            model.feature_names_in_ = np.array(config["feature_names"], dtype=object)
        classes = map(_plain_back, config["classes"])
        model._classes = {one: number for number, one in enumerate(classes)}
    except (KeyError, IndexError, TypeError) as error:
        msg = f"The saved stream is damaged ({type(error).__name__}: {error}). Save it again."
        raise ValueError(msg) from error
    model._keeper, model._journal, model._stream = Keeper(), None, stream
    model._note_parameters()
    return model


def save_stream(model: ProgressiveUMAP, path: str | os.PathLike[str]) -> None:
    """Write a model to a folder; see `ProgressiveUMAP.save`."""
    config, arrays = to_state(model)
    write_folder(path, config, arrays)


def load(path: str | os.PathLike[str]) -> ProgressiveUMAP:
    """Read a model that `ProgressiveUMAP.save` wrote.

    Raises
    ------
    ValueError
        If the folder holds another kind of model, or is damaged.
    """
    from umapkit.streaming._umap import ProgressiveUMAP

    config, arrays = read_folder(path)
    if config.get("model") != "ProgressiveUMAP":
        msg = f"{os.fspath(path)} holds a {config.get('model')!r}. umapkit.load reads any model."
        raise ValueError(msg)
    return from_state(ProgressiveUMAP, (config, arrays))
