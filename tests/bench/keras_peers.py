"""Keras: the loop that one usually writes, and two that use everything that Keras offers.

`build_default` is the usual loop. Each ``fit`` traces anew and returns to Python after each batch;
``steps_per_execution=10`` hardly helps.

`build_best` takes all 60 epochs as one "epoch" of 600 shuffled mini-batches, a hundred of them an
execution. It is still a loop that fits any model: each training builds and traces its own.

`build_reused` goes further, for this one kind of grid: one compiled model for each core gets its
weights back before each training and has l2 as a variable. It is the fastest that was found;
without the threads it takes a tenth longer, fed from arrays instead of a ``tf.data.Dataset`` two
thirds longer, and so it does with ``jit_compile=True``, which compiles the step and not the loop.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import joblib
import numpy as np

from coursepkg._keras import keras, tf
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

DEFAULT_PART, BEST_PART, REUSED_PART = 2, 4, 16


def build_default(workload: Workload) -> Callable[[int], Trained]:
    """Build, compile and fit a model for each training.

    No ``keras.utils.set_random_seed``: with it ``fit`` would shuffle alike in every epoch, and the
    same mini-batches over and over are another training, which fits the noise better.
    """
    x, y = workload.x, workload.y

    def fit(number: int) -> list[np.ndarray]:
        l2, seed = setting(number)
        keras.backend.clear_session()
        model = _model(keras.regularizers.L2(l2))
        model.set_weights([start[seed] for start in workload.starts])
        model.fit(x, y, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
        return model.get_weights()

    def train(turn: int) -> Trained:
        numbers = part(turn, DEFAULT_PART)
        return _stacked(numbers, map(fit, numbers))

    return train


def build_best(workload: Workload) -> Callable[[int], Trained]:
    """Build, compile and fit a model for each training, all its epochs in six executions."""

    def fit(number: int) -> list[np.ndarray]:
        l2, seed = setting(number)
        keras.backend.clear_session()
        model = _model(keras.regularizers.L2(l2), steps_per_execution=100)
        model.set_weights([start[seed] for start in workload.starts])
        return _fitted(model, workload, seed)

    def train(turn: int) -> Trained:
        numbers = part(turn, BEST_PART)
        return _stacked(numbers, map(fit, numbers))

    return train


def build_reused(workload: Workload) -> Callable[[int], Trained]:
    """Share the trainings out among threads, each with a model that is compiled once."""
    n_threads = joblib.cpu_count()
    fits = [_Reused(workload).fit for _ in range(n_threads)]
    threads = ThreadPoolExecutor(n_threads)

    def train(turn: int) -> Trained:
        numbers = part(turn, REUSED_PART)
        shares = [numbers[first::n_threads] for first in range(n_threads)]
        done = threads.map(lambda fit, share: list(map(fit, share)), fits, shares)
        return _stacked(list(chain(*shares)), chain(*done))

    return train


class _Variable(keras.regularizers.Regularizer):
    """An L2 penalty whose factor can be changed without tracing again."""

    def __init__(self) -> None:
        self.l2 = keras.Variable(0.0, trainable=False)

    def __call__(self, kernel: tf.Tensor) -> tf.Tensor:
        return self.l2 * keras.ops.sum(keras.ops.square(kernel))


class _Reused:
    """A model for many trainings, one after the other, from the sweep's own random numbers."""

    def __init__(self, workload: Workload) -> None:
        self.workload, self.penalty = workload, _Variable()
        self.model = _model(self.penalty, steps_per_execution=100)
        self.model.optimizer.build(self.model.trainable_variables)
        self.slots = [slot.numpy() for slot in self.model.optimizer.variables]

    def fit(self, number: int) -> list[np.ndarray]:
        l2, seed = setting(number)
        self.penalty.l2.assign(l2)
        self.model.set_weights([start[seed] for start in self.workload.starts])
        for slot, value in zip(self.model.optimizer.variables, self.slots, strict=True):
            slot.assign(value)
        return _fitted(self.model, self.workload, seed)


def _fitted(model: keras.Model, workload: Workload, seed: int) -> list[np.ndarray]:
    """Fit all mini-batches of a training as one epoch."""
    batches = _batches(workload, seed)
    with warnings.catch_warnings(action="ignore"):  # of `shuffle`, though it is off
        model.fit(batches, steps_per_epoch=len(batches), shuffle=False, verbose=0)
    return model.get_weights()


def _model(penalty: keras.regularizers.Regularizer, **options: int) -> keras.Model:
    dense = keras.layers.Dense
    model = keras.Sequential(
        [
            keras.Input(WIDTHS[:1]),
            *(dense(units, "relu", kernel_regularizer=penalty) for units in WIDTHS[1:-1]),
            dense(WIDTHS[-1], kernel_regularizer=penalty),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss, **options)
    return model


def _batches(workload: Workload, seed: int) -> tf.data.Dataset:
    """Lay out all mini-batches; the loss is a mean over 32 rows, so weights mend the short ones."""
    rows, weights = workload.order[seed], workload.shares * BATCH_SIZE
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    batches = tf.data.Dataset.from_tensor_slices((workload.x[rows], workload.y[rows], weights))
    return batches.with_options(options).prefetch(100)


def _stacked(numbers: list[int], weights: Iterable[list[np.ndarray]]) -> Trained:
    return Trained(numbers, [np.stack(same) for same in zip(*weights, strict=True)])
