"""The worked solution of exercise 1 against the package, whose functions have their own oracles."""

import numpy as np
import pytest
import sklearn.linear_model as sk
import sklearn.model_selection as ms

from coursepkg import linear_models, overfitting


def test_bias_and_variance_are_those_of_the_package(solution):
    rng = np.random.default_rng(0)
    predictions, truth = rng.normal(size=(30, 7)), rng.normal(size=7)
    before = predictions.copy()
    ours = solution["bias_variance"](predictions, truth)
    assert ours == pytest.approx(overfitting.bias_variance(predictions, truth), rel=1e-12)
    assert (predictions == before).all(), "inputs stay as they are"


def test_the_learning_curve_is_that_of_scikit_learn(solution):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(90, 4))
    y = x @ rng.normal(size=4) + rng.normal(size=90)
    by_y = np.argsort(y[:60])
    x[:60], y[:60] = x[by_y], y[by_y]
    order, sizes = rng.permutation(60), [8, 20, 45, 60]

    def fit(x, y):
        return sk.Ridge(alpha=0.5).fit(x, y).predict

    ours = solution["learning_curve"](fit, x[:60], y[:60], x[60:], y[60:], sizes, order)
    # Scikit-learn trains on the first rows of a split, in the order that the split gives.
    _, train, val = ms.learning_curve(
        sk.Ridge(alpha=0.5),
        x,
        y,
        train_sizes=sizes,
        cv=[(order, np.arange(60, 90))],
        scoring="neg_mean_squared_error",
    )
    np.testing.assert_allclose(ours, [-train[:, 0], -val[:, 0]], rtol=1e-9)


@pytest.mark.parametrize("shape", [(30, 5), (9, 9), (6, 14)], ids=str)
@pytest.mark.parametrize("repeated", [False, True])
def test_the_minimum_norm_fit_is_that_of_the_package(solution, shape, repeated):
    rng = np.random.default_rng(3)
    x, y = rng.normal(loc=1.0, size=shape), rng.normal(size=shape[0])
    if repeated:
        x[:, -1] = x[:, 0]
    fit = linear_models.min_norm_fit(x, y, fit_intercept=False)
    np.testing.assert_allclose(solution["min_norm_fit"](x, y), fit.coef, rtol=1e-7, atol=1e-9)


def test_the_gap_is_that_of_the_package(solution):
    rng = np.random.default_rng(4)
    train, val = rng.exponential(size=70), 3 + rng.exponential(size=45)
    batches = [np.split(losses, range(16, len(losses), 16)) for losses in (train, val)]
    expected = overfitting.generalization_gap(train, val)
    assert solution["generalization_gap"](*batches) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n", [5, 25, 40, 48, 49, 50, 51, 52, 60, 100])
def test_the_risk_of_double_descent_is_that_of_the_package(solution, n):
    expected = overfitting.double_descent_risk(n, 50, noise=0.5, signal=1.5)
    assert solution["double_descent_risk"](n, 50, 0.5, 1.5) == pytest.approx(expected)
