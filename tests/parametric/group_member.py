"""One process of a group: what `test_group.py` starts two of."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch

from umapkit.parametric import (
    Autoencoder,
    DirectUMAP,
    ParametricTSNE,
    ParametricUMAP,
    SemiSupervisedUMAP,
    TrainOptions,
    train,
)

KINDS = {"n_jobs": 1, "device": "cpu"}  # and no random_state: the seed is shared


def clouds() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(2), 60)
    return (rng.normal(size=(120, 4)) + 6 * codes[:, None]).astype(np.float32), codes


def line() -> torch.nn.Linear:
    layer = torch.nn.Linear(3, 1)
    torch.nn.init.constant_(layer.weight, 0.5)
    torch.nn.init.zeros_(layer.bias)
    return layer


def batch(number: int) -> torch.Tensor:
    return torch.randn(32, 3, generator=torch.Generator().manual_seed(number))


def loss_of(layer: torch.nn.Module):
    def loss(x):
        return {"fit": (layer(x) - x @ torch.tensor([[1.0], [-2.0], [0.5]])).square().mean()}

    return loss


def main(folder: Path, rank: int) -> None:
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2,
        timeout=timedelta(seconds=60),
    )  # fmt: skip
    rows, codes = clouds()
    found: dict[str, np.ndarray] = {}
    layer = line()
    if rank:
        torch.nn.init.ones_(layer.weight)  # the first member's start is everyone's
    done = train(layer, batch, loss_of(layer), TrainOptions(n_steps=50, learning_rate=0.02))
    found["line"] = layer.weight.detach().numpy()
    found["line loss"] = np.array(done.history["loss"])

    stopped = ParametricUMAP(
        n_steps=2000, batch_size=64, held_out=0.2, patience=2, check_every=20, **KINDS
    ).fit(rows)
    stopped.save(folder / "model")
    found["umap"] = stopped.embedding_
    found["seed"] = np.array([stopped.seed_ >> 1])
    found["held out"] = np.array(stopped.history_["held_out"])
    found["epochs"] = np.array(
        [ParametricUMAP(n_epochs=8, batch_size=64, **KINDS).fit(rows).n_steps_]
    )
    halted = ParametricUMAP(
        n_steps=100, batch_size=64, observers=lambda step, _: rank == 1 and step == 30, **KINDS
    ).fit(rows)
    found["halted"] = np.array([halted.n_steps_])
    turns = ParametricUMAP(
        supervision="triplet", supervision_period=(10, 10), n_steps=40, batch_size=64, **KINDS
    ).fit(rows, codes)
    found["turns"] = np.array(turns.history_["attraction"])
    found["density"] = np.array(
        ParametricUMAP(densmap=True, dens_frac=0.25, n_steps=80, batch_size=64, **KINDS)
        .fit(rows)
        .history_["density"]
    )

    found["tsne"] = ParametricTSNE(
        n_epochs=10, degrees_of_freedom="learned", **KINDS
    ).fit_transform(rows)
    found["ae"] = Autoencoder(n_epochs=4, batch_size=16, **KINDS).fit_transform(rows)
    found["direct"] = DirectUMAP(n_epochs=4, **KINDS).fit_transform(rows)
    labels = np.where(np.arange(120) % 10 == 0, codes, -1)
    normed = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Dropout(0.2)
    )
    joint = SemiSupervisedUMAP(normed, n_steps=20, averaging=0.5, **KINDS)
    found["ssl"] = joint.fit(rows, labels, validation=(rows, codes)).predict_proba(rows)
    np.savez(folder / f"found-{rank}.npz", **found)
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
