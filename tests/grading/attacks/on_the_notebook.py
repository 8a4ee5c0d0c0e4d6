"""Attacks that change the notebook: outputs, tags, cells, ids, and what else its file holds."""

import nbformat

from tests.grading.attacks.attack import FIRST, Attack
from tests.grading.handed_in import OTHER, cell_of

SAYS_RIGHT = 'print("right")'


def checks_of(notebook):
    return [cell for cell in notebook.cells if "grade" in cell.metadata.get("tags", [])]


def with_forged_outputs(notebook):
    for cell in checks_of(notebook):
        said = f"right: {cell.id} = 1\n"
        cell.outputs = [nbformat.v4.new_output("stream", text=said)]
        cell.execution_count = 1


def without_checks(notebook):
    for cell in checks_of(notebook):
        notebook.cells.remove(cell)


def with_easy_checks(notebook):
    for cell in checks_of(notebook):
        cell.source = SAYS_RIGHT
        cell.metadata.nbgrader.points = 100


def with_tags(notebook):
    for cell in checks_of(notebook):
        cell.metadata.tags += ["nbval-skip", "raises-exception", "nbval-ignore-output"]
        cell.metadata.coursepkg = {"rtol": 1e9, "atol": 1e9}


def with_ids_of_checks(notebook):
    for cell in checks_of(notebook):
        notebook.cells.insert(2, nbformat.v4.new_code_cell(SAYS_RIGHT, id=cell.id))


def with_ids_of_answers_on_checks(notebook):
    cell = cell_of(notebook, FIRST)
    cell.metadata.tags = ["grade", "parameters", "answer"]
    cell.metadata.nbgrader.update(grade=True, points=20, grade_id="soft_threshold_vector")


def of_another_exercise(notebook):
    setup = cell_of(notebook, "setup")
    setup.source = setup.source.replace("02_weight_penalties", OTHER)


def with_another_seed(notebook):
    setup = cell_of(notebook, "setup")
    setup.source = setup.source.replace("seed = 0", "seed = 0\nset_seed = lambda seed: 0")


def with_a_million_statements(notebook):
    cell_of(notebook, FIRST).source += "\na = 1" * 10**6


def with_a_thousand_cells(notebook):
    notebook.cells += [nbformat.v4.new_code_cell(f"x{n} = {n}") for n in range(1000)]


def with_odd_ids(notebook):
    cell_of(notebook, "ridge").metadata.nbgrader.grade_id = ["ridge"]
    cell_of(notebook, "ista").id = {"ista": 1}


ATTACKS = [
    Attack("forged-outputs", "Save outputs that say right.", change=with_forged_outputs),
    Attack(
        "deleted-checks",
        "Hand in a notebook without checks, which then cannot fail.",
        change=without_checks,
        says="missing in this notebook, and run as the exercise has it",
    ),
    Attack(
        "easy-checks",
        "Write checks that only print, and are worth more.",
        change=with_easy_checks,
        says="changed in this notebook, and run as the exercise has it",
    ),
    Attack(
        "tags-for-nbval",
        "Tell nbval to skip the checks, and the grader to tolerate anything.",
        change=with_tags,
    ),
    Attack(
        "comments-for-nbval",
        "Tell nbval in comments to compare nothing.",
        "# NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT\n# NBVAL_RAISES_EXCEPTION\ndef soft_threshold(*a): 1",
    ),
    Attack("ids-of-checks", "Add cells with the ids of checks.", change=with_ids_of_checks),
    Attack(
        "answer-as-check",
        "Mark the answer as a check that is worth all points.",
        SAYS_RIGHT,
        change=with_ids_of_answers_on_checks,
    ),
    Attack(
        "another-exercise",
        "Say in the setup that it is another exercise.",
        change=of_another_exercise,
        ends="problem",
        says=f"answers {OTHER}",
    ),
    Attack(
        "escapes-in-a-file-name",
        "Call the file by a name that a terminal obeys, and see to it that it is named.",
        change=of_another_exercise,
        file="\x1b]0;owned\x07\x1b[31m<script>.ipynb",
        ends="problem",
        says="owned",
    ),
    Attack("another-setup", "Bring a setup of one's own.", change=with_another_seed),
    Attack("thousand-cells", "Add a thousand cells.", change=with_a_thousand_cells),
    Attack(
        "million-statements",
        "Write more code than fits into the memory when it is read.",
        change=with_a_million_statements,
        ends="problem",
        says="characters of code, more than 200,000",
    ),
    Attack(
        "odd-ids", "Use lists and dicts for ids, which the grader may trip on.", change=with_odd_ids
    ),
    Attack(
        "odd-syntax",
        "Write what Python parses but does not compile, which the grader may trip on.",
        "def soft_threshold(z, z): pass",
        says="soft_threshold: its cell raised SyntaxError: duplicate argument",
    ),
    Attack(
        "long-sum",
        "Write a sum so long that a program that walks through it runs out of stack.",
        "def soft_threshold(z, threshold):\n    return " + "+".join(["z"] * 900),
    ),
    Attack(
        "many-names",
        "Use thousands of names from another cell, which somebody has to look up.",
        f"def soft_threshold(*_): return [{', '.join(f'a{n}' for n in range(4000))}]",
        change=lambda notebook: notebook.cells.append(
            nbformat.v4.new_code_cell("\n".join(f"a{n} = {n}" for n in range(4000)))
        ),
    ),
    Attack(
        "link-to-a-neighbour",
        "Hand in a link to the notebook of somebody who solved everything.",
        link="notebook",
        ends="problem",
        says="is a link that leads out of the folder",
    ),
    Attack(
        "folder-of-a-neighbour",
        "Hand in a link in place of one's own folder, to the folder of a neighbour.",
        link="folder",
        ends="problem",
        says="is a link that leads out of the folder",
    ),
]
