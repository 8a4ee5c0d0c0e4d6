"""Wrong answers to exercise 2, each with what a good teacher would say to it.

A function's name is that of the answer and of the misconception; its docstring is the feedback.
"""

import numpy as np


def soft_threshold_hard(z, threshold):
    """The small entries are 0, but the large ones kept their full size: that is the hard
    threshold. The soft one moves every entry towards zero by the threshold.
    """
    return np.where(np.abs(z) > threshold, z, 0.0)


def soft_threshold_lost_sign(z, threshold):
    """The sizes are right, but negative entries came out positive: the sign of z has to come back
    after the size has shrunk.
    """
    return np.maximum(np.abs(z) - threshold, 0.0)


def soft_threshold_crosses_zero(z, threshold):
    """Small entries went past zero and changed their sign. The threshold moves an entry to zero
    at most: what is left of its size must not become negative.
    """
    return np.sign(z) * (np.abs(z) - threshold)


def soft_threshold_one_sided(z, threshold):
    """Negative entries all became 0. The formula has a third case: below minus the threshold an
    entry moves up by the threshold and stays negative.
    """
    return np.maximum(z - threshold, 0.0)


def soft_threshold_shifts_all(z, threshold):
    """You took the threshold away from every large entry, so the negative ones moved away from
    zero. They have to move up: it is the size that shrinks, not the number.
    """
    return np.where(np.abs(z) > threshold, z - threshold, 0.0)


def soft_threshold_subtracts(z, threshold):
    """You subtracted the threshold from every entry. Negative entries have to move up instead,
    and those between minus and plus the threshold become 0.
    """
    return z - threshold


def soft_threshold_small_ones_stay(z, threshold):
    """The large entries are right, but the small ones kept their value. Between minus and plus
    the threshold the result is 0.
    """
    return np.where(np.abs(z) > threshold, np.sign(z) * (np.abs(z) - threshold), z)


def soft_threshold_twice(z, threshold):
    """Entries that had shrunk already were compared with the threshold a second time. Decide all
    three cases from the original z.
    """
    z = np.array(z)
    z[z > threshold] -= threshold
    z[z < -threshold] += threshold
    z[np.abs(z) <= threshold] = 0.0
    return z


def soft_threshold_grows(z, threshold):
    """Your entries grew: the threshold was added to their size. It has to be subtracted, so that
    all move towards zero.
    """
    return np.sign(z) * (np.abs(z) + threshold)


def soft_threshold_clips(z, threshold):
    """You clipped z to the interval from minus to plus the threshold. That is the part that the
    soft threshold takes away; z minus it is what remains.
    """
    return np.clip(z, -threshold, threshold)


def soft_threshold_shrinks(z, threshold):
    """Every entry was multiplied by 1/(1 + t), so none became 0. That is what an L2 penalty does;
    L1 subtracts.
    """
    return z / (1.0 + threshold)


def soft_threshold_shrinks_like_l2(z, threshold):
    """Every entry was multiplied by 1/(1 + 2t), so none became 0. That is the step for an L2
    penalty; L1 subtracts.
    """
    return z / (1.0 + 2.0 * threshold)


def soft_threshold_half(z, threshold):
    """The entries moved by half the threshold. With the half before the square, the derivative of
    the square is w - z without a factor, so the full threshold counts.
    """
    return np.sign(z) * np.maximum(np.abs(z) - threshold / 2, 0.0)


def soft_threshold_one_number(z, threshold):
    """Your code asks of a whole array, or of a whole row, whether it is large. `if`, `max`, `and`
    and chains such as `-t <= z <= t` decide for one number; np.where, np.maximum and `&` do it
    for each entry.
    """
    if z > threshold:
        return z - threshold
    return 0.0


def _slopes(x, y, penalty):
    centred = x - x.mean(axis=0)
    gram = centred.T @ centred + penalty * np.eye(x.shape[1])
    return np.linalg.solve(gram, centred.T @ (y - y.mean()))


def _with_intercept(x, y, coef):
    return coef, y.mean() - x.mean(axis=0) @ coef


def ridge_intercept_penalised(x, y, l2):
    """Your intercept is penalised, so adding 100 to y changes your slopes. Centre x and y first,
    fit the slopes without an intercept, and compute the intercept at the end.
    """
    n = len(y)
    ones = np.column_stack([x, np.ones(n)])
    both = np.linalg.solve(ones.T @ ones + n * l2 * np.eye(x.shape[1] + 1), ones.T @ y)
    return both[:-1], both[-1]


def ridge_no_intercept(x, y, l2):
    """You solved the problem without an intercept, so the slopes have to explain the mean of y as
    well. Centre x and y before you solve.
    """
    n, p = x.shape
    return np.linalg.solve(x.T @ x + n * l2 * np.eye(p), x.T @ y), 0.0


def ridge_uncentred(x, y, l2):
    """Your intercept fits your slopes, but the slopes come from data that were not centred, as if
    the line had to pass through the origin. Centre x and y before you solve.
    """
    n, p = x.shape
    return _with_intercept(x, y, np.linalg.solve(x.T @ x + n * l2 * np.eye(p), x.T @ y))


def ridge_without_n(x, y, l2):
    """The factor n is missing: the loss is a mean here. Multiply the whole objective by n, and
    the penalty becomes n times l2. (Without it, the penalty fades as data come in.)
    """
    return _with_intercept(x, y, _slopes(x, y, l2))


def ridge_divided_by_n(x, y, l2):
    """You divided l2 by n where it has to be multiplied: the mean of the squares becomes their
    sum when the whole objective, penalty included, is multiplied by n.
    """
    return _with_intercept(x, y, _slopes(x, y, l2 / len(y)))


def ridge_half(x, y, l2):
    """Your penalty has a factor of a half. Keras' L2 is the plain sum of squares: both the loss
    and the penalty give a factor 2 in the derivative, and it cancels.
    """
    return _with_intercept(x, y, _slopes(x, y, len(y) * l2 / 2))


def ridge_double(x, y, l2):
    """Your penalty counts twice. The derivatives of the loss and of the penalty both have a
    factor 2, so it cancels.
    """
    return _with_intercept(x, y, _slopes(x, y, 2 * len(y) * l2))


def ridge_mean_as_intercept(x, y, l2):
    """Your slopes are right, but the intercept is the mean of y. That is the prediction at the
    mean of x; the intercept is the prediction at x = 0.
    """
    return _slopes(x, y, len(y) * l2), y.mean()


def ridge_zero_intercept(x, y, l2):
    """Your slopes are right and the intercept is 0, which it would be for centred data. Compute
    it from the means before centring: mean of y minus mean of x times w.
    """
    return _slopes(x, y, len(y) * l2), 0.0


def ridge_intercept_with_plus(x, y, l2):
    """Your slopes are right; in the intercept a sign is wrong. It is the mean of y *minus* the
    means of the columns times w.
    """
    coef = _slopes(x, y, len(y) * l2)
    return coef, y.mean() + x.mean(axis=0) @ coef


def ridge_textbook(x, y, l2):
    """Two things are missing in this formula: an intercept (centre x and y first), and the factor
    n on the penalty, since the loss is a mean.
    """
    return np.linalg.solve(x.T @ x + l2 * np.eye(x.shape[1]), x.T @ y), 0.0


def ridge_textbook_with_intercept(x, y, l2):
    """Two things: the slopes come from data that were not centred, and the penalty lacks its
    factor n, since the loss is a mean.
    """
    coef = np.linalg.solve(x.T @ x + l2 * np.eye(x.shape[1]), x.T @ y)
    return _with_intercept(x, y, coef)


def ridge_column_of_ones_without_n(x, y, l2):
    """Two things: the column of ones is penalised like the others, and the intercept must not be;
    and the penalty lacks its factor n, since the loss is a mean.
    """
    ones = np.column_stack([x, np.ones(len(y))])
    both = np.linalg.solve(ones.T @ ones + l2 * np.eye(x.shape[1] + 1), ones.T @ y)
    return both[:-1], both[-1]


def ridge_only_y_centred(x, y, l2):
    """You centred y, but not x. With an intercept in the model both lose their means, or the line
    still has to pass through the origin.
    """
    n, p = x.shape
    coef = np.linalg.solve(x.T @ x + n * l2 * np.eye(p), x.T @ (y - y.mean()))
    return _with_intercept(x, y, coef)


def ridge_one_mean_for_all_columns(x, y, l2):
    """You subtracted one mean from the whole matrix. Each column has its own: `x.mean(axis=0)`."""
    n, p = x.shape
    centred = x - x.mean()
    coef = np.linalg.solve(centred.T @ centred + n * l2 * np.eye(p), centred.T @ (y - y.mean()))
    return _with_intercept(x, y, coef)


def ridge_standardised(x, y, l2):
    """You divided the columns by their standard deviations. That is often wise, but another
    problem: here the penalty is on the coefficients of the columns as they are.
    """
    scale = x.std(axis=0)
    return _with_intercept(x, y, _slopes(x / scale, y, len(y) * l2) / scale)


def ridge_p_for_n(x, y, l2):
    """The penalty carries the number of columns as its factor. It is the number of rows, n, since
    the loss is a mean over samples: `len(y)`.
    """
    return _with_intercept(x, y, _slopes(x, y, x.shape[1] * l2))


def ridge_least_squares(x, y, l2):
    """This is least squares: the penalty is missing from your system. Add n times l2 on the
    diagonal.
    """
    coef = np.linalg.lstsq(x - x.mean(axis=0), y - y.mean())[0]
    return _with_intercept(x, y, coef)


def ridge_everywhere(x, y, l2):
    """You added the penalty to every entry of the matrix. It belongs on the diagonal alone, n
    times l2 times the identity: `np.eye`.
    """
    centred = x - x.mean(axis=0)
    coef = np.linalg.pinv(centred.T @ centred + len(y) * l2) @ (centred.T @ (y - y.mean()))
    return _with_intercept(x, y, coef)


def ridge_slopes_alone(x, y, l2):
    """The slopes are right, and the intercept is missing: return both, as `coef, intercept`."""
    return _slopes(x, y, len(y) * l2)


def _kernels(weights):
    return [w for name, w in weights.items() if name.endswith("kernel")]


def elastic_net_penalty_with_biases(weights, l1, l2):
    """You counted every array. Biases, and the gamma and beta of a normalization where there is
    one, carry no penalty: choose the arrays whose name ends in kernel.
    """
    return sum(l1 * np.abs(w).sum() + l2 * (w**2).sum() for w in weights.values())


def elastic_net_penalty_all_but_biases(weights, l1, l2):
    """You left out the biases, but counted gamma and beta of the normalization. Choose what is
    penalised, the kernels, rather than what is not.
    """
    kept = [w for name, w in weights.items() if not name.endswith("bias")]
    return sum(l1 * np.abs(w).sum() + l2 * (w**2).sum() for w in kept)


def elastic_net_penalty_without_convolution(weights, l1, l2):
    """You left out the kernel of the convolution. It is a kernel like the others, with four axes:
    go by the end of the name.
    """
    kernels = [w for w in weights.values() if w.ndim == 2]
    return sum(l1 * np.abs(w).sum() + l2 * (w**2).sum() for w in kernels)


def elastic_net_penalty_nothing(weights, l1, l2):
    """Nothing was counted. Names only *end* in kernel, they hold the path of the layer as well;
    what you add must be kept, with `+=`; and the total must not start at 0 again in each round.
    """
    return 0.0


def elastic_net_penalty_l2_on_all(weights, l1, l2):
    """Your L1 term counts kernels alone, but your L2 term counts every array. Both act on the
    kernels.
    """
    everything = sum((w**2).sum() for w in weights.values())
    return l1 * sum(np.abs(w).sum() for w in _kernels(weights)) + l2 * everything


def elastic_net_penalty_abs_of_sum(weights, l1, l2):
    """Your L1 term takes the absolute value after adding up, so weights of different sign have
    cancelled by then. First the absolute values, then the sum.
    """
    return sum(l1 * np.abs(w.sum()) + l2 * (w**2).sum() for w in _kernels(weights))


def elastic_net_penalty_square_of_l1(weights, l1, l2):
    """Your L2 term squares the sum of the absolute values. Each weight is squared by itself, and
    then they are added.
    """
    return sum(l1 * np.abs(w).sum() + l2 * np.abs(w).sum() ** 2 for w in _kernels(weights))


def elastic_net_penalty_one_norm(weights, l1, l2):
    """Your L2 term is the norm of all kernels, with a square root. The penalty is its square."""
    squares = sum((w**2).sum() for w in _kernels(weights))
    return l1 * sum(np.abs(w).sum() for w in _kernels(weights)) + l2 * np.sqrt(squares)


def elastic_net_penalty_half(weights, l1, l2):
    """Your L2 term has a factor of a half. Other books write one; Keras' L2 is l2 times the plain
    sum of squares.
    """
    return sum(l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum() for w in _kernels(weights))


def elastic_net_penalty_square_of_sum(weights, l1, l2):
    """You squared the sum. Each weight is squared first and then they are added; otherwise a
    positive and a negative weight would cancel.
    """
    return sum(l1 * np.abs(w).sum() + l2 * w.sum() ** 2 for w in _kernels(weights))


def elastic_net_penalty_norm(weights, l1, l2):
    """Your L2 term is the norm, with a square root. The penalty is its square, the plain sum of
    squares.
    """
    return sum(l1 * np.abs(w).sum() + l2 * np.sqrt((w**2).sum()) for w in _kernels(weights))


def elastic_net_penalty_mean(weights, l1, l2):
    """You took means. Keras adds the weights up, so a larger layer pays more."""
    return sum(l1 * np.abs(w).mean() + l2 * (w**2).mean() for w in _kernels(weights))


def elastic_net_penalty_swapped(weights, l1, l2):
    """The factors are swapped: l1 belongs to the absolute values, l2 to the squares."""
    return sum(l2 * np.abs(w).sum() + l1 * (w**2).sum() for w in _kernels(weights))


def elastic_net_penalty_signed(weights, l1, l2):
    """Your L1 term adds the weights with their signs, so they cancel. Take their absolute values
    first.
    """
    return sum(l1 * w.sum() + l2 * (w**2).sum() for w in _kernels(weights))


def elastic_net_penalty_last_layer(weights, l1, l2):
    """Only the last layer is in your result: each round of the loop overwrites what the round
    before found. Add to a total.
    """
    total = 0.0
    for name, w in weights.items():
        if name.endswith("kernel"):
            total = l1 * np.abs(w).sum() + l2 * (w**2).sum()
    return total


def elastic_net_penalty_first_layer(weights, l1, l2):
    """Only the first layer is in your result. Is the `return` inside the loop?"""
    for name, w in weights.items():
        if name.endswith("kernel"):
            return l1 * np.abs(w).sum() + l2 * (w**2).sum()
    return 0.0


def elastic_net_penalty_only_l1(weights, l1, l2):
    """Your result is the L1 term alone; the squares, times l2, are missing."""
    return sum(l1 * np.abs(w).sum() for name, w in weights.items() if name.endswith("kernel"))


def elastic_net_penalty_only_l2(weights, l1, l2):
    """Your result is the L2 term alone; the absolute values, times l1, are missing."""
    return sum(l2 * (w**2).sum() for name, w in weights.items() if name.endswith("kernel"))


def _soft(z, threshold):
    return np.sign(z) * np.maximum(np.abs(z) - threshold, 0.0)


def _steps(x, y, n_steps, step):
    """Repeat coef = step(coef, gradient) from zero, with the right gradient."""
    coef = np.zeros(x.shape[1])
    for _ in range(n_steps):
        coef = step(coef, 2 / len(y) * x.T @ (x @ coef - y))
    return coef


def _ista(x, y, l1, step_size, n_steps):
    return _steps(x, y, n_steps, lambda w, g: _soft(w - step_size * g, step_size * l1))


def ista_threshold_without_step_size(x, y, l1, step_size, n_steps):
    """Your threshold is l1, so the zeros depend on the step size. It has to be step_size times
    l1: a small step may take only a small bite.
    """
    return _steps(x, y, n_steps, lambda w, g: _soft(w - step_size * g, l1))


def ista_gradient_without_2(x, y, l1, step_size, n_steps):
    """The factor 2 is missing from the gradient. It comes from the square, and Keras' loss has no
    half to cancel it.
    """
    return _steps(x, y, n_steps, lambda w, g: _soft(w - step_size * g / 2, step_size * l1))


def ista_gradient_without_n(x, y, l1, step_size, n_steps):
    """The gradient is not divided by n: the loss is the mean of the squares, not their sum. With
    sums the steps are n times too long.
    """
    return _steps(x, y, n_steps, lambda w, g: _soft(w - step_size * g * len(y), step_size * l1))


def ista_uphill(x, y, l1, step_size, n_steps):
    """Your step goes uphill: the sign of the gradient is reversed. It is X'(Xw - y), prediction
    minus target, and the step subtracts it.
    """
    return _steps(x, y, n_steps, lambda w, g: _soft(w + step_size * g, step_size * l1))


def ista_threshold_first(x, y, l1, step_size, n_steps):
    """The last thing that happened to your result was a gradient step. The threshold comes last
    in each round; otherwise nothing need be zero.
    """
    coef = np.zeros(x.shape[1])
    for _ in range(n_steps):
        coef = _soft(coef, step_size * l1)
        coef = coef - step_size * 2 / len(y) * x.T @ (x @ coef - y)
    return coef


def ista_subgradient(x, y, l1, step_size, n_steps):
    """You added l1 times the sign of w to the gradient. That is the subgradient method, what
    Keras does; its weights come close to zero, but never rest there. Use the soft threshold.
    """
    return _steps(x, y, n_steps, lambda w, g: w - step_size * (g + l1 * np.sign(w)))


def ista_no_threshold(x, y, l1, step_size, n_steps):
    """This is gradient descent on the loss alone: the penalty is missing. Apply the soft
    threshold after each gradient step.
    """
    return _steps(x, y, n_steps, lambda w, g: w - step_size * g)


def ista_threshold_at_the_end(x, y, l1, step_size, n_steps):
    """You thresholded once, after the last step. The threshold belongs to every step, inside the
    loop.
    """
    coef = _steps(x, y, n_steps, lambda w, g: w - step_size * g)
    return _soft(coef, step_size * l1)


def ista_one_step_short(x, y, l1, step_size, n_steps):
    """You took one step too few: n_steps steps are asked for, so the loop is `range(n_steps)`."""
    return _ista(x, y, l1, step_size, n_steps - 1)


def ista_one_step_more(x, y, l1, step_size, n_steps):
    """You took one step too many: n_steps steps are asked for, so the loop is `range(n_steps)`."""
    return _ista(x, y, l1, step_size, n_steps + 1)


def ista_one_step(x, y, l1, step_size, n_steps):
    """You took a single step. Is the `return` inside the loop, or does each round start from zero
    again?
    """
    return _ista(x, y, l1, step_size, 1)


def ista_half_threshold(x, y, l1, step_size, n_steps):
    """Your threshold is half of what it should be, as if l1 were half as strong. It is step_size
    times l1. If you call your function of part 1, is it right yet?
    """
    return _ista(x, y, l1 / 2, step_size, n_steps)


def ista_double_threshold(x, y, l1, step_size, n_steps):
    """Your threshold is twice what it should be. The factor 2 belongs to the gradient of the
    square; the derivative of the absolute value has none.
    """
    return _ista(x, y, 2 * l1, step_size, n_steps)


def ista_threshold_on_the_step(x, y, l1, step_size, n_steps):
    """You thresholded the step and then subtracted it. The threshold acts on the weights: first w
    minus step_size times gradient, then the soft threshold of that.
    """
    return _steps(x, y, n_steps, lambda w, g: w - _soft(step_size * g, step_size * l1))


def ista_gradient_of_the_old_weights(x, y, l1, step_size, n_steps):
    """You thresholded w and subtracted the gradient step from that. The order is the other one:
    the gradient step first, and the threshold of its result.
    """
    return _steps(x, y, n_steps, lambda w, g: _soft(w, step_size * l1) - step_size * g)


def ista_hard_threshold(x, y, l1, step_size, n_steps):
    """The small weights become 0, but the others are not moved: that is the hard threshold. If
    you call your function of part 1, is it right yet?
    """

    def step(w, g):
        moved = w - step_size * g
        return np.where(np.abs(moved) > step_size * l1, moved, 0.0)

    return _steps(x, y, n_steps, step)


def ista_crosses_zero(x, y, l1, step_size, n_steps):
    """Small weights went past zero and changed their sign: what is left of a size must not become
    negative. If you call your function of part 1, is it right yet?
    """

    def step(w, g):
        moved = w - step_size * g
        return np.sign(moved) * (np.abs(moved) - step_size * l1)

    return _steps(x, y, n_steps, step)


def ista_small_ones_stay(x, y, l1, step_size, n_steps):
    """The large weights are moved, but the small ones keep their value. Between minus and plus the
    threshold the result is 0; if you call your function of part 1, is it right yet?
    """

    def step(w, g):
        moved = w - step_size * g
        shrunk = moved - step_size * l1 * np.sign(moved)
        return np.where(np.abs(moved) > step_size * l1, shrunk, moved)

    return _steps(x, y, n_steps, step)


def ista_positive_only(x, y, l1, step_size, n_steps):
    """No weight of yours is negative. The soft threshold keeps the sign of what it shrinks; if
    you call your function of part 1, is it right yet?
    """
    return _steps(x, y, n_steps, lambda w, g: np.maximum(w - step_size * g - step_size * l1, 0.0))


def ista_gradient_without_2_and_n(x, y, l1, step_size, n_steps):
    """The gradient lacks its factor 2/n: the 2 comes from the square, the n from the mean.
    Without them the steps are far too long.
    """
    return _steps(x, y, n_steps, lambda w, g: _soft(w - step_size * g * len(y) / 2, step_size * l1))


def ista_stays_zero(x, y, l1, step_size, n_steps):
    """Your result is w = 0, where it started. Is what the soft threshold returns assigned to w?
    Does the gradient contain y, and is the threshold step_size times l1?
    """
    return np.zeros(x.shape[1])


def ista_from_ones(x, y, l1, step_size, n_steps):
    """You started from ones. The start is w = 0, and that matters as long as the steps have not
    settled.
    """
    coef = np.ones(x.shape[1])
    for _ in range(n_steps):
        gradient = 2 / len(y) * x.T @ (x @ coef - y)
        coef = _soft(coef - step_size * gradient, step_size * l1)
    return coef


def ista_ridge(x, y, l1, step_size, n_steps):
    """The weights were shrunk by a factor, which is the step for an L2 penalty and makes no
    zeros. The step for L1 is the soft threshold; if you call your function of part 1, is it right
    yet?
    """
    return _steps(x, y, n_steps, lambda w, g: (w - step_size * g) / (1 + 2 * step_size * l1))


def _sklearn(target, l1, l2, n_samples, **changed):
    """The right arguments, but for those of one target."""
    alpha = l1 / 2 + l2
    right = {
        "Ridge": {"alpha": n_samples * l2},
        "ElasticNet": {"alpha": alpha, "l1_ratio": l1 / 2 / alpha if alpha else 0.0},
        "LogisticRegression": {"C": 1 / (2 * n_samples * l2)},
    }
    return (right | changed)[target]


def keras_to_sklearn_ridge_without_n(target, l1=0.0, l2=0.0, n_samples=1):
    """The number of samples is missing: Ridge sums the squares that Keras averages, so its
    penalty has to be n times as strong.
    """
    return _sklearn(target, l1, l2, n_samples, Ridge={"alpha": l2})


def keras_to_sklearn_ridge_divided_by_n(target, l1=0.0, l2=0.0, n_samples=1):
    """You divided by n where you have to multiply: Ridge sums the squares that Keras averages, so
    its penalty has to be n times as strong.
    """
    return _sklearn(target, l1, l2, n_samples, Ridge={"alpha": l2 / n_samples})


def keras_to_sklearn_ridge_half(target, l1=0.0, l2=0.0, n_samples=1):
    """There is a half too many. Neither Keras nor Ridge has a half in its objective, so n is the
    only factor between them.
    """
    return _sklearn(target, l1, l2, n_samples, Ridge={"alpha": n_samples * l2 / 2})


def keras_to_sklearn_ridge_double(target, l1=0.0, l2=0.0, n_samples=1):
    """There is a factor 2 too many. Neither Keras nor Ridge has a half in its objective, so n is
    the only factor between them.
    """
    return _sklearn(target, l1, l2, n_samples, Ridge={"alpha": 2 * n_samples * l2})


def keras_to_sklearn_ridge_l2_half(target, l1=0.0, l2=0.0, n_samples=1):
    """Ridge has no half in its objective, and it sums the squares that Keras averages: the factor
    between them is n, and nothing else.
    """
    return _sklearn(target, l1, l2, n_samples, Ridge={"alpha": l2 / 2})


def keras_to_sklearn_net_same_numbers(target, l1=0.0, l2=0.0, n_samples=1):
    """You split l1 + l2 as if both libraries had the same objective. ElasticNet halves the
    squared errors and its L2 term, but not its L1 term: divide Keras' objective by 2 and compare.
    """
    net = {"alpha": l1 + l2, "l1_ratio": l1 / (l1 + l2 or 1)}
    return _sklearn(target, l1, l2, n_samples, ElasticNet=net)


def keras_to_sklearn_net_half_of_l2(target, l1=0.0, l2=0.0, n_samples=1):
    """You halved both factors. Right for l1, but ElasticNet's L2 term brings a half of its own,
    so that l2 goes into alpha whole.
    """
    net = {"alpha": (l1 + l2) / 2, "l1_ratio": l1 / (l1 + l2 or 1)}
    return _sklearn(target, l1, l2, n_samples, ElasticNet=net)


def keras_to_sklearn_net_double(target, l1=0.0, l2=0.0, n_samples=1):
    """Your alpha is twice what it should be: ElasticNet has a half before the mean of the
    squares. Divide Keras' whole objective by 2 first. The ratio is right.
    """
    net = {"alpha": l1 + 2 * l2, "l1_ratio": l1 / (l1 + 2 * l2 or 1)}
    return _sklearn(target, l1, l2, n_samples, ElasticNet=net)


def keras_to_sklearn_net_times_n(target, l1=0.0, l2=0.0, n_samples=1):
    """You multiplied by n, as Ridge needs it. ElasticNet averages the squares just as Keras does,
    so the number of samples cancels.
    """
    net = {"alpha": n_samples * (l1 / 2 + l2), "l1_ratio": l1 / (l1 + 2 * l2 or 1)}
    return _sklearn(target, l1, l2, n_samples, ElasticNet=net)


def keras_to_sklearn_net_share_of_factors(target, l1=0.0, l2=0.0, n_samples=1):
    """The alpha is right; the ratio is not the share of l1 in l1 + l2, but that of the L1 term in
    alpha: alpha times l1_ratio has to give l1 / 2.
    """
    net = {"alpha": l1 / 2 + l2, "l1_ratio": l1 / (l1 + l2 or 1)}
    return _sklearn(target, l1, l2, n_samples, ElasticNet=net)


def keras_to_sklearn_net_other_ratio(target, l1=0.0, l2=0.0, n_samples=1):
    """The alpha is right, but your l1_ratio is the share of the L2 term. It has to be that of L1,
    which is 1 for a pure lasso.
    """
    net = {"alpha": l1 / 2 + l2, "l1_ratio": l2 / (l1 / 2 + l2 or 1)}
    return _sklearn(target, l1, l2, n_samples, ElasticNet=net)


def keras_to_sklearn_net_ratio_without_half(target, l1=0.0, l2=0.0, n_samples=1):
    """The alpha is right, but the ratio is twice what it should be: alpha times l1_ratio has to
    give l1 / 2, not l1.
    """
    net = {"alpha": l1 / 2 + l2, "l1_ratio": l1 / (l1 / 2 + l2 or 1)}
    return _sklearn(target, l1, l2, n_samples, ElasticNet=net)


def keras_to_sklearn_net_half_of_l2_alone(target, l1=0.0, l2=0.0, n_samples=1):
    """You put the half on the wrong factor. Dividing Keras' objective by 2 halves both, and
    ElasticNet's own half before its L2 term takes that of l2 back: l1 / 2 and l2 make alpha.
    """
    net = {"alpha": l1 + l2 / 2, "l1_ratio": l1 / (l1 + l2 / 2 or 1)}
    return _sklearn(target, l1, l2, n_samples, ElasticNet=net)


def keras_to_sklearn_net_factors_as_they_are(target, l1=0.0, l2=0.0, n_samples=1):
    """You passed l1 and l2 on as alpha and l1_ratio. The alpha is the strength of both terms
    together, and l1_ratio, between 0 and 1, says how much of it is L1.
    """
    return _sklearn(target, l1, l2, n_samples, ElasticNet={"alpha": l1, "l1_ratio": l2})


def keras_to_sklearn_c_one_over_l2(target, l1=0.0, l2=0.0, n_samples=1):
    """C is the inverse of the strength, but n and a 2 are missing: scikit-learn sums the losses
    that Keras averages, and has a half before the squared weights.
    """
    return _sklearn(target, l1, l2, n_samples, LogisticRegression={"C": 1 / l2})


def keras_to_sklearn_c_without_n(target, l1=0.0, l2=0.0, n_samples=1):
    """The number of samples is missing: LogisticRegression sums the losses that Keras averages,
    so C is smaller by the factor n.
    """
    return _sklearn(target, l1, l2, n_samples, LogisticRegression={"C": 1 / (2 * l2)})


def keras_to_sklearn_c_without_2(target, l1=0.0, l2=0.0, n_samples=1):
    """A factor 2 is missing: LogisticRegression has a half before the squared weights, and Keras
    has none. Divide Keras' objective by 2 l2 and compare.
    """
    return _sklearn(target, l1, l2, n_samples, LogisticRegression={"C": 1 / (n_samples * l2)})


def keras_to_sklearn_c_double(target, l1=0.0, l2=0.0, n_samples=1):
    """The factor 2 is on the wrong side: dividing Keras' objective by 2 l2 leaves the half before
    the squared weights, and 1 / (2 l2) before the mean loss.
    """
    return _sklearn(target, l1, l2, n_samples, LogisticRegression={"C": 2 / (n_samples * l2)})


def keras_to_sklearn_c_times_n(target, l1=0.0, l2=0.0, n_samples=1):
    """The n is on the wrong side: C stands before a sum of losses, and Keras before their mean,
    so C is 1/n of what stands before the mean.
    """
    return _sklearn(target, l1, l2, n_samples, LogisticRegression={"C": n_samples / (2 * l2)})


def keras_to_sklearn_c_upside_down(target, l1=0.0, l2=0.0, n_samples=1):
    """C is upside down: it stands before the loss and not before the penalty, so a strong penalty
    is a small C.
    """
    return _sklearn(target, l1, l2, n_samples, LogisticRegression={"C": 2 * n_samples * l2})


def keras_to_sklearn_c_is_l2(target, l1=0.0, l2=0.0, n_samples=1):
    """You passed l2 on as C. But C stands before the loss and not before the penalty: it is an
    inverse, and a strong penalty is a small C.
    """
    return _sklearn(target, l1, l2, n_samples, LogisticRegression={"C": l2})


def keras_to_sklearn_c_is_n_l2(target, l1=0.0, l2=0.0, n_samples=1):
    """That is Ridge's alpha. C stands before the loss and not before the penalty: it is an
    inverse, and there is a half before the squared weights.
    """
    return _sklearn(target, l1, l2, n_samples, LogisticRegression={"C": n_samples * l2})


def keras_to_sklearn_c_brackets(target, l1=0.0, l2=0.0, n_samples=1):
    """C is upside down: it stands before the loss, so it is 1 / (2 n l2). (In Python `1 / 2 * n *
    l2` is n l2 / 2: it reads from left to right, and brackets are needed.)
    """
    return _sklearn(target, l1, l2, n_samples, LogisticRegression={"C": 1 / 2 * n_samples * l2})
