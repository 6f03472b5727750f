"""A fitted model out of a finished map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from umapkit._seed import resolve_seed
from umapkit.graph import check_graph, disconnected
from umapkit.layout import CurvedLayout, Layout
from umapkit.models._copies import Copies
from umapkit.models._fit import find_equals, find_kept, given_index
from umapkit.models._place import GroundKeeper

if TYPE_CHECKING:
    from umapkit.models._umap import UMAP


def fitted_from_parts(model: UMAP, data: Any, graph: Any, embedding: ArrayLike) -> UMAP:
    """Make a fitted copy of `model`; see `UMAP.from_parts`."""
    made: UMAP = clone(model)  # pyright: ignore[reportAssignmentType] # scikit-learn has no types
    made._check_parameters(graph=graph)
    rows = made._rows(data, reset=True)
    positions = np.array(embedding, dtype=np.float32, order="C")
    if positions.ndim != 2 or len(positions) != len(rows) or not np.isfinite(positions).all():
        msg = (
            f"embedding of shape {positions.shape} is not a finite map of the {len(rows)} rows "
            "of data. Give finite numbers of shape (n, n_components)."
        )
        raise ValueError(msg)
    made.n_components = positions.shape[1]
    made._told = "graph"
    made.seed_ = resolve_seed(made.random_state)
    everyone = find_equals(rows, made.n_jobs)
    made._places = Copies.of(everyone.first, keep_all=True)
    made._finder = find_kept(everyone, rows, made._places)
    made._index = given_index(made, rows)
    made._mean_distance = None
    made._radius_rule = None
    made._keeper = GroundKeeper()
    made.graph_ = check_graph(graph, n_rows=len(rows))
    made.disconnected_ = disconnected(made.graph_)
    made.neighbor_recall_ = float("nan")
    options = made._layout_options(n_epochs=0, seed=made.seed_)
    output = made._output()
    if output.flat:
        layout = Layout(made.graph_, positions, options, n_jobs=made.n_jobs)
    else:
        places = output.to_places(positions)
        layout = CurvedLayout(
            made.graph_, places, options, output_metric=output, n_jobs=made.n_jobs
        )
    made.loss_ = layout.loss()
    made.n_epochs_ = 0
    made._new_row_epochs = made._settle_epochs()
    made.embedding_ = positions[everyone.first]
    return made
