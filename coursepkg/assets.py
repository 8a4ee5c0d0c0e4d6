"""What explorers and quizzes share: errors of one line, and scripts that they bring along."""

from __future__ import annotations

import functools
from importlib import resources

# On a control, asks JupyterLab to leave it the arrow keys, which else move between cells.
OWN_KEYS = "data-lm-suppress-shortcuts"


class OneLineError(ValueError):
    """A mistake in what a page is to show; a notebook's author reads one line and no traceback."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


@functools.cache
def read_asset(package: str, name: str) -> str:
    """Read a file of a package, without what a page has no use for.

    Parameters
    ----------
    package : str
        Name of the package that holds the file.
    name : str
        Name of the file.

    Returns
    -------
    str
        Its lines without indentation, and without lines that are empty or comments of a script.

    Examples
    --------
    >>> read_asset("coursepkg.quiz", "quiz.css").startswith(".quiz")
    True
    """
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    lines = map(str.strip, text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
