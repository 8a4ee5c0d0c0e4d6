"""Sphinx extension: buttons that lead to the repository, once its address is known.

One address, ``repository: url`` in ``_config.yml``, brings all of them: the repository, an edit of
the page, an issue about it, and Binder. Without it there is none; the defaults of the theme would
point at somebody else's project.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sphinx.errors import ConfigError

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

ADDRESS = re.compile(r"https://(?:[\w.-]*\.)?(github|gitlab)\.[\w.-]+/[\w.-]+/[\w.-]+")
BUTTONS = ("use_repository_button", "use_edit_page_button", "use_issues_button")


def set_buttons(_app: Sphinx, config: Config) -> None:
    """Turn the buttons on, or all of them off.

    Parameters
    ----------
    _app : Sphinx
        The application; not used.
    config : Config
        Its ``html_theme_options`` are filled in.

    Raises
    ------
    ConfigError
        If the address is not that of a repository at GitHub or GitLab.
    """
    options = config.html_theme_options
    url = (options.get("repository_url") or "").rstrip("/")
    if url and not ADDRESS.fullmatch(url):
        raise ConfigError(
            "repository: url must look like https://github.com/OWNER/NAME, at GitHub or GitLab. "
            f"Received: {url}"
        )
    options["repository_url"] = url
    options |= dict.fromkeys(BUTTONS, bool(url))
    binder = {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"}
    options["launch_buttons"] = binder if url else {}


def setup(app: Sphinx) -> dict[str, Any]:
    """Listen before the theme reads its options."""
    app.connect("config-inited", set_buttons)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
