import numpy as np
import pytest
import sklearn.datasets

from coursepkg import datasets

LINEAR = [datasets.make_sparse_linear, datasets.make_house_prices, datasets.make_car_efficiency]
MADE = [*LINEAR, datasets.make_sine, datasets.make_sales, datasets.make_documents]
LOADED = [datasets.load_diabetes, datasets.load_digits_noisy]


def arrays(data):
    return [
        getattr(data, f"{kind}_{part}") for part in ("train", "val", "test") for kind in ("x", "y")
    ]


@pytest.mark.parametrize("function", MADE + LOADED)
def test_the_seed_decides_everything(function):
    first, again, other = (arrays(function(seed=seed)) for seed in (3, 3, 4))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert any((a != b).any() for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("function", MADE + LOADED)
def test_sizes_names_and_units(function):
    data = function(80, n_val=30, seed=0)
    p = data.x_train.shape[1]
    assert data.x_train.shape == (80, p)
    assert data.x_val.shape == (30, p)
    assert data.x_test.shape == (len(data.y_test), p)
    assert len(data.feature_names) == len(set(data.feature_names)) == p
    assert len(data.units) == p + 1
    assert all(np.isfinite(array).all() for array in arrays(data))


@pytest.mark.parametrize("function", LINEAR)
def test_targets_come_from_the_truth_with_noise_of_the_stated_size(function):
    data = function(4000, n_test=4000, seed=1)
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        noise = (y - x @ data.truth.coef - data.truth.intercept) / data.truth.noise
        # standard errors of mean and standard deviation: 1/√n and 1/√(2n); four of them
        assert abs(noise.mean()) < 4 / np.sqrt(4000)
        assert abs(noise.std() - 1) < 4 / np.sqrt(8000)


@pytest.mark.parametrize("function", LINEAR)
def test_without_noise_the_truth_predicts_exactly(function):
    data = function(seed=0, noise=0.0)
    np.testing.assert_allclose(data.x_val @ data.truth.coef + data.truth.intercept, data.y_val)


def test_sine_is_a_sine_with_noise_of_the_stated_size_on_inputs_that_never_change():
    data = datasets.make_sine(4000, noise=0.3, seed=1)
    np.testing.assert_allclose(data.truth.y_val, np.sin(2 * np.pi * data.x_val[:, 0]), atol=1e-15)
    noise = (data.y_train - data.truth.y_train) / 0.3
    assert abs(noise.mean()) < 4 / np.sqrt(4000)
    assert abs(noise.std() - 1) < 4 / np.sqrt(8000)
    clean = datasets.make_sine(4000, noise=0.0, seed=2)
    np.testing.assert_array_equal(clean.x_train, data.x_train)
    np.testing.assert_array_equal(clean.y_train, data.truth.y_train)


def test_sparse_linear_has_the_stated_sparsity_and_correlation():
    data = datasets.make_sparse_linear(20_000, n_features=6, n_informative=2, rho=0.5, seed=0)
    assert (data.truth.coef != 0).sum() == 2
    assert ((np.abs(data.truth.coef) >= 0.5) | (data.truth.coef == 0)).all()
    places = np.arange(6)
    expected = 0.5 ** np.abs(places[:, None] - places)
    np.testing.assert_allclose(np.corrcoef(data.x_train.T), expected, atol=4 / np.sqrt(20_000))


def test_sparse_linear_draws_places_signs_and_sizes_at_random():
    truths = [datasets.make_sparse_linear(1, seed=seed).truth.coef for seed in range(200)]
    chosen = np.array(truths) != 0
    assert (chosen.sum(axis=0) > 20).all()  # 50 expected of 200 for each of 20 places
    values = np.array(truths)[chosen]
    assert (values > 0).mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(values.size))
    assert 0.5 <= np.abs(values).min() < 0.51
    assert 1.49 < np.abs(values).max() <= 1.5


def test_the_effects_are_those_of_the_docstrings():
    assert datasets.make_house_prices(seed=0).truth.coef.tolist() == [1.25, 15.0, 12.0, -0.8, 0.0]
    cars = datasets.make_car_efficiency(seed=0).truth.coef
    assert cars[2] == -cars[3] == 3.0  # one share raises consumption as the other lowers it
    assert (cars[:2] > 0).all()


def test_houses_tell_the_story():
    data = datasets.make_house_prices(20_000, seed=0)
    column = dict(zip(data.feature_names, data.x_train.T, strict=True))
    correlation = np.corrcoef(column["size"], column["bedrooms"])[0, 1]
    assert correlation == pytest.approx(0.85, abs=0.01)
    truth = dict(zip(data.feature_names, data.truth.coef, strict=True))
    assert truth["wall_colour"] == 0.0
    assert all(effect != 0.0 for name, effect in truth.items() if name != "wall_colour")
    assert (column["bedrooms"] == column["bedrooms"].round()).all()
    assert column["bedrooms"].min() >= 1
    assert column["size"].min() >= 30
    assert data.y_train.min() > 0


def test_cars_tell_the_story():
    data = datasets.make_car_efficiency(20_000, seed=0)
    column = dict(zip(data.feature_names, data.x_train.T, strict=True))
    shares = np.corrcoef(column["city_share"], column["highway_share"])[0, 1]
    assert shares == pytest.approx(-0.98, abs=0.01)
    assert np.corrcoef(column["engine_size"], column["weight"])[0, 1] == pytest.approx(
        0.7, abs=0.05
    )
    driven = column["city_share"] + column["highway_share"]
    assert 0.8 <= driven.min() <= driven.max() <= 1.0
    assert (data.truth.coef[4:] == 0.0).all()
    assert (data.truth.coef[:4] != 0.0).all()


def test_no_feature_of_the_cars_is_the_target():
    data = datasets.make_car_efficiency(20_000, seed=0)
    correlations = [abs(np.corrcoef(column, data.y_train)[0, 1]) for column in data.x_train.T]
    assert max(correlations) < 0.8  # a consumption measured another way would come close to 1


def test_standardized_uses_the_training_rows_and_moves_the_truth_along():
    data = datasets.make_house_prices(50, seed=2)
    scaled = data.standardized()
    np.testing.assert_allclose(scaled.x_train.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(scaled.x_train.std(axis=0), 1.0)
    assert np.abs(scaled.x_test.mean(axis=0)).max() > 1e-3
    parts = (
        (data.x_train, scaled.x_train),
        (data.x_val, scaled.x_val),
        (data.x_test, scaled.x_test),
    )
    for x_raw, x in parts:
        np.testing.assert_allclose(
            x @ scaled.truth.coef + scaled.truth.intercept,
            x_raw @ data.truth.coef + data.truth.intercept,
        )
    assert scaled.units == ("standard deviation",) * 5 + ("thousand euros",)


def test_standardized_only_centres_a_constant_column():
    digits = datasets.load_digits_noisy(seed=0).standardized()
    assert np.isfinite(digits.x_train).all()
    assert (digits.x_train[:, 0] == 0).all()  # the corner pixel is always white


@pytest.mark.parametrize(
    ("function", "original", "scale"),
    [
        (datasets.load_diabetes, sklearn.datasets.load_diabetes(scaled=False), 1.0),
        (
            lambda seed: datasets.load_digits_noisy(noise=0.0, seed=seed),
            sklearn.datasets.load_digits(),
            16.0,
        ),
    ],
)
def test_real_data_are_all_rows_in_another_order(function, original, scale):
    x, y = function(seed=5).pooled()

    def in_order(x, y):
        rows = np.column_stack([x, y])
        return rows[np.lexsort(rows.T)]

    np.testing.assert_array_equal(in_order(x * scale, y), in_order(original.data, original.target))


def test_noisy_digits():
    data = datasets.load_digits_noisy(1000, n_val=500, noise=0.4, seed=0)
    wrong = (data.y_train != data.truth.y_train).mean()
    # 400 of 1000 labels are redrawn, each wrong with probability 0.9: sd of the share is 0.006
    assert wrong == pytest.approx(0.36, abs=0.024)
    assert 0.28 < (data.y_val != data.truth.y_val).mean() < 0.44
    assert 0.0 <= data.x_train.min() < data.x_train.max() <= 1.0
    assert set(np.unique(data.y_train)) == set(range(10))


def test_noisy_digits_are_tested_on_clean_labels():
    clean, noisy = (datasets.load_digits_noisy(noise=noise, seed=3) for noise in (0.0, 1.0))
    np.testing.assert_array_equal(noisy.x_test, clean.x_test)
    np.testing.assert_array_equal(noisy.y_test, clean.y_test)
    counts = np.bincount(noisy.y_train, minlength=10)  # 400 labels, uniform over ten classes
    assert counts.min() > 40 - 4 * 6


def test_clean_digits_and_fully_redrawn_digits():
    clean = datasets.load_digits_noisy(noise=0.0, seed=0)
    np.testing.assert_array_equal(clean.y_train, clean.truth.y_train)
    redrawn = datasets.load_digits_noisy(1000, noise=1.0, seed=0)
    assert (redrawn.y_train == redrawn.truth.y_train).mean() == pytest.approx(0.1, abs=0.04)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: datasets.make_sparse_linear(0, seed=0), r"n_train .* Received: n_train=0"),
        (lambda: datasets.make_sparse_linear(n_val=-1, seed=0), r"n_val .* Received: n_val=-1"),
        (lambda: datasets.make_sparse_linear(n_informative=21, seed=0), r"n_informative=21"),
        (lambda: datasets.make_sparse_linear(rho=1.0, seed=0), r"rho .* Received: rho=1\.0"),
        (lambda: datasets.make_house_prices(noise=-2.0, seed=0), r"noise .* Received: noise=-2\.0"),
        (lambda: datasets.make_car_efficiency(seed=-1), r"seed .* Received: seed=-1"),
        (lambda: datasets.make_car_efficiency(seed=1.5), r"seed .* Received: seed=1\.5"),
        (lambda: datasets.load_diabetes(400, seed=0), r"below 442.* Received: 400 \+ 100"),
        (lambda: datasets.load_digits_noisy(noise=1.1, seed=0), r"noise .* Received: noise=1\.1"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named_with_what_came(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_sales_follow_each_other_in_time():
    data = datasets.make_sales(60, n_lags=3, n_val=30, n_test=40, seed=0)
    x, y = data.pooled()
    for lag in (1, 2, 3):
        np.testing.assert_array_equal(x[lag:, lag - 1], y[:-lag])
    week = np.arctan2(x[:, 3], x[:, 4]) * 52 / (2 * np.pi)
    np.testing.assert_allclose(week % 52, np.arange(130) % 52, atol=1e-9)


def test_sales_are_what_was_expected_with_noise_of_the_stated_size():
    data = datasets.make_sales(4000, noise=5.0, n_val=0, n_test=10, seed=1)
    noise = (data.y_train - data.truth.y_train) / 5.0
    assert abs(noise.mean()) < 4 / np.sqrt(4000)
    assert abs(noise.std() - 1) < 4 / np.sqrt(8000)
    # Nothing of the past is left in it: lag 1 and the noise are uncorrelated.
    trendless = data.x_train[:, 0] - 0.1 * np.arange(4000)
    assert abs(np.corrcoef(noise, trendless)[0, 1]) < 4 / np.sqrt(4000)
    quiet = datasets.make_sales(208, noise=0.0, seed=1)
    np.testing.assert_array_equal(quiet.y_train, quiet.truth.y_train)
    np.testing.assert_allclose(np.diff(quiet.y_train[::52]), 5.2)  # a year's trend
    season = quiet.y_train - 0.1 * np.arange(208) - 100
    assert abs(season).max() == pytest.approx(15, abs=0.1)


def test_the_truth_of_documents_is_their_exact_log_odds():
    data = datasets.make_documents(n_train=40_000, n_words=30, n_informative=5, seed=2)
    scores = data.x_train @ data.truth.coef + data.truth.intercept
    # In each bin of predicted probability, the share of topic 1 is that probability.
    probability = 1 / (1 + np.exp(-scores))
    for low in np.arange(0.1, 0.9, 0.1):
        inside = (probability >= low) & (probability < low + 0.1)
        error = np.sqrt(0.25 / inside.sum())
        assert inside.sum() > 300
        assert abs(data.y_train[inside].mean() - probability[inside].mean()) < 4 * error


def test_documents_have_the_lengths_and_words_that_were_asked_for():
    data = datasets.make_documents(4000, n_words=100, n_informative=7, length=50.0, seed=3)
    lengths = data.x_train.sum(axis=1)
    assert abs(lengths.mean() - 50) < 4 * np.sqrt(50 / 4000)
    assert abs(lengths.var() / 50 - 1) < 4 * np.sqrt(2 / 4000) + 0.01
    shifts = np.sort(abs(data.truth.coef - np.median(data.truth.coef)))
    np.testing.assert_allclose(shifts, [0] * 93 + [1] * 7, atol=1e-9)
    assert (data.x_train == data.x_train.round()).all()
