"""Early stopping for all replicas at once, decision by decision as Keras' callback takes it."""

from __future__ import annotations

from typing import NamedTuple

from coursepkg._keras import tf


class Watch(NamedTuple):
    """What early stopping knows of each replica after some epochs.

    Attributes
    ----------
    best : tf.Tensor of float, shape (n_replicas,)
        Best value so far.
    best_epoch, last_epoch : tf.Tensor of int32, shape (n_replicas,)
        Its epoch, and the last epoch trained; the first is 0.
    wait : tf.Tensor of int32, shape (n_replicas,)
        Epochs since the best value.
    active : tf.Tensor of bool, shape (n_replicas,)
        Whether training goes on.
    """

    best: tf.Tensor
    best_epoch: tf.Tensor
    last_epoch: tf.Tensor
    wait: tf.Tensor
    active: tf.Tensor


def begin(like: tf.Tensor) -> Watch:
    """Start the watch.

    Parameters
    ----------
    like : tf.Tensor of float, shape (n_replicas,)
        Gives number of replicas and type.

    Returns
    -------
    Watch
        All replicas are active.
    """
    none = tf.zeros_like(like, tf.int32)
    return Watch(tf.zeros_like(like), none, none, none, tf.ones_like(like, tf.bool))


def observe(
    watch: Watch, value: tf.Tensor, epoch: tf.Tensor, settings: dict[str, tf.Tensor]
) -> tuple[Watch, tf.Tensor]:
    """Look at the value of an epoch and decide who improved and who stops.

    Parameters
    ----------
    watch : Watch
        State before the epoch.
    value : tf.Tensor of float, shape (n_replicas,)
        Validation loss. The value of the first epoch is best whatever it is, NaN too; after that
        NaN is no improvement.
    epoch : tf.Tensor of int32, shape ()
        The epoch, the first being 0.
    settings : dict of str to tf.Tensor of float, shape (n_replicas,)
        ``patience`` and ``min_delta``, as in ``keras.callbacks.EarlyStopping``.

    Returns
    -------
    tuple of Watch and tf.Tensor of bool, shape (n_replicas,)
        State after the epoch; replicas that were active and improved.
    """
    improved = watch.active & ((value + settings["min_delta"] < watch.best) | (epoch == 0))
    wait = tf.where(improved, 0, watch.wait + 1)
    patient = tf.cast(wait, value.dtype) < settings["patience"]
    stops = ~patient & ~improved & (epoch > 0)
    seen = Watch(
        best=tf.where(improved, value, watch.best),
        best_epoch=tf.where(improved, epoch, watch.best_epoch),
        last_epoch=tf.where(watch.active, epoch, watch.last_epoch),
        wait=wait,
        active=watch.active & ~stops,
    )
    return seen, improved
