"""Run by the peer's interpreter: fit umap-learn on stored rows, store the map and the seconds."""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np


def main() -> None:
    task = json.loads(sys.argv[1])
    warnings.filterwarnings("ignore")
    import umap

    rows = np.load(task["rows"])
    fitted = rows if task["fit_rows"] is None else rows[: task["fit_rows"]]
    seconds = []
    for _ in range(task["repeat"]):
        began = time.perf_counter()
        model = umap.UMAP(random_state=task["seed"], n_jobs=task["n_jobs"]).fit(fitted)
        seconds.append(time.perf_counter() - began)
    found = {"embedding": model.embedding_, "seconds": np.array(seconds)}
    if task["fit_rows"] is not None:
        began = time.perf_counter()
        found["placed"] = model.transform(rows[task["fit_rows"] :])
        found["transform_seconds"] = np.array(time.perf_counter() - began)
    np.savez(task["out"], **found)


main()
