"""The record of a report: its lines, and how they are printed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.quality._score import Score


@dataclass(frozen=True)
class Measure:
    """One line of a report.

    Attributes
    ----------
    group : str
        "local", "global", "labels", "fit".
    name : str
        What was measured.
    value : float
        The figure; a :class:`Score` where a sample was judged.
    reading : str
        How to read it.
    n_judged : int or None
        Rows or pairs that were judged, where that was counted.
    exact : bool or None
        Whether all were judged; None where it is not known.
    """

    group: str
    name: str
    value: float
    reading: str
    n_judged: int | None = None
    exact: bool | None = True

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: None for numbers that are not finite, or not known."""
        about = {"group": self.group, "name": self.name, "reading": self.reading}
        if isinstance(self.value, Score):
            return {**about, **self.value.to_dict()}
        value = self.value if math.isfinite(self.value) else None
        end = value if self.exact else None
        known = {"confidence": None, "n_judged": self.n_judged, "exact": self.exact}
        return {**about, "value": value, "low": end, "high": end, **known}


@dataclass(frozen=True)
class Report:
    """What a map keeps and loses. Prints as a table.

    Attributes
    ----------
    measures : tuple of Measure
        The lines.
    skipped : dict of str to str
        What could not be measured, and why.
    facts : dict
        Rows, columns, dimensions, metric, neighbours, rows judged, rows without a place.
    embedding : ndarray of float32, shape (n, c)
        The map; NaN for rows without a place.
    trustworthiness, preservation : ndarray of float64, shape (n,)
        Of every judged row by itself; NaN for the others. ``umapkit.plot.quality`` draws them.
    """

    measures: tuple[Measure, ...]
    skipped: Mapping[str, str]
    facts: Mapping[str, Any]
    embedding: NDArray[np.float32] = field(repr=False)
    trustworthiness: NDArray[np.float64] = field(repr=False)
    preservation: NDArray[np.float64] = field(repr=False)

    def __getitem__(self, name: str) -> float:
        """Figure of the line with this name.

        Raises
        ------
        KeyError
            If there is none; the message tells why, or which there are.
        """
        for measure in self.measures:
            if measure.name == name:
                return measure.value
        why = self.skipped.get(name)
        have = ", ".join(measure.name for measure in self.measures)
        msg = f"{name} was not measured: {why}" if why else f"no line {name!r}. There are: {have}."
        raise KeyError(msg)

    def to_dict(self) -> dict[str, Any]:
        """Return facts, lines and what is missing, as JSON can hold them."""
        return {
            "facts": dict(self.facts),
            "measures": [measure.to_dict() for measure in self.measures],
            "skipped": dict(self.skipped),
        }

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return the record as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)

    def __str__(self) -> str:
        facts = self.facts
        lines = [
            f"{facts['rows']:,} rows of {facts['columns']:,} columns ({facts['metric']}) on a map "
            f"of {facts['dimensions']} dimensions"
        ]
        if facts["judged"] < facts["rows"]:
            lines[0] += f"; {facts['judged']:,} rows judged"
        group = ""
        for measure in self.measures:
            if measure.group != group:
                group = measure.group
                lines += ["", group]
            lines.append(
                f"  {measure.name:<31}{_text(measure.value):>9} {_interval(measure.value):<17}"
                f"{measure.reading}"
            )
        if self.skipped:
            lines += ["", "not measured"]
            lines += [f"  {name}: {why}" for name, why in self.skipped.items()]
        return "\n".join(line.rstrip() for line in lines)


def _text(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if not math.isfinite(value):
        return "none" if math.isnan(value) else str(value)
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:,.0f}"


def _interval(value: float) -> str:
    if not isinstance(value, Score) or value.exact:
        return ""
    return f"{value.low:.4f}-{value.high:.4f}"
