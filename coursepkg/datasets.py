"""Data for the chapters: generators whose truth is known, and real data bundled with scikit-learn.

Every function returns a `Dataset`, split into training, validation and test rows, and gives the
same one for the same arguments. Where the data are made, the truth comes along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from coursepkg.validation import as_count, as_non_negative, as_number_between


@dataclass(frozen=True)
class LinearTruth:
    """The linear model that made the targets.

    Attributes
    ----------
    coef : numpy.ndarray of float, shape (n_features,)
        True coefficients, in units of ``y`` per unit of each column.
    intercept : float
        True intercept, in units of ``y``.
    noise : float
        Standard deviation of the noise, in units of ``y``.
    """

    coef: np.ndarray
    intercept: float
    noise: float


@dataclass(frozen=True)
class LabelTruth:
    """The labels before some of them were redrawn.

    Attributes
    ----------
    y_train, y_val : numpy.ndarray of int, shape (n_train,) and (n_val,)
        Clean labels; the test labels of the data set are clean already.
    """

    y_train: np.ndarray
    y_val: np.ndarray


@dataclass(frozen=True)
class CurveTruth:
    """The targets before noise was added.

    Attributes
    ----------
    y_train, y_val, y_test : numpy.ndarray of float, shape (n,)
        Values of the function that made the targets, at the inputs of each part.
    noise : float
        Standard deviation of the noise, in units of ``y``.
    """

    y_train: np.ndarray
    y_val: np.ndarray
    y_test: np.ndarray
    noise: float


@dataclass(frozen=True)
class Dataset:
    """A data set, split in three.

    Attributes
    ----------
    x_train, x_val, x_test : numpy.ndarray of float, shape (n, n_features)
        Inputs.
    y_train, y_val, y_test : numpy.ndarray, shape (n,)
        Targets: float for regression, int for classes.
    feature_names : tuple of str
        One name a column.
    units : tuple of str
        Unit of each column, then of the target; empty where there is none.
    truth : LinearTruth, LabelTruth, CurveTruth or None
        What made the data; None for real data.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    feature_names: tuple[str, ...]
    units: tuple[str, ...]
    truth: LinearTruth | LabelTruth | CurveTruth | None = None

    def standardized(self) -> Dataset:
        """Bring all columns to mean 0 and standard deviation 1 on the training rows.

        Returns
        -------
        Dataset
            Validation and test inputs are scaled by the *training* mean and standard deviation;
            a `LinearTruth` is expressed in the new units. Constant columns are only centred.
        """
        mean, scale = self.x_train.mean(axis=0), self.x_train.std(axis=0)
        scale = np.where(scale > 1e-12 * np.abs(self.x_train).max(axis=0), scale, 1.0)
        truth = self.truth
        if isinstance(truth, LinearTruth):
            truth = LinearTruth(
                truth.coef * scale, float(truth.intercept + mean @ truth.coef), truth.noise
            )
        return replace(
            self,
            x_train=(self.x_train - mean) / scale,
            x_val=(self.x_val - mean) / scale,
            x_test=(self.x_test - mean) / scale,
            units=("standard deviation",) * len(self.feature_names) + self.units[-1:],
            truth=truth,
        )

    def pooled(self) -> tuple[np.ndarray, np.ndarray]:
        """Put the three parts together again, for studies that predict nothing.

        Returns
        -------
        tuple of numpy.ndarray
            Inputs of shape ``(n, n_features)`` and targets of shape ``(n,)``.
        """
        return (
            np.concatenate([self.x_train, self.x_val, self.x_test]),
            np.concatenate([self.y_train, self.y_val, self.y_test]),
        )


def make_sine(
    n_train: int = 20, *, noise: float = 0.3, n_val: int = 100, n_test: int = 1000, seed: int
) -> Dataset:
    r"""Make one period of a sine, :math:`y = \sin 2\pi x` plus noise.

    The inputs of each part lie evenly from 0 to 1, the same for every seed: so data sets of
    different seeds differ in their noise alone.

    Parameters
    ----------
    n_train : int, default=20
        Number of training rows.
    noise : float, default=0.3
        Standard deviation of the noise.
    n_val, n_test : int, default=100 and 1000
        Number of validation and test rows.
    seed : int
        Draws the noise.

    Returns
    -------
    Dataset
        One column; with a `CurveTruth`.

    Raises
    ------
    ValueError
        If a count or ``noise`` is negative.

    Examples
    --------
    >>> data = make_sine(5, noise=0.0, seed=0)
    >>> data.y_train.round(6) + 0.0
    array([ 0.,  1.,  0., -1.,  0.])
    """
    noise, rng = as_non_negative("noise", noise), _generator(seed)
    x = [np.linspace(0, 1, size) for size in _sizes(n_train, n_val, n_test)]
    clean = [np.sin(2 * np.pi * part) for part in x]
    parts = []
    for inputs, values in zip(x, clean, strict=True):
        parts += [inputs[:, None], values + noise * rng.normal(size=values.size)]
    return Dataset(*parts, ("x",), ("", ""), CurveTruth(*clean, noise))


def make_sparse_linear(
    n_train: int = 100,
    *,
    n_features: int = 20,
    n_informative: int = 5,
    rho: float = 0.0,
    noise: float = 1.0,
    n_val: int = 100,
    n_test: int = 1000,
    seed: int,
) -> Dataset:
    r"""Make a linear regression in which only some features matter.

    Columns are standard normal with correlation :math:`\rho^{|i-j|}`. The true coefficients of
    ``n_informative`` columns, chosen at random, are :math:`\pm 1` times a number in [0.5, 1.5];
    the others are exactly zero. With ``n_informative == n_features`` the truth is dense.

    Parameters
    ----------
    n_train : int, default=100
        Number of training rows.
    n_features, n_informative : int, default=20 and 5
        Number of columns, and of those with a true coefficient other than zero.
    rho : float, default=0.0
        Correlation of neighbouring columns, in (-1, 1).
    noise : float, default=1.0
        Standard deviation of the noise.
    n_val, n_test : int, default=100 and 1000
        Number of validation and test rows.
    seed : int
        Draws coefficients, inputs and noise.

    Returns
    -------
    Dataset
        With a `LinearTruth` whose intercept is 0.

    Raises
    ------
    ValueError
        If a count is negative, ``n_informative`` exceeds ``n_features``, or ``rho`` or ``noise``
        is out of range.

    References
    ----------
    - Tibshirani (1996), Regression shrinkage and selection via the lasso, for the correlation.

    Examples
    --------
    >>> data = make_sparse_linear(50, n_features=8, n_informative=3, seed=0)
    >>> data.x_train.shape, int((data.truth.coef != 0).sum())
    ((50, 8), 3)
    """
    n_features = as_count("n_features", n_features, minimum=1)
    n_informative = _informative(n_informative, n_features, "n_features")
    rho = as_number_between("rho", rho, -1, 1, ends="none")
    rng = _generator(seed)
    coef = np.zeros(n_features)
    chosen = rng.choice(n_features, n_informative, replace=False)
    coef[chosen] = rng.choice([-1.0, 1.0], n_informative) * rng.uniform(0.5, 1.5, n_informative)
    places = np.arange(n_features)
    root = np.linalg.cholesky(rho ** np.abs(places[:, None] - places))
    return _linear_dataset(
        draw=lambda n: rng.normal(size=(n, n_features)) @ root.T,
        truth=LinearTruth(coef, 0.0, as_non_negative("noise", noise)),
        columns={f"x{place}": "" for place in places},
        target_unit="",
        sizes=(n_train, n_val, n_test),
        rng=rng,
    )


def make_house_prices(
    n_train: int = 100, *, noise: float = 40.0, n_val: int = 100, n_test: int = 1000, seed: int
) -> Dataset:
    """Make house prices in which the colour of the walls does not matter.

    Size and number of bedrooms go together (correlation about 0.85). True effects: 1.25 thousand
    euros per square metre, 15 per bedroom, 12 per point of location, -0.8 per year of age, and
    exactly 0 for the colour of the walls (0 black to 100 white).

    Parameters
    ----------
    n_train : int, default=100
        Number of training houses.
    noise : float, default=40.0
        Standard deviation of the noise, in thousand euros.
    n_val, n_test : int, default=100 and 1000
        Number of validation and test houses.
    seed : int
        Draws the houses and the noise.

    Returns
    -------
    Dataset
        Columns size (m²), bedrooms (count), location (score from 0 to 10), age (years) and
        wall_colour (lightness from 0 to 100); target price (thousand euros).

    Raises
    ------
    ValueError
        If a count or ``noise`` is negative.

    Examples
    --------
    >>> data = make_house_prices(seed=0)
    >>> dict(zip(data.feature_names, data.truth.coef.tolist(), strict=True))["wall_colour"]
    0.0
    """
    rng = _generator(seed)

    def draw(n: int) -> np.ndarray:
        size = rng.normal(130.0, 40.0, n).clip(30.0)
        bedrooms = np.round(3.5 + (size - 130.0) / 40.0 + rng.normal(0.0, 0.55, n)).clip(1.0)
        location, age = rng.uniform(0.0, 10.0, n), rng.uniform(0.0, 100.0, n)
        return np.column_stack([size, bedrooms, location, age, rng.uniform(0.0, 100.0, n)])

    return _linear_dataset(
        draw=draw,
        truth=LinearTruth(
            np.array([1.25, 15.0, 12.0, -0.8, 0.0]), 120.0, as_non_negative("noise", noise)
        ),
        columns={
            "size": "m²",
            "bedrooms": "count",
            "location": "score",
            "age": "years",
            "wall_colour": "lightness",
        },
        target_unit="thousand euros",
        sizes=(n_train, n_val, n_test),
        rng=rng,
    )


def make_car_efficiency(
    n_train: int = 100, *, noise: float = 1.0, n_val: int = 100, n_test: int = 1000, seed: int
) -> Dataset:
    """Make the fuel consumption of cars from what is known before the tank is filled.

    No column is a consumption measured some other way, so nothing leaks. The shares of distance
    driven in the city and on the highway nearly add up to one (correlation about -0.98): one raises
    consumption by as much as the other lowers it. Engine size and weight go together as well.
    Six columns, from the colour to the last digit of the plate, have a true effect of exactly 0.

    Parameters
    ----------
    n_train : int, default=100
        Number of training cars.
    noise : float, default=1.0
        Standard deviation of the noise, in litres per 100 km.
    n_val, n_test : int, default=100 and 1000
        Number of validation and test cars.
    seed : int
        Draws the cars and the noise.

    Returns
    -------
    Dataset
        Columns engine_size (litres), weight (tonnes), city_share and highway_share (fraction of
        distance), and six without effect (standardised scores); target consumption (litres per
        100 km).

    Raises
    ------
    ValueError
        If a count or ``noise`` is negative.

    Examples
    --------
    >>> data = make_car_efficiency(seed=0)
    >>> data.feature_names[:4]
    ('engine_size', 'weight', 'city_share', 'highway_share')
    """
    rng = _generator(seed)
    idle = ("colour", "seats_fabric", "plate_digit", "sticker_count", "radio_model", "owner_age")

    def draw(n: int) -> np.ndarray:
        engine = rng.normal(1.8, 0.5, n).clip(0.8)
        weight = 1.0 + 0.25 * engine + rng.normal(0.0, 0.12, n)
        country, city = rng.uniform(0.0, 0.2, n), rng.uniform(0.0, 1.0, n)
        city_share = (1.0 - country) * city
        driving = np.column_stack([engine, weight, city_share, 1.0 - country - city_share])
        return np.column_stack([driving, rng.normal(size=(n, len(idle)))])

    return _linear_dataset(
        draw=draw,
        truth=LinearTruth(
            np.array([1.6, 2.0, 3.0, -3.0] + [0.0] * len(idle)),
            1.5,
            as_non_negative("noise", noise),
        ),
        columns={
            "engine_size": "litres",
            "weight": "tonnes",
            "city_share": "fraction",
            "highway_share": "fraction",
        }
        | dict.fromkeys(idle, "score"),
        target_unit="litres per 100 km",
        sizes=(n_train, n_val, n_test),
        rng=rng,
    )


def make_sales(
    n_train: int = 104,
    *,
    n_lags: int = 8,
    noise: float = 5.0,
    n_val: int = 52,
    n_test: int = 104,
    seed: int,
) -> Dataset:
    r"""Make the weekly sales of a shop, to be predicted a week ahead.

    Sales are 100 thousand euros in the first training week, plus a trend of 0.1 a week, plus a
    season of amplitude 15 that begins anywhere in the year, plus an :math:`u_t = 0.6\,u_{t-1} +
    e_t` with normal :math:`e_t`. The parts follow each other **in time**: validation weeks come
    after the training weeks, and test weeks after these.

    Parameters
    ----------
    n_train : int, default=104
        Number of training weeks.
    n_lags : int, default=8
        How many of the weeks before are inputs, at least 1.
    noise : float, default=5.0
        Standard deviation of :math:`e_t`, in thousand euros: what nobody can predict.
    n_val, n_test : int, default=52 and 104
        Number of validation and test weeks.
    seed : int
        Draws the season's beginning and the noise.

    Returns
    -------
    Dataset
        Columns lag_1 to lag_8 (sales so many weeks ago, thousand euros), season_sin and season_cos
        (of the week of the year); target the week's sales. The `CurveTruth` holds what was to be
        expected, given the weeks before.

    Raises
    ------
    ValueError
        If a count or ``noise`` is negative, or ``n_lags`` is 0.

    Examples
    --------
    >>> data = make_sales(seed=0)
    >>> data.x_test.shape
    (104, 10)
    >>> bool(data.x_val[1, 0] == data.y_val[0])
    True
    """
    n_lags, noise = as_count("n_lags", n_lags, minimum=1), as_non_negative("noise", noise)
    sizes, rng = _sizes(n_train, n_val, n_test), _generator(seed)
    first = n_lags + 50  # by then nothing is left of the beginning
    week = np.arange(-first, sum(sizes))
    start, drawn = rng.uniform(0.0, 52.0), noise * rng.normal(size=week.size)
    carried = np.zeros(week.size)
    for now in range(1, week.size):
        carried[now] = 0.6 * (carried[now - 1] + drawn[now - 1])
    expected = 100.0 + 0.1 * week + 15.0 * np.sin(2 * np.pi * (week - start) / 52) + carried
    sales = expected + drawn

    rows = np.arange(first, week.size)
    lags = [sales[rows - lag] for lag in range(1, n_lags + 1)]
    angle = 2 * np.pi * week[rows] / 52
    x = np.column_stack([*lags, np.sin(angle), np.cos(angle)])
    names = (*(f"lag_{lag}" for lag in range(1, n_lags + 1)), "season_sin", "season_cos")
    units = (*["thousand euros"] * n_lags, "", "", "thousand euros")
    parts = np.split(np.arange(rows.size), np.cumsum(sizes)[:2])
    data = _split(x, sales[rows], parts, names, units)
    return replace(data, truth=CurveTruth(*(expected[rows][part] for part in parts), noise))


def make_documents(
    n_train: int = 150,
    *,
    n_words: int = 500,
    n_informative: int = 20,
    length: float = 60.0,
    n_val: int = 150,
    n_test: int = 1000,
    seed: int,
) -> Dataset:
    r"""Make short texts of two topics, as counts of words.

    The words of a text are drawn independently; the :math:`k`-th word of the vocabulary is about
    :math:`1/(k + 4)` as frequent as others, whatever the topic (Zipf's law). But ``n_informative``
    words, chosen at random, are :math:`e` times as frequent in one topic as in the other.

    Parameters
    ----------
    n_train : int, default=150
        Number of training texts.
    n_words, n_informative : int, default=500 and 20
        Number of words in the vocabulary, and of those that tell the topics apart.
    length : float, default=60.0
        Mean number of words of a text; the number itself is a Poisson variable.
    n_val, n_test : int, default=150 and 1000
        Number of validation and test texts.
    seed : int
        Chooses the words and draws the texts.

    Returns
    -------
    Dataset
        Columns word_1 to word_500 (counts), target topic (0 or 1). The `LinearTruth` gives the
        exact log-odds of topic 1, so that no classifier can do better than its sign.

    Raises
    ------
    ValueError
        If a count or ``length`` is negative, or ``n_informative`` exceeds ``n_words``.

    References
    ----------
    - Zipf (1935), The psycho-biology of language.

    Examples
    --------
    >>> data = make_documents(seed=0)
    >>> data.x_train.shape, sorted(set(data.y_train.tolist()))
    ((150, 500), [0, 1])
    """
    n_words, length = as_count("n_words", n_words, minimum=1), as_non_negative("length", length)
    n_informative, rng = _informative(n_informative, n_words, "n_words"), _generator(seed)
    tilt = np.zeros(n_words)
    chosen = rng.choice(n_words, n_informative, replace=False)
    tilt[chosen] = rng.choice([-0.5, 0.5], n_informative)
    frequency = np.exp([-tilt, tilt]) / np.arange(5, n_words + 5)
    frequency /= frequency.sum(axis=1, keepdims=True)
    parts = []
    for n in _sizes(n_train, n_val, n_test):
        y = rng.integers(0, 2, n)
        parts += [rng.multinomial(rng.poisson(length, n), frequency[y]).astype(float), y]
    names = tuple(f"word_{k}" for k in range(1, n_words + 1))
    truth = LinearTruth(np.log(frequency[1] / frequency[0]), 0.0, 0.0)
    return Dataset(*parts, names, (*["count"] * n_words, "topic"), truth)


def load_diabetes(n_train: int = 242, *, n_val: int = 100, seed: int) -> Dataset:
    """Load the diabetes data of Efron and others, 442 patients, in raw units.

    Parameters
    ----------
    n_train, n_val : int, default=242 and 100
        Number of training and validation rows; the others are for the test.
    seed : int
        Shuffles the rows before they are split.

    Returns
    -------
    Dataset
        Ten columns (age, sex, body mass index, blood pressure and six blood serum measurements);
        target disease progression after a year. No truth is known.

    Raises
    ------
    ValueError
        If a count is negative or nothing remains for the test.

    References
    ----------
    - Efron, Hastie, Johnstone and Tibshirani (2004), Least angle regression.

    Examples
    --------
    >>> load_diabetes(seed=0).x_test.shape
    (100, 10)
    """
    from sklearn.datasets import load_diabetes as load  # takes a second, and few need it

    bunch = load(scaled=False)
    units = ("years", "code", "kg/m²", "mm Hg") + ("",) * 6 + ("progression score",)
    rows = _shuffled_rows(len(bunch.target), n_train, n_val, _generator(seed))
    return _split(bunch.data, bunch.target, rows, tuple(bunch.feature_names), units)


def load_digits_noisy(
    n_train: int = 400, *, n_val: int = 400, noise: float = 0.4, seed: int
) -> Dataset:
    """Load 8x8 images of handwritten digits, some of their labels redrawn at random.

    Training and validation labels are noisy, test labels clean. Redrawn labels are uniform over
    the ten classes, so about nine tenths of them are wrong.

    Parameters
    ----------
    n_train, n_val : int, default=400
        Number of training and validation images; the others, of 1797, are for the test.
    noise : float, default=0.4
        Fraction of labels redrawn, in [0, 1].
    seed : int
        Shuffles the images and redraws labels.

    Returns
    -------
    Dataset
        64 columns of grey values from 0 to 1, row by row; target digit. The truth is a
        `LabelTruth`.

    Raises
    ------
    ValueError
        If a count is negative, nothing remains for the test, or ``noise`` is outside [0, 1].

    References
    ----------
    - Alpaydin and Kaynak (1998), Optical recognition of handwritten digits, UCI repository.

    Examples
    --------
    >>> data = load_digits_noisy(noise=0.4, seed=0)
    >>> data.x_train.shape, data.x_test.shape
    ((400, 64), (997, 64))
    """
    from sklearn.datasets import load_digits as load  # takes a second, and few need it

    noise = as_number_between("noise", noise, 0, 1)
    bunch, rng = load(), _generator(seed)
    rows = _shuffled_rows(len(bunch.target), n_train, n_val, rng)
    units = ("grey value",) * 64 + ("digit",)
    clean = _split(bunch.data / 16.0, bunch.target, rows, tuple(bunch.feature_names), units)

    redraw = {"noise": noise, "n_classes": 10, "rng": rng}
    return replace(
        clean,
        y_train=redraw_labels(clean.y_train, **redraw),
        y_val=redraw_labels(clean.y_val, **redraw),
        truth=LabelTruth(clean.y_train, clean.y_val),
    )


def redraw_labels(
    y: np.ndarray, *, noise: float, n_classes: int, rng: np.random.Generator
) -> np.ndarray:
    """Redraw a fraction of labels, uniformly over the classes.

    From one state of ``rng``, a higher fraction redraws the same labels and more.

    Parameters
    ----------
    y : numpy.ndarray of int, shape (n,)
        Labels, counted from 0.
    noise : float
        Fraction redrawn, in [0, 1]; about one in ``n_classes`` of these stays what it was.
    n_classes : int
        Number of classes.
    rng : numpy.random.Generator
        Chooses the labels and draws the new ones.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        The labels, some of them redrawn.

    Examples
    --------
    >>> y = np.zeros(10, dtype=int)
    >>> noisy = redraw_labels(y, noise=0.3, n_classes=5, rng=np.random.default_rng(0))
    >>> int((noisy != y).sum()) <= 3
    True
    """
    chosen = rng.permutation(len(y)) < round(noise * len(y))
    return np.where(chosen, rng.integers(0, n_classes, len(y)), y)


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(as_count("seed", seed))


def _sizes(n_train: int, n_val: int, n_test: int) -> tuple[int, int, int]:
    return (
        as_count("n_train", n_train, minimum=1),
        as_count("n_val", n_val),
        as_count("n_test", n_test),
    )


def _informative(n_informative: int, n_columns: int, columns: str) -> int:
    n_informative = as_count("n_informative", n_informative)
    if n_informative > n_columns:
        raise ValueError(
            f"n_informative must be at most {columns}={n_columns}. "
            f"Received: n_informative={n_informative}"
        )
    return n_informative


def _linear_dataset(
    *,
    draw: Callable[[int], np.ndarray],
    truth: LinearTruth,
    columns: dict[str, str],
    target_unit: str,
    sizes: tuple[int, int, int],
    rng: np.random.Generator,
) -> Dataset:
    """Draw inputs for each part in turn and let ``truth`` make the targets."""
    parts = []
    for n in _sizes(*sizes):
        x = draw(n)
        parts += [x, x @ truth.coef + truth.intercept + truth.noise * rng.normal(size=n)]
    return Dataset(*parts, tuple(columns), (*columns.values(), target_unit), truth)


def _shuffled_rows(
    n_samples: int, n_train: int, n_val: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Row numbers of the training, validation and test part."""
    n_train = as_count("n_train", n_train, minimum=1)
    n_val = as_count("n_val", n_val)
    if n_train + n_val >= n_samples:
        raise ValueError(
            f"n_train + n_val must be below {n_samples}, the number of rows. "
            f"Received: {n_train} + {n_val}"
        )
    return np.split(rng.permutation(n_samples), [n_train, n_train + n_val])


def _split(
    x: np.ndarray,
    y: np.ndarray,
    rows: list[np.ndarray],
    feature_names: tuple[str, ...],
    units: tuple[str, ...],
) -> Dataset:
    train, val, test = rows
    return Dataset(x[train], y[train], x[val], y[val], x[test], y[test], feature_names, units)
