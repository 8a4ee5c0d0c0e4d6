"""Sphinx extension: what theme and libraries get wrong on a page, put right as it is written.

A patch is a pattern with its replacement, for the pages that it names. When the pattern is not
found on one of them, because the theme has changed, the build warns, and so fails: then look
whether the theme has mended the matter itself, and drop or adapt the patch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.util import logging

from fresh_chapters import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patch:
    r"""One change to the HTML of pages, or to a script (`script_patches`).

    Attributes
    ----------
    why : str
        What is wrong without it; the warning says so.
    pattern : str
        A regular expression; every match is replaced.
    replacement : str
        What stands there instead, with ``\1`` for the first group.
    must_match : callable
        Tells from a page's name and HTML whether the pattern must be found there.
    skips : frozenset of str
        Names of pages that stay as they are.
    """

    why: str
    pattern: str
    replacement: str
    must_match: Callable[[str, str], bool] = lambda _page, _html: True
    skips: frozenset[str] = frozenset()


def _contains(text: str) -> Callable[[str, str], bool]:
    return lambda _page, html: text in html


# The page of results runs Sphinx's search in the middle of the page, so that its scripts, and what
# is told to them, must be there by then.
SEARCH = frozenset({"search"})

REVISION = fingerprint(Path(__file__).parent, ["."])[:8]

PATCHES = (
    Patch(
        "a page waits for eleven style sheets, which `light_styles` makes one",
        r'<link href="([^"]*_static/styles/theme\.css)[^>]*>'
        r'(?:\s*<link (?![^>]*media=)[^>]*rel="stylesheet"[^>]*>)+',
        rf'<link rel="stylesheet" href="\1?v={REVISION}" />',
    ),
    Patch(
        "light or dark is decided when the page has been drawn, which then is drawn again",
        r'(dataset\.theme = )localStorage\.getItem\("theme"\) \|\| "auto";',
        r"\1"
        'document.documentElement.dataset.mode.replace("auto", '
        'matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");',
    ),
    Patch(
        "fontawesome.js draws once more what the icon font shows, for half a megabyte",
        r"\s*<!-- So that users can add custom icons -->"
        r"\s*<script[^>]*fontawesome\.js[^>]*></script>",
        "",
    ),
    Patch(
        "scripts that are due in the end are fetched before the style sheet",
        r'\s*<link rel="preload" as="script" [^>]*>',
        "",
    ),
    Patch(
        "two settings for features that this site does not use keep scripts from being deferred",
        r"\s*<script>DOCUMENTATION_OPTIONS\.(?:pagename|search_as_you_type) = [^<]*;</script>",
        "",
        skips=SEARCH,
    ),
    Patch(
        "scripts in the head hold up the page",
        r'<script (?=[^>]*src="[^"]*_static/)(?![^>]*\bdefer\b)',
        "<script defer ",
        skips=SEARCH,
    ),
    Patch(
        "the name and the search button belong to no landmark",
        r'<div id="pst-primary-sidebar" class=',
        '<div id="pst-primary-sidebar" role="complementary" aria-label="This book" class=',
    ),
    Patch(
        "the search button shows 'Search Ctrl+K' and calls itself 'Search'",
        r'(<button class="btn search-button-field[^>]*?) title="Search" aria-label="Search"',
        r"\1",
    ),
    Patch(
        "the switch of colours calls itself one thing and shows another",
        r'(<i class="theme-switch [^>]*?) title="[^"]*"',
        r"\1",
    ),
    Patch(
        "an arrow in the list of pages says nothing to a screen reader",
        r'(<li class="toctree-l\d[^"]*has-children[^"]*"><a[^>]*>)'
        r"([^<]*)(</a><details[^>]*>)<summary>",
        r'\1\2\3<summary aria-label="Pages below: \2">',
        must_match=_contains("has-children"),
    ),
    Patch(
        "a fold shows 'Set up' or 'Check' and calls itself 'Toggle hidden content'",
        r'<summary aria-label="Toggle hidden content">',
        "<summary>",
        must_match=_contains('<details class="admonition hide'),
    ),
    Patch(
        "the entries of the bibliography have a role that a list does not allow",
        r'(<div class="citation" id="[^"]*") role="doc-biblioentry"',
        r'\1 role="listitem"',
        must_match=_contains('class="citation-list"'),
    ),
    Patch(
        "an empty cell in the corner of a table calls itself a header",
        r'<th(?: class="head")?>(?:<p></p>)?</th>',
        "<td></td>",
        must_match=_contains("<th></th>"),
    ),
    Patch(
        "the page of results puts the cursor into a field that does not show",
        r'document\.querySelector\("form\.bd-search input"\)',
        'document.querySelector("main form.bd-search input")',
        must_match=lambda page, _html: page in SEARCH,
    ),
    Patch(
        "the page of results parts its title from the book's in another way than the others",
        "<title>Search - ",
        "<title>Search &#8212; ",
        must_match=lambda page, _html: page in SEARCH,
    ),
    Patch(
        "names, signs and white space in code are elements, three of four, which need no colour",
        r'<span class="(?:n|nn|o|p|w)">([^<]*)</span>',
        r"\1",
        must_match=_contains('<div class="cell_input'),
    ),
    Patch(
        "the keyboard does not reach code that is too wide, until a script has measured it",
        r'(<div class="highlight">)<pre>',
        r'\1<pre tabindex="0">',
        must_match=_contains('<div class="highlight">'),
    ),
    Patch(
        "each table of pandas brings a style sheet, and the browser looks at the whole page again",
        r"<style scoped>[^<]*</style>\s*",
        "",
        must_match=_contains('class="dataframe"'),
    ),
    Patch(
        "nor a table",
        r'<div class="output text_html">',
        '<div class="output text_html" tabindex="0">',
        must_match=_contains('<div class="output text_html">'),
    ),
    Patch(
        "the download button opens a page of JSON",
        r'(<a href="[^"]*_sources/[^"]*") target="_blank"',
        r"\1 download",
        must_match=_contains('aria-label="Download this page"'),
    ),
)


REDIRECT = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{summary}">
<meta property="og:title" content="{title}">
<meta property="og:description" content="{summary}">
<meta http-equiv="refresh" content="0; url={target}">
<link rel="icon" href="{icon}">
<title>{title}</title>
</head>
<body><main><h1>{title}</h1><p><a href="{target}">Go to the first page</a></p></main></body>
</html>
"""


def patch(page: str, html: str, patches: tuple[Patch, ...] = PATCHES) -> str:
    """Apply the patches to a page or a script, and warn where one does not find its pattern.

    Parameters
    ----------
    page : str
        Name of the page, without its ending, or of the script.
    html : str
        The whole of it, as the theme wrote it.
    patches : tuple of Patch
        What to change.

    Returns
    -------
    str
        The page or script as it should be.
    """
    for one in patches:
        if page in one.skips:
            continue
        html, found = re.subn(one.pattern, one.replacement, html)
        if not found and one.must_match(page, html):
            LOGGER.warning(
                "%s: the theme has changed, and a patch finds nothing to change (%s)",
                page,
                one.why,
                type="page_patches",
            )
    return html


def patch_pages(app: Sphinx) -> None:
    """Put the patches between the theme's templates and the files."""
    if app.builder.format != "html":
        return
    render = app.builder.templates.render

    def render_patched(template: str, context: dict[str, Any]) -> str:
        html = render(template, context)
        # Pieces of pages are rendered, too, to see whether they are empty.
        whole = html.lstrip().startswith("<!DOCTYPE html>")
        return patch(context["pagename"], html) if whole else html

    app.builder.templates.render = render_patched


def write_redirect(app: Sphinx, exception: Exception | None) -> None:
    """Lead from the site's address to its first page; Jupyter Book's own names no language."""
    if exception is None and app.builder.format == "html" and app.config.root_doc != "index":
        icon = app.config.html_favicon
        page = REDIRECT.format(
            language=app.config.language,
            target=app.builder.get_target_uri(app.config.root_doc),
            title=escape(app.config.html_title or app.config.project),
            summary=escape(getattr(app.config, "site_summary", "")),
            icon=f"_static/{Path(icon).name}" if icon else "data:,",
        )
        (Path(app.outdir) / "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to both ends of writing."""
    app.connect("builder-inited", patch_pages)
    app.connect("build-finished", write_redirect)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
