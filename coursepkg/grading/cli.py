"""The command ``coursepkg``: start an exercise, check it, and what maintainers need."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from coursepkg import __version__
from coursepkg.grading.exercise import (
    CHECKING,
    DEFAULT_TIMEOUT,
    Course,
    NotAnExercise,
    Problem,
    parts,
    read_notebook,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="coursepkg")
@click.pass_context
def main(context: click.Context) -> None:
    """Exercises of the course on regularization: start one, check it."""
    if context.obj is None:
        context.obj = Course()
    # nbformat loads jsonschema, and that compiles, where it finds it, a grammar of international
    # addresses, for a second or two. Notebooks hold none, and jsonschema does without it.
    sys.modules.setdefault("rfc3987_syntax", None)


@main.command()
@click.argument("exercises", nargs=-1, metavar="[EXERCISE]...")
@click.pass_obj
def start(course: Course, exercises: Sequence[str]) -> None:
    """Copy exercises into work/, for you to write in.

    EXERCISE is a number such as 02; without one, all exercises are copied. A copy that is already
    there stays as it is.
    """
    from coursepkg.grading.report import shown

    with _problems_in_one_line():
        names = course.chosen(exercises)
        course.work.mkdir(exist_ok=True)
        for name in names:
            target = course.work / f"{name}.ipynb"
            if target.exists():
                click.echo(f"{shown(target)} is there already and stays as it is")
            else:
                shutil.copyfile(course.released(name), target)
                click.echo(f"{shown(target)} is yours to write in")


@main.command()
@click.argument("notebooks", nargs=-1, metavar="[NOTEBOOK]...")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULT_TIMEOUT,
    show_default=True,
    help="Seconds that one cell may take.",
)
@click.pass_obj
def check(course: Course, notebooks: Sequence[str], timeout: float) -> None:
    """Run exercises and show your points, with reasons and hints.

    NOTEBOOK is a file, or a number such as 02 for the copy in work/; without one, everything in
    work/ is checked. Your files are read only.

    Exit code 0: full marks; 1: points were lost; 2: not a usable notebook, or an unknown exercise;
    4: a cell did not end in time, or ended the kernel.
    """
    with _problems_in_one_line():
        if CHECKING in os.environ:
            raise Problem("this notebook is being checked already: use a terminal, not a cell")
        paths = [_notebook(course, given) for given in notebooks] or _all_in(course.work)
        sys.exit(_check_all(course, paths, timeout=timeout, strays_are_fine=not notebooks))


@main.command()
@click.argument("exercises", nargs=-1, metavar="[EXERCISE]...")
@click.pass_obj
def release(course: Course, exercises: Sequence[str]) -> None:
    """For maintainers: make exercises and expected values from their masters.

    The masters lie in exercises/solutions. A released notebook that somebody has written into is
    not overwritten.
    """
    from coursepkg.grading.release import write_release

    with _problems_in_one_line():
        for name in course.chosen(exercises):
            changed = write_release(course, name)
            click.echo(f"{name}: {'released' if changed else 'nothing to change'}")


@main.command()
@click.argument("exercises", nargs=-1, metavar="[EXERCISE]...")
@click.pass_obj
def quality(course: Course, exercises: Sequence[str]) -> None:
    """For maintainers: measure how many wrong answers the checks catch.

    Exit code 1 if a wrong version survives, or a right answer loses points.
    """
    from coursepkg.grading import report
    from coursepkg.grading.quality import measure

    measured = {}
    with _problems_in_one_line(), report.progress() as bar:
        for name in course.chosen(exercises):
            steps = len(parts(read_notebook(course.master(name))))
            task = bar.add_task(name, total=steps)
            measured[name] = measure(course, name, progress=lambda _, t=task: bar.advance(t))
    screen = report.console(sys.stdout)
    screen.print(report.quality_table(measured))
    for name, found in measured.items():
        for line in report.quality_lines(found):
            screen.print(f"{name}: {line}", markup=False, soft_wrap=True)
    sys.exit(not all(found.good for found in measured.values()))


@contextlib.contextmanager
def _problems_in_one_line() -> Iterator[None]:
    """End with one line and an exit code of its own where a command cannot do its work."""
    try:
        yield
    except Problem as problem:
        click.echo(f"problem: {problem}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"problem: {error.filename or 'output'}: {error.strerror}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        sys.exit(130)


def _notebook(course: Course, given: str) -> Path:
    """Return the notebook that an argument means: a file, or a number for the copy in work/."""
    path = Path(given)
    if path.suffix == ".ipynb" or path.exists():
        return path
    name = course.find(given)
    copy = course.work / f"{name}.ipynb"
    if not copy.exists():
        raise Problem(f"there is no {copy.name} in work/ yet. First: coursepkg start {given}")
    return copy


def _all_in(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.glob("*.ipynb") if not path.name.startswith("."))
    if not paths:
        raise Problem("there is no notebook in work/ yet. First: coursepkg start")
    return paths


def _check_all(
    course: Course, paths: Sequence[Path], *, timeout: float, strays_are_fine: bool
) -> int:
    """Check notebooks one after another, show what came of them, and return the exit code."""
    from coursepkg.grading import report
    from coursepkg.grading.self_check import UNUSABLE, check_submission, count_cells
    from coursepkg.grading.submission import read_submission

    reports, problems, strays = [], [], []
    with report.progress() as bar:
        for path in paths:
            try:
                submission = read_submission(course, path)
                task = bar.add_task(report.shown(path), total=count_cells(submission))
                step = functools.partial(bar.advance, task)
                reports.append(check_submission(submission, timeout=timeout, on_cell=step))
            except Problem as problem:
                stray = strays_are_fine and isinstance(problem, NotAnExercise)
                (strays if stray else problems).append(problem)

    report.show_reports(reports)
    for stray in strays:
        click.echo(f"left out: {stray}")
    for problem in problems:
        click.echo(f"problem: {problem}", err=True)
    codes = [found.code for found in reports] + [UNUSABLE] * (bool(problems) or not reports)
    return max(codes)
