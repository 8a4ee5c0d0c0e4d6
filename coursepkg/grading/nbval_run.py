"""Run the cells of a notebook through nbval, and say of each how it went.

nbval collects a notebook as a pytest file and its cells as tests that share a kernel. Added here: a
kernel that dies is noticed at once rather than at the timeout; after a death or a timeout the run
goes on in a fresh kernel, without the cells of the part that did it; and what a check cell came to
is compared with what it should be with the check's tolerance, on this side of the kernel's wall.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from coursepkg.grading.emitted import emitted, output_of
from coursepkg.grading.exercise import Problem
from coursepkg.grading.kernels import STARTING, Kernel, KernelStoppedError
from coursepkg.grading.texts import printable
from coursepkg.show import Outcome, same, tolerance

# IPython's own `exit` ends the kernel some cells later, at the cost of answers that are right.
BEFORE_ALL_CELLS = "import sys; exit = quit = sys.exit; del sys"
PLACE = re.compile(r"\(\S+\.py, line (\d+)\)")  # of a syntax error, in a file of the kernel's
MOST_LIMITS = 10  # limits of one cell that a notebook may take in all
LONGEST_ERROR = 400  # characters of what an error says


@dataclass(frozen=True)
class CellResult:
    """How one cell went.

    Attributes
    ----------
    status : str
        ``passed``, ``failed``, ``timed out``, ``killed`` or ``not run``.
    message : str
        One line on what happened, empty if it passed.
    outcome : Outcome or None
        What a check of an official grade came to.
    seconds : float
        How long the cell took.
    """

    status: str
    message: str = ""
    outcome: Outcome | None = None
    seconds: float = 0.0

    @property
    def stopped(self) -> bool:
        """Whether the cell was ended from outside, or ended its kernel."""
        return self.status in ("timed out", "killed")


@dataclass
class Run:
    """What is to be run, and what has come of it.

    Attributes
    ----------
    start : callable
        Starts a kernel.
    timeout : float
        Seconds for a cell.
    parts_of : mapping of str to set of str
        The parts of the exercise that a cell belongs to, by its id.
    checks : frozenset of str
        Ids of the cells that pass only if they say so, and change nothing for later ones.
    reference : mapping of str to dict, optional
        For an official grade the record of each check, with its right value.
    scratch : Path, optional
        The folder for temporary files.
    on_cell : callable
        Called after each cell.
    began : float
        When the first kernel was ready, on the monotonic clock.
    results : dict of str to CellResult
        By id of the cell.
    lost : dict of str to CellResult
        By name of the part, what its other cells come to after one had to be stopped.
    before : list of str
        Sources of the cells that a fresh kernel has to run first.
    broken : str
        What keeps the run from going on, if something does.
    """

    start: Callable[[], Kernel]
    timeout: float
    parts_of: Mapping[str, Set[str]]
    checks: frozenset[str]
    reference: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    scratch: Path | None = None
    on_cell: Callable[[], None] = lambda: None
    began: float = float("inf")
    results: dict[str, CellResult] = field(default_factory=dict)
    lost: dict[str, CellResult] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    broken: str = ""

    @property
    def deadline(self) -> float:
        """When the whole has to have ended: what many cells may take, but not all of them."""
        return self.began + MOST_LIMITS * self.timeout

    def note(self, cell: NotebookNode, result: CellResult) -> None:
        """Write down how a cell went, and whether its part is lost with it."""
        self.results[cell.id] = result
        if result.stopped:
            for part in self.parts_of.get(cell.id, ()):
                self.lost[part] = CellResult("not run", f"not run, as {cell.id} {result.message}")
        elif cell.id not in self.checks:
            self.before.append(cell.source)
        self.on_cell()


def run_notebook(notebook: NotebookNode, run: Run) -> dict[str, CellResult]:
    """Run all code cells of a notebook in order.

    Parameters
    ----------
    notebook : NotebookNode
        Its cells have ids.
    run : Run
        Where and how to run it.

    Returns
    -------
    dict of str to CellResult
        One for each code cell, by id.

    Raises
    ------
    Problem
        If nbval itself could not work, for instance because no kernel starts.
    """
    options = [
        "--disable-plugin-autoload",
        f"--nbval-cell-timeout={run.timeout}",
        f"--rootdir={tempfile.gettempdir()}",
        f"--config-file={os.devnull}",
        "--capture=no",
        "--color=no",
    ]
    # What watches over tests of our own does nothing here, but for collecting garbage at the end.
    unused = ("cacheprovider", "faulthandler", "warnings", "unraisableexception", "threadexception")
    for plugin in (*(f"no:{name}" for name in unused), "nbval.plugin"):
        options += ["-p", plugin]
    said = io.StringIO()
    with (
        tempfile.TemporaryDirectory(prefix="coursepkg-", dir=run.scratch) as folder,
        _without_pytest_options(),
    ):
        path = Path(folder) / "notebook.ipynb"
        nbformat.write(notebook, path)
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = pytest.main([*options, str(path)], plugins=[_Plugin(run)])
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if set(run.results) != {cell.id for cell in notebook.cells if cell.cell_type == "code"}:
        errors = re.findall(r"(?m)^(?:E\s+)?(\w*Error.*)$", said.getvalue())
        why = errors[-1] if errors else f"pytest ended with code {code}"
        raise Problem(f"nbval could not run every cell: {why}")
    if run.broken:
        raise Problem(run.broken)
    return run.results


@contextlib.contextmanager
def _without_pytest_options() -> Iterator[None]:
    """Set aside what somebody's shell has for their own tests."""
    names = {"PYTEST_ADDOPTS", "PYTEST_PLUGINS"} & set(os.environ)
    kept = {name: os.environ.pop(name) for name in names}
    try:
        yield
    finally:
        os.environ.update(kept)


class _Plugin:
    """Collects notebooks the way described above; nbval's own collector is not switched on."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> _File:
        """Take the one notebook there is, along with what is to be noted of it."""
        file = _File.from_parent(parent, path=file_path)
        file.run = self.run
        return file


class _File(IPyNbFile):
    run: Run

    def setup(self) -> None:
        """Start a kernel."""
        self.kernel = self.run.start()
        self.kernel.run(BEFORE_ALL_CELLS, STARTING)
        self.run.began = min(self.run.began, time.monotonic())
        self.kernel.deadline = self.run.deadline

    def collect(self) -> Iterator[_Cell]:
        """Yield the cells, with options of our own: a learner's tags and comments do nothing.

        A check gets the output that it should have, as if it were stored in the notebook, which it
        is not: others may read that file.
        """
        for item in super().collect():
            record = self.run.reference.get(item.cell.id)
            if record is not None:
                made = output_of(item.cell.id, Outcome.recorded(record))
                item.cell.update(outputs=[made], execution_count=1)
            yield _Cell.from_parent(
                self,
                name=item.name,
                cell_num=item.cell_num,
                cell=item.cell,
                options=defaultdict(bool, check=item.cell.id in self.run.reference),
            )

    def get_kernel_message(
        self, timeout: float | None = None, stream: str = "iopub"
    ) -> dict[str, Any]:
        """Return the next message, without what is printed where a grade does not depend on it.

        nbval puts pieces of text together one by one, which takes long for thousands of them.
        """
        message = super().get_kernel_message(timeout, stream)
        if self.run.reference and message["msg_type"] == "stream":
            message["content"]["text"] = ""
        return message

    def revive(self) -> None:
        """Go on in a fresh kernel that has run what came before, as far as it runs twice."""
        while True:
            self.teardown()
            self.setup()
            try:
                for source in self.run.before:
                    self.kernel.run(source, self.run.timeout)
                return
            except KernelStoppedError:
                if time.monotonic() > self.run.deadline:
                    return
                self.run.before.remove(source)

    def teardown(self) -> None:
        """Stop the kernel and remove its connection file, even if its process is gone."""
        if hasattr(self.kernel, "km"):
            self.kernel.stop()


class _Cell(IPyNbCell):
    parent: _File
    outcome: Outcome | None = None

    def setup(self) -> None:
        """Leave out nbval's mark that a cell after a timeout is expected to fail."""

    def runtest(self) -> None:
        """Run the cell and write down how it went, rather than raise."""
        run = self.parent.run
        lost = [run.lost[part] for part in run.parts_of.get(self.cell.id, ()) if part in run.lost]
        began = time.monotonic()
        result = lost[0] if lost else self._result()
        self.test_outputs = []  # pytest keeps the cells, whose outputs may be large
        run.note(self.cell, replace(result, seconds=round(time.monotonic() - began, 3)))

    def compare_outputs(
        self, test: list[NotebookNode], ref: list[NotebookNode], skip_compare: Any = None
    ) -> bool:
        """Compare what the check came to with the reference, which it becomes if it is close."""
        self.outcome = emitted(test, self.cell.id)
        record = self.parent.run.reference[self.cell.id]
        if same(self.outcome, Outcome.recorded(record), **tolerance(record)):
            test = ref
        else:
            test = [output_of(self.cell.id, self.outcome)]
        return super().compare_outputs(test, ref, skip_compare)

    def format_output_compare(self, key: str, left: Any, right: Any) -> None:
        """Spare nbval's account of a difference, which takes minutes for a long value."""

    def _result(self) -> CellResult:
        if time.monotonic() > self.parent.run.deadline:
            most = MOST_LIMITS * self.parent.run.timeout
            return CellResult("timed out", f"all cells together took longer than {most:g} s")
        try:
            if not self.parent.kernel.is_alive():
                self.parent.revive()
        except Exception as error:  # not the cell's fault, and there is nothing to run it in
            self.parent.run.broken = f"no kernel started ({error})"
            return CellResult("not run", "no kernel started")
        return self._ran()

    def _ran(self) -> CellResult:
        try:
            super().runtest()
        except KernelStoppedError as stop:
            self.parent.teardown()
            return CellResult(stop.status, stop.message)
        except NbCellError:
            if not self.parent.kernel.is_alive():
                return CellResult("killed", "printed too much at once, or ended its output")
            return CellResult("failed", self._error(), self.outcome)
        except Exception as error:  # the kernel is theirs, and may send anything
            self.parent.teardown()
            return CellResult("killed", f"sent what no kernel sends ({type(error).__name__})")
        if self.cell.id in self.parent.run.checks and not self._passed():
            return CellResult("failed", "nothing was compared. Does your code replace show?")
        return CellResult("passed", outcome=self.outcome)

    def _passed(self) -> bool:
        if self.parent.run.reference:
            return self.outcome is not None
        printed = "".join(out.get("text", "") for out in self.test_outputs)
        return f"right: {self.cell.id} " in printed

    def _error(self) -> str:
        error = next((out for out in self.test_outputs if out.output_type == "error"), None)
        if error is None:  # it ran, and gave another value
            return ""
        said = f"{error.ename}: {error.evalue}".removeprefix("NotYet: ")
        said = PLACE.sub(r"(line \1)", said[: 4 * LONGEST_ERROR])
        return " ".join(printable(said, instead=" ").split()).removesuffix(":")[:LONGEST_ERROR]
