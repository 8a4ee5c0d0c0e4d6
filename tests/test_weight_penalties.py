import keras
import numpy as np
import pytest
import sklearn.linear_model as sk
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from coursepkg import datasets, weight_penalties
from coursepkg.weight_penalties import (
    elastic_net_penalty,
    keras_to_sklearn,
    l1_penalty,
    l2_penalty,
)

weights = arrays(float, array_shapes(max_dims=3), elements=st.floats(-1e3, 1e3))


@pytest.fixture
def model():
    """Two kernels of different shape, their biases far from 0, and a normalization between."""
    keras.utils.set_random_seed(0)
    layers = [keras.Input((4,)), keras.layers.Dense(3, bias_initializer="ones")]
    layers += [keras.layers.BatchNormalization(), keras.layers.Dense(2, bias_initializer="ones")]
    return keras.Sequential(layers)


# --- penalties ----------------------------------------------------------------------------------


@given(w=weights)
def test_penalties_are_their_formulas(w):
    assert l1_penalty(w) == pytest.approx(np.abs(w).sum())
    assert l2_penalty(w) == pytest.approx((w**2).sum())


@given(w=weights, factor=st.floats(-50, 50))
def test_penalties_are_homogeneous(w, factor):
    assert l1_penalty(factor * w) == pytest.approx(abs(factor) * l1_penalty(w))
    assert l2_penalty(factor * w) == pytest.approx(factor**2 * l2_penalty(w))


@given(w=weights, seed=st.integers(0, 99))
def test_penalties_do_not_care_for_order_and_sign(w, seed):
    shuffled = -np.random.default_rng(seed).permutation(w.ravel())
    assert l1_penalty(shuffled) == pytest.approx(l1_penalty(w))
    assert l2_penalty(shuffled) == pytest.approx(l2_penalty(w))


def test_penalties_are_zero_at_zero_alone():
    for penalty in (l1_penalty, l2_penalty):
        assert penalty(np.zeros((3, 2))) == 0.0
        assert penalty([0.0, -1e-6]) > 0.0


@pytest.mark.parametrize("penalty", [l1_penalty, l2_penalty])
def test_a_list_of_arrays_counts_every_array(penalty):
    parts = [np.array([[1.0, -2.0]]), np.array([3.0])]
    assert penalty(parts) == pytest.approx(penalty([1.0, -2.0, 3.0]))


@pytest.mark.parametrize(
    ("ours", "regularizer"),
    [
        (lambda m: 0.3 * l1_penalty(m), keras.regularizers.L1(0.3)),
        (lambda m: 0.2 * l2_penalty(m), keras.regularizers.L2(0.2)),
        (lambda m: elastic_net_penalty(m, l1=0.3, l2=0.2), keras.regularizers.L1L2(0.3, 0.2)),
    ],
)
def test_penalties_of_a_model_equal_keras(ours, regularizer):
    keras.utils.set_random_seed(1)
    dense = [
        keras.layers.Dense(units, kernel_regularizer=regularizer, bias_initializer="ones")
        for units in (5, 3)
    ]
    model = keras.Sequential([keras.Input((4,)), *dense])
    # float32: a relative rounding of 2**-24 for each of some 35 additions, at most
    assert float(ours(model)) == pytest.approx(float(sum(model.losses)), rel=2e-6)


def test_penalties_of_a_convolution_count_its_kernel():
    layer = keras.layers.SeparableConv1D(3, 2, bias_initializer="ones")
    layer.build((None, 5, 4))
    expected = sum(np.abs(w).sum() for w in layer.get_weights()[:2])
    assert float(l1_penalty(layer)) == pytest.approx(expected, rel=2e-6)


def test_biases_and_normalizations_are_left_out(model):
    kernels = [w for w in model.get_weights() if w.ndim == 2]
    assert len(kernels) == 2
    assert float(l2_penalty(model)) == pytest.approx(l2_penalty(kernels), rel=2e-6)


def test_frozen_kernels_are_left_out_as_in_keras(model):
    model.layers[0].trainable = False
    kernel = model.layers[-1].kernel.numpy()
    assert float(l1_penalty(model)) == pytest.approx(l1_penalty(kernel), rel=2e-6)


def test_penalties_of_tensors_can_be_differentiated():
    import tensorflow as tf

    w = tf.Variable([1.0, -2.0, 0.5])
    with tf.GradientTape() as tape:
        penalty = elastic_net_penalty(w, l1=0.5, l2=2.0)
    np.testing.assert_allclose(tape.gradient(penalty, w), [4.5, -8.5, 2.5])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([1.0, np.nan], r"weights must be finite\. Received: nan at index \(1,\)"),
        ([np.ones(2), np.array([[np.inf]])], r"weights must be finite\. Received: inf at"),
        ("kernel", r"weights must hold real numbers\. Received: dtype <U6"),
        (keras.Sequential([keras.layers.Dense(2)]), r"one trainable kernel\. Received: Seq"),
        (keras.layers.Rescaling(2.0), r"one trainable kernel\. Received: Rescaling"),
    ],
)  # fmt: skip
def test_bad_weights_are_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        l1_penalty(bad)


@pytest.mark.parametrize("factors", [{"l1": -1, "l2": 0}, {"l1": 0, "l2": float("nan")}])
def test_bad_factors_are_refused(factors):
    with pytest.raises(ValueError, match=r"must be a finite number >= 0\. Received: l[12]="):
        elastic_net_penalty([1.0], **factors)


# --- keras_to_sklearn: both sides are fitted ----------------------------------------------------

N, P = 40, 4


@pytest.fixture(scope="module")
def regression():
    data = datasets.make_sparse_linear(N, n_features=P, n_informative=2, seed=0)
    return data.x_train, data.y_train + 3.0


@pytest.fixture(scope="module")
def classification(regression):
    x, y = regression
    noise = np.random.default_rng(0).normal(size=N)
    return x, (y - y.mean() + noise > 0).astype(int)


def fit_keras(x, y, optimizer, loss="mse", units=1, regularizer=None, steps=3000):
    """Full-batch steps, many in one epoch; returns kernel and bias of the minimum."""
    import tensorflow as tf

    activation = None if loss == "mse" else "sigmoid" if units == 1 else "softmax"
    model = keras.Sequential([keras.Input((x.shape[1],))])
    model.add(
        keras.layers.Dense(
            units,
            activation=activation,
            kernel_regularizer=regularizer,
            kernel_initializer="zeros",
        )
    )
    if isinstance(optimizer, keras.optimizers.SGD) and optimizer.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, loss, steps_per_execution=steps)
    batches = tf.data.Dataset.from_tensors((x, y.reshape(N, -1))).repeat(steps)
    model.fit(batches, shuffle=False, verbose=0)
    return model.get_weights()


def assert_same_fit(theirs, kernel, bias):
    np.testing.assert_allclose(np.ravel(theirs.coef_), kernel.ravel(), atol=1e-7)
    np.testing.assert_allclose(np.ravel(theirs.intercept_), bias.ravel(), atol=1e-7)


@pytest.mark.usefixtures("float64")
def test_ridge_translation(regression):
    x, y = regression
    kernel, bias = fit_keras(
        x, y, keras.optimizers.SGD(0.1), regularizer=keras.regularizers.L2(0.3)
    )
    assert_same_fit(
        sk.Ridge(**keras_to_sklearn("Ridge", l2=0.3, n_samples=N)).fit(x, y), kernel, bias
    )


@pytest.mark.parametrize("momentum", [0.0, 0.8])
@pytest.mark.usefixtures("float64")
def test_lasso_translation(regression, momentum):
    x, y = regression
    optimizer = weight_penalties.ProximalSGD(0.1, momentum, l1=0.4)
    kernel, bias = fit_keras(x, y, optimizer)
    theirs = sk.Lasso(**keras_to_sklearn("Lasso", l1=0.4), tol=1e-14).fit(x, y)
    assert_same_fit(theirs, kernel, bias)
    assert 0 < (theirs.coef_ == 0).sum() < P
    np.testing.assert_array_equal(kernel.ravel() == 0, theirs.coef_ == 0)


@pytest.mark.usefixtures("float64")
def test_elastic_net_translation(regression):
    x, y = regression
    optimizer = weight_penalties.ProximalSGD(0.1, l1=0.4)
    kernel, bias = fit_keras(x, y, optimizer, regularizer=keras.regularizers.L2(0.3))
    theirs = sk.ElasticNet(**keras_to_sklearn("ElasticNet", l1=0.4, l2=0.3), tol=1e-14).fit(x, y)
    assert_same_fit(theirs, kernel, bias)


@pytest.mark.usefixtures("float64")
def test_logistic_regression_translation(classification):
    x, y = classification
    kernel, bias = fit_keras(
        x,
        y,
        keras.optimizers.SGD(0.5),
        "binary_crossentropy",
        regularizer=keras.regularizers.L2(0.05),
    )
    arguments = keras_to_sklearn("LogisticRegression", l2=0.05, n_samples=N)
    assert_same_fit(sk.LogisticRegression(**arguments, tol=1e-12).fit(x, y), kernel, bias)


@pytest.mark.usefixtures("float64")
def test_logistic_regression_translation_with_l1(classification):
    x, y = classification
    optimizer = weight_penalties.ProximalSGD(0.5, l1=0.1)
    kernel, bias = fit_keras(
        x, y, optimizer, "binary_crossentropy", regularizer=keras.regularizers.L2(0.02)
    )
    arguments = keras_to_sklearn("LogisticRegression", l1=0.1, l2=0.02, n_samples=N)
    theirs = sk.LogisticRegression(**arguments, tol=1e-12, max_iter=100_000, random_state=0)
    assert_same_fit(theirs.fit(x, y), kernel, bias)
    assert (kernel == 0).any()


@pytest.mark.usefixtures("float64")
def test_sgd_translation(regression):
    x, y = regression
    penalised = fit_keras(
        x, y, keras.optimizers.SGD(0.1), regularizer=keras.regularizers.L2(0.3), steps=50
    )
    decayed = fit_keras(
        x, y, keras.optimizers.SGD(0.1, **keras_to_sklearn("SGD", l2=0.3)), steps=50
    )
    for a, b in zip(penalised, decayed, strict=True):  # step by step, not only at the end
        np.testing.assert_allclose(a, b, atol=1e-7)


@pytest.mark.usefixtures("float64")
def test_decay_with_momentum_settles_at_a_weaker_ridge(regression):
    """The book says so: with momentum μ the limit is that of L2 with (1 − μ) λ₂."""
    x, y = regression
    kernel, bias = fit_keras(
        x, y, keras.optimizers.SGD(0.05, 0.5, **keras_to_sklearn("SGD", l2=0.3))
    )
    weaker = sk.Ridge(**keras_to_sklearn("Ridge", l2=0.15, n_samples=N)).fit(x, y)
    assert_same_fit(weaker, kernel, bias)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("Ridge", {"l2": 0.1, "n_samples": 50}), {"alpha": 5.0}),
        (("Lasso", {"l1": 0.1}), {"alpha": 0.05}),
        (("ElasticNet", {"l1": 0.2, "l2": 0.3}), {"alpha": 0.4, "l1_ratio": 0.25}),
        (("ElasticNet", {}), {"alpha": 0.0, "l1_ratio": 0.0}),
        (("LogisticRegression", {"l2": 0.1, "n_samples": 50}), {"C": 0.1, "l1_ratio": 0.0}),
        (("LogisticRegression", {"n_samples": 50}), {"C": np.inf, "l1_ratio": 0.0}),
        (("SGD", {"l2": 0.1}), {"weight_decay": 0.2}),
    ],
)
def test_translations_by_their_formulas(arguments, expected):
    target, factors = arguments
    assert keras_to_sklearn(target, **factors) == pytest.approx(expected)


ADAPTIVE = ["Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Nadam", "RMSprop"]


@pytest.mark.parametrize("target", ADAPTIVE)
def test_adaptive_optimizers_have_no_translation(target):
    with pytest.raises(ValueError, match=rf"no weight decay equals L2 .* Received: .*'{target}'"):
        keras_to_sklearn(target, l2=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Rigde", {}), r"one of Ridge, Lasso, .* Received: target='Rigde'"),
        ((None, {}), r"one of Ridge, Lasso, .* Received: target=None"),
        (("Ridge", {"l1": 0.1, "n_samples": 9}), r"Ridge has no L1 penalty\. Received: l1=0\.1"),
        (("Lasso", {"l2": 0.1}), r"Lasso has no L2 penalty\. Received: l2=0\.1"),
        (("SGD", {"l1": 0.1}), r"SGD has no L1 penalty\. Received: l1=0\.1"),
        (("Ridge", {"l2": 0.1}), r"n_samples must be an integer >= 1\. Received: n_samples=None"),
        (("Lasso", {"l1": -1}), r"l1 must be a finite number >= 0\. Received: l1=-1"),
    ],
)
def test_untranslatable_requests_are_refused(arguments, message):
    target, factors = arguments
    with pytest.raises(ValueError, match=message):
        keras_to_sklearn(target, **factors)


def test_names_from_below_are_handed_on():
    from coursepkg import proximal

    assert weight_penalties.soft_threshold is proximal.soft_threshold
