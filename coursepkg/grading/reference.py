"""The reference solution of an exercise under a seed, run in a process of its own that then ends.

It runs before any student's code, and what it gives reaches the grader through a pipe alone: no
kernel of a student's is there to see it, and nothing of it lies on a disk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from coursepkg.grading.exercise import Course, Problem, unneeded_modules
from coursepkg.grading.isolation import hide_memory

PATIENCE = 900  # seconds; the misconceptions of the slowest exercise take one tenth


class GraderFailed(Problem):
    """The reference solution or the grader failed; nobody else is to blame."""


class Reference:
    """A run of the reference solution that has begun.

    Parameters
    ----------
    course : Course
        Where the exercise lives.
    name : str
        The exercise.
    seed : int
        Draws the inputs of the checks.
    parts : collection of str, optional
        Titles of parts whose misconceptions are run, too.
    """

    def __init__(
        self, course: Course, name: str, seed: int, *, parts: Collection[str] = ()
    ) -> None:
        solutions = course.solutions and str(course.solutions)
        self.asked = json.dumps([str(course.root), solutions, name, seed, sorted(parts)])
        path = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)])
        self.process = subprocess.Popen(  # noqa: S603 - this very module
            [sys.executable, "-m", __name__, self.asked],
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def records(self) -> dict[str, dict[str, Any]]:
        """Wait for the end and return the record of each check, as the expected file has it.

        Raises
        ------
        GraderFailed
            If the solution fails under this seed, or does not end.
        """
        try:
            out, err = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise GraderFailed(f"the reference did not end within {PATIENCE} s") from None
        finally:
            self.close()
        if self.process.returncode:
            lines = err.decode(errors="replace").strip().splitlines()
            why = lines[-1] if lines else f"exit code {self.process.returncode}"
            raise GraderFailed(f"the reference failed: {why}")
        return json.loads(out)

    def close(self) -> None:
        """End the process, if nobody waits for it any more."""
        self.process.kill()
        self.process.communicate()


def main(asked: str) -> None:
    """Print the records as JSON, or end with one line on stderr."""
    from coursepkg.grading.release import read_master, records

    hide_memory()
    root, solutions, name, seed, parts = json.loads(asked)
    course = Course(Path(root), Path(solutions) if solutions else None)
    try:
        sys.modules.update(dict.fromkeys(unneeded_modules(read_master(course, name))))
        found = records(course, name, seed=seed, misconceptions=bool(parts), parts=parts)
    except Problem as problem:
        sys.exit(str(problem))
    print(json.dumps(found), flush=True)
    os._exit(0)  # TensorFlow takes a while to be cleared away, and the grader waits


if __name__ == "__main__":
    sys.modules.setdefault("rfc3987_syntax", None)  # as in `cli.main`
    main(sys.argv[1])
