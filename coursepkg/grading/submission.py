"""A learner's notebook, put together with the original checks.

Cells are recognised by their id; where a service dropped ids, by nbgrader's ``grade_id``; and in
the end by what they define or show. So a lost id costs nobody a right answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from coursepkg.grading.exercise import (
    EXERCISE,
    Course,
    NotAnExercise,
    Problem,
    code_cells,
    defined_names,
    read_notebook,
    tagged,
    tags,
)


@dataclass(frozen=True)
class Submission:
    """A learner's notebook, ready to run.

    Attributes
    ----------
    path : Path
        The file.
    exercise : str
        The exercise that it answers.
    release : NotebookNode
        The exercise as it was given out.
    notebook : NotebookNode
        The learner's code cells in their order, with the original setup and checks. Cells of the
        exercise have the ids of the release.
    home : dict of str to str
        For each answer that is there the id of the cell that holds it; several may share one.
    notes : tuple of str
        What the learner should know about the checks.
    """

    path: Path
    exercise: str
    release: NotebookNode
    notebook: NotebookNode
    home: dict[str, str]
    notes: tuple[str, ...]


def read_submission(course: Course, path: Path) -> Submission:
    """Read a learner's notebook.

    Parameters
    ----------
    course : Course
        Where the exercises live.
    path : Path
        The notebook.

    Returns
    -------
    Submission
        The notebook, put together with the original checks.

    Raises
    ------
    Problem
        If the file is no notebook, or none of this course's exercises.
    """
    notebook = read_notebook(path)
    exercise = identify(course, notebook, path)
    release = read_notebook(course.released(exercise))
    if not course.expected(exercise).is_file():
        raise Problem(f"{course.expected(exercise)}: no such file, so nothing can be compared")
    return assemble(notebook, release, path=path, exercise=exercise)


def identify(course: Course, notebook: NotebookNode, path: Path) -> str:
    """Say which exercise a notebook answers, by its setup cell or else by its cells' ids.

    Raises
    ------
    Problem
        If it answers none.
    """
    here = course.names()
    known = ", ".join(here)
    declared = [EXERCISE.search(cell.source) for cell in code_cells(notebook)]
    names = [match.group(1) for match in declared if match]
    for name in names:
        if name in here:
            return name
    if names:
        raise Problem(
            f"{path}: belongs to an exercise that is not here. Known: {known}. Received: {names[0]}"
        )
    present = {cell.get("id") for cell in notebook.cells}
    for name in here:
        ids = {cell.id for cell in tagged(read_notebook(course.released(name)), "grade")}
        if len(ids & present) > len(ids) / 2:
            return name
    raise NotAnExercise(f"{path}: not an exercise, no cell says exercise = ... Known: {known}")


def assemble(
    submitted: NotebookNode, release: NotebookNode, *, path: Path, exercise: str
) -> Submission:
    """Put a learner's cells together with the setup and the checks of the release.

    Parameters
    ----------
    submitted, release : NotebookNode
        The learner's notebook and the one that was given out.
    path : Path
        Where the former lies.
    exercise : str
        Name of the exercise.

    Returns
    -------
    Submission
        What stands in no cell of the release stays in its place too, as helpers may. A check that
        is not there runs at the end. Each check begins with the setup, so that a name that a
        learner took for something else, such as ``seed``, costs no right answer.
    """
    theirs = code_cells(submitted)
    originals = [cell for cell in code_cells(release) if tags(cell)]
    places = {cell.id: _place(cell, theirs) for cell in originals}
    original_at, home, lost = _seats(originals, places)

    (setup,) = tagged(release, "parameters")
    cells = [cell for cell in lost if cell is setup]
    for place, cell in enumerate(theirs):
        original = original_at.get(place)
        if original is None:
            cells.append(_code(cell.source, f"extra-{place}"))
        elif "answer" in tags(original):
            cells.append(_code(cell.source, original.id))
        elif original is setup:
            cells.append(_code(setup.source, setup.id))
        else:
            cells.append(_check(original, setup))
    cells += [_check(cell, setup) for cell in lost if "grade" in tags(cell)]
    return Submission(
        path=path,
        exercise=exercise,
        release=release,
        notebook=nbformat.v4.new_notebook(cells=cells),
        home=home,
        notes=tuple(_notes(original_at, theirs, lost)),
    )


def _seats(
    originals: list[NotebookNode], places: dict[str, int | None]
) -> tuple[dict[int, NotebookNode], dict[str, str], list[NotebookNode]]:
    """Decide which cell of the release each of the learner's cells stands for.

    Answers come first, and may share a cell. The setup and the checks need one each: where it is
    taken, for somebody merged cells, the original is lost there and runs elsewhere.
    """
    original_at: dict[int, NotebookNode] = {}
    home, lost = {}, []
    for cell in sorted(originals, key=lambda cell: "answer" not in tags(cell)):
        place = places[cell.id]
        if place is None or (place in original_at and "answer" not in tags(cell)):
            lost.append(cell)
            continue
        original_at.setdefault(place, cell)
        if "answer" in tags(cell):
            home[cell.id] = original_at[place].id
    return original_at, home, lost


def _notes(
    original_at: dict[int, NotebookNode], theirs: list[NotebookNode], lost: list[NotebookNode]
) -> Iterator[str]:
    edited = [
        original.id
        for place, original in original_at.items()
        if "answer" not in tags(original)
        and theirs[place].source.split() != original.source.split()
    ]
    gone = [cell.id for cell in lost if "answer" not in tags(cell)]
    for what, ids in (("changed", edited), ("missing", gone)):
        if ids:
            yield f"{what} in this notebook, and run as the exercise has it: {', '.join(ids)}"


def _code(source: str, cell_id: str) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, id=cell_id)


def _check(original: NotebookNode, setup: NotebookNode) -> NotebookNode:
    return _code(f"{setup.source}\n\n{original.source}", original.id)


def _place(original: NotebookNode, theirs: list[NotebookNode]) -> int | None:
    """Find the learner's cell that stands for a cell of the release."""
    signs = (
        lambda cell: cell.get("id") == original.id,
        lambda cell: _grade_id(cell) == _grade_id(original),
        lambda cell: bool(_content(original).search(cell.source)),
    )
    for sign in signs:
        for place, cell in enumerate(theirs):
            if sign(cell):
                return place
    return None


def _grade_id(cell: NotebookNode) -> str | None:
    block = cell.metadata.get("nbgrader")
    return block.get("grade_id") if isinstance(block, dict) else None


def _content(original: NotebookNode) -> re.Pattern[str]:
    """Write a pattern for what only this cell of the exercise contains."""
    if "parameters" in tags(original):
        return EXERCISE
    if "grade" in tags(original):
        return re.compile(rf"show\(\s*[\"']{re.escape(original.id)}[\"']")
    names = "|".join(map(re.escape, defined_names(original.source)))
    return re.compile(rf"(?m)^(?:(?:async\s+)?def|class)\s+(?:{names})\b|^(?:{names})\s*=")
