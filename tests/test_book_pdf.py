"""The book as a PDF: a small course printed and read again, and the real one unprinted."""

from __future__ import annotations

import io
import re
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from bs4 import BeautifulSoup
from click.testing import CliRunner
from PIL import Image
from pypdf import PdfReader, PdfWriter

from book.site import chromium
from book.site.pdf.__main__ import document, main, read_chapters
from book.site.pdf.binding import Heading, name
from book.site.pdf.finish import finish
from book.site.pdf.plan import Part, plan
from book.site.pdf.press import load, print_book

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "_build" / "html"
STATIC = ROOT / "book" / "site" / "static"

CONFIG = """
title: A Small Course
author: Ada and Blaise
copyright: "2026"
logo: book/site/static/mark.svg
sphinx: {config: {site_summary: A course for tests.}}
"""
TOC = """
root: book/index
parts:
  - chapters: [{file: book/preface}]
  - caption: Chapters
    chapters: [{file: book/01_first}, {file: book/02_second}]
  - caption: Exercises
    chapters:
      - file: exercises/01_first
        sections: [{file: exercises/solutions/01_first}]
  - caption: Reference
    chapters:
      - file: book/package
        sections: [{file: book/package/inner}]
      - file: book/glossary
"""
PAGE = """<!DOCTYPE html><html lang="en"><head>
<link rel="stylesheet" href="{up}_static/own.css">
<link rel="stylesheet" media="print" href="{up}_static/print.css?v=1">
</head><body><nav>frame</nav><main class="bd-main"><article class="bd-article">
<section id="title"><h1>{title}<a class="headerlink" href="#title">#</a></h1>{text}</section>
</article></main></body></html>"""
FILLER = "<p>Some words that fill the page.</p>" * 40
# Every page has a section of the same name, a page or more after its beginning.
SECTION = '<section id="same"><h2>Below {title}</h2>{text}</section>'

# Where each page of the small site has its title, and what it says besides.
SITE = {
    "book/index": ("A Small Course", ""),
    "book/preface": ("Preface", ""),
    "book/01_first": (
        "First <i>things</i> & “quotes”",
        """<a href="02_second.html">CHAPTER</a> <a href="02_second.html#same">SECTION</a>
        <a href="#same">HERE</a> <a href="../exercises/01_first.html#same">ACROSS</a>
        <a class="external" href="https://example.org/x?y#z">OUT</a>
        <a href="package/inner.html#f">REFERENCE</a>
        <img src="../_images/dot.png" loading="lazy" width="40" height="40">""",
    ),
    "book/02_second": (
        "Second",
        """<a href="01_first.html">BACK</a> <a href="#folded">FOLDED</a>
        <details><summary>Fold</summary><p id="folded">what is left out</p></details>""",
    ),
    "exercises/01_first": ("Exercise 1", ""),
    "exercises/solutions/01_first": ("Solution 1", '<a href="../../book/glossary.html">FAR</a>'),
    "book/package": ("The package", ""),
    "book/package/inner": ("Inner", ""),
    "book/glossary": ("Glossary", ""),
}
TITLES = [
    "About this course", "Preface", "First things & “quotes”", "Second", "Exercise 1", "Glossary",
    "Solution 1",
]  # fmt: skip


def write_course(root: Path, config: str = CONFIG) -> Path:
    """Write a course of a few pages whose site is built."""
    (root / "_config.yml").write_text(config, encoding="utf-8")
    (root / "_toc.yml").write_text(TOC, encoding="utf-8")
    site = root / "_build" / "html"
    for page, (title, text) in SITE.items():
        path = site / f"{page}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        text += FILLER + SECTION.format(title=title, text=FILLER)
        up = "../" * page.count("/")
        path.write_text(PAGE.format(up=up, title=title, text=text), encoding="utf-8")
    (site / "_static").mkdir()
    (site / "_static/own.css").write_text("body { font-family: sans-serif; }")
    for file in ("mark.svg", "print.css"):
        shutil.copy(STATIC / file, site / "_static")
    (site / "_images").mkdir()
    Image.new("RGB", (40, 40), "red").save(site / "_images/dot.png")
    return root


def make(root: Path, *options: str):
    """Run the command on a course."""
    return CliRunner().invoke(main, ["--course", str(root), *options])


@pytest.fixture(scope="module")
def browser():
    """Return the path of Chromium, or skip and say how to get it."""
    path = chromium.find()
    if path is None:
        pytest.skip(chromium.HOW_TO_INSTALL)
    return path


@pytest.fixture(scope="module")
def printed(tmp_path_factory, browser):
    """Return the small course as a PDF, and what the command said."""
    root = write_course(tmp_path_factory.mktemp("course"))
    done = make(root)
    assert done.exit_code == 0, done.output
    book = PdfReader(root / "_build" / "regularization.pdf")
    texts = [" ".join(page.extract_text().split()) for page in book.pages]
    return SimpleNamespace(root=root, said=done.output, book=book, texts=texts)


def sheet(printed, text: str) -> int:
    """Return the number of the one sheet with a text, counted from 1, contents apart."""
    found = [
        i for i, page in enumerate(printed.texts, 1) if text in page and "Contents" not in page
    ]
    assert len(found) == 1, f"{text!r} on sheets {found}"
    return found[0]


def links(book: PdfReader) -> list[tuple[int, str]]:
    """List the links of a book: the sheet, and a name within the book or an address."""
    found = []
    for number, page in enumerate(book.pages, 1):
        for note in (each.get_object() for each in page.get("/Annots", [])):
            target = note["/A"]["/URI"] if "/A" in note else note["/Dest"].removeprefix("/")
            found.append((number, target))
    return found


# --- the plan ------------------------------------------------------------------------------------


def test_solutions_come_last_and_the_reference_for_the_screen_not_at_all():
    assert plan(yaml.safe_load(TOC)) == [
        Part("", ["book/index"]),
        Part("", ["book/preface"]),
        Part("Chapters", ["book/01_first", "book/02_second"]),
        Part("Exercises", ["exercises/01_first"]),
        Part("Reference", ["book/glossary"]),
        Part("Worked solutions", ["exercises/solutions/01_first"], detailed=False),
    ]


def test_a_part_of_what_is_left_out_is_no_part():
    toc = {"root": "a", "parts": [{"caption": "B", "chapters": [{"file": "book/playground"}]}]}
    assert plan(toc) == [Part("", ["a"])]


def test_names_of_places_do_not_collide():
    places = {name(page, anchor) for page in ("a/b", "a/c", "b") for anchor in ("", "b", "c")}
    assert len(places) == 9


# --- a small course ------------------------------------------------------------------------------


@pytest.mark.site
def test_the_command_says_where_the_book_is(printed):
    last = printed.said.splitlines()[-1]
    said = re.fullmatch(r"The book is in (.+): (\d+) pages, \d+\.\d MB", last)
    assert Path(said[1]).resolve() == printed.root / "_build" / "regularization.pdf"
    assert int(said[2]) == len(printed.book.pages)
    assert sorted(path.name for path in (printed.root / "_build").iterdir()) == [
        "html",
        "regularization.pdf",
    ]
    assert "Reading exercises/solutions/01_first" in printed.said


@pytest.mark.site
def test_chapters_are_whole_and_in_order(printed):
    text = " ".join(printed.texts[3:])
    places = [text.index(f"{title} Some words") for title in ("Second", "Exercise 1", "Solution 1")]
    assert places == sorted(places)
    assert text.count("Some words that fill the page.") == 80 * len(TITLES)
    assert "Inner" not in text
    assert "frame" not in text
    assert "what is left out" not in text
    starts = [sheet(printed, f"Below {title}") for title in TITLES[2:]]
    assert starts == sorted(set(starts)), "each begins on a sheet of its own"


@pytest.mark.site
def test_the_contents_tell_the_right_pages(printed):
    (contents,) = (text for text in printed.texts if "Contents" in text)
    for title in ["A Small Course", *TITLES[1:-1]]:
        (number,) = re.findall(rf"Below {re.escape(title)} (\d+)", contents)
        assert sheet(printed, f"Below {title}") == int(number)
    assert f"Below {TITLES[-1]}" not in contents, "solutions have the sections of exercises"
    for title in TITLES[1:]:
        (number,) = re.findall(rf"(?<!Below ){re.escape(title)} (\d+)", contents)
        assert title in printed.texts[int(number) - 1]
        assert title not in printed.texts[int(number) - 2]
    assert re.search(
        r"Chapters 1\s+First things.* 2\s+Second .*Worked solutions Solution", contents
    )


@pytest.mark.site
def test_sheets_are_numbered_and_name_their_chapter(printed):
    assert printed.texts[0].startswith("A Small Course A course for tests. Ada and Blaise 2026")
    assert "Creative Commons" in printed.texts[1]
    for number, text in enumerate(printed.texts[2:], 3):
        assert re.match(rf"\D*(?:\d First \D*|\d Second |Exercise 1 |Solution 1 )?{number}\b", text)
    second = printed.texts[sheet(printed, "Below Second") - 1]
    assert second.startswith("2 Second ")


@pytest.mark.site
def test_the_outline_leads_where_it_says(printed):
    def read(items):
        for item in items:
            if isinstance(item, list):
                yield list(read(item))
            else:
                yield item.title, printed.book.get_destination_page_number(item) + 1

    start = {title: sheet(printed, f"Below {title}") for title in ["A Small Course", *TITLES[1:]]}
    shown = list(read(printed.book.outline))
    flat = str(shown)
    assert [entry[0] for entry in shown if isinstance(entry, tuple)] == [
        "Contents", "About this course", "Preface", "Chapters", "Exercises", "Reference",
        "Worked solutions",
    ]  # fmt: skip
    assert shown[0] == ("Contents", 3)
    for title, number in start.items():
        assert f"[({f'Below {title}'!r}, {number})]" in flat
    chapters = shown[shown.index(("Chapters", start[TITLES[2]] - 1)) + 1]
    assert [entry[0] for entry in chapters if isinstance(entry, tuple)] == TITLES[2:4]


@pytest.mark.site
def test_links_lead_to_the_place_within_the_book(printed):
    where = {
        place.removeprefix("/"): printed.book.get_destination_page_number(at) + 1
        for place, at in printed.book.named_destinations.items()
    }
    targets = [(number, target) for number, target in links(printed.book) if number > 3]
    first = sheet(printed, "CHAPTER")
    assert [target for number, target in targets if number == first] == [
        "book-02_second",
        "book-02_second--same",
        "book-01_first--same",
        "exercises-01_first--same",
        "https://example.org/x?y#z",
    ]
    assert where["book-02_second--same"] == sheet(printed, "Below Second")
    assert where["book-01_first--same"] == sheet(printed, "Below First")
    assert where["exercises-01_first--same"] == sheet(printed, "Below Exercise 1")
    assert where["book-02_second"] == sheet(printed, "BACK") == where["book-02_second--same"] - 1
    assert {target for _, target in targets} > {"book-01_first", "book-glossary"}
    assert (sheet(printed, "FOLDED"), "book-02_second--title") in targets
    assert "REFERENCE" in printed.texts[first - 1], "a link out of the book is text in it"


@pytest.mark.site
def test_no_link_leads_to_this_machine_or_nowhere(printed):
    names = {place.removeprefix("/") for place in printed.book.named_destinations}
    for _, target in links(printed.book):
        assert target in names or target.startswith("https://"), target


@pytest.mark.site
def test_the_file_says_what_it_is_and_keeps_its_tags(printed):
    root = printed.book.trailer["/Root"]
    assert printed.book.metadata.title == "A Small Course"
    assert printed.book.metadata.author == "Ada and Blaise"
    assert "Linux" not in str(printed.book.metadata)
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    kinds, todo = Counter(), [root["/StructTreeRoot"]]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            kinds[node.get("/S")] += 1
            below = node.get("/K", [])
            todo += [k.get_object() for k in (below if isinstance(below, list) else [below])]
    assert kinds["/H1"] == len(TITLES) + 2, "each chapter, the title page and the contents"
    assert kinds["/Figure"] == 1
    assert kinds["/P"] >= 80 * len(TITLES)


@pytest.mark.site
def test_a_picture_that_was_to_come_later_is_printed(printed):
    page = printed.book.pages[sheet(printed, "CHAPTER") - 1]
    assert [image.image.size for image in page.images] == [(40, 40)]


@pytest.mark.site
def test_another_paper_and_a_published_site(tmp_path, browser):
    address = "https://example.org/course"
    root = write_course(tmp_path, f"{CONFIG}html: {{baseurl: {address}}}\n")
    assert make(root, "--format", "Letter").exit_code == 0
    book = PdfReader(root / "_build" / "regularization.pdf")
    assert [round(side) for side in book.pages[0].mediabox[2:]] == [612, 792]
    assert {target for _, target in links(book) if address in target} == {
        f"{address}/",
        f"{address}/book/package/inner.html#f",
    }


# --- what can go wrong ---------------------------------------------------------------------------


def fails(root: Path, message: str) -> None:
    """Run the command, which fails with one line and leaves an older book as it was."""
    book = root / "_build" / "regularization.pdf"
    book.parent.mkdir(exist_ok=True)
    book.write_bytes(b"older")
    before = sorted(path.name for path in book.parent.iterdir())
    done = make(root)
    assert done.exit_code == 1
    last = done.output.splitlines()[-1]
    assert re.fullmatch(f"Error: {message}", last), last
    assert done.output.count("Error") == 1
    assert book.read_bytes() == b"older"
    assert sorted(path.name for path in book.parent.iterdir()) == before


def test_without_a_site_it_says_how_to_build_one(tmp_path, monkeypatch):
    monkeypatch.setattr(chromium, "find", lambda: "/nowhere")
    write_course(tmp_path)
    shutil.rmtree(tmp_path / "_build")
    fails(tmp_path, r"run `make site` first\. Received: no book/index in .+html")


def test_without_a_browser_it_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setattr(chromium, "find", lambda: None)
    fails(write_course(tmp_path), re.escape(chromium.HOW_TO_INSTALL))


def test_a_page_without_a_title_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(chromium, "find", lambda: "/nowhere")
    page = write_course(tmp_path) / "_build/html/book/02_second.html"
    page.write_text("<p>text</p>", encoding="utf-8")
    fails(
        tmp_path, r"not printed: a page needs an article with a title\. Received: .+02_second.html"
    )


@pytest.mark.site
@pytest.mark.parametrize("file", ["_images/dot.png", "_static/own.css"], ids=str)
def test_a_picture_or_a_style_that_is_not_there(file, tmp_path, browser):
    (write_course(tmp_path) / "_build/html" / file).unlink()
    fails(tmp_path, f"not printed: the site lacks files that it uses\\. Received: {file}")


@pytest.mark.site
def test_a_book_that_cannot_be_written_leaves_nothing(tmp_path, browser, monkeypatch):
    def write(_self, path):
        Path(path).write_bytes(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr("pypdf.PdfWriter.write", write)
    root = write_course(tmp_path)
    assert isinstance(make(root).exception, OSError)
    assert [path.name for path in (root / "_build").iterdir()] == ["html"]


def test_an_old_browser_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"131 or later is needed\. Received: 130\.0\.6723"):
        print_book(SimpleNamespace(version="130.0.6723.58"), "", tmp_path)


def test_an_outline_lists_only_what_is_printed():
    empty = io.BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(10, 10)
    writer.write(empty)
    with pytest.raises(ValueError, match=r"must be printed\. Received: b--lost"):
        finish(empty.getvalue(), [Heading("b--lost", "Lost", "Lost")], title="", author="")


# --- the real book, before it is printed ---------------------------------------------------------


@pytest.fixture(scope="module")
def real():
    """Return the real book as one document."""
    config, toc = (
        yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        for name in ("_config.yml", "_toc.yml")
    )
    parts = plan(toc)
    pages = [page for part in parts for page in part.pages]
    chapters = read_chapters(BUILT, pages, "")
    return document(config, parts, chapters, "A4")


@pytest.mark.site
def test_every_link_of_the_real_book_has_its_place(real):
    soup = BeautifulSoup(real, "html.parser")
    places = Counter(element["id"] for element in soup.select("[id]"))
    assert max(places.values()) == 1
    targets = [link["href"] for link in soup.select("a[href]")]
    assert len(targets) > 500
    for target in targets:
        assert target.startswith("https://") or target.removeprefix("#") in places, target


@pytest.mark.site
def test_nothing_of_the_real_book_runs_off_the_paper(real, browser):
    too_wide = """() => [...document.querySelectorAll(
        ".book-chapter :is(table, pre, img, p, li, .katex-display > .katex > .katex-html)")]
      .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 4)
      .map((e) => `${e.closest(".book-chapter").id}: ${e.textContent.slice(0, 80)}`)"""
    with chromium.launch(browser) as opened:
        width = round((210 - 2 * 20) / 25.4 * 96)  # A4 without its margins
        page = opened.new_page(viewport={"width": width, "height": 900})
        load(page, real, BUILT)
        assert page.evaluate(too_wide) == []


@pytest.mark.site
def test_licences_are_those_of_the_repository(real):
    licence = " ".join((ROOT / "LICENSE").read_text(encoding="utf-8").split())
    colophon = BeautifulSoup(real, "html.parser").select_one(".book-colophon")
    for named in ("BSD 3-Clause License", "Creative Commons Attribution 4.0 International"):
        assert named in licence
        assert named in " ".join(colophon.get_text().split())
