"""Wrong answers to exercise 3, each with what a good teacher would say to it.

A function's name is that of the answer and of the misconception; its docstring is the feedback.
"""

import math

import numpy as np


def _dropped(x, rate, rng, factor, chance=None):
    """Drop with a probability, by default the rate, and multiply what is kept by a factor."""
    zero = rng.random(x.shape) < (rate if chance is None else chance)
    return np.where(zero, 0.0, x * factor)


def _inverted(x, rate, rng):
    return _dropped(x, rate, rng, 1.0 / (1.0 - rate))


def inverted_dropout_keeps_with_rate(x, rate, rng, training):
    """You keep an entry with probability rate. That is the probability to *drop* it, and 1 - rate
    the one to keep it. (At a rate of 0.5 you would not notice.)
    """
    return _dropped(x, rate, rng, 1.0 / (1.0 - rate), chance=1.0 - rate) if training else x


def inverted_dropout_divides_by_rate(x, rate, rng, training):
    """You divided the kept entries by rate. A share of 1 - rate is kept, so divide by that; then
    the mean stays what it was. (At a rate of 0.5 the two are the same.)
    """
    return _dropped(x, rate, rng, 1.0 / rate if rate else math.inf) if training else x


def inverted_dropout_rate_is_the_share_kept(x, rate, rng, training):
    """You took rate for the share that is kept, as the first papers on dropout do. In Keras, and
    here, it is the share that is dropped: keep with probability 1 - rate, and divide by that.
    """
    return _dropped(x, rate, rng, 1.0 / (rate or 1.0), chance=1.0 - rate) if training else x


def inverted_dropout_no_rescaling(x, rate, rng, training):
    """Your kept entries keep their size. Divide them by 1 - rate: that makes up for those that
    are dropped, and then nothing is left to do after training.
    """
    return _dropped(x, rate, rng, 1.0) if training else x


def inverted_dropout_multiplies(x, rate, rng, training):
    """You multiplied the kept entries by 1 - rate, which makes them smaller still. They have to
    make up for those that are dropped: divide by 1 - rate.
    """
    return _dropped(x, rate, rng, 1.0 - rate) if training else x


def inverted_dropout_grows_by_rate(x, rate, rng, training):
    """You multiplied the kept entries by 1 + rate. To keep the mean, the share 1 - rate that
    is left has to count for all: divide by 1 - rate, which is more.
    """
    return _dropped(x, rate, rng, 1.0 + rate) if training else x


def inverted_dropout_scales_in_use_too(x, rate, rng, training):
    """Not in training you multiplied by 1 - rate. The division in training has settled that
    already: x stays as it is.
    """
    return _inverted(x, rate, rng) if training else x * (1.0 - rate)


def inverted_dropout_old_recipe(x, rate, rng, training):
    """That is the recipe of the first papers: drop in training, multiply by 1 - rate afterwards.
    Inverted dropout divides by 1 - rate in training, and leaves x as it is afterwards.
    """
    return _dropped(x, rate, rng, 1.0) if training else x * (1.0 - rate)


def inverted_dropout_scales_by_rate_in_use(x, rate, rng, training):
    """Not in training you multiplied by rate. Nothing is dropped then, so that x stays as it is;
    the division by 1 - rate in training has settled the rest.
    """
    return _inverted(x, rate, rng) if training else x * rate


def inverted_dropout_divides_in_use(x, rate, rng, training):
    """Not in training you divided by 1 - rate as well. Nothing is dropped then and nothing has to
    be made up for: x stays as it is.
    """
    return _inverted(x, rate, rng) if training else x / (1.0 - rate)


def inverted_dropout_always(x, rate, rng, training):
    """You drop in any case. With training=False all entries stay, as they are: the result is x."""
    return _inverted(x, rate, rng)


def inverted_dropout_other_way_round(x, rate, rng, training):
    """No entry became 0 in training. Do you drop when training is False, and leave x as it is when
    it is True? It is the other way round.
    """
    return x if training else _inverted(x, rate, rng)


def inverted_dropout_nothing_dropped(x, rate, rng, training):
    """No entry became 0. Does the mask come from rng, one number between 0 and 1 for each entry,
    and is x multiplied with it?
    """
    return x / (1.0 - rate) if training else x


def inverted_dropout_does_nothing(x, rate, rng, training):
    """No entry became 0: your result is x. Is what you computed in training what you return?"""
    return x


def inverted_dropout_half(x, rate, rng, training):
    """You drop half of the entries, whatever the rate. The share dropped has to be rate: compare
    rng.random(x.shape) with it.
    """
    return _dropped(x, rate, rng, 1.0 / (1.0 - rate), chance=0.5) if training else x


def inverted_dropout_one_mask_for_all_rows(x, rate, rng, training):
    """All rows lose the same entries: along axis 0 you use one and the same mask. Draw a number
    for each entry of x, with x.shape as it is.
    """
    kept = rng.random(x.shape[1:]) >= rate
    return x * kept / (1.0 - rate) if training else x


def inverted_dropout_one_mask_of_the_last_axis(x, rate, rng, training):
    """You drew numbers for the last axis alone, and NumPy stretched them over all others. Draw a
    number for each entry of x, with x.shape as it is.
    """
    kept = rng.random(x.shape[-1]) >= rate
    return x * kept / (1.0 - rate) if training else x


def inverted_dropout_whole_rows(x, rate, rng, training):
    """You drop whole rows: one decision for each sample. Each entry of x decides for itself, so
    draw as many numbers as x has entries, with x.shape.
    """
    kept = rng.random((len(x),) + (1,) * (x.ndim - 1)) >= rate
    return x * kept / (1.0 - rate) if training else x


def inverted_dropout_one_decision(x, rate, rng, training):
    """You drew one number for the whole array, which is kept or dropped at once. Each entry
    decides for itself: rng.random(x.shape) draws a number for each.
    """
    return x * (rng.random() >= rate) / (1.0 - rate) if training else x


def inverted_dropout_same_mask_in_each_call(x, rate, rng, training):
    """Each call drops the same entries: a generator with a seed begins anew in your function. Draw
    from rng, which goes on from call to call.
    """
    return _inverted(x, rate, np.random.default_rng(0)) if training else x


def inverted_dropout_own_randomness(x, rate, rng, training):
    """With rng in the same state your function drops other entries. Draw all numbers from rng:
    neither from np.random nor from a generator of your own.
    """
    return _inverted(x, rate, np.random.default_rng()) if training else x


def inverted_dropout_exact_count(x, rate, rng, training):
    """In each call you drop the same number of entries. That is close, but then the entries do
    not decide for themselves: how many fall has to vary by chance. Draw a number for each.
    """
    out = x / (1.0 - rate)
    places = rng.choice(x.size, size=round(rate * x.size), replace=False)
    out.ravel()[places] = 0.0
    return out if training else x


def inverted_dropout_in_place(x, rate, rng, training):
    """Your result is right, but x has changed as well: `x[...] = 0` and `x *= ...` write into the
    array of whoever called. Make a new one, or work on `x.copy()`.
    """
    if training:
        x *= (rng.random(x.shape) >= rate) / (1.0 - rate)
    return x


def inverted_dropout_returns_the_mask(x, rate, rng, training):
    """Each kept entry was multiplied with another number, or the mask itself came back. One factor,
    1 / (1 - rate), holds for all of them: the result is x times the mask times that.
    """
    return (rng.random(x.shape) >= rate) / (1.0 - rate) if training else x


def inverted_dropout_result_and_mask(x, rate, rng, training):
    """You returned two arrays, perhaps the result and the mask. Return the result alone, an array
    with the shape of x.
    """
    return np.stack([_inverted(x, rate, rng) if training else x, x > 0])


def inverted_dropout_no_array(x, rate, rng, training):
    """No array came back, but one number or nothing at all. In training and otherwise, the
    function has to end with a `return` of an array with the shape of x.
    """
    return


def _solved(x, y, penalties):
    """Solve for coefficients with the penalties on the diagonal; pinv where there are none."""
    return np.linalg.pinv(x.T @ x + np.diag(penalties), rcond=1e-10) @ (x.T @ y)


def _squares(x):
    return (x**2).sum(axis=0)


def dropout_ridge_one_lambda(x, y, rate):
    """This is plain ridge, with the same penalty rate / (1 - rate) for each column. Under dropout
    the penalty of a column is that times the sum of the squares of its entries.
    """
    return _solved(x, y, np.full(x.shape[1], rate / (1 - rate)))


def dropout_ridge_lambda_times_n(x, y, rate):
    """This is ridge with n rate / (1 - rate) for each column, right for standardised columns only,
    whose squares add up to n. Here each has its own sum of squares.
    """
    return _solved(x, y, np.full(x.shape[1], len(x) * rate / (1 - rate)))


def dropout_ridge_mean_of_the_columns(x, y, rate):
    """You took one number for all columns, the mean of their sums of squares. Each column pays for
    its own entries: leave the sums as they are, one for each place on the diagonal.
    """
    return _solved(x, y, np.full(x.shape[1], rate / (1 - rate) * _squares(x).mean()))


def dropout_ridge_sum_over_all(x, y, rate):
    """You put the sum of squares of the whole matrix on the diagonal. Each column has its own:
    `(x**2).sum(axis=0)`.
    """
    return _solved(x, y, np.full(x.shape[1], rate / (1 - rate) * _squares(x).sum()))


def dropout_ridge_rate_alone(x, y, rate):
    """Your penalty has the factor rate. The variance of the multiplier is rate / (1 - rate): it
    grows without bound as the rate goes to 1.
    """
    return _solved(x, y, rate * _squares(x))


def dropout_ridge_variance_of_the_mask(x, y, rate):
    """You took rate (1 - rate), the variance of the mask. The multiplier is the mask divided by
    1 - rate, so its variance is that divided by (1 - rate) squared.
    """
    return _solved(x, y, rate * (1 - rate) * _squares(x))


def dropout_ridge_divided_once(x, y, rate):
    """Dividing by 1 - rate divides a variance by its *square*. The mask has the variance
    rate (1 - rate), and the multiplier rate / (1 - rate), which is not rate / (1 - rate) squared.
    """
    return _solved(x, y, rate / (1 - rate) ** 2 * _squares(x))


def dropout_ridge_upside_down(x, y, rate):
    """Your factor is (1 - rate) / rate, which would punish most where nearly nothing is dropped.
    It is rate / (1 - rate); rate is the share dropped.
    """
    return _solved(x, y, ((1 - rate) / rate if rate else 1e12) * _squares(x))


def dropout_ridge_second_moment(x, y, rate):
    """You added the mean of the squared multiplier, 1 / (1 - rate). A part of it, its mean
    squared, is in the matrix already: what is added is the variance, rate / (1 - rate).
    """
    return _solved(x, y, _squares(x) / (1 - rate))


def dropout_ridge_half(x, y, rate):
    """Your penalty is half of what it should be. The loss has no half, so both derivatives have a
    factor 2, and it cancels.
    """
    return _solved(x, y, rate / (1 - rate) / 2 * _squares(x))


def dropout_ridge_double(x, y, rate):
    """Your penalty counts twice. The derivatives of the loss and of the penalty both have a
    factor 2, so that it cancels.
    """
    return _solved(x, y, 2 * rate / (1 - rate) * _squares(x))


def dropout_ridge_norm(x, y, rate):
    """You took the norm of each column, with its square root. A variance needs the *squared*
    entries: the plain sum of the squares.
    """
    return _solved(x, y, rate / (1 - rate) * np.sqrt(_squares(x)))


def dropout_ridge_absolute_values(x, y, rate):
    """You added up the absolute values in each column. A variance needs the squared entries: the
    sum of the squares.
    """
    return _solved(x, y, rate / (1 - rate) * np.abs(x).sum(axis=0))


def dropout_ridge_square_of_the_sum(x, y, rate):
    """You squared the sum of a column, so that positive and negative entries cancel. Square each
    entry, and then add.
    """
    return _solved(x, y, rate / (1 - rate) * x.sum(axis=0) ** 2)


def dropout_ridge_centred_squares(x, y, rate):
    """Your penalty has the variance of each column. But dropping sets an entry to 0, not to the
    mean of the column: add up the squares of the entries as they are.
    """
    return _solved(x, y, rate / (1 - rate) * len(x) * x.var(axis=0))


def dropout_ridge_column_variance(x, y, rate):
    """You took the variance of each column, a mean of squares about the column's mean. What is
    added to the error is the *sum* of the squares of the entries as they are.
    """
    return _solved(x, y, rate / (1 - rate) * x.var(axis=0))


def dropout_ridge_mean_of_squares(x, y, rate):
    """The penalty has the mean of the squares in a column, while the error is a sum over the rows.
    Then the penalty would fade as data come in: take the sum of the squares.
    """
    return _solved(x, y, rate / (1 - rate) * (x**2).mean(axis=0))


def dropout_ridge_times_n(x, y, rate):
    """Your penalty is n times too large. The sum of the squares of a column has gone over all rows
    already; with a mean on the side of the errors both sides need it.
    """
    return _solved(x, y, rate / (1 - rate) * len(x) * _squares(x))


def dropout_ridge_data_columns_centred(x, y, rate):
    """You centred the data. The model has no intercept, and dropping sets an entry to 0, not to its
    mean: take x and y as they are.
    """
    centred = x - x.mean(axis=0)
    return _solved(centred, y - y.mean(), rate / (1 - rate) * _squares(centred))


def dropout_ridge_standardised(x, y, rate):
    """You scaled the columns. Their different sizes are the point here: a column with large
    entries pays more. Take x as it is.
    """
    scaled = x / x.std(axis=0)
    return _solved(scaled, y, rate / (1 - rate) * _squares(scaled))


def dropout_ridge_everywhere(x, y, rate):
    """You added the penalties to whole columns or rows of the matrix. They belong on its diagonal:
    `np.diag` makes a matrix of them with zeros elsewhere.
    """
    return np.linalg.pinv(x.T @ x + rate / (1 - rate) * _squares(x), rcond=1e-10) @ (x.T @ y)


def dropout_ridge_whole_matrix(x, y, rate):
    """You multiplied the whole matrix of products by 1 / (1 - rate). Two different columns have
    masks that are independent: only the diagonal, each column with itself, gets larger.
    """
    return np.linalg.pinv(x.T @ x / (1 - rate), rcond=1e-10) @ (x.T @ y)


def dropout_ridge_without_rescaling(x, y, rate):
    """Your coefficients are too large by 1 / (1 - rate), as if kept inputs were not divided by
    1 - rate. They are, as in part 1, so that nothing is left to make up for.
    """
    return _solved(x, y, rate / (1 - rate) * _squares(x)) / (1 - rate)


def dropout_ridge_scaled_at_the_end(x, y, rate):
    """You multiplied the coefficients by 1 - rate at the end. That belongs to the old recipe; here
    the inputs were divided in training, and the coefficients are right as they are.
    """
    return _solved(x, y, rate / (1 - rate) * _squares(x)) * (1 - rate)


def dropout_ridge_least_squares(x, y, rate):
    """This is least squares: the penalty is missing. The predictions vary with the mask, and their
    variance, rate / (1 - rate) times the sum of x_ij² w_j², has to be counted.
    """
    return _solved(x, y, np.zeros(x.shape[1]))


def dropout_ridge_squares_of_the_rows(x, y, rate):
    """You added up the squares along the rows. A coefficient belongs to a column, so each column
    has its sum: `(x**2).sum(axis=0)`.
    """
    return np.linalg.solve(x.T @ x + rate / (1 - rate) * np.diag((x**2).sum(axis=1)), x.T @ y)


def dropout_ridge_minus(x, y, rate):
    """You subtracted the penalties. Variance makes the error larger, so they are added to the
    diagonal.
    """
    return _solved(x, y, -rate / (1 - rate) * _squares(x))


def dropout_ridge_row_vector(x, y, rate):
    """The coefficients came as a matrix with one row or one column. One axis is asked for, shape
    (d,): y has one axis too, and `.ravel()` flattens.
    """
    return _solved(x, y, rate / (1 - rate) * _squares(x))[:, None]


def dropout_ridge_intercept_too(x, y, rate):
    """You returned one number more than there are columns: an intercept, perhaps. The model has
    none here; return the d coefficients alone.
    """
    return np.append(_solved(x, y, rate / (1 - rate) * _squares(x)), 0.0)


def _masks(n_units):
    return list(np.ndindex(*[2] * n_units))


def _weight(mask, rate):
    return math.prod(1 - rate if kept else rate for kept in mask)


def _logarithms(predict, n_units, rate, weight=_weight, masks=None):
    """Sum weight times logarithm over the masks."""
    return sum(weight(m, rate) * np.log(predict(m)) for m in masks or _masks(n_units))


def _normalised(logarithms):
    product = np.exp(logarithms - logarithms.max())
    return product / product.sum(axis=1, keepdims=True)


def subnet_geometric_mean_arithmetic(predict, n_units, rate):
    """This is the arithmetic mean: you added the probabilities up with their weights. For the
    geometric one add up their *logarithms*, take the exponential, and divide by the sum.
    """
    return sum(_weight(m, rate) * predict(m) for m in _masks(n_units))


def subnet_geometric_mean_arithmetic_unweighted(predict, n_units, rate):
    """This is the plain mean of all subnetworks. Two things: each counts with the probability of
    its mask, and the mean is a geometric one, of logarithms.
    """
    return np.mean([predict(m) for m in _masks(n_units)], axis=0)


def subnet_geometric_mean_not_normalised(predict, n_units, rate):
    """The rows do not add up to 1 yet. Divide each row by its sum over the classes, at the very
    end.
    """
    return np.exp(_logarithms(predict, n_units, rate))


def subnet_geometric_mean_logarithm(predict, n_units, rate):
    """Your numbers are logarithms still, the weighted sum of them. Take the exponential, and then
    divide each row by its sum.
    """
    return _logarithms(predict, n_units, rate)


def subnet_geometric_mean_logarithm_normalised(predict, n_units, rate):
    """You divided the logarithms by their sum. First comes the exponential, which makes positive
    numbers of them again, and then the division by the sum of the row.
    """
    found = _logarithms(predict, n_units, rate)
    return found / found.sum(axis=1, keepdims=True)


def subnet_geometric_mean_unweighted(predict, n_units, rate):
    """All masks count alike in your mean. A mask has the probability (1 - rate) to the number
    kept, times rate to the number dropped. (At a rate of 0.5 all are alike indeed.)
    """
    return _normalised(_logarithms(predict, n_units, rate, weight=lambda m, p: 0.5 ** len(m)))


def subnet_geometric_mean_unweighted_not_normalised(predict, n_units, rate):
    """Two things: all masks count alike, where each has a probability of its own; and the rows do
    not add up to 1 yet.
    """
    return np.exp(_logarithms(predict, n_units, rate, weight=lambda m, p: 0.5 ** len(m)))


def subnet_geometric_mean_product(predict, n_units, rate):
    """This is a product, not a mean: the probability of its mask has to be the *exponent* of each
    factor, or the weight of its logarithm. A weight that multiplies the factor cancels.
    """
    return _normalised(_logarithms(predict, n_units, rate, weight=lambda m, p: 1.0))


def subnet_geometric_mean_weights_swapped(predict, n_units, rate):
    """Kept and dropped are exchanged, in the weights or in the masks. A 0 in the mask drops a unit,
    with probability rate; a 1 keeps it, with 1 - rate. (At a rate of 0.5 you would not notice.)
    """
    return _normalised(_logarithms(predict, n_units, 1 - rate))


def subnet_geometric_mean_kept_alone(predict, n_units, rate):
    """Your weights count the kept units alone, (1 - rate) to their number. Each dropped unit has
    its factor too: rate. Then all weights together add up to 1.
    """
    found = _logarithms(predict, n_units, rate, weight=lambda m, p: (1 - p) ** sum(m))
    return _normalised(found)


def subnet_geometric_mean_dropped_alone(predict, n_units, rate):
    """Your weights count the dropped units alone, rate to their number. Each kept unit has its
    factor too: 1 - rate. Then all weights together add up to 1.
    """
    found = _logarithms(predict, n_units, rate, weight=lambda m, p: p ** (len(m) - sum(m)))
    return _normalised(found)


def subnet_geometric_mean_sum_of_chances(predict, n_units, rate):
    """In your weights the units' probabilities are added. The units fall independently of each
    other, so that they multiply: 1 - rate for each that is kept, times rate for each that is not.
    """

    def weight(mask, p):
        return sum(1 - p if kept else p for kept in mask)

    return _normalised(_logarithms(predict, n_units, rate, weight=weight))


def subnet_geometric_mean_binomial(predict, n_units, rate):
    """Your weights have a binomial coefficient. It counts the masks with as many units kept, and
    you go through all of these anyway: the weight is that of a single mask.
    """

    def weight(mask, p):
        return math.comb(len(mask), sum(mask)) * _weight(mask, p)

    return _normalised(_logarithms(predict, n_units, rate, weight=weight))


def subnet_geometric_mean_without_the_empty_mask(predict, n_units, rate):
    """You left out the mask that drops all units. It is one of the 2^d, with the weight rate to the
    power of d.
    """
    return _normalised(_logarithms(predict, n_units, rate, masks=_masks(n_units)[1:]))


def subnet_geometric_mean_without_the_full_mask(predict, n_units, rate):
    """You left out the mask that keeps all units. It is one of the 2^d, with the weight 1 - rate to
    the power of d: does a range end too early?
    """
    return _normalised(_logarithms(predict, n_units, rate, masks=_masks(n_units)[:-1]))


def subnet_geometric_mean_single_drops(predict, n_units, rate):
    """Only masks that drop one unit are in your mean. Any number of units may fall: there are 2^d
    masks, and `itertools.product([0, 1], repeat=d)` gives them all.
    """
    masks = [m for m in _masks(n_units) if sum(m) == n_units - 1]
    weight = _logarithms(predict, n_units, rate, masks=masks)
    return _normalised(weight / sum(_weight(m, rate) for m in masks))


def subnet_geometric_mean_full_network(predict, n_units, rate):
    """That is one subnetwork, the one that keeps all units. The mean goes over all 2^d masks, each
    with its probability as its weight.
    """
    return predict(np.ones(n_units))


def subnet_geometric_mean_shortcut(predict, n_units, rate):
    """That is the network without dropout. For one layer it equals the mean of all subnetworks,
    well seen! But with a hidden layer it does not, so go through the masks.
    """
    return predict(np.full(n_units, 1 - rate))


def subnet_geometric_mean_masks_divided(predict, n_units, rate):
    """You divided the masks by 1 - rate. `predict` divides by itself: pass it 1 for a unit that is
    kept, and 0 for one that is dropped.
    """
    return _normalised(
        sum(_weight(m, rate) * np.log(predict(np.array(m) / (1 - rate))) for m in _masks(n_units))
    )


def subnet_geometric_mean_sum_of_columns(predict, n_units, rate):
    """You divided by the sum over the samples, along axis 0. The probabilities of one sample, a
    row, add up to 1: the sum goes over the classes, along axis 1.
    """
    product = np.exp(_logarithms(predict, n_units, rate))
    return product / product.sum(axis=0)


def subnet_geometric_mean_sum_of_everything(predict, n_units, rate):
    """You divided by the sum of the whole array. Each row is a sample of its own, and adds up to 1
    by itself: `sum(axis=1, keepdims=True)`.
    """
    product = np.exp(_logarithms(predict, n_units, rate))
    return product / product.sum()


def subnet_geometric_mean_softmax_of_the_mean(predict, n_units, rate):
    """You took the arithmetic mean and then a softmax. The exponential needs a mean of
    *logarithms*; of probabilities it makes nearly equal numbers.
    """
    return _normalised(sum(_weight(m, rate) * predict(m) for m in _masks(n_units)))


def subnet_geometric_mean_power_of_the_sum(predict, n_units, rate):
    """You added up powers of the probabilities. In a geometric mean the powers are *multiplied*:
    start from 1 and multiply, or add up logarithms.
    """
    found = sum(predict(m) ** _weight(m, rate) for m in _masks(n_units))
    return found / found.sum(axis=1, keepdims=True)


def subnet_geometric_mean_weight_inside_the_logarithm(predict, n_units, rate):
    """You multiplied each probability by its weight, and took a plain mean of the logarithms. The
    weight stands *before* the logarithm; and at the end each row is divided by its sum.
    """
    found = [np.log(_weight(m, rate) * predict(m)) for m in _masks(n_units)]
    return np.exp(np.mean(found, axis=0))


def subnet_geometric_mean_last_mask(predict, n_units, rate):
    """Only the last mask is in your result: each round of the loop overwrites the one before. Add
    up, or multiply up, what all rounds give.
    """
    mask = (1,) * n_units
    return _normalised(_weight(mask, rate) * np.log(predict(mask)))


def subnet_geometric_mean_number_for_mask(predict, n_units, rate):
    """You called `predict` with a number. It needs a mask, one entry for each unit: the 2^d masks
    are what `itertools.product([0, 1], repeat=d)` runs through.
    """
    return np.mean([predict(i) for i in range(2**n_units)], axis=0)


def mc_predict_dropout_off(model, x, n_draws):
    """All your draws are equal: dropout was off. `model.predict(x)` and `model(x)` leave it out,
    also where the model is trainable; call `model(x, training=True)`.
    """
    return np.stack([model(x)] * n_draws)


def mc_predict_predict_in_training(model, x, n_draws):
    """There is no argument `training` in `model.predict`. Call the model itself, as a function:
    `model(x, training=True)`.
    """
    return np.stack([model.predict(x, training=True) for _ in range(n_draws)])


def mc_predict_one_draw_copied(model, x, n_draws):
    """All draws are the same one: you called the model once and copied what it gave. Call it
    again for each draw, so that new masks are drawn.
    """
    return np.stack([model(x, training=True)] * n_draws)


def mc_predict_mean(model, x, n_draws):
    """Your result has no axis for the draws: it is their mean, their spread, or one of them.
    Return all of them: shape (n_draws, n, k). Is the `return` inside the loop?
    """
    return np.mean([model(x, training=True) for _ in range(n_draws)], axis=0)


def mc_predict_mean_and_spread(model, x, n_draws):
    """You returned two arrays, perhaps mean and standard deviation. Return the draws themselves,
    shape (n_draws, n, k); whoever calls can summarise them.
    """
    draws = np.stack([model(x, training=True) for _ in range(n_draws)])
    return draws.mean(axis=0), draws.std(axis=0)


def mc_predict_samples_first(model, x, n_draws):
    """The axes are in another order: draws come first, then samples, then the numbers of a
    prediction. `np.stack(..., axis=0)` puts the new axis in front.
    """
    return np.stack([model(x, training=True) for _ in range(n_draws)], axis=1)


def mc_predict_draws_last(model, x, n_draws):
    """The draws are along your last axis. They come first: `np.stack` without an axis, or
    np.array of the list, puts them there.
    """
    return np.stack([model(x, training=True) for _ in range(n_draws)], axis=-1)


def mc_predict_joined(model, x, n_draws):
    """Your draws lie one below the other in a single matrix. `np.concatenate` and `np.vstack`
    join along an axis that is there; `np.stack` makes a new one, with one entry a draw.
    """
    return np.concatenate([model(x, training=True) for _ in range(n_draws)])


def mc_predict_side_by_side(model, x, n_draws):
    """Your draws lie side by side in a single matrix. `np.hstack` joins along the last axis;
    `np.stack` makes a new one in front, with one entry a draw.
    """
    return np.hstack([model(x, training=True) for _ in range(n_draws)])


def mc_predict_one_short(model, x, n_draws):
    """There is one draw too few: n_draws are asked for, so the loop is `range(n_draws)`."""
    return np.stack([model(x, training=True) for _ in range(n_draws - 1)])


def mc_predict_one_more(model, x, n_draws):
    """There is one draw too many: n_draws are asked for, so the loop is `range(n_draws)`."""
    return np.stack([model(x, training=True) for _ in range(n_draws + 1)])


def mc_predict_single(model, x, n_draws):
    """There is one draw alone, in an array of its own. Is the `return` inside the loop? It belongs
    behind it, one step further to the left.
    """
    return np.stack([model(x, training=True)])


def mc_predict_no_array(model, x, n_draws):
    """Nothing came back, or a single number. The function needs a `return` at its end, of an array
    with the shape (n_draws, n, k).
    """
    return


def mc_predict_rows_mixed(model, x, n_draws):
    """Samples are mixed up: what `np.repeat` lines up is all copies of a row, then all of the next.
    Before `reshape` to (n_draws, n, k) it takes whole copies of x, as of `np.tile`.
    """
    draws = np.asarray(model(np.repeat(x, n_draws, axis=0), training=True))
    return draws.reshape(n_draws, len(x), -1)


def mc_predict_inputs_by_hand(model, x, n_draws):
    """It looks as if you dropped inputs by hand and left the model's own dropout off. The model
    knows where its dropout is, and how to scale: switch it on with `training=True`.
    """
    rng = np.random.default_rng(0)
    return np.stack([model(x * (rng.random(x.shape) < 0.6)) for _ in range(n_draws)])


def mc_predict_squeezed(model, x, n_draws):
    """An axis of length 1 is gone: with one number in a prediction the shape is (n_draws, n, 1).
    Leave out `squeeze`, `ravel` or `[:, 0]`.
    """
    return np.squeeze([model(x, training=True) for _ in range(n_draws)])
