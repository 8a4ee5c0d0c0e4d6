"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from coursepkg.grading.exercise import Problem


def write_atomically(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Write a file: a draft beside it first, which then takes its place.

    Parameters
    ----------
    path : Path
        The file; its folders are made.
    content : str or bytes
        What it is to hold; text in UTF-8 and with its line ends as they are.
    private : bool, default=False
        Whether nobody else may read it, nor the folder that is made for it.

    Raises
    ------
    Problem
        If it cannot be written; what was there before is still there.
    """
    write_all({path: content}, private=private)


def write_all(contents: Mapping[Path, str | bytes], *, private: bool = False) -> None:
    """Write files: drafts of all of them first, which then take their places.

    Parameters
    ----------
    contents : mapping of Path to str or bytes
        What each file is to hold.
    private : bool, default=False
        As for `write_atomically`.

    Raises
    ------
    Problem
        If one cannot be written. If that shows while drafts are made, all files are as they were.
    """
    drafts: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            place = drafts[path] = _draft(path)
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o777)
            place.touch(mode=0o600 if private else 0o666)
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


def refuse_unwritable(paths: Iterable[Path]) -> None:
    """Find out before long work whether its results can be written.

    Parameters
    ----------
    paths : iterable of Path
        Files to be; nothing of the trial stays.

    Raises
    ------
    Problem
        If one is no place for a file, or a folder cannot be written in.
    """
    tried: set[Path] = set()
    for path in paths:
        draft = _draft(path)
        place = next(folder for folder in draft.parents if folder.exists())
        if place in tried:
            continue
        try:
            with tempfile.TemporaryFile(dir=place):
                tried.add(place)
        except OSError as error:
            raise Problem(f"cannot write {path}: {error.strerror}") from None


def _draft(path: Path) -> Path:
    """Name the draft of a file; a device, which would be replaced by a file, has none."""
    if path.exists() and not path.is_file():
        raise Problem(f"cannot write {path}: not a file")
    target = Path(os.path.realpath(path))
    return target.with_name(f".{target.name}.new")
