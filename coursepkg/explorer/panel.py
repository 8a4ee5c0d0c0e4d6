"""A panel of an explorer: its axes with what is drawn between them, its legend and its table."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coursepkg.explorer.axes import SPAN, Axis, Category, fitted
from coursepkg.explorer.layers import Bars, Element, Layer, Points, Region

WIDTH, HEIGHT = 300, 210  # of the drawing within a panel
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 12, 8, 44  # margins about it


@dataclass(frozen=True)
class Panel:
    """One pair of axes and what is drawn between them.

    Attributes
    ----------
    layers : sequence of Line, Points, Bars or Region
        From back to front. Bars stand alone or with other bars.
    title : str, default=""
        What it shows.
    xlabel, ylabel : str, default=""
        What is on the axes, with units.
    xlim, ylim : tuple of float, optional
        Ends of the axes; by default those of a region, or else all that is drawn in any frame has
        room.
    xlog, ylog : bool, default=False
        Whether an axis is logarithmic.
    square : bool, default=False
        Whether both axes are equally long, for a plane; its neighbours become as high.
    """

    layers: Sequence[Layer]
    title: str = ""
    xlabel: str = ""
    ylabel: str = ""
    xlim: tuple[float, float] | None = None
    ylim: tuple[float, float] | None = None
    xlog: bool = False
    ylog: bool = False
    square: bool = False

    def axes(self, name: str) -> tuple[Axis | Category, Axis]:
        """Fit both axes to the layers, which have been stacked."""
        extents = [layer.extent() for layer in self.layers]
        x, y = (np.concatenate(values) for values in zip(*extents, strict=True))
        regions = [layer for layer in self.layers if isinstance(layer, Region)]
        xlim, ylim = (regions[0].x, regions[0].y) if regions else (None, None)
        y_axis = fitted(
            y, limits=self.ylim or ylim, log=self.ylog, name=f"the vertical axis of {name}"
        )
        if isinstance(self.layers[0], Bars):
            return Category(self.layers[0].names), y_axis
        x_axis = fitted(
            x, limits=self.xlim or xlim, log=self.xlog, name=f"the horizontal axis of {name}"
        )
        return x_axis, y_axis

    def elements(self, name: str) -> Iterator[Element]:
        """List what is drawn, from back to front."""
        x_axis, y_axis = self.axes(name)
        for place, layer in enumerate(self.layers):
            sides = {"place": place, "of": len(self.layers)} if isinstance(layer, Bars) else {}
            yield from layer.elements(x_axis, y_axis, **sides)


def picture(panel: Panel, name: str, height: int, drawn: str) -> str:
    """Write the axes of a panel around what is drawn."""
    x_axis, y_axis = panel.axes(name)
    right, bottom = _LEFT + WIDTH, _TOP + height
    marks = []
    for place, text in x_axis.ticks():
        x = round(_LEFT + place / SPAN * WIDTH, 1)
        marks.append(f'<path class="grid" d="M{x} {_TOP}V{bottom}" />' * isinstance(x_axis, Axis))
        marks.append(f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{escaped(text)}</text>')
    for place, text in y_axis.ticks():
        y = round(bottom - place / SPAN * height, 1)
        marks.append(f'<path class="grid" d="M{_LEFT} {y}H{right}" />')
        marks.append(f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{text}</text>')
    across, up = _LEFT + WIDTH / 2, _TOP + height / 2
    return (
        f'<svg role="img" aria-label="{html.escape(panel.title or panel.ylabel or name)}" '
        f'viewBox="0 0 {right + _RIGHT} {bottom + _BOTTOM}">{"".join(marks)}'
        f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}H{right}" />'
        f'<text x="{across}" y="{bottom + 36}" text-anchor="middle">{escaped(panel.xlabel)}</text>'
        f'<text transform="translate(13 {up}) rotate(-90)" text-anchor="middle">'
        f"{escaped(panel.ylabel)}</text>"
        f'<svg x="{_LEFT}" y="{_TOP}" width="{WIDTH}" height="{height}" '
        f'viewBox="0 -{SPAN} {SPAN} {SPAN}" preserveAspectRatio="none">'
        f'<g transform="scale(1 -1)">{drawn}</g></svg></svg>'
    )


def legend(panel: Panel) -> str:
    """Write the title, and the names of the layers where there are several."""
    title = f'<p class="explorer-title">{escaped(panel.title)}</p>' if panel.title else ""
    named = [layer for layer in panel.layers if getattr(layer, "color", None) and layer.label]
    keys = "".join(map(_key, named)) if len(named) > 1 else ""
    return title + (f'<ul class="explorer-legend">{keys}</ul>' if keys else "")


def _key(layer: Any) -> str:
    """Draw a short piece of a layer beside its name."""
    if isinstance(layer, Bars):
        sample = f'<path class="bars c{layer.color}" d="M3 1h16v8H3z" />'
    elif isinstance(layer, Points):
        sample = f'<path class="points {layer.marker} c{layer.color}" d="M11 5h0" />'
        if layer.marker == "ring":
            sample += '<path class="points hole" d="M11 5h0" />'
    else:
        kind = "line" + " dashed" * layer.dashed
        sample = f'<path class="{kind} c{layer.color}" d="M0 5h22" />'
    picture = f'<svg aria-hidden="true" viewBox="0 0 22 10">{sample}</svg>'
    return f"<li>{picture}{escaped(layer.label)}</li>"


def table(panel: Panel, rows: list[str]) -> str:
    """Write the head of a panel's table, and the rows beneath it."""
    bars = isinstance(panel.layers[0], Bars)
    at, value = ("" if bars else panel.xlabel) or "at", panel.ylabel or "value"
    heads = "".join(f'<th scope="col">{escaped(text)}</th>' for text in ("what", at, value))
    return (
        f"<table><caption>{escaped(panel.title)}</caption>"
        f"<thead><tr>{heads}</tr></thead>{''.join(rows)}</table>"
    )


def table_rows(label: str, cells: Sequence[str]) -> str:
    """Write the rows of one layer, two cells a row."""
    pairs = zip(cells[0::2], cells[1::2], strict=True)
    return "".join(
        f'<tr><th scope="row">{escaped(label)}</th><td>{escaped(at)}</td><td>{value}</td></tr>'
        for at, value in pairs
    )


def escaped(text: str) -> str:
    """Write text that stands between tags."""
    return html.escape(text, quote=False)
