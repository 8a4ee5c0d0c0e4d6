"""The sweep itself, called as a user calls it."""

from __future__ import annotations

from collections.abc import Callable

from coursepkg import sweep
from tests.bench.workload import (
    BATCH_SIZE,
    EPOCHS,
    L2S,
    LEARNING_RATE,
    N_SEEDS,
    WIDTHS,
    Trained,
    Workload,
)


def build(
    workload: Workload, *, n_seeds: int = N_SEEDS, n_l2: int = len(L2S), penalty: float = 0.0
) -> Callable[[int], Trained]:
    """Prepare a sweep; drawing weights and batches is part of every call, as for a user."""
    mlp = sweep.MLP(units=WIDTHS[1:-1], epochs=EPOCHS, batch_size=BATCH_SIZE, curves=False)
    settings = {"l2": L2S[:n_l2], "learning_rate": LEARNING_RATE, "loss_gradient_penalty": penalty}

    def train(_turn: int) -> Trained:
        runs = mlp.fit(workload.data, seeds=n_seeds, progress=False, **settings)
        names = [
            f"{part}_{layer}" for layer in range(len(WIDTHS) - 1) for part in ("kernel", "bias")
        ]
        weights = [runs[name].to_numpy() for name in names]
        flat = [array.reshape(-1, *array.shape[2:]) for array in weights]
        return Trained(list(range(n_l2 * n_seeds)), flat)

    return train
