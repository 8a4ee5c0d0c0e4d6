"""The three measurements: turns in alternation, compilation, and growth with the replicas."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import ExitStack

from tests.bench.contestants import COMPILED, CONTESTANTS, grown
from tests.bench.worker import Result, Worker
from tests.bench.workload import Workload

GROWTH = (1, 8, 80, 400)
FRESH_PROCESSES = 3
Say = Callable[[str], None]


def alternate(workload: Workload, rounds: int, say: Say) -> dict[str, list[Result]]:
    """Let all contestants take turns, each after a first turn that doesn't count.

    Every other round goes backwards, so that nobody always follows the same neighbour.

    Returns
    -------
    dict of str to list of Result
        Results of each contestant, round by round.
    """
    results = {name: [] for name in CONTESTANTS}
    with ExitStack() as stack:
        workers = {}
        for name, contestant in CONTESTANTS.items():
            say(f"warming up: {contestant.title}")
            workers[name] = stack.enter_context(Worker(contestant, workload))
            workers[name].run()
        for turn in range(rounds):
            say(f"round {turn + 1} of {rounds}")
            for name in list(CONTESTANTS)[:: 1 if turn % 2 == 0 else -1]:
                results[name].append(workers[name].run(turn))
                say(f"  {results[name][-1].seconds:6.2f} s  {_task(name)}")
    return results


def compile_anew(workload: Workload, say: Say) -> dict[str, list[list[float]]]:
    """Time the first two calls in fresh processes, in alternation: the first one compiles.

    Importing TensorFlow or JAX doesn't count.

    Returns
    -------
    dict of str to list of list of float
        For each contestant and process, seconds of the first call and of the second.
    """
    seconds = {name: [] for name in COMPILED}
    for number in range(FRESH_PROCESSES):
        for name in COMPILED:
            with Worker(CONTESTANTS[name], workload) as worker:
                first, second = (round(worker.run().seconds, 4) for _ in range(2))
            seconds[name].append([first, second])
            process = f"process {number + 1} of {FRESH_PROCESSES}: {CONTESTANTS[name].title}"
            say(f"{process}: first call {first:.2f} s, second {second:.2f} s")
    return seconds


def grow(workload: Workload, say: Say) -> list[dict[str, float]]:
    """Train more and more replicas, each number in a fresh process.

    Returns
    -------
    list of dict
        Replicas, steady-state seconds, seconds a replica, and peak memory.
    """
    costs = []
    for n_replicas in GROWTH:
        with Worker(grown(n_replicas), workload) as worker:
            worker.run()
            results = [worker.run() for _ in range(3 if n_replicas <= 80 else 1)]
        seconds = statistics.median(result.seconds for result in results)
        say(f"{n_replicas} replicas: {seconds:.2f} s")
        costs.append(
            {
                "replicas": n_replicas,
                "seconds": round(seconds, 4),
                "seconds_per_replica": round(seconds / n_replicas, 5),
                "resident_mb": round(results[-1].resident_mb),
            }
        )
    return costs


def _task(name: str) -> str:
    contestant = CONTESTANTS[name]
    if name.startswith("matmul"):
        return contestant.title
    return f"{contestant.n_trainings:2} trainings: {contestant.title}"
