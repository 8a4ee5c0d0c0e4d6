r"""Penalties on the weights: L1, L2, elastic net, and how libraries scale them.

Every library minimises "loss plus λ times penalty", and no two agree on the factors in front. The
course speaks Keras: a loss *averaged* over the samples, plus :math:`\lambda_1\sum|w|`, plus
:math:`\lambda_2\sum w^2` without a half, biases free. `keras_to_sklearn` translates.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from coursepkg._keras import keras, kernels
from coursepkg.proximal import soft_threshold
from coursepkg.proximal_optimizers import ProximalAdam, ProximalSGD
from coursepkg.validation import as_count, as_finite_array, as_non_negative

__all__ = [
    "ProximalAdam",
    "ProximalSGD",
    "elastic_net_penalty",
    "keras_to_sklearn",
    "l1_penalty",
    "l2_penalty",
    "soft_threshold",
]


def l1_penalty(weights: Any) -> Any:
    r"""Sum of absolute weights, :math:`\sum|w|`, unweighted.

    Parameters
    ----------
    weights : array-like, tensor, list of these, or built keras.Model or keras.Layer
        Weights of any shape; of a model or layer, all trainable kernels (no biases).

    Returns
    -------
    float or tensor, shape ()
        The penalty, in weight units; a tensor, differentiable, where ``weights`` holds tensors.

    Raises
    ------
    ValueError
        If an array is not finite or a model has no kernel.

    References
    ----------
    - Tibshirani (1996), Regression shrinkage and selection via the lasso.

    Examples
    --------
    >>> l1_penalty([3.0, -4.0])
    7.0
    """
    return _total(weights, lambda ops, w: ops.sum(ops.abs(w)))


def l2_penalty(weights: Any) -> Any:
    r"""Sum of squared weights, :math:`\sum w^2`, unweighted and without a half.

    Parameters
    ----------
    weights : array-like, tensor, list of these, or built keras.Model or keras.Layer
        Weights of any shape; of a model or layer, all trainable kernels (no biases).

    Returns
    -------
    float or tensor, shape ()
        The penalty, in squared weight units; a tensor where ``weights`` holds tensors.

    Raises
    ------
    ValueError
        If an array is not finite or a model has no kernel.

    References
    ----------
    - Hoerl and Kennard (1970), Ridge regression: biased estimation for nonorthogonal problems.

    Examples
    --------
    >>> l2_penalty([3.0, -4.0])
    25.0
    """
    return _total(weights, lambda ops, w: ops.sum(ops.square(w)))


def elastic_net_penalty(weights: Any, *, l1: float, l2: float) -> Any:
    r"""Weighted sum of both penalties, :math:`\lambda_1\sum|w| + \lambda_2\sum w^2`.

    The one penalty here that comes weighted, because it has two factors; equal to
    ``keras.regularizers.L1L2``.

    Parameters
    ----------
    weights : array-like, tensor, list of these, or built keras.Model or keras.Layer
        Weights of any shape; of a model or layer, all trainable kernels (no biases).
    l1, l2 : float
        Factors :math:`\lambda_1, \lambda_2 \ge 0`.

    Returns
    -------
    float or tensor, shape ()
        The penalty, in units of the loss; a tensor where ``weights`` holds tensors.

    Raises
    ------
    ValueError
        If a factor is negative, an array is not finite, or a model has no kernel.

    References
    ----------
    - Zou and Hastie (2005), Regularization and variable selection via the elastic net.

    Examples
    --------
    >>> elastic_net_penalty([3.0, -4.0], l1=1.0, l2=0.1)
    9.5
    """
    l1, l2 = as_non_negative("l1", l1), as_non_negative("l2", l2)
    return l1 * l1_penalty(weights) + l2 * l2_penalty(weights)


def keras_to_sklearn(
    target: str, *, l1: float = 0.0, l2: float = 0.0, n_samples: int | None = None
) -> dict[str, float | str]:
    r"""Translate Keras' penalty factors into the arguments of another fit with the same optimum.

    Keras minimises mean squared error, or mean log-loss, plus :math:`\lambda_1\sum|w| +
    \lambda_2\sum w^2`. With ``n`` samples,

    - ``"Ridge"``: :math:`\alpha = n\lambda_2`;
    - ``"Lasso"``: :math:`\alpha = \lambda_1/2`;
    - ``"ElasticNet"``: :math:`\alpha = \lambda_1/2 + \lambda_2`, l1_ratio
      :math:`= (\lambda_1/2)/\alpha`;
    - ``"LogisticRegression"``: :math:`C = 1/(n(\lambda_1 + 2\lambda_2))`, l1_ratio
      :math:`= \lambda_1/(\lambda_1 + 2\lambda_2)`;
    - ``"SGD"``, Keras' own optimizer without momentum: weight_decay :math:`= 2\lambda_2`, with
      ``exclude_from_weight_decay(var_names=["bias"])``, since Keras decays biases too.

    Parameters
    ----------
    target : str
        One of the names above.
    l1, l2 : float, default=0.0
        Keras' factors :math:`\lambda_1, \lambda_2 \ge 0`.
    n_samples : int, optional
        Number of training samples; needed for Ridge and LogisticRegression.

    Returns
    -------
    dict of str to float or str
        Keyword arguments for the scikit-learn estimator, or for ``keras.optimizers.SGD``.

    Raises
    ------
    ValueError
        If ``target`` is unknown or cannot express the penalty, and for Adam and its kin, where no
        weight decay is equivalent to L2; if a factor is negative or ``n_samples`` is missing.

    References
    ----------
    - Loshchilov and Hutter (2019), Decoupled weight decay regularization, propositions 1 and 2.

    Examples
    --------
    >>> keras_to_sklearn("Ridge", l2=0.1, n_samples=50)
    {'alpha': 5.0}
    """
    if target in _ADAPTIVE:
        raise ValueError(
            f"no weight decay equals L2 under {target}, which rescales the gradient of a penalty "
            f"but not a decay. Received: target={target!r}"
        )
    if target not in _TRANSLATIONS:
        known = ", ".join(_TRANSLATIONS)
        raise ValueError(f"target must be one of {known}. Received: target={target!r}")
    given = {"l1": as_non_negative("l1", l1), "l2": as_non_negative("l2", l2)}
    translate = _TRANSLATIONS[target]
    accepted = inspect.signature(translate).parameters
    for name, factor in given.items():
        if factor and name not in accepted:
            raise ValueError(f"{target} has no {name.upper()} penalty. Received: {name}={factor}")
    if "n_samples" in accepted:
        given["n_samples"] = as_count("n_samples", n_samples, minimum=1)
    return translate(**{name: given[name] for name in accepted})


def _ridge(l2: float, n_samples: int) -> dict[str, float | str]:
    return {"alpha": n_samples * l2}


def _lasso(l1: float) -> dict[str, float | str]:
    return {"alpha": l1 / 2}


def _elastic_net(l1: float, l2: float) -> dict[str, float | str]:
    alpha = l1 / 2 + l2
    return {"alpha": alpha, "l1_ratio": l1 / 2 / alpha if alpha else 0.0}


def _logistic_regression(l1: float, l2: float, n_samples: int) -> dict[str, float | str]:
    total = l1 + 2 * l2
    strength = {
        "C": 1 / (n_samples * total) if total else math.inf,
        "l1_ratio": l1 / total if total else 0.0,
    }
    return {**strength, "solver": "saga"} if l1 else strength  # the default solver has no L1


def _sgd(l2: float) -> dict[str, float | str]:
    return {"weight_decay": 2 * l2}


# The parameters of a translation say what its target can express and needs to know.
_TRANSLATIONS: dict[str, Callable[..., dict[str, float | str]]] = {
    "Ridge": _ridge,
    "Lasso": _lasso,
    "ElasticNet": _elastic_net,
    "LogisticRegression": _logistic_regression,
    "SGD": _sgd,
}
_ADAPTIVE = {"Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Nadam", "RMSprop"}


def _total(weights: Any, penalty: Callable[[ModuleType, Any], Any]) -> Any:
    """Add up a penalty over all arrays or tensors that ``weights`` stands for."""
    if isinstance(weights, keras.Layer):  # a Model is a Layer, too
        found = kernels(weights.trainable_variables)
        if not found:
            raise ValueError(
                "weights must be a built model with at least one trainable kernel. "
                f"Received: {type(weights).__name__} {weights.name!r} with none"
            )
        return _total(found, penalty)
    if isinstance(weights, list | tuple) and any(map(_is_array, weights)):
        return sum(_total(part, penalty) for part in weights)
    if keras.ops.is_tensor(weights) or isinstance(weights, keras.Variable):
        return penalty(keras.ops, keras.ops.convert_to_tensor(weights))
    array = np.asarray(weights)
    return float(penalty(np, as_finite_array("weights", array, shape=array.shape)))


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray | keras.Variable) or keras.ops.is_tensor(value)
