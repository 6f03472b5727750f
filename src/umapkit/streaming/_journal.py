"""A stream on disk, call by call: what was acknowledged survives the process.

One SQLite file, with a write-ahead log. A call is written, and the file synchronised, before it is
done; a step afterwards, with its number of operations. Since the same calls give the same bits,
state and later calls make the stream again. The whole state is written now and then, when the
calls since the last one hold half as many rows as are on the map, and those calls are dropped.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from umapkit import __version__

if TYPE_CHECKING:
    from umapkit.streaming._base import StreamKeeper
    from umapkit.streaming._ids import Id
    from umapkit.streaming._umap import ProgressiveUMAP

FORMAT = 1
# SQLite holds at most 10**9 bytes in one place.
_PART = 64 * 1024 * 1024
# Rows and operations in calls after which the state is written, whatever the map's size.
_LEAST_ROWS = 4096
_LEAST_OPERATIONS = 50_000
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE calls (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, call TEXT NOT NULL, rows BLOB
);
CREATE TABLE state (name TEXT, part INTEGER, kind TEXT, shape TEXT, value BLOB,
    PRIMARY KEY (name, part));
"""


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
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, number: int = 0) -> None:
        self.path, self._connection, self._number = path, connection, number
        self._rows = self._operations = 0

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
        from umapkit.streaming._state import parameters

        path = Path(os.fspath(model.journal or ""))
        connection = _open(path)
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            connection.close()
            msg = (
                f"{path} exists already. ProgressiveUMAP.resume({os.fspath(path)!r}) goes on with "
                "the stream in it; for a new one give another name."
            )
            raise FileExistsError(msg)
        facts = {
            "format": FORMAT,
            "version": __version__,
            "parameters": parameters(model),
            "seed": seed,
            "n_features": n_features,
            "feature_names": [str(one) for one in getattr(model, "feature_names_in_", [])],
        }
        connection.execute("BEGIN IMMEDIATE")
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.executemany(
            "INSERT INTO facts VALUES (?, ?)", [(k, json.dumps(v)) for k, v in facts.items()]
        )
        connection.execute("COMMIT")
        return cls(path, connection)

    def write(
        self,
        model: StreamKeeper,
        kind: str,
        *,
        ids: list[Id] | None = None,
        rows: NDArray[np.float32] | None = None,
        labels: Any = None,
        wait: bool = True,
        operations: int = 0,
    ) -> None:
        """Write one call; it is on the disk when this returns."""
        if self._rows >= max(_LEAST_ROWS, len(model._ids) // 2) or (
            self._operations >= _LEAST_OPERATIONS
        ):
            self.write_state(model)
        call = {"ids": ids, "wait": wait, "operations": operations, "labels": _plain(labels)}
        self._number += 1
        blob = None if rows is None else np.ascontiguousarray(rows, dtype="<f4").tobytes()
        self._connection.execute(
            "INSERT INTO calls VALUES (?, ?, ?, ?)", (self._number, kind, json.dumps(call), blob)
        )
        self._rows += 0 if ids is None else len(ids)
        self._operations += operations

    def write_state(self, model: StreamKeeper) -> None:
        """Write the state after all calls so far, and drop those."""
        from umapkit.streaming._state import to_state

        config, arrays = to_state(model)
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute("DELETE FROM state")
            connection.execute("DELETE FROM calls")
            text = json.dumps(config).encode()
            for name, array in {"": np.frombuffer(text, dtype=np.uint8), **arrays}.items():
                data = np.ascontiguousarray(array)
                raw: Any = data.reshape(-1).view(np.uint8)
                flat = memoryview(raw)
                for part in range(max(1, -(-len(flat) // _PART))):
                    connection.execute(
                        "INSERT INTO state VALUES (?, ?, ?, ?, ?)",
                        (
                            name,
                            part,
                            data.dtype.str,
                            json.dumps(data.shape),
                            flat[part * _PART : (part + 1) * _PART],
                        ),
                    )
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        self._rows = self._operations = 0

    def close(self) -> None:
        """Give the file free."""
        self._connection.close()

    def __del__(self) -> None:
        """Give the file free at once: a connection alone waits for the garbage collector."""
        with suppress(sqlite3.Error):
            self.close()


def resume_stream(
    kind: type[ProgressiveUMAP], path: str | os.PathLike[str], *, n_jobs: int | None
) -> Any:
    """Take up the stream of a journal; see `ProgressiveUMAP.resume`."""
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
            model = kind(**facts["parameters"], random_state=facts["seed"], n_jobs=n_jobs)
        vars(model).pop("feature_names_in_", None)  # the calls' rows are kept without
        last = 0
        for number, name, text, blob in connection.execute("SELECT * FROM calls ORDER BY number"):
            _repeat(model, name, json.loads(text), blob, facts)
            last = number
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
    model._journal = Journal(where, connection, last)
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


def _plain(labels: Any) -> list[Any] | None:
    """Return labels as JSON takes them; those that are not known as None.

    Raises
    ------
    TypeError
        If one is neither a number nor a string.
    """
    if labels is None:
        return None
    kept: list[Any] = []
    for one in np.asarray(labels).tolist():
        if one is None or one != one:
            kept.append(None)
        elif isinstance(one, int | float | str):
            kept.append(one)
        else:
            msg = (
                f"The label {one!r} is a {type(one).__name__}; a journal keeps numbers and "
                "strings. Give the labels as strings."
            )
            raise TypeError(msg)
    return kept


def _repeat(
    model: ProgressiveUMAP, name: str, call: dict[str, Any], blob: Any, facts: dict[str, Any]
) -> None:
    """Do a call again."""
    rows: Any = None
    if blob is not None:
        rows = np.frombuffer(blob, dtype="<f4").reshape(-1, facts["n_features"])
    if name == "insert":
        model.partial_fit(rows, call["labels"], ids=call["ids"], wait=call["wait"])
    elif name == "update":
        model.update(call["ids"], rows, call["labels"], wait=call["wait"])
    elif name == "remove":
        model.remove(call["ids"], wait=call["wait"])
    elif call["operations"] > 0:
        model.step(operations=call["operations"])
    else:
        model._note_step(0)
