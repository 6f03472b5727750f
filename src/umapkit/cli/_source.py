"""Where rows come from, for all commands that read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from umapkit.cli._inputs import read_rows
from umapkit.data import Table

Columns = Annotated[
    list[str] | None,
    typer.Option(
        help="Columns that make the rows, with commas between them.",
        show_default="all columns of numbers",
    ),
]
LabelColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--label-column",
        help="Column that is no data although it may hold numbers. May be given several times.",
    ),
]
Key = Annotated[
    str | None, typer.Option(help="Which array of an npz file, or of obsm in an h5ad file.")
]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first line of a csv file names the columns.",
        show_default="yes, unless it holds numbers only",
    ),
]


@dataclass(frozen=True)
class Source:
    """Options that tell how a file is read."""

    columns: Columns = None
    label_column: LabelColumns = None
    key: Key = None
    header: Header = None

    def read(
        self,
        path: str,
        *,
        also_labels: Sequence[str] = (),
        names: Sequence[str] | None = None,
        n_jobs: int | None = None,
    ) -> Table:
        """Read rows.

        Parameters
        ----------
        path : str
            A file, or ``example:NAME``.
        also_labels : sequence of str
            Further columns that are no data.
        names : sequence of str, optional
            Columns that make the rows where none were named.
        n_jobs : int or None
            Threads.

        Returns
        -------
        Table
        """
        labels = list(self.label_column or ())
        return read_rows(
            path,
            columns=split_names(self.columns) or names,
            label_columns=[*labels, *(name for name in also_labels if name not in labels)],
            key=self.key,
            header=self.header,
            n_jobs=n_jobs,
        )


def split_names(names: Sequence[str] | None) -> list[str] | None:
    """Take names apart at commas; None for none."""
    if not names:
        return None
    return [part.strip() for name in names for part in name.split(",") if part.strip()]
