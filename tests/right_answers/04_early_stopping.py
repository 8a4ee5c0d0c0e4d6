"""Other right answers to exercise 4, which must lose no points, and mutants that change nothing."""

import itertools
import math
import operator

import numpy as np

# Changes to the reference solution that leave its values as they are, each with the reason.
EQUIVALENT = {
    "early_stopping: restore_best_weights -> 2 * restore_best_weights": "twice True is as true",
}


def early_stopping_counter(values, patience, min_delta=0.0, mode="min", restore_best_weights=False):
    """A counter, as Keras has it, and None before the first value."""
    best, best_epoch, wait, last = None, 0, 0, len(values) - 1
    for epoch, value in enumerate(values):
        wait += 1
        if best is None:
            better = True
        elif mode == "max":
            better = value - min_delta > best
        else:
            better = value + min_delta < best
        if better:
            best, best_epoch, wait = value, epoch, 0
        elif wait >= patience and epoch > 0:
            last = epoch
            break
    if restore_best_weights:
        return last, best_epoch, best_epoch
    return last, best_epoch, last


def early_stopping_jumps(values, patience, min_delta=0.0, mode="min", restore_best_weights=False):
    """From one improvement to the next, with NumPy; an array of its integers."""
    v = -values if mode == "max" else values
    best, patience = 0, max(1, patience)
    while True:
        ahead = np.flatnonzero(v[best + 1 : best + 1 + patience] < v[best] - min_delta)
        if not ahead.size:
            break
        best += 1 + ahead[0]
    last = np.minimum(best + patience, len(v) - 1)
    return np.array([last, best, best if restore_best_weights else last])


def early_stopping_while(values, patience, min_delta=0.0, mode="min", restore_best_weights=False):
    """A while loop over a list of Python floats; returns a list."""
    numbers = values.tolist()
    best = epoch = waited = 0
    while epoch + 1 < len(numbers) and (waited < patience or waited == 0):
        epoch += 1
        gain = numbers[best] - numbers[epoch]
        if mode == "max":
            gain = -gain
        if gain > min_delta:
            best, waited = epoch, 0
        else:
            waited += 1
    return [epoch, best, (epoch, best)[restore_best_weights]]


def early_stopping_infinity(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Infinity as the first best, and a word about epoch 0; the operator chosen by mode."""
    better, best = (operator.lt, np.inf) if mode == "min" else (operator.gt, -np.inf)
    delta = min_delta if mode == "min" else -min_delta
    best_epoch, left = 0, patience
    for epoch in range(len(values)):
        if epoch == 0 or better(values[epoch] + delta, best):
            best, best_epoch, left = values[epoch], epoch, patience
            continue
        left -= 1
        if left <= 0:
            break
    return {"rows": (epoch, best_epoch, best_epoch if restore_best_weights else epoch)}["rows"]


def early_stopping_folded(values, patience, min_delta=0.0, mode="min", restore_best_weights=False):
    """The best epoch of every prefix first, then the first epoch that is too far from it."""
    sign = {"min": 1, "max": -1}[mode]

    def step(best, epoch):
        return epoch if sign * (values[best] - values[epoch]) > min_delta else best

    best = np.array(list(itertools.accumulate(range(len(values)), step)))
    done = np.arange(len(values)) - best >= max(patience, 1)
    last = int(done.argmax()) if done.any() else len(values) - 1
    weights = best[last] if restore_best_weights else last
    return np.int32(last), np.int64(best[last]), float(weights)


def gd_filter_factors_loop(s, eta, tau):
    """The steps themselves."""
    w = np.zeros_like(s)
    for _ in range(tau):
        w = w + eta * s * (1 - w)
    return w


def gd_filter_factors_distance(s, eta, tau):
    """The distance step by step, an eigenvalue at a time; a list."""
    factors = []
    for value in s:
        distance = 1.0
        for _ in range(tau):
            distance *= 1 - eta * value
        factors.append(1 - distance)
    return factors


def gd_filter_factors_series(s, eta, tau):
    """The geometric series."""
    return eta * s * sum((1 - eta * s) ** t for t in range(tau))


def gd_filter_factors_matrix(s, eta, tau):
    """A power of the diagonal matrix of one step."""
    step = np.eye(len(s)) - eta * np.diag(s)
    return 1 - np.diag(np.linalg.matrix_power(step, tau))


def gd_filter_factors_sign_apart(s, eta, tau):
    """Size and sign of the power apart."""
    left = 1 - np.multiply(eta, s)
    return np.subtract(1, np.sign(left) ** tau * np.exp(tau * np.log(np.abs(left))))


def gd_filter_factors_comprehension(s, eta, tau):
    """A list of Python's own floats."""
    return [1 - pow(1 - eta * float(value), tau) for value in s]


def equivalent_lambda_power(eta, tau):
    """A negative power."""
    return (eta * np.asarray(tau, dtype=float)) ** -1


def equivalent_lambda_twice_divided(eta, tau):
    """Divided twice."""
    return 1 / eta / tau


def equivalent_lambda_list(eta, tau):
    """A loop where there are several; a list."""
    if np.ndim(tau) == 0:
        return 1 / (eta * tau)
    return [1 / (eta * steps) for steps in tau]


def equivalent_lambda_reciprocal(eta, tau):
    """The reciprocal; an array without axes for one number."""
    return np.array(np.reciprocal(np.multiply(eta, tau)))


def equivalent_lambda_logarithm(eta, tau):
    """By logarithms."""
    return np.exp(-math.log(eta) - np.log(tau))


def generalization_loss_loop(val_losses):
    """A loop with slices."""
    result = np.zeros(len(val_losses))
    for t in range(len(val_losses)):
        best = min(val_losses[: t + 1])
        result[t] = 100 * (val_losses[t] / best - 1)
    return result


def generalization_loss_list(val_losses):
    """The best so far in a variable; a list."""
    best, result = np.inf, []
    for loss in val_losses:
        best = min(best, loss)
        result.append((loss - best) / best * 100)
    return result


def generalization_loss_accumulated(val_losses):
    """With itertools."""
    smallest = list(itertools.accumulate(val_losses.tolist(), min))
    return [100 * v / best - 100 for v, best in zip(val_losses, smallest, strict=True)]


def generalization_loss_triangle(val_losses):
    """The minimum of each row of a triangle."""
    n = len(val_losses)
    seen = np.where(np.tri(n, dtype=bool), val_losses, np.inf)
    return 100.0 * np.divide(val_losses, seen.min(axis=1)) - 100.0


def generalization_loss_copy(val_losses):
    """In place, but in a copy."""
    losses = np.array(val_losses)
    losses /= np.fmin.accumulate(val_losses)
    losses -= 1
    losses *= 100
    return losses
