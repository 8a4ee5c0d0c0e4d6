import numpy as np
import pytest
import sklearn.linear_model as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from coursepkg import datasets, linear_models


def problem(seed=0, n=60, p=12, rho=0.7):
    data = datasets.make_sparse_linear(n, n_features=p, n_informative=4, rho=rho, seed=seed)
    return data.x_train + 3.0, data.y_train + 50.0  # means away from 0, so intercepts matter


@pytest.fixture(scope="module")
def diabetes():
    """All 442 rows, columns centred to unit norm, as Efron and others (2004) have them."""
    x, y = datasets.load_diabetes(seed=0).pooled()
    x = x - x.mean(axis=0)
    return x / np.linalg.norm(x, axis=0), y


SHAPES = [(60, 12), (12, 60), (20, 20), (5, 1)]


# --- ridge, minimum norm ------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("lam", [1e-3, 2.0, 1e4])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_ridge_equals_sklearn(shape, lam, fit_intercept):
    rng = np.random.default_rng(1)
    x, y = rng.normal(1.0, 2.0, shape), rng.normal(5.0, 1.0, shape[0])
    ours = linear_models.ridge(x, y, lam=lam, fit_intercept=fit_intercept)
    theirs = sk.Ridge(alpha=lam, fit_intercept=fit_intercept, solver="svd").fit(x, y)
    np.testing.assert_allclose(ours.coef, theirs.coef_, atol=1e-10)
    np.testing.assert_allclose(ours.intercept, theirs.intercept_, atol=1e-10)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x), atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_ridge_path_is_ridge_for_each_lam(shape):
    rng = np.random.default_rng(6)
    x, y, lams = rng.normal(size=shape), rng.normal(size=shape[0]), [3.0, 1e4, 0.1]
    path = linear_models.ridge_path(x, y, lams=lams)
    assert path.shape == (shape[1], 3)
    for lam, coef in zip(lams, path.T, strict=True):
        np.testing.assert_allclose(coef, sk.Ridge(alpha=lam).fit(x, y).coef_, atol=1e-9)


def test_ridge_does_not_penalise_the_intercept():
    x, y = problem()
    before, after = (linear_models.ridge(x, y + shift, lam=10.0) for shift in (0.0, 100.0))
    np.testing.assert_allclose(before.coef, after.coef, atol=1e-10)
    assert after.intercept == pytest.approx(before.intercept + 100.0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_min_norm_fit_equals_the_pseudoinverse(shape, fit_intercept):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=shape), rng.normal(size=shape[0])
    fit = linear_models.min_norm_fit(x, y, fit_intercept=fit_intercept)
    xc, yc = (x - x.mean(axis=0), y - y.mean()) if fit_intercept else (x, y)
    # At p close to n the inverse of the smallest singular value magnifies rounding.
    np.testing.assert_allclose(fit.coef, np.linalg.pinv(xc) @ yc, rtol=1e-7, atol=1e-9)
    if shape[0] <= shape[1]:
        np.testing.assert_allclose(fit.predict(x), y, atol=1e-8)


def test_min_norm_fit_survives_a_repeated_column():
    x, y = problem()
    doubled = linear_models.min_norm_fit(np.column_stack([x, x[:, 0]]), y)
    np.testing.assert_allclose(doubled.coef[0], doubled.coef[-1], atol=1e-9)


def test_filter_factors_are_what_ridge_does_to_least_squares():
    x, y = problem()
    lam = 5.0
    vt = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2]
    kept = vt @ linear_models.ridge(x, y, lam=lam).coef
    full = vt @ linear_models.min_norm_fit(x, y).coef
    np.testing.assert_allclose(kept / full, linear_models.filter_factors(x, lam=lam), atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_effective_df_equals_the_trace_of_the_hat_matrix(shape, fit_intercept):
    x = np.random.default_rng(3).normal(size=shape)
    xc = x - x.mean(axis=0) if fit_intercept else x
    hat = xc @ np.linalg.solve(xc.T @ xc + 0.7 * np.eye(shape[1]), xc.T)
    got = linear_models.effective_df(x, lam=0.7, fit_intercept=fit_intercept)
    assert got == pytest.approx(np.trace(hat), abs=1e-10)


def test_effective_df_without_penalty_is_the_rank():
    x = np.random.default_rng(4).normal(size=(30, 5))
    assert linear_models.effective_df(np.column_stack([x, x[:, :2]]), lam=0.0) == 5.0


# --- lasso --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("share", [0.9, 0.1, 0.01])
def test_ista_equals_sklearn(share, fit_intercept):
    x, y = problem()
    x = x - 3.0 if not fit_intercept else x
    lam = share * linear_models.lam_max(x, y, fit_intercept=fit_intercept)
    ours = linear_models.ista(x, y, lam=lam, fit_intercept=fit_intercept)
    theirs = sk.Lasso(
        alpha=lam / len(y), tol=1e-13, max_iter=1_000_000, fit_intercept=fit_intercept
    ).fit(x, y)
    np.testing.assert_allclose(ours.coef, theirs.coef_, atol=1e-9)
    np.testing.assert_allclose(ours.intercept, theirs.intercept_, atol=1e-8)
    np.testing.assert_array_equal(ours.coef == 0, theirs.coef_ == 0)


@pytest.mark.parametrize("share", [0.1, 0.5, 1.9])
def test_ista_solution_does_not_depend_on_the_step_size(share):
    x, y = problem()
    largest = np.linalg.svd(x - x.mean(axis=0))[1][0] ** 2
    default = linear_models.ista(x, y, lam=20.0)
    other = linear_models.ista(x, y, lam=20.0, step_size=share / largest)
    np.testing.assert_allclose(other.coef, default.coef, atol=1e-9)
    np.testing.assert_array_equal(other.coef == 0, default.coef == 0)


@pytest.mark.parametrize("shape", SHAPES)
def test_lasso_path_equals_sklearn(shape):
    rng = np.random.default_rng(5)
    x = rng.normal(size=shape)
    y = x @ np.where(np.arange(shape[1]) < 3, 2.0, 0.0) + rng.normal(size=shape[0])
    lams = np.geomspace(1.0, 1e-3, 25) * linear_models.lam_max(x, y)
    ours = linear_models.lasso_path(x, y, lams=lams)
    _, theirs, _ = sk.lasso_path(
        x - x.mean(axis=0), y - y.mean(), alphas=lams / len(y), tol=1e-14, max_iter=1_000_000
    )
    assert ours.shape == (shape[1], 25)
    np.testing.assert_allclose(ours, theirs, atol=1e-7)


def test_lasso_path_keeps_the_order_of_its_argument():
    x, y = problem()
    lams = np.array([3.0, 30.0, 0.0, 10.0, 30.0])
    path = linear_models.lasso_path(x, y, lams=lams)
    for lam, coef in zip(lams, path.T, strict=True):
        np.testing.assert_allclose(coef, linear_models.ista(x, y, lam=lam).coef, atol=1e-8)


def test_lasso_path_between_the_knots_of_lars(diabetes):
    x, y = diabetes
    alphas, _, knots = sk.lars_path(x, y - y.mean(), method="lasso")
    lams = np.geomspace(900.0, 0.5, 80)
    exact = [np.interp(-lams, -alphas * len(y), row) for row in knots]  # linear in between
    np.testing.assert_allclose(linear_models.lasso_path(x, y, lams=lams), exact, atol=1e-8)


# λ at which a coefficient of the diabetes lasso enters or leaves; Efron and others (2004) show
# this path in their figure 1.
KNOTS = [
    (949.4, "bmi"), (889.3, "s5"), (452.9, "bp"), (316.1, "s3"), (130.1, "sex"), (88.8, "s6"),
    (69.0, "s1"), (20.0, "s4"), (5.48, "s2"), (5.09, "age"), (2.18, "s3"), (1.31, "s3"),
]  # fmt: skip


@pytest.mark.parametrize(("knot", "name"), KNOTS)
def test_diabetes_knots(diabetes, knot, name):
    x, y = diabetes
    names = datasets.load_diabetes(seed=0).feature_names
    half_digit = 0.051 if knot > 10 else 0.0051
    above, below = linear_models.lasso_path(x, y, lams=[knot + half_digit, knot - half_digit]).T
    changed = [names[j] for j in np.flatnonzero((above == 0) != (below == 0))]
    assert changed == [name]


def test_diabetes_least_squares_norm(diabetes):
    assert np.abs(linear_models.min_norm_fit(*diabetes).coef).sum() == pytest.approx(3460, abs=0.5)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.02, 1.5))
def test_lasso_solutions_fulfil_the_kkt_conditions(seed, share):
    x, y = problem(seed, n=25, p=8)
    lam = share * linear_models.lam_max(x, y)
    coef = linear_models.ista(x, y, lam=lam).coef
    assert linear_models.kkt_residual(x, y, coef, lam=lam) <= 1e-9 * linear_models.lam_max(x, y)
    assert (coef == 0).all() == (share >= 1)
    if coef.any():
        moved = coef + 0.01 * np.abs(coef).max()
        assert linear_models.kkt_residual(x, y, moved, lam=lam) > 1e-3 * lam


def test_a_constant_column_gets_no_weight():
    x, y = problem()
    x = np.column_stack([x, np.full(len(y), 7.0)])
    assert linear_models.ridge(x, y, lam=1.0).coef[-1] == 0.0
    assert linear_models.ista(x, y, lam=1.0).coef[-1] == 0.0
    assert linear_models.lasso_path(x, y, lams=[1.0, 0.0])[-1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("constant", [0.1, -1e6 / 3, 1e-9 / 7])
@pytest.mark.parametrize("n", [3, 60, 61])
def test_a_lone_constant_column_is_not_taken_for_a_signal(constant, n):
    x, y = np.full((n, 1), constant), np.random.default_rng(n).normal(size=n)
    assert linear_models.min_norm_fit(x, y).coef.tolist() == [0.0]
    assert linear_models.ista(x, y, lam=0.0).coef.tolist() == [0.0]
    assert linear_models.effective_df(x, lam=0.0) == 0.0
    assert linear_models.lam_max(x, y) == linear_models.lam_max(y[:, None], x[:, 0]) == 0.0


def test_constant_columns_of_many_rows_carry_no_freedom():
    assert linear_models.effective_df(np.full((10_000, 2), 0.1), lam=0.0) == 0.0


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_every_lasso_function_minds_the_intercept(fit_intercept):
    x, y = problem()
    xc, yc = (x - x.mean(axis=0), y - y.mean()) if fit_intercept else (x, y)
    keyword = {"fit_intercept": fit_intercept}
    largest = np.abs(xc.T @ yc).max()
    assert linear_models.lam_max(x, y, **keyword) == pytest.approx(largest)
    at_zero = linear_models.kkt_residual(x, y, np.zeros(12), lam=1.0, **keyword)
    assert at_zero == pytest.approx(largest - 1.0)
    path = linear_models.lasso_path(x, y, lams=[0.1 * largest], **keyword)[:, 0]
    lasso = sk.Lasso(alpha=0.1 * largest / 60, tol=1e-13, max_iter=10**6, **keyword).fit(x, y)
    np.testing.assert_allclose(path, lasso.coef_, atol=1e-8)


def test_a_constant_target_gets_no_weights():
    x, _ = problem()
    fit = linear_models.ista(x, np.full(len(x), 4.0), lam=1.0)
    assert fit.coef.tolist() == [0.0] * x.shape[1]
    assert fit.intercept == 4.0


@pytest.mark.parametrize(
    "fit",
    [
        lambda x, y: linear_models.ista(x, y, lam=1.0, max_iter=3),
        lambda x, y: linear_models.lasso_path(x, y, lams=[1.0], max_iter=3),
    ],
)
def test_a_fit_that_has_not_converged_says_so(fit):
    with pytest.warns(
        linear_models.ConvergenceWarning,
        match=r"raise max_iter or tol\. Received: KKT residual .* > .* after 3 steps",
    ):
        fit(*problem())


# --- bad input ----------------------------------------------------------------------------------

FITS = [
    lambda x, y, lam: linear_models.ridge(x, y, lam=lam),
    lambda x, y, lam: linear_models.ista(x, y, lam=lam),
    lambda x, y, lam: linear_models.kkt_residual(x, y, np.zeros(12), lam=lam),
    lambda x, y, lam: linear_models.lasso_path(x, y, lams=[1.0, lam]),
    lambda x, y, lam: linear_models.ridge_path(x, y, lams=[1.0, lam]),
]


@pytest.mark.parametrize("fit", FITS)
def test_negative_lam_is_refused(fit):
    with pytest.raises(ValueError, match=r"must be a finite number >= 0\. Received: .*=-1"):
        fit(*problem(), -1.0)


@pytest.mark.parametrize("fit", FITS)
def test_nan_and_wrong_shapes_are_refused(fit):
    x, y = problem()
    with pytest.raises(ValueError, match=r"y must have shape \(60,\)\. Received: shape \(59,\)"):
        fit(x, y[1:], 1.0)
    x[3, 2] = np.nan
    with pytest.raises(ValueError, match=r"x must be finite\. Received: nan at index \(3, 2\)"):
        fit(x, y, 1.0)


@pytest.mark.parametrize("step_size", [0.0, 1.0, -1.0])
def test_a_step_size_that_diverges_is_refused(step_size):
    with pytest.raises(ValueError, match=r"step_size must be .* Received: step_size="):
        linear_models.ista(*problem(), lam=1.0, step_size=step_size)


def test_predict_refuses_another_number_of_columns():
    fit = linear_models.ridge(*problem(), lam=1.0)
    with pytest.raises(ValueError, match=r"x must have shape \(n_samples, 12\)\. Received: .*3\)"):
        fit.predict(np.ones((5, 3)))
