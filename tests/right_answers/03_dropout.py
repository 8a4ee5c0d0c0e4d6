"""Other right answers to exercise 3, which must lose no points, and mutants that change nothing."""

import functools
import itertools

import numpy as np

# Changes to the reference solution that leave its values as they are, each with the reason.
EQUIVALENT = {
    "inverted_dropout: training -> 2 * training": "twice True is as true",
    "inverted_dropout: x -> 2 * x (2)": "in x.shape: twice the array has the same shape",
    "inverted_dropout: rng.random(x.shape) >= rate -> rng.random(x.shape) > rate": (
        "no draw is equal to the rate, but for one in 2 to the power of 53"
    ),
    "subnet_geometric_mean: 0.0 -> 1.0": "a factor e for all classes, which the division removes",
}


def inverted_dropout_product(x, rate, rng, training):
    """A mask of 0 and 1 in a product; x itself where there is nothing to do."""
    if training:
        mask = rng.random(x.shape) < 1 - rate
        return x * mask / (1 - rate)
    return x


def inverted_dropout_binomial(x, rate, rng, training):
    """One binomial draw an entry."""
    keep = 1 - rate
    return x * rng.binomial(1, keep, size=x.shape) / keep if training else x


def inverted_dropout_uniform_in_place(x, rate, rng, training):
    """Zeros written into a copy."""
    out = np.array(x)
    if training:
        out /= 1 - rate
        out[rng.uniform(0, 1, size=out.shape) < rate] = 0
    return out


def inverted_dropout_choice(x, rate, rng, training):
    """The factors themselves are drawn; as nested lists."""
    if not training:
        return x.tolist()
    factors = rng.choice([0.0, 1 / (1 - rate)], p=[rate, 1 - rate], size=x.shape)
    return (factors * x).tolist()


def inverted_dropout_loop(x, rate, rng, training):
    """Entry by entry."""
    out = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        if not training:
            out[index] = x[index]
        elif rng.random() >= rate:
            out[index] = x[index] / (1 - rate)
    return out


def inverted_dropout_flat(x, rate, rng, training):
    """Drawn for a flat array, from the end, and folded; the rate is 0 where nothing is dropped."""
    rate = rate if training else 0.0
    mask = (rng.random(x.size)[::-1] > rate).astype("float32").reshape(x.shape)
    return np.multiply(x, mask) * (1.0 / (1.0 - rate))


def inverted_dropout_waiting_times(x, rate, rng, training):
    """Units that last long enough are kept; in float32."""
    limit = -np.log(1 - rate) if training else 0.0
    kept = rng.exponential(size=x.shape) > limit
    return np.where(kept, x * np.exp(limit), 0).astype("float32")


def inverted_dropout_masked_array(x, rate, rng, training):
    """A masked array; dropping takes several draws an entry."""
    if not training:
        return 1.0 * x
    chances = rng.integers(0, 10_000, size=x.shape) + rng.random(x.shape)
    return np.ma.masked_array(x / (1 - rate), mask=chances < 10_000 * rate).filled(0.0)


def dropout_ridge_gram(x, y, rate):
    """The diagonal of the matrix of products, made larger."""
    gram = x.T @ x
    gram[np.diag_indices_from(gram)] /= 1 - rate
    return np.linalg.inv(gram) @ x.T @ y


def dropout_ridge_more_rows(x, y, rate):
    """Least squares with an extra row for each column."""
    sizes = np.sqrt(rate / (1 - rate)) * np.linalg.norm(x, axis=0)
    rows = np.vstack([x, np.diag(sizes)])
    return np.linalg.lstsq(rows, np.concatenate([y, np.zeros(x.shape[1])]), rcond=None)[0]


def dropout_ridge_rescaled(x, y, rate):
    """Plain ridge for columns of length 1, and back again; as a list."""
    sizes = np.sqrt(np.sum(np.square(x), axis=0))
    unit = x / sizes
    gram = unit.T @ unit + rate / (1 - rate) * np.eye(x.shape[1])
    return list(np.linalg.solve(gram, unit.T @ y) / sizes)


def dropout_ridge_all_masks(x, y, rate):
    """Every mask is a data set of its own, weighted with its probability."""
    d = x.shape[1]
    gram, target = np.zeros((d, d)), np.zeros(d)
    for mask in itertools.product([0, 1], repeat=d):
        weight = np.prod([1 - rate if m else rate for m in mask])
        masked = x * np.array(mask) / (1 - rate)
        gram += weight * masked.T @ masked
        target += weight * masked.T @ y
    return np.linalg.solve(gram, target)


def dropout_ridge_loops(x, y, rate):
    """Entry by entry."""
    n, d = x.shape
    gram = np.zeros((d, d))
    for j in range(d):
        for k in range(d):
            for i in range(n):
                gram[j, k] += x[i, j] * x[i, k] * (1 if j != k else 1 + rate / (1 - rate))
    return np.linalg.solve(gram, np.dot(x.T, y))


def dropout_ridge_coordinates(x, y, rate):
    """One coefficient after the other, until nothing moves."""
    coef = np.zeros(x.shape[1])
    squares = (x * x).sum(0)
    for _ in range(20_000):
        before = coef.copy()
        for j in range(len(coef)):
            rest = y - x @ coef + x[:, j] * coef[j]
            coef[j] = (1 - rate) * (x[:, j] @ rest) / squares[j]
        if np.abs(coef - before).max() < 1e-11:
            break
    return coef


def subnet_geometric_mean_product_of_powers(predict, n_units, rate):
    """Powers multiplied up, without a logarithm; the mask is an array of truth values."""
    product = 1.0
    for bits in itertools.product([False, True], repeat=n_units):
        mask = np.array(bits)
        weight = np.prod(np.where(mask, 1 - rate, rate))
        product = product * predict(mask) ** weight
    return product / product.sum(axis=-1)[:, None]


def subnet_geometric_mean_arrays(predict, n_units, rate):
    """All masks as one array, from the digits of numbers."""
    masks = (np.arange(2**n_units)[:, None] >> np.arange(n_units)) & 1
    kept = masks.sum(axis=1)
    weights = (1 - rate) ** kept * rate ** (n_units - kept)
    outputs = np.stack([predict(mask) for mask in masks])
    g = np.exp(np.tensordot(weights, np.log(outputs), axes=1))
    return (g.T / g.sum(axis=1)).T


def subnet_geometric_mean_text(predict, n_units, rate):
    """Masks as lists, from text; shifted logarithms; returns a list."""
    total = 0
    for number in range(2**n_units):
        mask = [int(digit) for digit in format(number, f"0{n_units}b")]
        log_weight = sum(np.log(1 - rate) if m else np.log(rate) for m in mask)
        total = total + np.exp(log_weight) * np.log(predict(mask) + 1e-12)
    total = total - total.max(axis=1, keepdims=True)
    return [list(row / row.sum()) for row in np.exp(total)]


def subnet_geometric_mean_recursive(predict, n_units, rate):
    """Unit by unit: a mean of means."""

    def log_mean(mask):
        if len(mask) == n_units:
            return np.log(predict(mask))
        return rate * log_mean((*mask, 0)) + (1 - rate) * log_mean((*mask, 1))

    g = np.exp(log_mean(()))
    return g / np.sum(g, axis=1, keepdims=True)


def subnet_geometric_mean_loops(predict, n_units, rate):
    """By the units that are kept, for each sample and class by itself."""
    n, k = np.shape(predict([1] * n_units))
    result = np.ones((n, k))
    for size in range(n_units + 1):
        for units in itertools.combinations(range(n_units), size):
            q = predict([1.0 if unit in units else 0.0 for unit in range(n_units)])
            for i in range(n):
                for c in range(k):
                    result[i, c] *= q[i, c] ** ((1 - rate) ** size * rate ** (n_units - size))
    for i in range(n):
        result[i] /= result[i].sum()
    return result


def subnet_geometric_mean_average(predict, n_units, rate):
    """np.average, and a softmax at the end."""
    masks = list(itertools.product((1, 0), repeat=n_units))
    weights = [functools.reduce(lambda a, m: a * (1 - rate if m else rate), s, 1) for s in masks]
    mean = np.average([np.log(predict(mask)) for mask in masks], axis=0, weights=weights)
    return np.exp(mean) / np.exp(mean).sum(axis=1).reshape(-1, 1)


def mc_predict_list(model, x, n_draws):
    """A list of tensors."""
    draws = []
    while len(draws) < n_draws:
        draws.append(model(x, training=True))
    return draws


def mc_predict_filled(model, x, n_draws):
    """Written into an array that was made first."""
    first = model(x, training=True).numpy()
    out = np.empty((n_draws, *first.shape))
    out[0] = first
    for t in range(1, n_draws):
        out[t] = model(x, training=True).numpy()
    return out


def mc_predict_one_call(model, x, n_draws):
    """Copies of the whole batch in one call."""
    copies = np.concatenate([x] * n_draws)
    return np.reshape(model(copies, training=True), (n_draws, len(x), -1))


def mc_predict_repeated(model, x, n_draws):
    """Copies of each row, and the axes put right."""
    out = np.array(model(np.repeat(x, n_draws, axis=0), training=True))
    return out.reshape(len(x), n_draws, out.shape[-1]).transpose(1, 0, 2)


def mc_predict_tensorflow(model, x, n_draws):
    """A compiled function; a tensor comes back."""
    import tensorflow as tf

    @tf.function
    def draw():
        return model(tf.constant(x, tf.float32), training=True)

    return tf.stack([draw() for _ in range(n_draws)])


def mc_predict_layers(model, x, n_draws):
    """Layer by layer; dropout alone is in training."""
    import keras

    draws = []
    for _ in range(n_draws):
        h = keras.ops.convert_to_tensor(x, dtype="float32")
        for layer in model.layers:
            h = layer(h, training=True) if isinstance(layer, keras.layers.Dropout) else layer(h)
        draws.append(h)
    return keras.ops.stack(draws, axis=0)


def mc_predict_batches(model, x, n_draws):
    """In batches of 50 rows."""
    starts = range(0, len(x), 50)
    return np.array(
        [np.vstack([model(x[s : s + 50], training=True) for s in starts]) for _ in range(n_draws)]
    )
