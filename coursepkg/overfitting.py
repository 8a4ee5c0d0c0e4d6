r"""Overfitting and underfitting: what an error is made of, and the curves that show it.

A model's expected squared error at an input splits in three: bias squared (what the average fit
gets wrong), variance (how far one fit strays from the average fit) and the noise of the targets,
which no model removes. `learning_curve` and `validation_curve` show the errors over the number of
training rows and over a model's flexibility; `double_descent_risk` is what theory says of least
squares on both sides of the point where it can fit everything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coursepkg.validation import (
    as_count,
    as_finite_array,
    as_non_negative,
    as_regression_data,
)

# What a fit leaves behind: a function from inputs (n, n_features) to predictions (n,).
Predict = Callable[[np.ndarray], ArrayLike]
Fit = Callable[[np.ndarray, np.ndarray], Predict]
# Losses of single examples, from targets (n,) and predictions (n,) to (n,).
Loss = Callable[[np.ndarray, np.ndarray], ArrayLike]


class BiasVariance(NamedTuple):
    """The two parts of a squared error that depend on the model.

    Attributes
    ----------
    bias_squared : float
        Squared distance of the average fit from the truth, averaged over the inputs.
    variance : float
        Squared distance of a fit from the average fit, averaged over fits and inputs.
    """

    bias_squared: float
    variance: float


class Curves(NamedTuple):
    """Errors on training and validation rows while one thing varies.

    Attributes
    ----------
    values : numpy.ndarray, shape (n_values,)
        What varied: numbers of training rows, or values of a parameter.
    train, val : numpy.ndarray of float, shape (n_repeats, n_values)
        Mean loss on the rows that were fitted, and on those held out; one row a split.
    """

    values: np.ndarray
    train: np.ndarray
    val: np.ndarray


def squared_error(y: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Squared error of each example.

    Parameters
    ----------
    y, prediction : numpy.ndarray of float, shape (n_samples,)
        Targets and predictions.

    Returns
    -------
    numpy.ndarray of float, shape (n_samples,)
        In squared units of ``y``.

    Examples
    --------
    >>> squared_error(np.array([1.0, 2.0]), np.array([1.0, 5.0]))
    array([0., 9.])
    """
    return (y - prediction) ** 2


def bias_variance(predictions: ArrayLike, truth: ArrayLike) -> BiasVariance:
    r"""Split the squared error of many fits, each to its own data set, in bias and variance.

    With fits :math:`\hat f_1, \dots, \hat f_R` and their average :math:`\bar f` it computes
    :math:`\frac1m\sum_j(\bar f(x_j) - f(x_j))^2` and :math:`\frac1{mR}\sum_{r,j}(\hat f_r(x_j) -
    \bar f(x_j))^2`, which add up to the mean of :math:`(\hat f_r(x_j) - f(x_j))^2`. The average
    over :math:`R` fits is itself uncertain, so the measured bias squared is too large by
    the variance divided by :math:`R`, in expectation.

    Parameters
    ----------
    predictions : array-like of float, shape (n_datasets, n_inputs)
        One row for each data set: what the model fitted to it predicts at the inputs.
    truth : array-like of float, shape (n_inputs,)
        The function without noise, at the same inputs.

    Returns
    -------
    BiasVariance
        Both in squared units of the target, averaged over the inputs.

    Raises
    ------
    ValueError
        If shapes do not match or values are not finite.

    References
    ----------
    - Geman, Bienenstock and Doursat (1992), Neural networks and the bias/variance dilemma.

    Examples
    --------
    >>> bias_variance([[1.0, 4.0], [3.0, 4.0]], truth=[2.0, 1.0])
    BiasVariance(bias_squared=4.5, variance=0.5)
    """
    predictions = as_finite_array("predictions", predictions, shape=("n_datasets", "n_inputs"))
    truth = as_finite_array("truth", truth, shape=(predictions.shape[1],))
    average = predictions.mean(axis=0)
    return BiasVariance(
        bias_squared=float(np.mean((average - truth) ** 2)),
        variance=float(np.mean((predictions - average) ** 2)),
    )


def learning_curve(
    fit: Fit,
    x: ArrayLike,
    y: ArrayLike,
    *,
    sizes: Sequence[int],
    n_val: int,
    n_repeats: int = 30,
    loss: Loss = squared_error,
    seed: int,
) -> Curves:
    """Errors against the number of training rows.

    Each repeat shuffles the rows, holds out the first ``n_val`` of them for validation, and fits
    to the first rows of the others: so a larger training set contains the smaller ones, and
    sorted data do no harm.

    Parameters
    ----------
    fit : callable
        ``fit(x, y)`` returns a function that predicts.
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    y : array-like of float, shape (n_samples,)
        Targets.
    sizes : sequence of int, length n_values
        Numbers of training rows.
    n_val : int
        Number of rows held out.
    n_repeats : int, default=30
        Number of shuffles.
    loss : callable, default=squared_error
        ``loss(y, prediction)`` returns the loss of each example.
    seed : int
        Shuffles the rows.

    Returns
    -------
    Curves
        Its ``values`` are the sizes.

    Raises
    ------
    ValueError
        If shapes do not match, or a size exceeds the rows that are not held out.

    References
    ----------
    - Pedregosa and others (2011), Scikit-learn, whose function of this name is the model.

    Examples
    --------
    >>> x, y = np.eye(4), np.array([0.0, 0.0, 1.0, 1.0])
    >>> mean = lambda x, y: lambda new: np.full(len(new), y.mean())
    >>> learning_curve(mean, x, y, sizes=[1, 2], n_val=2, n_repeats=1, seed=0).train.shape
    (1, 2)
    """
    most = as_regression_data(x, y)[1].size - as_count("n_val", n_val, minimum=1)
    sizes = [as_count("sizes", size, minimum=1) for size in sizes]
    if max(sizes, default=1) > most:
        raise ValueError(
            f"sizes must be at most {most}, the rows not held out. Received: {max(sizes)}"
        )

    def first_rows(others: np.ndarray, size: int) -> tuple[np.ndarray, Fit]:
        return others[:size], fit

    return _curves(first_rows, x, y, sizes, n_val, n_repeats, loss, seed)


def validation_curve(
    fit: Callable[[np.ndarray, np.ndarray, Any], Predict],
    x: ArrayLike,
    y: ArrayLike,
    *,
    values: Sequence[Any],
    n_val: int,
    n_repeats: int = 30,
    loss: Loss = squared_error,
    seed: int,
) -> Curves:
    """Errors against a parameter that makes the model more or less flexible.

    Each repeat shuffles the rows, holds out the first ``n_val`` of them for validation, and fits
    to all others once for each value. All values see the same splits.

    Parameters
    ----------
    fit : callable
        ``fit(x, y, value)`` returns a function that predicts.
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    y : array-like of float, shape (n_samples,)
        Targets.
    values : sequence, length n_values
        Values of the parameter.
    n_val : int
        Number of rows held out.
    n_repeats : int, default=30
        Number of shuffles.
    loss : callable, default=squared_error
        ``loss(y, prediction)`` returns the loss of each example.
    seed : int
        Shuffles the rows.

    Returns
    -------
    Curves
        Errors for each value.

    Raises
    ------
    ValueError
        If shapes do not match or nothing remains to be fitted.

    References
    ----------
    - Pedregosa and others (2011), Scikit-learn, whose function of this name is the model.

    Examples
    --------
    >>> x, y = np.eye(4), np.array([0.0, 0.0, 1.0, 1.0])
    >>> shrunk = lambda x, y, value: lambda new: np.full(len(new), value * y.mean())
    >>> validation_curve(shrunk, x, y, values=[0.0, 1.0], n_val=2, n_repeats=3, seed=0).val.shape
    (3, 2)
    """

    def all_rows(others: np.ndarray, value: Any) -> tuple[np.ndarray, Fit]:
        return others, lambda x, y: fit(x, y, value)

    return _curves(all_rows, x, y, values, n_val, n_repeats, loss, seed)


def generalization_gap(train_losses: Iterable[ArrayLike], val_losses: Iterable[ArrayLike]) -> float:
    """Mean validation loss minus mean training loss, every example counted once.

    Parameters
    ----------
    train_losses, val_losses : iterable of array-like of float, each of shape (n_in_batch,)
        Losses of single examples, batch by batch, the batches of any lengths; or one array of
        shape (n_samples,).

    Returns
    -------
    float
        In units of the loss; positive where the model does worse on the validation examples.

    Raises
    ------
    ValueError
        If there is no loss, or one that is not finite.

    Examples
    --------
    >>> generalization_gap([[1.0, 1.0, 1.0], [5.0]], [[4.0, 2.0]])
    1.0
    """
    return _mean_loss("val_losses", val_losses) - _mean_loss("train_losses", train_losses)


def double_descent_risk(
    n_samples: int, n_features: int, *, noise: float, signal: float = 1.0
) -> float:
    r"""Compute what minimum-norm least squares is expected to err by, on both sides of its peak.

    Features are independent standard normal, :math:`y = x^\top\beta + \varepsilon`, and no
    intercept is fitted. With :math:`n` rows, :math:`p` features, noise of standard deviation
    :math:`\sigma`,

    - :math:`n > p + 1`: :math:`\sigma^2 \frac{p}{n - p - 1}`;
    - :math:`n < p - 1`: :math:`\lVert\beta\rVert^2 \bigl(1 - \frac np\bigr) + \sigma^2
      \frac{n}{p - n - 1}`;
    - between: infinite, unless there is no noise.

    Parameters
    ----------
    n_samples, n_features : int
        :math:`n` and :math:`p`, at least 1.
    noise : float
        :math:`\sigma \ge 0`, in units of ``y``.
    signal : float, default=1.0
        :math:`\lVert\beta\rVert \ge 0`, in units of ``y``.

    Returns
    -------
    float
        :math:`E\,(x^\top\hat\beta - x^\top\beta)^2` at a new :math:`x`, in squared units of
        ``y``; the error of predicting :math:`y` is larger by :math:`\sigma^2`.

    Raises
    ------
    ValueError
        If a count is below 1, or ``noise`` or ``signal`` is negative.

    References
    ----------
    - Breiman and Freedman (1983), How many variables should be entered in a regression equation?
    - Belkin, Hsu and Xu (2020), Two models of double descent for weak features.

    Examples
    --------
    >>> [round(double_descent_risk(n, 50, noise=0.5), 3) for n in (25, 40, 50, 60, 100)]
    [0.76, 1.311, inf, 1.389, 0.255]
    """
    n = as_count("n_samples", n_samples, minimum=1)
    p = as_count("n_features", n_features, minimum=1)
    noise, signal = as_non_negative("noise", noise), as_non_negative("signal", signal)
    unseen = signal**2 * max(0.0, 1 - n / p)  # the part of β orthogonal to all rows
    if noise == 0:
        return unseen
    room = abs(n - p) - 1
    return unseen + noise**2 * min(n, p) / room if room > 0 else math.inf


def _curves(
    task: Callable[[np.ndarray, Any], tuple[np.ndarray, Fit]],
    x: ArrayLike,
    y: ArrayLike,
    values: Sequence[Any],
    n_val: int,
    n_repeats: int,
    loss: Loss,
    seed: int,
) -> Curves:
    """Split, fit and measure; ``task`` says which rows are fitted for a value, and how."""
    x, y = as_regression_data(x, y)
    n_val = as_count("n_val", n_val, minimum=1)
    if len(values) == 0:
        raise ValueError("values must hold at least one value. Received: none")
    if n_val >= len(y):
        raise ValueError(
            f"n_val must be below {len(y)}, the number of rows. Received: n_val={n_val}"
        )
    rng = np.random.default_rng(as_count("seed", seed))
    train, val = np.empty((2, as_count("n_repeats", n_repeats, minimum=1), len(values)))
    for repeat in range(len(train)):
        held_out, others = np.split(rng.permutation(len(y)), [n_val])
        for place, value in enumerate(values):
            fitted, fit = task(others, value)
            predict = fit(x[fitted], y[fitted])
            train[repeat, place] = _mean_error(predict, x[fitted], y[fitted], loss)
            val[repeat, place] = _mean_error(predict, x[held_out], y[held_out], loss)
    return Curves(np.asarray(values), train, val)


def _mean_error(predict: Predict, x: np.ndarray, y: np.ndarray, loss: Loss) -> float:
    # A column of predictions would broadcast against the targets without an error.
    prediction = as_finite_array("predictions", predict(x), shape=y.shape)
    return float(np.mean(as_finite_array("loss", loss(y, prediction), shape=y.shape)))


def _mean_loss(name: str, losses: Iterable[ArrayLike]) -> float:
    batches = [np.ravel(batch) for batch in losses]
    if not batches:
        raise ValueError(f"{name} must hold at least one loss. Received: none")
    return float(as_finite_array(name, np.concatenate(batches), shape=("n_samples",)).mean())
