"""t-SNE beside openTSNE: time, divergence and scores; time by n; new rows.

    python benchmarks/tsne.py --peer PEER_PYTHON [--set mnist@50] [--seeds 0 1 2] [--jobs 2]
        [--parts maps growth new sklearn] [--sizes 10000 30000 70000 300000] [--new 10000]

maps: every method in a process of its own, both with their defaults, on the same rows. The
divergence of all maps is taken by one exact evaluator (all pairs, in blocks) from one set of
probabilities (perplexity 30, exact neighbours). growth: seconds of a step, mean of the last 100
of 400, on the made set. new: the last rows of the set are not fitted but placed. sklearn:
scikit-learn's TSNE (1,000 epochs), which is slow, on digits and 5,000 rows of MNIST; divergences
as for maps.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _data import HELP, cores, machine, rows_of, stored
from _methods import Ask
from _run import find_packages, run_method
from _scores import SCORES, map_scores
from _table import failure, markdown, seconds

from umapkit.quality import knn_accuracy

METHODS = ("umapkit-tsne", "openTSNE")


def layout_of(rows: np.ndarray, places: np.ndarray, jobs: int, *, exact: bool):
    """Layout of rows at given places, with the probabilities of perplexity 30."""
    from umapkit.graph import joint_affinities
    from umapkit.layout.tsne import TsneLayout, TsneOptions
    from umapkit.neighbors import build_index, widen

    if exact:
        near = build_index(rows, n_neighbors=91, method="exact", n_jobs=jobs).neighbors
    else:
        told = {"method": "descent", "random_state": 0, "n_jobs": jobs}
        near = widen(build_index(rows, n_neighbors=40, **told), 91)
        if near is None:  # some row sees fewer
            near = build_index(rows, n_neighbors=91, **told).neighbors
    joint = joint_affinities(near, n_jobs=jobs)
    return joint, TsneLayout(joint, places, TsneOptions(), n_jobs=jobs)


def compare_maps(asked: argparse.Namespace, found: dict) -> str:
    """One row a seed and method."""
    from umapkit.layout.tsne import TsneLayout, TsneOptions

    rows, labels = rows_of(asked.set)
    path, table, joint = stored(asked.set, rows), [], None
    for seed in asked.seeds:
        for method in asked.methods:
            record, arrays = run_method(
                method, path, Ask(seed=seed, jobs=asked.jobs), found, limit=asked.limit,
                repeat=asked.repeat, warm_rows=2000,
            )  # fmt: skip
            row = [f"{asked.set}, seed {seed}", f"{method} {record.get('version', '')}".strip()]
            if record["status"] != "ok":
                table.append([*row, failure(record) or ""])
                continue
            places = arrays["embedding"]
            if joint is None:
                joint, layout = layout_of(rows, places, asked.jobs, exact=True)
            else:
                layout = TsneLayout(joint, places, TsneOptions(), n_jobs=asked.jobs)
            scores = map_scores(rows, labels, places, sample=asked.sample)
            row += [seconds(min(record["fit_s"])), f"{layout.divergence('exact'):.4f}"]
            row += [f"{scores[name]:.4f}" if name in scores else "" for name in SCORES]
            table.append([*row, f"{record['peak_mb']:.0f}"])
            print("|", " | ".join(table[-1]), "|", file=sys.stderr, flush=True)
    path.unlink()
    return markdown(["data", "method", "fit, s", "exact KL", *SCORES, "peak MB"], table)


def compare_sizes(asked: argparse.Namespace) -> str:
    """One row a size of the made set: our own seconds of a step."""
    from umapkit.init import pca_start

    table = []
    for n in asked.sizes:
        rows, _ = rows_of(f"tanh:{n}")
        start = pca_start(rows, seed=0, n_jobs=asked.jobs)
        start *= 1e-4 / start[:, 0].std()
        _, layout = layout_of(rows, start, asked.jobs, exact=False)
        layout.run(300)
        began = time.perf_counter()
        layout.run(400)
        step = (time.perf_counter() - began) / 100
        table.append([f"{n:,}", f"{step * 1e3:.2f}", f"{step / n * 1e9:.0f}"])
        print("|", " | ".join(table[-1]), "|", file=sys.stderr, flush=True)
    return markdown(["rows", "a step, ms", "ns a row and step"], table)


def compare_new(asked: argparse.Namespace, found: dict) -> str:
    """One row a method: the last rows of the set placed on the map of the others."""
    rows, labels = rows_of(asked.set)
    split, path, table = len(rows) - asked.new, stored(asked.set, rows), []
    for method in asked.methods:
        record, arrays = run_method(
            method, path, Ask(seed=asked.seeds[0], jobs=asked.jobs), found, limit=asked.limit,
            repeat=1, new_rows=asked.new,
        )  # fmt: skip
        row = [asked.set, f"{method} {record.get('version', '')}".strip()]
        if record["status"] != "ok":
            table.append([*row, failure(record) or ""])
            continue
        right = ""
        if labels is not None:
            accuracy = knn_accuracy(
                arrays["embedding"], labels[:split],
                test_embedding=arrays["placed"], test_y=labels[split:],
            )  # fmt: skip
            right = f"{accuracy:.4f}"
        alone = float(np.median(record["one_row_s"]))
        table.append([*row, seconds(record["place_s"][0]), f"{alone * 1e3:.2f}", right])
    path.unlink()
    headers = ["data", "method", f"{asked.new:,} rows, s", "one row, ms (median)"]
    return markdown([*headers, "5-NN accuracy of new rows"], table)


def compare_sklearn(asked: argparse.Namespace) -> str:
    """One row a set, seed and method, scikit-learn's in its defaults (Barnes and Hut, theta .5)."""
    from sklearn.manifold import TSNE as Theirs
    from threadpoolctl import threadpool_limits

    from umapkit import TSNE
    from umapkit.layout.tsne import TsneLayout, TsneOptions

    table = []
    for name in ("digits", "mnist@50:5000"):
        rows, labels = rows_of(name)
        joint = None
        for seed in asked.seeds:
            ways = {
                "umapkit": TSNE(random_state=seed, n_jobs=asked.jobs),
                "umapkit, 1,000 epochs": TSNE(n_epochs=1000, random_state=seed, n_jobs=asked.jobs),
                "scikit-learn": Theirs(random_state=seed, n_jobs=asked.jobs),
            }
            for way, model in ways.items():
                began = time.perf_counter()
                with threadpool_limits(asked.jobs):
                    places = model.fit_transform(rows)
                took = time.perf_counter() - began
                if joint is None:
                    joint, layout = layout_of(rows, places, asked.jobs, exact=True)
                else:
                    layout = TsneLayout(joint, places, TsneOptions(), n_jobs=asked.jobs)
                right = knn_accuracy(places, labels, n_neighbors=5)
                row = [f"{name}, seed {seed}", way, seconds(took)]
                table.append([*row, f"{layout.divergence('exact'):.4f}", f"{right:.4f}"])
                print("|", " | ".join(table[-1]), "|", file=sys.stderr, flush=True)
    return markdown(["data", "method", "fit, s", "exact KL", "5-NN accuracy"], table)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--peer", nargs="+", default=[], metavar="PYTHON", help="interpreters that have openTSNE")
    add("--set", default="mnist@50", help=HELP)
    add("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parts = ["maps", "growth", "new"]
    add("--parts", nargs="+", default=parts, choices=[*parts, "sklearn"])
    add("--seeds", nargs="+", type=int, default=[0, 1, 2])
    add("--sizes", nargs="+", type=int, default=[10_000, 30_000, 70_000, 300_000])
    add("--new", type=int, default=10_000, help="rows to place")
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    add("--repeat", type=int, default=1, help="fits in a process; the shortest counts")
    add("--sample", type=int, default=5000, help="rows that are scored")
    add("--limit", type=float, default=3600.0, help="seconds that a process may take")
    asked = parser.parse_args()
    found = find_packages(asked.peer)
    print(f"# {machine()}; {asked.jobs} threads", flush=True)
    if "maps" in asked.parts:
        print(compare_maps(asked, found), flush=True)
    if "growth" in asked.parts:
        print(compare_sizes(asked), flush=True)
    if "new" in asked.parts:
        print(compare_new(asked, found), flush=True)
    if "sklearn" in asked.parts:
        print(compare_sklearn(asked), flush=True)


if __name__ == "__main__":
    main()
