"""Many small networks at once: every seed and every setting, with standard errors.

One training shows luck. What a chapter claims about a method has to hold on average over seeds,
with an error bar, and a loop over ``model.fit`` is too slow for that. `MLP.fit` trains all seeds
and a grid of settings as one compiled program, and hands back one table with named axes;
`mean_and_error` and `paired_difference` turn it into statements.

Read `coursepkg.sweep.training` for the loop and why it is fast.
"""

from coursepkg.sweep.mlp import MLP
from coursepkg.sweep.runs import predict, to_keras
from coursepkg.sweep.statistics import (
    Estimate,
    at_end,
    choose_by_validation,
    mean_and_error,
    paired_difference,
)

__all__ = [
    "MLP",
    "Estimate",
    "at_end",
    "choose_by_validation",
    "mean_and_error",
    "paired_difference",
    "predict",
    "to_keras",
]
