"""Sphinx extension: the playground's scripts and sheet on the one page that uses them, and links.

The page includes `playground/playground.html`. Scripts lie in the site as they are, so that they
can be read there. The sheet stands within the page: as a file it would become part of the sheet
that all pages load (`light_styles`). The role ``{playground}`` of a chapter, as in
``{playground}`L1 at work <data=xor&l1=0.01>` ``, leads to the page in a state.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import ReferenceRole

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SOURCE = Path(__file__).parent / "playground"
PAGE = "book/playground"
# In the order in which they build on each other; up to `words`, none needs a page.
SCRIPTS = (
    "random.js",
    "data.js",
    "network.js",
    "training.js",
    "settings.js",
    "words.js",
    "drawing.js",
    "page.js",
)
SHEET = "playground.css"


def copy_scripts(app: Sphinx) -> None:
    """Put the scripts into the site."""
    if app.builder.format != "html":
        return
    # Copied here rather than through a `_static` folder: Jupyter Book would load all it holds.
    target = Path(app.outdir) / "_static" / SOURCE.name
    target.mkdir(parents=True, exist_ok=True)
    for name in SCRIPTS:
        (target / name).write_bytes((SOURCE / name).read_bytes())


def equip_page(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], *_doctree: nodes.document
) -> None:
    """Have the page load the scripts, in order and when it has been read, and give it the sheet."""
    if page != PAGE:
        return
    for name in SCRIPTS:
        app.add_js_file(f"{SOURCE.name}/{name}", loading_method="defer")
    sheet = (SOURCE / SHEET).read_text(encoding="utf-8")
    context["metatags"] = f"{context.get('metatags', '')}<style>{sheet}</style>"


class PlaygroundLink(ReferenceRole):
    """The role ``playground``: words that lead to a state of the playground."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Link to the page with the state as the address' fragment."""
        page = self.env.app.builder.get_relative_uri(self.env.docname, PAGE)
        return [nodes.reference("", self.title, refuri=f"{page}#{self.target}", internal=True)], []


def setup(app: Sphinx) -> dict[str, Any]:
    """Register both steps and the role."""
    app.add_role("playground", PlaygroundLink())
    app.connect("builder-inited", copy_scripts)
    app.connect("html-page-context", equip_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
