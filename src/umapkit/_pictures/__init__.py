"""What the two picture rooms, ``plot`` and ``view``, share: colours, categories, checked maps."""

from __future__ import annotations

from ._categories import Categories, categories, missing, natural_key
from ._maps import as_map, drawing_order, same_length
from ._palette import BLUES, VIRIDIS, Background, distinct_colors, unlabelled_color

__all__ = [
    "BLUES",
    "VIRIDIS",
    "Background",
    "Categories",
    "as_map",
    "categories",
    "distinct_colors",
    "drawing_order",
    "missing",
    "natural_key",
    "same_length",
    "unlabelled_color",
]
