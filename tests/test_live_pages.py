"""Figures that are dragged, questions that are answered, progress that is kept: in a browser.

Everything is done by keyboard alone. `test_explorer` and `test_quiz` test what is written into the
page; here it is used, on the built site and in JupyterLab.
"""

from __future__ import annotations

import contextlib
import gzip
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import yaml

pytestmark = pytest.mark.site

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
FIRST = "book/index.html"
CHAPTERS = sorted(path.relative_to(SITE).as_posix() for path in SITE.glob("book/[0-9][0-9]_*.html"))
HEAVIEST_EXPLORER = 15 * 1024


@pytest.fixture
def reader(browser, address):
    """Return a function that opens pages in one fresh profile, and listens to their complaints."""
    contexts, complaints = [], []

    def opened(name: str, **options):
        if not contexts or options:
            contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address + name)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


# --- explorers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_explorer_answers_the_keyboard(chapter, reader):
    page = reader(chapter)
    boxes = page.locator(".explorer")
    assert boxes.count() >= 1
    for box in boxes.all():
        for slider in box.get_by_role("slider").all():
            before, moved = box.locator(".explorer-says").text_content(), snapshot(box)
            slider.focus()
            at_end = slider.get_attribute("max") == slider.input_value()
            page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")
            assert box.locator(".explorer-says").text_content() != before
            assert snapshot(box) != moved
            assert (
                slider.get_attribute("aria-valuetext") in box.locator("output").all_text_contents()
            )


def snapshot(box) -> str:
    """What is drawn, and what stands in the tables."""
    return box.evaluate(
        "(box) => [...box.querySelectorAll('[data-moves]')].map((e) => e.outerHTML).join()"
    )


def test_a_slider_that_goes_back_shows_what_it_showed(reader):
    page = reader(CHAPTERS[0])
    box = page.locator(".explorer").first
    before = snapshot(box)
    box.get_by_role("slider").first.focus()
    for key in ("ArrowRight", "End", "Home", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert snapshot(box) == before, "degree 3, the third from the left"


def test_what_changed_is_said_once_the_slider_rests(reader):
    page = reader(CHAPTERS[1])
    box = page.locator(".explorer").first
    spoken = box.get_by_role("status")
    box.get_by_role("slider").first.focus()
    page.keyboard.press("End")
    assert spoken.text_content() == ""
    page.wait_for_function("(e) => e.textContent !== ''", arg=spoken.element_handle())
    assert spoken.text_content() == box.locator(".explorer-says").text_content()


def test_play_moves_the_slider_to_its_end_and_can_be_paused(reader):
    page = reader(CHAPTERS[1], reduced_motion="no-preference")
    box = page.locator(".explorer").first
    slider, button = box.get_by_role("slider").first, box.get_by_role("button")
    slider.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    button.focus()
    page.keyboard.press("Enter")
    assert button.text_content() == "Pause"
    page.wait_for_function("(e) => e.value === e.max", arg=slider.element_handle())
    assert button.text_content() == "Play"
    page.keyboard.press("Enter")
    assert slider.input_value() == "0", "from the end it begins anew"
    page.keyboard.press("Enter")
    assert button.text_content() == "Play"


def test_nothing_plays_for_those_who_ask_for_less_motion(reader):
    page = reader(CHAPTERS[1], reduced_motion="reduce")
    box = page.locator(".explorer").first
    assert box.get_by_role("slider").first.is_visible()
    assert not box.locator("button").is_visible()


def test_paper_shows_the_chosen_frame(reader):
    page = reader(CHAPTERS[2])
    box = page.locator(".explorer").first
    begun = box.locator(".explorer-says").text_content()
    box.get_by_role("slider").focus()
    page.keyboard.press("End")
    moved = box.locator(".explorer-says").text_content()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert box.locator(".explorer-says").text_content() == begun != moved
    page.emulate_media(media="print")
    assert not box.locator(".explorer-controls").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert box.locator(".explorer-says").text_content() == moved


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_an_explorer_is_light(chapter):
    html = (SITE / chapter).read_text(encoding="utf-8")
    figures = re.findall(
        r'<style>\.explorer.*?<div class="explorer".*?</script></div>', html, re.DOTALL
    )
    assert figures
    for figure in figures:
        assert len(gzip.compress(figure.encode())) <= HEAVIEST_EXPLORER


# --- quizzes ------------------------------------------------------------------------------------


def questions_of(chapter: str) -> list[dict]:
    path = ROOT / "book" / "quizzes" / f"{Path(chapter).stem}.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def answer(page, question: dict, *, rightly: bool) -> None:
    """Answer a question by keyboard: the right answer, or the first wrong one."""
    box = page.locator(f'.quiz-question[data-question="{question["id"]}"]')
    if "number" in question:
        number = question["number"]
        value = number["value"] if rightly else number["wrong"][0]["value"]
        box.get_by_role("textbox").focus()
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type(str(value))
    for place, choice in enumerate(question.get("one") or question.get("several") or []):
        if choice.get("right", False) == rightly:
            box.locator("input").nth(place).focus()
            page.keyboard.press("Space")
            if not rightly:
                break
    box.get_by_role("button", name="Check").focus()
    page.keyboard.press("Enter")


def feedback(page, question: dict):
    return page.locator(f'[data-question="{question["id"]}"] .quiz-feedback')


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_question_can_be_answered_and_tells_why(chapter, reader):
    page, questions = reader(chapter), questions_of(chapter)
    for question in questions:
        answer(page, question, rightly=False)
        assert feedback(page, question).get_attribute("data-right") == "false", question["id"]
        assert "Not quite." in feedback(page, question).text_content()
        assert feedback(page, question).locator(".quiz-see a").count() >= 1
    page.reload()
    for question in questions:
        if "several" in question:  # take back what was chosen
            page.locator(f'[data-question="{question["id"]}"] input:checked').uncheck()
        answer(page, question, rightly=True)
        assert feedback(page, question).get_attribute("data-right") == "true", question["id"]
    score = page.locator(".quiz-score").text_content()
    assert score == f"{len(questions)} of {len(questions)} right, {len(questions)} answered."


def test_feedback_leads_to_the_figure(reader):
    page = reader(CHAPTERS[1])
    question = questions_of(CHAPTERS[1])[0]
    answer(page, question, rightly=True)
    link = feedback(page, question).locator(".quiz-see a")
    assert re.fullmatch(r"Fig\. \d+", link.text_content())
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash !== ''")
    target = page.evaluate("document.getElementById(location.hash.slice(1)).tagName")
    assert target == "FIGURE"


@pytest.mark.parametrize(
    "written", ["0.25", "0,25", "1/4", "25 %", "25%", "2.5e-1", " .25 ", "+0.25"]
)
def test_a_number_may_be_written_as_people_write_it(written, reader):
    page = reader(CHAPTERS[0])
    question = next(one for one in questions_of(CHAPTERS[0]) if "number" in one)
    box = page.locator(f'[data-question="{question["id"]}"]')
    item = box.locator(".quiz-answers > li").first
    item.evaluate("(item) => { item.dataset.value = 0.25; item.dataset.within = 0.001; }")
    box.get_by_role("textbox").fill(written)
    page.keyboard.press("Enter")
    assert feedback(page, question).get_attribute("data-right") == "true"


@pytest.mark.parametrize("written", ["", "a quarter", "0.2.5", "1/", "1/2/3", "--1"])
def test_what_is_no_number_is_not_judged(written, reader):
    page = reader(CHAPTERS[0])
    question = next(one for one in questions_of(CHAPTERS[0]) if "number" in one)
    page.locator(f'[data-question="{question["id"]}"]').get_by_role("textbox").fill(written)
    page.keyboard.press("Enter")
    assert feedback(page, question).get_attribute("data-right") == ""
    assert page.locator(".quiz-score").text_content() == ""


def test_an_answer_to_another_edition_is_not_taken_for_one(reader):
    page, question = reader(CHAPTERS[0]), questions_of(CHAPTERS[0])[0]
    answer(page, question, rightly=True)
    name = f"course.quiz.{Path(CHAPTERS[0]).stem}"
    page.evaluate(
        """(name) => {
          const kept = localStorage.getItem(name).replace('edition":"', 'edition":"x');
          localStorage.setItem(name, kept);
        }""",
        name,
    )
    page.reload()
    assert feedback(page, question).text_content() == ""
    assert page.locator(".quiz-score").text_content() == ""


# --- progress -----------------------------------------------------------------------------------


def test_progress_is_kept_shown_and_forgotten(reader):
    page = reader(FIRST)
    box = page.locator(".course-progress")
    assert box.locator("li").count() == len(CHAPTERS)
    assert box.get_by_text("not begun").count() == len(CHAPTERS)
    assert "Overfitting" in box.get_by_role("status").text_content()

    chapter, name = reader(CHAPTERS[1]), Path(CHAPTERS[1]).stem
    first = chapter.locator(".bd-article > section > section").first
    first.evaluate("(section) => section.lastElementChild.scrollIntoView({block: 'center'})")
    chapter.wait_for_function(
        "(name) => localStorage.getItem(name)", arg=f"course.read.book/{name}"
    )
    question = questions_of(CHAPTERS[1])[0]
    answer(chapter, question, rightly=True)

    page.reload()
    line = box.locator("li").nth(1)
    assert re.search(
        r"^1 of \d+ sections read, 1 of \d+ questions right$", line.locator("> span").text_content()
    )
    assert line.get_by_role("progressbar").get_attribute("value") == "1"
    following = box.get_by_role("status").locator("a")
    second = chapter.locator(".bd-article > section > section").nth(1).get_attribute("id")
    assert following.get_attribute("href") == f"{name}.html#{second}"

    box.get_by_role("button", name="Forget").focus()
    page.keyboard.press("Enter")
    assert "Forgotten" in box.get_by_role("status").text_content()
    assert box.get_by_text("not begun").count() == len(CHAPTERS)
    assert page.evaluate("Object.keys(localStorage).filter((n) => n.startsWith('course.'))") == []
    chapter.reload()
    assert feedback(chapter, question).text_content() == ""


def test_an_open_quiz_forgets_with_the_others(reader):
    chapter, question = reader(CHAPTERS[0]), questions_of(CHAPTERS[0])[0]
    answer(chapter, question, rightly=True)
    reader(FIRST).get_by_role("button", name="Forget").press("Enter")
    chapter.wait_for_function("!document.querySelector('.quiz-score').textContent")
    assert feedback(chapter, question).text_content() == ""
    assert chapter.locator(".quiz input:checked").count() == 0


def test_who_only_passes_by_has_not_read(reader):
    page = reader(CHAPTERS[0])
    for key in ("End", "Home"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    kept = page.evaluate(
        "Object.keys(localStorage).filter((name) => name.startsWith('course.read'))"
    )
    assert kept == []


def test_a_browser_that_keeps_nothing_still_answers(reader):
    page = reader(FIRST)
    # The course's own names alone: the theme's scripts take it for granted that storage works.
    page.context.add_init_script(
        """for (const name of ["getItem", "setItem", "removeItem"]) {
          const allowed = Storage.prototype[name];
          Storage.prototype[name] = function (key, ...rest) {
            if (key.startsWith("course.")) throw new Error("denied");
            return allowed.call(this, key, ...rest);
          };
        }"""
    )
    page.reload()
    assert page.locator(".course-progress li").count() == len(CHAPTERS)
    page.get_by_role("button", name="Forget").press("Enter")
    page.goto(page.url.replace(FIRST, CHAPTERS[0]))
    question = questions_of(CHAPTERS[0])[0]
    answer(page, question, rightly=True)
    assert feedback(page, question).get_attribute("data-right") == "true"


# --- without script -----------------------------------------------------------------------------


def test_a_chapter_reads_without_script(reader):
    page = reader(CHAPTERS[1], java_script_enabled=False)
    explorer, quiz = page.locator(".explorer").first, page.locator(".quiz")
    assert explorer.locator(".explorer-panel > svg").first.is_visible()
    assert explorer.locator(".explorer-says").text_content().strip()
    assert not explorer.locator(".explorer-controls").is_visible(), "it would do nothing"
    assert not quiz.get_by_role("button").first.is_visible()
    fold = quiz.locator("details").first
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert "Right." in fold.text_content()
    assert fold.locator("li").first.is_visible()


def test_the_first_page_reads_without_script(reader):
    page = reader(FIRST, java_script_enabled=False)
    assert page.locator(".explorer svg").first.is_visible()
    assert "kept in your browser" in page.locator(".course-progress").text_content()
    assert page.locator(".course-map a").first.is_visible()


# --- in JupyterLab ------------------------------------------------------------------------------

CELLS = (
    "import numpy as np\n"
    "from coursepkg import explorer\n"
    "x = np.linspace(0, 1, 20)\n"
    "curve = explorer.Line(x, np.array([x, x**2, x**3]), 'curve')\n"
    "says = ['Power 1.', 'Power 2.', 'Power 3.']\n"
    "sliders, panel = {'power': [1, 2, 3]}, explorer.Panel([curve])\n"
    "explorer.Explorer(sliders, panel, says=says, alt='A bending curve.')",
    "from coursepkg import quiz\nquiz.ask('02_weight_penalties')",
)


@contextlib.contextmanager
def jupyterlab(folder: Path):
    """Run JupyterLab on a free port of this machine, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0"]
    options += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    with (folder / "log").open("w") as log:
        lab = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], stdout=log, stderr=log
        )
        try:
            for _ in range(240):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert lab.poll() is None, (folder / "log").read_text()
                time.sleep(0.25)
            yield f"http://127.0.0.1:{port}/lab"
        finally:
            lab.terminate()
            lab.wait(30)


def test_explorer_and_quiz_work_in_jupyterlab(browser, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, tmp_path / "live.ipynb")
    question = questions_of(CHAPTERS[1])[0]
    with jupyterlab(tmp_path) as address, contextlib.closing(browser.new_page()) as page:
        page.set_default_timeout(120_000)
        page.goto(f"{address}/tree/live.ipynb")
        page.locator(".jp-Cell .cm-content").first.click()
        for _ in CELLS:
            page.keyboard.press("Shift+Enter")
        box = page.locator(".explorer")
        page.locator(".quiz-question").first.wait_for()
        box.get_by_role("slider").focus()
        page.keyboard.press("ArrowRight")
        assert box.locator(".explorer-says").text_content() == "Power 2."
        answer(page, question, rightly=True)
        assert feedback(page, question).get_attribute("data-right") == "true"
        formulas = page.locator(".quiz-maths mjx-container")
        formulas.first.wait_for(state="attached")
        assert "$" not in page.locator(".quiz legend").all_text_contents()[3]
