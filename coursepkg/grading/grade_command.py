"""What ``coursepkg grade`` does, from the folder of submissions to the reports."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
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
from coursepkg.grading.texts import file_of
from coursepkg.grading.writing import refuse_unwritable, write_all

# Python ignores an exception that falls into the clearing of an object, an interrupt as any other.
_interrupted = threading.Event()
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

    def files(self, students: Collection[str]) -> Iterator[tuple[str, Path]]:
        """Yield which option writes which file for these students."""
        many = len(students) > 1
        whole = {"--json": self.json, "--csv": self.csv, "--html": self.html}
        whole["--gradescope"] = None if many else self.gradescope
        yield from ((option, path) for option, path in whole.items() if path)
        for option, suffix, folder in (
            ("--json", ".json", self.kept),
            ("--html", ".html", self.html and beside(self.html)),
            ("--gradescope", ".json", self.gradescope if many else None),
        ):
            yield from ((option, file_of(folder, one, suffix)) for one in students if folder)

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
    _interrupted.clear()
    for number in (signal.SIGINT, signal.SIGTERM):  # both end workers, too
        signal.signal(number, _interrupt)
    room = None
    try:
        room = open_classroom(course, submissions, kept=reports.kept, resume=resume, **how)
        _refuse_bad_places(reports, submissions, [entry.student for entry in room.entries])
        _announce(room)
        results = _graded(room, jobs, scheduler)
    except GraderFailed as problem:
        click.echo(f"problem: {problem}", err=True)
        return GRADER_FAILED
    except KeyboardInterrupt:
        if not room or not room.done:
            click.echo("interrupted: nothing is graded yet", err=True)
            return INTERRUPTED
        kept = f"{len(room.done)} of {len(room.entries)} submissions are graded"
        kept += " and kept; go on with --resume" if reports.kept else ", and lost without --json"
        click.echo(f"interrupted: {kept}", err=True)
        return INTERRUPTED
    write_all(reports.texts(results), private=True)
    report.console(sys.stdout).print(report.grades_table(results))
    return exit_code(results.submissions)


def _interrupt(_signal: int, _frame: object) -> None:
    _interrupted.set()
    raise KeyboardInterrupt


def _refuse_bad_places(reports: Reports, submissions: Path, students: Collection[str]) -> None:
    """Refuse files that would lie among the submissions, replace each other or be no file."""
    home = submissions.resolve()
    taken: dict[Path, str] = {}
    files = list(reports.files(students))
    for option, path in files:
        place = path.resolve()
        if home.is_dir() and place.is_relative_to(home):
            raise Problem(f"{option} would put {path} among the submissions: choose another place")
        rival = next((p for p in (place, *place.parents) if p in taken), None)
        if rival:
            raise Problem(f"{taken[rival]} and {option} would both write {path}: choose two names")
        taken[place] = option
    refuse_unwritable([path for _, path in files])


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

        def on_result(_result: SubmissionResult) -> None:
            """Move the bar, unless an interrupt was lost: then it takes effect here."""
            bar.advance(task)
            if _interrupted.is_set():
                raise KeyboardInterrupt

        return room.grade(jobs=jobs, scheduler=scheduler, on_result=on_result)


def _pages(path: Path, results: Results) -> Mapping[Path, str]:
    from coursepkg.grading.pages import class_page, student_page

    folder = beside(path)
    files = {r.student: file_of(folder, r.student, ".html") for r in results.submissions}
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
    return {file_of(path, student, ".json"): text for student, text in texts.items()}
