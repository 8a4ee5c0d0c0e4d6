"""The built website in a real browser: every page, light and dark, wide and on a phone.

A check takes a visit to a page and lists its problems, so that the same function is run over the
site and over snippets that are broken on purpose. What can be seen in the files alone, such as dead
links, is in `test_site_files`.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import io
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from tests.browsing import server

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.site

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
AXE = ROOT / "tests" / "browsing" / "axe"
FIRST = "book/index.html"  # where index.html leads
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if "_static" not in path.parts and path != SITE / "index.html"
)
CHAPTERS = [page for page in PAGES if re.match(r"book/\d\d_", page)]
EXERCISES = [page for page in PAGES if re.match(r"exercises/\d\d_", page)]
# One page of each kind, for what does not depend on the page's text.
KINDS = [FIRST, *CHAPTERS[1:2], *EXERCISES[1:2], "book/package/sweep.html", "search.html"]

THEMES = ("light", "dark")
WIDE, PHONE = 1280, 390
# Where text must still flow: a wide window at 200 %, a phone, and a wide window at 400 %.
NARROW = (640, PHONE, 320)
HEAVIEST = 300 * 1024


@pytest.fixture(scope="module")
def contexts(browser):
    """Return a profile for each theme, which keeps what it has loaded."""
    return {theme: new_context(browser, color_scheme=theme) for theme in THEMES}


@pytest.fixture(scope="module")
def light(contexts):
    """Return the profile for what does not depend on the theme."""
    return contexts["light"]


def new_context(browser: Browser, **options) -> BrowserContext:
    """Open a profile of its own, without animations."""
    size = {"width": WIDE, "height": 900}
    return browser.new_context(viewport=size, reduced_motion="reduce", **options)


@dataclass
class Visit:
    """A page, and what happened while it was opened."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("console", self._hear)

    def _hear(self, message) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location['url']})")


@contextlib.contextmanager
def visit(context: BrowserContext, address: str, name: str):
    """Open a page and close it in the end."""
    page = context.new_page()
    try:
        seen = Visit(page, address)
        page.goto(address + name)
        yield seen
    finally:
        page.close()


# --- what no page may do -------------------------------------------------------------------------


def foreign_requests(seen: Visit) -> list[str]:
    """What was asked of anybody else."""
    own = (seen.address, "data:", "blob:")
    return [f"asks {url}" for url in seen.requests if not url.startswith(own)]


def complaints(seen: Visit) -> list[str]:
    """Errors and warnings in the console, of scripts and of files that did not come."""
    return seen.complaints


def raw_maths(seen: Visit) -> list[str]:
    """TeX in the text that is to be read, and formulas that take no room."""
    text = seen.page.evaluate(
        """() => {
          const copy = document.body.cloneNode(true);
          copy.querySelectorAll("code, pre, script, style, annotation").forEach((e) => e.remove());
          return copy.textContent;
        }"""
    )
    problems = [f"TeX: {m.group()!r}" for m in re.finditer(r"\\[(\[]|\$\$|\\begin\{|\\frac", text)]
    flat = """all => all.filter(e => e.checkVisibility() && e.getBoundingClientRect().width === 0)
                        .map(e => e.textContent)"""
    formulas = seen.page.locator(".katex-html")
    return problems + [f"not drawn: {tex}" for tex in formulas.evaluate_all(flat)]


def no_search(seen: Visit) -> list[str]:
    """A page from which nobody can search."""
    button = seen.page.locator(".search-button__button:visible, main form.bd-search input:visible")
    return [] if button.count() else ["no search"]


def sideways_scroll(seen: Visit) -> list[str]:
    """Text that is wider than the window."""
    beyond = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{beyond} px too wide"] * (beyond > 0)


# Contrast takes axe half its time. It changes with the theme and not with the width, and whatever
# else axe looks at changes with the width and not with the theme.
CONTRAST = {"runOnly": ["color-contrast"]}
ALL_BUT_CONTRAST = {"rules": {"color-contrast": {"enabled": False}}}


def lay_out(seen: Visit) -> None:
    """Open every fold and draw every section, so that all is looked at."""
    seen.page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
    seen.page.add_style_tag(content="section { content-visibility: visible !important; }")
    settle(seen)


def resize(seen: Visit, width: int) -> None:
    """Make the window wider or narrower."""
    seen.page.set_viewport_size({"width": width, "height": 900})
    settle(seen)


def settle(seen: Visit) -> None:
    """Wait until the page has been drawn anew."""
    seen.page.evaluate(
        "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
    )


def look_for_barriers(seen: Visit, options: dict) -> None:
    """Have axe begin with a page; it goes on while others are looked at."""
    if not seen.page.evaluate("'axe' in window"):
        seen.page.evaluate(axe())
    options = {"resultTypes": ["violations"]} | options
    seen.page.evaluate("(options) => { window.found = axe.run(options); }", options)


def barriers_found(seen: Visit) -> list[str]:
    """Wait for axe, and list what it found."""
    problems = []
    for rule in seen.page.evaluate("window.found")["violations"]:
        where = "; ".join(node["html"][:120] for node in rule["nodes"][:3])
        problems.append(f"{rule['id']}, {len(rule['nodes'])} times: {where}")
    return problems


def barriers(seen: Visit) -> list[str]:
    """What keeps people out, also within folds."""
    lay_out(seen)
    look_for_barriers(seen, {})
    return barriers_found(seen)


def axe() -> str:
    """Return axe-core, which is kept compressed."""
    return gzip.decompress((AXE / "axe.min.js.gz").read_bytes()).decode()


# What a reader operates, as far as it is to be seen, and not kept out on purpose.
OPERABLE = """
  const kinds = "a[href], button, input, select, textarea, summary";
  const visible = (e) => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length;
  const operable = [...document.querySelectorAll(kinds)]
    .filter((e) => visible(e) && !e.disabled && !e.closest("[inert]"));
"""
FOCUS = """
  const nameOf = (e) => e.outerHTML.replace(/\\s+/g, " ").slice(0, 100);
  const marked = (focused) => [focused, focused.parentElement, ...focused.children].some((e) => {
    const style = getComputedStyle(e);
    const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return outline || style.boxShadow !== "none";
  });
"""


def unseen_focus(seen: Visit) -> list[str]:
    """What Tab passes over, and where focus cannot be seen."""
    seen.page.keyboard.press("Tab")  # from now on the browser shows where the focus is
    return seen.page.evaluate(
        f"""() => {{ {OPERABLE} {FOCUS}
          return operable.flatMap((e) => {{
            if (e.tabIndex < 0) return [`Tab passes over ${{nameOf(e)}}`];
            e.focus();
            return marked(e) ? [] : [`focus not seen: ${{nameOf(e)}}`];
          }});
        }}"""
    )


def keyboard_traps(seen: Visit) -> list[str]:
    """What Tab does not reach, pressed as often as it takes."""
    seen.page.evaluate(f"() => {{ {OPERABLE} window.left = new Set(operable); }}")
    ends = 0
    for _ in range(2 * seen.page.evaluate("left.size") + 10):
        seen.page.keyboard.press("Tab")
        seen.page.evaluate("left.delete(document.activeElement)")
        if seen.page.evaluate("document.activeElement === document.body"):
            ends += 1  # a page may put the focus into its middle: then a second round is due
            if ends == 2 or seen.page.evaluate("left.size === 0"):
                break
    names = seen.page.evaluate(f"() => {{ {FOCUS} return [...left].map(nameOf); }}")
    return [f"Tab does not reach {name}" for name in names]


# The boxes that `static/course.js` looks after.
IDLE_STOPS = """
  [...document.querySelectorAll("pre, .output, .pst-scrollable-table-container, .maths-scroll")]
    .filter((e) => e.tabIndex === 0 && e.checkVisibility())
    .filter((e) => e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight)
    .map((e) => `the keyboard stops at what does not scroll: ${e.outerHTML.slice(0, 100)}`)
"""


def idle_stops(seen: Visit) -> list[str]:
    """Boxes on the way of Tab that hold nothing to scroll to."""
    return seen.page.evaluate(IDLE_STOPS)


QUICK_CHECKS = [foreign_requests, complaints, raw_maths, no_search]
CHECKS = [*QUICK_CHECKS, sideways_scroll, idle_stops, barriers, unseen_focus, keyboard_traps]


def test_there_is_a_site():
    assert FIRST in PAGES, f"run `make site` first. Received: no {FIRST} in {SITE}"
    assert CHAPTERS
    assert EXERCISES


@pytest.mark.parametrize("name", PAGES)
def test_every_page(name, contexts, address):
    """Both themes are looked at together, since axe takes time and keeps one core busy."""
    found = []

    def note(where: str, problems: list[str]) -> None:
        found.extend(f"{where}: {problem}" for problem in problems)

    with (
        visit(contexts["light"], address, name) as light,
        visit(contexts["dark"], address, name) as dark,
    ):
        themes = {"light": light, "dark": dark}
        for seen in themes.values():
            lay_out(seen)
        look_for_barriers(light, {})
        look_for_barriers(dark, CONTRAST)
        note("dark, wide", barriers_found(dark) + sideways_scroll(dark))
        resize(dark, PHONE)
        look_for_barriers(dark, ALL_BUT_CONTRAST)
        note("light, wide", barriers_found(light) + sideways_scroll(light) + unseen_focus(light))
        for width in NARROW:
            resize(light, width)
            note(f"light, {width} px", sideways_scroll(light) + idle_stops(light))
        note("dark, phone", barriers_found(dark) + sideways_scroll(dark))
        for theme, seen in themes.items():
            note(theme, [problem for check in QUICK_CHECKS for problem in check(seen)])
    assert not found, "\n" + "\n".join(found)


# In a chapter with its thousands of formulas, each Tab takes Chromium a fifth of a second.
@pytest.mark.parametrize("name", sorted({*KINDS, *EXERCISES, "book/glossary.html"} - {*CHAPTERS}))
def test_the_keyboard_reaches_everything(name, light, address):
    with visit(light, address, name) as seen:
        found = keyboard_traps(seen)
    assert not found, "\n" + "\n".join(found)


# --- each check finds what it is for -------------------------------------------------------------

SOUND = """<!DOCTYPE html>
<html lang="en"><head><title>A page</title><link rel="icon" href="data:,"></head>
<body><main><h1>A page</h1><p>Text, $5, <code>$$x$$</code> and <a href="#end">a link</a>.</p>
<form class="bd-search"><input aria-label="Search"></form><p id="end">End.</p></main></body></html>
"""


@pytest.fixture
def snippet(light, tmp_path):
    """Return a function that checks a page made by replacing something in a sound one."""

    def run(check, replacement: str, what: str = "End.") -> list[str]:
        (tmp_path / "page.html").write_text(SOUND.replace(what, replacement), encoding="utf-8")
        with server.serve(tmp_path) as url, visit(light, url, "page.html") as seen:
            return check(seen)

    return run


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_page_passes(check, snippet):
    assert snippet(check, "End.") == []


@pytest.mark.parametrize(
    ("check", "replacement"),
    [
        (foreign_requests, '<img src="http://127.0.0.2:9/x.png" alt="x">'),
        (foreign_requests, "<script>fetch('http://127.0.0.2:9/x').catch(() => 0)</script>"),
        (complaints, "<script>throw new Error('broken')</script>"),
        (complaints, "<script>console.error('broken')</script>"),
        (complaints, '<img src="nowhere.png" alt="x">'),
        (raw_maths, "so $$x$$"),
        (raw_maths, r"so \(x\)"),
        (raw_maths, '<span class="katex-html" style="display: inline-block"></span>'),
        (sideways_scroll, '<span style="display: block; width: 1300px">x</span>'),
        (idle_stops, '<pre tabindex="0">short</pre>'),
        (barriers, '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
        (barriers, '<span style="color: #bbb">pale</span>'),
        (barriers, '<details><summary>x</summary><p style="color: #bbb">pale</p></details>'),
        (unseen_focus, '<button tabindex="-1">x</button>'),
        (unseen_focus, "<style>a:focus { outline: none }</style>"),
        (keyboard_traps, '<button tabindex="-1">x</button>'),
        (keyboard_traps, "<button onfocus='this.blur()'>x</button><button id='trap'>y</button>"),
    ],
)
def test_a_broken_page_is_noticed(check, replacement, snippet):
    assert snippet(check, replacement)


def test_a_page_without_search_is_noticed(snippet):
    assert snippet(no_search, "", what='<form class="bd-search">')


def test_axe_is_the_version_that_is_locked():
    said = re.search(r"`sha256-([^`]+)`", (AXE / "README.md").read_text(encoding="utf-8"))
    assert base64.b64encode(hashlib.sha256(axe().encode()).digest()).decode() == said[1]


# --- finding one's way ---------------------------------------------------------------------------


def test_the_sites_address_leads_to_its_first_page(light, address):
    with visit(light, address, "") as seen:
        seen.page.wait_for_url(address + FIRST)
        assert complaints(seen) == []


def test_the_redirect_is_a_page_for_everyone(light, address):
    page = light.new_page()
    still = re.sub("<meta http-equiv[^>]*>", "", (SITE / "index.html").read_text(encoding="utf-8"))
    page.goto(address + FIRST)
    page.set_content(still)
    assert barriers(Visit(page, address)) == []
    page.close()


WITHIN_WORDS = r"""marks => marks
  .map((e) => [e.previousSibling?.data ?? "", e.textContent, e.nextSibling?.data ?? ""])
  .filter(([before, , after]) => /\w$/.test(before) || /^\w/.test(after)).map(String)"""


@pytest.mark.parametrize("name", KINDS)
def test_search_works_from_a_page_by_keyboard(name, light, address):
    with visit(light, address, name) as seen:
        page = seen.page
        if name != "search.html":  # whose field has the focus
            page.keyboard.press("Control+k")
        page.keyboard.type("elastic net")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/search\.html\?.*q=elastic"))
        results = page.locator("#search-results li a")
        results.first.wait_for()
        titles = results.all_inner_texts()
        assert any("Weight penalties" in title for title in titles), titles
        page.locator("#search-results .context").nth(5).wait_for()  # they come one by one
        assert "\\" not in page.locator("#search-results").inner_text(), "TeX in what is quoted"
        results.filter(has_text="Weight penalties").first.click()
        page.wait_for_url(re.compile("weight_penalties"))
        page.locator("article .highlighted").first.wait_for()
        assert page.locator(".highlighted").count() == page.locator("article .highlighted").count()
        marked = {word.lower() for word in page.locator(".highlighted").all_text_contents()}
        assert marked == {"elastic", "net"}
        within_words = page.locator(".highlighted").evaluate_all(WITHIN_WORDS)
        assert within_words == []
        assert complaints(seen) == []


def test_the_skip_link_comes_first_and_leads_to_the_text(light, address):
    with visit(light, address, CHAPTERS[0]) as seen:
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.textContent") == "Skip to main content"
        seen.page.keyboard.press("Enter")
        assert seen.page.url.endswith("#main-content")


@pytest.mark.parametrize("name", [*CHAPTERS, *EXERCISES])
def test_a_notebook_can_be_downloaded(name, light, address):
    with visit(light, address, name) as seen:
        seen.page.get_by_role("button", name="Download this page").click()
        with seen.page.expect_download() as download:
            seen.page.get_by_role("link", name=".ipynb").click()
        notebook = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
        source = ROOT / Path(name).with_suffix(".ipynb")
        assert download.value.suggested_filename == source.name
        assert notebook == json.loads(source.read_text(encoding="utf-8"))


LONG_WORD = "[A-Za-z]{3,}"  # formulas have none


def test_search_quotes_whole_words_and_parts_terms_from_their_definitions(light, address):
    with visit(light, address, "search.html?q=critic") as seen:
        page = seen.page
        page.locator("#search-results .context").nth(2).wait_for()
        page.wait_for_function("document.querySelector('.search-summary').innerText.match(/[0-9]/)")
        quotes = " ".join(page.locator("#search-results .context").all_inner_texts())
        pages = " ".join(path.read_text(encoding="utf-8") for path in SITE.rglob("*.html"))
        text = BeautifulSoup(pages, "html.parser").get_text(" ")
        assert set(re.findall(LONG_WORD, quotes)) - set(re.findall(LONG_WORD, text)) == set()


def test_a_search_without_results_says_so(light, address):
    with visit(light, address, "search.html?q=zzzqqq") as seen:
        answer = seen.page.get_by_text("did not match any documents")
        answer.wait_for()
        assert "categories" not in answer.inner_text()


PLACE = """() => {
  const above = (e) => e.getBoundingClientRect().top < 450;
  const heading = [...document.querySelectorAll("article h2, article h3")].filter(above).at(-1);
  return `${heading.textContent} ${Math.round(heading.getBoundingClientRect().top)}`;
}"""


# What `static/course.js` does, section by section, once the reader moves.
LAID_OUT = """[...document.querySelectorAll("article > section > section")]
  .every((e) => e.style.contentVisibility === "visible")"""


def place_at_rest(seen: Visit) -> str:
    """Where the reader is once fonts have come, which change the heights of what is above."""
    seen.page.wait_for_load_state("networkidle")
    seen.page.evaluate("document.fonts.ready.then(() => null)")
    settle(seen)
    return seen.page.evaluate(PLACE)


def test_who_comes_back_to_a_chapter_stands_where_they_were(browser, address):
    context = new_context(browser)  # one that has not seen what other tests did
    with visit(context, address, CHAPTERS[1]) as seen:
        page = seen.page
        page.mouse.move(600, 450)
        for _ in range(20):
            page.mouse.wheel(0, 800)
            settle(seen)
        page.wait_for_function(LAID_OUT)
        before = place_at_rest(seen)
        page.reload()
        assert place_at_rest(seen) == before
    context.close()


def test_the_contents_on_a_phone_make_way_for_what_was_chosen(browser, address):
    context = new_context(browser, has_touch=True, is_mobile=True)
    with visit(context, address, CHAPTERS[3]) as seen:
        resize(seen, PHONE)
        seen.page.locator("button.secondary-toggle").tap()
        entry = seen.page.locator("dialog[open] a[href^='#']:visible").nth(2)
        entry.tap()
        seen.page.locator("dialog[open]").wait_for(state="detached")
        heading = seen.page.locator(f"[id='{seen.page.url.partition('#')[2]}'] > h2")
        assert 0 <= heading.bounding_box()["y"] < 900
    context.close()


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_link_leads_to_its_place_in_a_chapter(name, light, address):
    """Also past sections whose heights the browser does not know yet."""
    with visit(light, address, name) as seen:
        sections = seen.page.locator("article > section > section").all()
        targets = [section.get_attribute("id") for section in sections]
    for target in (targets[len(targets) // 2], targets[-1]):
        with visit(light, address, f"{name}#{target}") as seen:
            settle(seen)
            heading = seen.page.locator(f"[id='{target}'] > h2").bounding_box()
            assert 0 <= heading["y"] < 900, target


# --- for everyone --------------------------------------------------------------------------------


def test_the_theme_can_be_switched_by_keyboard_and_stays(browser, address):
    context = new_context(browser, color_scheme="light")
    with visit(context, address, FIRST) as seen:
        shown = "document.documentElement.dataset.theme"
        before = seen.page.evaluate(shown)
        switch = seen.page.locator("main .theme-switch-button")
        switch.focus()
        modes = set()
        for _ in range(3):  # without losing the focus, and saying what it is set to
            seen.page.keyboard.press("Enter")
            modes.add(switch.get_attribute("aria-label"))
        assert modes == {f"Color mode: {mode}" for mode in ("auto", "dark", "light")}
        while seen.page.evaluate(shown) == before:
            seen.page.keyboard.press("Enter")
        after = seen.page.evaluate(shown)
        seen.page.reload()
        assert (before, after, seen.page.evaluate(shown)) == ("light", "dark", "dark")
    context.close()


@pytest.mark.parametrize("sidebar", ["primary", "secondary"])
def test_a_sidebar_that_the_keyboard_opened_gives_the_focus_back(sidebar, light, address):
    with visit(light, address, CHAPTERS[1]) as seen:
        resize(seen, NARROW[0])
        button = seen.page.locator(f"button.{sidebar}-toggle")
        button.focus()
        seen.page.keyboard.press("Enter")
        seen.page.locator("dialog[open]").wait_for()
        seen.page.keyboard.press("Escape")
        seen.page.locator("dialog[open]").wait_for(state="detached")
        assert button.evaluate("button => button === document.activeElement")


def luminance(colour: Iterable[int]) -> float:
    """Relative luminance as the Web Content Accessibility Guidelines define it."""
    parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def rgb_luminance(css: str) -> float:
    """Relative luminance of a colour such as ``rgb(18, 18, 18)``."""
    return luminance(map(int, re.findall(r"\d+", css)[:3]))


WHITE = 1.0


def ratio(one: float, other: float) -> float:
    """Contrast of two luminances, from 1 to 21."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def contrast(png: bytes) -> float:
    """Contrast between a picture's most frequent colour and the one that is furthest from it."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).reshape(-1, 3)
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    ground = luminance(colours[counts.argmax()])
    inks = [luminance(colour) for colour in colours]
    return max(ratio(ground, ink) for ink in inks)


@pytest.mark.parametrize("theme", THEMES)
def test_figures_have_no_card(theme, contexts, address):
    for name in CHAPTERS:
        with visit(contexts[theme], address, name) as seen:
            figures = seen.page.locator('article img[src$=".svg"]')
            grounds = "all => all.map(e => getComputedStyle(e).backgroundColor)"
            assert set(figures.evaluate_all(grounds)) == {"rgba(0, 0, 0, 0)"}, name


@pytest.mark.parametrize("theme", THEMES)
def test_figures_can_be_read(theme, contexts, address):
    with visit(contexts[theme], address, CHAPTERS[3]) as seen:
        for figure in seen.page.locator('article img[src$=".svg"]').all()[:2]:
            figure.scroll_into_view_if_needed()
            figure.evaluate("image => image.decode()")  # it is loaded when it comes near
            assert contrast(figure.screenshot()) > 12


def test_motion_stops_for_those_who_ask(light, address):
    durations = """() => [...document.querySelectorAll("*")].flatMap((e) => {
      const style = getComputedStyle(e);
      return `${style.transitionDuration},${style.animationDuration}`.split(",").map(parseFloat);
    })"""
    with visit(light, address, FIRST) as seen:
        assert max(seen.page.evaluate(durations)) <= 1e-5


TEXT_COLOURS = """
  [...document.querySelectorAll("article :is(p, td, th, code, pre, pre span)")]
    .filter((e) => e.checkVisibility()).map((e) => getComputedStyle(e).color)
"""


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", sorted({*KINDS} - {"search.html"}))
def test_print_is_black_on_white_without_the_frame(name, theme, contexts, address):
    with visit(contexts[theme], address, name) as seen:
        page = seen.page
        page.emulate_media(media="print")
        frame = page.locator(".bd-sidebar-primary, .bd-header-article, .prev-next-area, .copybtn")
        assert not any(part.is_visible() for part in frame.all())
        for colour in set(page.evaluate(TEXT_COLOURS)):
            assert ratio(rgb_luminance(colour), WHITE) >= 4.5, f"{colour} on white"
        assert page.locator("h1:visible").count() == 1


@pytest.mark.parametrize("name", CHAPTERS)
def test_paper_has_the_fonts_of_formulas_that_were_never_near(name, browser, address):
    context = new_context(browser)
    with visit(context, address, name) as seen:
        there = """[...document.fonts].filter((f) => f.status === "loaded")
                                      .map((f) => `${f.family} ${f.weight} ${f.style}`)"""
        seen.page.wait_for_load_state("networkidle")
        before = seen.page.evaluate(there)
        lay_out(seen)
        seen.page.wait_for_load_state("networkidle")
        seen.page.evaluate("document.fonts.ready")
        assert seen.page.evaluate(there) == before
    context.close()


@pytest.mark.parametrize("theme", THEMES)
def test_a_link_under_the_pointer_can_be_read(theme, contexts, address):
    with visit(contexts[theme], address, FIRST) as seen:
        link = seen.page.locator("article p a.reference").first
        link.hover()
        ink = rgb_luminance(link.evaluate("e => getComputedStyle(e).color"))
        ground = rgb_luminance(
            seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        )
        assert ratio(ink, ground) >= 4.5


def test_a_fold_keeps_its_name_in_place(light, address):
    with visit(light, address, CHAPTERS[1]) as seen:
        fold = seen.page.locator("article details.admonition").first
        name = fold.locator("summary p:visible")
        start = """e => {
          const text = new Range();
          text.selectNodeContents(e);
          return text.getBoundingClientRect().x;
        }"""
        closed = name.evaluate(start)
        fold.locator("summary").click()
        assert name.evaluate(start) == closed


def test_a_page_becomes_a_pdf(light, address):
    with visit(light, address, FIRST) as seen:
        assert seen.page.pdf(format="A4").startswith(b"%PDF")


def test_a_page_can_be_read_without_scripts(browser, address):
    context = new_context(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(address + CHAPTERS[0])
    assert page.locator("article h1").is_visible()
    assert page.locator("article .katex-html").first.is_visible()
    page.locator("article details summary").first.click()
    assert page.locator("article details .cell_input").first.is_visible()
    context.close()


def test_a_page_can_be_read_from_a_folder(browser):
    context = new_context(browser)
    with visit(context, SITE.as_uri() + "/", CHAPTERS[0]) as seen:
        assert foreign_requests(seen) + complaints(seen) + raw_maths(seen) == []
        seen.page.keyboard.press("Control+k")
        seen.page.keyboard.type("ridge")
        seen.page.keyboard.press("Enter")
        seen.page.locator("#search-results li a").first.wait_for()
    context.close()


# --- light ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*CHAPTERS, FIRST, "search.html"])
def test_a_page_is_light(name, browser, address):
    context = new_context(browser)
    page = context.new_page()
    received = []
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(address + name, wait_until="networkidle")
    lay_out(Visit(page, address))  # which asks for its fonts, too
    page.evaluate("for (const image of document.images) image.loading = 'eager'")
    page.wait_for_load_state("networkidle")
    assert 10_000 < sum(received) <= HEAVIEST, f"{sum(received) / 1024:.0f} KiB"
    context.close()
