r"""Dropout: what it multiplies units with, what it adds to a loss, and what it averages over.

In training each unit is dropped with probability ``rate``, and kept otherwise. **Inverted**
dropout, the one of Keras, also multiplies what is kept by :math:`1/(1 - \text{rate})`: so a unit's
expectation stays what it was, and at test nothing is dropped and nothing rescaled.

`inverted_dropout` and `InvertedDropout` do it, to an array and as a layer. Where a model is linear
in what is dropped, theory is exact, or close to it: `dropout_penalty_linear`,
`dropout_penalty_logistic` and `dropout_ridge` say which penalty dropout is on average, and
`subnet_geometric_mean` which average of subnetworks the whole network computes. `mc_predict`
leaves dropout on and shows how far the subnetworks' predictions are apart.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from coursepkg._keras import keras, tf
from coursepkg.linear_models import LinearFit, ridge
from coursepkg.validation import (
    as_count,
    as_finite_array,
    as_number_between,
    as_regression_data,
)

_MOST_UNITS = 20  # a million masks


def multipliers(kept: Any, rate: Any, *, dtype: str | None = None) -> Any:
    r"""Turn kept and dropped into what inverted dropout multiplies units with.

    That is :math:`1/(1 - \text{rate})` where a unit is kept, and 0 where it is dropped. If units
    are kept with probability :math:`1 - \text{rate}`, a multiplier has mean 1 and variance
    :math:`\text{rate}/(1 - \text{rate})`.

    Parameters
    ----------
    kept : array-like of bool, or tf.Tensor of bool
        True where a unit is kept; of any shape.
    rate : float, or tf.Tensor of float
        Fraction dropped, in [0, 1); a tensor, which goes with a tensor ``kept``, may have any
        shape that broadcasts against it.
    dtype : str, optional
        Of the tensor returned for a ``rate`` that is a number; Keras' ``floatx`` by default.

    Returns
    -------
    numpy.ndarray of float, or tf.Tensor of float
        An array for an array, a tensor for a tensor; a tensor ``rate`` gives it its dtype.

    Raises
    ------
    ValueError
        If an array is not boolean or its ``rate`` is outside [0, 1). Tensors are not checked.

    Examples
    --------
    >>> multipliers([True, False, True], 0.2)
    array([1.25, 0.  , 1.25])
    """
    if tf.is_tensor(kept):
        scale = 1 / (1 - rate)
        if not tf.is_tensor(rate):
            scale = tf.constant(scale, dtype or keras.config.floatx())
        return tf.where(kept, scale, 0)
    kept = np.asarray(kept)
    if kept.dtype != bool:
        raise ValueError(f"kept must hold booleans. Received: dtype {kept.dtype}")
    return np.where(kept, 1 / (1 - _checked_rate(rate)), 0.0)


def inverted_dropout(
    x: ArrayLike, rate: float, *, rng: np.random.Generator, training: bool = True
) -> np.ndarray:
    r"""Drop units at random and scale up the others, so that expectations stay.

    A unit is kept where ``rng.random(x.shape) >= rate``, each on its own: no two rows share a
    mask. What is kept is multiplied by :math:`1/(1 - \text{rate})`.

    Parameters
    ----------
    x : array-like of float, any shape
        Units: inputs, or the outputs of a hidden layer.
    rate : float
        Fraction dropped, in [0, 1).
    rng : numpy.random.Generator
        Where the masks are drawn.
    training : bool, default=True
        Without it nothing is drawn, dropped or scaled.

    Returns
    -------
    numpy.ndarray of float, shape of ``x``
        A new array, in the units of ``x``.

    Raises
    ------
    ValueError
        If ``x`` is not finite, ``rate`` is outside [0, 1), or ``rng`` is no generator.

    References
    ----------
    - Srivastava and others (2014), Dropout: a simple way to prevent neural networks from
      overfitting, section 10, for scaling in training instead of at test.

    Examples
    --------
    >>> inverted_dropout([[1.0, 2.0], [3.0, 4.0]], 0.5, rng=np.random.default_rng(0))
    array([[2., 0.],
           [0., 0.]])
    """
    x, rate = _finite_units(x), _checked_rate(rate)
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng must be a numpy.random.Generator. Received: rng={rng!r}")
    return x * multipliers(rng.random(x.shape) >= rate, rate) if training else x


@keras.saving.register_keras_serializable(package="coursepkg")
class InvertedDropout(keras.layers.Layer):
    r"""Dropout as a layer, written out; for use in place of ``keras.layers.Dropout``.

    In training, units are multiplied by `multipliers`, drawn anew for each row and each call; at
    test they pass unchanged. The draws are Keras' own: the same seed gives the same numbers.

    Parameters
    ----------
    rate : float
        Fraction dropped, in [0, 1).
    seed : int, optional
        Seed of the draws; by default from the seed that ``keras.utils.set_random_seed`` sets.
    **kwargs
        Passed to ``keras.layers.Layer``, for example ``name``.

    Raises
    ------
    ValueError
        If ``rate`` is outside [0, 1), or ``seed`` is no integer of at least 0.

    References
    ----------
    - Keras, ``keras.layers.Dropout``.

    Examples
    --------
    >>> layer = InvertedDropout(0.2, seed=0)
    >>> units = np.ones((50, 10))
    >>> np.unique(layer(units, training=True)), np.unique(layer(units))
    (array([0.  , 1.25], dtype=float32), array([1.], dtype=float32))
    """

    def __init__(self, rate: float, *, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = _checked_rate(rate)
        self.seed = None if seed is None else as_count("seed", seed)
        if self.rate > 0:  # as Keras, which takes no seed where it will not draw
            self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.supports_masking = True

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Multiply the inputs in training, and return them as they are otherwise.

        Parameters
        ----------
        inputs : tf.Tensor of float, any shape
            Units.
        training : bool, default=False
            Whether to drop; Keras passes it on from the model.

        Returns
        -------
        tf.Tensor of float, shape of ``inputs``
            What the next layer sees.
        """
        if not (training and self.rate > 0):
            return inputs
        uniform = keras.random.uniform(
            keras.ops.shape(inputs), dtype=self.compute_dtype, seed=self.seed_generator
        )
        return inputs * multipliers(uniform >= self.rate, self.rate, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


def enumerate_masks(n_units: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    r"""List every mask of a few units with its probability.

    A mask that keeps :math:`k` of :math:`d` units has probability
    :math:`(1 - \text{rate})^k\,\text{rate}^{d - k}`. The order is that of counting in binary, as
    of ``itertools.product([False, True], repeat=n_units)``: the first mask drops all units, the
    second keeps the last one alone, and the last keeps all.

    Parameters
    ----------
    n_units : int
        Number of units, from 1 to 20.
    rate : float
        Fraction dropped, in [0, 1).

    Returns
    -------
    tuple of numpy.ndarray
        Masks of bool, shape (2**n_units, n_units), True where a unit is kept; and their
        probabilities, shape (2**n_units,), which add up to 1.

    Raises
    ------
    ValueError
        If ``n_units`` is no integer from 1 to 20 or ``rate`` is outside [0, 1).

    Examples
    --------
    >>> masks, probabilities = enumerate_masks(2, 0.2)
    >>> masks
    array([[False, False],
           [False,  True],
           [ True, False],
           [ True,  True]])
    >>> probabilities.round(6)
    array([0.04, 0.16, 0.16, 0.64])
    """
    n_units, rate = as_count("n_units", n_units, minimum=1), _checked_rate(rate)
    if n_units > _MOST_UNITS:
        raise ValueError(
            f"n_units must be at most {_MOST_UNITS}, for there are 2**n_units masks. "
            f"Received: n_units={n_units}"
        )
    masks = np.indices((2,) * n_units, dtype=bool).reshape(n_units, -1).T
    n_kept = masks.sum(axis=1)
    return masks, (1 - rate) ** n_kept * rate ** (n_units - n_kept)


def dropout_penalty_linear(x: ArrayLike, coef: ArrayLike, rate: float) -> float:
    r"""Penalty that dropping the inputs of a linear model is, on average over the masks.

    With multipliers :math:`M` on the inputs,

    .. math:: \mathbb{E}\,\lVert y - (M \circ X) w \rVert^2 = \lVert y - Xw \rVert^2
        + \frac{\text{rate}}{1 - \text{rate}} \sum_j \lVert x_j \rVert^2 w_j^2 ,

    exactly, with or without an intercept. This is the last term: a ridge penalty that weighs each
    coefficient by the squared norm of its column.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs; the norms are those of the columns as they are, not centred.
    coef : array-like of float, shape (n_features,)
        Coefficients :math:`w`.
    rate : float
        Fraction dropped, in [0, 1).

    Returns
    -------
    float
        In the units of the sum of squared errors.

    Raises
    ------
    ValueError
        If shapes do not match, values are not finite, or ``rate`` is outside [0, 1).

    References
    ----------
    - Srivastava and others (2014), Dropout: a simple way to prevent neural networks from
      overfitting, section 9.1 (there for weights that are scaled down at test).

    Examples
    --------
    >>> dropout_penalty_linear([[1.0, 0.0], [1.0, 2.0]], [3.0, 1.0], 0.5)
    22.0
    """
    x, coef = _checked_model(x, coef)
    return float(_multiplier_variance(rate) * (x**2 @ coef**2).sum())


def dropout_penalty_logistic(
    x: ArrayLike, coef: ArrayLike, rate: float, *, intercept: float = 0.0
) -> float:
    r"""Penalty that dropping the inputs of a logistic regression is, to second order.

    With the predicted probabilities :math:`\pi_i` that belong to the logits
    :math:`z_i = x_i^\top w + b`, the log-loss summed over the samples grows on average by about

    .. math:: \frac12\,\frac{\text{rate}}{1 - \text{rate}}
        \sum_{ij} \pi_i (1 - \pi_i)\, x_{ij}^2 w_j^2 ,

    half the variance of each logit times the curvature of the log-loss there. That is good as long
    as the masks move the logits by much less than 1, and can be far off, either way, where they
    move them by more.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    coef : array-like of float, shape (n_features,)
        Coefficients :math:`w`.
    rate : float
        Fraction dropped, in [0, 1).
    intercept : float, default=0.0
        Intercept :math:`b`, which is not dropped.

    Returns
    -------
    float
        In nats, the units of the summed log-loss. The targets do not enter.

    Raises
    ------
    ValueError
        If shapes do not match, values are not finite, or ``rate`` is outside [0, 1).

    References
    ----------
    - Wager, Wang and Liang (2013), Dropout training as adaptive regularization.

    Examples
    --------
    >>> round(dropout_penalty_logistic([[1.0, 0.0], [0.0, 2.0]], [0.0, 1.0], 0.5), 6)
    0.209987
    """
    x, coef = _checked_model(x, coef)
    intercept = as_finite_array("intercept", intercept, shape=())
    shrunk = np.exp(-np.abs(x @ coef + intercept))  # π(1 − π) is even in the logit
    curvatures = shrunk / (1 + shrunk) ** 2
    return float(0.5 * _multiplier_variance(rate) * (curvatures @ x**2 @ coef**2))


def dropout_ridge(x: ArrayLike, y: ArrayLike, rate: float) -> LinearFit:
    r"""Least squares with dropout of the inputs, averaged over all masks.

    Minimises :math:`\lVert y - b - Xw \rVert^2 + \frac{\text{rate}}{1 - \text{rate}} \sum_j
    \lVert x_j \rVert^2 w_j^2`, the objective of `dropout_penalty_linear`; the intercept :math:`b`
    is neither dropped nor penalised. In columns divided by their norms this is ridge regression
    with :math:`\lambda = \text{rate}/(1 - \text{rate})`. So rescaling a column changes no
    prediction, but shifting one does: a mean far from 0 counts in the norm.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs. In standardised columns this is ridge with :math:`\lambda = n\,\text{rate}/
        (1 - \text{rate})`.
    y : array-like of float, shape (n_samples,)
        Targets.
    rate : float
        Fraction dropped, in [0, 1). Rate 0 is least squares; where that has many solutions, the
        one that small rates lead to.

    Returns
    -------
    LinearFit
        Coefficients and intercept, for use without dropout.

    Raises
    ------
    ValueError
        If shapes do not match, values are not finite, or ``rate`` is outside [0, 1).

    References
    ----------
    - Srivastava and others (2014), Dropout: a simple way to prevent neural networks from
      overfitting, section 9.1.

    Examples
    --------
    >>> fit = dropout_ridge([[-1.0], [1.0]], [0.0, 4.0], 0.5)
    >>> fit.coef.round(6), round(fit.intercept, 6)
    (array([1.]), 2.0)
    """
    x, y = as_regression_data(x, y)
    norms = np.linalg.norm(x, axis=0)
    norms[norms == 0] = 1.0  # a column of zeros stays one, and gets no weight
    fit = ridge(x / norms, y, lam=_multiplier_variance(rate))
    return LinearFit(fit.coef / norms, fit.intercept)


def subnet_geometric_mean(
    x: ArrayLike, kernel: ArrayLike, bias: ArrayLike, rate: float
) -> np.ndarray:
    r"""Average the softmax outputs of all subnetworks, geometrically.

    With a mask :math:`m` on its inputs, a layer predicts the class probabilities
    :math:`p_m = \mathrm{softmax}\bigl((x \circ m)/(1 - \text{rate})\,K + b\bigr)`. Over all
    :math:`2^d` masks this computes :math:`\prod_m p_m^{P(m)}`, each subnetwork weighted by its
    mask's probability, and divides by the sum over classes. The result is
    :math:`\mathrm{softmax}(xK + b)`, the network without dropout: the logits are linear in the
    mask. For a mask further back, with a nonlinear layer after it, or for the arithmetic mean, it
    is not.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs, or outputs of a hidden layer; at most 20 to a sample.
    kernel : array-like of float, shape (n_features, n_classes)
        Weights :math:`K`.
    bias : array-like of float, shape (n_classes,)
        Biases :math:`b`, which are not dropped.
    rate : float
        Fraction dropped, in [0, 1).

    Returns
    -------
    numpy.ndarray of float, shape (n_samples, n_classes)
        Class probabilities; each row adds up to 1.

    Raises
    ------
    ValueError
        If shapes do not match, values are not finite, there are too many inputs to enumerate, or
        ``rate`` is outside [0, 1).

    References
    ----------
    - Hinton and others (2012), Improving neural networks by preventing co-adaptation of feature
      detectors.

    Examples
    --------
    >>> subnet_geometric_mean([[1.0, 2.0]], [[0.0, 1.0], [0.0, -0.5]], [0.0, 0.0], 0.2)
    array([[0.5, 0.5]])
    """
    x = as_finite_array("x", x, shape=("n_samples", "n_features"))
    kernel = as_finite_array("kernel", kernel, shape=(x.shape[1], "n_classes"))
    bias = as_finite_array("bias", bias, shape=(kernel.shape[1],))
    masks, probabilities = enumerate_masks(x.shape[1], rate)
    factors = multipliers(masks, rate)
    # One row at a time, as all logits of one are (2**n_features, n_classes) numbers.
    log_means = [
        probabilities @ _log_softmax(factors @ (row[:, None] * kernel) + bias) for row in x
    ]
    return np.exp(_log_softmax(np.stack(log_means)))


def mc_predict(model: keras.Model, x: ArrayLike, n_draws: int) -> np.ndarray:
    """Predict with dropout left on, many times over ("Monte Carlo dropout").

    Each row of each draw gets a mask of its own. The mean over draws estimates the arithmetic mean
    of all subnetworks, and the spread tells how far they disagree. That depends on the rate and on
    the weights: it holds no noise of the targets, and more data need not make it smaller.

    The masks go on in the layers' own streams of random numbers: for the same draws again, call
    ``keras.utils.set_random_seed`` before the model is made. As in training, layers of noise act,
    too.

    Parameters
    ----------
    model : keras.Model
        Has a dropout layer, at any depth. The model is left as it was, but for those streams.
    x : array-like of float, shape (n_samples, ...)
        Inputs, in one array.
    n_draws : int
        Number of predictions to draw for each row, at least 1.

    Returns
    -------
    numpy.ndarray of float, shape (n_draws, n_samples, n_outputs)
        One prediction a row and draw, in the units of the model's output.

    Raises
    ------
    ValueError
        If no layer has a ``rate`` or ``dropout`` above 0; if a layer would be changed by running
        it in training, as batch normalization is unless it is frozen; if ``x`` is not finite or
        ``n_draws`` is below 1.

    References
    ----------
    - Gal and Ghahramani (2016), Dropout as a Bayesian approximation: representing model
      uncertainty in deep learning.
    - Osband (2016), Risk versus uncertainty in deep learning: Bayes, bootstrap and the dangers of
      dropout.

    Examples
    --------
    >>> model = keras.Sequential([InvertedDropout(0.5), keras.layers.Dense(1)])
    >>> mc_predict(model, np.ones((4, 3)), 20).shape
    (20, 4, 1)
    """
    x, n_draws = _finite_units(x), as_count("n_draws", n_draws, minimum=1)
    _check_dropout_alone_acts(model)
    draws = [keras.ops.convert_to_numpy(model(x, training=True)) for _ in range(n_draws)]
    return np.stack(draws)


def _check_dropout_alone_acts(model: keras.Model) -> None:
    if not isinstance(model, keras.Layer):  # a Model is a Layer, too
        raise ValueError(f"model must be a keras.Model. Received: {type(model).__name__}")
    layers = list(model._flatten_layers())  # ``model.layers`` lacks those inside other layers
    for layer in layers:
        if _learns_from_each_batch(layer):
            raise ValueError(
                "model must not be changed by predicting with training=True; freeze a "
                "BatchNormalization by trainable=False. "
                f"Received: {type(layer).__name__} {layer.name!r}"
            )
    if not any(map(_drops, layers)):
        raise ValueError(
            "model must have a dropout layer with a rate above 0, or else all draws are equal. "
            f"Received: {type(model).__name__} {model.name!r} with none"
        )


def _learns_from_each_batch(layer: keras.Layer) -> bool:
    """Whether a call in training mode changes the layer; frozen, a normalization does not."""
    if isinstance(layer, keras.layers.BatchNormalization):
        return layer.trainable
    return isinstance(layer, keras.layers.SpectralNormalization)


def _drops(layer: keras.Layer) -> bool:
    """Whether a layer drops: Keras' dropout layers, those of learners, recurrent ones."""
    rates = (getattr(layer, name, 0) for name in ("rate", "dropout", "recurrent_dropout"))
    return any(isinstance(rate, numbers.Real) and rate > 0 for rate in rates)


def _checked_rate(rate: float) -> float:
    return as_number_between("rate", rate, 0, 1, ends="low")


def _multiplier_variance(rate: float) -> float:
    """Variance of a unit's multiplier, rate over keep probability."""
    rate = _checked_rate(rate)
    return rate / (1 - rate)


def _finite_units(x: ArrayLike) -> np.ndarray:
    x = np.asarray(x)
    return as_finite_array("x", x, shape=x.shape)


def _checked_model(x: ArrayLike, coef: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    x = as_finite_array("x", x, shape=("n_samples", "n_features"))
    return x, as_finite_array("coef", coef, shape=(x.shape[1],))


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    logits = logits - logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
