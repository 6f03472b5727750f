"""The members of the family: what each takes for input affinities, cost and schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from umapkit.layout import LayoutOptions
from umapkit.layout.contrast import ContrastOptions
from umapkit.layout.tsne import TsneOptions

Affinities = Literal["fuzzy", "perplexity", "uniform"]
Loss = Literal["umap", "largevis", "tsne", "neg_tsne", "infonc_tsne"]


@dataclass(frozen=True)
class Member:
    """What a loss comes with, unless other numbers are asked for.

    Attributes
    ----------
    affinities : {"fuzzy", "perplexity", "uniform"}
        How strongly neighbours are tied.
    perplexity : float
        Of "perplexity".
    init : {"spectral", "pca"}
        The start.
    repulsion_strength : float
        gamma, where the loss has one.
    optimizers : tuple of str
        By which it can be lowered.
    """

    affinities: Affinities
    perplexity: float = 30.0
    init: Literal["spectral", "pca"] = "spectral"
    repulsion_strength: float = 1.0
    optimizers: tuple[str, ...] = ("sampled",)


MEMBERS: dict[str, Member] = {
    "umap": Member("fuzzy"),
    "largevis": Member(
        "perplexity", perplexity=50.0, repulsion_strength=7.0, optimizers=("sampled", "literal")
    ),
    "tsne": Member("perplexity", init="pca"),
    "neg_tsne": Member("uniform", optimizers=("sampled", "literal")),
    "infonc_tsne": Member("uniform"),
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A whole method: input affinities, cost with its schedule, snapshots.

    Attributes
    ----------
    affinities : {"fuzzy", "perplexity", "uniform"}
        How strongly neighbours are tied.
    n_neighbors : int
        Columns of the lists of "fuzzy" and "uniform", the row itself included.
    perplexity : float
        Of "perplexity"; three times as many neighbours are taken.
    options : LayoutOptions, TsneOptions or ContrastOptions
        Attraction, repulsion and schedule; its kind decides which layout runs.
    wanted : list of int
        Epochs of which snapshots are kept.
    """

    affinities: Affinities
    n_neighbors: int
    perplexity: float
    options: LayoutOptions | TsneOptions | ContrastOptions
    wanted: list[int]
