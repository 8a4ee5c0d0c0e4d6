r"""One step of each optimizer, written as Keras takes it.

A rule maps a weight, the gradient and what it remembers of earlier steps to the new ones. All
work elementwise, so the replica axis needs no mention: a setting such as the learning rate comes
with shape ``(n_replicas, 1, 1)`` and broadcasts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from coursepkg._keras import tf
from coursepkg.proximal import soft_threshold
from coursepkg.sweep.program import Program

Slots = tuple[tf.Tensor, ...]
Settings = dict[str, tf.Tensor]

# Keras' defaults.
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-7


def _sgd(
    weight: tf.Tensor, gradient: tf.Tensor, slots: Slots, settings: Settings, count: tf.Tensor
) -> tuple[tf.Tensor, Slots, tf.Tensor]:
    r"""Move by :math:`\mu` times the last move minus :math:`\eta` times the gradient."""
    rate = settings["learning_rate"]
    if not slots:
        return weight - rate * gradient, (), rate
    move = settings["momentum"] * slots[0] - rate * gradient
    return weight + move, (move,), rate


def _adam(
    weight: tf.Tensor, gradient: tf.Tensor, slots: Slots, settings: Settings, count: tf.Tensor
) -> tuple[tf.Tensor, Slots, tf.Tensor]:
    r"""Move by :math:`\eta\,\hat m / (\sqrt{\hat v} + \epsilon)`, epsilon where Keras has it."""
    mean, square = slots
    mean += (gradient - mean) * (1 - _BETA_1)
    square += (gradient * gradient - square) * (1 - _BETA_2)
    corrected = settings["learning_rate"] * tf.sqrt(1 - _BETA_2**count)
    scale = 1 / (tf.sqrt(square) + _EPSILON)  # the one division for each weight: it is slow
    # That early means are too small is mended in the mean, so it is no part of the step size.
    moved = weight - corrected / (1 - _BETA_1**count) * mean * scale
    return moved, (mean, square), corrected * scale


class Optimizer(NamedTuple):
    """A rule, how much it remembers, and whether L1 is a threshold after its step.

    Attributes
    ----------
    rule : callable
        Maps weight, gradient, slots, settings and the number of the step (from 1) to the new
        weight, the new slots and the step size of each weight.
    n_slots : int
        How many arrays of a weight's shape the rule remembers.
    proximal : bool
        True: ``l1`` acts as the soft threshold of `coursepkg.proximal`. False: as in Keras, its
        subgradient is part of the gradient.
    learning_rate, weight_decay : float
        Keras' defaults.
    """

    rule: Callable
    n_slots: int
    proximal: bool
    learning_rate: float
    weight_decay: float = 0.0


OPTIMIZERS = {
    "sgd": Optimizer(_sgd, 1, proximal=False, learning_rate=0.01),
    "adam": Optimizer(_adam, 2, proximal=False, learning_rate=0.001),
    "adamw": Optimizer(_adam, 2, proximal=False, learning_rate=0.001, weight_decay=0.004),
    "proximal_sgd": Optimizer(_sgd, 1, proximal=True, learning_rate=0.01),
    "proximal_adam": Optimizer(_adam, 2, proximal=True, learning_rate=0.001),
}


def start(program: Program, weights: list[tf.Tensor]) -> list[Slots]:
    """Make the empty memory of an optimizer.

    Parameters
    ----------
    program : Program
        Says which optimizer it is; SGD without momentum remembers nothing.
    weights : list of tf.Tensor
        Kernel and bias of each layer in turn.

    Returns
    -------
    list of tuple of tf.Tensor
        For each weight its slots, all zero.
    """
    optimizer = OPTIMIZERS[program.optimizer]
    forgets = optimizer.rule is _sgd and "momentum" not in program.used
    n_slots = 0 if forgets else optimizer.n_slots
    return [tuple(tf.zeros_like(weight) for _ in range(n_slots)) for weight in weights]


def step(
    program: Program,
    weights: list[tf.Tensor],
    gradients: list[tf.Tensor],
    slots: list[Slots],
    settings: Settings,
    number: tf.Tensor,
) -> tuple[list[tf.Tensor], list[Slots]]:
    """Take one step with all weights.

    Parameters
    ----------
    program : Program
        Says which optimizer it is, and what it has to do.
    weights, gradients : list of tf.Tensor
        Kernel and bias of each layer in turn, and the gradient of the objective in them.
    slots : list of tuple of tf.Tensor
        What the optimizer remembers of each weight.
    settings : dict of str to tf.Tensor, shape (n_replicas,)
        ``learning_rate``, ``momentum``, ``weight_decay`` and ``l1``.
    number : tf.Tensor of int32, shape ()
        Number of the step, from 0.

    Returns
    -------
    tuple of list of tf.Tensor and list of tuple of tf.Tensor
        Weights and slots after the step.
    """
    settings = {name: values[:, None, None] for name, values in settings.items()}
    count = tf.cast(number + 1, weights[0].dtype)
    moved = [
        (_kernel_step if place % 2 == 0 else _bias_step)(program, *state, settings, count)
        for place, state in enumerate(zip(weights, gradients, slots, strict=True))
    ]
    return [weight for weight, _ in moved], [kept for _, kept in moved]


def _bias_step(
    program: Program,
    bias: tf.Tensor,
    gradient: tf.Tensor,
    slots: Slots,
    settings: Settings,
    count: tf.Tensor,
) -> tuple[tf.Tensor, Slots]:
    """Take the optimizer's step; decay and threshold are for kernels."""
    bias, slots, _ = OPTIMIZERS[program.optimizer].rule(bias, gradient, slots, settings, count)
    return bias, slots


def _kernel_step(
    program: Program,
    kernel: tf.Tensor,
    gradient: tf.Tensor,
    slots: Slots,
    settings: Settings,
    count: tf.Tensor,
) -> tuple[tf.Tensor, Slots]:
    """Decay, take the optimizer's step, and apply the threshold of a proximal optimizer."""
    optimizer = OPTIMIZERS[program.optimizer]
    if "weight_decay" in program.used:
        kernel -= settings["learning_rate"] * settings["weight_decay"] * kernel
    moved, slots, rate = optimizer.rule(kernel, gradient, slots, settings, count)
    if not (optimizer.proximal and "l1" in program.used):
        return moved, slots
    shrunk = soft_threshold(moved, rate * settings["l1"])
    if optimizer.rule is _sgd and slots:  # momentum carries on the move that was really made
        slots = (slots[0] + shrunk - moved,)
    return shrunk, slots
