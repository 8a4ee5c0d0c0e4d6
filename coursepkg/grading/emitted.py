"""What a check hands out in an official grade, as an output of its cell.

In a kernel that a student's code has been in, everything may be forged: what arrives here is text
of which nothing is believed. It can only be right by being the right value.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import nbformat
from nbformat import NotebookNode

from coursepkg.grading.texts import printable
from coursepkg.show import LONGEST_MESSAGE, LONGEST_SOURCE, OUTCOME, Outcome

LONGEST_VALUE = 2**18  # characters; the right ones have some thousand
MOST_PARTS = 10_000  # numbers, texts and lists
LONGEST_KEY = 100
DEEPEST_VALUE = 50  # lists within lists
NOTHING = "NothingShown: the check came to no value. Does your code replace show?"


def output_of(name: str, outcome: Outcome) -> NotebookNode:
    """Return the output of a check's cell that hands out an outcome."""
    record = json.dumps([name, outcome.value, outcome.error], sort_keys=True)
    return nbformat.v4.new_output("display_data", {OUTCOME: record})


def emitted(outputs: Sequence[Any], name: str) -> Outcome:
    """Read what a check handed out.

    Parameters
    ----------
    outputs : sequence of NotebookNode
        All outputs of its cell; what others printed is passed over.
    name : str
        The check.

    Returns
    -------
    Outcome
        An error if there is not exactly one value, since of many guesses one may be right.
    """
    found = [data[OUTCOME] for out in outputs if OUTCOME in (data := _data(out))]
    if not found:
        return Outcome(error=NOTHING)
    if len(found) > 1:
        return Outcome(error=f"TooManyShown: the check came to {len(found)} values, not to one")
    try:
        return _read(found[0], name)
    except (TypeError, ValueError, KeyError, RecursionError, AttributeError):
        return Outcome(error="NothingShown: what the check handed out cannot be read")


def _data(output: Any) -> dict[str, Any]:
    data = output.get("data") if isinstance(output, dict) else None
    return data if isinstance(data, dict) else {}


def _read(text: str, name: str) -> Outcome:
    if len(text) > LONGEST_VALUE:
        return Outcome(error="returned far more than the check asks for")
    record = json.loads(text)
    if record["name"] != name:
        return Outcome(error=NOTHING)
    _refuse_odd(record["value"])
    error, where = _line(record["error"], LONGEST_MESSAGE), _line(record["where"], LONGEST_SOURCE)
    return Outcome(None if error else record["value"], error, where)


def _refuse_odd(value: Any) -> None:
    """Raise an error for what takes long to compare, or cannot be written in a report."""
    waiting, count = [(value, 0)], 0
    while waiting:
        one, depth = waiting.pop()
        count += 1
        if depth > DEEPEST_VALUE or count > MOST_PARTS:
            raise ValueError("far more than a check asks for")
        if isinstance(one, dict):
            if not all(key.isprintable() and len(key) <= LONGEST_KEY for key in one):
                raise ValueError("keys that cannot be printed")
            one = list(one.values())
        if isinstance(one, list):
            waiting += [(part, depth + 1) for part in one]


def _line(text: str, length: int) -> str:
    """Make one printable line of a text; show has shortened it to about this length."""
    if not isinstance(text, str):
        raise TypeError("no text")
    return " ".join(printable(text[: 2 * length], instead=" ").split())
