"""Moving the points by contrast: sampled edges attract, sampled strangers repel.

The members of the family between t-SNE and UMAP that need samples only: LargeVis, NEG-t-SNE and
InfoNC-t-SNE, and UMAP on graphs other than its own. `ContrastLayout` is a `umapkit.layout.Layout`;
`settle_contrast` places new points on a finished map.
"""

from __future__ import annotations

from umapkit.layout.contrast._layout import ContrastLayout
from umapkit.layout.contrast._options import MEAN_DEGREE, ContrastOptions, Cost, check_number
from umapkit.layout.contrast._settle import FrozenContrast, settle_contrast

__all__ = [
    "MEAN_DEGREE",
    "ContrastLayout",
    "ContrastOptions",
    "Cost",
    "FrozenContrast",
    "check_number",
    "settle_contrast",
]
