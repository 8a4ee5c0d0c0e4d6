"""Silence for code that prints, be it from Python or from below.

TensorFlow's C++ part prints to file descriptor 2, which no redirection of ``sys.stderr`` catches.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator


@contextlib.contextmanager
def without_stderr() -> Iterator[None]:
    """Turn away what is written to file descriptor 2, by C++ too; exceptions still pass.

    Yields
    ------
    None
        While the context is open the descriptor leads nowhere; it is put back at the end.

    Examples
    --------
    >>> with without_stderr():
    ...     _ = os.write(2, b"nobody reads this")
    """
    try:
        kept = os.dup(2)
    except OSError:  # the process was started without it: nothing to turn away
        yield
        return
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 2)
        os.close(sink)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextlib.contextmanager
def captured() -> Iterator[io.StringIO]:
    r"""Collect what Python writes to stdout and stderr, and turn away what comes from below.

    Yields
    ------
    io.StringIO
        What was written so far, in the order in which it came.

    Examples
    --------
    >>> with captured() as printed:
    ...     print("kept")
    >>> printed.getvalue()
    'kept\n'
    """
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        without_stderr(),
    ):
        yield printed
