from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from coursepkg import datasets, linear_models
from coursepkg._keras import keras, tf
from coursepkg.early_stopping import (
    EarlyStopping,
    equivalent_lambda,
    gd_filter_factors,
    generalization_loss,
    gradient_flow_factors,
    stop_gl,
    stop_pq,
    stop_up,
    training_progress,
)

NAN, INF = float("nan"), float("inf")


# --- EarlyStopping against Keras ----------------------------------------------------------------


class CountingModel:
    """What the callback needs of a model; its only weight is the epoch."""

    stop_training = False

    def __init__(self):
        self.weight = np.array(-1)

    def get_weights(self):
        return [self.weight.copy()]

    def set_weights(self, weights):
        self.weight = weights[0]


def keras_trace(values, **options):
    """Drive Keras' callback by hand, in the order of ``fit``."""
    model = CountingModel()
    callback = keras.callbacks.EarlyStopping("monitored", **{"mode": "min"} | options)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.weight = np.array(epoch)
        callback.on_epoch_end(epoch, {"monitored": value})
        if model.stop_training:
            break
    callback.on_train_end()
    return trace_of(callback, stopped=model.stop_training, last=epoch, weights=[model.weight])


def our_trace(values, **options):
    stopping = EarlyStopping(**options)
    for epoch, value in enumerate(values):
        stopped = stopping.update(value, [np.array(epoch)])
        if stopped:
            break
    return trace_of(stopping, stopped=stopped, last=epoch, weights=stopping.final_weights)


def trace_of(stopping, *, stopped, last, weights):
    seen = stopping.best is not None
    return {
        "stop": stopping.stopped_epoch if stopped else None,
        "last": last,
        "best": str(stopping.best),  # so that NaN equals NaN, and 0.0 differs from -0.0
        "best epoch": stopping.best_epoch if seen else None,  # without a best, Keras has 0 here
        "wait": stopping.wait,
        "best weights": stopping.best_weights and [w.tolist() for w in stopping.best_weights],
        "held": [w.tolist() for w in weights],
    }


# Few values, so that ties are common; 0.8 and 0.7 differ by 0.1 in float32, by more in float64.
VALUES = [0.7, 0.8, 0.9, 1.0, 0.0, -0.0, -1.0, 5.0, NAN, INF, -INF, 3e38]
OPTIONS = {
    "patience": st.integers(0, 4),
    "min_delta": st.sampled_from([0, 0.1, 0.2, -0.1, 1.0]),
    "mode": st.sampled_from(["min", "max"]),
    "baseline": st.sampled_from([None, None, 0.8, 1.0, -1.0, INF, -INF]),
    "restore_best_weights": st.booleans(),
    "start_from_epoch": st.sampled_from([0, 0, 1, 3, 8]),
}


@settings(max_examples=2000, deadline=None)
@given(
    values=st.lists(st.sampled_from(VALUES), min_size=1, max_size=12),
    options=st.fixed_dictionaries(OPTIONS),
)
def test_every_trace_is_that_of_keras(values, options):
    assert our_trace(values, **options) == keras_trace(values, **options)


hundredths = st.integers(-40, 40).map(lambda i: i / 100)


@settings(max_examples=500, deadline=None)
@given(
    values=st.lists(hundredths, min_size=1, max_size=20),
    patience=st.integers(0, 4),
    min_delta=hundredths,
    as_logged=st.booleans(),
)
def test_gains_of_about_min_delta_are_judged_as_in_keras(values, patience, min_delta, as_logged):
    """Decimals a rounding apart; what ``fit`` logs are float32 numbers, written as float."""
    values = [float(np.float32(value)) for value in values] if as_logged else values
    options = {"patience": patience, "min_delta": min_delta}
    assert our_trace(values, **options) == keras_trace(values, **options)


TRACE = [5, 4, 3, 3.5, 3.4, 2.9, 3, 3.1, 3.2, 1]


@pytest.mark.parametrize(
    ("values", "patience", "stop", "best_epoch"),
    [
        (TRACE, 0, 3, 2),
        (TRACE, 1, 3, 2),
        (TRACE, 2, 4, 2),
        (TRACE, 3, 8, 5),
        (TRACE, 4, None, 9),
        ([NAN, 5, 4, 3, 2], 2, 2, 0),
        ([5, NAN, 4, NAN, NAN, 3], 2, 4, 2),
        ([2, 2, 2], 2, 2, 0),
    ],
)
@pytest.mark.parametrize("restore", [False, True])
def test_traces_by_hand(values, patience, stop, best_epoch, restore):
    for trace in (our_trace, keras_trace):
        seen = trace(map(float, values), patience=patience, restore_best_weights=restore)
        last = len(values) - 1 if stop is None else stop
        held = best_epoch if restore else last
        assert (seen["stop"], seen["last"], seen["best epoch"]) == (stop, last, best_epoch)
        assert seen["held"] == [held]


@pytest.mark.parametrize("patience", [0, 1])
def test_the_first_epoch_never_stops(patience):
    assert not EarlyStopping(patience).update(NAN)


def test_only_beating_the_baseline_too_restarts_the_wait():
    stopping = EarlyStopping(patience=2, baseline=1.0)
    assert [stopping.update(v) for v in (5.0, 4.0, 3.0, 3.0)] == [False, False, False, True]
    assert (stopping.best_epoch, stopping.wait) == (2, 4)


@pytest.mark.parametrize("min_delta", [0.1, -0.1])
def test_a_gain_of_exactly_min_delta_is_none(min_delta):
    stopping = EarlyStopping(min_delta=min_delta)
    assert [stopping.update(v) for v in (0.8, 0.7)] == [False, True]


def test_what_is_too_large_for_float32_counts_as_infinite():
    """Keras raises an error there, which no training of its own can bring about."""
    stopping = EarlyStopping(patience=2)
    assert [stopping.update(v) for v in (1e40, 1e39, INF)] == [False, False, True]
    assert stopping.best == 1e40


def test_an_attribute_says_none_before_it_is_known():
    stopping = EarlyStopping(restore_best_weights=True, start_from_epoch=1)
    stopping.update(3.0, "first")
    assert stopping.epoch == 0
    assert stopping.best is stopping.best_epoch is stopping.stopped_epoch is None
    assert stopping.best_weights is None
    assert stopping.final_weights == "first"


@pytest.mark.parametrize("restore", [False, True])
def test_training_in_place_does_not_change_kept_weights(restore):
    stopping = EarlyStopping(patience=5, restore_best_weights=restore)
    weights = [np.zeros(3), np.zeros(2)]
    for value in (2.0, 3.0, 4.0):
        for w in weights:
            w += 1.0
        stopping.update(value, weights)
    for w in weights:
        w += 100.0
    assert [w[0] for w in stopping.final_weights] == ([1.0, 1.0] if restore else [3.0, 3.0])


@pytest.mark.parametrize("number", [np.float32(2.5), np.array(2.5), keras.ops.array(2.5)])
def test_scalars_of_any_library_are_numbers(number):
    stopping = EarlyStopping()
    stopping.update(number)
    assert stopping.best == 2.5
    assert type(stopping.best) is float


class Follow(keras.callbacks.Callback):
    """Shows one of ours what a callback of Keras sees, which comes after it in the list."""

    def __init__(self, monitor, script=None, **options):
        super().__init__()
        self.ours, self.monitor, self.script = EarlyStopping(**options), monitor, script

    def on_epoch_end(self, epoch, logs=None):
        if self.script:
            logs[self.monitor] = self.script[epoch]
        self.stopped = self.ours.update(logs[self.monitor], self.model.get_weights())


FITS = [
    ("val_loss", None, {"patience": 3, "restore_best_weights": True}),
    ("val_loss", None, {"patience": 2, "min_delta": 1e-3}),
    ("scripted", TRACE, {"patience": 3, "restore_best_weights": True}),
    ("scripted", TRACE, {"patience": 3}),
    ("scripted", TRACE, {"patience": 4, "restore_best_weights": True}),
    ("scripted", [NAN, *TRACE], {"patience": 2, "restore_best_weights": True}),
    ("scripted", TRACE, {"mode": "max", "start_from_epoch": 2, "restore_best_weights": True}),
    ("scripted", TRACE, {"patience": 2, "baseline": 4.5, "min_delta": 1}),
]


@pytest.mark.parametrize(("monitor", "script", "options"), FITS)
def test_a_real_training_stops_where_ours_does(monitor, script, options):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(24, 12)), rng.normal(size=(24, 1))  # nothing to learn but noise
    model = keras.Sequential([keras.Input((12,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    follow = Follow(monitor, script, **options)
    theirs = keras.callbacks.EarlyStopping(monitor, **{"mode": "min"} | options)
    model.fit(
        x[:14],
        y[:14],
        validation_data=(x[14:], y[14:]),
        epochs=len(script or range(60)),
        callbacks=[follow, theirs],
        verbose=0,
    )
    ours = follow.ours
    assert follow.stopped == (ours.stopped_epoch is not None) == model.stop_training
    assert (ours.stopped_epoch or 0, ours.wait) == (theirs.stopped_epoch, theirs.wait)
    assert (str(ours.best), ours.best_epoch) == (str(float(theirs.best)), theirs.best_epoch)
    for kept, held in zip(ours.final_weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, held)


# --- descent and ridge --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def diabetes():
    """All 442 rows, columns of mean 0 and standard deviation 1, target of mean 0."""
    x, y = datasets.load_diabetes(seed=0).pooled()
    return (x - x.mean(axis=0)) / x.std(axis=0), y - y.mean()


def spectrum(x):
    """Eigenvalues of X'X/n and their eigenvectors, as columns."""
    return np.linalg.eigh(x.T @ x / len(x))


def filtered_fit(x, y, factors):
    """Least squares with each direction multiplied by its factor."""
    eigenvalues, directions = spectrum(x)
    return directions @ (factors / eigenvalues * (directions.T @ x.T @ y / len(y)))


def descend(x, y, step_size, n_steps):
    coef = np.zeros(x.shape[1])
    for _ in range(n_steps):
        coef -= step_size * x.T @ (x @ coef - y) / len(y)
    return coef


@pytest.mark.parametrize("n_steps", [0, 1, 5, 20, 100, 1000])
@pytest.mark.parametrize("step_size", [0.01, 0.1, 0.49])  # 2 over the largest eigenvalue is 0.497
def test_closed_form_equals_the_loop(diabetes, step_size, n_steps):
    x, y = diabetes
    factors = gd_filter_factors(spectrum(x)[0], step_size=step_size, n_steps=n_steps)
    loop = descend(x, y, step_size, n_steps)
    largest = np.abs(loop).max(initial=1.0)
    np.testing.assert_allclose(filtered_fit(x, y, factors), loop, rtol=0, atol=1e-12 * largest)


@pytest.mark.parametrize(("n_steps", "gap"), [(5, 0.366), (20, 0.193), (100, 0.065), (1000, 0.012)])
def test_descent_comes_close_to_the_equivalent_ridge(diabetes, n_steps, gap):
    x, y = diabetes
    factors = gd_filter_factors(spectrum(x)[0], step_size=0.1, n_steps=n_steps)
    lam = equivalent_lambda(step_size=0.1, n_steps=n_steps)
    ridge = linear_models.ridge(x, y, lam=len(y) * lam).predict(x)
    distance = np.linalg.norm(x @ filtered_fit(x, y, factors) - ridge)
    assert distance / np.linalg.norm(ridge) == pytest.approx(gap, abs=6e-4)


@given(
    travelled=st.one_of(st.floats(1e-12, 2), st.floats(1e-12, 1e-6), st.floats(1.999, 2)),
    n_steps=st.integers(0, 5000),
)
def test_factors_are_accurate_to_the_last_digits(travelled, n_steps):
    with localcontext(prec=60):
        exact = float(1 - (1 - Decimal(travelled)) ** n_steps) if n_steps else 0.0
    got = gd_filter_factors([travelled], step_size=1.0, n_steps=n_steps)[0]
    assert got == pytest.approx(exact, rel=1e-14, abs=1e-14 if travelled > 0.5 else 0.0)


def test_beyond_two_descent_diverges_and_the_factors_say_so():
    factors = [gd_filter_factors([3.0], step_size=1.0, n_steps=n)[0] for n in (1, 2, 3, 5000)]
    assert factors == [3.0, -3.0, 9.0, -INF]


def test_small_steps_approach_the_flow():
    s = np.array([0.0, 1e-9, 0.3, 1.0, 20.0])
    flow = gradient_flow_factors(s, time=0.7)
    gaps = [
        np.abs(gd_filter_factors(s, step_size=0.7 / n, n_steps=n) - flow).max()
        for n in (1000, 2000, 4000)
    ]
    np.testing.assert_allclose(np.divide(gaps[:-1], gaps[1:]), 2.0, rtol=0.02)  # O(step size)
    np.testing.assert_allclose(flow[1], 7e-10, rtol=1e-9)
    assert gradient_flow_factors(s, time=0.0).tolist() == [0.0] * 5


def test_half_the_step_size_needs_twice_the_steps():
    one, other = {"step_size": 2e-4, "n_steps": 5000}, {"step_size": 1e-4, "n_steps": 10_000}
    assert equivalent_lambda(**one) == equivalent_lambda(**other) == pytest.approx(1.0)
    s = np.array([0.01, 0.2])
    np.testing.assert_allclose(
        gd_filter_factors(s, **one), gd_filter_factors(s, **other), rtol=1e-4
    )


def test_eigenvalues_that_are_rounding_errors_count_as_zero():
    x = np.random.default_rng(0).normal(size=(5, 40))
    eigenvalues = spectrum(x)[0]
    assert eigenvalues.min() < 0
    for factors in (
        gd_filter_factors(eigenvalues, step_size=0.01, n_steps=7),
        gradient_flow_factors(eigenvalues, time=0.07),
    ):
        assert factors.min() >= 0.0
        np.testing.assert_allclose(factors[:35], 0.0, atol=1e-14)


def keras_coef(x, y, learning_rate, n_steps, regularizer=None):
    """Full-batch steps of ``mse`` from weights of 0, all of them in one epoch."""
    model = keras.Sequential([keras.Input((x.shape[1],))])
    model.add(
        keras.layers.Dense(
            1, use_bias=False, kernel_initializer="zeros", kernel_regularizer=regularizer
        )
    )
    model.compile(keras.optimizers.SGD(learning_rate), "mse", steps_per_execution=n_steps)
    batches = tf.data.Dataset.from_tensors((x, y[:, None])).repeat(n_steps)
    model.fit(batches, shuffle=False, verbose=0)
    return model.get_weights()[0][:, 0]


# Keras keeps its learning rate in float32, where powers of two lose nothing.
@pytest.mark.parametrize(("learning_rate", "n_steps"), [(2.0**-4, 7), (2.0**-3, 60)])
@pytest.mark.usefixtures("float64")
def test_keras_mse_takes_steps_of_twice_its_learning_rate(diabetes, learning_rate, n_steps):
    x, y = diabetes
    factors = gd_filter_factors(spectrum(x)[0], step_size=2 * learning_rate, n_steps=n_steps)
    expected = filtered_fit(x, y, factors)
    trained = keras_coef(x, y, learning_rate, n_steps)
    np.testing.assert_allclose(trained, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


@pytest.mark.usefixtures("float64")
def test_keras_l2_is_half_the_equivalent_lambda(diabetes):
    """With Keras' penalty the long run ends at the ridge of that λ in the course's convention."""
    x, y = diabetes
    learning_rate, n_steps = 2.0**-3, 4
    l2 = equivalent_lambda(step_size=learning_rate, n_steps=n_steps) / 2  # 1: exact in float32
    lam = equivalent_lambda(step_size=2 * learning_rate, n_steps=n_steps)
    trained = keras_coef(x, y, learning_rate, 200, keras.regularizers.L2(l2))
    expected = linear_models.ridge(x, y, lam=len(y) * lam).coef
    np.testing.assert_allclose(trained, expected, atol=1e-10 * np.abs(expected).max())


# --- the bounds of Ali, Kolter and Tibshirani (2019) --------------------------------------------


def largest(function):
    """Maximum over x > 0, and where it is."""
    found = minimize_scalar(
        lambda x: -function(x), bounds=(1e-3, 50), method="bounded", options={"xatol": 1e-10}
    )
    return -found.fun, found.x


def variance_ratio(x):
    """Variance of the flow over that of ridge in a direction with x = ts, for λ = 1/t."""
    return (-np.expm1(-x) * (1 + x) / x) ** 2


def bayes_ratio(x):
    """Risk of the flow over that of ridge in that direction, averaged over β, for the best λ."""
    return (np.exp(-2 * x) + np.expm1(-x) ** 2 / x) * (1 + x)


PATH_BOUND, OPTIMUM_BOUND = 1.6862, 1.2147


def test_constants_of_the_bounds():
    assert largest(variance_ratio) == pytest.approx((1.6862, 1.793), abs=5e-4)
    assert largest(bayes_ratio) == pytest.approx((1.2147, 3.21), abs=5e-3)
    assert largest(variance_ratio)[0] < PATH_BOUND
    assert largest(bayes_ratio)[0] < OPTIMUM_BOUND


def risk(factors, eigenvalues, squared_coef, noise, *, in_sample):
    """Squared bias plus variance over all directions; noise is its variance over n."""
    parts = (1 - factors) ** 2 * squared_coef + noise * factors**2 / eigenvalues
    return (parts * eigenvalues).sum() if in_sample else parts.sum()


def test_risk_is_what_matrices_give():
    x = np.random.default_rng(1).normal(size=(30, 4))
    coef, noise_variance, time = np.array([1.0, -2.0, 0.0, 3.0]), 0.5, 0.8
    s, directions = spectrum(x)
    factors = gradient_flow_factors(s, time=time)
    estimator = directions @ np.diag(factors / s) @ directions.T @ x.T / 30
    bias, covariance = estimator @ x @ coef - coef, noise_variance * estimator @ estimator.T
    squared_coef = (directions.T @ coef) ** 2
    for in_sample, metric in ((False, np.eye(4)), (True, x.T @ x / 30)):
        expected = bias @ metric @ bias + np.trace(metric @ covariance)
        got = risk(factors, s, squared_coef, noise_variance / 30, in_sample=in_sample)
        assert got == pytest.approx(expected)


problems = st.integers(1, 8).flatmap(
    lambda p: st.tuples(
        st.lists(st.floats(1e-3, 1e3), min_size=p, max_size=p).map(np.array),
        st.lists(st.floats(0, 10), min_size=p, max_size=p).map(np.square),
    )
)


@settings(max_examples=500, deadline=None)
@given(
    problem=problems, noise=st.floats(1e-6, 1e3), time=st.floats(1e-4, 1e4), in_sample=st.booleans()
)
def test_the_flow_is_at_most_1_69_times_as_risky_as_ridge(problem, noise, time, in_sample):
    s, squared_coef = problem
    flow = risk(gradient_flow_factors(s, time=time), s, squared_coef, noise, in_sample=in_sample)
    ridge = risk(s / (s + 1 / time), s, squared_coef, noise, in_sample=in_sample)
    assert flow <= PATH_BOUND * ridge


@settings(max_examples=500, deadline=None)
@given(problem=problems, snr=st.floats(1e-3, 1e3), in_sample=st.booleans())
def test_the_best_flow_is_at_most_1_22_times_as_risky_as_the_best_ridge(problem, snr, in_sample):
    """Averaged over coefficients of variance 1; the best λ is then the noise, over n."""
    s, noise = problem[0], 1 / snr
    best_ridge = risk(s / (s + noise), s, 1.0, noise, in_sample=in_sample)
    flow = risk(gradient_flow_factors(s, time=1 / noise), s, 1.0, noise, in_sample=in_sample)
    assert best_ridge <= flow <= OPTIMUM_BOUND * best_ridge


def test_descent_in_large_steps_can_exceed_the_bound():
    """At ηs = 1 one step is least squares, while ridge halves: four times its variance."""
    s, lam = np.array([1.0]), equivalent_lambda(step_size=1.0, n_steps=1)
    descent, ridge = gd_filter_factors(s, step_size=1.0, n_steps=1), s / (s + lam)
    risks = [risk(factors, s, 0.0, 1.0, in_sample=True) for factors in (descent, ridge)]
    assert risks == [1.0, 0.25]


# --- Prechelt's criteria ------------------------------------------------------------------------


def slow_gl(val, t):
    """All of these count epochs from 1, as the paper."""
    return 100 * (val[t - 1] / min(val[:t]) - 1)


def slow_progress(train, t, k):
    strip = train[t - k : t]
    return 1000 * (sum(strip) / (k * min(strip)) - 1)


def slow_stop_gl(val, threshold):
    return next((t for t in range(1, len(val) + 1) if slow_gl(val, t) > threshold), None)


def slow_stop_pq(train, val, threshold, k):
    for t in range(k, len(val) + 1, k):
        if slow_gl(val, t) > threshold * slow_progress(train, t, k):
            return t
    return None


def slow_up_holds(val, t, s, k):
    if t % k or t - k < 1 or not val[t - 1] > val[t - k - 1]:
        return False
    return s == 1 or slow_up_holds(val, t - k, s - 1, k)


def slow_stop_up(val, s, k):
    return next((t for t in range(1, len(val) + 1) if slow_up_holds(val, t, s, k)), None)


def from_zero(epoch):
    return None if epoch is None else epoch - 1


# Few values, so that ties are common, whose sums are exact; the thresholds below lie off any tie.
loss = st.sampled_from([0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 5.0])
losses = st.lists(loss, min_size=1, max_size=24)
histories = st.lists(st.tuples(loss, loss), min_size=1, max_size=24)  # training, validation


@given(val=losses, threshold=st.sampled_from([0.0, 7.3, 50.0, 111.1]))
def test_gl_equals_its_definition(val, threshold):
    expected = [slow_gl(val, t) for t in range(1, len(val) + 1)]
    np.testing.assert_allclose(generalization_loss(val), expected, atol=1e-12)
    assert stop_gl(val, threshold=threshold) == from_zero(slow_stop_gl(val, threshold))


@given(train=losses, strip=st.integers(1, 6))
def test_progress_equals_its_definition(train, strip):
    progress = training_progress(train, strip=strip)
    assert progress.shape == (len(train),)
    for t, got in enumerate(progress, start=1):
        expected = slow_progress(train, t, strip) if t % strip == 0 else NAN
        assert got == pytest.approx(expected, abs=1e-9, nan_ok=True)


@given(
    history=histories,
    threshold=st.sampled_from([0.0, 0.0731, 0.333, 1.01]),
    strip=st.integers(1, 6),
)
def test_pq_equals_its_definition(history, threshold, strip):
    train, val = zip(*history, strict=True)
    expected = from_zero(slow_stop_pq(train, val, threshold, strip))
    assert stop_pq(train, val, threshold=threshold, strip=strip) == expected


@given(val=losses, successive=st.integers(1, 4), strip=st.integers(1, 6))
def test_up_equals_its_definition(val, successive, strip):
    expected = from_zero(slow_stop_up(val, successive, strip))
    assert stop_up(val, successive=successive, strip=strip) == expected


@given(
    history=histories,
    power=st.integers(-8, 8),
    threshold=st.floats(0, 2),
    strip=st.integers(1, 6),
)
def test_criteria_do_not_depend_on_the_unit_of_the_loss(history, power, threshold, strip):
    train, val = np.transpose(history)
    unit = 2.0**power
    np.testing.assert_array_equal(generalization_loss(unit * val), generalization_loss(val))
    assert stop_gl(unit * val, threshold=threshold) == stop_gl(val, threshold=threshold)
    keywords = {"threshold": threshold, "strip": strip}
    assert stop_pq(unit * train, val, **keywords) == stop_pq(train, unit * val, **keywords)
    keywords = {"successive": 1, "strip": strip}
    assert stop_up(unit * val, **keywords) == stop_up(val, **keywords)


TRAIN = [9.0, 6.0, 4.0, 3.0, 3.0, 3.0]
VAL = [8.0, 5.0, 4.0, 4.4, 4.2, 5.0]


def test_criteria_by_hand():
    np.testing.assert_allclose(generalization_loss(VAL), [0, 0, 0, 10, 5, 25], atol=1e-12)
    expected = [NAN, 250, NAN, 500 / 3, NAN, 0]
    np.testing.assert_allclose(training_progress(TRAIN, strip=2), expected, atol=1e-9)
    assert stop_gl(VAL, threshold=9) == 3
    assert stop_gl(VAL, threshold=10.1) == 5
    assert stop_gl(VAL, threshold=26) is None
    assert stop_pq(TRAIN, VAL, threshold=0.05, strip=2) == 3  # 10 / 166.7 = 0.06
    assert stop_pq(TRAIN, VAL, threshold=0.07, strip=2) == 5  # no progress at all
    assert stop_up(VAL, successive=1, strip=1) == 3
    assert stop_up(VAL, successive=2, strip=1) is None
    assert stop_up(VAL, successive=1, strip=2) == 5  # ends are 5, 4.4 and 5
    assert stop_up(VAL, successive=1, strip=3) == 5
    assert stop_up(VAL, successive=1, strip=4) is None


def test_generalization_loss_does_not_know_the_future():
    assert generalization_loss([4.0, 5.0, 1.0]).tolist() == [0.0, 25.0, 0.0]


def test_a_constant_training_loss_is_no_progress_whatever_its_rounding():
    for length in range(1, 30):
        train = np.full(5 * length, 0.1 * length)
        assert training_progress(train)[4::5].tolist() == [0.0] * length
        assert stop_pq(train, np.ones(len(train)), threshold=1.0) is None


def test_strips_are_five_epochs_long_by_default():
    falling, rising = 2.0 ** -np.arange(12.0), 2.0 ** np.arange(12.0)
    assert np.flatnonzero(~np.isnan(training_progress(falling))).tolist() == [4, 9]
    assert stop_up(rising, successive=1) == 9
    assert stop_pq(falling, rising, threshold=0.0) == 4
    assert np.isnan(training_progress(falling[:4])).all()


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patience": -1}, r"patience must be an integer >= 0\. Received: patience=-1"),
        ({"patience": 1.5}, r"patience must be an integer >= 0\. Received: patience=1\.5"),
        ({"min_delta": NAN}, r"min_delta must be in \(-inf, inf\)\. Received: min_delta=nan"),
        ({"min_delta": "0"}, r"min_delta must be in .*\. Received: min_delta='0'"),
        ({"mode": "auto"}, r"mode must be \"min\" or \"max\"\. Received: mode='auto'"),
        ({"baseline": NAN}, r"baseline must be in \[-inf, inf\]\. Received: baseline=nan"),
        ({"start_from_epoch": -2}, r"start_from_epoch must be .* Received: start_from_epoch=-2"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**options)


@pytest.mark.parametrize("value", [None, "0.5", True, [1.0], np.ones(1), 1j])
def test_what_is_no_number_is_refused(value):
    stopping = EarlyStopping()
    with pytest.raises(ValueError, match=r"value must be a number\. Received: value="):
        stopping.update(value)
    assert stopping.epoch == -1


def test_missing_weights_are_refused():
    stopping = EarlyStopping(restore_best_weights=True)
    with pytest.raises(ValueError, match=r"restore_best_weights needs .* Received: weights=None"):
        stopping.update(1.0)
    assert stopping.epoch == -1


def test_an_epoch_after_the_stop_is_refused():
    stopping = EarlyStopping()
    assert [stopping.update(v) for v in (1.0, 2.0)] == [False, True]
    with pytest.raises(RuntimeError, match=r"stopped after epoch 1: .* Received: value=0\.5"):
        stopping.update(0.5)
    assert (stopping.epoch, stopping.best, stopping.stopped_epoch) == (1, 1.0, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: gd_filter_factors([1.0, -0.1], step_size=1.0, n_steps=1),
            r"min\(eigenvalues\) must be a finite number >= 0\. Received: .*=-0\.1",
        ),
        (
            lambda: gd_filter_factors([-1e-300], step_size=1.0, n_steps=1),
            r"min\(eigenvalues\) must be a finite number >= 0\. Received: .*=-1e-300",
        ),
        (
            lambda: gd_filter_factors(1.0, step_size=1.0, n_steps=1),
            r"eigenvalues must have shape \(n_eigenvalues,\)\. Received: shape \(\)",
        ),
        (
            lambda: gd_filter_factors([1.0], step_size=0.0, n_steps=1),
            r"step_size must be in \(0, inf\)\. Received: step_size=0\.0",
        ),
        (
            lambda: gd_filter_factors([1.0], step_size=0.1, n_steps=1.5),
            r"n_steps must be an integer >= 0\. Received: n_steps=1\.5",
        ),
        (
            lambda: gradient_flow_factors([1.0], time=-1.0),
            r"time must be a finite number >= 0\. Received: time=-1\.0",
        ),
        (
            lambda: gradient_flow_factors([NAN], time=1.0),
            r"eigenvalues must be finite\. Received: nan at index \(0,\)",
        ),
        (
            lambda: equivalent_lambda(step_size=0.1, n_steps=0),
            r"n_steps must be an integer >= 1\. Received: n_steps=0",
        ),
        (
            lambda: equivalent_lambda(step_size=-0.1, n_steps=1),
            r"step_size must be in \(0, inf\)\. Received: step_size=-0\.1",
        ),
        (
            lambda: generalization_loss([1.0, 0.0]),
            r"min\(val_losses\) must be in \(0, inf\)\. Received: min\(val_losses\)=0\.0",
        ),
        (
            lambda: generalization_loss([1.0, NAN]),
            r"val_losses must be finite\. Received: nan at index \(1,\)",
        ),
        (
            lambda: training_progress([1.0, -1.0]),
            r"min\(train_losses\) must be in \(0, inf\)\. Received: min\(train_losses\)=-1\.0",
        ),
        (
            lambda: training_progress([1.0], strip=0),
            r"strip must be an integer >= 1\. Received: strip=0",
        ),
        (
            lambda: stop_gl([1.0], threshold=-1.0),
            r"threshold must be a finite number >= 0\. Received: threshold=-1\.0",
        ),
        (
            lambda: stop_pq([1.0, 1.0], [1.0], threshold=1.0),
            r"val_losses must have shape \(2,\)\. Received: shape \(1,\)",
        ),
        (
            lambda: stop_pq([1.0], [1.0], threshold=NAN),
            r"threshold must be a finite number >= 0\. Received: threshold=nan",
        ),
        (
            lambda: stop_up([1.0], successive=0),
            r"successive must be an integer >= 1\. Received: successive=0",
        ),
        (
            lambda: stop_up([], successive=1),
            r"val_losses must have shape \(n_epochs,\)\. Received: shape \(0,\)",
        ),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
