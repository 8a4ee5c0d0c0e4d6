"""Sphinx extension: pages are written sooner, and look the same.

Three things take most of the time. Sphinx can hand pages to other processes, but Jupyter Book has
no option for it. For every reference to a figure, Sphinx loads the whole page that the figure is
on. And for every citation, Pybtex asks all packages that are installed whether they have styles.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING, Any

import pybtex.plugin
import sphinx.builders

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

# A few pages at a time; with up to ten, one process would get all chapters and work on alone.
FEW = functools.partial(sphinx.builders.make_chunks, maxbatch=1)


class ReadOnce:
    """An environment for look-ups, which loads each page once."""

    def __init__(self, env: BuildEnvironment) -> None:
        self.env = env
        self.get_doctree = functools.cache(env.get_doctree)

    def __getattr__(self, name: str) -> Any:
        """Hand on everything else."""
        return getattr(self.env, name)


def before_writing(app: Sphinx, env: BuildEnvironment) -> None:
    """Prepare for the first two, when all pages have been read and no notebook runs any more."""
    domain, lookup = env.domains["std"], ReadOnce(env)
    resolve = domain._resolve_numref_xref
    domain._resolve_numref_xref = lambda _env, *rest: resolve(lookup, *rest)
    # The pages of the package load TensorFlow; its threads would not survive a fork.
    if "tensorflow" not in sys.modules:
        app.parallel = (os.cpu_count() or 1) + 1  # one of them only hands out pages
        sphinx.builders.make_chunks = FEW


def setup(app: Sphinx) -> dict[str, Any]:
    """Wait until all pages have been read."""
    pybtex.plugin.entry_points = functools.cache(pybtex.plugin.entry_points)
    app.connect("env-check-consistency", before_writing)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
