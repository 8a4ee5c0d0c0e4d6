"""Run a plan: through joblib, with a progress bar, and not beyond the memory there is."""

from __future__ import annotations

import itertools
import os
import sys

import joblib
import psutil
from joblib.parallel import get_active_backend
from tqdm import tqdm

from coursepkg.sweep.plan import Plan
from coursepkg.sweep.program import Trained
from coursepkg.sweep.training import train_chunk

# What the last interrupted sweep had finished, under the hash of its plan.
_interrupted: dict[str, list[Trained]] = {}


def run(plan: Plan, *, progress: bool | None) -> list[Trained]:
    """Train all chunks of a plan, on whatever `joblib.parallel_config` names.

    Where it names nothing, threads do the work: compiled code runs beside Python, and nothing has
    to be copied. After an interrupt the finished chunks are kept, and the same plan goes on from
    there.

    Parameters
    ----------
    plan : Plan
        What to train.
    progress : bool or None
        Whether to show a progress bar; None where a person looks.

    Returns
    -------
    list of Trained
        One for each chunk, in order.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts it; says how far it got.
    MemoryError
        If it would not fit.
    ValueError
        If joblib's backend cannot hand over one chunk after the other.
    """
    trained = _interrupted.pop(joblib.hash(plan), []) if _interrupted else []
    try:
        _train_the_rest(plan, trained, progress=progress)
    except KeyboardInterrupt:
        _interrupted.clear()
        _interrupted[joblib.hash(plan)] = trained
        done = plan.n_replicas_in(trained)
        raise KeyboardInterrupt(
            f"{done} of {plan.n_replicas} trainings are done; the same call goes on from there"
        ) from None
    return trained


def _train_the_rest(plan: Plan, trained: list[Trained], *, progress: bool | None) -> None:
    """Train the chunks that are missing and append them one by one."""
    backend, n_jobs = get_active_backend()
    if not backend.supports_return_generator:
        name = type(backend).__name__.removesuffix("Backend").lower()
        raise ValueError(f"the backend must be loky, threading or dask. Received: {name}")
    n_jobs = -1 if n_jobs is None else n_jobs  # all cores, unless the user said how many
    n_workers = min(backend.effective_n_jobs(n_jobs), plan.n_chunks)
    refuse_what_does_not_fit(plan, n_workers)
    work = joblib.Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
    missing = itertools.islice(plan.chunks(), len(trained), None)
    tasks = (joblib.delayed(train_chunk)(plan.program, chunk) for chunk in missing)
    hidden = not (_someone_looks() if progress is None else progress)
    done = plan.n_replicas_in(trained)
    with tqdm(
        total=plan.n_replicas, initial=done, unit=" trainings", delay=1, disable=hidden
    ) as bar:
        for chunk in work(tasks):
            trained.append(chunk)
            bar.update(plan.n_replicas_in(trained) - bar.n)


def refuse_what_does_not_fit(plan: Plan, n_workers: int) -> None:
    """Compare what a plan takes with the memory that is free.

    Parameters
    ----------
    plan : Plan
        What is to be trained.
    n_workers : int
        Chunks trained at once.

    Raises
    ------
    MemoryError
        If it is more; says how many replicas would fit.
    """
    free = psutil.virtual_memory().available
    working = n_workers * plan.working_bytes()
    needed = working + plan.n_replicas * plan.kept_bytes()
    if needed > free:
        fitting = max(0, (free - working) // plan.kept_bytes())
        raise MemoryError(
            f"the sweep needs about {_text(needed)} and {_text(free)} are free: {fitting} replicas "
            f"would fit. Received: {plan.n_replicas} replicas"
        )


def _text(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e8 else f"{n_bytes / 1e6:.1f} MB"


def _someone_looks() -> bool:
    """Whether this runs in a terminal, or in a notebook that a person has open in JupyterLab."""
    return sys.stderr.isatty() or "JPY_SESSION_NAME" in os.environ
