"""The worked solution of exercise 4 against the package, whose functions have their own oracles."""

import numpy as np
import pytest

from coursepkg import early_stopping


def followed(values, patience, **options):
    """Last epoch, best epoch, and the epoch whose weights are held."""
    watch = early_stopping.EarlyStopping(patience, **options)
    for epoch, value in enumerate(values):
        if watch.update(value, weights=epoch):
            break
    return watch.epoch, watch.best_epoch, watch.final_weights


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("restore_best_weights", [False, True])
@pytest.mark.parametrize("min_delta", [0.0, 0.25])
def test_early_stopping_decides_as_the_package_and_so_as_keras(
    solution, mode, restore_best_weights, min_delta
):
    options = {"mode": mode, "restore_best_weights": restore_best_weights, "min_delta": min_delta}
    rng = np.random.default_rng(4)
    for _ in range(60):
        # Keras compares in float32, where eighths are exact: ties are ties.
        values = rng.integers(-8, 9, size=rng.integers(1, 20)) / 8.0
        values[rng.random(len(values)) < 0.1] = np.nan
        patience = int(rng.integers(0, 6))
        expected = followed(values, patience, **options)
        assert solution["early_stopping"](values, patience, **options) == expected, values


@pytest.mark.parametrize(("eta", "tau"), [(0.05, 30), (0.4, 7), (0.4, 8), (0.1, 0)])
def test_filter_factors_are_those_of_the_package(solution, eta, tau):
    s = np.array([0.0, 1e-3, 0.3, 1.0, 2.2, 4.4])
    expected = early_stopping.gd_filter_factors(s, step_size=eta, n_steps=tau)
    np.testing.assert_allclose(solution["gd_filter_factors"](s, eta, tau), expected, atol=1e-12)


@pytest.mark.parametrize("tau", [1, 7, 300])
def test_the_equivalent_penalty_is_that_of_the_package(solution, tau):
    expected = early_stopping.equivalent_lambda(step_size=0.2, n_steps=tau)
    assert solution["equivalent_lambda"](0.2, tau) == pytest.approx(expected)


def test_generalization_loss_is_that_of_the_package(solution):
    losses = np.random.default_rng(6).uniform(0.2, 3.0, size=50)
    before = losses.copy()
    found = solution["generalization_loss"](losses)
    np.testing.assert_allclose(found, early_stopping.generalization_loss(before), atol=1e-10)
    np.testing.assert_array_equal(losses, before)
