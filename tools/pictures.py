"""Make the pictures of the README and of docs/ with the code of this checkout.

python tools/pictures.py [NAME ...] writes docs/pictures/NAME.png. MNIST and the mammoth come from
the folder that UMAPKIT_DATA names, or from their public originals. Those of `examples` need torch.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import umapkit
from umapkit import TSNE, UMAP, data, plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
INK, PAPER = "#222222", "white"
COLORS = 256  # of the palette that keeps the files small
DPI = 110


def grid(rows: int, columns: int, *, width: float, height: float) -> tuple[Figure, Any]:
    """Return a figure and its axes, (rows, columns)."""
    from matplotlib.figure import Figure

    # The density image has the pixels that the axes have when it is drawn.
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor=PAPER)
    return figure, figure.subplots(rows, columns, squeeze=False)


def small(axis: Any, model: Any, **options: Any) -> None:
    """Draw one of several maps: no legend, no names of axes."""
    plot.points(model, legend=False, ax=axis, **options)
    axis.set(xlabel="", ylabel="")
    axis.title.set_fontsize(10)


def fashion() -> tuple[np.ndarray, np.ndarray]:
    """Return 10,000 rows of Fashion-MNIST and their classes."""
    example = data.load("fashion_mnist")
    if example.target is None:
        msg = "Fashion-MNIST without labels cannot be drawn."
        raise ValueError(msg)
    return example.data[:10_000], example.target[:10_000]


def mnist() -> Figure:
    """Draw all 70,000 handwritten digits."""
    example = data.load("mnist")
    figure, axes = grid(1, 1, width=7.5, height=6.2)
    plot.points(
        UMAP(random_state=0).fit(example.data),
        labels=example.target,
        label_on_map=True,
        density=False,
        size=0.6,
        alpha=0.5,
        title="MNIST: 70,000 handwritten digits, 784 pixels each",
        ax=axes[0, 0],
    )
    return figure


def start() -> Figure:
    """Draw scikit-learn's small digits: the first map of the guide."""
    example = data.load("digits")
    figure, axes = grid(1, 1, width=6, height=5.2)
    plot.points(
        UMAP(random_state=0).fit(example.data),
        labels=example.target,
        label_on_map=True,
        ax=axes[0, 0],
    )
    return figure


def parameters() -> Figure:
    """Draw the mammoth under three n_neighbors times three min_dist."""
    example = data.load("mammoth")
    figure, axes = grid(3, 3, width=9, height=9)
    for i, n_neighbors in enumerate((5, 15, 100)):
        for j, min_dist in enumerate((0.0, 0.1, 0.8)):
            model = UMAP(n_neighbors, min_dist=min_dist, random_state=0).fit(example.data)
            title = f"n_neighbors={n_neighbors}, min_dist={min_dist:g}"
            small(axes[i, j], model, labels=example.target, title=title, size=1.0)
    return figure


def start_of_layout() -> Figure:
    """Draw the digits from three starts."""
    example = data.load("digits")
    figure, axes = grid(1, 3, width=9, height=3)
    for axis, init in zip(axes[0], ("spectral", "pca", "random"), strict=True):
        model = UMAP(init=init, random_state=0).fit(example.data)
        title = f'init="{init}": loss_ {model.loss_:,.0f}'
        small(axis, model, labels=example.target, title=title)
    return figure


def sizes() -> Figure:
    """Draw three clouds whose widths and gaps differ, and their map."""
    rows, labels = three_clouds()
    figure, axes = grid(1, 2, width=9, height=4)
    names = ["width 1", "width 4", "width 0.4"]
    title = "the data: 2 of 10 columns"
    plot.points(rows[:, :2], labels=labels, label_names=names, title=title, ax=axes[0, 0])
    axes[0, 0].set(xlabel="column 0", ylabel="column 1")
    axes[0, 0].title.set_fontsize(10)
    small(axes[0, 1], UMAP(random_state=0).fit(rows), labels=labels, title="the map")
    return figure


def seeds() -> Figure:
    """Draw the digits with four seeds."""
    example = data.load("digits")
    figure, axes = grid(1, 4, width=11, height=3)
    for seed, axis in enumerate(axes[0]):
        model = UMAP(random_state=seed).fit(example.data)
        title = f"random_state={seed}: loss_ {model.loss_:,.0f}"
        small(axis, model, labels=example.target, title=title)
    return figure


def noise() -> Figure:
    """Draw maps of pure noise."""
    rows = np.random.default_rng(0).normal(size=(2000, 50))
    figure, axes = grid(1, 3, width=9, height=3.2)
    for axis, n_neighbors in zip(axes[0], (2, 5, 15), strict=True):
        model = UMAP(n_neighbors, random_state=0).fit(rows)
        trust = umapkit.quality.trustworthiness(rows, model.embedding_)
        title = f"n_neighbors={n_neighbors}: trustworthiness {trust:.2f}"
        small(axis, model, title=title)
    return figure


def trust() -> Figure:
    """Draw the graph under the map of the digits, and where the map can be believed."""
    example = data.load("digits")
    model = UMAP(random_state=0).fit(example.data)
    figure, axes = grid(2, 2, width=9, height=7.6)
    plot.connectivity(
        model, labels=example.target, legend=False, title="the graph", ax=axes[0, 0], size=4.0
    )
    cases = ("neighborhood", "local_dim", "pca")
    for axis, kind in zip(axes.ravel()[1:], cases, strict=True):
        plot.diagnostic(example.data, model, kind=kind, ax=axis, size=6.0)
    for axis in axes.ravel():
        axis.set(xlabel="", ylabel="")
        axis.title.set_fontsize(10)
    return figure


def transform() -> Figure:
    """Draw 60,000 training digits and, on them, 10,000 that the map has not seen."""
    example = data.load("mnist")
    if example.target is None:
        msg = "MNIST without labels cannot be drawn."
        raise ValueError(msg)
    seen = np.concatenate([example.train, example.valid])
    model = UMAP(random_state=0).fit(example.data[seen])
    places = np.asarray(model.transform(example.data[example.test]))
    figure, axes = grid(1, 2, width=10, height=4.8)
    cases = {
        "60,000 digits": (model.embedding_, example.target[seen], 0.4),
        "10,000 new digits on the same map": (places, example.target[example.test], 1.0),
    }
    low, high = model.embedding_.min(axis=0), model.embedding_.max(axis=0)
    for axis, (title, (drawn, labels, size)) in zip(axes[0], cases.items(), strict=True):
        small(axis, drawn, labels=labels, title=title, density=False, size=size)
        axis.set(xlim=(low[0] - 1, high[0] + 1), ylim=(low[1] - 1, high[1] + 1))
        axis.set_aspect("equal", adjustable="box")
    return figure


def labels() -> Figure:
    """Draw Fashion-MNIST without labels, with a tenth of them, and with all."""
    rows, target = fashion()
    some = np.where(np.arange(len(target)) % 10 == 0, target, -1)
    figure, axes = grid(1, 3, width=10.5, height=3.8)
    cases = {"no labels": None, "one label in ten": some, "all labels": target}
    for axis, (title, y) in zip(axes[0], cases.items(), strict=True):
        small(axis, UMAP(random_state=0).fit(rows, y), labels=target, title=title, size=1.5)
    return figure


def tsne() -> Figure:
    """Draw all handwritten digits by t-SNE, from their first 50 principal components."""
    from umapkit.init import pca_start

    example = data.load("mnist")
    rows = pca_start(example.data, n_components=50, seed=0)
    figure, axes = grid(1, 1, width=6.4, height=4.8)
    plot.points(TSNE(random_state=0).fit(rows), labels=example.target, ax=axes[0, 0])
    return figure


def three_clouds() -> tuple[np.ndarray, np.ndarray]:
    """Return 1,500 rows of 10 columns in three clouds of unlike width and gaps."""
    rng = np.random.default_rng(0)
    centres = np.zeros((3, 10))
    centres[1, 0], centres[2, 0] = 30.0, -8.0
    rows = np.concatenate(
        [rng.normal(c, w, (500, 10)) for c, w in zip(centres, (1.0, 4.0, 0.4), strict=True)]
    )
    return rows, np.repeat([0, 1, 2], 500)


def example(name: str) -> Callable[[], Figure]:
    """Return what draws the figure of examples/NAME.py, with its own defaults."""

    def draw() -> Figure:
        folder = str(FOLDER.parents[1] / "examples")
        if folder not in sys.path:
            sys.path.insert(0, folder)
        return import_module(name).picture()

    return draw


def quality() -> Figure:
    """Draw a report of the digits' map: where neighbours are false, where they are lost."""
    example = data.load("digits")
    model = UMAP(random_state=0).fit(example.data)
    report = umapkit.quality.report(model, example.data)
    return plot.quality(report, figsize=(11.0, 5.6))


def page(script: str, name: str) -> Callable[[], Figure]:
    """Return what draws a picture of examples/theory.py or family.py."""

    def draw() -> Figure:
        import runpy

        found = runpy.run_path(str(FOLDER.parents[1] / "examples" / f"{script}.py"))
        return found["PICTURES"][name]()

    return draw


# Of the figures of the Parametric UMAP paper, those that the pages show.
EXAMPLES = ("moons", "loss_against_time", "embedding_speed", "attributes")
PICTURES: dict[str, Callable[[], Figure]] = {
    "mnist": mnist,
    "start": start,
    "parameters": parameters,
    "init": start_of_layout,
    "sizes": sizes,
    "seeds": seeds,
    "noise": noise,
    "trust": trust,
    "transform": transform,
    "labels": labels,
    **{name: example(name) for name in EXAMPLES},
    "quality": quality,
    "theory-ring": page("theory", "ring"),
    "theory-forces": page("theory", "forces"),
    "theory-weights": page("theory", "weights"),
    "family-costs": page("family", "costs"),
    "family-spectrum": page("family", "spectrum"),
    "tsne": tsne,
}


def save(figure: Figure, path: Path) -> None:
    """Write a PNG of few colours: a quarter of the bytes, the same picture.

    The palette covers all colours evenly, so that a class has one colour in map and legend.
    """
    from io import BytesIO

    from PIL import Image

    whole = BytesIO()
    figure.savefig(whole, format="png", dpi=DPI)
    image = Image.open(whole).convert("RGB")
    few = image.quantize(COLORS - 1, method=Image.Quantize.MAXCOVERAGE)
    palette = np.array(few.getpalette(), dtype=np.uint8).reshape(-1, 3)[: COLORS - 1]
    palette = np.concatenate([palette, np.full((1, 3), 255, np.uint8)])  # paper stays white
    # Pillow's own search for the nearest colour is coarse, and would spoil what it found.
    pixels = np.asarray(image)
    colors, inverse = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    gaps = colors[:, None].astype(np.int64) - palette[None]
    nearest = (gaps**2).sum(axis=2).argmin(axis=1).astype(np.uint8)
    drawn = Image.fromarray(nearest[inverse].reshape(pixels.shape[:2]), mode="P")
    drawn.putpalette(palette.tobytes())
    drawn.save(path, optimize=True)


def main() -> None:
    """Write the pictures asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PICTURES)}")
    chosen = parser.parse_args().names or list(PICTURES)
    unknown = [name for name in chosen if name not in PICTURES]
    if unknown:
        parser.error(f"there is no picture {unknown[0]!r}; there are {', '.join(PICTURES)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in chosen:
        path = FOLDER / f"{name}.png"
        save(PICTURES[name](), path)
        print(f"{path.name}: {path.stat().st_size // 1000} kB", flush=True)


if __name__ == "__main__":
    main()
