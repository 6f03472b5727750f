"""Several metrics on one table: a graph of each group of columns, combined and laid out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from umapkit._seed import resolve_seed
from umapkit.data import column_names, stays_sparse
from umapkit.distances import MISSING, resolve_metric
from umapkit.estimator import MapEstimator
from umapkit.graph import How, check_how
from umapkit.models._combination import Algebra, Combination, lay_out_combination
from umapkit.models._fit import forget
from umapkit.models._tables import columns_of, with_gaps
from umapkit.models._terms import Leaf, Node
from umapkit.models._umap import UMAP
from umapkit.models._update import DENSITIES
from umapkit.models._warm import check_warm, is_model

# What a part may set: its neighbours and its graph. The rest is about the one layout.
_OF_A_PART = (
    "disconnection_distance",
    "local_connectivity",
    "metric_kwds",
    "n_neighbors",
    "neighbors",
    "set_op_mix_ratio",
)


class CombinedUMAP(Algebra, MapEstimator):
    """One map of a table whose groups of columns are compared by different metrics.

    For every part, neighbours and fuzzy graph are found on its columns by its metric; the graphs
    are intersected (rows near in every part are near) or united (rows near in any part are
    near), every row gets the reach of a usual one again, and the result is laid out. New rows
    are placed by the same combination of their memberships in each part.

    Parameters
    ----------
    parts : list of (columns, metric) or (columns, metric, params), default None
        Columns: numbers, names (of a data frame), a slice, or a mask. Metric: as for `UMAP`.
        Params: a dict with any of `n_neighbors`, `local_connectivity`, `set_op_mix_ratio`,
        `disconnection_distance`, `neighbors`, `metric_kwds`. Columns may be in several parts, or
        in none.
        ``None``: one part, all columns, `model`'s metric.
    how : {"intersection", "union", "difference"}, default "intersection"
        How the graphs are combined; "difference" takes two parts.
    weights : sequence of float, optional
        One positive number a part, read relative to the largest: the power of its memberships in
        an intersection, the factor of them in a union. Larger values let the part decide more.
    model : UMAP, optional
        Not fitted: the parameters of the layout, and those of the parts where they set none. By
        default ``UMAP()``.
    random_state : int, Generator, RandomState or None, default None
        Seed, in place of that of `model`; ``None``: that of `model`.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        The map.
    graph_ : csr_array of shape (n, n), float32
        Symmetric memberships.
    parts_ : list of UMAP
        The fitted parts. Their own maps are random starts that were never laid out: they hold
        neighbours and graphs.
    combination_ : Combination
        The same as a value that `+`, `*` and `-` take.
    seed_, loss_, disconnected_, n_epochs_
        As for `UMAP`.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit import UMAP, CombinedUMAP
    >>> rows = np.random.default_rng(0).random((100, 6))
    >>> parts = [([0, 1, 2], "euclidean"), ([3, 4, 5], "cosine", {"n_neighbors": 10})]
    >>> model = CombinedUMAP(parts, model=UMAP(random_state=0)).fit(rows)
    >>> model.transform(rows[:3]).shape
    (3, 2)
    """

    combination_: Combination
    disconnected_: NDArray[np.bool_]
    loss_: float
    n_epochs_: int
    seed_: int

    def __init__(
        self,
        parts: Sequence[Any] | None = None,
        *,
        how: How = "intersection",
        weights: Sequence[float] | None = None,
        model: UMAP | None = None,
        random_state: Any = None,
    ) -> None:
        self.parts = parts
        self.how = how
        self.weights = weights
        self.model = model
        self.random_state = random_state

    @property
    def n_jobs(self) -> int | None:
        """Threads: those of `model`."""
        return None if self.model is None else self.model.n_jobs

    def fit(self, X: Any, y: Any = None) -> Self:
        """Make the map of `X`.

        Parameters
        ----------
        X : table of shape (n, n_features)
            Rows; see `umapkit.data.as_rows`.
        y : array of shape (n,), optional
            Labels, as for `UMAP.fit`; they weigh on the graph of every part.

        Returns
        -------
        CombinedUMAP
            Itself.

        Raises
        ------
        ValueError
            If the data, a part or a parameter cannot be used.
        LayoutInterrupted
            On Ctrl-C during the layout; `embedding_` is the last map.
        """
        layout_model = self._checked_model()
        names = column_names(X)
        rows = self._rows(X, reset=True)
        forget(self)
        groups = self._groups(layout_model, rows.shape[1], names)
        check_how(self.how, self.weights, len(groups))
        how: Any = self.how  # checked
        if is_model(layout_model.init):
            check_warm(layout_model.init, layout_model, n_columns=rows.shape[1])
        if (
            isinstance(layout_model.init, str)
            and layout_model.init == "pca"
            and self._missing_value() is not None
        ):
            msg = (
                "init='pca' needs rows of numbers, which a metric that knows missing values does "
                "not promise. Give init='spectral' or 'random', or an array."
            )
            raise ValueError(msg)
        given = self.random_state
        seed = resolve_seed(layout_model.random_state if given is None else given)
        layout_model.set_params(random_state=seed)
        leaves = []
        for columns, part in groups:
            # Only the graph is wanted: no spectral start, no epochs, nothing to watch.
            part.set_params(n_epochs=0, init="random", random_state=seed, verbose=False)
            part.fit(with_gaps(columns_of(rows, columns)), y)
            leaves.append(Leaf(part, columns))
        node = Node.of(
            how,
            leaves,
            weights=self.weights,
            n_neighbors=layout_model.n_neighbors,
            shared=True,
            n_jobs=layout_model.n_jobs,
        )
        if self.model is not None:
            layout_model.observers = self.model.observers  # the user's own, who reads them
        made = Combination(node, layout_model, seed)
        try:
            lay_out_combination(made, rows, pure=self._missing_value() is None)
        finally:
            if hasattr(made, "embedding_"):
                self._take(made)
        return self

    def fit_transform(  # pyright: ignore[reportIncompatibleMethodOverride] # no **fit_params
        self, X: Any, y: Any = None
    ) -> NDArray[np.float32]:
        """Make the map of `X` and return it; parameters and errors as for `fit`."""
        return self.fit(X, y).embedding_

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Place rows on the finished map; see `Combination.transform`.

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows with the columns of ``fit``.

        Returns
        -------
        float32 array of shape (m, n_components)
            A training row takes its own place. NaN, with a warning, for rows without neighbours.
        """
        rows = self._rows(X, reset=False)
        return self.combination_.transform(with_gaps(rows))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a folder; `umapkit.load` reads it.

        Parameters
        ----------
        path : path-like
            Folder, made if needed.
        """
        from umapkit.models._load_composed import save_combined

        check_is_fitted(self)
        save_combined(self, path)

    @property
    def graph_(self) -> csr_array:
        """Symmetric memberships, (n, n)."""
        return self.combination_.graph_

    @property
    def parts_(self) -> list[UMAP]:
        """The fitted parts."""
        return [part.model for part in self.combination_._node.parts if isinstance(part, Leaf)]

    def _missing_value(self) -> float | None:
        """Return what NaN becomes; parts that do not know missing values refuse it themselves."""
        model = UMAP() if self.model is None else self.model
        metrics = (
            [model.metric]
            if self.parts is None
            else [part[1] for part in self.parts if _is_part(part)]
            if _is_list(self.parts)
            else []  # said by `fit`
        )
        return MISSING if any(_knows_missing(metric) for metric in metrics) else None

    def _keeps_sparse(self, X: Any, *, reset: bool) -> bool:
        """Large sparse rows stay sparse; every part sees to its columns."""
        del reset
        return stays_sparse(X) and self._missing_value() is None

    def _take(self, made: Combination) -> None:
        self.combination_ = made
        for name in _FITTED[1:]:
            setattr(self, name, getattr(made, name))

    def _checked_model(self) -> UMAP:
        """Copy `model` and check its parameters."""
        if self.model is not None and not isinstance(self.model, UMAP):
            msg = f"model={self.model!r} is not allowed. Give an unfitted UMAP, or None."
            raise TypeError(msg)
        model: Any = UMAP() if self.model is None else clone(self.model)
        model._check_parameters(graph=None)
        if isinstance(model.n_epochs, Sequence) or np.ndim(model.n_epochs or 0):
            msg = f"model has n_epochs={model.n_epochs!r}. Give one number; no snapshots are kept."
            raise ValueError(msg)
        for name in ("precomputed_knn", "checkpoint", *DENSITIES):
            if getattr(model, name, None) not in (None, False):
                msg = f"model has {name}={getattr(model, name)!r}, which cannot serve several "
                raise ValueError(msg + "parts. Leave it out.")
        if model.supervision != "intersection":
            msg = (
                f"model has supervision={model.supervision!r}, a cost beside the layout's, which a "
                "combined layout does not have. Leave it out: labels weigh on the graphs."
            )
            raise ValueError(msg)
        model.observers = None  # copies, in which nobody looks
        return model

    def _groups(
        self, model: UMAP, n_columns: int, names: list[str] | None
    ) -> list[tuple[NDArray[np.int64], UMAP]]:
        """Columns and unfitted model of every part."""
        if self.parts is None:
            whole: Any = clone(model)
            _refuse_distances(whole, "model")
            return [(np.arange(n_columns), whole)]
        if not _is_list(self.parts) or len(self.parts) == 0:
            msg = f"parts={self.parts!r} is not allowed. Give a list of (columns, metric)."
            raise ValueError(msg)
        found: list[tuple[NDArray[np.int64], UMAP]] = []
        for number, part in enumerate(self.parts):
            if not _is_part(part):
                msg = f"parts[{number}] is {part!r}. Give (columns, metric) or "
                raise ValueError(msg + "(columns, metric, params).")
            params = dict(part[2]) if len(part) == 3 else {}
            unknown = sorted(set(params) - set(_OF_A_PART))
            if unknown:
                allowed = ", ".join(_OF_A_PART)
                msg = (
                    f"parts[{number}] sets {', '.join(unknown)}. A part sets {allowed}; "
                    "everything else belongs to model, since there is one layout."
                )
                raise ValueError(msg)
            made: Any = clone(model)
            made.set_params(**{"metric": part[1], "metric_kwds": None} | params)
            made._check_parameters(graph=None)
            _refuse_distances(made, f"parts[{number}]")
            found.append((_columns(part[0], number, n_columns, names), made))
        return found


def combine(
    X: Any,
    parts: Sequence[Any],
    *,
    how: How = "intersection",
    weights: Sequence[float] | None = None,
    model: UMAP | None = None,
) -> CombinedUMAP:
    """Make one map of a table with several metrics.

    Parameters
    ----------
    X : table of shape (n, n_features)
        Rows.
    parts, how, weights, model
        See `CombinedUMAP`.

    Returns
    -------
    CombinedUMAP
        Fitted.

    Examples
    --------
    >>> import numpy as np
    >>> import umapkit
    >>> rows = np.random.default_rng(0).random((60, 4))
    >>> made = umapkit.combine(rows, [([0, 1], "euclidean"), ([2, 3], "cosine")], how="union")
    >>> made.embedding_.shape
    (60, 2)
    """
    return CombinedUMAP(parts, how=how, weights=weights, model=model).fit(X)


def _refuse_distances(part: UMAP, name: str) -> None:
    if part._is_given():
        msg = (
            f"{name} has metric='precomputed', but X holds rows. Give the metric itself; a "
            "function of two rows will do."
        )
        raise ValueError(msg)


def _is_list(parts: Any) -> bool:
    return isinstance(parts, Sequence) and not isinstance(parts, str)


def _is_part(part: Any) -> bool:
    return isinstance(part, (tuple, list)) and len(part) in (2, 3)


def _knows_missing(metric: Any) -> bool:
    try:
        return resolve_metric(metric).missing
    except (TypeError, ValueError):  # said by `fit`
        return False


_FITTED = ("combination_", "embedding_", "seed_", "loss_", "disconnected_", "n_epochs_")


def _columns(
    chosen: Any, number: int, n_columns: int, names: list[str] | None
) -> NDArray[np.int64]:
    """Numbers of the columns of a part."""
    everything = np.arange(n_columns)
    if isinstance(chosen, slice):
        found = everything[chosen]
    else:
        listed = [chosen] if isinstance(chosen, (str, int, np.integer)) else list(chosen)
        if any(isinstance(one, str) for one in listed):
            missing = [one for one in listed if one not in (names or [])]
            if missing:
                msg = f"parts[{number}] names the column {missing[0]!r}; X has "
                raise ValueError(msg + (f"{', '.join(names)}." if names else "no names."))
            found = np.array([(names or []).index(str(one)) for one in listed], dtype=np.int64)
        else:
            mask = np.asarray(listed)
            fits = mask.ndim == 1 and (
                (mask.dtype.kind == "b" and len(mask) == n_columns)
                or (mask.dtype.kind in "iu" and (abs(mask + 0.5) < n_columns).all())
            )
            if len(listed) and not fits:
                msg = f"parts[{number}] has columns {chosen!r}, but X has columns 0 to "
                raise ValueError(msg + f"{n_columns - 1}. Give numbers, names, a slice or a mask.")
            found = everything[mask] if len(listed) else everything[:0]
    if len(found) == 0:
        msg = f"parts[{number}] has no columns. Give at least one."
        raise ValueError(msg)
    return found.astype(np.int64)
