"""Where the exercises live, and how the notebook of one is built."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursepkg.grading.sizes import values_in
from coursepkg.grading.texts import printable

if TYPE_CHECKING:
    from nbformat import NotebookNode

COURSE_ROOT = Path(__file__).parents[2]
DEFAULT_TIMEOUT = 60.0  # seconds for a cell; the slowest check takes well under one
EXERCISE = re.compile(r"^exercise\s*=\s*[\"']([^\"']*)[\"']", re.MULTILINE)  # in a setup cell
KERAS_EXTRAS = ("sklearn", "pandas", "matplotlib")
MOST_VALUES = 1_000_000  # of a notebook, outputs included
MOST_CELLS = 5000
CHECKING = "COURSEPKG_CHECKING"  # set in the kernels of a check, which must not start another one


class Problem(Exception):  # noqa: N818 - a stated problem, not a defect of the program
    """Something that keeps a command from its work, said in one line."""

    def __str__(self) -> str:
        """Return the line without what a terminal might obey, as in a file's name."""
        return printable(super().__str__())


class NotAnExercise(Problem):
    """A sound notebook that has nothing to do with an exercise."""


@dataclass(frozen=True)
class Course:
    """The folders of a copy of the course.

    Attributes
    ----------
    root : Path
        The folder that holds ``exercises`` and ``work``.
    solutions : Path, optional
        The folder that holds the masters, where it is not ``exercises/solutions``.
    """

    root: Path = COURSE_ROOT
    solutions: Path | None = None

    @property
    def work(self) -> Path:
        """Where learners' copies lie."""
        return self.root / "work"

    def master(self, name: str) -> Path:
        """Return the notebook with the worked solution, the only edited source."""
        return (self.solutions or self.root / "exercises" / "solutions") / f"{name}.ipynb"

    def released(self, name: str) -> Path:
        """Return the notebook for learners."""
        return self.root / "exercises" / f"{name}.ipynb"

    def expected(self, name: str) -> Path:
        """Return the values that the checks of the default seed expect."""
        return self.root / "exercises" / "expected" / f"{name}.json"

    def misconceptions(self, name: str) -> Path:
        """Return the named wrong answers: those with or beside the masters before the course's."""
        own = self.root / "exercises"
        masters = [self.solutions, self.solutions / ".."] if self.solutions else []
        places = [folder / "misconceptions" / f"{name}.py" for folder in (*masters, own)]
        return next((path for path in places if path.is_file()), places[-1])

    def right_answers(self, name: str) -> Path:
        """Return other right answers, which the checks must accept."""
        return self.root / "tests" / "right_answers" / f"{name}.py"

    def names(self) -> list[str]:
        """List the exercises, by number: what is released, and what has a master."""
        folders = self.released("x").parent, self.master("x").parent
        return sorted({path.stem for folder in folders for path in folder.glob("[0-9]*.ipynb")})

    def find(self, given: str) -> str:
        """Return the exercise that ``"02"``, ``"2"`` or ``"02_weight_penalties"`` means.

        Raises
        ------
        Problem
            If there is none.
        """
        stem = Path(given).stem
        for name in self.names():
            number = name.split("_")[0]
            if stem in (name, number, number.lstrip("0")):
                return name
        known = ", ".join(self.names()) or "none"
        raise Problem(f"unknown exercise. Known: {known}. Received: {given}")

    def chosen(self, given: Sequence[str]) -> list[str]:
        """Return the exercises that arguments mean; without arguments, all.

        Raises
        ------
        Problem
            If one of them is unknown.
        """
        return [self.find(one) for one in given] or self.names()


@dataclass(frozen=True)
class Part:
    """One part of an exercise: the answers it asks for, and its checks.

    Attributes
    ----------
    title : str
        The heading above its cells.
    answers, checks : tuple of str
        Ids of its cells.
    points : dict of str to int
        Points of each check.
    """

    title: str
    answers: tuple[str, ...]
    points: dict[str, int]

    @property
    def checks(self) -> tuple[str, ...]:
        """Ids of the checks, in order."""
        return tuple(self.points)

    @property
    def total(self) -> int:
        """Points of the whole part."""
        return sum(self.points.values())


def tags(cell: NotebookNode) -> set[str]:
    """Return the tags of a cell."""
    found = cell.metadata.get("tags", [])
    return set(found) if isinstance(found, list) else set()


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cells that run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    """Return the code cells that carry a tag: ``parameters``, ``answer`` or ``grade``."""
    return [cell for cell in code_cells(notebook) if tag in tags(cell)]


def parts(notebook: NotebookNode) -> list[Part]:
    """Divide a master or a release by its second-level headings.

    A heading ends in its points, as in ``## 2. Ridge (4 points)``, which the title leaves out.
    """
    found = []
    for title, cells in _sections(notebook):
        answers = tuple(cell.id for cell in cells if "answer" in tags(cell))
        points = {
            cell.id: int(cell.metadata["nbgrader"]["points"])
            for cell in cells
            if "grade" in tags(cell)
        }
        if answers or points:
            found.append(Part(re.sub(r"\s*\(\d+\spoints?\)$", "", title), answers, points))
    return found


def _sections(notebook: NotebookNode) -> Iterator[tuple[str, list[NotebookNode]]]:
    title, cells = "", []
    for cell in notebook.cells:
        heading = cell.cell_type == "markdown" and re.search(r"(?m)^## (.+)$", cell.source)
        if heading:
            yield title, cells
            title, cells = heading.group(1).strip(), []
        cells.append(cell)
    yield title, cells


def unneeded_modules(notebook: NotebookNode) -> list[str]:
    """List what Keras loads for wrappers of its own, and an exercise has no need of.

    To do without these saves a third of the time that it takes to load Keras.
    """
    text = "\n".join(cell.source for cell in code_cells(notebook))
    return [name for name in KERAS_EXTRAS if name not in text and "datasets" not in text]


def defined_names(source: str) -> list[str]:
    """List the functions and classes that a cell defines; none if it cannot be parsed."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return [node.name for node in tree.body if isinstance(node, kinds)]


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook of any version, in UTF-8 or what else editors write.

    Raises
    ------
    Problem
        If there is no such file or it holds no notebook; one line that says why.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise Problem(f"{path}: no such file") from None
    except OSError as error:
        raise Problem(f"{path}: cannot be read ({error.strerror})") from None
    return _as_notebook(_parsed(raw, path), path)


def parse_notebook(raw: bytes, path: Path) -> NotebookNode:
    """Read somebody's notebook from the bytes of its file: of each cell what it says and is called.

    Raises
    ------
    Problem
        If they are no notebook, or far more than one; one line that begins with the path.
    """
    if values_in(raw, most=MOST_VALUES + 1) > MOST_VALUES:
        raise Problem(
            f"{path}: holds more than {MOST_VALUES:,} values. "
            "Clear its outputs and hand it in again"
        )
    document = _parsed(raw, path)
    if isinstance(document, dict):
        document = _bare(document, ("nbformat", "nbformat_minor", "cells", "worksheets"))
        for sheet in (document, *_list(document.get("worksheets"))):  # as before version 4
            if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list):
                sheet["cells"] = [_bare_cell(cell) for cell in sheet["cells"][:MOST_CELLS]]
    return _as_notebook(document, path)


def _bare_cell(cell: Any) -> Any:
    """Leave out what may be large and says nothing here, outputs above all."""
    if not isinstance(cell, dict):
        return cell
    bare = _bare(cell, ("cell_type", "id", "source", "input", "level", "language"))
    metadata = cell.get("metadata")
    if isinstance(metadata, dict):
        bare["metadata"] = {"tags": [t for t in _list(metadata.get("tags")) if isinstance(t, str)]}
        block = metadata.get("nbgrader")
        if isinstance(block, dict) and isinstance(block.get("grade_id"), str):
            bare["metadata"]["nbgrader"] = {"grade_id": block["grade_id"]}
    return bare | ({"outputs": []} if cell.get("cell_type") == "code" else {})


def _bare(part: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {"metadata": {}} | {key: part[key] for key in keys if key in part}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _parsed(raw: bytes, path: Path) -> Any:
    if not raw.strip():
        raise Problem(f"{path}: damaged or cut off, the file is empty")
    try:
        return json.loads(_decoded(raw))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, {error.msg.removesuffix(' starting at')}"
        raise Problem(f"{path}: damaged or cut off, it is no whole notebook ({where})") from None
    except (ValueError, RecursionError) as error:
        raise Problem(f"{path}: cannot be read as a notebook ({_one_line(error)})") from None


def _decoded(raw: bytes) -> str:
    """Decode a file: UTF-8, -16 or -32, with a byte order mark or without, or old Windows."""
    try:
        return raw.decode(json.detect_encoding(raw))
    except UnicodeDecodeError:
        if b"\0" in raw:  # then it is no text at all
            raise
        return raw.decode("cp1252", errors="replace")


def _as_notebook(document: Any, path: Path) -> NotebookNode:
    if not isinstance(document, dict) or "nbformat" not in document:
        raise Problem(f"{path}: no notebook, it has no nbformat")
    import nbformat  # a second, which `coursepkg start` and --help need not wait for

    try:
        notebook = nbformat.convert(nbformat.from_dict(document), 4)
        for cell in notebook.cells:
            if not isinstance(cell.source, str):
                cell.source = "".join(cell.source)
            cell.source.encode()  # half a surrogate pair cannot be written again
            if not isinstance(cell.get("id", ""), str):
                del cell["id"]
            if not isinstance(cell.get("metadata"), dict):
                cell.metadata = nbformat.NotebookNode()
            cell.cell_type  # noqa: B018 - a cell without a type is none
    except Exception as error:  # whatever is wrong with somebody's file, it is one line here
        raise Problem(f"{path}: not a sound notebook ({_one_line(error)})") from None
    return notebook


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
