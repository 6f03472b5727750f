"""Options that are parameters of the estimator, for all commands that make a map."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from umapkit.cli._groups import options_of
from umapkit.cli._options import Jobs
from umapkit.data import read_map


def _number(help_: str, default: str) -> Any:
    return typer.Option(help=help_, show_default=default)


@dataclass(frozen=True)
class Parameters:
    """What `umapkit.UMAP` takes; None is its default."""

    n_neighbors: Annotated[
        int | None,
        _number("Neighbours of a row, itself included; more keep larger shapes.", "15"),
    ] = None
    min_dist: Annotated[
        float | None,
        _number("Least distance of points in the map; less makes tighter clumps.", "0.1"),
    ] = None
    metric: Annotated[
        str | None, typer.Option(help="Distance of rows.", show_default="euclidean")
    ] = None
    metric_kwds: Annotated[
        list[str] | None,
        typer.Option(help="Keyword of the metric, as p=3. May be given several times."),
    ] = None
    n_components: Annotated[int | None, _number("Dimensions of the map.", "2")] = None
    output_metric: Annotated[
        str | None, typer.Option(help="Distance in the map.", show_default="euclidean")
    ] = None
    output_metric_kwds: Annotated[
        list[str] | None, typer.Option(help="Keyword of that, as periods=[6,3].")
    ] = None
    n_epochs: Annotated[
        int | None, _number("Passes over the graph.", "500 up to 10,000 rows, else 200")
    ] = None
    seed: Annotated[
        int | None, _number("Seed; the same seed gives the same map, bit by bit.", "a fresh one")
    ] = None
    init: Annotated[
        str | None,
        typer.Option(
            help="Start: spectral, pca, random, the file of a map of as many rows, or the folder "
            "of a model, whose map is then continued.",
            show_default="spectral",
        ),
    ] = None
    spread: Annotated[float | None, _number("Scale of the map's distances.", "1.0")] = None
    learning_rate: Annotated[float | None, _number("First step size.", "1.0")] = None
    set_op_mix_ratio: Annotated[
        float | None, _number("1: union of the two directions of an edge, 0: intersection.", "1.0")
    ] = None
    local_connectivity: Annotated[
        float | None, _number("Neighbours that count as certainly connected.", "1.0")
    ] = None
    repulsion_strength: Annotated[float | None, _number("Weight of repulsion.", "1.0")] = None
    negative_sample_rate: Annotated[
        float | None, _number("Repelling points drawn for each attracting one.", "5")
    ] = None
    densmap: Annotated[
        bool, typer.Option("--densmap", help="Keep densities: what is sparse stays sparse.")
    ] = False
    dens_lambda: Annotated[float | None, _number("Weight of the densities.", "2.0")] = None
    dens_frac: Annotated[
        float | None, _number("Share of the epochs, the last, in which densities count.", "0.3")
    ] = None
    dens_var_shift: Annotated[
        float | None, _number("Added to the variance of the map's log radii.", "0.1")
    ] = None
    output_dens: Annotated[
        bool,
        typer.Option(
            "--output-dens", help="Add log radii in data and map: columns rad_orig and rad_emb."
        ),
    ] = False
    a: Annotated[
        float | None,
        _number("Curve of the map's similarity; with --b instead of --min-dist.", "fitted"),
    ] = None
    b: Annotated[float | None, _number("Curve of the map's similarity; with --a.", "fitted")] = None
    disconnection_distance: Annotated[
        float | None, _number("Distance from which rows are no neighbours.", "by metric")
    ] = None
    neighbors: Annotated[
        str | None,
        typer.Option(help="Search of neighbours: auto, exact or descent.", show_default="auto"),
    ] = None
    optimizer: Annotated[
        str | None,
        typer.Option(
            help="sampled (parallel), or the serial schedule or bernoulli.", show_default="sampled"
        ),
    ] = None
    tol: Annotated[
        float | None, _number("Stop when the loss falls by less than this share.", "never")
    ] = None
    checkpoint: Annotated[
        str | None,
        typer.Option(help="File to continue an interrupted fit from; needs --seed."),
    ] = None
    memory: Annotated[str | None, typer.Option(help="Folder to keep the neighbour search in.")] = (
        None
    )
    n_jobs: Jobs = None

    def estimator(self, *, verbose: bool, further: Mapping[str, Any]) -> Any:
        """Make the unfitted estimator; `further` are parameters from elsewhere."""
        import umapkit

        # umapkit's own default is always the estimator's: what is not given is not passed.
        given = {k: v for k, v in options_of(self).items() if v is not None and v is not False}
        if "seed" in given:
            given["random_state"] = given.pop("seed")
        for name in ("metric_kwds", "output_metric_kwds"):
            if name in given:
                given[name] = keywords(given[name], name)
        if "init" in given:
            given["init"] = start_of(given["init"])
        return umapkit.UMAP(verbose=verbose, **given, **further)


def keywords(given: Sequence[str] | Mapping[str, Any], name: str) -> dict[str, Any]:
    """Read keywords such as ``p=3`` or ``w=[1,2]``; a mapping, from a TOML file, is taken as is.

    Raises
    ------
    ValueError
        If one has no equals sign.
    """
    if isinstance(given, Mapping):
        return dict(given)
    found: dict[str, Any] = {}
    for text in [given] if isinstance(given, str) else given:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            msg = f"--{name.replace('_', '-')} {text}: give NAME=VALUE, as p=3."
            raise ValueError(msg)
        try:
            found[key.strip()] = json.loads(value)
        except json.JSONDecodeError:
            found[key.strip()] = value
    return found


def start_of(init: str) -> Any:
    """Name of a start, the places of a map's file, or the model of a folder."""
    path = Path(init).expanduser()
    if path.is_dir():
        import umapkit

        return umapkit.load(path)
    return read_map(path).embedding if path.is_file() else init
