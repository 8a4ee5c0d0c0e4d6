"""Results that are slow to make and depend on bytes alone, kept between builds."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx


def kept(app: Sphinx, make: Callable[[], bytes], *ingredients: bytes) -> bytes:
    """Make something, or take what was made from the same ingredients before.

    Parameters
    ----------
    app : Sphinx
        The application; results lie beside its environment, in ``.kept``.
    make : callable
        Makes the result.
    *ingredients : bytes
        All that the result depends on, the maker's own settings included.

    Returns
    -------
    bytes
        The result.
    """
    digest = hashlib.sha256()
    for part in ingredients:
        digest.update(hashlib.sha256(part).digest())
    path = Path(app.doctreedir).parent / ".kept" / digest.hexdigest()
    if path.exists():
        return path.read_bytes()
    result = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(result)
    unfinished.replace(path)
    return result
