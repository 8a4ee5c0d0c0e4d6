"""What a learner's notebook is worth, part by part, and why."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from coursepkg.grading.exercise import DEFAULT_TIMEOUT, Part, code_cells, parts, tagged
from coursepkg.grading.kernels import Kernel
from coursepkg.grading.nbval_run import CellResult, Run, run_notebook
from coursepkg.grading.submission import Submission, parts_of

FULL, LOST, UNUSABLE, STOPPED = 0, 1, 2, 4  # exit codes


@dataclass(frozen=True)
class PartResult:
    """Points of one part.

    Attributes
    ----------
    title : str
        Its heading.
    earned, points : int
        Points earned, and points to earn.
    reasons : tuple of str
        One line for each thing that is wrong, empty when nothing is.
    """

    title: str
    earned: int
    points: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What came of one notebook.

    Attributes
    ----------
    path : Path
        The notebook.
    exercise : str
        The exercise that it answers.
    parts : tuple of PartResult
        Its parts, in order.
    notes : tuple of str
        What else the learner should know.
    code : int
        Exit code: full marks, points lost, or a cell that had to be stopped.
    """

    path: Path
    exercise: str
    parts: tuple[PartResult, ...]
    notes: tuple[str, ...]
    code: int

    @property
    def earned(self) -> int:
        """Points earned."""
        return sum(part.earned for part in self.parts)

    @property
    def points(self) -> int:
        """Points to earn."""
        return sum(part.points for part in self.parts)


def check_submission(
    submission: Submission,
    *,
    timeout: float = DEFAULT_TIMEOUT,
    on_cell: Callable[[], None] = lambda: None,
) -> Report:
    """Run a learner's notebook and count its points.

    Parameters
    ----------
    submission : Submission
        The notebook with the original checks.
    timeout : float, default=60
        Seconds for a cell.
    on_cell : callable
        Called after each cell.

    Returns
    -------
    Report
        Points and reasons. A check earns its points if its cell passes.
    """
    divided = parts(submission.release)
    run = Run(
        start=functools.partial(Kernel, submission.path.resolve().parent),
        timeout=timeout,
        parts_of=parts_of(divided, submission.home),
        checks=frozenset(cell.id for cell in tagged(submission.release, "grade")),
        on_cell=on_cell,
    )
    results = run_notebook(submission.notebook, run)
    counted = tuple(_count(part, results, submission) for part in divided)
    stopped = any(result.stopped for result in results.values())
    full = all(part.earned == part.points for part in counted)
    return Report(
        path=submission.path,
        exercise=submission.exercise,
        parts=counted,
        notes=(
            *_note_on_saving(submission),
            *_note_on_setup(submission, results),
            *submission.notes,
        ),
        code=STOPPED if stopped else FULL if full else LOST,
    )


def count_cells(submission: Submission) -> int:
    """Return the number of cells that a check runs."""
    return len(code_cells(submission.notebook))


def _count(part: Part, results: dict[str, CellResult], submission: Submission) -> PartResult:
    forbidden = [
        f"{answer}: {submission.forbidden[answer]}"
        for answer in part.answers
        if answer in submission.forbidden
    ]
    if forbidden:
        return PartResult(part.title, 0, part.total, tuple(forbidden))
    passed = {check for check in part.checks if results[check].status == "passed"}
    earned = sum(part.points[check] for check in passed)
    failed = {check: results[check].message for check in part.checks if check not in passed}
    reasons = _reasons(part, results, failed, submission.home) if failed else []
    return PartResult(part.title, earned, part.total, tuple(reasons))


def _reasons(
    part: Part,
    results: Mapping[str, CellResult],
    failed: dict[str, str],
    home: Mapping[str, str],
) -> list[str]:
    """Say why checks failed: the cause in an answer's cell first, then what the checks found."""
    gone = [answer for answer in part.answers if answer not in home]
    if gone:
        return [f"no cell defines {', '.join(gone)}"]
    causes = [
        f"{answer}: {'its cell raised ' if result.status == 'failed' else ''}{result.message}"
        for answer in part.answers
        for result in [results[home[answer]]]
        if result.status != "passed"
    ]
    if causes:  # then it is no news what follows from them
        stale = [f"name '{answer}' is not defined" for answer in part.answers]
        stale += [f"not run, as {home[answer]} " for answer in part.answers]
        failed = {c: said for c, said in failed.items() if not any(old in said for old in stale)}
    return causes + _grouped(failed)


def _grouped(messages: dict[str, str]) -> list[str]:
    """Write one line for each thing that is said, with all the checks it is said of."""
    said: dict[str, list[str]] = {}
    for check, message in messages.items():
        said.setdefault(message.removeprefix(f"{check}: "), []).append(check)
    return [f"{', '.join(checks)}: {message}" for message, checks in said.items()]


def _note_on_saving(submission: Submission) -> list[str]:
    """Ask whether a file without a single answer was saved; what an editor shows may differ."""
    stubs = {cell.id: cell.source for cell in tagged(submission.release, "answer")}
    written = [c for c in submission.notebook.cells if c.source != stubs.get(c.id, c.source)]
    return [] if written else ["the file holds no answer yet. Is the notebook saved (Ctrl-S)?"]


def _note_on_setup(submission: Submission, results: dict[str, CellResult]) -> list[str]:
    (setup,) = tagged(submission.release, "parameters")
    said = results[setup.id].message
    return [f"the first cell failed, and all others need it: {said}"] if said else []
