"""From seconds to ratios, and to a table."""

from __future__ import annotations

import statistics
from importlib import metadata

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from tests.bench.grading.assignments import Task
from tests.bench.grading.graders import PEERS, Ours
from tests.bench.grading.measuring import Seconds
from tests.bench.report import machine

_PACKAGES = ("nbval", "nbclient", "ipykernel", "numpy", "tensorflow")
_NOTES = """\
seconds    from the command to its end, median of the turns; the class once, where ours grades two
           at a time (--jobs 2) and nbgrader has no such option
over ours  these seconds over ours: more than 1 means that ours is faster. Ours runs the reference
           solution, too, with a fresh seed; the others compare with values that they hold
"""


def figures(seconds: Seconds) -> dict[str, object]:
    """Collect what `benchmarks.json` holds of the graders."""
    ratios = {
        f"grade_{task.key}_over_{title.split()[0]}": round(over_ours(seconds, task, title), 3)
        for task, of_graders in seconds.items()
        for title in of_graders
        if title != Ours.title
    }
    raw = {
        task.key: {title: [round(turn, 3) for turn in turns] for title, turns in graders.items()}
        for task, graders in seconds.items()
    }
    return ratios | {"grade_seconds": raw, "grade_machine": _machine()}


def over_ours(seconds: Seconds, task: Task, title: str) -> float:
    """Median time over ours; more than 1 means that ours is faster."""
    both = (statistics.median(seconds[task][each]) for each in (title, Ours.title))
    return next(both) / next(both)


def shown(seconds: Seconds, found: dict[str, object]) -> Group:
    """Lay out the comparison, and the ratios beneath under the names of `benchmarks.json`."""
    table = Table(title="Grading right submissions", box=box.SIMPLE, title_justify="left")
    for name in ("what", "how"):
        table.add_column(name, no_wrap=True)
    for name in ("turns", "seconds", "min–max", "over ours"):
        table.add_column(name, justify="right")
    for task, of_graders in seconds.items():
        for title, turns in of_graders.items():
            table.add_row(
                task.title,
                title,
                str(len(turns)),
                f"{statistics.median(turns):.2f}",
                f"{min(turns):.2f}–{max(turns):.2f}",
                f"{over_ours(seconds, task, title):.2f}",
            )
    ratios = [f"{name}: {ratio}" for name, ratio in found.items() if isinstance(ratio, float)]
    return Group(table, Text(_NOTES), Text("\n".join(ratios)))


def _machine() -> dict[str, object]:
    """Describe what was measured on, with the versions from the others' own environment."""
    described = machine(_PACKAGES)
    folders = [str(folder) for folder in PEERS.glob("lib/python*/site-packages")]
    for name in ("nbgrader", "otter-grader"):
        for found in metadata.distributions(name=name, path=folders):
            described["packages"][name] = found.version
    return described
