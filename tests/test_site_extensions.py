"""The website's own Sphinx extensions, each on a project of a page or two."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat import v4
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

SITE_PARTS = Path(__file__).parents[1] / "book" / "site"
sys.path.append(str(SITE_PARTS))  # as Jupyter Book does for the extensions that it is told of

import fresh_chapters  # noqa: E402
import katex_maths  # noqa: E402

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
    assert [link["href"].partition("?")[0] for link in page.select('link[href*="katex"]')] == [
        "_static/katex/katex.min.css",
        "_static/katex/katex_maths.css",
    ]
    urls = re.findall(r"url\(([^)]*)\)", (static / "katex.min.css").read_text(encoding="utf-8"))
    assert urls
    assert all(url.endswith(".woff2") and (static / url).is_file() for url in urls)


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
