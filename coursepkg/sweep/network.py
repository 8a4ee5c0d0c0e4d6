r"""The network: a multilayer perceptron for all replicas at once.

The one idea of the whole package is the axis in front. Where a single network has a kernel
``(in, out)`` and a batch ``(rows, in)``, here they are ``(replica, in, out)`` and ``(replica,
rows, in)``, and ``tf.matmul`` multiplies them replica by replica. No number ever passes from one
replica to another.
"""

from __future__ import annotations

from coursepkg._keras import tf

ACTIVATIONS = {"relu": tf.nn.relu, "tanh": tf.tanh}


def layers(weights: list) -> list[tuple]:
    """Pair each kernel with its bias.

    Parameters
    ----------
    weights : list
        Kernel and bias of each layer in turn, as ``keras.Model.get_weights`` orders them.

    Returns
    -------
    list of tuple
        ``(kernel, bias)`` of each layer.
    """
    return list(zip(weights[0::2], weights[1::2], strict=True))


def forward(
    weights: list[tf.Tensor],
    x: tf.Tensor,
    activation: str,
    dropout: list[tf.Tensor | None] | None = None,
) -> tf.Tensor:
    """Compute the outputs: logits, or the one prediction of a regression.

    Parameters
    ----------
    weights : list of tf.Tensor
        Kernel ``(n_replicas, in, out)`` and bias ``(n_replicas, 1, out)`` of each layer in turn.
    x : tf.Tensor, shape (n_replicas or 1, rows, in)
        Inputs.
    activation : str
        A key of `ACTIVATIONS`, for the hidden layers.
    dropout : list of tf.Tensor or None, optional
        For the inputs and each hidden layer the factors ``(n_replicas, rows, units)`` that
        inverted dropout multiplies with, 0 or ``1 / (1 - rate)``; None where nothing is dropped.

    Returns
    -------
    tf.Tensor, shape (n_replicas, rows, out)
        The outputs.
    """
    units = x
    for number, (kernel, bias) in enumerate(layers(weights)):
        if number > 0:
            units = ACTIVATIONS[activation](units)
        if dropout and dropout[number] is not None:
            units = units * dropout[number]
        units = tf.matmul(units, kernel) + bias
    return units


def losses(outputs: tf.Tensor, y: tf.Tensor, *, one_output: bool = False) -> tf.Tensor:
    """Compute the loss of every row: cross-entropy for labels, squared error for real targets.

    Parameters
    ----------
    outputs : tf.Tensor, shape (n_replicas, rows, out)
        From `forward`.
    y : tf.Tensor of int32 or float, shape (n_replicas, rows)
        Labels or targets; the type tells which.
    one_output : bool, default=False
        Whether labels are 0 or 1, and the one output is the logit of 1.

    Returns
    -------
    tf.Tensor of float, shape (n_replicas, rows)
        Cross-entropy in nats, or squared units of ``y``.
    """
    if one_output:
        labels = tf.cast(y, outputs.dtype)
        return tf.nn.sigmoid_cross_entropy_with_logits(labels, outputs[..., 0])
    if y.dtype.is_integer:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(y, outputs)
    return tf.square(outputs[..., 0] - y)


def correct(outputs: tf.Tensor, y: tf.Tensor, *, one_output: bool = False) -> tf.Tensor:
    """Tell for every row whether the largest output is its label's, or the one output's sign.

    Parameters
    ----------
    outputs : tf.Tensor, shape (n_replicas, rows, n_classes)
        From `forward`.
    y : tf.Tensor of int32, shape (n_replicas, rows)
        Labels.
    one_output : bool, default=False
        As in `losses`.

    Returns
    -------
    tf.Tensor of float, shape (n_replicas, rows)
        1 or 0.
    """
    if one_output:
        said = tf.cast(outputs[..., 0] > 0, tf.int32)
    else:
        said = tf.argmax(outputs, axis=-1, output_type=tf.int32)
    return tf.cast(said == y, outputs.dtype)
