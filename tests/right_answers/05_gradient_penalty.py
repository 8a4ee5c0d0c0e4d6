"""Other right answers to exercise 5, which must lose no points, and mutants that change nothing."""

import math

import numpy as np

from coursepkg.quiet import without_stderr

with without_stderr():
    import keras
    import tensorflow as tf

# Changes to the reference solution that leave its values as they are, each with the reason.
EQUIVALENT = {
    "gradient_penalty: gradients -> 2 * gradients (2)": "in gradients.shape: the same shape",
    "gradient_penalty: 1e-12 -> 2e-12": "any tiny number inside the root is right",
    "gradient_penalty: one_sided -> 2 * one_sided": "twice True is as true",
    "critic_slope: delta -> 2 * delta": "inside np.sign: the sign of 2 delta is that of delta",
}


def input_gradient_norms_axes(model, x):
    """All axes but the first, whatever their number; watched by name."""
    x = tf.constant(x)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        y = model(x)
    squares = tf.square(tape.gradient(y, x))  # which differentiates the sum of y
    return tf.sqrt(tf.math.reduce_sum(squares, axis=list(range(1, len(x.shape)))))


def input_gradient_norms_variable(model, x):
    """A variable needs no watching; a column turned into a row."""
    v = tf.Variable(x)
    with tf.GradientTape() as t:
        y = tf.squeeze(model(v, training=False), axis=1)
    g = keras.layers.Flatten()(t.gradient(y, v))
    return tf.linalg.norm(g, axis=-1)


def input_gradient_norms_loop(model, x):
    """One example after another, by NumPy; a list."""
    norms = []
    for example in x:
        example = tf.convert_to_tensor(example)[None]
        with tf.GradientTape() as tape:
            tape.watch(example)
            output = model(example)[0, 0]
        norms.append(np.linalg.norm(tape.gradient(output, example).numpy()))
    return norms


def input_gradient_norms_loop_of_tensors(model, x):
    """The same with one tape that lasts; a list of tensors."""
    x = tf.cast(x, tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        outputs = tf.unstack(tf.reshape(model(x), [-1]))
    return [tf.norm(tape.gradient(output, x)) for output in outputs]


def input_gradient_norms_jacobian(model, x):
    """The whole Jacobian, whose blocks off the diagonal are zero."""
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x)
    jacobian = tf.reshape(tape.jacobian(y, x), (len(x), len(x), -1))
    return tf.norm(tf.einsum("iij->ij", jacobian), axis=1)


def input_gradient_norms_batch_jacobian(model, x):
    """TensorFlow's Jacobian example by example; NumPy at the end."""
    x = tf.convert_to_tensor(np.asarray(x))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x)
    rows = tape.batch_jacobian(y, x).numpy().reshape(len(x), -1)
    return np.sqrt((rows**2).sum(axis=1))


def input_gradient_norms_function(model, x):
    """A compiled function, and the older tf.gradients."""

    @tf.function
    def gradient(x):
        return tf.gradients(model(x), x)[0]

    g = gradient(tf.convert_to_tensor(x))
    return tf.map_fn(tf.norm, g)


def input_gradient_norms_mean_times_n(model, x):
    """The mean, undone afterwards; double precision for the norm."""
    x = keras.ops.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        mean = keras.ops.mean(model(x))
    g = keras.ops.reshape(tape.gradient(mean, x), (x.shape[0], -1))
    g = tf.cast(g, tf.float64) * int(x.shape[0])
    return keras.ops.norm(g, axis=1)


def input_gradient_norms_differences(model, x):
    """Central differences, one entry of an example at a time."""
    x = np.array(x, dtype="float32")
    squares, h = np.zeros(len(x)), 1e-2
    for entry in np.ndindex(x.shape[1:]):
        step = np.zeros_like(x)
        step[(slice(None), *entry)] = h
        slopes = (model(x + step) - model(x - step)) / (2 * h)
        squares += np.asarray(slopes)[:, 0] ** 2
    return np.sqrt(squares)


def gradient_penalty_double_where(gradients, target, one_sided):
    """The exact value: zeros are replaced before and after the root."""
    squares = tf.reduce_sum(gradients**2, axis=list(range(1, len(gradients.shape))))
    positive = squares > 0
    norms = tf.where(positive, tf.sqrt(tf.where(positive, squares, 1.0)), 0.0)
    if one_sided:
        return tf.reduce_mean(tf.nn.relu(norms - target) ** 2)
    return tf.reduce_mean((norms - target) ** 2)


def gradient_penalty_maximum(gradients, target, one_sided):
    """A smallest sum of squares; the mean of squares as a library function."""
    g = tf.reshape(gradients, [tf.shape(gradients)[0], -1])
    norms = tf.sqrt(tf.maximum(tf.reduce_sum(g * g, axis=1), 1e-14))
    if one_sided:
        norms = tf.maximum(norms, target)
    return tf.reduce_mean(tf.math.squared_difference(norms, target))


def gradient_penalty_larger_epsilon(gradients, target, one_sided):
    """The 1e-8 of many programs, the clip by its sign."""
    g = tf.keras.layers.Flatten()(gradients)
    excess = (tf.einsum("ij,ij->i", g, g) + 1e-8) ** 0.5 - target
    if one_sided is True:
        excess = excess * tf.cast(excess > 0, tf.float32)
    return tf.math.reduce_mean(tf.square(excess))


def gradient_penalty_epsilon_in_each_entry(gradients, target, one_sided):
    """A tiny number beside each entry; example by example; mean as sum over n."""
    total = tf.constant(0.0)
    for i in range(gradients.shape[0]):
        norm = tf.norm(tf.reshape(gradients[i], [-1]) + 1e-12)
        difference = norm - target
        if not one_sided or norm > target:
            total += difference * difference
    return total / gradients.shape[0]


def gradient_penalty_keras(gradients, target, one_sided):
    """With keras.ops and Keras' epsilon, 1e-7."""
    ops = keras.ops
    axes = tuple(range(1, ops.ndim(gradients)))
    norms = ops.sqrt(ops.sum(ops.square(gradients), axis=axes) + keras.config.epsilon())
    excess = ops.subtract(norms, target)
    return ops.mean(ops.square(ops.relu(excess) if one_sided else excess))


def gradient_penalty_expanded(gradients, target, one_sided):
    """The square multiplied out; a number of float64."""
    g = tf.cast(tf.reshape(gradients, (len(gradients), -1)), tf.float64)
    squares = tf.reduce_sum(g**2, 1)
    norms = tf.sqrt(squares + 1e-12)
    each = squares - 2 * target * norms + target**2
    if one_sided:
        each = tf.where(norms > target, each, 0.0)
    return tf.reduce_mean(each)


def gradient_penalty_custom_gradient(gradients, target, one_sided):
    """A norm with a derivative of its own."""

    @tf.custom_gradient
    def norm(rows):
        value = tf.norm(rows, axis=1)

        def derivative(upstream):
            return upstream[:, None] * tf.math.divide_no_nan(rows, value[:, None])

        return value, derivative

    excess = norm(tf.reshape(gradients, (len(gradients), -1))) - target
    return tf.reduce_mean((tf.maximum(excess, 0) if one_sided else excess) ** 2)


def critic_slope_cases(delta, lam):
    """The two signs as cases."""
    slope = np.where(delta > 0, 1 + delta / (2 * lam), delta / (2 * lam) - 1)
    return slope, delta * slope


def critic_slope_sign_plus(delta, lam):
    """One fraction serves both signs; as one array."""
    slope = np.sign(delta) + 0.5 * delta / lam
    return np.stack([slope, slope * delta])


def critic_slope_loop(delta, lam):
    """A loop with if; lists."""
    slopes, gaps = [], []
    for d in delta:
        s = 1 + abs(d) / 2 / lam
        if d < 0:
            s = -s
        slopes.append(s)
        gaps.append(s * d)
    return slopes, gaps


def critic_slope_copysign(delta, lam):
    """The common denominator; the sign by math.copysign; the gap by its own formula."""
    slopes = [math.copysign((2 * lam + abs(d)) / (2 * lam), d) for d in delta.tolist()]
    return [slopes, abs(delta) + delta**2 / (2 * lam)]


def critic_slope_parabola(delta, lam):
    """The vertex of the parabola a s² + b s on the better side."""
    sign = delta / np.abs(delta)
    a, b = -lam, np.abs(delta) + 2 * lam
    slope = sign * (-b / (2 * a))
    return slope, np.multiply(slope, delta)


def critic_slope_newton(delta, lam):
    """A Newton step on the derivative, from 1: exact for a parabola."""
    size = np.ones(len(delta))
    size -= (np.abs(delta) - 2 * lam * (size - 1)) / (-2 * lam)
    return size * np.sign(delta), size * np.abs(delta)


def noise_penalty_loop(gradients, laplacians, residuals, sigma):
    """Example by example."""
    total = 0.0
    for g, laplacian, r in zip(gradients, laplacians, residuals, strict=True):
        total += g @ g + r * laplacian
    return sigma**2 * total / len(gradients)


def noise_penalty_two_means(gradients, laplacians, residuals, sigma):
    """Two means; a number of Python."""
    first = np.mean(np.linalg.norm(gradients, axis=1) ** 2)
    second = np.dot(residuals, laplacians) / residuals.size
    return float(sigma * sigma * (first + second))


def noise_penalty_einsum(gradients, laplacians, residuals, sigma):
    """Without a sum over an axis; an array without axes."""
    squares = np.einsum("ij,ij->", gradients, gradients)
    return np.array((squares + residuals.dot(laplacians)) * sigma**2 / gradients.shape[0])


def noise_penalty_average(gradients, laplacians, residuals, sigma):
    """The variance moved inside; an average; a column vector's product."""
    noisy = sigma * gradients
    both = (noisy * noisy).sum(1) + sigma * residuals * sigma * laplacians
    return np.average(both)[None]


def noise_penalty_comprehension(gradients, laplacians, residuals, sigma):
    """Plain Python."""
    rows = zip(gradients.tolist(), laplacians.tolist(), residuals.tolist(), strict=True)
    costs = [sum(v * v for v in g) + r * laplacian for g, laplacian, r in rows]
    return math.fsum(costs) / len(costs) * sigma**2


def gradient_norm_update_difference(gradient, theta, r, alpha):
    """The gradient plus a share of what the step uphill changes."""
    here = gradient(theta)
    direction = here / np.sqrt(np.sum(here**2))
    there = gradient(theta + r * direction)
    return here + alpha * (there - here)


def gradient_norm_update_shortcuts(gradient, theta, r, alpha):
    """The two ends need one gradient alone; a norm by the dot product."""
    g = gradient(theta)
    if alpha == 0:
        return g
    there = gradient(np.add(theta, g * (r / (g @ g) ** 0.5)))
    return there if alpha == 1 else np.average([g, there], axis=0, weights=[1 - alpha, alpha])


def gradient_norm_update_copy(gradient, theta, r, alpha):
    """In place, but in a copy; the result a list."""
    place = theta.copy()
    g = gradient(place)
    place += r * g / math.hypot(*g)
    return (alpha * gradient(place) + (1 - alpha) * g).tolist()


def gradient_norm_update_there_and_back(gradient, theta, r, alpha):
    """Moves theta, and moves it back; a tiny number in the denominator."""
    g = gradient(theta)
    step = r * g / (np.linalg.norm(g) + 1e-12)
    theta += step
    up = gradient(theta)
    theta -= step
    return (1 - alpha) * g + alpha * up


def gradient_norm_update_matrix(gradient, theta, r, alpha):
    """The mixture as a product of a row and a matrix."""
    g = np.asarray(gradient(theta))
    scale = r / np.linalg.norm(g, ord=2)
    return np.array([1 - alpha, alpha]) @ np.vstack([g, gradient(theta + scale * g)])
