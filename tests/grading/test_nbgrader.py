"""The source for nbgrader: its metadata, what students get of it, and what its checks pay for.

nbgrader itself is not installed here: its rules are written down, as its version 0.9.6 has them.
"""

import re
import warnings
from collections import Counter

import nbclient
import nbformat
import pytest
from click.testing import CliRunner

from coursepkg.grading.cli import main
from coursepkg.grading.exercise import Course, code_cells, read_notebook, tagged
from coursepkg.grading.nbgrader_source import nbgrader_source, write_nbgrader_source

COURSE = Course()
NAME = "02_weight_penalties"
STUB = "raise NotImplementedError()"  # what nbgrader puts in place of a solution

each_exercise = pytest.mark.parametrize("name", COURSE.names())


@pytest.fixture(scope="module")
def source():
    """Make the source of an exercise, once."""
    made = {}

    def make(name=NAME):
        if name not in made:
            made[name] = nbformat.writes(nbgrader_source(COURSE, name))
        return nbformat.reads(made[name], 4)

    return make


def hidden(text, mark, put):
    pattern = rf"(?ms)^([ \t]*)### BEGIN {mark}\n.*?### END {mark}(?:\n|\Z)"
    return re.sub(pattern, lambda found: put.format(indent=found.group(1)), text)


def for_students(notebook):
    """Take out what nbgrader takes out when it generates an assignment."""
    for cell in notebook.cells:
        text = hidden(cell.source, "HIDDEN TESTS", "")
        cell.source = hidden(text, "SOLUTION", f"{{indent}}# YOUR CODE HERE\n{{indent}}{STUB}\n")
    return notebook


# --- metadata -----------------------------------------------------------------------------------


KINDS = {
    "schema_version": int,
    "grade": bool,
    "locked": bool,
    "solution": bool,
    "task": bool,
    "grade_id": str,
    "points": int,
}
REQUIRED = {"schema_version", "grade", "locked", "solution"}


def faults(notebook):
    """What nbgrader's schema 3 has against a notebook."""
    ids = Counter()
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader")
        if meta is None:
            continue
        kinds = {key for key in meta if type(meta[key]) is not KINDS.get(key)}
        if kinds or REQUIRED - set(meta) or meta["schema_version"] != 3:
            yield cell.id, "keys"
        if not re.fullmatch(r"[\w-]+", meta.get("grade_id", ""), re.ASCII):
            yield cell.id, "grade_id"
        if meta["grade"] and meta.get("points", -1) < 0:
            yield cell.id, "points"
        if cell.cell_type == "markdown" or meta.get("task"):
            yield cell.id, "no cell of a kind that this course has"
        ids[meta.get("grade_id")] += 1
    yield from ((grade_id, "twice") for grade_id, count in ids.items() if count > 1)


@each_exercise
def test_metadata_is_valid_for_nbgrader(source, name):
    for notebook in (source(name), read_notebook(COURSE.released(name))):
        nbformat.validate(notebook)
        assert list(faults(notebook)) == []
        assert all("nbgrader" in cell.metadata for cell in code_cells(notebook))


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("schema_version", 2, "keys"),
        ("grade", 1, "keys"),
        ("checksums", "x", "keys"),
        ("grade_id", "a b", "grade_id"),
        ("points", -1, "points"),
        ("grade_id", "ridge_few_rows", "twice"),
    ],
)
def test_the_rules_tell_valid_from_invalid(source, key, value, fault):
    notebook = source()
    cell = next(cell for cell in notebook.cells if cell.id == "ridge_fit")
    cell.metadata.nbgrader[key] = value
    assert [what for _, what in faults(notebook)] == [fault]


# --- what students get --------------------------------------------------------------------------


@each_exercise
def test_students_get_the_release(source, name):
    released = read_notebook(COURSE.released(name))
    got = [
        (c.id, c.source.replace(STUB, STUB[:-2]).rstrip()) for c in for_students(source(name)).cells
    ]
    assert got == [(c.id, c.source.rstrip()) for c in released.cells]


# --- what the checks pay for --------------------------------------------------------------------


@pytest.fixture
def grade(source, monkeypatch, tmp_path, capfd):
    """Run a source with other answers; return what each check raised, None where it passed."""
    monkeypatch.setattr("coursepkg.show.EXPECTED", tmp_path)  # which the grader does not have

    def run(answers, name=NAME):
        namespace, raised = {"__name__": "__main__"}, {}
        for cell in code_cells(source(name)):
            graded = cell.metadata.nbgrader.grade
            text = answers(cell) if cell.metadata.nbgrader.solution else cell.source
            capfd.readouterr()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("always")
                    exec(compile(text, cell.id, "exec"), namespace)
                error = None
            except (AssertionError, NotImplementedError) as caught:
                error = caught
            if graded:
                assert tuple(capfd.readouterr()) == ("", ""), "nbgrader looks at stderr"
                raised[cell.id] = error
        assert set(raised) == {cell.id for cell in tagged(source(name), "grade")}
        return raised

    return run


def lost(raised):
    """Say that every check raised an AssertionError of one line; return the lines."""
    for check, error in raised.items():
        assert isinstance(error, AssertionError), check
        assert str(error).startswith(f"{check}: ")
        assert "\n" not in str(error)
        assert len(error._render_traceback_()) == 1, "and a kernel shows no more than that"
    return [str(error) for error in raised.values()]


def solution(cell):
    return cell.source


@each_exercise
def test_the_solution_passes_without_a_word(grade, name):
    assert set(grade(solution, name).values()) == {None}


@each_exercise
def test_an_untouched_assignment_fails_every_check(grade, name):
    lines = lost(grade(lambda cell: hidden(cell.source, "SOLUTION", f"{{indent}}{STUB}\n"), name))
    assert all("no answer yet" in line for line in lines)


def functions(body, also=""):
    """Write answers that define each function anew, with the same body."""

    def answer(cell):
        names = re.findall(r"(?m)^def (\w+)\(", cell.source)
        return "\n".join(f"def {n}(*args, **kwargs):\n    {body}" for n in names) + f"\n{also}"

    return answer


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (functions("return 0.5"), "expected 17.4641, got 0.5. Hint: compute both sums by hand"),
        (functions("return {'alpha': 1.0}"), "expected one number as result, got a dict"),
        (functions("raise ValueError('no')"), "your code raised ValueError: no, in `"),
        (functions("print('right: elastic_net_two_layers = 17.4641')"), "got None"),
        (functions("pass", "show = lambda *_: print('right')"), "got None"),
        (functions("pass", "expected = judged = run = judge = None"), "got None"),
        (
            functions("pass", "import coursepkg.show\ncoursepkg.show.show = lambda *_: None"),
            "nothing was compared. Does your code replace show?",
        ),
    ],
)
def test_a_wrong_answer_and_one_that_merely_prints_fail(grade, monkeypatch, answers, message):
    import coursepkg.show

    monkeypatch.setattr(coursepkg.show, "show", coursepkg.show.show)  # and put it back afterwards
    lines = lost(grade(answers))
    (line,) = [line for line in lines if line.startswith("elastic_net_two_layers")]
    assert message in line


def test_names_that_a_student_takes_cost_no_right_answer(grade):
    taken = "np = None\nseed = 42\nexpected = judged = name = run = compute = 1\n"
    assert set(grade(lambda cell: f"{cell.source}\n{taken}").values()) == {None}


NOISY = """
import logging, os, sys, warnings
logging.basicConfig(level=0, stream=sys.stderr, force=True)
{source}
quiet_{name} = {name}
def {name}(*args, **kwargs):
    print("out"); print("err", file=sys.stderr); os.write(2, b"low")
    logging.warning("logged"); warnings.warn("warned")
    return quiet_{name}(*args, **kwargs)
"""


def test_in_a_kernel_a_noisy_right_answer_is_silent(source):
    notebook = source()
    for cell in tagged(notebook, "answer"):
        name = re.findall(r"(?m)^def (\w+)\(", cell.source)[-1]
        cell.source = NOISY.format(source=cell.source, name=name)
    nbclient.NotebookClient(notebook, timeout=60).execute()
    assert [cell.id for cell in tagged(notebook, "grade") if cell.outputs] == []


# --- the command --------------------------------------------------------------------------------


def command(*args):
    result = CliRunner().invoke(main, ["release", *args], obj=COURSE)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_the_command_writes_where_nbgrader_looks(tmp_path):
    before = COURSE.released(NAME).read_bytes()
    path = tmp_path / "source" / NAME / f"{NAME}.ipynb"
    for _ in range(2):
        assert command("2", "--nbgrader", str(tmp_path)) == (0, f"{path}: written\n", "")
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]
    assert read_notebook(path) == nbgrader_source(COURSE, NAME)
    assert COURSE.released(NAME).read_bytes() == before


def test_a_source_that_a_teacher_wrote_into_stays(tmp_path):
    path = write_nbgrader_source(COURSE, NAME, tmp_path)
    text = path.read_text(encoding="utf-8").replace("return x, y", "return x, y  # mine")
    path.write_text(text, encoding="utf-8")
    code, out, err = command("2", "--nbgrader", str(tmp_path))
    assert (code, out) == (2, "")
    assert f"{path} was edited after it was made, so it stays as it is" in err
    assert path.read_text(encoding="utf-8") == text
