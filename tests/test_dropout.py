import itertools

import numpy as np
import pytest
import sklearn.linear_model as sk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from coursepkg import linear_models
from coursepkg._keras import keras, tf
from coursepkg.dropout import (
    InvertedDropout,
    dropout_penalty_linear,
    dropout_penalty_logistic,
    dropout_ridge,
    enumerate_masks,
    inverted_dropout,
    mc_predict,
    multipliers,
    subnet_geometric_mean,
)

Dropout = keras.layers.Dropout
RATES = [0.0, 0.2, 0.5, 0.8]
rates = st.floats(0, 0.9)


def problem(seed, n=30, d=6):
    """Inputs of various scales and means, and targets far from 0."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) * rng.uniform(0.5, 3, d) + rng.normal(size=d)
    return x, x @ rng.normal(size=d) + rng.normal(size=n) + 10.0


def expected_loss(loss, x, rate):
    """Sum over rows of the loss of each, averaged over all masks of its inputs."""
    masks, probabilities = enumerate_masks(x.shape[1], rate)
    losses = [loss(x * factors) for factors in multipliers(masks, rate)]
    return sum(p * row.sum() for p, row in zip(probabilities, losses, strict=True))


# --- multipliers, inverted_dropout --------------------------------------------------------------


def test_what_is_kept_is_scaled_up():
    kept = np.array([[True, False], [False, True]])
    np.testing.assert_array_equal(multipliers(kept, 0.2), [[1.25, 0.0], [0.0, 1.25]])
    assert multipliers(kept, 0.2).dtype == np.float64
    np.testing.assert_array_equal(multipliers(np.ones(3, bool), 0.0), np.ones(3))


@pytest.mark.parametrize("rate", [0.0, 0.1, 1 / 3, 0.999])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_tensor_is_scaled_as_an_array(rate, dtype):
    kept = np.array([True, False, True])
    got = multipliers(tf.constant(kept), rate, dtype=dtype)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, multipliers(kept, rate).astype(dtype))


def test_a_tensor_has_the_precision_of_keras():
    assert multipliers(tf.constant([True]), 0.3).dtype == tf.float32
    keras.config.set_floatx("float64")
    try:
        assert multipliers(tf.constant([True]), 0.3).dtype == tf.float64
    finally:
        keras.config.set_floatx("float32")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_many_rates_at_once_are_compiled_to_the_same_bits(dtype, jit_compile):
    """As a sweep over many replicas needs it: a rate of its own for each."""
    rng = np.random.default_rng(0)
    kept = tf.constant(rng.random((50, 4, 3)) < 0.5)
    rate = tf.constant(rng.random(50), dtype)

    @tf.function(jit_compile=jit_compile)
    def ours(kept, rate):
        return multipliers(kept, rate[:, None, None])

    @tf.function(jit_compile=jit_compile)
    def plain(kept, rate):
        return tf.where(kept, 1 / (1 - rate)[:, None, None], 0)

    assert ours(kept, rate).dtype == dtype
    np.testing.assert_array_equal(ours(kept, rate), plain(kept, rate))


@pytest.mark.parametrize("rate", RATES)
def test_multipliers_have_mean_one_and_a_variance_of_rate_over_keep(rate):
    n, variance = 200_000, rate / (1 - rate)
    drawn = inverted_dropout(np.ones((n // 10, 10)), rate, rng=np.random.default_rng(1))
    assert set(np.unique(drawn)) == ({0.0, 1 / (1 - rate)} if rate else {1.0})
    assert abs(drawn.mean() - 1) <= 4 * np.sqrt(variance / n)
    # The squared deviation is 1 for a dropped unit and (p / q)² for a kept one, whence its spread.
    spread = abs(1 - variance**2) * np.sqrt(rate * (1 - rate))
    assert abs(((drawn - 1) ** 2).mean() - variance) <= 4 * spread / np.sqrt(n) + 1e-12


units = arrays(float, array_shapes(max_dims=3, min_side=0), elements=st.floats(-1e3, 1e3))


@given(x=units, rate=rates, seed=st.integers(0, 99))
def test_units_are_kept_where_the_stream_says_so(x, rate, seed):
    got = inverted_dropout(x, rate, rng=np.random.default_rng(seed))
    kept = np.random.default_rng(seed).random(x.shape) >= rate
    assert got.shape == x.shape
    np.testing.assert_array_equal(got[~kept], 0.0)
    np.testing.assert_allclose(got[kept], x[kept] / (1 - rate), rtol=1e-15)


@pytest.mark.parametrize(("rate", "training"), [(0.4, False), (0.0, True)])
def test_without_dropping_it_is_a_copy(rate, training):
    x, rng = np.arange(6.0).reshape(2, 3), np.random.default_rng(0)
    got = inverted_dropout(x, rate, rng=rng, training=training)
    np.testing.assert_array_equal(got, x)
    assert not np.shares_memory(got, x)
    untouched = rng.bit_generator.state == np.random.default_rng(0).bit_generator.state
    assert untouched is not training


def drop_by_layer(x, rate, seed):
    return InvertedDropout(rate, seed=seed)(x, training=True).numpy()


def drop_by_array(x, rate, seed):
    return inverted_dropout(x, rate, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("drop", [drop_by_layer, drop_by_array])
def test_every_row_has_a_mask_of_its_own(drop):
    dropped = drop(np.ones((500, 64)), 0.5, 3) == 0
    assert len(np.unique(dropped, axis=0)) == 500
    # Two rows agree in half of the units: a mean over 499 pairs of 64 units each.
    agreement = (dropped[1:] == dropped[:-1]).mean()
    assert abs(agreement - 0.5) < 4 * 0.5 / np.sqrt(499 * 64)


# --- the layer against Keras --------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.0, 0.1, 1 / 3, 0.5, 0.9])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_layer_gives_the_numbers_of_keras(rate, dtype):
    x = np.random.default_rng(0).normal(size=(7, 5, 3))
    ours = InvertedDropout(rate, seed=8, dtype=dtype)
    theirs = Dropout(rate, seed=8, dtype=dtype)
    for _ in range(3):
        got, expected = (layer(x, training=True) for layer in (ours, theirs))
        assert got.dtype == expected.dtype == dtype
        np.testing.assert_array_equal(got, expected)


def test_without_a_seed_it_follows_the_global_one_as_keras():
    def draw(make):
        keras.utils.set_random_seed(4)
        layers = [make(0.5), make(0.0), make(0.5)]  # at rate 0 Keras takes no seed
        return [layer(np.ones((3, 9)), training=True).numpy() for layer in layers]

    ours, theirs = draw(InvertedDropout), draw(Dropout)
    np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(ours[0], ours[2])


@pytest.mark.parametrize("training", [False, None])
def test_the_layer_does_nothing_at_test(training):
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    layer = InvertedDropout(0.5, seed=0)
    before = layer.seed_generator.state.numpy()
    np.testing.assert_array_equal(layer(x, training=training), x)
    np.testing.assert_array_equal(layer.seed_generator.state, before)


def build_mlp(dropout, n_units=16):
    keras.utils.set_random_seed(5)
    layers = [keras.Input((8,)), dropout(0.2, seed=1), keras.layers.Dense(n_units, "relu")]
    layers += [dropout(0.5, seed=2), keras.layers.Dense(3, "softmax")]
    return keras.Sequential(layers)


def train(model, **options):
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(50, 8)), rng.integers(0, 3, 50)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", **options)
    model.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0)  # the last batch is short
    return model.get_weights()


@pytest.mark.parametrize(
    "options",
    [{"run_eagerly": True}, {"jit_compile": False}, {"jit_compile": True}],
    ids=["eager", "graph", "xla"],
)
def test_training_with_the_layer_is_training_with_keras_dropout(options):
    ours, theirs = (train(build_mlp(make), **options) for make in (InvertedDropout, Dropout))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("make", [InvertedDropout, Dropout])
def test_a_saved_model_comes_back_whole(make, tmp_path):
    model = build_mlp(make)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    configs = [[layer.get_config() for layer in m.layers] for m in (model, loaded)]
    assert configs[0] == configs[1]
    x = np.random.default_rng(0).normal(size=(5, 8))
    for training in (False, True):
        np.testing.assert_array_equal(model(x, training=training), loaded(x, training=training))


def test_the_layer_keeps_what_every_layer_keeps():
    layer = InvertedDropout(0.25, seed=np.int64(3), name="thin")
    config = layer.get_config()
    assert (config["name"], config["rate"], config["seed"]) == ("thin", 0.25, 3)
    again = InvertedDropout.from_config(config)
    x = np.ones((2, 20))
    np.testing.assert_array_equal(again(x, training=True), layer(x, training=True))
    assert layer.supports_masking
    assert InvertedDropout(0.5)(keras.Input((None, 7))).shape == (None, None, 7)


# --- masks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_units", [1, 2, 5, 10])
@pytest.mark.parametrize("rate", RATES)
def test_every_mask_comes_once_with_its_probability(n_units, rate):
    masks, probabilities = enumerate_masks(n_units, rate)
    assert masks.dtype == bool
    expected = list(itertools.product([False, True], repeat=n_units))
    np.testing.assert_array_equal(masks, expected)
    by_unit = np.where(masks, 1 - rate, rate).prod(axis=1)
    np.testing.assert_allclose(probabilities, by_unit, rtol=1e-13)
    assert probabilities.sum() == pytest.approx(1)
    np.testing.assert_allclose(probabilities @ masks, 1 - rate)


def test_twenty_units_are_the_most():
    masks, probabilities = enumerate_masks(20, 0.3)
    assert masks.shape == (2**20, 20)
    assert probabilities.sum() == pytest.approx(1)


# --- linear regression --------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), d=st.integers(1, 8), rate=rates)
def test_the_linear_penalty_is_what_dropout_adds_on_average(seed, d, rate):
    x, y = problem(seed, n=7, d=d)
    coef = np.random.default_rng(seed + 1).normal(size=d)
    for intercept in (0.0, -3.0):
        dropped = expected_loss(lambda x, b=intercept: (y - x @ coef - b) ** 2, x, rate)
        whole = ((y - x @ coef - intercept) ** 2).sum()
        penalty = dropout_penalty_linear(x, coef, rate)
        assert whole + penalty == pytest.approx(dropped, rel=1e-9)


@given(seed=st.integers(0, 99), rate=rates, factor=st.floats(0.1, 10))
def test_the_linear_penalty_is_homogeneous_and_blind_to_units(seed, rate, factor):
    x, y = problem(seed)
    coef, scales = y[:6], np.geomspace(0.01, 100, 6)
    penalty = dropout_penalty_linear(x, coef, rate)
    assert penalty >= 0
    assert dropout_penalty_linear(x, factor * coef, rate) == pytest.approx(factor**2 * penalty)
    assert dropout_penalty_linear(x * scales, coef / scales, rate) == pytest.approx(penalty)
    assert dropout_penalty_linear(x, np.zeros(6), rate) == 0.0


def ridge_loss(x, y, fit, rate):
    """Expected loss of a fit under dropout of its inputs, by enumeration."""
    return expected_loss(lambda x: (y - fit.predict(x)) ** 2, x, rate)


@pytest.mark.parametrize("rate", RATES)
def test_dropout_ridge_minimises_the_expected_loss(rate):
    x, y = problem(0)
    fit = dropout_ridge(x, y, rate)
    lowest = ridge_loss(x, y, fit, rate)
    assert lowest > 1
    rng = np.random.default_rng(1)
    for size in (1e-3, 0.1, 1.0):
        for _ in range(5):
            moved = linear_models.LinearFit(
                fit.coef + size * rng.normal(size=6), fit.intercept + size * rng.normal()
            )
            assert ridge_loss(x, y, moved, rate) > lowest


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), rate=rates)
def test_the_gradient_of_the_expected_loss_vanishes_at_dropout_ridge(seed, rate):
    """Central differences, which are exact for a quadratic but for rounding."""
    x, y = problem(seed, n=12, d=4)
    fit = dropout_ridge(x, y, rate)
    for step in np.eye(5):
        high, low = (
            linear_models.LinearFit(fit.coef + sign * step[:4], fit.intercept + sign * step[4])
            for sign in (1, -1)
        )
        rise, fall = ridge_loss(x, y, high, rate), ridge_loss(x, y, low, rate)
        assert rise - fall == pytest.approx(0, abs=1e-9 * (rise + fall))


@pytest.mark.parametrize(("rate", "alpha"), [(0.2, 15.0), (0.5, 60.0)])
def test_on_standardised_columns_it_is_ridge_with_n_times_the_odds(rate, alpha):
    x, y = problem(2, n=60)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    ours, theirs = dropout_ridge(x, y, rate), sk.Ridge(alpha=alpha).fit(x, y)
    np.testing.assert_allclose(ours.coef, theirs.coef_, rtol=1e-10)
    assert ours.intercept == pytest.approx(theirs.intercept_, rel=1e-10)


@pytest.mark.parametrize("shape", [(30, 6), (6, 30), (5, 1)])
@pytest.mark.parametrize("rate", RATES[1:])
def test_it_is_ridge_on_columns_of_norm_one(shape, rate):
    x, y = problem(3, *shape)
    norms = np.sqrt((x**2).sum(axis=0))  # raw: dropping an input takes its mean away, too
    ours = dropout_ridge(x, y, rate)
    rescaled = linear_models.ridge(x / norms, y, lam=rate / (1 - rate))
    np.testing.assert_allclose(ours.predict(x), rescaled.predict(x / norms), rtol=1e-10)
    xc, yc = x - x.mean(axis=0), y - y.mean()
    gram = xc.T @ xc + rate / (1 - rate) * np.diag((x**2).sum(axis=0))
    np.testing.assert_allclose(ours.coef, np.linalg.solve(gram, xc.T @ yc), rtol=1e-7)


def test_units_of_the_columns_do_not_matter():
    x, y = problem(4)
    scales = np.geomspace(1e-6, 1e6, 6)
    one, other = dropout_ridge(x, y, 0.5), dropout_ridge(x * scales, y, 0.5)
    np.testing.assert_allclose(other.predict(x * scales), one.predict(x), rtol=1e-12)


def test_a_shifted_column_is_penalised_more():
    x, y = problem(4)
    shifted = x + np.array([100.0, 0, 0, 0, 0, 0])
    before, after = dropout_ridge(x, y, 0.5).coef, dropout_ridge(shifted, y, 0.5).coef
    assert abs(after[0]) < 0.01 * abs(before[0])


def test_at_rate_zero_it_is_least_squares():
    x, y = problem(5)
    ours, theirs = dropout_ridge(x, y, 0.0), sk.LinearRegression().fit(x, y)
    np.testing.assert_allclose(ours.coef, theirs.coef_, rtol=1e-10)
    assert ours.intercept == pytest.approx(theirs.intercept_)
    wide = problem(5, n=4, d=9)
    limit = dropout_ridge(*wide, 1e-9)
    np.testing.assert_allclose(dropout_ridge(*wide, 0.0).coef, limit.coef, atol=1e-6)


def test_empty_and_constant_columns_get_no_weight():
    x, y = problem(6)
    x = np.column_stack([np.zeros(30), x, np.full(30, 7.0)])
    fit = dropout_ridge(x, y, 0.3)
    assert (fit.coef[0], fit.coef[-1]) == (0.0, 0.0)
    np.testing.assert_allclose(fit.coef[1:-1], dropout_ridge(x[:, 1:-1], y, 0.3).coef)


# --- logistic regression ------------------------------------------------------------------------


def logistic_ratio(x, coef, rate, intercept=0.0):
    """What dropout adds to the summed log-loss, by enumeration, over the quadratic formula."""
    y = np.arange(len(x)) % 2  # no matter which: the targets cancel

    def loss(x):
        z = x @ coef + intercept
        return np.logaddexp(0, z) - y * z

    exact = expected_loss(loss, x, rate) - loss(x).sum()
    return exact / dropout_penalty_logistic(x, coef, rate, intercept=intercept)


@pytest.mark.parametrize(
    ("rate", "intercept", "order"),
    [(0.2, 0.0, 2), (0.5, 0.0, 2), (0.8, 0.0, 2), (0.5, 1.0, 2), (0.2, 1.0, 1), (0.8, -1.0, 1)],
)
def test_the_logistic_penalty_is_exact_for_small_weights(rate, intercept, order):
    """Its relative error falls as the weights or as their square.

    The next term of the series is a third moment times a third derivative: the moment is 0 at rate
    0.5, where the noise is symmetric, and the derivative is 0 at logit 0.
    """
    rng = np.random.default_rng(0)
    x, coef = rng.normal(size=(30, 6)), rng.normal(size=6)
    errors = [
        abs(logistic_ratio(x, size * coef, rate, intercept) - 1) for size in (2**-6, 2**-7, 2**-8)
    ]
    assert errors[-1] < 2e-3
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 2**order, rtol=0.1)


@pytest.mark.parametrize(
    ("coef", "low", "high"),
    [
        ([5.0, 5.0], 100, 200),  # a sure answer: the curvature there is small, and grows elsewhere
        ([10.0, -10.0], 0.1, 0.25),  # weights that cancel: the loss grows linearly, not squarely
    ],
)
def test_the_logistic_penalty_is_far_off_for_large_weights(coef, low, high):
    assert low < logistic_ratio(np.ones((1, 2)), np.array(coef), 0.5) < high


def test_the_logistic_penalty_weighs_with_the_spread_of_the_labels():
    x, coef = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([0.3, -0.7])
    chance = 1 / (1 + np.exp(-(x @ coef + 0.4)))
    expected = (
        0.5
        * 0.25
        * sum(
            chance[i] * (1 - chance[i]) * x[i, j] ** 2 * coef[j] ** 2
            for i in range(2)
            for j in range(2)
        )
    )
    got = dropout_penalty_logistic(x, coef, 0.2, intercept=0.4)
    assert got == pytest.approx(expected, rel=1e-14)
    assert dropout_penalty_logistic([[1.0]], [2000.0], 0.5) == 0.0  # without overflow


# --- averages of subnetworks --------------------------------------------------------------------


def softmax(logits):
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)


def subnets(x, kernel, bias, rate):
    """Outputs of all subnetworks, shape (masks, n, k), and their probabilities."""
    masks, probabilities = enumerate_masks(x.shape[1], rate)
    outputs = [softmax(x * factors @ kernel + bias) for factors in multipliers(masks, rate)]
    return np.stack(outputs), probabilities


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 5)),
    rate=rates,
)
def test_the_geometric_mean_is_the_network_without_dropout(seed, shape, rate):
    n, d, k = shape
    rng = np.random.default_rng(seed)
    x, kernel, bias = rng.normal(size=(n, d)), rng.normal(size=(d, k)), rng.normal(size=k)
    got = subnet_geometric_mean(x, kernel, bias, rate)
    assert got.shape == (n, k)
    np.testing.assert_allclose(got, softmax(x @ kernel + bias), rtol=1e-9)
    outputs, probabilities = subnets(x, kernel, bias, rate)
    product = (outputs ** probabilities[:, None, None]).prod(axis=0)
    np.testing.assert_allclose(got, product / product.sum(axis=1, keepdims=True), rtol=1e-9)


def test_the_arithmetic_mean_is_another():
    """Odds of 2³, 2⁻¹ and 2⁻¹ multiply to 2 : 1; the mean probability is much less sure."""
    x, kernel = np.ones((1, 6)), np.zeros((6, 2))
    kernel[:3, 0] = np.log(2) * np.array([3, -1, -1])
    geometric = subnet_geometric_mean(x, kernel, np.zeros(2), 0.5)[0, 0]
    outputs, probabilities = subnets(x, kernel, np.zeros(2), 0.5)
    assert geometric == pytest.approx(2 / 3, abs=1e-8)
    assert probabilities @ outputs[:, 0, 0] == pytest.approx(0.578, abs=5e-4)
    unnormalised = (outputs[:, 0] ** probabilities[:, None]).prod(axis=0).sum()
    assert unnormalised < 0.9  # without the division it would be no distribution


def test_large_logits_do_not_overflow():
    x, kernel = np.array([[1.0, -2.0]]), np.array([[4e3, 0.0], [0.0, 3e3]])
    got = subnet_geometric_mean(x, kernel, np.zeros(2), 0.5)
    np.testing.assert_array_equal(got, [[1.0, 0.0]])


# --- mc_predict ---------------------------------------------------------------------------------


X = np.array([[1.0, -0.5, 2.0], [0.2, 0.1, -0.4]])
KERNEL, BIAS = np.array([[1.0, -1.0], [2.0, 0.5], [-1.0, 1.5]]), np.array([0.5, 0.0])


def single_layer(activation=None, seed=0):
    keras.utils.set_random_seed(seed)
    dense = keras.layers.Dense(2, activation)
    model = keras.Sequential([keras.Input((3,)), InvertedDropout(0.3), dense])
    dense.set_weights([KERNEL, BIAS])
    return model


@pytest.mark.parametrize("dropout", [InvertedDropout, Dropout, keras.layers.GaussianDropout])
def test_draws_differ_and_rows_too(dropout):
    draws = mc_predict(build_mlp(dropout), np.ones((4, 8)), 5)
    assert draws.shape == (5, 4, 3)
    assert len(np.unique(draws[..., 0])) == 20


@pytest.mark.parametrize("activation", ["linear", "softmax"])
def test_the_mean_of_draws_is_the_arithmetic_mean_of_all_subnetworks(activation):
    model, n_draws = single_layer(activation), 1000
    masks, probabilities = enumerate_masks(3, 0.3)
    logits = X * multipliers(masks, 0.3)[:, None] @ KERNEL + BIAS
    outputs = logits if activation == "linear" else softmax(logits)
    mean = np.einsum("m,mnk->nk", probabilities, outputs)
    deviation = np.sqrt(np.einsum("m,mnk->nk", probabilities, (outputs - mean) ** 2))
    draws = mc_predict(model, X, n_draws)
    error = deviation / np.sqrt(n_draws)
    assert (np.abs(draws.mean(axis=0) - mean) <= 4 * error).all()
    np.testing.assert_allclose(draws.std(axis=0), deviation, rtol=0.1)
    if activation == "softmax":  # and not the network without dropout
        assert (np.abs(mean - model(X))[0] > 10 * error[0]).all()


def test_a_seed_set_before_the_model_is_made_fixes_the_draws():
    one, again, other = (mc_predict(single_layer(seed=seed), X, 6) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def nested(*layers, trainable=True):
    """The layers in a model inside a model."""
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3), *layers])
    inner.trainable = trainable
    return keras.Sequential([keras.Input((3,)), inner, keras.layers.Dense(2)])


class OwnDropout(keras.layers.Layer):
    """As a learner may write it."""

    rate = 0.5

    def call(self, x, training=False):
        return x * multipliers(tf.random.uniform(tf.shape(x)) >= 0.5, 0.5) if training else x


@pytest.mark.parametrize(
    "model",
    [
        nested(Dropout(0.5)),
        nested(OwnDropout()),
        nested(keras.layers.Reshape((3, 1)), keras.layers.LSTM(3, dropout=0.5)),
        nested(keras.layers.Reshape((3, 1)), keras.layers.TimeDistributed(Dropout(0.5))),
    ],
)
def test_dropout_is_found_at_any_depth(model):
    assert mc_predict(model, X, 8).std(axis=0).max() > 0


def test_a_frozen_normalization_stays_as_it_is():
    model = nested(keras.layers.BatchNormalization(), InvertedDropout(0.5), trainable=False)
    before = [w.copy() for w in model.get_weights()]
    draws = mc_predict(model, X, 10)
    alone = mc_predict(model, X[:1], 10)
    for w, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(w, now)
    # A batch's own statistics would make rows depend on each other, and one alone constant.
    assert draws.std() > 0
    assert alone.std() > 0


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (keras.layers.BatchNormalization(), "BatchNormalization"),
        (keras.layers.SpectralNormalization(keras.layers.Dense(3)), "SpectralNormalization"),
    ],
)
def test_a_layer_that_would_change_is_refused(layer, name):
    model = nested(layer, Dropout(0.5))
    before = model.get_weights()
    with pytest.raises(ValueError, match=rf"not be changed by .* Received: {name} '{layer.name}'"):
        mc_predict(model, X, 3)
    for w, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(w, now)


@pytest.mark.parametrize("layer", [Dropout(0.0), keras.layers.GaussianNoise(1.0)])
def test_a_model_without_dropout_is_refused(layer):
    with pytest.raises(ValueError, match=r"rate above 0, .* Received: Sequential '.*' with none"):
        mc_predict(nested(layer), X, 3)


# --- bad input ----------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
ONES = np.ones((4, 2))
TAKE_A_RATE = [
    lambda rate: multipliers(np.ones(3, bool), rate),
    lambda rate: inverted_dropout(ONES, rate, rng=RNG, training=False),
    InvertedDropout,
    lambda rate: enumerate_masks(3, rate),
    lambda rate: dropout_penalty_linear(ONES, np.ones(2), rate),
    lambda rate: dropout_penalty_logistic(ONES, np.ones(2), rate),
    lambda rate: dropout_ridge(ONES, np.ones(4), rate),
    lambda rate: subnet_geometric_mean(ONES, np.ones((2, 3)), np.ones(3), rate),
]


@pytest.mark.parametrize("call", TAKE_A_RATE)
@pytest.mark.parametrize("rate", [1.0, -0.1, float("nan"), "0.5", None])
def test_bad_rates_are_refused(call, rate):
    with pytest.raises(ValueError, match=r"^rate must be in \[0, 1\)\. Received: rate="):
        call(rate)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: multipliers([0, 1], 0.5), r"kept must hold booleans\. Received: dtype int64"),
        (lambda: inverted_dropout([np.nan], 0.5, rng=RNG), r"x must be finite\. Received: nan"),
        (lambda: inverted_dropout(["a"], 0.5, rng=RNG), r"x must hold real numbers\. Received"),
        (lambda: inverted_dropout([1.0], 0.5, rng=7), r"rng must be .* Received: rng=7"),
        (lambda: InvertedDropout(0.5, seed=1.5), r"seed must be an integer .* Received: seed=1\.5"),
        (lambda: enumerate_masks(0, 0.5), r"n_units must be an integer >= 1\. Received: n_un.*=0"),
        (lambda: enumerate_masks(21, 0.5), r"n_units must be at most 20, .* Received: n_units=21"),
        (lambda: dropout_penalty_linear(ONES, [1.0], 0.5), r"coef .* \(2,\)\. Received: .*\(1,\)"),
        (lambda: dropout_penalty_logistic(ONES, [1.0], 0.5), r"coef .* \(2,\)\. Received: "),
        (
            lambda: dropout_penalty_logistic(ONES, [1.0, 1.0], 0.5, intercept=[1.0]),
            r"intercept must have shape \(\)\. Received: shape \(1,\)",
        ),
        (lambda: dropout_ridge(ONES, np.ones((4, 1)), 0.5), r"y must .* \(4,\)\. Received: "),
        (lambda: subnet_geometric_mean(ONES, np.ones((3, 3)), np.ones(3), 0.5), r"kernel must "),
        (lambda: subnet_geometric_mean(ONES, np.ones((2, 3)), [1.0], 0.5), r"bias must .* \(3,\)"),
        (
            lambda: subnet_geometric_mean(np.ones((1, 21)), np.ones((21, 2)), [0.0, 0.0], 0.5),
            r"at most 20, .* Received: n_units=21",
        ),
        (lambda: mc_predict(single_layer(), X, 0), r"n_draws must be .* >= 1\. Received: n_draws"),
        (lambda: mc_predict(single_layer(), [[np.inf] * 3], 2), r"x must be finite\. Received: "),
        (lambda: mc_predict([Dropout(0.5)], X, 2), r"model must be a keras\.Model\. .*: list"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
