"""What an example set is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Split = Literal["train", "valid", "test"]


def no_rows() -> NDArray[np.int64]:
    """Return the row numbers of an empty part."""
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Example:
    """A data set with its labels and its split.

    Attributes
    ----------
    name : str
        Name that `load` takes.
    data : ndarray of shape (n, d), float32, C-contiguous
        The rows. Images are flattened and lie in [0, 1].
    target : ndarray of shape (n,), int64, or None
        Class of each row, from 0; ``None`` where the set has none.
    target_names : tuple of str, or None
        Name of each class.
    values : ndarray of shape (n,), float32, or None
        A number for each row to colour by, where the set has one.
    train, valid, test : ndarray of int64
        Row numbers of the three parts, as the Parametric UMAP paper splits the set; `valid` and
        `test` are empty where no split exists.
    image_shape : tuple of int, or None
        Shape of a row as an image: (height, width) or (height, width, channels).
    columns : tuple of str, or None
        Names of the columns where they mean something.
    groups : ndarray of shape (n,), int64, or None
        Rows that must not be spread over train and test (syllables of one song).
    description : str
        What the rows are.
    source : str
        Where this copy was read, and the licence.
    """

    name: str
    data: NDArray[np.float32]
    description: str
    source: str
    target: NDArray[np.int64] | None = None
    target_names: tuple[str, ...] | None = None
    values: NDArray[np.float32] | None = None
    train: NDArray[np.int64] = field(default_factory=no_rows)
    valid: NDArray[np.int64] = field(default_factory=no_rows)
    test: NDArray[np.int64] = field(default_factory=no_rows)
    image_shape: tuple[int, ...] | None = None
    columns: tuple[str, ...] | None = None
    groups: NDArray[np.int64] | None = None

    def __repr__(self) -> str:
        parts = f"train {len(self.train)}, valid {len(self.valid)}, test {len(self.test)}"
        return f"Example({self.name!r}, shape={self.data.shape}, {parts}, source={self.source!r})"

    def part(self, split: Split) -> Example:
        """Take the rows of one part.

        Parameters
        ----------
        split : {"train", "valid", "test"}
            The part. Its row numbers count from 0 in the result.

        Returns
        -------
        Example
            The same set with these rows only.

        Raises
        ------
        ValueError
            If there is no such part, or it is empty.
        """
        if split not in ("train", "valid", "test"):
            msg = f"split={split!r} is unknown. Give 'train', 'valid' or 'test'."
            raise ValueError(msg)
        rows = getattr(self, split)
        if len(rows) == 0:
            msg = (
                f"The set {self.name!r} has no {split} part: its {len(self.data)} rows are one "
                "set. Leave split out."
            )
            raise ValueError(msg)
        parts = {"train": no_rows(), "valid": no_rows(), "test": no_rows()}
        parts[split] = np.arange(len(rows), dtype=np.int64)
        return replace(
            self,
            data=np.ascontiguousarray(self.data[rows]),
            target=None if self.target is None else self.target[rows],
            values=None if self.values is None else self.values[rows],
            groups=None if self.groups is None else self.groups[rows],
            **parts,
        )
