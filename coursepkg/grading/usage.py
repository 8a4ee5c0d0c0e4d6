"""What a kernel and its children use, as it is seen from outside, where they cannot deny it."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import psutil

BLOCK = 4096  # bytes that the smallest file takes


def memory(processes: Iterable[psutil.Process]) -> int:
    """Return the bytes of memory that processes hold."""
    total = 0
    for each in processes:
        with contextlib.suppress(psutil.Error):
            total += each.memory_info().rss
    return total


def family(process: int) -> list[psutil.Process]:
    """List a process and all its children, as far as they are there."""
    try:
        parent = psutil.Process(process)
        return [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return []


def size_of(folder: Path, most: int) -> int:
    """Return the bytes of all files, of which each takes a block, and so does a folder."""
    total, waiting = 0, [folder]
    while waiting and total <= most:  # there may be millions
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += max(entry.stat(follow_symlinks=False).st_size, BLOCK)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except (FileNotFoundError, NotADirectoryError):
            continue  # it is gone meanwhile
        except OSError:
            return most + 1  # what cannot be looked into hides something
    return total


def files_in(folders: Iterable[str], processes: Iterable[psutil.Process]) -> int:
    """Return how many files lie in folders, where processes see other ones there than this does."""
    most = 0
    for each in processes:
        for folder in folders:
            theirs = f"/proc/{each.pid}/root{folder}"
            with contextlib.suppress(OSError):
                if Path(theirs).stat().st_dev != Path(folder).stat().st_dev:
                    found = os.statvfs(theirs)
                    most = max(most, found.f_files - found.f_ffree)
    return most


def has_namespaces_of_its_own(processes: Sequence[psutil.Process]) -> bool:
    """Whether some child of a sandbox, the first, has left the namespace of users of the others."""
    found = set()
    for each in processes[1:]:
        with contextlib.suppress(OSError):
            found.add(Path(f"/proc/{each.pid}/ns/user").readlink())
    return len(found) > 1


def nameless(processes: Iterable[psutil.Process]) -> int:
    """Return the bytes of files that processes hold open without a name.

    They were removed, or lie in memory alone; where there is no ``/proc`` nobody knows. What is
    not open but mapped into memory root alone can see.
    """
    found = {}
    for each in processes:
        for place in _mapped(each.pid):
            with contextlib.suppress(OSError):
                seen = place.stat()
                found[seen.st_dev, seen.st_ino] = seen.st_blocks * 512
        with contextlib.suppress(OSError), os.scandir(f"/proc/{each.pid}/fd") as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    seen = entry.stat()
                    if stat.S_ISREG(seen.st_mode) and not seen.st_nlink:
                        found[seen.st_dev, seen.st_ino] = seen.st_blocks * 512
    return sum(found.values())


def _mapped(process: int) -> Iterator[Path]:
    """Yield links to removed files that lie in the memory of a process."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/maps").read_text(errors="replace").splitlines():
            if line.endswith("(deleted)"):
                first, last = line.split(maxsplit=1)[0].split("-")  # links have no leading zeros
                yield Path(f"/proc/{process}/map_files/{int(first, 16):x}-{int(last, 16):x}")
