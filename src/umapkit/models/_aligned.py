"""AlignedUMAP: maps of several related tables, in which related rows lie near each other."""

from __future__ import annotations

import numbers
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from umapkit._seed import mix, resolve_seed
from umapkit.distances import Metric
from umapkit.graph import TargetMetric
from umapkit.init import given_start, make_start
from umapkit.layout import Layout, LayoutInterrupted, Optimizer, resolve_epochs
from umapkit.models._lockstep import align
from umapkit.models._relations import check_relation, springs
from umapkit.models._slices import (
    as_list,
    links_between,
    points,
    progress,
    rows_of,
    size_of,
    visits,
)
from umapkit.models._terms import points_graph
from umapkit.models._turn import turned
from umapkit.models._umap import UMAP
from umapkit.models._warm import fill_places

# Parameters that may be a list with a value for each slice.
PER_SLICE = (
    "learning_rate",
    "local_connectivity",
    "min_dist",
    "n_neighbors",
    "negative_sample_rate",
    "repulsion_strength",
    "set_op_mix_ratio",
    "spread",
)
_SHARED = (
    "a",
    "b",
    "disconnection_distance",
    "memory",
    "metric",
    "metric_kwds",
    "n_components",
    "n_jobs",
    "neighbors",
    "optimizer",
    "target_metric",
    "target_n_neighbors",
    "target_weight",
)


class AlignedUMAP(BaseEstimator):
    """Maps of a sequence of tables (slices) that are laid out together.

    Every slice is a UMAP of its own, with its own neighbours, graph and repulsion. Relations say
    which rows of a slice are which rows of the next; related points are held together by springs,
    over up to `alignment_window_size` slices. Every parameter of the layout is honoured, in every
    slice, and the same `random_state` gives the same bits for any `n_jobs`.

    Parameters
    ----------
    alignment_regularisation : float, default 0.01
        Strength of the springs, 0 or more. Larger values hold related points closer, at the price
        of each slice's own neighbourhoods; 0 leaves only the common start.
    alignment_window_size : int, default 3
        Over how many slices relations are followed, at least 1; each further slice weighs less
        by a factor e.
    n_neighbors, learning_rate, min_dist, spread, local_connectivity, set_op_mix_ratio, \
repulsion_strength, negative_sample_rate : number, or list with one for each slice
        As for `UMAP`.
    n_epochs : int or None, default None
        Length of the one schedule; ``None``: 500 if every slice has at most 10,000 rows, else 200.
    init : {"spectral", "pca", "random"} or list of arrays, default "spectral"
        Start of every slice, turned (rotated, mirrored, shifted) onto the slice before by the
        related rows. Arrays, one of shape (n_s, n_components) for each slice, are taken as
        they are.
    n_components, metric, metric_kwds, a, b, random_state, target_metric, target_weight, \
target_n_neighbors, disconnection_distance, neighbors, optimizer, memory, n_jobs
        As for `UMAP`, the same for all slices.
    verbose : bool, default False
        Progress bar on standard error.

    Attributes
    ----------
    embeddings_ : list of float32 arrays of shape (n_s, n_components)
        The maps.
    mappers_ : list of UMAP
        Every slice as a fitted model: its graph, its losses, its `transform`.
    seed_ : int
        Seed that repeats the fit.
    n_epochs_ : int
        Epochs that were run.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit import AlignedUMAP
    >>> rows = np.random.default_rng(0).normal(size=(90, 4))
    >>> slices = [rows[:60], rows[30:]]
    >>> model = AlignedUMAP(random_state=0, n_epochs=50)
    >>> maps = model.fit_transform(slices, relations=[{30 + i: i for i in range(30)}])
    >>> [one.shape for one in maps]
    [(60, 2), (60, 2)]
    """

    def __init__(
        self,
        *,
        alignment_regularisation: float = 1e-2,
        alignment_window_size: int = 3,
        n_neighbors: int | Sequence[int] = 15,
        n_components: int = 2,
        metric: str | Metric | Callable[..., Any] = "euclidean",
        metric_kwds: Mapping[str, Any] | None = None,
        n_epochs: int | None = None,
        learning_rate: float | Sequence[float] = 1.0,
        init: Literal["spectral", "pca", "random"] | Sequence[Any] = "spectral",
        min_dist: float | Sequence[float] = 0.1,
        spread: float | Sequence[float] = 1.0,
        set_op_mix_ratio: float | Sequence[float] = 1.0,
        local_connectivity: float | Sequence[float] = 1.0,
        repulsion_strength: float | Sequence[float] = 1.0,
        negative_sample_rate: float | Sequence[float] = 5,
        a: float | None = None,
        b: float | None = None,
        random_state: Any = None,
        target_metric: TargetMetric = "categorical",
        target_weight: float = 0.5,
        target_n_neighbors: int | None = None,
        disconnection_distance: float | None = None,
        neighbors: Literal["auto", "exact", "descent"] = "auto",
        optimizer: Optimizer = "sampled",
        memory: Any = None,
        verbose: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.alignment_regularisation = alignment_regularisation
        self.alignment_window_size = alignment_window_size
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.init = init
        self.min_dist = min_dist
        self.spread = spread
        self.set_op_mix_ratio = set_op_mix_ratio
        self.local_connectivity = local_connectivity
        self.repulsion_strength = repulsion_strength
        self.negative_sample_rate = negative_sample_rate
        self.a = a
        self.b = b
        self.random_state = random_state
        self.target_metric = target_metric
        self.target_weight = target_weight
        self.target_n_neighbors = target_n_neighbors
        self.disconnection_distance = disconnection_distance
        self.neighbors = neighbors
        self.optimizer = optimizer
        self.memory = memory
        self.verbose = verbose
        self.n_jobs = n_jobs

    def fit(self, X: Sequence[Any], y: Sequence[Any] | None = None, *, relations: Any) -> Self:
        """Make the maps of all slices.

        Parameters
        ----------
        X : list of tables, the s-th of shape (n_s, n_features)
            The slices, two or more. Their columns may differ. With ``metric="precomputed"``: the
        distances within each slice.
        y : list of arrays of shape (n_s,), optional
            Labels or other targets of every slice, as for `UMAP.fit`; None for a slice without.
        relations : list of dict, or of int arrays of shape (p, 2)
            One less than there are slices; the s-th from rows of slice s to rows of slice s + 1.
            Rows may be left out, or related to several.

        Returns
        -------
        AlignedUMAP
            Itself.

        Raises
        ------
        ValueError
            If tables, relations or a parameter cannot be used; the message says which.
        LayoutInterrupted
            On Ctrl-C during the layout; `embeddings_` are the last maps, and the last of them is
            the error's `embedding`.
        """
        tables, targets = as_list(X, "X"), None if y is None else as_list(y, "y")
        count = len(tables)
        if count < 2 or (targets is not None and len(targets) != count):
            given = "" if targets is None else f" and {len(targets)} arrays of labels"
            msg = f"{count} slices{given} were given. Give two slices or more, and labels for each."
            raise ValueError(msg)
        listed = as_list(relations, "relations")
        if len(listed) != count - 1:
            msg = f"{len(listed)} relations were given for {count} slices. Give {count - 1}."
            raise ValueError(msg)
        self._check(count)
        seed = resolve_seed(self.random_state)
        new = [self._mapper(s, seed, {}) for s in range(count)]
        for mapper in new:
            mapper._check_parameters(graph=None)
        mappers = [
            mapper.fit(tables[s], None if targets is None else targets[s])
            for s, mapper in enumerate(new)
        ]
        sizes = [len(mapper.embedding_) for mapper in mappers]
        pairs = [
            check_relation(one, number=s, sizes=(sizes[s], sizes[s + 1]))
            for s, one in enumerate(listed)
        ]
        links = links_between(mappers, pairs)
        graphs = [points_graph(mapper) for mapper in mappers]
        length = resolve_epochs(self.n_epochs, max(map(size_of, graphs)))[0]
        layouts: list[Layout | None] = []
        before: NDArray[np.float32] | None = None
        for s, (mapper, graph) in enumerate(zip(mappers, graphs, strict=True)):
            start = self._start(s, mapper, graph)
            if before is not None and isinstance(self.init, str):
                link = links[s - 1].tocoo()
                start = turned(start, link.col.astype(np.int64), before[link.row])
            before = start
            layouts.append(self._layout(mapper, graph, start, length))
        self.seed_, self.mappers_, self._pairs = seed, mappers, pairs
        strengths = springs(graphs, links, window=self.alignment_window_size)
        self._run(layouts, mappers, strengths, length)
        return self

    def fit_transform(
        self, X: Sequence[Any], y: Sequence[Any] | None = None, *, relations: Any
    ) -> list[NDArray[np.float32]]:
        """Make the maps and return them; parameters and errors as for `fit`.

        Returns
        -------
        list of float32 arrays of shape (n_s, n_components)
            `embeddings_`.
        """
        return self.fit(X, y, relations=relations).embeddings_

    def update(
        self,
        X: Any,
        y: Any = None,
        *,
        relations: Any,
        parameters: Mapping[str, Any] | None = None,
    ) -> Self:
        """Add a slice; the maps of the earlier ones stay as they are.

        Related rows begin at the places of the last slice, others among their neighbours; then
        the new slice runs the whole schedule, pulled by the earlier ones in the window.

        Parameters
        ----------
        X : table of shape (n, n_features)
            The new slice.
        y : array of shape (n,), optional
            Its labels.
        relations : dict, or int array of shape (p, 2)
            From rows of the last slice to rows of the new one.
        parameters : mapping, optional
            Values of the parameters that may differ by slice, for the new one. Needed where the
            constructor was given a list without a value for it.

        Returns
        -------
        AlignedUMAP
            Itself. If anything fails before the layout, it is unchanged.

        Raises
        ------
        ValueError
            If the table, the relation or a parameter cannot be used.
        LayoutInterrupted
            On Ctrl-C during the layout; `embeddings_` holds the last map of the new slice, as does
            the error's `embedding`.
        """
        check_is_fitted(self)
        s = len(self.mappers_)
        given = dict(parameters or {})
        unknown = sorted(set(given) - set(PER_SLICE))
        if unknown:
            msg = f"parameters has {', '.join(unknown)}. A slice may set {', '.join(PER_SLICE)}."
            raise ValueError(msg)
        mapper = self._mapper(s, self.seed_, given).fit(X, y)
        sizes = (len(self.mappers_[-1].embedding_), len(mapper.embedding_))
        pairs = [*self._pairs, check_relation(relations, number=s - 1, sizes=sizes)]
        mappers = [*self.mappers_, mapper]
        near = slice(max(0, s - self.alignment_window_size), None)
        links = links_between(mappers[near], pairs[near])
        graphs = [points_graph(one) for one in mappers[near]]
        last = len(graphs) - 1
        found = springs(graphs, links, window=self.alignment_window_size)
        strengths = {key: value for key, value in found.items() if key[1] == last}
        start = self._start_among(mappers[-2], mapper, links[-1], graphs[-1])
        length = resolve_epochs(self.n_epochs, size_of(graphs[-1]))[0]
        layouts: list[Layout | None] = [None] * last
        layouts.append(self._layout(mapper, graphs[-1], start, length))
        self.mappers_, self._pairs = mappers, pairs
        self._run(layouts, mappers[near], strengths, length)
        return self

    def transform(self, X: Any, *, index: int | None = None) -> Any:
        """Place new rows on the finished maps; see `UMAP.transform`.

        Parameters
        ----------
        X : list of tables, or one table
            A table of new rows for every slice; or, with `index`, one table.
        index : int, optional
            The slice on whose map the rows of the one table are placed; -1 is the last.

        Returns
        -------
        list of float32 arrays, or one array, of shape (m, n_components)
            A row's place depends on the row and the slice's map only.

        Raises
        ------
        ValueError
            If the number of tables, the index or a table does not fit.
        """
        check_is_fitted(self)
        count = len(self.mappers_)
        if index is not None:
            if not -count <= index < count:
                msg = f"index={index!r} is no slice: there are {count}, numbered from 0."
                raise ValueError(msg)
            return np.asarray(self.mappers_[index].transform(X))
        tables = as_list(X, "X")
        if len(tables) != count:
            msg = f"{len(tables)} tables were given for {count} slices. Give one for each, or index"
            raise ValueError(msg + "= and one table.")
        # Arrays, also where scikit-learn is set to make frames.
        pairs = zip(self.mappers_, tables, strict=True)
        return [np.asarray(mapper.transform(table)) for mapper, table in pairs]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a folder; `umapkit.load` reads it.

        Parameters
        ----------
        path : path-like
            Folder, made if needed.
        """
        from umapkit.models._load_composed import save_aligned

        check_is_fitted(self)
        save_aligned(self, path)

    def _check(self, count: int) -> None:
        rate, window = self.alignment_regularisation, self.alignment_window_size
        if isinstance(rate, bool) or not isinstance(rate, numbers.Real) or not 0 <= rate < np.inf:
            msg = f"alignment_regularisation={rate!r} is not allowed. Give a number of 0 or more."
            raise ValueError(msg)
        if isinstance(window, bool) or not isinstance(window, numbers.Integral) or window < 1:
            msg = f"alignment_window_size={window!r} is not allowed. Give a whole number from 1."
            raise ValueError(msg)
        if isinstance(self.n_epochs, (Sequence, np.ndarray)):
            msg = f"n_epochs={self.n_epochs!r} is not allowed. Give one number for all slices."
            raise ValueError(msg)
        for name in PER_SLICE:
            value = getattr(self, name)
            if isinstance(value, (list, tuple, np.ndarray)) and len(value) != count:
                msg = f"{name} has {len(value)} values for {count} slices. Give one for each."
                raise ValueError(msg)
        if isinstance(self.init, str) and self.init not in ("spectral", "pca", "random"):
            msg = (
                f"init={self.init!r} is not known. Give 'spectral', 'pca', 'random', or a list of "
                "arrays."
            )
            raise ValueError(msg)
        if not isinstance(self.init, str) and len(as_list(self.init, "init")) != count:
            msg = f"init has {len(self.init)} arrays for {count} slices. Give one for each."
            raise ValueError(msg)

    def _mapper(self, s: int, seed: int, given: Mapping[str, Any]) -> UMAP:
        """Slice s as an unfitted model that finds neighbours and graph, and lays out nothing."""
        values: dict[str, Any] = {name: getattr(self, name) for name in _SHARED}
        for name in PER_SLICE:
            value = given.get(name, getattr(self, name))
            if isinstance(value, (list, tuple, np.ndarray)):
                if s >= len(value):
                    msg = (
                        f"{name} is a list of {len(value)} values, none for slice {s}. Give it in "
                        "parameters=."
                    )
                    raise ValueError(msg)
                value = value[s]
            values[name] = value
        own = int(mix(np.uint64((seed + s) % 2**64)))
        return UMAP(**values, n_epochs=0, init="random", random_state=own)

    def _start(self, s: int, mapper: UMAP, graph: csr_array) -> NDArray[np.float32]:
        rows, d = rows_of(mapper), self.n_components
        if isinstance(self.init, str):
            seed = mapper.seed_
            return make_start(
                graph, init=self.init, n_components=d, data=rows, seed=seed, n_jobs=self.n_jobs
            )
        whole = np.asarray(self.init[s])
        if whole.shape != (len(mapper.embedding_), d):
            msg = f"init[{s}] has shape {whole.shape}; slice {s} needs "
            raise ValueError(msg + f"{(len(mapper.embedding_), d)}.")
        kept = whole[points(mapper)]
        return given_start(kept, n_rows=len(kept), n_components=d, seed=mapper.seed_)

    def _start_among(
        self, last: UMAP, mapper: UMAP, link: csr_array, graph: csr_array
    ) -> NDArray[np.float32]:
        """Start of an added slice: at related places, and among neighbours."""
        n, d = size_of(graph), self.n_components
        if link.nnz == 0:
            kind = self.init if isinstance(self.init, str) else "spectral"
            rows, seed = rows_of(mapper), mapper.seed_
            return make_start(
                graph, init=kind, n_components=d, data=rows, seed=seed, n_jobs=self.n_jobs
            )
        places = np.full((n, d), np.nan, dtype=np.float32)
        back = csr_array(link.T)
        counts = np.diff(back.indptr)
        related = counts > 0
        total = back @ last.embedding_[points(last)].astype(np.float64)
        places[related] = (total[related] / counts[related, None]).astype(np.float32)
        places = fill_places(places, graph, seed=mapper.seed_)
        return given_start(places, n_rows=n, n_components=d, seed=mapper.seed_)

    def _layout(
        self, mapper: UMAP, graph: csr_array, start: NDArray[np.float32], length: int
    ) -> Layout:
        options = mapper._layout_options(n_epochs=length, seed=mapper.seed_)
        return Layout(graph, start, options, n_jobs=self.n_jobs)

    def _run(
        self,
        layouts: Sequence[Layout | None],
        mappers: Sequence[UMAP],
        strengths: Mapping[tuple[int, int], csr_array],
        length: int,
    ) -> None:
        """Run the layouts and give their results to the mappers and to this model."""
        places = [mapper.embedding_[points(mapper)] for mapper in mappers]
        stopped: KeyboardInterrupt | None = None
        try:
            with progress(length, shown=self.verbose) as after:
                align(
                    layouts,
                    places,
                    strengths,
                    [visits(mapper) for mapper in mappers],
                    regularisation=float(self.alignment_regularisation),
                    after=after,
                )
        except KeyboardInterrupt as stop:  # of a slice's epoch, or between two
            stopped = stop
        finally:
            done = 0
            for mapper, layout in zip(mappers, layouts, strict=True):
                if layout is not None:
                    done = layout.epoch
                    mapper.n_epochs, mapper.n_epochs_ = self.n_epochs, layout.epoch
                    mapper._new_row_epochs = mapper._settle_epochs()
                    mapper.loss_ = layout.loss()
                    mapper.embedding_ = mapper._places.expand(layout.embedding)
            self.n_epochs_ = done
            self.embeddings_ = [mapper.embedding_ for mapper in self.mappers_]
        if stopped is not None:
            raise LayoutInterrupted(self.embeddings_[-1], done) from stopped
