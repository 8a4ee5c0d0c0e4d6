"""The outline beside the pages, and what the file says about itself."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pypdf import PdfWriter
from pypdf.generic import BooleanObject, DictionaryObject, Fit, NameObject

from book.site.pdf.press import places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from book.site.pdf.binding import Heading


def finish(pdf: bytes, outline: Iterable[Heading], *, title: str, author: str) -> PdfWriter:
    """Add outline and metadata to a printed book.

    Parameters
    ----------
    pdf : bytes
        The book.
    outline : iterable of Heading
        What the outline lists; a heading leads to the place in the book that has its id.
    title, author : str
        Of the book.

    Returns
    -------
    PdfWriter
        The book, to be written.

    Raises
    ------
    ValueError
        If a heading has no place in the book.
    """
    book = PdfWriter(clone_from=io.BytesIO(pdf))
    where = places(pdf)
    for heading in outline:
        _list(book, heading, where)
    # Chromium names itself as a website would see it, with the system that it runs on.
    book.add_metadata({"/Title": title, "/Author": author, "/Creator": "Jupyter Book, Chromium"})
    # A reader's window then shows the title rather than the name of the file.
    book.root_object[NameObject("/ViewerPreferences")] = DictionaryObject(
        {NameObject("/DisplayDocTitle"): BooleanObject(True)}
    )
    return book


def _list(book: PdfWriter, heading: Heading, where: dict, parent: object = None) -> None:
    if heading.id not in where:
        raise ValueError(f"what the outline lists must be printed. Received: {heading.id}")
    number, top = where[heading.id]
    item = book.add_outline_item(
        title=heading.text,
        page_number=number - 1,
        parent=parent,
        fit=Fit.xyz(top=top),
        is_open=False,
    )
    for below in heading.below:
        _list(book, below, where, item)
