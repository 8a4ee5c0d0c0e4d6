"""A quiz as HTML: native form elements, and a few lines of script that answer."""

from __future__ import annotations

import functools
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from coursepkg.assets import OWN_KEYS, read_asset
from coursepkg.quiz.reading import Choice, Number, Question

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_FEEDBACK = {True: "Right.", False: "Not quite."}


def write_quiz(name: str, questions: Sequence[Question], titles: Mapping[str, str]) -> str:
    """Write a quiz.

    Parameters
    ----------
    name : str
        Under which the browser keeps the answers.
    questions : sequence of Question
        In order.
    titles : mapping of str to str
        For the name of each figure or section, the title under which it is found.

    Returns
    -------
    str
        HTML. Maths stands in ``<span class="quiz-maths">`` between dollars, which JupyterLab
        typesets and the site's build replaces.
    """
    parts = [_question(name, one, place, titles) for place, one in enumerate(questions, start=1)]
    sheet, script = (read_asset("coursepkg.quiz", f"quiz.{kind}") for kind in ("css", "js"))
    return (
        f"<style>{sheet}</style>"
        f'<div class="quiz" data-quiz="{html.escape(name)}" data-lm-suppress-shortcuts>'
        f"{''.join(parts)}"
        f'<p class="quiz-score" role="status"></p><script>{script}</script></div>'
    )


def _question(quiz: str, question: Question, place: int, titles: Mapping[str, str]) -> str:
    group = html.escape(f"{quiz}-{question.name}")
    answers = _number_field(question) if question.numbers else _choice_fields(question, group)
    return (
        f'<fieldset class="quiz-question" data-question="{html.escape(question.name)}" '
        f'data-kind="{question.kind}" data-edition="{_edition(question)}">'
        f"<legend><b>Question {place}.</b> {_inline(question.ask)}{_how(question)}</legend>"
        f'{answers}<p><button type="button" {OWN_KEYS} hidden>Check</button></p>'
        '<div class="quiz-feedback" role="status"></div>'
        f"<details><summary>The answer to question {place}, and why</summary>"
        f'<ol class="quiz-answers">{_answers(question, titles)}</ol></details></fieldset>'
    )


def _how(question: Question) -> str:
    return " <i>(several may be right)</i>" if question.kind == "several" else ""


def _choice_fields(question: Question, group: str) -> str:
    kind = "checkbox" if question.kind == "several" else "radio"
    return "".join(
        f'<label class="quiz-choice"><input type="{kind}" name="{group}" value="{place}" '
        f'autocomplete="off" {OWN_KEYS} /><span>{letter}.</span> '
        f"<span>{_inline(choice.text)}</span></label>"
        for place, (letter, choice) in enumerate(zip(_LETTERS, question.choices, strict=False))
    )


def _number_field(question: Question) -> str:
    unit = f" {_inline(question.unit)}" if question.unit else ""
    return (
        '<label class="quiz-number"><span>Your number</span> '
        f'<input type="text" inputmode="decimal" autocomplete="off" {OWN_KEYS} />{unit}</label>'
    )


def _answers(question: Question, titles: Mapping[str, str]) -> str:
    """List what is said to each answer, for the script and for readers without script."""
    if question.numbers:
        right = question.numbers[0]
        said = [_answer(one, f"{one.value:g}", one is right, titles) for one in question.numbers]
        return "".join(said) + f"<li>{_inline(question.otherwise)}</li>"
    named = zip(_LETTERS, question.choices, strict=False)
    return "".join(_answer(one, f"{letter}.", one.right, titles) for letter, one in named)


def _answer(one: Choice | Number, name: str, right: bool, titles: Mapping[str, str]) -> str:
    numbers = ""
    if isinstance(one, Number):
        numbers = f' data-value="{one.value!r}" data-within="{one.within!r}"'
    see = html.escape(one.see)
    title = _inline(titles.get(one.see, one.see))
    return (
        f'<li data-right="{json.dumps(right)}"{numbers}><span class="quiz-name">{name}</span> '
        f"<b>{_FEEDBACK[right]}</b> {_inline(one.because)} "
        f'<span class="quiz-see">See <a href="#{see}">{title}</a>.</span></li>'
    )


def _edition(question: Question) -> str:
    """Name what a question consists of: an answer to another edition is none to this one."""
    content = json.dumps([question.ask, question.kind, *_contents(question)])
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def _contents(question: Question) -> list[Any]:
    choices = [(choice.text, choice.right) for choice in question.choices]
    return choices + [(number.value, number.within) for number in question.numbers]


@functools.cache
def _markdown() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).use(dollarmath_plugin, allow_space=False)
    reader.add_render_rule("math_inline", _maths)
    return reader


def _maths(_renderer: Any, tokens: Sequence[Any], place: int, *_rest: Any) -> str:
    return f'<span class="quiz-maths">${html.escape(tokens[place].content)}$</span>'


def _inline(text: str) -> str:
    return _markdown().renderInline(text)
