"""The worked solution of exercise 5 against the package, closed forms and finite differences."""

import itertools

import numpy as np
import pytest

from coursepkg import gradient_penalty
from coursepkg._keras import keras, tf


def model_with(*layers, shape, seed):
    """A model with all weights drawn, biases too."""
    model = keras.Sequential([keras.Input(shape), *layers])
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(scale=0.6, size=w.shape) for w in model.get_weights()])
    return model


def norms_by_differences(model, x, h=1e-5):
    """Central differences in each entry of an example."""
    squares = np.zeros(len(x))
    for entry in np.ndindex(x.shape[1:]):
        step = np.zeros_like(x)
        step[(slice(None), *entry)] = h
        squares += ((model(x + step) - model(x - step)).numpy()[:, 0] / (2 * h)) ** 2
    return np.sqrt(squares)


@pytest.mark.usefixtures("float64")
def test_norms_of_rows_and_of_images_are_those_of_central_differences(solution):
    dense, conv2d = keras.layers.Dense, keras.layers.Conv2D
    rng = np.random.default_rng(5)
    rows = model_with(dense(6, "tanh"), dense(1, "softplus"), shape=(3,), seed=1)
    flat = keras.layers.Flatten()
    images = model_with(conv2d(2, 2, activation="tanh"), flat, dense(1), shape=(4, 3, 2), seed=2)
    for model, shape in ((rows, (7, 3)), (images, (3, 4, 3, 2))):
        x = rng.normal(size=shape)
        found = solution["input_gradient_norms"](model, x)
        assert found.shape == (len(x),)
        np.testing.assert_allclose(found, norms_by_differences(model, x), rtol=1e-8)


def convolutional():
    layers = keras.layers
    conv2d = layers.Conv2D(2, 2, activation="softplus")
    return model_with(conv2d, layers.Flatten(), layers.Dense(1), shape=(4, 3, 2), seed=4)


def test_norms_and_penalties_are_those_of_the_package(solution):
    model, x = convolutional(), np.random.default_rng(4).normal(size=(8, 4, 3, 2))
    norms = gradient_penalty.input_gradient_norms(model, x)
    np.testing.assert_allclose(
        solution["input_gradient_norms"](model, x.astype("float32")), norms, rtol=1e-5
    )
    gradients, target = gradient_penalty.input_gradient(model, x), float(np.median(norms))
    for one_sided in (False, True):
        options = {"target": target, "one_sided": one_sided}
        expected = gradient_penalty.gradient_penalty(model, x, **options)
        found = solution["gradient_penalty"](gradients, **options)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.usefixtures("float64")
def test_the_noise_penalty_is_that_of_the_package(solution):
    model, rng = convolutional(), np.random.default_rng(5)
    x, y = rng.normal(size=(6, 4, 3, 2)), rng.normal(size=6)
    gradients = gradient_penalty.input_gradient(model, x).numpy().reshape(6, -1)
    laplacians = gradient_penalty.input_laplacian(model, x).numpy()
    residuals = model(x).numpy()[:, 0] - y
    found = solution["noise_penalty"](gradients, laplacians, residuals, 0.3)
    expected = gradient_penalty.noise_penalty(model, x, y, sigma=0.3)
    assert found == pytest.approx(float(expected), rel=1e-12)


def test_slope_and_update_are_those_of_the_package(solution):
    slopes, _ = solution["critic_slope"](np.array([3.0, -0.6]), 0.7)
    package = [gradient_penalty.critic_slope(shift, lam=0.7) for shift in (3.0, 0.6)]
    np.testing.assert_allclose(np.abs(slopes), package)
    theta, options = np.array([1.0, -2.0, 0.5]), {"r": 0.3, "alpha": 0.4}
    update = solution["gradient_norm_update"](np.sinh, theta, **options)
    np.testing.assert_allclose(
        update, gradient_penalty.gradient_norm_update(np.sinh, theta, **options)
    )


@pytest.mark.parametrize("n", [1, 4, 64])
def test_norms_of_a_linear_model_are_that_of_its_kernel_in_any_batch(solution, n):
    model = model_with(keras.layers.Dense(1), shape=(5,), seed=3)
    x = np.random.default_rng(n).normal(size=(n, 5)).astype("float32")
    norm = np.linalg.norm(model.get_weights()[0])
    np.testing.assert_allclose(solution["input_gradient_norms"](model, x), norm, rtol=1e-6)


@pytest.mark.parametrize("one_sided", [False, True])
@pytest.mark.parametrize("shape", [(6, 3), (6, 4, 2, 3)])
def test_the_penalty_is_the_mean_over_the_examples(solution, shape, one_sided):
    gradients = np.random.default_rng(6).normal(size=shape)
    target = np.median(np.linalg.norm(gradients.reshape(6, -1), axis=1))
    excess = np.array([np.sqrt((one**2).sum()) for one in gradients]) - target
    expected = np.mean((excess.clip(0, None) if one_sided else excess) ** 2)
    penalty = solution["gradient_penalty"](tf.constant(gradients), target, one_sided)
    assert float(penalty) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("one_sided", [False, True])
def test_the_derivative_of_the_penalty_is_the_closed_form_and_finite_at_zero(solution, one_sided):
    gradients = np.random.default_rng(7).normal(size=(5, 3))
    gradients[3] = 0.0
    norms, target = np.linalg.norm(gradients, axis=1), 1.3
    assert (norms[norms > 0] < target).any()
    assert (norms > target).any()
    tensor = tf.constant(gradients)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        penalty = solution["gradient_penalty"](tensor, target, one_sided)
    excess = (norms - target).clip(0.0 if one_sided else None, None)
    factor = np.divide(2 * excess, 5 * norms, out=np.zeros(5), where=norms > 0)
    found = tape.gradient(penalty, tensor)
    np.testing.assert_allclose(found, factor[:, None] * gradients, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("lam", [0.7, 1.0, 10.0])
def test_the_slope_is_the_highest_point_of_a_fine_grid(solution, lam):
    delta = np.array([-3.0, -0.4, 0.9, 3.0])
    grid = np.linspace(-4, 4, 80_001)
    objective = delta[:, None] * grid - lam * (np.abs(grid) - 1) ** 2
    slope, gap = solution["critic_slope"](delta, lam)
    np.testing.assert_allclose(slope, grid[objective.argmax(axis=1)], atol=1e-4)
    np.testing.assert_allclose(gap, slope * delta)


def test_slope_and_gap_of_the_chapter(solution):
    for lam, slope, gap in ((10.0, 1.15, 3.45), (1.0, 2.5, 7.5)):
        found = solution["critic_slope"](np.array([3.0]), lam)
        np.testing.assert_allclose(found, [[slope], [gap]])


def quadratic(x, a, h):
    """Return f, its gradient and its Laplacian at each row."""
    return x @ a + np.sum(x @ h * x, axis=1) / 2, a + x @ h, np.full(len(x), np.trace(h))


@pytest.mark.parametrize("linear", [True, False])
def test_noise_adds_its_penalty_and_a_fourth_order_that_is_known(solution, linear):
    """Signs of all entries enumerated: exact for a polynomial of degree 2, but for E[e⁴]."""
    rng = np.random.default_rng(8)
    x, a, y = rng.normal(size=(9, 3)), rng.normal(size=3), rng.normal(size=9)
    root = rng.normal(size=(3, 3)) * (not linear)
    h, sigma = root + root.T, 0.3
    f, gradients, laplacians = quadratic(x, a, h)
    noise = sigma * np.array(list(itertools.product([-1, 1], repeat=3)))
    noisy = [np.mean((quadratic(x + e, a, h)[0] - y) ** 2) for e in noise]
    fourth_order = np.mean([(e @ h @ e) ** 2 for e in noise]) / 4
    found = solution["noise_penalty"](gradients, laplacians, f - y, sigma)
    assert np.mean(noisy) - np.mean((f - y) ** 2) == pytest.approx(found + fourth_order, rel=1e-12)
    assert (fourth_order == 0) == linear


def test_the_update_is_the_gradient_of_the_penalised_loss_on_a_quadratic(solution):
    rng = np.random.default_rng(9)
    root = rng.normal(size=(4, 4))
    hessian, centre, theta = root @ root.T, rng.normal(size=4), rng.normal(size=4)
    r, alpha = 0.4, 0.3

    def gradient(theta):
        return hessian @ (theta - centre)

    def penalised(theta):
        g = gradient(theta)
        return (theta - centre) @ g / 2 + alpha * r * np.linalg.norm(g)

    steps = 1e-6 * np.eye(4)
    differences = [(penalised(theta + e) - penalised(theta - e)) / 2e-6 for e in steps]
    found = solution["gradient_norm_update"](gradient, theta, r, alpha)
    np.testing.assert_allclose(found, differences, rtol=1e-6)


def test_elsewhere_the_error_of_the_update_shrinks_with_r(solution):
    def gradient(theta):
        return theta**3

    theta, alpha = np.array([1.0, -2.0, 0.7]), 0.6
    g, hessian = gradient(theta), np.diag(3 * theta**2)
    errors = []
    for r in (0.02, 0.01, 0.005):
        exact = g + alpha * r * hessian @ g / np.linalg.norm(g)
        update = solution["gradient_norm_update"](gradient, theta, r, alpha)
        errors.append(np.linalg.norm(update - exact) / (alpha * r))  # of the penalty's part
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 2, rtol=0.02)


def test_alpha_0_is_the_gradient_and_alpha_1_that_of_sam(solution):
    theta = np.array([3.0, 4.0])
    places = []

    def gradient(theta):
        places.append(theta.copy())
        return theta**3

    np.testing.assert_array_equal(
        solution["gradient_norm_update"](gradient, theta, 0.5, 0.0), [27, 64]
    )
    update = solution["gradient_norm_update"](gradient, theta, 0.5, 1.0)
    np.testing.assert_allclose(update, gradient(places[-1]))
    assert np.linalg.norm(places[-1] - theta) == pytest.approx(0.5)
    np.testing.assert_array_equal(theta, [3, 4])
