"""Fitted models added, multiplied and subtracted: one map of all of them."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from umapkit._threads import resolve_n_jobs
from umapkit.data import row_hashes
from umapkit.graph import How, disconnected, shape_of
from umapkit.init import place
from umapkit.layout import (
    FrozenMap,
    LayoutInterrupted,
    Progress,
    as_observers,
    execute,
    resolve_epochs,
    settle,
    settle_on_surface,
)
from umapkit.models._fit import begin
from umapkit.models._labels import NO_COST
from umapkit.models._terms import Leaf, Node, same_table
from umapkit.models._update import DENSITIES
from umapkit.models._warm import is_model, keeps_scale, warm_start

if TYPE_CHECKING:
    from umapkit.models._umap import UMAP


class Algebra:
    """`+`, `*` and `-` of fitted models: union, intersection and difference of their graphs.

    Row i of the one is row i of the other. The result is a `Combination`.
    """

    def __add__(self, other: Any) -> Combination:
        return combine_models("union", self, other)

    def __mul__(self, other: Any) -> Combination:
        return combine_models("intersection", self, other)

    def __sub__(self, other: Any) -> Combination:
        return combine_models("difference", self, other)


class Combination(Algebra):
    """A fitted map of the combined graphs of several models; made by their `+`, `*` and `-`.

    It can be combined further. It cannot be fitted: combine other models instead.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        The map. Rows that are equal in every model share one place.
    graph_ : csr_array of shape (n, n), float32
        Symmetric memberships.
    how : {"union", "intersection", "difference"}
        The outermost operation.
    model : UMAP
        Not fitted: the parameters of the layout. Of two models, the smaller `n_components` and
        `learning_rate`; the mean of a, b, `repulsion_strength` and `negative_sample_rate`; the
        larger `n_neighbors` and `n_epochs`; everything else, the seed too, of the first
        (but a start that is neither "spectral" nor "random" becomes "spectral", and observers
        are left out: they have watched another layout).
    seed_ : int
        Seed that repeats the layout.
    loss_ : float
        Effective loss of the map, in nats.
    disconnected_ : bool array of shape (n,)
        Rows without any edge.
    n_epochs_ : int
        Epochs that were run.
    """

    embedding_: NDArray[np.float32]
    disconnected_: NDArray[np.bool_]
    loss_: float
    n_epochs_: int

    def __init__(self, node: Node, model: UMAP, seed: int) -> None:
        self.model = model
        self.seed_ = seed
        self._node = node
        self._frozen: tuple[int, FrozenMap] | None = None

    def __repr__(self) -> str:
        n, d = shape_of(self.graph_)[0], self.model.n_components
        return f"Combination({self.how} of {len(self._node.parts)} models, {n} rows, {d} axes)"

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_frozen": None}

    @property
    def graph_(self) -> csr_array:
        """Symmetric memberships, (n, n)."""
        return self._node.graph

    @property
    def how(self) -> How:
        """The outermost operation."""
        return self._node.how

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Place rows on the finished map.

        The memberships of a row in every model are combined as the graphs were; the row begins at
        their mean and settles. Its place depends on the row and the models only.

        Parameters
        ----------
        X : table, or list of tables, of m rows
            One table if all models were fitted on the same one, otherwise a list with a table for
            each model (a combination among them again takes what it would take alone).

        Returns
        -------
        float32 array of shape (m, n_components)
            A row that equals the same training row in every model takes its place. NaN, with a
            warning, for rows without any membership.

        Raises
        ------
        ValueError
            If the tables cannot be used, or do not fit the models.
        """
        view = self._node.view(X)
        n_jobs = resolve_n_jobs(self.model.n_jobs)
        frozen = self._ground()
        places = np.empty((len(view.hashes), frozen.places.shape[1]), dtype=np.float32)
        found = self._node.find(view.known)
        known = found >= 0
        places[known] = self.embedding_[found[known]]
        new = np.flatnonzero(~known)
        weights = csr_array(csr_array(view.memberships, dtype=np.float32)[new])
        neighbors, strengths = _as_lists(weights, self._node.width)
        options = self.model._layout_options(n_epochs=self.model._settle_epochs(), seed=self.seed_)
        hashes, output = view.hashes[new], self.model._output()
        if output.flat:
            settled = settle(
                frozen,
                neighbors,
                strengths,
                place(weights, frozen.places, n_jobs=n_jobs),
                hashes,
                a=options.a,
                b=options.b,
                n_epochs=options.n_epochs,
                learning_rate=options.learning_rate,
                negative_sample_rate=options.negative_sample_rate,
                repulsion_strength=options.repulsion_strength,
                n_jobs=n_jobs,
            )
            settled[strengths.sum(axis=1) == 0] = np.nan
        else:
            settled = settle_on_surface(
                frozen.places,
                neighbors,
                strengths,
                hashes,
                options,
                output_metric=output,
                n_jobs=n_jobs,
            )
        places[new] = settled
        lost = int(np.isnan(places[:, 0]).sum())
        if lost:
            msg = f"{lost} of {len(places)} rows have no membership; their places are NaN."
            warnings.warn(msg, UserWarning, stacklevel=2)
        return places

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the combination and its models to a folder; `umapkit.load` reads it.

        Parameters
        ----------
        path : path-like
            Folder, made if needed.
        """
        from umapkit.models._load_composed import save_combination

        save_combination(self, path)

    def _ground(self) -> FrozenMap:
        flat = np.ascontiguousarray(self.embedding_, dtype=np.float32).reshape(1, -1)
        mark = int(row_hashes(flat, n_jobs=1)[0])
        kept = self._frozen
        if kept is None or kept[0] != mark:
            kept = self._frozen = (mark, FrozenMap.of(self.embedding_, seed=self.seed_))
        return kept[1]


def combine_models(how: How, one: Any, other: Any) -> Any:
    """Combine two fitted models, or say (NotImplemented) that the other thing is none."""
    mine, theirs = _term(one), _term(other)
    if mine is None or theirs is None:
        return NotImplemented
    terms = (mine, theirs)
    models = [_layout_model(model) for model in (one, other)]
    first = models[0]
    if first._output() != models[1]._output():
        msg = (
            f"One model has output_metric={first.output_metric!r}, the other "
            f"{models[1].output_metric!r}. Their sum, product or difference is one map: fit both "
            "with the same output metric."
        )
        raise ValueError(msg)
    lengths = [m.n_epochs for m in models if m.n_epochs is not None]
    model: Any = clone(first)
    # A combined graph has no distances, so nothing to measure densities by, and no labels beside
    # those that the graphs were intersected with.
    model.set_params(**dict.fromkeys(DENSITIES, False), **NO_COST)
    model.set_params(
        n_neighbors=max(m.n_neighbors for m in models),
        n_components=min(m.n_components for m in models),
        learning_rate=min(m.learning_rate for m in models),
        min_dist=0.1,
        spread=1.0,
        a=float(np.mean([m.a_ for m in models])),
        b=float(np.mean([m.b_ for m in models])),
        repulsion_strength=float(np.mean([m.repulsion_strength for m in models])),
        negative_sample_rate=float(np.mean([m.negative_sample_rate for m in models])),
        n_epochs=max(int(np.max(n)) for n in lengths) if lengths else None,
        init="random" if isinstance(first.init, str) and first.init == "random" else "spectral",
        precomputed_knn=None,
        observers=None,
        checkpoint=None,
        random_state=one.seed_,
    )
    model._check_parameters(graph=None)
    node = Node.of(
        how,
        terms,
        weights=None,
        n_neighbors=model.n_neighbors,
        shared=same_table(*terms),
        n_jobs=model.n_jobs,
    )
    made = Combination(node, model, one.seed_)
    lay_out_combination(made, None)
    return made


def _layout_model(model: Any) -> UMAP:
    """Return the UMAP whose parameters laid out a fitted model."""
    if isinstance(model, Combination):
        return model.model
    inner = getattr(model, "combination_", None)
    return model if inner is None else inner.model


def lay_out_combination(made: Combination, rows: Any, *, pure: bool = True) -> None:
    """Start and layout of a combined graph; sets what `Combination` promises.

    `rows` are those of the one table, if there is one; `pure` where every value is a number.
    """
    model, graph = made.model, made.graph_
    init: Any = model.init
    warm = is_model(init)
    if warm:
        warm = keeps_scale(init)
        init = warm_start(init, rows, graph, seed=made.seed_)
    length, wanted = resolve_epochs(model.n_epochs, shape_of(graph)[0])
    options = model._layout_options(n_epochs=length, seed=made.seed_)
    layout = begin(model, graph, init, options, data=rows if pure else None, warm=warm)
    observers = as_observers(model.observers)
    if model.verbose:
        observers.append(Progress())
    run = execute(layout, wanted, observers=observers, tol=model.tol, checkpoint=None)
    made.disconnected_ = disconnected(graph)
    made.n_epochs_ = layout.epoch
    made.loss_ = layout.loss()
    made.embedding_ = layout.embedding[made._node.first]
    if run.interrupt is not None:
        raise LayoutInterrupted(made.embedding_, made.n_epochs_) from run.interrupt


def _as_lists(weights: csr_array, width: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Rows of a CSR matrix as lists of `width` columns, which depends on the model only."""
    counts = np.diff(weights.indptr)
    slot = np.arange(weights.nnz) - np.repeat(weights.indptr[:-1], counts)
    row = np.repeat(np.arange(len(counts)), counts)
    neighbors = np.full((len(counts), width), -1, dtype=np.int32)
    strengths = np.zeros((len(counts), width), dtype=np.float32)
    neighbors[row, slot] = weights.indices
    strengths[row, slot] = weights.data
    return neighbors, strengths


def _term(model: Any) -> Leaf | Node | None:
    from umapkit.models._combine import CombinedUMAP
    from umapkit.models._umap import UMAP

    if isinstance(model, Combination):
        return model._node
    if not isinstance(model, (UMAP, CombinedUMAP)):
        return None
    check_is_fitted(model)
    if isinstance(model, UMAP) and model._is_given():
        msg = (
            "A model with metric='precomputed' knows no rows, so it cannot be combined with "
            "others. Fit it on the rows, with their metric (a function will do)."
        )
        raise ValueError(msg)
    return Leaf(model) if isinstance(model, UMAP) else model.combination_._node
