"""Sphinx extension: a quiz gets its maths and its figures' numbers while the site is built.

A notebook's output is HTML that Sphinx leaves as it is. In a quiz (`coursepkg.quiz`), formulas
stand between dollars, and links to figures and sections are called by a heading of the chapter,
which is right for JupyterLab; here they become what they are in the rest of the page. And a quiz
file that cannot be used ends the build before the chapters have run for minutes.
"""

from __future__ import annotations

import html
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from coursepkg.quiz import Quiz, QuizError
from katex_maths import PIECE, render

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LOGGER = logging.getLogger(__name__)
QUIZ = '<div class="quiz"'
# A formula with the signs that touch it, which must not be parted from it by the end of a line.
FORMULA = re.compile(
    r'(?P<before>[(\[“]*)<span class="quiz-maths">\$(?P<tex>.*?)\$</span>'
    r"(?P<after>[^\w\s<&(\[“–—-]*)",
    re.DOTALL,
)
SEE = re.compile(r'<span class="quiz-see">See <a href="#([^"]*)">(.*?)</a>')


class FinishQuizzes(SphinxPostTransform):
    """Render what stands between dollars, and name figures by their numbers."""

    default_priority = 880
    formats = ("html",)

    def run(self, **_kwargs: Any) -> None:
        """Rewrite the outputs that hold a quiz."""
        for output in self.document.findall(nodes.raw):
            if QUIZ in output.astext():
                linked = SEE.sub(self._see, output.astext())
                output[:] = [nodes.Text(FORMULA.sub(self._maths, linked))]

    def _see(self, found: re.Match[str]) -> str:
        """Link to a figure as "Fig. 3", and to a section by its title."""
        name, heading = (html.unescape(part) for part in found.groups())
        standard = self.env.get_domain("std")
        page, target = standard.anonlabels.get(name, ("", ""))
        if not target:
            self._warn(f"no such figure or section: {name}")
            return found[0]
        number = self.env.toc_fignumbers.get(page, {}).get("figure", {}).get(target)
        title = standard.labels[name][2] if name in standard.labels else heading
        called = f"Fig. {'.'.join(map(str, number))}" if number else title
        elsewhere = page != self.env.docname
        address = self.app.builder.get_relative_uri(self.env.docname, page) if elsewhere else ""
        link = f'<a href="{address}#{target}"{" data-elsewhere" * elsewhere}>'
        return f'<span class="quiz-see">See {link}{html.escape(called)}</a>'

    def _maths(self, found: re.Match[str]) -> str:
        """Render one formula; one that breaks across lines lets go of its comma."""
        try:
            formula = f'<span class="maths">{render(html.unescape(found["tex"]))}</span>'
        except ValueError as error:
            self._warn(f"bad TeX: {error}")
            return found[0]
        whole = found["before"] + formula + found["after"]
        touched = whole != formula and formula.count(PIECE) == 1
        return f'<span class="maths-together">{whole}</span>' if touched else whole

    def _warn(self, what: str) -> None:
        LOGGER.warning("in a quiz: %s", what, location=self.env.docname, type="quiz")


def check_files(app: Sphinx) -> None:
    """Read every quiz, and end the build in one line if one cannot be used."""
    for path in sorted(Path(app.srcdir).glob("book/quizzes/*.yml")):
        try:
            Quiz(os.path.relpath(path))
        except QuizError as error:
            raise ExtensionError(str(error)) from None


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the check and the transform."""
    app.connect("builder-inited", check_files)
    app.add_post_transform(FinishQuizzes)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
