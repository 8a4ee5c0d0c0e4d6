"""The surface of the sweep: describe a network once, fit it for all seeds and settings at once."""

from __future__ import annotations

import reprlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from coursepkg.sweep.data import Data, stack
from coursepkg.sweep.network import ACTIVATIONS
from coursepkg.sweep.optimizers import OPTIMIZERS
from coursepkg.sweep.plan import Plan
from coursepkg.sweep.program import Program
from coursepkg.sweep.running import run
from coursepkg.sweep.runs import assemble
from coursepkg.sweep.settings import span
from coursepkg.validation import as_count

_MOST_SEEDS = 10**7
_CHOICES = {
    "activation": tuple(ACTIVATIONS),
    "optimizer": tuple(OPTIMIZERS),
    "dtype": ("float32", "float64"),
    "restore_best_weights": (False, True),
    "curves": (False, True),
    "one_output": (False, True),
}


@dataclass(frozen=True)
class MLP:
    r"""A multilayer perceptron and how it is trained, apart from what may vary.

    Output and loss follow from the targets: whole numbers are classes (softmax, cross-entropy),
    other numbers a regression (one linear output, squared error). Weights start as Keras' do
    (Glorot uniform kernels, zero biases), and mini-batches are reshuffled each epoch, the last
    one short where the rows don't divide.

    Attributes
    ----------
    units : int or sequence of int, default=(128, 64)
        Units of each hidden layer; ``()`` is a linear model.
    activation : {"relu", "tanh"}, default="relu"
        Of the hidden layers.
    optimizer : {"sgd", "adam", "adamw", "proximal_sgd", "proximal_adam"}, default="adam"
        With Keras' defaults. Under the proximal ones ``l1`` is a soft threshold after each step,
        as in `coursepkg.proximal_optimizers`; under the others its subgradient is part of the
        gradient, as with Keras' regularizer.
    epochs, batch_size : int, default=60 and 32
        Number of epochs, and of rows in a batch.
    restore_best_weights : bool, default=False
        Whether early stopping goes back to the weights of the best epoch.
    curves : bool, default=True
        Whether losses and accuracies are measured after every epoch. Without, they are those of
        the final weights alone, and training is faster.
    dtype : {"float32", "float64"}, default="float32"
        Type of all numbers that training computes with.
    chunk_size : int, default=8
        Replicas that are trained together, at least 2. In float32 it is part of a result's
        identity: another size adds the same numbers in another order. In float64 it changes
        nothing.
    one_output : bool, default=False
        Whether two classes get one output, the logit of class 1, instead of one for each.

    Raises
    ------
    ValueError
        If a name is unknown or a count too small.

    Examples
    --------
    >>> from coursepkg import datasets
    >>> digits = [datasets.load_digits_noisy(100, seed=seed) for seed in range(3)]
    >>> mlp = MLP(units=(16,), epochs=3)
    >>> runs = mlp.fit(digits, seeds=3, l2=[0.0, 0.01])
    >>> dict(runs.val_loss.sizes)
    {'setting': 2, 'seed': 3, 'epoch': 3}
    """

    units: tuple[int, ...] = (128, 64)
    activation: str = "relu"
    optimizer: str = "adam"
    epochs: int = 60
    batch_size: int = 32
    restore_best_weights: bool = False
    curves: bool = True
    dtype: str = "float32"
    chunk_size: int = 8
    one_output: bool = False

    def __post_init__(self) -> None:
        units = (self.units,) if np.ndim(self.units) == 0 else self.units
        object.__setattr__(
            self, "units", tuple(as_count("units", width, minimum=1) for width in units)
        )
        for name in ("epochs", "batch_size"):
            as_count(name, getattr(self, name), minimum=1)
        # XLA drops an axis of length 1 and then adds in another order.
        as_count("chunk_size", self.chunk_size, minimum=2)
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} must be one of {', '.join(map(str, known))}. "
                    f"Received: {name}={getattr(self, name)!r}"
                )

    def fit(
        self,
        data: Data,
        *,
        seeds: int | Sequence[int] = 10,
        progress: bool | None = None,
        **settings: float | Sequence[float],
    ) -> xr.Dataset:
        r"""Train one replica for every combination of the settings and every seed.

        The seed draws a replica's first weights, batches, label noise and dropped units, whatever
        the settings are; so settings can be compared seed by seed. Work is done by as many
        threads as there are cores; ``joblib.parallel_config`` chooses processes (loky) or a
        cluster (dask) instead, and the numbers stay the same.

        Parameters
        ----------
        data : Dataset, sequence of Dataset, or sequence of these
            One data set for all, one for each seed, or for each setting a sequence of one for
            each seed; all of one shape.
        seeds : int or sequence of int, default=10
            The seeds, or how many: 0, 1, 2, ...
        progress : bool, optional
            Whether to show a progress bar; by default in a terminal and in JupyterLab, for work
            that takes more than a second or two.
        **settings : float or sequence of float
            Each a number, or several to span a grid:

            - ``learning_rate``; ``momentum`` (of SGD);
            - ``l1``, ``l2``: factors on :math:`\sum|w|` and :math:`\sum w^2` of the kernels;
            - ``weight_decay``: decoupled, of the kernels, times the learning rate;
            - ``rate``, ``input_rate``: fraction dropped of hidden units and of inputs;
            - ``loss_gradient_penalty``: factor on the mean over rows of the squared norm of the
              loss' gradient in the inputs;
            - ``label_noise``: fraction of training and validation labels redrawn uniformly; for
              regression the standard deviation of noise added to these targets;
            - ``patience`` and ``min_delta``: early stopping on the validation loss, as Keras'
              callback does it.

        Returns
        -------
        xarray.Dataset
            Axes ``setting``, ``seed`` and ``epoch`` (from 0, as Keras counts). ``setting``
            answers to the names that vary, as in ``runs.sel(l2=0.01)``.

            - ``train_loss``, ``val_loss``, ``train_accuracy``, ``val_accuracy``, ``penalty``:
              after each epoch, without dropout; losses *without* the penalty, in nats or squared
              units of ``y``; with ``label_noise`` on the noisy targets; not a number after the
              epoch in which a replica stopped.
            - ``running_loss``: what Keras logs as ``loss``, without the penalty: the mean over
              the batches of the epoch, with dropout, while the weights moved.
            - ``test_loss``, ``test_accuracy``, ``sparsity`` (fraction of kernel entries that are
              exactly zero) of the final weights; ``kernel_0``, ``bias_0``, ... are these weights.
            - ``best_epoch`` of the validation loss (with ``patience``, Keras': the last one that
              beat the best before by ``min_delta``; without, the smallest of the curve),
              ``last_epoch`` trained, ``final_epoch`` whose weights are returned.
            - ``diverged``: whether the replica lost its numbers. The others are not affected.

        Raises
        ------
        ValueError
            If a setting is unknown or out of range, shapes don't match or a number is not finite;
            before anything is compiled.
        MemoryError
            If the sweep would not fit into memory; says how many replicas would.

        Warns
        -----
        RuntimeWarning
            If a replica diverged; says which.
        """
        plan = self.plan(data, seeds=seeds, **settings)
        runs = assemble(run(plan, progress=progress), plan)
        _warn_of_divergence(plan, runs)
        return runs

    def plan(
        self, data: Data, *, seeds: int | Sequence[int] = 10, **settings: float | Sequence[float]
    ) -> Plan:
        """Check all that `fit` is given and lay the sweep out, without running it.

        Parameters
        ----------
        data, seeds, **settings
            As in `fit`.

        Returns
        -------
        Plan
            Its replicas, their chunks, and an estimate of the memory they take.

        Raises
        ------
        ValueError
            As in `fit`.
        """
        rows, seeds = stack(data), _as_seeds(seeds)
        grid = span(settings, optimizer=self.optimizer, n_classes=rows.n_classes)
        rows.places(len(grid), len(seeds))
        self._check_use(grid.used, rows.x)
        rows.check_range(self.dtype)
        program = Program(
            widths=(rows.x["train"].shape[2], *self.units, self._n_outputs(rows.n_classes)),
            activation=self.activation,
            optimizer=self.optimizer,
            dtype=self.dtype,
            curves=self.curves,
            restore_best_weights=self.restore_best_weights,
            used=grid.used,
            one_output=self.one_output,
        )
        batch_size = min(self.batch_size, rows.x["train"].shape[1])
        return Plan(program, grid, seeds, rows, self.epochs, batch_size, self.chunk_size)

    def _n_outputs(self, n_classes: int | None) -> int:
        """Count the outputs that a number of classes needs, or a regression (None)."""
        if not self.one_output:
            return n_classes or 1
        if n_classes is None or n_classes > 2:
            given = "real-valued targets" if n_classes is None else f"{n_classes} classes"
            raise ValueError(f"one_output needs labels 0 and 1. Received: {given}")
        return 1

    def _check_use(self, used: frozenset[str], parts: Mapping[str, Any]) -> None:
        """Refuse what would have no effect, or nothing to work with."""
        if "patience" in used and "val" not in parts:
            raise ValueError("patience needs validation rows. Received: data without any")
        if self.restore_best_weights and "patience" not in used:
            raise ValueError(
                "restore_best_weights needs patience, which asks for early stopping; "
                f"patience={self.epochs} never stops. Received: none"
            )
        if "rate" in used and not self.units:
            raise ValueError("rate drops hidden units. Received: units=()")


def _as_seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    """List the seeds, which are given themselves or by their number."""
    given = list(seeds) if isinstance(seeds, Sequence) else np.asarray(seeds).tolist()
    if not isinstance(given, list):
        number = as_count("seeds", given, minimum=1)
        if number > _MOST_SEEDS:
            raise ValueError(f"seeds must be at most {_MOST_SEEDS}. Received: seeds={number}")
        return tuple(range(number))
    listed = tuple(as_count("seeds", seed) for seed in given)
    if not listed or len(set(listed)) < len(listed) or max(listed) >= 2**63:
        raise ValueError(
            "seeds must be distinct, below 2**63, and at least one. "
            f"Received: seeds={reprlib.repr(given)}"
        )
    return listed


def _warn_of_divergence(plan: Plan, runs: xr.Dataset) -> None:
    """Say which replicas diverged; the first few by name."""
    lost = np.argwhere(runs["diverged"].to_numpy())
    if not len(lost):
        return
    named = [f"{plan.grid.describe(place)}seed={plan.seeds[seed]}" for place, seed in lost[:5]]
    more = f"; and {len(lost) - 5} more" if len(lost) > 5 else ""
    warnings.warn(
        f"{len(lost)} of {plan.n_replicas} replicas diverged: {'; '.join(named)}{more}. "
        "The variable diverged marks them; the others are not affected.",
        RuntimeWarning,
        stacklevel=3,
    )
