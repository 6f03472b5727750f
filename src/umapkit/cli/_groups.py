"""Options that belong together, declared once as the fields of a dataclass."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, get_type_hints

Group = TypeVar("Group")


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Spread every parameter that is annotated with a dataclass into one option a field.

    The command gets the dataclass back, filled.

    Parameters
    ----------
    command : callable
        A command whose parameters are all named in calls.

    Returns
    -------
    callable
        With one parameter a field, which typer reads.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, type[Any]] = {}
    spread: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        kind = hints[parameter.name]
        if not (isinstance(kind, type) and is_dataclass(kind)):
            spread.append(parameter.replace(annotation=kind))
            continue
        groups[parameter.name] = kind
        inner = get_type_hints(kind, include_extras=True)
        for field in fields(kind):
            default = inspect.Parameter.empty if field.default is MISSING else field.default
            spread.append(
                inspect.Parameter(
                    field.name, parameter.kind, default=default, annotation=inner[field.name]
                )
            )

    @functools.wraps(command)
    def run(**options: Any) -> None:
        filled = {name: group_of(kind, options) for name, kind in groups.items()}
        taken = {field.name for kind in groups.values() for field in fields(kind)}
        command(**{k: v for k, v in options.items() if k not in taken}, **filled)

    signature = inspect.Signature(spread)
    vars(run)["__signature__"] = signature
    run.__annotations__ = {p.name: p.annotation for p in spread} | {"return": None}
    return run


def group_of(kind: type[Group], options: Mapping[str, Any]) -> Group:
    """Fill a dataclass from the options that have its fields' names."""
    given: Any = kind
    return kind(**{field.name: options[field.name] for field in fields(given)})


def options_of(*groups: Any) -> dict[str, Any]:
    """List the fields of dataclasses by name."""
    return {field.name: getattr(group, field.name) for group in groups for field in fields(group)}
