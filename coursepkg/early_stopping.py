r"""Early stopping: when to stop training, and why stopping early is a penalty in disguise.

`EarlyStopping` takes the decisions of Keras' callback one epoch at a time, so that they can be
followed with a pencil. `gd_filter_factors` and `gradient_flow_factors` say what a stopped descent
has learnt along each direction of the data, and `equivalent_lambda` which ridge penalty has learnt
about as much. The rest are the stopping criteria of Prechelt (1998), which compare how much worse
validation has become with how much training still gains.

Epochs count from 0, as in Keras.
"""

from __future__ import annotations

import copy
import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from coursepkg.validation import (
    as_count,
    as_finite_array,
    as_non_negative,
    as_number_between,
)


class EarlyStopping:
    """Stop when a monitored value has not improved for a while, decision by decision as Keras.

    A value improves if it is better than the best so far by more than ``min_delta``; a tie is no
    improvement. The first monitored value is the best one whatever it is, NaN too, and a NaN that
    is best stays so, since nothing compares as better; any later NaN is no improvement. ``wait``
    counts the epochs since an improvement, and an epoch that does not improve stops training once
    ``wait`` reaches ``patience``: patience 0 and 1 mean the same. With a ``baseline``, only an
    improvement that also beats the baseline by more than ``min_delta`` sets ``wait`` back to 0.
    Values are compared in float32, Keras' usual precision: 0.7 does not beat 0.8 by more than 0.1.

    One object follows one training.

    Parameters
    ----------
    patience : int, default=0
        Epochs without improvement after which training stops.
    min_delta : float, default=0.0
        By how much a value must be better to count as an improvement, in units of the value; as
        in Keras, its sign is ignored.
    mode : {"min", "max"}, default="min"
        Whether smaller or larger values are better.
    baseline : float, optional
        Value that must be beaten, too.
    restore_best_weights : bool, default=False
        Whether the model ends with the weights of its best epoch; else with those of its last.
    start_from_epoch : int, default=0
        First epoch that is monitored; those before it count for nothing, not as best either.

    Attributes
    ----------
    epoch : int
        Last epoch seen, -1 before the first.
    best : float or None
        Best value so far, None before the first monitored epoch.
    best_epoch : int or None
        Its epoch.
    wait : int
        Monitored epochs since the last improvement (that beat the baseline).
    stopped_epoch : int or None
        Epoch after which training stopped, None if it has not (Keras has 0 there).
    best_weights : object
        Copy of the weights of the best epoch, None unless ``restore_best_weights``.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    - Keras, ``keras.callbacks.EarlyStopping``.

    Examples
    --------
    >>> stopping = EarlyStopping(patience=2, restore_best_weights=True)
    >>> [stopping.update(loss, weights=[loss]) for loss in [5.0, 4.0, 3.0, 3.5, 3.4]]
    [False, False, False, False, True]
    >>> stopping.stopped_epoch, stopping.best_epoch, stopping.final_weights
    (4, 2, [3.0])
    """

    def __init__(
        self,
        patience: int = 0,
        *,
        min_delta: float = 0.0,
        mode: Literal["min", "max"] = "min",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f'mode must be "min" or "max". Received: mode={mode!r}')
        if baseline is not None:
            baseline = as_number_between("baseline", baseline, -math.inf, math.inf)
        self.patience = as_count("patience", patience)
        self.min_delta = abs(
            as_number_between("min_delta", min_delta, -math.inf, math.inf, ends="none")
        )
        self.mode = mode
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = as_count("start_from_epoch", start_from_epoch)

        self.epoch = -1
        self.best: float | None = None
        self.best_epoch: int | None = None
        self.wait = 0
        self.stopped_epoch: int | None = None
        self.best_weights: Any = None
        self._last_weights: Any = None

    @property
    def final_weights(self) -> Any:
        """Weights with which the model ends, were training to end after the last epoch seen.

        With ``restore_best_weights`` those of the best epoch, even if training was not stopped
        early; else, and as long as no epoch was monitored, those of the last.
        """
        return self._last_weights if self.best_weights is None else self.best_weights

    def update(self, value: float, weights: Any = None) -> bool:
        """Look at the value of one more epoch and decide whether training stops after it.

        Parameters
        ----------
        value : float
            Monitored value, for example the validation loss; NaN and infinities are allowed.
        weights : object, optional
            Weights at the end of the epoch, copied, so that training may go on in place; needed
            with ``restore_best_weights``.

        Returns
        -------
        bool
            Whether training stops now.

        Raises
        ------
        ValueError
            If ``value`` is no number, or weights to be restored are missing.
        RuntimeError
            If training has stopped before.
        """
        value = _as_number(value)
        if self.stopped_epoch is not None:
            raise RuntimeError(
                f"training has stopped after epoch {self.stopped_epoch}: follow the next one with "
                f"a new EarlyStopping. Received: value={value}"
            )
        if self.restore_best_weights and weights is None:
            raise ValueError("restore_best_weights needs weights. Received: weights=None")
        self.epoch += 1
        self._last_weights = copy.deepcopy(weights)
        if self.epoch < self.start_from_epoch:
            return False
        self.wait += 1
        if self._improves_on(self.best, value):
            self._keep(value)
            return False
        if self.wait >= self.patience:
            self.stopped_epoch = self.epoch
        return self.stopped_epoch is not None

    def _improves_on(self, reference: float | None, value: float) -> bool:
        if reference is None:
            return True
        sign = 1.0 if self.mode == "min" else -1.0
        with np.errstate(over="ignore"):  # what is too large for float32 is infinite
            return bool(np.float32(sign * value + self.min_delta) < np.float32(sign * reference))

    def _keep(self, value: float) -> None:
        self.best, self.best_epoch = value, self.epoch
        if self.restore_best_weights:
            self.best_weights = self._last_weights
        if self._improves_on(self.baseline, value):
            self.wait = 0


def gd_filter_factors(eigenvalues: ArrayLike, *, step_size: float, n_steps: int) -> np.ndarray:
    r"""How much of least squares gradient descent has learnt along each direction of the inputs.

    Descent from :math:`w = 0` on :math:`\tfrac{1}{2n}\lVert y - Xw \rVert^2` reaches, after
    :math:`\tau` steps of size :math:`\eta`, the least-squares solution times :math:`1 -
    (1 - \eta s_i)^\tau` along the eigenvector of :math:`s_i`. Keras' ``mse`` lacks the half: pass
    twice its learning rate.

    Parameters
    ----------
    eigenvalues : array-like of float, shape (n_eigenvalues,)
        Eigenvalues :math:`s_i \ge 0` of :math:`X^\top X / n`; negative ones that are rounding
        errors are taken for 0.
    step_size : float
        Step size :math:`\eta > 0`.
    n_steps : int
        Number of steps :math:`\tau`.

    Returns
    -------
    numpy.ndarray of float, shape (n_eigenvalues,)
        Factors, precise for the smallest :math:`\eta s_i`, too. With the number of steps they rise
        steadily towards 1 where :math:`\eta s_i < 1`, and swing around 1, inside [0, 2], where
        :math:`1 < \eta s_i \le 2`; beyond that descent diverges, and so do the factors.

    Raises
    ------
    ValueError
        If an eigenvalue is negative or not finite, or a parameter is out of its range.

    References
    ----------
    - Goodfellow, Bengio and Courville (2016), Deep learning, section 7.8.

    Examples
    --------
    >>> gd_filter_factors([0.0, 1.0, 5.0, 15.0], step_size=0.1, n_steps=2)
    array([0.  , 0.19, 0.75, 0.75])
    """
    eigenvalues = _checked_eigenvalues(eigenvalues)
    n_steps = as_count("n_steps", n_steps)
    travelled = _positive("step_size", step_size) * eigenvalues
    small = np.minimum(travelled, 0.5)  # where 1 - (1 - small) would lose digits
    with np.errstate(over="ignore"):  # divergence may end at infinity
        return np.where(
            travelled < 0.5,
            -np.expm1(n_steps * np.log1p(-small)),
            1.0 - (1.0 - travelled) ** n_steps,
        )


def gradient_flow_factors(eigenvalues: ArrayLike, *, time: float) -> np.ndarray:
    r"""How much of least squares gradient flow has learnt along each direction of the inputs.

    Computes :math:`1 - e^{-t s_i}`, the limit of `gd_filter_factors` for many small steps with
    :math:`\eta\tau = t`.

    Parameters
    ----------
    eigenvalues : array-like of float, shape (n_eigenvalues,)
        Eigenvalues :math:`s_i \ge 0` of :math:`X^\top X / n`; negative ones that are rounding
        errors are taken for 0.
    time : float
        Time :math:`t \ge 0`, step size times number of steps.

    Returns
    -------
    numpy.ndarray of float, shape (n_eigenvalues,)
        Factors in [0, 1].

    Raises
    ------
    ValueError
        If an eigenvalue is negative or not finite, or ``time`` is negative.

    References
    ----------
    - Ali, Kolter and Tibshirani (2019), A continuous-time view of early stopping for least
      squares.

    Examples
    --------
    >>> gradient_flow_factors([0.0, 1.0, 5.0], time=0.2).round(6)
    array([0.      , 0.181269, 0.632121])
    """
    return -np.expm1(-as_non_negative("time", time) * _checked_eigenvalues(eigenvalues))


def equivalent_lambda(*, step_size: float, n_steps: int) -> float:
    r"""Ridge penalty that shrinks about as much as gradient descent stopped after some steps.

    Computes :math:`\lambda = 1/(\eta\tau)`, for which ridge's factors :math:`s_i/(s_i + \lambda)`
    agree with `gd_filter_factors` to first order where :math:`\eta\tau s_i` is small. They belong
    to :math:`\tfrac{1}{2n}\lVert y - Xw \rVert^2 + \tfrac{\lambda}{2}\lVert w \rVert^2`. In other
    conventions,

    - Keras' ``mse`` with learning rate :math:`\eta` and ``L2(l2)``: l2 :math:`= 1/(2\eta\tau)`,
      half of what this returns for Keras' learning rate;
    - `coursepkg.linear_models.ridge` and scikit-learn's ``Ridge``, which sum over ``n`` samples:
      :math:`n\lambda`.

    Parameters
    ----------
    step_size : float
        Step size :math:`\eta > 0` on the loss with the half.
    n_steps : int
        Number of steps :math:`\tau \ge 1`.

    Returns
    -------
    float
        :math:`\lambda`, in units of the eigenvalues.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    - Goodfellow, Bengio and Courville (2016), Deep learning, section 7.8.
    - Ali, Kolter and Tibshirani (2019), A continuous-time view of early stopping for least
      squares.

    Examples
    --------
    >>> equivalent_lambda(step_size=0.125, n_steps=4)
    2.0
    """
    return 1.0 / (_positive("step_size", step_size) * as_count("n_steps", n_steps, minimum=1))


def generalization_loss(val_losses: ArrayLike) -> np.ndarray:
    r"""How much worse validation is than at its best so far, Prechelt's :math:`GL`.

    Computes :math:`GL(t) = 100\,\bigl(E_{va}(t) / \min_{t' \le t} E_{va}(t') - 1\bigr)`. The
    minimum is over the past alone, since a training that is running knows no more.

    Parameters
    ----------
    val_losses : array-like of float, shape (n_epochs,)
        Validation loss after each epoch, above 0.

    Returns
    -------
    numpy.ndarray of float, shape (n_epochs,)
        Generalization loss in percent, 0 wherever validation is at its best so far.

    Raises
    ------
    ValueError
        If the losses are not finite and positive: a percentage of a loss that is 0 or negative
        has no meaning.

    References
    ----------
    - Prechelt (1998), Early stopping, but when? In: Neural networks: tricks of the trade.

    Examples
    --------
    >>> generalization_loss([4.0, 2.0, 3.0, 1.0, 1.5])
    array([ 0.,  0., 50.,  0., 50.])
    """
    val_losses = _positive_losses("val_losses", val_losses)
    return 100.0 * (val_losses / np.minimum.accumulate(val_losses) - 1.0)


def training_progress(train_losses: ArrayLike, *, strip: int = 5) -> np.ndarray:
    r"""How much training still gains, Prechelt's :math:`P_k`, at the end of each strip.

    Epochs are cut into strips of :math:`k`: the first is 0 to :math:`k - 1`. Of a strip this
    tells how far the average training loss lies above the lowest, :math:`P_k = 1000\,
    \bigl(\overline{E_{tr}} / \min E_{tr} - 1\bigr)`. It is large while the loss falls fast, but
    also while it rises or jumps.

    Parameters
    ----------
    train_losses : array-like of float, shape (n_epochs,)
        Training loss after each epoch, above 0.
    strip : int, default=5
        Length :math:`k` of a strip in epochs; with 1, progress is always 0.

    Returns
    -------
    numpy.ndarray of float, shape (n_epochs,)
        Progress per mille at the last epoch of each strip, NaN at all other epochs.

    Raises
    ------
    ValueError
        If the losses are not finite and positive, or ``strip`` is below 1.

    References
    ----------
    - Prechelt (1998), Early stopping, but when? In: Neural networks: tricks of the trade.

    Examples
    --------
    >>> training_progress([4.0, 2.0, 1.0, 1.0, 5.0], strip=2)
    array([ nan, 500.,  nan,   0.,  nan])
    """
    train_losses = _positive_losses("train_losses", train_losses)
    strip = as_count("strip", strip, minimum=1)
    strips = train_losses[: len(train_losses) // strip * strip].reshape(-1, strip)
    progress = np.full(len(train_losses), np.nan)
    ratios = strips / strips.min(axis=1, keepdims=True)
    progress[strip - 1 :: strip] = 1000.0 * (ratios - 1.0).mean(axis=1)
    return progress


def stop_gl(val_losses: ArrayLike, *, threshold: float) -> int | None:
    r"""Stop when the generalization loss exceeds a threshold, Prechelt's :math:`GL_\alpha`.

    Parameters
    ----------
    val_losses : array-like of float, shape (n_epochs,)
        Validation loss after each epoch, above 0.
    threshold : float
        :math:`\alpha \ge 0`, in percent.

    Returns
    -------
    int or None
        First epoch, from 0, with :math:`GL(t) > \alpha`; None if there is none.

    Raises
    ------
    ValueError
        If the losses are not finite and positive, or ``threshold`` is negative.

    References
    ----------
    - Prechelt (1998), Early stopping, but when? In: Neural networks: tricks of the trade.

    Examples
    --------
    >>> stop_gl([4.0, 2.0, 2.1, 3.0, 1.0], threshold=10)
    3
    """
    return _first(generalization_loss(val_losses) > as_non_negative("threshold", threshold))


def stop_pq(
    train_losses: ArrayLike, val_losses: ArrayLike, *, threshold: float, strip: int = 5
) -> int | None:
    r"""Stop when generalization loss outweighs training progress, Prechelt's :math:`PQ_\alpha`.

    Parameters
    ----------
    train_losses, val_losses : array-like of float, shape (n_epochs,)
        Training and validation loss after each epoch, above 0.
    threshold : float
        :math:`\alpha \ge 0`, percent of generalization loss for each per mille of progress.
    strip : int, default=5
        Length :math:`k` of a strip in epochs.

    Returns
    -------
    int or None
        First end of a strip, counted in epochs from 0, with :math:`GL(t) > \alpha P_k(t)`; None
        if there is none. Where progress is 0, any generalization loss stops.

    Raises
    ------
    ValueError
        If the losses are not finite and positive or differ in number, or a parameter is out of
        its range.

    References
    ----------
    - Prechelt (1998), Early stopping, but when? In: Neural networks: tricks of the trade.

    Examples
    --------
    >>> stop_pq([8.0, 4.0, 3.0, 2.9], [5.0, 4.0, 5.0, 6.0], threshold=1.0, strip=2)
    3
    """
    progress = training_progress(train_losses, strip=strip)
    val_losses = as_finite_array("val_losses", val_losses, shape=progress.shape)
    threshold = as_non_negative("threshold", threshold)
    return _first(generalization_loss(val_losses) > threshold * progress)  # NaN: not at an end


def stop_up(val_losses: ArrayLike, *, successive: int, strip: int = 5) -> int | None:
    r"""Stop when validation has become worse in successive strips, Prechelt's :math:`UP_s`.

    Compares :math:`E_{va}(t) > E_{va}(t - k)` at the ends of strips, however small the rise. The
    end of the first strip has nothing to be compared with.

    Parameters
    ----------
    val_losses : array-like of float, shape (n_epochs,)
        Validation loss after each epoch, of any sign.
    successive : int
        Number :math:`s \ge 1` of successive strips, each of which must end higher than the one
        before it.
    strip : int, default=5
        Length :math:`k` of a strip in epochs.

    Returns
    -------
    int or None
        Last epoch, from 0, of the first :math:`s` such strips; None if there are none.

    Raises
    ------
    ValueError
        If the losses are not finite or a parameter is out of its range.

    References
    ----------
    - Prechelt (1998), Early stopping, but when? In: Neural networks: tricks of the trade.

    Examples
    --------
    >>> stop_up([5.0, 4.0, 3.0, 4.1, 3.0, 4.2], successive=2, strip=2)
    5
    """
    val_losses = as_finite_array("val_losses", val_losses, shape=("n_epochs",))
    successive = as_count("successive", successive, minimum=1)
    strip = as_count("strip", strip, minimum=1)
    rises = 0
    for epoch in range(2 * strip - 1, len(val_losses), strip):
        rises = rises + 1 if val_losses[epoch] > val_losses[epoch - strip] else 0
        if rises == successive:
            return epoch
    return None


def _first(condition: np.ndarray) -> int | None:
    """Index of the first True."""
    return int(condition.argmax()) if condition.any() else None


def _as_number(value: float) -> float:
    """Return a number or a scalar array or tensor of one, NaN included, as a float."""
    array = np.asarray(value)
    if array.ndim or array.dtype.kind not in "iuf":
        raise ValueError(f"value must be a number. Received: value={value!r}")
    return float(array)


def _positive(name: str, value: float) -> float:
    return as_number_between(name, value, 0, math.inf, ends="none")


def _positive_losses(name: str, losses: ArrayLike) -> np.ndarray:
    losses = as_finite_array(name, losses, shape=("n_epochs",))
    _positive(f"min({name})", losses.min())
    return losses


def _checked_eigenvalues(eigenvalues: ArrayLike) -> np.ndarray:
    """Return the eigenvalues, 0 for those that are negative by no more than a solver's rounding."""
    eigenvalues = as_finite_array("eigenvalues", eigenvalues, shape=("n_eigenvalues",))
    if eigenvalues.min() < -1e-12 * eigenvalues.max():
        as_non_negative("min(eigenvalues)", eigenvalues.min())
    return np.maximum(eigenvalues, 0.0)
