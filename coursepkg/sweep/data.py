"""The data of a sweep: one set for all, one for each seed, or one for each setting and seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coursepkg.datasets import Dataset
from coursepkg.sweep.program import PARTS
from coursepkg.validation import as_finite_array

Data = Dataset | Sequence[Dataset] | Sequence[Sequence[Dataset]]
_MOST_CLASSES = 10**5


@dataclass(frozen=True)
class Rows:
    """Checked data sets, stacked.

    Attributes
    ----------
    x, y : dict of str to numpy.ndarray
        For each part that has rows, inputs ``(d, n, p)`` and targets ``(d, n)`` of ``d`` data
        sets.
    n_classes : int or None
        Number of classes; None for regression.
    layout : tuple of int
        ``()`` for one data set, ``(n_seeds,)``, or ``(n_settings, n_seeds)``.
    """

    x: dict[str, np.ndarray]
    y: dict[str, np.ndarray]
    n_classes: int | None
    layout: tuple[int, ...]

    def check_range(self, dtype: str) -> None:
        """Refuse numbers that the training's type cannot hold.

        Parameters
        ----------
        dtype : str
            "float32" or "float64".

        Raises
        ------
        ValueError
            If a number is too large.
        """
        largest = float(np.finfo(dtype).max)
        for name, arrays in (("x", self.x), ("y", self.y)):
            for part, values in arrays.items():
                if np.abs(values).max() > largest:
                    raise ValueError(
                        f"{name}_{part} must be within {dtype}, up to {largest:.2g}. "
                        f"Received: {np.abs(values).max():.2g}"
                    )

    def places(self, n_settings: int, n_seeds: int) -> np.ndarray:
        """Tell which data set each replica learns from.

        Parameters
        ----------
        n_settings, n_seeds : int
            Axes of the sweep.

        Returns
        -------
        numpy.ndarray of int, shape (n_settings * n_seeds,)
            Places on the first axis of ``x`` and ``y``.

        Raises
        ------
        ValueError
            If there are more or fewer data sets than seeds, or settings times seeds.
        """
        axes = (n_settings, n_seeds)
        if self.layout != axes[len(axes) - len(self.layout) :]:
            raise ValueError(
                f"data must be one Dataset, one for each of {n_seeds} seeds, or a list of these "
                f"for each of {n_settings} settings. Received: a list of shape {self.layout}"
            )
        numbers = np.arange(int(np.prod(self.layout))).reshape(self.layout)
        return np.broadcast_to(numbers, axes).ravel()


def stack(data: Data) -> Rows:
    """Check data sets and stack them.

    Parameters
    ----------
    data : Dataset, sequence of Dataset, or sequence of these
        All of one shape. Whole numbers as targets are labels of classes, counted from 0; other
        numbers make it a regression.

    Returns
    -------
    Rows
        The same, as arrays.

    Raises
    ------
    ValueError
        If there is no data set, or shapes or kinds differ, or a number is not finite.
    """
    sets, layout = _flattened(data)
    parts = [part for part in PARTS if any(_has_rows(one, part) for one in sets)]
    x = {part: _stacked(sets, f"x_{part}") for part in parts}
    y = {part: _stacked(sets, f"y_{part}") for part in parts}
    if "train" not in parts:
        raise ValueError("data must have training rows. Received: none")
    for part in parts:
        if len(y[part][0]) != len(x[part][0]):
            raise ValueError(
                f"y_{part} must have shape ({len(x[part][0])},). Received: shape {y[part][0].shape}"
            )
    n_features = {part: rows.shape[2] for part, rows in x.items()}
    if len(set(n_features.values())) > 1:
        raise ValueError(f"all parts need the same columns. Received: {n_features}")
    return Rows(x, y, _count_classes(y), layout)


def _flattened(data: Any) -> tuple[list[Dataset], tuple[int, ...]]:
    """List the data sets, and tell how they were nested."""
    if isinstance(data, Dataset):
        return [data], ()
    outer = list(data) if isinstance(data, Sequence) else [data]
    if outer and all(isinstance(one, Dataset) for one in outer):
        return outer, (len(outer),)
    rows = [list(row) if isinstance(row, Sequence) else [row] for row in outer]
    flat = [one for row in rows for one in row]
    if not flat:
        raise ValueError("data must hold at least one Dataset. Received: an empty list")
    if {len(row) for row in rows} != {len(rows[0])}:
        lengths = [len(row) for row in rows]
        raise ValueError(f"lists of data sets must be of equal length. Received: {lengths}")
    for one in flat:
        if not isinstance(one, Dataset):
            raise ValueError(f"data must be of type Dataset. Received: {type(one).__name__}")
    return flat, (len(rows), len(rows[0]))


def _has_rows(one: Dataset, part: str) -> bool:
    """Whether a data set has anything for a part, be it right or wrong."""
    arrays = (getattr(one, f"x_{part}"), getattr(one, f"y_{part}"))
    return any(not isinstance(array, np.ndarray) or array.size > 0 for array in arrays)


def _stacked(sets: list[Dataset], name: str) -> np.ndarray:
    """Stack one array of each data set; the first gives the shape and the kind of number."""
    shape = ("n_samples", "n_features") if name.startswith("x") else ("n_samples",)
    checked = []
    for number, one in enumerate(sets):
        label = f"{name} of data set {number}" if len(sets) > 1 else name
        shape = as_finite_array(label, getattr(one, name), shape=shape).shape
        values = np.asarray(getattr(one, name))
        first = checked[0] if checked else values
        if (values.dtype.kind == "f") != (first.dtype.kind == "f"):
            raise ValueError(
                f"{label} must be {first.dtype}, as in the others. Received: {values.dtype}"
            )
        checked.append(values)
    return np.stack(checked)


def _count_classes(y: dict[str, np.ndarray]) -> int | None:
    """Count the classes of labels; None where the targets are real numbers."""
    real = {part: targets.dtype.kind == "f" for part, targets in y.items()}
    if any(real.values()):
        if not all(real.values()):
            raise ValueError(f"targets must be labels in all parts or in none. Received: {real}")
        return None
    for part, targets in y.items():
        if targets.min() < 0:
            raise ValueError(f"labels y_{part} must count from 0. Received: {targets.min()}")
    n_classes = 1 + max(int(targets.max()) for targets in y.values())
    if n_classes > _MOST_CLASSES:
        raise ValueError(
            f"labels must be below {_MOST_CLASSES}; real-valued targets must be floats. "
            f"Received: {n_classes - 1}"
        )
    return n_classes
