"""What a metric takes beside the rows: names, checks, and values learned from the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._threads import one_blas_thread
from umapkit.distances._differences import MISSING

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Keyword:
    """One keyword of a metric.

    Attributes
    ----------
    name : str
        The name.
    read : callable
        ``read(value)`` returns the value in its plain form, or raises ValueError saying what is
        allowed.
    learn : callable or None
        ``learn(rows, others)`` makes the value out of the training rows, (n, d), and the keywords
        that are known by then. None: the value must be given.
    aliases : tuple of str
        Other names.
    shape : str
        What the value must be like for rows of d columns: "any", "columns" (d numbers),
        "square" (d by d) or "table" (the two sides of a table of d numbers).
    hidden : bool
        It follows from the others and from the rows: kept and saved, not given by the user, and
        not passed to the formula.
    """

    name: str
    read: Callable[[Any], Any]
    learn: Callable[[Rows, Mapping[str, Any]], Any] | None = None
    aliases: tuple[str, ...] = ()
    shape: str = "any"
    hidden: bool = False


def read_keywords(
    metric: str, known: tuple[Keyword, ...], given: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Check names and values; raise where one is not known, given twice, or wrong."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        msg = f"metric_kwds is a {type(given).__name__}. Give a dict of keywords of the metric."
        raise TypeError(msg)
    names = {alias: k for k in known if not k.hidden for alias in (k.name, *k.aliases)}
    out: dict[str, Any] = {}
    for name, value in given.items():
        keyword = names.get(name)
        if keyword is None:
            takes = ", ".join(repr(k.name) for k in known if not k.hidden) or "none"
            msg = f"metric={metric!r} has no keyword {name!r}. It takes: {takes}."
            raise ValueError(msg)
        if keyword.name in out:
            msg = f"metric={metric!r}: {keyword.name!r} was given twice, once as {name!r}."
            raise ValueError(msg)
        try:
            out[keyword.name] = keyword.read(value)
        except (TypeError, ValueError) as error:
            msg = f"metric={metric!r}: {name}={value!r} is not allowed. {error}"
            raise ValueError(msg) from error
    return out


def learn_keywords(
    metric: str, known: tuple[Keyword, ...], given: Mapping[str, Any], rows: Rows
) -> dict[str, Any]:
    """Complete the keywords from the training rows; check the shape of those given."""
    out = dict(given)
    d = rows.shape[1]
    for keyword in known:
        if keyword.name not in out:
            if keyword.learn is None:
                msg = (
                    f"metric={metric!r} needs the keyword {keyword.name!r}. Give "
                    f"metric_kwds={{{keyword.name!r}: …}}."
                )
                raise ValueError(msg)
            out[keyword.name] = keyword.learn(rows, out)
        wanted = {"columns": (d,), "square": (d, d)}.get(keyword.shape)
        if keyword.shape == "table" and int(np.prod(out[keyword.name])) != d:
            msg = (
                f"metric={metric!r}: {keyword.name}={tuple(out[keyword.name].tolist())} makes rows "
                f"of {int(np.prod(out[keyword.name]))} numbers; the rows have {d} columns."
            )
            raise ValueError(msg)
        if wanted is not None and np.shape(out[keyword.name]) != wanted:
            msg = (
                f"metric={metric!r}: {keyword.name} has shape {np.shape(out[keyword.name])}; rows "
                f"of {d} columns need {wanted}."
            )
            raise ValueError(msg)
    return out


def order(value: Any) -> float:
    """Read the order of a Minkowski distance."""
    if isinstance(value, bool) or not float(value) > 0:
        msg = "Give a positive number, or float('inf')."
        raise ValueError(msg)
    return float(value)


def positive(value: Any) -> float:
    """Read one positive finite number."""
    if isinstance(value, bool) or not 0 < float(value) < np.inf:
        msg = "Give a positive number."
        raise ValueError(msg)
    return float(value)


def weights(value: ArrayLike) -> NDArray[np.float64]:
    """Read one weight a column, none negative."""
    out = np.asarray(value, dtype=np.float64)
    if out.ndim != 1 or not (np.isfinite(out).all() and (out >= 0).all() and (out > 0).any()):
        msg = "Give one number a column, 0 or more, not all 0."
        raise ValueError(msg)
    return out


def variances(value: ArrayLike) -> NDArray[np.float64]:
    """Read one positive number a column."""
    out = np.asarray(value, dtype=np.float64)
    if out.ndim != 1 or not (np.isfinite(out).all() and (out > 0).all()):
        msg = "Give one positive number a column: its variance."
        raise ValueError(msg)
    return out


def ranges(value: ArrayLike) -> NDArray[np.float64]:
    """Read one number a column, none negative."""
    out = np.asarray(value, dtype=np.float64)
    if out.ndim != 1 or not (np.isfinite(out).all() and (out >= 0).all()):
        msg = "Give one number a column, 0 or more: the range of its values."
        raise ValueError(msg)
    return out


def form(value: ArrayLike) -> NDArray[np.float64]:
    """Read a symmetric matrix without negative eigenvalues."""
    out = np.asarray(value, dtype=np.float64)
    msg = "Give a symmetric matrix without negative eigenvalues: the inverse of the covariance."
    if out.ndim != 2 or out.shape[0] != out.shape[1] or not np.isfinite(out).all():
        raise ValueError(msg)
    size = float(np.abs(out).max(initial=0.0))
    if size == 0 or np.abs(out - out.T).max() > 1e-6 * size:
        raise ValueError(msg)
    out = (out + out.T) / 2
    with one_blas_thread():
        if np.linalg.eigvalsh(out)[0] < -1e-6 * size * len(out):
            raise ValueError(msg)
    return out


def learned_variances(rows: Rows, others: Mapping[str, Any]) -> NDArray[np.float64]:
    """Sample variances of the columns; 1 where a column is constant, which then says nothing."""
    del others
    if len(rows) < 2:
        return np.ones(rows.shape[1])
    # Over axis 0 of a C-contiguous array NumPy adds row by row: one order, whatever the threads.
    mean = rows.mean(axis=0, dtype=np.float64)
    found = np.zeros(rows.shape[1])
    for begin in range(0, len(rows), 4096):
        found += ((rows[begin : begin + 4096] - mean) ** 2).sum(axis=0)
    found /= len(rows) - 1
    return np.where(found > 0, found, 1.0)


def learned_form(rows: Rows, others: Mapping[str, Any]) -> NDArray[np.float64]:
    """Pseudo-inverse of the sample covariance of the columns."""
    del others
    d = rows.shape[1]
    if len(rows) < 2:
        return np.eye(d)
    mean = rows.mean(axis=0, dtype=np.float64)
    found = np.zeros((d, d))
    with one_blas_thread():
        for begin in range(0, len(rows), 4096):
            some = rows[begin : begin + 4096] - mean
            found += some.T @ some
        inverse = np.linalg.pinv(found / (len(rows) - 1), hermitian=True)
    inverse = (inverse + inverse.T) / 2
    return inverse if inverse.any() else np.eye(d)


def learned_ranges(rows: Rows, others: Mapping[str, Any]) -> NDArray[np.float64]:
    """Largest less smallest value of every column, NaN left out."""
    del others
    there = ~(np.isnan(rows) | (rows == MISSING))
    low = np.where(there, rows, np.inf).min(axis=0).astype(np.float64)
    high = np.where(there, rows, -np.inf).max(axis=0).astype(np.float64)
    some = there.any(axis=0)
    return np.where(some, np.where(some, high, 0.0) - np.where(some, low, 0.0), 0.0)


def all_ones(rows: Rows, others: Mapping[str, Any]) -> NDArray[np.float64]:
    """Give every column a weight of 1."""
    del others
    return np.ones(rows.shape[1])


def constant(value: Any) -> Callable[[Rows, Mapping[str, Any]], Any]:
    """Make a default, for when the rows do not matter."""
    return _Constant(value)


@dataclass(frozen=True)
class _Constant:
    value: Any

    def __call__(self, rows: Rows, others: Mapping[str, Any]) -> Any:
        del rows, others
        return self.value


def learned_centre(rows: Rows, others: Mapping[str, Any]) -> NDArray[np.float64]:
    """Means of the columns."""
    del others
    return rows.mean(axis=0, dtype=np.float64)


def learned_factor(rows: Rows, others: Mapping[str, Any]) -> NDArray[np.float64]:
    """F with F F^T = VI, so that lengths of x F are Mahalanobis lengths of x."""
    del rows
    with one_blas_thread():
        values, vectors = np.linalg.eigh(others["VI"])
    return np.ascontiguousarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def columns(value: ArrayLike) -> NDArray[np.bool_]:
    """Read one truth value a column: True for those that hold categories."""
    out = np.asarray(value)
    if out.ndim != 1 or out.dtype != np.bool_:
        msg = (
            "Give one truth value a column, True where it holds categories, such as "
            "numpy.isin(numpy.arange(d), [2, 5])."
        )
        raise ValueError(msg)
    return out


def no_columns(rows: Rows, others: Mapping[str, Any]) -> NDArray[np.bool_]:
    """No column of categories."""
    del others
    return np.zeros(rows.shape[1], dtype=np.bool_)


def table_shape(value: ArrayLike) -> NDArray[np.int64]:
    """Read the two sides of a table."""
    given = np.asarray(value)
    if given.shape != (2,) or (given != given.astype(np.int64)).any() or (given < 1).any():
        msg = "Give two whole numbers: rows and columns of the table that each row of X holds."
        raise ValueError(msg)
    return given.astype(np.int64)


def axis(value: Any) -> int:
    """Read an axis of a table."""
    if isinstance(value, bool) or float(value) not in (0, 1):
        msg = "Give 0 where the rows of a table are its steps, 1 where the columns are."
        raise ValueError(msg)
    return int(value)


def warping_cost(value: Any) -> str:
    """Read which cost of a warping counts."""
    if value not in ("accumulated", "path_mse"):
        msg = "Give 'accumulated' or 'path_mse'."
        raise ValueError(msg)
    return str(value)
