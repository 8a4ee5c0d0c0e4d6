"""The command that starts a sandbox of bubblewrap."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

SCRATCH = 200 * 2**20  # bytes that a student's code may leave on the disk
SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/fonts", "/etc/alternatives")


def bubblewrap(
    readable: Iterable[Path],
    writable: Path,
    hidden: Iterable[Path],
    *,
    home: Path,
    user: int | None,
) -> list[str]:
    """Write the beginning of a command that runs in the sandbox.

    There is no network and a system that can only be read, with Python and its packages.

    Parameters
    ----------
    readable : iterable of Path
        What else is there.
    writable : Path
        A folder that is shared with the world outside.
    hidden : iterable of Path
        Folders that are empty inside; what is readable or writable in them is there all the same.
    home : Path
        Where the command starts.
    user : int or None
        The user whom the command will become, if root starts it; else the sandbox names another.

    Returns
    -------
    list of str
        The command to run comes after it.
    """
    command = [
        shutil.which("bwrap") or "bwrap",
        "--die-with-parent",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
    ]
    command += ["--unshare-uts", "--unshare-cgroup-try"]
    if user is None:
        command += ["--unshare-user", "--uid", "65534", "--gid", "65534", *_without_namespaces()]
    command += ["--proc", "/proc", "--dev", "/dev", "--ro-bind", "/usr", "/usr"]
    command += ["--perms", "0755", "--dir", "/etc"]
    for name in SYSTEM_FOLDERS:
        path = Path("/") / name
        if path.is_symlink():
            command += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            command += ["--ro-bind", str(path), str(path)]
    for name in SYSTEM_FILES:
        command += ["--ro-bind-try", name, name]
    command += ["--size", str(SCRATCH), "--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108
    command += ["--size", str(SCRATCH), "--perms", "1777", "--tmpfs", "/dev/shm"]  # noqa: S108
    command += _mounts(_operations(readable, writable, hidden))
    command += ["--remount-ro", "/dev", "--remount-ro", "/"]  # they lie in memory without bounds
    return [*command, "--chdir", str(home), "--"]


@functools.cache
def _without_namespaces() -> list[str]:
    """Return the option that keeps a sandbox from making others, which older versions lack."""
    known = subprocess.run(["bwrap", "--help"], capture_output=True, text=True).stdout  # noqa: S607
    return ["--disable-userns"] if "--disable-userns" in known else []


def _operations(
    readable: Iterable[Path], writable: Path, hidden: Iterable[Path]
) -> dict[Path, str]:
    """Say for each path what becomes of it; what lies deeper comes later and prevails."""
    copies = (Path(p) / "coursepkg" for p in sys.path if p)
    wanted = {path: "--tmpfs" for path in (*hidden, *copies) if path.is_dir()}
    wanted |= dict.fromkeys((*python_folders(), *readable), "--ro-bind")
    return wanted | {writable: "--bind"}


def _mounts(operations: Mapping[Path, str]) -> list[str]:
    """Write operations as options, after the folders that lead there, which all may enter."""
    bound = [path for path, how in operations.items() if how != "--tmpfs"] + [Path("/usr")]
    options: list[str] = []
    emptied: list[str] = []
    for path in sorted({p for end in operations for p in (end, *end.parents)}):
        inside = any(path.is_relative_to(other) and path != other for other in bound)
        how = operations.get(path)
        if how == "--tmpfs" and inside:
            options += ["--perms", "0755", how, str(path)]
            emptied += ["--remount-ro", str(path)]
        elif how in ("--bind", "--ro-bind"):
            options += [how, str(path), str(path)]
        elif not inside and path not in (Path("/"), Path("/tmp")):  # noqa: S108
            options += ["--perms", "0755", "--dir", str(path)]
    return [*options, *emptied]


def python_folders() -> list[Path]:
    """List the folders in which Python and its packages lie."""
    found = {Path(p).resolve() for p in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    found |= {Path(p).resolve() for p in package_folders()}
    found |= {Path(p).absolute() for p in (sys.prefix, sys.base_prefix)}  # as Python calls itself
    outer = (p for p in found if p.is_dir() and not any(p.is_relative_to(o) for o in found - {p}))
    return sorted(outer)


def package_folders() -> list[str]:
    """List the folders from which this process imports what is installed."""
    return [p for p in sys.path if p.endswith(("site-packages", "dist-packages"))]
