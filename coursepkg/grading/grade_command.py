"""What ``coursepkg grade`` does, from the folder of submissions to the reports."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import click

from coursepkg.grading import report
from coursepkg.grading.classroom import Classroom, open_classroom
from coursepkg.grading.exercise import Course, Problem
from coursepkg.grading.exports import csv_text, gradescope_text
from coursepkg.grading.isolation import warning
from coursepkg.grading.reference import GraderFailed
from coursepkg.grading.results import Results, SubmissionResult
from coursepkg.grading.writing import write_all

FULL, LOST, GRADER_FAILED, STOPPED, INTERRUPTED = 0, 1, 3, 4, 130  # exit codes


@dataclass(frozen=True)
class Reports:
    """The files that are asked for, each None if it is not.

    Attributes
    ----------
    json, csv, html, gradescope : Path or None
        The JSON file, the gradebook's, the teacher's page, and Gradescope's file or folder.
    """

    json: Path | None = None
    csv: Path | None = None
    html: Path | None = None
    gradescope: Path | None = None

    @property
    def kept(self) -> Path | None:
        """The folder for one JSON file a student, beside the whole."""
        return beside(self.json) if self.json else None

    def texts(self, results: Results) -> dict[Path, str]:
        """Return what each file is to hold."""
        found: dict[Path, str] = {}
        if self.json:
            found[self.json] = results.as_json()
        if self.csv:
            found[self.csv] = csv_text(results)
        if self.html:
            found |= _pages(self.html, results)
        if self.gradescope:
            found |= _for_gradescope(self.gradescope, results)
        return found


def beside(path: Path) -> Path:
    """Return the folder that belongs to a file: ``grades`` to ``grades.json``."""
    return path.with_suffix("") if path.suffix else path.with_name(f"{path.name}-students")


def run(
    course: Course,
    submissions: Path,
    reports: Reports,
    *,
    jobs: int,
    scheduler: str | None,
    resume: bool,
    **how: object,
) -> int:
    """Grade what was handed in, show it and write the reports.

    Parameters
    ----------
    course : Course
        Where the exercises live.
    submissions : Path
        A notebook or a folder.
    reports : Reports
        The files to write.
    jobs, scheduler
        As for `Classroom.grade`.
    resume : bool
        Whether to go on where an earlier run was interrupted.
    **how
        As for `open_classroom`.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    Problem
        If nothing can be graded, or a file cannot be written.
    """
    if resume and not reports.kept:
        raise Problem("--resume goes on from what --json FILE keeps of each student: name FILE")
    _refuse_among_submissions(submissions, reports)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to end workers, too
    room = open_classroom(course, submissions, kept=reports.kept, resume=resume, **how)
    _announce(room)
    try:
        results = _graded(room, jobs, scheduler)
    except GraderFailed as problem:
        click.echo(f"problem: {problem}", err=True)
        return GRADER_FAILED
    except KeyboardInterrupt:
        if not room.done:
            click.echo("interrupted: nothing is graded yet", err=True)
            return INTERRUPTED
        kept = f"{len(room.done)} of {len(room.entries)} submissions are graded"
        kept += " and kept; go on with --resume" if reports.kept else ", and lost without --json"
        click.echo(f"interrupted: {kept}", err=True)
        return INTERRUPTED
    write_all(reports.texts(results))
    report.console(sys.stdout).print(report.grades_table(results))
    return exit_code(results.submissions)


def _refuse_among_submissions(submissions: Path, reports: Reports) -> None:
    """Keep reports out of the folder of submissions, where they would be somebody's."""
    home = submissions.resolve()
    for path in (reports.json, reports.csv, reports.html, reports.gradescope):
        for place in (path, beside(path)) if path else ():
            if home.is_dir() and place.resolve().is_relative_to(home):
                raise Problem(f"{place} would lie among the submissions: choose another place")


def exit_code(submissions: Iterable[SubmissionResult]) -> int:
    """Return 0 for full marks, 1 for points lost, 3 and 4 if the grader failed or stopped one."""
    submissions = list(submissions)
    states = {result.status for result in submissions}
    if "failed" in states:
        return GRADER_FAILED
    if "stopped" in states:
        return STOPPED
    return FULL if all(r.score == r.max_score for r in submissions) else LOST


def _announce(room: Classroom) -> None:
    count = len(room.entries)
    done = f", {len(room.done)} of them already graded" if room.done else ""
    blank = room.blank
    click.echo(
        f"{blank.exercise}: {count} submission{'s' * (count != 1)}{done}; seed {blank.seed}, "
        f"isolation {blank.isolation}",
        err=True,
    )
    if said := warning(blank.isolation):
        click.echo(f"note: {said}", err=True)


def _graded(room: Classroom, jobs: int, scheduler: str | None) -> Results:
    with report.progress() as bar:
        task = bar.add_task("grading", total=len(room.entries), completed=len(room.done))
        return room.grade(jobs=jobs, scheduler=scheduler, on_result=lambda _: bar.advance(task))


def _pages(path: Path, results: Results) -> Mapping[Path, str]:
    from coursepkg.grading.pages import class_page, student_page

    folder = beside(path)
    files = {r.student: folder / f"{r.student}.html" for r in results.submissions}
    links = {name: quote(f"{folder.name}/{file.name}") for name, file in files.items()}
    pages = {files[r.student]: student_page(results, r) for r in results.submissions}
    return {path: class_page(results, links), **pages}


def _for_gradescope(path: Path, results: Results) -> Mapping[Path, str]:
    """Write one file for one submission, and a folder of files for more.

    Where the grader itself failed there is none, since its 0 would be the student's.
    """
    texts = {
        r.student: gradescope_text(r, results.exercise)
        for r in results.submissions
        if r.status != "failed"
    }
    if len(results.submissions) == 1:
        return {path: one for one in texts.values()}  # noqa: B035 - one at most
    return {path / f"{student}.json": text for student, text in texts.items()}
