"""Which pages of the site make the book, in which order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# A reference for the screen, and what has to be clicked. What lies below a page goes with it.
LEFT_OUT = ("book/package", "book/playground")
APPENDIX = "exercises/solutions/"


@dataclass
class Part:
    """Pages under one caption, which is empty for those that belong to the book as a whole."""

    caption: str
    pages: list[str] = field(default_factory=list)
    detailed: bool = True  # whether the contents list the sections too


def plan(toc: dict[str, Any]) -> list[Part]:
    """Put the pages of the site in the order of a book.

    Parameters
    ----------
    toc : dict
        What ``_toc.yml`` says.

    Returns
    -------
    list of Part
        Pages without the ending of a file, such as ``book/glossary``: the site's first page before
        all others, each page before those below it, and worked solutions at the very end, where
        nobody sees them by accident. A part without pages is left out.
    """
    # Their sections have the names of the exercises' own.
    appendix = Part("Worked solutions", detailed=False)
    parts = []
    for entry in toc["parts"]:
        pages = list(_kept(entry["chapters"]))
        appendix.pages += [page for page in pages if page.startswith(APPENDIX)]
        own = [page for page in pages if not page.startswith(APPENDIX)]
        parts.append(Part(entry.get("caption", ""), own))
    front = Part("", [toc["root"]])
    return [part for part in (front, *parts, appendix) if part.pages]


def _kept(entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        if entry["file"] not in LEFT_OUT:
            yield entry["file"]
            yield from _kept(entry.get("sections", []))
