"""What a worker is told: the program to compile, and the chunk of replicas to train with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class Program:
    """All that is fixed when the graph is made; equal programs share a compilation.

    Attributes
    ----------
    widths : tuple of int
        Inputs, units of each hidden layer, outputs.
    activation, optimizer, dtype : str
        As in `coursepkg.sweep.MLP`.
    curves, restore_best_weights : bool
        As in `coursepkg.sweep.MLP`.
    used : frozenset of str
        Settings that are not zero in every replica of the sweep.
    one_output : bool
        As in `coursepkg.sweep.MLP`.
    """

    widths: tuple[int, ...]
    activation: str
    optimizer: str
    dtype: str
    curves: bool
    restore_best_weights: bool
    used: frozenset[str]
    one_output: bool = False

    @property
    def stops_early(self) -> bool:
        """Whether some validation loss decides when training ends."""
        return "patience" in self.used


@dataclass(frozen=True)
class Chunk:
    """A handful of replicas, trained together.

    Attributes
    ----------
    seeds : tuple of int, length n_replicas
        Seed of each replica.
    settings : dict of str to numpy.ndarray of float, shape (n_replicas,)
        Value of each setting in each replica.
    x, y : dict of str to numpy.ndarray
        For ``"train"``, ``"val"`` and ``"test"``, where there are such rows, inputs ``(d, n, p)``
        and targets ``(d, n)``; ``d`` is 1 where all replicas share one data set, else
        ``n_replicas``.
    n_classes : int or None
        Number of classes; None for regression.
    epochs, batch_size : int
        As in `coursepkg.sweep.MLP`.
    """

    seeds: tuple[int, ...]
    settings: dict[str, np.ndarray]
    x: dict[str, np.ndarray]
    y: dict[str, np.ndarray]
    n_classes: int | None
    epochs: int
    batch_size: int


@dataclass(frozen=True)
class Trained:
    """What became of a chunk; the first axis of every array is the replica.

    Attributes
    ----------
    weights : list of numpy.ndarray
        Kernel ``(n_replicas, in, out)`` and bias ``(n_replicas, 1, out)`` of each layer in turn.
    curves : dict of str to numpy.ndarray, shape (n_replicas, epochs)
        Values at the end of each epoch; 0 after the epoch in which the last replica stopped.
    ends : dict of str to numpy.ndarray, shape (n_replicas,)
        Values of the final weights, and of early stopping the epochs.
    """

    weights: list[np.ndarray]
    curves: dict[str, np.ndarray]
    ends: dict[str, np.ndarray]
