"""scikit-learn: a loop over ``MLPClassifier``."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from tests.bench.workload import (
    BATCH_SIZE,
    EPOCHS,
    LEARNING_RATE,
    WIDTHS,
    Trained,
    Workload,
    part,
    setting,
)

PART = 8


def build(workload: Workload) -> Callable[[int], Trained]:
    """Fit a classifier for each training."""
    x, y = workload.x, workload.y
    # Its penalty is alpha/(2n) Σw² in a batch of n rows: alpha that is l2 Σw² on average.
    alpha_of_l2 = 2 / np.mean(workload.shares.max(axis=1))

    def fit(number: int) -> list[np.ndarray]:
        l2, seed = setting(number)
        network = MLPClassifier(
            WIDTHS[1:-1],
            alpha=alpha_of_l2 * l2,
            batch_size=BATCH_SIZE,
            learning_rate_init=LEARNING_RATE,
            max_iter=EPOCHS,
            random_state=seed,
            tol=0.0,
            n_iter_no_change=EPOCHS,
            epsilon=1e-7,
        ).fit(x, y)
        layers = zip(network.coefs_, network.intercepts_, strict=True)
        return [array for layer in layers for array in layer]

    def train(turn: int) -> Trained:
        numbers = part(turn, PART)
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            weights = [fit(number) for number in numbers]
        return Trained(numbers, [np.stack(same) for same in zip(*weights, strict=True)])

    return train
