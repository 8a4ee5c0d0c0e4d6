r"""Every random number of a sweep, from the seed alone.

What a seed draws doesn't depend on the settings, on the other seeds or on who computes: two
settings of one seed begin with the same weights, see the same batches and drop the same units, so
that their difference is the settings' doing.

Weights, batches and labels are drawn once, by NumPy. Dropout needs millions of draws *inside* the
compiled loop, where TensorFlow's stateless generator takes most of the training's time; there a
hash of (seed, step, layer, place) makes each bit pattern on the spot.
"""

from __future__ import annotations

import itertools

import numpy as np

from coursepkg._keras import tf
from coursepkg.datasets import redraw_labels

_PURPOSES = ("weights", "batches", "labels", "dropout")


def initial_weights(seed: int, widths: tuple[int, ...]) -> list[np.ndarray]:
    r"""Draw the weights that a network starts from, as Keras' ``Dense`` does.

    Kernels are uniform on :math:`\pm\sqrt{6/(\text{in} + \text{out})}`, biases zero.

    Parameters
    ----------
    seed : int
        Seed of the replica.
    widths : tuple of int
        Number of inputs, of units in each hidden layer, and of outputs.

    Returns
    -------
    list of numpy.ndarray of float64
        Kernel ``(in, out)`` and bias ``(out,)`` of each layer in turn, as
        ``keras.Model.get_weights`` orders them.

    References
    ----------
    - Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural
      networks, equation 16.
    """
    rng = _generator(seed, "weights")
    weights = []
    for fan_in, fan_out in itertools.pairwise(widths):
        limit = np.sqrt(6.0 / (fan_in + fan_out))
        weights += [rng.uniform(-limit, limit, (fan_in, fan_out)), np.zeros(fan_out)]
    return weights


def batch_order(seed: int, *, n_samples: int, epochs: int, batch_size: int) -> np.ndarray:
    """Shuffle the rows anew for each epoch and cut them into batches.

    Parameters
    ----------
    seed : int
        Seed of the replica.
    n_samples, epochs, batch_size : int
        Number of training rows, of epochs, and of rows in a batch.

    Returns
    -------
    numpy.ndarray of int32, shape (epochs, n_batches, batch_size)
        Row numbers. The last batch is filled up with row 0, which `batch_shares` gives no weight.
    """
    rng = _generator(seed, "batches")
    order = np.zeros((epochs, -(-n_samples // batch_size) * batch_size), dtype=np.int32)
    for epoch in order:
        epoch[:n_samples] = rng.permutation(n_samples)
    return order.reshape(epochs, -1, batch_size)


def batch_shares(n_samples: int, batch_size: int) -> np.ndarray:
    """Weigh the rows of each batch, so that the weighted sum is the mean over its real rows.

    Parameters
    ----------
    n_samples, batch_size : int
        Number of training rows, and of rows in a batch.

    Returns
    -------
    numpy.ndarray of float64, shape (n_batches, batch_size)
        One over the batch's length, and 0 for the rows that fill up the last batch.

    Examples
    --------
    >>> batch_shares(3, 2)
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    real = np.arange(-(-n_samples // batch_size) * batch_size) < n_samples
    real = real.reshape(-1, batch_size)
    return real / real.sum(axis=1, keepdims=True)


def noisy_targets(
    seed: int, y: np.ndarray, *, noise: float, n_classes: int | None, part: int = 0
) -> np.ndarray:
    """Spoil targets: redraw a fraction of the labels, or add normal noise to real numbers.

    A stronger noise spoils the same rows and more, or moves the same way and further.

    Parameters
    ----------
    seed : int
        Seed of the replica.
    y : numpy.ndarray, shape (n,)
        Clean targets.
    noise : float
        Fraction of labels redrawn uniformly over the classes, in [0, 1]; for regression the
        standard deviation of the noise, in units of ``y``.
    n_classes : int or None
        Number of classes; None for regression.
    part : int, default=0
        Tells the training rows (0) from the validation rows (1).

    Returns
    -------
    numpy.ndarray, shape (n,)
        The targets to train on.
    """
    rng = _generator(seed, "labels", part)
    if n_classes is None:
        return y + noise * rng.normal(size=len(y))
    return redraw_labels(y, noise=noise, n_classes=n_classes, rng=rng)


def dropout_key(seed: int) -> np.ndarray:
    """Draw the two words from which `keep_mask` makes all masks of a seed.

    Parameters
    ----------
    seed : int
        Seed of the replica.

    Returns
    -------
    numpy.ndarray of uint32, shape (2,)
        The key.
    """
    return _generator(seed, "dropout").integers(0, 2**32, size=2, dtype=np.uint32)


def keep_mask(
    keys: tf.Tensor, rate: tf.Tensor, step: tf.Tensor, *, layer: int, shape: tuple[int, int]
) -> tf.Tensor:
    r"""Decide which units a step keeps, each with probability ``1 - rate``.

    A counter-based generator: the place of a unit is hashed together with the key, the step and
    the layer, so nothing has to be carried from step to step, and no two replicas share a stream.

    Parameters
    ----------
    keys : tf.Tensor of uint32, shape (n_replicas, 2)
        From `dropout_key`.
    rate : tf.Tensor of float, shape (n_replicas,)
        Probability that a unit is dropped, in [0, 1); resolved to :math:`2^{-24}`.
    step : tf.Tensor of int32, shape ()
        Number of the step since training began.
    layer : int
        Number of the layer whose units are meant, the inputs being 0.
    shape : tuple of int
        Rows in a batch and units in the layer.

    Returns
    -------
    tf.Tensor of bool, shape (n_replicas, rows, units)
        True where the unit is kept.

    References
    ----------
    - Salmon, Moraes, Dror and Shaw (2011), Parallel random numbers: as easy as 1, 2, 3, for
      counter-based generators.
    """
    step = tf.cast(step, tf.uint32) * _word(0x9E3779B9) + _word(layer)
    stream = _hash(_hash(step) ^ keys)[:, :, None, None]
    place = _hash(tf.constant(np.arange(shape[0] * shape[1], dtype=np.uint32).reshape(shape)))
    bits = _hash(place ^ stream[:, 0], stream[:, 1])
    bits = tf.cast(tf.bitwise.right_shift(bits, _word(8)), tf.int32)
    return bits >= tf.cast(rate * 2**24, tf.int32)[:, None, None]


def _word(value: int) -> tf.Tensor:
    return tf.constant(value, tf.uint32)


def _hash(word: tf.Tensor, second: tf.Tensor | int = 0) -> tf.Tensor:
    """Mix the bits of a word until each depends on all, with shifts and two odd multipliers.

    The multipliers are those that C. Wellons found by search (lowbias32, 2018) to leave the least
    bias. ``second`` is a further word, added half way.
    """
    xor, shift = tf.bitwise.bitwise_xor, tf.bitwise.right_shift
    word = xor(word, shift(word, _word(16))) * _word(0x7FEB352D) + tf.cast(second, tf.uint32)
    word = xor(word, shift(word, _word(15))) * _word(0x846CA68B)
    return xor(word, shift(word, _word(16)))


def _generator(seed: int, purpose: str, part: int = 0) -> np.random.Generator:
    return np.random.default_rng([seed, _PURPOSES.index(purpose), part])
