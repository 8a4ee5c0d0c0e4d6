"""How far a kernel that runs a student's code is kept away from everything else.

Three tiers: ``bwrap`` puts the kernel into a sandbox of bubblewrap, ``limits`` bounds what it may
use up, and ``none`` does neither, for code that one trusts and systems that know no better. In all
of them the kernel starts in an empty folder, and of this package there is what exercises need.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from coursepkg.grading.exercise import COURSE_ROOT, Problem
from coursepkg.grading.sandbox import SCRATCH, bubblewrap, package_folders, python_folders
from coursepkg.grading.usage import (
    files_in,
    has_namespaces_of_its_own,
    memory,
    nameless,
    size_of,
)
from coursepkg.show import OFFICIAL

TIERS = ("bwrap", "limits", "none")  # the strongest first
PACKAGE = Path(__file__).parents[1]
PROVIDED = ("show", "datasets", "quiet", "validation")  # show and datasets, and their ground
MEMORY = 4 * 2**30  # bytes; TensorFlow needs two of these four
LONGEST_FILE = 50 * 2**20  # bytes
PROCESSES = 256  # threads count, too
OPEN_FILES = 512
MOST_FILES = 50_000  # in memory, where each takes a kilobyte though it is empty
MEMORY_FOLDERS = ("/tmp", "/dev/shm")  # noqa: S108 - of a sandbox
FIRST_USER = 1_000_000_000  # of ids that no system gives to anybody
FIRST_USER_OF_FEW, FEW = 60_001, 4000  # where there are but 2**16, as in some containers


class NoSandbox(Problem):
    """The machine does not offer the isolation that was asked for."""


@dataclass(frozen=True)
class Box:
    """A place for one kernel, and how to start it there.

    Attributes
    ----------
    tier : str
        One of `TIERS`.
    folder : Path
        Holds what follows; it is removed in the end.
    user : int or None
        The user whom the kernel becomes, if the grader is root.
    made : float
        When, in seconds since 1970.
    """

    tier: str
    folder: Path
    user: int | None
    made: float = field(default_factory=time.time)

    @property
    def home(self) -> Path:
        """Where the kernel starts: an empty folder."""
        return Path("/tmp") if self.tier == "bwrap" else self.folder / "home"  # noqa: S108

    @property
    def sockets(self) -> Path:
        """Where the grader and the kernel meet; both can write there."""
        return self.folder / "sockets"

    def command(self, connection_file: str | None) -> list[str]:
        """Return the command that starts a kernel; without a connection file it only tries to."""
        settings = {
            "package": str(self.folder / "package"),
            "installed": package_folders(),
            "limits": {} if self.tier == "none" else _limits(self.user),
            "user": self.user,
            "connection_file": connection_file,
        }
        command = [sys.executable, "-I", str(self.folder / "boot.py"), json.dumps(settings)]
        if self.tier != "bwrap":
            return command
        readable = [self.folder / name for name in ("package", "boot.py")]
        hidden = [COURSE_ROOT, PACKAGE]
        sandbox = bubblewrap(readable, self.sockets, hidden, home=self.home, user=self.user)
        return [*sandbox, *command]

    def environment(self) -> dict[str, str]:
        """Return the variables that the kernel sees."""
        passed = {k: v for k, v in os.environ.items() if k.startswith("OPENBLAS_")}
        one_thread = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        tensorflow = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
        return {
            **({} if os.name == "posix" else os.environ),  # Windows starts nothing without some
            **passed,
            **dict.fromkeys((*one_thread, *tensorflow), "1"),
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            OFFICIAL: "1",
        }

    def close_sockets(self) -> None:
        """Let the kernel, which has made its sockets, make no more files beside them."""
        if self.user is not None:
            os.chown(self.sockets, 0, 0)

    def excess(self, processes: Sequence[psutil.Process]) -> str:
        """Say what a kernel and its children, as `usage.family` lists them, use too much of."""
        if self.tier == "none":
            return ""
        if memory(processes) > MEMORY:
            return f"used more than {MEMORY >> 30} GB of memory"
        if len(processes) > PROCESSES:  # which the system does not bound for root
            return f"started more than {PROCESSES} processes"
        if self.tier == "bwrap" and has_namespaces_of_its_own(processes):
            return "made a namespace of its own"
        return self._excess_of_files(processes)

    def _excess_of_files(self, processes: Sequence[psutil.Process]) -> str:
        if size_of(self.folder, SCRATCH) + nameless(processes) > SCRATCH:
            return f"wrote more than {SCRATCH >> 20} MB of files"
        if self.tier == "bwrap" and files_in(MEMORY_FOLDERS, processes) > MOST_FILES:
            return f"made more than {MOST_FILES} files"
        return ""

    def end_all(self, children: Iterable[psutil.Process]) -> None:
        """End what is left of a kernel, also what it hid from its process group."""
        for _ in range(10):  # as some may start others meanwhile
            left = [*children, *self._adopted()] if self.user is None else _processes_of(self.user)
            if not left:
                return
            for process in left:
                with contextlib.suppress(psutil.Error):  # which is sure that it is still the same
                    process.kill()
            psutil.wait_procs(left, timeout=1)
            children = ()

    def _adopted(self) -> list[psutil.Process]:
        """List processes that became this one's children, as `adopt_orphans` wants it."""
        found = psutil.Process().children(recursive=True) if self.tier == "limits" else []
        return [p for p in found if p.create_time() > self.made]


def chosen(asked: str) -> str:
    """Return the tier to use: the one asked for, or with ``auto`` the strongest there is.

    Parameters
    ----------
    asked : str
        ``auto`` or one of `TIERS`.

    Returns
    -------
    str
        A tier that was tried on this machine.

    Raises
    ------
    NoSandbox
        If the machine does not offer the one asked for; says why.
    """
    reasons = {}
    for tier in TIERS if asked == "auto" else (asked,):
        reasons[tier] = _why_not(tier)
        if not reasons[tier]:
            return tier
    raise NoSandbox(f"isolation {asked} does not work on this machine: {reasons[tier]}")


@contextlib.contextmanager
def scratch(within: Path | None = None) -> Iterator[Path]:
    """Make a temporary folder, and clear it away whatever a student's code has made in it.

    Python's own way gets lost in folders within folders, and in 3.11 follows links.

    Parameters
    ----------
    within : Path, optional
        The folder to make it in; by default the system's for temporary files.

    Yields
    ------
    Path
        The folder, without links in its path.
    """
    made = Path(tempfile.mkdtemp(prefix="cpk-", dir=within)).resolve()
    try:
        yield made
    finally:
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            with contextlib.suppress(OSError):  # Windows has neither
                subprocess.run([*command, "--", made], stderr=subprocess.DEVNULL)  # noqa: S603
        if made.exists():
            shutil.rmtree(made, ignore_errors=True)


@contextlib.contextmanager
def box(tier: str, within: Path | None = None) -> Iterator[Box]:
    """Make a place for one kernel, and clear it away in the end.

    Parameters
    ----------
    tier : str
        One of `TIERS`.
    within : Path, optional
        The folder to make it in; by default the system's for temporary files.

    Yields
    ------
    Box
        With the package's part in it, and nothing else.
    """
    with scratch(within) as name:
        made = Box(tier, name, _user(tier))
        package = made.folder / "package" / PACKAGE.name
        for folder in (made.folder / "home", made.sockets, package):
            folder.mkdir(parents=True)
        for module in ("__init__", *PROVIDED):
            shutil.copyfile(PACKAGE / f"{module}.py", package / f"{module}.py")
        shutil.copyfile(Path(__file__).with_name("boot.py"), made.folder / "boot.py")
        if made.user is not None:
            made.folder.chmod(0o755)
            for folder in (made.folder / "home", made.sockets):
                os.chown(folder, made.user, made.user)
        yield made


def warning(tier: str) -> str:
    """Say what a teacher should know of a tier on this machine, or nothing."""
    if tier == "none":
        return "code of others runs as yours: use it for code that you trust"
    if tier == "limits" and hasattr(os, "geteuid") and os.geteuid() == 0 and _user(tier) is None:
        return "code of others runs as root: grade as another user, or install bubblewrap"
    return ""


def forbidden_modules(names: Iterable[str]) -> list[str]:
    """Select from names of modules those of this package that an answer has no business with."""
    own = (name.split(".") for name in names)
    return sorted(
        {".".join(n) for n in own if n[0] == PACKAGE.name and n[1:] and n[1] not in PROVIDED}
    )


def hide_memory() -> None:
    """Keep others of the same user from reading the memory of this process, where Linux can."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE


def adopt_orphans() -> None:
    """Become the parent of what a kernel leaves behind, where Linux can, to be able to end it."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def _why_not(tier: str) -> str:
    """Try a tier; return what does not work, in a few words."""
    if tier == "none":
        return ""
    if os.name != "posix":
        return "it needs Linux or macOS"
    if tier == "bwrap" and not shutil.which("bwrap"):
        return "bwrap is not installed (on Debian and Ubuntu: apt install bubblewrap)"
    with box(tier) as place:
        try:
            tried = subprocess.run(  # noqa: S603 - our own command
                place.command(None),
                env=place.environment(),
                capture_output=True,
                timeout=60,
                text=True,
                errors="replace",
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
    lines = tried.stderr.strip().splitlines() or [f"exit code {tried.returncode}"]
    return lines[-1] if tried.returncode else ""


def _user(tier: str) -> int | None:
    """Choose a user of its own for a kernel, if the grader may and the kernel can then work."""
    if tier == "none" or os.name != "posix" or os.geteuid() != 0:
        return None
    if tier == "limits" and not all(map(_open_to_all, python_folders())):
        return None
    own = os.getpid()  # no two processes of a grader share it, and each has one kernel at a time
    return FIRST_USER + own if _knows_many_users() else FIRST_USER_OF_FEW + own % FEW


def _knows_many_users() -> bool:
    try:
        lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    except OSError:
        return False
    ranges = (map(int, line.split()) for line in lines)
    return any(first + count > 2 * FIRST_USER for first, _, count in ranges)


def _open_to_all(path: Path) -> bool:
    return all(p.stat().st_mode & stat.S_IXOTH for p in (path, *path.parents))


def _limits(user: int | None) -> dict[str, int]:
    running = 0 if user is not None else _threads_of_this_user()
    return {
        "AS": MEMORY,
        "CORE": 0,
        "FSIZE": LONGEST_FILE,
        "NOFILE": OPEN_FILES,
        "NPROC": running + PROCESSES,
    }


def _threads_of_this_user() -> int:
    """Count what the system counts when it bounds a user's processes."""
    mine = os.geteuid()
    found = psutil.process_iter(["uids", "num_threads"])
    return sum(p.info["num_threads"] or 1 for p in found if p.info["uids"].real == mine)


def _processes_of(user: int) -> list[psutil.Process]:
    found = psutil.process_iter(["uids", "status"])
    ended = psutil.STATUS_ZOMBIE
    return [
        p
        for p in found
        if p.info["uids"] and p.info["uids"].real == user and p.info["status"] != ended
    ]
