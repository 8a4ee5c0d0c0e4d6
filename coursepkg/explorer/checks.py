"""What an explorer is given, checked before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from coursepkg.explorer.layers import COLORS, Bars, Layer
from coursepkg.explorer.panel import Panel

_MOST_FRAMES = 400
_MARKERS = ("disc", "square", "ring")


def checked_sliders(sliders: Mapping[str, Any]) -> dict[str, list[float | str]]:
    """Turn the positions into plain numbers and texts."""
    if not 1 <= len(sliders) <= 2:
        raise ValueError(f"sliders must be one or two. Received: {len(sliders)}")
    checked = {name: np.asarray(values).tolist() for name, values in sliders.items()}
    for name, values in checked.items():
        if not isinstance(values, list) or len(values) < 2:
            raise ValueError(f"slider {name!r} must have two positions or more. Received: {values}")
        numbers = [value for value in values if not isinstance(value, str)]
        if len(set(values)) < len(values) or not np.isfinite(numbers).all():
            raise ValueError(f"slider {name!r} must have distinct positions. Received: {values}")
    n_frames = int(np.prod([len(values) for values in checked.values()]))
    if n_frames > _MOST_FRAMES:
        raise ValueError(f"there must be at most {_MOST_FRAMES} frames. Received: {n_frames}")
    return checked


def checked_sentences(says: Any, shape: tuple[int, ...], names: tuple[str, ...]) -> list[str]:
    """Put the sentences in the order of the frames."""
    if callable(says):
        return [checked_text("says", says(*place)) for place in np.ndindex(shape)]
    try:
        table = np.array(says, dtype=object)
    except ValueError:
        raise ValueError("says must be rectangular. Received: rows of unequal length") from None
    if table.shape != shape:
        sizes = ", ".join(f"{size} of {name!r}" for size, name in zip(shape, names, strict=True))
        raise ValueError(
            f"says must have a sentence for each position: {sizes}. Received: shape {table.shape}"
        )
    return [checked_text("says", sentence) for sentence in table.ravel()]


def checked_text(name: str, text: Any) -> str:
    """Refuse what is no text, and put text on one line."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{name} must be text. Received: {text!r}")
    return " ".join(text.split())


def checked_panels(panels: Sequence[Panel], shape: tuple[int, ...]) -> list[Panel]:
    """Check all arrays, so that what does not match is told before anything is drawn."""
    if not panels:
        raise ValueError("an explorer needs at least one panel. Received: none")
    return [_checked_panel(panel, number, shape) for number, panel in enumerate(panels, start=1)]


def _checked_panel(panel: Panel, number: int, shape: tuple[int, ...]) -> Panel:
    if not isinstance(panel, Panel) or not panel.layers:
        raise ValueError(f"panel {number} must be a Panel with layers. Received: {panel!r}")
    layers = []
    for place, layer in enumerate(panel.layers, start=1):
        if not isinstance(layer, Layer):
            raise ValueError(
                f"layer {place} of panel {number} must be a layer. Received: {type(layer).__name__}"
            )
        kind, label = type(layer).__name__, getattr(layer, "label", "")
        where = f"{kind} {label!r} in panel {number}" if label else f"{kind} in panel {number}"
        _check_style(layer, where)
        layers.append(layer.stacked(where, shape))
    names = [tuple(layer.names) if isinstance(layer, Bars) else None for layer in layers]
    if len(set(names)) > 1:
        raise ValueError(
            f"bars of panel {number} must share their names and stand alone. Received: {names}"
        )
    checked = replace(panel, layers=layers)
    checked.axes(f"panel {number}")
    return checked


def _check_style(layer: Layer, where: str) -> None:
    for name, known in (("color", COLORS), ("marker", _MARKERS)):
        if getattr(layer, name, known[0]) not in known:
            raise ValueError(
                f"{name} of {where} must be one of {', '.join(known)}. "
                f"Received: {getattr(layer, name)!r}"
            )
