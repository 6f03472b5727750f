"""Names of classes, on their way to files and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def classes_state(classes: NDArray[Any]) -> dict[str, Any]:
    """Return plain values for a configuration.

    Raises
    ------
    ValueError
        If the labels are neither numbers nor strings.
    """
    if classes.dtype.kind not in "biufU" and not all(isinstance(one, str) for one in classes):
        msg = f"classes_ of dtype {classes.dtype} cannot be saved. Give numbers or strings."
        raise ValueError(msg)
    return {"dtype": classes.dtype.str, "values": classes.tolist()}


def classes_back(state: dict[str, Any]) -> NDArray[Any]:
    """Return the array of which `classes_state` made the plain values."""
    kind: Any = object if state["dtype"] == "|O" else np.dtype(state["dtype"])
    return np.array(state["values"], dtype=kind)
