"""The rules for chapter notebooks: what is stored in them, and how their cells are made.

The site's build runs each chapter, which takes minutes, and fails where a cell does. What the
check cells printed in that run is compared here with what they have stored, as nbval would do in a
second run.
"""

import ast
import itertools
import re
from collections import Counter, defaultdict
from pathlib import Path

import nbformat
import pytest
import yaml
from fresh_chapters import agrees, fingerprint
from jupyter_cache import get_cache

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
RUNS = ROOT / "_build" / ".jupyter_cache"  # what the site's build keeps of them
# JupyterLab leaves copies of what was opened.
NOTEBOOKS = sorted(p for p in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)

CHECK_TAGS = {"nbval-check-output", "keep_output"}
# Every tag that a cell may carry; "raises-exception" and nbval's own would switch checks off.
KNOWN_TAGS = CHECK_TAGS | {"hide-input", "hide-cell", "hide-output"}
LONGEST_CELL = {"experiment": 12, "figure": 16}
# What draws a figure, and what draws one with sliders, which brings its own table and alt text.
DRAWN, DRAGGED = "plt.show()", "explorer.Explorer("
# The prompt of a figure's numbers, folded beneath it for readers who cannot see it.
TABLE = "The numbers in a table"


def tags(cell) -> set[str]:
    return set(cell.metadata.get("tags", []))


def is_check(cell) -> bool:
    return bool(tags(cell) & CHECK_TAGS)


def is_figure(cell) -> bool:
    return "figure" in cell.metadata.get("mystnb", {})


def is_dragged(cell) -> bool:
    return DRAGGED in cell.source


def is_table(cell) -> bool:
    return cell.metadata.get("mystnb", {}).get("code_prompt_show") == TABLE


def faults(notebook) -> list[str]:
    """Every rule that a notebook breaks, each with the id of its cell."""
    found = []
    for cell in notebook.cells:
        rules = code_faults(cell) if cell.cell_type == "code" else []
        found += [f"{cell.get('id', '?')}: {rule}" for rule in rules]
    found += [f"{cell.get('id', '?')}: a figure without its table" for cell in tableless(notebook)]
    found += [f"defines {name} twice" for name, n in definitions(notebook).items() if n > 1]
    found += [f"glued value {name!r} is made nowhere" for name in unmade_values(notebook)]
    if "version" in notebook.metadata.get("language_info", {}):
        found.append("metadata hold the Python version of one machine")
    return found


def code_faults(cell) -> list[str]:
    rules = check_faults(cell) if is_check(cell) else stored_output_faults(cell)
    rules += [f"unknown tag {tag}" for tag in sorted(tags(cell) - KNOWN_TAGS)]
    if re.search(r"#\s*(NBVAL|PYTEST_VALIDATE)", cell.source):
        rules.append("a comment marker would overrule the cell's tags")
    return rules + size_faults(cell) + figure_faults(cell)


def check_faults(cell) -> list[str]:
    rules = []
    if not tags(cell) >= CHECK_TAGS:
        rules.append("a check needs both of its tags")
    if cell.execution_count is None or not cell.outputs:
        rules.append("nbval compares a check only if it has a count and an output: make refresh")
    if not all(output.get("name") == "stdout" for output in cell.outputs):
        rules.append("a check prints one line and nothing else")
    tree = ast.parse(cell.source)
    if not any(isinstance(node, ast.Assert) for node in ast.walk(tree)):
        rules.append("a check asserts something")
    if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree)):
        rules.append("a check imports nothing")
    return rules


def stored_output_faults(cell) -> list[str]:
    return ["only checks keep their outputs: make refresh"] if cell.outputs else []


def size_faults(cell) -> list[str]:
    lines = sum(bool(line.strip()) for line in cell.source.splitlines())
    kind = "figure" if is_figure(cell) else "experiment"
    if lines > LONGEST_CELL[kind]:
        return [f"{lines} lines, at most {LONGEST_CELL[kind]}"]
    return []


def figure_faults(cell) -> list[str]:
    mystnb = cell.metadata.get("mystnb", {})
    draws = DRAWN in cell.source or is_dragged(cell)
    if draws != is_figure(cell):
        return [f"a cell with {DRAWN} or {DRAGGED}…) is a figure with a caption, and no other is"]
    if not draws:
        return []
    caption = mystnb["figure"].get("caption", "")
    alt = own_alt(cell.source) if is_dragged(cell) else mystnb.get("image", {}).get("alt", "")
    rules = [] if mystnb["figure"].get("name", "").startswith("fig-") else ["name it fig-…"]
    if len(caption) < 60:
        rules.append("the caption states the finding")
    if len(alt) < 80:
        rules.append("the alt text says what is to be seen")
    return rules


def own_alt(source: str) -> str:
    """The text that a cell hands over under the name ``alt``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.keyword) and node.arg == "alt":
            return ast.literal_eval(node.value)
    return ""


def tableless(notebook) -> list:
    """The figures with no table before the next figure or within the next three cells."""
    missing = []
    for place, cell in enumerate(notebook.cells):
        if is_figure(cell) and not is_dragged(cell):
            after = notebook.cells[place + 1 : place + 4]
            its_own = itertools.takewhile(lambda other: not is_figure(other), after)
            missing += [] if any(map(is_table, its_own)) else [cell]
    return missing


def definitions(notebook) -> Counter:
    names = Counter()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            names.update(
                node.name
                for node in ast.walk(ast.parse(cell.source))
                if isinstance(node, ast.FunctionDef | ast.ClassDef)
            )
    return names


def unmade_values(notebook) -> set[str]:
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    wanted = set(re.findall(r"\{glue:\w*\}`([^`:]+)", text))
    return wanted - set(re.findall(r"glue\(\s*\"([^\"]+)\"", code))


def printed(cell) -> dict[str, str]:
    """What a cell put out, by the name of the stream; a stream may come in pieces."""
    found = defaultdict(str)
    for output in cell.outputs:
        found[output.get("name", output.output_type)] += output.get("text", "")
    return found


def changed_checks(stored, run) -> list[str]:
    """The ids of the checks that print in a run what is not stored."""
    return [
        old.id
        for old, new in zip(stored.cells, run.cells, strict=True)
        if is_check(old) and printed(old) != printed(new)
    ]


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.name)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_notebook_is_valid(notebook):
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))


def test_notebook_keeps_the_rules(notebook):
    assert faults(notebook) == []


def test_chapter_has_its_parts(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    first = notebook.cells[0].source
    assert re.match(r"# \S", first), "begins with its title"
    assert re.search(r"\d+ minutes", first), "says how long it takes"
    assert len(re.findall(r"(?m)^- \*\*", first)) == 3, "three objectives, each with its verb"
    for part in (
        "{admonition} Predict",
        "## Back to your predictions",
        "## Questions",
        "## In three lines",
    ):
        assert part in text, part
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert DRAGGED in code, "something to drag"
    assert "quiz.ask(" in code, "the questions"
    setup = notebook.cells[1]
    assert setup.cell_type == "code"
    assert "hide-input" in tags(setup)
    assert sum(bool(line.strip()) for line in setup.source.splitlines()) <= 10


@pytest.fixture(scope="module")
def runs():
    """Return the cache of runs, if chapters would still run as they did."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
    current = fingerprint(ROOT, config["fresh_depends_on"], config["fresh_apart_from"])
    assert agrees(RUNS, current), "run `make site` first: the package changed since chapters ran"
    return get_cache(RUNS)


@pytest.mark.site
def test_checks_print_what_they_have_stored(notebook, runs):
    try:
        _, run = runs.merge_match_into_notebook(notebook)
    except KeyError:
        pytest.fail("run `make site` first: this chapter changed since it ran")
    assert any(map(is_check, notebook.cells))
    assert changed_checks(notebook, run) == []


def test_no_function_is_defined_in_two_chapters():
    everywhere = Counter()
    for path in NOTEBOOKS:
        everywhere.update(set(definitions(nbformat.read(path, as_version=4))))
    assert [name for name, n in everywhere.items() if n > 1] == []


# --- the rules themselves: each fault is found --------------------------------------------------


def make(source, *, cell_tags=(), outputs=(), count=1, **metadata):
    cell = nbformat.v4.new_code_cell(source, id="cell", execution_count=count)
    cell.metadata.update(metadata, tags=list(cell_tags))
    cell.outputs = [nbformat.v4.new_output("stream", name=n, text="x\n") for n in outputs]
    return nbformat.v4.new_notebook(cells=[cell])


def one_after_another(*notebooks):
    book = nbformat.v4.new_notebook()
    book.cells += [cell for part in notebooks for cell in part.cells]
    return book


FIGURE = {"figure": {"name": "fig-x", "caption": "c" * 60}, "image": {"alt": "a" * 80}}
PLAIN, PLOT = make("x"), make(DRAWN, mystnb=FIGURE)
NUMBERS = make("x", mystnb={"code_prompt_show": TABLE})


def test_sound_cells_have_no_fault():
    assert faults(make("x = 1")) == []
    check = make("assert x\nprint('x')", cell_tags=CHECK_TAGS, outputs=["stdout"])
    assert faults(check) == []
    assert faults(make(f"explorer.Explorer(x, alt={'a' * 80!r})", mystnb=FIGURE)) == []
    assert faults(one_after_another(PLOT, NUMBERS, PLOT, PLAIN, PLAIN, NUMBERS)) == []


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (make("x = 1", outputs=["stdout"]), "only checks keep"),
        (make("assert x", cell_tags=CHECK_TAGS), "a count and an output"),
        (make("assert x", cell_tags=CHECK_TAGS, outputs=["stdout"], count=None), "a count"),
        (make("assert x", cell_tags=["keep_output"], outputs=["stdout"]), "both of its tags"),
        (make("print(x)", cell_tags=CHECK_TAGS, outputs=["stdout"]), "asserts something"),
        (make("assert x", cell_tags=CHECK_TAGS, outputs=["stderr"]), "nothing else"),
        (make("import x\nassert x", cell_tags=CHECK_TAGS, outputs=["stdout"]), "imports nothing"),
        (make("x", cell_tags=["raises-exception"]), "unknown tag raises-exception"),
        (make("# NBVAL_IGNORE_OUTPUT\nx"), "comment marker"),
        (make("x\n" * 13), "13 lines"),
        (make("plt.show()"), "a figure with a caption"),
        (make("explorer.Explorer(x, alt='a')"), "a figure with a caption"),
        (make("explorer.Explorer(x, alt='a')", mystnb=FIGURE), "the alt text"),
        (make("x", mystnb=FIGURE), "a figure with a caption"),
        (make("plt.show()", mystnb=FIGURE | {"image": {"alt": "plot"}}), "the alt text"),
        (make("plt.show()", mystnb=FIGURE | {"figure": {"name": "fig-x"}}), "the caption"),
        (PLOT, "without its table"),
        (one_after_another(PLOT, PLAIN, PLAIN, PLAIN, NUMBERS), "without its table"),
        (one_after_another(PLOT, PLOT, NUMBERS), "without its table"),
        (make("def f(): ...\ndef f(): ..."), "defines f twice"),
    ],
)
def test_each_fault_is_found(broken, message):
    assert [fault for fault in faults(broken) if message in fault]


@pytest.mark.parametrize(
    ("outputs", "found"),
    [
        (["stdout"], []),
        ([], ["cell"]),
        (["stdout"] * 2, ["cell"]),
        (["stdout", "stderr"], ["cell"]),
    ],
)
def test_a_check_that_prints_something_else_is_found(outputs, found):
    stored = make("x", cell_tags=CHECK_TAGS, outputs=["stdout"])
    assert changed_checks(stored, make("x", cell_tags=CHECK_TAGS, outputs=outputs)) == found


def test_what_comes_in_pieces_is_put_together():
    whole, pieces = make("x", outputs=["stdout"]), make("x", outputs=["stdout", "stdout"])
    for output, text in zip(pieces.cells[0].outputs, ("x", "\n"), strict=True):
        output.text = text
    assert printed(whole.cells[0]) == printed(pieces.cells[0])


def test_a_value_that_nobody_glues_is_found():
    book = make('glue("made", 1)')
    book.cells.append(nbformat.v4.new_markdown_cell("{glue:text}`made` {glue:text}`lost:.2f`"))
    assert unmade_values(book) == {"lost"}
