"""The random numbers of a sweep: what they must depend on, and that they look random."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from coursepkg.sweep import randomness

ROWS, UNITS = 32, 64


def draw(seeds, steps, *, rate=0.5, layer=1, shape=(ROWS, UNITS)):
    """Masks of shape (steps, seeds, rows, units)."""
    keys = tf.constant(np.stack([randomness.dropout_key(seed) for seed in seeds]))
    rates = tf.fill([len(seeds)], tf.constant(rate, tf.float32))

    @tf.function(jit_compile=True)
    def one(step):
        return randomness.keep_mask(keys, rates, step, layer=layer, shape=shape)

    return np.stack([one(tf.constant(step)).numpy() for step in steps])


@pytest.fixture(scope="module")
def masks():
    return draw(range(40), range(200))  # 16 million draws


def centred(masks, rate=0.5):
    return (masks - (1 - rate)) / np.sqrt(rate * (1 - rate))


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25, 0.5, 0.8, 0.99])
def test_units_are_kept_at_the_right_rate(rate):
    kept = draw(range(20), range(50), rate=rate)
    error = np.sqrt(max(rate * (1 - rate), 1e-12) / kept.size)
    assert abs(kept.mean() - (1 - rate)) < 5 * error


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (3,), (2, 3), (0, 1), (1, 3)])
def test_the_counts_of_every_step_seed_row_and_unit_spread_as_a_binomial(masks, axes):
    """Mean and variance of the counts along each way to cut the draws."""
    others = tuple(axis for axis in range(4) if axis not in axes)
    n = np.prod([masks.shape[axis] for axis in others])
    z = (masks.sum(axis=others) - n / 2) / np.sqrt(n / 4)
    assert np.abs(z).max() < 6
    # The variance of m standard normal numbers has a standard error of sqrt(2 / m).
    assert abs(np.mean(z**2) - 1) < 5 * np.sqrt(2 / z.size)


@pytest.mark.parametrize("axis", range(4), ids=["steps", "seeds", "rows", "units"])
@pytest.mark.parametrize("lag", [1, 2, 3, 7, 16, 31])
def test_neighbours_are_not_correlated(masks, axis, lag):
    z = np.moveaxis(centred(masks), axis, 0)
    product = z[lag:] * z[:-lag]
    assert abs(product.mean()) < 5 / np.sqrt(product.size)
    # Nor in any one pair: each is a sum over at least 80,000 draws.
    pairs = product.reshape(len(product), -1).mean(axis=1) * np.sqrt(product[0].size)
    assert np.abs(pairs).max() < 5.5


def test_layers_do_not_share_masks(masks):
    other = draw(range(40), range(200), layer=2)
    product = centred(masks) * centred(other)
    assert abs(product.mean()) < 5 / np.sqrt(product.size)


def test_no_two_steps_or_seeds_share_a_mask(masks):
    flat = np.packbits(masks.reshape(-1, ROWS * UNITS), axis=1)
    assert len(np.unique(flat, axis=0)) == len(flat)


def test_runs_of_eight_are_equally_frequent(masks):
    """A chi-square test of all 256 patterns of eight neighbouring units."""
    counts = np.bincount(np.packbits(masks.reshape(-1, 8), axis=1).ravel(), minlength=256)
    expected = counts.sum() / 256
    chi2 = ((counts - expected) ** 2 / expected).sum()
    assert abs(chi2 - 255) < 5 * np.sqrt(2 * 255)


def test_a_higher_rate_drops_the_same_units_and_more():
    low, high = draw([0], [0], rate=0.2), draw([0], [0], rate=0.7)
    assert (high <= low).all()
    assert high.sum() < low.sum()


def test_masks_depend_on_nothing_but_seed_step_layer_and_place():
    many, one = draw([3, 5, 8], [4, 9]), draw([5], [9])
    np.testing.assert_array_equal(many[1, 1], one[0, 0])


def test_first_weights_are_keras_glorot_uniform():
    weights = randomness.initial_weights(0, (300, 200, 10))
    assert [w.shape for w in weights] == [(300, 200), (200,), (200, 10), (10,)]
    limit = np.sqrt(6 / 500)
    assert np.abs(weights[0]).max() <= limit
    theirs = keras.initializers.GlorotUniform(seed=0)((300, 200)).numpy()
    quantiles = np.linspace(0, 1, 21)
    np.testing.assert_allclose(
        np.quantile(weights[0], quantiles), np.quantile(theirs, quantiles), atol=0.02 * limit
    )
    assert (weights[1] == 0).all()
    assert not np.array_equal(weights[0], randomness.initial_weights(1, (300, 200, 10))[0])


def test_an_epoch_shows_every_row_once():
    order = randomness.batch_order(0, n_samples=50, epochs=30, batch_size=16)
    shares = randomness.batch_shares(50, 16)
    assert order.shape == (30, 4, 16)
    for epoch in order:
        np.testing.assert_array_equal(np.sort(epoch[shares > 0]), np.arange(50))
    assert len(np.unique(order.reshape(30, -1), axis=0)) == 30
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_a_row_is_equally_often_in_each_place():
    order = randomness.batch_order(1, n_samples=10, epochs=5000, batch_size=10).reshape(5000, 10)
    counts = np.stack([np.bincount(place, minlength=10) for place in order.T])
    assert np.abs((counts - 500) / np.sqrt(450)).max() < 5


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
def test_a_fraction_of_labels_is_redrawn(noise):
    y = np.arange(5000) % 10
    noisy = randomness.noisy_targets(0, y, noise=noise, n_classes=10)
    assert noisy.dtype == y.dtype
    assert abs((noisy != y).mean() - 0.9 * noise) < 0.02  # a tenth of the draws hit the old label
    assert set(noisy) == set(range(10))


def test_more_noise_spoils_the_same_labels_and_more():
    y = np.arange(1000) % 10
    low, high = (randomness.noisy_targets(4, y, noise=n, n_classes=10) for n in (0.2, 0.6))
    np.testing.assert_array_equal(high[low != y], low[low != y])


def test_noise_of_a_regression_has_its_standard_deviation():
    y = np.linspace(0, 1, 20000)
    noisy = randomness.noisy_targets(0, y, noise=0.5, n_classes=None)
    assert abs((noisy - y).std() - 0.5) < 0.02
    assert abs((noisy - y).mean()) < 0.02
    twice = randomness.noisy_targets(0, y, noise=1.0, n_classes=None)
    np.testing.assert_allclose(twice - y, 2 * (noisy - y))


def test_training_and_validation_noise_differ():
    y = np.zeros(100)
    train, val = (randomness.noisy_targets(0, y, noise=1, n_classes=None, part=p) for p in (0, 1))
    assert not np.isclose(train, val).any()


def test_what_a_seed_draws_for_one_purpose_tells_nothing_about_another():
    purposes = [
        randomness.initial_weights(0, (100, 10))[0].ravel(),
        randomness.noisy_targets(0, np.zeros(1000), noise=1, n_classes=None),
        randomness.batch_order(0, n_samples=1000, epochs=1, batch_size=1000).ravel(),
    ]
    correlations = np.corrcoef(purposes)[np.triu_indices(3, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(1000)


def test_large_seeds_are_not_cut():
    for draw_one in (
        lambda seed: randomness.initial_weights(seed, (5, 5))[0],
        lambda seed: randomness.batch_order(seed, n_samples=50, epochs=1, batch_size=50),
        randomness.dropout_key,
    ):
        assert (draw_one(3) != draw_one(2**32 + 3)).any()


def test_training_and_validation_labels_are_redrawn_apart():
    y = np.zeros(1000, dtype=int)
    train, val = (randomness.noisy_targets(0, y, noise=1, n_classes=10, part=p) for p in (0, 1))
    assert abs((train == val).mean() - 0.1) < 0.05
