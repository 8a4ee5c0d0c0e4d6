"""Sphinx extension: every formula becomes HTML and MathML while the site is built.

KaTeX runs inside Python (``quickjs``), so that a page needs no script to show its maths and asks
nobody else for one, and a formula that KaTeX cannot read fails the build instead of a reader.
"""

from __future__ import annotations

import functools
import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import quickjs
from docutils import nodes
from docutils.utils import get_source_line
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)
HERE = Path(__file__).parent
KATEX = HERE / "katex"
# MyST-NB counts a notebook's lines as this times the cell's number, plus the line within the cell.
LINES_PER_CELL = 10_000
OWN_SHEET = HERE / "katex_maths.css"

# Environments that LaTeX accepts only outside other maths. KaTeX would number their rows by itself;
# numbers are Sphinx's, so the starred form is rendered.
TOP_LEVEL = re.compile(r"\\(begin|end)\{(equation|align|alignat|gather)\}")
# The page asks for woff2 only; KaTeX's style sheet also offers two older formats of each font.
OLDER_FONT = re.compile(r',url\([^)]*\.(?:woff|ttf)\) format\("\w+"\)')
# What no line may begin with after a formula, and end with before one.
CLOSING, OPENING = re.compile(r"^[^\w\s(\[{“‘–—-]+"), re.compile(r"[(\[{“‘]+$")
PIECE = 'class="katex-base"'  # lines break between KaTeX's pieces
ANNOTATION_OR_TAG = re.compile(r"<annotation.*?</annotation>|<[^>]*>", re.DOTALL)

# The fonts of most formulas, and what is set in them.
FIRST_FONTS = {
    "KaTeX_Main-Regular": re.compile(r'class="m(?:ord|bin|rel|open|close|punct)(?: mtight)?"'),
    "KaTeX_Math-Italic": re.compile(r'class="mord mathnormal'),
}
PRELOAD = '<link rel="preload" as="font" type="font/woff2" crossorigin href="{}" />'

# strict: what LaTeX rejects is an error here too, as JupyterLab's MathJax would not take it either.
# trust: KaTeX prints a command such as \includegraphics in red; raising makes it an error.
RENDER_JS = r"""
function render(tex, display, output) {
  const refuse = ({command}) => { throw new katex.ParseError(command + " is not allowed"); };
  try {
    return JSON.stringify({html: katex.renderToString(
      tex, {displayMode: display, output: output, strict: "error", trust: refuse})});
  } catch (error) {
    return JSON.stringify({error: error.rawMessage || String(error)});
  }
}
"""


@functools.cache
def _katex() -> Any:
    """Load KaTeX once a process, and only where a formula asks for it."""
    context = quickjs.Context()
    context.eval((KATEX / "katex.min.js").read_text(encoding="utf-8"))
    context.eval(RENDER_JS)
    # The function does not keep its context alive, so both are returned.
    return context, context.get("render")


@functools.cache
def render(tex: str, *, display: bool = False, output: str = "htmlAndMathml") -> str:
    r"""Render one formula.

    Parameters
    ----------
    tex : str
        The formula, without delimiters.
    display : bool, default=False
        Whether the formula stands on a line of its own.
    output : {"htmlAndMathml", "mathml", "html"}
        What KaTeX writes; MathML is what screen readers read.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    ValueError
        If KaTeX cannot read the formula.
    """
    _, katex_render = _katex()
    answer = json.loads(katex_render(tex, display, output))
    if "error" in answer:
        raise ValueError(f"{answer['error']}. Received: {' '.join(tex.split())}")
    return answer["html"]


def plain_text(tex: str) -> str:
    r"""Return a formula's characters alone, for places that hold no markup.

    Parameters
    ----------
    tex : str
        The formula, without delimiters.

    Returns
    -------
    str
        Such as ``ℓ2`` for ``\ell_2``; the TeX itself if KaTeX cannot read it.
    """
    try:
        mathml = render(tex, output="mathml")
    except ValueError:
        return tex
    return html.unescape(ANNOTATION_OR_TAG.sub("", mathml))


def display_tex(tex: str) -> str:
    r"""Prepare display maths as Sphinx defines it: blank lines part formulas, ``\\`` parts lines.

    Parameters
    ----------
    tex : str
        The formula or formulas, without delimiters.

    Returns
    -------
    str
        One formula that KaTeX takes in display mode.
    """
    if TOP_LEVEL.match(tex.strip()):
        return TOP_LEVEL.sub(r"\\\1{\2*}", tex)
    formulas = [part.strip() for part in re.split(r"\n\s*\n", tex) if part.strip()]
    lines = [rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part else part for part in formulas]
    if len(lines) == 1:
        return lines[0]
    return r"\begin{gathered}" + r"\\".join(lines) + r"\end{gathered}"


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    if isinstance(node.parent, nodes.title) and isinstance(node.parent.parent, nodes.document):
        # A title outside its page goes where markup is lost or doubled: <title>, the search index.
        self.body.append(self.encode(plain_text(_tex(node))))
    else:
        self.body.append(self.starttag(node, "span", "", CLASS="maths"))
        self.body.append(_render_or_warn(self, node, _tex(node), display=False))
        self.body.append("</span>")
    raise nodes.SkipNode


def visit_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a display formula in a box of its own that can scroll, and its number beside it."""
    self.body.append(self.starttag(node, "div", CLASS="maths-display"))
    formula = _render_or_warn(self, node, display_tex(_tex(node)), display=True)
    self.body.append(f'<div class="maths-scroll" tabindex="0">{formula}</div>')
    if node.get("number"):
        self.body.append(_number(self, node))
    self.body.append("</div>\n")
    raise nodes.SkipNode


def _tex(node: nodes.math | nodes.math_block) -> str:
    return node.get("tex") or node.astext()


def _number(self: HTML5Translator, node: nodes.math_block) -> str:
    """Write an equation's number, which links to the equation where the author named it."""
    number = f"({get_node_equation_number(self, node)})"
    if "amsmath" in node["classes"]:  # its label is made up afresh whenever the page is read
        return f'<span class="maths-number">{number}</span>'
    title = self.attval(_("Link to this equation"))
    return f'<a class="maths-number" href="#{node["ids"][0]}" title="{title}">{number}</a>'


def _render_or_warn(self: HTML5Translator, node: nodes.Element, tex: str, *, display: bool) -> str:
    try:
        return render(tex, display=display)
    except ValueError as error:
        # A heading is written again in every table of contents: its own page reports it.
        if self.document.get("source") != "<partial node>":
            LOGGER.warning("bad TeX: %s", error, location=_place(node), type="katex")
        return f'<code class="katex-error">{self.encode(tex)}</code>'


def _place(node: nodes.Element) -> nodes.Element | str:
    """Name a notebook's cell and the line within it; leave other places to Sphinx."""
    source, line = get_source_line(node)
    if not (source and line and line > LINES_PER_CELL and source.endswith(".ipynb")):
        return node
    cell, line_in_cell = divmod(line - 1, LINES_PER_CELL)  # MyST-NB is one line ahead here
    return f"{source}:cell {cell}, line {line_in_cell}"


class KeepTogether(SphinxPostTransform):
    """Let no line begin with the comma after a formula, nor end with the bracket before it.

    A formula that is long enough to be broken itself stays as it is.
    """

    default_priority = 890
    formats = ("html",)

    def run(self, **_kwargs: Any) -> None:
        """Take the signs that touch an inline formula into one element with it."""
        for formula in list(self.document.findall(nodes.math)):
            if isinstance(formula.parent, nodes.title) or not _is_one_piece(_tex(formula)):
                continue
            parent, place = formula.parent, formula.parent.index(formula)
            before = _touching(parent, place - 1, OPENING)
            after = _touching(parent, place + 1, CLOSING)
            if before or after:
                whole = nodes.inline("", before, classes=["maths-together"])
                formula.replace_self(whole)
                whole += [formula, nodes.Text(after)]


def _is_one_piece(tex: str) -> bool:
    try:
        return render(tex).count(PIECE) == 1
    except ValueError:  # is reported where it is written
        return False


def _touching(parent: nodes.Element, place: int, signs: re.Pattern[str]) -> str:
    """Cut the signs off the text at a place, and return them; empty if there are none."""
    text = parent[place] if 0 <= place < len(parent) else None
    found = signs.search(text) if isinstance(text, nodes.Text) else None
    if not found:
        return ""
    parent[place] = nodes.Text(text[: found.start()] + text[found.end() :])
    return found[0]


class PlainTextInHeadings(SphinxPostTransform):
    """Give headings with maths readable text in the search index, which takes ``astext()``."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_kwargs: Any) -> None:
        """Keep the TeX as an attribute, and let the node's text be what a reader sees."""
        for title in self.document.findall(nodes.title):
            for formula in title.findall(nodes.math):
                formula["tex"] = formula.astext()
                formula[:] = [nodes.Text(plain_text(formula["tex"]))]


def copy_files(app: Sphinx) -> None:
    """Put KaTeX's style sheet, its fonts, and this extension's sheet into the site."""
    if app.builder.format != "html":
        return
    # Copied here rather than through a `_static` folder: Jupyter Book would load all it holds.
    target = Path(app.outdir) / "_static" / "katex"
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    css = (KATEX / "katex.min.css").read_text(encoding="utf-8")
    (target / "katex.min.css").write_text(OLDER_FONT.sub("", css), encoding="utf-8")
    (target / OWN_SHEET.name).write_bytes(OWN_SHEET.read_bytes())
    for font in (KATEX / "fonts").glob("*.woff2"):
        (target / "fonts" / font.name).write_bytes(font.read_bytes())


def preload_fonts(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], *_doctree: nodes.document
) -> None:
    """Have fonts come with a page that begins with maths: if they came later, lines would move."""
    beginning = "".join(context.get("body", "").split("<section", 2)[:2])
    for font, characters in FIRST_FONTS.items():
        if characters.search(beginning):
            address = context["pathto"](f"_static/katex/fonts/{font}.woff2", 1)
            context["metatags"] = context.get("metatags", "") + PRELOAD.format(address)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer under the name ``katex``."""
    app.add_html_math_renderer("katex", (visit_math, None), (visit_math_block, None))
    app.add_post_transform(KeepTogether)
    app.add_post_transform(PlainTextInHeadings)
    app.connect("builder-inited", copy_files)
    app.connect("html-page-context", preload_fonts)
    app.add_css_file("katex/katex.min.css")
    app.add_css_file("katex/katex_maths.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
