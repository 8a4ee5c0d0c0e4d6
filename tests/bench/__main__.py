"""The command: measure, print, write."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from pathlib import Path

import click
from rich.console import Console

ROOT = Path(__file__).parents[2]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=ROOT / "benchmarks.json",
    help="Where to write the figures; by default benchmarks.json at the root.",
)
def main(rounds: int, output: Path) -> None:
    """Time coursepkg.sweep beside Keras, scikit-learn and JAX, in turns; some five minutes."""
    if importlib.util.find_spec("jax") is None:
        click.echo("The benchmark needs JAX: pip install -e '.[bench]' (make bench does)", err=True)
        sys.exit(2)
    from tests.bench import measuring, report, workload

    start = time.monotonic()

    def say(line: str) -> None:
        click.echo(f"{time.monotonic() - start:4.0f} s  {line}", err=True)

    say("drawing weights and batches")
    work = workload.make_workload()
    results = measuring.alternate(work, rounds, say)
    first_calls = measuring.compile_anew(work, say)
    found = report.figures(results, first_calls, measuring.grow(work, say))
    Console(width=120).print(report.shown(results, found))
    _write(output, found)
    click.echo(f"Written to {output}")


def _write(path: Path, found: dict[str, object]) -> None:
    """Write all or nothing."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)


if __name__ == "__main__":
    main(prog_name="python -m tests.bench")
