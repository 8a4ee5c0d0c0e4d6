"""The Chromium of this machine. Playwright's own download of one is not used."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HOW_TO_INSTALL = (
    "no Chromium here. On Debian: apt install chromium; elsewhere install Chrome or Chromium and "
    "set CHROMIUM to its path"
)
# This browser asks nothing of the network, and runs as root in containers.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find() -> str | None:
    """Return the browser that CHROMIUM names, or else the first on the path, or None."""
    named = os.environ.get("CHROMIUM")
    return next(filter(None, map(shutil.which, [named] if named else NAMES)), None)


@contextlib.contextmanager
def launch(path: str) -> Iterator[Browser]:
    """Start a browser without a window.

    Parameters
    ----------
    path : str
        The browser's program.

    Yields
    ------
    Browser
        Playwright's handle; the browser ends with the context.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()
