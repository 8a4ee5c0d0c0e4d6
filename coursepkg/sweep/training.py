r"""The training itself: one compiled function from the first weights to the last.

Read `_train` and `_epoch` first: they are the textbook's loop. For each epoch and each mini-batch
they compute the gradient of the objective and take a step of the optimizer. What makes it fast:

- *The whole training is one graph.* Keras returns to Python between batches, and a small network
  computes for less time than Python takes to ask for it. Here both loops are inside: a ``for``
  over ``tf.range`` within a ``tf.function`` becomes a loop of the graph.
- *XLA* (``jit_compile=True``) fuses what is elementwise, such as Adam's dozen operations, into
  single passes over memory.
- *The replica axis* (see `coursepkg.sweep.network`) shares what remains: one turn of the loop
  serves all replicas of a chunk.

Which terms the objective has is known when the graph is made, and what nobody asked for is not in
it. How strong each term is comes as a tensor, so one compilation serves a whole grid.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from coursepkg._keras import tf
from coursepkg.sweep import optimizers, randomness, stopping
from coursepkg.sweep.objective import Batch, Tensors, dropout_factors, loss_and_gradients, scores
from coursepkg.sweep.program import PARTS, Chunk, Program, Trained

Weights = list[tf.Tensor]


class Inputs(NamedTuple):
    """What training is given besides the weights to start from.

    Attributes
    ----------
    order : tf.Tensor of int32, shape (epochs, n_batches, n_replicas, batch_size)
        Rows of each batch.
    shares : tf.Tensor of float, shape (n_batches, batch_size)
        Weight of each row in its batch.
    x, y : dict of str to tf.Tensor, shape (n_replicas or 1, n, p) and (n_replicas, n)
        Inputs and targets of each part of the data.
    settings : dict of str to tf.Tensor of float, shape (n_replicas,)
        Value of each setting.
    keys : tf.Tensor of uint32, shape (n_replicas, 2)
        For dropout.
    """

    order: tf.Tensor
    shares: tf.Tensor
    x: Tensors
    y: Tensors
    settings: Tensors
    keys: tf.Tensor


def train_chunk(program: Program, chunk: Chunk) -> Trained:
    """Train the replicas of a chunk; this is what joblib calls, here or on another machine.

    Parameters
    ----------
    program : Program
        What to compile.
    chunk : Chunk
        What to train.

    Returns
    -------
    Trained
        What came out.
    """
    n_samples = chunk.x["train"].shape[1]
    sizes = {"n_samples": n_samples, "epochs": chunk.epochs, "batch_size": chunk.batch_size}
    orders = {seed: randomness.batch_order(seed, **sizes) for seed in set(chunk.seeds)}
    starts = [
        map(np.atleast_2d, randomness.initial_weights(seed, program.widths)) for seed in chunk.seeds
    ]
    real = functools.partial(np.asarray, dtype=program.dtype)
    target = real if chunk.n_classes is None else functools.partial(np.asarray, dtype=np.int32)
    weights = [real(np.stack(same)) for same in zip(*starts, strict=True)]
    inputs = Inputs(
        order=np.stack([orders[seed] for seed in chunk.seeds], axis=2),
        shares=real(randomness.batch_shares(n_samples, chunk.batch_size)),
        x={part: real(x) for part, x in chunk.x.items()},
        y={part: target(_targets(chunk, part)) for part in chunk.y},
        settings={name: real(values) for name, values in chunk.settings.items()},
        keys=np.stack([randomness.dropout_key(seed) for seed in chunk.seeds]),
    )
    outputs = _compiled(program)(weights, inputs)
    return Trained(*tf.nest.map_structure(lambda tensor: tensor.numpy(), outputs))


def _targets(chunk: Chunk, part: str) -> np.ndarray:
    """Targets of each replica, spoilt as ``label_noise`` says; those of the test stay clean."""
    clean = np.broadcast_to(chunk.y[part], (len(chunk.seeds), chunk.y[part].shape[1]))
    if part == "test":
        return clean
    noise = functools.partial(
        randomness.noisy_targets, n_classes=chunk.n_classes, part=PARTS.index(part)
    )
    each = zip(chunk.seeds, clean, chunk.settings["label_noise"], strict=True)
    return np.stack([noise(seed, y, noise=strength) for seed, y, strength in each])


@functools.lru_cache(maxsize=32)
def _compiled(program: Program) -> Callable[..., tuple[Weights, Tensors, Tensors]]:
    """Make the function that trains; XLA compiles it when it is first called."""
    return tf.function(functools.partial(_train, program), jit_compile=True, autograph=False)


def _with_graph_loops(function: Callable) -> Callable:
    """Let a ``for`` over ``tf.range`` become a loop of the graph, in this function alone.

    By default ``tf.function`` rewrites everything that is called from it too, for a second or so.
    """
    return tf.autograph.to_graph(function, recursive=False)


@_with_graph_loops
def _train(program: Program, weights: Weights, inputs: Inputs) -> tuple[Weights, Tensors, Tensors]:
    """Train for all epochs, or until early stopping has stopped the last replica."""
    judged = _judged_each_epoch(program)
    n_epochs = inputs.order.shape[0]
    slots = optimizers.start(program, weights)
    # What is returned if training stops early: the best weights, or those of the stop.
    watch, kept = stopping.begin(inputs.settings["learning_rate"]), weights
    healthy = watch.active
    curves = _empty_curves(program, weights, inputs, judged)

    for epoch in tf.range(n_epochs):
        weights, slots, running_loss = _epoch(program, weights, slots, inputs, epoch)
        values = scores(program, weights, inputs.x, inputs.y, inputs.settings, judged)
        values["running_loss"] = running_loss
        curves = {name: curve.write(epoch, values[name]) for name, curve in curves.items()}
        going = watch.active
        healthy &= tf.math.is_finite(running_loss) | ~going
        if program.stops_early:
            healthy &= tf.math.is_finite(values["val_loss"]) | ~going
            watch, improved = stopping.observe(watch, values["val_loss"], epoch, inputs.settings)
            kept = _where(improved if program.restore_best_weights else going, weights, kept)
            if not tf.reduce_any(watch.active):
                break

    if program.stops_early:
        weights = kept
    ends = scores(program, weights, inputs.x, inputs.y, inputs.settings, PARTS)
    ends |= {"healthy": healthy, "best_epoch": watch.best_epoch, "last_epoch": watch.last_epoch}
    return weights, {name: tf.transpose(curve.stack()) for name, curve in curves.items()}, ends


@_with_graph_loops
def _epoch(
    program: Program,
    weights: Weights,
    slots: list[optimizers.Slots],
    inputs: Inputs,
    epoch: tf.Tensor,
) -> tuple[Weights, list[optimizers.Slots], tf.Tensor]:
    """Take a step for each mini-batch of an epoch."""
    n_batches, batch_size = inputs.shares.shape
    n_samples = inputs.x["train"].shape[1]
    running_loss = tf.zeros_like(inputs.settings["learning_rate"])
    for number in tf.range(n_batches):
        step = epoch * n_batches + number
        rows, share = inputs.order[epoch, number], inputs.shares[number]
        batch = Batch(_take(inputs.x["train"], rows), _take(inputs.y["train"], rows), share)
        dropout = dropout_factors(program, inputs.settings, inputs.keys, step, batch_size)
        loss, gradients = loss_and_gradients(program, weights, batch, inputs.settings, dropout)
        weights, slots = optimizers.step(program, weights, gradients, slots, inputs.settings, step)
        n_rows = tf.math.count_nonzero(share, dtype=share.dtype)  # the last batch is often short
        running_loss += loss * n_rows / n_samples
    return weights, slots, running_loss


def _judged_each_epoch(program: Program) -> tuple[str, ...]:
    """Parts of the data whose loss is wanted after each epoch."""
    if program.curves:
        return ("train", "val")
    return ("val",) if program.stops_early else ()


def _empty_curves(
    program: Program, weights: Weights, inputs: Inputs, judged: tuple[str, ...]
) -> dict[str, tf.TensorArray]:
    """Make room for the values of each epoch, where they are wanted."""
    if not program.curves:
        return {}
    scored = scores(program, weights, inputs.x, inputs.y, inputs.settings, judged)
    names = ["running_loss", *scored]
    return {name: tf.TensorArray(program.dtype, inputs.order.shape[0]) for name in names}


def _take(values: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Pick each replica's rows, from its own data set or from the one that all share."""
    if values.shape[0] == 1:
        return tf.gather(values[0], rows)
    return tf.gather(values, rows, batch_dims=1)


def _where(chosen: tf.Tensor, new: list[tf.Tensor], old: list[tf.Tensor]) -> list[tf.Tensor]:
    """Take the new weights of the chosen replicas, and keep the old ones of the others."""
    pairs = zip(new, old, strict=True)
    return [tf.where(chosen[:, None, None], fresh, kept) for fresh, kept in pairs]
