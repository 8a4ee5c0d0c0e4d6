"""Questions from a YAML file; what is wrong with a file is said in one line with its place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from coursepkg.assets import OneLineError

LINE = "\0line"  # under which a mapping keeps the number of its line; no key of a file's own
_KINDS = ("one", "several", "number")


class QuizError(OneLineError):
    """A quiz file that cannot be used; its text begins with the place."""


@dataclass(frozen=True)
class Choice:
    """Something to choose.

    Attributes
    ----------
    text, because : str
        What it says, and the answer to whoever chose it; Markdown with maths.
    see : str
        Name of the figure or section that shows it, such as ``"fig-zeros"``.
    right : bool
        Whether to choose it.
    line : int
        Where it stands in the file.
    """

    text: str
    because: str
    see: str
    right: bool
    line: int


@dataclass(frozen=True)
class Number:
    """A number that is an answer, right or wrong in a way of its own.

    Attributes
    ----------
    value, within : float
        The number, and how far from it an answer may lie.
    because, see
        As in `Choice`.
    line : int
        Where it stands in the file.
    """

    value: float
    within: float
    because: str
    see: str
    line: int


@dataclass(frozen=True)
class Question:
    """A question with all that may be answered to it.

    Attributes
    ----------
    name : str
        Unique within its quiz.
    ask : str
        The question; Markdown with maths.
    kind : {"one", "several", "number"}
        Whether one choice is right, some are, or a number is asked for.
    choices : list of Choice
        Empty where a number is asked for.
    numbers : list of Number
        The right one first, then those that a misconception gives.
    unit, otherwise : str
        Unit of the number, and what is said to any other number.
    line : int
        Where it stands in the file.
    """

    name: str
    ask: str
    kind: str
    choices: list[Choice]
    numbers: list[Number]
    unit: str
    otherwise: str
    line: int


class _Lines(yaml.SafeLoader):
    """Reads YAML, keeping the line of each mapping and refusing a key that comes twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Note the line of a mapping beside its keys."""
        keys = [self.construct_object(key) for key, _ in node.value]
        if len(set(map(repr, keys))) < len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            line = node.start_mark.line + 1
            raise yaml.MarkedYAMLError(
                problem=f"{twice!r} twice in the mapping of line {line}",
                problem_mark=node.start_mark,
            )
        return super().construct_mapping(node, deep=deep) | {LINE: node.start_mark.line + 1}


def read_quiz(path: Path) -> list[Question]:
    """Read the questions of a file.

    Parameters
    ----------
    path : pathlib.Path
        A YAML file: a list of questions. Each has an ``id``, ``ask``, and one of ``one``,
        ``several`` (lists of choices with ``text``, ``because``, ``see``, and ``right: true``
        where they are) and ``number`` (``value``, ``within``, ``because``, ``see``, ``otherwise``
        and, if there is one, ``unit`` and a list ``wrong`` of values with ``because`` and
        ``see``).

    Returns
    -------
    list of Question
        In order.

    Raises
    ------
    QuizError
        If the file cannot be used: one line with the place, what was expected and what came.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = yaml.load(text, Loader=_Lines)  # noqa: S506 - a SafeLoader
    except OSError:
        raise QuizError(f"{path}: must be a quiz file. Received: no such file") from None
    except UnicodeDecodeError:
        raise QuizError(f"{path}: must be text in UTF-8. Received: other bytes") from None
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark or error.context_mark).line + 1
        raise QuizError(f"{path}, line {line}: must be YAML. Received: {error.problem}") from None
    if not isinstance(found, list) or not found:
        raise QuizError(f"{path}, line 1: must be a list of questions. Received: {_kind(found)}")
    questions = [_question(_Place(path), entry, number) for number, entry in enumerate(found, 1)]
    seen = {}
    for question in questions:
        if question.name in seen:
            raise QuizError(
                f"{path}, line {question.line}: id must be new. "
                f"Received: {question.name!r}, as in line {seen[question.name]}"
            )
        seen[question.name] = question.line
    return questions


@dataclass(frozen=True)
class _Place:
    """Where in a file something stands, for errors."""

    path: Path
    line: int = 1
    name: str = ""

    def bad(self, expected: str, received: Any) -> QuizError:
        """Make the error that names this place."""
        where = f" {self.name}:" if self.name else ""
        return QuizError(f"{self.path}, line {self.line}:{where} {expected}. Received: {received}")

    def fields(self, entry: Any, *, needs: set[str], may: set[str] = frozenset()) -> _Fields:
        """Take a mapping with the given keys and no others."""
        if not isinstance(entry, Mapping):
            raise self.bad(f"must have {_listed(needs)}", _kind(entry))
        place = _Place(self.path, entry.get(LINE, self.line), self.name)
        keys = {key for key in entry if key != LINE}
        if missing := needs - keys:
            raise place.bad(f"needs {_listed(missing)}", _listed(keys) or "nothing")
        if unknown := keys - needs - may:
            raise place.bad(f"knows {_listed(needs | may)}", _listed(unknown))
        return _Fields(place, entry)


@dataclass(frozen=True)
class _Fields:
    """The fields of one mapping, each checked as it is taken."""

    place: _Place
    entry: Mapping[str, Any]

    def text(self, key: str) -> str:
        """Take a text of one paragraph that is not empty."""
        value = self.entry[key]
        if not isinstance(value, str) or not value.strip():
            raise self.place.bad(f"{key} must be text", repr(value))
        if "\n\n" in value.strip():
            raise self.place.bad(f"{key} must be one paragraph", repr(value[:40]))
        return " ".join(value.split())

    def number(self, key: str, *, positive: bool = False) -> float:
        """Take a finite number."""
        value = self.entry[key]
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if not plain or not math.isfinite(value) or (positive and value <= 0):
            raise self.place.bad(f"{key} must be a {'positive ' * positive}number", repr(value))
        return float(value)

    def flag(self, key: str) -> bool:
        """Take true or false; what is not there is false."""
        value = self.entry.get(key, False)
        if not isinstance(value, bool):
            raise self.place.bad(f"{key} must be true or false", repr(value))
        return value

    def several(self, key: str, minimum: int) -> list[Any]:
        """Take a list."""
        value = self.entry.get(key, [])
        if not isinstance(value, list) or len(value) < minimum:
            raise self.place.bad(f"{key} must be a list of {minimum} or more", _kind(value))
        return value


def _question(place: _Place, entry: Any, number: int) -> Question:
    place = _Place(place.path, _line(entry), f"question {number}")
    fields = place.fields(entry, needs={"id", "ask"}, may=set(_KINDS))
    name = fields.text("id")
    place = _Place(place.path, fields.place.line, f"question {name!r}")
    fields = _Fields(place, entry)
    kinds = [kind for kind in _KINDS if kind in entry]
    if len(kinds) != 1:
        raise place.bad(f"needs exactly one of {', '.join(_KINDS)}", _listed(kinds) or "none")
    kind = kinds[0]
    about = {"name": name, "ask": fields.text("ask"), "kind": kind, "line": place.line}
    if kind == "number":
        return Question(**about, choices=[], **_numbers(place, entry["number"]))
    choices = [_choice(place, one) for one in fields.several(kind, 2)]
    n_right = sum(choice.right for choice in choices)
    if n_right == len(choices) or n_right == 0 or (kind == "one" and n_right > 1):
        wanted = "exactly one choice" if kind == "one" else "some choices and not all"
        raise place.bad(f"{kind} must have {wanted} with `right: true`", n_right)
    return Question(**about, choices=choices, numbers=[], unit="", otherwise="")


def _choice(place: _Place, entry: Any) -> Choice:
    fields = place.fields(entry, needs={"text", "because", "see"}, may={"right"})
    texts = {key: fields.text(key) for key in ("text", "because", "see")}
    return Choice(**texts, right=fields.flag("right"), line=fields.place.line)


def _numbers(place: _Place, entry: Any) -> dict[str, Any]:
    needs = {"value", "within", "because", "see", "otherwise"}
    fields = place.fields(entry, needs=needs, may={"unit", "wrong"})
    within = fields.number("within", positive=True)
    numbers = [_number(fields, within)]
    for wrong in fields.several("wrong", 0):
        other = place.fields(wrong, needs={"value", "because", "see"}, may={"within"})
        own = other.number("within", positive=True) if "within" in wrong else within
        numbers.append(_number(other, own))
        if any(abs(numbers[-1].value - known.value) <= within for known in numbers[:-1]):
            raise other.place.bad("value must differ from the others", f"{numbers[-1].value:g}")
    unit = fields.text("unit") if "unit" in entry else ""
    return {"numbers": numbers, "unit": unit, "otherwise": fields.text("otherwise")}


def _number(fields: _Fields, within: float) -> Number:
    because, see = fields.text("because"), fields.text("see")
    return Number(fields.number("value"), within, because, see, fields.place.line)


def _line(entry: Any) -> int:
    return entry.get(LINE, 1) if isinstance(entry, Mapping) else 1


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", type(None): "nothing"}
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return names.get(type(value), repr(value))


def _listed(names: Any) -> str:
    return ", ".join(sorted(map(str, names)))
