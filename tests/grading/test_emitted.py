"""What a check hands out, read where nothing of it is believed."""

import json

import nbformat
import pytest

from coursepkg.grading.emitted import NOTHING, emitted, output_of
from coursepkg.show import OUTCOME, Outcome, same


def output(text):
    return nbformat.v4.new_output("display_data", {OUTCOME: text})


def handed_out(**changes):
    record = {"name": "check", "value": [1.5], "error": "", "where": "", **changes}
    return output(json.dumps(record))


def test_a_value_arrives_as_it_is():
    assert emitted([handed_out()], "check") == Outcome(value=[1.5])
    noise = nbformat.v4.new_output("stream", text="right: check = 1")
    picture = nbformat.v4.new_output("display_data", {"text/plain": "x"})
    assert emitted([noise, handed_out(), picture], "check").value == [1.5]


def test_an_error_arrives_as_one_line_and_without_a_value():
    found = emitted([handed_out(error="E: \x1b[31m\na", where="x\ty", value=3)], "check")
    assert found == Outcome(None, "E: [31m a", "x y")


@pytest.mark.parametrize(
    ("outputs", "error"),
    [
        ([], NOTHING),
        ([handed_out(), handed_out()], "TooManyShown: the check came to 2 values, not to one"),
        ([handed_out(name="other")], NOTHING),
        ([output("{")], "NothingShown: what the check handed out cannot be read"),
        ([output("[1]")], "NothingShown: what"),
        ([output(5)], "NothingShown: what"),
        ([output("9" * 5000)], "NothingShown: what"),
        ([output("[" * 10**5)], "NothingShown: what"),
        ([handed_out(value="x" * 2**20)], "returned far more than the check asks for"),
        ([output(json.dumps({"name": "check", "value": 1}))], "NothingShown: what"),
        ([handed_out(error=["x"])], "NothingShown: what"),
    ],
)
def test_what_cannot_be_one_value_is_an_error(outputs, error):
    assert emitted(outputs, "check").error.startswith(error)


def test_a_value_nested_beyond_reason_is_an_error():
    deep = []
    for _ in range(60):
        deep = [deep]
    assert emitted([handed_out(value=deep)], "check").error.startswith("NothingShown")


@pytest.mark.parametrize(
    "value", [10**400, float("nan"), float("inf"), "1.5", None, {}, [[]], True]
)
def test_no_odd_value_is_close_to_a_number(value):
    found = emitted([handed_out(value=value)], "check")
    assert not same(found, Outcome(value=1.5), rtol=1e-4, atol=1e-6)


def test_the_reference_is_written_in_one_way():
    """nbval compares the text."""
    one = output_of("check", Outcome(value={"b": 1.0, "a": 2.0}))
    other = output_of("check", Outcome(value={"a": 2.0, "b": 1.0}))
    assert one == other != output_of("other", Outcome(value={"a": 2.0, "b": 1.0}))
