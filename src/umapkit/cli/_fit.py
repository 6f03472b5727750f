"""``umapkit fit``: rows in, map out."""

from __future__ import annotations

from umapkit.cli._config import merge_config
from umapkit.cli._groups import group_of, options_of
from umapkit.cli._make import make_map
from umapkit.cli._options import Config, Data, Debug, ModelOut, Out, Quiet
from umapkit.cli._parameters import Parameters
from umapkit.cli._source import Source
from umapkit.cli._target import Target


def fit(
    data: Data,
    *,
    output: Out,
    parameters: Parameters,
    target: Target,
    source: Source,
    model: ModelOut = None,
    config: Config = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Fit a map to rows of numbers and write it to a file.

    Columns of text, and those named by --label-column, go along into the map's file.
    """
    del debug  # read by the wrapper
    given = options_of(parameters, target, source) | {"model": model, "quiet": quiet}
    options = merge_config(given, config)
    make_map(
        data,
        output,
        parameters=group_of(Parameters, options),
        target=group_of(Target, options),
        source=group_of(Source, options),
        folder=options["model"],
        quiet=bool(options["quiet"]),
    )
