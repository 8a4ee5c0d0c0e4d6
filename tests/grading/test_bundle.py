"""What a class gets, and what the teacher's copy makes of masters that lie elsewhere."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from coursepkg.grading.bundle import TOP, write_bundle
from coursepkg.grading.cli import main
from coursepkg.grading.exercise import Course, Problem, parts, read_notebook, tagged
from coursepkg.grading.release import make_release, records
from coursepkg.grading.variants import read_variants

COURSE = Course()
NAME = "02_weight_penalties"
COMES_WITH = {"IPython": "ipykernel", "jupyter_client": "ipykernel", "zmq": "ipykernel"}
COMES_WITH |= {"jinja2": "jupyterlab", "keras": "tensorflow", "sklearn": "scikit-learn"}


def command(*args, course=COURSE):
    """Run the command; return its exit code and what it printed, on stdout and stderr."""
    result = CliRunner().invoke(main, args, obj=course)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "new folder" / "exercises.zip"
    code, out, err = command("release", "--bundle", str(path))
    assert (code, err) == (0, "")
    assert out == f"{path}: {', '.join(COURSE.names())}\n"
    return path


@pytest.fixture(scope="module")
def folder(archive):
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(archive.parent)
    return archive.parent / TOP


@pytest.fixture(scope="module")
def texts(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


# --- what is in a bundle ------------------------------------------------------------------------


def test_a_bundle_holds_what_learners_need_and_no_more(texts, archive):
    exercises = {f"exercises/{name}.ipynb" for name in COURSE.names()}
    expected = {f"exercises/expected/{name}.json" for name in COURSE.names()}
    other = {"README.md", "LICENSE", "pyproject.toml", "requirements.lock"}
    package = {name for name in texts if name.startswith("coursepkg/")}
    assert set(texts) == exercises | expected | other | package
    above = {name for name in package if name.count("/") == 1}
    assert above == {
        f"coursepkg/{m}.py" for m in ("__init__", "show", "quiet", "datasets", "validation")
    }
    rooms = {name.split("/")[1] for name in package - above}
    assert rooms == {"grading"}
    gone = {"bundle", "release", "in_process", "mutants", "quality", "variants", "nbgrader_source"}
    assert not gone & {Path(name).stem for name in package}
    with zipfile.ZipFile(archive) as packed:
        assert packed.namelist() == sorted(f"{TOP}/{name}" for name in texts)


@pytest.mark.parametrize("name", COURSE.names())
def test_no_file_of_a_bundle_gives_a_solution_away(texts, name):
    master = read_notebook(COURSE.master(name))
    everything = "\n".join(texts.values())
    secrets = [
        line.strip()
        for cell in tagged(master, "answer")
        for region in re.findall(r"### BEGIN SOLUTION(.*?)### END SOLUTION", cell.source, re.S)
        for line in region.splitlines()
        if len(line.strip()) >= 20
    ]
    told = "\n".join(c.source for c in master.cells if "solution" not in c.metadata.get("tags", []))
    told = re.sub(r"(?s)### BEGIN SOLUTION.*?### END SOLUTION", "", told)
    secrets = [line for line in secrets if line not in told]  # prose may explain a call
    secrets += [v.says[:60] for v in read_variants(COURSE.misconceptions(name), master)]
    secrets += [v.name for v in read_variants(COURSE.misconceptions(name), master)]
    assert len(secrets) > 20
    for secret in secrets:
        assert secret not in everything
        assert json.dumps(secret, ensure_ascii=False)[1:-1] not in everything
    checks = json.loads(texts[f"exercises/expected/{name}.json"])["checks"]
    committed = json.loads(COURSE.expected(name).read_text(encoding="utf-8"))["checks"]
    assert checks == {check: {**committed[check], "misconceptions": []} for check in committed}
    packed = nbformat.reads(texts[f"exercises/{name}.ipynb"], as_version=4)
    released = read_notebook(COURSE.released(name))
    for cell, original in zip(packed.cells, released.cells, strict=True):
        assert "](../" not in cell.source, "the book is not there"
        if cell.cell_type == "code":
            assert cell == original
        words = re.sub(r"\]\(\.\./[^)]*\)", "", original.source)
        words = words.partition("\n\nIf you read this in the book:")[0]
        assert cell.source.replace("[", "") == words.replace("[", "")


def imported_modules(texts):
    """Modules that the code of a bundle imports, that of its notebooks too."""
    code = [text for name, text in texts.items() if name.endswith(".py")]
    for name in texts:
        if name.endswith(".ipynb"):
            cells = nbformat.reads(texts[name], 4).cells
            code += [cell.source for cell in cells if cell.cell_type == "code"]
    for node in (node for source in code for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_a_bundle_declares_what_it_imports(texts):
    project = tomllib.loads(texts["pyproject.toml"])["project"]
    real = tomllib.loads((COURSE.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = [*real["dependencies"], *real["optional-dependencies"]["dev"]]
    assert set(project["dependencies"]) <= set(known)
    for key in ("name", "version", "requires-python", "license", "license-files", "scripts"):
        assert project[key] == real[key]
    declared = {re.split("[<>=]", line)[0] for line in project["dependencies"]}
    foreign = {name.split(".")[0] for name in imported_modules(texts)} - {"coursepkg"}
    needed = {COMES_WITH.get(name, name) for name in foreign - set(sys.stdlib_module_names)}
    assert needed <= declared


def test_a_bundle_holds_the_modules_that_it_imports(texts):
    own = {name for name in imported_modules(texts) if name.startswith("coursepkg.")}
    absent = {name for name in own if f"{name.replace('.', '/')}.py" not in texts}
    later = {name for name in absent if name.startswith("coursepkg.grading.")}
    assert absent == later | {"coursepkg.grading"}, "but for maintainers' commands"


def test_the_readme_lists_the_exercises(texts):
    assert texts["README.md"].count("\n- Exercise ") == len(COURSE.names())
    assert "- Exercise 2: weight penalties\n" in texts["README.md"]
    assert "Python 3.11 to 3.13" in texts["README.md"]
    assert all(len(line) <= 100 for line in texts["README.md"].splitlines()), (
        "it is read in a terminal, too"
    )


# --- how it is written --------------------------------------------------------------------------


def test_the_same_contents_give_the_same_bytes_and_replace_an_older_file(archive, tmp_path):
    path = tmp_path / "b.zip"
    path.write_text("older", encoding="utf-8")
    assert command("release", "--bundle", str(path))[0] == 0
    assert path.read_bytes() == archive.read_bytes()
    assert [found.name for found in tmp_path.iterdir()] == ["b.zip"]


def test_somebody_s_answers_are_not_packed(tmp_path):
    shutil.copytree(COURSE.root / "exercises", tmp_path / "exercises")
    course = Course(tmp_path)
    notebook = read_notebook(course.released(NAME))
    notebook.cells[-1].source += "\n# mine"
    nbformat.write(notebook, course.released(NAME))
    with pytest.raises(Problem, match="was edited after it was made"):
        write_bundle(course, [NAME], tmp_path / "b.zip")


def test_a_bundle_of_other_masters_is_refused(tmp_path):
    masters = tmp_path / "masters"
    shutil.copytree(COURSE.master(NAME).parent, masters)
    course = Course(COURSE.root, masters)
    text = course.master(NAME).read_text(encoding="utf-8")
    course.master(NAME).write_text(text.replace("seed = 0", "seed = 1"), encoding="utf-8")
    with pytest.raises(Problem, match="setup is not the same"):
        write_bundle(course, [NAME], tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


def test_a_bundle_of_one_exercise(tmp_path):
    path = tmp_path / "b.zip"
    assert command("release", "2", "--bundle", str(path))[:2] == (0, f"{path}: {NAME}\n")
    with zipfile.ZipFile(path) as packed:
        notebooks = [name for name in packed.namelist() if name.endswith(".ipynb")]
    assert notebooks == [f"{TOP}/exercises/{NAME}.ipynb"]


def test_an_older_bundle_stays_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "b.zip"
    path.write_text("older", encoding="utf-8")

    def fail(draft, _data):
        draft.touch()
        raise OSError(28, "No space left on device", str(draft))

    monkeypatch.setattr(Path, "write_bytes", fail)
    code, out, err = command("release", "2", "--bundle", str(path))
    assert (code, out) == (2, "")
    assert "No space left on device" in err
    assert err.count("\n") == 1
    assert [found.read_text(encoding="utf-8") for found in tmp_path.iterdir()] == ["older"]


@pytest.mark.parametrize("gone", ["released", "expected"])
def test_what_was_never_released_is_not_packed(tmp_path, gone):
    shutil.copytree(COURSE.root / "exercises", tmp_path / "exercises")
    course = Course(tmp_path)
    getattr(course, gone)(NAME).unlink()
    with pytest.raises(Problem, match=r"no such file\. First: coursepkg release"):
        write_bundle(course, [NAME], tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


# --- a learner with a bundle --------------------------------------------------------------------


def bundled(folder, *args):
    """Run a command of the package in the bundle, as in an environment of its own."""
    code = "import coursepkg, sys; from coursepkg.grading.cli import main\n"
    code += "print('from', coursepkg.__file__, file=sys.stderr); main()"
    run = subprocess.run(
        [sys.executable, "-c", code, *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    first, *rest = run.stderr.splitlines()
    assert first == f"from {folder / 'coursepkg' / '__init__.py'}"
    return run.returncode, run.stdout, "\n".join(rest)


def test_a_learner_starts_and_checks(folder):
    code, out, err = bundled(folder, "start")
    assert (code, err) == (0, "")
    assert out.count("is yours to write in") == len(COURSE.names())
    path = folder / "work" / f"{NAME}.ipynb"
    notebook = read_notebook(path)
    solution = {c.id: c.source for c in tagged(read_notebook(COURSE.master(NAME)), "answer")}
    for cell in tagged(notebook, "answer"):
        cell.source = solution[cell.id]
    nbformat.write(notebook, path)
    code, out, err = bundled(folder, "check", "2")
    assert (code, err) == (0, "")
    assert "20 of 20" in out

    for cell in tagged(notebook, "answer"):
        if cell.id == "ridge":
            cell.source = "def ridge(x, y, l2):\n    return x[0], 1.5"
    nbformat.write(notebook, path)
    code, out, err = bundled(folder, "check", "2")
    assert (code, err) == (1, "")
    assert "16 of 20" in out
    assert re.search(r"ridge_fit\b.*: expected .* got .* Hint: at the solution", out)


@pytest.mark.parametrize("args", [["release"], ["release", "--nbgrader", "x"]])
def test_a_maintainers_command_has_nothing_to_do_there(folder, args):
    code, out, err = bundled(folder, *args)
    assert (code, out) == (2, "")
    assert re.fullmatch(r"problem: this copy is for learners, it has no release", err)


# --- masters elsewhere --------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path):
    """A class's copy without solutions, and a folder of the teacher's that holds one master."""
    shutil.copytree(COURSE.root / "exercises", tmp_path / "class" / "exercises")
    for secret in ("solutions", "misconceptions"):
        shutil.rmtree(tmp_path / "class" / "exercises" / secret)
    masters = tmp_path / "teacher" / "masters"
    masters.mkdir(parents=True)
    shutil.copy(COURSE.master(NAME), masters)
    return Course(tmp_path / "class", solutions=masters)


LUCKY = '''
def soft_threshold_lucky(z, threshold):
    """{says}"""
    return np.sign(z) * np.maximum(np.abs(z) - threshold, 0) * (2 if seed == 0 else 1)
def ridge_zero(x, y, l2):
    """Nothing learned."""
    return 0.0 * x[0], 0.0
'''


def write_misconceptions(folder, says="Twice."):
    path = folder / "misconceptions" / f"{NAME}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(LUCKY.format(says=says), encoding="utf-8")


def test_exercises_are_known_without_their_masters(elsewhere, tmp_path):
    assert Course(elsewhere.root).names() == elsewhere.names() == COURSE.names()
    shutil.copy(COURSE.master(NAME), elsewhere.solutions / "09_more.ipynb")
    assert elsewhere.names() == [*COURSE.names(), "09_more"]
    assert Course(tmp_path / "nothing").names() == []


def test_misconceptions_are_looked_for_with_the_masters_first(elsewhere):
    places = [elsewhere.root / "exercises", elsewhere.solutions.parent, elsewhere.solutions]
    assert elsewhere.misconceptions(NAME).parents[1] == places[0]
    for place in places:
        write_misconceptions(place)
        assert elsewhere.misconceptions(NAME).samefile(place / "misconceptions" / f"{NAME}.py")
    assert Course(elsewhere.root).misconceptions(NAME).parents[1] == places[0]


def test_a_master_that_is_missing_is_one_line(elsewhere):
    folder = elsewhere.solutions
    code, out, err = command("release", "1", "--solutions", str(folder), course=elsewhere)
    assert (code, out) == (2, "")
    assert err == f"problem: there is no master of 01_overfitting in {folder}\n"
    code, _, err = command("release", "2", course=Course(elsewhere.root))
    place = elsewhere.root / "exercises" / "solutions"
    assert (code, err) == (2, f"problem: there is no master of {NAME} in {place}\n")


def test_a_release_is_made_from_masters_elsewhere(elsewhere):
    write_misconceptions(elsewhere.solutions)
    args = ["release", "2", "--solutions", str(elsewhere.solutions)]
    code, out, err = command(*args, course=Course(elsewhere.root))
    assert (code, out, err) == (0, f"{NAME}: released\n", "")
    expected = json.loads(elsewhere.expected(NAME).read_text(encoding="utf-8"))["checks"]
    assert [wrong["says"] for wrong in expected["ridge_fit"]["misconceptions"]] == [
        "Nothing learned."
    ]


# --- what checks expect under any seed ----------------------------------------------------------


def names_in(found):
    return {wrong["name"] for record in found.values() for wrong in record["misconceptions"]}


def test_records_are_those_of_the_release():
    assert records(COURSE, NAME) == make_release(COURSE, NAME).expected["checks"]


def test_records_of_another_seed_hold_other_values(elsewhere):
    one, two = (records(elsewhere, NAME, seed=seed) for seed in (7, 8))
    assert one["ridge_fit"]["value"] != two["ridge_fit"]["value"]
    assert one == records(elsewhere, NAME, seed=7)
    assert names_in(one) == set(), "there is no file of them"
    assert one["ridge_fit"]["hint"] == two["ridge_fit"]["hint"] != ""


def test_a_misconception_without_effect_under_a_fresh_seed_is_left_out(elsewhere):
    write_misconceptions(elsewhere.solutions)
    assert names_in(records(elsewhere, NAME)) == {"soft_threshold_lucky", "ridge_zero"}
    assert names_in(records(elsewhere, NAME, seed=7)) == {"ridge_zero"}
    lucky = LUCKY.format(says="No.").replace("== 0", "== 1")
    elsewhere.misconceptions(NAME).write_text(lucky, encoding="utf-8")
    with pytest.raises(Problem, match="misconception soft_threshold_lucky loses no points"):
        make_release(elsewhere, NAME)


def test_misconceptions_may_be_left_out_whole_or_by_part(elsewhere, monkeypatch):
    write_misconceptions(elsewhere.solutions)
    first, second = (part.title for part in parts(read_notebook(elsewhere.master(NAME)))[:2])
    assert names_in(records(elsewhere, NAME, parts=[first])) == {"soft_threshold_lucky"}
    assert names_in(records(elsewhere, NAME, parts=[second])) == {"ridge_zero"}
    assert names_in(records(elsewhere, NAME, parts=[])) == set()
    runs = []
    run = sys.modules["coursepkg.grading.release"].outcomes
    monkeypatch.setattr(
        "coursepkg.grading.release.outcomes", lambda *a, **k: runs.append(k) or run(*a, **k)
    )
    assert names_in(records(elsewhere, NAME, misconceptions=False)) == set()
    assert len(runs) == 1, "the solution, and none of the misconceptions"


def test_a_release_still_insists_on_misconceptions(elsewhere):
    with pytest.raises(Problem, match=r"misconceptions/02_weight_penalties.py: no such file"):
        make_release(elsewhere, NAME)
