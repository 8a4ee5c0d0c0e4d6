"""What of a submission counts: answers wherever they are, and what they take from other cells."""

import ast
import time

import nbformat
import pytest

from coursepkg.grading.answers import find_answers
from coursepkg.grading.isolation import forbidden_modules
from coursepkg.grading.needs import bound_names, imported_modules, needed


def code(source, cell_id="x", **metadata):
    return nbformat.v4.new_code_cell(source, id=cell_id, metadata=metadata)


def block(cell_id):
    return {"nbgrader": {"grade_id": cell_id}}


STUB = "def double(x):\n    raise NotImplementedError"
RIGHT = "def double(x):\n    return 2 * x"
RELEASE = nbformat.v4.new_notebook(
    cells=[
        code("import numpy as np", "setup", tags=["parameters"]),
        code(STUB, "double", tags=["answer"], **block("double")),
    ]
)


def found(*cells):
    return find_answers(nbformat.v4.new_notebook(cells=list(cells)), RELEASE).get("double")


@pytest.mark.parametrize(
    ("cells", "place", "sign", "rivals"),
    [
        ([code("1"), code(RIGHT, "double")], 1, "id", 0),
        ([code(RIGHT, "a", **block("double"))], 0, "grade_id", 0),
        ([code(RIGHT, "a")], 0, "name", 0),
        ([code("double = lambda x: 2 * x", "a")], 0, "name", 0),
        ([code("class double: pass", "a")], 0, "name", 0),
        ([code("try:\n    def double(x): pass\nfinally:\n    x", "a")], 0, "name", 0),
        ([code("f = double = abs", "a")], 0, "name", 0),
        ([code("for double in (1, 2): print(double)", "a"), code(RIGHT, "b")], 1, "name", 1),
        ([code(STUB, "double"), code("for double in (1,): 1", "a"), code(RIGHT)], 2, "name", 1),
        (
            [
                code(f"{RIGHT}\nif x: raise NotImplementedError(x)", "double"),
                code("if x: double = 1"),
            ],
            0,
            "id",
            1,
        ),
        ([code(f"# a note\n{STUB}", "double"), code(RIGHT, "a")], 1, "name", 1),
        ([code(STUB, "double"), code(RIGHT, "a", **block("double"))], 1, "grade_id", 0),
        ([code(STUB, "double"), code(RIGHT, "a")], 1, "name", 0),
        ([code(RIGHT, "a"), code(RIGHT + "  # mine", "double")], 1, "id", 1),
        ([code("# gone", "double"), code(RIGHT, "a")], 1, "name", 1),
        ([code(RIGHT, "double"), code(RIGHT.replace("    ", "  "), "a")], 0, "id", 0),
        ([code("def double(x", "double")], 0, "id", 0),
        ([nbformat.v4.new_markdown_cell(RIGHT, id="double")], 0, "id", 0),
    ],
)
def test_an_answer_is_found_wherever_it_is(cells, place, sign, rivals):
    answer = found(*cells)
    assert (answer.place, answer.sign, answer.rivals) == (place, sign, rivals)


@pytest.mark.parametrize(
    "cell",
    [
        code("redouble = 1"),
        code("def doubled(x): pass"),
        code("names = [double for double in (1, 2)]"),
        nbformat.v4.new_markdown_cell(RIGHT),
        nbformat.v4.new_markdown_cell("What I think of it", id="double"),
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(cell):
    assert found(cell) is None


def test_of_copies_the_first_that_holds_more_than_the_stub_counts():
    first, second = RIGHT, RIGHT.replace("2", "3")
    assert found(code(first, "a"), code(second, "b")).place == 0
    assert found(code(STUB, "double"), code(STUB, "a")).place == 0


# --- what an answer takes along -----------------------------------------------------------------


def taken(answer, *others, known=("np",)):
    cells = [code(source, f"other-{number}") for number, source in enumerate(others)]
    notebook = nbformat.v4.new_notebook(cells=[*cells, code(answer, "double")])
    place = find_answers(notebook, RELEASE)["double"]
    return "\n".join(needed(place, notebook, known=set(known), apart_from=set()).values())


USES_HELPER = "def double(x):\n    return helper(x)"


def test_an_answer_takes_what_it_uses_and_nothing_else():
    others = [
        "import math\nimport sys",
        "def helper(x):\n    return math.exp(x) * 2",
        "1 / 0\ny = 3",
    ]
    source = taken(USES_HELPER, *others)
    assert source.splitlines() == ["import math", "def helper(x):", "    return math.exp(x) * 2"]
    assert taken(RIGHT, *others) == ""


@pytest.mark.parametrize(
    "answer",
    [
        "def double(x):\n    y = 1\n    return y * x",
        "def double(x):\n    return [y for y in x]",
        "def double(y):\n    return y",
        "y = 2\ndef double(x):\n    return y * x",
        "import y\ndef double(x):\n    return y.f(x)",
        "def double(x):\n    def y(): pass\n    return y",
    ],
)
def test_names_of_its_own_are_not_looked_for(answer):
    assert taken(answer, "y = exit()") == ""


def test_what_the_exercise_defines_stays_as_it_is():
    assert taken("def double(x):\n    return np.add(x, x)", "np = None\ny = 1") == ""


def test_what_is_built_in_is_another_thing_if_a_cell_above_says_so():
    answer = code("def double(x):\n    return sum(x) + len(x)", "double")
    above, below = "from numpy import *\ndef len(x): return 0", "def sum(x): return 0"
    notebook = nbformat.v4.new_notebook(cells=[code(above, "a"), answer, code(below, "b")])
    answer = find_answers(notebook, RELEASE)["double"]
    source = needed(answer, notebook, known=set(), apart_from=set())
    assert ast.dump(ast.parse(source.pop(0))) == ast.dump(ast.parse(above))
    assert not source


def test_the_definitions_above_count_or_those_below():
    above = taken(USES_HELPER, "def helper(x): return 1", "def helper(x): return 2")
    assert above.splitlines()[-1] == "    return 2", "the last one prevails"
    below = [code("helper = abs", "a"), code("helper = all", "b")]
    cells = [code(USES_HELPER, "double"), *below]
    notebook = nbformat.v4.new_notebook(cells=cells)
    answer = find_answers(notebook, RELEASE)["double"]
    both = {1: "helper = abs", 2: "helper = all"}
    assert needed(answer, notebook, known=set(), apart_from=set()) == both
    assert needed(answer, notebook, known=set(), apart_from={1}) == {2: "helper = all"}
    notebook.cells.insert(0, code("helper = any", "c"))
    answer = find_answers(notebook, RELEASE)["double"]
    assert needed(answer, notebook, known=set(), apart_from=set()) == {0: "helper = any"}


@pytest.mark.parametrize(
    ("needs", "scratch"),
    [
        ("try:\n    from fast import helper\nexcept ImportError:\n    helper = abs", "helper(1)"),
        ("with suppress():\n    import helper", "print(helper)"),
        ("if FAST:\n    def helper(x): pass\nelse:\n    helper = abs", "plot(helper)"),
        ("helper = [1]\nhelper = tuple(helper)", "assert helper"),
        ("def helper(x): pass\nhelper = timed(helper)", "x = helper(2)"),
        ("helper = {}\nhelper['a'] = 1\nhelper.update(b=2)", "x = helper.pop('a')"),
        ("helper = {}\nfor name in 'ab':\n    helper[name] = 1", "for n in 'ab': print(helper)"),
        ("helper = []\nhelper.append(0)\ndel helper[0]", "len(helper)"),
        ("class helper: pass\nhelper.f = abs\nhelper.f.g = 2", "helper()"),
        ("helper = 1\nhelper += 1", "y = helper + 1"),
        ("helper = {}\ndef add(f): helper[f] = f\n@add\ndef g(): pass", "def h(): helper"),
        ("helper = {}\ndef fill(): helper[0] = 1\nfill()", "print(fill)"),
        ("from everything import *", "from elsewhere import helpers"),
    ],
)
def test_all_that_makes_a_name_what_it_is_comes_along(needs, scratch):
    source = taken(USES_HELPER, needs, scratch, known=())
    assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(needs))


def test_thousands_of_statements_are_read_in_no_time():
    lines = "\n".join(f"n{i} = n{i + 1}\ndef f{i}(): n{i} = 0\nf{i}()" for i in range(4000))
    began = time.monotonic()
    assert taken("def double(x): return n0", lines).startswith("n0 = n1")
    assert time.monotonic() - began < 10


def test_magics_and_broken_cells_are_no_obstacle():
    broken = "%matplotlib inline\n!ls\ndef helper(x):\n    return 2 * x"
    assert taken(USES_HELPER, "def (", broken).startswith("def helper(x):")
    assert taken("%time\ndef double(x):\n    return helper(x)", broken) != ""
    assert "helper" in taken(f"{USES_HELPER}\nx = [helper for helper in y]", "helper = abs")
    inside = "files = !ls\nabs?\ndef helper(x):\n    return 2 * x"
    assert taken(USES_HELPER, inside).startswith("def helper(x):")
    modulo = "def helper(x):\n    return (x\n            % 3)"
    assert "x % 3" in taken(USES_HELPER, modulo), "a line that begins with % may be Python"


@pytest.mark.parametrize("source", ["x" * 10**5, "(" * 10**4, "a.b" + ".b" * 10**4, "\0", "\ud800"])
def test_no_source_is_too_odd(source):
    assert taken(USES_HELPER, source) == ""
    assert bound_names(source) == set()
    assert imported_modules(source) == []


def test_bound_names_see_into_blocks_and_not_into_functions():
    source = "with f() as a:\n    import b.c as d, e.f\nfor g in h:\n    i: int = 1\n"
    source += "def j(k):\n    m = 1\nclass n:\n    o = 1\n(p, [q, *r]) = s"
    assert bound_names(source) == {"a", "d", "e", "g", "i", "j", "n", "p", "q", "r"}


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import coursepkg.linear_models as lm", ["coursepkg.linear_models"]),
        ("from coursepkg import proximal, datasets", ["coursepkg.proximal"]),
        ("from coursepkg.proximal import soft_threshold", ["coursepkg.proximal.soft_threshold"]),
        ("def f():\n    from coursepkg import sweep", ["coursepkg.sweep"]),
        ("import importlib\nimportlib.import_module('coursepkg.dropout')", ["coursepkg.dropout"]),
        ("__import__('coursepkg.dropout')", ["coursepkg.dropout"]),
        ("%time\nimport coursepkg.dropout", ["coursepkg.dropout"]),
        ("import coursepkg, coursepkg.show\nfrom coursepkg.datasets import make_linear", []),
        ("from coursepkg.quiet import without_stderr", []),
        ("import numpy, coursepkgs.dropout\nfrom . import dropout", []),
        ("'like coursepkg.dropout'\n# import coursepkg.dropout", []),
    ],
)
def test_imports_of_what_solves_the_exercises(source, modules):
    assert forbidden_modules(imported_modules(source)) == modules
