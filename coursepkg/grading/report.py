"""How results look in a terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from coursepkg.grading.exports import checks_by_part
from coursepkg.grading.texts import printable

if TYPE_CHECKING:  # they load pytest and nbval, which `coursepkg start` has no need of
    from coursepkg.grading.quality import Quality
    from coursepkg.grading.results import Results, SubmissionResult
    from coursepkg.grading.self_check import Report

WIDE = 1000  # columns where no person looks: a reason stays on one line


def console(stream: TextIO) -> Console:
    """Return a console whose lines are not broken in a file or a pipe."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # rather than fail on a letter it cannot print
    return Console(
        file=stream, width=None if stream.isatty() else WIDE, highlight=False, emoji=False
    )


def progress() -> Progress:
    """Return a bar on stderr that leaves nothing behind, and nothing at all in a file."""
    screen = console(sys.stderr)
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %")
    return Progress(
        *columns,
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def shown(path: Path) -> str:
    """Write a path as seen from the current folder, if it lies below."""
    path = path.resolve()
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def report_table(report: Report) -> Table:
    """Lay out the parts of one notebook, their points and what is wrong with them."""
    saved = datetime.fromtimestamp(report.path.stat().st_mtime)
    title = f"{shown(report.path)}, as saved at {saved:%H:%M:%S}"
    table = Table(title=Text(title), title_justify="left")
    table.show_footer = table.show_lines = True
    table.add_column("part", footer="total", overflow="fold")
    table.add_column(
        "points", footer=f"{report.earned} of {report.points}", justify="right", no_wrap=True
    )
    table.add_column("what was found", overflow="fold")
    for part in report.parts:
        style = "green" if part.earned == part.points else "yellow"
        points = Text(f"{part.earned} of {part.points}", style=style)
        table.add_row(Text(part.title), points, Text("\n".join(part.reasons) or "right"))
    return table


def show_reports(reports: Sequence[Report]) -> None:
    """Print the tables of all notebooks, and the sum over exercises, of each its best notebook."""
    screen = console(sys.stdout)
    for report in reports:
        screen.print(report_table(report))
        for note in report.notes:
            screen.print(f"note: {note}", markup=False)
    best = {r.exercise: r for r in sorted(reports, key=lambda r: r.earned)}.values()
    if len(best) > 1:
        earned, points = sum(r.earned for r in best), sum(r.points for r in best)
        screen.print(f"all exercises: {earned} of {points} points")


def grades_table(results: Results) -> Table:
    """Lay out the points of a class, by student, and in short what cost points."""
    table = Table(title=Text(f"{results.exercise}, seed {results.seed}"), title_justify="left")
    table.add_column("student", overflow="fold")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("what was found", overflow="fold")
    for found in sorted(results.submissions, key=lambda one: (one.student.casefold(), one.student)):
        full = found.status == "graded" and found.score == found.max_score
        style = "green" if full else "yellow"
        score = Text(f"{found.score} of {found.max_score}", style=style)
        lines = "\n".join([*found.problems, *_lost(found)]) or "right" * full
        table.add_row(
            Text(printable(found.student, besides="\n")),
            score,
            Text(found.status, style=style),
            Text(printable(lines, besides="\n")),
        )
    return table


def _lost(submission: SubmissionResult) -> Iterator[str]:
    """Write one line for each part that was graded and is not worth all its points."""
    for title, checks in checks_by_part(submission).items():
        earned, points = sum(c.earned for c in checks), sum(c.points for c in checks)
        if earned < points and any(c.outcome != "not run" for c in checks):
            yield f"{title}: {earned} of {points}"


def quality_table(measured: dict[str, Quality]) -> Table:
    """Lay out how good the checks of each exercise are."""
    table = Table()
    for heading in ("exercise", "wrong versions", "caught", "equivalent", "right answers", "lost"):
        table.add_column(heading, justify="left" if heading == "exercise" else "right")
    for name, quality in measured.items():
        table.add_row(
            name,
            str(quality.wrong),
            f"{quality.caught} ({quality.share_caught:.1%})",
            str(len(quality.equivalent)),
            str(quality.right),
            str(len(quality.rejected)),
        )
    return table


def quality_lines(quality: Quality) -> Iterator[str]:
    """Write one line for each thing that somebody should look at."""
    lists: Sequence[tuple[str, Sequence[str]]] = (
        ("survives", quality.survivors),
        ("right answer rejected", quality.rejected),
        ("reason without a mutant", quality.stale),
    )
    for what, lines in lists:
        yield from (f"{what}: {line}" for line in lines)
    for change, reason in quality.equivalent.items():
        yield f"equivalent: {change} ({reason})"
