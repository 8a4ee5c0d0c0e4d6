"""What is graded: right submissions of two exercises, in the dialect of each grader."""

from __future__ import annotations

import ast
import copy
import inspect
import json
from dataclasses import dataclass

import numpy as np
from nbformat import NotebookNode

from coursepkg.grading.exercise import Course, read_notebook, tagged, tags

IMPORT_OF_SHOW = "from coursepkg.show import show\n"


@dataclass(frozen=True)
class Task:
    """Something to grade.

    Attributes
    ----------
    key : str
        What the figures call it.
    title : str
        What the table calls it.
    exercise : str
        The exercise; all submissions answer it.
    n_students : int
        How many hand it in, one notebook each.
    """

    key: str
    title: str
    exercise: str
    n_students: int = 1

    @property
    def students(self) -> list[str]:
        """Their names, which sort by number."""
        return [f"student_{number:02d}" for number in range(1, self.n_students + 1)]


NUMPY = Task("numpy", "one NumPy submission", "02_weight_penalties")
TENSORFLOW = Task("tf", "one TensorFlow submission", "03_dropout")
CLASS = Task("class", "30 NumPy submissions", "02_weight_penalties", 30)


def asserting_master(exercise: str) -> NotebookNode:
    """Return the master with checks that assert, as nbgrader and otter need them.

    They run a submission once, with checks that hold what they expect: here the values that the
    self-check of the course knows. `coursepkg grade` has to run the reference solution as well.
    """
    course = Course()
    expected = json.loads(course.expected(exercise).read_text(encoding="utf-8"))["checks"]
    notebook = copy.deepcopy(read_notebook(course.master(exercise)))
    notebook.cells = [cell for cell in notebook.cells if "solution" not in tags(cell)]
    (setup,) = tagged(notebook, "parameters")
    helper = f"import numpy as np\n\n\n{inspect.getsource(assert_close)}"
    setup.source = f"{setup.source.replace(IMPORT_OF_SHOW, '')}\n\n{helper}"
    for check in tagged(notebook, "grade"):
        check.source = asserting(check.source, expected[check.id])
    return notebook


def asserting(source: str, check: dict[str, object]) -> str:
    """Rewrite a check cell, whose last line is ``show(name, compute)``, so that it asserts."""
    *before, shown = ast.parse(source).body
    compute = ast.unparse(shown.value.args[1])
    lines = source.splitlines()[: before[-1].end_lineno] if before else []
    arguments = f"({compute})(), {check['value']!r}, {check['rtol']}, {check['atol']}"
    return "\n".join([*lines, "", "", f"assert_close({arguments})"])


# Its source goes into the setup cell of the others' notebooks.
def assert_close(found, expected, rtol, atol):
    """Compare numbers within tolerance, text exactly, and what is nested entry by entry."""
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for name, value in expected.items():
            assert_close(found[name], value, rtol, atol)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, value in zip(found, expected):  # noqa: B905 - as long as each other
            assert_close(one, value, rtol, atol)
    elif isinstance(expected, (bool, str, type(None))):
        assert found == expected
    else:
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def answered(notebook: NotebookNode, exercise: str, student: str) -> NotebookNode:
    """Return a student's copy of what was given out, with all answers right.

    Each is signed, so that no two are the same and nobody can grade a class by grading one.
    """
    answers = tagged(read_notebook(Course().master(exercise)), "answer")
    sources = {cell.id: f"# {student}\n{cell.source}" for cell in answers}
    handed_in = copy.deepcopy(notebook)
    for cell in handed_in.cells:
        cell.source = sources.get(_grade_id(cell), cell.source)
    return handed_in


def _grade_id(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")
