"""The website's own Sphinx extensions, each on a project of a page or two."""

from __future__ import annotations

import io
import logging
import re
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import fresh_chapters
import katex_maths
import kept
import light_figures
import light_styles
import matplotlib.pyplot as plt
import nbformat
import package_attributes
import package_links
import page_patches
import plain_failures
import pydata_sphinx_theme
import pytest
import script_patches
import sphinx
import sphinx_book_theme
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from myst_nb.core.execute.base import ExecutionError
from nbclient.exceptions import CellExecutionError
from nbformat import v4
from PIL import Image
from sphinx.application import Sphinx
from sphinx.errors import ConfigError, ExtensionError
from sphinx.util.docutils import docutils_namespace, patch_docutils

SITE_PARTS = Path(__file__).parents[1] / "book" / "site"

pytestmark = pytest.mark.site  # they build small sites, which takes too long for `make quick`


def build(root: Path, *extensions: str, on: dict | None = None, out: str = "html", **config) -> str:
    """Build a project's pages with Sphinx into ``_build/<out>``, and return the warnings."""
    warnings = io.StringIO()
    fixed = {"html_theme": "basic", "root_doc": "page", "exclude_patterns": ["_build"]}
    config = {"extensions": list(extensions)} | fixed | config
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            root, None, root / "_build" / out, root / "_build/.doctrees", "html",
            confoverrides=config, status=None, warning=warnings,
        )  # fmt: skip
        for event, listener in (on or {}).items():
            app.connect(event, listener)
        app.build()
    return re.sub(r"\x1b\[[\d;]*m", "", warnings.getvalue())


def html(root: Path, name: str = "page.html") -> BeautifulSoup:
    """Parse a page that was built."""
    return BeautifulSoup((root / "_build/html" / name).read_text(encoding="utf-8"), "html.parser")


# --- katex_maths ---------------------------------------------------------------------------------

MATHS_PAGE = r"""
# The $\ell_2$ norm

Inline $w^2$, and {eq}`ridge` is below.

$$
\hat w = \arg\min_w \lVert y - Xw\rVert^2
$$ (ridge)

\begin{align}
a &= b \\
c &= d
\end{align}

| $\lambda$ | $\begin{pmatrix}1\\2\end{pmatrix}$ |
|---|---|
| 1 | 2 |
"""


def build_maths(root: Path, text: str = "") -> str:
    """Build one page of Markdown, or the notebook that is there, with maths."""
    if text:
        (root / "page.md").write_text(text, encoding="utf-8")
    options = {"myst_enable_extensions": ["dollarmath", "amsmath"], "nb_execution_mode": "off"}
    return build(root, "myst_nb", "katex_maths", **options)


@pytest.fixture(scope="module")
def maths_project(tmp_path_factory):
    root = tmp_path_factory.mktemp("maths")
    assert build_maths(root, MATHS_PAGE) == ""
    return root


def test_a_formula_has_an_accessible_and_a_visible_form():
    formula = BeautifulSoup(katex_maths.render(r"\frac{1}{2}"), "html.parser")
    assert formula.select_one("math mfrac")
    assert formula.select_one("annotation").get_text() == r"\frac{1}{2}"
    assert formula.select_one(".katex-html")["aria-hidden"] == "true"


@pytest.mark.parametrize("tex", [r"\frac{1", r"\nothing", r"\href{https://example.org}{x}", "é"])
def test_what_katex_cannot_read_is_an_error(tex):
    with pytest.raises(ValueError, match="Received: " + re.escape(tex)):
        katex_maths.render(tex)


@pytest.mark.parametrize(
    ("tex", "text"), [(r"\ell_2", "ℓ2"), (r"a < b", "a<b"), (r"\nothing", r"\nothing")]
)
def test_a_formula_as_plain_text(tex, text):
    assert katex_maths.plain_text(tex) == text


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("x", "x"),
        ("a\\\\b", r"\begin{split}a\\b\end{split}"),
        ("a\n\nb", r"\begin{gathered}a\\b\end{gathered}"),
        (r"\begin{align}a\end{align}", r"\begin{align*}a\end{align*}"),
        (r"\begin{align*}a\end{align*}", r"\begin{align*}a\end{align*}"),
    ],
)
def test_display_maths_is_one_formula(tex, expected):
    assert katex_maths.display_tex(tex) == expected
    katex_maths.render(expected, display=True)


def test_every_formula_is_rendered(maths_project):
    page = html(maths_project)
    assert len(page.select(".maths .katex, .maths-display .katex")) == 6
    assert not page.select(".katex-error")
    assert r"\begin" not in re.sub(r"(?s)<annotation.*?</annotation>", "", str(page))


def test_a_reference_leads_to_the_numbered_equation(maths_project):
    page = html(maths_project)
    reference = page.select_one("p a.reference")
    equation = page.find(id=reference["href"].removeprefix("#"))
    number = equation.select_one(".maths-number")
    assert reference.get_text() == number.get_text() == "(1)"
    assert number["href"] == reference["href"]
    assert equation.select_one(".maths-scroll .katex-display")


def test_an_environment_is_numbered_once(maths_project):
    numbers = html(maths_project).select(".amsmath .maths-number")
    assert [number.get_text() for number in numbers] == ["(2)"]


def test_a_heading_with_maths_reads_well_everywhere(maths_project):
    page = html(maths_project)
    assert page.select_one("h1 .katex")
    assert page.title.get_text().startswith("The ℓ2 norm")
    index = (maths_project / "_build/html/searchindex.js").read_text(encoding="utf-8")
    assert index.count(r"The \u21132 norm") == 2
    assert r"\\ell" not in index


def test_a_page_loads_katex_from_the_site_and_nothing_else(maths_project):
    page, static = html(maths_project), maths_project / "_build/html/_static/katex"
    assert not page.select('script[src*="mathjax" i]')
    sheets = [link["href"] for link in page.select('link[rel=stylesheet][href*="katex"]')]
    assert [sheet.partition("?")[0] for sheet in sheets] == [
        "_static/katex/katex.min.css",
        "_static/katex/katex_maths.css",
    ]
    urls = re.findall(r"url\(([^)]*)\)", (static / "katex.min.css").read_text(encoding="utf-8"))
    assert urls
    assert all(url.endswith(".woff2") and (static / url).is_file() for url in urls)


@pytest.mark.parametrize(
    ("beginning", "fonts"),
    [
        ("Words.", []),
        ("A factor of $2$.", ["KaTeX_Main-Regular"]),
        (r"A weight $\alpha$.", ["KaTeX_Math-Italic"]),
        ("Half of $n$ is $n/2$.", ["KaTeX_Main-Regular", "KaTeX_Math-Italic"]),
    ],
)
def test_a_page_that_begins_with_maths_comes_with_its_fonts(beginning, fonts, tmp_path):
    build_maths(tmp_path, f"# Title\n\n{beginning}\n\n## Section\n\n$x + 1$\n")
    links = html(tmp_path).select("head link[rel=preload][as=font]")
    assert [Path(link["href"]).stem for link in links] == fonts
    assert all((tmp_path / "_build/html" / link["href"]).is_file() for link in links)


def test_bad_tex_warns_once_with_its_place(tmp_path):
    text = "# A $\\nothing$ title\n\nText\n\n## Section\n\n$$\n\\frac{1\n$$\n"
    first, second = build_maths(tmp_path, text).splitlines()
    assert re.search(r"page\.md:1: WARNING: bad TeX: .*Received: \\nothing$", first)
    assert re.search(r"page\.md:7: WARNING: bad TeX: .*Received: \\frac\{1$", second)
    refused = [
        element.get_text().strip() for element in html(tmp_path).select(".body .katex-error")
    ]
    assert refused == [r"\nothing", r"\frac{1"]


def test_bad_tex_in_a_notebook_names_the_cell(tmp_path):
    cells = [v4.new_markdown_cell("# $\\no$"), v4.new_markdown_cell("Text\n\n$\\nothing$")]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "page.ipynb")
    warnings = build_maths(tmp_path)
    assert "page.ipynb:cell 1, line 1: WARNING: bad TeX" in warnings
    assert "page.ipynb:cell 2, line 3: WARNING: bad TeX" in warnings


def test_vendored_files_stay_small():
    files = [path for path in (SITE_PARTS / "katex").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {"", ".css", ".js", ".md", ".woff2"}
    assert max(path.stat().st_size for path in files) < 500_000


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("Let $x$, then ($y$).", ["x,", "(y)."]),
        ("A $x$ b, $x$-ray and $x$s", []),
        ("**Is $x$?** No", ["x?"]),
        ("Long $a = b + c$, it breaks", []),  # a line may end within it
    ],
)
def test_signs_stay_with_their_formula(text, together, tmp_path):
    write(tmp_path / "page.md", f"# Page\n\n{text}\n")
    options = {"myst_enable_extensions": ["dollarmath"], "html_math_renderer": "katex"}
    assert build(tmp_path, "myst_nb", "katex_maths", nb_execution_mode="off", **options) == ""
    page = html(tmp_path)
    for mathml in page.select(".katex-mathml"):
        mathml.decompose()
    found = page.select(".maths-together")
    assert [element.get_text().replace("\u200b", "") for element in found] == together


# --- fresh_chapters ------------------------------------------------------------------------------

# It runs in its own folder; each run leaves a mark, and shows what it read.
CELL = "open('runs', 'a').write('x'); print('made from', open('coursepkg/value.txt').read())"


@pytest.fixture
def course(tmp_path):
    """Return the folder of a project with one chapter, which depends on a package."""
    write(tmp_path / "coursepkg/value.txt", "one")
    write(tmp_path / "coursepkg/grading/grade.py", "")
    cells = [v4.new_markdown_cell("# Title"), v4.new_code_cell(CELL)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "page.ipynb")
    return tmp_path


def write(path: Path, text: str) -> None:
    """Write a file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def build_course(root: Path, **options) -> str:
    """Build the chapter as the book does."""
    options["fresh_depends_on"] = ["coursepkg"]
    options["fresh_apart_from"] = ["coursepkg/grading"]
    return build(root, "myst_nb", "fresh_chapters", nb_execution_mode="cache", **options)


def runs(root: Path) -> int:
    """Count how often the chapter ran."""
    return len((root / "runs").read_text(encoding="utf-8"))


def shown(root: Path) -> str:
    """Return what the chapter's page says it was made from."""
    return html(root).select_one(".cell_output").get_text().split()[-1]


def test_the_fingerprint_covers_what_a_chapter_is_made_from(course):
    def current() -> str:
        return fresh_chapters.fingerprint(course, ["coursepkg", "lock"], ["coursepkg/grading"])

    before = current()
    for path in ("coursepkg/grading/grade.py", "coursepkg/__pycache__/x.pyc", "elsewhere.py"):
        write(course / path, "changed")
        assert current() == before
    for path in ("coursepkg/new.mplstyle", "coursepkg/value.txt", "lock"):
        write(course / path, "changed")
        assert current() != before
        before = current()
    (course / "coursepkg/new.mplstyle").rename(course / "coursepkg/renamed.mplstyle")
    assert current() != before


def test_a_chapter_runs_again_exactly_when_its_ingredients_changed(course):
    build_course(course)
    build_course(course)
    write(course / "coursepkg/grading/grade.py", "changed")
    build_course(course)
    assert (runs(course), shown(course)) == (1, "one")
    write(course / "coursepkg/value.txt", "two")
    build_course(course)
    assert (runs(course), shown(course)) == (2, "two")
    write(course / "coursepkg/value.txt", "one")
    build_course(course)
    assert (runs(course), shown(course)) == (3, "one")


@pytest.mark.parametrize("event", ["env-before-read-docs", "source-read", "env-check-consistency"])
def test_a_build_that_was_killed_leaves_nothing_stale(course, event):
    def kill(*_args: object) -> None:
        raise KeyboardInterrupt

    build_course(course)
    write(course / "coursepkg/value.txt", "two")
    with pytest.raises(KeyboardInterrupt):
        build_course(course, on={event: kill})  # the last event: read and saved, but not written
    assert shown(course) == "one"
    build_course(course)
    assert (runs(course), shown(course)) == (2, "two")


def test_a_file_saved_during_the_build_is_not_taken_for_what_was_built(course):
    def save(*_args: object) -> None:
        write(course / "coursepkg/value.txt", "two")

    build_course(course, on={"source-read": save})
    assert shown(course) == "two"
    write(course / "coursepkg/value.txt", "one")
    build_course(course)
    assert (runs(course), shown(course)) == (2, "one")


def test_a_warning_is_repeated_until_it_is_dealt_with(course):
    build_course(course)
    notebook = nbformat.read(course / "page.ipynb", as_version=4)
    notebook.cells[1].source += "; import sys; print('careful', file=sys.stderr)"
    nbformat.write(notebook, course / "page.ipynb")
    first = build_course(course, nb_output_stderr="error")
    assert "stderr was found" in first
    assert build_course(course, nb_output_stderr="error") == first
    assert runs(course) == 2


def test_pages_read_for_another_output_are_not_taken_for_these(course):
    build_course(course)
    write(course / "coursepkg/value.txt", "two")
    build_course(course, out="other")  # shares Sphinx's environment, as `--builder` does
    write(course / "coursepkg/value.txt", "one")
    build_course(course)
    assert (runs(course), shown(course)) == (3, "one")


def test_a_restored_site_or_cache_is_not_trusted_for_its_place(course):
    build_course(course)
    write(course / "coursepkg/value.txt", "two")
    build_course(course)
    # Each thing carries its own fingerprint: an old one, put back, must not pass for new.
    for folder in ("_build/html", "_build/.jupyter_cache"):
        write(course / folder / fresh_chapters.STAMP, "an older fingerprint")
        build_course(course)
        assert shown(course) == "two"
    assert runs(course) == 2


def test_pages_are_read_again_when_a_part_of_the_site_changed(course, monkeypatch):
    monkeypatch.setattr(fresh_chapters, "__file__", str(course / "parts/fresh_chapters.py"))
    read = []
    for text in ("one", "one", "two"):
        write(course / "parts/some.css", text)
        build_course(course, on={"source-read": lambda _app, page, _source: read.append(page)})
    assert read == ["page", "page"]
    assert runs(course) == 1, "notebooks don't run again"


# --- solution_pages ------------------------------------------------------------------------------


def test_a_solution_is_shown_without_the_marks_and_other_pages_are_left_alone(tmp_path):
    marked = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
    cells = [v4.new_markdown_cell("# Title ### BEGIN SOLUTION"), v4.new_code_cell(marked)]
    for folder in ("exercises/solutions", "book"):
        write(tmp_path / folder / "x.ipynb", nbformat.writes(v4.new_notebook(cells=cells)))
    write(tmp_path / "page.md", "# Pages\n\n```{toctree}\nexercises/solutions/x\nbook/x\n```\n")
    build(tmp_path, "myst_nb", "solution_pages", nb_execution_mode="off")
    solution = html(tmp_path, "exercises/solutions/x.html")
    assert solution.select_one(".cell_input pre").get_text().strip() == "def f():\n    return 1"
    assert "BEGIN SOLUTION" in solution.select_one("h1").get_text(), "text is not code"
    assert "BEGIN SOLUTION" in html(tmp_path, "book/x.html").select_one(".cell_input").get_text()


# --- page_patches --------------------------------------------------------------------------------

PATCHES = (
    page_patches.Patch("the first is wrong", "<b>(.*?)</b>", r"<strong>\1</strong>"),
    page_patches.Patch("so is this", "old", "new", must_match=lambda _page, html: "<p>" in html),
    page_patches.Patch("not here", "<i>", "<em>", skips=frozenset({"search"})),
)


def patched(page: str, html: str, caplog) -> tuple[str, list[str]]:
    """Patch a page, and return it with what was said of it."""
    caplog.clear()
    with caplog.at_level("WARNING", logger="sphinx.page_patches"):
        return page_patches.patch(page, html, PATCHES), [
            record.message for record in caplog.records
        ]


@pytest.fixture
def heard(caplog):
    """Let Sphinx's log be heard, which it keeps to itself."""
    logger = logging.getLogger("sphinx")
    propagates, logger.propagate = logger.propagate, True
    yield caplog
    logger.propagate = propagates


def test_a_patch_replaces_every_match(heard):
    html, said = patched("page", "<b>x</b> <b>y</b> <i><p>old", heard)
    assert html == "<strong>x</strong> <strong>y</strong> <em><p>new"
    assert said == []


@pytest.mark.parametrize(
    ("page", "html", "whys"),
    [
        ("page", "<b>x</b><i>", []),  # nothing old needed without <p>
        ("page", "<i>", ["the first is wrong"]),
        ("page", "<b>x</b><i><p>", ["so is this"]),
        ("search", "<b>x</b>", []),
        ("page", "<b>x</b>", ["not here"]),
    ],
)
def test_a_patch_that_finds_nothing_says_so(page, html, whys, heard):
    _, said = patched(page, html, heard)
    assert len(said) == len(whys)
    assert all(why in line and page in line for why, line in zip(whys, said, strict=True))


@pytest.fixture(scope="module")
def themed(tmp_path_factory):
    """Build two pages with the theme and all that changes it."""
    root = tmp_path_factory.mktemp("themed")
    write(root / "page.md", "# First\n\n```{toctree}\nsecond\n```\n\nSome text.\n")
    write(root / "second.md", "# Second\n\nMore $x^2$ text.\n")
    assert build_themed(root) == ""
    return root


THEMED = ("myst_nb", "katex_maths", "light_styles", "page_patches", "page_summary")


def build_themed(root: Path, *more: str, **config) -> str:
    """Build with the theme, as the book does."""
    options = {
        "html_theme": "sphinx_book_theme",
        "html_context": {"default_mode": "auto"},
        "html_theme_options": {"navbar_persistent": []},
        "myst_enable_extensions": ["dollarmath"],
        "nb_execution_mode": "off",
        "templates_path": [str(SITE_PARTS / "templates")],
    }
    return build(root, *THEMED, *more, **options | config)


def test_each_patch_is_needed_by_the_theme_as_it_is(themed):
    assert not html(themed, "second.html").select('script[src*="fontawesome"]')
    scripts = html(themed, "second.html").select("head script[src]")
    assert scripts
    assert all(script.has_attr("defer") for script in scripts)
    assert not any(s.has_attr("defer") for s in html(themed, "search.html").select("head script"))


def test_the_address_of_the_site_leads_to_the_first_page(themed):
    page = html(themed, "index.html")
    assert page.html["lang"] == "en"
    assert page.select_one("meta[http-equiv=refresh]")["content"] == "0; url=page.html"
    assert page.a["href"] == "page.html"


def test_a_site_with_an_address_has_a_card_for_shared_links(themed, tmp_path):
    shutil.copytree(themed, tmp_path, dirs_exist_ok=True)
    assert not html(tmp_path, "second.html").select('meta[property="og:image"]')
    build_themed(tmp_path, html_baseurl="https://example.org/course/")
    page = html(tmp_path, "second.html")
    shown = {tag["property"]: tag["content"] for tag in page.select("meta[property]")}
    assert shown["og:url"] == "https://example.org/course/second.html"
    assert shown["og:image"] == "https://example.org/course/_static/card.png"
    with Image.open(SITE_PARTS / "static/card.png") as card:
        assert card.size == (1200, 630)


# --- light_styles, light_figures, kept -----------------------------------------------------------


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".used{a:b}.idle{a:b}", ".used{a:b}"),
        (".idle,.used{a:b}", ".used{a:b}"),
        ("p .idle{a:b}p{c:d}", "p{c:d}"),
        (".used.idle{a:b}", ""),
        (".used:not(.idle){a:b}", ".used:not(.idle){a:b}"),
        (":is(.idle,.used) p{a:b}", ":is(.idle,.used) p{a:b}"),
        ("[class=idle]{a:b}", "[class=idle]{a:b}"),
        ("@media print{.idle{a:b}}p{c:d}", "p{c:d}"),
        ("@media print{.idle{a:b}.used{c:d}}", "@media print{.used{c:d}}"),
        ("@supports (a:b){@media print{.idle{a:b}}}", ""),
        ("@keyframes k{0%{a:b}to{a:c}}", "@keyframes k{0%{a:b}to{a:c}}"),
        (".sm\\:used{a:b}", ""),
        ("/* a remark */p{a:b}", "p{a:b}"),
        ("/*! a licence */p{a:b}", "/*! a licence */\np{a:b}"),
        (
            '@font-face{src:url(x.woff2) format("woff2"),url(x.ttf) format("truetype")}',
            '@font-face{src:url(x.woff2) format("woff2")}',
        ),
    ],
)
def test_a_style_sheet_keeps_what_is_used(css, left):
    assert light_styles.purge(css, {"used"}) == left
    assert light_styles.purge(left, {"used"}) == left


def test_classes_are_found_in_pages_and_words_in_scripts():
    used = light_styles.used_classes(
        ['<p class="a b-c">d</p>', "<p class='e'>"], ["x.classList.add('is-open')"]
    )
    assert {"a", "b-c", "e", "is-open"} <= used
    assert "d" not in used


def test_icons_are_found_as_escapes_and_as_they_are():
    assert light_styles.icons(r'.a{content:"\f0c9"}.b{content:"\30 "}' + "\ue4c9") == {
        0xF0C9,
        0xE4C9,
    }


def test_characters_are_those_of_formulas_alone():
    page = f"<p>Zebra {katex_maths.render(r'x < &'.replace('&', 'y'))} Zebra</p>"
    assert light_styles.formula_characters(page) == set(map(ord, "x<y"))
    assert light_styles.formula_characters("<p>none</p>") == set()


def test_a_font_keeps_the_characters_that_are_wanted():
    font = (SITE_PARTS / "katex/fonts/KaTeX_Main-Regular.woff2").read_bytes()
    small = light_styles.shrink(font, {ord("x"), ord("+"), 0xF0C9})
    assert len(small) < len(font) / 5
    assert set(TTFont(io.BytesIO(small)).getBestCmap()) == {ord("x"), ord("+")}


def test_a_site_holds_nothing_idle_and_gets_back_what_it_comes_to_use(themed, tmp_path):
    shutil.copytree(themed, tmp_path, dirs_exist_ok=True)
    static = tmp_path / "_build/html/_static"
    sheet = static / "styles/theme.css"
    icon = static / "vendor/fontawesome/webfonts/fa-solid-900.woff2"
    assert not [path for path in static.rglob("*") if path.suffix in {".map", ".ttf"}]
    assert not list(static.rglob("fontawesome.js"))
    assert ".fa-umbrella" not in sheet.read_text(encoding="utf-8")
    assert 0xF0C9 in TTFont(icon).getBestCmap(), "the bars that open the list of pages"
    assert 0xF0E9 not in TTFont(icon).getBestCmap()
    write(tmp_path / "second.md", "# Second\n\n<i class='fa-solid fa-umbrella'></i> $\\alpha$\n")
    build_themed(tmp_path)
    assert ".fa-umbrella" in sheet.read_text(encoding="utf-8")
    assert 0xF0E9 in TTFont(icon).getBestCmap()
    maths = TTFont(static / "katex/fonts/KaTeX_Math-Italic.woff2").getBestCmap()
    assert ord("α") in maths
    assert ord("x") not in maths


def test_a_page_asks_for_one_style_sheet_and_one_for_print(themed):
    for page in ("page.html", "second.html", "search.html"):
        sheets = [link["href"] for link in html(themed, page).select("link[rel=stylesheet]")]
        assert [sheet.partition("?")[0] for sheet in sheets] == ["_static/styles/theme.css"]
    static = themed / "_build/html/_static"
    assert [path.name for path in static.rglob("*.css")] == ["theme.css"]
    css = (static / "styles/theme.css").read_text(encoding="utf-8")
    urls = re.findall(r"url\(([^)\"']+)\)", css)
    assert urls
    assert all((static / "styles" / url).is_file() for url in urls if not url.startswith("data:"))
    assert 'html[data-theme="dark"] .highlight' in css, "which the theme writes at the very end"
    assert css.index("--pst-color-primary") < css.index(".katex"), "in the order of the theme"


def test_a_build_in_which_nothing_changed_leaves_the_style_sheet(themed, tmp_path):
    shutil.copytree(themed, tmp_path, dirs_exist_ok=True)
    static = tmp_path / "_build/html/_static"
    css = (static / "styles/theme.css").read_text(encoding="utf-8")
    for _ in range(2):  # the second finds what the first has left
        assert build_themed(tmp_path) == ""
        assert (static / "styles/theme.css").read_text(encoding="utf-8") == css
        assert [path.name for path in static.rglob("*.css")] == ["theme.css"]


def test_a_sheet_that_nobody_joins_is_noticed(tmp_path):
    write(tmp_path / "page.md", "# Page\n")
    write(tmp_path / "static/other.css", "p{a:b}")
    config = {"html_static_path": ["static"], "html_css_files": ["other.css"]}
    assert "SHEETS does not name: other.css" in build_themed(tmp_path, **config)


def test_a_theme_whose_sheet_holds_more_is_noticed(tmp_path, heard):
    write(tmp_path / "styles/theme.css", "@import '../basic.css';p{a:b}")
    write(tmp_path / light_styles.THEMES, "a{b:c}")
    with heard.at_level("WARNING", logger="sphinx.light_styles"):
        light_styles.join(tmp_path)
    assert "holds more than" in heard.text


def test_addresses_in_a_sheet_follow_it_to_its_new_place():
    css = 'a{b:url(fonts/x.woff2)}c{d:url("../e.svg")}f{g:url(data:,h)}'
    assert light_styles.moved(css, "katex/katex.css") == (
        "a{b:url(../katex/fonts/x.woff2)}c{d:url(../e.svg)}f{g:url(data:,h)}"
    )


def test_a_figure_is_the_same_picture_in_fewer_bytes():
    fig, ax = plt.subplots()
    ax.plot([0, 1, 4], [1, 0, 2], label="λ")
    ax.legend()
    raw = io.BytesIO()
    fig.savefig(raw, format="svg")
    plt.close(fig)
    small = light_figures.minify(raw.getvalue())
    assert light_figures.RAW in raw.getvalue()
    assert light_figures.RAW not in small
    assert len(small) < 0.8 * len(raw.getvalue())
    drawn = [re.findall(rb"<(path|use|text)\b", svg) for svg in (raw.getvalue(), small)]
    assert Counter(drawn[1])[b"use"] == Counter(drawn[0])[b"use"]
    assert Counter(drawn[1])[b"path"] >= 0.5 * Counter(drawn[0])[b"path"]


def test_a_figure_waits_for_its_reader_and_keeps_its_place_free(tmp_path):
    fig = plt.figure(figsize=(3, 1.5))
    fig.savefig(tmp_path / "figure.svg", metadata={"Date": None})
    plt.close(fig)
    write(tmp_path / "drawing.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="2em"/>')
    text = "![First](figure.svg)\n\n![Second](drawing.svg)\n\n![Third](https://example.org/x.svg)\n"
    write(tmp_path / "page.md", f"# Page\n\n{text}")
    build(tmp_path, "myst_nb", "light_figures", nb_execution_mode="off")
    first, *others = html(tmp_path).select("img")
    assert (first["loading"], first["width"], first["height"]) == ("lazy", "288", "144")
    assert first["alt"] == "First"
    assert not any(image.has_attr("loading") or image.has_attr("width") for image in others)


def test_what_was_made_is_kept_until_an_ingredient_changes(tmp_path):
    app, made = SimpleNamespace(doctreedir=tmp_path / ".doctrees"), []

    def make() -> bytes:
        made.append(len(made))
        return str(made).encode()

    first = kept.kept(app, make, b"a", b"b")
    assert kept.kept(app, make, b"a", b"b") == first
    assert kept.kept(app, make, b"ab", b"") != first
    assert made == [0, 1]


# --- script_patches ------------------------------------------------------------------------------

THEME = "theme/{0}/static/scripts"
FOLDERS = {
    "scripts/pydata-sphinx-theme.js": (pydata_sphinx_theme, THEME.format("pydata_sphinx_theme")),
    "scripts/sphinx-book-theme.js": (sphinx_book_theme, THEME.format("sphinx_book_theme")),
    "searchtools.js": (sphinx, "themes/basic/static"),
    "sphinx_highlight.js": (sphinx, "themes/basic/static"),
}


def as_shipped(name: str) -> str:
    """Read a script where theme or Sphinx is installed."""
    package, folder = FOLDERS[name]
    path = Path(package.__file__).parent / folder / Path(name).name
    return path.read_text(encoding="utf-8")


@pytest.fixture
def scripts(tmp_path):
    """Put the scripts as they come from theme and Sphinx into a site."""
    for name in script_patches.SCRIPTS:
        write(tmp_path / "_static" / name, as_shipped(name))
    return SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))


@pytest.mark.parametrize("name", script_patches.SCRIPTS)
def test_a_script_is_patched_once(name, scripts, heard):
    path, left = scripts.outdir / "_static" / name, []
    for _ in range(2):  # when a page is built again, the scripts may stay
        script_patches.patch_scripts(scripts, None)
        left.append(path.read_text(encoding="utf-8"))
    assert as_shipped(name) != left[0] == left[1]
    assert heard.records == []


@pytest.mark.parametrize("name", script_patches.SCRIPTS)
def test_a_script_that_has_changed_is_noticed(name, scripts, heard):
    write(scripts.outdir / "_static" / name, "another();")
    with heard.at_level("WARNING", logger="sphinx.page_patches"):
        script_patches.patch_scripts(scripts, None)
    patches = script_patches.SCRIPTS[name]
    assert [record.args[:2] for record in heard.records] == [(name, one.why) for one in patches]


# --- package_attributes --------------------------------------------------------------------------


def test_attributes_in_one_line_have_a_name_and_a_type_each():
    docstring = "A.\n\n:ivar x: One.\n:ivar a, b: Two,\n         on two lines.\n\n         More.\n"
    docstring += ":vartype a, b: int, default=1\n\nEnd, and more: text.\n"
    assert package_attributes.separate(docstring) == (
        "A.\n\n:ivar x: One.\n"
        ":ivar a: Two,\n         on two lines.\n\n         More.\n"
        ":ivar b: Two,\n         on two lines.\n\n         More.\n"
        ":vartype a: int, default=1\n\n:vartype b: int, default=1\n\nEnd, and more: text.\n"
    )


# --- page_summary --------------------------------------------------------------------------------

LONG = "This paragraph is long enough to say what the page is about, and it does so."
ITALIC = "*Ninety minutes, and before it chapters one and two; bring a pencil and some paper.*"


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        (f"# T\n\nShort.\n\n{LONG}", LONG),
        (f"# T\n\n{ITALIC}\n\n- {LONG}\n\n{LONG}", LONG),
        (f"# T\n\n{ITALIC}\n\nShort.", ITALIC.strip("*")),
        (f"# T\n\n> {LONG}", "the site's"),
        (f"# T\n\n{LONG} With $\\lambda < 1$.", f"{LONG} With λ<1."),
        (f"# T\n\n{LONG} {LONG} {LONG}", f"{LONG} {LONG}"),
        (
            f"# T\n\n{LONG}\n\n## 1. One $x$ (4 points)\n\n## 2. Two\n\n## End",
            "T. In parts: One x (4 points); Two.",
        ),
        ("# T\n\n" + "word, " * 60, ("word, " * 33).rstrip(", ") + " …"),
    ],
)
def test_a_page_is_summed_up_by_its_first_paragraph(text, summary, tmp_path):
    write(tmp_path / "page.md", text)
    seen = []
    build(
        tmp_path, "myst_nb", "page_summary", nb_execution_mode="off", site_summary="the site's",
        myst_enable_extensions=["dollarmath"],
        on={"html-page-context": lambda _a, page, _t, context, _d: seen.append((page, context))},
    )  # fmt: skip
    assert dict(seen)["page"]["page_summary"] == summary
    assert dict(seen)["search"]["page_summary"] == "the site's"


# --- glossary_links ------------------------------------------------------------------------------

GLOSSARY = """# Glossary

```{glossary}
ridge
  A penalty. The ridge stands alone.

early stopping
  Ending early.

stopping
  Ending.

rate
  A fraction.
```

```{toctree}
other
```
"""


def glossary_links_of(root: Path, text: str) -> list[str]:
    """Build a glossary and a page, and return the texts of the page's links to it."""
    write(root / "page.md", GLOSSARY)
    write(root / "other.md", text)
    warnings = build(
        root, "myst_nb", "glossary_links", nb_execution_mode="off",
        glossary_links_apart_from=["rate"], myst_enable_extensions=["dollarmath"],
    )  # fmt: skip
    assert warnings == ""
    return [a.get_text() for a in html(root, "other.html").select('.body a[href*="#term-"]')]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Ridge, and ridge again.", ["Ridge"]),
        ("Two ridges.", ["ridges"]),
        ("Early\nstopping, stopping.", ["Early\nstopping", "stopping"]),
        ("Early\n*stopping*,\nstopping.", ["stopping"]),
        ("Stopping early, early stopping.", ["Stopping", "early stopping"]),
        ("A bridge, a ridge-like cartridge.", []),
        ("`ridge` and [ridge](https://example.org), $ridge$.", []),
        ("## Ridge\n\nText.", []),
        ("{term}`ridge`, ridge.", ["ridge"]),
        ("ridge, {term}`ridge`.", ["ridge", "ridge"]),  # what authors link, stays
        ("*The **ridge***.", ["ridge"]),
        ("The learning rate.", []),
        ("{term}`rate`.", ["rate"]),
        ("- ridge\n- ridge", ["ridge"]),
    ],
)
def test_the_first_use_of_a_term_is_linked(text, links, tmp_path):
    assert glossary_links_of(tmp_path, f"# Other\n\n{text}\n") == links
    linked = html(tmp_path, "other.html").select_one(".body").get_text()
    build(tmp_path, "myst_nb", out="plain", nb_execution_mode="off",
          myst_enable_extensions=["dollarmath"])  # fmt: skip
    plain = html(tmp_path, "../plain/other.html").select_one(".body").get_text()
    assert linked == plain, "not a word is lost"


def test_a_glossary_does_not_link_to_itself(tmp_path):
    glossary_links_of(tmp_path, "# Other\n")
    assert not html(tmp_path).select("dd a")


def test_pages_follow_when_a_term_moves(tmp_path):
    assert glossary_links_of(tmp_path, "# Other\n\nA lasso.\n") == []
    glossary = GLOSSARY.replace("ridge\n", "lasso\n", 1)
    write(tmp_path / "page.md", glossary)
    build(tmp_path, "myst_nb", "glossary_links", nb_execution_mode="off",
          glossary_links_apart_from=["rate"])  # fmt: skip
    assert [a.get_text() for a in html(tmp_path, "other.html").select(".body p a")] == ["lasso"]


# --- package_links -------------------------------------------------------------------------------

PACKAGE_PAGE = """# Package

```{eval-rst}
.. py:module:: coursepkg.datasets
.. py:function:: make_sine(n)
.. py:module:: coursepkg.sweep
.. py:class:: MLP(units)
```

```{toctree}
other
```
"""


def package_links_of(root: Path, text: str) -> tuple[list[tuple[str, str]], str]:
    """Build a package's page and another one; return the other's links, and the warnings."""
    write(root / "coursepkg/handing_on.py", "from coursepkg.datasets import make_sine\n")
    write(root / "page.md", PACKAGE_PAGE)
    write(root / "other.md", f"# Other\n\n{text}\n")
    package_links.aliases.cache_clear()
    warnings = build(root, "myst_nb", "package_links", nb_execution_mode="off",
                     exclude_patterns=["_build", "coursepkg"])  # fmt: skip
    links = html(root, "other.html").select('.body a[href^="page.html#"]')
    return [(a.get_text(), a["href"].partition("#")[2]) for a in links], warnings


MAKE_SINE = "coursepkg.datasets.make_sine"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("`datasets.make_sine`", [("datasets.make_sine", MAKE_SINE)]),
        ("`coursepkg.datasets.make_sine`", [("coursepkg.datasets.make_sine", MAKE_SINE)]),
        ("`datasets.make_sine(20, seed=0)`", [("datasets.make_sine(20, seed=0)", MAKE_SINE)]),
        ("`sweep`", [("sweep", "module-coursepkg.sweep")]),
        ("`handing_on.make_sine`", [("handing_on.make_sine", MAKE_SINE)]),
        ("`make_sine`, `datasets.nothing`, `coursepkg check`, `coursepkg/sweep`", []),
        ("## `datasets.make_sine`", []),
        (
            "```python\nx = datasets.make_sine(3).x + other.datasets.make_sine\n```",
            [("datasets.make_sine", MAKE_SINE)],
        ),
        (
            "```python\nfrom coursepkg import datasets, sweep, quiz\n```",
            [("datasets", "module-coursepkg.datasets"), ("sweep", "module-coursepkg.sweep")],
        ),
        (
            "```python\nfrom coursepkg.sweep import MLP\n```",
            [("coursepkg.sweep", "module-coursepkg.sweep"), ("MLP", "coursepkg.sweep.MLP")],
        ),
        ('```python\nprint("datasets.make_sine")\n```', []),
    ],
)
def test_names_of_the_package_are_linked(text, links, tmp_path):
    assert package_links_of(tmp_path, text) == (links, "")


def test_a_name_that_the_package_lacks_is_noticed(tmp_path):
    links, warnings = package_links_of(tmp_path, "See `coursepkg.datasets.make_cosine`.")
    assert links == []
    assert re.search(r"other\.md:3: WARNING: .* no coursepkg\.datasets\.make_cosine", warnings)


# --- repository_buttons --------------------------------------------------------------------------


def header_links(root: Path, url: str) -> list[str]:
    """Build a notebook's page with a repository, and return the links of its header."""
    shutil.rmtree(root / "_build", ignore_errors=True)
    write(
        root / "page.ipynb", nbformat.writes(v4.new_notebook(cells=[v4.new_markdown_cell("# T")]))
    )
    options = {"navbar_persistent": [], "repository_url": url, "repository_branch": "main"}
    assert build_themed(root, "repository_buttons", html_theme_options=options) == ""
    links = [a["href"] for a in html(root).select(".bd-header-article a[href]")]
    return [href for href in links if not href.startswith("_sources/")]


def test_one_address_brings_all_the_buttons(tmp_path):
    links = header_links(tmp_path, "https://github.com/owner/name/")
    assert [link.partition("?")[0] for link in links] == [
        "https://mybinder.org/v2/gh/owner/name/main",
        "https://github.com/owner/name",
        "https://github.com/owner/name/edit/main/page.ipynb",
        "https://github.com/owner/name/issues/new",
    ]
    assert links[0].endswith("?urlpath=lab/tree/page.ipynb")


def test_without_an_address_there_is_no_button(tmp_path):
    assert header_links(tmp_path, "") == []


def test_a_repository_may_be_at_gitlab(tmp_path):
    links = header_links(tmp_path, "https://gitlab.com/owner/name")
    assert links[0].startswith("https://mybinder.org/v2/gl/owner%2Fname/main")
    assert all("gitlab.com/owner/name" in link for link in links[1:])


@pytest.mark.parametrize("url", ["github.com/owner/name", "https://github.com/owner", "name"])
def test_another_address_is_refused_in_one_line(url, tmp_path):
    with pytest.raises(ConfigError, match=rf"must look like .* Received: {re.escape(url)}$"):
        header_links(tmp_path, url)


# --- quick_writing -------------------------------------------------------------------------------


def test_pages_that_are_written_sooner_are_the_same(tmp_path):
    figure = "```{{figure}} x.svg\n:name: fig-{0}\n:alt: x\nCaption {0}\n```\n\n"
    pages = [f"# Page {n}\n\n{figure.format(n)}See {{numref}}`fig-{8 - n}`.\n" for n in range(9)]
    built = []
    for extensions in ([], ["quick_writing"]):
        root = tmp_path / str(len(extensions))
        write(root / "x.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
        for n, text in enumerate(pages):
            write(root / f"p{n}.md", text)
        write(root / "page.md", "# All\n\n```{toctree}\n:glob:\np*\n```\n")
        options = {"nb_execution_mode": "off", "numfig": True, "exclude_patterns": ["_build"]}
        assert "WARNING" not in build(root, "myst_nb", *extensions, **options)
        built.append([html(root, f"p{n}.html").body for n in range(9)])
    assert built[0] == built[1]
    assert "Fig. 9" in built[1][0].get_text()


# --- quiz_pages ----------------------------------------------------------------------------------

QUIZ_OUTPUT = """<div class="quiz">Is <span class="quiz-maths">$a&lt;b$</span>, or
(<span class="quiz-maths">$c$</span>)? <span class="quiz-see">See <a href="#{see}">Zeros</a>.</span>
</div>"""


def build_quiz(root: Path, output: str) -> str:
    """Build a notebook whose cell put out a quiz, beside a figure and a section with names."""
    cells = [
        v4.new_markdown_cell("# Page\n\n(sec-walls)=\n## The walls & more\n\nWhite."),
        v4.new_markdown_cell("```{figure} a.svg\n:name: fig-zeros\nA caption.\n```"),
        v4.new_code_cell(
            "quiz", outputs=[v4.new_output("execute_result", data={"text/html": output})]
        ),
    ]
    nbformat.write(v4.new_notebook(cells=cells), root / "page.ipynb")
    (root / "a.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    options = {"nb_execution_mode": "off", "numfig": True, "suppress_warnings": ["myst-nb.lexer"]}
    return build(root, "myst_nb", "katex_maths", "quiz_pages", **options)


def test_a_quiz_has_its_maths_and_the_number_of_its_figure(tmp_path):
    assert build_quiz(tmp_path, QUIZ_OUTPUT.format(see="fig-zeros")) == ""
    quiz = html(tmp_path).select_one(".quiz")
    assert [one.get_text() for one in quiz.select("annotation")] == ["a<b", "c"]
    assert "$" not in quiz.get_text()
    link = quiz.select_one(".quiz-see a")
    assert (link["href"], link.text) == ("#fig-zeros", "Fig. 1")
    together = [one.select_one("annotation").text for one in quiz.select(".maths-together")]
    assert together == ["c"], "brackets stay with a formula that is one piece, as a<b is not"


def test_a_quiz_calls_a_section_by_its_title(tmp_path):
    assert build_quiz(tmp_path, QUIZ_OUTPUT.format(see="sec-walls")) == ""
    link = html(tmp_path).select_one(".quiz-see a")
    assert (link["href"], link.text) == ("#sec-walls", "The walls & more")


@pytest.mark.parametrize(
    ("output", "warning"),
    [
        (QUIZ_OUTPUT.format(see="fig-none"), "no such figure or section: fig-none"),
        (QUIZ_OUTPUT.format(see="fig-zeros").replace("$c$", "$\\nothing$"), "bad TeX: "),
    ],
)
def test_what_a_quiz_gets_wrong_fails_the_build(output, warning, tmp_path):
    assert f"in a quiz: {warning}" in build_quiz(tmp_path, output)


def test_other_outputs_are_left_alone(tmp_path):
    text = 'Costs <span class="quiz-maths">$5$</span>'
    build_quiz(tmp_path, text)
    assert text in (tmp_path / "_build/html/page.html").read_text(encoding="utf-8")


def test_a_quiz_file_that_cannot_be_used_ends_the_build_in_one_line(tmp_path):
    (tmp_path / "book" / "quizzes").mkdir(parents=True)
    (tmp_path / "book" / "quizzes" / "01_x.yml").write_text("- id: a\n", encoding="utf-8")
    with pytest.raises(ExtensionError) as error:
        build_quiz(tmp_path, QUIZ_OUTPUT.format(see="fig-zeros"))
    assert re.fullmatch(
        r"\S*book/quizzes/01_x\.yml, line 1: question 1: needs ask\. Received: id",
        error.value.message,
    )


# --- plain_failures ------------------------------------------------------------------------------


def test_a_cell_that_fails_is_shown_with_its_notebook_and_nothing_else(capsys):
    said = "a, b\n\nFigureError: y must be finite. Received: nan at index (1, 2)"
    try:
        try:
            try:
                raise CellExecutionError(said, "FigureError", "y")
            except CellExecutionError as error:
                raise ExecutionError("book/01.ipynb") from error
        except ExecutionError as error:
            raise RuntimeError("There was an error in building your book") from error
    except RuntimeError as error:
        plain_failures.show(type(error), error, error.__traceback__)
    assert capsys.readouterr().err == f"\n{said}\nbook/01.ipynb\n"


def test_what_an_extension_words_is_shown_alone(capsys):
    try:
        try:
            raise ExtensionError("quiz.yml, line 1: needs ask. Received: id")
        except ExtensionError as error:
            raise RuntimeError("There was an error in building your book") from error
    except RuntimeError as error:
        plain_failures.show(type(error), error, error.__traceback__)
    assert capsys.readouterr().err == "\nquiz.yml, line 1: needs ask. Received: id\n"


def test_another_error_is_shown_as_ever(capsys):
    try:
        raise RuntimeError("something else")
    except RuntimeError as error:
        plain_failures.show(type(error), error, error.__traceback__)
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback")
    assert shown.endswith("RuntimeError: something else\n")
