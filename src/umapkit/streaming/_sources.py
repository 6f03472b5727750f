"""Chunks of rows out of files, arrays and generators, none read before it is asked for."""

from __future__ import annotations

