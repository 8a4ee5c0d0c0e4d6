"""The one helper that the check cells of exercises call.

A check cell reads ``show("ridge", lambda: ridge(x, y, l2=0.1))``. `show` runs the function with
its output captured and compares what comes back with the value that the reference solution gave,
kept in ``exercises/expected``. A right value is printed; a wrong one raises `NotYet`, whose text is
one line: the feedback of a known misconception, or what was expected, what came, and a hint. A
cell that raises fails under nbval whatever outputs were saved in the notebook.

A grader that must not be deceived sets the environment variable ``COURSEPKG_OFFICIAL``: then `show`
compares nothing and hands the value out, and who reads it decides.

The setup cell of an exercise defines ``exercise``, its name, and ``seed``, from which checks draw
their inputs; `show` reads both where it is called from.
"""

from __future__ import annotations

import contextlib
import json
import linecache
import os
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from coursepkg.quiet import captured

EXPECTED = Path(__file__).parents[1] / "exercises" / "expected"
OFFICIAL = "COURSEPKG_OFFICIAL"  # set in the environment of an official grade
OUTCOME = "application/vnd.coursepkg.outcome+json"  # as what an outcome is handed out
LONGEST_ECHO = 2000  # characters of a learner's own prints
LONGEST_MESSAGE = 300  # characters of an exception's text
LONGEST_SOURCE = 80  # characters of the line that raised it
LONGEST_KIND = 120  # characters that say of what kind a value is
RETURNED = "returned"  # how the error of a result that cannot be judged begins
NOT_FINITE = "holds nan or inf"
IN_THE_CHECK = "the check's own inputs()"
PAGE_WIDTH = 76  # characters that a page of the site shows without scrolling


class NotYet(AssertionError):  # noqa: N818 - the name that learners see
    """A check that did not pass; its text is one line for the learner."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of a traceback."""
        line = f"not yet: {self}"
        # JupyterLab, whose server sets this name, breaks long lines of errors inside words.
        return textwrap.wrap(line, PAGE_WIDTH) if "JPY_SESSION_NAME" in os.environ else [line]


@dataclass(frozen=True)
class Outcome:
    """What the expression of a check came to.

    Attributes
    ----------
    value : float, str, bool, None, list or dict
        The value, made of what JSON can hold; arrays and tensors as nested lists.
    error : str
        ``"TypeName: message"`` of the exception that came instead, or empty.
    where : str
        The learner's line that raised it, if there is one.
    printed : str
        What was written to stdout and stderr meanwhile.
    """

    value: Any = None
    error: str = ""
    where: str = ""
    printed: str = ""

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> Outcome:
        """Return what a record of the expected file says was given: a value, or an error."""
        return cls(record.get("value"), record.get("error", ""))


Judge = Callable[[str, Outcome, Mapping[str, Any]], None]


def show(name: str, compute: Callable[[], Any]) -> None:
    """Run one check of an exercise and say whether the value is right.

    Parameters
    ----------
    name : str
        The check, as its cell is called.
    compute : callable
        Takes nothing and returns the value to judge: numbers, arrays, tensors, text, or tuples,
        lists and dicts of these.

    Raises
    ------
    NotYet
        If the value is not the expected one; one line, with what helps.
    """
    namespace = sys._getframe(1).f_globals
    outcome = _outcome_of(compute, namespace)
    _judges[-1](name, outcome, namespace)


@contextlib.contextmanager
def judged_by(judge: Judge) -> Iterator[None]:
    """Hand the outcomes of checks to somebody else while the context is open.

    Parameters
    ----------
    judge : callable
        Called with the name of a check, its `Outcome`, and the variables of its notebook.

    Yields
    ------
    None
        While `show` compares nothing itself.
    """
    _judges.append(judge)
    try:
        yield
    finally:
        _judges.pop()


def fault(outcome: Outcome, check: Mapping[str, Any]) -> str:
    """Say what is wrong with an outcome, for the learner who wrote it.

    Parameters
    ----------
    outcome : Outcome
        What the check's expression came to.
    check : mapping
        The check's record in the expected file: ``value``, ``rtol``, ``atol``, ``hint`` and the
        ``misconceptions``, each with what it ``says`` and the ``value`` or ``error`` it gives.

    Returns
    -------
    str
        One line, or nothing if the outcome is right.
    """
    close = tolerance(check)
    if outcome.error.startswith("NotImplementedError"):
        return (
            "no answer yet: `raise NotImplementedError` is still there. "
            "Put your code in its place and run the cell."
        )
    found = _raised(outcome) or difference(outcome.value, check["value"], **close)
    if not found:
        return ""
    for wrong in check["misconceptions"]:
        if same(outcome, Outcome.recorded(wrong), **close):
            return wrong["says"]
    if outcome.error.startswith(RETURNED):
        return f"{found}; expected {_kind(check['value'])}."
    wrong_numbers = _kind(outcome.value) == _kind(check["value"]) and NOT_FINITE not in found
    return f"{found}. Hint: {check['hint']}" if wrong_numbers else f"{found}."


def tolerance(check: Mapping[str, Any]) -> dict[str, float]:
    """Return the ``rtol`` and ``atol`` of a check, from its record or its cell's metadata.

    Parameters
    ----------
    check : mapping
        Holds both, among other things.

    Returns
    -------
    dict of str to float
        Keyword arguments for `same` and `difference`.
    """
    return {"rtol": check["rtol"], "atol": check["atol"]}


def same(outcome: Outcome, other: Outcome, *, rtol: float, atol: float) -> bool:
    """Whether two outcomes are the same error, or values within tolerance of each other.

    Parameters
    ----------
    outcome, other : Outcome
        The outcomes; the tolerance is relative to ``other``.
    rtol, atol : float
        As in `numpy.isclose`.

    Returns
    -------
    bool
        Whether they agree.
    """
    if outcome.error or other.error:
        return outcome.error == other.error
    return not difference(outcome.value, other.value, rtol=rtol, atol=atol)


def difference(got: Any, expected: Any, *, rtol: float, atol: float, at: str = "result") -> str:
    """Describe the first difference between a value and the expected one.

    Parameters
    ----------
    got, expected : float, str, bool, None, list or dict
        Values as an `Outcome` holds them.
    rtol, atol : float
        Numbers agree if they differ by at most ``atol + rtol * abs(expected)``.
    at : str, default="result"
        What to call the value.

    Returns
    -------
    str
        A description without a full stop, or nothing if the values agree.

    Examples
    --------
    >>> difference([1.0, 2.5], [1.0, 2.0], rtol=1e-6, atol=0.0)
    'expected 2 at result[1], got 2.5 (1 of 2 numbers differs)'
    """
    if got is None and expected is not None and at == "result":
        return f"expected {_kind(expected)}, got None. The function needs a `return` at its end"
    numbers = _array(expected)
    if numbers is not None:
        return _difference_of_numbers(got, numbers, rtol, atol, at)
    if type(got) is not type(expected):
        return f"expected {_kind(expected)} as {at}, got {_kind(got)}"
    if isinstance(expected, dict):
        places, missing = list(expected), set(expected) ^ set(got)
    elif isinstance(expected, list):
        places, missing = list(range(len(expected))), len(got) != len(expected)
    else:
        return "" if got == expected else f"expected {expected!r} as {at}, got {got!r}"
    if missing:
        return f"expected {_kind(expected)} as {at}, got {_kind(got)}"
    parts = (
        difference(got[place], expected[place], rtol=rtol, atol=atol, at=f"{at}[{place!r}]")
        for place in places
    )
    return next((part for part in parts if part), "")


def text(value: Any) -> str:
    """Write a value on one line, long arrays shortened.

    Parameters
    ----------
    value : float, str, bool, None, list or dict
        A value as an `Outcome` holds it.

    Returns
    -------
    str
        The line.

    Examples
    --------
    >>> text([[1.0, 2.25], 0.125])
    '([1, 2.25], 0.125)'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {text(part)}" for key, part in value.items()) + "}"
    numbers = _array(value)
    if numbers is None:
        return "(" + ", ".join(map(text, value)) + ")" if isinstance(value, list) else repr(value)
    shown = np.array2string(
        numbers + 0.0,
        separator=", ",
        threshold=12,
        edgeitems=3,
        formatter={"float": "{:.6g}".format},
    )
    return " ".join(shown.split())


def _outcome_of(compute: Callable[[], Any], namespace: Mapping[str, Any]) -> Outcome:
    """Run the expression of a check; whatever it prints or raises ends up in the outcome."""
    with captured() as printed:
        outcome = _value_or_error(compute, namespace)
    return replace(outcome, printed=printed.getvalue())


def _value_or_error(compute: Callable[[], Any], namespace: Mapping[str, Any]) -> Outcome:
    try:
        return Outcome(_plain(compute()))
    except KeyboardInterrupt:
        raise
    except _NotPlainError as error:
        return Outcome(error=f"{RETURNED} {error}")
    except BaseException as error:
        name, said = type(error).__name__, _said(error)
        return Outcome(
            error=_cut(f"{name}: {said}" if said else name, LONGEST_MESSAGE),
            where=_line_that_raised(error, compute, namespace),
        )


class _NotPlainError(TypeError):
    """A result that holds something else than numbers and text."""


def _plain(value: Any, at: str = "") -> Any:
    """Turn a value into what JSON can hold."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(part, f"{at}[{key!r}]") for key, part in value.items()}
    if isinstance(value, Decimal | Fraction):
        return float(value)
    array = value if isinstance(value, list | tuple) else np.asarray(value)
    if isinstance(array, list | tuple) or (array.dtype == object and array.ndim):
        return [_plain(part, f"{at}[{index}]") for index, part in enumerate(array)]
    if array.dtype.kind not in "biuf":
        kind = type(value).__name__ + f" of {array.dtype}" * isinstance(value, np.ndarray)
        raise _NotPlainError(f"a value of type {kind}" + f" at result{at}" * bool(at))
    return array.tolist()


def _said(error: BaseException) -> str:
    """Return what an exception says, on one line and without what cannot be printed."""
    try:
        message = str(error)
    except Exception:  # a learner's own class may be wrong there, too
        return ""
    printable = "".join(char if char.isprintable() else " " for char in message)
    return " ".join(printable.split())


def _cut(line: str, length: int) -> str:
    return line if len(line) <= length else f"{line[:length]} ..."


def _line_that_raised(
    error: BaseException, compute: Callable[[], Any], namespace: Mapping[str, Any]
) -> str:
    """Find the deepest line of the notebook, unless it is the check itself."""
    frames = [
        (frame.f_code, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals is namespace
    ]
    if not frames or frames[-1][0] is compute.__code__:
        return ""
    code, line = frames[-1]
    if (code.co_filename, code.co_name) == (compute.__code__.co_filename, "inputs"):
        return IN_THE_CHECK
    source = linecache.getline(code.co_filename, line).strip()
    return _cut(source, LONGEST_SOURCE) or f"line {line} of {code.co_name}"


def _raised(outcome: Outcome) -> str:
    if not outcome.error:
        return ""
    if outcome.error.startswith(RETURNED):
        return f"your function {outcome.error}"
    if outcome.where == IN_THE_CHECK:
        return (
            f"the check could not draw its inputs ({outcome.error}). Does a cell of yours redefine "
            "np or seed? Run the first cell again, then this one"
        )
    if outcome.where:
        return f"your code raised {outcome.error}, in `{outcome.where}`"
    if outcome.error.startswith("NameError"):
        name = outcome.error.removeprefix("NameError: ")
        return f"{name}. Run the cell that defines it; if that cell shows an error, mend it first"
    return f"calling your function raised {outcome.error}"


def _array(value: Any) -> np.ndarray | None:
    """Return numbers that form a scalar or a rectangular array, and None for anything else."""
    if isinstance(value, str | dict) or value is None:
        return None
    try:
        array = np.asarray(value, dtype=float)
    except (OverflowError, TypeError, ValueError):
        return None
    return array if not isinstance(value, list) or _holds_numbers_alone(value) else None


def _holds_numbers_alone(values: list) -> bool:
    """Whether no None or text hides in a list; NumPy would make numbers of both."""
    return all(
        _holds_numbers_alone(v) if isinstance(v, list) else isinstance(v, int | float)
        for v in values
    )


def _difference_of_numbers(
    got: Any, expected: np.ndarray, rtol: float, atol: float, at: str
) -> str:
    numbers = _array(got)
    if numbers is not None and numbers.size == 1 and expected.ndim == 0:
        numbers = numbers.reshape(())  # a column vector's product leaves axes of length 1 behind
    if numbers is None or numbers.shape != expected.shape:
        return f"expected {_kind(expected.tolist())} as {at}, got {_kind(got)}"
    wrong = ~np.isclose(numbers, expected, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return ""
    if np.isfinite(expected).all() and not np.isfinite(numbers).all():
        return f"{at} {NOT_FINITE}: a number grew beyond all bounds, or 0 was divided by 0"
    first = tuple(int(index) for index in np.argwhere(wrong)[0])
    values = expected[first] + 0.0, numbers[first] + 0.0  # no -0
    pair = [f"{value:.6g}" for value in values]
    if pair[0] == pair[1]:  # a difference beyond the sixth digit
        pair = [f"{value:.15g}" for value in values]
    index = "".join(f"[{i}]" for i in first)
    count = f"{wrong.sum()} of {wrong.size} numbers differ{'s' if wrong.sum() == 1 else ''}"
    place = f" at {at}{index}" if at + index != "result" else ""
    return f"expected {pair[0]}{place}, got {pair[1]}" + f" ({count})" * (wrong.size > 1)


def _kind(value: Any) -> str:
    """Name the kind of a value: what a learner has to return."""
    return _cut(_whole_kind(value), LONGEST_KIND)


def _whole_kind(value: Any) -> str:
    numbers = _array(value)
    if numbers is not None:
        return f"an array of shape {numbers.shape}" if numbers.ndim else "one number"
    if isinstance(value, dict):
        return f"a dict with the key{'s' * (len(value) != 1)} {', '.join(value) or '(none)'}"
    if isinstance(value, list):
        return f"{len(value)} values ({', '.join(map(_kind, value))})"
    return f"the text {_cut(value, 40)!r}" if isinstance(value, str) else "None"


def _self_check(name: str, outcome: Outcome, namespace: Mapping[str, Any]) -> None:
    """Judge by the expected file of the exercise, as learners do on their own."""
    check = _expected_check(name, namespace)
    if outcome.printed.strip():
        print("Your code printed:", _cut(outcome.printed.strip(), LONGEST_ECHO))
    found = fault(outcome, check)
    if found:
        raise NotYet(f"{name}: {found}") from None
    line = f"right: {name} = {text(outcome.value)}"
    print(textwrap.fill(line, PAGE_WIDTH, subsequent_indent=4 * " ", break_long_words=False))


def _expected_check(name: str, namespace: Mapping[str, Any]) -> dict[str, Any]:
    if not {"exercise", "seed"} <= set(namespace):
        raise NotYet("exercise and seed are not defined: run the first cell of the notebook")
    path = EXPECTED / f"{namespace['exercise']}.json"
    if not path.is_file():
        raise NotYet(f"no expected values for exercise {namespace['exercise']!r} in {path.parent}")
    record = json.loads(path.read_text(encoding="utf-8"))
    if namespace["seed"] != record["seed"]:
        raise NotYet(
            f"the expected values belong to seed = {record['seed']}. Received: "
            f"seed = {namespace['seed']!r}. Does a cell of yours set it? Run the first cell again"
        )
    if name not in record["checks"]:
        raise NotYet(f"{name!r} is no check of exercise {record['exercise']}: {path.name}")
    return record["checks"][name]


def _hand_out(name: str, outcome: Outcome, _namespace: Mapping[str, Any]) -> None:
    """Send what a check came to to the grader, who compares it where no student's code runs."""
    from IPython.display import display  # only a kernel gets here

    record = {"name": name, **asdict(replace(outcome, printed=""))}
    display({OUTCOME: json.dumps(record)}, raw=True)


_judges: list[Judge] = [_hand_out if OFFICIAL in os.environ else _self_check]
