"""What `coursepkg grade` writes: the JSON file, the tables and the pages."""

import csv
import dataclasses
import io
import itertools
import json
import os
import random
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from rich.console import Console

from coursepkg.grading import exports, pages, report, writing
from coursepkg.grading.exercise import Problem
from coursepkg.grading.results import CheckResult, Results, SubmissionResult
from tests import test_site as site

# nbformat loads jsonschema, which then compiles a grammar that nobody here needs.
sys.modules.setdefault("rfc3987_syntax", None)

SCHEMA = Path(exports.__file__).with_name("results.schema.json")
PARTS = {
    "1. Soft threshold": {"soft_vector": 2, "soft_matrix": 2},
    "2. Ridge": {"ridge_fit": 2, "ridge_few_rows": 1},
    "3. ISTA, a lasso solver in five lines": {"ista_steps": 1, "ista_minimum": 2},
}
SAYS = "Your bias is right, but your variance runs along the inputs: average over axis `0`."
HOSTILE = [
    "<script>alert('x')</script>",
    "'\"><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202etxt.exe",
    'a,b;"c"\r\n=d',
    '=HYPERLINK("http://example.org","open")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "nul\x00bell\x07",
    "half\udcff",
    "x" * 500,
    "",
]


def check(name, part, points, outcome="right", **more):
    earned = points if outcome == "right" else 0
    return CheckResult(name, part, points, earned, outcome, **more)


def all_checks(outcome="right", **more):
    return tuple(
        check(name, part, points, outcome, **more)
        for part, points_of in PARTS.items()
        for name, points in points_of.items()
    )


def submission(student="Ada", status="graded", checks=None, **more):
    checks = all_checks() if checks is None else checks
    more = {"file": f"{student}.ipynb", "sha256": "a" * 64, "seconds": 1.5, **more}
    return SubmissionResult(student, status=status, checks=checks, **more)


def results(*submissions, exercise="02_weight_penalties"):
    versions = {"python": "3.11.9", "numpy": "2.1.3"}
    return Results(exercise, "b" * 64, 4815, "bwrap", versions, submissions)


def made_up(students, seed=0):
    """A class in which every outcome and every status comes up."""
    rng = random.Random(seed)  # noqa: S311 - points, no keys
    failed = [
        {"outcome": "wrong", "message": SAYS, "hint": SAYS, "misconception": "wrong_axis"},
        {"outcome": "wrong", "message": "expected 2, got 3. Hint: try 1.", "hint": "try 1."},
        {"outcome": "error", "message": "your code raised ValueError: no", "hint": "try `2`."},
        {"outcome": "no answer", "message": "no answer yet"},
        {"outcome": "timed out", "message": "did not end within 60 s"},
        {"outcome": "killed", "message": "ended its kernel"},
        {"outcome": "not run"},
    ]
    found = []
    for number in range(students):
        status = {3: "stopped", 5: "problem", 7: "failed"}.get(number % 20, "graded")
        problems = () if status == "graded" else (f"`a.ipynb` of {number} is damaged",)
        checks = []
        for one in all_checks():
            more = rng.choice(failed) if rng.random() < 0.3 else {"outcome": "right"}
            got = rng.choice(["", "[1, 2.5, 3]"])
            checks.append(
                check(one.id, one.part, one.points, **more, expected="[1, 2, 3]", got=got)
            )
        if status in ("problem", "failed"):
            checks = all_checks("not run")
        found.append(submission(f"Student {number:03}", status, tuple(checks), problems=problems))
    return results(*found)


EMPTY = results()
ONE = results(submission())
ALL_PROBLEMS = results(
    *(submission(f"S{n}", "problem", all_checks("not run"), problems=("x",)) for n in range(3))
)
NO_CHECKS = results(submission(status="failed", checks=()), submission("B", checks=()))
CLASSES = {
    "nobody": EMPTY,
    "one": ONE,
    "all problems": ALL_PROBLEMS,
    "no checks": NO_CHECKS,
    "thirty": made_up(30),
    "hostile": results(
        *(
            submission(
                name,
                problems=(name,),
                checks=(check(name, name, 2, "wrong", expected=name, got=name, message=name),),
            )
            for name in HOSTILE
        )
    ),
}
every_class = pytest.mark.parametrize("found", CLASSES.values(), ids=CLASSES)


def soup_of(found, one=None):
    text = pages.class_page(found, {}) if one is None else pages.student_page(found, one)
    return BeautifulSoup(text, "html.parser")


# --- JSON ----------------------------------------------------------------------------------------


def problems_with(text):
    import jsonschema  # takes a second

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(text)]


@pytest.mark.parametrize("found", [EMPTY, ONE, ALL_PROBLEMS, NO_CHECKS, made_up(30)])
def test_the_schema_accepts_what_is_written_and_it_is_read_again(found):
    text = found.as_json()
    assert problems_with(json.loads(text)) == []
    assert Results.from_json(text) == found


def test_the_schema_names_all_fields_and_no_other():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    rooms = {
        Results: (schema, {"schema_version"}),
        SubmissionResult: (schema["$defs"]["submission"], {"score", "max_score"}),
        CheckResult: (schema["$defs"]["check"], set()),
    }
    for kind, (room, computed) in rooms.items():
        fields = {field.name for field in dataclasses.fields(kind)} | computed
        assert set(room["properties"]) == set(room["required"]) == fields
        assert room["additionalProperties"] is False
        assert all("description" in value for value in room["properties"].values())


def test_the_schema_asks_for_nothing_from_elsewhere():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert schema.pop("$schema") == "https://json-schema.org/draft/2020-12/schema"
    text = json.dumps(schema)
    assert "://" not in text
    assert set(re.findall(r'"\$ref": "(.)', text)) == {"#"}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (["schema_version"], 2),
        (["seed"], -1),
        (["seed"], 1.5),
        (["isolation"], "docker"),
        (["release_sha256"], "short"),
        (["surprise"], 1),
        (["submissions", 0, "status"], "fine"),
        (["submissions", 0, "seconds"], -1),
        (["submissions", 0, "score"], "7"),
        (["submissions", 0, "sha256"], "short"),
        (["submissions", 0, "problems"], ["two\nlines"]),
        (["submissions", 0, "surprise"], 1),
        (["submissions", 0, "checks", 0, "outcome"], "passed"),
        (["submissions", 0, "checks", 0, "points"], 0),
        (["submissions", 0, "checks", 0, "earned"], -1),
        (["submissions", 0, "checks", 0, "surprise"], 1),
    ],
)
def test_the_schema_refuses_what_is_wrong(place, value):
    record = json.loads(ONE.as_json())
    room = record
    for step in place[:-1]:
        room = room[step]
    room[place[-1]] = value
    assert len(problems_with(record)) == 1


def test_the_schema_misses_what_is_left_out():
    record = json.loads(ONE.as_json())
    del record["seed"], record["submissions"][0]["checks"][0]["hint"]
    assert len(problems_with(record)) == 2


# --- CSV -----------------------------------------------------------------------------------------


def test_csv_is_what_a_gradebook_reads():
    half = (*all_checks()[:2], *all_checks("wrong")[2:])
    found = results(submission("Ada"), submission("Ben", "stopped", half, problems=("a", "b, c")))
    text = exports.csv_text(found)
    table = pd.read_csv(io.StringIO(text))
    assert list(table) == ["student", "score", "max_score", "status", *PARTS, "problems"]
    assert table.score.tolist() == [10, 4]
    assert table.max_score.tolist() == [10, 10]
    assert table.status.tolist() == ["graded", "stopped"]
    assert table[list(PARTS)].to_numpy().tolist() == [[4, 3, 3], [4, 0, 0]]
    assert table.problems.tolist()[1] == "a; b, c"
    assert text.count("\r\n") == text.count("\n") == 3


@pytest.mark.parametrize("name", HOSTILE)
def test_csv_gives_names_back_and_runs_none(name):
    found = results(submission(name, problems=(name,)), submission("last"))
    rows = list(csv.reader(io.StringIO(exports.csv_text(found), newline=""), strict=True))
    assert [len(row) for row in rows] == [8, 8, 8]
    for cell in (rows[1][0], rows[1][-1]):
        assert cell in (name.replace("\udcff", "?"), f"'{name}")
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    assert rows[2][0] == "last"


def test_csv_has_no_score_where_the_grader_failed():
    found = results(submission("Ada", "failed", all_checks("not run")), submission("Ben"))
    table = pd.read_csv(io.StringIO(exports.csv_text(found)))
    assert table.score.isna().tolist() == [True, False]
    assert table["2. Ridge"].isna().tolist() == [True, False]


def test_csv_of_nobody_is_a_head():
    assert exports.csv_text(EMPTY) == '"student","score","max_score","status","problems"\r\n'


# --- Gradescope ----------------------------------------------------------------------------------


def test_gradescope_reads_scores_and_reasons():
    wrong = check(
        "ridge_fit", "2. Ridge", 2, "wrong", expected="1", got="<b>2", message="no", hint="try"
    )
    ends = all_checks()[0], all_checks()[1], wrong
    one = submission(checks=ends, status="stopped", problems=("a problem",), seconds=2.6)
    record = json.loads(exports.gradescope_text(one, "02_weight_penalties"))
    assert record["score"] == 4
    assert record["execution_time"] == 3
    assert record["output"].splitlines() == [
        "02_weight_penalties: 4 of 6 points (stopped)",
        "a problem",
    ]
    assert (record["visibility"], record["stdout_visibility"]) == ("visible", "hidden")
    # What is not declared as plain text could be shown as HTML.
    assert {v for key, v in record.items() if key.endswith("format")} == {"text"}
    tests = record["tests"]
    assert [test["number"] for test in tests] == ["1.1", "1.2", "2.1"]
    assert [test["status"] for test in tests] == ["passed", "passed", "failed"]
    assert [test["score"] for test in tests] == [2, 2, 0]
    assert {test["max_score"] for test in tests} == {2}
    assert {test["visibility"] for test in tests} == {"visible"}
    assert tests[0]["output"] == "right"
    assert tests[2]["name"] == "2. Ridge: ridge_fit"
    assert tests[2]["output"] == "no\nexpected: 1\ngot: <b>2\nhint: try"


@every_class
def test_gradescope_adds_up_and_can_be_written(found):
    for one in found.submissions:
        text = exports.gradescope_text(one, found.exercise)
        text.encode()
        record = json.loads(text)
        assert record["score"] == sum(test["score"] for test in record["tests"]) == one.score


def test_gradescope_says_a_hint_once():
    one = submission(checks=(check("a", "p", 1, "wrong", message=f"No. {SAYS}", hint=SAYS),))
    assert exports.gradescope_text(one, "x").count("average over") == 1


# --- the table in a terminal ---------------------------------------------------------------------


def printed(found):
    screen = Console(file=io.StringIO(), width=120, highlight=False, emoji=False)
    screen.print(report.grades_table(found))
    return screen.file.getvalue()


def test_the_table_shows_points_and_what_cost_some():
    half = (*all_checks()[:2], *all_checks("wrong")[2:])
    text = printed(
        results(
            submission("zoe"), submission("[red]Ben", "stopped", half, problems=("took too long",))
        )
    )
    assert text.index("[red]Ben") < text.index("zoe")
    for said in ("4 of 10", "10 of 10", "stopped", "took too long", "2. Ridge: 0 of 3", "4815"):
        assert said in text
    assert "Soft" not in text


def test_the_table_of_what_was_not_graded_names_the_problem_alone():
    text = printed(ALL_PROBLEMS)
    assert text.count("problem") == 3
    assert "Ridge" not in text
    assert "right" not in text + printed(results(submission(status="failed", checks=())))


@every_class
def test_the_table_is_printed_whatever_is_in_it(found):
    assert len(printed(found).splitlines()) >= len(found.submissions)


def test_the_table_loads_nothing_heavy():
    code = (
        "import sys, coursepkg.grading.report, coursepkg.grading.pages; "
        "print({'coursepkg.grading.results', 'jinja2', 'nbformat', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


# --- statistics ----------------------------------------------------------------------------------


def test_scores_are_of_all_who_have_one():
    found = results(
        submission("a"),
        submission("b", "stopped", (*all_checks()[:2], *all_checks("wrong")[2:])),
        submission("c", checks=all_checks("wrong")),
        submission("d", "problem", all_checks("not run")),
        submission("e", "failed", ()),
    )
    scores = pages.score_statistics(found)
    assert (scores.count, scores.full, scores.median) == (3, 1, 4)
    assert scores.mean == pytest.approx(14 / 3)
    assert scores.error == pytest.approx(statistics.stdev([10, 4, 0]) / 3**0.5)
    assert {bar.low: bar.count for bar in scores.bars if bar.count} == {0: 1, 4: 1, 10: 1}


@pytest.mark.parametrize("most", [1, 24, 25, 26, 60, 100, 1000])
def test_a_chart_of_any_length_counts_everybody_once(most):
    checks = tuple(check(f"c{n}", "p", 1, "right") for n in range(most))
    none = tuple(dataclasses.replace(one, outcome="wrong", earned=0) for one in checks)
    scores = pages.score_statistics(
        results(submission("a", checks=checks), submission("b", checks=none))
    )
    assert sum(bar.count for bar in scores.bars) == 2
    assert len(scores.bars) <= pages.MOST_BARS + 1
    assert [bar.low for bar in scores.bars[1:]] == [bar.high + 1 for bar in scores.bars[:-1]]
    assert (scores.bars[0].low, scores.bars[-1].high) == (0, most)


def test_the_hardest_part_comes_first_and_what_was_not_graded_does_not_count():
    wrong = all_checks("wrong")
    found = results(
        submission("a", checks=(*all_checks()[:2], *wrong[2:4], *all_checks()[4:])),
        submission("b", checks=(*wrong[:1], *all_checks()[1:2], *wrong[2:4], *all_checks()[4:])),
        submission("c", "problem", all_checks("not run")),
    )
    parts = pages.hardest_parts(found)
    assert [part.title[0] for part in parts] == ["2", "1", "3"]
    assert [part.lost for part in parts] == [1, 0.25, 0]
    assert [(part.mean, part.points) for part in parts] == [(0, 3), (3, 4), (3, 3)]


def test_a_misconception_is_counted_by_student():
    def wrong(*names):
        return tuple(
            check(f"c{n}", "p", 1, "wrong", hint=f"says {name}", misconception=name)
            for n, name in enumerate(names)
        )

    found = results(
        submission("a", checks=wrong("rare", "rare", "often")),
        submission("b", checks=wrong("often")),
        submission("c", checks=all_checks("wrong")),
    )
    first, second = pages.commonest_misconceptions(found)
    assert first == pages.Misconception("often", "says often", 2, ("c2", "c0"))
    assert second == pages.Misconception("rare", "says rare", 1, ("c0", "c1"))


def test_what_is_said_of_two_checks_is_said_once():
    same = [check(n, "p", 1, "wrong", message=f"{n}: no", got=n) for n in ("a", "b")]
    other = check("c", "p", 1, "error", message="another")
    (part,) = pages.feedback(submission(checks=(*same, other)))
    assert [finding.checks for finding in part.findings] == [("a", "b"), ("c",)]
    assert [finding.message for finding in part.findings] == ["no", "another"]
    assert part.findings[0].values == (("a", "", "a"), ("b", "", "b"))


# --- pages ---------------------------------------------------------------------------------------


def pages_of(found):
    yield soup_of(found)
    for one in found.submissions[:20]:
        yield soup_of(found, one)


@every_class
def test_pages_are_whole_documents(found):
    for soup in pages_of(found):
        assert soup.html["lang"] == "en"
        assert soup.title.get_text(strip=True)
        assert len(soup.find_all("h1")) == len(soup.find_all("main")) == 1
        skip = soup.body.find("a")
        assert skip["href"] == "#main"
        assert soup.main["id"] == "main"
        levels = [int(heading.name[1]) for heading in soup.find_all(re.compile(r"^h\d$"))]
        assert levels[0] == 1
        assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
        for table in soup.find_all("table"):
            assert table.caption.get_text(strip=True)
            assert all(cell["scope"] in ("row", "col") for cell in table.find_all("th"))
        ids = [element["id"] for element in soup.find_all(id=True)]
        assert len(ids) == len(set(ids))
        targets = {link["href"][1:] for link in soup.select('a[href^="#"]')}
        targets |= {section["aria-labelledby"] for section in soup.select("[aria-labelledby]")}
        assert targets <= set(ids)


@every_class
def test_pages_load_and_run_nothing(found):
    loading = "script, img, iframe, object, embed, video, audio, form, base, [src], [srcset]"
    for soup in pages_of(found):
        assert soup.select(loading) == []
        assert [link["href"] for link in soup.find_all("link")] == ["data:,"]
        assert not re.search(r"url\(|@import|://", soup.style.string)
        assert not [a for tag in soup.find_all(True) for a in tag.attrs if a.startswith("on")]
        (policy,) = soup.select("meta[http-equiv=Content-Security-Policy]")
        assert policy["content"].startswith("default-src 'none';")


def test_what_students_write_is_shown_as_they_wrote_it():
    for name in HOSTILE[:6]:
        found = results(
            submission(
                name,
                problems=(name,),
                checks=(check(name, name, 2, "wrong", expected=name, got=name, hint=name),),
            )
        )
        for soup in (soup_of(found), soup_of(found, found.submissions[0])):
            shown = soup.get_text().replace("\r\n", "\n")
            assert shown.count(name.replace("\r\n", "\n")) >= 5
            assert soup.find("bdi").get_text() == name


def test_what_cannot_be_written_is_replaced():
    found = CLASSES["hostile"]
    for text in (pages.class_page(found, {}), pages.student_page(found, found.submissions[13])):
        text.encode()
        assert "half\N{REPLACEMENT CHARACTER}" in text
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)


def test_code_in_a_sentence_is_code():
    one = submission(checks=(check("a", "p", 1, "wrong", message="use `x <i>` and `y"),))
    soup = soup_of(results(one), one)
    assert "x <i>" in [code.get_text() for code in soup.find_all("code")]
    assert "and `y" in soup.get_text()
    assert soup.find("i") is None


def test_the_class_page_says_what_a_teacher_asks():
    found = made_up(30)
    scores = pages.score_statistics(found)
    soup = BeautifulSoup(pages.class_page(found, {"Student 000": "s/0.html"}), "html.parser")
    tiles = {div.dt.get_text(): div.dd.get_text() for div in soup.select(".tiles div")}
    assert tiles == {
        "Submissions": "30",
        "Mean": f"{scores.mean:.1f} ± {scores.error:.1f}",
        "Median": f"{scores.median:g} of 10",
        "Full marks": str(scores.full),
        "To look at": "6",
    }
    assert len(soup.select("details.student")) == 30
    assert soup.select_one("section[aria-labelledby=misconceptions] b").string == "Wrong axis"
    rows = soup.select("section[aria-labelledby=parts] tbody tr")
    assert [row.th.get_text() for row in rows] == [p.title for p in pages.hardest_parts(found)]
    troubled = soup.select("section[aria-labelledby=problems] tbody th")
    assert [cell.get_text(strip=True) for cell in troubled][:2] == ["Student 003", "Student 005"]
    assert [link["href"] for link in soup.select(".feedback a")] == ["s/0.html"]
    table = soup.select("section[aria-labelledby=scores] tbody td")
    assert sum(int(cell.get_text()) for cell in table) == scores.count == 26


def test_a_class_of_two_hundred_is_a_page_that_can_be_sent():
    text = pages.class_page(made_up(200), {})
    assert text.count('<details class="student">') == 200
    assert len(text) < 1_500_000


def test_rare_misconceptions_are_folded():
    checks = tuple(
        check(f"c{n}", "p", 1, "wrong", hint="no", misconception=f"wrong_{n}") for n in range(10)
    )
    section = soup_of(results(submission(checks=checks))).select_one(
        "section[aria-labelledby=misconceptions]"
    )
    assert len(section.select("tbody tr")) == 10
    assert len(section.select("details tbody tr")) == 10 - pages.AT_FIRST
    assert section.summary.get_text() == "2 more"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (EMPTY, ["Nobody handed anything in.", "No submission could be graded."]),
        (ONE, ["Of the one submission", "in the one submission", "No known misconception"]),
        (ALL_PROBLEMS, ["No submission could be graded."]),
    ],
)
def test_small_classes_are_described_in_words(found, said):
    text = soup_of(found).get_text()
    assert all(words in text for words in said)
    assert "nan" not in text.split()
    assert "±" not in text


def test_a_student_page_says_what_was_found():
    wrong = check(
        "ridge_fit", "2. Ridge", 2, "wrong", expected="[1]", got="[2]", message="no", hint="try"
    )
    one = submission("Ada", checks=(*all_checks()[:2], wrong), file="a folder/x.ipynb")
    soup = soup_of(results(one, submission("Ben")), one)
    assert soup.h1.get_text() == "Ada"
    assert soup.title.get_text().startswith("Ada: 4 of 6 points")
    assert "Ben" not in soup.get_text()
    right, _, box = (" ".join(box.get_text().split()) for box in soup.select(".check"))
    assert right == "soft_vector ✓right, 2 of 2"
    assert box == "ridge_fit ✗wrong value, 0 of 2 no Hint: try expected[1] got[2]"
    assert "drawn from seed 4815" in soup.get_text()
    assert "a folder" not in soup.get_text(), "where it lies is the teacher's business"


@pytest.mark.parametrize("status", pages.EXPLAINED)
def test_a_student_page_explains_a_status(status):
    one = submission(status=status, checks=all_checks("not run"), problems=("torn <page>",))
    soup = soup_of(results(one), one)
    assert pages.EXPLAINED[status] in soup.header.get_text()
    assert soup.select_one(".problems li").get_text() == "torn <page>"
    assert bool(soup.select(".score")) == (status != "failed"), "a 0 would not be the student's"
    assert bool(soup.select(".check")) == (status == "stopped")


def test_a_megabyte_from_a_student_is_shown():
    one = submission(checks=(check("a", "p", 1, "wrong", got="9" * 10**6),))
    assert "9" * 10**6 in pages.student_page(results(one), one)


# --- pages in a browser --------------------------------------------------------------------------

IN_A_BROWSER = {
    "class": lambda: pages.class_page(made_up(30), {"Student 000": "s/0.html"}),
    "hostile class": lambda: pages.class_page(CLASSES["hostile"], {}),
    "student": lambda: pages.student_page(made_up(30), made_up(30).submissions[3]),
    "hostile student": lambda: pages.student_page(
        CLASSES["hostile"], CLASSES["hostile"].submissions[14]
    ),
}


def opened(browser, text, theme, width):
    """A page in a window, with every fold open."""
    page = site.new_context(browser, color_scheme=theme).new_page()
    seen = site.Visit(page, "about:")
    site.resize(seen, width)
    page.set_content(text)
    return seen


@pytest.mark.site
@pytest.mark.parametrize("width", [site.WIDE, site.PHONE])
@pytest.mark.parametrize("theme", site.THEMES)
@pytest.mark.parametrize("name", IN_A_BROWSER)
def test_pages_keep_nobody_out(browser, name, theme, width):
    seen = opened(browser, IN_A_BROWSER[name](), theme, width)
    try:
        dark = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (dark == "rgb(21, 21, 24)") == (theme == "dark")
        assert site.barriers(seen) == []
        assert site.sideways_scroll(seen) == []
        assert site.unseen_focus(seen) == []
        assert site.foreign_requests(seen) == []
        assert site.complaints(seen) == []
    finally:
        seen.page.context.close()


@pytest.mark.site
def test_a_barrier_would_be_seen(browser):
    text = pages.student_page(ONE, ONE.submissions[0])
    broken = text.replace("--muted: #5b5b66", "--muted: #bbb").replace(' lang="en"', "")
    broken = broken.replace("</main>", '<div style="width: 3000px">x</div></main>')
    seen = opened(browser, broken, "light", site.PHONE)
    try:
        found = "\n".join(site.barriers(seen))
        assert "color-contrast" in found
        assert "html-has-lang" in found
        assert site.sideways_scroll(seen)
    finally:
        seen.page.context.close()


@pytest.mark.site
def test_paper_shows_black_on_white_and_no_navigation(browser):
    seen = opened(browser, IN_A_BROWSER["class"](), "dark", site.WIDE)
    try:
        seen.page.emulate_media(media="print", color_scheme="dark")
        style = "(e) => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
        assert seen.page.eval_on_selector("body", style) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        assert not seen.page.is_visible("nav")
    finally:
        seen.page.context.close()


# --- files ---------------------------------------------------------------------------------------


def test_a_file_is_written_as_it_is(tmp_path):
    path = tmp_path / "new" / "folder" / "ä.csv"
    writing.write_atomically(path, "a\r\nλ\n")
    assert path.read_bytes() == "a\r\nλ\n".encode()
    writing.write_atomically(path, "b")
    assert path.read_text() == "b"
    assert list(path.parent.iterdir()) == [path]


def test_half_a_surrogate_pair_costs_no_results(tmp_path):
    found = results(submission("half\udcff"))
    writing.write_atomically(tmp_path / "r.json", found.as_json())
    assert Results.from_json((tmp_path / "r.json").read_text(encoding="utf-8")) == found


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    writing.write_atomically(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.parametrize("name", ["folder", "file/below", "x" * 300])
def test_what_cannot_be_written_is_said_in_one_line(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Problem, match=rf"^cannot write {re.escape(str(tmp_path / name))}: .+$"):
        writing.write_atomically(tmp_path / name, "new")
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_text() == "old"


def test_a_pipe_is_not_replaced_by_a_file(tmp_path):
    """Nor is a device; but a test that fails as root must not take the machine's away."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(Problem, match=r"pipe: not a file"):
        writing.write_atomically(pipe, "new")
    assert list(tmp_path.iterdir()) == [pipe]
    assert pipe.is_fifo()


def test_files_change_together_or_not_at_all(tmp_path):
    first = tmp_path / "first"
    first.write_text("old")
    with pytest.raises(Problem):
        writing.write_all({first: "new", tmp_path: "a folder"})
    assert first.read_text() == "old"
    assert list(tmp_path.iterdir()) == [first]
    writing.write_all({first: "new", tmp_path / "second": "new"})
    assert [path.read_text() for path in sorted(tmp_path.iterdir())] == ["new", "new"]


def test_an_interrupted_draft_is_cleared_away(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("old")

    def full(self, _content):
        self.touch()
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Problem, match=r"file: No space left on device"):
        writing.write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
