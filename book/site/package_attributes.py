"""Sphinx extension: several attributes in one line of a docstring, each with its name and type.

NumPy's docstrings allow ``epochs, batch_size : int``. Napoleon takes such a line apart among
parameters; among attributes it takes the second name for the first one's type.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# A field of several names, with its lines: those that are indented or empty belong to it.
FIELD = re.compile(r"^:(ivar|vartype) (\w+(?:, \w+)+):(.*\n(?:[ \t].*\n|\n)*)", re.MULTILINE)


def separate(docstring: str) -> str:
    """Give each attribute fields of its own.

    Parameters
    ----------
    docstring : str
        As Napoleon leaves it.

    Returns
    -------
    str
        The same, with the fields of several attributes once for each.
    """

    def once_each(field: re.Match[str]) -> str:
        kind, names, rest = field.groups()
        return "".join(f":{kind} {name}:{rest}" for name in names.split(", "))

    return FIELD.sub(once_each, docstring)


def separate_lines(
    _app: Sphinx, _what: str, _name: str, _obj: object, _options: object, lines: list[str]
) -> None:
    """Change a docstring's lines in place, as autodoc wants it."""
    lines[:] = separate("\n".join(lines) + "\n").splitlines()


def setup(app: Sphinx) -> dict[str, Any]:
    """Listen to docstrings, after Napoleon."""
    app.setup_extension("sphinx.ext.napoleon")
    app.connect("autodoc-process-docstring", separate_lines, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
