"""Read a pickle of plain arrays without running code from it.

A pickle can name any function and have it called. This reader knows the few names that rebuild
NumPy arrays, and refuses all others.
"""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path
from typing import Any

_ALLOWED = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy._core.numeric", "_frombuffer"),
    ("_codecs", "encode"),
}


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            msg = (
                f"the file asks for {module}.{name}, which is not needed for arrays and is not "
                "run. Save the arrays with numpy.savez_compressed instead."
            )
            raise pickle.UnpicklingError(msg)
        # NumPy 2 moved these; the old names would warn.
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read_plain_pickle(path: Path) -> dict[str, Any]:
    """Read a dict of arrays, numbers and text from a pickle, gzipped or not.

    Raises
    ------
    ValueError
        If the file holds anything else, or is no pickle.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            content = _PlainUnpickler(file).load()
    except (pickle.UnpicklingError, EOFError, OSError, UnicodeDecodeError) as error:
        msg = f"{path} cannot be read: {error}"
        raise ValueError(msg) from error
    if not isinstance(content, dict):
        msg = f"{path} holds a {type(content).__name__}; expected a dict of arrays."
        raise ValueError(msg)
    return content
