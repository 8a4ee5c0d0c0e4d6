"""An exercise as a source for nbgrader, whose checks assert.

nbgrader pays for a check that ends without an error, whatever it printed, and pays nothing for one
that wrote to stderr. So each check of the source begins with hidden tests, which nbgrader takes out
of the students' version: they hold the expected value and make `show` raise unless it comes, in
silence. Students keep the plain check; it compares with the expected values of an installed course.

nbgrader runs a student's code and the tests in one process, with one known seed: who sets out to
deceive it can. ``coursepkg grade`` can be trusted further.
"""

from __future__ import annotations

import pprint
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from coursepkg.grading.exercise import Course, tagged
from coursepkg.grading.release import (
    digest,
    read_master,
    records,
    refuse_if_edited,
    released_notebook,
)
from coursepkg.grading.writing import write_atomically

# All of it stands in one function, as a name more might be one that a student's answer uses. The
# setup comes first for the same reason: a student may have taken `np` or `seed` for something else.
HIDDEN = '''\
### BEGIN HIDDEN TESTS
{setup}


def show(name, compute, run=show):
    """Raise unless the value is right, in silence: nbgrader pays nothing where stderr is used."""
    import logging

    from coursepkg.show import NotYet, fault, judged_by

    expected = {expected}

    judged = []

    def judge(name, outcome, _variables):
        judged.append(name)
        found = fault(outcome, expected)
        if found:
            raise NotYet(f"{{name}}: {{found}}") from None

    logging.disable()  # a handler made before may hold the stderr that nbgrader looks at
    try:
        with judged_by(judge):
            run(name, compute)
    finally:
        logging.disable(logging.NOTSET)
    if not judged:
        raise NotYet(f"{{name}}: nothing was compared. Does your code replace show?")


### END HIDDEN TESTS
{check}'''


def nbgrader_source(course: Course, name: str) -> NotebookNode:
    """Make the notebook from which nbgrader generates an assignment.

    Parameters
    ----------
    course : Course
        Where the exercise lives.
    name : str
        The exercise.

    Returns
    -------
    NotebookNode
        The release with the solution between nbgrader's marks, and with checks that assert the
        values of the default seed. Students' misconceptions are not in it.

    Raises
    ------
    Problem
        If there is no sound master, or its solution fails.
    """
    master = read_master(course, name)
    expected = records(course, name, misconceptions=False)
    notebook = released_notebook(master)
    solutions = {cell.id: cell.source for cell in tagged(master, "answer")}
    for cell in tagged(notebook, "answer"):
        cell.source = solutions[cell.id]
    (setup,) = tagged(notebook, "parameters")
    for cell in tagged(notebook, "grade"):
        cell.source = _asserting(cell.source, setup.source, expected[cell.id])
    notebook.metadata["coursepkg"] = {"digest": digest(notebook)}
    return notebook


def write_nbgrader_source(course: Course, name: str, folder: Path) -> Path:
    """Write the source of an exercise to where nbgrader looks for it.

    Parameters
    ----------
    course : Course
        Where the exercise lives.
    name : str
        The exercise, and what nbgrader calls the assignment and its notebook.
    folder : Path
        The root of a course in nbgrader.

    Returns
    -------
    Path
        The file, ``source/NN_topic/NN_topic.ipynb`` in that folder.

    Raises
    ------
    Problem
        As `nbgrader_source`, and if somebody wrote into the file, or it cannot be written.
    """
    path = folder / "source" / name / f"{name}.ipynb"
    if path.exists():
        refuse_if_edited(path)
    write_atomically(path, nbformat.writes(nbgrader_source(course, name)) + "\n")
    return path


def _asserting(check: str, setup: str, expected: Mapping[str, Any]) -> str:
    """Put hidden tests before the source of a check."""
    literal = pprint.pformat(dict(expected), width=88, compact=True, sort_dicts=False)
    indented = textwrap.indent(literal, 4 * " ").lstrip()
    return HIDDEN.format(setup=setup, expected=indented, check=check)
