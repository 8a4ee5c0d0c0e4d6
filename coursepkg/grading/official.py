"""The official grade of one submission: under a fresh seed, in isolation, against the reference."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from coursepkg.grading.exercise import (
    Course,
    NotAnExercise,
    Part,
    Problem,
    parse_notebook,
    parts,
    tagged,
)
from coursepkg.grading.isolation import hide_memory
from coursepkg.grading.kernels import BoxedKernel
from coursepkg.grading.nbval_run import CellResult, Run, run_notebook
from coursepkg.grading.results import CheckResult, SubmissionResult
from coursepkg.grading.self_check import parts_of
from coursepkg.grading.submission import NEEDS, Submission, assemble, identify
from coursepkg.show import Outcome, fault, same, text, tolerance

LARGEST_FILE = 100 * 2**20  # bytes of a notebook
LONGEST_TEXT = 400  # characters of a value in a report


@dataclass(frozen=True)
class Assignment:
    """What it takes to grade any submission of an exercise.

    Attributes
    ----------
    course : Course
        Where the exercise lives.
    exercise : str
        Its name.
    release : NotebookNode
        The notebook that was given out.
    seed : int
        Draws the inputs of the checks.
    records : mapping of str to dict
        What each check expects under this seed.
    tier : str
        How kernels are isolated.
    timeout : float
        Seconds for a cell.
    """

    course: Course
    exercise: str
    release: NotebookNode
    seed: int
    records: Mapping[str, Mapping[str, Any]]
    tier: str
    timeout: float


@dataclass(frozen=True)
class Entry:
    """What somebody handed in.

    Attributes
    ----------
    student : str
        Who.
    paths : tuple of Path
        Notebooks, one of which should be the submission.
    folder : Path
        Where all submissions lie.
    """

    student: str
    paths: tuple[Path, ...]
    folder: Path

    def seen(self, path: Path) -> str:
        """Write the path of a notebook as seen from the folder of submissions."""
        return path.relative_to(self.folder).as_posix()


@dataclass(frozen=True)
class Graded:
    """The result of a submission, with what is needed to say more on it.

    Attributes
    ----------
    result : SubmissionResult
        The result.
    outcomes : mapping of str to Outcome
        What the checks came to that were not right.
    """

    result: SubmissionResult
    outcomes: Mapping[str, Outcome]

    def explained(self, records: Mapping[str, Mapping[str, Any]]) -> SubmissionResult:
        """Return the result with what these records say to each wrong value."""
        checks = tuple(
            _explained(check, self.outcomes[check.id], records[check.id])
            if check.id in self.outcomes
            else check
            for check in self.result.checks
        )
        return replace(self.result, checks=checks)


def grade(assignment: Assignment, entry: Entry) -> Graded:
    """Grade what somebody handed in.

    Parameters
    ----------
    assignment : Assignment
        The exercise and its reference.
    entry : Entry
        The submission.

    Returns
    -------
    Graded
        Whatever is wrong with a submission is in the result; nothing is raised.
    """
    hide_memory()
    began = time.monotonic()
    file = sha256 = ""
    try:
        path, raw = _the_notebook(assignment, entry)
        file, sha256 = entry.seen(path), hashlib.sha256(raw).hexdigest()
        submission = _submission(assignment, path, raw)
        del raw
    except Problem as problem:
        graded = _not_graded(assignment, entry, "problem", str(problem))
    else:
        try:
            graded = _run(assignment, entry, submission)
        except Exception as error:  # a neighbour's grade must not be lost with this one
            why = str(error) if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
            graded = _not_graded(assignment, entry, "failed", f"the grader failed: {why}"[:400])
    seconds = round(time.monotonic() - began, 2)
    result = replace(graded.result, file=file, sha256=sha256, seconds=seconds)
    return replace(graded, result=result)


def digest_of(entry: Entry) -> str:
    """Return the digest of a submission that has one notebook alone, or nothing."""
    try:
        (path,) = entry.paths
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError):
        return ""


def _the_notebook(assignment: Assignment, entry: Entry) -> tuple[Path, bytes]:
    """Read the notebook that counts: the only one, or the only one that answers the exercise."""
    if not entry.paths:
        raise Problem("there is no notebook in the folder")
    if len(entry.paths) == 1:
        return entry.paths[0], _read(entry, entry.paths[0])
    fitting = [path for path in entry.paths if _answers(assignment, entry, path)]
    if len(fitting) == 1:
        return fitting[0], _read(entry, fitting[0])
    names = ", ".join(map(entry.seen, fitting or entry.paths))
    if fitting:
        raise Problem(f"several notebooks answer {assignment.exercise}, so none counts: {names}")
    raise Problem(f"no notebook answers {assignment.exercise}. Received: {names}")


def _answers(assignment: Assignment, entry: Entry, path: Path) -> bool:
    try:
        notebook = parse_notebook(_read(entry, path), path)
        return identify(assignment.course, notebook, path) == assignment.exercise
    except Problem:
        return False


def _read(entry: Entry, path: Path) -> bytes:
    home = entry.folder / path.relative_to(entry.folder).parts[0]
    if not path.resolve().is_relative_to(home.resolve()):
        raise Problem(f"{entry.seen(path)} is a link that leads out of the folder")
    try:
        if path.stat().st_size > LARGEST_FILE:
            size = path.stat().st_size >> 20
            raise Problem(
                f"{entry.seen(path)} has {size} MB, more than {LARGEST_FILE >> 20}. "
                "Clear its outputs and hand it in again"
            )
        return path.read_bytes()
    except OSError as error:
        raise Problem(f"{entry.seen(path)} cannot be read ({error.strerror})") from None


def _submission(assignment: Assignment, path: Path, raw: bytes) -> Submission:
    notebook = parse_notebook(raw, Path(path.name))
    try:
        found = identify(assignment.course, notebook, Path(path.name))
    except NotAnExercise:
        found = assignment.exercise  # it says nothing else
    if found != assignment.exercise:
        raise Problem(f"{path.name} answers {found}. Expected: {assignment.exercise}")
    submission = assemble(
        notebook,
        assignment.release,
        path=path,
        exercise=assignment.exercise,
        seed=assignment.seed,
    )
    if not submission.home:
        raise Problem(f"{path.name} holds no answer of {assignment.exercise}")
    return submission


def _not_graded(assignment: Assignment, entry: Entry, status: str, problem: str) -> Graded:
    checks = tuple(
        CheckResult(check, part.title, points, 0, "not run", message="not graded, see the problems")
        for part in parts(assignment.release)
        for check, points in part.points.items()
    )
    return Graded(SubmissionResult(entry.student, "", "", status, (problem,), 0.0, checks), {})


def _run(assignment: Assignment, entry: Entry, submission: Submission) -> Graded:
    divided = parts(submission.release)
    run = Run(
        start=functools.partial(BoxedKernel, assignment.tier),
        timeout=assignment.timeout,
        parts_of=parts_of(divided, submission.home),
        checks=frozenset(cell.id for cell in tagged(submission.release, "grade")),
        reference=assignment.records,
    )
    results = run_notebook(submission.notebook, run)
    (setup,) = tagged(submission.release, "parameters")
    if results[setup.id].status != "passed":  # no code of the student's had run yet
        raise Problem(f"the first cell {results[setup.id].message}")
    outcomes: dict[str, Outcome] = {}
    checks = []
    for part in divided:
        blocked = _blocked(part, submission)
        for check in part.checks:
            cell, record = results[check], assignment.records[check]
            checks.append(_count(part, check, cell, blocked, record))
            if cell.outcome and not blocked and checks[-1].earned == 0:
                outcomes[check] = cell.outcome
    status = "stopped" if any(result.stopped for result in results.values()) else "graded"
    problems = (
        *submission.notes,
        *(f"{name}: {said}" for name, said in submission.forbidden.items()),
        *_raised(submission, results),
    )
    result = SubmissionResult(entry.student, "", "", status, problems, 0.0, tuple(checks))
    return Graded(result, outcomes)


def _raised(submission: Submission, results: Mapping[str, CellResult]) -> Iterator[str]:
    """Say which cells of the student's own raised an error, or had to be stopped."""
    graded = {cell.id for cell in tagged(submission.release, "grade")}
    for cell, result in results.items():
        if cell not in graded and result.status in ("failed", "timed out", "killed"):
            what = "its cell raised " if result.status == "failed" else ""
            name = cell.removeprefix(NEEDS)
            whose = "what it takes from other cells: " if name != cell else ""
            yield f"{name}: {whose}{what}{result.message}"


def _blocked(part: Part, submission: Submission) -> tuple[str, str] | None:
    """Return outcome and reason where a part earns nothing, whatever its checks come to."""
    for answer in part.answers:
        if answer in submission.forbidden:
            return "error", f"{answer}: {submission.forbidden[answer]}"
        if answer not in submission.home:
            return "no answer", f"no cell defines {answer}"
    return None


def _count(
    part: Part,
    check: str,
    cell: CellResult,
    blocked: tuple[str, str] | None,
    record: Mapping[str, Any],
) -> CheckResult:
    """Give a check its points: for a clean pass, and for nothing else."""
    points = part.points[check]
    right = cell.status == "passed" and not blocked
    outcome, message = blocked or (_outcome(cell), cell.message)
    return CheckResult(
        id=check,
        part=part.title,
        points=points,
        earned=points if right else 0,
        outcome=outcome,
        seconds=cell.seconds,
        expected=_short(record["value"]),
        got=_short(cell.outcome.value) if right and cell.outcome else "",
        message="" if right else message,
        hint="" if right else record["hint"],
    )


def _outcome(cell: CellResult) -> str:
    if cell.status != "failed":
        return {"passed": "right"}.get(cell.status, cell.status)
    if cell.outcome is None or cell.outcome.error:
        missing = cell.outcome and cell.outcome.error.startswith("NotImplementedError")
        return "no answer" if missing else "error"
    return "wrong"


def _explained(check: CheckResult, outcome: Outcome, record: Mapping[str, Any]) -> CheckResult:
    """Say of a wrong value what it is, and what helps."""
    fitting = next((w for w in record["misconceptions"] if _is(outcome, w, record)), None)
    return replace(
        check,
        got=outcome.error or _short(outcome.value),
        message=fault(outcome, record),
        hint=fitting["says"] if fitting else record["hint"],
        misconception=fitting["name"] if fitting else "",
    )


def _is(outcome: Outcome, wrong: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    return same(outcome, Outcome.recorded(wrong), **tolerance(record))


def _short(value: Any) -> str:
    line = text(value)
    return line if len(line) <= LONGEST_TEXT else f"{line[:LONGEST_TEXT]} ..."
