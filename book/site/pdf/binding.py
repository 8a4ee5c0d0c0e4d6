"""Pages of the site bound together: one document, with a title page and contents."""

from __future__ import annotations

import copy
import json
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bs4.element import Tag

# Attributes that name an element, or several, of the same page.
REFERENCES = ("id", "for", "headers", "aria-labelledby", "aria-describedby", "aria-controls")
TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


@dataclass
class Heading:
    """A title and where it stands."""

    id: str
    text: str
    html: str  # with formulas as they are drawn
    below: list[Heading] = field(default_factory=list)


@dataclass
class Chapter:
    """A page of the site as a chapter of the book."""

    heading: Heading
    body: str
    number: int | None  # of those that the text calls "chapter 2"
    styles: dict[str, bool]  # addresses, and whether a style is for paper alone

    @property
    def running_head(self) -> str:
        """The title with the chapter's number, as a text in CSS."""
        text = " ".join(filter(None, (str(self.number or ""), self.heading.text)))
        return json.dumps(text, ensure_ascii=False).replace("<", r"\3c ")

    def entitle(self, title: str) -> None:
        """Give the chapter another title."""
        self.body = self.body.replace(f">{self.heading.html}</h1>", f">{title}</h1>", 1)
        self.heading = Heading(self.heading.id, title, title, self.heading.below)


def name(page: str, anchor: str = "") -> str:
    """Name a place in the book.

    Parameters
    ----------
    page : str
        Such as ``book/03_dropout``.
    anchor : str
        A place in the page, or empty for its beginning.

    Returns
    -------
    str
        A name that no place in another page has.
    """
    slug = page.replace("/", "-")
    return f"{slug}--{anchor}" if anchor else slug


def read_chapter(site: Path, page: str, pages: Iterable[str], elsewhere: str = "") -> Chapter:
    """Read a page and fit it into the book.

    Parameters
    ----------
    site : Path
        The built site.
    page : str
        Such as ``book/03_dropout``.
    pages : iterable of str
        All pages of the book: links to these lead to another place in it.
    elsewhere : str
        Address of the published site, with a slash at its end. A link to a page that the book
        leaves out leads there; if it is empty, such a link becomes plain text.

    Returns
    -------
    Chapter
        The page's title, sections and text.

    Raises
    ------
    ValueError
        If the page has no article with a title.
    """
    path = site / f"{page}.html"
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    article = soup.select_one("article")
    if article is None or article.h1 is None:
        raise ValueError(f"a page needs an article with a title. Received: {path}")
    for useless in article.select("script, .headerlink"):
        useless.decompose()
    _rename(article, page)
    _lead(article, _leader(page, set(pages), elsewhere))
    for image in article.select("img"):
        image["src"] = _from_the_top(page, image["src"])
        image["loading"] = "eager"  # nothing scrolls on paper
    number = re.match(r"book/(\d+)_", page)
    return Chapter(
        heading=_headings(article, page),
        body=str(article),
        number=int(number[1]) if number else None,
        styles={
            _from_the_top(page, link["href"]): link.get("media") == "print"
            for link in soup.select("head link[rel~=stylesheet]")
        },
    )


def bind(**parts: object) -> str:
    """Write the document.

    Parameters
    ----------
    **parts
        What ``book.html`` asks for.

    Returns
    -------
    str
        HTML, to be read as if it lay at the top of the site.
    """
    return TEMPLATES.get_template("book.html").render(parts)


def _rename(article: Tag, page: str) -> None:
    for attribute in REFERENCES:
        for element in article.select(f"[{attribute}]"):
            value = element[attribute]
            names = value if isinstance(value, list) else value.split()
            element[attribute] = " ".join(name(page, each) for each in names)


def _lead(article: Tag, leader: Callable[[str], str | None]) -> None:
    for link in article.select("a[href]"):
        target = leader(link["href"])
        if target is None:
            link.name = "span"
            del link["href"]
        else:
            link["href"] = target


def _leader(page: str, pages: set[str], elsewhere: str) -> Callable[[str], str | None]:
    """Return what finds the target in the book, or on the web, of a link in a page."""

    def lead(href: str) -> str | None:
        if urlsplit(href).scheme:
            return href
        path, anchor = urldefrag(href)
        file = _from_the_top(page, path) if path else f"{page}.html"
        target = file.removesuffix(".html")
        if target in pages:
            return f"#{name(target, anchor)}"
        return f"{elsewhere}{file}#{anchor}".removesuffix("#") if elsewhere else None

    return lead


def _from_the_top(page: str, address: str) -> str:
    """Rewrite an address that is relative to a page for a document at the top of the site."""
    if urlsplit(address).scheme:
        return address
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), address))


def _headings(article: Tag, page: str) -> Heading:
    title = _heading(article.h1, name(page))
    for section in article.h1.find_parent().find_all("section", recursive=False):
        if section.h2 is not None:
            title.below.append(_heading(section.h2, section["id"]))
    return title


def _heading(element: Tag, place: str) -> Heading:
    spoken = copy.copy(element)
    for formula in spoken.select(".katex-mathml"):  # each stands there twice, once as MathML
        formula.decompose()
    return Heading(place, " ".join(spoken.get_text().split()), element.decode_contents())
