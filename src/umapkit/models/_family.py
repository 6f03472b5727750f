"""The family of neighbour embeddings by one description, as a scikit-learn estimator."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from umapkit.distances import Metric
from umapkit.layout import LayoutOptions, Observer, find_ab, resolve_epochs
from umapkit.layout.contrast import ContrastOptions, check_number
from umapkit.layout.tsne import TsneOptions
from umapkit.models._largevis import largevis_epochs
from umapkit.models._member import FamilyMember
from umapkit.models._members import MEMBERS, Affinities, Loss, Member, Plan

_TSNE_EPOCHS, _EARLY = 750, 250
_CONTRAST_EPOCHS = 500


class NeighborEmbedding(FamilyMember):
    """A neighbour embedding: input affinities, a loss of attraction and repulsion, a schedule.

    UMAP, LargeVis, t-SNE, NEG-t-SNE and InfoNC-t-SNE are members, with `exaggeration` as the one
    knob along the spectrum that they lie on: more attraction against repulsion makes fewer, denser
    clusters and keeps what is continuous together, less spreads fine structure out. The same
    `random_state` gives the same bits for any `n_jobs`.

    Parameters
    ----------
    loss : {"umap", "largevis", "tsne", "neg_tsne", "infonc_tsne"}, default "umap"
        What is lowered. With q = 1 / (1 + d^2): "tsne": the divergence of q over its sum from
        the affinities; "largevis": ``-ln q`` of drawn edges and ``-7 ln(1 - q)`` of strangers;
        "umap": the same by UMAP's curve, without the 7; "neg_tsne": the same of q / (q + c);
        "infonc_tsne": ``-ln(q / (q + sum of the strangers' q))``. See docs/family.md.
    n_components : int, default 2
        Dimensions of the map; up to 3 for "tsne".
    affinities : {"fuzzy", "perplexity", "uniform"}, optional
        Ties of near rows: UMAP's memberships, Gaussians of an entropy, or all alike. ``None``: the
        loss's own ("fuzzy" for "umap", "perplexity" for "tsne" and "largevis", else "uniform").
    n_neighbors : int, optional
        For "fuzzy" and "uniform": neighbours of a row, itself included. ``None``: 15. Larger
        values show coarser structure.
    perplexity : float, optional
        For "perplexity": effective number of neighbours. ``None``: 30; 50 for "largevis".
    exaggeration : float, default 1.0
        Factor of attraction against repulsion; 1 is the method itself. Larger values draw clusters
        together; "tsne" and "infonc_tsne" take 1 or more. t-SNE with about 4 resembles UMAP; for
        "neg_tsne", which is UMAP-like with 1,
        ``500 / n`` is about t-SNE.
    negative_sample_rate : float, optional
        Strangers of a drawn edge; ``None``: 5. More bring "infonc_tsne" towards t-SNE. "tsne"
        draws none.
    min_dist : float, optional
        For "umap": how tight points may pack; ``None``: 0.1.
    optimizer : {"sampled", "literal"}, default "sampled"
        "literal": edge by edge as LargeVis was published, serial; for "largevis" and "neg_tsne".
    n_epochs : int or sequence of int, optional
        Length of the layout. ``None``: the loss's own: UMAP's 500 or 200, 300 for "largevis" (1,000
        for "literal"), t-SNE's 750, else 500. A list keeps the map at each of its epochs in
        `embedding_list_`. The first 250 of "tsne" (a third, if there are fewer than 750) are its
        early ones.
    learning_rate : float, optional
        First step size; ``None``: 1, for "tsne" the number of rows over the exaggeration.
    init : {"spectral", "pca", "random"}, array or fitted model, optional
        Where points begin. ``None``: "pca" for "tsne", else "spectral".
    metric : str or callable, default "euclidean"
        Distance between rows; see `umapkit.UMAP`.
    metric_kwds : dict, optional
        Keywords of the metric.
    random_state : int, Generator, RandomState or None
        Seed; ``None`` draws one and keeps it as `seed_`.
    neighbors : {"auto", "exact", "descent"}, default "auto"
        How neighbours are searched; see `umapkit.neighbors.build_index`.
    observers : Observer or several, optional
        Watch the layout; see `umapkit.layout.Observer`.
    checkpoint : path-like, optional
        File from which an interrupted layout is continued, and to which it is written.
    memory : str, path-like or joblib.Memory, optional
        Cache of the neighbour search.
    verbose : bool, default False
        Progress bar on standard error.
    n_jobs : int or None, default None
        Threads; ``None``: all cores that the process may use. The result does not depend on it.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        The map.
    graph_ : csr_array of shape (u, u), float32
        Affinities of the u different rows, in the order in which they first occur; of all n rows
        where `graph` was given.
    loss_ : float
        What the loss is on the map, in nats: the divergence for "tsne", UMAP's effective loss for
        "umap" on "fuzzy", else the mean cost of a drawn edge with its strangers. Values of
        different losses do not compare.
    neighbor_recall_ : float
        Share of the true neighbours that were found, estimated on a sample; NaN with a given graph.
    n_epochs_ : int
        Epochs that were run.
    seed_ : int
        Seed that repeats the fit.
    embedding_list_ : list of arrays
        Snapshots, when `n_epochs` is a list.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    See Also
    --------
    UMAP, TSNE, LargeVis : the members by themselves, with all their parameters.

    References
    ----------
    Böhm, Berens, Kobak, "Attraction-repulsion spectrum in neighbor embeddings", JMLR 23 (2022).
    Damrich, Böhm, Hamprecht, Kobak, "From t-SNE to UMAP with contrastive learning", ICLR 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit import UMAP, NeighborEmbedding
    >>> rows = np.random.default_rng(0).normal(size=(120, 5))
    >>> model = NeighborEmbedding("umap", random_state=0).fit(rows)
    >>> bool(np.array_equal(model.embedding_, UMAP(random_state=0).fit(rows).embedding_))
    True
    >>> NeighborEmbedding("neg_tsne", exaggeration=0.1, random_state=0).fit(rows).embedding_.shape
    (120, 2)
    """

    def __init__(
        self,
        loss: Loss = "umap",
        *,
        n_components: int = 2,
        affinities: Affinities | None = None,
        n_neighbors: int | None = None,
        perplexity: float | None = None,
        exaggeration: float = 1.0,
        negative_sample_rate: float | None = None,
        min_dist: float | None = None,
        optimizer: Literal["sampled", "literal"] = "sampled",
        n_epochs: int | Sequence[int] | None = None,
        learning_rate: float | None = None,
        init: Literal["spectral", "pca", "random"] | ArrayLike | BaseEstimator | None = None,
        metric: str | Metric | Callable[..., Any] = "euclidean",
        metric_kwds: Mapping[str, Any] | None = None,
        random_state: Any = None,
        neighbors: Literal["auto", "exact", "descent"] = "auto",
        observers: Observer | Iterable[Observer] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        memory: Any = None,
        verbose: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.loss: Loss = loss
        self.n_components = n_components
        self.affinities: Affinities | None = affinities
        self.n_neighbors = n_neighbors
        self.perplexity = perplexity
        self.exaggeration = exaggeration
        self.negative_sample_rate = negative_sample_rate
        self.min_dist = min_dist
        self.optimizer: Literal["sampled", "literal"] = optimizer
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.init = init
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.random_state = random_state
        self.neighbors = neighbors
        self.observers = observers
        self.checkpoint = checkpoint
        self.memory = memory
        self.verbose = verbose
        self.n_jobs = n_jobs

    def _member(self) -> Member:
        if self.loss not in MEMBERS:
            allowed = ", ".join(map(repr, MEMBERS))
            msg = f"loss={self.loss!r} is not known. Give one of {allowed}."
            raise ValueError(msg)
        return MEMBERS[self.loss]

    def _start(self) -> Any:
        return self._member().init if self.init is None else self.init

    def _plan(self, n: int) -> Plan:
        member = self._member()
        affinities = self._affinities(member)
        if self.optimizer not in member.optimizers:
            allowed = ", ".join(map(repr, member.optimizers))
            msg = (
                f"optimizer={self.optimizer!r} is not offered for loss={self.loss!r}. Give "
                f"{allowed}."
            )
            raise ValueError(msg)
        check_number("exaggeration", self.exaggeration, 1e-6, 1e4)
        if self.loss == "tsne":
            options, wanted = self._tsne_options()
        else:
            options, wanted = self._drawn_options(member, affinities, n)
        return Plan(
            affinities=affinities,
            n_neighbors=15 if self.n_neighbors is None else self.n_neighbors,
            perplexity=member.perplexity if self.perplexity is None else self.perplexity,
            options=options,
            wanted=wanted,
        )

    def _affinities(self, member: Member) -> Affinities:
        """Input affinities, their parameters checked."""
        affinities = member.affinities if self.affinities is None else self.affinities
        if affinities not in get_args(Affinities):
            allowed = ", ".join(map(repr, get_args(Affinities)))
            msg = f"affinities={affinities!r} is not known. Give one of {allowed}."
            raise ValueError(msg)
        if affinities == "perplexity":
            self._unused("n_neighbors", f"affinities={affinities!r}", "Give perplexity=.")
            if self.perplexity is not None:
                check_number("perplexity", self.perplexity, 1.0, 1e6)
            return affinities
        self._unused("perplexity", f"affinities={affinities!r}", "Give n_neighbors=.")
        value = self.n_neighbors
        if value is not None and (
            isinstance(value, bool) or not hasattr(value, "__index__") or value < 2
        ):
            msg = f"n_neighbors={value!r} is not allowed. Give a whole number, 2 or more."
            raise ValueError(msg)
        return affinities

    def _unused(self, name: str, where: str, remedy: str) -> None:
        """Refuse a parameter that would do nothing."""
        value = getattr(self, name)
        if value is not None:
            msg = f"{name}={value!r} means nothing with {where}. {remedy}"
            raise ValueError(msg)

    def _tsne_options(self) -> tuple[TsneOptions, list[int]]:
        self._unused("negative_sample_rate", "loss='tsne'", "Leave it out: all pairs repel.")
        self._unused("min_dist", "loss='tsne'", "Leave it out.")
        if self.n_components not in (1, 2, 3):
            msg = f"n_components={self.n_components!r} is not allowed with loss='tsne': 1, 2 or 3."
            raise ValueError(msg)
        given = _TSNE_EPOCHS if self.n_epochs is None else self.n_epochs
        length, wanted = resolve_epochs(given, 1)
        if self.exaggeration < 1:
            msg = (
                f"exaggeration={self.exaggeration!r} is not allowed with loss='tsne', which is "
                "then lowest where all points are infinitely far apart. Give 1 or more."
            )
            raise ValueError(msg)
        options = TsneOptions(
            n_epochs=length,
            early_epochs=min(_EARLY, length // 3),
            early_exaggeration=max(12.0, float(self.exaggeration)),
            exaggeration=self.exaggeration,
            learning_rate="auto" if self.learning_rate is None else self.learning_rate,
        )
        return options, wanted

    def _drawn_options(
        self, member: Member, affinities: Affinities, n: int
    ) -> tuple[LayoutOptions | ContrastOptions, list[int]]:
        """Of a loss that is lowered by drawn edges."""
        rate = 5.0 if self.negative_sample_rate is None else self.negative_sample_rate
        check_number("negative_sample_rate", rate, 0.0, 1e3)
        common: dict[str, Any] = {
            "negative_sample_rate": rate,
            "learning_rate": 1.0 if self.learning_rate is None else self.learning_rate,
            "seed": getattr(self, "seed_", 0),
        }
        check_number("learning_rate", common["learning_rate"], 0.0, 1e6)
        if self.loss != "umap":
            self._unused("min_dist", f"loss={self.loss!r}", "Leave it out.")
        given = self.n_epochs
        if given is None and self.loss != "umap":
            named = largevis_epochs(self.optimizer)
            serial = self.optimizer == "literal"
            given = named if serial or self.loss == "largevis" else _CONTRAST_EPOCHS
        length, wanted = resolve_epochs(given, n)
        common["n_epochs"] = length
        if self.loss == "umap":
            a, b = find_ab(min_dist=0.1 if self.min_dist is None else self.min_dist, spread=1.0)
            common |= {"a": a, "b": b}
            if affinities == "fuzzy":
                strength = 1.0 / float(self.exaggeration)
                return LayoutOptions(repulsion_strength=strength, **common), wanted
        options = ContrastOptions(
            cost=self.loss,  # pyright: ignore[reportArgumentType] # t-SNE's is made elsewhere
            exaggeration=self.exaggeration,
            repulsion_strength=member.repulsion_strength,
            optimizer=self.optimizer,
            **common,
        )
        return options, wanted
