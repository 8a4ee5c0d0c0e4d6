r"""Gradient penalties: four different objects under one name, each with its own function.

- The *weight norm* :math:`\lVert\theta\rVert^2` is no gradient at all: it is L2, and lives in
  `coursepkg.weight_penalties`.
- The *parameter gradient* :math:`\lVert\nabla_\theta L\rVert` says how steep the loss is in the
  weights: `gradient_norm_update` descends on loss plus this norm.
- The *input gradient* :math:`\lVert\nabla_x\rVert` says how much an example's output, or its loss,
  changes when the example does. Most of this module is about it: `input_gradient_penalty` for the
  output, `loss_gradient_penalty` for the loss, `gradient_penalty` for a critic whose slope is
  wanted at 1, and `GradientPenaltyModel`, whose ``fit`` adds one of the first two.
- The *step size* :math:`\eta` of gradient descent acts by itself, to first order, as if
  :math:`\tfrac{\eta}{4}\lVert\nabla_\theta L\rVert^2` had been added to the loss (Barrett and
  Dherin, 2021). Nothing needs to be computed for it.

Penalties are unweighted means over the examples. A norm is always that of one example, over all
axes but those of the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from coursepkg._keras import keras, tf
from coursepkg.validation import as_count, as_finite_array, as_non_negative, as_number_between

__all__ = [
    "GradientPenaltyModel",
    "critic_slope",
    "fgsm",
    "gradient_norm_update",
    "gradient_penalty",
    "input_gradient",
    "input_gradient_norms",
    "input_gradient_penalty",
    "input_laplacian",
    "jacobian_norm",
    "loss_gradient_penalty",
    "noise_penalty",
    "random_interpolates",
    "values_and_squared_norms",
]

Loss = str | Callable[[Any, Any], Any]  # a keras.losses.Loss is such a callable, too


def values_and_squared_norms(
    function: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    r"""Values of a function of each example, and its squared gradient norm in that example.

    Computes :math:`v_i` and :math:`\lVert\nabla_{x_i} v_i\rVert_2^2` with one sweep forward and
    one back. The sweep back is that of the *sum* of all values: since no example enters another's
    value, the gradient of the sum in :math:`x_i` is that of :math:`v_i`. (The gradient of their
    mean would be smaller by the number of examples.)

    Parameters
    ----------
    function : callable
        Maps ``x`` to one value an example, differentiably; no value may depend on another's
        example.
    x : tf.Tensor of float, shape (\*batch, \*features)
        Examples. ``batch`` is ``(n,)``, or ``(n_replicas, n)`` for many networks at once.

    Returns
    -------
    tuple of tf.Tensor of float, shape (\*batch)
        Values; squared norms, (value unit / input unit) squared, summed over all axes of ``x``
        beyond those of the values. Both can be differentiated once more, in weights or in ``x``.

    Raises
    ------
    ValueError
        If ``x`` is not real, the values have not the shape of the batch, or they have no
        gradient.

    References
    ----------
    - Drucker and Le Cun (1992), Improving generalization performance using double
      backpropagation.

    Examples
    --------
    >>> x = tf.constant([[1.0, 2.0], [0.0, 3.0]])
    >>> values, squares = values_and_squared_norms(lambda x: tf.reduce_sum(x**2, axis=1), x)
    >>> values.numpy(), squares.numpy()
    (array([5., 9.], dtype=float32), array([20., 36.], dtype=float32))
    """
    values, gradient = _values_and_gradient(function, tf.convert_to_tensor(x))
    return values, _squared_norms(gradient, n_batch_axes=values.shape.rank)


def input_gradient(model: keras.Model, x: Any, *, training: bool = False) -> tf.Tensor:
    r"""Gradient of the model's output with respect to its input, :math:`\nabla_{x_i} f(x_i)`.

    Parameters
    ----------
    model : keras.Model
        Maps ``(n, ...)`` to ``(n, 1)``, differentiably.
    x : tensor or array-like of float, shape (n, ...)
        Inputs, converted to Keras' ``floatx``.
    training : bool, default=False
        Passed to ``model``; True lets dropout draw its masks. Batch normalization then couples the
        examples, and a row is no longer one example's gradient.

    Returns
    -------
    tf.Tensor of float, shape (n, ...)
        A gradient for each example, output unit / input unit.

    Raises
    ------
    ValueError
        If the output does not have shape ``(n, 1)`` or has no gradient.

    Examples
    --------
    >>> ones = keras.layers.Dense(1, kernel_initializer="ones")
    >>> model = keras.Sequential([keras.Input((2,)), ones])
    >>> input_gradient(model, [[5.0, 6.0]]).numpy()
    array([[1., 1.]], dtype=float32)
    """
    return _values_and_gradient(_single_output(model, training), _as_input(x))[1]


def input_gradient_norms(model: keras.Model, x: Any, *, training: bool = False) -> tf.Tensor:
    r"""Norm of each example's input gradient, :math:`\lVert\nabla_{x_i} f(x_i)\rVert_2`.

    Euclidean over all axes but the first: an image has one norm. The value is exact, with no small
    number added under the root; where the gradient is zero the root has no derivative, and 0 is
    handed back in its place, so that training goes on.

    Parameters
    ----------
    model : keras.Model
        Maps ``(n, ...)`` to ``(n, 1)``, differentiably.
    x : tensor or array-like of float, shape (n, ...)
        Inputs, converted to Keras' ``floatx``.
    training : bool, default=False
        Passed to ``model``, see `input_gradient`.

    Returns
    -------
    tf.Tensor of float, shape (n,)
        Norms, output unit / input unit.

    Raises
    ------
    ValueError
        If the output does not have shape ``(n, 1)`` or has no gradient.

    Examples
    --------
    >>> ones = keras.layers.Dense(1, kernel_initializer="ones")
    >>> model = keras.Sequential([keras.Input((4,)), ones])
    >>> input_gradient_norms(model, [[5.0, 6.0, 7.0, 8.0]]).numpy()
    array([2.], dtype=float32)
    """
    squares = values_and_squared_norms(_single_output(model, training), _as_input(x))[1]
    # The inner choice keeps the root away from 0, where its derivative would be infinite and,
    # times the 0 from the outer choice, NaN.
    zero, one = tf.zeros_like(squares), tf.ones_like(squares)
    is_zero = tf.equal(squares, zero)
    return tf.where(is_zero, zero, tf.sqrt(tf.where(is_zero, one, squares)))


def input_gradient_penalty(model: keras.Model, x: Any, *, training: bool = False) -> tf.Tensor:
    r"""Mean squared norm of the output's gradient in the input.

    Computes :math:`\frac1n\sum_i \lVert\nabla_{x_i} f(x_i)\rVert_2^2`: how far the output moves,
    squared, for a small step of the input in the worst direction.

    Parameters
    ----------
    model : keras.Model
        Maps ``(n, ...)`` to ``(n, 1)``, differentiably.
    x : tensor or array-like of float, shape (n, ...)
        Inputs, converted to Keras' ``floatx``.
    training : bool, default=False
        Passed to ``model``, see `input_gradient`.

    Returns
    -------
    tf.Tensor of float, shape ()
        Unweighted penalty, (output unit / input unit) squared.

    Raises
    ------
    ValueError
        If the output does not have shape ``(n, 1)`` or has no gradient.

    References
    ----------
    - Drucker and Le Cun (1992), Improving generalization performance using double
      backpropagation.

    Examples
    --------
    >>> ones = keras.layers.Dense(1, kernel_initializer="ones")
    >>> model = keras.Sequential([keras.Input((4,)), ones])
    >>> float(input_gradient_penalty(model, [[5.0, 6.0, 7.0, 8.0]]))
    4.0
    """
    squares = values_and_squared_norms(_single_output(model, training), _as_input(x))[1]
    return tf.reduce_mean(squares)


def loss_gradient_penalty(
    model: keras.Model, x: Any, y: Any, *, loss: Loss, training: bool = False
) -> tf.Tensor:
    r"""Mean squared norm of each example's loss gradient in its input.

    Computes :math:`\frac1n\sum_i \lVert\nabla_{x_i} \ell(f(x_i), y_i)\rVert_2^2`. It is of use
    for any number of outputs, and fades where an example is fitted well.

    Parameters
    ----------
    model : keras.Model
        Maps ``(n, ...)`` to what ``loss`` takes, differentiably.
    x : tensor or array-like of float, shape (n, ...)
        Inputs, converted to Keras' ``floatx``.
    y : tensor or array-like, shape (n,) or (n, ...)
        Targets or labels, as ``model.fit`` takes them.
    loss : str or keras.losses.Loss or callable
        As in ``model.compile``. Its reduction is ignored; where it gives an example several values
        (one a pixel, say), their sum counts.
    training : bool, default=False
        Passed to ``model``, see `input_gradient`.

    Returns
    -------
    tf.Tensor of float, shape ()
        Unweighted penalty, (loss unit / input unit) squared.

    Raises
    ------
    ValueError
        If Keras knows no such loss, it does not give each example a value of its own, or it has
        no gradient in ``x``.

    References
    ----------
    - Drucker and Le Cun (1992), Improving generalization performance using double
      backpropagation.
    - Ross and Doshi-Velez (2018), Improving the adversarial robustness and interpretability of
      deep neural networks by regularizing their input gradients.

    Examples
    --------
    >>> ones = keras.layers.Dense(1, kernel_initializer="ones")
    >>> model = keras.Sequential([keras.Input((2,)), ones])
    >>> float(loss_gradient_penalty(model, [[1.0, 2.0]], [0.0], loss="mse"))  # (2 · 3)² · 2
    72.0
    """
    squares = values_and_squared_norms(_losses_of(model, y, loss, training), _as_input(x))[1]
    return tf.reduce_mean(squares)


def gradient_penalty(
    model: keras.Model,
    x: Any,
    *,
    target: float = 1.0,
    one_sided: bool = False,
    training: bool = False,
) -> tf.Tensor:
    r"""Mean squared distance of the input gradient's norm from a target: WGAN's penalty.

    Computes :math:`\frac1n\sum_i (\lVert\nabla_{x_i} f(x_i)\rVert_2 - t)^2`, or with ``one_sided``
    :math:`\frac1n\sum_i \max(0, \lVert\nabla_{x_i} f(x_i)\rVert_2 - t)^2`, which leaves slopes
    below the target alone. With target 0 both are `input_gradient_penalty`. It pulls the slope
    towards the target and does not hold it there, see `critic_slope`.

    Parameters
    ----------
    model : keras.Model
        Critic that maps ``(n, ...)`` to ``(n, 1)``, differentiably.
    x : tensor or array-like of float, shape (n, ...)
        Where the slope is looked at, converted to Keras' ``floatx``; see `random_interpolates`.
    target : float, default=1.0
        Norm :math:`t \ge 0` that is wanted, output unit / input unit.
    one_sided : bool, default=False
        Whether only norms above the target cost anything.
    training : bool, default=False
        Passed to ``model``, see `input_gradient`.

    Returns
    -------
    tf.Tensor of float, shape ()
        Unweighted penalty, (output unit / input unit) squared. Where a gradient is zero, so is
        this penalty's derivative.

    Raises
    ------
    ValueError
        If the output does not have shape ``(n, 1)`` or has no gradient, or ``target`` is negative.

    References
    ----------
    - Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville (2017), Improved training of Wasserstein
      GANs.
    - Petzka, Fischer and Lukovnikov (2018), On the regularization of Wasserstein GANs, for the
      one-sided penalty.

    Examples
    --------
    >>> ones = keras.layers.Dense(1, kernel_initializer="ones")
    >>> critic = keras.Sequential([keras.Input((4,)), ones])
    >>> float(gradient_penalty(critic, [[5.0, 6.0, 7.0, 8.0]]))
    1.0
    """
    target = as_non_negative("target", target)
    excess = input_gradient_norms(model, x, training=training) - target
    return tf.reduce_mean(tf.square(tf.nn.relu(excess) if one_sided else excess))


def random_interpolates(
    real: ArrayLike, fake: ArrayLike, *, rng: np.random.Generator
) -> np.ndarray:
    r"""Draw a point on the line between each real example and its fake one.

    Computes :math:`u_i x_i + (1 - u_i) \tilde x_i` with one :math:`u_i` an example, uniform on
    [0, 1): an image moves as a whole.

    Parameters
    ----------
    real, fake : array-like of float, shape (n, ...)
        Examples, pair by pair.
    rng : numpy.random.Generator
        Where :math:`u` is drawn from.

    Returns
    -------
    numpy.ndarray of float, shape (n, ...)
        Points, in the units of the examples.

    Raises
    ------
    ValueError
        If an array is not finite or the two differ in shape.

    References
    ----------
    - Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville (2017), Improved training of Wasserstein
      GANs.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> random_interpolates(np.ones((2, 2)), np.zeros((2, 2)), rng=rng).round(3)
    array([[0.637, 0.637],
           [0.27 , 0.27 ]])
    """
    real = np.asarray(real)
    real = as_finite_array("real", real, shape=("n", *real.shape[1:]))
    fake = as_finite_array("fake", fake, shape=real.shape)
    u = rng.random((len(real),) + (1,) * (real.ndim - 1))
    return u * real + (1.0 - u) * fake


def critic_slope(shift: float, *, lam: float, target: float = 1.0) -> float:
    r"""Slope of the best linear critic under the two-sided penalty.

    A critic :math:`f(x) = sx` of two distributions that differ by a shift :math:`\Delta` alone
    gains :math:`s\Delta - \lambda(|s| - t)^2`, most for :math:`s = t + \Delta/(2\lambda)`. So the
    penalty makes no critic 1-Lipschitz: its slope is beyond the target by as much as the data pull.

    Parameters
    ----------
    shift : float
        Difference of the means :math:`\Delta > 0`, input unit.
    lam : float
        Factor :math:`\lambda > 0` of the penalty.
    target : float, default=1.0
        Slope :math:`t \ge 0` that the penalty wants.

    Returns
    -------
    float
        Slope, output unit / input unit; times ``shift`` it is the gap between the critic's means.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    - Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville (2017), Improved training of Wasserstein
      GANs.

    Examples
    --------
    >>> critic_slope(3.0, lam=10.0), critic_slope(3.0, lam=1.0)
    (1.15, 2.5)
    """
    shift = as_number_between("shift", shift, 0, math.inf, ends="none")
    lam = as_number_between("lam", lam, 0, math.inf, ends="none")
    return as_non_negative("target", target) + shift / (2.0 * lam)


def jacobian_norm(
    model: keras.Model,
    x: Any,
    *,
    n_projections: int | None = None,
    seed: int | keras.random.SeedGenerator | None = None,
    training: bool = False,
) -> tf.Tensor:
    r"""Mean squared Frobenius norm of the Jacobian of all outputs in the input.

    Computes :math:`\frac1n\sum_i \lVert J(x_i)\rVert_F^2` exactly, with one sweep back for each of
    the :math:`C` outputs; or estimates it without bias from a few random directions, since
    :math:`\lVert J\rVert_F^2 = C\,\mathrm{E}\lVert v^\top J\rVert_2^2` for :math:`v` uniform on
    the unit sphere. Each example has directions of its own.

    Parameters
    ----------
    model : keras.Model
        Maps ``(n, ...)`` to ``(n, C)``, differentiably.
    x : tensor or array-like of float, shape (n, ...)
        Inputs, converted to Keras' ``floatx``.
    n_projections : int, optional
        Number of random directions, one sweep back each; without it the norm is exact.
    seed : int or keras.random.SeedGenerator, optional
        An integer draws the same directions in every call; a generator, or Keras' global one
        without a seed, draws new ones, as training wants it.
    training : bool, default=False
        Passed to ``model``, see `input_gradient`.

    Returns
    -------
    tf.Tensor of float, shape ()
        Unweighted penalty, (output unit / input unit) squared.

    Raises
    ------
    ValueError
        If the output does not have shape ``(n, C)`` or has no gradient, or ``n_projections`` is
        below 1.

    References
    ----------
    - Hoffman, Roberts and Yaida (2019), Robust learning with Jacobian regularization.

    Examples
    --------
    >>> ones = keras.layers.Dense(3, kernel_initializer="ones")
    >>> model = keras.Sequential([keras.Input((2,)), ones])
    >>> float(jacobian_norm(model, [[5.0, 6.0]]))
    6.0
    """
    x = _as_input(x)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        outputs = model(x, training=training)
    if len(outputs.shape) != 2:
        raise ValueError(f"the output must have shape (n, C). Received: shape {outputs.shape}")
    if n_projections is None:
        directions, factor = _all_directions(outputs), 1.0
    else:
        n_projections = as_count("n_projections", n_projections, minimum=1)
        directions = _random_directions(outputs, n_projections, seed)
        factor = outputs.shape[1] / n_projections
    squares = [_squared_norms(_gradient(tape, outputs, x, v)) for v in tf.unstack(directions)]
    return factor * tf.reduce_mean(tf.add_n(squares))


def input_laplacian(model: keras.Model, x: Any, *, training: bool = False) -> tf.Tensor:
    r"""Sum of the output's second derivatives in the input, :math:`\Delta f(x_i)`.

    Costs one sweep back for each feature, so it is for small inputs. Of a network of ReLU units
    it is 0: between its kinks the output is linear, and at the kinks it has no second derivative.

    Parameters
    ----------
    model : keras.Model
        Maps ``(n, ...)`` to ``(n, 1)``, twice differentiably.
    x : tensor or array-like of float, shape (n, ...)
        Inputs, converted to Keras' ``floatx``.
    training : bool, default=False
        Passed to ``model``, see `input_gradient`.

    Returns
    -------
    tf.Tensor of float, shape (n,)
        Laplacians, output unit / input unit squared.

    Raises
    ------
    ValueError
        If the output does not have shape ``(n, 1)`` or has no gradient.

    Examples
    --------
    >>> square = keras.layers.Lambda(lambda x: keras.ops.sum(x**2, axis=1, keepdims=True))
    >>> model = keras.Sequential([keras.Input((3,)), square])
    >>> input_laplacian(model, [[5.0, 6.0, 7.0]]).numpy()
    array([6.], dtype=float32)
    """
    return _up_to_laplacian(model, x, training)[2]


def noise_penalty(
    model: keras.Model, x: Any, y: Any, *, sigma: float, training: bool = False
) -> tf.Tensor:
    r"""Rise of the mean squared error under a little noise on the inputs.

    Computes :math:`\sigma^2 \frac1n\sum_i \bigl(\lVert\nabla f(x_i)\rVert_2^2 + (f(x_i) - y_i)\,
    \Delta f(x_i)\bigr)`, the expected rise to second order in :math:`\sigma`, exact for a linear
    :math:`f`. Where the residuals average out, as in expectation at the optimum, the first term
    is left, an input gradient penalty with :math:`\lambda = \sigma^2`.

    Parameters
    ----------
    model : keras.Model
        Maps ``(n, ...)`` to ``(n, 1)``, twice differentiably.
    x : tensor or array-like of float, shape (n, ...)
        Inputs, converted to Keras' ``floatx``.
    y : tensor or array-like of float, shape (n,) or (n, 1)
        Targets.
    sigma : float
        Standard deviation :math:`\sigma \ge 0` of independent Gaussian noise on every feature,
        input unit.
    training : bool, default=False
        Passed to ``model``, see `input_gradient`.

    Returns
    -------
    tf.Tensor of float, shape ()
        Rise of the error, squared output unit. It can be negative.

    Raises
    ------
    ValueError
        If the output does not have shape ``(n, 1)`` or has no gradient, ``y`` does not fit it, or
        ``sigma`` is negative.

    References
    ----------
    - Bishop (1995), Training with noise is equivalent to Tikhonov regularization.

    Examples
    --------
    >>> ones = keras.layers.Dense(1, kernel_initializer="ones")
    >>> model = keras.Sequential([keras.Input((4,)), ones])
    >>> float(noise_penalty(model, [[5.0, 6.0, 7.0, 8.0]], [0.0], sigma=0.5))
    1.0
    """
    sigma = as_non_negative("sigma", sigma)
    values, gradient, laplacian = _up_to_laplacian(model, x, training)
    y = keras.ops.convert_to_tensor(y, values.dtype)
    if not values.shape.is_compatible_with(y.shape[:1]) or y.shape[1:] not in ((), (1,)):
        raise ValueError(f"y must have shape {values.shape}. Received: shape {y.shape}")
    residuals = values - tf.reshape(y, [-1])
    return sigma**2 * tf.reduce_mean(_squared_norms(gradient) + residuals * laplacian)


def gradient_norm_update(
    gradient: Callable[[Any], Any], theta: Any, *, r: float, alpha: float
) -> Any:
    r"""Direction of descent on loss plus gradient norm, from two gradients.

    Computes :math:`(1 - \alpha)\,g(\theta) + \alpha\,g\bigl(\theta + r\,g(\theta) /
    \lVert g(\theta)\rVert\bigr)`, which times the step size is subtracted from :math:`\theta`. It
    stands for the gradient of :math:`L + \lambda\lVert\nabla_\theta L\rVert` with
    :math:`\lambda = \alpha r`, which has the Hessian :math:`H` in it: :math:`g + \lambda H g /
    \lVert g\rVert`. For a quadratic loss, whose gradient is linear, the two are equal; else they
    differ by a term of order :math:`\alpha r^2`, which for a fixed :math:`\lambda` falls in
    proportion to :math:`r`. With :math:`\alpha = 0` this is gradient descent, with
    :math:`\alpha = 1` sharpness-aware minimization (SAM).

    Parameters
    ----------
    gradient : callable
        Maps parameters to the gradient of the loss there, of the same shape.
    theta : array-like of float or tensor, of any shape
        Parameters.
    r : float
        Length :math:`r \ge 0` of the step uphill, in units of the parameters.
    alpha : float
        Share :math:`\alpha` of the gradient uphill, in [0, 1].

    Returns
    -------
    numpy.ndarray of float or tensor, shape of theta
        Update, loss unit / parameter unit; where the gradient is zero, that gradient.

    Raises
    ------
    ValueError
        If a parameter is out of its range or the gradient has not the shape of ``theta``.

    References
    ----------
    - Zhao, Zhang and Hu (2022), Penalizing gradient norm for efficiently improving generalization
      in deep learning.
    - Foret, Kleiner, Mobahi and Neyshabur (2021), Sharpness-aware minimization for efficiently
      improving generalization.

    Examples
    --------
    >>> gradient_norm_update(lambda w: 2.0 * w, [3.0, 4.0], r=1.0, alpha=0.5)  # L = ‖w‖²
    array([6.6, 8.8])
    """
    r, alpha = as_non_negative("r", r), as_number_between("alpha", alpha, 0, 1)
    is_tensor = keras.ops.is_tensor(theta) or isinstance(theta, tf.Variable | keras.Variable)
    ops = keras.ops if is_tensor else np
    theta = tf.convert_to_tensor(theta) if is_tensor else np.asarray(theta, dtype=float)
    here = gradient(theta)
    if tuple(here.shape) != tuple(theta.shape):
        raise ValueError(f"gradient must have shape {theta.shape}. Received: shape {here.shape}")
    length = ops.sqrt(ops.sum(ops.square(here)))
    uphill = here / ops.where(length == 0, ops.ones_like(length), length)
    return (1.0 - alpha) * here + alpha * gradient(theta + r * uphill)


def fgsm(model: keras.Model, x: Any, y: Any, *, loss: Loss, epsilon: float) -> tf.Tensor:
    r"""Move each input a little in the direction that hurts most: the fast gradient sign method.

    Computes :math:`x_i + \epsilon\,\mathrm{sign}\,\nabla_{x_i} \ell(f(x_i), y_i)`, for a linear
    model the worst change of at most :math:`\epsilon` in every feature. A single step: a network
    that withstands it may fall to an attack of many. Nothing is clipped to the features' range.

    Parameters
    ----------
    model : keras.Model
        Maps ``(n, ...)`` to what ``loss`` takes, differentiably.
    x : tensor or array-like of float, shape (n, ...)
        Inputs, converted to Keras' ``floatx``.
    y : tensor or array-like, shape (n,) or (n, ...)
        Targets or labels, as ``model.fit`` takes them.
    loss : str or keras.losses.Loss or callable
        As in `loss_gradient_penalty`.
    epsilon : float
        Size :math:`\epsilon \ge 0` of the change in each feature, input unit.

    Returns
    -------
    tf.Tensor of float, shape (n, ...)
        Changed inputs.

    Raises
    ------
    ValueError
        As `loss_gradient_penalty`, and if ``epsilon`` is negative.

    References
    ----------
    - Goodfellow, Shlens and Szegedy (2015), Explaining and harnessing adversarial examples.

    Examples
    --------
    >>> ones = keras.layers.Dense(1, kernel_initializer="ones")
    >>> model = keras.Sequential([keras.Input((2,)), ones])
    >>> fgsm(model, [[1.0, 2.0]], [7.0], loss="mse", epsilon=0.5).numpy()
    array([[0.5, 1.5]], dtype=float32)
    """
    epsilon, x = as_non_negative("epsilon", epsilon), _as_input(x)
    _, gradient = _values_and_gradient(_losses_of(model, y, loss, training=False), x)
    return x + epsilon * tf.sign(gradient)


@keras.saving.register_keras_serializable(package="coursepkg")
class GradientPenaltyModel(keras.Model):
    r"""A model whose ``fit`` minimises loss plus :math:`\lambda` times a gradient penalty.

    Wraps a model and trains it, in place: what is learnt is in ``model``, too. Compile and fit as
    usual, with any optimizer, metrics, callbacks and regularizers. A step minimises, over a batch,

    .. math:: L + \lambda\,\frac1B\sum_i w_i\lVert\nabla_{x_i} v_i\rVert_2^2 ,

    where :math:`L` is all that Keras would minimise, :math:`v_i` the loss or the output of an
    example and :math:`w_i` its sample weight, if there are any: an example's loss and penalty are
    weighted alike. One forward pass, with its dropout masks, serves both. ``evaluate`` and
    ``predict`` are those of the wrapped model.

    The log has ``"loss"`` without the gradient penalty, comparable with ``"val_loss"``, and
    ``"gradient_penalty"``, the mean without :math:`\lambda`; both are averaged over an epoch's
    batches by their lengths.

    Parameters
    ----------
    model : keras.Model
        Built, with one floating-point input.
    lam : float
        Factor :math:`\lambda \ge 0` of the penalty.
    of : {"loss", "output"}, default="loss"
        Whether the gradient of each example's loss is penalised, as in `loss_gradient_penalty`,
        or that of its single output, as in `input_gradient_penalty`.
    **kwargs
        Passed to ``keras.Model``, for example ``name``.

    Raises
    ------
    ValueError
        If the model is not built, a parameter is out of its range, or a batch normalization is
        trainable: it would couple the examples, and none would have a gradient of its own. In
        ``fit``, if the input is made of integers or, for ``of="output"``, the output does not have
        shape ``(n, 1)``.

    References
    ----------
    - Drucker and Le Cun (1992), Improving generalization performance using double
      backpropagation.

    Examples
    --------
    >>> ones = keras.layers.Dense(1, kernel_initializer="ones")
    >>> inner = keras.Sequential([keras.Input((2,)), ones])
    >>> model = GradientPenaltyModel(inner, lam=0.1, of="output")
    >>> model.compile("sgd", "mse")
    >>> log = model.fit(np.zeros((4, 2)), np.zeros(4), verbose=0).history
    >>> log["loss"], log["gradient_penalty"]
    ([0.0], [2.0])
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        lam: float,
        of: Literal["loss", "output"] = "loss",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if of not in ("loss", "output"):
            raise ValueError(f'of must be "loss" or "output". Received: of={of!r}')
        if not (isinstance(model, keras.Model) and model.built):
            raise ValueError(f"model must be a built keras.Model. Received: model={model!r}")
        _refuse_batch_normalization(model)
        self.model, self.lam, self.of = model, as_non_negative("lam", lam), of
        self.penalty_tracker = keras.metrics.Mean(name="gradient_penalty")
        self.built = True

    def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Return the outputs of the wrapped model."""
        return self.model(x, training=training)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take Keras' training step with the penalty in the objective, and log the two apart."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        _refuse_batch_normalization(self.model)
        with tf.GradientTape() as tape:
            outputs, penalty = self._outputs_and_penalty(x, y, sample_weight)
            loss = self.compute_loss(x, y, outputs, sample_weight, training=True)
            total = self.optimizer.scale_loss(loss + self.lam * tf.cast(penalty, loss.dtype))
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(total, variables), variables)
        logged = {"loss": loss, "gradient_penalty": penalty}
        for metric in self.metrics:
            if metric.name in logged:
                metric.update_state(logged[metric.name], sample_weight=tf.shape(x)[0])
        return self.compute_metrics(x, y, outputs, sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Evaluate as Keras does; no penalty is computed, so none is logged."""
        logs = super().test_step(data)
        return {name: value for name, value in logs.items() if name != "gradient_penalty"}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal model."""
        model = keras.saving.serialize_keras_object(self.model)
        return {**super().get_config(), "model": model, "lam": self.lam, "of": self.of}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Make a model from `get_config`, with newly drawn weights."""
        model = keras.saving.deserialize_keras_object(config["model"], custom_objects)
        return cls(**{**config, "model": model})

    def _outputs_and_penalty(
        self, x: tf.Tensor, y: Any, sample_weight: Any
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Run the model once, for its outputs and for the penalty on them."""
        if not (tf.is_tensor(x) and x.dtype.is_floating):
            raise ValueError(
                "GradientPenaltyModel needs one input of floats: a token number has no gradient, "
                "so penalise that of its embedding, and scale whole-number pixels before. "
                f"Received: {x!r}"
            )
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = self(x, training=True)
            if self.of == "loss":
                values = _example_losses(self.loss, y, outputs)
            else:
                values = _only_column(outputs)
        squares = _squared_norms(_gradient(tape, values, x))
        if sample_weight is not None:
            squares *= tf.cast(tf.reshape(sample_weight, [-1]), squares.dtype)
        return outputs, tf.reduce_mean(squares)


def _as_input(x: Any) -> tf.Tensor:
    return keras.ops.convert_to_tensor(x, dtype=keras.config.floatx())


def _single_output(model: keras.Model, training: bool) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return the function from inputs to the model's single output, of shape ``(n,)``."""
    return lambda x: _only_column(model(x, training=training))


def _losses_of(
    model: keras.Model, y: Any, loss: Loss, training: bool
) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return the function from inputs to each example's loss, of shape ``(n,)``."""
    return lambda x: _example_losses(loss, y, model(x, training=training))


def _only_column(outputs: tf.Tensor) -> tf.Tensor:
    if outputs.shape[1:] != (1,):
        raise ValueError(f"the output must have shape (n, 1). Received: shape {outputs.shape}")
    return outputs[:, 0]


def _example_losses(loss: Loss, y: Any, outputs: tf.Tensor) -> tf.Tensor:
    """Compute each example's own loss, as Keras does before it reduces them to one number."""
    loss = keras.losses.get(loss)
    y, outputs = (keras.ops.convert_to_tensor(a, keras.config.floatx()) for a in (y, outputs))
    if len(y.shape) == len(outputs.shape) - 1 and outputs.shape[-1] == 1:
        y = y[..., None]
    losses = (loss.call if isinstance(loss, keras.losses.Loss) else loss)(y, outputs)
    return tf.reduce_sum(losses, axis=list(range(1, losses.shape.rank)))


def _values_and_gradient(
    function: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute one value an example and, as the gradient of their sum, each one's gradient."""
    if not x.dtype.is_floating:
        raise ValueError(f"x must hold floating-point numbers. Received: dtype {x.dtype.name}")
    with tf.GradientTape() as tape:
        tape.watch(x)
        values = function(x)
    n_axes = values.shape.rank
    if n_axes == 0 or not x.shape[:n_axes].is_compatible_with(values.shape):
        raise ValueError(
            f"there must be one value for each example of x, which has shape {x.shape}. "
            f"Received: values of shape {values.shape}"
        )
    return values, _gradient(tape, values, x)


def _gradient(
    tape: tf.GradientTape, values: tf.Tensor, x: tf.Tensor, direction: tf.Tensor | None = None
) -> tf.Tensor:
    gradient = tape.gradient(values, x, output_gradients=direction)
    if gradient is None:
        raise ValueError(
            "the model must depend on x differentiably; token numbers have no gradient, penalise "
            f"that of their embedding. Received: no gradient for x of shape {x.shape}"
        )
    return gradient


def _squared_norms(gradient: tf.Tensor, n_batch_axes: int = 1) -> tf.Tensor:
    axes = list(range(n_batch_axes, gradient.shape.rank))
    return tf.reduce_sum(tf.square(gradient), axis=axes)


def _all_directions(outputs: tf.Tensor) -> tf.Tensor:
    """Return the unit vector of each output in turn, for all examples: shape (C, n, C)."""
    rows = tf.eye(outputs.shape[1], dtype=outputs.dtype)[:, None]
    return rows + tf.zeros_like(outputs)


def _random_directions(outputs: tf.Tensor, n_projections: int, seed: Any) -> tf.Tensor:
    """Draw unit vectors, a normal vector having no direction that it prefers."""
    shape = (n_projections, tf.shape(outputs)[0], outputs.shape[1])
    normal = keras.random.normal(shape, dtype=outputs.dtype.name, seed=seed)
    return normal / tf.norm(normal, axis=2, keepdims=True)


def _up_to_laplacian(
    model: keras.Model, x: Any, training: bool
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Compute output, gradient (one flat row an example) and Laplacian from one forward pass."""
    x = _as_input(x)
    flat = tf.reshape(x, [-1, x.shape[1:].num_elements()])
    output = _single_output(model, training)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(flat)
        values, gradient = _values_and_gradient(
            lambda flat: output(tf.reshape(flat, [-1, *x.shape[1:]])), flat
        )
        slopes = tf.unstack(gradient, axis=1)
    # Of a linear output the gradient is constant, with no gradient of its own.
    second = [tape.gradient(slope, flat, unconnected_gradients="zero") for slope in slopes]
    return values, gradient, tf.add_n([row[:, j] for j, row in enumerate(second)])


def _refuse_batch_normalization(model: keras.Model) -> None:
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            raise ValueError(
                "a batch normalization couples the examples of a batch, so that none has a "
                "gradient of its own: use LayerNormalization or GroupNormalization, or freeze it. "
                f"Received: trainable layer {layer.name!r}"
            )
