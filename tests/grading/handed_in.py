"""What a class hands in: right answers, wrong ones, and files that are broken in every way.

``python -m tests.grading.handed_in FOLDER`` writes a class of 200, a tenth of it broken.
"""

import copy
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import nbformat

from coursepkg.grading.exercise import Course, read_notebook, tagged
from coursepkg.grading.variants import read_variants

COURSE = Course()
NAME = "02_weight_penalties"
OTHER = "01_overfitting"


def untouched(name=NAME):
    """The exercise as it was given out."""
    return read_notebook(COURSE.released(name))


def solved(name=NAME):
    """The solution's answers in a student's copy."""
    notebook = untouched(name)
    answers = {c.id: c.source for c in tagged(read_notebook(COURSE.master(name)), "answer")}
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    return notebook


def cell_of(notebook, cell_id):
    return next(cell for cell in notebook.cells if cell.id == cell_id)


def with_source(cell_id, source, notebook=None):
    """A solved notebook with another source in one cell."""
    notebook = notebook or solved()
    cell_of(notebook, cell_id).source = source
    return notebook


def with_variants(variants, name=NAME):
    notebook = solved(name)
    for variant in variants:
        cell_of(notebook, variant.cell).source = variant.source
    return notebook


def misconceptions(name=NAME):
    return read_variants(COURSE.misconceptions(name), read_notebook(COURSE.master(name)))


def right_combinations(name=NAME):
    """Notebooks of other right answers, each answer of the file in one of them."""
    variants = read_variants(COURSE.right_answers(name), read_notebook(COURSE.master(name)))
    by_cell = {}
    for variant in variants:
        by_cell.setdefault(variant.cell, []).append(variant)
    rows = itertools.zip_longest(*by_cell.values())
    return [with_variants(filter(None, row), name) for row in rows]


def text(notebook):
    """The bytes of a notebook, whatever is wrong with it."""
    return json.dumps(notebook, indent=1).encode()


# --- ways to break a notebook -------------------------------------------------------------------


def deleted():
    notebook = solved()
    notebook.cells.remove(cell_of(notebook, "ridge"))
    return notebook


def copied_and_answered_there():
    notebook = solved()
    twin = copy.deepcopy(cell_of(notebook, "ridge"))
    cell_of(notebook, "ridge").source = cell_of(untouched(), "ridge").source
    twin.id = "copied"
    notebook.cells.insert(notebook.cells.index(cell_of(notebook, "ridge")) + 1, twin)
    return notebook


def answered_twice():
    notebook = solved()
    twin = nbformat.v4.new_code_cell("def ridge(x, y, l2):\n    return 0, 0")
    notebook.cells.append(twin)
    return notebook


def with_one_id_twice():
    notebook = solved()
    notebook.cells.append(copy.deepcopy(cell_of(notebook, "ridge")))
    notebook.cells[-1].source = "def ridge(x, y, l2):\n    return 1, 1"
    return notebook


def reordered():
    notebook = solved()
    notebook.cells.reverse()
    return notebook


def converted():
    notebook = solved()
    cell = cell_of(notebook, "ista")
    cell.cell_type = "markdown"
    del cell["outputs"], cell["execution_count"]
    return notebook


def all_text():
    notebook = solved()
    for cell in notebook.cells:
        cell.cell_type = "raw"
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
        cell.id = f"raw-{cell.id}"[:64]
        cell.metadata = {}
    return notebook


def retyped():
    notebook = solved()
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"new-{number}", {}
    return notebook


def merged():
    notebook = solved()
    answers = tagged(notebook, "answer")
    answers[0].source = "\n".join(cell.source for cell in answers)
    notebook.cells = [cell for cell in notebook.cells if cell not in answers[1:]]
    return notebook


def without_checks():
    notebook = solved()
    notebook.cells = [c for c in notebook.cells if c not in tagged(notebook, "grade")]
    return notebook


def with_a_helper():
    answer = "def ridge(x, y, l2):\n    return fit(x, y, l2)"
    helper = "%matplotlib inline\nimport scipy.linalg as linalg\nwhile True:\n    1 / 0\n"
    helper += "def fit(x, y, l2):\n    n, mean = len(x), x.mean(axis=0)\n    c = x - mean\n"
    helper += "    gram = c.T @ c + n * l2 * np.eye(x.shape[1])\n"
    helper += "    w = linalg.solve(gram, c.T @ (y - y.mean()))\n    return w, y.mean() - mean @ w"
    notebook = with_source("ridge", answer)
    notebook.cells.insert(2, nbformat.v4.new_code_cell(helper))
    return notebook


def with_huge_outputs():
    notebook = solved()
    said = nbformat.v4.new_output("stream", text="x" * 20_000_000)
    cell_of(notebook, "ridge").outputs = [said]
    return notebook


def of_the_notebook_4_4():
    notebook = solved()
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        del cell["id"]
        cell.metadata = {}
    return notebook


def with_odd_metadata():
    document = json.loads(text(solved()))
    for cell in document["cells"]:
        cell["metadata"] = {"tags": "answer", "nbgrader": [1]}
    document["cells"][3]["metadata"] = None
    return json.dumps(document).encode()


def as_old_windows_does():
    return json.dumps(solved(), ensure_ascii=False).encode("cp1252", errors="replace")


IMPORTS = "from coursepkg.linear_models import fit_ridge\ndef ridge(x, y, l2):\n    return 1"
NOISY = "import warnings\nprint('left over')\nwarnings.warn('and a warning')\n"
LOOP = "def ista(*args):\n    while True:\n        pass"


@dataclass(frozen=True)
class Way:
    """A way of handing in: what is written, the score that is due, and a problem that is stated."""

    make: Callable
    score: int
    problem: str = ""
    file: str = f"{NAME}.ipynb"
    status: str = "graded"


WAYS = {
    "right": Way(solved, 20),
    "untouched": Way(untouched, 0),
    "deleted": Way(deleted, 16, "no cell defines ridge"),
    "copied": Way(copied_and_answered_there, 20, "not in the cells that were given out"),
    "twice": Way(answered_twice, 20, "ridge: 2 cells answer it"),
    "same-id": Way(with_one_id_twice, 20, "ridge: 2 cells answer it"),
    "reordered": Way(reordered, 20, "the answers stand in another order"),
    "converted": Way(converted, 20, "ista: its cell is of type markdown; it was run as code"),
    "all-text": Way(all_text, 0, "holds no answer of 02_weight_penalties", status="problem"),
    "retyped": Way(retyped, 20, "not in the cells that were given out for them, but fo"),
    "merged": Way(merged, 20),
    "without-checks": Way(without_checks, 20, "missing in this notebook, and run as the exer"),
    "helper": Way(with_a_helper, 20),
    "noisy": Way(lambda: with_source("ridge", NOISY + cell_of(solved(), "ridge").source), 20),
    "huge": Way(with_huge_outputs, 20),
    "old-format": Way(of_the_notebook_4_4, 20, "not in the cells that were given out"),
    "odd-metadata": Way(with_odd_metadata, 20),
    "utf-16": Way(lambda: text(solved()).decode().encode("utf-16"), 20),
    "utf-8-sig": Way(lambda: b"\xef\xbb\xbf" + text(solved()), 20),
    "windows": Way(
        lambda: json.dumps(solved(), ensure_ascii=False).encode("cp1252", "replace"), 20
    ),
    "imports": Way(
        lambda: with_source("ridge", IMPORTS), 16, "ridge: its cell imports coursepkg.li"
    ),
    "syntax": Way(lambda: with_source("ista", "def ista(:"), 16, "ista: its cell raised SyntaxErr"),
    "loop": Way(lambda: with_source("ista", LOOP), 16, status="stopped"),
    "exit": Way(
        lambda: with_source("ista", "import os\nos._exit(1)"), 16, "ista: ended", status="stopped"
    ),
    "cut-off": Way(lambda: text(solved())[:9000], 0, "damaged or cut off", status="problem"),
    "binary": Way(lambda: bytes(range(256)) * 9, 0, "cannot be read", status="problem"),
    "nothing": Way(lambda: b"", 0, "damaged or cut off", status="problem"),
    "list": Way(lambda: b"[1, 2]", 0, "no notebook", status="problem"),
    "other": Way(lambda: untouched(OTHER), 0, f"answers {OTHER}", status="problem"),
    "other-name": Way(
        lambda: untouched(OTHER), 0, f"answers {OTHER}", f"{OTHER}.ipynb", status="problem"
    ),
    "strange": Way(nbformat.v4.new_notebook, 0, "holds no answer", status="problem"),
    "empty-folder": Way(None, 0, "there is no notebook in the folder", status="problem"),
    "not-a-notebook": Way(lambda: b"%PDF", 0, "there is no notebook", "a.pdf", status="problem"),
}


def hand_in(folder, student, made, file=f"{NAME}.ipynb"):
    """Write what a student hands in; None makes a folder alone."""
    place = folder / student
    place.mkdir(parents=True)
    if made is not None:
        (place / file).write_bytes(made if isinstance(made, bytes) else text(made))


def hand_in_all(folder, ways=WAYS):
    for name, way in ways.items():
        hand_in(folder, name, way.make and way.make(), way.file)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=False))
@click.option("--students", default=200, show_default=True)
def main(folder, students):
    """Write a class into FOLDER: right answers, misconceptions, and a tenth of it broken."""
    broken = [way for way in WAYS.values() if way.problem or way.status != "graded"]
    wrong = misconceptions()
    for number in range(students):
        student = f"student-{number:03}"
        if number % 10 == 9:
            way = broken[number // 10 % len(broken)]
            hand_in(folder, student, way.make and way.make(), way.file)
        else:
            chosen = [wrong[number % len(wrong)]] if number % 2 else []
            hand_in(folder, student, with_variants(chosen))


if __name__ == "__main__":
    main()
