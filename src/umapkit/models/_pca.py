"""Principal components, as a map with the interface of the others."""

from __future__ import annotations

import math
import os
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from umapkit._seed import resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.data import as_rows
from umapkit.estimator import MapEstimator
from umapkit.init import EXACT, PrincipalAxes, principal_axes
from umapkit.models._fit import forget

_BLOCK = 4096


class PCA(MapEstimator):
    """Principal components: the linear map that keeps the most variance.

    The same bits for any number of threads, of BLAS too; a row's scores depend on that row alone.

    Parameters
    ----------
    n_components : int, default 2
        Dimensions of the map. Those beyond the rank of the data are 0.
    solver : {"auto", "exact", "iterated"}, default "auto"
        "exact": eigenvectors of the covariance, or of the rows' products where there are fewer
        rows than columns; O(n d min(n, d)), and min(n, d)**2 numbers. "iterated": 12 rounds of
        block iteration, whose last axes are approximate. "auto": "exact" while the smaller of n
        and d is at most 4,096.
    random_state : int, Generator, RandomState or None, default 0
        Seed of "iterated"; ``None`` draws one and keeps it as `seed_`.
    n_jobs : int or None, default None
        Threads; ``None``: all cores that the process may use. The result does not depend on it.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        Centred scores.
    components_ : float32 array of shape (n_components, n_features)
        The axes, decreasing variance; the loading of largest magnitude is positive. Axes beyond
        the rank are 0.
    mean_ : float32 array of shape (n_features,)
        Of the rows.
    explained_variance_, explained_variance_ratio_ : float64 arrays of shape (n_components,)
        Variance of the scores, in squared units of the data, and as a share of that of all
        columns.
    seed_ : int
        Seed that repeats the fit.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit import PCA
    >>> rows = np.random.default_rng(0).normal(size=(100, 3)) * [5, 1, 0]
    >>> model = PCA().fit(rows)
    >>> bool(np.allclose(model.inverse_transform(model.embedding_), rows, atol=1e-5))
    True
    """

    _has_scale_of_layouts = False  # but that of the data
    _axes: PrincipalAxes

    def __init__(
        self,
        n_components: int = 2,
        *,
        solver: Literal["auto", "exact", "iterated"] = "auto",
        random_state: Any = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.solver: Literal["auto", "exact", "iterated"] = solver
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the axes of `X` and the scores of its rows.

        Parameters
        ----------
        X : table of shape (n, n_features)
            Rows; sparse ones are made dense. See `umapkit.data.as_rows`.
        y : ignored
            There for scikit-learn's pipelines.

        Returns
        -------
        PCA
            Itself.

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used.
        """
        count = self.n_components
        if isinstance(count, bool) or not hasattr(count, "__index__") or count < 1:
            msg = f"n_components={count!r} is not allowed. Give a whole number from 1."
            raise ValueError(msg)
        if self.solver not in ("auto", "exact", "iterated"):
            msg = f"solver={self.solver!r} is not known. Give 'auto', 'exact' or 'iterated'."
            raise ValueError(msg)
        rows: Any = self._rows(X, reset=True)
        forget(self)
        if len(rows) < 2:
            msg = f"Found array with {len(rows)} sample(s); axes need a minimum of 2 rows."
            raise ValueError(msg)
        exact = self.solver == "exact" or (self.solver == "auto" and min(rows.shape) <= EXACT)
        self.seed_ = resolve_seed(self.random_state)
        self._axes = principal_axes(
            rows,
            count,
            seed=self.seed_,
            n_threads=resolve_n_jobs(self.n_jobs),
            solver="exact" if exact else "iterated",
        )
        self._show(_squares(rows, self._axes.mean), len(rows))
        self.embedding_ = self._scores(rows)
        return self

    def fit_transform(  # pyright: ignore[reportIncompatibleMethodOverride] # no **fit_params
        self, X: Any, y: Any = None
    ) -> NDArray[np.float32]:
        """Fit and return the scores; parameters and errors as for `fit`.

        Returns
        -------
        float32 array of shape (n, n_components)
            `embedding_`.
        """
        return self.fit(X, y).embedding_

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Scores of rows on the axes of the fit.

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows with the columns of ``fit``.

        Returns
        -------
        float32 array of shape (m, n_components)
            Those of a training row are its `embedding_`, to the bit.

        Raises
        ------
        ValueError
            If the data cannot be used, or has other columns than in ``fit``.
        """
        return self._scores(self._rows(X, reset=False))

    def inverse_transform(self, X: Any) -> NDArray[np.float32]:
        """Rows of data for scores: those nearest to the data that lie on the axes.

        Parameters
        ----------
        X : array of shape (m, n_components)
            Scores.

        Returns
        -------
        float32 array of shape (m, n_features)
            The rows; each depends on its own scores only.

        Raises
        ------
        ValueError
            If `X` is not finite or has another number of columns than the map.
        """
        check_is_fitted(self)
        scores = as_rows(X, n_jobs=self.n_jobs)
        if scores.shape[1] != self.embedding_.shape[1]:
            msg = (
                f"X has {scores.shape[1]} columns, the map {self.embedding_.shape[1]}. Give one "
                "score an axis."
            )
            raise ValueError(msg)
        used = np.ascontiguousarray(scores[:, : len(self._axes.axes)])
        return self._axes.rows(used, n_threads=resolve_n_jobs(self.n_jobs))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a folder: JSON and safetensors, no pickle.

        Parameters
        ----------
        path : path-like
            Folder, made if needed; an earlier model in it is replaced.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        """
        from umapkit.models._plain_load import save_pca

        save_pca(self, path)

    def _scores(self, rows: Any) -> NDArray[np.float32]:
        found = np.zeros((len(rows), len(self.components_)), dtype=np.float32)
        scores = self._axes.scores(rows, n_threads=resolve_n_jobs(self.n_jobs))
        found[:, : scores.shape[1]] = scores
        return found

    def _show(self, total: float, n: int) -> None:
        """Set what is told of the axes; `total`: sum of squares of all centred columns."""
        axes, count = self._axes, int(self.n_components)
        self.mean_ = axes.mean
        self.components_ = np.zeros((count, len(axes.mean)), dtype=np.float32)
        self.components_[: len(axes.axes)] = axes.axes
        squares = np.zeros(count)
        squares[: len(axes.squares)] = axes.squares
        self.explained_variance_ = squares / (n - 1)
        self.explained_variance_ratio_ = squares / total if total > 0 else squares


def _squares(rows: NDArray[np.float32], mean: NDArray[np.float32]) -> float:
    """Sum of squares of the centred columns."""
    parts = [
        float(np.add.reduce((rows[i : i + _BLOCK].astype(np.float64) - mean) ** 2, axis=None))
        for i in range(0, len(rows), _BLOCK)
    ]
    return math.fsum(parts)
