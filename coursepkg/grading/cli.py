"""The command ``coursepkg``: start an exercise, check it, and what maintainers need."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

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


def _seconds(_context: click.Context, _option: click.Parameter, given: float) -> float:
    """Refuse what is no time: a range alone lets nan through."""
    if not 0 < given < math.inf:
        raise click.BadParameter(f"must be a number of seconds above 0. Received: {given}")
    return given


_timeout = click.option(
    "--timeout",
    type=float,
    callback=_seconds,
    default=DEFAULT_TIMEOUT,
    show_default=True,
    help="Seconds that one cell may take.",
)
_solutions = click.option(
    "--solutions",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="FOLDER",
    help="Where the masters lie, if not in exercises/solutions.",
)


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
@_timeout
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


@main.command(short_help="For teachers: make exercises from their masters.")
@click.argument("exercises", nargs=-1, metavar="[EXERCISE]...")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.zip",
    help="Pack what learners get: exercises, expected values, how to install; no solutions.",
)
@click.option(
    "--nbgrader",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write sources for nbgrader, whose checks assert, into FOLDER/source.",
)
@_solutions
@click.pass_obj
def release(
    course: Course,
    exercises: Sequence[str],
    bundle: Path | None,
    nbgrader: Path | None,
    solutions: Path | None,
) -> None:
    """For teachers and maintainers: make exercises and expected values from their masters.

    The masters lie in exercises/solutions. A released notebook that somebody has written into is
    not overwritten.

    With --bundle or --nbgrader nothing is released anew: only what they ask for is written.
    """
    with _problems_in_one_line():
        course = dataclasses.replace(course, solutions=solutions or course.solutions)
        names = course.chosen(exercises)
        if bundle:
            from coursepkg.grading.bundle import write_bundle

            write_bundle(course, names, bundle)
            click.echo(f"{bundle}: {', '.join(names)}")
        if nbgrader:
            from coursepkg.grading.nbgrader_source import write_nbgrader_source

            for name in names:
                click.echo(f"{write_nbgrader_source(course, name, nbgrader)}: written")
        if bundle or nbgrader:
            return
        from coursepkg.grading.release import write_release

        for name in names:
            changed = write_release(course, name)
            click.echo(f"{name}: {'released' if changed else 'nothing to change'}")


@main.command()
@click.argument("exercises", nargs=-1, metavar="[EXERCISE]...")
@click.pass_obj
def quality(course: Course, exercises: Sequence[str]) -> None:
    """For maintainers: measure how many wrong answers the checks catch.

    Exit code 1 if a wrong version survives, or a right answer loses points.
    """
    measured = {}
    with _problems_in_one_line():
        from coursepkg.grading import report
        from coursepkg.grading.quality import measure

        with report.progress() as bar:
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


def _seed(_context: click.Context, _option: click.Parameter, given: str) -> int | None:
    """Read a seed; None stands for a fresh one."""
    if given == "random":
        return None
    if not given.isdecimal() or int(given) >= 2**63:
        raise click.BadParameter(f"must be an integer from 0, or random. Received: {given}")
    return int(given)


_file = click.Path(path_type=Path, dir_okay=False)


@main.command()
@click.argument("submissions", type=click.Path(path_type=Path))
@click.option("--exercise", help="The exercise, as 02; by default the one most notebooks answer.")
@click.option(
    "--seed", default="random", show_default=True, callback=_seed, help="An integer, or random."
)
@click.option(
    "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="How many at a time."
)
@click.option(
    "--isolation",
    type=click.Choice(["auto", "none", "limits", "bwrap"]),
    default="auto",
    show_default=True,
    help="How a submission is kept apart; auto takes the strongest there is.",
)
@click.option("--scheduler", metavar="ADDRESS", help="A Dask cluster that sees the same files.")
@_timeout
@_solutions
@click.option("--resume", is_flag=True, help="Go on where an earlier run with --json stopped.")
@click.option(
    "--json",
    type=_file,
    metavar="FILE",
    help="All results, and a folder called after FILE with one file for each student.",
)
@click.option("--csv", type=_file, metavar="FILE", help="A table for a gradebook.")
@click.option(
    "--html",
    type=_file,
    metavar="FILE",
    help="A page for you, and in the same folder one for each student.",
)
@click.option(
    "--gradescope",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Gradescope's results.json; for several submissions a folder of them.",
)
@click.pass_obj
def grade(
    course: Course, submissions: Path, exercise: str | None, solutions: Path | None, **options: Any
) -> None:
    """For teachers: grade what a class handed in.

    SUBMISSIONS is a notebook, or a folder with a folder or a notebook for each student, such as
    class/ada/02_weight_penalties.ipynb or nbgrader's submitted/. Only the answers count: they run
    among the original checks, with fresh inputs, apart from everything else, and their values are
    compared with those of the reference solution.

    Exit code 0: full marks for all; 1: points were lost; 2: a wrong option, or no submissions;
    3: the grader or the reference failed; 4: something did not end in time, or was killed;
    130: interrupted.
    """
    with _problems_in_one_line():
        from coursepkg.grading.grade_command import Reports, run

        course = dataclasses.replace(course, solutions=solutions or course.solutions)
        files = {name: options.pop(name) for name in ("json", "csv", "html", "gradescope")}
        name = course.find(exercise) if exercise else None
        sys.exit(run(course, submissions, Reports(**files), exercise=name, **options))


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
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("coursepkg."):
            raise
        name = click.get_current_context().info_name
        click.echo(f"problem: this copy is for learners, it has no {name}", err=True)
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
