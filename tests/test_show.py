"""`show`: what a check cell says to a learner."""

import json
import os
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from coursepkg import show as module
from coursepkg.show import NotYet, Outcome, difference, fault, judged_by, same, show, text

CLOSE = {"rtol": 1e-6, "atol": 1e-9}
CHECK = {
    "value": [1.0, 0.0, -2.0],
    **CLOSE,
    "hint": "count the signs.",
    "misconceptions": [
        {"name": "f_lost_sign", "says": "The sign is lost.", "value": [1.0, 0.0, 2.0]},
        {"name": "f_scalar", "says": "One number only.", "error": "ValueError: ambiguous"},
    ],
}


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """Variables of a notebook whose exercise has one check, and a function that runs its code."""
    record = {"exercise": "00_test", "seed": 0, "checks": {"f_signs": CHECK}}
    (tmp_path / "00_test.json").write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setattr(module, "EXPECTED", tmp_path)
    variables = {
        "show": show,
        "np": np,
        "os": os,
        "Fraction": Fraction,
        "Decimal": Decimal,
        "exercise": "00_test",
        "seed": 0,
    }

    def run(code, check='show("f_signs", lambda: f())'):
        exec(code, variables)
        exec(check, variables)

    run.variables = variables
    return run


def refused(run, *args):
    with pytest.raises(NotYet) as caught:
        run(*args)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "[1, 0, -2]",
        "[Fraction(2, 2), Decimal(0), -2]",
        "np.array([1.0, -0.0, -2.0])",
        "(1.0, 0, np.float32(-2))",
        "np.r_[1, 1e-12, -2]",
    ],
)
def test_a_right_value_is_printed(notebook, capsys, value):
    notebook(f"def f(): return {value}")
    assert capsys.readouterr().out.startswith("right: f_signs = [1, ")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("raise NotImplementedError", "no answer yet: `raise NotImpl"),
        ("return np.abs([1, 0, -2])", "f_signs: The sign is lost."),
        ("raise ValueError('ambiguous')", "f_signs: One number only."),
        (
            "return [1, 0, -3]",
            "expected -2 at result[2], got -3 (1 of 3 numbers differs). Hint: co",
        ),
        ("return [1, 0, np.nan]", "result holds nan or inf: a number grew beyond all bounds"),
        ("return [1, 0]", "expected an array of shape (3,) as result, got an array of shape (2,)"),
        ("return [[1, 0, -2]]", "got an array of shape (1, 3)"),
        ("return 1", "expected an array of shape (3,) as result, got one number"),
        ("return 'x'", "got the text 'x'"),
        ("return {'a': 1}", "got a dict with the key a"),
        ("return [[1, 2], 3]", "got 2 values (an array of shape (2,), one number)"),
        ("pass", "got None. The function needs a `return` at its end."),
        ("return {'a': [1, {2}]}", "a value of type set at result['a'][1]; expected"),
        ("return [1, None, -2]", "expected an array of shape (3,) as result, got 3 values (one nu"),
        (
            "class Odd(Exception):\n        __str__ = None\n    raise Odd",
            "your code raised Odd, in `",
        ),
        ("return [[1] * n for n in range(1, 99)]", "(3,) as result, got 98 values (an array"),
        (
            "return (i for i in 'ab')",
            "returned a value of type generator; expected an array of shape (3,).",
        ),
        ("return 1j", "your function returned a value of type complex; expected"),
        (
            "return np.array(['a'])",
            "your function returned a value of type ndarray of <U1; expected",
        ),
        ("class Odd(BaseException): ...\n    raise Odd", "your code raised Odd, in `"),
        ("raise ValueError('x' * 1000)", "xxx ..., in `"),
        ("return undefined", "NameError: name 'undefined' is not defined, in `"),
        ("return 1 / 0", "ZeroDivisionError: division by zero, in `"),
        ("raise SystemExit", "your code raised SystemExit"),
        ("raise OSError('two\\nlines')", "OSError: two lines"),
        ("return f()", "RecursionError"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(notebook, body, line):
    assert line in refused(notebook, f"def f():\n    {body}")


@pytest.mark.parametrize("body", ["return [1]", "return", "1 / 0", "return 'x'", "return {1}"])
def test_the_hint_is_for_wrong_numbers_alone(notebook, body):
    assert "Hint" not in refused(notebook, f"def f():\n    {body}")


def test_the_line_that_raised_is_shown(notebook, tmp_path):
    source = "def f():\n    return g()\n\ndef g():\n    return missing + 1\n"
    path = tmp_path / "cell.py"
    path.write_text(source, encoding="utf-8")
    notebook.variables["path"] = path
    line = refused(notebook, "exec(compile(path.read_text(), str(path), 'exec'))")
    assert (
        "your code raised NameError: name 'missing' is not defined, in `return missing + 1`" in line
    )


@pytest.mark.parametrize(
    ("check", "line"),
    [
        ('show("f_signs", lambda: g())', "name 'g' is not defined. Run the cell that defines it"),
        ('show("f_signs", lambda: f(1))', "calling your function raised TypeError: f() takes 0"),
        (
            'def inputs(): return np.nothing\nshow("f_signs", lambda: f(inputs()))',
            "the check could not draw its inputs (AttributeError: module 'numpy' has no attribute",
        ),
        ('show("f_other", lambda: f())', "'f_other' is no check of exercise 00_test"),
        ('seed = 3; show("f_signs", lambda: f())', "belong to seed = 0. Received: seed = 3"),
        ('exercise = "09"; show("f_signs", lambda: f())', "no expected values for exercise '09'"),
        ('del seed; show("f_signs", lambda: f())', "run the first cell of the notebook"),
    ],
)
def test_a_check_in_the_wrong_place_is_said_too(notebook, check, line):
    assert line in refused(notebook, "def f(): return [1, 0, -2]", check)


def test_prints_change_nothing(notebook, capfd):
    notebook(
        "import sys\n"
        "def f():\n"
        "    print('here')\n"
        "    sys.stderr.write('there')\n"
        "    os.write(2, b'from below')\n"
        "    return [1, 0, -2]\n"
    )
    out, err = capfd.readouterr()
    assert out.startswith("Your code printed: here\nthere\nright: f_signs")
    assert err == ""


def test_long_prints_are_cut(notebook, capsys):
    notebook("def f():\n    print('x' * 10**6)\n    return [1, 0, -2]")
    assert len(capsys.readouterr().out) < 3000


def test_an_interrupt_is_not_swallowed(notebook):
    with pytest.raises(KeyboardInterrupt):
        notebook("def f(): raise KeyboardInterrupt")


def test_the_streams_are_back_afterwards(notebook):
    before = sys.stdout, sys.stderr, os.fstat(2)
    refused(notebook, "def f(): raise ValueError")
    assert (sys.stdout, sys.stderr, os.fstat(2)) == before


def test_ipython_shows_the_line_alone(monkeypatch):
    long = NotYet("f: " + "word " * 30)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert long._render_traceback_() == [f"not yet: {long}"]
    monkeypatch.setenv("JPY_SESSION_NAME", "work/02.ipynb")
    lines = long._render_traceback_()
    assert " ".join(lines) == f"not yet: {long}".strip()
    assert max(map(len, lines)) <= 76


def test_somebody_else_can_judge(notebook):
    seen = {}
    with judged_by(lambda name, outcome, variables: seen.update({name: (outcome, variables)})):
        notebook("def f(): return np.eye(2), {'a': 'b'}, None")
    outcome, variables = seen["f_signs"]
    assert outcome.value == [[[1.0, 0.0], [0.0, 1.0]], {"a": "b"}, None]
    assert variables is notebook.variables
    notebook("def f(): return [1, 0, -2]")  # and then the usual judge does


@pytest.mark.parametrize(
    ("got", "expected", "line"),
    [
        (1.0, 1.0 + 1e-7, ""),
        (1.0, 1.00001, "expected 1.00001, got 1"),
        (1.0, 1.000002, "expected 1.000002, got 1"),
        ([1.0, [2.0, 3.0]], [1.0, [2.0, 3.0]], ""),
        ([1.0, [2.0, 4.0]], [1.0, [2.0, 3.0]], "expected 3 at result[1][1], got 4"),
        ([1.0], [1.0, [2.0, 3.0]], "expected 2 values (one number, an array of shape (2,))"),
        ({"a": 1.0}, {"a": 1.0}, ""),
        ({"a": 2.0}, {"a": 1.0}, "expected 1 at result['a'], got 2"),
        (
            {"b": 1.0},
            {"a": 1.0},
            "expected a dict with the key a as result, got a dict with the k",
        ),
        ({}, {"a": 1.0}, "keys (none)"),
        ("x", "x", ""),
        ("x", "y", "expected 'y' as result, got 'x'"),
        (None, None, ""),
        (None, 1.0, "expected one number, got None"),
        (1.0, None, "expected None as result, got one number"),
        ("1", 1.0, "expected one number as result, got the text '1'"),
        (True, True, ""),
        ([[2.0]], 2.0, ""),
        ([1.0, [[2.0]]], [1.0, 2.0], "expected an array of shape (2,) as result"),
        ([[1.0, 2.0], [3.0]], [[1.0, 2.0], 3.0], ""),
        (-0.0, 1.0, "got 0"),
        (float("inf"), float("inf"), ""),
    ],
)
def test_difference(got, expected, line):
    found = difference(got, expected, **CLOSE)
    assert line in found
    assert bool(found) == bool(line)


def test_the_right_value_wins_over_a_misconception_that_gives_it_too():
    check = CHECK | {"misconceptions": [{"name": "f_x", "says": "no", "value": CHECK["value"]}]}
    assert fault(Outcome([1.0, 0.0, -2.0]), check) == ""


def test_errors_are_the_same_only_with_the_same_text():
    assert same(Outcome(error="E: a"), Outcome(error="E: a"), **CLOSE)
    assert not same(Outcome(error="E: a"), Outcome(error="E: b"), **CLOSE)
    assert not same(Outcome(1.0), Outcome(error="E: b"), **CLOSE)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.1 + 0.2, "0.3"),
        ([-0.0, 1e-20], "[0, 1e-20]"),
        ([[1.0, 2.0], 3.0], "([1, 2], 3)"),
        ({"alpha": 0.5}, "{alpha: 0.5}"),
        ("x", "'x'"),
        (list(range(100)), "[0, 1, 2, ..., 97, 98, 99]"),
    ],
)
def test_text(value, shown):
    assert text(value) == shown
