"""The exercises' machinery: release, checks of learners' notebooks, and the command line."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from coursepkg.grading.cli import main
from coursepkg.grading.exercise import Course, Problem, parts, read_notebook, tagged
from coursepkg.grading.in_process import outcomes
from coursepkg.grading.mutants import mutants
from coursepkg.grading.quality import measure
from coursepkg.grading.release import make_release, settled, write_release
from coursepkg.grading.variants import read_variants

ROOT = Path(__file__).parents[1]
NAME = "02_weight_penalties"
KNOWN = ", ".join(Course().names())

# --- a small exercise, made and measured in this process ----------------------------------------

ANSWER = '''
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2.0 * x
    ### END SOLUTION
'''
CHECK = "rng = np.random.default_rng(seed)\nx = rng.uniform(1, 2)\n{extra}\n"
CHECK += 'show("double_number", lambda: double(x))'
WRONG = '''
import numpy as np
def double_half(x):
    """You halved it."""
    return x / 2
def double_two(x):
    """That is too
    many."""
    return x + x, x
def double_nan(x):
    """That is no number."""
    return np.nan * np.ones(2)
def double_minus(x):
    """Twins a."""
    return -x
def double_minus_too(x):
    """Twins b."""
    return -x
def double_raises(x):
    """Too long."""
    raise ValueError("no")
'''
RIGHT = '''
EQUIVALENT = {}
def double_sum(x):
    """A sum."""
    return x + x
'''


def cell(source, cell_id, *tags, **metadata):
    made = nbformat.v4.new_code_cell(source.strip(), id=cell_id)
    made.metadata.update(tags=list(tags), **metadata)
    return made


def small_master(answer=ANSWER, extra=""):
    graded = {
        "nbgrader": {"points": 3, "grade_id": "double_number"},
        "coursepkg": {"hint": "add x to itself.", "rtol": 1e-6, "atol": 0.0},
    }
    setup = "import numpy as np\nfrom coursepkg.show import show\nexercise = '01_small'\nseed = 0"
    title = nbformat.v4.new_markdown_cell(
        "# Solution", id="solution", metadata={"tags": ["solution"]}
    )
    intro = nbformat.v4.new_markdown_cell("# Try", id="t", metadata={"tags": ["remove-cell"]})
    part = nbformat.v4.new_markdown_cell("## 1. Double (3 points)\n\nMore.", id="part")
    cells = [
        title,
        intro,
        cell(setup, "setup", "parameters"),
        part,
        cell(answer, "double", "answer"),
        cell(CHECK.format(extra=extra), "double_number", "grade", **graded),
    ]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture
def small(tmp_path):
    """A course of one small exercise, its files written and not released yet."""
    course = Course(tmp_path)
    texts = {
        course.master("01_small"): nbformat.writes(small_master()),
        course.misconceptions("01_small"): WRONG,
        course.right_answers("01_small"): RIGHT,
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    return course


def rewrite_master(course, **changes):
    nbformat.write(small_master(**changes), course.master("01_small"))


def test_a_release_holds_stubs_and_no_solution(small):
    assert write_release(small, "01_small")
    released = read_notebook(small.released("01_small"))
    assert [c.id for c in released.cells] == ["t", "setup", "part", "double", "double_number"]
    (answer,) = tagged(released, "answer")
    assert answer.source.endswith('x."""\n    # YOUR CODE HERE\n    raise NotImplementedError')
    (check,) = tagged(released, "grade")
    assert (check.metadata.editable, check.metadata.deletable) == (False, False)
    assert "tags" not in released.cells[0].metadata
    assert all(not c.outputs for c in released.cells if c.cell_type == "code")
    assert outcomes(released)["double_number"].error == "NotImplementedError"


def test_the_expected_file_holds_values_and_feedback(small):
    write_release(small, "01_small")
    expected = json.loads(small.expected("01_small").read_text(encoding="utf-8"))
    check = expected["checks"]["double_number"]
    assert (expected["exercise"], expected["seed"]) == ("01_small", 0)
    assert check["value"] == pytest.approx(2 * 1.6369616873, rel=1e-9)
    any_number, any_minus = pytest.approx(2.4, abs=0.9), pytest.approx(-1.6369616873)
    assert check["misconceptions"] == [  # without nan, and twins together
        {"name": "double_half", "says": "You halved it.", "value": pytest.approx(0.81848084)},
        {"name": "double_two", "says": "That is too many.", "value": [any_number, any_number]},
        {"name": "double_minus", "says": "Twins a. Or: Twins b.", "value": any_minus},
        {"name": "double_raises", "says": "Too long.", "error": "ValueError: no"},
    ]


def test_a_second_release_changes_nothing(small):
    assert write_release(small, "01_small")
    assert not write_release(small, "01_small")


def test_a_value_within_tolerance_stays(small):
    release = make_release(small, "01_small").expected
    old = json.loads(json.dumps(release))
    for factor, kept in ((1 + 1e-8, True), (1 + 1e-3, False)):
        for record in (
            old["checks"]["double_number"],
            old["checks"]["double_number"]["misconceptions"][0],
        ):
            record["value"] = release["checks"]["double_number"]["value"] * factor
        found = settled(release, old)["checks"]["double_number"]
        assert (found["value"] == old["checks"]["double_number"]["value"]) == kept
    assert settled(release, {}) == release


@pytest.mark.parametrize("place", ["double", "t", "extra"])
def test_what_somebody_wrote_into_a_release_is_not_overwritten(small, place):
    write_release(small, "01_small")
    path = small.released("01_small")
    notebook = read_notebook(path)
    if place == "extra":
        notebook.cells.append(nbformat.v4.new_code_cell("mine = 1"))
    else:
        next(c for c in notebook.cells if c.id == place).source += "\n# mine"
    nbformat.write(notebook, path)
    before = path.read_bytes(), small.expected("01_small").read_bytes()
    rewrite_master(small, extra="x = 2 * x")
    with pytest.raises(Problem, match="was edited after it was made"):
        write_release(small, "01_small")
    assert (path.read_bytes(), small.expected("01_small").read_bytes()) == before


def test_outputs_alone_are_nobodys_work(small):
    write_release(small, "01_small")
    path = small.released("01_small")
    notebook = read_notebook(path)
    notebook.cells[1].execution_count = 3
    nbformat.write(notebook, path)
    assert write_release(small, "01_small")
    assert read_notebook(path).cells[1].execution_count is None


@pytest.mark.parametrize(
    ("answer", "extra", "message"),
    [
        (ANSWER.replace("### END SOLUTION", ""), "", "needs ### BEGIN SOLUTION and ### END"),
        (ANSWER.replace("2.0 * x", "1 / 0"), "", "the solution raised ZeroDivisionError"),
        (ANSWER.replace("2.0 * x", "x * np.nan"), "", "value must be finite. Received: nan"),
        (ANSWER.replace("2.0 * x", "x / 2"), "", "double_half loses no points"),
        (ANSWER, "show = lambda *_: None", "must call show('double_number', ...)"),
    ],
)
def test_a_broken_master_writes_nothing(small, answer, extra, message):
    rewrite_master(small, answer=answer, extra=extra)
    with pytest.raises(Problem) as caught:
        write_release(small, "01_small")
    assert message in str(caught.value)
    assert not small.released("01_small").exists()
    assert not small.expected("01_small").exists()


def test_a_misconception_without_a_sentence_is_refused(small):
    small.misconceptions("01_small").write_text("def double_x(x): return x", encoding="utf-8")
    with pytest.raises(Problem, match="double_x needs a docstring"):
        make_release(small, "01_small")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            ("double_number", "nbgrader", "points"),
            -1,
            "points must be an integer >= 1. Received: -1",
        ),
        (("double_number", "nbgrader", "points"), None, "points must be an integer >= 1"),
        (("double_number", "coursepkg", "hint"), None, "metadata.coursepkg lacks hint"),
        (("setup", "tags"), [], "one cell carries the tag parameters. Received: 0"),
        (("setup", "source"), "seed = 0", 'its setup must say exercise = "01_small"'),
        (("t", "id"), "part", "every cell needs an id of its own"),
    ],
)
def test_a_master_that_is_not_built_right_is_refused(small, path, value, message):
    master = small_master()
    cell = next(c for c in master.cells if c.id == path[0])
    holder = cell if path[1] in ("id", "source") else cell.metadata
    for key in path[1:-1]:
        holder = holder[key]
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    small.master("01_small").write_text(json.dumps(master), encoding="utf-8")
    with pytest.raises(Problem) as caught:
        make_release(small, "01_small")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def triple_x(x):\n    'No.'", "triple_x is a variant of no answer. Known: double"),
        ("def double_x(x:", "no Python that can be read"),
    ],
)
def test_variants_that_cannot_be_read_are_refused(small, text, message):
    small.misconceptions("01_small").write_text(text, encoding="utf-8")
    with pytest.raises(Problem) as caught:
        make_release(small, "01_small")
    assert message in str(caught.value)


def test_variants_take_their_imports_and_helpers_along(small):
    path = small.right_answers("01_small")
    path.write_text(
        "import math\ndef _one(): return math.exp(0)\n"
        "def double_far(x):\n    '''Far\n    round.'''\n    return x + x * _one()\n",
        encoding="utf-8",
    )
    (variant,) = read_variants(path, read_notebook(small.master("01_small")))
    assert (variant.name, variant.cell, variant.says) == ("double_far", "double", "Far round.")
    assert list(quality_of(small).rejected) == []


def quality_of(course):
    return measure(course, "01_small")


def test_a_run_ends_when_enough_has_been_found():
    assert list(outcomes(small_master(), enough=bool)) == ["double_number"]
    assert outcomes(small_master(), enough=lambda _found: True) == {}


def test_quality_counts_wrong_and_right(small):
    quality = quality_of(small)
    assert quality.good
    assert quality.wrong == quality.caught == 6 + len(mutants(ANSWER))
    assert (quality.right, quality.share_caught) == (1, 1.0)


def test_a_weak_check_shows_its_survivors(small):
    rewrite_master(small, extra="x = 0.0 * x")
    small.misconceptions("01_small").write_text("", encoding="utf-8")
    quality = quality_of(small)
    assert not quality.good
    assert quality.share_caught < 0.95
    assert "double: 2.0 * x -> 2.0 / x" not in str(quality.survivors), "it raises"
    assert "double: 2.0 * x -> x (with seeds 0, 1, 2, 3, 4)" in quality.survivors
    assert quality.share_caught == quality.caught / quality.wrong


def test_a_survivor_may_be_equivalent_and_a_reason_stale(small):
    rewrite_master(small, answer=ANSWER.replace("2.0 * x", "abs(2.0) * x"))
    reasons = {"double: 2.0 * x -> 3.0 * x": "gone", "double: 2.0 -> 3.0": "not so"}
    text = RIGHT.replace("EQUIVALENT = {}", f"EQUIVALENT = {reasons!r}")
    small.right_answers("01_small").write_text(text, encoding="utf-8")
    quality = quality_of(small)
    assert quality.stale == list(reasons), "one is not made any more, the other one is caught"
    assert not quality.good


def test_a_right_answer_that_loses_points_is_named(small):
    text = RIGHT.replace("x + x", "x + x if x < 1.9 else 0")
    small.right_answers("01_small").write_text(text, encoding="utf-8")
    quality = quality_of(small)
    assert not quality.good
    assert quality.rejected
    assert all("double_sum, seed" in line for line in quality.rejected)


def test_an_endless_mutant_is_stopped(small, monkeypatch):
    monkeypatch.setattr("coursepkg.grading.in_process.TIME_LIMIT", 0.2)
    found = outcomes(
        read_notebook(small.master("01_small")),
        answers={"double": "def double(x):\n    while True: pass"},
    )
    assert found["double_number"].error.startswith("TimeoutError")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a + b", {"a - b", "a", "b", "2 * a + b", "a + 2 * b"}),
        ("a * b", {"a / b", "a", "b", "2 * a * b", "a * (2 * b)"}),
        ("a ** 2", {"a * 2", "a", "a ** 3", "a ** 4", "(2 * a) ** 2"}),
        ("-a", {"a", "-(2 * a)"}),
        ("a < b", {"a <= b", "a > b", "2 * a < b", "a < 2 * b"}),
        ("np.sum(a, axis=0)", {"np.mean(a, axis=0)", "np.sum(a, axis=1)", "np.sum(2 * a, axis=0)"}),
        ("np.abs(a)", {"a", "np.abs(2 * a)"}),
        ("a.T", {"a", "(2 * a).T"}),
        ("'x'", {"'x_'"}),
        ("a and b", {"a or b", "2 * a and b", "a and 2 * b"}),
        ("True", {"False"}),
    ],
)  # fmt: skip
def test_mutants(before, after):
    source = f'def f(a, b):\n    """Doc 1."""\n    return {before}'
    found = {mutant.source.split("return ")[1] for mutant in mutants(source)}
    assert found == after


def test_two_places_of_one_expression_have_two_names():
    changes = [m.change for m in mutants("def f(a):\n    return [a, a]")]
    assert changes == ["f: a -> 2 * a", "f: a -> 2 * a (2)"]


# --- learners' notebooks, run in kernels --------------------------------------------------------


@pytest.fixture
def course(tmp_path):
    """A copy of the course's exercises."""
    shutil.copytree(ROOT / "exercises", tmp_path / "course" / "exercises")
    return Course(tmp_path / "course")


def command(course, *args):
    """Run the command; return its exit code and what it printed, on stdout and stderr."""
    result = CliRunner().invoke(main, args, obj=course)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def solved():
    """The solution's answer cells in a learner's copy."""
    notebook = read_notebook(ROOT / "exercises" / f"{NAME}.ipynb")
    answers = {c.id: c.source for c in tagged(read_notebook(Course().master(NAME)), "answer")}
    for c in notebook.cells:
        c.source = answers.get(c.id, c.source)
    return notebook


def source_of(notebook, cell_id, new=None):
    found = next(c for c in notebook.cells if c.id == cell_id)
    if new is not None:
        found.source = new
    return found.source


@pytest.fixture
def check(course):
    """Write a notebook into work/ and check it: exit code, stdout, stderr."""

    def run(notebook, *options):
        course.work.mkdir(exist_ok=True)
        path = course.work / f"{NAME}.ipynb"
        if isinstance(notebook, bytes):
            path.write_bytes(notebook)
        else:
            nbformat.write(notebook, path)
        before = path.read_bytes()
        try:
            return command(course, "check", *options)
        finally:
            assert path.read_bytes() == before, "a check only reads"

    return run


HARD = "def soft_threshold(z, threshold):\n    return np.where(np.abs(z) > threshold, z, 0)"
SAYS_HARD = "The small entries are 0, but the large ones kept their full size: that is the hard"


def test_the_untouched_exercise_earns_nothing_in_any_part(check):
    code, out, err = check(read_notebook(Course().released(NAME)))
    assert (code, err) == (1, "")
    assert out.count("0 of 4") == 5
    assert "0 of 20" in out
    assert out.count(": no answer yet") == 5
    assert "note: the file holds no answer yet. Is the notebook saved (Ctrl-S)?" in out


def test_the_solution_earns_all(course):
    code, out, err = command(course, "check", str(course.master(NAME)))
    assert (code, err) == (0, "")
    assert "20 of 20" in out
    assert out.count("│ right") == 5


def test_a_misconception_costs_its_checks_and_says_its_sentence(check):
    notebook = solved()
    source_of(notebook, "soft_threshold", HARD)
    code, out, _ = check(notebook)
    assert code == 1
    assert f"soft_threshold_vector, soft_threshold_matrix: {SAYS_HARD}" in out
    assert "16 of 20" in out
    assert "note: " not in out


def test_learners_cells_tags_and_comments_change_nothing(check):
    notebook = solved()
    extra = nbformat.v4.new_code_cell("def helper(z):\n    return np.abs(z)")
    scratch = nbformat.v4.new_code_cell("1 / 0\nwhile True: pass")
    notebook.cells[3:3] = [extra, scratch]
    answer = "# NBVAL_SKIP\nimport warnings\nprint('left over')\n"
    answer += "def soft_threshold(z, threshold):\n    print('x'); warnings.warn('y')\n"
    answer += "    return np.sign(z) * np.maximum(helper(z) - threshold, 0)"
    source_of(notebook, "soft_threshold", answer)
    for c in notebook.cells:
        if c.cell_type == "code":
            c.metadata["tags"] = [*c.metadata.get("tags", []), "raises-exception", "nbval-skip"]
    code, out, err = check(notebook)
    assert (code, err) == (0, "")
    assert "20 of 20" in out
    assert "note: " not in out


def test_changed_and_missing_checks_run_as_they_were(check):
    notebook = solved()
    source_of(notebook, "soft_threshold", HARD)
    source_of(notebook, "soft_threshold_vector", "print('right')")
    notebook.cells = [c for c in notebook.cells if c.id not in ("soft_threshold_matrix", "setup")]
    code, out, _ = check(notebook)
    assert code == 1
    assert "16 of 20" in out
    assert "changed in this notebook, and run as the exercise has it: soft_threshold_vector" in out
    assert "missing in this notebook, and run as the exercise has it: setup, soft_thr" in out


def test_answers_are_found_without_ids(check):
    notebook = solved()
    for number, c in enumerate(notebook.cells):
        c.id = f"lost-{number}"
        if number % 2:
            c.metadata.pop("nbgrader", None)
    code, out, _ = check(notebook)
    assert code == 0
    assert "20 of 20" in out


def test_a_notebook_from_before_cell_ids(check):
    notebook = solved()
    notebook.nbformat_minor = 4
    for c in notebook.cells:
        c.pop("id")
        c.metadata.clear()
    assert check(nbformat.writes(notebook).encode())[0] == 0


def test_an_answer_that_is_gone(check):
    notebook = solved()
    notebook.cells = [c for c in notebook.cells if c.id != "ridge"]
    code, out, _ = check(notebook)
    assert code == 1
    assert "no cell defines ridge" in out
    assert "16 of 20" in out


def test_answers_that_share_a_cell(check):
    notebook = solved()
    merged = "\n".join(c.source for c in tagged(notebook, "answer"))
    source_of(notebook, "soft_threshold", merged)
    gone = {"ridge", "elastic_net_penalty", "ista", "keras_to_sklearn"}
    notebook.cells = [c for c in notebook.cells if c.id not in gone]
    code, out, _ = check(notebook)
    assert code == 0
    assert "20 of 20" in out


def test_an_answer_merged_with_its_check(check):
    notebook = solved()
    joined = source_of(notebook, "ridge") + "\n" + source_of(notebook, "ridge_fit")
    source_of(notebook, "ridge", joined)
    notebook.cells = [c for c in notebook.cells if c.id != "ridge_fit"]
    code, out, _ = check(notebook)
    assert code == 0
    assert "missing in this notebook, and run as the exercise has it: ridge_fit" in out


def test_names_that_a_learner_takes_cost_no_right_answer(check):
    notebook = solved()
    taken = "seed = 42\nexercise = 'warm-up'\nnp = None\nfrom matplotlib.pyplot import *"
    notebook.cells.insert(5, nbformat.v4.new_code_cell(taken))
    code, out, _ = check(notebook)
    assert code == 0
    assert "20 of 20" in out


@pytest.mark.parametrize(
    "trick",
    [
        "def show(*_): pass",
        "import coursepkg.show\ncoursepkg.show.show = lambda *_: print('right')",
        "get_ipython().set_custom_exc((Exception,), lambda *_, **__: None)",
    ],
)
def test_a_check_that_compares_nothing_earns_nothing(check, trick):
    notebook = read_notebook(Course().released(NAME))
    notebook.cells.insert(2, nbformat.v4.new_code_cell(trick))
    code, out, _ = check(notebook)
    assert code == 1
    assert "0 of 20" in out


def test_a_part_says_what_its_cell_raised_and_no_more_than_is_news(check):
    notebook = solved()
    source_of(notebook, "ridge", "def ridge(x, y, l2): return lamda * x\nassert 1 == 2")
    source_of(notebook, "ista", "while True: pass")
    code, out, _ = check(notebook, "--timeout", "1")
    assert code == 4
    assert "ridge: its cell raised AssertionError\n" in re.sub(r"\s*│\s*\n", "\n", out)
    assert "name 'lamda' is not defined" in out
    assert "ista: did not end within 1 s" in out
    assert "not run" not in out


def test_exit_ends_its_cell_and_nothing_else(check):
    notebook = solved()
    source_of(notebook, "ridge", source_of(notebook, "ridge") + "\nexit()")
    source_of(notebook, "soft_threshold", "def soft_threshold(z, threshold):\n    quit()")
    code, out, _ = check(notebook)
    assert code == 1
    assert "your code raised SystemExit, in `quit()`." in out
    assert "16 of 20" in out


def test_a_cell_that_ends_the_kernel_the_second_time_it_runs(check, tmp_path):
    notebook = solved()
    mark = repr(str(tmp_path / "ran"))
    twice = f"import os\nif os.path.exists({mark}): os._exit(0)\nopen({mark}, 'w').close()"
    notebook.cells.insert(2, nbformat.v4.new_code_cell(twice))
    source_of(notebook, "ridge", source_of(notebook, "ridge") + "\nimport os; os._exit(0)")
    code, out, _ = check(notebook)
    assert code == 4
    assert "16 of 20" in out


def test_a_setup_that_fails_is_named(check, course):
    course.work.mkdir()
    (course.work / "numpy.py").write_text("1 +", encoding="utf-8")
    code, out, _ = check(solved())
    assert code == 1
    assert "note: the first cell failed, and all others need it: SyntaxError" in out


def test_two_copies_of_an_exercise_count_once(course):
    course.work.mkdir()
    nbformat.write(solved(), course.work / f"{NAME}.ipynb")
    shutil.copy(course.released(NAME), course.work / f"{NAME}-Copy1.ipynb")
    (course.work / ".hidden.ipynb").write_text("{", encoding="utf-8")
    code, out, err = command(course, "check")
    assert (code, err) == (1, "")
    assert "20 of 20" in out
    assert "0 of 20" in out
    assert "all exercises" not in out


def test_a_check_within_a_check_does_not_start(check):
    notebook = solved()
    inner = "!{sys.executable} -c 'from coursepkg.grading.cli import main; main()' check"
    notebook.cells.insert(2, nbformat.v4.new_code_cell(f"import sys\nsaid = {inner}\nprint(said)"))
    notebook.cells.insert(3, nbformat.v4.new_code_cell("assert 'being checked' in said[0], said"))
    code, out, _ = check(notebook)
    assert code == 0
    assert "note: " not in out


def test_a_kernel_that_does_not_start_is_one_line(check, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr("coursepkg.grading.kernels.Kernel._launch", fail)
    code, out, err = check(solved())
    assert (code, out) == (2, "")
    assert err.startswith("problem: nbval could not run every cell: ")
    assert "Kernel died before replying" in err
    assert err.count("\n") == 1


def test_no_expected_values_is_no_fault_of_the_learner(check, course):
    course.expected(NAME).unlink()
    code, out, err = check(solved())
    assert (code, out) == (2, "")
    assert "nothing can be compared" in err


def test_start_says_in_a_line_what_is_in_its_way(course):
    course.work.write_text("a file", encoding="utf-8")
    code, _, err = command(course, "start")
    assert code == 2
    assert err == f"problem: {course.work}: File exists\n"


def test_a_broken_answer_cell_is_named(check):
    notebook = solved()
    source_of(notebook, "ridge", "def ridge(x, y, l2):\nreturn 1")
    code, out, _ = check(notebook)
    assert code == 1
    assert re.search(r"ridge: its cell raised IndentationError: .* \(line 2\)", out)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("while True: pass", "did not end within 2 s"),
        ("__import__('os')._exit(0)", "ended the kernel"),
    ],
)
def test_a_part_that_must_be_stopped_costs_itself_alone(check, body, message):
    notebook = solved()
    source_of(
        notebook, "elastic_net_penalty", f"def elastic_net_penalty(weights, l1, l2):\n    {body}"
    )
    code, out, err = check(notebook, "--timeout", "2")
    assert (code, err) == (4, "")
    assert f"elastic_net_two_layers: {message}" in out
    assert f"elastic_net_convolution: not run, as elastic_net_two_layers {message}" in out
    assert "16 of 20" in out


def test_an_answer_cell_that_kills(check):
    notebook = solved()
    source_of(notebook, "ridge", source_of(notebook, "ridge") + "\nimport os\nos._exit(0)")
    code, out, _ = check(notebook)
    assert code == 4
    assert "ridge: ended the kernel" in out
    assert "16 of 20" in out


def test_the_line_in_a_kernel_is_one_line(course):
    notebook = solved()
    source_of(notebook, "soft_threshold", HARD)
    path = course.root / "wrong.ipynb"
    nbformat.write(notebook, path)
    convert = [
        "jupyter",
        "nbconvert",
        "--to",
        "notebook",
        "--execute",
        "--allow-errors",
        "--inplace",
    ]
    run = [sys.executable, "-m", *convert, "--log-level=ERROR", str(path)]
    subprocess.run(run, check=True, capture_output=True)
    outputs = next(c for c in read_notebook(path).cells if c.id == "soft_threshold_vector").outputs
    (error,) = [out for out in outputs if out.output_type == "error"]
    assert error.ename == "NotYet"
    (line,) = error.traceback
    assert line.startswith(f"not yet: soft_threshold_vector: {SAYS_HARD}")
    assert "\n" not in line


# --- stock nbval judges the same ----------------------------------------------------------------


def stock_nbval(path):
    """Names of the check cells that fail under nbval as it comes."""
    options = ["--nbval-lax", "-q", "-p", "no:cacheprovider", f"--config-file={os.devnull}"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--rootdir={path.parent}", path.name],
        cwd=path.parent,
        capture_output=True,
        text=True,
    )
    assert re.search(r"\d+ passed", run.stdout), run.stdout + run.stderr
    failed = {int(n) for n in re.findall(r"(?m)^FAILED \S+::Cell (\d+)", run.stdout)}
    code_cells = [c for c in read_notebook(path).cells if c.cell_type == "code"]
    return [c.id for n, c in enumerate(code_cells) if n in failed]


CHECKS_OF_1 = ["soft_threshold_vector", "soft_threshold_matrix"]
FORGED = [nbformat.v4.new_output("stream", name="stdout", text="right: forged\n")]
STALE = [nbformat.v4.new_output("error", ename="NotYet", evalue="old", traceback=["old"])]


@pytest.mark.parametrize(
    ("answer", "outputs", "failing"),
    [
        (HARD, FORGED, CHECKS_OF_1),
        (HARD, STALE, CHECKS_OF_1),
        (HARD, [], CHECKS_OF_1),
        (None, STALE, []),
        (None, FORGED, []),
        ("import warnings\nprint('left over')\nwarnings.warn('and a warning')", FORGED, []),
    ],
    ids=["wrong, forged", "wrong, saved", "wrong, cleared", "right, stale", "right", "noisy"],
)
def test_stock_nbval_judges_the_same_whatever_was_saved(course, answer, outputs, failing):
    notebook = solved()
    if answer == HARD:
        source_of(notebook, "soft_threshold", HARD)
    elif answer:
        source_of(notebook, "soft_threshold", f"{answer}\n{source_of(notebook, 'soft_threshold')}")
    for c in tagged(notebook, "grade"):
        c.outputs, c.execution_count = outputs, 1 if outputs else None
    course.work.mkdir()
    path = course.work / f"{NAME}.ipynb"
    nbformat.write(notebook, path)
    assert stock_nbval(path) == failing
    assert command(course, "check")[0] == (1 if failing else 0)


# --- files that are no exercise -----------------------------------------------------------------


SURROGATE = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x")]))
SURROGATE = SURROGATE.replace('"x"', '"\\ud800"')


def damaged():
    text = nbformat.writes(solved())
    return text[: len(text) // 2].encode()


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (damaged(), "damaged or cut off, it is no whole notebook (line "),
        (b"", "damaged or cut off"),
        (b"\xff\xfe\x00\xd8", "cannot be read as a notebook (UnicodeDecodeError"),
        (b"[" * 100_000, "cannot be read as a notebook (RecursionError"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "cannot be read as a notebook (ValueError"),
        (SURROGATE.encode(), "not a sound notebook (UnicodeEncodeError"),
        ((ROOT / "book" / f"{NAME}.ipynb").read_bytes(), "not an exercise"),
        (b"[1, 2]", "no notebook, it has no nbformat"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "not a sound notebook"),
        (nbformat.writes(nbformat.v4.new_notebook()).encode(), "not an exercise"),
    ],
)
def test_files_that_cannot_be_checked(course, contents, message):
    path = course.root / "x.ipynb"
    path.write_bytes(contents)
    code, out, err = command(course, "check", str(path))
    assert (code, out) == (2, "")
    assert err.startswith(f"problem: {path}: ")
    assert message in err
    assert err.count("\n") == 1
    assert path.read_bytes() == contents


def test_a_notebook_of_another_exercise(check):
    notebook = solved()
    source_of(notebook, "setup", source_of(notebook, "setup").replace(NAME, "09_other"))
    code, out, err = check(notebook)
    assert (code, out) == (2, "")
    assert f"Known: {KNOWN}. Received: 09_other" in err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["check", "nowhere.ipynb"], "nowhere.ipynb: no such file"),
        (["check", "99"], f"unknown exercise. Known: {KNOWN}. Received: 99"),
        (["check", "02"], "there is no 02_weight_penalties.ipynb in work/ yet. First: coursepkg s"),
        (["check", "x" * 5000], "File name too long"),
        (["check", "nowhere/02"], "First: coursepkg start"),
        (["check"], "no notebook in work/ yet. First: coursepkg start"),
        (["start", "dropout"], "unknown exercise"),
        (["release", "99"], "unknown exercise"),
    ],
)
def test_what_is_not_there_is_one_line_and_code_2(course, args, message):
    code, out, err = command(course, *args)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_broken_notebook_does_not_keep_others_from_their_points(course):
    course.work.mkdir()
    nbformat.write(solved(), course.work / f"{NAME}.ipynb")
    (course.work / "03_broken.ipynb").write_text("{", encoding="utf-8")
    nbformat.write(nbformat.v4.new_notebook(), course.work / "notes.ipynb")
    code, out, err = command(course, "check")
    assert code == 2
    assert "20 of 20" in out
    assert "left out: " in out
    assert "notes.ipynb: not an exercise" in out
    assert "03_broken.ipynb: damaged" in err


def test_start_copies_and_never_overwrites(course):
    code, out, _ = command(course, "start", "2")
    copy = course.work / f"{NAME}.ipynb"
    assert code == 0
    assert "is yours to write in" in out
    assert copy.read_bytes() == course.released(NAME).read_bytes()
    copy.write_text("mine", encoding="utf-8")
    code, out, _ = command(course, "start")
    assert code == 0
    assert "stays as it is" in out
    assert copy.read_text(encoding="utf-8") == "mine"


def test_the_command_explains_itself():
    for args in (["--help"], ["check", "--help"], ["start", "-h"], ["release", "-h"]):
        code, out, _ = command(None, *args)
        assert code == 0
        assert out.startswith("Usage: ")
    assert command(None, "--version")[1] == "coursepkg, version 0.1.0\n"


@pytest.mark.parametrize(
    ("args", "heavy"),
    [
        (["--help"], {"pytest", "nbval", "nbformat", "numpy"}),
        (["start", "99"], {"pytest", "nbval", "nbformat", "numpy"}),
        (["check", str(Course().master(NAME))], {"lark", "tensorflow"}),
    ],
)
def test_a_command_loads_no_more_than_it_needs(args, heavy):
    code = (
        "import atexit, sys; from coursepkg.grading.cli import main\n"
        f"atexit.register(lambda: print('loaded:', {heavy!r} & set(sys.modules)))\n"
        f"main({args!r})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.splitlines()[-1] == "loaded: set()", run.stdout + run.stderr


def test_nothing_is_half_written_when_writing_fails(small, monkeypatch):
    write_release(small, "01_small")
    rewrite_master(small, extra="x = x + 1")
    before = {path: path.read_bytes() for path in small.root.rglob("*") if path.is_file()}
    write_bytes = Path.write_bytes

    def fail_on_the_second(path, *args, **kwargs):
        if "ipynb" in path.name:
            raise OSError(28, "No space left on device", str(path))
        return write_bytes(path, *args, **kwargs)

    monkeypatch.setattr(Path, "write_bytes", fail_on_the_second)
    with pytest.raises(Problem, match="No space left"):
        write_release(small, "01_small")
    assert {p: p.read_bytes() for p in small.root.rglob("*") if p.is_file()} == before


def test_parts_carry_their_points():
    found = parts(read_notebook(Course().released(NAME)))
    assert [part.total for part in found] == [4] * 5
    assert found[1].title == "2. Ridge with an intercept"
    assert found[1].answers == ("ridge",)
