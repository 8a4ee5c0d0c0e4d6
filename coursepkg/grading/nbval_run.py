"""Run the cells of a notebook through nbval, and say of each how it went.

nbval collects a notebook as a pytest file and its cells as tests that share a kernel. Three things
are added here: a kernel that dies is noticed at once rather than at the timeout; after a death or
a timeout the run goes on in a fresh kernel, without the cells of the part that did it; and nothing
is compared with stored outputs, since a check cell raises when it fails.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty

import nbformat
import pytest
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel, start_new_kernel
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from coursepkg.grading.exercise import CHECKING, Problem

# IPython's own `exit` ends the kernel some cells later, at the cost of answers that are right.
BEFORE_ALL_CELLS = "import sys; exit = quit = sys.exit; del sys"
PLACE = re.compile(r"\(\S+\.py, line (\d+)\)")  # of a syntax error, in a file of the kernel's
POLL = 0.25  # seconds between looks at whether the kernel is still alive


@dataclass(frozen=True)
class CellResult:
    """How one cell went.

    Attributes
    ----------
    status : str
        ``passed``, ``failed``, ``timed out``, ``killed`` or ``not run``.
    message : str
        One line on what happened, empty if it passed.
    """

    status: str
    message: str = ""

    @property
    def stopped(self) -> bool:
        """Whether the cell was ended from outside, or ended its kernel."""
        return self.status in ("timed out", "killed")


@dataclass
class Run:
    """What is to be run, and what has come of it.

    Attributes
    ----------
    cwd : Path
        The kernel's working folder.
    timeout : float
        Seconds for a cell.
    parts_of : mapping of str to set of str
        The parts of the exercise that a cell belongs to, by its id.
    checks : frozenset of str
        Ids of the cells that pass only if they say so, and change nothing for later ones.
    on_cell : callable
        Called after each cell.
    results : dict of str to CellResult
        By id of the cell.
    lost : dict of str to CellResult
        By name of the part, what its other cells come to after one had to be stopped.
    before : list of str
        Sources of the cells that a fresh kernel has to run first.
    """

    cwd: Path
    timeout: float
    parts_of: Mapping[str, Set[str]]
    checks: frozenset[str]
    on_cell: Callable[[], None] = lambda: None
    results: dict[str, CellResult] = field(default_factory=dict)
    lost: dict[str, CellResult] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)

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
    for plugin in ("no:cacheprovider", "no:faulthandler", "no:warnings", "nbval.plugin"):
        options += ["-p", plugin]
    said = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="coursepkg-") as folder, _without_pytest_options():
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


class _KernelDiedError(Exception):
    """The kernel's process is gone."""


class _Kernel(RunningKernel):
    """A kernel whose death is noticed while it should be working."""

    def __init__(self, cwd: Path) -> None:
        # As nbval does, but for the file that it opens for the kernel's stderr and leaves open.
        self.km, self.kc = start_new_kernel(
            kernel_name=CURRENT_ENV_KERNEL_NAME,
            stderr=subprocess.DEVNULL,
            cwd=str(cwd),
            env={**os.environ, CHECKING: "1"},
        )
        self._ensure_iopub_up()

    def await_reply(self, msg_id: str, timeout: float | None = None) -> None:
        end = time.monotonic() + (timeout or float("inf"))
        while True:
            try:
                return super().await_reply(msg_id, timeout=POLL)
            except Empty:
                if not self.is_alive():
                    raise _KernelDiedError from None
                if time.monotonic() > end:
                    raise


class _Plugin:
    """Collects notebooks the way described above; nbval's own collector is not switched on."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> _File:
        file = _File.from_parent(parent, path=file_path)
        file.run = self.run
        return file


class _File(IPyNbFile):
    run: Run

    def setup(self) -> None:
        self.kernel = _Kernel(self.run.cwd)
        self._execute(BEFORE_ALL_CELLS)

    def collect(self) -> Iterator[_Cell]:
        for item in super().collect():
            yield _Cell.from_parent(
                self,
                name=item.name,
                cell_num=item.cell_num,
                cell=item.cell,
                options=defaultdict(bool),  # a learner's tags and comments switch nothing off
            )

    def revive(self) -> None:
        """Go on in a fresh kernel that has run what came before, as far as it runs twice."""
        while True:
            self.teardown()
            self.setup()
            try:
                for source in self.run.before:
                    self._execute(source)
                return
            except (Empty, _KernelDiedError):
                self.run.before.remove(source)

    def teardown(self) -> None:
        """Stop the kernel and remove its connection file, even if its process is gone."""
        if hasattr(self.kernel, "km"):
            self.kernel.stop()

    def _execute(self, source: str) -> None:
        message = self.kernel.execute_cell_input(source, allow_stdin=False)
        self.kernel.await_reply(message, timeout=self.run.timeout)


class _Cell(IPyNbCell):
    parent: _File

    def setup(self) -> None:
        """Leave out nbval's mark that a cell after a timeout is expected to fail."""

    def runtest(self) -> None:
        run = self.parent.run
        lost = [run.lost[part] for part in run.parts_of.get(self.cell.id, ()) if part in run.lost]
        run.note(self.cell, lost[0] if lost else self._result())

    def _result(self) -> CellResult:
        self.parent.timed_out = False
        try:
            if not self.parent.kernel.is_alive():
                self.parent.revive()
            super().runtest()
        except _KernelDiedError:
            return CellResult("killed", "ended the kernel (os._exit, or out of memory)")
        except NbCellError:
            if self.parent.timed_out:
                seconds = self.parent.run.timeout
                return CellResult("timed out", f"did not end within {seconds:g} s")
            return CellResult("failed", self._error())
        if self.cell.id in self.parent.run.checks and not self._says_right():
            return CellResult("failed", "nothing was compared. Does your code replace show?")
        return CellResult("passed")

    def _says_right(self) -> bool:
        printed = "".join(out.get("text", "") for out in self.test_outputs)
        return f"right: {self.cell.id} " in printed

    def _error(self) -> str:
        error = next(out for out in self.test_outputs if out.output_type == "error")
        if error.ename == "NotYet":
            return error.evalue
        said = PLACE.sub(r"(line \1)", f"{error.ename}: {error.evalue}")
        return " ".join(said.split()).removesuffix(":")
