import numpy as np
import pytest

from coursepkg import validation


@pytest.mark.parametrize(
    ("values", "shape", "message"),
    [
        ([1.0, 2.0], ("n", "p"), r"a must have shape \(n, p\)\. Received: shape \(2,\)"),
        ([1.0, 2.0], (3,), r"a must have shape \(3,\)\. Received: shape \(2,\)"),
        ([], ("n",), r"a must have shape \(n,\)\. Received: shape \(0,\)"),
        ([1.0, np.nan], ("n",), r"a must be finite\. Received: nan at index \(1,\)"),
        ([[1.0], [-np.inf]], ("n", "p"), r"Received: -inf at index \(1, 0\)"),
        (["a"], ("n",), r"a must hold real numbers\. Received: dtype <U1"),
        ([1j], ("n",), r"a must hold real numbers\. Received: dtype complex128"),
        ([None], ("n",), r"a must hold real numbers\. Received: dtype object"),
        ([[1.0], [1.0, 2.0]], ("n", "p"), r"a must be rectangular\. Received: rows of unequal"),
    ],
)
def test_array_that_does_not_fit_is_named_with_what_came(values, shape, message):
    with pytest.raises(ValueError, match=message):
        validation.as_finite_array("a", values, shape=shape)


def test_array_is_copied():
    given = np.ones(3)
    validation.as_finite_array("a", given, shape=(3,))[0] = 5.0
    assert given[0] == 1.0


def test_column_of_targets_is_refused():
    with pytest.raises(ValueError, match=r"y must have shape \(4,\)\. Received: shape \(4, 1\)"):
        validation.as_regression_data(np.ones((4, 2)), np.ones((4, 1)))


@pytest.mark.parametrize(
    "value", [-1, np.nan, np.inf, None, "1", True, 1j, [1.0], 10**400, np.timedelta64(1, "s")]
)
def test_not_a_non_negative_number(value):
    with pytest.raises(ValueError, match=r"lam must be a finite number >= 0\. Received: lam="):
        validation.as_non_negative("lam", value)


@pytest.mark.parametrize("value", [0, 2, 0.5, np.float32(0.5), np.int64(3), np.array(1.5)])
def test_non_negative_number_becomes_a_float(value):
    converted = validation.as_non_negative("lam", value)
    assert type(converted) is float
    assert converted == value


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, None, "0.5", True, [0.5]])
def test_not_a_number_between(value):
    with pytest.raises(ValueError, match=r"rate must be in \[0, 1\]\. Received: rate="):
        validation.as_number_between("rate", value, 0, 1)


def test_the_ends_of_an_interval_count_where_they_should():
    assert validation.as_number_between("rate", 1, 0, 1) == 1.0
    with pytest.raises(ValueError, match=r"rho must be in \(-1, 1\)\. Received: rho=1"):
        validation.as_number_between("rho", 1, -1, 1, ends="none")


def test_numpy_numbers_are_shown_plainly():
    with pytest.raises(ValueError, match=r"Received: lam=-1\.0$"):
        validation.as_non_negative("lam", np.float64(-1))


@pytest.mark.parametrize("value", [0, -3, 1.0, "2", None, True])
def test_not_a_count(value):
    with pytest.raises(ValueError, match=r"n must be an integer >= 1\. Received: n="):
        validation.as_count("n", value, minimum=1)


def test_numpy_integer_is_a_count():
    assert validation.as_count("n", np.int32(7)) == 7
