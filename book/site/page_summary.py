"""Sphinx extension: a sentence or two about each page, for search engines and shared links.

They are the page's own: its numbered parts, or its first paragraph of some length, without what the
theme's templates cannot hold. `templates/layout.html` writes them into the head.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes

from katex_maths import plain_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SHORTEST, LONGEST = 60, 200
PART = re.compile(r"\d+\.\s+(.+)")


def summarize(doctree: nodes.document) -> str:
    """Find what says what a page is about.

    Parameters
    ----------
    doctree : nodes.document
        The page.

    Returns
    -------
    str
        The names of its sections where they are numbered: an exercise, whose first paragraph could
        be any other's. Else its first paragraph of `SHORTEST` characters or more that stands by
        itself, not in a list, box or table; one in italics throughout, such as the minutes that a
        chapter takes, only where there is no other. Empty if there is none. At most `LONGEST`
        characters, cut after a sentence where one ends in the second half.
    """
    titles = [_text(title) for title in doctree.findall(nodes.title)]
    parts = [part[1] for part in map(PART.fullmatch, titles) if part]
    if parts:
        return shorten(f"{titles[0]}. In parts: {'; '.join(parts)}.")
    aside = ""
    for paragraph in doctree.findall(nodes.paragraph):
        text = _text(paragraph)
        if not isinstance(paragraph.parent, nodes.section) or len(text) < SHORTEST:
            continue
        if not isinstance(paragraph[0], nodes.emphasis):
            return shorten(text)
        aside = aside or text
    return shorten(aside)


def _text(paragraph: nodes.paragraph | nodes.title) -> str:
    parts = []
    for node in paragraph.findall(nodes.Text):
        inside_maths = isinstance(node.parent, nodes.math)
        parts.append(plain_text(node.astext()) if inside_maths else node.astext())
    return " ".join("".join(parts).split())


def shorten(text: str) -> str:
    """Cut a text to `LONGEST` characters, after a sentence if one ends in the second half.

    Parameters
    ----------
    text : str
        Any text on one line.

    Returns
    -------
    str
        The text, or its beginning.
    """
    if len(text) <= LONGEST:
        return text
    ends = [match.end(1) for match in re.finditer(r"([.!?])\s", text[: LONGEST + 1])]
    if ends and ends[-1] >= LONGEST // 2:
        return text[: ends[-1]]
    return text[: text.rindex(" ", 0, LONGEST)].rstrip(",;:") + " …"


def add_summary(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Hand the page's summary to the template, or the site's where the page has none."""
    own = summarize(doctree) if doctree else ""
    context["page_summary"] = own or app.config.site_summary
    context["site_address"] = app.config.html_baseurl.rstrip("/")


def setup(app: Sphinx) -> dict[str, Any]:
    """Listen to pages being written."""
    app.add_config_value("site_summary", "", "html", str)
    app.connect("html-page-context", add_summary)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
