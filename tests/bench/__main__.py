"""The command: measure, print, write."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console, RenderableType

from tests.bench.grading import graders

ROOT = Path(__file__).parents[2]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", type=click.Choice(["sweep", "grading"]), help="Leave the other half out.")
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Turns that count; of graders three at most.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=ROOT / "benchmarks.json",
    help="Where to write the figures; by default benchmarks.json at the root.",
)
def main(only: str | None, rounds: int, output: Path) -> None:
    """Time coursepkg in turns with others; each half takes some five minutes.

    The sweep runs beside Keras, scikit-learn and JAX, `coursepkg grade` beside nbgrader and otter.
    """
    halves = {"sweep": _sweep, "grading": _grading}
    if only != "grading" and importlib.util.find_spec("jax") is None:
        _give_up("The benchmark needs JAX: pip install -e '.[bench]' (make bench does)")
    if only != "sweep" and not graders.installed():
        _give_up("The benchmark needs nbgrader and otter in .venv/peers (make bench sees to it)")
    start = time.monotonic()

    def say(line: str) -> None:
        click.echo(f"{time.monotonic() - start:4.0f} s  {line}", err=True)

    found = {}
    for half in [only] if only else halves:
        figures, shown = halves[half](rounds, say)
        found |= figures
        Console(width=120).print(shown)
    _write(output, found)
    click.echo(f"Written to {output}")


def _sweep(rounds: int, say: Callable[[str], None]) -> tuple[dict[str, object], RenderableType]:
    """Return figures and what to print."""
    from tests.bench import measuring, report, workload

    say("drawing weights and batches")
    work = workload.make_workload()
    results = measuring.alternate(work, rounds, say)
    first_calls = measuring.compile_anew(work, say)
    found = report.figures(results, first_calls, measuring.grow(work, say))
    return found, report.shown(results, found)


def _grading(rounds: int, say: Callable[[str], None]) -> tuple[dict[str, object], RenderableType]:
    """Return figures and what to print."""
    from tests.bench.grading import measuring, report

    try:
        seconds = measuring.take_turns(rounds, say)
    except RuntimeError as error:
        _give_up(str(error))
    found = report.figures(seconds)
    return found, report.shown(seconds, found)


def _give_up(why: str) -> NoReturn:
    click.echo(why, err=True)
    sys.exit(2)


def _write(path: Path, found: dict[str, object]) -> None:
    """Write all or nothing."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)


if __name__ == "__main__":
    main(prog_name="python -m tests.bench")
