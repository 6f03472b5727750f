"""Layouts on a sphere, a hyperbolic plane, a torus, or of Gaussians; new points on such maps."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.layout._edges import shuffled
from umapkit.layout._layout import LOSS_RUNS, NEGATIVE_RUNS, Layout
from umapkit.layout._options import LayoutOptions
from umapkit.layout._output import OutputMetric

# Vectors, heads, weights, degree, vertices, order: see `PaddedEdges`.
_GraphArrays = tuple[
    NDArray[np.int64],
    NDArray[np.int32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.int32],
    NDArray[np.int32],
]

# How far a start in [0, 10]^2 reaches on each surface (the unit is the surface's own).
_SPHERE_REACH = 1.9  # length in Lambert's chart, whose edge, the far pole, is at 2
_HYPERBOLIC_REACH = 3.0  # of the coordinates: distance asinh(3) from the middle
_TORUS_SHARE = 0.9  # of the way around


def surface_start(flat: NDArray[np.float32], output_metric: OutputMetric) -> NDArray[np.float64]:
    """Lay a flat start on a surface, without folds or tears.

    Parameters
    ----------
    flat : float32 array of shape (n, 2)
        A start with every axis in [0, 10].
    output_metric : OutputMetric
        Any but "euclidean".

    Returns
    -------
    float64 array of shape (n, w)
        Places as the kernels move them: on the sphere by Lambert's equal-area chart around a
        pole, on the hyperbolic plane around its origin, on the torus within nine tenths of it;
        means of round Gaussians of variance 1.
    """
    middle = flat.astype(np.float64) - 5.0
    n = len(middle)
    name = output_metric.name
    if name == "haversine":
        chart = middle * (_SPHERE_REACH / np.sqrt(50.0))
        square = (chart**2).sum(axis=1)
        level = np.sqrt(1.0 - square / 4.0)
        return np.stack([level * chart[:, 0], level * chart[:, 1], 1.0 - square / 2.0], axis=1)
    if name == "hyperboloid":
        chart = middle * (_HYPERBOLIC_REACH / np.sqrt(50.0))
        return np.column_stack([chart, np.sqrt(1.0 + (chart**2).sum(axis=1))])
    if name == "torus":
        length = np.asarray(output_metric.periods)
        return np.ascontiguousarray((0.5 + middle * (_TORUS_SHARE / 10.0)) * length)
    extra = np.zeros((n, (output_metric.n_components or 2) - 2))
    return np.concatenate([flat.astype(np.float64), extra], axis=1)


class CurvedLayout(Layout):
    """A layout by another output metric than the Euclidean; used as `Layout` is.

    Parameters
    ----------
    graph : csr_array of shape (n, n), float32
        Symmetric memberships.
    places : float64 array of shape (n, w)
        Where the points begin (`surface_start`, or `OutputMetric.to_places`); copied.
    options : LayoutOptions
        What to do; the optimiser must be "sampled".
    output_metric : OutputMetric
        The surface.
    n_jobs : int or None, default None
        Threads; the result does not depend on it.

    Attributes
    ----------
    embedding : float32 array of shape (n, c)
        The map after `epoch` epochs, in the coordinates of the output metric; a copy.

    Raises
    ------
    ValueError
        As `Layout`; or if the optimiser is a serial one.
    """

    def __init__(
        self,
        graph: csr_array,
        places: NDArray[np.float64],
        options: LayoutOptions,
        *,
        output_metric: OutputMetric,
        n_jobs: int | None = None,
    ) -> None:
        if options.optimizer != "sampled":
            msg = (
                f"optimizer={options.optimizer!r} moves points in flat space only. With "
                f"output_metric={output_metric.name!r} give optimizer='sampled'."
            )
            raise ValueError(msg)
        super().__init__(graph, places, options, n_jobs=n_jobs)
        self.output_metric = output_metric
        self._arrays = {"places": np.array(places, dtype=np.float64, order="C")}

    @property
    def embedding(self) -> NDArray[np.float32]:
        """The map after `epoch` epochs, (n, c), in the coordinates of the output metric."""
        return self.output_metric.to_coordinates(self._arrays["places"])

    @property
    def fingerprint(self) -> str:
        """Hash of what determines the layout, the surface included."""
        whole = f"{super().fingerprint} {self.output_metric.name} {self.output_metric.periods}"
        return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()

    def loss(self) -> float:
        """Effective loss of the present map, in nats, with the distances of the surface."""
        losses = np.empty(2 * len(self._order))
        _kernels.curved_losses(
            *self._graph_arrays(),
            self._arrays["places"],
            losses,
            epoch=0,
            negative_runs=LOSS_RUNS,
            **self._common(),
        )
        return float(np.sum(losses) * self._scale)

    def _graph_arrays(self) -> _GraphArrays:
        padded = self._padded
        return (
            padded.vectors,
            padded.heads,
            padded.weights,
            padded.degree,
            padded.vertices,
            self._order,
        )

    def _common(self) -> dict[str, Any]:
        options = self.options
        return {
            "a": options.a,
            "b": options.b,
            "gamma": options.repulsion_strength,
            "negative_rate": options.negative_sample_rate,
            "seed": options.seed,
            "n_threads": self.n_threads,
            **self.output_metric.options,
        }

    def _advance(self, until: int) -> None:
        _kernels.run_curved(
            *self._graph_arrays(),
            self._arrays["places"],
            self._state,
            until=until,
            n_epochs=self.options.n_epochs,
            learning_rate=self.options.learning_rate,
            negative_runs=NEGATIVE_RUNS,
            **self._common(),
        )


def settle_on_surface(
    embedding: NDArray[np.float32],
    neighbors: NDArray[np.int32],
    weights: NDArray[np.float32],
    row_keys: NDArray[np.uint64],
    options: LayoutOptions,
    *,
    output_metric: OutputMetric,
    n_jobs: int | None = None,
) -> NDArray[np.float32]:
    """Let new points find their places on a finished map on a surface.

    A row begins at the mean, on the surface, of the places of its neighbours. Its place depends
    on its own numbers and the map, not on the other rows.

    Parameters
    ----------
    embedding : float32 array of shape (n, c)
        The finished map.
    neighbors : int32 array of shape (m, k)
        Training rows near each new row; -1 where there is none.
    weights : float32 array of shape (m, k)
        Memberships, 0 where there is no neighbour.
    row_keys : uint64 array of shape (m,)
        One number per row that depends on its contents only.
    options : LayoutOptions
        Curve, rates and seed of the fit; `n_epochs` steps per point.
    output_metric : OutputMetric
        The surface.
    n_jobs : int or None, default None
        Threads.

    Returns
    -------
    float32 array of shape (m, c)
        The places; NaN for a row without neighbours.
    """
    out = np.empty((len(neighbors), embedding.shape[1]), dtype=np.float32)
    _kernels.settle_curved(
        np.ascontiguousarray(embedding, dtype=np.float32),
        shuffled(len(embedding), options.seed),
        np.ascontiguousarray(neighbors, dtype=np.int32),
        np.ascontiguousarray(weights, dtype=np.float32),
        np.ascontiguousarray(row_keys, dtype=np.uint64),
        out,
        n_epochs=options.n_epochs,
        a=options.a,
        b=options.b,
        gamma=options.repulsion_strength,
        learning_rate=options.learning_rate,
        negative_rate=options.negative_sample_rate,
        negative_runs=NEGATIVE_RUNS,
        seed=options.seed,
        n_threads=resolve_n_jobs(n_jobs),
        **output_metric.options,
    )
    return out
