"""Sphinx extension: worked solutions without the marks that make an exercise of them.

In a master ``### BEGIN SOLUTION`` and ``### END SOLUTION`` enclose what learners write themselves.
A reader of the solution's page has no use for them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SOLUTIONS = "exercises/solutions/"
MARK = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[ \t]*\n?", re.MULTILINE)


def without_marks(app: Sphinx, docname: str, source: list[str]) -> None:
    """Take the marks out of the code cells of a solution's page, as it is read.

    Parameters
    ----------
    app : Sphinx
        The application.
    docname : str
        The page; only worked solutions are changed.
    source : list of str
        Its text, the JSON of a notebook, in one entry that is replaced.
    """
    if not docname.startswith(SOLUTIONS):
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = MARK.sub("", "".join(cell["source"])).rstrip()
    source[0] = json.dumps(notebook)


def setup(app: Sphinx) -> dict[str, Any]:
    """Listen to pages being read."""
    app.connect("source-read", without_marks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
