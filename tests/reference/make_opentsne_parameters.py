"""Names of openTSNE 1.0.4's public parameters, for tests/docs/test_opentsne.py.

Run with that version; the names are in opentsne_parameters.json. Not a test.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path

from openTSNE import TSNE, TSNEEmbedding, affinity, callbacks, initialization


def parameters(function: object) -> list[str]:
    """Names of what a caller gives."""
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    found = inspect.signature(function).parameters.values()
    return [p.name for p in found if p.name != "self" and p.kind not in kinds]


def own(module: object, kind: object) -> list[str]:
    """Public names that the module itself defines."""
    return [
        name
        for name, value in vars(module).items()
        if kind(value) and value.__module__ == module.__name__ and not name.startswith("_")
    ]


found = {
    "TSNE": parameters(TSNE.__init__),
    "TSNE.fit": parameters(TSNE.fit),
    "TSNEEmbedding.optimize": parameters(TSNEEmbedding.optimize),
    "TSNEEmbedding.transform": parameters(TSNEEmbedding.transform),
    "affinity": own(affinity, inspect.isclass),
    "callbacks": own(callbacks, inspect.isclass),
    "initialization": own(initialization, inspect.isfunction),
}
Path(__file__).with_name("opentsne_parameters.json").write_text(json.dumps(found, indent=1) + "\n")
