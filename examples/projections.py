"""One data set a row, one method a column: the family beside its relatives.

    python examples/projections.py [--out FOLDER] [--sets moons,mnist,...] [--rows 600] [--full]

The paper's Fig. 4: UMAP, the same loss over free points (the paper's "UMAP (TF)"), Parametric
UMAP, Parametric UMAP with an autoencoder's loss, Parametric t-SNE, t-SNE, a VAE, an autoencoder,
principal components. Below each map its trustworthiness (5
neighbours). Networks are three layers of 100; `--encoder conv28` takes the paper's convolutions for
images of 28 x 28, which want a GPU. t-SNE is scikit-learn's. The cells of pbmc stand for the
paper's retina and vireo, which `umapkit.data.load` reads from files of yours.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from _shared import rows_of, run
from matplotlib.figure import Figure
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from umapkit import UMAP, plot, quality
from umapkit.parametric import VAE, Autoencoder, DirectUMAP, ParametricTSNE, ParametricUMAP

PAPER = {
    "sets": "moons,bison,mnist,fashion_mnist,pbmc",
    "rows": 50_000,
    "epochs": 1000,
    "encoder": "conv28",
}
WIDE = {"bison": {"neighbors": 150, "perplexity": 500}, "moons": {"perplexity": 500}}


def methods(rows: np.ndarray, name: str, *, encoder: str, epochs: int, seed: int) -> dict[str, Any]:
    """Return models, none fitted."""
    wide = WIDE.get(name, {})
    k = min(wide.get("neighbors", 15), len(rows) // 4)
    perplexity = min(wide.get("perplexity", 30), len(rows) // 8)
    image = rows.shape[1] == 784 and encoder != "mlp"
    network = {"encoder": encoder if image else "mlp", "random_state": seed}
    decoder = {"decoder": network["encoder"]}
    return {
        "UMAP": UMAP(k, random_state=seed),
        "UMAP, free points": DirectUMAP(n_neighbors=k, random_state=seed),
        "Parametric UMAP": ParametricUMAP(n_neighbors=k, **network),
        "UMAP and AE": ParametricUMAP(n_neighbors=k, reconstruction="joint", **decoder, **network),
        "Parametric t-SNE": ParametricTSNE(perplexity=perplexity, n_epochs=epochs, **network),
        "t-SNE": TSNE(perplexity=perplexity, random_state=seed),
        "VAE": VAE(**decoder, **network),
        "autoencoder": Autoencoder(**decoder, **network),
        "PCA": PCA(2),
    }


def picture(
    *,
    sets: str = "moons,mnist,pbmc",
    rows: int = 600,
    encoder: str = "mlp",
    epochs: int = 100,
    seed: int = 0,
) -> Figure:
    """Fit every method to every set and draw the maps."""
    names = sets.split(",")
    figure = Figure(figsize=(13.5, 1.72 * len(names) + 0.3), layout="constrained")
    axes = figure.subplots(len(names), 9, squeeze=False)
    for number, (line, name) in enumerate(zip(axes, names, strict=True)):
        data = rows_of(name, rows)
        made = methods(data.train, name, encoder=encoder, epochs=epochs, seed=seed)
        for axis, (method, model) in zip(line, made.items(), strict=True):
            begin = time.perf_counter()
            places = np.ascontiguousarray(model.fit_transform(data.train), dtype=np.float32)
            took = time.perf_counter() - begin
            trust = quality.trustworthiness(data.train, places, n_neighbors=5)
            print(f"{name}, {method}: trustworthiness {trust:.3f}, {took:.1f} s", flush=True)
            colors = {"labels": data.labels}
            if data.labels is None:  # no classes: by the place along the longest side
                longest = np.ptp(data.train, axis=0).argmax()
                colors = {"values": data.train[:, longest]}
            plot.points(places, ax=axis, legend=False, size=1.0, **colors)
            axis.set(xlabel=f"{trust:.3f}", ylabel="", aspect="auto")
            axis.xaxis.label.set_fontsize(8)
            if number == 0:
                axis.set_title(method, fontsize=9)
        line[0].set_ylabel(name, fontsize=9)
    return figure


if __name__ == "__main__":
    run(picture, __doc__, PAPER)
