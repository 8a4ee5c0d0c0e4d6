"""From the master of an exercise to what learners get and what their checks expect.

The master, in ``exercises/solutions``, is the only edited source. From it come the released
notebook, without answers, and the expected file: for each check of the default seed the value, its
tolerance and hint, and what each misconception would give.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from coursepkg.grading.exercise import (
    EXERCISE,
    Course,
    Problem,
    code_cells,
    read_notebook,
    tagged,
    tags,
)
from coursepkg.grading.exercise import parts as divided
from coursepkg.grading.in_process import outcomes
from coursepkg.grading.variants import Variant, read_variants
from coursepkg.grading.writing import write_all
from coursepkg.show import Outcome, fault, same, tolerance

SOLUTION = re.compile(
    r"^(?P<indent>[ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
STUB = "{indent}# YOUR CODE HERE\n{indent}raise NotImplementedError"
_NOT_FINITE = re.compile(r"\b(NaN|Infinity)\b")  # as json.dumps writes them
_NO_ADVICE = {"misconceptions": [], "hint": ""}
SIGNIFICANT_DIGITS = 12  # kept of an expected value, far beyond every tolerance


@dataclass(frozen=True)
class Release:
    """What one master gives.

    Attributes
    ----------
    notebook : NotebookNode
        The exercise for learners.
    expected : dict
        The expected file.
    """

    notebook: NotebookNode
    expected: dict[str, Any]


def make_release(course: Course, name: str) -> Release:
    """Make the release of an exercise, and prove it on the master.

    Parameters
    ----------
    course : Course
        Where the exercise lives.
    name : str
        The exercise.

    Returns
    -------
    Release
        Nothing is written yet.

    Raises
    ------
    Problem
        If the solution fails, or a misconception would lose no points.
    """
    master = read_master(course, name)
    seed = _checked_seed(master, name)
    checks = _checks(master, read_variants(course.misconceptions(name), master))
    return Release(released_notebook(master), {"exercise": name, "seed": seed, "checks": checks})


def records(
    course: Course,
    name: str,
    *,
    seed: int | None = None,
    misconceptions: bool = True,
    parts: Collection[str] | None = None,
) -> dict[str, dict[str, Any]]:
    """Compute what the checks of an exercise expect, under any seed.

    Parameters
    ----------
    course : Course
        Where the exercise lives.
    name : str
        The exercise.
    seed : int, optional
        By default the master's own. Under another one, a misconception that happens to lose no
        points is left out.
    misconceptions : bool, default=True
        Whether to run the misconceptions too, if there is a file of them; each takes about as
        long as the solution of its part.
    parts : collection of str, optional
        Titles of the parts whose misconceptions are run; by default all.

    Returns
    -------
    dict of str to dict
        For each check the record that the expected file holds: ``value``, ``rtol``, ``atol``,
        ``hint`` and ``misconceptions``.

    Raises
    ------
    Problem
        If there is no sound master, or its solution fails under this seed.
    """
    master = read_master(course, name)
    _checked_seed(master, name)
    path = course.misconceptions(name)
    wrong = read_variants(path, master) if misconceptions and path.is_file() else []
    if parts is not None:
        wanted = {cell for part in divided(master) if part.title in parts for cell in part.answers}
        wrong = [one for one in wrong if one.cell in wanted]
    return _checks(master, wrong, seed=seed)


def write_release(course: Course, name: str) -> bool:
    """Make the release of an exercise and write both files, or neither.

    Parameters
    ----------
    course : Course
        Where the exercise lives.
    name : str
        The exercise.

    Returns
    -------
    bool
        Whether anything changed. A committed value that is still within its tolerance stays.

    Raises
    ------
    Problem
        As `make_release`, and if somebody wrote into the released notebook.
    """
    target = course.released(name)
    if target.exists():
        refuse_if_edited(target)
    release = make_release(course, name)
    expected = settled(release.expected, _read_json(course.expected(name)))
    texts = {
        course.expected(name): _json_text(expected),
        target: nbformat.writes(release.notebook) + "\n",
    }
    changed = {path: text for path, text in texts.items() if _text(path) != text}
    write_all(changed)
    return bool(changed)


def read_master(course: Course, name: str) -> NotebookNode:
    """Read the notebook with the worked solution.

    Parameters
    ----------
    course : Course
        Where the exercise lives.
    name : str
        The exercise.

    Returns
    -------
    NotebookNode
        The master.

    Raises
    ------
    Problem
        If it is not there, as in a copy of the course for learners, or is no sound notebook.
    """
    path = course.master(name)
    if not path.is_file():
        raise Problem(f"there is no master of {name} in {path.parent}")
    return read_notebook(path)


def refuse_other_checks(release: NotebookNode, master: NotebookNode) -> None:
    """Make sure that an exercise is checked in the way in which its master is.

    Parameters
    ----------
    release, master : NotebookNode
        The exercise as it was given out, and the notebook with the worked solution.

    Raises
    ------
    Problem
        If the setup, a check or its points differ: right answers would be compared with the
        values of another check.
    """
    first, second = _checking(release), _checking(master)
    for name in sorted({*first, *second}):
        if first.get(name) != second.get(name):
            raise Problem(
                f"{name} is not the same in the exercise that was given out and in its master. "
                "Grade with the master that it was made from, or release the exercise anew"
            )


def _checking(notebook: NotebookNode) -> dict[str, object]:
    points = {check: part.points for part in divided(notebook) for check in part.checks}
    cells = (*tagged(notebook, "parameters"), *tagged(notebook, "grade"))
    return {cell.id: (cell.source, points.get(cell.id)) for cell in cells}


def released_notebook(master: NotebookNode) -> NotebookNode:
    """Strip a master of its answers, and of all that is there for the solution's page alone.

    Parameters
    ----------
    master : NotebookNode
        Cells tagged ``solution`` are left out, and cells tagged ``remove-cell``, which the
        solution's page hides, lose the tag. The setup and the checks become read-only.

    Returns
    -------
    NotebookNode
        The exercise; its metadata hold a digest of the cells, so that edits are noticed.
    """
    notebook = copy.deepcopy(master)
    notebook.cells = [cell for cell in notebook.cells if "solution" not in tags(cell)]
    for cell in notebook.cells:
        if "remove-cell" in tags(cell):
            del cell.metadata["tags"]
        if tags(cell) & {"grade", "parameters"}:
            cell.metadata.update(editable=False, deletable=False)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    for cell in tagged(notebook, "answer"):
        cell.source = _without_solution(cell)
    notebook.metadata["coursepkg"] = {"digest": digest(notebook)}
    return notebook


def digest(notebook: NotebookNode) -> str:
    """Return the SHA-256 of what the cells of a notebook say."""
    sources = [[cell.cell_type, cell.source] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def settled(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """Keep the old values of an expected file where they still hold.

    Parameters
    ----------
    new, old : dict
        Expected files; the old one may be empty.

    Returns
    -------
    dict
        The new file, with old values that are within the check's tolerance of the new ones, since
        the last digits differ between processors.
    """
    new = copy.deepcopy(new)
    for name, check in new["checks"].items():
        before = old.get("checks", {}).get(name, {})
        _keep(check, before, check)
        earlier = {wrong["name"]: wrong for wrong in before.get("misconceptions", [])}
        for wrong in check["misconceptions"]:
            _keep(wrong, earlier.get(wrong["name"], {}), check)
    return new


def _keep(record: dict[str, Any], before: Mapping[str, Any], check: Mapping[str, Any]) -> None:
    pair = Outcome.recorded(before), Outcome.recorded(record)
    if "value" in record and "value" in before and same(*pair, **tolerance(check)):
        record["value"] = before["value"]


def _checked_seed(master: NotebookNode, name: str) -> int:
    """Make sure that a master is built as it must be, and return its default seed."""
    ids = Counter(cell.get("id") for cell in master.cells)
    if None in ids or max(ids.values()) > 1:
        raise Problem(f"{name}: every cell needs an id of its own. Received: {dict(ids)}")
    setups = tagged(master, "parameters")
    if len(setups) != 1:
        raise Problem(f"{name}: one cell carries the tag parameters. Received: {len(setups)}")
    seed = re.search(r"(?m)^seed = (\d+)", setups[0].source)
    declared = EXERCISE.search(setups[0].source)
    if not seed or not declared or declared.group(1) != name:
        raise Problem(f'{name}: its setup must say exercise = "{name}" and seed = 0')
    for cell in tagged(master, "grade"):
        points = cell.metadata.get("nbgrader", {}).get("points")
        if not isinstance(points, int) or points < 1:
            raise Problem(f"{cell.id}: nbgrader.points must be an integer >= 1. Received: {points}")
        missing = {"hint", "rtol", "atol"} - set(cell.metadata.get("coursepkg", {}))
        if missing:
            raise Problem(f"{cell.id}: metadata.coursepkg lacks {', '.join(sorted(missing))}")
    return int(seed.group(1))


def _checks(
    master: NotebookNode, variants: Iterable[Variant], *, seed: int | None = None
) -> dict[str, Any]:
    """Run the solution and the misconceptions, and note what each check makes of them."""
    right = outcomes(master, seed=seed)
    checks = {cell.id: _record(cell, right) for cell in tagged(master, "grade")}
    part_of = {answer: part for part in divided(master) for answer in part.answers}
    for wrong in variants:
        part = part_of[wrong.cell]
        found = outcomes(master, seed=seed, answers={wrong.cell: wrong.source}, part=part)
        caught = _note(checks, wrong, {name: found[name] for name in part.checks})
        if not caught and seed is None:
            raise Problem(f"misconception {wrong.name} loses no points")
    for record in checks.values():
        record["misconceptions"] = _told_apart(record)
    for check, outcome in right.items():
        if fault(outcome, checks[check]):
            raise Problem(f"{check}: the rounded value is out of tolerance: widen rtol or atol")
    return checks


def _record(cell: NotebookNode, right: Mapping[str, Outcome]) -> dict[str, Any]:
    """Start the record of a check with what its solution gives."""
    outcome = right.get(cell.id)
    if outcome is None:
        raise Problem(f"check cell {cell.id} must call show({cell.id!r}, ...)")
    if outcome.error:
        raise Problem(f"{cell.id}: the solution raised {outcome.error} {outcome.where}".rstrip())
    if _NOT_FINITE.search(json.dumps(outcome.value)):
        raise Problem(f"{cell.id}: the solution's value must be finite. Received: {outcome.value}")
    feedback = cell.metadata["coursepkg"]
    return {
        "value": _rounded(outcome.value),
        **tolerance(feedback),
        "hint": feedback["hint"],
        "misconceptions": [],
    }


def _note(checks: dict[str, Any], wrong: Variant, found: Mapping[str, Outcome]) -> bool:
    """Note what a misconception gives in each check that it fails; say whether it fails one."""
    caught = [name for name in found if fault(found[name], {**checks[name], **_NO_ADVICE})]
    for name in caught:
        outcome = found[name]
        gives = {"error": outcome.error} if outcome.error else {"value": _rounded(outcome.value)}
        checks[name]["misconceptions"].append({"name": wrong.name, "says": wrong.says, **gives})
    return bool(caught)


def _told_apart(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Join the sentences of misconceptions that give the same here, since any may be meant.

    Values that are not finite are left out: there are many ways to nan.
    """
    close = tolerance(record)
    found: list[tuple[Outcome, dict[str, Any]]] = []
    for wrong in record["misconceptions"]:
        outcome = Outcome.recorded(wrong)
        twin = next((one for known, one in found if same(outcome, known, **close)), None)
        if twin:
            twin["says"] = f"{twin['says']} Or: {wrong['says']}"
        elif not _NOT_FINITE.search(json.dumps(outcome.value)):
            found.append((outcome, dict(wrong)))
    return [wrong for _, wrong in found]


def _without_solution(cell: NotebookNode) -> str:
    source, regions = SOLUTION.subn(lambda m: STUB.format(indent=m["indent"]), cell.source)
    if not regions or "SOLUTION" in source:
        raise Problem(f"{cell.id}: an answer needs ### BEGIN SOLUTION and ### END SOLUTION")
    return source


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") + 0.0  # which makes 0 of -0
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list) else value


def refuse_if_edited(path: Path) -> None:
    """Keep a released notebook from being overwritten once somebody wrote into it.

    Parameters
    ----------
    path : Path
        The notebook, made by `released_notebook`.

    Raises
    ------
    Problem
        If its cells are not what they were.
    """
    notebook = read_notebook(path)
    if notebook.metadata.get("coursepkg", {}).get("digest") != digest(notebook):
        raise Problem(
            f"{path} was edited after it was made, so it stays as it is. Move it to another place "
            "(answers to an exercise belong into work/, see `coursepkg start`), then write it again"
        )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(_text(path) or "{}")
    except ValueError as error:
        raise Problem(f"{path} is damaged ({error}): delete it and release again") from None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _json_text(expected: Mapping[str, Any]) -> str:
    return json.dumps(expected, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
