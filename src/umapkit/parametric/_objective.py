"""What ParametricUMAP descends: batches of rows, and the named terms of its loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch.nn import functional

from umapkit._seed import Stage, below, draw, key
from umapkit.parametric._edges import EdgeBatch, TensorBatch
from umapkit.parametric._group import group
from umapkit.parametric._losses import LossForm, umap_loss
from umapkit.parametric._more_losses import (
    Reconstruction,
    correlation_loss,
    density_loss,
    reconstruction_loss,
    triplet_loss,
)
from umapkit.parametric._rows import RowSource
from umapkit.parametric._torch import Tensor, compiled, nn, torch

Ints = NDArray[np.int64]
_LABELLED = 256  # labelled rows of a step
_LANDMARKS = 256  # landmarks of a step
_JUDGED = 64  # rows whose densities a step judges


@dataclass(frozen=True, eq=False)
class LabelTerm:
    """A classification cost.

    Attributes
    ----------
    rows : int64 array
        Labelled rows.
    codes : int64 array of the same shape
        Their classes.
    cost : {"cross_entropy", "triplet"}
    weight, margin : float
    period : (int, int), optional
        Steps of UMAP's loss, then of this one, in turns; None: both in every step.
    """

    rows: Ints
    codes: Ints
    cost: str
    weight: float
    margin: float
    period: tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class DensityTarget:
    """Densities to keep: log radii of the data, and from which step on they count."""

    graph: csr_array
    radii: NDArray[np.float32]
    weight: float
    var_shift: float
    first_step: int


@dataclass(frozen=True, eq=False)
class LandmarkTerm:
    """Rows with places that they shall keep."""

    rows: Ints
    places: Tensor
    weight: float


@dataclass(frozen=True, eq=False)
class StepBatch:
    """Rows of one step, part after part, and what is known of each part."""

    x: Tensor
    sizes: list[int]
    edges: TensorBatch | None
    codes: Tensor | None = None
    draws: Tensor | None = None
    landmarks: Tensor | None = None
    density: TensorBatch | None = None
    radii: Tensor | None = None


class Objective:
    """Batches and loss of ParametricUMAP.

    Parameters
    ----------
    source : EdgeSource, ScheduleSource or PointSource
        Of the edges.
    rows : RowSource
        Of the rows.
    networks : torch.nn.ModuleDict
        The networks; "decoder" and "head" are used when a term needs them.
    a, b, repulsion_strength, form
        Of UMAP's loss.
    reconstruction : {"detached", "joint"}, optional
        Whether the decoder is trained, and whether its loss reaches the encoder.
    reconstruction_loss, reconstruction_weight
        Which loss, and its weight.
    correlation_weight : float
        Of the global correlation; 0: none.
    labels, densities, landmarks
        Further terms.
    seed : int
        Of every draw.
    compile : bool, default False
        Whether the networks are compiled for training.
    """

    def __init__(
        self,
        source: Any,
        rows: RowSource,
        networks: nn.ModuleDict,
        *,
        a: float,
        b: float,
        repulsion_strength: float,
        form: LossForm,
        reconstruction: str | None,
        reconstruction_loss: Reconstruction,
        reconstruction_weight: float,
        correlation_weight: float,
        labels: LabelTerm | None,
        densities: DensityTarget | None,
        landmarks: LandmarkTerm | None,
        seed: int,
        compile: bool = False,
    ) -> None:
        self.source, self.rows, self.networks = source, rows, networks
        self.a, self.b = a, b
        self.repulsion_strength = repulsion_strength
        self.form: LossForm = form
        self.reconstruction = reconstruction
        self.reconstruction_loss: Reconstruction = reconstruction_loss
        self.reconstruction_weight = reconstruction_weight
        self.correlation_weight = correlation_weight
        self.labels, self.densities, self.landmarks = labels, densities, landmarks
        self.seed = seed
        encode: Any = networks["encoder"]
        decode: Any = networks["decoder"] if reconstruction is not None else None
        self.encode = compiled(encode, wanted=compile)
        self.decode = compiled(decode, wanted=compile and decode is not None)

    def batch(self, step: int) -> StepBatch:
        """Rows and positions of one step (of a group's members each takes one; `train`)."""
        device, turn = self.rows.device, step // group()[0]
        labels, in_turn = self.labels, True
        with_edges = True
        if labels is not None and labels.period is not None:
            ours, theirs = labels.period
            with_edges = turn % (ours + theirs) < ours
            in_turn = not with_edges
        parts: list[Ints] = []
        edges = None
        if with_edges:
            batch: EdgeBatch = self.source.batch(step)
            edges = batch.to(device)
            parts.append(batch.rows)
        else:
            parts.append(np.empty(0, dtype=np.int64))
        codes = draws = places = density = radii = None
        if labels is not None and in_turn:
            picked = _some(self.seed, step, 3, len(labels.rows), _LABELLED)
            parts.append(labels.rows[picked])
            codes = torch.from_numpy(labels.codes[picked]).to(device)
            if labels.cost == "triplet":
                size = len(picked)
                bits = draw(key(self.seed, Stage.BATCH, step, np.uint64(4)), np.arange(size**2))
                chance = (bits >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)
                draws = torch.from_numpy(chance.reshape(size, size)).to(device)
        else:
            parts.append(np.empty(0, dtype=np.int64))
        if self.landmarks is not None:
            picked = _some(self.seed, step, 5, len(self.landmarks.rows), _LANDMARKS)
            parts.append(self.landmarks.rows[picked])
            places = self.landmarks.places[torch.from_numpy(picked).to(device)]
        else:
            parts.append(np.empty(0, dtype=np.int64))
        target = self.densities
        if target is not None and turn >= target.first_step:
            judged, density, radii = self._density_batch(target, step)
            parts.append(judged)
        together = np.concatenate(parts)
        return StepBatch(
            x=self.rows.take(together, reuse="step"),
            sizes=[len(part) for part in parts],
            edges=edges,
            codes=codes,
            draws=draws,
            landmarks=places,
            density=density,
            radii=radii,
        )

    def _density_batch(self, target: DensityTarget, step: int) -> tuple[Ints, TensorBatch, Tensor]:
        """Choose some rows, with all their edges."""
        graph, device = target.graph, self.rows.device
        heads = np.unique(_some(self.seed, step, 6, len(target.radii), _JUDGED))
        counts = np.diff(graph.indptr)[heads]
        owner = np.repeat(heads, counts)
        begin = np.repeat(graph.indptr[heads] - np.cumsum(counts) + counts, counts)
        tails = graph.indices[begin + np.arange(len(owner))].astype(np.int64)
        rows, where = np.unique(np.concatenate([owner, tails]), return_inverse=True)
        none = np.empty((0, len(owner)), dtype=np.int64)
        batch = EdgeBatch(rows, where[: len(owner)], where[len(owner) :], none).to(device)
        radii = np.full(len(rows), np.nan, dtype=np.float32)
        at = np.searchsorted(rows, heads)
        radii[at] = target.radii[heads]
        return rows, batch, torch.from_numpy(radii).to(device)

    def loss(self, batch: StepBatch) -> dict[str, Tensor]:
        """Terms of the loss, with their weights."""
        given = self.encode(batch.x)
        z = torch.split(given, batch.sizes)
        x = torch.split(batch.x, batch.sizes)
        terms: dict[str, Tensor] = {}
        if batch.edges is not None:
            terms |= umap_loss(
                z[0],
                batch.edges,
                a=self.a,
                b=self.b,
                repulsion_strength=self.repulsion_strength,
                form=self.form,
            )
            if self.correlation_weight:
                near = correlation_loss(_strangers(x[0]), _strangers(z[0]))
                terms["correlation"] = self.correlation_weight * near
            if self.reconstruction is not None:
                seen = z[0].detach() if self.reconstruction == "detached" else z[0]
                cost = reconstruction_loss(
                    self.decode(seen), x[0], self.rows.scaling, self.reconstruction_loss
                )
                terms["reconstruction"] = self.reconstruction_weight * cost
        if batch.codes is not None and self.labels is not None:
            terms["labels"] = self.labels.weight * self._label_cost(z[1], batch)
        if batch.landmarks is not None and self.landmarks is not None:
            gap = (z[2].float() - batch.landmarks).square().sum(1).mean()
            terms["landmarks"] = self.landmarks.weight * gap
        if batch.density is not None and batch.radii is not None and self.densities is not None:
            terms["density"] = self.densities.weight * density_loss(
                z[3],
                batch.density,
                batch.radii,
                a=self.a,
                b=self.b,
                var_shift=self.densities.var_shift,
            )
        return terms

    def _label_cost(self, places: Tensor, batch: StepBatch) -> Tensor:
        assert self.labels is not None
        assert batch.codes is not None
        if batch.draws is not None:
            return triplet_loss(places, batch.codes, batch.draws, margin=self.labels.margin)
        return functional.cross_entropy(self.networks["head"](places.float()), batch.codes)

    def held_out(self, size: int) -> Any:
        """Return a function that measures UMAP's loss on edges that no batch has; None without."""
        batch = self.source.held_out(size)
        if batch is None:
            return None
        moved = batch.to(self.rows.device)

        def measure() -> dict[str, float]:
            parts = []
            for begin in range(0, len(batch.rows), 4096):
                x = self.rows.take(batch.rows[begin : begin + 4096])
                parts.append(self.networks["encoder"](x).float())
            terms = umap_loss(
                torch.cat(parts),
                moved,
                a=self.a,
                b=self.b,
                repulsion_strength=self.repulsion_strength,
                form=self.form,
            )
            return {name: float(term) for name, term in terms.items()}

        return measure


def _strangers(rows: Tensor) -> Tensor:
    """Turn the second half of a batch: `correlation_loss` compares the halves row by row.

    Heads of edges come first, their tails after them in the same order: turned by a quarter of the
    batch, no head stands opposite its own tail.
    """
    half = len(rows) // 2
    return torch.cat([rows[:half], rows[half : 2 * half].roll(half // 2, 0)])


def _some(seed: int, step: int, number: int, n: int, size: int) -> Ints:
    """Positions of some out of n, drawn with replacement; all of them where there are few."""
    if n <= size:
        return np.arange(n, dtype=np.int64)
    return below(draw(key(seed, Stage.BATCH, step, np.uint64(number)), np.arange(size)), n)
