"""Who takes part, and what part of the work a turn is."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.bench.workload import N_TRAININGS, Trained, Workload


@dataclass(frozen=True)
class Contestant:
    """One way to train.

    Attributes
    ----------
    title : str
        What the table calls it.
    builder : str
        Module of this package and function; its process alone imports it.
    options : mapping
        Keyword arguments of the function.
    n_trainings : int
        Trainings in a turn.
    """

    title: str
    builder: str
    options: Mapping[str, float] = field(default_factory=dict)
    n_trainings: int = N_TRAININGS

    def prepared(self, workload: Workload) -> Callable[[int], Trained | None]:
        """Import what it needs and lay out its inputs."""
        module, function = self.builder.split(".")
        build = getattr(importlib.import_module(f"tests.bench.{module}"), function)
        return build(workload, **self.options)


SWEEP = "sweep"
CONTESTANTS = {
    SWEEP: Contestant("coursepkg.sweep", "engine.build"),
    "jax": Contestant("JAX, vmap and scan", "jax_peer.build"),
    "jax_pmap": Contestant("JAX, pmap over 2 devices", "jax_peer.build", {"n_devices": 2}),
    "keras_reused": Contestant(
        "Keras, the same, a model reused", "keras_peers.build_reused", n_trainings=16
    ),
    "keras_best": Contestant("Keras, all epochs as one", "keras_peers.build_best", n_trainings=4),
    "sklearn": Contestant("scikit-learn, a loop over fit", "sklearn_peer.build", n_trainings=8),
    "keras_default": Contestant(
        "Keras, the usual loop over fit", "keras_peers.build_default", n_trainings=2
    ),
    "penalty": Contestant(
        "coursepkg.sweep with a gradient penalty", "engine.build", {"penalty": 0.1}
    ),
    "matmul_tensorflow": Contestant("matrix product, TensorFlow", "matmul.build_tensorflow"),
    "matmul_numpy": Contestant("matrix product, NumPy", "matmul.build_numpy"),
}
PEERS = ("jax", "jax_pmap", "sklearn", "keras_default", "keras_best", "keras_reused")
COMPILED = (SWEEP, "jax")


def grown(n_replicas: int) -> Contestant:
    """Describe a sweep of another size: at most 8 values of l2, and as many seeds as it takes."""
    n_l2 = min(8, n_replicas)
    return Contestant(
        f"{n_replicas} replicas",
        "engine.build",
        {"n_seeds": n_replicas // n_l2, "n_l2": n_l2},
        n_replicas,
    )
