"""Fitted state on disk: JSON for numbers and strings, safetensors for arrays, never a pickle."""

from __future__ import annotations

from umapkit.store._folder import read_folder, write_folder

__all__ = ["read_folder", "write_folder"]
