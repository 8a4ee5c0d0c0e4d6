"""Sphinx extension: the figures' files without digits and words that nobody sees, and not too soon.

Matplotlib writes coordinates to a millionth of a point, and spells out what software made the file
and when. Scour, which Inkscape uses, leaves the picture and takes a third of the bytes. A browser
loads a figure when its reader comes near; until then the page keeps its place free.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from kept import kept

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

RAW = b"<metadata>"  # what Matplotlib writes and Scour takes away
OPTIONS = {
    "digits": 5,
    "enable_viewboxing": True,
    "indent_type": "none",
    "newlines": False,
    "remove_metadata": True,
    "shorten_ids": True,
    "strip_comments": True,
    "strip_ids": True,
}
START = re.compile(rb"<svg\b[^>]*>")
SIDES = (b"width", b"height")
PIXELS = 96 / 72  # in a point


def size(svg: bytes) -> tuple[int, int] | None:
    """Read how large a figure is.

    Parameters
    ----------
    svg : bytes
        A figure as Matplotlib writes it.

    Returns
    -------
    tuple of int, or None
        Width and height in pixels of CSS; None if it does not say so in points.
    """
    start = START.search(svg)
    lengths = start and [re.search(rb' %s="([\d.]+)pt"' % name, start[0]) for name in SIDES]
    if not lengths or None in lengths:
        return None
    width, height = (round(float(length[1]) * PIXELS) for length in lengths)
    return width, height


def visit_image(self: HTML5Translator, node: nodes.image) -> None:
    """Write an image as ever, and add to a figure how large it is and that it can wait."""
    path = Path(self.builder.srcdir) / node["uri"]
    type(self).visit_image(self, node)
    found = size(path.read_bytes()) if path.suffix == ".svg" and path.is_file() else None
    if found:
        extent = '<img loading="lazy" width="{}" height="{}"'.format(*found)
        self.body[-1] = self.body[-1].replace("<img", extent, 1)


def depart_image(self: HTML5Translator, node: nodes.image) -> None:
    """Write what follows an image as ever."""
    type(self).depart_image(self, node)


def minify(svg: bytes) -> bytes:
    """Write the same picture in fewer characters.

    Parameters
    ----------
    svg : bytes
        A figure as Matplotlib writes it.

    Returns
    -------
    bytes
        A figure that looks alike.
    """
    from scour import scour  # figures are mostly kept

    options = scour.sanitizeOptions()
    for name, value in OPTIONS.items():
        setattr(options, name, value)
    return scour.scourString(svg.decode(), options).encode()


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """Go through the figures that this build has brought.

    Parameters
    ----------
    app : Sphinx
        The application.
    exception : Exception or None
        What ended the build, if it failed.
    """
    if exception is not None or app.builder.format != "html":
        return
    for path in (Path(app.outdir) / "_images").glob("*.svg"):
        svg = path.read_bytes()
        if RAW in svg:
            settings = repr(OPTIONS).encode()
            path.write_bytes(kept(app, lambda svg=svg: minify(svg), svg, settings))


def setup(app: Sphinx) -> dict[str, Any]:
    """Stand beside the writer of images, and wait for the figures."""
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
    app.connect("build-finished", lighten)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
