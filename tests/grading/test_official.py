"""The official grade of a class: fair to right answers, strict with wrong ones, and never lost."""

import contextlib
import csv
import json
import os
import shutil
import signal
import time
from pathlib import Path

import jsonschema
import nbformat
import pytest
from click.testing import CliRunner

from coursepkg.grading import entries, grade_command, workers
from coursepkg.grading.classroom import Classroom
from coursepkg.grading.cli import main
from coursepkg.grading.exercise import Course, Problem, parse_notebook, parts
from coursepkg.grading.reference import GraderFailed
from coursepkg.grading.results import Results
from coursepkg.grading.self_check import check_submission
from coursepkg.grading.submission import read_submission
from tests.grading import handed_in
from tests.grading.handed_in import COURSE, NAME, WAYS, hand_in, solved, with_source

TIMEOUT = 6.0  # seconds for a cell, of which an honest one needs a tenth


def grade(folder, *options, course=COURSE):
    """Run the command; return its exit code and what it printed, on stdout and stderr."""
    result = CliRunner().invoke(main, ["grade", str(folder), *map(str, options)], obj=course)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def read(path):
    return Results.from_json(path.read_text(encoding="utf-8"))


def scores(results):
    return {r.student: (r.score, r.status) for r in results.submissions}


# --- a class with everything in it --------------------------------------------------------------

MISCONCEPTIONS = handed_in.misconceptions()[::9]


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder of one run over a class, with all reports, and what it printed."""
    root = tmp_path_factory.mktemp("class")
    handed_in.hand_in_all(root / "class")
    for wrong in MISCONCEPTIONS:
        hand_in(root / "class", wrong.name, handed_in.with_variants([wrong]))
    reports = [f"--{kind}={root / f'grades.{kind}'}" for kind in ("json", "csv", "html")]
    options = [*reports, f"--gradescope={root / 'gradescope'}", f"--timeout={TIMEOUT}", "--jobs=2"]
    printed = grade(root / "class", *options)
    return root, printed


@pytest.fixture(scope="module")
def results(graded):
    return read(graded[0] / "grades.json")


def result_of(results, student):
    (found,) = [r for r in results.submissions if r.student == student]
    return found


@pytest.mark.parametrize("name", WAYS)
def test_each_way_of_handing_in_has_its_score_and_its_problem(results, name):
    way, found = WAYS[name], result_of(results, name)
    expected = (way.score, 20, way.status)
    assert (found.score, found.max_score, found.status) == expected, found.problems
    assert any(way.problem in said for said in found.problems) or not way.problem, found.problems


@pytest.mark.parametrize("wrong", MISCONCEPTIONS, ids=lambda wrong: wrong.name)
def test_a_misconception_is_recognised_under_a_fresh_seed(results, wrong):
    found = result_of(results, wrong.name)
    assert found.score < found.max_score
    lost = [check for check in found.checks if not check.earned]
    assert wrong.name in {check.misconception for check in lost} or any(
        wrong.says in check.hint for check in lost
    )
    for check in lost:
        assert check.got != check.expected
        assert check.message


def test_the_run_says_what_it_did(graded, results):
    _root, (code, out, err) = graded
    failed = [found.problems for found in results.submissions if found.status == "failed"]
    assert (code, failed) == (4, []), "a loop was stopped, and no grader failed"
    assert f"{NAME}: {len(WAYS) + len(MISCONCEPTIONS)} submissions; seed {results.seed}" in err
    assert f"isolation {results.isolation}" in err
    assert "right    │ 20 of 20" in " ".join(out.split(" " * 4)) or "20 of 20" in out
    assert err.count("\n") == 1


def test_the_whole_is_valid_and_each_student_has_a_file_of_the_same_kind(graded, results):
    root, _printed = graded
    schema = json.loads(
        (COURSE.root / "coursepkg" / "grading" / "results.schema.json").read_text(encoding="utf-8")
    )
    files = sorted((root / "grades").glob("*.json"), key=lambda path: path.stem)
    assert [path.stem for path in files] == [r.student for r in results.submissions]
    for path in [root / "grades.json", *files]:
        jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)
    assert {read(path).submissions[0] for path in files} == set(results.submissions)
    assert not [path for path in root.rglob(".*") if path.name.endswith(".new")]


def test_the_other_reports_are_there(graded, results):
    root, _printed = graded
    with (root / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {name: int(row["score"]) for name, row in rows.items()} == {
        r.student: r.score for r in results.submissions
    }
    page = (root / "grades.html").read_text(encoding="utf-8")
    for result in results.submissions:
        assert f'href="grades/{result.student}.html"' in page
        assert (root / "grades" / f"{result.student}.html").is_file()
        found = json.loads((root / "gradescope" / f"{result.student}.json").read_text("utf-8"))
        assert found["score"] == result.score


def test_an_endless_loop_costs_its_own_limit_and_its_own_part(results):
    found = result_of(results, "loop")
    (stopped,) = [check for check in found.checks if check.outcome == "timed out"]
    assert stopped.seconds < TIMEOUT + 2
    assert stopped.message == f"did not end within {TIMEOUT:g} s"
    others = [check for check in found.checks if check.part != stopped.part]
    assert all(check.outcome == "right" for check in others)


def test_no_two_runs_draw_the_same_inputs(results, tmp_path):
    hand_in(tmp_path / "class", "ada", solved())
    code, _, _ = grade(tmp_path / "class", "--json", tmp_path / "g.json")
    assert code == 0
    again = read(tmp_path / "g.json")
    assert again.seed != results.seed
    pairs = zip(again.submissions[0].checks, result_of(results, "right").checks, strict=True)
    assert all(new.got != old.got for new, old in pairs)


# --- beside the self-check ----------------------------------------------------------------------

READABLE = [name for name, way in WAYS.items() if way.status != "problem"]


@pytest.mark.parametrize("name", READABLE)
def test_a_student_s_own_check_gives_the_same_points(results, name, tmp_path):
    way = WAYS[name]
    hand_in(tmp_path, name, way.make(), way.file)
    own = check_submission(read_submission(COURSE, tmp_path / name / way.file), timeout=TIMEOUT)
    official = {}
    for check in result_of(results, name).checks:
        official[check.part] = official.get(check.part, 0) + check.earned
    assert {part.title: part.earned for part in own.parts} == official


@pytest.mark.parametrize("name", COURSE.names())
def test_other_right_answers_keep_all_points_under_fresh_seeds(name, tmp_path):
    heavy = "keras" in str(handed_in.untouched(name).cells)
    notebooks = handed_in.right_combinations(name)
    for number, notebook in enumerate(notebooks[:1] if heavy else notebooks):
        hand_in(tmp_path / "class", f"right-{number}", notebook, f"{name}.ipynb")
    code, out, _ = grade(tmp_path / "class", "--jobs", 2)
    assert code == 0, out


# --- folders, seeds, and going on ---------------------------------------------------------------


@pytest.fixture
def three(tmp_path):
    """A class of three, of whom the second is wrong."""
    hand_in(tmp_path / "class", "ada", solved())
    hand_in(tmp_path / "class", "bob", with_source("ista", "def ista(*args):\n    return 0"))
    hand_in(tmp_path / "class", "eve", solved())
    return tmp_path


def test_an_interrupted_run_goes_on_where_it_stopped(three, monkeypatch):
    asked = [three / "class", "--json", three / "g.json"]
    seen = []

    def stop_after_two(result):
        seen.append(result.student)
        if len(seen) == 2:
            raise KeyboardInterrupt

    def graded(room, jobs, scheduler):
        return room.grade(jobs=jobs, scheduler=scheduler, on_result=stop_after_two)

    with monkeypatch.context() as patched:
        patched.setattr(grade_command, "_graded", graded)
        code, _, err = grade(*asked)
    assert code == 130
    assert "interrupted: 2 of 3 submissions are graded and kept; go on with --resume" in err
    assert not (three / "g.json").exists()
    kept = {path.stem: path.read_text("utf-8") for path in (three / "g").glob("*.json")}
    assert sorted(kept) == sorted(seen)

    code, _, err = grade(*asked, "--resume")
    assert code == 1
    assert "3 submissions, 2 of them already graded" in err
    assert scores(read(three / "g.json")) == {
        "ada": (20, "graded"),
        "bob": (16, "graded"),
        "eve": (20, "graded"),
    }
    for student, before in kept.items():
        assert (three / "g" / f"{student}.json").read_text("utf-8") == before, "graded once"


def test_what_changed_since_is_graded_again(three):
    asked = [three / "class", "--json", three / "g.json"]
    grade(*asked)
    (three / "g" / "eve.json").write_text("{", encoding="utf-8")
    shutil.copy(three / "class" / "ada" / f"{NAME}.ipynb", three / "class" / "bob")
    code, _, err = grade(*asked, "--resume")
    assert (code, "1 of them already graded" in err) == (0, True)
    (problem,) = result_of(read(three / "g.json"), "bob").problems
    assert problem.startswith("handed in anew after it was graded with the same inputs")


def test_grades_of_something_else_are_not_gone_on_from(three):
    asked = [three / "class", "--json", three / "g.json", "--resume"]
    grade(*asked, "--seed", 1)
    before = {path: path.read_bytes() for path in (three / "g").iterdir()}
    for other in (["--seed", 2], ["--seed", 1, "--exercise", 4]):
        code, _, err = grade(*asked, *other)
        assert code == 2
        assert f"holds grades of {NAME} with seed 1, and this run is of 0" in err
    assert {path: path.read_bytes() for path in (three / "g").iterdir()} == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--json=g", "--csv=g"], "--json and --csv would both write"),
        (["--json=g.json", "--gradescope=g"], "--json and --gradescope would both write"),
        (["--csv=g", "--gradescope=g"], "--csv and --gradescope would both write"),
        (["--csv=/proc/g.csv"], "cannot write /proc/g.csv: "),
        (["--html=class/ada/02_weight_penalties.ipynb/g.html"], "among the submissions"),
        (["--json=file/g.json"], "cannot write "),
    ],
)
def test_places_that_cannot_be_are_refused_before_anything_is_graded(
    three, options, said, monkeypatch
):
    monkeypatch.chdir(three)
    Path("file").touch()
    code, out, err = grade("class", *options)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1, "nothing was announced"
    assert sorted(path.name for path in three.iterdir()) == ["class", "file"]


def test_what_is_written_is_for_nobody_else_to_read(three):
    reports = [f"--{kind}={three / f'g.{kind}'}" for kind in ("json", "csv", "html")]
    grade(three / "class", *reports)
    found = [three / "g", *three.glob("g*"), *(three / "g").iterdir()]
    assert len(found) == 1 + 4 + 6
    assert os.name != "posix" or not any(path.stat().st_mode & 0o077 for path in found)


def test_a_seed_of_zero_is_one(three):
    asked = [three / "class", "--json", three / "g.json"]
    grade(*asked, "--seed", 0)
    code, _, err = grade(*asked, "--resume")
    assert (code, "3 of them already graded; seed 0" in err) == (1, True)


def test_whoever_handed_in_anew_stays_marked(three):
    asked = [three / "class", "--json", three / "g.json"]
    grade(*asked)
    hand_in_again = three / "class" / "bob" / f"{NAME}.ipynb"
    hand_in_again.write_bytes(handed_in.text(solved()))
    for more in ([], ["--isolation", "none"]):
        grade(*asked, "--resume", *more)
        found = result_of(read(three / "g.json"), "bob")
        assert (found.score, len(found.problems)) == (20, 1)
        assert found.problems[0].startswith("handed in anew after it was graded")


def test_an_interrupt_that_python_loses_still_ends_the_run(three, monkeypatch):
    def lost(room, **_):
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        return original(room, **_)

    original = Classroom.grade
    monkeypatch.setattr(Classroom, "grade", lost)
    code, _, err = grade(three / "class", "--json", three / "g.json")
    assert code == 130
    assert "1 of 3 submissions are graded and kept" in err


@pytest.mark.parametrize("given", ["nan", "inf", "-inf", "0", "-1"])
@pytest.mark.parametrize("command", ["grade", "check"])
def test_a_limit_is_a_time(command, given, tmp_path):
    asked = [command, str(tmp_path), f"--timeout={given}"]
    result = CliRunner().invoke(main, asked, obj=COURSE)
    assert result.exit_code == 2
    assert "must be a number of seconds above 0" in result.stderr


@pytest.mark.parametrize("option", ["--json=g.json", "--json=../class.json", "--gradescope=."])
def test_reports_stay_out_of_the_submissions(three, option):
    kind, path = option.split("=")
    code, _, err = grade(three / "class", kind, three / "class" / path)
    assert code == 2
    assert "among the submissions: choose another place" in err


@pytest.mark.parametrize(
    ("file", "student"),
    [
        ("ada.ipynb", "ada"),
        (f"{NAME}_ada.ipynb", "ada"),
        (f"ada-{NAME}.ipynb", "ada"),
        (f"Jürgen O'Neil {NAME}.ipynb", "Jürgen O'Neil"),
        (f"{NAME}.ipynb", "flat"),
        (f"{NAME} (1).ipynb", f"{NAME} (1)"),
        (f"{NAME}-Copy1.ipynb", f"{NAME}-Copy1"),
    ],
)
def test_a_folder_of_notebooks_has_a_student_for_each(tmp_path, file, student):
    hand_in(tmp_path, "flat", solved(), file)
    (found,) = entries.find_entries(tmp_path / "flat", COURSE.names())
    assert (found.student, [path.name for path in found.paths]) == (student, [file])


def test_of_two_files_with_one_name_none_takes_the_place_of_the_other(tmp_path):
    hand_in(tmp_path, "flat", solved(), f"anna_{NAME}.ipynb")
    (tmp_path / "flat" / f"{NAME}-anna.ipynb").write_text("{}", encoding="utf-8")
    grade(tmp_path / "flat", "--exercise", 2, "--json", tmp_path / "g.json")
    found = scores(read(tmp_path / "g.json"))
    assert found == {
        f"anna_{NAME}.ipynb": (20, "graded"),
        f"{NAME}-anna.ipynb": (0, "problem"),
    }


def test_one_student_s_folder_of_nbgrader_s_is_called_like_the_student(tmp_path):
    hand_in(tmp_path / "submitted" / "ada", NAME, solved())
    folder = tmp_path / "submitted" / "ada" / NAME
    (found,) = entries.find_entries(folder, COURSE.names())
    assert found.student == "ada"


def test_names_and_folders_of_any_kind_cost_no_neighbour_anything(three):
    names = "\x1b]0;owned\x07" + "y" * 240, "z" * 255, "line\nbreak"
    for name in names:
        shutil.copytree(three / "class" / "ada", three / "class" / name)
    deep = three / "class" / "ada"
    for _ in range(500):
        deep = deep / "d"
    deep.mkdir(parents=True)
    reports = [f"--{kind}={three / f'g.{kind}'}" for kind in ("json", "html")]
    _, out, err = grade(three / "class", *reports, f"--gradescope={three / 'scope'}")
    assert {r.score for r in read(three / "g.json").submissions} == {16, 20}
    assert len(list((three / "g").glob("*.json"))) == len(list((three / "g").glob("*.html"))) == 6
    assert len(list((three / "scope").iterdir())) == 6
    assert "\x1b" not in out + err
    assert grade(three / "class", *reports, "--resume")[2].count("6 of them already graded") == 1


def test_a_huge_file_is_not_read_to_see_whether_it_is_the_same(three):
    with (three / "class" / "ada" / f"{NAME}.ipynb").open("wb") as file:
        file.truncate(20 * 2**30)  # of which nothing is on the disk
    asked = [three / "class", "--exercise", 2, "--json", three / "g.json"]
    for options in ([], ["--resume"]):
        grade(*asked, *options)
        found = result_of(read(three / "g.json"), "ada")
        assert (found.status, len(found.problems)) == ("problem", 1)
        assert "has 20480 MB, more than 40" in found.problems[0]


def test_a_notebook_of_millions_of_values_is_refused_before_it_is_read():
    raw = b'{"cells":' * 1_000_001
    with pytest.raises(Problem, match=r"x: holds more than 1,000,000 values"):
        parse_notebook(raw, Path("x"))


@pytest.mark.parametrize("version", [3, 4])
def test_what_printed_text_holds_does_not_count(version):
    printed = {"output_type": "stream", "text": "[{," * 10**6}
    cell = {"cell_type": "code", "outputs": [printed]}
    cell["input" if version == 3 else "source"] = "x = 1"
    held = {"worksheets": [{"cells": [cell]}]} if version == 3 else {"cells": [cell]}
    raw = json.dumps({"nbformat": version, "nbformat_minor": 0, "metadata": {}, **held}).encode()
    (found,) = parse_notebook(raw, Path("x")).cells
    assert (found.source, found.outputs) == ("x = 1", [])


def test_many_cells_together_have_a_limit_too(tmp_path):
    names = [f"a{number}" for number in range(20)]
    notebook = with_source("soft_threshold", f"soft_threshold = [{', '.join(names)}]")
    for name in names:
        waits = f"import time\n{name} = time.sleep(0.9) or 1"
        notebook.cells.insert(1, nbformat.v4.new_code_cell(waits))
    hand_in(tmp_path / "class", "slow", notebook)
    began = time.monotonic()
    assert grade(tmp_path / "class", "--timeout", 1, "--json", tmp_path / "g.json")[0] == 4
    assert time.monotonic() - began < 40, "of some 12 on a machine at rest"
    (found,) = read(tmp_path / "g.json").submissions
    assert (found.score, found.status) == (0, "stopped")
    assert any("all cells together took longer than 10 s" in line for line in found.problems)


def test_a_notebook_that_does_not_count_is_named(three):
    shutil.copy(three / "class" / "ada" / f"{NAME}.ipynb", three / "class" / "bob.ipynb")
    shutil.copy(three / "class" / "ada" / f"{NAME}.ipynb", three / "class" / "bob" / "new.ipynb")
    grade(three / "class", "--json", three / "g.json")
    found = result_of(read(three / "g.json"), "bob")
    assert found.score == 16
    assert "does not count: bob/new.ipynb, bob.ipynb" in found.problems


def test_reasons_come_before_what_follows_from_them(tmp_path):
    stub = handed_in.cell_of(handed_in.untouched(), "soft_threshold").source
    calls = "def ista(x, y, l1, step_size, n_steps):\n    return soft_threshold(x[0], l1)"
    other = with_source("ista", calls, with_source("soft_threshold", stub))
    hand_in(tmp_path / "class", "stub", other)
    half = with_source("ista", f"{calls.partition('return')[0]}raise NotImplementedError")
    hand_in(tmp_path / "class", "half", half)
    hand_in(tmp_path / "class", "syntax", with_source("ridge", "def ridge(:"))
    hand_in(tmp_path / "class", "name", with_source("ridge", "def Ridge(x, y, l2):\n    return 1"))
    grade(tmp_path / "class", "--json", tmp_path / "g.json")
    said = {
        (r.student, c.id): (c.outcome, c.message, c.hint)
        for r in read(tmp_path / "g.json").submissions
        for c in r.checks
    }
    assert said["stub", "ista_minimum"] == (
        "error",
        "it calls a function of another part, which has no answer yet",
        "",
    )
    assert said["stub", "soft_threshold_vector"][0] == "no answer"
    assert said["half", "ista_minimum"][0] == "no answer"
    assert said["syntax", "ridge_fit"][1].startswith("ridge: its cell raised SyntaxError: ")
    assert said["name", "ridge_fit"][1] == "the cell of ridge does not define ridge"


def test_a_cluster_gives_the_same_scores(three):
    from distributed import LocalCluster

    here, there = three / "here.json", three / "there.json"
    grade(three / "class", "--seed", 3, "--json", here)
    with LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=":0") as cluster:
        address = cluster.scheduler_address
        code, _, _ = grade(three / "class", "--seed", 3, "--json", there, "--scheduler", address)
    assert code == 1
    assert scores(read(here)) == scores(read(there))
    pairs = zip(read(here).submissions, read(there).submissions, strict=True)
    for one, other in pairs:
        assert [c.got for c in one.checks] == [c.got for c in other.checks]


@pytest.fixture
def cluster():
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as started:
        yield started


def test_a_killed_worker_of_a_cluster_is_said(cluster):
    from distributed import Client

    found = workers.on_a_cluster(os._exit, [1], cluster.scheduler_address)
    with pytest.raises(GraderFailed, match="a process of the grader was killed"):
        list(found)
    with Client(cluster) as client:  # a cluster that is closed while it starts a worker fails
        client.wait_for_workers(1, timeout=60)


def test_a_cluster_that_is_lost_is_said(cluster):
    found = workers.on_a_cluster(time.sleep, [0.01, 60], cluster.scheduler_address)
    assert next(found) is None
    cluster.close()
    with pytest.raises(GraderFailed, match="the Dask cluster or its last worker is gone"):
        next(found)


def test_a_cluster_without_workers_is_said(cluster, monkeypatch):
    monkeypatch.setattr(workers, "GATHERING", 0.2)
    cluster.scale(0)
    while cluster.scheduler.workers:
        time.sleep(0.05)
    with pytest.raises(Problem, match=r"the Dask scheduler at \S+ has no worker"):
        next(workers.on_a_cluster(abs, [1], cluster.scheduler_address))


def test_a_single_notebook_and_nbgrader_s_folders(tmp_path):
    nested = tmp_path / "submitted" / "ada" / NAME
    nested.mkdir(parents=True)
    nbformat.write(solved(), nested / f"{NAME}.ipynb")
    hidden = nested / ".ipynb_checkpoints"
    hidden.mkdir()
    (hidden / f"{NAME}-checkpoint.ipynb").write_text("{", encoding="utf-8")
    code, out, _ = grade(tmp_path / "submitted", "--seed", 7, "--json", tmp_path / "a.json")
    assert code == 0, out
    shutil.copy(nested / f"{NAME}.ipynb", tmp_path / "grace.ipynb")
    scope = tmp_path / "results.json"
    code, out, _ = grade(tmp_path / "grace.ipynb", "--seed", 7, "--gradescope", scope)
    assert code == 0, out
    assert json.loads(scope.read_text(encoding="utf-8"))["score"] == 20
    assert "grace" in out


def test_masters_kept_elsewhere_grade_a_course_without_them(tmp_path):
    root = tmp_path / "course"
    for name in (COURSE.released(NAME), COURSE.expected(NAME)):
        target = root / name.relative_to(COURSE.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, target)
    masters = tmp_path / "masters"
    masters.mkdir()
    hand_in(tmp_path / "class", "ada", solved())
    asked = [tmp_path / "class", "--solutions", masters]
    code, _, err = grade(*asked, course=Course(root))
    assert code == 3
    assert f"there is no master of {NAME} in " in err
    shutil.copy(COURSE.master(NAME), masters)
    assert grade(*asked, course=Course(root))[0] == 0


def test_a_notebook_that_is_a_link_to_somebody_else_s(three):
    target = three / "class" / "mallory" / f"{NAME}.ipynb"
    target.parent.mkdir()
    target.symlink_to(three / "class" / "ada" / f"{NAME}.ipynb")
    grade(three / "class", "--json", three / "g.json")
    found = result_of(read(three / "g.json"), "mallory")
    assert (found.score, found.status) == (0, "problem")
    assert "is a link that leads out of the folder" in found.problems[0]


def test_two_notebooks_of_one_exercise(three):
    folder = three / "class" / "bob"
    shutil.copy(folder / f"{NAME}.ipynb", folder / f"{NAME}-Copy1.ipynb")
    (folder / "old").mkdir()
    grade(three / "class", "--json", three / "g.json")
    assert result_of(read(three / "g.json"), "bob").score == 16, "the one of the right name counts"
    shutil.copy(folder / f"{NAME}.ipynb", folder / "old")
    grade(three / "class", "--json", three / "g.json")
    found = result_of(read(three / "g.json"), "bob")
    assert found.problems[0].startswith(f"several notebooks answer {NAME}, so none counts: bob/")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--exercise", "99"], "unknown exercise"),
        (["--seed", "tomorrow"], "must be an integer from 0, or random. Received: tomorrow"),
        (["--jobs", "0"], "0 is not in the range x>=1"),
        (["--isolation", "strong"], "'strong' is not one of"),
        (["--resume"], "--resume goes on from what --json FILE keeps"),
        (["--solutions", "nowhere"], "does not exist"),
        (["--scheduler", "tcp://127.0.0.1:1"], "no Dask scheduler answers at tcp://127.0.0.1:1"),
    ],
)
def test_wrong_options_are_one_line_and_code_2(three, options, message):
    code, out, err = grade(three / "class", *options)
    assert (code, out) == (2, "")
    assert message in err.splitlines()[-1]


def test_nothing_to_grade_is_said(tmp_path):
    assert "no such file or folder" in grade(tmp_path / "nowhere")[2]
    assert "there is neither a notebook nor a student's folder" in grade(tmp_path)[2]
    hand_in(tmp_path, "ada", None)
    assert "say which exercise to grade with --exercise" in grade(tmp_path)[2]
    assert grade(tmp_path, "--exercise", 2)[0] == 1


def test_a_master_with_another_check_grades_nobody(three, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(COURSE.root / "exercises", root / "exercises")
    master = solved()
    handed_in.cell_of(master, "soft_threshold_vector").source += "  # another one"
    nbformat.write(master, Course(root).master(NAME))
    code, out, err = grade(three / "class", course=Course(root))
    assert (code, out) == (3, "")
    assert "soft_threshold_vector is not the same in the exercise that was given out" in err


def test_a_reference_that_fails_is_the_grader_s_fault(three, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(COURSE.root / "exercises", root / "exercises")
    broken = with_source("ridge", "def ridge(x, y, l2):\n    return 1 / 0")
    nbformat.write(broken, Course(root).master(NAME))
    code, out, err = grade(three / "class", course=Course(root))
    assert (code, out) == (3, "")
    assert "problem: the reference failed: ridge_fit: the solution raised ZeroDivisionError" in err


def test_a_grader_that_fails_costs_nobody_else(three, monkeypatch):
    from coursepkg.grading import official

    run = official._run

    def fail_on_bob(assignment, entry, *others):
        if entry.student == "bob":
            raise RuntimeError("the disk is on fire")
        return run(assignment, entry, *others)

    monkeypatch.setattr(official, "_run", fail_on_bob)
    monkeypatch.setattr(official, "PAUSE", 0.0)
    code, _, _ = grade(three / "class", "--json", three / "g.json")
    assert code == 3
    found = read(three / "g.json")
    assert scores(found) == {"ada": (20, "graded"), "bob": (0, "failed"), "eve": (20, "graded")}
    assert "RuntimeError: the disk is on fire" in result_of(found, "bob").problems[0]


@pytest.mark.parametrize(("failing", "score"), [(2, 20), (3, 0)])
def test_a_kernel_that_does_not_start_is_tried_again(tmp_path, monkeypatch, failing, score):
    """Others may take all processes or all memory of the machine for a while."""
    from coursepkg.grading import official

    start, left = official.WarmKernel, list(range(failing))

    def start_late(*args):
        if left:
            left.pop()
            raise RuntimeError("at its start the kernel ended")
        return start(*args)

    monkeypatch.setattr(official, "WarmKernel", start_late)
    monkeypatch.setattr(official, "PAUSE", 0.0)
    hand_in(tmp_path / "class", "ada", solved())
    code, _, _ = grade(tmp_path / "class", "--json", tmp_path / "g.json")
    (found,) = read(tmp_path / "g.json").submissions
    assert (code, found.score, left) == (0 if score else 3, score, [])
    failed = ("the grader failed: RuntimeError: at its start the kernel ended",)
    assert found.problems == (() if score else failed)


def test_the_start_of_a_kernel_takes_no_time_from_the_cells(tmp_path, monkeypatch):
    from coursepkg.grading import nbval_run, official

    class SlowKernel(official.WarmKernel):
        def run(self, source, timeout):
            time.sleep(6)
            super().run(source, timeout)

    monkeypatch.setattr(official, "WarmKernel", SlowKernel)
    monkeypatch.setattr(nbval_run, "MOST_LIMITS", 1)
    hand_in(tmp_path / "class", "ada", solved())
    assert grade(tmp_path / "class", "--timeout", 5, "--json", tmp_path / "g.json")[0] == 0


def test_a_process_of_the_grader_that_is_killed_is_said(three):
    kills = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)"
    hand_in(three / "class", "zoe", with_source("ista", kills))
    asked = [three / "class", "--json", three / "g.json", "--isolation", "none", "--jobs", 2]
    code, out, err = grade(*asked)
    assert (code, out) == (3, "")
    assert "problem: a process of the grader was killed, by the system" in err


def test_a_report_that_cannot_be_written_is_one_line(three):
    (three / "file").write_text("", encoding="utf-8")
    code, _, err = grade(three / "class", "--csv", three / "file" / "g.csv")
    assert code == 2
    assert "cannot write" in err.splitlines()[-1]


def test_a_death_is_noticed_at_once(tmp_path):
    dies = "def ista(*args):\n    import os\n    os._exit(1)"
    hand_in(tmp_path / "class", "eve", with_source("ista", dies))
    began = time.monotonic()
    grade(tmp_path / "class", "--json", tmp_path / "g.json", "--timeout", 100)
    (found,) = read(tmp_path / "g.json").submissions
    (died,) = [check for check in found.checks if check.outcome == "killed"]
    assert died.seconds < 3
    assert time.monotonic() - began < 60, "not the timeout"
    assert sum(check.earned for check in found.checks) == 16


def test_every_part_of_the_release_is_in_the_results(results):
    expected = [
        (check, part.title, points)
        for part in parts(handed_in.untouched())
        for check, points in part.points.items()
    ]
    for result in results.submissions:
        assert [(c.id, c.part, c.points) for c in result.checks] == expected
