"""Results for other programs: a gradebook's CSV and Gradescope's ``results.json``."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coursepkg.grading.results import CheckResult, Results, SubmissionResult

# A spreadsheet runs a cell as a formula if it begins so; the wide ones are East Asian forms.
FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")


def checks_by_part(submission: SubmissionResult) -> dict[str, list[CheckResult]]:
    """Return the checks of each part of a submission, in order.

    Parameters
    ----------
    submission : SubmissionResult
        What one submission is worth.

    Returns
    -------
    dict of str to list of CheckResult
        By the title of the part.
    """
    parts: dict[str, list[CheckResult]] = {}
    for check in submission.checks:
        parts.setdefault(check.part, []).append(check)
    return parts


def part_titles(results: Results) -> list[str]:
    """List the parts of the exercise, in order, also those of a part of the submissions."""
    return list(
        dict.fromkeys(check.part for found in results.submissions for check in found.checks)
    )


def csv_text(results: Results) -> str:
    """Write what a gradebook imports.

    Parameters
    ----------
    results : Results
        What the grader found.

    Returns
    -------
    str
        Comma-separated values as in RFC 4180, lines ended by CR and LF: student, score, max_score,
        status, the points of each part, and problems, joined by "; ". Text is quoted; text that a
        spreadsheet would run as a formula begins with an apostrophe. Where the grader itself failed
        there is no score, since a 0 would be taken for the student's.
    """
    parts = part_titles(results)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
    head = "student", "score", "max_score", "status", *parts, "problems"
    writer.writerow(map(_harmless, head))
    most = max((found.max_score for found in results.submissions), default=0)
    for found in results.submissions:
        checks = checks_by_part(found)
        points = [sum(check.earned for check in checks.get(part, ())) for part in parts]
        score: list[int | str] = [found.score, *points]
        if found.status == "failed":
            score = [""] * len(score)
        problems = "; ".join(found.problems)
        row = [found.student, score[0], most, found.status, *score[1:], problems]
        writer.writerow(map(_harmless, row))
    return _encodable(stream.getvalue())


def gradescope_text(submission: SubmissionResult, exercise: str) -> str:
    """Write the ``results.json`` of one submission for Gradescope.

    Parameters
    ----------
    submission : SubmissionResult
        What the submission is worth.
    exercise : str
        Name of the exercise.

    Returns
    -------
    str
        JSON. All text is declared as plain, so that Gradescope takes nothing in it for HTML. What
        the grader printed stays hidden from students.

    References
    ----------
    - Gradescope, Autograder Specifications, "Output format".
    """
    score = f"{exercise}: {submission.score} of {submission.max_score} points"
    if submission.status != "graded":
        score += f" ({submission.status})"
    record = {
        "score": submission.score,
        "execution_time": round(submission.seconds),
        "output": "\n".join([score, *submission.problems]),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": list(_gradescope_tests(submission)),
    }
    return _encodable(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def _gradescope_tests(submission: SubmissionResult) -> Iterator[dict[str, Any]]:
    for part, (title, checks) in enumerate(checks_by_part(submission).items(), start=1):
        for number, check in enumerate(checks, start=1):
            yield {
                "name": f"{title}: {check.id}",
                "number": f"{part}.{number}",
                "score": check.earned,
                "max_score": check.points,
                "status": "passed" if check.outcome == "right" else "failed",
                "output": _said(check),
                "visibility": "visible",
            }


def _said(check: CheckResult) -> str:
    """Write what a student reads about one check."""
    if check.outcome == "right":
        return "right"
    lines = [
        check.message or check.outcome,
        f"expected: {check.expected}" if check.expected else "",
        f"got: {check.got}" if check.got else "",
        f"hint: {check.hint}" if check.hint not in check.message else "",
    ]
    return "\n".join(line for line in lines if line)


def _harmless(cell: str | int) -> str | int:
    """Keep a spreadsheet from running what a student wrote."""
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def _encodable(text: str) -> str:
    """Replace halves of surrogate pairs, which come from file names that are no UTF-8."""
    return text.encode(errors="replace").decode()
