"""From seconds to ratios, and to a table."""

from __future__ import annotations

import importlib.metadata
import platform
import statistics
from collections.abc import Sequence

import joblib
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from tests.bench import matmul
from tests.bench.contestants import CONTESTANTS, PEERS, SWEEP
from tests.bench.worker import Result
from tests.bench.workload import GFLOP, N_TRAININGS

Results = dict[str, list[Result]]
_NOTES = """\
seconds     median of the rounds; where a part was run, scaled to 80 trainings
over sweep  these seconds over the sweep's: more than 1 means that the sweep is faster
loss        mean final cross-entropy on the training images, beside the sweep's in the same
            trainings; scikit-learn begins with other weights and biases
all as one  600 shuffled steps as one epoch, steps_per_execution=100; reused: a model kept
            compiled for all trainings, with l2 as a variable
"""
_PACKAGES = ("tensorflow", "keras", "jax", "jaxlib", "numpy", "scikit-learn")


def scaled_seconds(results: Results, name: str) -> list[float]:
    """Seconds that all 80 trainings take or would take, round by round."""
    share = N_TRAININGS / CONTESTANTS[name].n_trainings
    return [result.seconds * share for result in results[name]]


def over_sweep(results: Results, name: str) -> float:
    """Median time over the sweep's; more than 1 means that the sweep is faster."""
    both = (statistics.median(scaled_seconds(results, each)) for each in (name, SWEEP))
    return next(both) / next(both)


def figures(
    results: Results,
    first_calls: dict[str, list[list[float]]],
    replica_cost: list[dict[str, float]],
) -> dict[str, object]:
    """Collect everything that `benchmarks.json` holds."""
    first, compiling = {}, {}
    for name, calls in first_calls.items():
        first[name] = statistics.median(one for one, _ in calls)
        compiling[name] = round(statistics.median(one - two for one, two in calls), 3)
    ratios = {f"sweep_over_{name}": over_sweep(results, name) for name in PEERS}
    steady = statistics.median(scaled_seconds(results, SWEEP))
    peak = peak_gflops(results)
    return {
        **{name: round(ratio, 3) for name, ratio in ratios.items()},
        "sweep_over_jax_with_compilation": round(first["jax"] / first[SWEEP], 3),
        "compile_seconds": compiling,
        "peak_share": round(GFLOP / steady / peak, 3),
        "peak_gflops": round(peak, 1),
        "gradient_penalty_step_ratio": round(over_sweep(results, "penalty"), 3),
        "replica_cost": replica_cost,
        "machine": machine(),
        "rounds": rounds(results) | {"first_calls": first_calls},
    }


def peak_gflops(results: Results) -> float:
    """Median speed of large matrix products, by the faster library, in GFLOP a second."""
    libraries = [turns for name, turns in results.items() if name.startswith("matmul")]
    medians = [statistics.median(turn.seconds for turn in turns) for turns in libraries]
    return matmul.GFLOP / min(medians)


def machine(packages: Sequence[str] = _PACKAGES) -> dict[str, object]:
    """Describe what was measured on."""
    return {
        "cores": joblib.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in packages},
    }


def rounds(results: Results) -> dict[str, dict[str, object]]:
    """Raw seconds of each turn; trainings in a turn, and their mean loss beside the sweep's."""
    raw = {}
    for name, turns in results.items():
        raw[name] = {"seconds": [round(result.seconds, 4) for result in turns]}
        if turns[0].losses:
            losses = [round(loss, 4) for loss in _paired_losses(results, name)]
            raw[name] |= {"trainings": CONTESTANTS[name].n_trainings, "losses": losses}
    return raw


def shown(results: Results, found: dict[str, object]) -> Group:
    """Lay out the comparison, the growth, and the single figures beneath."""
    growth = _growth(found["replica_cost"])
    return Group(_comparison(results), Text(_NOTES), growth, Text(_single(found)))


def _comparison(results: Results) -> Table:
    table = Table(title="80 trainings, steady state", box=box.SIMPLE, title_justify="left")
    table.add_column("how", no_wrap=True)
    for name in ("measured", "seconds", "min–max", "over sweep", "loss", "sweep's"):
        table.add_column(name, justify="right")
    for name in (SWEEP, *PEERS):
        seconds = scaled_seconds(results, name)
        n_trainings = CONTESTANTS[name].n_trainings
        table.add_row(
            CONTESTANTS[name].title,
            f"{n_trainings} of 80" + ", scaled" * (n_trainings < N_TRAININGS),
            f"{statistics.median(seconds):.2f}",
            f"{min(seconds):.2f}–{max(seconds):.2f}",
            f"{over_sweep(results, name):.2f}",
            *(f"{loss:.3f}" for loss in _paired_losses(results, name)),
        )
    return table


def _paired_losses(results: Results, name: str) -> tuple[float, float]:
    """Mean final training loss of a contestant, and of the sweep in the same trainings."""
    theirs = {number: loss for turn in results[name] for number, loss in turn.losses.items()}
    ours = results[SWEEP][0].losses
    return statistics.mean(theirs.values()), statistics.mean(ours[number] for number in theirs)


def _growth(replica_cost: list[dict[str, float]]) -> Table:
    table = Table(title="Growth of the sweep", box=box.SIMPLE, title_justify="left")
    for name in ("replicas", "seconds", "ms a replica", "peak memory, MB"):
        table.add_column(name, justify="right")
    for cost in replica_cost:
        each = f"{1000 * cost['seconds_per_replica']:.1f}"
        memory = str(cost["resident_mb"])
        table.add_row(str(cost["replicas"]), f"{cost['seconds']:.2f}", each, memory)
    return table


def _single(found: dict[str, object]) -> str:
    compiling = found["compile_seconds"]
    return (
        f"Compilation, once a process: sweep {compiling['sweep']:.2f} s, "
        f"JAX {compiling['jax']:.2f} s; JAX over the sweep with it: "
        f"{found['sweep_over_jax_with_compilation']:.2f}\n"
        f"Matrix products of the sweep: {found['peak_share']:.0%} of this machine's "
        f"{found['peak_gflops']:.0f} GFLOP/s in a 2048 × 2048 product\n"
        f"Gradient penalty: {found['gradient_penalty_step_ratio']:.2f} times a plain step"
    )
