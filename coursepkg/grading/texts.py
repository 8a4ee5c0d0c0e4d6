"""Text that somebody else chose: made fit for a terminal, and for the name of a file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

LONGEST_NAME = 200  # bytes, of the 255 that a system allows with what is added to it


def printable(text: str, *, instead: str = "\N{REPLACEMENT CHARACTER}", besides: str = "") -> str:
    r"""Replace what a terminal might obey.

    Parameters
    ----------
    text : str
        The text.
    instead : str
        What stands for a letter that cannot be printed.
    besides : str
        Letters that stay although they cannot.

    Returns
    -------
    str
        As many letters as before, if ``instead`` is one.

    Examples
    --------
    >>> printable("a\x1b\n", instead="?", besides="\n")
    'a?\n'
    """
    return "".join(char if char.isprintable() or char in besides else instead for char in text)


def file_of(folder: Path, name: str, suffix: str) -> Path:
    """Return the file of somebody in a folder.

    Parameters
    ----------
    folder : Path
        Where it lies.
    name : str
        Whoever chose it may have chosen anything, but for slashes.
    suffix : str
        What its name ends in, such as ``.json``.

    Returns
    -------
    Path
        Called like the name, if a file's can be that; another name has its first letters, and a
        digest in place of the rest.
    """
    return folder / f"{_stem(name)}{suffix}"


def _stem(name: str) -> str:
    plain = printable(name, instead="_")
    if plain == name and "~" not in name and len(os.fsencode(name)) <= LONGEST_NAME:
        return name
    while len(os.fsencode(plain)) > LONGEST_NAME:
        plain = plain[:-1]
    return f"{plain}~{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"
