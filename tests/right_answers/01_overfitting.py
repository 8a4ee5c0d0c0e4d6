"""Other right answers to exercise 1, which must lose no points, and mutants that change nothing."""

import functools
import itertools
import math
import statistics

import numpy as np

# Changes to the reference solution that leave its values as they are, each with the reason.
EQUIVALENT = {
    "generalization_gap: train_batches -> 2 * train_batches": "every batch twice: the same mean",
    "generalization_gap: val_batches -> 2 * val_batches": "every batch twice: the same mean",
    "double_descent_risk: n > p -> n >= p": "n = p has returned before",
}


def bias_variance_loops(predictions, truth):
    """Input by input, in plain Python."""
    n_models, n_inputs = predictions.shape
    bias_squared = variance = 0.0
    for i in range(n_inputs):
        mean = sum(predictions[r, i] for r in range(n_models)) / n_models
        bias_squared += (mean - truth[i]) ** 2 / n_inputs
        for r in range(n_models):
            variance += (predictions[r, i] - mean) ** 2 / n_models / n_inputs
    return bias_squared, variance


def bias_variance_by_difference(predictions, truth):
    """The variance as what the bias leaves of the mean squared error; a list."""
    total = np.mean((predictions - truth) ** 2)
    bias_squared = np.mean((np.mean(predictions, 0) - truth) ** 2)
    return [bias_squared, total - bias_squared]


def bias_variance_of_errors(predictions, truth):
    """Mean and variance of the errors, at each input."""
    errors = predictions - truth
    return float(np.mean(errors.mean(axis=0) ** 2)), float(np.mean(errors.var(axis=0)))


def bias_variance_moments(predictions, truth):
    """The mean of squares minus the square of the mean; an array."""
    mean = np.average(predictions, axis=0)
    variance = np.mean(predictions**2, axis=0) - mean**2
    return np.array([np.sum((truth - mean) ** 2) / truth.size, variance.mean()])


def bias_variance_columns(predictions, truth):
    """Column by column, with the standard library."""
    columns = [list(column) for column in predictions.T]
    biases = [(statistics.fmean(c) - t) ** 2 for c, t in zip(columns, truth, strict=True)]
    return statistics.fmean(biases), statistics.fmean(map(statistics.pvariance, columns))


def bias_variance_matrix(predictions, truth):
    """With products of matrices; arrays without axes."""
    n_models, n_inputs = predictions.shape
    mean = np.ones(n_models) @ predictions / n_models
    deviation = predictions - mean[None, :]
    bias = mean - truth
    return np.array(bias @ bias / n_inputs), np.array(
        np.einsum("ri,ri->", deviation, deviation)
    ) / (predictions.size)


def bias_variance_norms(predictions, truth):
    """With norms, the models in the columns."""
    mean = predictions.T.mean(axis=1, keepdims=True)
    bias_squared = np.linalg.norm(mean[:, 0] - truth) ** 2 / len(truth)
    return bias_squared, np.linalg.norm(predictions.T - mean) ** 2 / predictions.size


def bias_variance_copies(predictions, truth):
    """Written into, but into copies."""
    deviations, bias = predictions.copy(), truth.copy()
    bias -= predictions.mean(axis=0)
    deviations -= deviations.mean(axis=0)
    return np.square(bias).mean(), np.square(deviations).mean()


def learning_curve_shuffled_first(fit, x, y, x_val, y_val, sizes, order):
    """Everything shuffled once; lists."""
    x, y = x[order], y[order]
    train, val = [], []
    for size in sizes:
        model = fit(x[:size], y[:size])
        train.append(((y[:size] - model(x[:size])) ** 2).mean())
        val.append(((y_val - model(x_val)) ** 2).mean())
    return train, val


def learning_curve_comprehensions(fit, x, y, x_val, y_val, sizes, order):
    """Models first; two comprehensions."""
    models = {n: fit(x[order[:n]], y[order[:n]]) for n in sizes}
    train = [np.mean(np.square(models[n](x[order[:n]]) - y[order[:n]])) for n in sizes]
    return np.array(train), np.array([np.mean(np.square(models[n](x_val) - y_val)) for n in sizes])


def learning_curve_matrix(fit, x, y, x_val, y_val, sizes, order):
    """Filled into one matrix with two rows."""
    errors = np.zeros((2, len(sizes)))
    for column, n in enumerate(sizes):
        seen = np.take(x, order[:n], axis=0), np.take(y, order[:n])
        model = fit(*seen)
        for row, (inputs, targets) in enumerate([seen, (x_val, y_val)]):
            errors[row, column] = np.linalg.norm(model(inputs) - targets) ** 2 / len(targets)
    return errors


def learning_curve_one_by_one(fit, x, y, x_val, y_val, sizes, order):
    """Row by row; the pairs transposed at the end."""

    def mse(model, inputs, targets):
        squares = [(model(inputs[i : i + 1])[0] - targets[i]) ** 2 for i in range(len(targets))]
        return sum(squares) / len(squares)

    pairs = []
    for n in sizes:
        x_seen = np.array([x[order[i]] for i in range(n)])
        y_seen = np.array([y[order[i]] for i in range(n)])
        model = fit(x_seen, y_seen)
        pairs.append((mse(model, x_seen, y_seen), mse(model, x_val, y_val)))
    return tuple(zip(*pairs, strict=True))


def learning_curve_variance(fit, x, y, x_val, y_val, sizes, order):
    """The mean of squares as the variance plus the squared mean; sizes as an array."""

    def mse(error):
        return np.var(error) + np.mean(error) ** 2

    def point(n):
        rows = np.asarray(order)[np.arange(len(y)) < n]
        predict = fit(x[rows], y[rows])
        return mse(predict(x[rows]) - y[rows]), mse(predict(x_val) - y_val)

    return np.array([point(n) for n in np.array(sizes)]).T


def learning_curve_copies(fit, x, y, x_val, y_val, sizes, order):
    """Shuffled in place, but in copies; the errors in a dictionary of lists."""
    x, y = np.array(x), np.array(y)
    x[:], y[:] = x[order], y[order]
    errors = {"train": [], "val": []}
    for n in sizes:
        predict = fit(x[:n], y[:n])
        errors["train"] += [np.mean((predict(x[:n]) - y[:n]) ** 2)]
        errors["val"] += [np.mean((predict(x_val) - y_val) ** 2)]
    return errors["train"], errors["val"]


def learning_curve_other_order_of_rows(fit, x, y, x_val, y_val, sizes, order):
    """The same rows, taken with a mask in the order of the file."""
    place = np.argsort(order)
    train_errors, val_errors = np.empty(len(sizes)), np.empty(len(sizes))
    for k, n in enumerate(sizes):
        chosen = place < n
        predict = fit(x[chosen], y[chosen])
        train_errors[k] = np.mean((predict(x)[chosen] - y[chosen]) ** 2)
        val_errors[k] = np.mean((predict(x_val) - y_val) ** 2)
    return train_errors, val_errors


def min_norm_fit_lstsq(x, y):
    """NumPy's least squares."""
    coef, _, _, _ = np.linalg.lstsq(x, y, rcond=None)
    return coef


def min_norm_fit_svd(x, y):
    """By singular values, without those that are zero; a list."""
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    kept = s > 1e-10 * s.max()
    return list(vt[kept].T @ ((u[:, kept].T @ y) / s[kept]))


def min_norm_fit_absolute_cutoff(x, y):
    """The full decomposition, with a loop and a fixed cutoff."""
    u, s, vt = np.linalg.svd(x)
    coef = np.zeros(x.shape[1])
    for i, value in enumerate(s):
        if value > 1e-9:
            coef += (u[:, i] @ y) / value * vt[i]
    return coef


def min_norm_fit_gram(x, y):
    """The normal equations, with a pseudoinverse."""
    return np.linalg.pinv(x.T @ x, hermitian=True) @ (x.T @ y)


def min_norm_fit_dual(x, y):
    """A combination of the rows, from the n by n system."""
    return x.T @ np.linalg.lstsq(x @ x.T, y, rcond=1e-12)[0]


def min_norm_fit_eigenvectors(x, y):
    """By eigenvectors of the Gram matrix."""
    values, vectors = np.linalg.eigh(x.T @ x)
    inverse = np.array([1 / v if v > 1e-12 * values[-1] else 0.0 for v in values])
    return vectors @ np.diag(inverse) @ vectors.T @ x.T @ y


def min_norm_fit_conjugate_gradients(x, y):
    """Conjugate gradients from zero, which never leave the space of the rows."""
    coef, residual = np.zeros(x.shape[1]), y.copy()
    gradient = x.T @ residual
    direction, size = gradient, gradient @ gradient
    smallest = 1e-26 * size
    for _ in range(200):
        if size <= smallest:
            break
        along = x @ direction
        step = size / (along @ along)
        coef = coef + step * direction
        residual = residual - step * along
        gradient = x.T @ residual
        size, before = gradient @ gradient, size
        direction = gradient + size / before * direction
    return coef


def min_norm_fit_column(x, y):
    """With y as a column, and the axis dropped again."""
    return np.matmul(np.linalg.pinv(x), y.reshape(-1, 1)).ravel()


def generalization_gap_totals(train_batches, val_batches):
    """Sums and counts, batch by batch."""

    def mean(batches):
        total, count = 0.0, 0
        for batch in batches:
            total += batch.sum()
            count += len(batch)
        return total / count

    return mean(val_batches) - mean(train_batches)


def generalization_gap_weighted(train_batches, val_batches):
    """Means of the batches, weighted by their lengths."""
    means = [
        np.average([b.mean() for b in batches], weights=[b.size for b in batches])
        for batches in (val_batches, train_batches)
    ]
    return np.subtract(*means)


def generalization_gap_chained(train_batches, val_batches):
    """All losses in one list, with the standard library."""
    train = list(itertools.chain.from_iterable(train_batches))
    val = list(itertools.chain(*val_batches))
    return math.fsum(val) / len(val) - math.fsum(train) / len(train)


def generalization_gap_running(train_batches, val_batches):
    """A running mean, example by example; an array without axes."""

    def mean(batches):
        value = seen = 0
        for batch in batches:
            for loss in batch:
                seen += 1
                value += (loss - value) / seen
        return value

    return np.array(mean(val_batches) - mean(train_batches))


def generalization_gap_stacked(train_batches, val_batches):
    """With hstack and one dot product of signed weights."""
    train, val = np.hstack(train_batches), np.hstack(val_batches)
    weights = np.r_[np.full(val.size, 1 / val.size), np.full(train.size, -1 / train.size)]
    return float(weights @ np.r_[val, train])


def generalization_gap_folded(train_batches, val_batches):
    """Batches appended to one another."""
    train, val = (functools.reduce(np.append, b) for b in (train_batches, val_batches))
    return [np.mean(val) - np.mean(train)]


def double_descent_risk_symmetric(n, p, noise, signal):
    """One formula for the variance on both sides."""
    if abs(n - p) < 2:
        return math.inf
    return signal**2 * max(0, 1 - n / p) + noise**2 * min(n, p) / (abs(n - p) - 1)


def double_descent_risk_by_cases(n, p, noise, signal):
    """Three cases in the order of the text."""
    if n > p + 1:
        risk = noise**2 * p / (n - p - 1)
    elif n < p - 1:
        risk = signal**2 * (1 - n / p) + noise**2 * n / (p - n - 1)
    else:
        risk = float("inf")
    return risk


def double_descent_risk_listed(n, p, noise, signal):
    """The peak as a list; NumPy's numbers."""
    sigma_squared, norm_squared = np.square([noise, signal])
    if n - p in [-1, 0, 1]:
        return np.float64("inf")
    if p < n:
        return sigma_squared / ((n - 1) / p - 1)
    return norm_squared - norm_squared * n / p + sigma_squared * n / (p - n - 1)


def double_descent_risk_where(n, p, noise, signal):
    """With np.where, and divisions by zero silenced; an array without axes."""
    n = np.float64(n)
    with np.errstate(divide="ignore"):
        more = noise * noise * p / (n - p - 1)
        fewer = signal * signal * (p - n) / p + noise * noise * n / (p - n - 1)
    return np.where(np.abs(n - p) <= 1, np.inf, np.where(n > p, more, fewer))


def double_descent_risk_caught(n, p, noise, signal):
    """The division by zero caught."""
    if n == p:
        return np.inf
    try:
        variance = noise**2 * min(n, p) / (max(n, p) - min(n, p) - 1)
    except ZeroDivisionError:
        return np.inf
    return variance if n > p else variance + signal**2 - signal**2 * n / p
