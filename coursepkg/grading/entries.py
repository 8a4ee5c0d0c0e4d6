"""Who handed in what: the notebooks of each student, and which exercise they answer."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from coursepkg.grading.exercise import Course, Problem, parse_notebook
from coursepkg.grading.official import Entry, read_bytes
from coursepkg.grading.submission import identify

COPY = re.compile(r"(?i)[\W_]*(copy)?[\W_]*\d*[\W_]*")  # what a system adds to a second file's name
DEEPEST = 20  # folders within folders that are looked into


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
    places = [p for p in sorted(submissions.iterdir()) if not p.name.startswith((".", "__"))]
    files = [p for p in places if p.suffix == ".ipynb" and p.is_file()]
    found: dict[str, tuple[Path, ...]] = {}
    for place in filter(Path.is_dir, places):
        student = _text(place.name)
        student = f"{student} ({len(found)})" if student in found else student
        found[student] = tuple(sorted(_notebooks(place)))
    shared = Counter(_whose(path, exercises) for path in files)
    for path in files:
        student = _whose(path, exercises)
        if shared[student] > 1:  # none may take the place of another
            student = _text(path.name)
        found[student] = (*found.get(student, ()), path)
    yield from (Entry(student, found[student], submissions) for student in sorted(found))


def _notebooks(folder: Path) -> Iterator[Path]:
    """Yield the notebooks in a folder, and in those in it as far as anybody nests them."""
    waiting = [(folder, 0)]
    while waiting:
        place, depth = waiting.pop()
        with contextlib.suppress(OSError):
            for path in place.iterdir():
                if path.name.startswith((".", "__")) or (path.is_symlink() and path.is_dir()):
                    continue
                if path.is_dir() and depth < DEEPEST:
                    waiting.append((path, depth + 1))
                elif path.suffix == ".ipynb" and path.is_file():
                    yield path


def likely(paths: Sequence[Path], exercise: str) -> tuple[Path, ...]:
    """Select the notebooks that by their names should answer an exercise, or else all."""
    for fits in (str.__eq__, str.startswith):
        found = tuple(path for path in paths if fits(path.stem, exercise))
        if found:
            return found
    return tuple(paths)


def most_answered(course: Course, entries: Sequence[Entry]) -> str:
    """Say which exercise most notebooks answer, by their names or else by what they hold.

    Raises
    ------
    Problem
        If none is answered, or two equally often.
    """
    names = course.names()
    paths = [(entry, path) for entry in entries for path in entry.paths]
    votes = Counter(name for _, path in paths for name in names if path.stem.startswith(name))
    if not votes:
        votes = Counter(filter(None, (_answered(course, *one) for one in paths)))
    ranking = votes.most_common(2)
    if not ranking or len({count for _, count in ranking}) < len(ranking):
        counts = ", ".join(f"{name} ({count})" for name, count in votes.most_common()) or "none"
        raise Problem(f"say which exercise to grade with --exercise. Notebooks answer: {counts}")
    return ranking[0][0]


def _answered(course: Course, entry: Entry, path: Path) -> str | None:
    try:
        return identify(course, parse_notebook(read_bytes(entry, path), path), path)
    except Problem:
        return None


def _whose(path: Path, exercises: Sequence[str]) -> str:
    """Name the student of a notebook: what its name says beside the exercise's, or its folder."""
    if path.stem in exercises:
        folders = (folder.name for folder in path.resolve().parents)
        return _text(next(name for name in folders if name not in exercises))  # nbgrader nests them
    rest = path.stem
    for name in exercises:
        rest = rest.replace(name, "").strip(" _-.")
    return _text(path.stem if COPY.fullmatch(rest) else rest)


def _text(name: str) -> str:
    """Make a name that can be written, whatever bytes a file's name consists of."""
    return os.fsencode(name).decode("utf-8", errors="replace")
