"""Bias and variance, curves, gaps, and the closed form of double descent."""

import math
import re

import numpy as np
import pytest
import sklearn.linear_model as sk
import sklearn.model_selection as ms
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coursepkg import datasets, linear_models, overfitting

numbers = st.floats(-100, 100, width=32)


@st.composite
def fits(draw):
    """Predictions of a few models at a few inputs, and the truth there."""
    n_datasets, n_inputs = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    predictions = draw(arrays(float, (n_datasets, n_inputs), elements=numbers))
    return predictions, draw(arrays(float, n_inputs, elements=numbers))


# --- bias and variance --------------------------------------------------------------------------


@given(fits())
def test_bias_and_variance_add_up_to_the_error(case):
    predictions, truth = case
    both = overfitting.bias_variance(predictions, truth)
    assert min(both) >= 0
    error = np.mean((predictions - truth) ** 2)
    assert sum(both) == pytest.approx(error, rel=1e-9, abs=1e-9)


@given(fits())
def test_bias_and_variance_as_a_slow_loop(case):
    predictions, truth = case
    bias_squared = variance = 0.0
    for j, target in enumerate(truth):
        column = [float(row[j]) for row in predictions]
        mean = math.fsum(column) / len(column)
        bias_squared += (mean - target) ** 2 / len(truth)
        variance += math.fsum((p - mean) ** 2 for p in column) / len(column) / len(truth)
    assert overfitting.bias_variance(predictions, truth) == pytest.approx(
        (bias_squared, variance), rel=1e-9, abs=1e-9
    )


@given(fits(), st.floats(-10, 10), st.randoms())
def test_order_and_a_common_shift_change_nothing(case, shift, random):
    predictions, truth = case
    shuffled = random.sample(list(predictions), len(predictions))
    before = overfitting.bias_variance(predictions, truth)
    after = overfitting.bias_variance(np.array(shuffled) + shift, truth + shift)
    assert after == pytest.approx(before, rel=1e-6, abs=1e-6)


def test_equal_fits_have_no_variance_and_the_right_average_no_bias():
    assert overfitting.bias_variance(np.full((5, 2), 3.0), [3.0, 3.0]) == (0.0, 0.0)
    assert overfitting.bias_variance([[2.0], [4.0]], [3.0]) == (0.0, 1.0)


def legendre_hat(degree, x_train, x):
    """Matrix that takes targets at ``x_train`` to the least squares polynomial at ``x``."""
    basis = np.polynomial.legendre.legvander
    return basis(2 * x - 1, degree) @ np.linalg.pinv(basis(2 * x_train - 1, degree))


# Fixed inputs, so both parts are known: bias from A f(x), variance σ² times squared rows of A.
LEGENDRE = {1: (0.2051, 0.0086), 3: (0.0052, 0.0161), 5: (2.5e-5, 0.0236), 12: (0.0, 0.0754)}


@pytest.mark.parametrize(("degree", "known"), LEGENDRE.items())
def test_polynomials_of_a_sine_match_theory(degree, known):
    n_datasets, noise, x = 300, 0.3, np.linspace(0, 1, 201)
    first = datasets.make_sine(20, noise=noise, seed=0)
    hat = legendre_hat(degree, first.x_train[:, 0], x)
    truth = np.sin(2 * np.pi * x)
    bias_squared = np.mean((hat @ first.truth.y_train - truth) ** 2)
    variance = noise**2 * np.mean((hat**2).sum(axis=1))
    assert (bias_squared, variance) == pytest.approx(known, rel=5e-3, abs=5e-5)

    y = [datasets.make_sine(20, noise=noise, seed=seed).y_train for seed in range(n_datasets)]
    measured = overfitting.bias_variance(np.array(y) @ hat.T, truth)
    # One fit's variance, averaged over x, scatters by the factor √2 at most (one effective degree
    # of freedom); over 300 fits that leaves 8 %. The measured bias holds variance/300 more.
    assert measured.variance == pytest.approx(variance, rel=4 * np.sqrt(2 / n_datasets))
    assert measured.bias_squared == pytest.approx(
        bias_squared + variance / n_datasets, rel=0.05, abs=4 * variance / n_datasets
    )


# --- curves -------------------------------------------------------------------------------------


def ridge_fit(x, y, lam=1.0):
    return linear_models.ridge(x, y, lam=lam).predict


@pytest.fixture
def problem():
    data = datasets.make_sparse_linear(80, n_features=6, n_informative=3, seed=3)
    order = np.argsort(data.y_train)  # as files often are
    return data.x_train[order], data.y_train[order]


def splits(n, *, n_val, n_repeats, seed):
    """Training and validation rows as the curves draw them."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(n) for _ in range(n_repeats)]
    return [(order[n_val:], order[:n_val]) for order in orders]


def test_learning_curve_equals_sklearn(problem):
    x, y = problem
    sizes = [5, 17, 60]
    ours = overfitting.learning_curve(ridge_fit, x, y, sizes=sizes, n_val=20, n_repeats=4, seed=1)
    theirs = ms.learning_curve(
        sk.Ridge(alpha=1.0),
        x,
        y,
        train_sizes=sizes,
        cv=splits(80, n_val=20, n_repeats=4, seed=1),
        scoring="neg_mean_squared_error",
    )
    np.testing.assert_array_equal(ours.values, theirs[0])
    np.testing.assert_allclose(ours.train, -theirs[1].T, rtol=1e-9)
    np.testing.assert_allclose(ours.val, -theirs[2].T, rtol=1e-9)


def test_validation_curve_equals_sklearn(problem):
    x, y = problem
    lams = [0.01, 1.0, 100.0]
    ours = overfitting.validation_curve(ridge_fit, x, y, values=lams, n_val=25, n_repeats=3, seed=2)
    theirs = ms.validation_curve(
        sk.Ridge(),
        x,
        y,
        param_name="alpha",
        param_range=lams,
        cv=splits(80, n_val=25, n_repeats=3, seed=2),
        scoring="neg_mean_squared_error",
    )
    np.testing.assert_allclose(ours.train, -theirs[0].T, rtol=1e-9)
    np.testing.assert_allclose(ours.val, -theirs[1].T, rtol=1e-9)


def test_curves_take_another_loss(problem):
    x, y = problem
    signs = np.sign(y)

    def nearest_sign(x, y):
        predict = ridge_fit(x, y)
        return lambda new: np.sign(predict(new))

    curves = overfitting.learning_curve(
        nearest_sign, x, signs, sizes=[40], n_val=20, seed=0, loss=lambda y, p: y != p
    )
    assert curves.val.shape == (30, 1)
    assert set(np.unique(np.round(curves.val * 20, 9) % 1)) == {0.0}, "shares of 20 rows"


def test_curves_are_reseeded_and_repeat_themselves(problem):
    def curve(seed):
        return overfitting.learning_curve(
            ridge_fit, *problem, sizes=[10], n_val=20, n_repeats=2, seed=seed
        ).val

    np.testing.assert_array_equal(curve(0), curve(0))
    assert (curve(0) != curve(1)).all()


# --- gap ----------------------------------------------------------------------------------------


@given(st.lists(st.lists(numbers, min_size=1, max_size=5), min_size=1, max_size=5), numbers)
def test_gap_counts_examples_not_batches(batches, level):
    flat = [loss for batch in batches for loss in batch]
    expected = math.fsum(flat) / len(flat) - level
    arrays = [np.array(batch) for batch in batches]
    for losses in (batches, arrays, np.array(flat), iter(arrays)):
        assert overfitting.generalization_gap([[level]], losses) == pytest.approx(
            expected, rel=1e-9, abs=1e-9
        )
    assert overfitting.generalization_gap(arrays, [[level]]) == pytest.approx(
        -expected, rel=1e-9, abs=1e-9
    )


# --- double descent -----------------------------------------------------------------------------

N_FEATURES, NOISE = 50, 0.5


def simulated_risks(n, *, lam=0.0, n_draws=400):
    """Excess risk ‖β̂ - β‖² of fits to drawn data, ‖β‖ = 1."""
    rng = np.random.default_rng([n, N_FEATURES])
    risks = []
    for _ in range(n_draws):
        coef = rng.normal(size=N_FEATURES)
        coef /= np.linalg.norm(coef)
        x = rng.normal(size=(n, N_FEATURES))
        y = x @ coef + NOISE * rng.normal(size=n)
        fit = linear_models.ridge(x, y, lam=lam, fit_intercept=False)
        risks.append(np.sum((fit.coef - coef) ** 2))
    return np.array(risks)


@pytest.mark.parametrize("n", [5, 25, 40, 45, 55, 60, 100])
def test_double_descent_matches_simulation(n):
    # From |n - p| = 5 on, the risk has a variance, and a mean of draws a standard error.
    risks = simulated_risks(n)
    error = risks.std(ddof=1) / np.sqrt(len(risks))
    theory = overfitting.double_descent_risk(n, N_FEATURES, noise=NOISE)
    assert abs(risks.mean() - theory) < 4 * error


@pytest.mark.parametrize(("n", "known"), {25: 0.760, 40: 1.311, 60: 1.389, 100: 0.255}.items())
def test_double_descent_at_known_points(n, known):
    assert overfitting.double_descent_risk(n, 50, noise=0.5) == pytest.approx(known, abs=5e-4)


def test_more_data_can_hurt_least_squares_but_not_ridge_at_its_best():
    risk = [overfitting.double_descent_risk(n, 50, noise=0.5) for n in (25, 40, 60, 100)]
    assert risk[0] < risk[1] < risk[2] > risk[3]
    best = [
        simulated_risks(n, lam=N_FEATURES * NOISE**2, n_draws=100).mean() for n in (25, 40, 60, 100)
    ]
    # Content of a table in the chapter; the standard errors are below 0.01.
    assert best == pytest.approx([0.642, 0.478, 0.327, 0.176], abs=0.03)


@pytest.mark.parametrize("n", [49, 50, 51])
def test_the_peak_is_infinite_with_noise_and_not_without(n):
    assert overfitting.double_descent_risk(n, 50, noise=0.1) == math.inf
    assert overfitting.double_descent_risk(n, 50, noise=0.0) == pytest.approx(max(0, 1 - n / 50))


@given(st.integers(1, 200), st.integers(1, 200), st.floats(0.1, 3), st.floats(0, 3))
def test_risk_scales_with_the_square_of_the_units(n, p, noise, signal):
    risk = overfitting.double_descent_risk(n, p, noise=noise, signal=signal)
    assert risk >= 0
    twice = overfitting.double_descent_risk(n, p, noise=2 * noise, signal=2 * signal)
    assert twice == pytest.approx(4 * risk)


# --- bad input ----------------------------------------------------------------------------------

X, Y = np.arange(8.0).reshape(4, 2), np.arange(4.0)
CURVE = {"n_val": 1, "seed": 0}


def fit_column(x, y):
    return lambda new: np.zeros((len(new), 1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: overfitting.bias_variance([1.0, 2.0], [1.0]),
            "predictions must have shape (n_datasets, n_inputs). Received: shape (2,)",
        ),
        (
            lambda: overfitting.bias_variance([[1.0, 2.0]], [1.0]),
            "truth must have shape (2,). Received: shape (1,)",
        ),
        (
            lambda: overfitting.learning_curve(ridge_fit, X, Y, sizes=[2, 4], **CURVE),
            "sizes must be at most 3, the rows not held out. Received: 4",
        ),
        (
            lambda: overfitting.validation_curve(ridge_fit, X, Y, values=[], **CURVE),
            "values must hold at least one value. Received: none",
        ),
        (
            lambda: overfitting.learning_curve(ridge_fit, X, Y, sizes=[0], **CURVE),
            "sizes must be an integer >= 1. Received: sizes=0",
        ),
        (
            lambda: overfitting.learning_curve(fit_column, X, Y, sizes=[2], **CURVE),
            "predictions must have shape (2,). Received: shape (2, 1)",
        ),
        (
            lambda: overfitting.validation_curve(
                ridge_fit, X, Y, values=[1.0], n_val=4, n_repeats=1, seed=0
            ),
            "n_val must be below 4, the number of rows. Received: n_val=4",
        ),
        (
            lambda: overfitting.validation_curve(ridge_fit, X, Y[:3], values=[1.0], **CURVE),
            "y must have shape (4,). Received: shape (3,)",
        ),
        (
            lambda: overfitting.generalization_gap([], [[1.0]]),
            "train_losses must hold at least one loss. Received: none",
        ),
        (
            lambda: overfitting.generalization_gap([[1.0]], [[1.0], [math.nan]]),
            "val_losses must be finite. Received: nan at index (1,)",
        ),
        (
            lambda: overfitting.double_descent_risk(0, 5, noise=1.0),
            "n_samples must be an integer >= 1. Received: n_samples=0",
        ),
        (
            lambda: overfitting.double_descent_risk(5, 5, noise=-1.0),
            "noise must be a finite number >= 0. Received: noise=-1.0",
        ),
    ],
)
def test_bad_input_gets_one_clear_line(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()
