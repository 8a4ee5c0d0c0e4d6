r"""What training makes small, and what is reported of it.

A step minimises, over a batch of :math:`B` rows with losses :math:`\ell_i`,

.. math:: \frac1B\sum_i \ell_i + \lambda_1\sum|w| + \lambda_2\sum w^2
    + \lambda\,\frac1B\sum_i\lVert\nabla_{x_i}\ell_i\rVert_2^2 ,

where the sums over :math:`w` run over kernels, as Keras' ``kernel_regularizer`` has it. A term
that the program does not use is not computed. The tensors of ``settings`` have shape
``(n_replicas,)`` throughout.
"""

from __future__ import annotations

from typing import NamedTuple

from coursepkg._keras import tf
from coursepkg.dropout import multipliers
from coursepkg.gradient_penalty import values_and_squared_norms
from coursepkg.sweep import network, randomness
from coursepkg.sweep.optimizers import OPTIMIZERS
from coursepkg.sweep.program import Program

Tensors = dict[str, tf.Tensor]


class Batch(NamedTuple):
    """Rows to learn from.

    Attributes
    ----------
    x : tf.Tensor, shape (n_replicas, rows, in)
        Inputs.
    y : tf.Tensor, shape (n_replicas, rows)
        Labels or targets.
    share : tf.Tensor, shape (rows,)
        Weight of each row in the batch's mean.
    """

    x: tf.Tensor
    y: tf.Tensor
    share: tf.Tensor


def loss_and_gradients(
    program: Program,
    weights: list[tf.Tensor],
    batch: Batch,
    settings: Tensors,
    dropout: list[tf.Tensor | None],
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Compute a batch's loss, and the gradient of loss plus penalties in the weights.

    Parameters
    ----------
    program : Program
        Says which penalties there are; under a proximal optimizer L1 is none of them, since its
        threshold follows the step.
    weights : list of tf.Tensor
        Kernel and bias of each layer in turn.
    batch : Batch
        Rows to learn from.
    settings : dict of str to tf.Tensor
        Strength of each penalty.
    dropout : list of tf.Tensor or None
        From `dropout_factors`.

    Returns
    -------
    tuple of tf.Tensor, shape (n_replicas,), and list of tf.Tensor
        Mean loss without penalties; a gradient for each weight.
    """
    terms = program.used - {"l1"} if OPTIMIZERS[program.optimizer].proximal else program.used
    with tf.GradientTape() as tape:
        tape.watch(weights)
        if "loss_gradient_penalty" in terms:
            losses, norms = _losses_and_norms(program, weights, batch.x, batch.y, dropout)
            penalty = settings["loss_gradient_penalty"] * tf.reduce_sum(batch.share * norms, 1)
        else:
            outputs = network.forward(weights, batch.x, program.activation, dropout)
            losses, penalty = _losses(program, outputs, batch.y), 0
        loss = tf.reduce_sum(batch.share * losses, axis=1)
        total = loss + penalty + weight_penalty(weights, settings, terms)
    # The tape differentiates the sum over replicas. As no weight enters another replica's
    # objective, that is each replica's own gradient.
    return loss, tape.gradient(total, weights)


def weight_penalty(
    weights: list[tf.Tensor], settings: Tensors, terms: frozenset[str]
) -> tf.Tensor | int:
    r"""Compute :math:`\lambda_1\sum|w| + \lambda_2\sum w^2` of each replica.

    Parameters
    ----------
    weights : list of tf.Tensor
        Kernel and bias of each layer in turn.
    settings : dict of str to tf.Tensor
        ``l1`` and ``l2``.
    terms : frozenset of str
        Which of the two to include.

    Returns
    -------
    tf.Tensor of float, shape (n_replicas,)
        The penalty, in units of the loss; plainly 0 without terms.
    """
    total = 0
    for kernel, _ in network.layers(weights):
        if "l1" in terms:
            total += settings["l1"] * tf.reduce_sum(tf.abs(kernel), axis=(1, 2))
        if "l2" in terms:
            total += settings["l2"] * tf.reduce_sum(tf.square(kernel), axis=(1, 2))
    return total


def scores(
    program: Program,
    weights: list[tf.Tensor],
    x: Tensors,
    y: Tensors,
    settings: Tensors,
    parts: tuple[str, ...],
) -> Tensors:
    """Judge the weights on whole parts of the data, with nothing dropped.

    Parameters
    ----------
    program : Program
        Says which penalties there are.
    weights : list of tf.Tensor
        Kernel and bias of each layer in turn.
    x, y : dict of str to tf.Tensor
        Inputs and targets of each part of the data.
    settings : dict of str to tf.Tensor
        Strength of each penalty.
    parts : tuple of str
        Parts to judge on, where there are such rows.

    Returns
    -------
    dict of str to tf.Tensor of float, shape (n_replicas,)
        Loss without penalties and, for classes, accuracy of each part; with the training rows the
        penalty, in units of the loss.
    """
    found = {}
    for part in parts:
        if part not in x:
            continue
        outputs = network.forward(weights, x[part], program.activation)
        loss = tf.reduce_mean(_losses(program, outputs, y[part]), axis=1)
        found[f"{part}_loss"] = loss
        if y[part].dtype.is_integer:
            correct = network.correct(outputs, y[part], one_output=program.one_output)
            accuracy = tf.reduce_mean(correct, axis=1)
            # Where the outputs are no numbers, the largest of them is no answer.
            found[f"{part}_accuracy"] = tf.where(tf.math.is_nan(loss), loss, accuracy)
    if "train" in parts:
        penalty = tf.zeros_like(settings["l1"]) + weight_penalty(weights, settings, program.used)
        if "loss_gradient_penalty" in program.used:
            _, norms = _losses_and_norms(program, weights, x["train"], y["train"])
            penalty += settings["loss_gradient_penalty"] * tf.reduce_mean(norms, axis=1)
        found["penalty"] = penalty
    return found


def dropout_factors(
    program: Program, settings: Tensors, keys: tf.Tensor, step: tf.Tensor, rows: int
) -> list[tf.Tensor | None]:
    """Draw what inverted dropout multiplies the inputs and each hidden layer with.

    Parameters
    ----------
    program : Program
        Says where units are dropped.
    settings : dict of str to tf.Tensor
        ``input_rate`` and ``rate``.
    keys : tf.Tensor of uint32, shape (n_replicas, 2)
        From `coursepkg.sweep.randomness.dropout_key`.
    step : tf.Tensor of int32, shape ()
        Number of the step since training began.
    rows : int
        Rows in a batch.

    Returns
    -------
    list of tf.Tensor of float, shape (n_replicas, rows, units), or None
        0 or ``1 / (1 - rate)``; None where nothing is dropped.
    """
    names = ["input_rate"] + ["rate"] * (len(program.widths) - 2)
    factors = []
    for layer, (name, units) in enumerate(zip(names, program.widths, strict=False)):
        if name not in program.used:
            factors.append(None)
            continue
        rate = settings[name]
        kept = randomness.keep_mask(keys, rate, step, layer=layer, shape=(rows, units))
        factors.append(multipliers(kept, rate[:, None, None]))
    return factors


def _losses(program: Program, outputs: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    r"""Compute :math:`\ell_i` of every row."""
    return network.losses(outputs, y, one_output=program.one_output)


def _losses_and_norms(
    program: Program,
    weights: list[tf.Tensor],
    x: tf.Tensor,
    y: tf.Tensor,
    dropout: list[tf.Tensor | None] | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    r"""Compute :math:`\ell_i` and :math:`\lVert\nabla_{x_i}\ell_i\rVert_2^2` of every row."""
    x = tf.broadcast_to(x, [*y.shape, x.shape[-1]])  # shared rows need a gradient per replica
    return values_and_squared_norms(
        lambda x: _losses(program, network.forward(weights, x, program.activation, dropout), y), x
    )
