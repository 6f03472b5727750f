"""Parameters as plain values and arrays for files, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.neighbors import Neighbors
from umapkit.parametric._torch import nn, torch

Arrays = dict[str, NDArray[Any]]


def to_plain(name: str, value: Any, arrays: Arrays) -> Any:
    """Return what JSON can hold of a parameter; its arrays are put into `arrays`.

    Raises
    ------
    ValueError
        If it is code: a function, or another object that a file cannot name.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, np.generic):
        return to_plain(name, value.item(), arrays)
    if isinstance(value, float):
        return value if math.isfinite(value) else {"number": str(value)}
    if isinstance(value, nn.Module):
        return {"module": _name_of(value)}
    if isinstance(value, torch.device):
        return str(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        arrays[f"parameters.{name}"] = value
        return {"array": True}
    if isinstance(value, Neighbors):
        return {"neighbors": to_plain(name, (value.indices, value.distances), arrays)}
    if isinstance(value, (np.random.Generator, np.random.RandomState)):
        return None  # it has moved on; seed_ repeats the fit
    if isinstance(value, (tuple, list)):
        parts = [to_plain(f"{name}.{i}", part, arrays) for i, part in enumerate(value)]
        return {"tuple": parts} if isinstance(value, tuple) else parts
    if isinstance(value, Mapping):
        return {"dict": {str(k): to_plain(f"{name}.{k}", v, arrays) for k, v in value.items()}}
    kind = "a function" if callable(value) else f"a {type(value).__name__}"
    msg = (
        f"{name}={getattr(value, '__name__', value)!r} is {kind}, which a saved model cannot hold: "
        "loading runs no code from the files. Use a name, or pickle."
    )
    raise ValueError(msg)


def from_plain(name: str, value: Any, arrays: Arrays, modules: Mapping[str, Any]) -> Any:
    """Return the parameter of which `to_plain` made `value`; `modules` holds those given anew.

    Raises
    ------
    ValueError
        If it was a module, and none of its class is given.
    """
    if isinstance(value, list):
        return [from_plain(f"{name}.{i}", v, arrays, modules) for i, v in enumerate(value)]
    if not isinstance(value, dict):
        return value
    (kind, held), *_ = value.items()
    if kind == "array":
        return arrays[f"parameters.{name}"]
    if kind == "number":
        return float(held)
    if kind == "tuple":
        return tuple(from_plain(name, held, arrays, modules))
    if kind == "neighbors":
        return Neighbors(*from_plain(name, held, arrays, modules))
    if kind == "dict":
        return {k: from_plain(f"{name}.{k}", v, arrays, modules) for k, v in held.items()}
    module = modules.get(name)
    found = None if module is None else _name_of(module)
    if found != held:
        msg = (
            f"The saved {name} is a module of class {held}, {name}={found} was given. "
            f"Give load(..., {name}=) a module of that class: its code is not in the files."
        )
        raise ValueError(msg)
    return module


def _name_of(module: Any) -> str:
    return f"{type(module).__module__}.{type(module).__qualname__}"
