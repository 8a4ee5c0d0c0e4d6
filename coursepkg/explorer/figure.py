"""The figure itself: sliders, panels and sentences, as HTML that needs nobody else."""

from __future__ import annotations

import html
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from coursepkg.assets import OWN_KEYS, OneLineError, read_asset
from coursepkg.explorer import checks, panel
from coursepkg.explorer.panel import Panel


class FigureError(OneLineError):
    """Arrays, labels or positions of a figure that do not fit together."""


class Explorer:
    r"""A figure with one or two sliders over frames that were computed before.

    It works on a static page and in JupyterLab: the page holds all frames, and a slider shows
    another one. What a frame shows is said in a sentence, read out when the slider rests, and
    stands in a table beneath. Without script, and on paper, one frame is shown.

    Parameters
    ----------
    sliders : mapping of str to sequence of float or str
        Name of each slider, one or two, and its positions.
    *panels : Panel
        Side by side. An array that changes has an axis in front for each slider.
    says : callable or sequence of str, nested as the sliders are
        What each frame shows, in a sentence or two. A callable is given the place of each slider,
        counted from 0.
    alt : str
        What the figure shows, for those who cannot see it.
    start : mapping of str to float or str, optional
        Position of each slider at the beginning, and on paper; by default the first.
    printed : mapping of str to float or str, optional
        Positions on paper, where they are others.

    Raises
    ------
    FigureError
        If a number is not finite, or something does not match something else; names both, in one
        line.

    Examples
    --------
    >>> import numpy as np
    >>> from coursepkg.explorer import Explorer, Line, Panel
    >>> x, powers = np.linspace(0, 1, 20), [1, 2, 3]
    >>> curve = Line(x, np.array([x**power for power in powers]), "x to the power")
    >>> says = [f"Power {power}." for power in powers]
    >>> figure = Explorer({"power": powers}, Panel([curve]), says=says, alt="A bending curve.")
    >>> figure.n_frames
    3
    """

    def __init__(
        self,
        sliders: Mapping[str, Sequence[float | str]],
        *panels: Panel,
        says: Any,
        alt: str,
        start: Mapping[str, float | str] | None = None,
        printed: Mapping[str, float | str] | None = None,
    ) -> None:
        try:
            self._take(sliders, panels, says, alt, start, printed)
        except ValueError as error:
            raise FigureError(error) from None

    def _take(
        self, sliders: Any, panels: Any, says: Any, alt: Any, start: Any, printed: Any
    ) -> None:
        """Check everything and keep it."""
        self.sliders = checks.checked_sliders(sliders)
        self.shape = tuple(map(len, self.sliders.values()))
        self.says = checks.checked_sentences(says, self.shape, tuple(self.sliders))
        self.panels = checks.checked_panels(panels, self.shape)
        self.alt = checks.checked_text("alt", alt)
        self.start = self._places("start", start)
        self.printed = self.start if printed is None else self._places("printed", printed)

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(np.prod(self.shape))

    def _places(self, name: str, wanted: Mapping[str, float | str] | None) -> tuple[int, ...]:
        """Find the positions that were asked for."""
        wanted = {} if wanted is None else dict(wanted)
        for slider, value in wanted.items():
            if slider not in self.sliders or value not in self.sliders[slider]:
                known = {slider: self.sliders[slider]} if slider in self.sliders else self.sliders
                raise ValueError(f"{name} must be a position of {known}. Received: {wanted}")
        return tuple(
            positions.index(wanted[slider]) if slider in wanted else 0
            for slider, positions in self.sliders.items()
        )

    def _frame(self, places: tuple[int, ...]) -> int:
        return int(np.ravel_multi_index(places, self.shape))

    def _repr_html_(self) -> str:
        """Return what a page or JupyterLab shows."""
        frame = self._frame(self.start)
        moves = _Moves(frame)
        square = any(one.square for one in self.panels)
        height = panel.WIDTH if square else panel.HEIGHT
        parts = [
            (_picture(one, f"panel {number}", height, moves), _table(one, moves))
            for number, one in enumerate(self.panels, start=1)
        ]
        pictures, tables = map("".join, zip(*parts, strict=True))
        data = {
            "shape": self.shape,
            "printed": self.printed,
            "texts": [[_text(value) for value in values] for values in self.sliders.values()],
            "says": self.says,
            "moves": moves.found,
        }
        return (
            f"<style>{read_asset('coursepkg.explorer', 'explorer.css')}</style>"
            f'<div class="explorer" role="group" aria-label="{html.escape(self.alt)}">'
            f'<div class="explorer-panels">{pictures}</div>'
            f'<div class="explorer-controls" hidden>{self._controls()}</div>'
            f'<p class="explorer-says">{html.escape(self.says[frame])}</p>'
            '<p class="explorer-spoken" role="status"></p>'
            "<details><summary>The numbers in a table</summary>"
            f'<div class="explorer-tables">{tables}</div></details>'
            f'<script type="application/json">{_json(data)}</script>'
            f"<script>{read_asset('coursepkg.explorer', 'explorer.js')}</script></div>"
        )

    def _controls(self) -> str:
        """Write the sliders, and the button that moves the first one by itself."""
        sliders = []
        for (name, values), place in zip(self.sliders.items(), self.start, strict=True):
            sliders.append(
                f"<label><span>{html.escape(name)}</span>"
                f'<input type="range" {OWN_KEYS} min="0" max="{len(values) - 1}" value="{place}" '
                f'aria-valuetext="{html.escape(_text(values[place]))}" autocomplete="off" />'
                f'<output aria-hidden="true">{html.escape(_text(values[place]))}</output></label>'
            )
        return "".join(sliders) + f'<button type="button" {OWN_KEYS}>Play</button>'


class _Moves:
    """Collects all that changes from frame to frame, and gives what the first picture shows."""

    def __init__(self, frame: int) -> None:
        self.frame = frame
        self.found: list[tuple[str, list[Any]]] = []

    def shown(self, attribute: str, values: list[Any]) -> tuple[Any, str]:
        """Return one frame's value, and the mark by which the script finds the element."""
        if len(values) == 1:
            return values[0], ""
        self.found.append((attribute, values))
        return values[self.frame], f' data-moves="{len(self.found) - 1}"'


def _picture(one: Panel, name: str, height: int, moves: _Moves) -> str:
    drawn = []
    for element in one.elements(name):
        value, mark = moves.shown(element.attribute, element.values)
        drawn.append(element.markup.format(f'{element.attribute}="{value}"{mark}'))
    picture = panel.legend(one) + panel.picture(one, name, height, "".join(drawn))
    return f'<div class="explorer-panel">{picture}</div>'


def _table(one: Panel, moves: _Moves) -> str:
    rows = []
    for part in itertools.chain.from_iterable(layer.rows() for layer in one.layers):
        cells, mark = moves.shown("", part.cells)
        rows.append(f"<tbody{mark}>{panel.table_rows(part.label, cells)}</tbody>")
    return panel.table(one, rows)


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}".replace("-", "−")


def _json(data: Any) -> str:
    """Write JSON that may stand inside a script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
