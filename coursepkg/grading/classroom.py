"""A whole class: who handed in what, graded many at a time, each result kept at once."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import platform
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from coursepkg.grading.counting import Records
from coursepkg.grading.entries import find_entries, likely, most_answered
from coursepkg.grading.exercise import Course, Problem, parts, read_notebook
from coursepkg.grading.isolation import chosen, hide_memory, scratch
from coursepkg.grading.official import Assignment, Entry, Graded, digest_of, grade
from coursepkg.grading.reference import GraderFailed, Reference
from coursepkg.grading.release import digest, read_master, refuse_other_checks
from coursepkg.grading.results import Results, SubmissionResult
from coursepkg.grading.texts import file_of
from coursepkg.grading.workers import on_a_cluster, on_this_machine
from coursepkg.grading.writing import write_atomically

AGAIN = "handed in anew after it was graded with the same inputs, whose values its feedback shows"
PACKAGES = ("coursepkg", "numpy", "nbval", "ipykernel", "tensorflow")  # that a grade depends on


@dataclass
class Classroom:
    """A run of the grader over what a class handed in.

    Attributes
    ----------
    course : Course
        Where the exercises live.
    entries : sequence of Entry
        What was handed in.
    blank : Results
        The results without any submission.
    release : NotebookNode
        The exercise as it was given out.
    timeout : float
        Seconds for a cell.
    kept : Path or None
        The folder for one file a student.
    done : dict of str to SubmissionResult
        By student.
    """

    course: Course
    entries: Sequence[Entry]
    blank: Results
    release: Any
    timeout: float
    kept: Path | None = None
    done: dict[str, SubmissionResult] = field(default_factory=dict)

    def results(self) -> Results:
        """Return all that has been graded, by student."""
        return replace(self.blank, submissions=tuple(self.done[name] for name in sorted(self.done)))

    def resume(self) -> None:
        """Take over what an earlier run kept, if it was the same file under the same seed.

        Raises
        ------
        Problem
            If what is kept there are grades of something else.
        """
        for entry in self.entries:
            earlier = _earlier(self.file_of(entry.student))
            if earlier is None or not earlier.submissions:
                continue
            if (earlier.exercise, earlier.seed) != (self.blank.exercise, self.blank.seed):
                raise Problem(
                    f"{self.kept} holds grades of {earlier.exercise} with seed {earlier.seed}, and "
                    f"this run is of {self.blank.exercise} with seed {self.blank.seed}"
                )
            (result,) = earlier.submissions
            same = result.sha256 == digest_of(entry)
            if not same or AGAIN in result.problems:
                self._again.add(entry.student)
            if (
                same
                and replace(earlier, submissions=()) == self.blank
                and result.status != "failed"
            ):
                self.done[entry.student] = result

    def grade(
        self,
        *,
        jobs: int = 1,
        scheduler: str | None = None,
        on_result: Callable[[SubmissionResult], None] = lambda _result: None,
    ) -> Results:
        """Grade everything that is not graded yet.

        Parameters
        ----------
        jobs : int, default=1
            How many at a time, on this machine.
        scheduler : str, optional
            Address of a Dask cluster that grades instead.
        on_result : callable
            Called with each result, as soon as it is kept.

        Returns
        -------
        Results
            All of them.

        Raises
        ------
        Problem
            If the reference fails, a cluster does not answer, or a result cannot be written.
        """
        waiting = [entry for entry in self.entries if entry.student not in self.done]
        if not waiting:
            return self.results()
        hide_memory()
        self._reference = Reference(self.course, self.blank.exercise, self.blank.seed)
        with (
            contextlib.closing(self._reference),
            _scratch() as scratch,
            contextlib.closing(self._graded(waiting, jobs, scheduler, scratch)) as stream,
        ):
            for graded in stream:
                result = graded.explained(self._records_for(graded.result))
                on_result(self._keep(result))
        return self.results()

    def file_of(self, student: str) -> Path | None:
        """Return where the result of a student is kept."""
        return file_of(self.kept, student, ".json") if self.kept else None

    def _graded(
        self, waiting: Sequence[Entry], jobs: int, scheduler: str | None, scratch: Path
    ) -> Iterator[Graded]:
        """Yield results as they come."""
        assignment = Assignment(
            course=self.course,
            exercise=self.blank.exercise,
            release=self.release,
            seed=self.blank.seed,
            tier=self.blank.isolation,
            timeout=self.timeout,
            scratch=None if scheduler else scratch,  # a cluster's machines have their own
        )
        if not scheduler and min(jobs, len(waiting)) == 1:
            yield from (grade(assignment, entry, self._first_records) for entry in waiting)
            return
        reference = functools.partial(dict, self._first_records())
        work = functools.partial(grade, assignment, reference=reference)
        if scheduler:
            yield from on_a_cluster(work, waiting, scheduler)
        else:
            yield from on_this_machine(work, waiting, jobs)

    def _first_records(self) -> Records:
        """Wait for the reference; nothing of a student's runs meanwhile."""
        if not self._known:
            self._known = self._reference.records()
        return self._known

    def _records_for(self, result: SubmissionResult) -> Records:
        """Run the misconceptions of the parts that somebody got wrong, each once."""
        wrong = {c.part for c in result.checks if c.outcome in ("wrong", "error")}
        new = wrong - self._explored
        if new:
            name, seed = self.blank.exercise, self.blank.seed
            found = Reference(self.course, name, seed, parts=new).records()
            for part in parts(self.release):
                if part.title in new:
                    self._known |= {check: found[check] for check in part.checks}
            self._explored |= new
        return self._known

    def _keep(self, result: SubmissionResult) -> SubmissionResult:
        if result.student in self._again:
            result = replace(result, problems=(*result.problems, AGAIN))
        self.done[result.student] = result
        path = self.file_of(result.student)
        if path:
            write_atomically(
                path, replace(self.blank, submissions=(result,)).as_json(), private=True
            )
        return result

    def __post_init__(self) -> None:
        self._again: set[str] = set()  # students who handed in anew since an earlier run
        self._known: dict[str, dict[str, Any]] = {}
        self._explored: set[str] = set()  # parts whose misconceptions have run


def open_classroom(
    course: Course,
    submissions: Path,
    *,
    exercise: str | None = None,
    seed: int | None = None,
    isolation: str = "auto",
    timeout: float,
    kept: Path | None = None,
    resume: bool = False,
) -> Classroom:
    """Find out what is to be graded, and how.

    Parameters
    ----------
    course : Course
        Where the exercises live.
    submissions : Path
        A notebook, or a folder with one folder or one notebook for each student.
    exercise : str, optional
        Name of the exercise; by default the one that most notebooks answer.
    seed : int, optional
        By default a fresh one.
    isolation : str, default="auto"
        As for `isolation.chosen`.
    timeout : float
        Seconds for a cell.
    kept : Path, optional
        The folder for one file a student.
    resume : bool, default=False
        Whether to take over what is kept there already.

    Returns
    -------
    Classroom
        Nothing has run yet.

    Raises
    ------
    Problem
        If there is nothing to grade, or it is not clear which exercise.
    GraderFailed
        If the master is missing, or belongs to other checks.
    """
    tier = chosen(isolation)
    found = list(find_entries(submissions, course.names()))
    if not found:
        raise Problem(f"{submissions}: there is neither a notebook nor a student's folder in it")
    exercise = exercise or most_answered(course, found)
    release = read_notebook(course.released(exercise))
    try:
        refuse_other_checks(release, read_master(course, exercise))
    except Problem as problem:
        raise GraderFailed(f"the reference failed: {problem}") from None
    entries = [entry.choosing(likely(entry.paths, exercise)) for entry in found]
    if seed is None:
        seed = _seed_of(kept, entries, exercise) if resume else None
    if seed is None:
        seed = 1 + secrets.randbelow(2**31)
    blank = Results(exercise, digest(release), seed, tier, _versions())
    room = Classroom(course, entries, blank, release, timeout, kept)
    if resume:
        room.resume()
    return room


def _earlier(path: Path | None) -> Results | None:
    try:
        return Results.from_json(path.read_text(encoding="utf-8")) if path else None
    except (OSError, ValueError):
        return None


def _seed_of(kept: Path | None, entries: Iterable[Entry], exercise: str) -> int | None:
    """Return the seed under which most kept results were graded."""
    earlier = (_earlier(file_of(kept, e.student, ".json")) if kept else None for e in entries)
    seeds = Counter(found.seed for found in earlier if found and found.exercise == exercise)
    return seeds.most_common(1)[0][0] if seeds else None


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """Make a folder that is cleared in the end, also after workers that were interrupted."""
    with scratch() as path:
        path.chmod(0o711)  # kernels of other users have their own folders in it
        yield path


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
