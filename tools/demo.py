"""Fit a map of real data, draw it twice, and say how good it is and how long it took."""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from umapkit.data import Example

SAMPLE = 5000  # rows that the scores are taken over where the set has more


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print what is done, and how long it took."""
    print(f"{what:<44}", end="", flush=True)
    start = time.perf_counter()
    yield
    print(f"{time.perf_counter() - start:7.2f} s", flush=True)


def load_example(name: str) -> Example:
    """Load MNIST; where it can neither be found nor fetched, scikit-learn's digits."""
    from umapkit import data

    try:
        with warnings.catch_warnings():
            # scikit-learn warns at each try to reach a network; the error says it once.
            warnings.filterwarnings("ignore", message="A network error occurred")
            return data.load(name)
    except (FileNotFoundError, ConnectionError) as error:
        print(f"\n{error}")
        print("Instead: scikit-learn's digits, 1,797 images of 8 by 8 pixels.")
        return data.load("digits")


def main() -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--data", default="mnist", help="example set (default: mnist)")
    parser.add_argument("--rows", type=int, help="take the first ROWS rows only")
    parser.add_argument("--seed", type=int, default=0, help="seed of the map (default: 0)")
    parser.add_argument("--out", type=Path, default=Path(), help="folder of the two pictures")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    with timed("import umapkit, and what its UMAP needs"):
        import umapkit

        estimator = umapkit.UMAP(random_state=args.seed)
    with timed("load the rows"):
        example = load_example(args.data)
    rows, classes, names = example.data, example.target, example.target_names
    if args.rows is not None:
        rows = rows[: args.rows]
        classes = None if classes is None else classes[: args.rows]
    with timed(f"map {len(rows):,} rows of {rows.shape[1]:,} numbers"):
        embedding = estimator.fit_transform(rows)

    title = f"{example.name}, {len(rows):,} rows"
    png, page = args.out / "map.png", args.out / "map.html"
    with timed(f"draw {png}"):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 7), layout="constrained")
        umapkit.plot.points(
            embedding, labels=classes, label_names=names, title=title, ax=figure.subplots()
        )
        figure.savefig(png, dpi=150)
    with timed(f"write {page}"):
        columns = {"row": list(range(len(rows)))}
        labels = None
        if classes is not None:
            labels = [names[c] if names else str(c) for c in classes]
        umapkit.view.write_page(page, embedding, columns=columns, labels=labels, title=title)

    scores = umapkit.quality
    sample = min(SAMPLE, len(rows))
    figures = {"neighbour recall (estimated in the fit)": estimator.neighbor_recall_}
    with timed(f"take the scores (of {sample:,} rows)"):
        figures["trustworthiness, 5 neighbours"] = scores.trustworthiness(
            rows, embedding, n_neighbors=5, sample_size=sample
        )
        figures["neighbours kept, of 15"] = scores.neighborhood_preservation(
            rows, embedding, n_neighbors=15, sample_size=sample
        )
        if classes is not None:
            figures["accuracy of the 5 nearest's vote"] = scores.knn_accuracy(
                embedding, classes, n_neighbors=5
            )
            figures["silhouette of the classes"] = scores.silhouette(
                embedding, classes, sample_size=sample
            )
    print()
    for what, figure in figures.items():
        print(f"{what:<44}{figure:9.4f}")
    print(f"\nLook at {png}, and open {page} in a browser.")


if __name__ == "__main__":
    main()
