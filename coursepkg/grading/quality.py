"""How good the checks of an exercise are: what share of wrong answers they catch.

Two figures count. Wrong versions (misconceptions and mutants of the solution) should lose points
with every seed, or be known to be equivalent; other right answers should never lose any.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode

from coursepkg.grading.exercise import Course, Part, parts, read_notebook, tagged
from coursepkg.grading.in_process import outcomes
from coursepkg.grading.mutants import mutants
from coursepkg.grading.variants import read_variants
from coursepkg.show import Outcome, difference, same, tolerance

SEEDS_FOR_WRONG = range(5)
SEEDS_FOR_RIGHT = range(50)
SEEDS_FOR_RIGHT_TENSORFLOW = range(10)  # a part that builds models takes seconds a seed
LEAST_SHARE_CAUGHT = 0.95


@dataclass
class Quality:
    """The figures of one exercise.

    Attributes
    ----------
    wrong, caught : int
        Number of wrong versions, and of those that lose points with every seed.
    survivors : list of str
        The other ones, without those known to be equivalent.
    equivalent : dict of str to str
        Mutants that change no value, each with its reason.
    right : int
        Number of other right answers.
    rejected : list of str
        Those that lost points: answer, seed, check, and what differed.
    stale : list of str
        Reasons given for mutants that are caught, or no longer made.
    """

    wrong: int = 0
    caught: int = 0
    right: int = 0
    survivors: list[str] = field(default_factory=list)
    equivalent: dict[str, str] = field(default_factory=dict)
    rejected: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    @property
    def share_caught(self) -> float:
        """Caught, of all wrong versions; those that are equivalent count as missed."""
        return self.caught / max(self.wrong, 1)

    @property
    def good(self) -> bool:
        """Whether the checks are as they should be."""
        return (
            self.share_caught >= LEAST_SHARE_CAUGHT
            and not self.survivors
            and not self.rejected
            and not self.stale
        )


def measure(
    course: Course, name: str, *, progress: Callable[[str], None] = lambda _step: None
) -> Quality:
    """Run all wrong versions and all right answers of an exercise.

    Parameters
    ----------
    course : Course
        Where the exercise lives.
    name : str
        The exercise.
    progress : callable
        Told the name of each part as it begins.

    Returns
    -------
    Quality
        The figures.
    """
    master = read_notebook(course.master(name))
    equivalent = runpy.run_path(str(course.right_answers(name))).get("EQUIVALENT", {})
    wrong = read_variants(course.misconceptions(name), master)
    right = read_variants(course.right_answers(name), master)
    quality = Quality()
    for part in parts(master):
        progress(part.title)
        reference = _Reference(master, part)
        for cell in tagged(master, "answer"):
            if cell.id in part.answers:
                named = {v.name: v.source for v in wrong if v.cell == cell.id}
                changed = {m.change: m.source for m in mutants(cell.source)}
                _try_wrong(quality, reference, cell.id, named | changed, equivalent)
                others = {v.name: v.source for v in right if v.cell == cell.id}
                _try_right(quality, reference, cell.id, others)
    quality.stale = [change for change in equivalent if change not in quality.equivalent]
    return quality


class _Reference:
    """A part of a master, and what its checks give with each seed."""

    def __init__(self, master: NotebookNode, part: Part) -> None:
        self.master, self.part = master, part
        self.known: dict[int, dict[str, Outcome]] = {}
        self.close = {
            cell.id: tolerance(cell.metadata["coursepkg"]) for cell in tagged(master, "grade")
        }

    def seeds_for_right(self) -> Iterable[int]:
        """Return the seeds for right answers: fewer where a part builds models."""
        cells = [c for c in self.master.cells if c.id in (*self.part.answers, *self.part.checks)]
        heavy = any(re.search(r"\b(keras|tensorflow|tf)\b\.", cell.source) for cell in cells)
        return SEEDS_FOR_RIGHT_TENSORFLOW if heavy else SEEDS_FOR_RIGHT

    def right(self, seed: int) -> dict[str, Outcome]:
        """Return what the checks give for the solution."""
        if seed not in self.known:
            self.known[seed] = outcomes(self.master, seed=seed, part=self.part)
        return self.known[seed]

    def failures(
        self, cell: str, source: str, seed: int, *, first: bool = False
    ) -> dict[str, Outcome]:
        """Return the checks in which an answer differs from the reference, or the first alone."""
        right = self.right(seed)

        def differing(found: Mapping[str, Outcome]) -> dict[str, Outcome]:
            """Return what is not as it is with the solution."""
            return {
                check: found[check]
                for check in self.part.checks
                if check in found and not same(found[check], right[check], **self.close[check])
            }

        found = outcomes(
            self.master,
            seed=seed,
            answers={cell: source},
            part=self.part,
            enough=lambda found: first and bool(differing(found)),
        )
        return differing(found)

    def describe(self, check: str, seed: int, outcome: Outcome) -> str:
        """Say in which way an outcome differs from the reference."""
        expected = self.right(seed)[check].value
        return outcome.error or difference(outcome.value, expected, **self.close[check])


def _try_wrong(
    quality: Quality,
    reference: _Reference,
    cell: str,
    sources: dict[str, str],
    equivalent: dict[str, str],
) -> None:
    for change, source in sources.items():
        quality.wrong += 1
        missed = [s for s in SEEDS_FOR_WRONG if not reference.failures(cell, source, s, first=True)]
        if not missed:
            quality.caught += 1
        elif change in equivalent and len(missed) == len(SEEDS_FOR_WRONG):
            quality.equivalent[change] = equivalent[change]
        else:
            quality.survivors.append(f"{change} (with seeds {', '.join(map(str, missed))})")


def _try_right(quality: Quality, reference: _Reference, cell: str, sources: dict[str, str]) -> None:
    for answer, source in sources.items():
        quality.right += 1
        for seed in reference.seeds_for_right():
            for check, outcome in reference.failures(cell, source, seed).items():
                what = reference.describe(check, seed, outcome)
                quality.rejected.append(f"{answer}, seed {seed}, {check}: {what}")
