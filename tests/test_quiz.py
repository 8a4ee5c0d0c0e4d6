"""The quiz: its files, what is wrong with them, and its page; `test_live_pages` answers it."""

import re

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup

from coursepkg import quiz
from coursepkg.quiz.reading import read_quiz

CHAPTERS = sorted(path.stem for path in quiz.BOOK.glob("[0-9][0-9]_*.ipynb"))

SOUND = """\
- id: zeros
  ask: How many of the $w_j$ are exactly $0$ under *Adam*?
  one:
    - text: All.
      because: No, since $a<b$.
      see: fig-zeros
    - text: None.
      right: true
      because: It steps over `0`.
      see: sec-walls
- id: hold
  ask: Which hold?
  several:
    - {text: A, right: true, because: yes it does, see: fig-zeros}
    - {text: B, because: never, see: fig-zeros}
- id: factor
  ask: What is $p/(1-p)$ at $p=0.2$?
  number:
    value: 0.25
    within: 0.001
    because: $0.2/0.8$.
    see: fig-zeros
    otherwise: Divide.
    unit: nats
    wrong:
      - {value: 0.8, because: "That is $1-p$.", see: fig-zeros}
"""


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a quiz file and gives its path."""

    def written(text, name="quiz.yml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def page(path):
    return BeautifulSoup(quiz.Quiz(path)._repr_html_(), "html.parser")


# --- files --------------------------------------------------------------------------------------


def test_a_sound_file_is_read(write):
    zeros, hold, factor = read_quiz(write(SOUND))
    assert [zeros.kind, hold.kind, factor.kind] == ["one", "several", "number"]
    assert [choice.right for choice in zeros.choices] == [False, True]
    assert [number.value for number in factor.numbers] == [0.25, 0.8]
    assert factor.numbers[1].within == 0.001
    assert (factor.unit, factor.otherwise) == ("nats", "Divide.")


ONE = """\
- id: a
  ask: What?
  one:
    - {text: A, right: true, because: b, see: f}
    - {text: B, because: b, see: f}
"""
NUMBER = """\
- id: a
  ask: What?
  number: {value: 1, within: 0.1, because: b, see: f, otherwise: c}
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: must be a list of questions. Received: nothing"),
        ("[]", "line 1: must be a list of questions. Received: a list of 0"),
        ("id: a", "line 1: must be a list of questions. Received: a mapping"),
        (
            "- a\n- b: [",
            "line 2: must be YAML. Received: expected the node content, but found '<stream end>'",
        ),
        ("- just text", "line 1: question 1: must have ask, id. Received: text"),
        ("- id: a\n  one: []", "line 1: question 1: needs ask. Received: id, one"),
        (
            ONE.replace("  ask", "  color: 1\n  ask"),
            "line 1: question 1: knows ask, id, number, one, several. Received: color",
        ),
        (
            "- {id: a, ask: b}",
            "line 1: question 'a': needs exactly one of one, several, number. Received: none",
        ),
        (
            ONE + "  several: []\n",
            "line 1: question 'a': needs exactly one of one, several, number. "
            "Received: one, several",
        ),
        (ONE.replace("What?", "''"), "line 1: question 'a': ask must be text. Received: ''"),
        (
            ONE.replace("What?", '"x\\n\\ny"'),
            "line 1: question 'a': ask must be one paragraph. Received: 'x\\n\\ny'",
        ),
        (ONE.replace("text: B, ", ""), "line 5: question 'a': needs text. Received: because, see"),
        (ONE.replace("text: B", "text: 5"), "line 5: question 'a': text must be text. Received: 5"),
        (
            ONE.replace("right: true", "right: yes please"),
            "line 4: question 'a': right must be true or false. Received: 'yes please'",
        ),
        (
            ONE.replace("right: true, ", ""),
            "line 1: question 'a': one must have exactly one choice with `right: true`. "
            "Received: 0",
        ),
        (
            ONE.replace("text: B", "text: B, right: true"),
            "line 1: question 'a': one must have exactly one choice with `right: true`. "
            "Received: 2",
        ),
        (
            ONE.replace("one:", "several:").replace("text: B", "text: B, right: true"),
            "line 1: question 'a': several must have some choices and not all with `right: true`. "
            "Received: 2",
        ),
        (
            ONE.replace("    - {text: B, because: b, see: f}\n", ""),
            "line 1: question 'a': one must be a list of 2 or more. Received: a list of 1",
        ),
        (ONE + ONE, "line 6: id must be new. Received: 'a', as in line 1"),
        (
            ONE.replace("text: B", "text: B, text: C"),
            "line 5: must be YAML. Received: 'text' twice in the mapping of line 5",
        ),
        (
            NUMBER.replace("value: 1", "value: one"),
            "line 3: question 'a': value must be a number. Received: 'one'",
        ),
        (
            NUMBER.replace("value: 1", "value: .nan"),
            "line 3: question 'a': value must be a number. Received: nan",
        ),
        (
            NUMBER.replace("0.1", "0"),
            "line 3: question 'a': within must be a positive number. Received: 0",
        ),
        (
            NUMBER.replace(", otherwise: c", ""),
            "line 3: question 'a': needs otherwise. Received: because, see, value, within",
        ),
        (
            NUMBER.replace(
                "otherwise: c", "otherwise: c, wrong: [{value: 1.05, because: b, see: f}]"
            ),
            "line 3: question 'a': value must differ from the others. Received: 1.05",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told_in_one_line_with_its_place(text, message, write):
    path = write(text)
    with pytest.raises(quiz.QuizError) as error:
        quiz.Quiz(path)
    assert str(error.value) == f"{path}, {message}"
    assert error.value._render_traceback_() == [f"QuizError: {path}, {message}"]


def test_a_file_that_is_not_there_or_is_no_text_is_told(tmp_path):
    with pytest.raises(quiz.QuizError, match=r"must be a quiz file. Received: no such file$"):
        quiz.Quiz(tmp_path / "none.yml")
    (tmp_path / "bytes.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(quiz.QuizError, match=r"must be text in UTF-8. Received: other bytes$"):
        quiz.Quiz(tmp_path / "bytes.yml")


def test_a_chapter_without_a_quiz_is_told_which_there_are():
    with pytest.raises(
        quiz.QuizError, match=r"one of .*01_overfitting.*\. Received: '99_nothing'$"
    ):
        quiz.ask("99_nothing")


def test_an_answer_leads_to_something_that_its_chapter_has(tmp_path):
    (tmp_path / "quizzes").mkdir()
    path = tmp_path / "quizzes" / "01_small.yml"
    path.write_text(SOUND, encoding="utf-8")
    notebook = nbformat.v4.new_notebook()
    figure = nbformat.v4.new_code_cell("x", metadata={"mystnb": {"figure": {"name": "fig-zeros"}}})
    notebook.cells = [nbformat.v4.new_markdown_cell("## Zeros"), figure]
    nbformat.write(notebook, tmp_path / "01_small.ipynb")
    with pytest.raises(quiz.QuizError) as error:
        quiz.Quiz(path)
    assert str(error.value) == (
        f"{path}, line 7: question 'zeros': see must name a figure or section of "
        "01_small.ipynb. Received: 'sec-walls'"
    )
    notebook.cells.append(nbformat.v4.new_markdown_cell("(sec-walls)=\n### The walls\n\nWhite."))
    nbformat.write(notebook, tmp_path / "01_small.ipynb")
    links = {link["href"]: link.text for link in page(path).select(".quiz-see a")}
    assert links == {"#fig-zeros": "Zeros", "#sec-walls": "The walls"}


# --- the page -----------------------------------------------------------------------------------


def test_every_answer_has_its_feedback_on_the_page(write):
    said = [item.text for item in page(write(SOUND)).select(".quiz-answers > li")]
    assert said[0] == "a. Not quite. No, since $a<b$. See fig-zeros."
    assert said[1] == "b. Right. It steps over 0. See sec-walls."
    assert said[-3:] == [
        "0.25 Right. $0.2/0.8$. See fig-zeros.",
        "0.8 Not quite. That is $1-p$. See fig-zeros.",
        "Divide.",
    ]


def test_questions_are_groups_of_native_controls_with_names(write):
    first, second, third = page(write(SOUND)).select("fieldset")
    assert first.legend.text.startswith("Question 1. How many of the $w_j$")
    assert [box["type"] for box in first.select("label > input")] == ["radio"] * 2
    assert len({box["name"] for box in first.select("input")}) == 1
    assert [box["type"] for box in second.select("label > input")] == ["checkbox"] * 2
    assert "several may be right" in second.legend.text
    assert third.select_one("label > input")["inputmode"] == "decimal"
    assert third.label.text.split() == ["Your", "number", "nats"]
    for question in (first, second, third):
        assert question.select_one("[role=status]")
        assert question.button.has_attr("hidden"), "without script it would do nothing"


def test_maths_stands_between_dollars_and_text_is_text(write):
    html = quiz.Quiz(write(SOUND))._repr_html_()
    assert '<span class="quiz-maths">$a&lt;b$</span>' in html
    assert "<em>Adam</em>" in html
    shown = page(write(SOUND.replace("How many", "How <b>many</b>")))
    assert "How <b>many</b>" in shown.legend.text


def test_an_answer_belongs_to_one_edition_of_its_question(write):
    def editions(text):
        return [one["data-edition"] for one in page(write(text)).select("fieldset")]

    before = editions(SOUND)
    assert editions(SOUND.replace("It steps over", "It walks over")) == before
    changed = editions(SOUND.replace("text: None", "text: Few"))
    assert changed[0] != before[0]
    assert changed[1:] == before[1:]


def test_it_loads_nothing_from_anybody(write):
    assert not re.search(r"https?:|@import|url\(", quiz.Quiz(write(SOUND))._repr_html_())


# --- the course's own quizzes -------------------------------------------------------------------


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_its_quiz(chapter):
    questions = quiz.ask(chapter).questions
    assert 5 <= len(questions) <= 8
    assert {"one", "several", "number"} <= {question.kind for question in questions}
    for question in questions:
        answers = (*question.choices, *question.numbers)
        feedback = [answer.because for answer in answers]
        assert len(set(feedback)) == len(feedback), f"{question.name}: each answer has its own"
        assert min(map(len, feedback)) >= 25, f"{question.name}: a reason, not a verdict"


def test_the_right_choice_is_not_known_by_its_place_or_its_length():
    singles = [
        question
        for chapter in CHAPTERS
        for question in quiz.ask(chapter).questions
        if question.kind == "one"
    ]
    places = [[c.right for c in question.choices].index(True) for question in singles]
    assert max(map(places.count, range(4))) <= 0.45 * len(places)
    longest = [max(q.choices, key=lambda choice: len(choice.text)).right for q in singles]
    assert sum(longest) <= 0.5 * len(singles)


def test_files_are_plain_yaml():
    for chapter in CHAPTERS:
        text = (quiz.BOOK / "quizzes" / f"{chapter}.yml").read_text(encoding="utf-8")
        assert isinstance(yaml.safe_load(text), list)
