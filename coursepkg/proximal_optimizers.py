r"""Keras optimizers under which the L1 penalty gives weights that are exactly zero.

``kernel_regularizer=keras.regularizers.L1`` hands the optimizer a subgradient, and the steps
jump back and forth over zero without landing on it. The optimizers here keep the penalty out of
the gradient: they step on the loss alone and then apply the soft threshold of
`coursepkg.proximal`. Use them in ``model.compile`` *instead of* an L1 regularizer; an L2
regularizer beside them gives the elastic net. As with ``kernel_regularizer``, biases and
normalizations are left alone.
"""

from __future__ import annotations

from typing import Any

from coursepkg._keras import keras, kernels
from coursepkg.proximal import soft_threshold
from coursepkg.validation import as_non_negative

ops = keras.ops


class _Proximal:
    """What the optimizers share: the factor ``l1`` and the kernels it is meant for."""

    def __init__(self, *args: Any, l1: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.l1 = as_non_negative("l1", l1)
        # At the minimum the loss pulls with l1 on each weight, which a clip would cut; and an
        # average over steps is zero only where every step was.
        for name in ("clipnorm", "clipvalue", "global_clipnorm", "use_ema"):
            if getattr(self, name):
                raise ValueError(
                    f"{type(self).__name__} cannot reach the lasso with {name}. "
                    f"Received: {name}={getattr(self, name)!r}"
                )

    def build(self, variables: list[keras.Variable]) -> None:
        """Create the optimizer's state and note which variables are kernels."""
        super().build(variables)
        self._kernel_indices = {self._get_variable_index(kernel) for kernel in kernels(variables)}
        if not self._kernel_indices:
            raise ValueError(
                f"{type(self).__name__} needs a kernel to penalise. "
                f"Received: variables {[variable.path for variable in variables]}"
            )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer."""
        return {**super().get_config(), "l1": self.l1}

    def _is_kernel(self, variable: keras.Variable) -> bool:
        return self._get_variable_index(variable) in self._kernel_indices

    def _shrink(self, kernel: keras.Variable, step_size: Any) -> Any:
        """Apply the soft threshold ``step_size * l1`` and return what it took away."""
        weights = ops.convert_to_tensor(kernel)
        shrunk = soft_threshold(weights, step_size * self.l1)
        taken = weights - shrunk
        self.assign(kernel, shrunk)
        return taken


@keras.saving.register_keras_serializable(package="coursepkg")
class ProximalSGD(_Proximal, keras.optimizers.SGD):
    r"""Stochastic gradient descent with a proximal L1 step.

    With learning rate :math:`\eta`, momentum :math:`\mu` and the gradient :math:`g_t` of the loss,
    each kernel follows

    .. math:: w_{t+1} = S\bigl(w_t - \eta g_t + \mu (w_t - w_{t-1}),\; \eta\lambda_1\bigr).

    The momentum is the step that was really taken, threshold included, so that the minimiser of
    loss plus :math:`\lambda_1\sum|w|` is a fixed point whatever :math:`\mu` is.

    Parameters
    ----------
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=0.01
        Learning rate :math:`\eta`.
    momentum : float, default=0.0
        Momentum :math:`\mu` in [0, 1).
    l1 : float, default=0.01
        Factor :math:`\lambda_1` on :math:`\sum|w|`, as in ``keras.regularizers.L1``.
    **kwargs
        Passed to ``keras.optimizers.SGD``; ``nesterov``, clipping and averaging are refused.

    Raises
    ------
    ValueError
        If ``l1`` is negative, a refused argument is set, or there is no kernel to penalise.

    References
    ----------
    - Ochs, Chen, Brox and Pock (2014), iPiano: inertial proximal algorithm for nonconvex
      optimization.

    Examples
    --------
    >>> ProximalSGD(0.1, l1=0.02).get_config()["l1"]
    0.02
    """

    def __init__(
        self, learning_rate: Any = 0.01, momentum: float = 0.0, *, l1: float = 0.01, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, momentum, l1=l1, **kwargs)
        if self.nesterov:
            raise ValueError("ProximalSGD has no Nesterov momentum. Received: nesterov=True")

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        """Take Keras' step on the loss, then the proximal step."""
        super().update_step(gradient, variable, learning_rate)
        if not self._is_kernel(variable):
            return
        taken = self._shrink(variable, ops.cast(learning_rate, variable.dtype))
        if self.momentum:
            self.assign_sub(self.momentums[self._get_variable_index(variable)], taken)


@keras.saving.register_keras_serializable(package="coursepkg")
class ProximalAdam(_Proximal, keras.optimizers.Adam):
    r"""Adam with a proximal L1 step in Adam's own metric.

    Adam divides each weight's step by :math:`\sqrt{\hat v} + \epsilon`; the threshold has to be
    divided by the same,

    .. math:: w_{t+1} = S\Bigl(w_t - \frac{\eta\,\hat m_t}{\sqrt{\hat v_t} + \epsilon},\;
        \frac{\eta\lambda_1}{\sqrt{\hat v_t} + \epsilon}\Bigr),

    or else the fixed point is no longer the minimiser of loss plus :math:`\lambda_1\sum|w|`.

    Parameters
    ----------
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=0.001
        Learning rate :math:`\eta`.
    l1 : float, default=0.01
        Factor :math:`\lambda_1` on :math:`\sum|w|`, as in ``keras.regularizers.L1``.
    **kwargs
        Passed to ``keras.optimizers.Adam``; ``amsgrad``, clipping and averaging are refused.

    Raises
    ------
    ValueError
        If ``l1`` is negative, a refused argument is set, or there is no kernel to penalise.

    References
    ----------
    - Kingma and Ba (2015), Adam: a method for stochastic optimization.
    - Duchi, Hazan and Singer (2011), Adaptive subgradient methods for online learning and
      stochastic optimization, for the threshold in an adaptive metric.

    Examples
    --------
    >>> ProximalAdam(0.01, l1=0.02).get_config()["l1"]
    0.02
    """

    def __init__(self, learning_rate: Any = 0.001, *, l1: float = 0.01, **kwargs: Any) -> None:
        super().__init__(learning_rate, l1=l1, **kwargs)
        if self.amsgrad:
            raise ValueError("ProximalAdam has no AMSGrad variant. Received: amsgrad=True")

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        """Take Keras' step on the loss, then the proximal step."""
        super().update_step(gradient, variable, learning_rate)
        if not self._is_kernel(variable):
            return
        velocity = self._velocities[self._get_variable_index(variable)]
        step = ops.cast(self.iterations + 1, variable.dtype)
        # Keras folds the bias correction of v into the step size, and adds epsilon after that.
        corrected = ops.cast(learning_rate, variable.dtype) * ops.sqrt(1.0 - self.beta_2**step)
        self._shrink(variable, corrected / (ops.sqrt(velocity) + self.epsilon))
