"""Sphinx extension: on every page, the first use of a glossary's term leads to the glossary.

Authors write plain text, which also reads well in JupyterLab. Where they wrote ``{term}``, that is
the first use. Words with a second meaning that is common, such as *rate*, are named in
``glossary_links_apart_from``; only authors link them.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

# No links within these: they are links, or code, or stand in tables of contents as well.
CLOSED = (
    nodes.reference,
    nodes.title,
    nodes.rubric,
    nodes.literal,
    nodes.literal_block,
    nodes.doctest_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.citation,
    addnodes.desc_signature,
    addnodes.glossary,
)


def terms(env: BuildEnvironment) -> dict[str, tuple[str, str]]:
    """List the terms of the project's glossaries.

    Parameters
    ----------
    env : BuildEnvironment
        The environment, all pages read.

    Returns
    -------
    dict of str to tuple of (str, str)
        For each term, in lower case, its page and its anchor there.
    """
    return {
        name.lower(): place
        for (kind, name), place in env.domains["std"].objects.items()
        if kind == "term"
    }


def pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Make an expression that finds terms in running text, in the plural too.

    Parameters
    ----------
    names : iterable of str
        The terms; where several fit, the longest is found.

    Returns
    -------
    re.Pattern
        Its group ``term`` is the term as written, without the plural's ending.
    """
    longest_first = sorted(names, key=len, reverse=True)
    either = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in longest_first)
    return re.compile(rf"(?<![\w-])(?P<term>{either})(?:s|es)?(?![\w-])", re.IGNORECASE)


class LinkFirstUses(SphinxPostTransform):
    """Turn the first use of each term into a link."""

    default_priority = 800  # after references are resolved, to see which terms are linked
    formats = ("html",)

    def run(self, **_kwargs: Any) -> None:
        """Walk through the page from its top."""
        here = self.env.docname
        left = {
            name: place
            for name, place in terms(self.env).items()
            if name not in self.config.glossary_links_apart_from and place[0] != here
        }
        if not left:
            return
        _join_texts(self.document)
        find, seen = pattern(left), set()
        for node in list(self.document.findall(_is_text_or_link)):
            if isinstance(node, nodes.reference):
                seen.add(node.get("refuri", "").partition("#")[2])
            elif not _is_closed(node):
                pieces = list(self.pieces(node.astext(), find, left, seen))
                if len(pieces) > 1:
                    node.parent.replace(node, pieces)

    def pieces(
        self,
        text: str,
        find: re.Pattern[str],
        left: dict[str, tuple[str, str]],
        seen: set[str],
    ) -> Iterator[nodes.Node]:
        """Cut a text into links and what stands between them."""
        end = 0
        for match in find.finditer(text):
            page, anchor = left[" ".join(match["term"].lower().split())]
            if anchor in seen:
                continue
            seen.add(anchor)
            yield nodes.Text(text[end : match.start()])
            target = self.app.builder.get_relative_uri(self.env.docname, page)
            yield nodes.reference(
                "", match[0], internal=True, refuri=f"{target}#{anchor}", classes=["glossary-link"]
            )
            end = match.end()
        yield nodes.Text(text[end:])


def _join_texts(document: nodes.document) -> None:
    """Make one text of neighbours: MyST begins a new one with every line."""
    for paragraph in document.findall(nodes.TextElement):
        groups = itertools.groupby(paragraph, lambda child: type(child) is nodes.Text)
        joined = [[nodes.Text("".join(group))] if texts else list(group) for texts, group in groups]
        if sum(map(len, joined)) < len(paragraph):
            paragraph[:] = [child for group in joined for child in group]


def _is_text_or_link(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Text | nodes.reference)


def _is_closed(node: nodes.Node) -> bool:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, CLOSED):
            return True
    return False


def after_reading(_app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """Have all pages written again when a term came, went or moved."""
    current = terms(env)
    before, env.glossary_terms = getattr(env, "glossary_terms", None), current
    return [] if current == before else env.found_docs


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform."""
    app.add_config_value("glossary_links_apart_from", [], "html", list)
    app.add_post_transform(LinkFirstUses)
    app.connect("env-updated", after_reading)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
