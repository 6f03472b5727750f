"""The door: anything that holds numbers in rows becomes checked float32 rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from umapkit._threads import resolve_n_jobs
from umapkit.data import _foreign, _objects, _sparse, _tables
from umapkit.data._finite import check_finite
from umapkit.data._names import column_labels
from umapkit.data._sparse_rows import SparseRows

_RESHAPE = (
    "Reshape your data either using array.reshape(-1, 1) if your data has a single feature or "
    "array.reshape(1, -1) if it contains a single sample."
)


def as_rows(
    X: Any,
    *,
    name: str = "X",
    min_rows: int = 1,
    max_dense_bytes: int | None = None,
    missing: float | None = None,
    n_jobs: int | None = None,
) -> NDArray[np.float32]:
    """Turn data of any common kind into checked float32 rows.

    Parameters
    ----------
    X : array-like, table, sparse matrix or tensor of shape (n, d)
        NumPy arrays of any numeric dtype and memory layout (memory maps too), lists of rows,
        pandas and polars data frames, pyarrow tables, scipy.sparse arrays and matrices of any
        format, torch tensors on the CPU, object arrays of numbers, and whatever `numpy.asarray`
        turns into numbers.
    name : str, default="X"
        What error messages call the data.
    min_rows : int, default=1
        The fewest rows that will do.
    max_dense_bytes : int or None, default=None
        How large sparse rows may become as a dense array. ``None``: 4 GiB or a quarter of the
        available memory, whichever is smaller. Dense input is not limited.
    missing : float or None, default=None
        What NaN becomes, for metrics that know missing values; ``None`` refuses NaN, NaN keeps it.
    n_jobs : int or None, default=None
        Threads for the check; ``None`` takes all cores. The result does not depend on it.

    Returns
    -------
    ndarray of shape (n, d), float32, C-contiguous
        The rows, all finite but for a `missing` that is not. An array that is that already is
        returned itself or as a view of the same memory, not copied.

    Raises
    ------
    ValueError
        If the data is not two-dimensional, is empty, holds text, complex numbers, NaN, infinity
        or a value beyond float32, or is too large when made dense. Row and column are named.
    TypeError
        If a value is no number at all, or the container cannot be read.

    Notes
    -----
    float32 holds 24 bits: integers above 16,777,216 are rounded, and float64 rows that differ by
    less than one part in ten million become equal.

    Sparse rows are made dense here. The models and the neighbour search keep large ones sparse:
    those go through `as_sparse_rows`.

    Examples
    --------
    >>> as_rows([[1, 2], [3, 4]])
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    n_threads = resolve_n_jobs(n_jobs)
    if isinstance(X, SparseRows):
        X = X.to_csr()
    labels = column_labels(X)
    original: Callable[[int, int], Any]
    if scipy.sparse.issparse(X):
        check_shape(X.shape, name=name, min_rows=min_rows)
        values, original = _sparse.densify(X, name=name, max_dense_bytes=max_dense_bytes)
    else:
        array, original = _read(X, name=name, labels=labels)
        if array.ndim != 2:
            raise ValueError(_wrong_dimension(array, name))
        check_shape(array.shape, name=name, min_rows=min_rows)
        values = _narrow(array, name=name, labels=labels)
    known = values
    if missing is not None and (gaps := np.isnan(values)).any():
        if np.isnan(missing):
            known = np.where(gaps, np.float32(0), values)
        else:
            known = values = np.where(gaps, np.float32(missing), values)
    check_finite(known, name=name, labels=labels, original=original, n_threads=n_threads)
    return values


def _read(
    X: Any, *, name: str, labels: Sequence[Any] | None
) -> tuple[NDArray[Any], Callable[[int, int], Any]]:
    """Get an array of any dtype out of the container, and a way to look up one original value."""
    table = _tables.read(X, name=name, labels=labels)
    if table is not None:
        return table
    array = _foreign.to_numpy(X, name=name)

    def original(row: int, column: int) -> Any:
        return array[row, column]

    return array, original


def _narrow(array: NDArray[Any], *, name: str, labels: Sequence[Any] | None) -> NDArray[np.float32]:
    """Convert to float32, C-contiguous; refuse what is not a number."""
    kind = array.dtype.kind
    if kind == "O":
        array = _objects.to_float64(array, name=name, labels=labels)
    elif kind == "c":
        msg = (
            f"Complex data not supported: {name} has dtype {array.dtype}. Give the real and "
            "imaginary parts as separate columns: numpy.hstack([X.real, X.imag])."
        )
        raise ValueError(msg)
    elif kind in "USTV":
        raise ValueError(_objects.describe_text(array, name=name, labels=labels))
    elif kind in "mM":
        msg = (
            f"{name} holds dates or durations (dtype {array.dtype}), which have no distance unit. "
            "Convert them to numbers in a unit of your choice first, for example seconds."
        )
        raise ValueError(msg)
    # Values beyond float32 become infinite here; check_finite then names the first of them.
    with np.errstate(over="ignore", invalid="ignore"):
        return np.require(array, dtype=np.float32, requirements=["C", "A", "E"])


def check_shape(shape: tuple[int, ...], *, name: str, min_rows: int) -> None:
    """Raise unless there are two dimensions, enough rows, and a column."""
    if len(shape) != 2:
        msg = (
            f"Expected 2D array, got a sparse array of shape {shape} instead for {name}. "
            + _RESHAPE
        )
        raise ValueError(msg)
    n, d = shape
    if n < min_rows:
        msg = (
            f"Found array with {n} sample(s) (shape={shape}) while a minimum of {min_rows} is "
            f"required. {name} needs more rows."
        )
        raise ValueError(msg)
    if d < 1:
        msg = (
            f"Found array with 0 feature(s) (shape={shape}) while a minimum of 1 is required. "
            f"{name} needs at least one column of numbers."
        )
        raise ValueError(msg)


def _wrong_dimension(array: NDArray[Any], name: str) -> str:
    if array.ndim < 2:
        found = "scalar" if array.ndim == 0 else "1D"
        shown = np.array2string(array, threshold=6) if array.ndim else type(array.item()).__name__
        return (
            f"Expected 2D array, got {found} array instead for {name}:\narray={shown}.\n{_RESHAPE}"
        )
    return (
        f"Found array with dim {array.ndim} for {name} (shape={array.shape}), while dim <= 2 is "
        "required. Reshape your data to one row a sample: X.reshape(len(X), -1)."
    )
