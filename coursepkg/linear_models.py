r"""Linear models with a penalty, from scratch: ridge, the lasso, and the minimum-norm fit.

All of them use the **sum convention**, the one of the derivations: squared errors are summed
over the samples, not averaged. `coursepkg.weight_penalties.keras_to_sklearn` translates.
The intercept is never penalised: columns and targets are centred first.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coursepkg.proximal import proximal_step
from coursepkg.validation import (
    as_count,
    as_finite_array,
    as_non_negative,
    as_regression_data,
)


class ConvergenceWarning(UserWarning):
    """An iterative fit used up its iterations before its stopping rule held."""


class LinearFit(NamedTuple):
    """A fitted linear model.

    Attributes
    ----------
    coef : numpy.ndarray of float, shape (n_features,)
        Coefficients, in units of ``y`` per unit of each column.
    intercept : float
        Prediction at ``x = 0``, in units of ``y``.
    """

    coef: np.ndarray
    intercept: float

    def predict(self, x: ArrayLike) -> np.ndarray:
        """Predict the targets of new inputs.

        Parameters
        ----------
        x : array-like of float, shape (n_samples, n_features)
            Inputs, in the units of the fit.

        Returns
        -------
        numpy.ndarray of float, shape (n_samples,)
            Predictions, in units of ``y``.
        """
        return as_finite_array("x", x, shape=("n_samples", len(self.coef))) @ self.coef + (
            self.intercept
        )


def ridge(x: ArrayLike, y: ArrayLike, *, lam: float, fit_intercept: bool = True) -> LinearFit:
    r"""Least squares with an L2 penalty.

    Minimises :math:`\lVert y - Xw - b \rVert^2 + \lambda \lVert w \rVert^2` through the singular
    value decomposition of the (centred) inputs, :math:`w = \sum_i v_i \frac{s_i}{s_i^2 +
    \lambda} u_i^\top y`; :math:`\lambda = 0` gives the minimum-norm fit.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    y : array-like of float, shape (n_samples,)
        Targets.
    lam : float
        :math:`\lambda \ge 0`; equal to scikit-learn's ``Ridge(alpha=lam)``.
    fit_intercept : bool, default=True
        Whether to fit an unpenalised intercept.

    Returns
    -------
    LinearFit
        Coefficients and intercept.

    Raises
    ------
    ValueError
        If shapes do not match, values are not finite, or ``lam`` is negative.

    References
    ----------
    - Hoerl and Kennard (1970), Ridge regression: biased estimation for nonorthogonal problems.

    Examples
    --------
    >>> fit = ridge([[-1.0], [1.0]], [0.0, 4.0], lam=2.0)
    >>> fit.coef.round(6), round(fit.intercept, 6)
    (array([1.]), 2.0)
    """
    lam = as_non_negative("lam", lam)
    coef = ridge_path(x, y, lams=[lam], fit_intercept=fit_intercept)[:, 0]
    x, y = as_regression_data(x, y)
    _, _, x_mean, y_mean = _centre(x, y, fit_intercept)
    return LinearFit(coef, float(y_mean - x_mean @ coef))


def ridge_path(
    x: ArrayLike, y: ArrayLike, *, lams: ArrayLike, fit_intercept: bool = True
) -> np.ndarray:
    r"""Solve ridge regression for many :math:`\lambda` from one singular value decomposition.

    The objective is that of `ridge`.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    y : array-like of float, shape (n_samples,)
        Targets.
    lams : array-like of float, shape (n_lams,)
        Values of :math:`\lambda \ge 0`, in any order.
    fit_intercept : bool, default=True
        Whether to fit an unpenalised intercept.

    Returns
    -------
    numpy.ndarray of float, shape (n_features, n_lams)
        Coefficients, one column for each entry of ``lams``.

    Raises
    ------
    ValueError
        If shapes do not match, values are not finite, or a :math:`\lambda` is negative.

    References
    ----------
    - Hastie, Tibshirani and Friedman (2009), The elements of statistical learning, eq. 3.47.

    Examples
    --------
    >>> ridge_path([[-1.0], [1.0]], [0.0, 4.0], lams=[2.0, 0.0]).round(6)
    array([[1., 2.]])
    """
    x, y = as_regression_data(x, y)
    lams = _checked_lams(lams)
    x_centred, y_centred, _, _ = _centre(x, y, fit_intercept)
    u, s, vt = _thin_svd(x_centred)
    shrunk = s[:, None] / (s[:, None] ** 2 + lams) * (u.T @ y_centred)[:, None]
    return vt.T @ shrunk


def min_norm_fit(x: ArrayLike, y: ArrayLike, *, fit_intercept: bool = True) -> LinearFit:
    r"""Least squares; of all solutions the one with the smallest :math:`\lVert w \rVert`.

    The limit of `ridge` for :math:`\lambda \to 0`: :math:`w = X^+ y` with the pseudoinverse. With
    more features than samples it fits the training data exactly.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    y : array-like of float, shape (n_samples,)
        Targets.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which does not count in the norm.

    Returns
    -------
    LinearFit
        Coefficients and intercept.

    Raises
    ------
    ValueError
        If shapes do not match or values are not finite.

    References
    ----------
    - Penrose (1956), On best approximate solutions of linear matrix equations.

    Examples
    --------
    >>> min_norm_fit([[1.0, 1.0]], [4.0], fit_intercept=False).coef.round(6)
    array([2., 2.])
    """
    return ridge(x, y, lam=0.0, fit_intercept=fit_intercept)


def filter_factors(x: ArrayLike, *, lam: float, fit_intercept: bool = True) -> np.ndarray:
    r"""How much of least squares ridge keeps along each singular direction of the inputs.

    Computes :math:`s_i^2 / (s_i^2 + \lambda)` in the sum convention of `ridge`.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    lam : float
        :math:`\lambda \ge 0`.
    fit_intercept : bool, default=True
        Whether the columns are centred first, as `ridge` does.

    Returns
    -------
    numpy.ndarray of float, shape (rank,)
        Factors in [0, 1], largest first; directions without variance are left out.

    Raises
    ------
    ValueError
        If ``x`` is not a finite matrix or ``lam`` is negative.

    References
    ----------
    - Hastie, Tibshirani and Friedman (2009), The elements of statistical learning, eq. 3.47.

    Examples
    --------
    >>> filter_factors([[-1.0], [1.0]], lam=2.0).round(6)
    array([0.5])
    """
    x = as_finite_array("x", x, shape=("n_samples", "n_features"))
    lam = as_non_negative("lam", lam)
    s = _thin_svd(_centred(x) if fit_intercept else x)[1]
    return s**2 / (s**2 + lam)


def effective_df(x: ArrayLike, *, lam: float, fit_intercept: bool = True) -> float:
    r"""Effective degrees of freedom of ridge, the sum of its filter factors.

    Computes :math:`\mathrm{tr}\bigl(X (X^\top X + \lambda I)^{-1} X^\top\bigr)`; the intercept,
    one more where it is fitted, is not counted.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    lam : float
        :math:`\lambda \ge 0`.
    fit_intercept : bool, default=True
        Whether the columns are centred first, as `ridge` does.

    Returns
    -------
    float
        Between 0 and the rank of ``x``.

    Raises
    ------
    ValueError
        If ``x`` is not a finite matrix or ``lam`` is negative.

    References
    ----------
    - Hastie, Tibshirani and Friedman (2009), The elements of statistical learning, eq. 3.50.

    Examples
    --------
    >>> round(effective_df([[-1.0], [1.0]], lam=2.0), 6)
    0.5
    """
    return float(filter_factors(x, lam=lam, fit_intercept=fit_intercept).sum())


def ista(
    x: ArrayLike,
    y: ArrayLike,
    *,
    lam: float,
    step_size: float | None = None,
    tol: float = 1e-12,
    max_iter: int = 100_000,
    fit_intercept: bool = True,
) -> LinearFit:
    r"""Fit the lasso by the iterative shrinkage-thresholding algorithm.

    Minimises :math:`\tfrac12 \lVert y - Xw - b \rVert^2 + \lambda \lVert w \rVert_1` by repeating
    :math:`w \leftarrow S(w - \eta X^\top(Xw - y), \eta\lambda)` until the optimality conditions
    hold (`kkt_residual`).

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    y : array-like of float, shape (n_samples,)
        Targets.
    lam : float
        :math:`\lambda \ge 0`; equal to scikit-learn's ``Lasso(alpha=lam / n_samples)``.
    step_size : float, optional
        :math:`\eta`, below :math:`2/s_1^2` with the largest singular value :math:`s_1` of the
        centred inputs; :math:`1/s_1^2` where it is not given.
    tol : float, default=1e-12
        Stop once the KKT residual is at most ``tol`` times `lam_max`.
    max_iter : int, default=100_000
        Steps to take at most.
    fit_intercept : bool, default=True
        Whether to fit an unpenalised intercept.

    Returns
    -------
    LinearFit
        Coefficients, many of them exactly zero, and intercept.

    Raises
    ------
    ValueError
        If shapes do not match, values are not finite, or a parameter is out of its range.

    Warns
    -----
    ConvergenceWarning
        If the stopping rule does not hold after ``max_iter`` steps.

    References
    ----------
    - Daubechies, Defrise and De Mol (2004), An iterative thresholding algorithm for linear
      inverse problems with a sparsity constraint.

    Examples
    --------
    >>> fit = ista([[-1.0, 1.0], [1.0, 1.0], [0.0, -2.0]], [0.0, 4.0, 1.0], lam=2.0)
    >>> fit.coef.round(6)
    array([1., 0.])
    """
    x, y = as_regression_data(x, y)
    lam, tol = as_non_negative("lam", lam), as_non_negative("tol", tol)
    max_iter = as_count("max_iter", max_iter, minimum=1)
    x_centred, y_centred, x_mean, y_mean = _centre(x, y, fit_intercept)
    gram, target = x_centred.T @ x_centred, x_centred.T @ y_centred
    step_size = _checked_step_size(step_size, gram)

    coef = np.zeros(x.shape[1])
    limit = tol * np.abs(target).max()
    for _ in range(max_iter):
        gradient = gram @ coef - target
        residual = _largest_violation(-gradient, coef, lam)
        if residual <= limit:
            break
        coef = proximal_step(coef, gradient, step_size=step_size, l1=lam)
    else:
        _warn_unconverged("ista", residual, limit, max_iter)
    return LinearFit(coef, float(y_mean - x_mean @ coef))


def lam_max(x: ArrayLike, y: ArrayLike, *, fit_intercept: bool = True) -> float:
    r"""Compute the smallest :math:`\lambda` at which the lasso's coefficients are all zero.

    Computes :math:`\max_j |x_j^\top y|` with centred columns, in the sum convention of `ista`.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    y : array-like of float, shape (n_samples,)
        Targets.
    fit_intercept : bool, default=True
        Whether columns and targets are centred first.

    Returns
    -------
    float
        The largest :math:`\lambda` worth trying.

    Raises
    ------
    ValueError
        If shapes do not match or values are not finite.

    Examples
    --------
    >>> lam_max([[-1.0], [1.0]], [0.0, 4.0])
    4.0
    """
    x_centred, y_centred, _, _ = _centre(*as_regression_data(x, y), fit_intercept)
    return float(np.abs(x_centred.T @ y_centred).max())


def kkt_residual(
    x: ArrayLike, y: ArrayLike, coef: ArrayLike, *, lam: float, fit_intercept: bool = True
) -> float:
    r"""How far coefficients are from solving the lasso.

    With the residual :math:`r = y - Xw - b`, coefficients solve the lasso exactly when
    :math:`x_j^\top r = \lambda\,\mathrm{sign}(w_j)` wherever :math:`w_j \ne 0` and
    :math:`|x_j^\top r| \le \lambda` wherever :math:`w_j = 0`. Returns the largest violation.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    y : array-like of float, shape (n_samples,)
        Targets.
    coef : array-like of float, shape (n_features,)
        Coefficients :math:`w`; the best intercept :math:`b` for them is used.
    lam : float
        :math:`\lambda \ge 0` in the sum convention of `ista`.
    fit_intercept : bool, default=True
        Whether columns and targets are centred first.

    Returns
    -------
    float
        0 at a solution, in units of :math:`\lambda`.

    Raises
    ------
    ValueError
        If shapes do not match, values are not finite, or ``lam`` is negative.

    References
    ----------
    - Tibshirani (2013), The lasso problem and uniqueness, eqs. 2 and 3.

    Examples
    --------
    >>> kkt_residual([[-1.0], [1.0]], [0.0, 4.0], [0.0], lam=3.0)
    1.0
    """
    x, y = as_regression_data(x, y)
    coef = as_finite_array("coef", coef, shape=(x.shape[1],))
    lam = as_non_negative("lam", lam)
    x_centred, y_centred, _, _ = _centre(x, y, fit_intercept)
    return _largest_violation(x_centred.T @ (y_centred - x_centred @ coef), coef, lam)


def lasso_path(
    x: ArrayLike,
    y: ArrayLike,
    *,
    lams: ArrayLike,
    tol: float = 1e-12,
    max_iter: int = 100_000,
    fit_intercept: bool = True,
) -> np.ndarray:
    r"""Solve the lasso for many :math:`\lambda`, each from the solution of the next larger one.

    The objective is that of `ista`. The steps are accelerated (momentum that restarts when it
    points uphill), and once the set of non-zero coefficients has settled, the linear equations
    that hold on it are solved directly.

    Parameters
    ----------
    x : array-like of float, shape (n_samples, n_features)
        Inputs.
    y : array-like of float, shape (n_samples,)
        Targets.
    lams : array-like of float, shape (n_lams,)
        Values of :math:`\lambda \ge 0`, in any order.
    tol : float, default=1e-12
        Stop once the KKT residual is at most ``tol`` times `lam_max`.
    max_iter : int, default=100_000
        Steps to take at most for each :math:`\lambda`.
    fit_intercept : bool, default=True
        Whether to fit an unpenalised intercept.

    Returns
    -------
    numpy.ndarray of float, shape (n_features, n_lams)
        Coefficients, one column for each entry of ``lams``.

    Raises
    ------
    ValueError
        If shapes do not match, values are not finite, or a parameter is out of its range.

    Warns
    -----
    ConvergenceWarning
        If the stopping rule does not hold after ``max_iter`` steps.

    References
    ----------
    - Beck and Teboulle (2009), A fast iterative shrinkage-thresholding algorithm for linear
      inverse problems.
    - O'Donoghue and Candès (2015), Adaptive restart for accelerated gradient schemes.

    Examples
    --------
    >>> lasso_path([[-1.0], [1.0]], [0.0, 4.0], lams=[4.0, 2.0, 0.0]).round(6)
    array([[0., 1., 2.]])
    """
    x, y = as_regression_data(x, y)
    lams = _checked_lams(lams)
    tol = as_non_negative("tol", tol)
    max_iter = as_count("max_iter", max_iter, minimum=1)
    x_centred, y_centred, _, _ = _centre(x, y, fit_intercept)
    gram, target = x_centred.T @ x_centred, x_centred.T @ y_centred
    limit, step_size = tol * np.abs(target).max(), _checked_step_size(None, gram)

    path = np.empty((x.shape[1], lams.size))
    coef = np.zeros(x.shape[1])
    for index in np.argsort(-lams, kind="stable"):
        coef = _accelerated_lasso(gram, target, lams[index], coef, step_size, limit, max_iter)
        path[:, index] = coef
    return path


def _accelerated_lasso(
    gram: np.ndarray,
    target: np.ndarray,
    lam: float,
    coef: np.ndarray,
    step_size: float,
    limit: float,
    max_iter: int,
) -> np.ndarray:
    point, momentum = coef, 1.0
    for iteration in range(max_iter):
        residual = _largest_violation(target - gram @ coef, coef, lam)
        if residual <= limit:
            return coef
        if iteration % 25 == 24:
            solved = _solve_on_support(gram, target, lam, coef)
            if _largest_violation(target - gram @ solved, solved, lam) <= limit:
                return solved
        moved = proximal_step(point, gram @ point - target, step_size=step_size, l1=lam)
        if (point - moved) @ (moved - coef) > 0:  # momentum points uphill: begin again
            momentum = 1.0
        following = (1.0 + np.sqrt(1.0 + 4.0 * momentum**2)) / 2.0
        point = moved + (momentum - 1.0) / following * (moved - coef)
        coef, momentum = moved, following
    _warn_unconverged("lasso_path", residual, limit, max_iter)
    return coef


def _solve_on_support(
    gram: np.ndarray, target: np.ndarray, lam: float, coef: np.ndarray
) -> np.ndarray:
    """Solve the equations that hold if support and signs of ``coef`` are the right ones."""
    support = np.flatnonzero(coef)
    solved = np.zeros_like(coef)
    right_side = target[support] - lam * np.sign(coef[support])
    solved[support] = np.linalg.lstsq(gram[np.ix_(support, support)], right_side)[0]
    return solved


def _largest_violation(correlation: np.ndarray, coef: np.ndarray, lam: float) -> float:
    """Largest violation of the lasso's KKT conditions, given the products of x and residual."""
    at_zero = np.maximum(np.abs(correlation) - lam, 0.0)
    elsewhere = np.abs(correlation - lam * np.sign(coef))
    return float(np.where(coef == 0.0, at_zero, elsewhere).max())


def _checked_lams(lams: ArrayLike) -> np.ndarray:
    lams = as_finite_array("lams", lams, shape=("n_lams",))
    as_non_negative("min(lams)", lams.min())
    return lams


def _checked_step_size(step_size: float | None, gram: np.ndarray) -> float:
    """Return the given step size, or the inverse of the Gram matrix's largest eigenvalue."""
    largest = float(np.linalg.eigvalsh(gram)[-1])
    if step_size is None:
        return 1.0 / largest if largest > 0 else 1.0
    bound = 2.0 / largest if largest > 0 else np.inf
    if not 0 < as_non_negative("step_size", step_size) < bound:
        raise ValueError(
            f"step_size must be in (0, {bound:.6g}), below 2 over the largest squared singular "
            f"value. Received: step_size={step_size!r}"
        )
    return float(step_size)


def _warn_unconverged(name: str, residual: float, limit: float, max_iter: int) -> None:
    warnings.warn(
        f"{name} has not converged: raise max_iter or tol. "
        f"Received: KKT residual {residual:.3g} > {limit:.3g} after {max_iter} steps",
        ConvergenceWarning,
        stacklevel=3,
    )


def _centre(
    x: np.ndarray, y: np.ndarray, fit_intercept: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Return centred inputs and targets with their means; the means are 0 without intercept."""
    if not fit_intercept:
        return x, y, np.zeros(x.shape[1]), 0.0
    return _centred(x), _centred(y), x.mean(axis=0), float(y.mean())


def _centred(values: np.ndarray) -> np.ndarray:
    """Subtract the mean over samples; what that leaves of a constant is rounding, and made 0."""
    return np.where(np.ptp(values, axis=0) > 0, values - values.mean(axis=0), 0.0)


def _thin_svd(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Singular value decomposition without directions whose variance is rounding error."""
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    kept = s > s[0] * max(x.shape) * np.finfo(float).eps
    return u[:, kept], s[kept], vt[kept]
