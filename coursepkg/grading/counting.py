"""From how the cells of a submission went to the points of its checks, and what is said to each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from coursepkg.grading.exercise import Part, parts, tagged
from coursepkg.grading.results import CheckResult
from coursepkg.grading.submission import NEEDS, Submission
from coursepkg.show import Outcome, fault, same, text, tolerance

if TYPE_CHECKING:
    from coursepkg.grading.nbval_run import CellResult

LONGEST_TEXT = 200  # characters of a value in a report

Records = Mapping[str, Mapping[str, Any]]  # what each check expects, as in an expected file


def count(
    submission: Submission, results: Mapping[str, CellResult], records: Records
) -> tuple[tuple[CheckResult, ...], dict[str, Outcome]]:
    """Give each check its points.

    Parameters
    ----------
    submission : Submission
        What was run.
    results : mapping of str to CellResult
        How each cell went.
    records : mapping of str to dict
        What each check expects.

    Returns
    -------
    tuple of CheckResult
        One for each check, in order.
    dict of str to Outcome
        What those came to that are not right, for `explained`.
    """
    checks: list[CheckResult] = []
    outcomes: dict[str, Outcome] = {}
    for part in parts(submission.release):
        blocked = _blocked(part, submission)
        for check in part.checks:
            cell = results[check]
            blocked_here = blocked or _derived(part, cell, submission, results)
            checks.append(_count(part, check, cell, blocked_here, records[check]))
            if cell.outcome and not blocked_here and not checks[-1].earned:
                outcomes[check] = cell.outcome
    return tuple(checks), outcomes


def problems_of(submission: Submission, results: Mapping[str, CellResult]) -> Iterator[str]:
    """Say what is not as it was given out, and which of the student's cells failed.

    Parameters
    ----------
    submission : Submission
        What was run.
    results : mapping of str to CellResult
        How each cell went.

    Yields
    ------
    str
        One line each.
    """
    yield from submission.notes
    yield from (f"{name}: {said}" for name, said in submission.forbidden.items())
    graded = {cell.id for cell in tagged(submission.release, "grade")}
    for cell, result in results.items():
        if cell in graded and result.stopped:
            yield f"{cell}: {result.message}"
        if cell not in graded and cell not in submission.forbidden and _failed(result):
            yield _cause(cell, result)


def _failed(result: CellResult) -> bool:
    return result.status in ("failed", "timed out", "killed")


def _cause(cell: str, result: CellResult) -> str:
    """Say how a cell with an answer, or with what an answer needs, went wrong."""
    number, needs, answer = cell.partition(f"-{NEEDS}")
    name, whose = (answer, f"cell {number}, which it needs,") if needs else (cell, "its cell")
    if needs or result.status == "failed":
        return f"{name}: {whose} {'raised ' * (result.status == 'failed')}{result.message}"
    return f"{name}: {result.message}"


def _blocked(part: Part, submission: Submission) -> tuple[str, str] | None:
    """Return outcome and reason where a part earns nothing, whatever its checks come to."""
    for answer in part.answers:
        if answer in submission.forbidden:
            return "error", f"{answer}: {submission.forbidden[answer]}"
        if answer not in submission.home:
            return "no answer", f"no cell defines {answer}"
    return None


def _derived(
    part: Part, cell: CellResult, submission: Submission, results: Mapping[str, CellResult]
) -> tuple[str, str] | None:
    """Return outcome and reason of a check whose error only follows from another one."""
    error = cell.outcome.error if cell.outcome else ""
    if error.startswith("NotImplementedError") and not set(part.answers) & set(
        submission.unfinished
    ):
        return "error", "it calls a function of another part, which has no answer yet"
    for answer in part.answers:
        if error == f"NameError: name '{answer}' is not defined":
            home = submission.home[answer]
            if _failed(results[home]):
                return "error", _cause(home, results[home])
            return "error", f"the cell of {answer} does not define {answer}"
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
        hint=record["hint"] if outcome == "wrong" else "",
    )


def _outcome(cell: CellResult) -> str:
    if cell.status != "failed":
        return {"passed": "right"}.get(cell.status, cell.status)
    if cell.outcome is None or cell.outcome.error:
        missing = cell.outcome and cell.outcome.error.startswith("NotImplementedError")
        return "no answer" if missing else "error"
    return "wrong"


def explained(check: CheckResult, outcome: Outcome, record: Mapping[str, Any]) -> CheckResult:
    """Say of a wrong value what it is, and what helps.

    Parameters
    ----------
    check : CheckResult
        The check as it was counted.
    outcome : Outcome
        What it came to.
    record : mapping
        What it expects, with what the misconceptions give.

    Returns
    -------
    CheckResult
        With the message that the student reads.
    """
    fitting = next((w for w in record["misconceptions"] if _is(outcome, w, record)), None)
    return replace(
        check,
        got=outcome.error or _short(outcome.value),
        message=fault(outcome, record).removesuffix(f" Hint: {record['hint']}"),
        hint=fitting["says"] if fitting else check.hint,
        misconception=fitting["name"] if fitting else "",
    )


def _is(outcome: Outcome, wrong: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    return same(outcome, Outcome.recorded(wrong), **tolerance(record))


def _short(value: Any) -> str:
    line = text(value)
    return line if len(line) <= LONGEST_TEXT else f"{line[:LONGEST_TEXT]} ..."
