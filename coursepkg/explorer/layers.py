"""What a panel shows: layers of arrays, some of which change from frame to frame.

An array that changes has one axis in front for each slider; one without these axes stays as it is.
A layer is given the panel's two axes and becomes a few elements of SVG, each with the values that
one of its attributes takes frame by frame.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import contourpy
import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from coursepkg.explorer.axes import Axis, Category, digits
from coursepkg.validation import as_finite_array

COLORS = ("0", "1", "2", "3", "4", "5", "grey")
_MOST_ROWS = 7  # of a layer, in the table of numbers
_SHADES = 16  # of either class, from none at the boundary
# The two classes' colours as the figures have them, for a picture that lies on any background.
_CLASS_COLORS = ((0x57, 0x90, 0xFC), (0xF8, 0x9C, 0x20))


class Element(NamedTuple):
    """One element of SVG.

    Attributes
    ----------
    markup : str
        With a place ``{}`` for the attribute that changes.
    attribute : str
        Its name.
    values : list of str
        What it is in each frame; only one where nothing changes.
    """

    markup: str
    attribute: str
    values: list[str]


class Rows(NamedTuple):
    """What the table of numbers says of a layer.

    Attributes
    ----------
    label : str
        Name of the layer.
    cells : list of list of str
        For each frame, or once where nothing changes, two cells a row, row after row.
    """

    label: str
    cells: list[list[str]]


@dataclass(frozen=True)
class Layer:
    """What all layers share: they know which of their arrays change."""

    def stacked(self, where: str, frames: tuple[int, ...]) -> Layer:
        """Check the arrays and put the frames on one axis.

        Parameters
        ----------
        where : str
            Names the layer in errors.
        frames : tuple of int
            Number of positions of each slider.

        Returns
        -------
        Layer
            The same with arrays of shape ``(1 or n_frames, ...)``.

        Raises
        ------
        ValueError
            If a shape fits neither the sliders nor the layer's other arrays, or a number is not
            finite.
        """
        known, checked = {}, {}
        for name, axes in self._shapes().items():
            values = getattr(self, name)
            moving = _n_axes(values) == len(frames) + len(axes)
            own = tuple(known.get(axis, axis) for axis in axes)
            shape = (*frames, *own) if moving else own
            array = as_finite_array(f"{name} of {where}", values, shape=shape)
            own = array.shape[array.ndim - len(axes) :]
            known.update(zip(axes, own, strict=True))
            checked[name] = array.reshape(-1, *own)
        rest = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in checked}
        return type(self)(**checked, **rest)

    def _shapes(self) -> dict[str, tuple[str, ...]]:
        raise NotImplementedError


@dataclass(frozen=True)
class Line(Layer):
    """A curve.

    Attributes
    ----------
    x, y : array-like of float, shape (n_points,) or (n_1, n_points) or (n_1, n_2, n_points)
        Its points, in the units of the axes; either may change.
    label : str, default=""
        Its name in the legend and in the table; without one it is in neither.
    color : {"0", ..., "5", "grey"}, default="0"
        Number in the course's cycle of colours.
    dashed : bool, default=False
        Whether it is dashed, as validation is throughout the course.
    thin : bool, default=False
        Whether it stands back behind the others.
    """

    x: ArrayLike
    y: ArrayLike
    label: str = ""
    color: str = "0"
    dashed: bool = False
    thin: bool = False

    def _shapes(self) -> dict[str, tuple[str, ...]]:
        return {"x": ("n_points",), "y": ("n_points",)}

    def extent(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all values on either axis."""
        return self.x.ravel(), self.y.ravel()

    def elements(self, x_axis: Axis, y_axis: Axis) -> Iterator[Element]:
        """Draw a path."""
        kind = "line" + " dashed" * self.dashed + " thin" * self.thin
        pairs = _pairs(x_axis.place(self.x), y_axis.place(self.y))
        yield Element(_path(kind, self.color), "d", [_open_path(x, y) for x, y in pairs])

    def rows(self) -> Iterator[Rows]:
        """Choose a few points."""
        yield from _point_rows(self)


@dataclass(frozen=True)
class Points(Layer):
    """Points of data, or a mark on a curve.

    Attributes
    ----------
    x, y : array-like of float, shape (n_points,) or (n_1, n_points) or (n_1, n_2, n_points)
        Their places; either may change.
    label, color
        As in `Line`.
    marker : {"disc", "square", "ring"}, default="disc"
        Their shape.
    """

    x: ArrayLike
    y: ArrayLike
    label: str = ""
    color: str = "0"
    marker: str = "disc"

    def _shapes(self) -> dict[str, tuple[str, ...]]:
        return {"x": ("n_points",), "y": ("n_points",)}

    def extent(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all values on either axis."""
        return self.x.ravel(), self.y.ravel()

    def elements(self, x_axis: Axis, y_axis: Axis) -> Iterator[Element]:
        """Draw a path of strokes without length, whose ends are the markers."""
        pairs = _pairs(x_axis.place(self.x), y_axis.place(self.y))
        values = ["".join(f"M{px} {py}h0" for px, py in zip(x, y, strict=True)) for x, y in pairs]
        yield Element(_path(f"points {self.marker}", self.color), "d", values)
        if self.marker == "ring":  # the same once more, smaller, in the colour of the page
            yield Element(_path("points hole", self.color), "d", values)

    def rows(self) -> Iterator[Rows]:
        """Choose a few points."""
        yield from _point_rows(self)


@dataclass(frozen=True)
class Bars(Layer):
    """A bar for each name; several layers of bars stand side by side.

    Attributes
    ----------
    names : sequence of str, length n_bars
        What stands beneath the bars; the same in all layers of a panel.
    heights : array-like of float, shape (n_bars,) or (n_1, n_bars) or (n_1, n_2, n_bars)
        Their heights, in the unit of the vertical axis.
    label, color
        As in `Line`.
    """

    names: Sequence[str]
    heights: ArrayLike
    label: str = ""
    color: str = "0"

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(map(str, self.names)))

    def _shapes(self) -> dict[str, tuple[str, ...]]:
        return {"heights": (len(self.names),)}

    def extent(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the heights with zero, from which bars rise."""
        return np.array([]), np.append(self.heights.ravel(), 0.0)

    def elements(
        self, x_axis: Category, y_axis: Axis, *, place: int = 0, of: int = 1
    ) -> Iterator[Element]:
        """Draw a path of rectangles."""
        left, width = x_axis.bars(place, of)
        zero = int(y_axis.place(np.zeros(1))[0])
        tops = y_axis.place(self.heights)
        values = [
            "".join(f"M{x} {zero}V{y}h{width}V{zero}z" for x, y in zip(left, top, strict=True))
            for top in tops
        ]
        yield Element(_path("bars", self.color), "d", values)

    def rows(self) -> Iterator[Rows]:
        """Name every bar."""
        frames = ([digits(height) for height in heights] for heights in self.heights)
        cells = [_woven(self.names, heights) for heights in frames]
        yield Rows(self.label or "height", cells)


@dataclass(frozen=True)
class Region(Layer):
    """A plane coloured by a model's probability of class 1, with the boundary at one half.

    Attributes
    ----------
    z : array-like of float in [0, 1], shape (n_y, n_x), or with axes of sliders in front
        Probability on a grid that is even in both directions and reaches from end to end.
    x, y : tuple of float
        The grid's ends, which should be the panel's limits.
    label : str, default="probability of class 1"
        Its name in the table.
    """

    z: ArrayLike
    x: tuple[float, float]
    y: tuple[float, float]
    label: str = "probability of class 1"

    def _shapes(self) -> dict[str, tuple[str, ...]]:
        return {"z": ("n_y", "n_x")}

    def stacked(self, where: str, frames: tuple[int, ...]) -> Region:
        """Check that the numbers are probabilities on a grid, too."""
        checked = super().stacked(where, frames)
        if min(checked.z.shape[1:]) < 2:
            shape = checked.z.shape[1:]
            raise ValueError(f"z of {where} needs two rows and two columns. Received: {shape}")
        if checked.z.min() < 0 or checked.z.max() > 1:
            wrong = checked.z.min() if checked.z.min() < 0 else checked.z.max()
            raise ValueError(f"z of {where} must be in [0, 1]. Received: {wrong:g}")
        return checked

    def extent(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the grid's ends."""
        return np.array(self.x), np.array(self.y)

    def elements(self, x_axis: Axis, y_axis: Axis) -> Iterator[Element]:
        """Draw one picture that holds all frames, of which a window shows one; and the boundary."""
        n_frames, height, width = self.z.shape
        left, right = x_axis.place(np.array(self.x))
        bottom, top = y_axis.place(np.array(self.y))
        # Turned round, as the panel's vertical axis points upwards and a picture's downwards.
        markup = (
            f'<svg x="{left}" y="{bottom}" width="{right - left}" height="{top - bottom}" '
            f'preserveAspectRatio="none" {{}}><image width="{width}" '
            f'height="{n_frames * (height + 2)}" href="{_picture(self.z)}" /></svg>'
        )
        views = [f"0 {1 + frame * (height + 2)} {width} {height}" for frame in range(n_frames)]
        yield Element(markup, "viewBox", views)
        x = x_axis.place(np.linspace(*self.x, width))
        y = y_axis.place(np.linspace(*self.y, height))
        yield Element(_path("line boundary", "text"), "d", [_contour(x, y, z) for z in self.z])

    def rows(self) -> Iterator[Rows]:
        """Read the grid at nine places."""
        places = [
            [axis[0] + share * np.ptp(axis) for share in (0.1, 0.5, 0.9)]
            for axis in (self.x, self.y)
        ]
        named = [(f"({digits(x)}, {digits(y)})", x, y) for y in places[1] for x in places[0]]
        cells = []
        for z in self.z:
            cells.append([])
            for name, x, y in named:
                column = round((x - self.x[0]) / np.ptp(self.x) * (z.shape[1] - 1))
                row = round((y - self.y[0]) / np.ptp(self.y) * (z.shape[0] - 1))
                cells[-1] += [name, digits(z[row, column])]
        yield Rows(self.label, cells)


def _n_axes(values: ArrayLike) -> int:
    try:
        return np.ndim(values)
    except ValueError:  # rows of unequal length, which the check of the shape refuses
        return 0


def _path(kind: str, color: str) -> str:
    return f'<path class="{kind} c{color}" {{}}/>'


def _pairs(x: np.ndarray, y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Join both axes frame by frame, where one of them may stay."""
    n_frames = max(len(x), len(y))
    return [(x[frame % len(x)], y[frame % len(y)]) for frame in range(n_frames)]


def _open_path(x: np.ndarray, y: np.ndarray) -> str:
    """Write a curve by its steps, which take fewer characters than places."""
    steps = " ".join(f"{dx} {dy}" for dx, dy in zip(np.diff(x), np.diff(y), strict=True))
    return f"M{x[0]} {y[0]}l{steps or '0 0'}".replace(" -", "-")


def _contour(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> str:
    lines = contourpy.contour_generator(x, y, z).lines(0.5)
    return "".join(_open_path(*line.round().astype(int).T) for line in lines)


def _picture(z: np.ndarray) -> str:
    """Write all frames beneath each other, each with its edges doubled, as smoothing needs it."""
    padded = np.pad(z, ((0, 0), (1, 1), (0, 0)), mode="edge")
    shade = np.clip(np.floor(padded * 2 * _SHADES), 0, 2 * _SHADES - 1).astype(np.uint8)
    image = Image.fromarray(shade.reshape(-1, z.shape[2]), mode="P")
    strength = np.abs(np.arange(2 * _SHADES) + 0.5 - _SHADES) / _SHADES
    sides = np.repeat(_CLASS_COLORS, _SHADES, axis=0).astype(np.uint8)
    image.putpalette(sides.ravel().tolist())
    file = io.BytesIO()
    alpha = bytes((strength * 150).astype(np.uint8).tolist())
    image.save(file, "PNG", optimize=True, transparency=alpha)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _point_rows(layer: Line | Points) -> Iterator[Rows]:
    if not layer.label:
        return
    n_points = layer.x.shape[1]
    chosen = np.unique(np.linspace(0, n_points - 1, min(n_points, _MOST_ROWS)).round().astype(int))
    pairs = _pairs(layer.x[:, chosen], layer.y[:, chosen])
    yield Rows(layer.label, [_woven(map(digits, x), map(digits, y)) for x, y in pairs])


def _woven(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return [cell for pair in zip(first, second, strict=True) for cell in pair]
