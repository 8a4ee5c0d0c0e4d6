"""Run Lighthouse on a few pages, as a phone and as a desktop, and print the scores' medians."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import playwright
from rich.console import Console
from rich.progress import track
from rich.table import Table

from book.site import chromium
from tests.browsing import server

HERE = Path(__file__).parent
SITE = Path(__file__).parents[3] / "_build" / "html"
CLI = HERE / "node_modules" / "lighthouse" / "cli" / "index.js"
# Lighthouse wants a recent Node.js; Playwright brings one.
NODE = Path(playwright.__file__).parent / "driver" / "node"

PAGES = ("book/index.html", "book/02_weight_penalties.html", "exercises/02_weight_penalties.html")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
# Lighthouse takes a machine for a phone by slowing it to a fourth: a slow or busy one is a slow
# phone. So its speed stands beside the scores.
MACHINE = "benchmark index"
DEVICES = {"mobile": [], "desktop": ["--preset=desktop"]}


def scores(url: str, browser: str, options: list[str]) -> dict[str, float]:
    """Run Lighthouse once.

    Parameters
    ----------
    url : str
        The page.
    browser : str
        Path of Chromium.
    options : list of str
        Such as ``--preset=desktop``.

    Returns
    -------
    dict of str to float
        For each category 0 to 100, and the machine's speed as Lighthouse measures it.
    """
    flags = " ".join(["--headless=new", *chromium.FLAGS])
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [NODE, CLI, url, "--quiet", "--output=json", f"--output-path={report}", *options]
        command += [f"--chrome-flags={flags}", f"--only-categories={','.join(CATEGORIES)}"]
        environment = os.environ | {"CHROME_PATH": browser}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise click.ClickException(f"Lighthouse failed on {url}:\n{done.stderr.strip()[-800:]}")
        found = json.loads(report.read_text(encoding="utf-8"))
    if found.get("runtimeError"):
        raise click.ClickException(f"Lighthouse on {url}: {found['runtimeError']['message']}")
    shares = {name: 100 * found["categories"][name]["score"] for name in CATEGORIES}
    return shares | {MACHINE: found["environment"]["benchmarkIndex"]}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--runs", type=click.IntRange(min=1), default=3, show_default=True, help="A page.")
@click.argument("pages", nargs=-1)
def main(runs: int, pages: tuple[str, ...]) -> None:
    """Print Lighthouse's scores of PAGES, such as book/index.html: medians over some runs."""
    browser = chromium.find()
    if browser is None:
        raise click.ClickException(chromium.HOW_TO_INSTALL)
    if not CLI.is_file():
        raise click.ClickException("Lighthouse is not installed. `make lighthouse` does it.")
    for page in pages or PAGES:
        if not (SITE / page).is_file():
            raise click.ClickException(f"run `make site` first. Received: no {page} in {SITE}")
    columns = (*CATEGORIES, MACHINE)
    table = Table("page", "device", *columns, title=f"median of {runs}")
    with server.serve(SITE) as address:
        todo = [(page, device) for page in pages or PAGES for device in DEVICES]
        for page, device in track(todo, "Lighthouse", console=Console(stderr=True)):
            found = [scores(address + page, browser, DEVICES[device]) for _ in range(runs)]
            medians = [statistics.median(run[name] for run in found) for name in columns]
            table.add_row(page, device, *(f"{median:.0f}" for median in medians))
    Console(width=120).print(table)


if __name__ == "__main__":
    sys.exit(main(prog_name="python -m tests.browsing.lighthouse"))
