"""Run the code of an exercise in this process: fast, for notebooks of our own alone.

A kernel takes half a second to start; measuring the checks of an exercise takes thousands of runs.
"""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

from coursepkg.grading.exercise import Part, code_cells, tags
from coursepkg.quiet import captured
from coursepkg.show import Outcome, judged_by

TIME_LIMIT = 20.0  # seconds for one run; a changed loop may never end


def outcomes(
    notebook: NotebookNode,
    *,
    seed: int | None = None,
    answers: Mapping[str, str] | None = None,
    part: Part | None = None,
    enough: Callable[[Mapping[str, Outcome]], bool] = lambda _found: False,
) -> dict[str, Outcome]:
    """Run an exercise and collect what its checks came to.

    Parameters
    ----------
    notebook : NotebookNode
        A master or a release.
    seed : int, optional
        What ``seed`` is set to; by default it stays as the notebook has it.
    answers : mapping of str to str, optional
        Other sources for cells, by id.
    part : Part, optional
        Leaves out the answers and checks of all other parts.
    enough : callable
        Told after each cell what has been found; where it says so, that is all.

    Returns
    -------
    dict of str to Outcome
        By name of check. A cell that raises is passed over, as in Jupyter; a check that was not
        reached in time holds the error.
    """
    found: dict[str, Outcome] = {}

    def collect(name: str, outcome: Outcome, _namespace: Mapping[str, Any]) -> None:
        """Take down what a check came to."""
        found[name] = outcome

    namespace: dict[str, Any] = {"__name__": "__main__"}
    with _undisturbed(), judged_by(collect):
        for cell in _wanted(notebook, part):
            source, setup = (answers or {}).get(cell.id, cell.source), "parameters" in tags(cell)
            # Loading TensorFlow takes seconds, on a busy machine many: no fault of an answer.
            _execute(source, namespace, cell.id, seconds=math.inf if setup else TIME_LIMIT)
            if seed is not None and setup:
                namespace["seed"] = seed
            if enough(found):
                return found
    checks = part.checks if part else ()
    return {name: Outcome(error="NotReached") for name in checks} | found


def _wanted(notebook: NotebookNode, part: Part | None) -> Iterator[NotebookNode]:
    for cell in code_cells(notebook):
        belongs = part is None or cell.id in {*part.answers, *part.checks}
        if belongs or not tags(cell) & {"answer", "grade"}:
            yield cell


def _execute(source: str, namespace: dict[str, Any], name: str, *, seconds: float) -> None:
    with contextlib.suppress(Exception, SystemExit), _time_limit(seconds):
        exec(compile(source, f"<{name}>", "exec"), namespace)  # noqa: S102 - our own notebooks


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep warnings and prints of the cells to themselves."""
    with warnings.catch_warnings(), captured():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in code that runs longer, where the system can (not on Windows)."""
    can = hasattr(signal, "setitimer") and threading.current_thread() == threading.main_thread()
    if math.isinf(seconds) or not can:
        yield
        return

    def stop(*_: object) -> None:
        """End the run, as its time is up."""
        raise TimeoutError(f"not done after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
