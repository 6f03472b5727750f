"""Maps as functions: networks, trained on batches of edges, that place any row.

Needs torch: ``pip install 'umapkit[parametric]'``.
"""

from __future__ import annotations

import umapkit.parametric._torch  # noqa: F401  (first: it says what to install)
from umapkit.parametric import networks
from umapkit.parametric._augment import AUGMENTATIONS
from umapkit.parametric._autoencoder import VAE, Autoencoder
from umapkit.parametric._direct import DirectUMAP
from umapkit.parametric._edges import EdgeBatch, EdgeSource, PointSource, ScheduleSource
from umapkit.parametric._load import load
from umapkit.parametric._losses import (
    attraction,
    capped_attraction,
    capped_repulsion,
    repulsion,
    umap_loss,
)
from umapkit.parametric._more_losses import (
    correlation_loss,
    density_loss,
    reconstruction_loss,
    triplet_loss,
)
from umapkit.parametric._semi_supervised import SemiSupervisedUMAP
from umapkit.parametric._torch import choose_device
from umapkit.parametric._train import Training, TrainOptions, train
from umapkit.parametric._tsne import ParametricTSNE
from umapkit.parametric._tsne_loss import kl_divergence
from umapkit.parametric._umap import ParametricUMAP

__all__ = [
    "AUGMENTATIONS",
    "VAE",
    "Autoencoder",
    "DirectUMAP",
    "EdgeBatch",
    "EdgeSource",
    "ParametricTSNE",
    "ParametricUMAP",
    "PointSource",
    "ScheduleSource",
    "SemiSupervisedUMAP",
    "TrainOptions",
    "Training",
    "attraction",
    "capped_attraction",
    "capped_repulsion",
    "choose_device",
    "correlation_loss",
    "density_loss",
    "kl_divergence",
    "load",
    "networks",
    "reconstruction_loss",
    "repulsion",
    "train",
    "triplet_loss",
    "umap_loss",
]
