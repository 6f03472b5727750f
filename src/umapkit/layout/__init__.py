"""Moving the points: from a graph and a start to a map.

A layout is attraction along the edges of the graph and repulsion from sampled other points, epoch
by epoch. `run_layout` does it in one call; `Layout` is the same as an object that can be stopped,
looked at, saved and continued; `settle` places new points on a finished map.
"""

from __future__ import annotations

from umapkit.layout._checkpoint import Checkpoint
from umapkit.layout._curve import find_ab
from umapkit.layout._curved import CurvedLayout, settle_on_surface, surface_start
from umapkit.layout._density import DensityTerm, check_density, list_radii
from umapkit.layout._head import class_probabilities
from umapkit.layout._invert import centre_rows, check_invertible, map_weights
from umapkit.layout._label_options import LabelCost, LabelOptions, check_period
from umapkit.layout._labelled import LabelledLayout, check_turns
from umapkit.layout._layout import Layout, LayoutInterrupted
from umapkit.layout._near_map import nearest_places
from umapkit.layout._observe import Callback, History, Observer, Progress, as_observers
from umapkit.layout._options import LayoutOptions, Optimizer
from umapkit.layout._output import OUTPUT_METRICS, OutputMetric, resolve_output_metric
from umapkit.layout._run import execute, run_layout
from umapkit.layout._schedule import default_epochs, resolve_epochs
from umapkit.layout._settle import FrozenMap, settle

__all__ = [
    "OUTPUT_METRICS",
    "Callback",
    "Checkpoint",
    "CurvedLayout",
    "DensityTerm",
    "FrozenMap",
    "History",
    "LabelCost",
    "LabelOptions",
    "LabelledLayout",
    "Layout",
    "LayoutInterrupted",
    "LayoutOptions",
    "Observer",
    "Optimizer",
    "OutputMetric",
    "Progress",
    "as_observers",
    "centre_rows",
    "check_density",
    "check_invertible",
    "check_period",
    "check_turns",
    "class_probabilities",
    "default_epochs",
    "execute",
    "find_ab",
    "list_radii",
    "map_weights",
    "nearest_places",
    "resolve_epochs",
    "resolve_output_metric",
    "run_layout",
    "settle",
    "settle_on_surface",
    "surface_start",
]
