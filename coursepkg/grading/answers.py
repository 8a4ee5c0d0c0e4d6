"""What of a submission counts: its answers, found wherever they are.

An answer is found by its cell's id; where a service dropped ids, by nbgrader's ``grade_id``; and in
the end by the name it defines. Its cell may have been moved, copied, retyped or turned into text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from coursepkg.grading.exercise import defined_names, tagged
from coursepkg.grading.needs import bound_names

UNFINISHED = re.compile(r"(?m)^\s*raise NotImplementedError\s*$")  # as in a stub


@dataclass(frozen=True)
class Answer:
    """One answer of a submission.

    Attributes
    ----------
    id : str
        Id of its cell in the release.
    cell : NotebookNode
        The submission's cell.
    place : int
        Where that stands.
    sign : str
        What it was recognised by: ``id``, ``grade_id`` or ``name``.
    rivals : int
        How many other cells answer the same, in other words.
    """

    id: str
    cell: NotebookNode
    place: int
    sign: str
    rivals: int = 0


def find_answers(submitted: NotebookNode, release: NotebookNode) -> dict[str, Answer]:
    """Find the cells of a submission that answer the exercise.

    Parameters
    ----------
    submitted, release : NotebookNode
        The submission, and the notebook that was given out.

    Returns
    -------
    dict of str to Answer
        By the answer's id in the release; one that nothing stands for is not in it. Of several
        cells the one counts that holds more than the stub, binds what is asked for, does so by a
        definition at its top, is finished and has kept its id, in this order.
    """
    found = {}
    for original in tagged(release, "answer"):
        candidates = sorted(_candidates(original, submitted), key=lambda one: one[0])
        if candidates:
            (*_, place), sign = candidates[0]
            cell = submitted.cells[place]
            sources = {_words(submitted.cells[rank[-1]]) for rank, _ in candidates if not rank[0]}
            rivals = len(sources - {_words(cell)})
            found[original.id] = Answer(original.id, cell, place, sign, rivals)
    return found


def pattern_of(original: NotebookNode) -> re.Pattern[str]:
    """Write a pattern for the lines that define what an answer's cell must."""
    names = "|".join(map(re.escape, defined_names(original.source)))
    return re.compile(rf"(?m)^(?:(?:async\s+)?def|class)\s+(?:{names})\b|^(?:{names})\s*[:=]")


def grade_id(cell: NotebookNode) -> str | None:
    """Return the id that nbgrader gave to a cell."""
    block = cell.metadata.get("nbgrader")
    found = block.get("grade_id") if isinstance(block, dict) else None
    return found if isinstance(found, str) else None


def _candidates(
    original: NotebookNode, submitted: NotebookNode
) -> Iterator[tuple[tuple[bool, bool, bool, bool, int, int], str]]:
    """Yield cells that may stand for an answer: how bad they are, and by what they are known."""
    defines, stub = pattern_of(original), _words(original)
    names = set(defined_names(original.source))
    for place, cell in enumerate(submitted.cells):
        is_code = cell.cell_type == "code"
        defined = bool(defines.search(cell.source))
        fits = defined or (is_code and bool(names & bound_names(cell.source)))
        signs = {
            "id": cell.get("id") == original.id,
            "grade_id": grade_id(cell) == grade_id(original) is not None,
            "name": fits and is_code,
        }
        sign = next((sign for sign, is_there in signs.items() if is_there), None)
        if sign and (fits or is_code):
            rank = list(signs).index(sign)
            unfinished = bool(UNFINISHED.search(cell.source))
            fit = not fits, not defined, unfinished
            yield (_words(cell) == stub, *fit, rank, place), sign


def _words(cell: NotebookNode) -> str:
    return " ".join(cell.source.split())
