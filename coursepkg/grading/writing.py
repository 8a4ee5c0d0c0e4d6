"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from coursepkg.grading.exercise import Problem


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file: a draft beside it first, which then takes its place.

    Parameters
    ----------
    path : Path
        The file; its folders are made.
    content : str or bytes
        What it is to hold; text in UTF-8 and with its line ends as they are.

    Raises
    ------
    Problem
        If it cannot be written; what was there before is still there.
    """
    write_all({path: content})


def write_all(contents: Mapping[Path, str | bytes]) -> None:
    """Write files: drafts of all of them first, which then take their places.

    Parameters
    ----------
    contents : mapping of Path to str or bytes
        What each file is to hold.

    Raises
    ------
    Problem
        If one cannot be written. If that shows while drafts are made, all files are as they were.
    """
    drafts: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            place = drafts[path] = _draft(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            # A file's name that is no UTF-8 reaches Python as half a surrogate pair. It must not
            # cost the results of a whole class; written so, JSON gives it back.
            is_text = isinstance(content, str)
            place.write_bytes(content.encode("utf-8", "backslashreplace") if is_text else content)
        for path, draft in drafts.items():
            draft.replace(os.path.realpath(path))  # a link stays one
    except OSError as error:
        raise Problem(f"cannot write {path}: {error.strerror}") from None
    finally:
        for draft in drafts.values():
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)


def _draft(path: Path) -> Path:
    """Name the draft of a file; a device, which would be replaced by a file, has none."""
    if path.exists() and not path.is_file():
        raise Problem(f"cannot write {path}: not a file")
    target = Path(os.path.realpath(path))
    return target.with_name(f".{target.name}.new")
