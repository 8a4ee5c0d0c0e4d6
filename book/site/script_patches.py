"""Sphinx extension: what scripts of theme and Sphinx get wrong, put right in the site.

As with the patches of pages, the build warns when one finds nothing to change.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from page_patches import Patch, patch

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def _changed(why: str, old: str, new: str) -> Patch:
    """Put one piece for another, unless an earlier build has done it."""
    return Patch(
        why,
        re.escape(old),
        new.replace("\\", r"\\"),
        must_match=lambda _name, script: new not in script,
    )


# By file: scripts of the theme and of Sphinx.
SCRIPTS = {
    "scripts/pydata-sphinx-theme.js": (
        _changed(
            "every box that may scroll is measured; `static/course.js` does it when it is due",
            '["pre",".nboutput > .output_area",".cell_output > .output",".jp-RenderedHTMLCommon",'
            '".pst-scrollable-table-container"].join(", ")',
            '"not-an-element"',
        ),
    ),
    "scripts/sphinx-book-theme.js": (
        _changed(
            "28 selectors go through the page; the browser is sooner with one class at a time",
            'document.querySelectorAll(n.join(", "))',
            "n.flatMap((e=>[...document.getElementsByClassName(e.slice(1))]))",
        ),
        _changed(
            "a button of the header that the keyboard has pressed loses the focus",
            "(()=>{t.blur()})",
            "(e=>{e.detail&&t.blur()})",
        ),
    ),
    "searchtools.js": (
        _changed(
            "a formula is quoted three times over, the page's title and contents come first, and "
            "what buttons show comes in between",
            '[".headerlink", "script", "style"]',
            '[".headerlink", "script", "style", "annotation", ".katex-html", '
            '"#jb-print-docs-body", "summary"]',
        ),
        _changed(
            "a term runs into its definition, a heading into the text, where tags part them",
            "    }\n    if (anchor) {",
            '    }\n    const blocks = "h1, h2, h3, dt, dd, li, p, td, th";\n'
            '    htmlElement.querySelectorAll(blocks).forEach((el) => { el.append(" ") });\n'
            "    if (anchor) {",
        ),
        _changed(
            "what was looked for is found within words",
            ".map((k) => textLower.indexOf(k.toLowerCase()))",
            ".map((k) => [...textLower.matchAll(/[\\p{L}\\p{N}_]+/gu)]"
            ".find(([word]) => word.startsWith(k.toLowerCase()))?.index ?? -1)",
        ),
        _changed(
            "what is quoted begins and ends within a word",
            "top + text.substr(startWithContext, 240).trim() + tail",
            "top + text.substr(startWithContext, 240)"
            '.replace(top ? /^\\S*\\s+/ : /^\\s+/, "")'
            '.replace(tail ? /\\s+\\S*$/ : /\\s+$/, "") + tail',
        ),
        _changed(
            "who found nothing is asked about categories, which there are not",
            "spelled correctly and that you've selected enough categories.",
            "spelled correctly.",
        ),
    ),
    "sphinx_highlight.js": (
        _changed(
            "what was looked for is marked in the lists of pages, too",
            'divBody.length ? divBody[0] : document.querySelector("body")',
            'document.querySelector("article.bd-article")',
        ),
        _changed(
            "and within words",
            "val.toLowerCase().indexOf(text)",
            "[...val.toLowerCase().matchAll(/[\\p{L}\\p{N}_]+/gu)]"
            ".find(([word]) => word === text)?.index ?? -1",
        ),
    ),
}


def patch_scripts(app: Sphinx, exception: Exception | None) -> None:
    """Change scripts in the finished site."""
    if exception is not None or app.builder.format != "html":
        return
    for name, patches in SCRIPTS.items():
        path = Path(app.outdir) / "_static" / name
        script = patch(name, path.read_text(encoding="utf-8"), patches)
        path.write_text(script, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Wait for the end of the build."""
    app.connect("build-finished", patch_scripts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
