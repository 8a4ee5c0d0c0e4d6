"""The two axes of a panel: where a value lies, and which values are written beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import ticker

SPAN = 1000  # a panel's side in the units that its paths are written in


def digits(value: float) -> str:
    """Write a number with three digits, and a minus that reads as one.

    Parameters
    ----------
    value : float
        Any finite number.

    Returns
    -------
    str
        Such as ``"0.0123"`` or ``"−1.5"``.
    """
    return f"{value + 0.0:.3g}".replace("-", "−")


@dataclass(frozen=True)
class Axis:
    """A linear or logarithmic axis.

    Attributes
    ----------
    low, high : float
        Its ends.
    log : bool, default=False
        Whether it is logarithmic.
    """

    low: float
    high: float
    log: bool = False

    def place(self, values: np.ndarray) -> np.ndarray:
        """Return where values lie, `SPAN` being the axis' length.

        Parameters
        ----------
        values : numpy.ndarray of float
            Within the axis or not.

        Returns
        -------
        numpy.ndarray of int
            At most one length outside.
        """
        low, high = self._scaled(np.array([self.low, self.high]))
        share = (self._scaled(values) - low) / (high - low)
        return np.rint(np.clip(share, -1, 2) * SPAN).astype(int)

    def ticks(self) -> list[tuple[int, str]]:
        """Return places and texts of a handful of round values."""
        if self.log:
            values = ticker.LogLocator(numticks=6).tick_values(self.low, self.high)
        else:
            locator = ticker.MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10])
            values = locator.tick_values(self.low, self.high)
        inside = [value for value in values if self.low <= value <= self.high]
        texts = [f"{value + 0.0:.6g}".replace("-", "−") for value in inside]
        return list(zip(self.place(np.array(inside)).tolist(), texts, strict=True))

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        return np.log(np.maximum(values, 1e-300)) if self.log else np.asarray(values, float)


@dataclass(frozen=True)
class Category:
    """An axis of names, each with the same room.

    Attributes
    ----------
    names : sequence of str
        From left to right.
    """

    names: Sequence[str]

    def ticks(self) -> list[tuple[int, str]]:
        """Return the middle of each name's room, and the name."""
        room = SPAN / len(self.names)
        return [(round((number + 0.5) * room), name) for number, name in enumerate(self.names)]

    def bars(self, place: int, of: int) -> tuple[list[int], int]:
        """Return left sides and width of the bars of one layer among several.

        Parameters
        ----------
        place, of : int
            Number of the layer, and of all layers.

        Returns
        -------
        tuple of list of int and int
            In units of `SPAN`.
        """
        room = SPAN / len(self.names)
        width = 0.7 * room / of
        start = 0.15 * room + place * width
        lefts = [round(number * room + start) for number in range(len(self.names))]
        return lefts, max(1, round(0.92 * width))


def fitted(values: np.ndarray, *, limits: tuple[float, float] | None, log: bool, name: str) -> Axis:
    """Choose the ends of an axis.

    Parameters
    ----------
    values : numpy.ndarray of float
        All that is drawn, in all frames.
    limits : tuple of float or None
        The ends, where they were given.
    log : bool
        Whether the axis is logarithmic.
    name : str
        Names the axis in errors.

    Returns
    -------
    Axis
        With a little room beyond the values, where no limits were given.

    Raises
    ------
    ValueError
        If the ends are not two rising numbers, or a logarithmic axis meets one that is not
        positive.
    """
    low, high = limits if limits is not None else (float(values.min()), float(values.max()))
    if log and min(low, float(values.min(initial=high))) <= 0:
        raise ValueError(
            f"{name} must be positive on a logarithmic axis. "
            f"Received: {min(low, float(values.min(initial=high))):g}"
        )
    if limits is not None:
        if not (np.isfinite([low, high]).all() and low < high):
            raise ValueError(f"{name} must have limits that rise. Received: {limits}")
        return Axis(float(low), float(high), log)
    if low == high:
        low, high = (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
    if log:
        room = (high / low) ** 0.04
        return Axis(low / room, high * room, log)
    room = 0.04 * (high - low)
    # Bars stand on the axis itself, and so does whatever begins at zero.
    return Axis(low - room * (low != 0), high + room * (high != 0), log)
