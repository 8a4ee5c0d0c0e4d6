"""Questions on a page, answered at once, without a server and without loading anything.

The questions of a chapter lie in ``book/quizzes``, one YAML file a chapter. `ask` reads them and
gives a `Quiz`, which a notebook shows: native form elements by keyboard and screen reader, and to
each answer, right or wrong, what belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat

from coursepkg.quiz.page import write_quiz
from coursepkg.quiz.reading import QuizError, read_quiz

__all__ = ["Quiz", "QuizError", "ask"]

BOOK = Path(__file__).parents[2] / "book"
_TARGET = re.compile(r"^\(([\w-]+)\)=$")


class Quiz:
    """The questions of a file, ready to be shown.

    Parameters
    ----------
    path : str or pathlib.Path
        The YAML file; `coursepkg.quiz.reading.read_quiz` says what is in it. The notebook of the
        same name in the folder above, if there is one, must have the figures and sections that
        the file sends a reader to.

    Raises
    ------
    QuizError
        If the file cannot be used: one line with the place, what was expected and what came.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.questions = read_quiz(self.path)
        chapter = self.path.parent.parent / f"{self.path.stem}.ipynb"
        self.titles = _titles(chapter) if chapter.exists() else {}
        if self.titles:
            self._check_targets(chapter.name)

    def _check_targets(self, chapter: str) -> None:
        for question in self.questions:
            for answer in (*question.choices, *question.numbers):
                if answer.see not in self.titles:
                    raise QuizError(
                        f"{self.path}, line {answer.line}: question {question.name!r}: see must "
                        f"name a figure or section of {chapter}. Received: {answer.see!r}"
                    )

    def _repr_html_(self) -> str:
        """Return what a page or JupyterLab shows."""
        return write_quiz(self.path.stem, self.questions, self.titles)


def ask(chapter: str) -> Quiz:
    """Show the quiz of a chapter.

    Parameters
    ----------
    chapter : str
        Its name, such as ``"02_weight_penalties"``.

    Returns
    -------
    Quiz
        As the last line of a cell, it is shown.

    Raises
    ------
    QuizError
        If there is no such quiz, or its file cannot be used.
    """
    path = BOOK / "quizzes" / f"{chapter}.yml"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.yml"))) or "none"
        raise QuizError(f"chapter must be one of {known}. Received: {chapter!r}")
    return Quiz(path)


def _titles(chapter: Path) -> dict[str, str]:
    """Find under which heading each figure and each named section of a notebook stands."""
    return dict(_named(nbformat.read(chapter, as_version=4)))


def _named(notebook: nbformat.NotebookNode) -> Iterator[tuple[str, str]]:
    heading = ""
    for cell in notebook.cells:
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        if name:
            yield name, heading
        waiting = []
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else []:
            if target := _TARGET.match(line):
                waiting.append(target[1])
            elif line.startswith("#"):
                heading = line.lstrip("# ")
                yield from ((label, heading) for label in waiting)
                waiting = []
