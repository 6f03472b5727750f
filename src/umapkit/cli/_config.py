"""Options from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Options that may be given several times.
_LISTS = ("columns", "label_column", "target_column", "part")


def merge_config(given: Mapping[str, Any], config: str | None) -> dict[str, Any]:
    """Fill options that were not given from a TOML file.

    Parameters
    ----------
    given : mapping
        Options of the command line; ``None``, an empty list and, but for ``header``, ``False``
        mean not given.
    config : str or None
        Path of the file. Its keys are the names of options, with ``_`` or ``-``.

    Returns
    -------
    dict
        The options, with the names of `given`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no TOML, or holds a key that is no option.
    """
    options = dict(given)
    if config is None:
        return options
    path = Path(config).expanduser()
    if not path.is_file():
        msg = f"--config {config} does not exist."
        raise FileNotFoundError(msg)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{config} is no TOML file: {error}"
        raise ValueError(msg) from error
    for key, value in content.items():
        name = key.replace("-", "_")
        if name not in options:
            known = ", ".join(sorted(options))
            msg = f"{config}: there is no option {key!r}. There are: {known}."
            raise ValueError(msg)
        if name in _LISTS and isinstance(value, str):
            value = [value]
        # --no-header is given; a flag that is not stays False.
        absent = options[name] is False and name != "header"
        if options[name] is None or absent or options[name] == []:
            options[name] = value
    return options
