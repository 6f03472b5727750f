"""Digits with another stroke, slant and breadth: algebra on the map.

    python examples/attributes.py [--out FOLDER] [--data mnist] [--rows 5000] [--full]

The paper's Fig. 14, with digits for faces: (A) new images and what comes back of them, from a
network of UMAP's and an autoencoder's loss together (joint), and from one of UMAP's loss alone,
whose decoder learned without touching it (detached). (B) One image moved along the vectors of
attributes, two standard deviations to either side. (C) What that did, measured on 200 new images
against what comes back of them unmoved. Attributes are measured from the pixels (`_images.py`), the
vectors are ordinary least squares of the places on them and on the digit's class, over the images
of the fit. It took 75 seconds on one busy core.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from _images import NAMES, UNITS, measure
from _shared import INK, Rows, montage, rows_of, run
from matplotlib.figure import Figure

from umapkit.parametric import ParametricUMAP, networks

PAPER = {"rows": 50_000, "network": "conv28", "dimensions": 64, "steps": 20_000}
COLORS = {"joint": "#0072b2", "detached": "#d55e00"}
AMOUNTS = np.linspace(-2, 2, 5)


def fitted(
    data: Rows, kind: Any, network: str, dimensions: int, steps: int, seed: int
) -> ParametricUMAP:
    """Return a network with a decoder."""
    sides = {}
    for role in ("encoder", "decoder"):
        options = {"hidden": (256, 256)} if network == "mlp" else None
        sizes = {"n_features": data.train.shape[1], "n_components": dimensions}
        sides[role] = networks.build(network, role=role, seed=seed, options=options, **sizes)
    model = ParametricUMAP(
        **sides,
        n_components=dimensions,
        reconstruction=kind,
        reconstruction_loss="bce",
        reconstruction_weight=5.0,
        batch_size=128,
        n_steps=steps,
        learning_rate=1e-3,
        random_state=seed,
    )
    return model.fit(data.train)


def picture(
    *,
    data: str = "mnist",
    rows: int = 5000,
    network: str = "mlp",
    dimensions: int = 32,
    steps: int = 1000,
    seed: int = 0,
) -> Figure:
    """Train both networks and draw what they do to images."""
    known = rows_of(data, rows, new=200)
    assert known.shape is not None
    assert known.labels is not None
    table = measure(known.train, known.shape)
    mean, spread = table.mean(axis=0), table.std(axis=0)
    classes = np.eye(known.labels.max() + 1)[known.labels][:, 1:]  # the first is the constant
    attributes = np.column_stack([(table - mean) / spread, classes])
    models = {kind: fitted(known, kind, network, dimensions, steps, seed) for kind in COLORS}
    figure = Figure(figsize=(10.5, 7.4), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=[5, 3.2])
    images = top.subplot_mosaic([["new", "new"], ["joint", "detached"]], height_ratios=[1.9, 3])
    curves = bottom.subplots(1, len(NAMES))
    shown = [known.new[:16]]
    for kind, model in models.items():
        back = model.inverse_transform(model.transform(known.new))
        error = float(np.mean((back - known.new) ** 2))
        print(f"{kind}: mean squared error of {len(known.new)} new images {error:.4f}")
        shown.append(back[:16])
        vectors = model.attribute_vectors(attributes)[: len(NAMES)]
        moved = np.stack(
            [[model.add_attribute(known.new, way, amount) for amount in AMOUNTS] for way in vectors]
        )  # (attributes, amounts, images, pixels)
        draw(images[kind], montage(moved[:, :, 0], known.shape))
        images[kind].set_title(f"(B) {kind}: attribute added, -2 to 2 sd", fontsize=10)
        place = (np.arange(len(NAMES)) + 0.5) * (known.shape[0] + 2)
        images[kind].set_yticks(place, NAMES, fontsize=9)
        for k, axis in enumerate(curves):
            found = np.stack([measure(part, known.shape)[:, k] for part in moved[k]])
            gains = found - found[len(AMOUNTS) // 2]  # where nothing was added
            low, middle, high = np.percentile(gains, [25, 50, 75], axis=1)
            axis.fill_between(AMOUNTS, low, high, color=COLORS[kind], alpha=0.2, linewidth=0)
            axis.plot(AMOUNTS, middle, ".-", color=COLORS[kind], label=kind)
            print(f"{kind}, {NAMES[k]}: median change {np.round(middle, 3)} {UNITS[k]}")
    draw(images["new"], montage(np.stack(shown), known.shape))
    place = (np.arange(3) + 0.5) * (known.shape[0] + 2)
    images["new"].set_yticks(place, ["new", *models], fontsize=9)
    images["new"].set_title("(A) new images, and what comes back of them", fontsize=10)
    for k, axis in enumerate(curves):
        axis.plot(AMOUNTS, AMOUNTS * spread[k], ":", color=INK, label="asked for")
        axis.set(xlabel="added, sd", ylabel=f"change, {UNITS[k]}")
        axis.set_title(f"(C) {NAMES[k]}, measured", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
    curves[0].legend(frameon=False, fontsize=9)
    return figure


def draw(axis: Any, image: np.ndarray) -> None:
    """Draw a grey picture without its frame."""
    axis.imshow(image, cmap="gray", vmin=0, vmax=1)
    axis.set(xticks=[], yticks=[])
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)


if __name__ == "__main__":
    run(picture, __doc__, PAPER)
