"""The document printed by Chromium, and printed again with the numbers of its pages."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pypdf import PdfReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page, Route

# An address that nothing answers but this module: no request leaves the browser.
ORIGIN = "http://book.invalid/"
# The first that writes into the margins of a page, where numbers and running heads stand.
OLDEST = 131

READY = """() => {
  const come = [document.fonts.ready, ...[...document.images].map((image) => image.decode())];
  const late = (_, reject) => setTimeout(reject, 60_000, new Error("pictures do not come"));
  return Promise.race([Promise.all(come), new Promise(late)]).then(() => null);
}"""
# A place in a fold that is left out: the link leads to what the fold stands in.
MEND = """() => {
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    let place = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    while (place && !(place.id && place.checkVisibility())) place = place.parentElement;
    if (place) link.hash = place.id;
  }
}"""
NUMBER = """(numbers) => {
  for (const place of document.querySelectorAll("[data-page-of]")) {
    place.textContent = numbers[place.dataset.pageOf];
  }
}"""


def print_book(
    browser: Browser, document: str, site: Path, tell: Callable[[str], None] = lambda _: None
) -> bytes:
    """Print a document whose contents tell the numbers of pages.

    Parameters
    ----------
    browser : Browser
        Playwright's handle of Chromium.
    document : str
        HTML, with addresses relative to the top of the site. An element with ``data-page-of``
        comes to hold the number of the page on which the element of that name begins.
    site : Path
        The built site, which has the pictures, styles and fonts.
    tell : callable
        Takes a line about what is being done.

    Returns
    -------
    bytes
        The PDF.

    Raises
    ------
    ValueError
        If the browser is too old, a file is missing, or the numbers of pages do not settle.
    """
    if int(browser.version.split(".")[0]) < OLDEST:
        raise ValueError(f"Chromium {OLDEST} or later is needed. Received: {browser.version}")
    page = browser.new_page()
    load(page, document, site)
    return _print_until_right(page, tell)


def load(page: Page, document: str, site: Path) -> None:
    """Load a document as it is to be printed, with its pictures and fonts.

    Parameters
    ----------
    page : Page
        Playwright's handle of a page.
    document, site
        As `print_book` takes them.

    Raises
    ------
    ValueError
        If the site lacks a file that the document asks for.
    """
    missing = []
    page.route("**/*", lambda route: _answer(route, document, site, missing))
    page.emulate_media(media="print", color_scheme="light")
    page.goto(ORIGIN)
    if missing:
        raise ValueError(f"the site lacks files that it uses. Received: {', '.join(missing)}")
    page.evaluate(READY)
    page.evaluate(MEND)


def places(pdf: bytes) -> dict[str, tuple[int, float]]:
    """Find where each named place of a PDF is.

    Parameters
    ----------
    pdf : bytes
        The file.

    Returns
    -------
    dict of str to (int, float)
        The number of its page, the first being 1, and its height above the foot in points.
    """
    reader = PdfReader(io.BytesIO(pdf))
    numbers = {page.indirect_reference.idnum: i for i, page in enumerate(reader.pages, start=1)}
    return {
        name.removeprefix("/"): (numbers[place.page.idnum], float(place.top))
        for name, place in reader.named_destinations.items()
    }


def _answer(route: Route, document: str, site: Path, missing: list[str]) -> None:
    url = route.request.url
    path = unquote(urlsplit(url).path).removeprefix("/")
    if url == ORIGIN:
        route.fulfill(body=document, content_type="text/html; charset=utf-8")
    elif url.startswith(ORIGIN) and (site / path).is_file():
        route.fulfill(path=site / path)
    else:
        missing.append(path if url.startswith(ORIGIN) else url)
        route.abort()


def _print_until_right(page: Page, tell: Callable[[str], None]) -> bytes:
    """Print, write the numbers of pages into the contents, and print again.

    The numbers could make a line of the contents longer, and so move what follows. Then the next
    round puts that right.
    """
    told = None
    for line in ("Printing, to number the pages", "Printing with the numbers", "Once more"):
        tell(line)
        pdf = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True)
        numbers = {name: number for name, (number, _) in places(pdf).items()}
        if numbers == told:
            return pdf
        page.evaluate(NUMBER, numbers)
        told = numbers
    raise ValueError("the contents move what they number")
