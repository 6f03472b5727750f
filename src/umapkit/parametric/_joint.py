"""Training of a Y-shaped network: labels for one head, edges for the other, in one pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit._seed import Stage, below, draw, key
from umapkit.parametric._augment import Augmentation
from umapkit.parametric._edges import EdgeSource, TensorBatch
from umapkit.parametric._heads import Branch
from umapkit.parametric._losses import attraction, umap_loss
from umapkit.parametric._rows import RowSource
from umapkit.parametric._torch import Tensor, compiled, generator, nn, torch

Ints = NDArray[np.int64]
_JUDGED = 512  # validation rows at a time


@dataclass(frozen=True, eq=False)
class JointBatch:
    """Rows of a step: labelled ones, those of the edges, second views of the edges' heads."""

    x: Tensor
    codes: Tensor
    edges: TensorBatch | None
    n_edge_rows: int


class JointObjective:
    """Batches and loss.

    Parameters
    ----------
    networks : ModuleDict
        "encoder" (a `Branch`) and "head".
    rows : RowSource
        Of all rows.
    labelled, codes : int64 arrays of shape (l,)
        Labelled rows and their classes.
    source : EdgeSource, optional
        Of the edges; None: labels only.
    labelled_batch_size : int
        Labelled rows of a step; all of them where there are fewer.
    a, b, repulsion_strength : float
        Of UMAP's loss.
    umap_weight, consistency, smoothing : float
        Weights of the terms; label smoothing.
    augment : callable, optional
        Makes views of images.
    shape : (channels, height, width)
        Of the images, for `augment`.
    averaging : float
        Decay of the weights' moving average; 0: none.
    compile : bool
        Whether the trunk is compiled.
    seed : int
        Of every draw.
    """

    def __init__(
        self,
        networks: nn.ModuleDict,
        rows: RowSource,
        labelled: Ints,
        codes: Ints,
        *,
        source: EdgeSource | None,
        labelled_batch_size: int,
        a: float,
        b: float,
        repulsion_strength: float,
        umap_weight: float,
        consistency: float,
        smoothing: float,
        augment: Augmentation | None,
        shape: tuple[int, ...] | None,
        averaging: float,
        compile: bool,
        seed: int,
    ) -> None:
        self.networks, self.rows = networks, rows
        self.labelled, self.codes, self.source = labelled, codes, source
        self.size = labelled_batch_size
        self.a, self.b, self.repulsion_strength = a, b, repulsion_strength
        self.umap_weight, self.consistency, self.smoothing = umap_weight, consistency, smoothing
        self.augment, self.shape, self.seed = augment, shape, seed
        branch = networks["encoder"]
        assert isinstance(branch, Branch)
        embed: Any = branch.head
        self.embed = embed
        self.classifier = networks["head"]
        trunk: Any = branch.trunk
        self.trunk = compiled(trunk, wanted=compile)
        self.average: Any = None
        if averaging:
            from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

            self.average = AveragedModel(
                networks, multi_avg_fn=get_ema_multi_avg_fn(averaging), use_buffers=True
            )

    def batch(self, step: int) -> JointBatch:
        """Draw the rows of one step."""
        count = len(self.labelled)
        if count <= self.size:
            picked = np.arange(count)
        else:
            keys = key(self.seed, Stage.BATCH, step, np.uint64(7))
            picked = below(draw(keys, np.arange(self.size)), count)
        parts = [self.labelled[picked]]
        edges = None
        if self.source is not None:
            drawn = self.source.batch(step)
            edges = drawn.to(self.rows.device)
            parts.append(drawn.rows)
            if self.consistency:
                parts.append(drawn.rows[drawn.heads])
        x = self.rows.take(np.concatenate(parts))
        if self.augment is not None:
            x = self._views(x, step)
        codes = torch.from_numpy(self.codes[picked]).to(self.rows.device)
        return JointBatch(x, codes, edges, len(parts[1]) if edges is not None else 0)

    def _views(self, x: Tensor, step: int) -> Tensor:
        assert self.augment is not None
        assert self.shape is not None
        scaling = self.rows.scaling
        images = scaling.squeeze(x).reshape(len(x), *self.shape)
        draws = generator(self.seed, Stage.SAMPLE, step, 1)
        views = self.augment(images, draws)
        if views.shape != images.shape:
            msg = f"augment made {tuple(views.shape)} of images {tuple(images.shape)}."
            raise ValueError(msg)
        return scaling(scaling.stretch(views.reshape(len(x), -1).to(x)))

    def loss(self, batch: JointBatch) -> dict[str, Tensor]:
        """Terms of the loss, with their weights."""
        if self.average is not None:  # of the weights that the step before has left
            self.average.update_parameters(self.networks)
        fork = self.trunk(batch.x)
        count = len(batch.codes)
        logits = self.classifier(fork[:count]).float()
        terms = {
            "labels": nn.functional.cross_entropy(
                logits, batch.codes, label_smoothing=self.smoothing
            )
        }
        if batch.edges is None:
            return terms
        places = self.embed(fork[count:]).float()
        first = places[: batch.n_edge_rows]
        found = umap_loss(
            first,
            batch.edges,
            a=self.a,
            b=self.b,
            repulsion_strength=self.repulsion_strength,
        )
        terms |= {name: self.umap_weight * term for name, term in found.items()}
        if self.consistency:
            gap = first[batch.edges.heads] - places[batch.n_edge_rows :]
            near = attraction(gap.square().sum(1), a=self.a, b=self.b).mean()
            terms["consistency"] = self.consistency * near
        return terms

    def judged_by(self, x: NDArray[np.float32], codes: Ints) -> Callable[[], dict[str, float]]:
        """Return a function that gives the share of wrong answers on other rows."""

        def look() -> dict[str, float]:
            networks: Any = self.networks if self.average is None else self.average.module
            networks.eval()
            trunk: Any = networks["encoder"].trunk
            device, wrong = self.rows.device, 0
            for begin in range(0, len(x), _JUDGED):
                part = torch.tensor(x[begin : begin + _JUDGED]).to(device)
                logits = networks["head"](trunk(networks["scaling"](part)))
                found = logits.argmax(1).cpu().numpy()
                wrong += int((found != codes[begin : begin + _JUDGED]).sum())
            return {"error": wrong / len(x)}

        return look

    def settle(self) -> None:
        """Put the moving average, where there is one, into the networks."""
        if self.average is not None and int(self.average.n_averaged) > 0:
            self.average.update_parameters(self.networks)
            self.networks.load_state_dict(self.average.module.state_dict())
