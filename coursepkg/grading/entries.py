"""Who handed in what: the notebooks of each student, and which exercise they answer."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from coursepkg.grading.exercise import Course, Problem, parse_notebook
from coursepkg.grading.official import Entry
from coursepkg.grading.submission import identify

COPY = re.compile(r"(?i)[\W_]*(copy)?[\W_]*\d*[\W_]*")  # what a system adds to a second file's name


def find_entries(submissions: Path, exercises: Sequence[str]) -> Iterator[Entry]:
    """Find what was handed in: a notebook, one for each student, or a folder for each.

    Parameters
    ----------
    submissions : Path
        A notebook, or a folder; folders of students may hold further folders, as nbgrader's do.
    exercises : sequence of str
        Names of exercises, which are no students' names.

    Yields
    ------
    Entry
        By student; hidden files and folders are passed over.

    Raises
    ------
    Problem
        If there is no such file or folder, or the file is no notebook.
    """
    if submissions.is_file():
        if submissions.suffix != ".ipynb":
            raise Problem(f"{submissions}: neither a notebook (.ipynb) nor a folder")
        yield Entry(_whose(submissions, exercises), (submissions,), submissions.parent)
        return
    if not submissions.is_dir():
        raise Problem(f"{submissions}: no such file or folder")
    found: dict[str, tuple[Path, ...]] = {}
    for place in sorted(submissions.iterdir()):
        if place.name.startswith((".", "__")):
            continue
        if place.is_dir():
            student = _text(place.name)
            paths = tuple(sorted(p for p in place.rglob("*.ipynb") if _visible(p, place)))
        elif place.suffix == ".ipynb" and place.is_file():
            student, paths = _whose(place, exercises), (place,)
        else:
            continue
        found[student] = (*found.get(student, ()), *paths)
    yield from (Entry(student, paths, submissions) for student, paths in found.items())


def likely(paths: Sequence[Path], exercise: str) -> tuple[Path, ...]:
    """Select the notebooks that by their names should answer an exercise, or else all."""
    for fits in (str.__eq__, str.startswith):
        found = tuple(path for path in paths if fits(path.stem, exercise))
        if found:
            return found
    return tuple(paths)


def most_answered(course: Course, paths: Sequence[Path]) -> str:
    """Say which exercise most notebooks answer, by their names or else by what they hold.

    Raises
    ------
    Problem
        If none is answered, or two equally often.
    """
    names = course.names()
    votes = Counter(name for path in paths for name in names if path.stem.startswith(name))
    if not votes:
        votes = Counter(filter(None, (_answered(course, path) for path in paths)))
    ranking = votes.most_common(2)
    if not ranking or len({count for _, count in ranking}) < len(ranking):
        counts = ", ".join(f"{name} ({count})" for name, count in votes.most_common()) or "none"
        raise Problem(f"say which exercise to grade with --exercise. Notebooks answer: {counts}")
    return ranking[0][0]


def _answered(course: Course, path: Path) -> str | None:
    try:
        return identify(course, parse_notebook(path.read_bytes(), path), path)
    except (Problem, OSError):
        return None


def _whose(path: Path, exercises: Sequence[str]) -> str:
    """Name the student of a notebook: what its name says beside the exercise's, or its folder."""
    if path.stem in exercises:
        return _text(path.resolve().parent.name)
    rest = path.stem
    for name in exercises:
        rest = rest.replace(name, "").strip(" _-.")
    return _text(path.stem if COPY.fullmatch(rest) else rest)


def _text(name: str) -> str:
    """Make a name that can be written, whatever bytes a file's name consists of."""
    return os.fsencode(name).decode("utf-8", errors="replace")


def _visible(path: Path, root: Path) -> bool:
    inner = path.relative_to(root).parts
    return path.is_file() and not any(part.startswith((".", "__")) for part in inner)
