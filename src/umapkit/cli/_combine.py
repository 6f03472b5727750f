"""``umapkit combine``: one map of a table with several metrics."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from umapkit.cli._config import merge_config
from umapkit.cli._groups import group_of, options_of
from umapkit.cli._make import make_map
from umapkit.cli._options import Config, Data, Debug, ModelOut, Out, Quiet
from umapkit.cli._parameters import Parameters
from umapkit.cli._source import Source, split_names
from umapkit.cli._target import Target
from umapkit.data import Table

Part = Annotated[
    list[str] | None,
    typer.Option(
        help="METRIC:COLUMN,COLUMN,... with names or numbers of columns. Give two or more.",
        show_default=False,
    ),
]
How = Annotated[
    str | None,
    typer.Option(
        help="intersection, union or a difference of two; see the documentation.",
        show_default="intersection",
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(help="Weight of each part, with commas between.", show_default="all alike"),
]


def combine(
    data: Data,
    *,
    output: Out,
    part: Part = None,
    how: How = None,
    weights: Weights = None,
    parameters: Parameters,
    target: Target,
    source: Source,
    model: ModelOut = None,
    config: Config = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Fit one map to rows whose columns are compared by several metrics."""
    del debug  # read by the wrapper
    own = {"part": part, "how": how, "weights": weights, "model": model, "quiet": quiet}
    options = merge_config(options_of(parameters, target, source) | own, config)
    chosen = group_of(Parameters, options)
    for name in ("metric", "metric_kwds"):
        if getattr(chosen, name):
            msg = f"--{name.replace('_', '-')} is for one metric; here every --part names its own."
            raise ValueError(msg)
    if not options["part"]:
        msg = "Give parts: --part METRIC:COLUMN,COLUMN,... once for each metric."
        raise ValueError(msg)

    def combined(umap: Any, table: Table) -> Any:
        import umapkit

        given: dict[str, Any] = {} if options["how"] is None else {"how": options["how"]}
        if options["weights"] is not None:
            given["weights"] = _weights(options["weights"])
        parts = [_part(text, table) for text in options["part"]]
        return umapkit.CombinedUMAP(parts, model=umap, **given)

    make_map(
        data,
        output,
        parameters=chosen,
        target=group_of(Target, options),
        source=group_of(Source, options),
        folder=options["model"],
        quiet=bool(options["quiet"]),
        wrap=combined,
    )


def _part(text: str, table: Table) -> tuple[list[Any], str]:
    """Columns and metric of ``METRIC:COLUMN,COLUMN``."""
    metric, sign, columns = text.partition(":")
    names = split_names([columns])
    if not sign or not names or not metric.strip():
        msg = f"--part {text}: give METRIC:COLUMN,COLUMN,..., as cosine:a,b."
        raise ValueError(msg)
    known = set(table.columns or ())
    chosen: list[Any] = [
        int(name) if name not in known and name.isdecimal() else name for name in names
    ]
    return chosen, metric.strip()


def _weights(given: Any) -> list[float]:
    parts = given.split(",") if isinstance(given, str) else given
    try:
        return [float(part) for part in parts]
    except (TypeError, ValueError) as error:
        msg = f"--weights {given}: give numbers with commas between, one a part."
        raise ValueError(msg) from error
