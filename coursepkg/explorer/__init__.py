"""Drag and watch: figures with a slider over frames that were computed when the notebook ran.

Arrays and labels in, a figure out: an `Explorer` has one or two sliders and `Panel` objects side by
side, each with layers of a `Line`, `Points`, `Bars` or a `Region`. It needs no server and loads
nothing: inline SVG, native range inputs and a few lines of script, on a page and in JupyterLab.
"""

from coursepkg.explorer.figure import Explorer, FigureError
from coursepkg.explorer.layers import Bars, Line, Points, Region
from coursepkg.explorer.panel import Panel

__all__ = ["Bars", "Explorer", "FigureError", "Line", "Panel", "Points", "Region"]
