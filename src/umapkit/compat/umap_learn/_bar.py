"""umap-learn's progress bar."""

from __future__ import annotations

from typing import Any

from umapkit.layout import Layout


class Bar:
    """A tqdm bar over the epochs with the user's own keywords.

    Parameters
    ----------
    tqdm_kwds : dict or None
        Keywords for tqdm; they win over umap-learn's defaults.
    """

    def __init__(self, tqdm_kwds: dict[str, Any] | None) -> None:
        self.every = 1
        self._kwds = {"desc": "Epochs completed", "unit": "epoch", **(tqdm_kwds or {})}
        self._bar: Any = None

    def start(self, layout: Layout) -> None:
        """Open the bar."""
        from tqdm.auto import tqdm

        kwds = {"total": layout.options.n_epochs, "initial": layout.epoch, **self._kwds}
        self._bar = tqdm(**kwds)

    def epoch(self, layout: Layout) -> None:
        """Move the bar."""
        self._bar.update(layout.epoch - self._bar.n)

    def end(self, layout: Layout) -> None:
        """Close the bar."""
        self._bar.update(layout.epoch - self._bar.n)
        self._bar.close()
