"""Turns: single submissions in alternation, then the class once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.grading.assignments import CLASS, NUMPY, TENSORFLOW, Task
from tests.bench.grading.graders import Grader, Nbgrader, Otter, Ours

ENTRIES = {
    NUMPY: (Ours, Nbgrader, Otter),
    TENSORFLOW: (Ours, Nbgrader, Otter),
    CLASS: (Ours, Nbgrader),
}
AT_ONCE = 2
Say = Callable[[str], None]
Seconds = dict[Task, dict[str, list[float]]]


def take_turns(rounds: int, say: Say) -> Seconds:
    """Let all graders take turns, each with a first turn that doesn't count.

    Every other round goes backwards, so that nobody always follows the same neighbour. The class
    is graded once: its figure is a mean already, and takes longest.

    Returns
    -------
    dict of Task to dict of str to list of float
        For each task, title of each grader and its seconds, turn by turn.
    """
    seconds = {task: {grader.title: [] for grader in graders} for task, graders in ENTRIES.items()}
    rounds = min(rounds, Grader.most_turns)
    with tempfile.TemporaryDirectory() as folder:
        say("handing in")
        everybody = _entered(Path(folder))
        singles = [grader for grader in everybody if grader.task is not CLASS]
        say("warming up")
        _warm_up(singles)
        for turn in range(rounds):
            say(f"round {turn + 1} of {rounds}")
            for grader in singles[:: 1 if turn % 2 == 0 else -1]:
                if turn < grader.most_turns:
                    _timed(grader, seconds, say)
        for grader in everybody:
            if grader.task is CLASS:
                _timed(grader, seconds, say)
    return seconds


def _entered(folder: Path) -> list[Grader]:
    """Lay out all assignments, two at a time: nobody is timed yet."""
    entries = [(grader, task) for task, graders in ENTRIES.items() for grader in graders]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        made = [
            threads.submit(grader, task, folder / task.key / grader.__name__)
            for grader, task in entries
        ]
        return [entered.result() for entered in made]


def _warm_up(graders: Sequence[Grader]) -> None:
    """Let each grade once, ours last: its sandbox may not store compiled modules."""
    others = [grader for grader in graders if not isinstance(grader, Ours)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(Grader.grade, others))
    for grader in graders:
        if isinstance(grader, Ours):
            grader.grade()


def _timed(grader: Grader, seconds: Seconds, say: Say) -> None:
    took = grader.grade()
    seconds[grader.task][grader.title].append(took)
    say(f"  {took:6.2f} s  {grader.title}, {grader.task.title}")
