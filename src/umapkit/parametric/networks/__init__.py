"""Networks with the paper's shapes: encoders and decoders by name, one builder a file."""

from __future__ import annotations

from umapkit.parametric.networks._build import NAMES, build

__all__ = ["NAMES", "build"]
