"""Other right answers to exercise 2, which must lose no points, and mutants that change nothing."""

import functools

import numpy as np

# Changes to the reference solution that leave its values as they are, each with the reason.
EQUIVALENT = {
    "soft_threshold: z -> 2 * z": "inside np.sign: the sign of 2z is that of z",
    "ridge: x -> 2 * x": "in x.shape: twice the array has the same shape",
    "ridge: y - y_mean -> y + y_mean": "centred columns are orthogonal to every constant",
    "ridge: y - y_mean -> y": "centred columns are orthogonal to every constant",
    "ista: x -> 2 * x": "in x.shape: twice the array has the same shape",
}


def soft_threshold_by_cases(z, threshold):
    """Three cases."""
    return np.where(z > threshold, z - threshold, np.where(z < -threshold, z + threshold, 0.0))


def soft_threshold_minus_clipped(z, threshold):
    """What clipping leaves over."""
    return z - np.clip(z, -threshold, threshold)


def soft_threshold_two_ramps(z, threshold):
    """One ramp for each side."""
    return np.maximum(z - threshold, 0) - np.maximum(-z - threshold, 0)


def soft_threshold_loop(z, threshold):
    """A loop over the entries."""
    out = np.zeros_like(z)
    for index in np.ndindex(z.shape):
        if abs(z[index]) > threshold:
            out[index] = z[index] - threshold if z[index] > 0 else z[index] + threshold
    return out


def soft_threshold_mask(z, threshold):
    """In place, with a mask; as nested lists."""
    out = np.abs(z) - threshold
    out[out < 0] = 0
    out *= np.sign(z)
    return out.tolist()


def soft_threshold_scaled(z, threshold):
    """A factor in [0, 1] on each entry."""
    return z * np.maximum(1 - threshold / np.abs(z), 0)


def ridge_augmented(x, y, l2):
    """Least squares with extra rows."""
    n, p = x.shape
    rows = np.vstack([x - x.mean(0), np.sqrt(n * l2) * np.eye(p)])
    coef = np.linalg.lstsq(rows, np.concatenate([y - y.mean(), np.zeros(p)]), rcond=None)[0]
    return coef, np.mean(y - x @ coef)


def ridge_column_of_ones(x, y, l2):
    """A column of ones whose penalty is zero."""
    n, p = x.shape
    ones = np.hstack([np.ones((n, 1)), x])
    penalty = n * l2 * np.diag([0.0] + [1.0] * p)
    both = np.linalg.inv(ones.T @ ones + penalty) @ ones.T @ y
    return both[1:], both[0]


def ridge_svd(x, y, l2):
    """By singular values; returns a list."""
    u, s, vt = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    coef = vt.T @ (s / (s**2 + len(y) * l2) * (u.T @ (y - y.mean())))
    return [coef, y.mean() - x.mean(axis=0).dot(coef)]


def ridge_dual(x, y, l2):
    """By the n by n system."""
    centred = x - x.mean(axis=0)
    gram = centred @ centred.T + len(y) * l2 * np.eye(len(y))
    coef = centred.T @ np.linalg.solve(gram, y - y.mean())
    return coef, float(y.mean() - x.mean(axis=0) @ coef)


def ridge_covariance(x, y, l2):
    """By covariances; the intercept as an array without axes."""
    p = x.shape[1]
    cov = np.cov(np.column_stack([x, y]).T, bias=True)
    coef = np.linalg.solve(cov[:p, :p] + l2 * np.eye(p), cov[:p, p])
    return coef, np.array(y.mean() - x.mean(axis=0) @ coef)


def ridge_gradient_descent(x, y, l2):
    """By gradient descent until nothing moves."""
    n, p = x.shape
    x_centred, y_centred = x - x.mean(axis=0), y - y.mean()
    step = 1 / (np.linalg.norm(x_centred, 2) ** 2 / n + l2)
    coef = np.zeros(p)
    for _ in range(5000):
        coef -= step * (x_centred.T @ (x_centred @ coef - y_centred) / n + l2 * coef)
    return coef, y.mean() - x.mean(axis=0) @ coef


def ridge_lsqr(x, y, l2):
    """By scikit-learn, with a solver that stops at its default tolerance."""
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=len(y) * l2, solver="lsqr").fit(x, y)
    return model.coef_, model.intercept_


def elastic_net_penalty_loop(weights, l1, l2):
    """A loop over layers and entries."""
    total = 0
    for name in weights:
        if name.split("/")[-1] == "kernel":
            for w in weights[name].ravel():
                total += l1 * abs(w) + l2 * w * w
    return total


def elastic_net_penalty_by_axes(weights, l1, l2):
    """Kernels are what has two axes or more."""
    kernels = [w.flatten() for w in weights.values() if w.ndim > 1]
    return np.sum([l1 * np.linalg.norm(w, 1) + l2 * np.dot(w, w) for w in kernels])


def elastic_net_penalty_concatenated(weights, l1, l2):
    """All kernels as one vector."""
    w = np.concatenate([v.ravel() for k, v in weights.items() if k.rpartition("/")[2] == "kernel"])
    return l1 * np.linalg.norm(w, ord=1) + l2 * np.linalg.norm(w) ** 2


def elastic_net_penalty_two_sums(weights, l1, l2):
    """The sums apart; a scalar array."""
    absolute = sum(np.sum(np.abs(w)) for k, w in weights.items() if k.endswith("/kernel"))
    squares = sum(np.sum(np.square(w)) for k, w in weights.items() if k.endswith("/kernel"))
    return np.array(l1 * absolute + l2 * squares)


def ista_gram(x, y, l1, step_size, n_steps):
    """With the Gram matrix computed once."""
    gram, target = x.T @ x / len(y), x.T @ y / len(y)
    w = np.zeros(len(target))
    for _ in range(n_steps):
        z = w - 2 * step_size * (gram @ w - target)
        w = np.where(np.abs(z) <= step_size * l1, 0, z - np.sign(z) * step_size * l1)
    return w


def ista_residual(x, y, l1, step_size, n_steps):
    """The step written with the residual; a while loop."""
    w, done = x[0] * 0, 0
    while done < n_steps:
        residual = y - x @ w
        w = w + step_size * 2 * np.mean(x * residual[:, None], axis=0)
        w = w - np.clip(w, -step_size * l1, step_size * l1)
        done += 1
    return w


def ista_folded(x, y, l1, step_size, n_steps):
    """A function for one step, folded over the steps."""

    def step(w, _):
        z = w - step_size * (2 / x.shape[0]) * np.dot(x.T, np.dot(x, w) - y)
        return np.maximum(z - step_size * l1, 0) + np.minimum(z + step_size * l1, 0)

    return functools.reduce(step, range(n_steps), np.zeros(x.shape[1]))


def ista_loops(x, y, l1, step_size, n_steps):
    """Coordinate by coordinate, in plain Python."""
    n, p = x.shape
    w = [0.0] * p
    for _ in range(n_steps):
        error = x.dot(w) - y
        z = [w[j] - step_size * 2 * float(x[:, j] @ error) / n for j in range(p)]
        w = [max(abs(v) - step_size * l1, 0.0) * (1 if v > 0 else -1) for v in z]
    return w


def keras_to_sklearn_match(target, l1=0.0, l2=0.0, n_samples=1):
    """With match; numbers of NumPy."""
    match target:
        case "Ridge":
            return dict(alpha=np.float64(l2) * n_samples)
        case "ElasticNet":
            return dict(alpha=np.float64((l1 + 2 * l2) / 2), l1_ratio=l1 / (l1 + 2 * l2))
        case "LogisticRegression":
            return dict(C=0.5 / n_samples / l2)
    raise ValueError(target)


def keras_to_sklearn_table(target, l1=0.0, l2=0.0, n_samples=1):
    """A table of functions."""
    table = {
        "Ridge": lambda: {"alpha": l2 * n_samples},
        "ElasticNet": lambda: {"l1_ratio": l1 / (2 * (l1 / 2 + l2)), "alpha": l1 / 2 + l2},
        "LogisticRegression": lambda: {"C": (2 * l2 * n_samples) ** -1},
    }
    return table[target]()


def keras_to_sklearn_steps(target, l1=0.0, l2=0.0, n_samples=1):
    """Rescale the objective, then compare."""
    scale = {"Ridge": n_samples, "ElasticNet": 0.5, "LogisticRegression": 1 / (2 * l2)}[target]
    l1, l2 = l1 * scale, l2 * scale
    if target == "Ridge":
        return {"alpha": l2}
    if target == "LogisticRegression":
        return {"C": scale / n_samples}
    return {"alpha": l1 + 2 * l2, "l1_ratio": l1 / (l1 + 2 * l2)}
