"""The exercises themselves: how they are built, that they are as released, and how well they check.

Folder ``solutions`` compares the functions of each worked solution with an oracle.
"""

import json
import re
from collections import Counter

import nbformat
import pytest

from coursepkg.grading.exercise import (
    Course,
    code_cells,
    defined_names,
    parts,
    read_notebook,
    tagged,
    tags,
)
from coursepkg.grading.in_process import outcomes
from coursepkg.grading.quality import LEAST_SHARE_CAUGHT, measure
from coursepkg.grading.release import make_release, records, settled
from coursepkg.grading.variants import read_variants
from coursepkg.show import Outcome, fault, same, tolerance

COURSE = Course()
KNOWN_TAGS = {"answer", "grade", "parameters", "solution", "remove-cell"}
POINTS = 20
OTHER_SEEDS = range(11, 15)  # a single number agrees with about one seed in a thousand

each_exercise = pytest.mark.parametrize("name", COURSE.names())


def expected_checks(name):
    return json.loads(COURSE.expected(name).read_text(encoding="utf-8"))["checks"]


def feedback(name, variant, notebook):
    """What each check of a part says to a variant, '' where it is content."""
    part = next(part for part in parts(notebook) if variant.cell in part.answers)
    found = outcomes(notebook, answers={variant.cell: variant.source}, part=part)
    checks = expected_checks(name)
    return {check: fault(found[check], checks[check]) for check in part.checks}


def test_there_are_exercises():
    assert COURSE.names()


@each_exercise
def test_what_is_committed_is_what_release_makes(name):
    made = make_release(COURSE, name)
    assert read_notebook(COURSE.released(name)) == made.notebook, "run: make release"
    committed = json.loads(COURSE.expected(name).read_text(encoding="utf-8"))
    assert settled(made.expected, committed) == committed, "run: make release"


# --- how an exercise is built -------------------------------------------------------------------


@pytest.fixture(params=["master", "released"])
def kind(request):
    return request.param


@each_exercise
def test_notebook_is_valid_and_holds_no_outputs(name, kind):
    notebook = read_notebook(getattr(COURSE, kind)(name))
    nbformat.validate(notebook)
    assert set(notebook.metadata) <= {"kernelspec", "language_info", "coursepkg"}
    assert set(notebook.metadata.language_info) == {"name"}, "nothing of one machine"
    for cell in code_cells(notebook):
        assert (cell.outputs, cell.execution_count) == ([], None), cell.id
        assert not re.search(r"#\s*(NBVAL|PYTEST_VALIDATE)", cell.source), cell.id


@each_exercise
def test_cells_carry_what_graders_need(name, kind):
    notebook = read_notebook(getattr(COURSE, kind)(name))
    ids = Counter(cell.id for cell in notebook.cells)
    assert max(ids.values()) == 1
    (setup,) = tagged(notebook, "parameters")
    assert f'exercise = "{name}"\nseed = 0' in setup.source
    for cell in notebook.cells:
        assert tags(cell) <= KNOWN_TAGS, cell.id
    for tag, solution in (("answer", True), ("grade", False)):
        for cell in tagged(notebook, tag):
            block = dict(cell.metadata.nbgrader)
            points = block.pop("points", None)
            assert (points is None) == solution
            assert block == {
                "schema_version": 3,
                "grade_id": cell.id,
                "solution": solution,
                "grade": not solution,
                "locked": not solution,
                "task": False,
            }


@each_exercise
def test_each_check_shows_what_its_cell_is_called_and_draws_from_the_seed(name):
    for cell in tagged(read_notebook(COURSE.released(name)), "grade"):
        assert re.findall(r'show\(\s*"(\w+)"', cell.source) == [cell.id]
        assert "default_rng([seed, " in cell.source, cell.id
        assert set(cell.metadata.coursepkg) == {"hint", "rtol", "atol"}
        assert re.fullmatch(r"[^A-Z].{20,}[.?]", cell.metadata.coursepkg["hint"]), cell.id
    seeds = re.findall(r"\[seed, \d+\]", str(read_notebook(COURSE.released(name))))
    assert len(seeds) == len(set(seeds)), "no two checks draw the same numbers"


@each_exercise
def test_no_check_defines_what_an_answer_may_define_as_well(name):
    """A helper of the same name would be overwritten, and a right answer would fail."""
    for cell in tagged(read_notebook(COURSE.released(name)), "grade"):
        for defined in defined_names(cell.source):
            assert defined == "inputs" or defined.endswith("_in_check"), (cell.id, defined)


@each_exercise
def test_each_part_has_its_sections_and_the_points_add_up(name):
    notebook = read_notebook(COURSE.released(name))
    texts = {
        match.group(1): cell.source
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        and (match := re.search(r"(?m)^## (.+) \(\d+\xa0points\)$", cell.source))
    }
    divided = parts(notebook)
    assert [part.title for part in divided] == list(texts)
    assert sum(part.total for part in divided) == POINTS
    for part in divided:
        assert f"## {part.title} ({part.total}\xa0points)" in texts[part.title]
        for section in ("**Why.**", "**What.**", "<details><summary>Hint</summary>"):
            assert section in texts[part.title], part.title
        assert "$$" in texts[part.title] or "\n- " in texts[part.title], "a formula"
        assert part.answers
        assert len(part.checks) >= 2


@each_exercise
def test_stubs_say_what_goes_in_and_what_comes_out(name):
    for cell in tagged(read_notebook(COURSE.released(name)), "answer"):
        assert cell.source.endswith("# YOUR CODE HERE\n    raise NotImplementedError")
        assert re.search(r'(?s)""".*Returns? .*"""', cell.source), cell.id


# --- what the checks expect ---------------------------------------------------------------------


def in_a_row(value):
    """Return what nested lists hold, one after the other."""
    if not isinstance(value, list):
        return [value]
    return [leaf for part in value for leaf in in_a_row(part)]


def moved(value, published, close):
    """Whether lists of numbers are the published ones plus one number; a 0 may have stayed a 0.

    Not of dicts, in which a number often stands beside the nearly equal one of another method.
    """
    new, old = in_a_row(value), in_a_row(published)
    pairs = [pair for pair in zip(new, old, strict=False) if pair != (0, 0)]
    numbers = all(isinstance(leaf, int | float) for leaf in new + old)
    if not numbers or len(new) != len(old) or len(pairs) < 2:
        return False
    by = pairs[0][0] - pairs[0][1]
    here, there = Outcome([leaf for leaf, _ in pairs]), Outcome([leaf + by for _, leaf in pairs])
    return same(here, there, **close)


@pytest.mark.parametrize(
    ("value", "is_moved"),
    [
        ([[9, 7, 9], [1, 0, 0]], True),
        ([[12, 10, 12], [4, 0, 0]], True),
        ([[12, 10, 12], [1, 0, 0]], False),
        ([[12, 10, 13], [4, 0, 0]], False),
        ([[12, 10, 12], [4, 3, 0]], True),
        ([[12, 10, 12]], False),
        ({"rows": [[9, 7, 9], [1, 0, 0]]}, False),
        (3.0, False),
    ],
    ids=str,
)
def test_a_value_that_was_moved_is_told(value, is_moved):
    assert moved(value, [[9, 7, 9], [1, 0, 0]], {"rtol": 1e-4, "atol": 1e-6}) == is_moved


@each_exercise
def test_no_check_expects_under_another_seed_what_is_published(name):
    """Else an answer that knows the published value, and nothing more, would earn points."""
    published = expected_checks(name)
    for seed in OTHER_SEEDS:
        for check, record in records(COURSE, name, seed=seed, misconceptions=False).items():
            close, known = tolerance(record), published[check]["value"]
            assert not same(Outcome(known), Outcome(record["value"]), **close), (check, seed)
            assert not moved(record["value"], known, close), (check, seed)


# --- what the checks say ------------------------------------------------------------------------


@each_exercise
def test_the_solution_is_right_and_the_untouched_exercise_is_not(name):
    checks = expected_checks(name)
    found = outcomes(read_notebook(COURSE.master(name)))
    assert {check: fault(found[check], checks[check]) for check in checks} == dict.fromkeys(
        checks, ""
    )
    untouched = outcomes(read_notebook(COURSE.released(name)))
    for check in checks:
        assert fault(untouched[check], checks[check]).startswith("no answer yet"), check


@each_exercise
def test_each_misconception_loses_points_with_its_own_sentence(name):
    master = read_notebook(COURSE.master(name))
    for wrong in read_variants(COURSE.misconceptions(name), master):
        said = feedback(name, wrong, master).values()
        assert wrong.says in said, f"{wrong.name}: {said}"
        assert re.fullmatch(r"[A-Z].{30,280}[.?)]", wrong.says), wrong.name


@each_exercise
def test_no_two_misconceptions_look_the_same_in_a_check(name):
    """Where they do, the learner reads the sentence of the wrong one."""
    for check, record in expected_checks(name).items():
        close = tolerance(record)
        wrongs = record["misconceptions"]
        gives = [Outcome.recorded(wrong) for wrong in wrongs]
        twins = [
            (wrongs[i]["name"], wrongs[j]["name"])
            for i in range(len(wrongs))
            for j in range(i)
            if same(gives[i], gives[j], **close)
        ]
        assert twins == [], check


@each_exercise
def test_other_right_answers_lose_nothing(name):
    master = read_notebook(COURSE.master(name))
    right = read_variants(COURSE.right_answers(name), master)
    for part in parts(master):
        for answer in part.answers:
            assert sum(variant.cell == answer for variant in right) >= 3, answer
    for variant in right:
        said = feedback(name, variant, master)
        assert said == dict.fromkeys(said, ""), variant.name


CHECKS_OF_MIN_NORM = [
    f"min_norm_{case}" for case in ("more_rows", "square", "fewer_rows", "repeated_column")
]
CHECKS_OF_SOFT_THRESHOLD = ["soft_threshold_vector", "soft_threshold_matrix"]
CHECKS_OF_ISTA = ["ista_three_steps", "ista_other_step_size", "ista_minimum"]
# Wrong answers that show only if a check draws what they get wrong: it has to, with every seed.
ALWAYS_CAUGHT = {
    "01_overfitting": {
        "min_norm_fit_ridge": CHECKS_OF_MIN_NORM,
        "min_norm_fit_tiniest_ridge": ["min_norm_more_rows"],
        "double_descent_risk_found_for_missing": ["double_descent_fewer_rows"],
        "double_descent_risk_swapped_arguments": ["double_descent_fewer_rows"],
    },
    "02_weight_penalties": {
        "soft_threshold_crosses_zero": CHECKS_OF_SOFT_THRESHOLD,
        "soft_threshold_small_ones_stay": CHECKS_OF_SOFT_THRESHOLD,
        "soft_threshold_twice": CHECKS_OF_SOFT_THRESHOLD,
        "ridge_one_mean_for_all_columns": ["ridge_fit", "ridge_shifted", "ridge_few_rows"],
        "elastic_net_penalty_square_of_sum": ["elastic_net_two_layers"],
        "elastic_net_penalty_swapped": ["elastic_net_two_layers", "elastic_net_convolution"],
        "ista_crosses_zero": CHECKS_OF_ISTA,
        "ista_small_ones_stay": CHECKS_OF_ISTA,
        "ista_threshold_on_the_step": CHECKS_OF_ISTA,
    },
    "05_gradient_penalty": {
        "gradient_norm_update_number_added": ["update_quadratic", "update_curved"],
    },
}


@pytest.mark.parametrize("name", ALWAYS_CAUGHT)
def test_what_a_check_is_there_for_is_caught_whatever_it_draws(name):
    master = read_notebook(COURSE.master(name))
    close = {cell.id: tolerance(cell.metadata.coursepkg) for cell in tagged(master, "grade")}
    wrong = {one.name: one for one in read_variants(COURSE.misconceptions(name), master)}
    for part in parts(master):
        mine = {w: c for w, c in ALWAYS_CAUGHT[name].items() if wrong[w].cell in part.answers}
        for seed in range(100, 120 if mine else 100):
            right = outcomes(master, seed=seed, part=part)
            for one, checks in mine.items():
                answers = {wrong[one].cell: wrong[one].source}
                found = outcomes(master, seed=seed, answers=answers, part=part)
                passed = [c for c in checks if same(found[c], right[c], **close[c])]
                assert passed == [], (one, seed)


@each_exercise
def test_the_checks_are_good(name):
    quality = measure(COURSE, name)
    assert quality.wrong >= 100
    assert quality.survivors == []
    assert quality.rejected == []
    assert quality.stale == []
    assert quality.share_caught >= LEAST_SHARE_CAUGHT
