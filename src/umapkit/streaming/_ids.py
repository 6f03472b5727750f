"""Which row is which: the user's names of the rows, and the slots that hold them."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Id = int | str
_LARGEST = np.iinfo(np.int64).max
_SMALLEST = np.iinfo(np.int64).min


class Ids:
    """One id for each held row, in order of arrival; none is given twice.

    Attributes
    ----------
    texts : bool or None
        Whether ids are strings (True) or integers (False); None before the first row.
    following : int
        The next running number: above every integer that was ever an id.
    """

    def __init__(self) -> None:
        self.texts: bool | None = None
        self.following = 0
        self._slots: dict[Id, int] = {}  # in order of arrival

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, one: object) -> bool:
        return one in self._slots

    def new(self, ids: Any, m: int) -> list[Id]:
        """Read ids of m new rows; running numbers where `ids` is None. Nothing is kept yet.

        Raises
        ------
        ValueError
            If their number is not m, one is there twice or held already, or running numbers are
            asked for where ids are strings.
        TypeError
            If one is neither a 64-bit integer nor a string, or of another kind than those held.
        """
        if ids is None:
            if self.texts:
                msg = (
                    "The rows of this map have strings as ids, so new ones cannot be numbered. "
                    "Give ids=."
                )
                raise ValueError(msg)
            if self.following + m - 1 > _LARGEST:
                msg = (
                    f"The next running number would be {self.following}, beyond 64 bits, since an "
                    "id as large was given. Give ids=."
                )
                raise ValueError(msg)
            return [*range(self.following, self.following + m)]
        named = read_ids(ids)
        if len(named) != m:
            msg = f"{len(named)} ids were given for {m} rows. Give one for each row."
            raise ValueError(msg)
        self._check_kind(named)
        _check_once(named)
        held = [one for one in named if one in self._slots]
        if held:
            msg = (
                f"The id {held[0]!r} is on the map already ({len(held)} of {m} are). "
                "update(ids, X) changes rows that are there; remove(ids) takes them away."
            )
            raise ValueError(msg)
        return named

    def find(self, ids: Any) -> tuple[list[Id], NDArray[np.int32]]:
        """Read ids of held rows; return them and their slots.

        Raises
        ------
        KeyError
            If one is not held, such as one of another kind than those held.
        ValueError
            If one is there twice.
        TypeError
            If one is neither a 64-bit integer nor a string, or both kinds are there.
        """
        named = read_ids(ids)
        _check_once(named)
        unknown = [one for one in named if one not in self._slots]
        if unknown:
            msg = (
                f"The id {unknown[0]!r} is not on the map ({len(unknown)} of {len(named)} are not)."
            )
            raise KeyError(msg)
        return named, np.array([self._slots[one] for one in named], dtype=np.int32)

    def add(self, named: list[Id], slots: NDArray[np.int32]) -> None:
        """Keep ids that `new` returned."""
        if named:
            self.texts = isinstance(named[0], str)
        self._slots.update(zip(named, slots.tolist(), strict=True))
        if self.texts is False:
            self.following = max(self.following, max(int(one) for one in named) + 1)

    def remove(self, named: Iterable[Id]) -> None:
        """Forget ids."""
        for one in named:
            del self._slots[one]

    def named(self) -> list[Id]:
        """Return all ids in order of arrival."""
        return [*self._slots]

    def array(self) -> NDArray[Any]:
        """Return all ids in order of arrival: int64, or strings as objects."""
        return np.array(self.named(), dtype=object if self.texts else np.int64)

    def slots(self) -> NDArray[np.int32]:
        """Return the slots of all ids in order of arrival."""
        return np.fromiter(self._slots.values(), dtype=np.int32, count=len(self._slots))

    def _check_kind(self, named: list[Id]) -> None:
        if not named or self.texts is None:
            return
        if isinstance(named[0], str) != self.texts:
            held = "strings" if self.texts else "integers"
            msg = f"The id {named[0]!r} is of another kind than those held, which are {held}."
            raise TypeError(msg)

    @classmethod
    def of(cls, named: Iterable[Id], slots: NDArray[np.int32], following: int) -> Self:
        """Make ids out of what was saved."""
        made = cls()
        made.add([*named], slots)
        made.following = following
        return made


def read_ids(ids: Any) -> list[Id]:
    """Turn ids into a list of Python integers or strings.

    Raises
    ------
    TypeError
        If one is neither, or both kinds are there.
    """
    if isinstance(ids, str | bytes) or not isinstance(ids, Iterable):
        msg = f"ids={ids!r} is one thing. Give a list or an array of ids, one for each row."
        raise TypeError(msg)
    array: Any = ids
    given: list[Any] = array.tolist() if hasattr(ids, "tolist") else [*ids]
    plain = bool(given) and all(type(one) is int for one in given)
    if plain and min(given) >= _SMALLEST and max(given) <= _LARGEST:
        return given
    named: list[Id] = []
    for one in given:
        if isinstance(one, str):
            named.append(str(one))
        elif isinstance(one, numbers.Integral) and not isinstance(one, bool | np.bool_):
            named.append(int(one))
        else:
            msg = f"The id {one!r} is a {type(one).__name__}. Give 64-bit integers or strings."
            raise TypeError(msg)
    wide = [one for one in named if isinstance(one, int) and not _SMALLEST <= one <= _LARGEST]
    if wide:
        msg = f"The id {wide[0]} has more than 64 bits. Give smaller integers, or strings."
        raise TypeError(msg)
    if len({isinstance(one, str) for one in named}) > 1:
        msg = "ids are partly integers, partly strings. Give one kind."
        raise TypeError(msg)
    return named


def _check_once(named: list[Id]) -> None:
    if len(set(named)) == len(named):
        return
    seen: set[Id] = set()
    for one in named:
        if one in seen:
            msg = f"The id {one!r} is given twice. Give every row an id of its own."
            raise ValueError(msg)
        seen.add(one)
