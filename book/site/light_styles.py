"""Sphinx extension: of style sheets and fonts, what the site's pages use and no more.

The theme brings all of Bootstrap and of Font Awesome, KaTeX brings twenty fonts. When the pages are
written, this takes out rules for classes that no page and no script names, and characters that no
icon and no formula shows; it makes one style sheet of the many that a page would wait for; and it
removes what then serves nobody: the same icons as a script, fonts in older formats, source maps. A
class or an icon that comes into use is back with the next build.
"""

from __future__ import annotations

import html
import io
import logging as python_logging
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.util import logging

from kept import kept

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx

LOGGER = logging.getLogger(__name__)

CLASS_ATTRIBUTE = re.compile(r"""\bclass=["']([^"']*)""")
WORD = re.compile(r"[A-Za-z_][\w-]*")

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
EMPTY_BLOCK = re.compile(r"@(?:media|supports|container|layer)[^{}]*\{\s*\}")
BETWEEN_SELECTORS = re.compile(r",(?![^(]*\))")
IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\]]*\]")
CLASS = re.compile(r"\.((?:[\w-]|\\.)+)")
OLDER_FONT = re.compile(r',\s*url\([^)]*\.(?:woff|ttf)\)\s*format\("\w+"\)')

# Icons lie in Unicode's private area, in style sheets as escapes or as they are.
ICON = re.compile(r"\\([ef][0-9a-f]{3})\b|([\ue000-\uf8ff])")
FORMULA = '<span class="katex-html"'
SPAN = re.compile(r"<(/?)span\b[^>]*>")
TAG = re.compile(r"<[^>]*>")

ICONS, FORMULAS = "vendor/fontawesome/webfonts", "katex/fonts"
# The sheets in the order in which the theme loads them. All end up in THE_SHEET, the only one that
# pages then ask for (`page_patches`). As the theme ships it, it imports the first of them, no more.
THE_SHEET = "styles/theme.css"
IMPORT = '@import "../basic.css";'
THEMES = "styles/pydata-sphinx-theme.css"
SHEETS = (
    "basic.css",
    THEMES,
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "copybutton.css",
    "mystnb.*.css",
    "katex/katex.min.css",
    "katex/katex_maths.css",
    "sphinx-design.min.css",
    "course.css",
)
APART = "print.css"  # which no page waits for
URL = re.compile(r"""url\((["']?)(?!data:|#)([^)"']+)\1\)""")
IDLE = ("**/*.map", "**/*.ttf", "scripts/fontawesome.js*")


def used_classes(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """Collect the classes that pages have, and every word of the scripts that may add one.

    Parameters
    ----------
    pages, scripts : iterables of str
        Contents of HTML and of JavaScript.

    Returns
    -------
    set of str
        Names of classes, and words that are none.
    """
    attributes = {attribute for page in pages for attribute in CLASS_ATTRIBUTE.findall(page)}
    names = {name for attribute in attributes for name in attribute.split()}
    return names | {word for script in scripts for word in WORD.findall(script)}


def purge(css: str, used: set[str]) -> str:
    """Take out of a style sheet what applies to nothing, and older formats of fonts.

    Parameters
    ----------
    css : str
        A style sheet.
    used : set of str
        Names of classes in use.

    Returns
    -------
    str
        The style sheet without selectors that ask for another class, without rules that have no
        selector left, and without comments but licences (``/*!``).
    """

    def needed(selector: str) -> bool:
        plain = IN_BRACKETS.sub("", IN_BRACKETS.sub("", selector))  # :not(.a), :is(.a, :not(.b))
        return all(name.replace("\\", "") in used for name in CLASS.findall(plain))

    def keep(rule: re.Match[str]) -> str:
        selectors, body = rule.groups()
        if selectors.lstrip().startswith("@"):  # such as @font-face
            return rule[0]
        kept = [selector for selector in BETWEEN_SELECTORS.split(selectors) if needed(selector)]
        return f"{','.join(kept)}{{{body}}}" if kept else ""

    licences = [comment for comment in COMMENT.findall(css) if comment.startswith("/*!")]
    css = RULE.sub(keep, COMMENT.sub("", css))
    while EMPTY_BLOCK.search(css):
        css = EMPTY_BLOCK.sub("", css)
    return "\n".join([*licences, OLDER_FONT.sub("", css).strip()])


def icons(css: str) -> set[int]:
    """Collect the code points of icons that a style sheet shows.

    Parameters
    ----------
    css : str
        A style sheet.

    Returns
    -------
    set of int
        Code points within Unicode's private area.
    """
    return {int(escape, 16) if escape else ord(char) for escape, char in ICON.findall(css)}


def formula_characters(page: str) -> set[int]:
    """Collect the characters that the formulas of a page show.

    Parameters
    ----------
    page : str
        HTML with KaTeX' formulas.

    Returns
    -------
    set of int
        Code points.
    """
    found, start = set(), page.find(FORMULA)
    while start >= 0:
        end, depth = start, 0
        for tag in SPAN.finditer(page, start):
            end, depth = tag.end(), depth + (-1 if tag[1] else 1)
            if depth == 0:
                break
        found |= set(html.unescape(TAG.sub("", page[start:end])))
        start = page.find(FORMULA, end)
    return set(map(ord, found))


def shrink(font: bytes, code_points: set[int]) -> bytes:
    """Keep some characters of a font.

    Parameters
    ----------
    font : bytes
        Contents of a font's file.
    code_points : set of int
        Characters to keep; those that the font lacks are passed over.

    Returns
    -------
    bytes
        The smaller font, as woff2.
    """
    from fontTools import subset, ttLib  # a third of a second, and fonts are mostly kept

    python_logging.getLogger("fontTools").setLevel("WARNING")  # or it tells of every table
    options = subset.Options(flavor="woff2", hinting=False, desubroutinize=True)
    small = ttLib.TTFont(io.BytesIO(font))
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=code_points)
    subsetter.subset(small)
    small.flavor = "woff2"
    target = io.BytesIO()
    small.save(target)
    return target.getvalue()


def moved(css: str, sheet: str) -> str:
    """Adapt what a sheet asks for to its new place.

    Parameters
    ----------
    css : str
        A style sheet.
    sheet : str
        Its path within the site's static files; it goes to the place of `THE_SHEET`.

    Returns
    -------
    str
        The style sheet with other relative addresses.
    """

    def move(url: re.Match[str]) -> str:
        target = posixpath.join(posixpath.dirname(sheet), url[2])
        return f"url({posixpath.relpath(target, posixpath.dirname(THE_SHEET))})"

    return URL.sub(move, css)


def join(static: Path) -> None:
    """Make one style sheet of all, and warn of what gets lost or is left apart.

    The theme's come when a page is written. What was joined then holds until the next time, though
    KaTeX's and the colours of code come with every build.
    """
    whole = static / THE_SHEET
    sheets = [sheet for pattern in SHEETS for sheet in static.glob(pattern)]
    others = set(static.rglob("*.css")) - {whole, static / APART, *sheets}
    if others:
        names = ", ".join(sorted(path.relative_to(static).as_posix() for path in others))
        LOGGER.warning("style sheets that light_styles.SHEETS does not name: %s", names)
    css = COMMENT.sub("", whole.read_text(encoding="utf-8")).strip()
    if css == IMPORT or static / THEMES in sheets:
        if css != IMPORT:
            LOGGER.warning("%s: the theme has changed, it holds more than %s", THE_SHEET, IMPORT)
        parts = [
            moved(sheet.read_text(encoding="utf-8"), sheet.relative_to(static).as_posix())
            for sheet in sheets
        ]
        whole.write_text("\n".join(parts), encoding="utf-8")
    for sheet in sheets:
        sheet.unlink()


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """Shrink style sheets and fonts in the finished site, and remove what nothing loads.

    Parameters
    ----------
    app : Sphinx
        The application.
    exception : Exception or None
        What ended the build, if it failed.
    """
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    for path in (path for pattern in IDLE for path in static.glob(pattern)):
        path.unlink()
    pages = [
        page.read_text(encoding="utf-8")
        for page in site.rglob("*.html")
        if static not in page.parents
    ]
    used = used_classes(pages, (path.read_text(encoding="utf-8") for path in static.rglob("*.js")))
    join(static)
    shown: set[int] = set()
    for sheet in static.rglob("*.css"):
        css = purge(sheet.read_text(encoding="utf-8"), used)
        sheet.write_text(css, encoding="utf-8")
        shown |= icons(css)
    shrink_all(app, static / ICONS, shown)
    shrink_all(app, static / FORMULAS, set().union(*map(formula_characters, pages)))


def shrink_all(app: Sphinx, folder: Path, code_points: set[int]) -> None:
    """Shrink the fonts of a folder to some characters."""
    wanted = repr(sorted(code_points)).encode()
    for path in folder.glob("*.woff2"):
        font = path.read_bytes()
        path.write_bytes(kept(app, lambda font=font: shrink(font, code_points), font, wanted))


def setup(app: Sphinx) -> dict[str, Any]:
    """Wait for the pages, and for the theme, which writes its colours of code as late."""
    app.connect("build-finished", lighten, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
