"""From one image to another: along the map, and by blending pixels.

    python examples/interpolation.py [--out FOLDER] [--data mnist] [--rows 5000] [--full]

Part of the paper's Fig. 14, with digits for faces. Pairs of new images are joined by a straight
line on the map of a network of UMAP's and an autoencoder's loss together, and the places on it are
decoded (upper line of a pair); below, the pixels of the two, blended. Right: how far the images on
the ways of 200 pairs are from the nearest image of the fit, a Euclidean distance of pixels.
"""

from __future__ import annotations

import numpy as np
from _shared import montage, rows_of, run
from attributes import draw, fitted
from matplotlib.figure import Figure

from umapkit.neighbors import build_index

PAPER = {"rows": 50_000, "network": "conv28", "dimensions": 64, "steps": 20_000}
WAYS = {"along the map": "#0072b2", "blended pixels": "#d55e00"}
STEPS, SHOWN = 7, 4


def picture(
    *,
    data: str = "mnist",
    rows: int = 5000,
    network: str = "mlp",
    dimensions: int = 32,
    steps: int = 1000,
    seed: int = 0,
) -> Figure:
    """Train the network, go from image to image."""
    known = rows_of(data, rows, new=400)
    assert known.shape is not None
    model = fitted(known, "joint", network, dimensions, steps, seed)
    half = len(known.new) // 2
    starts, ends = known.new[:half], known.new[half : 2 * half]
    share = np.linspace(0, 1, STEPS)[:, None]
    ways = {
        "along the map": [
            model.interpolate(a, b, n_steps=STEPS) for a, b in zip(starts, ends, strict=True)
        ],
        "blended pixels": [a * (1 - share) + b * share for a, b in zip(starts, ends, strict=True)],
    }
    index = build_index(known.train, n_neighbors=2)
    figure = Figure(figsize=(10.2, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.05, 1])
    both = np.stack([np.stack(way[:SHOWN]) for way in ways.values()], axis=1)
    lines = both.reshape(2 * SHOWN, STEPS, -1)
    draw(left, montage(lines, known.shape))
    place = (np.arange(2 * SHOWN) + 0.5) * (known.shape[0] + 2)
    left.set_yticks(place, ["map", "pixels"] * SHOWN, fontsize=8)
    left.set_title("new images left and right, the way between", fontsize=10)
    for name, way in ways.items():
        images = np.ascontiguousarray(np.concatenate(way), dtype=np.float32)
        far = index.query(images, 1).distances.reshape(half, STEPS)
        low, middle, high = np.percentile(far, [25, 50, 75], axis=0)
        right.fill_between(share[:, 0], low, high, color=WAYS[name], alpha=0.2, linewidth=0)
        right.plot(share[:, 0], middle, ".-", color=WAYS[name], label=name)
        print(f"{name}: median distance to the nearest of the fit {np.round(middle, 2)}")
    right.set(xlabel="share of the way", ylabel="distance to the nearest image", ylim=(0, None))
    right.set_title(f"{half} pairs, median and quartiles", fontsize=10)
    right.legend(frameon=False, fontsize=9)
    right.spines[["top", "right"]].set_visible(False)
    return figure


if __name__ == "__main__":
    run(picture, __doc__, PAPER)
