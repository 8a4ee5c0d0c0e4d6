"""Sphinx extension: no page outlives what it was made from.

Sphinx reads a page again when its source changed, and the execution cache runs a notebook again
when its code cells changed. Neither knows that a chapter also depends on the course's package.
This extension fingerprints those files, and keeps the fingerprint with each thing that was made
from them, so that each can be thrown away, restored or interrupted without misleading another:

- the execution cache (outputs of cells), which is dropped when its fingerprint differs;
- Sphinx's environment (pages as read);
- the folder of HTML pages (pages as written). This fingerprint is there only while no build is
  under way and the last one ended without a warning: Sphinx saves its environment before it
  writes the pages, and a second build would not repeat the warnings that failed the first.

When either of the last two differs, every page is read and written again; only notebooks that are
not in the cache run.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

STAMP = ".made_from"


def fingerprint(root: Path, depends_on: Iterable[str], apart_from: Iterable[str] = ()) -> str:
    """Digest the paths and the contents of files.

    Parameters
    ----------
    root : Path
        Folder that the other arguments are relative to.
    depends_on : iterable of str
        Files and folders, taken whole; one that does not exist counts as empty.
    apart_from : iterable of str
        Files and folders to leave out.

    Returns
    -------
    str
        SHA-256, in hexadecimal.
    """
    left_out = [root / name for name in apart_from]
    digest = hashlib.sha256()
    for path in sorted({file for name in depends_on for file in _files(root / name)}):
        if not any(path.is_relative_to(folder) for folder in left_out):
            contents = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(root).as_posix()}\0{contents}\n".encode())
    return digest.hexdigest()


def _files(start: Path) -> Iterator[Path]:
    """Yield a file, or a folder's files without Python's caches and hidden ones."""
    for path in start.rglob("*") if start.is_dir() else [start]:
        inside = path.relative_to(start).parts
        if path.is_file() and not any(p == "__pycache__" or p.startswith(".") for p in inside):
            yield path


def _current(app: Sphinx) -> str:
    config = app.config
    return fingerprint(Path(app.srcdir), config.fresh_depends_on, config.fresh_apart_from)


def _cache(app: Sphinx) -> Path:
    return Path(app.env.mystnb_config.execution_cache_path)


def agrees(folder: Path, current: str) -> bool:
    """Whether a folder was made from what is there now.

    Parameters
    ----------
    folder : Path
        The execution cache, or the folder of HTML pages.
    current : str
        Today's fingerprint.

    Returns
    -------
    bool
        False also for a folder that does not exist, or whose making was cut short.
    """
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == current


def _write(folder: Path, current: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STAMP).write_text(current, encoding="utf-8")


def drop_cache(cache: Path) -> None:
    """Empty an execution cache, its fingerprint first: stopped half-way, it must not look whole.

    Parameters
    ----------
    cache : Path
        Folder of the cache; it need not exist.
    """
    (cache / STAMP).unlink(missing_ok=True)
    if cache.exists():
        shutil.rmtree(cache)


def before_reading(app: Sphinx, env: BuildEnvironment, *_pages: set[str]) -> set[str]:
    """Compare the fingerprints before a page is read, which is when notebooks run.

    Parameters
    ----------
    app : Sphinx
        The application.
    env : BuildEnvironment
        The environment, as restored from the last build.
    *_pages : sets of str
        The pages that Sphinx itself would read or remove; not used.

    Returns
    -------
    set of str
        The pages to read again: all of them or none.
    """
    current, site = _current(app), Path(app.outdir)
    if not agrees(_cache(app), current):
        drop_cache(_cache(app))
        _write(_cache(app), current)
    fresh = getattr(env, "made_from", None) == current and agrees(site, current)
    (site / STAMP).unlink(missing_ok=True)  # from here on, until this build has ended well
    env.made_from = current
    return set() if fresh else set(env.found_docs)


def after_writing(app: Sphinx, exception: Exception | None) -> None:
    """Vouch for the pages if the build was clean and its ingredients held still meanwhile.

    Parameters
    ----------
    app : Sphinx
        The application.
    exception : Exception or None
        What ended the build, if it failed.
    """
    current = _current(app)
    if getattr(app.env, "made_from", None) != current:
        # Somebody saved a file while notebooks ran: which outputs saw it is anybody's guess.
        (_cache(app) / STAMP).unlink(missing_ok=True)
    elif exception is None and app._warncount == 0:
        _write(Path(app.outdir), current)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the two ends of a build."""
    app.setup_extension("myst_nb")
    app.add_config_value("fresh_depends_on", [], "", list)
    app.add_config_value("fresh_apart_from", [], "", list)
    # Nobody sets this value: Sphinx reads every page again when one of the site's parts changes it.
    parts = Path(__file__).parent
    app.add_config_value("site_revision", fingerprint(parts, ["."]), "env", str)
    app.connect("env-get-outdated", before_reading)
    app.connect("build-finished", after_writing, priority=900)  # after whoever may still fail it
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
