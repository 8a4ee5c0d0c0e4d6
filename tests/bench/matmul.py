"""How fast this machine multiplies matrices at best: the yardstick for the sweep's own products."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.bench.workload import Workload

SIZE, REPEATS = 2048, 8
GFLOP = REPEATS * 2 * SIZE**3 / 1e9


def build_tensorflow(_workload: Workload) -> Callable[[int], None]:
    """Multiply with TensorFlow, on all cores."""
    from coursepkg._keras import tf

    matrix = tf.random.normal((SIZE, SIZE))

    def multiply(_turn: int) -> None:
        for _ in range(REPEATS):
            tf.matmul(matrix, matrix).numpy()

    return multiply


def build_numpy(_workload: Workload) -> Callable[[int], None]:
    """Multiply with NumPy, on all cores."""
    matrix = np.random.default_rng(0).normal(size=(SIZE, SIZE)).astype(np.float32)
    product = np.empty_like(matrix)

    def multiply(_turn: int) -> None:
        for _ in range(REPEATS):
            np.matmul(matrix, matrix, out=product)

    return multiply
