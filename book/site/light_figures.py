"""Sphinx extension: the figures' files without digits and words that nobody sees.

Matplotlib writes coordinates to a millionth of a point, and spells out what software made the file
and when. Scour, which Inkscape uses, leaves the picture and takes a third of the bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kept import kept

if TYPE_CHECKING:
    from sphinx.application import Sphinx

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
    """Wait for the figures."""
    app.connect("build-finished", lighten)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
