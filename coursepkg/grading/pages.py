"""Results as pages: one for the teacher, and one for each student.

Each page is a document of its own, without scripts and without anything to load. All that it shows
may come from a student, so the templates beside this module escape whatever they are given.
"""

from __future__ import annotations

import functools
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coursepkg.grading.exports import checks_by_part, part_titles

if TYPE_CHECKING:
    from jinja2 import Environment

    from coursepkg.grading.results import CheckResult, Results, SubmissionResult

MOST_BARS = 25  # that a phone has room for
AT_FIRST = 8  # misconceptions that are seen before the rest is unfolded
OUTCOMES = {
    "right": "right",
    "wrong": "wrong value",
    "error": "raised an error",
    "no answer": "no answer",
    "timed out": "did not end in time",
    "killed": "ended its kernel",
    "not run": "not run",
}
STATUSES = {
    "graded": "graded",
    "stopped": "stopped",
    "problem": "not graded",
    "failed": "grader failed",
}
GRADED = ("graded", "stopped")  # the states of a submission that could be graded
EXPLAINED = {
    "stopped": "A cell did not end in time, or ended its kernel, and had to be stopped.",
    "problem": "Nothing could be graded.",
    "failed": "The grader itself failed, which is no fault of yours: ask for another run.",
}
# What HTML forbids, and halves of surrogate pairs, which cannot be written in UTF-8.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Finding:
    """One thing that is said of one or more checks; ``values`` are id, expected and got of each."""

    checks: tuple[str, ...]
    message: str
    hint: str
    values: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class PartFeedback:
    """One part of one submission."""

    title: str
    checks: tuple[CheckResult, ...]
    findings: tuple[Finding, ...]

    @property
    def earned(self) -> int:
        """Points earned."""
        return sum(check.earned for check in self.checks)

    @property
    def points(self) -> int:
        """Points to earn."""
        return sum(check.points for check in self.checks)


@dataclass(frozen=True)
class Scores:
    """How the scores of a class are spread; ``error`` is the mean's, None with one score."""

    count: int
    mean: float
    error: float | None
    median: float
    full: int
    bars: tuple[Bar, ...]

    @property
    def highest(self) -> Bar:
        """The commonest scores."""
        return max(self.bars, key=lambda bar: bar.count)

    @property
    def in_words(self) -> str:
        """What the chart shows, in one sentence."""
        filled = [bar for bar in self.bars if bar.count]
        return (
            f"How often each score came: from {filled[0].low} to {filled[-1].high} points, "
            f"most often {self.highest.label}."
        )


@dataclass(frozen=True)
class Bar:
    """How many scores lie from ``low`` to ``high``."""

    low: int
    high: int
    count: int

    @property
    def label(self) -> str:
        """The scores in words."""
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


@dataclass(frozen=True)
class PartLoss:
    """How hard one part was: points earned on average, and the share of points lost."""

    title: str
    mean: float
    points: int
    lost: float


@dataclass(frozen=True)
class Misconception:
    """One misconception of a class."""

    name: str
    says: str
    students: int
    checks: tuple[str, ...]


def class_page(results: Results, student_links: Mapping[str, str]) -> str:
    """Write the teacher's page.

    Parameters
    ----------
    results : Results
        What the grader found.
    student_links : mapping of str to str
        Where the page of each student lies, as a link from this page; a student without an entry
        gets no link.

    Returns
    -------
    str
        An HTML document.
    """
    ordered = sorted(results.submissions, key=lambda one: (one.student.casefold(), one.student))
    numbered = list(enumerate(ordered, start=1))
    return _render(
        "class.html.jinja",
        results=results,
        most=max((found.max_score for found in ordered), default=0),
        scores=score_statistics(results),
        parts=hardest_parts(results),
        ungraded=[found for found in ordered if found.status not in GRADED],
        misconceptions=commonest_misconceptions(results),
        at_first=AT_FIRST,
        troubled=[(n, one) for n, one in numbered if one.problems or one.status != "graded"],
        students=numbered,
        links=student_links,
    )


def student_page(results: Results, submission: SubmissionResult) -> str:
    """Write the page of one student.

    Parameters
    ----------
    results : Results
        What the grader found.
    submission : SubmissionResult
        The student's part of it; nothing of anybody else gets into the page.

    Returns
    -------
    str
        An HTML document.
    """
    return _render(
        "student.html.jinja",
        results=results,
        submission=submission,
        explained=EXPLAINED.get(submission.status, ""),
    )


def score_statistics(results: Results) -> Scores | None:
    """Describe the scores of all who have one, None if nobody has.

    Parameters
    ----------
    results : Results
        What the grader found. A submission of which something had to be stopped has a score.

    Returns
    -------
    Scores or None
        Mean, its standard error, median, and the distribution.
    """
    counted = [found for found in results.submissions if found.status in GRADED]
    if not counted:
        return None
    scores = [found.score for found in counted]
    count, most = len(scores), max(found.max_score for found in counted)
    return Scores(
        count=count,
        mean=statistics.fmean(scores),
        error=statistics.stdev(scores) / count**0.5 if count > 1 else None,
        median=statistics.median(scores),
        full=sum(found.score == found.max_score for found in counted),
        bars=tuple(_bars(scores, most)),
    )


def _bars(scores: Sequence[int], most: int) -> Iterator[Bar]:
    width = most // MOST_BARS + 1
    for low in range(0, most + 1, width):
        high = min(low + width - 1, most)
        yield Bar(low, high, sum(low <= score <= high for score in scores))


def hardest_parts(results: Results) -> list[PartLoss]:
    """Sort the parts of an exercise by the share of points that was lost.

    Parameters
    ----------
    results : Results
        What the grader found; the submissions of `score_statistics` count here, too.

    Returns
    -------
    list of PartLoss
        The hardest first.
    """
    graded = [checks_by_part(found) for found in results.submissions if found.status in GRADED]
    losses = []
    for title in part_titles(results):
        done = [parts[title] for parts in graded if title in parts]
        if done:
            points = sum(check.points for check in done[0])
            mean = statistics.fmean(sum(check.earned for check in checks) for checks in done)
            losses.append(PartLoss(title, mean, points, 1 - mean / points))
    return sorted(losses, key=lambda part: -part.lost)


def commonest_misconceptions(results: Results) -> list[Misconception]:
    """Count the students of each misconception.

    Parameters
    ----------
    results : Results
        What the grader found.

    Returns
    -------
    list of Misconception
        The commonest first. Where its sentence differs between checks, the most frequent is said.
    """
    said: dict[str, list[tuple[str, CheckResult]]] = {}
    for found in results.submissions:
        for check in found.checks:
            if check.misconception:
                said.setdefault(check.misconception, []).append((found.student, check))
    counted = [
        Misconception(
            name=name,
            says=Counter(check.hint or check.message for _, check in seen).most_common(1)[0][0],
            students=len({student for student, _ in seen}),
            checks=tuple(dict.fromkeys(check.id for _, check in seen)),
        )
        for name, seen in said.items()
    ]
    return sorted(counted, key=lambda one: (-one.students, one.name))


def feedback(submission: SubmissionResult) -> list[PartFeedback]:
    """Put together what is said of each part, the same thing only once.

    Parameters
    ----------
    submission : SubmissionResult
        What one submission is worth.

    Returns
    -------
    list of PartFeedback
        In the exercise's order.
    """
    return [
        PartFeedback(title, tuple(checks), tuple(_findings(checks)))
        for title, checks in checks_by_part(submission).items()
    ]


def _findings(checks: Sequence[CheckResult]) -> Iterator[Finding]:
    said: dict[tuple[str, str], list[CheckResult]] = {}
    for check in checks:
        if check.outcome != "right":
            message = message_of(check)
            said.setdefault((message, hint_of(check)), []).append(check)
    for (message, hint), group in said.items():
        values = tuple(
            (one.id, one.expected, got_of(one)) for one in group if one.expected or one.got
        )
        yield Finding(tuple(check.id for check in group), message, hint, values)


def message_of(check: CheckResult) -> str:
    """Return what is said of a check, without its name, which stands beside it."""
    said = check.message.removeprefix(f"{check.id}: ")
    return said or OUTCOMES.get(check.outcome, check.outcome)


def hint_of(check: CheckResult) -> str:
    """Return the hint of a check, unless its message says it already."""
    return "" if check.hint in check.message else check.hint


def got_of(check: CheckResult) -> str:
    """Return what came of a check, unless its message says it already."""
    return "" if check.outcome == "error" and check.got in check.message else check.got


def exercise_title(exercise: str) -> str:
    """Return the name of an exercise in words.

    Examples
    --------
    >>> exercise_title("02_weight_penalties")
    'Exercise 2: weight penalties'
    """
    number, _, words = exercise.partition("_")
    if not (number.isdecimal() and words):
        return f"Exercise {exercise}"
    return f"Exercise {int(number)}: {words.replace('_', ' ')}"


def _render(template: str, **shown: object) -> str:
    page = _environment().get_template(template).render(**shown)
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", page)


@functools.cache
def _environment() -> Environment:
    import jinja2  # commands that write no page need not wait for it
    from markupsafe import Markup, escape

    def prose(text: str) -> Markup:
        """Escape a sentence and set what stands between backticks as code."""
        return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("coursepkg.grading", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "exercise_title": exercise_title,
        "feedback": feedback,
        "got_of": got_of,
        "hint_of": hint_of,
        "message_of": message_of,
        "prose": prose,
        "words": lambda name: name.replace("_", " ").capitalize(),
    }
    environment.globals |= {"OUTCOMES": OUTCOMES, "STATUSES": STATUSES}
    return environment
