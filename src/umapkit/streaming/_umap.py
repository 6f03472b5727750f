"""ProgressiveUMAP: a map of rows that come, change and go."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from umapkit.layout import Observer
from umapkit.streaming._base import StreamKeeper
from umapkit.streaming._evict import Evict
from umapkit.streaming._rules import Engine, Move, Placing
from umapkit.streaming._snapshot import Snapshot


class ProgressiveUMAP(StreamKeeper):
    """UMAP of a stream (Ko, Jo, Seo 2020; tutorial, section 8): rows come, change and go.

    Rows are known by their ids. A row that is on the map is never moved otherwise than by small
    steps, and never lost. The same calls with the same `random_state` give the same bits for any
    `n_jobs`. Ctrl-C ends a call between two pieces of its work: its rows are taken, and the rest
    of the work waits. Parameters are those of the first rows; when they were changed, all calls
    are refused but `fit`, which begins anew.

    Parameters
    ----------
    n_neighbors : int, default 15
        Size of the local neighbourhood, the row itself included; at least 2.
    n_components : int, default 2
        Dimensions of the map, at least 1.
    metric : str, default "euclidean"
        Distance between rows: "euclidean", "sqeuclidean", "cosine", "correlation" or "manhattan".
    min_dist : float, default 0.1
        How tight points may pack, in units of the map; 0 to `spread`.
    spread : float, default 1.0
        Scale of the map, in its units.
    learning_rate : float, default 1.0
        Factor on the steps of all points. Larger values follow new rows faster and settle more
        coarsely. A point's steps fall to a tenth over its first 200 moves, and stay there.
    negative_sample_rate : float, default 5
        Repelled points per attracted edge.
    repulsion_strength : float, default 1.0
        Weight of the repulsion.
    local_connectivity : float, default 1.0
        How many nearest neighbours are fully connected; fractions interpolate.
    disconnection_distance : float, optional
        Neighbours at this distance or farther are not connected. By default the largest value
        of a bounded metric (2 for cosine and correlation), else infinite.
    engine : {"graph", "panene", "exact"}, default "graph"
        Who keeps the table of neighbours; see `umapkit.neighbors.grow`.
    move : {"both", "new"}, default "both"
        "both": all points on the map take part, along all current edges, as the published program
        does. "new": Algorithm 3 of the tutorial as printed: only points whose row is new or whose
        neighbours changed move, until they have come to rest.
    place : {"nearest", "mean"}, default "nearest"
        Where a new point begins: at its nearest neighbour on the map, with a noise of 0.001 mean
        neighbour distances, or at the weighted mean of its neighbours there.
    anchor : float, default 0.0
        How strongly a point is held where it was when its youth (200 moves) ended, in units of
        its own edges. 0: free. Larger values let the map drift less; 1 is strong.
    target_weight : float, default 0.5
        Weight of labels given as `y`, 0 (none at all) to 1 (labels decide).
    capacity : int, optional
        The most rows held; ``None``: no limit.
    evict : {"oldest", "least_informative"}, default "oldest"
        Which rows go when there are more: those that came first, or those nearest to their
        neighbours, which say the least that those do not.
    journal : path-like, optional
        A SQLite file to which every call is written before it is done, so that `resume` can take
        up what a killed process had acknowledged. One that holds another stream is refused.
    observers : Observer or list of them, optional
        Called by `fit` after every piece of rows; see `umapkit.layout.Observer`.
    random_state : int, Generator, RandomState or None, default None
        Seed; ``None`` draws one. `seed_` keeps it.
    n_jobs : int or None, default None
        Threads; no result depends on them.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        The map of the rows held, in order of their arrival; NaN for rows not on it yet.
    ids_ : array of shape (n,)
        Their ids: int64, or strings as objects.
    n_operations_ : int
        Operations done so far (see `step`).
    steps_ : list of int
        Operations of the calls of `step`, in order. Calls with none other between them are summed,
        since one of as many operations does the same.
    evicted_ : list
        Ids of the rows that the last call of `partial_fit` sent away.
    neighbor_recall_ : float
        Share of the true neighbours that the table holds now, estimated on 200 rows.
    n_seen_ : int
        Rows taken so far, also those that are gone.
    seed_ : int
        The seed.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit import ProgressiveUMAP
    >>> rows = np.random.default_rng(0).normal(size=(300, 5))
    >>> stream = ProgressiveUMAP(engine="exact", random_state=0)
    >>> stream.partial_fit(rows[:200]).partial_fit(rows[200:]).embedding_.shape
    (300, 2)
    >>> stream.remove([0, 7]).ids_[:3]
    array([1, 2, 3])
    """

    def __init__(
        self,
        n_neighbors: int = 15,
        *,
        n_components: int = 2,
        metric: str = "euclidean",
        min_dist: float = 0.1,
        spread: float = 1.0,
        learning_rate: float = 1.0,
        negative_sample_rate: float = 5,
        repulsion_strength: float = 1.0,
        local_connectivity: float = 1.0,
        disconnection_distance: float | None = None,
        engine: Engine = "graph",
        move: Move = "both",
        place: Placing = "nearest",
        anchor: float = 0.0,
        target_weight: float = 0.5,
        capacity: int | None = None,
        evict: Evict = "oldest",
        journal: str | os.PathLike[str] | None = None,
        observers: Observer | Iterable[Observer] | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.metric = metric
        self.min_dist = min_dist
        self.spread = spread
        self.learning_rate = learning_rate
        self.negative_sample_rate = negative_sample_rate
        self.repulsion_strength = repulsion_strength
        self.local_connectivity = local_connectivity
        self.disconnection_distance = disconnection_distance
        self.engine = engine
        self.move = move
        self.place = place
        self.anchor = anchor
        self.target_weight = target_weight
        self.capacity = capacity
        self.evict = evict
        self.journal = journal
        self.observers = observers
        self.random_state = random_state
        self.n_jobs = n_jobs

    # What comes.

    def partial_fit(self, X: Any, y: Any = None, *, ids: Any = None, wait: bool = True) -> Self:
        """Take rows.

        Parameters
        ----------
        X : table of shape (m, n_features)
            New rows.
        y : array of shape (m,), optional
            Labels, which pull equal ones together (`target_weight`); NaN, None, -1 and empty
            strings are unknown.
        ids : array of shape (m,), optional
            64-bit integers or strings, none of which is held. By default running numbers: above
            all that were given before.
        wait : bool, default True
            True: come back when the rows are on the map and all has moved as much as new rows ask
            for. False: only take them; `step` does the work.

        Returns
        -------
        ProgressiveUMAP
            Itself.

        Raises
        ------
        ValueError
            If the rows, labels or ids cannot be used; nothing has changed then.
        TypeError
            If an id is neither an integer nor a string, or of another kind than those held; with a
            journal, if a label is neither a number nor a string.
        """
        self._take(X, y, ids, wait=wait)
        return self

    def update(self, ids: Any, X: Any, y: Any = None, *, wait: bool = True) -> Self:
        """Give held rows new values; they keep their ids, begin where they are, and move on.

        Parameters
        ----------
        ids : array of shape (m,)
            Ids of held rows, each once.
        X : table of shape (m, n_features)
            Their new values.
        y : array of shape (m,), optional
            Their new labels; without it they are unknown.
        wait : bool, default True
            As for `partial_fit`.

        Returns
        -------
        ProgressiveUMAP
            Itself.

        Raises
        ------
        KeyError
            If an id is not held; nothing has changed then.
        ValueError
            If an id is there twice, or rows or labels cannot be used.
        """
        check_is_fitted(self)
        self._change(ids, X, y, wait=wait)
        return self

    def remove(self, ids: Any, *, wait: bool = True) -> Self:
        """Take rows off the map; they are gone at once, those near them settle afterwards.

        Parameters
        ----------
        ids : array of shape (m,)
            Ids of held rows, each once.
        wait : bool, default True
            As for `partial_fit`.

        Returns
        -------
        ProgressiveUMAP
            Itself.

        Raises
        ------
        KeyError
            If an id is not held; nothing has changed then.
        ValueError
            If an id is there twice.
        """
        check_is_fitted(self)
        self._drop(ids, wait=wait)
        return self

    def step(self, *, operations: int | None = None, seconds: float | None = None) -> int:
        """Work for a while: link waiting rows, put them on the map, move points.

        An operation is one row linked or searched again by the table of neighbours, or 128 moves
        of points. Work is done in pieces of at most some 64 operations, between which the budget
        is looked at; the first map, of up to about 1,000 rows, is one piece. A map with nothing to
        do keeps moving, so that it goes on settling.

        Parameters
        ----------
        operations : int, optional
            Work until at least so many are done: repeatable.
        seconds : float, optional
            Work until so much time has gone by. How many operations that were is returned, and
            noted in `steps_`: the same calls with ``operations=`` give the same bits.

        Returns
        -------
        int
            Operations done; 0 if there was nothing to do.

        Raises
        ------
        ValueError
            If not exactly one of the two is given, or it is negative.
        """
        check_is_fitted(self)
        if (operations is None) == (seconds is None):
            msg = f"operations={operations!r}, seconds={seconds!r}: give one of the two."
            raise ValueError(msg)
        limit = operations if operations is not None else seconds
        if limit is None or isinstance(limit, bool) or not 0 <= limit < np.inf:
            msg = f"A step of {limit!r} is not possible. Give a number that is not negative."
            raise ValueError(msg)
        return self._work(limit, seconds=seconds is not None)

    def fit(self, X: Any, y: Any = None) -> Self:
        """Make a map of static data progressively: a first one early, the full one at the end.

        Rows are taken in a random order, ever larger pieces of them, each of which settles before
        the next; after each the `observers` see the map of the rows so far. One that returns
        True stops the fit: the rows left out then wait, and `step` goes on with them. Rows have
        the ids 0 ... n - 1. What the model held before is forgotten.

        Parameters
        ----------
        X : table of shape (n, n_features)
            Rows.
        y : array of shape (n,), optional
            Labels; see `partial_fit`.

        Returns
        -------
        ProgressiveUMAP
            Itself.

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used, or there is a `capacity` below n.
        """
        from umapkit.streaming._fit import fit_progressively

        fit_progressively(self, X, y)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Make the map of `X` and return it; see `fit`.

        Returns
        -------
        float32 array of shape (n, n_components)
            `embedding_`.
        """
        return self.fit(X, y).embedding_

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Place rows on the map as it is now; the map does not change.

        A row that equals one on the map takes the place of the first such. The place of any other
        depends on that row and the map only: not on the rest of `X`, its order, or threads.

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows with the columns of those held.

        Returns
        -------
        float32 array of shape (m, n_components)
            NaN, with a warning, for rows with no row of the map within `disconnection_distance`.

        Raises
        ------
        ValueError
            If the rows cannot be used, or no row is on the map yet.
        """
        check_is_fitted(self)
        self._check_unchanged()
        rows: Any = self._rows(X, reset=False)
        return self._keeper.new_rows(self._stream, self._ids.slots()).place(rows)

    def snapshot(self) -> Snapshot:
        """Return the map as it is now, as a value that later work does not change."""
        check_is_fitted(self)
        stream = self._stream
        return Snapshot(
            ids=self.ids_,
            embedding=self.embedding_,
            waiting=len(self._ids) - stream.places.n,
            owed=stream.owed,
            n_operations=stream.done,
        )

    # What stays.

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the whole stream to a folder: JSON and safetensors, no pickle.

        `umapkit.load` gives it back, and it goes on with the same bits. The journal, if there is
        one, stays where it is and belongs to this model.

        Parameters
        ----------
        path : path-like
            Folder, made if needed; an earlier model in it is replaced.

        Raises
        ------
        NotFittedError
            Before the first rows.
        """
        from umapkit.streaming._state import save_stream

        check_is_fitted(self)
        self._check_unchanged()
        save_stream(self, path)

    @classmethod
    def resume(cls, path: str | os.PathLike[str], *, n_jobs: int | None = None) -> Self:
        """Take up the stream of a journal, as it was after the last call that came back.

        A call that was written but had not come back when the process was killed is done as well.

        Parameters
        ----------
        path : path-like
            The journal's file.
        n_jobs : int or None, default None
            Threads.

        Returns
        -------
        ProgressiveUMAP
            The model; it goes on writing to the same journal.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is no journal, or damaged, or another process writes to it, or one of its calls
            is refused now.
        """
        from umapkit.streaming._journal import resume_stream

        return resume_stream(cls, path, n_jobs=n_jobs)
