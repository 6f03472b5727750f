"""Moving the points: from a graph and a start to a map.

A layout is attraction along the edges of the graph and repulsion from sampled other points, epoch
by epoch. `run_layout` does it in one call; `Layout` is the same as an object that can be stopped,
looked at, saved and continued; `settle` places new points on a finished map.
"""

from __future__ import annotations

from umapkit.layout._checkpoint import Checkpoint
from umapkit.layout._curve import find_ab
from umapkit.layout._head import class_probabilities
from umapkit.layout._label_options import LabelCost, LabelOptions, check_period
from umapkit.layout._labelled import LabelledLayout, check_turns
from umapkit.layout._layout import Layout, LayoutInterrupted
from umapkit.layout._observe import Callback, History, Observer, Progress, as_observers
from umapkit.layout._options import LayoutOptions, Optimizer
from umapkit.layout._run import execute, run_layout
from umapkit.layout._schedule import default_epochs, resolve_epochs
from umapkit.layout._settle import FrozenMap, settle

__all__ = [
    "Callback",
    "Checkpoint",
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
    "Progress",
    "as_observers",
    "check_period",
    "check_turns",
    "class_probabilities",
    "default_epochs",
    "execute",
    "find_ab",
    "resolve_epochs",
    "run_layout",
    "settle",
]
