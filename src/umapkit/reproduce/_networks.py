"""Networks of the paper: at its sizes, or smaller ones by the budget. Imports torch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.parametric import VAE, Autoencoder, DirectUMAP, ParametricTSNE, ParametricUMAP
from umapkit.reproduce._methods import Made, Rows, Setting
from umapkit.reproduce._sets import Parts

_STEPS_A_ROW = 0.8  # five epochs of 25 copies of the strongest edge, 1,000 edges a step


def network_of(parts: Parts, to: Setting, *, method: str = "") -> tuple[str, dict[str, Any], str]:
    """Return the network's name, what its model is told, and what of it is smaller."""
    name = parts.about.network
    small = ""
    if to.budget.networks == "mlp" and name != "mlp":
        name, small = "mlp", "a network of three layers of 100"
    if method == "parametric_tsne" and name == "lstm":
        name = "mlp"  # so in the paper
    told: dict[str, Any] = {
        "n_components": to.dimensions,
        "random_state": to.seed,
        "n_jobs": to.n_jobs,
        "device": to.device,
    }
    if name != "mlp":
        told["input_shape"] = parts.shape
    return name, told, small


def fit_parametric_umap(parts: Parts, to: Setting) -> Made:
    """P. UMAP, with a decoder that does not reach the encoder (Table 7's "P. UMAP")."""
    return _umap(parts, to, parts.rows, "detached")


def fit_umap_ae(parts: Parts, to: Setting) -> Made:
    """UMAP and an autoencoder at once: the decoder's loss reaches the encoder."""
    return _umap(parts, to, parts.scaled(parts.rows), "joint")


def _umap(parts: Parts, to: Setting, rows: Rows, reconstruction: Any) -> Made:
    name, told, small = network_of(parts, to)
    budget = to.budget
    paper = round(_STEPS_A_ROW * len(rows))
    steps = paper if budget.edge_steps is None else budget.edge_steps
    scaled = parts.about.unit or reconstruction == "joint"
    # Cross-entropy needs numbers in [0, 1]; the decoder of raw rows learns their squared error.
    model = ParametricUMAP(
        name,
        name,
        n_neighbors=min(parts.about.n_neighbors, len(rows) - 1),
        reconstruction=reconstruction,
        reconstruction_loss="bce" if scaled else "mse",
        scaling="none" if scaled else "global",
        n_steps=steps,
        batch_size=budget.edge_batch,
        learning_rate=budget.edge_rate,
        schedule=budget.edge_schedule,  # pyright: ignore[reportArgumentType] # a name of theirs
        **told,
    ).fit(rows)
    own = parts.about.unit or reconstruction == "detached"

    def place(new: Rows) -> Rows:
        return model.transform(new if own else parts.scaled(new))

    def back(places: Rows) -> Rows:
        found = np.asarray(model.inverse_transform(places), np.float32)
        return found if reconstruction == "joint" else parts.scaled(found)

    seen, wanted = steps * budget.edge_batch, paper * 1000
    if seen < wanted:
        small = _and(small, f"{seen:,} edges of {wanted:,}")
    graph = (model.graph_, model.a_, model.b_)
    return Made(model.embedding_, place, back, graph=graph, curve=_curve(model), size=small)


def fit_parametric_tsne(parts: Parts, to: Setting) -> Made:
    """Parametric t-SNE on batches of rows, degrees of freedom one less than the dimensions."""
    name, told, small = network_of(parts, to, method="parametric_tsne")
    budget, n = to.budget, len(parts.rows)
    batch = min(budget.tsne_batch, n)
    perplexity = min(parts.about.perplexity, budget.perplexity, (batch - 1) / 3)
    model = ParametricTSNE(
        name,
        perplexity=perplexity,
        batch_size=batch,
        n_epochs=budget.tsne_epochs,
        scaling="none" if parts.about.unit else "global",
        **told,
    ).fit(parts.rows)
    if budget.tsne_epochs < 1000:
        small = _and(small, f"{budget.tsne_epochs} passes of 1,000, batches of {batch:,}")
    return Made(model.embedding_, model.transform, size=small)


def fit_ae(parts: Parts, to: Setting) -> Made:
    """Autoencoder of rows in [0, 1]."""
    name, told, small = network_of(parts, to)
    epochs = to.budget.autoencoder_epochs
    model = Autoencoder(name, name, n_epochs=epochs, scaling="none", **told)
    return _decoding(model, parts, _and(small, f"{epochs} passes of 50" if epochs < 50 else ""))


def fit_vae(parts: Parts, to: Setting) -> Made:
    """Variational autoencoder of rows in [0, 1]; places are the means."""
    name, told, small = network_of(parts, to)
    epochs = to.budget.vae_epochs
    model = VAE(name, name, n_epochs=epochs, scaling="none", **told)
    return _decoding(model, parts, _and(small, f"{epochs} passes of 30" if epochs < 30 else ""))


def _decoding(model: Any, parts: Parts, small: str) -> Made:
    model.fit(parts.scaled(parts.rows))

    def place(new: Rows) -> Rows:
        return model.transform(parts.scaled(new))

    def back(places: Rows) -> Rows:
        return np.asarray(model.inverse_transform(places), np.float32)

    return Made(model.embedding_, place, back, size=small)


def fit_direct_umap(parts: Parts, to: Setting) -> Made:
    """UMAP's loss over the places themselves, by torch (the paper's UMAP-TF)."""
    epochs = to.budget.direct_epochs
    model = DirectUMAP(
        n_components=to.dimensions,
        n_neighbors=min(parts.about.n_neighbors, len(parts.rows) - 1),
        n_epochs=epochs,
        random_state=to.seed,
        n_jobs=to.n_jobs,
        device=to.device,
    ).fit(parts.rows)
    small = f"{epochs} epochs of 200" if epochs < 200 else ""
    graph = (model.graph_, model.a_, model.b_)
    return Made(model.embedding_, graph=graph, curve=_curve(model), size=small)


def _curve(model: Any) -> NDArray[np.float64]:
    """Seconds and UMAP's loss so far, the mean since the start, as Keras reports it."""
    history = model.history_
    losses = np.add(history["attraction"], history["repulsion"])
    mean = np.cumsum(losses) / np.arange(1, len(losses) + 1)
    return np.column_stack([history["seconds"], mean])


def _and(one: str, two: str) -> str:
    return f"{one}, {two}" if one and two else one or two
