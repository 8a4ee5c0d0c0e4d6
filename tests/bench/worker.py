"""A process for each contestant: it prepares once, then trains whenever it is told to."""

from __future__ import annotations

import multiprocessing
import resource
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from tests.bench.contestants import Contestant
from tests.bench.workload import Workload, training_losses

_PROCESSES = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Result:
    """What one turn took, and what came out.

    Attributes
    ----------
    seconds : float
        Time of the turn, without imports and preparation.
    losses : dict of int to float
        Final training loss of each training that was done.
    resident_mb : float
        Peak memory of the process so far.
    """

    seconds: float
    losses: dict[int, float]
    resident_mb: float


class Worker:
    """A contestant in a process of its own, as a context.

    Parameters
    ----------
    contestant : Contestant
        Who trains.
    workload : Workload
        What is trained.
    """

    def __init__(self, contestant: Contestant, workload: Workload) -> None:
        self.contestant = contestant
        self._pipe, theirs = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_serve, args=(contestant, workload, theirs))
        self._process.start()
        theirs.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._pipe.close()
        self._process.join(timeout=0 if error else 10)
        self._process.kill()  # nothing happens where it has ended
        self._process.join()

    def run(self, turn: int = 0) -> Result:
        """Let the contestant train; the first time it compiles, too."""
        try:
            self._pipe.send(turn)
            return self._pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise RuntimeError(f"{self.contestant.title} failed; its error is above") from None


def _serve(contestant: Contestant, workload: Workload, pipe: Connection) -> None:
    """Answer until the other end is closed, or its process has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    train = contestant.prepared(workload)
    while True:
        try:
            turn = pipe.recv()
        except EOFError:
            return
        start = time.perf_counter()
        trained = train(turn)
        seconds = time.perf_counter() - start
        losses = training_losses(trained, workload) if trained else {}
        pipe.send(Result(seconds, losses, _resident_mb()))


def _resident_mb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
