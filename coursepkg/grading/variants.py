"""Other answers to an exercise, kept as functions in a Python file.

A file such as ``exercises/misconceptions/02_weight_penalties.py`` holds functions whose name is
that of an answer and what sets the variant apart: ``ridge_intercept_penalised``. The docstring is
what a teacher says to whoever wrote it. Imports and helpers at the top of the file go with each.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from coursepkg.grading.exercise import Problem, defined_names, tagged


@dataclass(frozen=True)
class Variant:
    """Another answer.

    Attributes
    ----------
    name : str
        Name of the function in the file.
    cell : str
        Id of the answer cell that it takes the place of.
    source : str
        The source of that cell.
    says : str
        Its docstring, on one line.
    """

    name: str
    cell: str
    source: str
    says: str


def read_variants(path: Path, notebook: NotebookNode) -> list[Variant]:
    """Read the variants of a notebook's answers.

    Parameters
    ----------
    path : Path
        A Python file as described above.
    notebook : NotebookNode
        The master or the release of the exercise.

    Returns
    -------
    list of Variant
        In the order of the file.

    Raises
    ------
    Problem
        If there is no file, or a function belongs to no answer or lacks its docstring.
    """
    if not path.is_file():
        raise Problem(f"{path}: no such file")
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except (SyntaxError, ValueError) as error:
        raise Problem(f"{path}: no Python that can be read ({error})") from None
    answers = {name: cell.id for cell in tagged(notebook, "answer") for name in _public(cell)}
    helpers, found = [], []
    for node in body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            found.append((node, _answer_of(node.name, answers, path)))
        elif not _is_text(node):
            helpers.append(node)
    return [_variant(node, answer, answers[answer], helpers, path) for node, answer in found]


def _public(cell: NotebookNode) -> list[str]:
    return [name for name in defined_names(cell.source) if not name.startswith("_")]


def _answer_of(name: str, answers: Iterable[str], path: Path) -> str:
    """Return the answer that a function is a variant of: the longest that its name begins with."""
    fitting = [answer for answer in answers if name.startswith(f"{answer}_")]
    if not fitting:
        raise Problem(f"{path}: {name} is a variant of no answer. Known: {', '.join(answers)}")
    return max(fitting, key=len)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _variant(
    node: ast.FunctionDef, answer: str, cell: str, helpers: list[ast.stmt], path: Path
) -> Variant:
    says = ast.get_docstring(node) or ""
    if not says:
        raise Problem(f"{path}: {node.name} needs a docstring, which the learner reads")
    renamed = ast.FunctionDef(**{**dict(ast.iter_fields(node)), "name": answer})
    module = ast.Module([*helpers, renamed], type_ignores=[])
    source = ast.unparse(ast.fix_missing_locations(module))
    return Variant(node.name, cell, source, " ".join(inspect.cleandoc(says).split()))
