"""Being the peer of `parametric_race.py`: umap-learn's ParametricUMAP on Keras 3."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    """Read the task from standard input, write places and times."""
    task = json.load(sys.stdin)
    with np.load(task["rows"]) as arrays:
        train, seen = arrays["train"], arrays["seen"]
    import keras
    import umap
    from umap.parametric_umap import ParametricUMAP

    keras.utils.set_random_seed(task["seed"])
    looks = _looks(keras, seen, task)
    model = ParametricUMAP(keras_fit_kwargs={"callbacks": [looks], "verbose": 0}, verbose=False)
    model.n_training_epochs = task["epochs"]
    looks.owner = model
    begun = time.perf_counter()
    model.fit(train)
    ended = time.perf_counter()
    told = {
        "name": (
            f"umap-learn {umap.__version__} (Keras {keras.__version__}, {keras.backend.backend()})"
        ),
        "steps": looks.steps,
        "seconds": looks.seconds,
        "before": looks.first - begun,
        "all": ended - begun - looks.looking,
    }
    np.savez(task["out"], places=np.stack(looks.places))
    Path(task["out"] + ".json").write_text(json.dumps(told), encoding="utf-8")


def _looks(keras: Any, seen: np.ndarray, task: dict[str, Any]) -> Any:
    """Callback that keeps places and times, and ends the training in time."""

    class Looks(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.steps: list[int] = []
            self.seconds: list[float] = []
            self.places: list[np.ndarray] = []
            self.owner: Any = None
            self.done, self.due, self.first, self.looking = 0, 1, 0.0, 0.0

        def on_train_begin(self, logs: Any = None) -> None:
            self.owner.encoder.predict(seen, batch_size=2048, verbose=0)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.done += 1
            now = time.perf_counter()
            if not self.first:  # both functions are compiled by now
                self.first = now
            if now - self.first - self.looking > task["seconds"]:
                self.model.stop_training = True
            elif self.done >= self.due:
                self.take()
                self.due = max(self.done + 1, int(self.done * task["every"]))

        def on_train_end(self, logs: Any = None) -> None:
            self.take()

        def take(self) -> None:
            """Keep the places of this moment."""
            now = time.perf_counter()
            if self.steps and self.steps[-1] == self.done:
                return
            self.steps.append(self.done)
            self.seconds.append(now - self.first - self.looking)
            self.places.append(self.owner.encoder.predict(seen, batch_size=2048, verbose=0))
            self.looking += time.perf_counter() - now

    return Looks()


if __name__ == "__main__":
    main()
