"""The published numbers: one file, read into one table."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

FILE = "published.csv"
# The paper's order of rows and columns.
DATA = ("vireo", "cifar10", "fashion_mnist", "retina", "mnist")
TABLES: dict[int, str] = {
    2: "trustworthiness",
    3: "knn1",
    4: "knn5",
    5: "silhouette",
    6: "nmi",
    7: "mse",
    8: "accuracy",
}
# In these a smaller number is the better one.
LOWER_IS_BETTER = ("mse", "edge_loss")


@dataclass(frozen=True)
class Published:
    """One number of the paper.

    Attributes
    ----------
    where : str
        "table 2" to "table 8", "figure 10" to "figure 12".
    data, method : str
        Names of this package; in Table 8 the method is a variant.
    dimensions : int
        Of the map; 0 in Table 8.
    labels : str
        In Table 8 the labels a class, or "full"; else empty.
    metric : str
        What was measured.
    value : float
        The number.
    tolerance : float or None
        How far another run may lie away, in the same unit; None where nothing can be compared,
        as times of another machine.
    note : str
        Key of a remark in ``_notes.py``, or empty.
    """

    where: str
    data: str
    method: str
    dimensions: int
    labels: str
    metric: str
    value: float
    tolerance: float | None
    note: str

    @property
    def cell(self) -> tuple[str, str, int, str, str]:
        """What tells the number from all others of its place."""
        return self.data, self.method, self.dimensions, self.labels, self.metric


@cache
def published() -> tuple[Published, ...]:
    """Read the published numbers.

    Returns
    -------
    tuple of Published
        Tables 2 to 8 of Sainburg, McInnes and Gentner, "Parametric UMAP" (appendix A.4) in full,
        the numbers behind Figs. 10 to 12 from the notebooks that the authors published, and three
        further rows from there for the direct optimisation.

    Examples
    --------
    >>> sum(number.where == "table 8" for number in published())
    90
    """
    text = resources.files("umapkit.reproduce").joinpath(FILE).read_text(encoding="utf-8")
    return tuple(
        Published(
            where=row["where"],
            data=row["data"],
            method=row["method"],
            dimensions=int(row["dimensions"] or 0),
            labels=row["labels"],
            metric=row["metric"],
            value=float(row["value"]),
            tolerance=float(row["tolerance"]) if row["tolerance"] else None,
            note=row["note"],
        )
        for row in csv.DictReader(text.splitlines())
    )


@cache
def by_cell() -> dict[tuple[str, str, int, str, str], Published]:
    """Return the published numbers by their cell: data, method, dimensions, labels, metric."""
    return {number.cell: number for number in published()}
