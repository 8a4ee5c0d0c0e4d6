"""The worked solution of exercise 3 against Keras, enumeration, scikit-learn and the package."""

import numpy as np
import pytest
import sklearn.linear_model as sk
from scipy import stats

from coursepkg import dropout
from coursepkg._keras import keras


def softmax(logits):
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


# --- inverted dropout ---------------------------------------------------------------------------


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("rate", [0.0, 0.2, 0.85])
def test_inverted_dropout_is_that_of_the_package(solution, rate, training):
    x = np.random.default_rng(0).normal(size=(6, 5, 4))
    before = x.copy()
    ours = solution["inverted_dropout"](x, rate, np.random.default_rng(1), training)
    theirs = dropout.inverted_dropout(x, rate, rng=np.random.default_rng(1), training=training)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("rate", [0.2, 0.35, 0.8])
def test_inverted_dropout_is_distributed_as_that_of_keras(solution, rate):
    ones = np.ones((300, 200))
    ours = solution["inverted_dropout"](ones, rate, np.random.default_rng(2), True)
    theirs = np.asarray(keras.layers.Dropout(rate, seed=3)(ones, training=True))
    np.testing.assert_allclose(np.unique(ours), np.unique(theirs), rtol=1e-6)
    counts = [(out == 0).sum() for out in (ours, theirs)]
    for count in counts:
        assert stats.binomtest(count, ones.size, rate).pvalue > 1e-4


def test_inverted_dropout_decides_for_each_entry(solution):
    rng = np.random.default_rng(4)
    zeros = [
        solution["inverted_dropout"](np.ones((2, 3)), 0.3, rng, True) == 0 for _ in range(4000)
    ]
    counts = np.bincount(np.sum(zeros, axis=(1, 2)), minlength=7)
    expected = 4000 * stats.binom(6, 0.3).pmf(range(7))
    assert stats.chisquare(counts, expected).pvalue > 1e-4


# --- ridge --------------------------------------------------------------------------------------


def regression(seed, n=12, d=4):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.2, 5.0, size=d) * rng.normal(loc=0.5, size=(n, d))
    return x, x @ rng.normal(size=d) + rng.normal(size=n)


def expected_loss(x, y, coef, rate):
    """Squared error, averaged over all masks."""
    masks, probabilities = dropout.enumerate_masks(x.shape[1], rate)
    predictions = (masks / (1 - rate) * coef) @ x.T
    return probabilities @ ((y - predictions) ** 2).sum(axis=1)


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.8])
def test_no_step_from_dropout_ridge_makes_the_loss_over_all_masks_smaller(solution, rate):
    x, y = regression(5)
    coef = solution["dropout_ridge"](x, y, rate)
    least = expected_loss(x, y, coef, rate)
    for direction in np.vstack([np.eye(4), np.random.default_rng(6).normal(size=(4, 4))]):
        losses = [expected_loss(x, y, coef + s * 1e-3 * direction, rate) for s in (-1, 1)]
        assert min(losses) > least
        assert losses[0] == pytest.approx(losses[1], rel=1e-9), "its derivative is zero"


@pytest.mark.parametrize(("rate", "alpha"), [(0.2, 15.0), (0.5, 60.0)])
def test_dropout_ridge_of_standardised_columns_is_scikit_learns_ridge(solution, rate, alpha):
    x, y = regression(7, n=60)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    ridge = sk.Ridge(alpha=alpha, fit_intercept=False).fit(x, y)
    np.testing.assert_allclose(solution["dropout_ridge"](x, y, rate), ridge.coef_, rtol=1e-9)


def test_dropout_ridge_without_dropout_is_least_squares(solution):
    x, y = regression(8)
    least_squares = np.linalg.lstsq(x, y, rcond=None)[0]
    np.testing.assert_allclose(solution["dropout_ridge"](x, y, 0.0), least_squares, rtol=1e-9)


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.7])
def test_dropout_ridge_is_that_of_the_package_where_its_intercept_is_zero(solution, rate):
    x, y = regression(9)
    # With each row there is its mirror image, so that the best intercept is 0.
    x, y = np.vstack([x, -x]), np.append(y, -y)
    fit = dropout.dropout_ridge(x, y, rate)
    assert fit.intercept == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(solution["dropout_ridge"](x, y, rate), fit.coef, rtol=1e-9)


# --- subnetworks --------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.1, 0.35, 0.8])
def test_the_mean_of_the_subnetworks_of_one_layer_is_the_whole_layer(solution, rate):
    rng = np.random.default_rng(10)
    x, kernel, bias = rng.normal(size=(3, 6)), rng.normal(size=(6, 4)), rng.normal(size=4)

    def predict(mask):
        return softmax(x * np.asarray(mask) / (1 - rate) @ kernel + bias)

    ours = solution["subnet_geometric_mean"](predict, 6, rate)
    np.testing.assert_allclose(ours, softmax(x @ kernel + bias), rtol=1e-9)
    package = dropout.subnet_geometric_mean(x, kernel, bias, rate)
    np.testing.assert_allclose(ours, package, rtol=1e-9)


def test_the_mean_of_any_subnetworks_is_as_its_definition_says(solution):
    outputs = np.random.default_rng(11).dirichlet(np.ones(3), size=(2, 2, 2, 5))
    ours = solution["subnet_geometric_mean"](lambda mask: outputs[mask], 3, 0.3)
    masks, probabilities = dropout.enumerate_masks(3, 0.3)
    tables = np.stack([outputs[tuple(mask.astype(int))] for mask in masks])
    weights = np.broadcast_to(probabilities[:, None, None], tables.shape)
    means = stats.gmean(tables, axis=0, weights=weights)
    np.testing.assert_allclose(ours, means / means.sum(axis=1, keepdims=True), rtol=1e-9)
    arithmetic = np.average(tables, axis=0, weights=weights)
    assert np.abs(ours - arithmetic).max() > 0.01


# --- dropout left on ----------------------------------------------------------------------------


def build_model(rate, seed):
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dropout(rate, seed=seed),
            keras.layers.Dense(5, activation="relu"),
            keras.layers.Dense(2),
        ]
    )
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def test_draws_are_those_of_the_package(solution):
    x = np.random.default_rng(12).normal(size=(7, 3)).astype("float32")
    ours = solution["mc_predict"](build_model(0.3, seed=13), x, 6)
    theirs = dropout.mc_predict(build_model(0.3, seed=13), x, 6)
    assert ours.shape == (6, 7, 2)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.usefixtures("float64")
def test_each_draw_of_each_row_is_one_of_the_subnetworks(solution):
    rate, model = 0.3, build_model(0.3, seed=14)
    row = np.random.default_rng(15).normal(size=3)
    masks, probabilities = dropout.enumerate_masks(3, rate)
    subnets = np.asarray(model(row * masks / (1 - rate)))
    draws = solution["mc_predict"](model, np.tile(row, (200, 1)), 40).reshape(-1, 2)
    distances = np.abs(draws[:, None] - subnets).max(axis=2)
    assert distances.min(axis=1).max() < 1e-9
    counts = np.bincount(distances.argmin(axis=1), minlength=8)
    assert stats.chisquare(counts, len(draws) * probabilities).pvalue > 1e-4
