"""Print the built website as one PDF."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml
from playwright.sync_api import Error as BrowserError

from book.site import chromium
from book.site.pdf.binding import Chapter, Heading, bind, read_chapter
from book.site.pdf.finish import finish
from book.site.pdf.plan import Part, plan
from book.site.pdf.press import print_book

if TYPE_CHECKING:
    from pypdf import PdfWriter

ROOT = Path(__file__).parents[3]
FORMATS = ("A4", "Letter")


def read_chapters(site: Path, pages: list[str], elsewhere: str) -> dict[str, Chapter]:
    """Read the pages of the book.

    Parameters
    ----------
    site : Path
        The built site.
    pages : list of str
        In the order of the book, the site's first page at its beginning.
    elsewhere : str
        Address of the published site, or empty.

    Returns
    -------
    dict of str to Chapter
        The chapters by their pages.

    Raises
    ------
    click.ClickException
        If the site lacks a page.
    """
    for page in pages:
        if not (site / f"{page}.html").is_file():
            raise click.ClickException(f"run `make site` first. Received: no {page} in {site}")
    chapters = {}
    for page in pages:
        click.echo(f"Reading {page}")
        chapters[page] = read_chapter(site, page, pages, elsewhere)
    # It bears the name of the course, which the title page has already.
    chapters[pages[0]].entitle("About this course")
    return chapters


def document(
    config: dict[str, Any], parts: list[Part], chapters: dict[str, Chapter], paper: str
) -> str:
    """Write the book as one document.

    Parameters
    ----------
    config : dict
        What ``_config.yml`` says.
    parts : list of Part
        The book's plan.
    chapters : dict of str to Chapter
        By their pages.
    paper : str
        Format of the paper, as CSS names it.

    Returns
    -------
    str
        HTML.
    """
    options = config.get("sphinx", {}).get("config", {})
    styles = {}
    for chapter in chapters.values():
        styles |= chapter.styles
    return bind(
        about=options.get("site_summary", ""),
        author=config["author"],
        chapters=list(chapters.values()),
        copyright=config["copyright"],
        elsewhere=address(config),
        language=options.get("language", "en"),
        mark=f"_static/{Path(config['logo']).name}",
        paper=paper,
        parts=[(part, [chapters[page] for page in part.pages]) for part in parts],
        styles=sorted(styles, key=styles.get),
        title=config["title"],
    )


def address(config: dict[str, Any]) -> str:
    """Return where the site is published, with a slash at the end, or an empty text.

    Parameters
    ----------
    config : dict
        What ``_config.yml`` says.

    Returns
    -------
    str
        The address.
    """
    url = config.get("html", {}).get("baseurl") or ""
    return f"{url.rstrip('/')}/" if url else ""


def outline(parts: list[Part], chapters: dict[str, Chapter]) -> list[Heading]:
    """List what the outline shows: parts, their chapters, their sections.

    Parameters
    ----------
    parts : list of Part
        The book's plan.
    chapters : dict of str to Chapter
        By their pages.

    Returns
    -------
    list of Heading
        A part leads to its first chapter; chapters without a part's caption stand by themselves.
    """
    shown = [Heading("contents", "Contents", "")]
    for part in parts:
        headings = [chapters[page].heading for page in part.pages]
        if part.caption:
            headings = [Heading(headings[0].id, part.caption, "", below=headings)]
        shown += headings
    return shown


def make_book(course: Path, paper: str, browser: str) -> PdfWriter:
    """Make the book of a course whose site is built, and say how far it is.

    Parameters
    ----------
    course : Path
        Folder with ``_config.yml`` and ``_toc.yml``.
    paper : str
        Format of the paper, as CSS names it.
    browser : str
        Path of Chromium.

    Returns
    -------
    PdfWriter
        The book, to be written.

    Raises
    ------
    click.ClickException
        If the site lacks a page, or the book cannot be printed.
    """
    config, toc = (
        yaml.safe_load((course / name).read_text(encoding="utf-8"))
        for name in ("_config.yml", "_toc.yml")
    )
    site = course / "_build" / "html"
    parts = plan(toc)
    pages = [page for part in parts for page in part.pages]
    try:
        chapters = read_chapters(site, pages, address(config))
        html = document(config, parts, chapters, paper)
        with chromium.launch(browser) as opened:
            pdf = print_book(opened, html, site, tell=click.echo)
        shown = outline(parts, chapters)
        return finish(pdf, shown, title=config["title"], author=config["author"])
    except (BrowserError, ValueError) as error:
        raise click.ClickException(f"not printed: {str(error).splitlines()[0]}") from error


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--format", "paper", type=click.Choice(FORMATS), default="A4", show_default=True)
@click.option(
    "--course",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=ROOT,
    help="Folder with _config.yml, _toc.yml and the site in _build/html. [default: this course]",
)
def main(paper: str, course: Path) -> None:
    """Print the built website as one PDF, _build/regularization.pdf."""
    browser = chromium.find()
    if browser is None:
        raise click.ClickException(chromium.HOW_TO_INSTALL)
    book = make_book(course, paper, browser)
    target = course / "_build" / "regularization.pdf"
    unfinished = target.with_suffix(".unfinished")
    try:
        book.write(unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    size = target.stat().st_size / 1e6
    click.echo(f"The book is in {os.path.relpath(target)}: {len(book.pages)} pages, {size:.1f} MB")


if __name__ == "__main__":
    sys.exit(main(prog_name="python -m book.site.pdf"))
