"""Sphinx extension: what ends the build is said without the way that it took through the build.

An error in a cell, or one that an extension words for authors, reaches the terminal wrapped two or
three times, with a hundred lines of calls. What an author needs is what it says; of a cell that
failed, also the cell and its notebook.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from myst_nb.core.execute.base import ExecutionError
from nbclient.exceptions import CellExecutionError
from sphinx.errors import SphinxError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from sphinx.application import Sphinx


def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an error that ends the build: what it says, or all of it where it was not foreseen."""
    chain = list(_chain(error))
    worded = [one for one in chain if isinstance(one, CellExecutionError | SphinxError)]
    if not worded:
        sys.__excepthook__(kind, error, trace)
        return
    notebooks = [str(one) for one in chain if isinstance(one, ExecutionError)]
    print(f"\n{worded[-1]}", *notebooks, sep="\n", file=sys.stderr)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def setup(_app: Sphinx) -> dict[str, Any]:
    """Have uncaught errors shown so."""
    sys.excepthook = show
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
