"""Options about what the map is to follow, for all commands that make a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from umapkit.cli._groups import options_of
from umapkit.data import Table

_COLUMN = "--target-column"


@dataclass(frozen=True)
class Target:
    """A column of targets, and how they count."""

    target_column: Annotated[
        list[str] | None,
        typer.Option(
            _COLUMN,
            "--y",
            help="Column that the map is to follow; several of numbers make one target.",
        ),
    ] = None
    target_metric: Annotated[
        str | None,
        typer.Option(
            help="How targets differ: categorical, ordinal, count, string or a distance of "
            "numbers.",
            show_default="categorical",
        ),
    ] = None
    target_weight: Annotated[
        float | None,
        typer.Option(help="0: the data alone, 1: the targets alone.", show_default="0.5"),
    ] = None
    target_n_neighbors: Annotated[
        int | None,
        typer.Option(
            help="Neighbours of a target, for numbers.", show_default="those of --n-neighbors"
        ),
    ] = None
    supervision: Annotated[
        str | None,
        typer.Option(
            help="intersection, or a classification cost: cross_entropy or triplet.",
            show_default="intersection",
        ),
    ] = None
    supervision_weight: Annotated[
        float | None, typer.Option(help="Weight of that cost.", show_default="1.0")
    ] = None
    supervision_margin: Annotated[
        float | None,
        typer.Option(help="How much farther other classes shall be.", show_default="1.0"),
    ] = None
    supervision_period: Annotated[
        str | None,
        typer.Option(
            help="Epochs of UMAP's cost and of the other in turns, as 20,10.",
            show_default="both in every epoch",
        ),
    ] = None

    @property
    def columns(self) -> list[str]:
        """Names of the columns of targets."""
        return list(self.target_column or ())

    def parameters(self) -> dict[str, Any]:
        """Parameters of the estimator.

        Raises
        ------
        ValueError
            If there are options but no column, or the period is no pair.
        """
        given = {k: v for k, v in options_of(self).items() if v is not None}
        given.pop("target_column", None)
        if given and not self.columns:
            msg = f"--{next(iter(given)).replace('_', '-')} is about {_COLUMN}, which is not given."
            raise ValueError(msg)
        if "supervision_period" in given:
            given["supervision_period"] = _period(given["supervision_period"])
        return given

    def values(self, table: Table) -> Any:
        """Targets of the rows of a table; None without a column.

        Raises
        ------
        ValueError
            If several columns are named and are no numbers.
        """
        if not self.columns:
            return None
        found = [table.labels[name] for name in self.columns]
        if len(found) > 1:
            return np.column_stack([_numbers(values) for values in found])
        return as_classes(found[0]) if self.target_metric in (None, "categorical") else found[0]


def as_classes(values: NDArray[Any]) -> NDArray[np.int64]:
    """Give the classes of a column numbers; missing entries and -1 become -1: unlabelled."""
    items = values.tolist()
    missing = np.array([v is None or v != v or v in (-1, "-1", "") for v in items], dtype=bool)
    classes = np.full(len(items), -1, dtype=np.int64)
    known = np.array([str(v) for v in items])[~missing]
    classes[~missing] = np.unique(known, return_inverse=True)[1]
    return classes


def _numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    try:
        return np.array([np.nan if v is None else v for v in values.tolist()], dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"Several columns of {_COLUMN} must hold numbers: {error}"
        raise ValueError(msg) from error


def _period(given: Any) -> tuple[int, int]:
    parts = given.split(",") if isinstance(given, str) else given
    try:
        first, second = (int(part) for part in parts)
    except (TypeError, ValueError) as error:
        msg = f"--supervision-period {given}: give two whole numbers, as 20,10."
        raise ValueError(msg) from error
    return first, second
