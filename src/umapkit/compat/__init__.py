"""Other libraries' names over umapkit: `compat.umap_learn` and `compat.scanpy`.

Nothing here computes a map of its own, nothing else in umapkit imports this room, and
``import umapkit`` does not load it.
"""

from __future__ import annotations
