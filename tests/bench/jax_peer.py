"""JAX, as an expert writes it: ``scan`` over the steps, ``vmap`` over the trainings, one ``jit``.

The order of the mini-batches and the first weights are laid out beforehand and not timed; the
sweep draws them in every call, so the comparison leans to JAX.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from tests.bench.workload import LEARNING_RATE, N_TRAININGS, Trained, Workload, setting


def build(workload: Workload, *, n_devices: int = 1) -> Callable[[int], Trained]:
    """Compile for one device, or with ``pmap`` for several that share the cores."""
    # JAX reads it when it is imported.
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={n_devices}"
    import jax

    l2s, seeds = (np.array(each) for each in zip(*map(setting, range(N_TRAININGS)), strict=True))
    starts = [start[seeds] for start in workload.starts]
    replicas = (starts, workload.order[seeds], l2s.astype(np.float32))
    shared = (workload.shares, workload.x, workload.y)
    compiled = jax.vmap(_train, in_axes=(0, 0, 0, None, None, None))
    if n_devices == 1:
        compiled = jax.jit(compiled)
    else:
        compiled = jax.pmap(compiled, in_axes=(0, 0, 0, None, None, None))
        replicas = jax.tree.map(lambda a: a.reshape(n_devices, -1, *a.shape[1:]), replicas)

    def train(_turn: int) -> Trained:
        weights = jax.block_until_ready(compiled(*replicas, *shared))
        flat = zip(map(np.asarray, weights), starts, strict=True)
        return Trained(list(range(N_TRAININGS)), [array.reshape(s.shape) for array, s in flat])

    return train


def _train(weights, order, l2, shares, x, y):
    """Train one network; `build` maps it over all."""
    import jax
    from jax import numpy as jnp

    def step(state, batch):
        weights, means, squares = state
        rows, share, time = batch
        slopes = jax.grad(_objective)(weights, x[rows], y[rows], share, l2)
        means = [m + 0.1 * (g - m) for m, g in zip(means, slopes, strict=True)]
        squares = [v + 0.001 * (g * g - v) for v, g in zip(squares, slopes, strict=True)]
        rate = LEARNING_RATE * jnp.sqrt(1 - 0.999**time) / (1 - 0.9**time)
        moved = zip(weights, means, squares, strict=True)
        weights = [w - rate * m / (jnp.sqrt(v) + 1e-7) for w, m, v in moved]
        return (weights, means, squares), None

    zeros = [jnp.zeros_like(weight) for weight in weights]
    times = jnp.arange(1.0, len(order) + 1)
    (weights, *_), _ = jax.lax.scan(step, (weights, zeros, zeros), (order, shares, times))
    return weights


def _objective(weights, x, y, share, l2):
    """Cross-entropy of a mini-batch and the penalty."""
    import jax
    from jax import numpy as jnp

    units = x
    for layer, (kernel, bias) in enumerate(zip(weights[::2], weights[1::2], strict=True)):
        units = (jax.nn.relu(units) if layer else units) @ kernel + bias
    log_likelihood = jnp.take_along_axis(jax.nn.log_softmax(units), y[:, None], axis=1)[:, 0]
    return l2 * sum(jnp.sum(kernel**2) for kernel in weights[::2]) - log_likelihood @ share
