"""A map as one HTML file that opens anywhere and asks no network for anything."""

from __future__ import annotations

from ._page import write_page

__all__ = ["write_page"]
