"""The worked solution of exercise 2 against the package, Keras and scikit-learn."""

import numpy as np
import pytest
import sklearn.linear_model as sk

from coursepkg import datasets, linear_models, proximal, weight_penalties
from coursepkg._keras import keras


def test_soft_threshold_is_that_of_the_package(solution):
    z = np.random.default_rng(0).normal(size=(5, 4, 3))
    np.testing.assert_allclose(
        solution["soft_threshold"](z, 0.7), proximal.soft_threshold(z, 0.7), atol=1e-15
    )


@pytest.mark.parametrize("l2", [0.0, 0.3, 40.0])
def test_ridge_is_that_of_the_package_with_lam_n_times_l2(solution, l2):
    data = datasets.make_sparse_linear(60, seed=1)
    coef, intercept = solution["ridge"](data.x_train, data.y_train + 5, l2)
    fit = linear_models.ridge(data.x_train, data.y_train + 5, lam=60 * l2)
    np.testing.assert_allclose(coef, fit.coef, rtol=1e-9)
    assert intercept == pytest.approx(fit.intercept, rel=1e-9)


def test_the_penalty_is_what_keras_adds_to_the_loss(solution):
    regularizer = keras.regularizers.L1L2(l1=0.3, l2=0.2)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, kernel_regularizer=regularizer),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(2, kernel_regularizer=regularizer, bias_initializer="ones"),
        ]
    )
    weights = {v.path: v.numpy() for v in model.trainable_variables}
    assert {name.split("/")[-1] for name in weights} == {"kernel", "bias", "gamma", "beta"}
    keras_adds = float(sum(model.losses))
    assert solution["elastic_net_penalty"](weights, 0.3, 0.2) == pytest.approx(keras_adds, rel=1e-5)


def test_ista_ends_at_scikit_learns_lasso(solution):
    data = datasets.make_sparse_linear(60, seed=2).standardized()
    x, y = data.x_train, data.y_train
    lasso = sk.Lasso(alpha=0.4 / 2, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(x, y)
    coef = solution["ista"](x, y, 0.4, 0.1, 20_000)
    np.testing.assert_allclose(coef, lasso.coef_, atol=1e-8)
    assert ((coef == 0) == (lasso.coef_ == 0)).all()
    assert 0 < (coef == 0).sum() < len(coef)


def test_the_translation_is_that_of_the_package(solution):
    for target, factors in (
        ("Ridge", {"l2": 0.02}),
        ("ElasticNet", {"l1": 0.01, "l2": 0.02}),
        ("LogisticRegression", {"l2": 0.02}),
    ):
        ours = solution["keras_to_sklearn"](target, **factors, n_samples=70)
        package = weight_penalties.keras_to_sklearn(target, **factors, n_samples=70)
        assert ours == {key: pytest.approx(package[key]) for key in ours}
