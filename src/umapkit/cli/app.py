"""The commands put together, and the entry point.

Exit codes: 0 done; 1 the data, a parameter or a file is wrong (one line on standard error says
what); 2 the command was not understood; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def build_app() -> typer.Typer:
    """Put the commands together.

    Returns
    -------
    typer.Typer
        The command line.

    Raises
    ------
    ImportError
        If typer is not installed.
    """
    try:
        import typer
    except ImportError as error:
        msg = 'The command line needs the package typer: pip install "umapkit[cli]".'
        raise ImportError(msg) from error
    from umapkit.cli._combine import combine
    from umapkit.cli._fit import fit
    from umapkit.cli._groups import with_groups
    from umapkit.cli._info import info
    from umapkit.cli._inverse import inverse
    from umapkit.cli._judge import report
    from umapkit.cli._plot import plot
    from umapkit.cli._report import reported
    from umapkit.cli._reproduce import reproduce
    from umapkit.cli._root import root
    from umapkit.cli._score import score
    from umapkit.cli._stream import stream
    from umapkit.cli._transform import transform
    from umapkit.cli._update import update

    app = typer.Typer(
        name="umapkit",
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    making = (fit, combine, transform, update, stream, inverse)
    for command in (*making, plot, score, report, reproduce, info):
        app.command()(reported(with_groups(command)))

    app.callback(invoke_without_command=True)(root)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str or None, default=None
        What follows the command's name; ``None`` takes `sys.argv`.

    Returns
    -------
    int
        Exit code.
    """
    try:
        app = build_app()
    except ImportError as error:
        sys.stderr.write(f"umapkit: error: {error}\n")
        return 1
    try:
        app(None if arguments is None else list(arguments), prog_name="umapkit")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
