"""Sphinx extension: where a page uses the course's package, it links to what the package says.

Three places: a name between backticks, such as ``datasets.make_sine`` or ``coursepkg.datasets``; a
call in a code cell; and the line that imports the modules. Names are looked up among those that the
pages of the package document; one that begins with ``coursepkg.`` and isn't there fails the build.
"""

from __future__ import annotations

import ast
import functools
import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

LOGGER = logging.getLogger(__name__)
PACKAGE = "coursepkg"

# `datasets.make_sine`, `coursepkg.datasets`, `sweep.MLP(units=…)`
NAME = re.compile(r"((?:\w+\.)*\w+)(\(.*\))?", re.DOTALL)
DOT = '<span class="o">.</span>'
# datasets.make_sine in highlighted code, unless it is itself an attribute of something
IMPORTED = re.compile(r'<span class="n">(\w+)</span>')
CALL = re.compile(f"(?<!{re.escape(DOT)}){IMPORTED.pattern}{re.escape(DOT)}{IMPORTED.pattern}")
# from coursepkg import datasets, sweep
IMPORT = re.compile(
    r'(<span class="kn">from</span><span class="w"> </span>)'
    rf'<span class="nn">({PACKAGE}[\w.]*)</span>'
    r'(<span class="w"> </span><span class="kn">import</span>)([^\n]*)'
)


@functools.cache
def aliases(package: Path) -> dict[str, str]:
    """Find names that a module of the package hands on from another one.

    Parameters
    ----------
    package : Path
        Folder of the package.

    Returns
    -------
    dict of str to str
        For ``coursepkg.weight_penalties.soft_threshold`` the name where it is defined.
    """
    found = {}
    for path in package.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                for name in node.names:
                    handed_on = f"{PACKAGE}.{path.stem}.{name.asname or name.name}"
                    found[handed_on] = f"{node.module}.{name.name}"
    return found


def find(env: BuildEnvironment, name: str) -> tuple[str, str, str] | None:
    """Look a name up in the package's pages.

    Parameters
    ----------
    env : BuildEnvironment
        The environment, all pages read.
    name : str
        With or without ``coursepkg.`` in front.

    Returns
    -------
    tuple of (str, str, str) or None
        Full name, page and anchor; None if it is not documented.
    """
    full = name if name.partition(".")[0] == PACKAGE else f"{PACKAGE}.{name}"
    full = aliases(Path(env.srcdir) / PACKAGE).get(full, full)
    entry = env.domains["py"].objects.get(full)
    return entry and (full, entry.docname, entry.node_id)


class LinkNames(SphinxPostTransform):
    """Link names between backticks."""

    default_priority = 810
    formats = ("html",)

    def run(self, **_kwargs: Any) -> None:
        """Wrap each name that the package has in a link."""
        for literal in list(self.document.findall(nodes.literal)):
            written = NAME.fullmatch(literal.astext())
            if not written or isinstance(literal.parent, nodes.reference | nodes.title):
                continue
            place = find(self.env, written[1])
            if place:
                full, page, anchor = place
                uri = f"{self.app.builder.get_relative_uri(self.env.docname, page)}#{anchor}"
                link = nodes.reference("", "", internal=True, refuri=uri, reftitle=full)
                literal.replace_self(link)
                link += literal
            elif written[1].startswith(f"{PACKAGE}."):
                LOGGER.warning(
                    "the package documents no %s", written[1], location=literal, type=PACKAGE
                )


def link_code(body: str, link: Callable[[str, str], str]) -> str:
    """Link the package's names in highlighted code.

    Parameters
    ----------
    body : str
        HTML of a page.
    link : callable
        Takes a name and its HTML, and returns it linked, or as it was.

    Returns
    -------
    str
        HTML with links.
    """

    def link_import(match: re.Match[str]) -> str:
        begin, module, middle, names = match.groups()
        linked = IMPORTED.sub(lambda name: link(f"{module}.{name[1]}", name[0]), names)
        return f'{begin}<span class="nn">{link(module, module)}</span>{middle}{linked}'

    body = CALL.sub(lambda match: link(f"{match[1]}.{match[2]}", match[0]), body)
    return IMPORT.sub(link_import, body)


def link_page(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Link the code of a page that is about to be written."""
    if doctree is None:
        return

    def link(name: str, shown: str) -> str:
        place = find(app.env, name)
        if place is None:
            return shown
        full, target, anchor = place
        uri = html.escape(f"{app.builder.get_relative_uri(page, target)}#{anchor}")
        return f'<a class="code-link" href="{uri}" title="{full}">{shown}</a>'

    context["body"] = link_code(context["body"], link)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform and the listener."""
    app.add_post_transform(LinkNames)
    app.connect("html-page-context", link_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
