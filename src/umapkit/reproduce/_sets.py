"""The paper's data sets, split as there, as the methods want them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umapkit.reproduce._budget import Budget

_PART = 5  # where a set has no test part, every fifth row tests


@dataclass(frozen=True)
class PaperSet:
    """What is known of a set before it is loaded.

    Attributes
    ----------
    name : str
        For `umapkit.data.load`.
    title : str
        The paper's name, or this package's.
    network : str
        The paper's network for it, of `umapkit.parametric.networks`.
    rows : int
        Training rows in the paper; 0 where it has no such set.
    stand_in : str
        Set of this package that may stand in where this one is not there.
    tables : bool
        Whether Tables 2 to 7 have it; else only Fig. 4.
    unit : bool
        Whether its numbers lie in [0, 1] as they are.
    perplexity : float
        Of t-SNE.
    """

    name: str
    title: str
    network: str = "mlp"
    rows: int = 0
    stand_in: str = ""
    tables: bool = True
    unit: bool = True
    perplexity: float = 30.0
    n_neighbors: int = 15


SETS = {
    one.name: one
    for one in (
        PaperSet("vireo", "Cassin's vireo", "lstm", 24_984, stand_in="birdsong"),
        PaperSet("cifar10", "CIFAR-10", "conv32", 40_000),
        PaperSet("fashion_mnist", "Fashion-MNIST", "conv28", 50_000),
        PaperSet("retina", "Retina", "mlp", 30_327, stand_in="pbmc", unit=False),
        PaperSet("mnist", "MNIST", "conv28", 50_000),
        PaperSet("moons", "Moons", rows=1000, tables=False, unit=False, perplexity=500),
        PaperSet(
            "bison", "Bison", rows=50_000, tables=False, unit=False, perplexity=500,
            n_neighbors=150,
        ),
        PaperSet("birdsong", "Bengalese finches", "lstm"),
        PaperSet("pbmc", "Blood cells (PBMC)", unit=False),
        PaperSet("digits", "Digits (8 × 8)", unit=False),
        PaperSet("mammoth", "Mammoth", unit=False, tables=False),
    )
}  # fmt: skip
DEFAULT = ("vireo", "cifar10", "fashion_mnist", "retina", "mnist", "moons", "bison")


@dataclass(frozen=True, eq=False)
class Parts:
    """A loaded set.

    Attributes
    ----------
    about : PaperSet
        What was known before.
    rows, new : float32 arrays of shape (n, d), (m, d)
        To learn from, to judge by; images with channels first.
    labels, new_labels : int64 arrays, or None
        Their classes.
    low, span : float32 arrays of shape (d,)
        Smallest value and range of a column of `rows`: 0 and 1 for rows that lie in [0, 1].
    shape : tuple of int, or None
        (channels, height, width) of an image.
    source : str
        Where the copy came from.
    split : str
        Where the parts come from.
    """

    about: PaperSet
    rows: NDArray[np.float32]
    new: NDArray[np.float32]
    labels: NDArray[np.int64] | None
    new_labels: NDArray[np.int64] | None
    low: NDArray[np.float32]
    span: NDArray[np.float32]
    shape: tuple[int, ...] | None
    source: str
    split: str

    def scaled(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring rows to [0, 1], as the decoders of the paper see them."""
        return rows if self.about.unit else (rows - self.low) / self.span

    @property
    def whole(self) -> bool:
        """Whether as many training rows are there as in the paper."""
        return len(self.rows) >= self.about.rows


def load_parts(name: str, budget: Budget) -> Parts:
    """Load a set in the paper's parts.

    Raises
    ------
    FileNotFoundError, ConnectionError
        If it is not there.
    ValueError
        If its file is damaged, or not the set that it should be.
    """
    from umapkit.data import load

    example, about = load(name), SETS[name]
    data, shape = example.data, example.image_shape
    if shape is not None and len(shape) == 3:
        height, width, channels = shape
        data = data.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
        data, shape = data.reshape(len(data), -1), (channels, height, width)
    elif shape is not None:
        shape = (1, *shape)
    train, test, split = example.train, example.test, "the paper's parts"
    if not len(test) and about.tables:
        everyone = np.arange(len(data))
        tests = everyone % _PART == _PART - 1
        train, test, split = everyone[~tests], everyone[tests], "every fifth row tests"
    train, test = train[: budget.rows], test[: budget.new_rows]
    rows = np.ascontiguousarray(data[train], dtype=np.float32)
    if about.unit:
        low, span = np.zeros(rows.shape[1], np.float32), np.ones(rows.shape[1], np.float32)
    else:
        low = rows.min(axis=0)
        span = rows.max(axis=0) - low
        span[span == 0] = 1
    target = example.target
    return Parts(
        about=about,
        rows=rows,
        new=np.ascontiguousarray(data[test], dtype=np.float32),
        labels=None if target is None else target[train],
        new_labels=None if target is None else target[test],
        low=low,
        span=span,
        shape=shape,
        source=example.source,
        split=split,
    )


def why_missing(name: str, error: Exception) -> str:
    """Say in a cell why a set is not there."""
    about = SETS[name]
    wanted = {"vireo": "vireo.npz", "retina": "macosko_2015.pkl.gz"}.get(name, f"{name}.npz")
    kind = "cannot be read"
    if isinstance(error, ConnectionError):
        kind = "could not be fetched"
    elif isinstance(error, FileNotFoundError):
        kind = "not there"
    instead = f"; --data {about.stand_in} stands in" if about.stand_in else ""
    told = (str(error).strip().splitlines() or [""])[0]
    why = f": {told}" if told else ""
    return f"data {kind}: {about.title} ({wanted} in the folder of UMAPKIT_DATA{instead}){why}"
