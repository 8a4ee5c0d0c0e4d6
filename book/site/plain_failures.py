"""Sphinx extension: a cell that fails says so, without the ways that its error took through Sphinx.

An error in a cell reaches the terminal wrapped three times, with a hundred lines of the build's own
calls. What an author needs is the notebook, the cell, and what the cell said.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from myst_nb.core.execute.base import ExecutionError
from nbclient.exceptions import CellExecutionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from sphinx.application import Sphinx


def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an error that ends the build: of a cell that failed, what it said; else all of it."""
    chain = list(_chain(error))
    cells = [one for one in chain if isinstance(one, CellExecutionError)]
    if not cells:
        sys.__excepthook__(kind, error, trace)
        return
    notebooks = [str(one) for one in chain if isinstance(one, ExecutionError)]
    print(f"\n{cells[-1]}", *notebooks, sep="\n", file=sys.stderr)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def setup(_app: Sphinx) -> dict[str, Any]:
    """Have uncaught errors shown so."""
    sys.excepthook = show
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
