"""Watching a layout while it runs: one protocol for progress, history and early stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from umapkit.layout._layout import Layout


@runtime_checkable
class Observer(Protocol):
    """What a layout calls. Observers only look; they cannot change the map.

    Attributes
    ----------
    every : int
        Epochs between two calls of `epoch`; at least 1.
    """

    every: int

    def start(self, layout: Layout) -> None:
        """Before the first epoch of a run."""

    def epoch(self, layout: Layout) -> bool | None:
        """After every `every`-th epoch; ``True`` stops the layout here."""

    def end(self, layout: Layout) -> None:
        """After the last epoch, also when the run was stopped or interrupted."""


class Progress:
    """A tqdm bar on standard error.

    Parameters
    ----------
    every : int, default 1
        Epochs between two updates.
    """

    def __init__(self, *, every: int = 1) -> None:
        self.every = every
        self._bar: Any = None

    def start(self, layout: Layout) -> None:
        """Open the bar at the layout's epoch."""
        from tqdm.auto import tqdm

        self._bar = tqdm(
            total=layout.options.n_epochs, initial=layout.epoch, desc="layout", unit="epoch"
        )

    def epoch(self, layout: Layout) -> None:
        """Move the bar to the layout's epoch."""
        self._bar.update(layout.epoch - self._bar.n)

    def end(self, layout: Layout) -> None:
        """Close the bar."""
        self._bar.update(layout.epoch - self._bar.n)
        self._bar.close()


class Callback:
    """Call a function of (epoch, embedding) and stop when it returns a true value.

    Parameters
    ----------
    function : callable
        Called as ``function(epoch, embedding)`` with the number of finished epochs and a copy of
        the map, float32 of shape (n, d).
    every : int, default 1
        Epochs between two calls.
    """

    def __init__(self, function: Callable[[int, Any], Any], *, every: int = 1) -> None:
        self.function = function
        self.every = every

    def start(self, layout: Layout) -> None:
        """Nothing to prepare."""

    def epoch(self, layout: Layout) -> bool:
        """Hand over the epoch and a copy of the map."""
        return bool(self.function(layout.epoch, layout.embedding.copy()))

    def end(self, layout: Layout) -> None:
        """Nothing to close."""


class History:
    """Keep the effective loss over time.

    Parameters
    ----------
    every : int, default 10
        Epochs between two measurements; each costs about one epoch.

    Attributes
    ----------
    epochs : list of int
    losses : list of float
        `Layout.loss` at those epochs, in nats.
    """

    def __init__(self, *, every: int = 10) -> None:
        self.every = every
        self.epochs: list[int] = []
        self.losses: list[float] = []

    def start(self, layout: Layout) -> None:
        """Measure the start."""
        self.epoch(layout)

    def epoch(self, layout: Layout) -> None:
        """Measure."""
        self.epochs.append(layout.epoch)
        self.losses.append(layout.loss())

    def end(self, layout: Layout) -> None:
        """Measure the end, unless it has just been measured."""
        if self.epochs[-1] != layout.epoch:
            self.epoch(layout)


def as_observers(observers: Observer | Iterable[Observer] | None) -> list[Observer]:
    """Return a list of observers; one, several or none may be given.

    Raises
    ------
    TypeError
        If one of them lacks a method of the protocol.
    ValueError
        If `every` is below 1.
    """
    if observers is None:
        found: list[Any] = []
    elif isinstance(observers, Observer):
        found = [observers]
    else:
        found = list(observers) if isinstance(observers, Iterable) else [observers]
    for one in found:
        if not isinstance(one, Observer):
            msg = (
                f"{one!r} is not an observer: it needs `every`, `start`, `epoch` and `end`. "
                "Wrap a function in Callback(function)."
            )
            raise TypeError(msg)
        if one.every < 1:
            msg = f"{type(one).__name__}.every={one.every!r} must be 1 or more epochs."
            raise ValueError(msg)
    return found
