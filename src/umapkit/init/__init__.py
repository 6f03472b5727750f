"""Where to start: spectral, principal, random or given coordinates, and places of new rows."""

from __future__ import annotations

from umapkit.init._axes import EXACT, PrincipalAxes, principal_axes
from umapkit.init._eigenmap import eigenmap
from umapkit.init._given import given_start
from umapkit.init._pca import pca_start
from umapkit.init._place import place
from umapkit.init._random import random_start
from umapkit.init._rescale import rescale
from umapkit.init._spectral import spectral_start
from umapkit.init._start import make_start

__all__ = [
    "EXACT",
    "PrincipalAxes",
    "eigenmap",
    "given_start",
    "make_start",
    "pca_start",
    "place",
    "principal_axes",
    "random_start",
    "rescale",
    "spectral_start",
]
