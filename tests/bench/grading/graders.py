"""Who grades: each lays out an assignment of its own, then is timed as a command."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import nbformat

from coursepkg.grading.exercise import COURSE_ROOT, Course, read_notebook, tagged
from tests.bench.grading.assignments import Task, answered, asserting_master

PEERS = COURSE_ROOT / ".venv" / "peers"
LONGEST_TURN = 300  # seconds, after which something hangs
# With it nobody would keep a compiled module, and who imports more would compile more in each turn.
NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE"}
Marks = list[tuple[float, float]]


def installed() -> bool:
    """Say whether the others are there."""
    return all((PEERS / "bin" / name).exists() for name in ("nbgrader", "otter"))


class Grader(ABC):
    """A grader at one task, in a folder of its own.

    Parameters
    ----------
    task : Task
        What it grades.
    folder : Path
        Where it may write; it is made.
    """

    title: str
    commands = PEERS / "bin"
    most_turns = 3

    def __init__(self, task: Task, folder: Path) -> None:
        self.task, self.folder = task, folder
        folder.mkdir(parents=True)
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Lay out the assignment and its submissions; not timed."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """Return what a teacher types, for a grade that owes nothing to an earlier one."""

    @abstractmethod
    def marks(self) -> Marks:
        """Return points earned and points to earn, for each submission."""

    def grade(self) -> float:
        """Grade once and return the seconds.

        Raises
        ------
        RuntimeError
            If the command fails, or somebody doesn't get full marks.
        """
        command = self.command()
        start = time.perf_counter()
        self.run(command)
        seconds = time.perf_counter() - start
        marks = self.marks()
        if len(marks) != self.task.n_students or any(not 0 < most == got for got, most in marks):
            wanted = f"full marks for {self.task.n_students} right submissions"
            raise RuntimeError(f"{self.title}, {self.task.title}: expected {wanted}. Got: {marks}")
        return seconds

    def run(self, command: Sequence[str | Path]) -> str:
        """Run a command in the folder, untouched by settings of this user, for its output."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_TURN,
        )
        if done.returncode:
            tail = "\n".join(done.stdout.splitlines()[-15:])
            raise RuntimeError(f"{self.title}, {self.task.title}: the command failed.\n{tail}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        settings = self.folder.parent / "settings"
        kept = {name: value for name, value in os.environ.items() if name not in NO_BYTECODE}
        return kept | {
            "PATH": f"{self.commands}{os.pathsep}{os.environ['PATH']}",  # nbgrader needs alembic
            "JUPYTER_CONFIG_DIR": str(settings / "jupyter"),
            "IPYTHONDIR": str(settings / "ipython"),
            "TF_CPP_MIN_LOG_LEVEL": "3",  # nbgrader gives no points where something is on stderr
        }


class Ours(Grader):
    """``coursepkg grade``: the reference solution and the submissions, with a seed of this turn."""

    title = "coursepkg grade"
    commands = Path(sys.executable).parent

    def prepare(self) -> None:
        """Hand in."""
        exercise = self.task.exercise
        released = read_notebook(Course().released(exercise))
        for student in self.task.students:
            path = self.folder / "submitted" / student / f"{exercise}.ipynb"
            _write(answered(released, exercise, student), path)

    def command(self) -> Sequence[str | Path]:
        """Grade the folder, or the one notebook."""
        name = self.task.exercise
        alone = [] if self.task.n_students > 1 else [self.task.students[0], f"{name}.ipynb"]
        seed = str(time.time_ns() % 10**9)  # none that was graded before
        return [
            *(self.commands / "coursepkg", "grade", Path("submitted", *alone)),
            *("--exercise", name, "--seed", seed, "--jobs", "2", "--json", "results.json"),
        ]

    def marks(self) -> Marks:
        """Read the results file."""
        results = json.loads((self.folder / "results.json").read_text(encoding="utf-8"))
        return [(each["score"], each["max_score"]) for each in results["submissions"]]


class Nbgrader(Grader):
    """``nbgrader autograde``, on a course folder whose assignment was released before."""

    title = "nbgrader autograde"

    def prepare(self) -> None:
        """Release the assignment and hand in."""
        name = f"{self.task.exercise}.ipynb"
        source = self.folder / "source" / "homework" / name
        _write(asserting_master(self.task.exercise), source)
        self.run([self.commands / "nbgrader", "generate_assignment", "homework"])
        released = read_notebook(self.folder / "release" / "homework" / name)
        for student in self.task.students:
            path = self.folder / "submitted" / student / "homework" / name
            _write(answered(released, self.task.exercise, student), path)

    def command(self) -> Sequence[str | Path]:
        """Grade all anew; for a class it goes from one to the next, it has no option for more."""
        return [self.commands / "nbgrader", "autograde", "homework", "--force"]

    def marks(self) -> Marks:
        """Ask the database; `nbgrader export` would take longer than some turns."""
        with contextlib.closing(sqlite3.connect(self.folder / "gradebook.db")) as gradebook:
            return gradebook.execute(
                "SELECT SUM(auto_score), SUM(max_score) FROM grade "
                "JOIN grade_cells ON grade.cell_id = grade_cells.id GROUP BY grade.notebook_id"
            ).fetchall()


class Otter(Grader):
    """``otter run``, on an autograder that was zipped before; it takes one submission."""

    title = "otter run"
    most_turns = 1  # for orientation, lest all take more than five minutes

    def prepare(self) -> None:
        """Zip the tests and hand in a notebook without them.

        Otter's notebooks usually run the tests, too, in cells of their own. That would be twice.
        """
        master = asserting_master(self.task.exercise)
        tests = self.folder / "tests"
        tests.mkdir()
        for check in tagged(master, "grade"):
            test = _otter_test(check.id, check.metadata.nbgrader.points, check.source)
            (tests / f"{check.id}.py").write_text(test, encoding="utf-8")
        master.cells = [cell for cell in master.cells if cell not in tagged(master, "grade")]
        handed_in = answered(master, self.task.exercise, self.task.students[0])
        _write(handed_in, self.folder / "submission.ipynb")
        self.run([self.commands / "otter", "generate", "-t", "tests", "-o", "autograder.zip"])

    def command(self) -> Sequence[str | Path]:
        """Grade the notebook into results.json."""
        options = ["-a", "autograder.zip", "-o", ".", "--no-logo"]
        return [self.commands / "otter", "run", *options, "submission.ipynb"]

    def marks(self) -> Marks:
        """Add up the results file."""
        results = json.loads((self.folder / "results.json").read_text(encoding="utf-8"))
        tests = [each for each in results["tests"] if "max_score" in each]
        return [tuple(sum(each[key] for each in tests) for key in ("score", "max_score"))]


def _otter_test(name: str, points: int, source: str) -> str:
    """Write a check cell as a test file that runs in the submission's own variables."""
    return f"""\
from otter.test_files import test_case

OK_FORMAT = False
name = {name!r}
points = {points}


@test_case()
def test(env):
    exec({source!r}, env)
"""


def _write(notebook: nbformat.NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
