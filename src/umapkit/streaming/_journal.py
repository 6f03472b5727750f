"""A stream on disk, call by call: what was acknowledged survives the process.

One SQLite file, with a write-ahead log. A call is written, and the file synchronised, before it is
done; a step afterwards, with its number of operations. Since the same calls give the same bits,
state and later calls make the stream again. The whole state is written now and then, when the
calls since the last one hold half as many rows as are on the map, and those calls are dropped.
"""

from __future__ import annotations

import ctypes
import json
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from umapkit import __version__

if TYPE_CHECKING:
    from umapkit.streaming._base import StreamKeeper
    from umapkit.streaming._ids import Id
    from umapkit.streaming._umap import ProgressiveUMAP

FORMAT = 2
# SQLite holds at most 10**9 bytes in one place.
_PART = 64 * 1024 * 1024
# Rows and operations in calls after which the state is written, whatever the map's size.
_LEAST_ROWS = 4096
_LEAST_OPERATIONS = 50_000
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE calls (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, call TEXT NOT NULL, pieces INTEGER
);
CREATE TABLE rows (number INTEGER, part INTEGER, value BLOB, PRIMARY KEY (number, part));
CREATE TABLE state (name TEXT, part INTEGER, kind TEXT, shape TEXT, value BLOB,
    PRIMARY KEY (name, part));
"""

_Statement = tuple[str, tuple[Any, ...]]
_OPEN: WeakSet[Journal] = WeakSet()


def _leave_open() -> None:
    """Keep connections from being closed in a forked child, even by its end.

    Closing one takes away the log that the parent goes on writing to.
    """
    for journal in _OPEN:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(journal._connection))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_open)


class Journal:
    """The open file of one stream.

    Parameters
    ----------
    path : path-like
        The file.
    connection : sqlite3.Connection
        Open, and locked against other processes.
    number : int
        Number of the last call.
    rows, operations : int
        What the calls hold that came after the state.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        number: int = 0,
        *,
        rows: int = 0,
        operations: int = 0,
    ) -> None:
        self.path, self._connection, self._number = path, connection, number
        self._rows, self._operations = rows, operations
        self._process = os.getpid()
        self._late: list[_Statement] = []  # work that was done, and could not be written
        _OPEN.add(self)

    @classmethod
    def begin(cls, model: StreamKeeper, seed: int, n_features: int) -> Self:
        """Make the file of a new stream.

        Raises
        ------
        FileExistsError
            If it holds a stream already.
        ValueError
            If it is another file, or in use.
        """
        path = Path(os.fspath(model.journal or ""))
        connection = _open(path)
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            connection.close()
            msg = (
                f"{path} exists already. ProgressiveUMAP.resume({os.fspath(path)!r}) goes on with "
                "the stream in it; for a new one give another name."
            )
            raise FileExistsError(msg)
        tables: list[_Statement] = [(statement, ()) for statement in _TABLES.split(";")]
        _commit(connection, [*tables, *_facts(model, seed, n_features)])
        return cls(path, connection)

    def describe(self, model: StreamKeeper, seed: int, n_features: int) -> None:
        """Write anew what the first call decides, where none is written yet."""
        self._check_process()
        _commit(self._connection, _facts(model, seed, n_features))

    def write(
        self,
        model: StreamKeeper,
        kind: str,
        *,
        ids: list[Id],
        rows: NDArray[np.float32] | None = None,
        labels: list[Any] | None = None,
        wait: bool = True,
    ) -> None:
        """Write one call; it is on the disk when this returns.

        Raises
        ------
        ValueError
            In a forked copy of the process that began or resumed the stream.
        """
        self.make_room(model)
        call = {"ids": ids, "wait": wait, "operations": 0, "labels": labels}
        number = self._number + 1
        statements = [_insertion(number, kind, call)]
        if rows is not None:
            data = np.ascontiguousarray(rows, dtype="<f4")
            statements += [
                ("INSERT INTO rows VALUES (?, ?, ?)", (number, part, some))
                for part, some in enumerate(_parts(data))
            ]
        _commit(self._connection, [*self._late, *statements])
        self._late.clear()
        self._number = number
        self._rows += len(ids)

    def write_cut(self, pieces: int) -> None:
        """Note that the last call did so many pieces of work, and left the rest waiting."""
        change = "UPDATE calls SET pieces = ? WHERE number = ?"
        self._late.append((change, (pieces, self._number)))
        self._write_late()

    def write_step(self, operations: int) -> None:
        """Write a step that was done."""
        call = {"ids": None, "wait": True, "operations": operations, "labels": None}
        self._number += 1
        self._late.append(_insertion(self._number, "step", call))
        self._operations += operations
        self._write_late()

    def _write_late(self) -> None:
        """Write work that was done; what cannot be written now comes before the next call."""
        self._check_process()
        _commit(self._connection, self._late)
        self._late.clear()

    def make_room(self, model: StreamKeeper) -> None:
        """Write the state where the calls since the last one have become many; before a call.

        Raises
        ------
        ValueError
            In a forked copy of the process that began or resumed the stream.
        """
        self._check_process()
        if self._rows >= max(_LEAST_ROWS, len(model._ids) // 2) or (
            self._operations >= _LEAST_OPERATIONS
        ):
            self.write_state(model)

    def _check_process(self) -> None:
        """Refuse to go on in a forked copy of the process that has the file."""
        if os.getpid() != self._process:
            msg = (
                f"The journal {self.path} belongs to process {self._process}; its forked copy "
                f"{os.getpid()} cannot write to it. close() the copy, which then goes on without."
            )
            raise ValueError(msg)

    def write_state(self, model: StreamKeeper) -> None:
        """Write the state after all calls so far, and drop those."""
        from umapkit.streaming._state import to_state

        config, arrays = to_state(model)
        statements: list[_Statement] = [
            (f"DELETE FROM {table}", ()) for table in ("state", "calls", "rows")
        ]
        text = json.dumps(config).encode()
        for name, array in {"": np.frombuffer(text, dtype=np.uint8), **arrays}.items():
            data = np.ascontiguousarray(array)
            form = (data.dtype.str, json.dumps(data.shape))
            statements += [
                ("INSERT INTO state VALUES (?, ?, ?, ?, ?)", (name, part, *form, some))
                for part, some in enumerate(_parts(data))
            ]
        _commit(self._connection, statements)
        self._late.clear()
        self._rows = self._operations = 0

    def close(self) -> None:
        """Give the file free; a forked copy leaves it to the process that has it."""
        if os.getpid() == self._process:
            self._connection.close()

    def __del__(self) -> None:
        """Give the file free at once: a connection alone waits for the garbage collector."""
        with suppress(sqlite3.Error):
            self.close()


def resume_stream(
    kind: type[ProgressiveUMAP], path: str | os.PathLike[str], *, n_jobs: int | None
) -> Any:
    """Take up the stream of a journal; see `ProgressiveUMAP.resume`."""
    from umapkit.streaming._state import parameters_back

    where = Path(os.fspath(path))
    if not where.is_file():
        msg = f"There is no journal {where}. ProgressiveUMAP(journal=...) begins one."
        raise FileNotFoundError(msg)
    connection = _open(where)
    try:
        facts = {k: json.loads(v) for k, v in connection.execute("SELECT * FROM facts")}
        if facts["format"] != FORMAT:
            msg = f"{where} has the format {facts['format']}; this version reads {FORMAT}."
            raise ValueError(msg)
        model = _from_state(kind, connection, n_jobs)
        if model is None:
            model = kind(
                **parameters_back(facts["parameters"]), random_state=facts["seed"], n_jobs=n_jobs
            )
        vars(model).pop("feature_names_in_", None)  # the calls' rows are kept without
        last = rows = operations = 0
        calls = connection.execute("SELECT * FROM calls ORDER BY number")
        for last, name, text, pieces in calls:
            call = json.loads(text)
            found = _rows_of(connection, last, facts["n_features"])
            _repeat(model, last, name, call, found, pieces)
            rows += len(call["ids"] or ())
            operations += call["operations"]
        if facts["feature_names"]:
            model.feature_names_in_ = np.array(facts["feature_names"], dtype=object)
    except (sqlite3.Error, KeyError, json.JSONDecodeError) as error:
        connection.close()
        msg = f"{where} is no journal of a stream, or damaged: {error}."
        raise ValueError(msg) from error
    except BaseException:
        connection.close()
        raise
    model.journal = os.fspath(path)
    model._journal = Journal(where, connection, last, rows=rows, operations=operations)
    if hasattr(model, "_stream"):
        model._note_parameters()
    return model


def _open(path: Path) -> sqlite3.Connection:
    """Open a file for this process alone.

    Raises
    ------
    ValueError
        If another one has it, or it is no SQLite file.
    """
    try:
        connection = sqlite3.connect(
            path, timeout=1.0, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        msg = (
            f"{path} cannot be used as a journal: {error}. It may belong to another process, or be "
            "another kind of file, or its folder may not exist."
        )
        raise ValueError(msg) from error
    return connection


def _from_state(
    kind: type[ProgressiveUMAP], connection: sqlite3.Connection, n_jobs: int | None
) -> Any:
    from umapkit.streaming._state import from_state

    arrays: dict[str, NDArray[Any]] = {}
    pieces: dict[str, list[bytes]] = {}
    forms: dict[str, tuple[str, list[int]]] = {}
    asked = "SELECT name, kind, shape, value FROM state ORDER BY name, part"
    for name, form, shape, value in connection.execute(asked):
        forms[name] = (form, json.loads(shape))
        pieces.setdefault(name, []).append(value)
    for name, (form, shape) in forms.items():
        arrays[name] = np.frombuffer(b"".join(pieces.pop(name)), dtype=form).reshape(shape)
    if not arrays:
        return None
    return from_state(kind, (json.loads(arrays.pop("").tobytes()), arrays), n_jobs=n_jobs)


def _rows_of(connection: sqlite3.Connection, number: int, n_features: int) -> Any:
    """Return the rows of a call, None where it has none."""
    asked = "SELECT value FROM rows WHERE number = ? ORDER BY part"
    parts = [value for (value,) in connection.execute(asked, (number,))]
    return np.frombuffer(b"".join(parts), "<f4").reshape(-1, n_features) if parts else None


def _repeat(
    model: ProgressiveUMAP,
    number: int,
    name: str,
    call: dict[str, Any],
    rows: Any,
    pieces: int | None,
) -> None:
    """Do a call again.

    Raises
    ------
    ValueError
        If it is refused, which it was not when it was written.
    """
    ids, wait = call["ids"], call["wait"]
    try:
        if name == "insert":
            model._take(rows, call["labels"], ids, wait=wait, pieces=pieces)
        elif name == "update":
            model._change(ids, rows, call["labels"], wait=wait, pieces=pieces)
        elif name == "remove":
            model._drop(ids, wait=wait, pieces=pieces)
        elif call["operations"] > 0:
            model.step(operations=call["operations"])
        else:
            model._note_step(0)
    except (ValueError, TypeError, LookupError) as error:
        msg = (
            f"The journal cannot be resumed: its call {number} ({name}) is refused now, with "
            f"{type(error).__name__}: {error} A copy of the file and this message make a report."
        )
        raise ValueError(msg) from error


def _facts(model: StreamKeeper, seed: int, n_features: int) -> list[_Statement]:
    """Return the statements that write what the first call decides."""
    from umapkit.streaming._state import parameters

    facts = {
        "format": FORMAT,
        "version": __version__,
        "parameters": parameters(model),
        "seed": seed,
        "n_features": n_features,
        "feature_names": [str(one) for one in getattr(model, "feature_names_in_", [])],
    }
    insert = "INSERT OR REPLACE INTO facts VALUES (?, ?)"
    return [(insert, (name, json.dumps(value))) for name, value in facts.items()]


def _insertion(number: int, kind: str, call: dict[str, Any]) -> _Statement:
    return ("INSERT INTO calls VALUES (?, ?, ?, NULL)", (number, kind, json.dumps(call)))


def _parts(data: NDArray[Any]) -> list[memoryview]:
    """Cut bytes into what SQLite holds in one place; nothing at all is one part."""
    raw: Any = data.reshape(-1).view(np.uint8)
    flat = memoryview(raw)
    return [flat[at : at + _PART] for at in range(0, max(len(flat), 1), _PART)]


def _commit(connection: sqlite3.Connection, statements: list[_Statement]) -> None:
    """Do all statements or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement, values in statements:
            connection.execute(statement, values)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # a full disk may have rolled back already
            connection.execute("ROLLBACK")
        raise
