"""What every contestant trains: 80 networks on one data set, 10 seeds times 8 values of l2."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass

import numpy as np

from coursepkg import datasets

WIDTHS = (64, 128, 64, 10)
EPOCHS, BATCH_SIZE, LEARNING_RATE = 60, 32, 1e-3
N_SAMPLES, N_SEEDS = 300, 10
L2S = tuple(float(l2) for l2 in np.geomspace(1e-5, 1e-2, 8))
N_TRAININGS = len(L2S) * N_SEEDS


def training_flop() -> int:
    """Count what one training multiplies and adds in its matrix products.

    A layer is passed three times: its output, the gradient of its kernel and the gradient of its
    inputs, each one product of the same size. Nobody needs the gradient of the first layer's
    inputs. Biases, activations and the optimizer come on top and are not counted.

    Returns
    -------
    int
        1.54e9; all 80 trainings together 123.5 GFLOP.
    """
    sizes = [a * b for a, b in itertools.pairwise(WIDTHS)]
    return 2 * (3 * sum(sizes) - sizes[0]) * N_SAMPLES * EPOCHS


GFLOP = N_TRAININGS * training_flop() / 1e9


@dataclass(frozen=True)
class Workload:
    """The data, and for those who want them the sweep's own random numbers.

    Attributes
    ----------
    data : Dataset
        300 images with noisy labels for all trainings. Nobody validates or tests.
    starts : list of numpy.ndarray of float32, shape (n_seeds, ...)
        Kernel and bias of each layer in turn, to start from.
    order : numpy.ndarray of int32, shape (n_seeds, steps, batch_size)
        Rows of each mini-batch, reshuffled each epoch; the last one of an epoch is filled up.
    shares : numpy.ndarray of float32, shape (steps, batch_size)
        Weight of each row in its mini-batch: one over its true length, 0 for what fills it up.
    """

    data: datasets.Dataset
    starts: list[np.ndarray]
    order: np.ndarray
    shares: np.ndarray

    @property
    def x(self) -> np.ndarray:
        """Training images, float32."""
        return self.data.x_train.astype(np.float32)

    @property
    def y(self) -> np.ndarray:
        """Their labels, int32."""
        return self.data.y_train.astype(np.int32)


def make_workload() -> Workload:
    """Load the data and draw the random numbers, as the sweep draws them."""
    from coursepkg.sweep import randomness  # loads TensorFlow

    starts = [randomness.initial_weights(seed, WIDTHS) for seed in range(N_SEEDS)]
    sizes = {"n_samples": N_SAMPLES, "epochs": EPOCHS, "batch_size": BATCH_SIZE}
    order = np.stack([randomness.batch_order(seed, **sizes) for seed in range(N_SEEDS)])
    data = datasets.load_digits_noisy(N_SAMPLES, n_val=0, seed=0)
    untested = {"x_test": data.x_test[:0], "y_test": data.y_test[:0]}
    return Workload(
        data=dataclasses.replace(data, **untested),
        starts=[np.stack(same).astype(np.float32) for same in zip(*starts, strict=True)],
        order=order.reshape(N_SEEDS, -1, BATCH_SIZE),
        shares=np.tile(randomness.batch_shares(N_SAMPLES, BATCH_SIZE), (EPOCHS, 1)).astype("f4"),
    )


def setting(number: int) -> tuple[float, int]:
    """Give l2 and seed of a training; the seed runs fastest, as in the sweep."""
    return L2S[number // N_SEEDS], number % N_SEEDS


def part(turn: int, size: int) -> list[int]:
    """Choose the trainings of one turn, where all would take too long.

    Steps of 33 spread a turn over the values of l2, and come round to all 80.
    """
    return [(turn * size + place) * 33 % N_TRAININGS for place in range(size)]


@dataclass(frozen=True)
class Trained:
    """What a contestant hands back.

    Attributes
    ----------
    numbers : list of int
        The trainings it did.
    weights : list of numpy.ndarray, shape (n_trainings, ...)
        Kernel and bias of each layer in turn.
    """

    numbers: list[int]
    weights: list[np.ndarray]


def training_losses(trained: Trained, workload: Workload) -> dict[int, float]:
    """Measure each network's cross-entropy on the training images, without the penalty."""
    units = workload.x
    layers = zip(trained.weights[::2], trained.weights[1::2], strict=True)
    for layer, (kernel, bias) in enumerate(layers):
        units = (np.maximum(units, 0) if layer else units) @ kernel + bias[:, None]
    chosen = np.take_along_axis(units, workload.y[None, :, None], axis=2)[..., 0]
    top = units.max(axis=2)
    losses = np.log(np.exp(units - top[..., None]).sum(axis=2)) + top - chosen
    return dict(zip(trained.numbers, losses.mean(axis=1).tolist(), strict=True))
