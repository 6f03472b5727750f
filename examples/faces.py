"""Small faces: the paper's face network with UMAP's loss, its reconstructions, its algebra.

    python examples/faces.py [--out FOLDER] [--file FACES.npz --key NAME] [--steps 400] [--full]

The paper's Fig. 14 on what there is at hand: some hundred grey faces of 32 x 32 pixels, by default
scikit-learn's Olivetti faces, or an array of images (n, 32, 32), 0 to 255, of an npz file. The
network of content and style (instance norms, residual blocks, AdaIN) is the paper's with narrower
layers; the paper had 30,000 faces of 128 x 128 in colour and a GPU.
"""

from __future__ import annotations

import numpy as np
from _shared import montage, run
from attributes import AMOUNTS, draw
from matplotlib.figure import Figure

from umapkit.parametric import ParametricUMAP, networks

PAPER = {"steps": 20_000, "width": 64, "channels": 256}
SHAPE = (32, 32)
ATTRIBUTES = ("bright", "light from the right", "dark above")


def faces(file: str, key: str) -> np.ndarray:
    """Return rows of 1,024 pixels in [0, 1]."""
    if file:
        with np.load(file) as arrays:
            images = arrays[key].astype(np.float32) / 255
    else:
        from sklearn.datasets import fetch_olivetti_faces

        images = fetch_olivetti_faces().images.reshape(-1, 32, 2, 32, 2).mean(axis=(2, 4))
    return np.ascontiguousarray(images.reshape(len(images), -1), dtype=np.float32)


def measure(rows: np.ndarray) -> np.ndarray:
    """Return the attributes of faces, from their pixels: means of halves and thirds."""
    images = rows.reshape(-1, *SHAPE)
    side = images[:, :, 16:].mean(axis=(1, 2)) - images[:, :, :16].mean(axis=(1, 2))
    above = images[:, 8:].mean(axis=(1, 2)) - images[:, :8].mean(axis=(1, 2))
    return np.column_stack([images.mean(axis=(1, 2)), side, above])


def picture(
    *,
    file: str = "",
    key: str = "x",
    steps: int = 400,
    width: int = 16,
    channels: int = 8,
    seed: int = 0,
) -> Figure:
    """Train the network on nine faces in ten, draw what it makes of the others."""
    rows = faces(file, key)
    order = np.random.default_rng(seed).permutation(len(rows))
    new, train = rows[order[: len(rows) // 10]], rows[order[len(rows) // 10 :]]
    places = 64 * channels + 8
    sides = {
        role: networks.build(
            "face",
            role=role,
            n_features=1024,
            n_components=places,
            input_shape=(1, *SHAPE),
            seed=seed,
            options={"width": width},
        )
        for role in ("encoder", "decoder")
    }
    model = ParametricUMAP(
        **sides,
        n_components=places,
        input_shape=(1, *SHAPE),
        reconstruction="joint",
        reconstruction_loss="bce",
        reconstruction_weight=5.0,
        batch_size=32,
        n_steps=steps,
        learning_rate=1e-3,
        random_state=seed,
    ).fit(train)
    back = model.inverse_transform(model.transform(new))
    flat = float(np.mean((train.mean(axis=0) - new) ** 2))
    print(f"mean squared error of {len(new)} new faces: {np.mean((back - new) ** 2):.4f}")
    print(f"of the mean face: {flat:.4f}")
    table = measure(train)
    vectors = model.attribute_vectors((table - table.mean(axis=0)) / table.std(axis=0))
    moved = np.stack(
        [[model.add_attribute(new, way, amount) for amount in AMOUNTS] for way in vectors]
    )
    for k, name in enumerate(ATTRIBUTES):
        gains = [measure(part)[:, k] - measure(new)[:, k] for part in moved[k]]
        change = np.median(gains, axis=1) / table.std(axis=0)[k]
        print(f"{name}: median change {np.round(change, 2)} sd for {AMOUNTS} added")
    figure = Figure(figsize=(9.6, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    ways = [model.interpolate(new[i], new[i + 1], n_steps=8) for i in (0, 2, 4)]
    draw(left, montage(1 - np.stack([new[:8], back[:8], *ways]), SHAPE))
    middles = (np.arange(5) + 0.5) * (SHAPE[0] + 2)
    left.set_yticks(middles, ["new", "decoded", "way 1", "way 2", "way 3"], fontsize=9)
    left.set_title("new faces, decoded, and ways from face to face", fontsize=10)
    draw(right, montage(1 - moved[:, :, 0], SHAPE))
    right.set_yticks(middles[: len(ATTRIBUTES)], ATTRIBUTES, fontsize=9)
    right.set_title("attribute added to the first, -2 to 2 sd", fontsize=10)
    return figure


if __name__ == "__main__":
    run(picture, __doc__, PAPER)
