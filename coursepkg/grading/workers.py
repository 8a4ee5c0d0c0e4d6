"""Many gradings at a time, on this machine or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from typing import TYPE_CHECKING, Any

from coursepkg.grading.exercise import Problem
from coursepkg.grading.reference import GraderFailed

if TYPE_CHECKING:
    from distributed import Client, Future

ANSWERING = 10  # seconds until a scheduler answers
GATHERING = 30  # seconds until it has a worker
KILLED = (
    "a process of the grader was killed, by the system for want of memory or by a submission. "
    "What is graded is kept with --json; go on with --resume"
)
LOST = (
    "the Dask cluster or its last worker is gone. "
    "What is graded is kept with --json; go on with --resume"
)


def on_this_machine(
    function: Callable[[Any], Any], items: Sequence[Any], jobs: int
) -> Iterator[Any]:
    """Yield what a function makes of each item, in the order in which it is ready.

    Parameters
    ----------
    function : callable
        It takes an item, and can be pickled.
    items : sequence
        What it works on.
    jobs : int
        How many at a time.

    Raises
    ------
    GraderFailed
        If a process that works was killed; what was yielded before is right.
    """
    import joblib  # a sixth of a second, which one submission alone need not wait

    parallel = joblib.Parallel(
        n_jobs=min(jobs, len(items)),
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch="2*n_jobs",
    )
    try:
        yield from parallel(joblib.delayed(function)(item) for item in items)
    except BrokenExecutor:
        raise GraderFailed(KILLED) from None


def on_a_cluster(
    function: Callable[[Any], Any], items: Sequence[Any], address: str
) -> Iterator[Any]:
    """Do the same with all workers of a Dask cluster.

    Not through joblib, which waits for ever for a worker that was killed.

    Parameters
    ----------
    function, items
        As for `on_this_machine`.
    address : str
        Of the scheduler.

    Raises
    ------
    GraderFailed
        If workers were killed, or the cluster or all of them are gone; what was yielded before is
        right.
    Problem
        If the cluster does not answer, or has no worker.
    """
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise Problem(
            "--scheduler needs the package distributed: pip install distributed"
        ) from None
    try:
        client = Client(address, timeout=ANSWERING)
    except (OSError, ValueError) as error:
        raise Problem(f"no Dask scheduler answers at {address} ({error})") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=GATHERING)
        except TimeoutError:
            raise Problem(f"the Dask scheduler at {address} has no worker") from None
        try:
            for future in _as_they_end(client, client.map(function, items, pure=False)):
                yield future.result()
        except KilledWorker:
            raise GraderFailed(KILLED) from None
        except (CancelledError, TimeoutError):
            raise GraderFailed(LOST) from None


def _as_they_end(client: Client, futures: Collection[Future]) -> Iterator[Future]:
    """Yield futures as they end, as long as there is a worker left."""
    from distributed import wait

    waiting = set(futures)
    while waiting:
        try:
            ended = wait(waiting, timeout=GATHERING, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            client.wait_for_workers(1, timeout=GATHERING)
            continue
        waiting -= ended
        yield from ended
