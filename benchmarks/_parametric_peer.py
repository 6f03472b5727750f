"""Being the peer of `parametric.py`: umap-learn's ParametricUMAP, or parametric-umap."""

from __future__ import annotations

import json
import os
import sys
import time

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "torch")


def main() -> None:
    task = json.load(sys.stdin)
    rows = np.load(task["rows"])
    train, new = rows[: task["fit"]], rows[task["fit"] :]
    begin = time.perf_counter()
    try:
        import keras
        import umap
        from umap.parametric_umap import ParametricUMAP

        keras.utils.set_random_seed(task["seed"])
        name = (
            f"umap-learn {umap.__version__} (Keras {keras.__version__}, {keras.backend.backend()})"
        )
        model = ParametricUMAP(n_training_epochs=task["epochs"], verbose=False)
    except ImportError:
        from importlib.metadata import version

        from parametric_umap import ParametricUMAP

        name = f"parametric-umap {version('parametric-umap')}"
        model = ParametricUMAP(n_components=2, n_epochs=task["epochs"])
    imported = time.perf_counter() - begin
    begin = time.perf_counter()
    places = model.fit_transform(train)
    fit = time.perf_counter() - begin
    begin = time.perf_counter()
    placed = model.transform(new)
    embed = time.perf_counter() - begin
    np.savez(task["out"], places=places, placed=placed)
    with open(task["out"] + ".json", "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump({"name": name, "import": imported, "fit": fit, "embed": embed}, file)


if __name__ == "__main__":
    main()
