"""What may vary in a sweep: names, ranges, defaults, and the grid that a call spans."""

from __future__ import annotations

import itertools
import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from coursepkg.sweep.optimizers import OPTIMIZERS
from coursepkg.validation import as_count, as_non_negative, as_number_between


def _as_positive(name: str, value: Any) -> float:
    if as_non_negative(name, value) == 0:
        raise ValueError(f"{name} must be > 0. Received: {name}={value!r}")
    return float(value)


_MOST_SETTINGS = 10**6
_LARGEST = 1e30  # beyond it float32 ends; patience of that size never ends training
_as_rate = partial(as_number_between, low=0, high=1, ends="low")

# Every setting with the check of a value.
_CHECKS: dict[str, Callable[..., float]] = {
    "learning_rate": _as_positive,
    "momentum": _as_rate,
    "l1": as_non_negative,
    "l2": as_non_negative,
    "weight_decay": as_non_negative,
    "rate": _as_rate,
    "input_rate": _as_rate,
    "loss_gradient_penalty": as_non_negative,
    "label_noise": as_non_negative,
    "patience": as_count,
    "min_delta": as_non_negative,
}


@dataclass(frozen=True)
class Grid:
    """All settings of a sweep.

    Attributes
    ----------
    values : dict of str to numpy.ndarray of float, shape (n_settings,)
        Value of every setting that there is.
    varied : tuple of str
        Those given as several values, in the order given; the last one varies fastest.
    used : frozenset of str
        Those that are not zero everywhere, and ``patience`` where it was given.
    """

    values: dict[str, np.ndarray]
    varied: tuple[str, ...]
    used: frozenset[str]

    def __len__(self) -> int:
        return len(self.values["learning_rate"])

    def describe(self, place: int) -> str:
        """Name one setting by what varies.

        Parameters
        ----------
        place : int
            Its number.

        Returns
        -------
        str
            Such as ``"l2=0.01, rate=0.5, "``; empty where nothing varies.
        """
        return "".join(f"{name}={self.values[name][place]:g}, " for name in self.varied)


def span(given: Mapping[str, Any], *, optimizer: str, n_classes: int | None) -> Grid:
    """Check the settings of a call and combine each value with each.

    Parameters
    ----------
    given : mapping of str to float or sequence of float
        Settings; several values make an axis of the grid.
    optimizer : str
        A key of `coursepkg.sweep.optimizers.OPTIMIZERS`, for the defaults.
    n_classes : int or None
        Number of classes, with which ``label_noise`` is a fraction; None for regression.

    Returns
    -------
    Grid
        All combinations.

    Raises
    ------
    ValueError
        If a setting is unknown, of no use to the optimizer, out of range, or given twice.
    """
    axes = {name: _checked(name, value, n_classes) for name, value in given.items()}
    _refuse_idle(given, optimizer)
    chosen = OPTIMIZERS[optimizer]
    defaults = {"learning_rate": chosen.learning_rate, "weight_decay": chosen.weight_decay}
    axes = {name: [value] for name, value in defaults.items() if name not in axes} | axes
    n_settings = math.prod(map(len, axes.values()))
    if n_settings > _MOST_SETTINGS:
        raise ValueError(
            f"a grid must have at most {_MOST_SETTINGS} settings. Received: {n_settings}"
        )
    rows = np.array(list(itertools.product(*axes.values())), dtype=float)
    values = {name: np.zeros(len(rows)) for name in _CHECKS} | dict(zip(axes, rows.T, strict=True))
    used = {name for name, column in values.items() if column.any()}
    varied = tuple(name for name, value in given.items() if np.ndim(value))
    return Grid(values, varied, frozenset(used | ({"patience"} & given.keys())))


def _checked(name: str, value: Any, n_classes: int | None) -> list[float]:
    """Check the values of one setting, be it one or several."""
    if name not in _CHECKS:
        raise ValueError(f"settings are {', '.join(_CHECKS)}. Received: {name!r}")
    check = _CHECKS[name]
    if name == "label_noise" and n_classes is not None:  # a fraction, not a standard deviation
        check = partial(as_number_between, low=0, high=1)
    given = _listed(name, value)
    values = [check(name, one) for one in (given if isinstance(given, list) else [given])]
    if not values or len(set(values)) < len(values):
        raise _not_distinct(name, given)
    if name != "patience" and max(values) > _LARGEST:
        raise ValueError(f"{name} must be at most {_LARGEST:g}. Received: {name}={max(values):g}")
    return [min(one, _LARGEST) for one in values]


def _listed(name: str, value: Any) -> Any:
    """Turn arrays of all kinds into plain numbers or lists."""
    try:
        return np.asarray(value).tolist()
    except ValueError:  # rows of unequal length
        raise _not_distinct(name, list(value)) from None


def _not_distinct(name: str, given: Any) -> ValueError:
    shown = f"{name}={reprlib.repr(given)}"
    return ValueError(f"{name} must be a number or distinct numbers. Received: {shown}")


def _refuse_idle(given: Mapping[str, Any], optimizer: str) -> None:
    """Refuse settings that would have no effect."""
    if "momentum" in given and OPTIMIZERS[optimizer].n_slots != 1:
        raise ValueError(
            f"momentum is a setting of sgd and proximal_sgd. Received: optimizer={optimizer!r}"
        )
    if "min_delta" in given and "patience" not in given:
        raise ValueError("min_delta needs patience, which asks for early stopping. Received: none")
