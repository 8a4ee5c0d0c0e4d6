"""A submission, put together with the original setup and checks.

Only its answers count (see `answers`), with what they need (see `needs`); the rest is the exercise
as it was given out. The same is run for a learner who checks their own notebook and for a grade.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from coursepkg.grading.answers import Answer, find_answers, grade_id
from coursepkg.grading.exercise import (
    EXERCISE,
    Course,
    NotAnExercise,
    Part,
    Problem,
    code_cells,
    read_notebook,
    tagged,
    tags,
)
from coursepkg.grading.isolation import forbidden_modules
from coursepkg.grading.needs import bound_names, forget, imported_modules, needed

NEEDS = "needs-of-"  # in the id of a cell with what an answer takes from another one


@dataclass(frozen=True)
class Submission:
    """A submission, ready to run.

    Attributes
    ----------
    path : Path
        The file.
    exercise : str
        The exercise that it answers.
    release : NotebookNode
        The exercise as it was given out.
    notebook : NotebookNode
        The code cells to run: the exercise's own, with the answers in their places.
    home : dict of str to str
        For each answer that is there the id of the cell that holds it; several may share one.
    unfinished : tuple of str
        Answers that still raise `NotImplementedError`.
    forbidden : dict of str to str
        For answers that import what solves them, one line on it.
    notes : tuple of str
        What is not as it was given out, and what became of it.
    """

    path: Path
    exercise: str
    release: NotebookNode
    notebook: NotebookNode
    home: Mapping[str, str]
    unfinished: tuple[str, ...]
    forbidden: Mapping[str, str]
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
    submitted: NotebookNode,
    release: NotebookNode,
    *,
    path: Path,
    exercise: str,
    seed: int | None = None,
) -> Submission:
    """Put the answers of a submission into the exercise as it was given out.

    Parameters
    ----------
    submitted, release : NotebookNode
        The submission, and the notebook that was given out.
    path : Path
        Where the former lies.
    exercise : str
        Name of the exercise.
    seed : int, optional
        What ``seed`` is set to; by default it stays as the release has it.

    Returns
    -------
    Submission
        Each check begins with the setup, so that a name that an answer takes for something else,
        such as ``seed``, costs no point.
    """
    forget()  # what somebody else handed in
    answers = find_answers(submitted, release)
    sources = _sources(answers, submitted, release)
    (setup,) = tagged(release, "parameters")
    beginning = setup.source if seed is None else f"{setup.source}\nseed = {seed}"
    cells = []
    for cell in code_cells(release):
        if cell is setup:
            cells.append(_code(beginning, cell.id))
        elif "grade" in tags(cell):
            cells.append(_code(f"{beginning}\n\n{cell.source}", cell.id))
        elif cell.id in sources:
            cells += sources[cell.id]
    return Submission(
        path=path,
        exercise=exercise,
        release=release,
        notebook=nbformat.v4.new_notebook(cells=cells),
        home=_homes(answers),
        unfinished=tuple(n for n, a in answers.items() if "NotImplementedError" in a.cell.source),
        forbidden=dict(_forbidden(answers, sources)),
        notes=tuple(_notes(answers, submitted, release)),
    )


def parts_of(divided: Sequence[Part], home: Mapping[str, str]) -> dict[str, set[str]]:
    """List the parts that are lost with a cell that has to be stopped.

    Parameters
    ----------
    divided : sequence of Part
        The parts of an exercise.
    home : mapping of str to str
        For each answer the cell that it stands in.

    Returns
    -------
    dict of str to set of str
        Titles of parts, by id of the cell.
    """
    found = defaultdict(set)
    for part in divided:
        for cell in (*(home[answer] for answer in part.answers if answer in home), *part.checks):
            found[cell].add(part.title)
    return found


def _homes(answers: Mapping[str, Answer]) -> dict[str, str]:
    """Say which answer's cell each answer stands in: the first of those that share it."""
    first: dict[int, str] = {}
    return {name: first.setdefault(answer.place, name) for name, answer in answers.items()}


def _sources(
    answers: Mapping[str, Answer], submitted: NotebookNode, release: NotebookNode
) -> dict[str, list[NotebookNode]]:
    """Make the cells of each answer: what it takes from other cells, and its own."""
    fixed = [cell for cell in code_cells(release) if not tags(cell) & {"grade"}]
    known = set().union(*(bound_names(cell.source) for cell in fixed))
    taken = {answer.place for answer in answers.values()}
    homes = _homes(answers)
    found = {}
    for name, answer in answers.items():
        if homes[name] == name:
            extra = needed(answer, submitted, known=known, apart_from=taken)
            before = [
                _code(text, f"{place + 1}-{NEEDS}{name}"[:64]) for place, text in extra.items()
            ]
            found[name] = [*before, _code(answer.cell.source, name)]
    return found


def _forbidden(
    answers: Mapping[str, Answer], sources: Mapping[str, list[NotebookNode]]
) -> Iterator[tuple[str, str]]:
    for name, home in _homes(answers).items():
        imported = [m for cell in sources[home] for m in imported_modules(cell.source)]
        names = forbidden_modules(imported)
        if names:
            yield (
                name,
                f"its cell imports {', '.join(names)}. An answer may use coursepkg.show and "
                "coursepkg.datasets, and nothing else of the package: write it yourself",
            )


def _originals(submitted: NotebookNode, release: NotebookNode) -> dict[int, str]:
    """Find the cells of a submission that stand for the setup and the checks, by place."""
    ids = {cell.id for cell in code_cells(release) if tags(cell) & {"grade", "parameters"}}
    found = {}
    for place, cell in enumerate(submitted.cells):
        known = {cell.get("id"), grade_id(cell)} & ids
        if known:
            found[place] = known.pop()
    return found


def _notes(
    answers: Mapping[str, Answer], submitted: NotebookNode, release: NotebookNode
) -> Iterator[str]:
    """Say what is not as it was given out."""
    for name, answer in answers.items():
        if answer.cell.cell_type != "code":
            kind = answer.cell.cell_type if answer.cell.cell_type in ("markdown", "raw") else "no"
            yield f"{name}: its cell is of type {kind}; it was run as code"
        if answer.rivals:
            count = answer.rivals + 1
            yield f"{name}: {count} cells answer it, and number {answer.place + 1} counts"
    retyped = [name for name, answer in answers.items() if answer.sign != "id"]
    if retyped:
        yield f"not in the cells that were given out for them, but found: {', '.join(retyped)}"
    places = [answer.place for answer in answers.values()]
    if places != sorted(places):
        yield "the answers stand in another order; they were run in the order of the exercise"
    gone = [cell.id for cell in tagged(release, "answer") if cell.id not in answers]
    if gone:
        yield f"no cell defines {', '.join(gone)}"
    yield from _notes_on_checks(submitted, release)


def _notes_on_checks(submitted: NotebookNode, release: NotebookNode) -> Iterator[str]:
    found = _originals(submitted, release)
    originals = {cell.id: cell for cell in code_cells(release)}
    changed = {
        name
        for place, name in found.items()
        if submitted.cells[place].source.split() != originals[name].source.split()
    }
    fixed = [c.id for c in code_cells(release) if tags(c) & {"grade", "parameters"}]
    states = {
        "changed": [name for name in fixed if name in changed],
        "missing": [name for name in fixed if name not in found.values()],
    }
    for state, names in states.items():
        if names:
            yield f"{state} in this notebook, and run as the exercise has it: {', '.join(names)}"


def _code(source: str, cell_id: str) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, id=cell_id)
