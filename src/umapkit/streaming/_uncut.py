"""Work that Ctrl-C does not tear: it waits until a piece is done, then ends the call."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

_Handler = Callable[[int, FrameType | None], object]


class Pieces:
    """Asked before every piece of work whether to go on; counts those it allowed.

    Parameters
    ----------
    most : int, optional
        Allow so many; ``None``: all, until Ctrl-C.

    Attributes
    ----------
    done : int
        Pieces allowed so far.
    cut : bool
        Whether one was refused; all later ones are, too.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most, self.done, self.cut = most, 0, False
        self._came: list[FrameType | None] = []
        self._handler: _Handler | None = None
        self._raised: BaseException | None = None

    def go_on(self) -> bool:
        """Whether there may be another piece; a Ctrl-C that came is handled first."""
        self._answer()
        self.cut = self.cut or self._raised is not None or self.done == self.most
        self.done += not self.cut
        return not self.cut

    def _note(self, _: int, frame: FrameType | None) -> None:
        self._came.append(frame)

    def _answer(self) -> None:
        """Let the handler of Ctrl-C do what it does; what it raises, `uncut` raises at the end."""
        while self._came and self._handler is not None:
            frame = self._came.pop()
            try:
                self._handler(signal.SIGINT, frame)
            except BaseException as error:
                self._raised = error

    @contextmanager
    def held(self) -> Iterator[Pieces]:
        """Hold Ctrl-C back; see `uncut`."""
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or not callable(before):
            yield self
            return
        self._handler, note = before, self._note
        signal.signal(signal.SIGINT, note)
        try:
            yield self
        finally:
            if signal.getsignal(signal.SIGINT) is note:
                signal.signal(signal.SIGINT, before)
            self._answer()
            if self._raised is not None:
                raise self._raised


def uncut(most: int | None = None) -> AbstractContextManager[Pieces]:
    """Hold Ctrl-C back in a block, which asks the `Pieces` it gets before each piece of work.

    What a half-done piece leaves behind may never be mended: rows that count as linked and have
    no place, for instance. Python gives signals to the main thread only; a handler of the user's
    that raises nothing ends no work.
    """
    return Pieces(most).held()
