"""The official grade of one submission: under a fresh seed, in isolation, against the reference."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nbformat import NotebookNode

from coursepkg.grading.counting import LONGEST_TEXT, Records, count, explained, problems_of
from coursepkg.grading.exercise import (
    Course,
    NotAnExercise,
    Problem,
    code_cells,
    parse_notebook,
    parts,
    tagged,
    unneeded_modules,
)
from coursepkg.grading.isolation import hide_memory
from coursepkg.grading.kernels import WarmKernel
from coursepkg.grading.needs import MOST_CODE
from coursepkg.grading.reference import GraderFailed
from coursepkg.grading.results import CheckResult, SubmissionResult
from coursepkg.grading.submission import Submission, assemble, identify, parts_of
from coursepkg.show import Outcome

LARGEST_FILE = 40 * 2**20  # bytes of a notebook
TRIES = 3  # until a grader fails, as where for a while there is no memory to start a kernel with
PAUSE = 2.0  # seconds between them
# While the setup runs, these modules cannot be imported; for an answer they are there again.
HIDE = "import sys; sys.modules.update(dict.fromkeys({}))"
SHOW = "[sys.modules.pop(name) for name in {}]; del sys"
_one_at_a_time = threading.Lock()  # in a process, as nbval runs within pytest, which knows one run


@dataclass(frozen=True)
class Assignment:
    """What it takes to grade any submission of an exercise.

    Attributes
    ----------
    course : Course
        Where the exercise lives.
    exercise : str
        Its name.
    release : NotebookNode
        The notebook that was given out.
    seed : int
        Draws the inputs of the checks.
    tier : str
        How kernels are isolated.
    timeout : float
        Seconds for a cell.
    scratch : Path or None
        The folder for what kernels need on the disk meanwhile; by default the system's.
    """

    course: Course
    exercise: str
    release: NotebookNode
    seed: int
    tier: str
    timeout: float
    scratch: Path | None = None


@dataclass(frozen=True)
class Entry:
    """What somebody handed in.

    Attributes
    ----------
    student : str
        Who.
    paths : tuple of Path
        Notebooks, one of which should be the submission.
    folder : Path
        Where all submissions lie.
    others : tuple of Path
        Further notebooks, which do not count.
    """

    student: str
    paths: tuple[Path, ...]
    folder: Path
    others: tuple[Path, ...] = ()

    def choosing(self, paths: tuple[Path, ...]) -> Entry:
        """Return the entry with some of its notebooks, and the rest beside them."""
        return replace(self, paths=paths, others=tuple(p for p in self.paths if p not in paths))

    def seen(self, path: Path) -> str:
        """Write the path of a notebook as seen from the folder of submissions."""
        return path.relative_to(self.folder).as_posix()


@dataclass(frozen=True)
class Graded:
    """The result of a submission, with what is needed to say more on it.

    Attributes
    ----------
    result : SubmissionResult
        The result.
    outcomes : mapping of str to Outcome
        What the checks came to that were not right.
    """

    result: SubmissionResult
    outcomes: Mapping[str, Outcome]

    def explained(self, records: Records) -> SubmissionResult:
        """Return the result with what these records say to each wrong value."""
        checks = tuple(
            explained(check, self.outcomes[check.id], records[check.id])
            if check.id in self.outcomes
            else check
            for check in self.result.checks
        )
        return replace(self.result, checks=checks)


def grade(assignment: Assignment, entry: Entry, reference: Callable[[], Records]) -> Graded:
    """Grade what somebody handed in.

    Parameters
    ----------
    assignment : Assignment
        The exercise.
    entry : Entry
        The submission.
    reference : callable
        Waits for the end of the reference solution, and returns what each check expects. It is
        called before any code of the student's runs.

    Returns
    -------
    Graded
        Whatever is wrong with a submission is in the result; nothing is raised.
    """
    hide_memory()
    with _one_at_a_time:
        began = time.monotonic()
        graded = _graded(assignment, entry, reference)
        seconds = round(time.monotonic() - began, 2)
    return replace(graded, result=replace(graded.result, seconds=seconds))


def _graded(assignment: Assignment, entry: Entry, reference: Callable[[], Records]) -> Graded:
    file = sha256 = ""
    whose = "problem"
    try:
        path, raw = _the_notebook(assignment, entry)
        file, sha256 = entry.seen(path), hashlib.sha256(raw).hexdigest()
        submission = _submission(assignment, path, raw)
        del raw
        whose = "failed"  # from here on it is not the student's
        graded = _tried(assignment, entry, submission, reference)
    except GraderFailed:
        raise  # then nobody can be graded
    except Problem as problem:
        graded = _not_graded(assignment, entry, whose, str(problem))
    except Exception as error:  # a neighbour's grade must not be lost with this one
        said = f"the grader failed: {type(error).__name__}: {error}"
        graded = _not_graded(assignment, entry, "failed", said[:LONGEST_TEXT])
    return replace(graded, result=replace(graded.result, file=file, sha256=sha256))


def _not_counted(assignment: Assignment, entry: Entry) -> Iterator[str]:
    """Name notebooks that do not count, apart from those of other exercises."""
    names = set(assignment.course.names()) - {assignment.exercise}
    rest = [p for p in entry.others if not any(name in p.stem for name in names)]
    if rest:
        yield f"does not count: {', '.join(map(entry.seen, rest))}"


def digest_of(entry: Entry) -> str:
    """Return the digest of a submission that has one notebook alone, or nothing."""
    try:
        (path,) = entry.paths
        return hashlib.sha256(read_bytes(entry, path)).hexdigest()
    except (Problem, ValueError):
        return ""


def _the_notebook(assignment: Assignment, entry: Entry) -> tuple[Path, bytes]:
    """Read the notebook that counts: the only one, or the only one that answers the exercise."""
    if not entry.paths:
        raise Problem("there is no notebook in the folder")
    if len(entry.paths) == 1:
        return entry.paths[0], read_bytes(entry, entry.paths[0])
    fitting = [path for path in entry.paths if _answers(assignment, entry, path)]
    if len(fitting) == 1:
        return fitting[0], read_bytes(entry, fitting[0])
    names = ", ".join(map(entry.seen, fitting or entry.paths))
    if fitting:
        raise Problem(f"several notebooks answer {assignment.exercise}, so none counts: {names}")
    raise Problem(f"no notebook answers {assignment.exercise}. Received: {names}")


def _answers(assignment: Assignment, entry: Entry, path: Path) -> bool:
    try:
        notebook = parse_notebook(read_bytes(entry, path), path)
        return identify(assignment.course, notebook, path) == assignment.exercise
    except Problem:
        return False


def read_bytes(entry: Entry, path: Path) -> bytes:
    """Read a file of a submission.

    Raises
    ------
    Problem
        If it lies somewhere else, is too large or cannot be read.
    """
    home = entry.folder.resolve() / path.relative_to(entry.folder).parts[0]
    if not path.resolve().is_relative_to(home):
        raise Problem(f"{entry.seen(path)} is a link that leads out of the folder")
    try:
        if path.stat().st_size > LARGEST_FILE:
            size = path.stat().st_size >> 20
            raise Problem(
                f"{entry.seen(path)} has {size} MB, more than {LARGEST_FILE >> 20}. "
                "Clear its outputs and hand it in again"
            )
        return path.read_bytes()
    except OSError as error:
        raise Problem(f"{entry.seen(path)} cannot be read ({error.strerror})") from None


def _submission(assignment: Assignment, path: Path, raw: bytes) -> Submission:
    notebook = parse_notebook(raw, Path(path.name))
    code = sum(len(cell.source) for cell in code_cells(notebook))
    if code > MOST_CODE:
        raise Problem(f"{path.name} holds {code:,} characters of code, more than {MOST_CODE:,}")
    try:
        found = identify(assignment.course, notebook, Path(path.name))
    except NotAnExercise:
        found = assignment.exercise  # it says nothing else
    if found != assignment.exercise:
        raise Problem(f"{path.name} answers {found}. Expected: {assignment.exercise}")
    submission = assemble(
        notebook,
        assignment.release,
        path=path,
        exercise=assignment.exercise,
        seed=assignment.seed,
    )
    if not submission.home:
        raise Problem(f"{path.name} holds no answer of {assignment.exercise}")
    return submission


def _not_graded(assignment: Assignment, entry: Entry, status: str, problem: str) -> Graded:
    checks = tuple(
        CheckResult(check, part.title, points, 0, "not run", message="not graded, see the problems")
        for part in parts(assignment.release)
        for check, points in part.points.items()
    )
    return Graded(SubmissionResult(entry.student, "", "", status, (problem,), 0.0, checks), {})


def _tried(
    assignment: Assignment,
    entry: Entry,
    submission: Submission,
    reference: Callable[[], Records],
) -> Graded:
    """Run a submission, and again if that fails, which is no fault of the student's."""
    for _ in range(TRIES - 1):
        try:
            return _run(assignment, entry, submission, reference)
        except GraderFailed:
            raise  # it would fail for everybody
        except Exception:
            time.sleep(PAUSE)
    return _run(assignment, entry, submission, reference)


def _run(
    assignment: Assignment,
    entry: Entry,
    submission: Submission,
    reference: Callable[[], Records],
) -> Graded:
    with _warm_kernels(assignment, submission) as start:
        from coursepkg.grading.nbval_run import Run, run_notebook  # meanwhile, as it takes long

        records = reference()
        run = Run(
            start=start,
            timeout=assignment.timeout,
            parts_of=parts_of(parts(submission.release), submission.home),
            checks=frozenset(cell.id for cell in tagged(submission.release, "grade")),
            reference=records,
            scratch=assignment.scratch,
        )
        results = run_notebook(submission.notebook, run)
    setup = submission.notebook.cells[0]
    if results[setup.id].status != "passed":  # no code of the student's had run yet
        raise Problem(f"the first cell of the exercise {results[setup.id].message}")
    status = "stopped" if any(result.stopped for result in results.values()) else "graded"
    checks, outcomes = count(submission, results, records)
    problems = (*_not_counted(assignment, entry), *problems_of(submission, results))
    return Graded(SubmissionResult(entry.student, "", "", status, problems, 0.0, checks), outcomes)


@contextlib.contextmanager
def _warm_kernels(
    assignment: Assignment, submission: Submission
) -> Iterator[Callable[[], WarmKernel]]:
    """Start a kernel and let it run the setup, which is not the student's, ahead of its use.

    So what takes the longest, to load TensorFlow, goes on beside the reference.
    """
    names = unneeded_modules(assignment.release)
    setup = submission.notebook.cells[0].source
    setup = "\n".join((HIDE.format(names), setup, SHOW.format(names)))
    new = functools.partial(WarmKernel, assignment.tier, assignment.scratch, setup)
    waiting = [new()]
    try:
        yield lambda: waiting.pop() if waiting else new()
    finally:
        for kernel in waiting:
            kernel.stop()
