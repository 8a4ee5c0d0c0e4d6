r"""Proximal steps: how a penalty with a kink is minimised.

A gradient step needs a gradient, and :math:`\lambda |w|` has none at zero, just where the
lasso wants its weights. The way out is to take the gradient step on the smooth loss alone and
then to solve, exactly, a small problem with the penalty:

.. math:: \mathrm{prox}_{\eta P}(z) = \arg\min_w \tfrac12 \lVert w - z \rVert^2 + \eta P(w).

For the L1 penalty the answer is the soft threshold, whose result *is* zero for small inputs.
The functions here work on NumPy arrays and on TensorFlow tensors alike, so that the lasso, the
Keras optimizers and every other training loop of the course share them.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np


def soft_threshold(z: Any, threshold: Any) -> Any:
    r"""Move values towards zero by ``threshold``, and to zero where that would cross it.

    Computes :math:`S(z, t) = \mathrm{sign}(z)\,\max(|z| - t, 0)`, the minimiser over :math:`w`
    of :math:`\tfrac12 (w - z)^2 + t\,|w|`.

    Parameters
    ----------
    z : array-like or tensor of float
        Values, of any shape.
    threshold : float, array-like or tensor
        How far to move, at least 0, broadcast against ``z``.

    Returns
    -------
    numpy.ndarray or tensor, shape of ``z`` and ``threshold`` broadcast
        The thresholded values; zeros are exact, and never ``-0.0``.

    Raises
    ------
    ValueError
        If ``threshold`` is negative or NaN (tensors are not inspected).

    References
    ----------
    - Donoho and Johnstone (1994), Ideal spatial adaptation by wavelet shrinkage.
    - Parikh and Boyd (2014), Proximal algorithms.

    Examples
    --------
    >>> soft_threshold([-3.0, -0.5, 0.2, 2.0], 1.0)
    array([-2.,  0.,  0.,  1.])
    """
    ops = _namespace(z, threshold)
    if ops is np:
        z, threshold = np.asarray(z, dtype=float), np.asarray(threshold, dtype=float)
        if not (threshold >= 0).all():
            raise ValueError(f"threshold must be >= 0. Received: threshold={threshold.tolist()}")
    # z minus its part inside [-t, t]: the subtraction of equals gives an exact, positive zero.
    return z - ops.maximum(ops.minimum(z, threshold), -threshold)


def proximal_step(
    coef: Any, gradient: Any, *, step_size: Any, l1: float = 0.0, l2: float = 0.0
) -> Any:
    r"""One proximal gradient step for a smooth loss plus an elastic net penalty.

    Computes :math:`S(w - \eta g, \eta\lambda_1) / (1 + 2\eta\lambda_2)`, the minimiser over
    :math:`u` of :math:`\tfrac{1}{2\eta}\lVert u - (w - \eta g)\rVert^2 + \lambda_1
    \lVert u \rVert_1 + \lambda_2 \lVert u \rVert_2^2`.

    Parameters
    ----------
    coef : array-like or tensor of float
        Weights :math:`w` before the step.
    gradient : array-like or tensor of float, shape of ``coef``
        Gradient :math:`g` of the smooth loss, without the penalty.
    step_size : float
        Step size :math:`\eta`; the threshold is :math:`\eta\lambda_1`, not :math:`\lambda_1`.
    l1, l2 : float, default=0.0
        Factors on :math:`\sum|w|` and on :math:`\sum w^2`, as in Keras.

    Returns
    -------
    numpy.ndarray or tensor, shape of ``coef``
        Weights after the step.

    Raises
    ------
    ValueError
        If ``step_size * l1`` is negative (tensors are not inspected).

    References
    ----------
    - Parikh and Boyd (2014), Proximal algorithms.

    Examples
    --------
    >>> proximal_step([1.0, -0.1], [0.5, 0.0], step_size=0.2, l1=1.0).round(6)
    array([0.7, 0. ])
    """
    if _namespace(coef, gradient) is np:
        coef, gradient = np.asarray(coef, dtype=float), np.asarray(gradient, dtype=float)
    moved = soft_threshold(coef - step_size * gradient, step_size * l1)
    return moved / (1.0 + 2.0 * step_size * l2)


def _namespace(*values: Any) -> ModuleType:
    """``keras.ops`` where a value is a tensor, else NumPy; loads nothing that isn't loaded."""
    keras = sys.modules.get("keras")
    if keras is not None and any(keras.ops.is_tensor(value) for value in values):
        return keras.ops
    return np
