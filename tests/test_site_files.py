"""The files of the built website: what no page may contain, and that every link leads somewhere.

Each check takes a page and lists its problems, so that the same function is run over the site and
over snippets that are broken on purpose.
"""

from __future__ import annotations

import ast
import functools
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

pytestmark = pytest.mark.site

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
CHAPTERS = sorted(path.stem for path in (ROOT / "book").glob("0*.ipynb"))

START_UP_LINES = re.compile(
    r"oneDNN|cpu_feature_guard|computation_placer|\babsl::|XLA service|StreamExecutor"
    r"|cuda(?:rt|_\w+\.cc|_fft|_blas|_dnn| drivers)|TensorRT|rebuild TensorFlow",
    re.IGNORECASE,
)
WARNING = re.compile(r"\b(?:\w*Warning:|WARNING\b)")
RAW_MATHS = re.compile(r"\\[(\[]|\$\$|\\begin\{|(?<!\\)\$[^$\n]*\\[a-z]+[^$\n]*\$")
RAW_ROLE = re.compile(
    r"\{(?:glue|ref|eq|numref|doc|term|cite|math|download|abbr|prf|py|func|class|mod)(?::\w+)*\}"
)
# What a browser fetches by itself; <a href> is followed only by a reader.
FETCHING_RELS = {"stylesheet", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch"}
FETCHING_RELS |= {"icon", "manifest", "apple-touch-icon"}
FETCHING_ATTRIBUTES = {
    "audio": ["src"],
    "embed": ["src"],
    "iframe": ["src"],
    "image": ["href", "xlink:href"],
    "img": ["src", "srcset"],
    "input": ["src"],
    "object": ["data"],
    "script": ["src"],
    "source": ["src", "srcset"],
    "track": ["src"],
    "use": ["href", "xlink:href"],
    "video": ["src", "poster"],
}
CSS_URL = re.compile(r"""(?:url\(|@import\s+)\s*["']?([^"')\s;]+)""")
JS_FETCH = re.compile(r"""(?:import|fetch|importScripts|src\s*=|href\s*=)\s*\(?\s*["'`]([^"'`]+)""")
FILE_NAME = re.compile(r"\.(?:png|svg|jpe?g|gif|webp|avif)$", re.IGNORECASE)


@functools.cache
def read(path: Path) -> BeautifulSoup:
    """Parse a page, once."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@functools.cache
def prose(path: Path) -> str:
    """Return a page's visible text without code, scripts and the TeX kept inside MathML."""
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    for element in soup(["code", "pre", "script", "style", "annotation"]):
        element.replace_with(" ")
    return soup.get_text()


@functools.cache
def anchors(path: Path) -> frozenset[str]:
    """Return the names that a link may point at within a page."""
    ids = {element["id"] for element in read(path).find_all(id=True)}
    return frozenset(ids | {element["name"] for element in read(path).select("a[name]")})


def outputs(path: Path) -> list[str]:
    """Return the text of each cell's output."""
    return [cell.get_text() for cell in read(path).select(".cell_output")]


def is_elsewhere(url: str) -> bool:
    """Whether a URL names a host."""
    return bool(urlsplit(url.strip()).netloc)


def error_outputs(path: Path) -> list[str]:
    """Tracebacks, warnings, stderr and start-up lines below cells."""
    bad = read(path).select(".output.stderr, .output.traceback")
    problems = [f"stderr or traceback: {element.get_text()[:80]!r}" for element in bad]
    for text in outputs(path):
        problems += [f"traceback: {text[:80]!r}"] * ("Traceback (most recent call last)" in text)
        problems += [f"warning: {m.group()!r} in {text[:80]!r}" for m in WARNING.finditer(text)]
        problems += [f"start-up line: {text[:80]!r}" for _ in START_UP_LINES.finditer(text)]
    return problems


def unrendered_maths(path: Path) -> list[str]:
    """TeX that a reader would see, and formulas that the renderer refused."""
    problems = [f"TeX: {match.group()[:60]!r}" for match in RAW_MATHS.finditer(prose(path))]
    for formula in read(path).select(".maths, .maths-display"):
        around = str(formula.previous_sibling or "")[-1:] + str(formula.next_sibling or "")[:1]
        problems += [f"dollar beside {formula.get_text()[:40]!r}"] * ("$" in around)
    return problems + [f"refused: {e.get_text()!r}" for e in read(path).select(".katex-error")]


def unresolved_roles(path: Path) -> list[str]:
    """Roles printed as text, references without a target, and docutils' own messages."""
    problems = [f"role: {match.group()}" for match in RAW_ROLE.finditer(prose(path))]
    for element in read(path).select("span.xref, .problematic, .system-message"):
        if element.name != "span" or not element.find_parent("a"):
            problems.append(f"reference: {element.get_text()!r}")
    return problems


def other_hosts(path: Path) -> list[str]:
    """Everything that a page loads by itself from another host."""
    soup, urls = read(path), []
    for link in soup.find_all("link", href=True):
        if FETCHING_RELS & {rel.lower() for rel in link.get("rel", [])}:
            urls.append(link["href"])
    for name, attributes in FETCHING_ATTRIBUTES.items():
        values = [e.get(a, "") for e in soup.find_all(name) for a in attributes]
        urls += [part.split()[0] for value in values for part in value.split(", ") if part.split()]
    css = [e.get_text() for e in soup("style")] + [e["style"] for e in soup.find_all(style=True)]
    urls += [url for text in css for url in CSS_URL.findall(text)]
    urls += [url for e in soup("script") for url in JS_FETCH.findall(e.get_text())]
    return [f"loads {url}" for url in urls if is_elsewhere(url)]


def style_sheets(path: Path) -> list[str]:
    """Other hosts, and missing files, that a style sheet asks for."""
    urls = CSS_URL.findall(path.read_text(encoding="utf-8"))
    elsewhere = [f"loads {url}" for url in urls if is_elsewhere(url)]
    return elsewhere + [f"missing {url}" for url in urls if not leads_somewhere(path, url)]


def dead_links(path: Path) -> list[str]:
    """Links and files within the site that do not exist, down to the anchor."""
    soup = read(path)
    urls = [e[a] for a in ("href", "src", "data") for e in soup.find_all(attrs={a: True})]
    for refresh in soup.find_all("meta", attrs={"http-equiv": re.compile("refresh", re.I)}):
        urls.append(refresh["content"].partition("url=")[2])
    return [f"dead link {url}" for url in urls if not leads_somewhere(path, url)]


def leads_somewhere(path: Path, url: str) -> bool:
    """Whether a URL on a page is another host's business, or exists within the site."""
    parts = urlsplit(url.strip())
    if parts.scheme or parts.netloc:
        return True
    target = path if not parts.path else path.parent / unquote(parts.path)
    target = target / "index.html" if target.is_dir() else target
    if not target.is_file():
        return False
    fragment = unquote(parts.fragment)
    return not fragment or target.suffix != ".html" or fragment in anchors(target.resolve())


def missing_alt(path: Path) -> list[str]:
    """Content images without a text; Sphinx falls back on the file's name, which is none."""
    content = read(path).find("article") or read(path).find("main") or read(path)
    problems = []
    for image in content.find_all("img"):
        alt = (image.get("alt") or "").strip()
        if not alt or FILE_NAME.search(alt):
            problems.append(f"no alt text: {image.get('src')}, alt={alt!r}")
    return problems


def head_for_sharing(path: Path) -> list[str]:
    """A page's sentence about itself, and what a shared link shows of it."""
    soup = read(path)
    if soup.select_one("meta[http-equiv=refresh]"):
        return []
    shown = {
        tag.get("name") or tag.get("property"): tag["content"] for tag in soup("meta", content=True)
    }
    wanted = ["description", "og:title", "og:description", "og:type", "og:site_name"]
    problems = [f"no {name} in the head" for name in wanted if not shown.get(name)]
    length = len(shown.get("description", ""))
    problems += [f"a description of {length} characters"] * (not 40 <= length <= 210)
    problems += ["no icon"] * (soup.select_one("link[rel=icon]") is None)
    return problems


def repository_links(path: Path) -> list[str]:
    """Buttons to a repository, which this copy of the course does not name."""
    links = read(path).select(".bd-header-article a[href], .bd-sidebar a[href]")
    return [f"leads to {link['href']}" for link in links if is_elsewhere(link["href"])]


PAGE_CHECKS = [
    error_outputs,
    unrendered_maths,
    unresolved_roles,
    other_hosts,
    dead_links,
    missing_alt,
    head_for_sharing,
]


def files(pattern: str) -> list[Path]:
    """Return the site's files of one kind; there must be some."""
    found = sorted(SITE.rglob(pattern))
    if not found:
        pytest.fail(f"run `make site` first. Received: no {pattern} in {SITE}", pytrace=False)
    return found


def report(problems: dict[Path, list[str]]) -> str:
    """Write one line for each problem."""
    return "\n".join(f"{p.name}: {problem}" for p, found in problems.items() for problem in found)


@pytest.mark.parametrize("check", PAGE_CHECKS)
def test_every_page(check):
    # The theme keeps pieces of templates under _static.
    pages = [page for page in files("*.html") if "_static" not in page.relative_to(SITE).parts]
    found = report({page: check(page.resolve()) for page in pages})
    assert not found, f"\n{found}"


def test_every_style_sheet():
    found = report({sheet: style_sheets(sheet) for sheet in files("*.css")})
    assert not found, f"\n{found}"


def test_no_button_leads_to_a_strangers_repository():
    url = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    found = report({page: repository_links(page) for page in files("*.html")})
    assert bool(found) == bool(url), found


def toc_pages() -> list[str]:
    """List the pages of the table of contents in their order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    entries = [e for c in chapters for e in (c, *c.get("sections", []))]
    return [toc["root"], *(entry["file"] for entry in entries)]


def test_every_page_leads_to_the_previous_and_to_the_next_one():
    pages = toc_pages()
    for before, page, after in zip([None, *pages], pages, [*pages[1:], None], strict=False):
        path = SITE / f"{page}.html"
        for kind, neighbour in (("a.left-prev", before), ("a.right-next", after)):
            link = read(path).select_one(kind)
            assert (link is None) == (neighbour is None), page
            if link:
                target = (path.parent / link["href"]).resolve()
                assert target == (SITE / f"{neighbour}.html").resolve()


def test_every_module_of_the_package_has_a_page():
    package = ROOT / "coursepkg"
    modules = {path.stem for path in package.glob("*.py")}
    modules |= {path.parent.name for path in package.glob("*/__init__.py")}
    modules = {name for name in modules if not name.startswith("_")}
    assert {path.stem for path in files("book/package/*.html")} == modules
    for name in modules:
        page = SITE / "book" / "package" / f"{name}.html"
        assert f"module-coursepkg.{name}" in anchors(page), name
        for defined in public_names(package, name):
            assert f"coursepkg.{name}.{defined}" in anchors(page)


def public_names(package: Path, module: str) -> list[str]:
    """List what a module defines for others; a package's own modules define it there."""
    path = package / f"{module}.py"
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
    defined = (ast.FunctionDef, ast.ClassDef)
    return [n.name for n in tree.body if isinstance(n, defined) and not n.name.startswith("_")]


def test_every_attribute_has_an_entry_of_its_own():
    entries = [
        entry.get_text()
        for page in files("book/package/*.html")
        for entry in read(page).select("dl.field-list dd strong")
    ]
    assert {"epochs", "batch_size"} <= set(entries)
    assert not any("," in entry for entry in entries)


def test_no_two_pages_of_the_book_have_one_title_or_one_description():
    for told in ("title", "meta[name=description]"):
        seen = {}
        for name in toc_pages():
            element = read(SITE / f"{name}.html").select_one(told)
            seen.setdefault(element.get("content") or element.get_text(), []).append(name)
        assert [names for names in seen.values() if len(names) > 1] == [], told


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_leads_to_the_package_and_to_the_glossary(name):
    page = files(f"book/{name}.html")[0]
    code = {link["href"].partition("#")[2] for link in read(page).select(".highlight a.code-link")}
    assert len(code) >= 5
    assert any(name.startswith("module-") for name in code), "the line that imports"
    terms = [link["href"] for link in read(page).select("a.glossary-link")]
    assert len(terms) >= 3
    assert len(terms) == len(set(terms)), "linked at the first use alone"


def test_a_figure_has_its_numbers_in_a_table_and_an_alt_text_of_its_own():
    for page in files("book/0*.html"):
        figures = read(page).select("article figure img, article .figure img")
        alts = [image["alt"] for image in figures]
        assert len(set(alts)) == len(alts) >= 3
        assert min(map(len, alts)) >= 80
        folds = [s for s in read(page)("summary") if "The numbers in a table" in s.get_text()]
        assert len(folds) >= len(figures), page.name


def test_the_site_holds_nothing_that_no_page_loads():
    idle = [path for path in files("*") if path.suffix in {".map", ".ttf", ".woff"}]
    idle += [path for path in files("*.js") if "fontawesome" in path.name]
    assert idle == []


BROKEN = [
    (head_for_sharing, "<head></head>"),
    (head_for_sharing, '<meta name="description" content="short">'),
    (repository_links, '<p class="bd-header-article"><a href="https://github.com/x/y">x</a></p>'),
    (error_outputs, '<div class="output traceback">boom</div>'),
    (error_outputs, '<div class="cell_output">Traceback (most recent call last):</div>'),
    (error_outputs, '<div class="cell_output">x.py:3: UserWarning: careful</div>'),
    (error_outputs, '<div class="cell_output">WARNING All log messages before</div>'),
    (error_outputs, '<div class="output stderr highlight-none">3</div>'),
    (error_outputs, '<div class="cell_output">I port.cc:153] oneDNN custom operations on</div>'),
    (error_outputs, '<div class="cell_output">E0000 cuda_dnn.cc:8310] Unable to register</div>'),
    (error_outputs, '<div class="cell_output">Could not find cuda drivers on your machine</div>'),
    (error_outputs, '<div class="cell_output">I cpu_feature_guard.cc:210] This binary</div>'),
    (error_outputs, '<div class="cell_output">before absl::InitializeLog() is called</div>'),
    (error_outputs, '<div class="cell_output">I service.cc:146] XLA service 0x1</div>'),
    (unrendered_maths, r"<p>so \(x\)</p>"),
    (unrendered_maths, r"<p>so \[x\]</p>"),
    (unrendered_maths, "<p>so $$x$$</p>"),
    (unrendered_maths, r"<p>so $\lambda$</p>"),
    (unrendered_maths, r"<p>\begin{align}x</p>"),
    (unrendered_maths, '<p>$<span class="maths">x</span>$</p>'),
    (unrendered_maths, '<code class="katex-error">x</code>'),
    (unresolved_roles, "<p>{glue:text}<code>best:.2f</code></p>"),
    (unresolved_roles, "<p>see {ref}<code>there</code></p>"),
    (unresolved_roles, '<p><span class="xref std std-ref">there</span></p>'),
    (unresolved_roles, '<p><span class="problematic">|x|</span></p>'),
    (unresolved_roles, '<div class="system-message">unknown</div>'),
    (other_hosts, '<script src="https://cdn.example/x.js"></script>'),
    (other_hosts, '<script src="//cdn.example/x.js"></script>'),
    (other_hosts, '<link rel="stylesheet" href="https://cdn.example/x.css">'),
    (other_hosts, '<link rel="preconnect" href="https://fonts.example">'),
    (other_hosts, '<img src="https://img.example/x.png" alt="x">'),
    (other_hosts, '<img srcset="a.png 1x, https://img.example/x.png 2x" alt="x">'),
    (other_hosts, "<style>@import 'https://fonts.example/x.css';</style>"),
    (other_hosts, '<p style="background: url(https://img.example/x.png)">x</p>'),
    (other_hosts, "<script>import('https://cdn.example/x.js')</script>"),
    (other_hosts, "<script>s.src = 'https://cdn.example/x.js'</script>"),
    (other_hosts, '<iframe src="https://video.example/1"></iframe>'),
    (dead_links, '<a href="nowhere.html">x</a>'),
    (dead_links, '<a href="#nowhere">x</a>'),
    (dead_links, '<a href="other.html#nowhere">x</a>'),
    (dead_links, '<img src="nowhere.png" alt="x">'),
    (dead_links, '<script src="nowhere.js"></script>'),
    (dead_links, '<meta http-equiv="Refresh" content="0; url=nowhere.html">'),
    (missing_alt, '<article><img src="x.png"></article>'),
    (missing_alt, '<article><img src="x.png" alt=" "></article>'),
    (missing_alt, '<article><img src="x.png" alt="../_images/x.png"></article>'),
]

SOUND = r"""
<meta name="description" content="A page on which everything is as it ought to be.">
<meta property="og:title" content="x"><meta property="og:description" content="x">
<meta property="og:type" content="article"><meta property="og:site_name" content="x">
<link rel="icon" href="data:,">
<article id="top">
<p>It costs $5, or $6. <code>\(x\), $$x$$, {ref}</code>
<span class="maths"><math><annotation>\begin{cases}</annotation></math></span></p>
<div class="cell_output">loss: 0.3, no warnings</div>
<a href="https://example.org">x</a> <a href="#top">x</a> <a href="other.html#%C3%A9">x</a>
<a class="reference" href="#top"><span class="xref std std-ref">x</span></a>
<code class="xref py py-class">x</code>
<link rel="canonical" href="https://example.org/x.html">
<img src="data:image/gif;base64,R0lGOD" alt="A curve that falls.">
</article>
"""


@pytest.fixture
def page(tmp_path):
    """Return a function that writes a page, next to another one that links can point at."""
    (tmp_path / "other.html").write_text('<p id="é">x</p>', encoding="utf-8")

    def write(html: str) -> Path:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(("check", "html"), BROKEN)
def test_a_broken_page_is_noticed(check, html, page):
    assert check(page(html))


@pytest.mark.parametrize("check", [*PAGE_CHECKS, repository_links])
def test_a_sound_page_passes(check, page):
    assert check(page(SOUND)) == []


@pytest.mark.parametrize("url", ["https://fonts.example/x.woff2", "fonts/nowhere.woff2"])
def test_a_broken_style_sheet_is_noticed(url, page):
    assert style_sheets(page(f"@font-face {{src: url({url})}}"))


@pytest.mark.parametrize(("options", "code"), [([], 0), (["--fail-on-skip"], 1)])
def test_without_a_browser_its_tests_skip_and_say_how_to_get_one(options, code):
    one = "tests/test_site.py::test_the_sites_address_leads_to_its_first_page"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", *options, one],
        cwd=ROOT, env=os.environ | {"CHROMIUM": "/nowhere"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    assert "apt install chromium" in done.stdout


def test_a_site_that_was_not_built_is_noticed(monkeypatch, tmp_path):
    monkeypatch.setitem(globals(), "SITE", tmp_path / "nowhere")
    with pytest.raises(pytest.fail.Exception, match="run `make site` first"):
        files("*.html")
