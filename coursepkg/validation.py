"""Checks on what a caller hands in, with errors that end in what was received."""

from __future__ import annotations

import math
import numbers
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike


def as_finite_array(name: str, values: ArrayLike, *, shape: tuple[int | str, ...]) -> np.ndarray:
    """Convert to a float64 array of the given shape without NaN or infinity.

    Parameters
    ----------
    name : str
        What the caller calls the argument; errors begin with it.
    values : array-like
        The argument.
    shape : tuple of int or str
        Expected shape; a string names an axis of any length of at least 1.

    Returns
    -------
    numpy.ndarray of float64
        The values, converted.

    Raises
    ------
    ValueError
        If the values are no real numbers, have another shape, or are not all finite.

    Examples
    --------
    >>> as_finite_array("y", [1, 2, 3], shape=("n_samples",))
    array([1., 2., 3.])
    """
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be rectangular. Received: rows of unequal length") from None
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers. Received: dtype {array.dtype}")
    fits = array.ndim == len(shape) and all(
        length > 0 if isinstance(expected, str) else length == expected
        for length, expected in zip(array.shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"{name} must have shape {_shape_text(shape)}. Received: shape {array.shape}"
        )
    finite = np.isfinite(array)
    if not finite.all():
        place = tuple(int(index) for index in np.argwhere(~finite)[0])
        raise ValueError(f"{name} must be finite. Received: {array[place]} at index {place}")
    return array.astype(np.float64)


def as_regression_data(x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Convert inputs and targets of a regression, each row of ``x`` with one entry of ``y``.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    y : array-like of float, shape (n_samples,)
        Targets.

    Returns
    -------
    tuple of numpy.ndarray
        ``x`` and ``y`` in float64.

    Raises
    ------
    ValueError
        As `as_finite_array`; a column ``y`` of shape ``(n_samples, 1)`` is refused, because
        NumPy would broadcast it against a prediction of shape ``(n_samples,)``.

    Examples
    --------
    >>> x, y = as_regression_data([[1, 2], [3, 4]], [5, 6])
    >>> x.shape, y.shape
    ((2, 2), (2,))
    """
    x = as_finite_array("x", x, shape=("n_samples", "n_features"))
    return x, as_finite_array("y", y, shape=(x.shape[0],))


def as_non_negative(name: str, value: float) -> float:
    """Convert to a float that is finite and at least 0.

    Parameters
    ----------
    name : str
        What the caller calls the argument; errors begin with it.
    value : float
        The argument.

    Returns
    -------
    float
        The value.

    Raises
    ------
    ValueError
        If the value is no real number, not finite, or negative.

    Examples
    --------
    >>> as_non_negative("lam", 2)
    2.0
    """
    number = _as_float(value)
    if not 0 <= number < math.inf:
        raise ValueError(f"{name} must be a finite number >= 0. Received: {_shown(name, value)}")
    return number


def as_number_between(
    name: str,
    value: float,
    low: float,
    high: float,
    *,
    ends: Literal["both", "low", "none"] = "both",
) -> float:
    """Convert to a float between two bounds.

    Parameters
    ----------
    name : str
        What the caller calls the argument; errors begin with it.
    value : float
        The argument.
    low, high : float
        The bounds.
    ends : {"both", "low", "none"}, default="both"
        Which of the bounds are accepted themselves.

    Returns
    -------
    float
        The value.

    Raises
    ------
    ValueError
        If the value is no real number or lies outside.

    Examples
    --------
    >>> as_number_between("rate", 0.5, 0, 1)
    0.5
    """
    number = _as_float(value)
    above = low < number or (number == low and ends != "none")
    below = number < high or (number == high and ends == "both")
    if not (above and below):
        interval = f"{'(' if ends == 'none' else '['}{low}, {high}{']' if ends == 'both' else ')'}"
        raise ValueError(f"{name} must be in {interval}. Received: {_shown(name, value)}")
    return number


def as_count(name: str, value: int, *, minimum: int = 0) -> int:
    """Convert to an integer of at least ``minimum``.

    Parameters
    ----------
    name : str
        What the caller calls the argument; errors begin with it.
    value : int
        The argument.
    minimum : int, default=0
        Smallest value that is accepted.

    Returns
    -------
    int
        The value.

    Raises
    ------
    ValueError
        If the value is no integer or lies below ``minimum``.

    Examples
    --------
    >>> as_count("n_train", 100, minimum=2)
    100
    """
    integral = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not integral or value < minimum:
        raise ValueError(f"{name} must be an integer >= {minimum}. Received: {_shown(name, value)}")
    return int(value)


def _as_float(value: object) -> float:
    """Return one real number as a float, and NaN for anything that is none."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if not isinstance(value, numbers.Real) or isinstance(value, bool | np.bool_):
        return math.nan
    try:
        return float(value)
    except (OverflowError, TypeError):  # an integer beyond all floats; a span of time
        return math.nan


def _shown(name: str, value: object) -> str:
    plain = value.item() if isinstance(value, np.generic) else value
    return f"{name}={plain!r}"


def _shape_text(shape: tuple[int | str, ...]) -> str:
    inside = ", ".join(str(axis) for axis in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"
