"""Wrong answers to exercise 1, each with what a good teacher would say to it.

A function's name is that of the answer and of the misconception; its docstring is the feedback.
"""

import numpy as np


def _squared_bias(predictions, truth):
    return np.mean((predictions.mean(axis=0) - truth) ** 2)


def bias_variance_over_inputs(predictions, truth):
    """Your bias is right, but your variance runs along the inputs: it says how far from flat each
    curve is. Average over data sets, not inputs: compare the models at one input, axis 0.
    """
    return _squared_bias(predictions, truth), predictions.var(axis=1).mean()


def bias_variance_wrong_axis(predictions, truth):
    """You averaged each model over its inputs. Average over data sets, not inputs: the mean
    prediction has one entry for each of the m inputs, and that is axis 0.
    """
    mean = predictions.mean(axis=1)
    return np.mean((mean - truth) ** 2), predictions.var(axis=1).mean()


def bias_variance_of_all_numbers(predictions, truth):
    """Your bias is right, but your variance is that of all numbers together, so it counts what
    differs between the inputs as well. Take the variance at each input: axis 0.
    """
    return _squared_bias(predictions, truth), predictions.var()


def bias_variance_grand_mean(predictions, truth):
    """You took one mean of all predictions. Each input has a mean prediction of its own, over the
    models: `predictions.mean(axis=0)`. The bias and the variance both start from it.
    """
    mean = predictions.mean()
    return np.mean((mean - truth) ** 2), np.mean((predictions - mean) ** 2)


def bias_variance_grand_mean_in_bias(predictions, truth):
    """Your variance is right, but your bias compares the truth with one mean of all predictions.
    Each input has a mean prediction of its own: `predictions.mean(axis=0)`.
    """
    return np.mean((predictions.mean() - truth) ** 2), predictions.var(axis=0).mean()


def bias_variance_bias_averaged_first(predictions, truth):
    """You averaged the differences over the inputs before you squared them, so that too high here
    and too low there cancelled. Square at each input, then average.
    """
    return (predictions.mean(axis=0) - truth).mean() ** 2, predictions.var(axis=0).mean()


def bias_variance_total_as_bias(predictions, truth):
    """Your bias is the whole mean squared error, with the variance in it. Average over the models
    first, and compare that mean prediction with the truth.
    """
    return np.mean((predictions - truth) ** 2), predictions.var(axis=0).mean()


def bias_variance_bias_of_each_model(predictions, truth):
    """You averaged each model's error over the inputs and squared that. It is the other way
    round: the mean over the models at each input, squared, and then the mean over the inputs.
    """
    return np.mean((predictions - truth).mean(axis=1) ** 2), predictions.var(axis=0).mean()


def bias_variance_unsquared(predictions, truth):
    """Your bias is not squared: positive and negative differences cancel in it. Square the
    difference at each input, then average.
    """
    return np.mean(predictions.mean(axis=0) - truth), predictions.var(axis=0).mean()


def bias_variance_absolute(predictions, truth):
    """Your bias is the mean absolute difference. The squared bias is asked for: only that adds up
    with the variance to the mean squared error.
    """
    return np.mean(np.abs(predictions.mean(axis=0) - truth)), predictions.var(axis=0).mean()


def bias_variance_root_of_bias(predictions, truth):
    """You took the root of the squared bias. It is asked for with the square: only then do the
    two add up to the mean squared error.
    """
    return np.sqrt(_squared_bias(predictions, truth)), predictions.var(axis=0).mean()


def bias_variance_ddof(predictions, truth):
    """Your variance divides by R - 1, which estimates the variance of all models there could be.
    Here it divides by R, so that the two add up exactly: leave out `ddof=1`.
    """
    return _squared_bias(predictions, truth), predictions.var(axis=0, ddof=1).mean()


def bias_variance_deviation(predictions, truth):
    """Your second number is a standard deviation. The variance is its square, taken at each input
    before the mean over the inputs: `var` rather than `std`.
    """
    return _squared_bias(predictions, truth), predictions.std(axis=0).mean()


def bias_variance_squared_mean_deviation(predictions, truth):
    """You averaged standard deviations and squared at the end. Square first: average the
    variances of the inputs, `predictions.var(axis=0)`.
    """
    return _squared_bias(predictions, truth), predictions.std(axis=0).mean() ** 2


def bias_variance_of_the_mean(predictions, truth):
    """Your variance is that of the mean prediction along the inputs, after the models were
    averaged. Take the variance over the models, at each input, and average that.
    """
    return _squared_bias(predictions, truth), predictions.mean(axis=0).var()


def bias_variance_about_the_truth(predictions, truth):
    """Your variance is the mean squared distance from the truth, so the bias is in it as well.
    The variance is about the models' own mean prediction.
    """
    return _squared_bias(predictions, truth), np.mean((predictions - truth) ** 2)


def bias_variance_of_errors(predictions, truth):
    """Your variance is that of all errors together, so it holds what the bias differs from input
    to input. Take the variance over the models, at each input: axis 0.
    """
    return _squared_bias(predictions, truth), (predictions - truth).var()


def bias_variance_sum_over_models(predictions, truth):
    """Your variance adds up over the models. It is their mean squared distance from the mean
    prediction: divide by R.
    """
    mean = predictions.mean(axis=0)
    return np.mean((mean - truth) ** 2), np.mean(((predictions - mean) ** 2).sum(axis=0))


def bias_variance_sum_of_biases(predictions, truth):
    """Your variance is right, but your bias adds up over the inputs. It is a mean over the m
    inputs, too.
    """
    return np.sum((predictions.mean(axis=0) - truth) ** 2), predictions.var(axis=0).mean()


def bias_variance_bracket(predictions, truth):
    """In your bias the truth alone is squared: `a - b**2` means a - (b**2). The difference needs
    brackets of its own: `(a - b)**2`.
    """
    return np.mean(predictions.mean(axis=0) - truth**2), predictions.var(axis=0).mean()


def bias_variance_swapped(predictions, truth):
    """The two numbers are right, in the wrong order: the squared bias comes first."""
    return predictions.var(axis=0).mean(), _squared_bias(predictions, truth)


def bias_variance_sum_of_variances(predictions, truth):
    """Your bias is right, but your variance adds up over the inputs. It is a mean over the m
    inputs, too.
    """
    return _squared_bias(predictions, truth), predictions.var(axis=0).sum()


def bias_variance_sum_over_models_and_inputs(predictions, truth):
    """Your bias is right, but your variance is the sum of all squared distances. It is their mean,
    over the R models and over the m inputs.
    """
    mean = predictions.mean(axis=0)
    return _squared_bias(predictions, truth), np.sum((predictions - mean) ** 2)


def bias_variance_sums(predictions, truth):
    """You added up over the inputs. Both numbers are means over the m inputs, so that they don't
    grow when there are more of them.
    """
    bias = predictions.mean(axis=0) - truth
    return np.sum(bias**2), np.sum(predictions.var(axis=0))


def bias_variance_sums_throughout(predictions, truth):
    """Both of your numbers are sums of squares. As the convention says they are means: divide the
    squared bias by m, and the variance by R and by m.
    """
    mean = predictions.mean(axis=0)
    return np.sum((mean - truth) ** 2), np.sum((predictions - mean) ** 2)


def bias_variance_sum_for_mean_prediction(predictions, truth):
    """Your variance is right, but your bias compares the truth with the sum of what the models
    predict. Divide by R, which makes the mean prediction of it.
    """
    return np.mean((predictions.sum(axis=0) - truth) ** 2), predictions.var(axis=0).mean()


def bias_variance_sum_for_mean_prediction_in_both(predictions, truth):
    """Your mean prediction is a sum: it grows with the number of models. Divide by R; the bias
    and the variance both start from it.
    """
    total = predictions.sum(axis=0)
    return np.mean((total - truth) ** 2), np.mean((predictions - total) ** 2)


def bias_variance_of_each_input(predictions, truth):
    """You returned one squared bias and one variance for each input, which are right. What is
    missing is the mean over the inputs, which makes a single number of each.
    """
    return (predictions.mean(axis=0) - truth) ** 2, predictions.var(axis=0)


def bias_variance_sum_alone(predictions, truth):
    """You returned the mean squared error, one number. The two numbers of which it is the sum are
    asked for, as a pair: `return bias_squared, variance`.
    """
    return np.mean((predictions - truth) ** 2)


def bias_variance_bias_alone(predictions, truth):
    """You returned one number, the squared bias. The variance is asked for as well, as a pair:
    `return bias_squared, variance`.
    """
    return _squared_bias(predictions, truth)


def bias_variance_variance_alone(predictions, truth):
    """You returned one number, the variance. The squared bias is asked for as well, and comes
    first: `return bias_squared, variance`.
    """
    return predictions.var(axis=0).mean()


def bias_variance_in_place(predictions, truth):
    """Your function writes into the array that it is given (`-=` and `+=` do), so the next call
    starts from other predictions. Write `errors = predictions - truth`, which makes a new array.
    """
    predictions -= truth
    return np.mean(predictions.mean(axis=0) ** 2), predictions.var(axis=0).mean()


def bias_variance_centred_in_place(predictions, truth):
    """Your function takes the mean prediction from the array that it is given (`-=` does), so the
    next call finds a mean of 0. Write `deviations = predictions - mean`, which makes a new array.
    """
    mean = predictions.mean(axis=0)
    predictions -= mean
    return np.mean((mean - truth) ** 2), np.mean(predictions**2)


def bias_variance_truth_in_place(predictions, truth):
    """Your function writes into `truth` (`-=` and `+=` do), so the next call with the same truth
    compares with something else. Write `bias = mean - truth`, which makes a new array.
    """
    truth -= predictions.mean(axis=0)
    return np.mean(truth**2), predictions.var(axis=0).mean()


def _mse(predicted, y):
    return np.mean((predicted - y) ** 2)


def _curve(fit, x, y, x_val, y_val, samples, error=_mse):
    """Fit to each sample, a pair of x and y, and compare on the sample and on validation rows."""
    models = [(fit(*sample), *sample) for sample in samples]
    train = [error(predict(x_seen), y_seen) for predict, x_seen, y_seen in models]
    return np.array(train), np.array([error(predict(x_val), y_val) for predict, _, _ in models])


def learning_curve_unshuffled(fit, x, y, x_val, y_val, sizes, order):
    """You took the first n rows of the file, which is sorted by y, so your small sets hold only
    the smallest targets. Take the rows whose numbers are `order[:n]`.
    """
    return _curve(fit, x, y, x_val, y_val, [(x[:n], y[:n]) for n in sizes])


def learning_curve_y_unshuffled(fit, x, y, x_val, y_val, sizes, order):
    """You shuffled x, but not y, so that inputs and targets no longer belong together. Take the
    same rows of both: `x[rows]` and `y[rows]`.
    """
    return _curve(fit, x, y, x_val, y_val, [(x[order[:n]], y[:n]) for n in sizes])


def learning_curve_x_unshuffled(fit, x, y, x_val, y_val, sizes, order):
    """You shuffled y, but not x, so that inputs and targets no longer belong together. Take the
    same rows of both: `x[rows]` and `y[rows]`.
    """
    return _curve(fit, x, y, x_val, y_val, [(x[:n], y[order[:n]]) for n in sizes])


def learning_curve_y_uncut(fit, x, y, x_val, y_val, sizes, order):
    """You gave `fit` n rows of x and all of y. They have to be the same rows: with `rows =
    order[:n]`, fit to `x[rows]` and `y[rows]`.
    """
    return _curve(fit, x, y, x_val, y_val, [(x[order[:n]], y[order]) for n in sizes])


def learning_curve_x_uncut(fit, x, y, x_val, y_val, sizes, order):
    """You gave `fit` n targets, but all rows of x. They have to be the same rows: with `rows =
    order[:n]`, fit to `x[rows]` and `y[rows]`.
    """
    return _curve(fit, x, y, x_val, y_val, [(x[order], y[order[:n]]) for n in sizes])


def learning_curve_backwards(fit, x, y, x_val, y_val, sizes, order):
    """You applied the permutation backwards: `shuffled[order] = x` sends row k to place order[k].
    Here `order` says which row comes first, second and so on: `shuffled = x[order]`.
    """
    back = np.argsort(order)
    return _curve(fit, x, y, x_val, y_val, [(x[back[:n]], y[back[:n]]) for n in sizes])


def learning_curve_last_rows(fit, x, y, x_val, y_val, sizes, order):
    """You took the last n of the shuffled rows. The first n are asked for: `order[:n]`."""
    last = [order[-n:] for n in sizes]
    return _curve(fit, x, y, x_val, y_val, [(x[rows], y[rows]) for rows in last])


def learning_curve_one_row_short(fit, x, y, x_val, y_val, sizes, order):
    """Each of your models saw one row too few. `order[:n]` holds n numbers already: a slice stops
    before its end.
    """
    first = [order[: n - 1] for n in sizes]
    return _curve(fit, x, y, x_val, y_val, [(x[rows], y[rows]) for rows in first])


def learning_curve_one_row_more(fit, x, y, x_val, y_val, sizes, order):
    """Each of your models saw one row too many. `order[:n]` holds n numbers: a slice stops before
    its end.
    """
    first = [order[: n + 1] for n in sizes]
    return _curve(fit, x, y, x_val, y_val, [(x[rows], y[rows]) for rows in first])


def learning_curve_own_shuffle(fit, x, y, x_val, y_val, sizes, order):
    """You shuffled the rows anew. `order` is the permutation to use, so that everybody gets the
    same curve.
    """
    order = np.random.default_rng(0).permutation(len(y))
    return _curve(fit, x, y, x_val, y_val, [(x[order[:n]], y[order[:n]]) for n in sizes])


def learning_curve_sorted_order(fit, x, y, x_val, y_val, sizes, order):
    """You took the rows that `np.argsort` of y gives. The file is sorted by y already, and that is
    the trouble; `order` shuffles it.
    """
    order = np.argsort(-y)
    return _curve(fit, x, y, x_val, y_val, [(x[order[:n]], y[order[:n]]) for n in sizes])


def learning_curve_train_error_on_all_rows(fit, x, y, x_val, y_val, sizes, order):
    """You measured the training error on all rows. It belongs to the n rows that the model saw;
    the others were not part of its training.
    """
    models = [fit(x[order[:n]], y[order[:n]]) for n in sizes]
    train = np.array([_mse(predict(x), y) for predict in models])
    return train, np.array([_mse(predict(x_val), y_val) for predict in models])


def learning_curve_train_error_on_first_rows(fit, x, y, x_val, y_val, sizes, order):
    """Your models are right, but you measured the training error on the first n rows of the file.
    It belongs to the rows that the model saw, `order[:n]`.
    """
    models = [(fit(x[order[:n]], y[order[:n]]), n) for n in sizes]
    train = np.array([_mse(predict(x[:n]), y[:n]) for predict, n in models])
    return train, np.array([_mse(predict(x_val), y_val) for predict, _ in models])


def learning_curve_places_for_sizes(fit, x, y, x_val, y_val, sizes, order):
    """Your models saw 1, 2, 3 rows and so on: you counted the sizes instead of using them. Write
    `for n in sizes`.
    """
    counted = [order[: k + 1] for k in range(len(sizes))]
    return _curve(fit, x, y, x_val, y_val, [(x[rows], y[rows]) for rows in counted])


def learning_curve_fitted_once(fit, x, y, x_val, y_val, sizes, order):
    """You fitted one model to all rows, so your validation error is the same for each size. Each
    size needs a model of its own, fitted inside the loop to its n rows.
    """
    predict = fit(x, y)
    train = np.array([_mse(predict(x[order[:n]]), y[order[:n]]) for n in sizes])
    return train, np.array([_mse(predict(x_val), y_val) for _ in sizes])


def learning_curve_fitted_to_first_size(fit, x, y, x_val, y_val, sizes, order):
    """You fitted one model, to the rows of the first size, and judged it for every size. Each size
    needs a model of its own: `fit` belongs inside the loop.
    """
    rows = order[: sizes[0]]
    predict = fit(x[rows], y[rows])
    train = np.array([_mse(predict(x[order[:n]]), y[order[:n]]) for n in sizes])
    return train, np.array([_mse(predict(x_val), y_val) for _ in sizes])


def learning_curve_one_point_for_all(fit, x, y, x_val, y_val, sizes, order):
    """You repeated the two errors of the first size for every size. Each size has its own rows,
    its own model and its own errors: all three belong inside the loop.
    """
    train, val = _right_curve(fit, x, y, x_val, y_val, sizes[:1], order)
    return np.repeat(train, len(sizes)), np.repeat(val, len(sizes))


def learning_curve_in_place(fit, x, y, x_val, y_val, sizes, order):
    """Your function writes into x and y (`x[:] = x[order]` does), so the next call shuffles rows
    that are shuffled already. Write `x = x[order]`, which makes a new array.
    """
    x[:], y[:] = x[order], y[order]
    return _curve(fit, x, y, x_val, y_val, [(x[:n], y[:n]) for n in sizes])


def learning_curve_fitted_on_validation(fit, x, y, x_val, y_val, sizes, order):
    """You fitted the models to validation rows. A model must never see these before it is judged
    by them: fit to `x[rows]` and `y[rows]`.
    """
    predict = fit(x_val, y_val)
    train = np.array([_mse(predict(x[order[:n]]), y[order[:n]]) for n in sizes])
    return train, np.array([_mse(predict(x_val), y_val) for _ in sizes])


def learning_curve_remaining_rows(fit, x, y, x_val, y_val, sizes, order):
    """Your training errors are right, but you measured the validation error on the rows of x that
    were left over. The validation rows are `x_val` and `y_val`, the same for each n.
    """
    models = [(fit(x[order[:n]], y[order[:n]]), n) for n in sizes]
    train = np.array([_mse(predict(x[order[:n]]), y[order[:n]]) for predict, n in models])
    return train, np.array([_mse(predict(x[order[n:]]), y[order[n:]]) for predict, n in models])


def learning_curve_first_validation_rows(fit, x, y, x_val, y_val, sizes, order):
    """Your training errors are right, but you measured the validation error on n validation rows
    too. Use all of them for each n, or the points of the curve cannot be compared.
    """
    models = [(fit(x[order[:n]], y[order[:n]]), n) for n in sizes]
    train = np.array([_mse(predict(x[order[:n]]), y[order[:n]]) for predict, n in models])
    return train, np.array([_mse(predict(x_val[:n]), y_val[:n]) for predict, n in models])


def _right_curve(fit, x, y, x_val, y_val, sizes, order, error=_mse):
    samples = [(x[order[:n]], y[order[:n]]) for n in sizes]
    return _curve(fit, x, y, x_val, y_val, samples, error)


def learning_curve_validation_by_n_rows(fit, x, y, x_val, y_val, sizes, order):
    """Your validation errors are sums divided by n. Their mean is over the validation rows, so it
    is the number of those that divides.
    """
    train, val = _right_curve(fit, x, y, x_val, y_val, sizes, order)
    return train, val * len(y_val) / np.array(sizes)


def learning_curve_roots(fit, x, y, x_val, y_val, sizes, order):
    """Your errors are roots of the mean squared errors. Leave the square root out: means of
    squares are asked for.
    """

    def error(predicted, y):
        return np.sqrt(_mse(predicted, y))

    return _right_curve(fit, x, y, x_val, y_val, sizes, order, error)


def learning_curve_sums(fit, x, y, x_val, y_val, sizes, order):
    """You added the squares up. Then errors on many rows are always larger than errors on few;
    take their means.
    """

    def error(predicted, y):
        return np.sum((predicted - y) ** 2)

    return _right_curve(fit, x, y, x_val, y_val, sizes, order, error)


def learning_curve_half(fit, x, y, x_val, y_val, sizes, order):
    """Your errors are half of what they should be. Other books halve the mean squared error to
    get rid of a 2 in its derivative; here it is the plain mean of the squares.
    """

    def error(predicted, y):
        return _mse(predicted, y) / 2

    return _right_curve(fit, x, y, x_val, y_val, sizes, order, error)


def learning_curve_absolute(fit, x, y, x_val, y_val, sizes, order):
    """Your errors are means of absolute differences. Square the differences instead."""

    def error(predicted, y):
        return np.mean(np.abs(predicted - y))

    return _right_curve(fit, x, y, x_val, y_val, sizes, order, error)


def learning_curve_unsquared(fit, x, y, x_val, y_val, sizes, order):
    """You averaged the differences without squaring them, so that positive and negative ones
    cancel. Square each difference first.
    """

    def error(predicted, y):
        return np.mean(predicted - y)

    return _right_curve(fit, x, y, x_val, y_val, sizes, order, error)


def learning_curve_square_of_mean(fit, x, y, x_val, y_val, sizes, order):
    """You squared the mean of the differences, in which positive and negative ones have cancelled
    already. Square each difference first, then take the mean.
    """

    def error(predicted, y):
        return np.mean(predicted - y) ** 2

    return _right_curve(fit, x, y, x_val, y_val, sizes, order, error)


def learning_curve_swapped(fit, x, y, x_val, y_val, sizes, order):
    """The two curves are right, in the wrong order: the training errors come first."""
    return _right_curve(fit, x, y, x_val, y_val, sizes, order)[::-1]


def learning_curve_pairs(fit, x, y, x_val, y_val, sizes, order):
    """You returned a pair of errors for each size. It is the other way round: one array with all
    training errors and one with all validation errors.
    """
    return list(zip(*_right_curve(fit, x, y, x_val, y_val, sizes, order), strict=True))


def learning_curve_validation_alone(fit, x, y, x_val, y_val, sizes, order):
    """You returned one array, the validation errors. Return both, as `train_errors, val_errors`:
    the gap between them is what one looks at.
    """
    return _right_curve(fit, x, y, x_val, y_val, sizes, order)[1]


def learning_curve_sizes_sorted(fit, x, y, x_val, y_val, sizes, order):
    """Your errors belong to the sorted sizes. They are asked for in the order of `sizes` as it
    comes.
    """
    return _right_curve(fit, x, y, x_val, y_val, sorted(sizes), order)


def learning_curve_first_size_alone(fit, x, y, x_val, y_val, sizes, order):
    """Only the errors of the first size are in your result. Is the `return` inside the loop?"""
    train, val = _right_curve(fit, x, y, x_val, y_val, sizes[:1], order)
    return train[0], val[0]


def learning_curve_first_size_in_lists(fit, x, y, x_val, y_val, sizes, order):
    """Only the errors of the first size are in your lists. Is the `return` inside the loop?"""
    return _right_curve(fit, x, y, x_val, y_val, sizes[:1], order)


def learning_curve_last_size_alone(fit, x, y, x_val, y_val, sizes, order):
    """Only the errors of the last size are in your result: each round of the loop overwrites what
    the round before found. Append them to two lists.
    """
    train, val = _right_curve(fit, x, y, x_val, y_val, sizes[-1:], order)
    return train[0], val[0]


def learning_curve_last_size_in_lists(fit, x, y, x_val, y_val, sizes, order):
    """Only the errors of the last size are in your lists. Are the lists made anew in each round?
    They belong before the loop.
    """
    return _right_curve(fit, x, y, x_val, y_val, sizes[-1:], order)


def learning_curve_predict_method(fit, x, y, x_val, y_val, sizes, order):
    """You called `.predict`, as in scikit-learn and Keras. Here `fit` returns a plain function,
    which you call itself: `predict = fit(...)` and then `predict(x_val)`.
    """
    predict = fit(x[order[: sizes[0]]], y[order[: sizes[0]]])
    return predict.predict(x_val)


def learning_curve_function_as_numbers(fit, x, y, x_val, y_val, sizes, order):
    """You subtract targets from what `fit` returns, and that is a function. Call it first, with
    the rows to predict: `predict = fit(...)` and then `predict(x_val) - y_val`.
    """
    return fit(x[order[: sizes[0]]], y[order[: sizes[0]]]) - y[0]


def min_norm_fit_inverse(x, y):
    """XᵀX has no inverse here: it is singular, since p columns need p rows, and none of them may
    repeat or be blank. Use the pseudoinverse or the singular value decomposition.
    """
    return np.linalg.inv(x.T @ x) @ x.T @ y


def min_norm_fit_inverse_for_few_rows(x, y):
    """XXᵀ has no inverse here: it is singular, since there are more rows than columns. That
    formula is for fewer rows. The pseudoinverse, `np.linalg.pinv(x)`, serves all cases.
    """
    if np.unique(x, axis=1).shape[1] < x.shape[1]:  # rounding decides what inv returns
        return np.full(x.shape[1], np.nan)
    return x.T @ np.linalg.inv(x @ x.T) @ y


def min_norm_fit_inverse_of_x(x, y):
    """Only a square matrix has an inverse, or can be handed to `np.linalg.solve`. The
    pseudoinverse, `np.linalg.pinv(x)`, takes its place for any shape.
    """
    return np.linalg.inv(x) @ y


def min_norm_fit_not_shortest(x, y):
    """You gave weights to the first n columns and 0 to the others. That fits every row, but it is
    not the shortest w: spread over all columns it is shorter.
    """
    rows, columns = x.shape
    first = np.linalg.pinv(x[:, :rows]) @ y
    return np.concatenate([first, np.zeros(max(columns - rows, 0))])


def min_norm_fit_last_columns(x, y):
    """You gave weights to the last n columns and 0 to the others. The shortest w is spread over
    all columns.
    """
    rows, columns = x.shape
    last = np.linalg.pinv(x[:, -rows:]) @ y
    return np.concatenate([np.zeros(max(columns - rows, 0)), last])


def min_norm_fit_repeats_dropped(x, y):
    """You gave one of the two equal columns the whole weight and the other one 0. That fits as
    well, but it is longer: a² + b² with a + b fixed is smallest where a = b.
    """
    _, first = np.unique(x, axis=1, return_index=True)
    coef = np.zeros(x.shape[1])
    coef[first] = np.linalg.pinv(x[:, first]) @ y
    return coef


def min_norm_fit_both_whole(x, y):
    """You gave both equal columns the weight that one of them would need alone, so they count
    twice in the prediction. They share it: each gets half.
    """
    _, first, inverse = np.unique(x, axis=1, return_index=True, return_inverse=True)
    return (np.linalg.pinv(x[:, first]) @ y)[inverse.ravel()]


def _svd(x):
    """U, Vᵀ, and the inverse singular values with 0 for those that are zero."""
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    kept = s > 1e-10 * s[0]
    return u, vt, np.where(kept, 1 / np.where(kept, s, 1.0), 0.0)


def _ridge(x, y, lam):
    u, vt, inverse = _svd(x)
    return vt.T @ (inverse / (1 + lam * inverse**2) * (u.T @ y))


def min_norm_fit_identity_added(x, y):
    """You added the identity to XᵀX. That is ridge regression, another estimate: its coefficients
    are too small. Use the pseudoinverse, which needs no help.
    """
    return _ridge(x, y, 1.0)


def min_norm_fit_ridge(x, y):
    """You added a small number to the diagonal of XᵀX. What is small depends on the units of the
    columns, so this is not least squares any more. The pseudoinverse needs no such help.
    """
    return _ridge(x, y, 1e-3)


def min_norm_fit_small_ridge(x, y):
    """You added a millionth or so to the diagonal of XᵀX. For columns in small units that is not
    little: your coefficients are too small. The pseudoinverse needs no such help.
    """
    return _ridge(x, y, 1e-6)


def min_norm_fit_tiny_ridge(x, y):
    """Something tiny is added to the diagonal of XᵀX. For columns in small units even that shows.
    The pseudoinverse needs no such help.
    """
    return _ridge(x, y, 1e-8)


def min_norm_fit_tinier_ridge(x, y):
    """You added a tiny number to the diagonal of XᵀX. Here the columns are in such small units that
    XᵀX is about as tiny itself. The pseudoinverse needs no such help.
    """
    return _ridge(x, y, 1e-10)


def min_norm_fit_tiniest_ridge(x, y):
    """You added next to nothing to the diagonal of XᵀX. In small units it shows all the same, and
    in large ones it is lost in rounding. The pseudoinverse needs no such help.
    """
    return _ridge(x, y, 1e-12)


def min_norm_fit_centred(x, y):
    """You centred the columns of x, which fits an intercept. There is none here: work with x and
    y as they are.
    """
    return np.linalg.pinv(x - x.mean(axis=0)) @ (y - y.mean())


def min_norm_fit_y_centred(x, y):
    """You centred y. That belongs to a fit with an intercept, and here there is none: work with x
    and y as they are.
    """
    return np.linalg.pinv(x) @ (y - y.mean())


def min_norm_fit_ones(x, y):
    """You added a column of ones, an intercept, and left its coefficient out of the result. There
    is no intercept here: fit to x as it is.
    """
    return (np.linalg.pinv(np.column_stack([x, np.ones(len(y))])) @ y)[:-1]


def min_norm_fit_with_intercept(x, y):
    """You returned one coefficient too many: a column of ones makes an intercept, and there is
    none here. Fit to x as it is.
    """
    return np.linalg.pinv(np.column_stack([np.ones(len(y)), x])) @ y


def min_norm_fit_standardised(x, y):
    """You divided the columns by their length or spread. The shortest w depends on the units of
    the columns, and here they stay as they are.
    """
    length = np.sqrt((x**2).sum(axis=0))
    length[length == 0] = 1.0
    return np.linalg.pinv(x / length) @ y / length


def min_norm_fit_of_scaled_columns(x, y):
    """These are the coefficients of columns that you had scaled to length 1. Those of the columns
    as they are were asked for: don't scale.
    """
    length = np.sqrt((x**2).sum(axis=0))
    length[length == 0] = 1.0
    return np.linalg.pinv(x / length) @ y


def min_norm_fit_correlations(x, y):
    """This is Xᵀy, how much each column agrees with y. The pseudoinverse is not the transpose: its
    singular values are 1/s, and not s. `np.linalg.pinv(x)` gives it.
    """
    return x.T @ y


def min_norm_fit_zeros(x, y):
    """Your coefficients are all 0. That is short, but does not fit: of the w with the smallest
    squared error the shortest is asked for. (Do you drop small singular values? Small means small
    beside the largest.)
    """
    return np.zeros(x.shape[1])


def min_norm_fit_predictions(x, y):
    """You returned the predictions, X times w. The coefficients w are asked for."""
    return x @ np.linalg.pinv(x) @ y


def min_norm_fit_pseudoinverse(x, y):
    """You returned the pseudoinverse, a matrix. The coefficients are its product with y."""
    return np.linalg.pinv(x)


def min_norm_fit_all_of_lstsq(x, y):
    """You returned all four results of `np.linalg.lstsq`: coefficients, residuals, rank and
    singular values. Return the first, `[0]`.
    """
    return np.linalg.lstsq(x, y)


def min_norm_fit_unit_length(x, y):
    """You scaled w to length 1. The shortest w is asked for among those that fit, and it keeps
    the length that it needs for that.
    """
    coef = np.linalg.pinv(x) @ y
    return coef / np.linalg.norm(coef)


def min_norm_fit_transposed(x, y):
    """You multiplied from the wrong side, or transposed the pseudoinverse. It has p rows and n
    columns: w is `np.linalg.pinv(x) @ y`.
    """
    return y @ np.linalg.pinv(x)


def min_norm_fit_negative(x, y):
    """The signs are reversed: the least squares fit solves Xᵀ(Xw - y) = 0, so that w is plus the
    pseudoinverse times y.
    """
    return -np.linalg.pinv(x) @ y


def min_norm_fit_without_singular_values(x, y):
    """The singular values are missing: after Uᵀ each entry is divided by its s, where that is not
    zero, and then comes V.
    """
    u, vt, inverse = _svd(x)
    return vt.T @ ((inverse > 0) * (u.T @ y))


def min_norm_fit_not_transposed(x, y):
    """A matrix lies on its side: it has n rows and p columns, and the other way round it would fit.
    Did you use the singular value decomposition? It returns Vᵀ, `vt`, and w begins with V, which
    is `vt.T`.
    """
    u, vt, inverse = _svd(x)
    if len(vt) == x.shape[1]:  # the signs of singular vectors decide
        return np.full(x.shape[1], np.nan)
    return vt @ (inverse * (u.T @ y))


def min_norm_fit_squared_singular_values(x, y):
    """You divided by the squares of the singular values. They belong to XᵀX; if you start from X
    itself, divide by the singular values once.
    """
    u, vt, inverse = _svd(x)
    return vt.T @ (inverse**2 * (u.T @ y))


def _mean_of_means(batches):
    return np.mean([batch.mean() for batch in batches])


def _mean(batches):
    return np.concatenate(batches).mean()


def generalization_gap_of_batch_means(train_batches, val_batches):
    """You averaged the means of the batches. The last batch is smaller, so its examples count too
    much; each example must count the same.
    """
    return _mean_of_means(val_batches) - _mean_of_means(train_batches)


def generalization_gap_of_train_batch_means(train_batches, val_batches):
    """Your validation mean is right, but for training you averaged the means of the batches. The
    last batch is smaller there as well, and its examples count too much.
    """
    return _mean(val_batches) - _mean_of_means(train_batches)


def generalization_gap_of_val_batch_means(train_batches, val_batches):
    """Your training mean is right, but for validation you averaged the means of the batches. The
    last batch is smaller there as well, and its examples count too much.
    """
    return _mean_of_means(val_batches) - _mean(train_batches)


def generalization_gap_reversed(train_batches, val_batches):
    """The sign is reversed: the gap is validation minus training, so that a network that overfits
    has a positive one.
    """
    return _mean(train_batches) - _mean(val_batches)


def generalization_gap_reversed_batch_means(train_batches, val_batches):
    """Two things: the gap is validation minus training; and the mean of batch means gives the
    few examples of the last batch too much weight.
    """
    return _mean_of_means(train_batches) - _mean_of_means(val_batches)


def generalization_gap_absolute(train_batches, val_batches):
    """You took the absolute value. A gap may be negative, for example under dropout, and its sign
    says something: keep it.
    """
    return abs(_mean(val_batches) - _mean(train_batches))


def generalization_gap_not_below_zero(train_batches, val_batches):
    """Where the training losses are the larger ones you return 0. A gap may be negative, for
    example under dropout: return the plain difference.
    """
    return max(_mean(val_batches) - _mean(train_batches), 0.0)


def generalization_gap_ratio(train_batches, val_batches):
    """You divided the means. The gap is their difference, validation minus training."""
    return _mean(val_batches) / _mean(train_batches)


def generalization_gap_relative(train_batches, val_batches):
    """You divided the gap by the training loss. That is a relative gap; here the plain difference
    is asked for, in the units of the loss.
    """
    return _mean(val_batches) / _mean(train_batches) - 1.0


def generalization_gap_relative_to_validation(train_batches, val_batches):
    """You divided the gap by the validation loss. The plain difference is asked for, in the units
    of the loss.
    """
    return 1.0 - _mean(train_batches) / _mean(val_batches)


def generalization_gap_of_sums(train_batches, val_batches):
    """You subtracted sums of losses. There are more training than validation examples, or fewer,
    so each sum has to be divided by its number of examples.
    """
    return np.concatenate(val_batches).sum() - np.concatenate(train_batches).sum()


def generalization_gap_by_number_of_batches(train_batches, val_batches):
    """You divided the sums by the number of batches. Divide by the number of examples, which is
    the sum of the lengths of the batches.
    """
    train, val = np.concatenate(train_batches), np.concatenate(val_batches)
    return val.sum() / len(val_batches) - train.sum() / len(train_batches)


def generalization_gap_full_batches(train_batches, val_batches):
    """You counted every batch as if it were as long as the first. The last one is shorter: divide
    by the sum of the lengths, as they are.
    """

    def mean(batches):
        return sum(batch.sum() for batch in batches) / (len(batches) * len(batches[0]))

    return mean(val_batches) - mean(train_batches)


def generalization_gap_one_divisor(train_batches, val_batches):
    """You divided both sums by the number of training examples. Each mean has a number of
    examples of its own.
    """
    train, val = np.concatenate(train_batches), np.concatenate(val_batches)
    return (val.sum() - train.sum()) / len(train)


def generalization_gap_validation_divisor(train_batches, val_batches):
    """You divided both sums by the number of validation examples. Each mean has a number of
    examples of its own.
    """
    train, val = np.concatenate(train_batches), np.concatenate(val_batches)
    return (val.sum() - train.sum()) / len(val)


def generalization_gap_all_examples(train_batches, val_batches):
    """You divided both sums by the number of all examples, training and validation together. Each
    mean has a number of examples of its own.
    """
    train, val = np.concatenate(train_batches), np.concatenate(val_batches)
    return (val.sum() - train.sum()) / (len(val) + len(train))


def generalization_gap_without_last_batch(train_batches, val_batches):
    """You left out the last batches. Their examples count like all others: that a batch is short
    is no reason to drop it.
    """
    return _mean(val_batches[:-1]) - _mean(train_batches[:-1])


def generalization_gap_last_batch(train_batches, val_batches):
    """Only the last batches are in your result: each round of the loop overwrites what the round
    before found. Collect all batches before you average.
    """
    return val_batches[-1].mean() - train_batches[-1].mean()


def generalization_gap_first_batch(train_batches, val_batches):
    """Only the first batches are in your result. Is the `return` inside the loop, or an `[0]` too
    many?
    """
    return val_batches[0].mean() - train_batches[0].mean()


def generalization_gap_batch_by_batch(train_batches, val_batches):
    """You paired the batches of the two lists, and `zip` stopped at the end of the shorter one.
    They don't belong together: first one mean for each list, then the difference.
    """
    pairs = zip(train_batches, val_batches, strict=False)
    return np.mean([val.mean() - train.mean() for train, val in pairs])


def generalization_gap_list_as_array(train_batches, val_batches):
    """NumPy cannot make one array of batches of different lengths. Put them one after the other,
    with `np.concatenate`, or go through the list with a loop.
    """
    return np.mean(val_batches) - np.mean(train_batches)


def generalization_gap_minus_lists(train_batches, val_batches):
    """Python cannot subtract lists. First make one number of each list, the mean of all its
    losses; then subtract.
    """
    return val_batches - train_batches


def generalization_gap_median(train_batches, val_batches):
    """You took medians. They ignore how large the large losses are; means are asked for."""
    return np.median(np.concatenate(val_batches)) - np.median(np.concatenate(train_batches))


def generalization_gap_maxima(train_batches, val_batches):
    """You took the largest losses. One unlucky example decides these; means over all examples are
    asked for.
    """
    return np.concatenate(val_batches).max() - np.concatenate(train_batches).max()


def generalization_gap_validation_alone(train_batches, val_batches):
    """This is the mean validation loss. The mean training loss has still to be subtracted."""
    return _mean(val_batches)


def generalization_gap_pair(train_batches, val_batches):
    """You returned two means. The gap is one number: the validation mean minus the training
    mean.
    """
    return _mean(train_batches), _mean(val_batches)


def generalization_gap_plus(train_batches, val_batches):
    """You added the two means. The gap is their difference, validation minus training."""
    return _mean(val_batches) + _mean(train_batches)


def _risk(n, p, noise, signal, more=None, fewer=None, between=np.inf):
    """The right risk, but for the parts that are given."""
    if abs(n - p) <= 1:
        return between
    if n > p:
        return noise**2 * p / (n - p - 1) if more is None else more
    right = signal**2 * (1 - n / p) + noise**2 * n / (p - n - 1)
    return right if fewer is None else fewer


def double_descent_risk_without_minus_1(n, p, noise, signal):
    """The 1 is missing from your denominators: they are n - p - 1, and p - n - 1 on the other
    side.
    """
    distance = abs(n - p) or 1
    fewer = signal**2 * (1 - n / p) + noise**2 * n / distance
    return _risk(n, p, noise, signal, noise**2 * p / distance, fewer)


def double_descent_risk_plus_1(n, p, noise, signal):
    """The 1 in your denominators has the wrong sign: they are n - p - 1, and p - n - 1 on the
    other side.
    """
    distance = abs(n - p) + 1
    fewer = signal**2 * (1 - n / p) + noise**2 * n / distance
    return _risk(n, p, noise, signal, noise**2 * p / distance, fewer)


def double_descent_risk_noise_not_squared(n, p, noise, signal):
    """The noise is not squared. `noise` is a standard deviation; a variance is its square."""
    more, fewer = noise * p / ((n - p - 1) or 1), noise * n / ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, more, signal**2 * (1 - n / p) + fewer)


def double_descent_risk_signal_not_squared(n, p, noise, signal):
    """The signal is not squared. `signal` is the norm of the coefficients, and the squared bias
    is a share of its square.
    """
    fewer = signal * (1 - n / p) + noise**2 * n / ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, fewer=fewer)


def double_descent_risk_nothing_squared(n, p, noise, signal):
    """Neither the noise nor the signal is squared. The risk is a mean squared error, so both come
    in as squares.
    """
    more, fewer = noise * p / ((n - p - 1) or 1), noise * n / ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, more, signal * (1 - n / p) + fewer)


def double_descent_risk_without_bias(n, p, noise, signal):
    """With fewer rows than features the bias is missing: the fit cannot find what lies in
    directions without rows. Add its share of signal².
    """
    return _risk(n, p, noise, signal, fewer=noise**2 * n / ((p - n - 1) or 1))


def double_descent_risk_bias_alone(n, p, noise, signal):
    """With fewer rows than features the variance is missing: your result is the squared bias
    alone. Add the variance, with the roles of n and p exchanged.
    """
    return _risk(n, p, noise, signal, fewer=signal**2 * (1 - n / p))


def double_descent_risk_found_for_missing(n, p, noise, signal):
    """Your squared bias is the share of signal² that the fit finds, n/p. The bias is what it does
    not find: the rest.
    """
    fewer = signal**2 * n / p + noise**2 * n / ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, fewer=fewer)


def double_descent_risk_whole_signal_lost(n, p, noise, signal):
    """Your squared bias is the whole of signal². The fit finds the share n/p of it, and only the
    rest is bias. (Did you write `n // p`? That rounds the share down to 0: write `n / p`.)
    """
    fewer = signal**2 + noise**2 * n / ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, fewer=fewer)


def double_descent_risk_share_upside_down(n, p, noise, signal):
    """The share in your squared bias is upside down, so the bias is negative. With fewer rows
    than features the fit finds n/p of signal², which is less than 1.
    """
    fewer = signal**2 * (1 - p / n) + noise**2 * n / ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, fewer=fewer)


def double_descent_risk_share_squared(n, p, noise, signal):
    """You squared the whole bias term, share included. It is the share 1 - n/p, as it is, of
    signal².
    """
    fewer = (signal * (1 - n / p)) ** 2 + noise**2 * n / ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, fewer=fewer)


def double_descent_risk_bias_on_both_sides(n, p, noise, signal):
    """With more rows than features you added a bias. There is none: the rows cover all
    directions, and the fit is right on average. (If you left the bias out where there are fewer
    rows, you took n and p for one another.)
    """
    more = signal**2 * (1 - p / n) + noise**2 * p / ((n - p - 1) or 1)
    return _risk(n, p, noise, signal, more)


def double_descent_risk_signal_added_on_both_sides(n, p, noise, signal):
    """With more rows than features your bias is signal² (1 - n/p), which is negative there. On
    that side the fit has no bias.
    """
    more = signal**2 * (1 - n / p) + noise**2 * p / ((n - p - 1) or 1)
    return _risk(n, p, noise, signal, more)


def double_descent_risk_one_formula(n, p, noise, signal):
    """You used the formula for more rows on both sides, so that with fewer rows the risk is
    negative. There the roles of n and p are exchanged, and a bias comes in.
    """
    variance = noise**2 * p / ((n - p - 1) or 1)
    return _risk(n, p, noise, signal, variance, variance)


def double_descent_risk_other_formula(n, p, noise, signal):
    """You used the formula for fewer rows on both sides, so that with more rows the risk is
    negative. There is no bias there, and the variance is noise² p / (n - p - 1).
    """
    both = signal**2 * (1 - n / p) + noise**2 * n / ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, both, both)


def double_descent_risk_sides_swapped(n, p, noise, signal):
    """The two formulas stand on the wrong sides: the one with the bias belongs to fewer rows than
    features, n < p.
    """
    more = signal**2 * (1 - n / p) + noise**2 * n / ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, more, noise**2 * p / ((n - p - 1) or 1))


def double_descent_risk_no_exchange_above(n, p, noise, signal):
    """With fewer rows you exchanged n and p below the line, but not above it. Both change: noise²
    n / (p - n - 1).
    """
    fewer = signal**2 * (1 - n / p) + noise**2 * p / ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, fewer=fewer)


def double_descent_risk_no_exchange_below(n, p, noise, signal):
    """With fewer rows your variance is negative: n and p are exchanged above the line, but not
    below it. Both change: noise² n / (p - n - 1).
    """
    fewer = signal**2 * (1 - n / p) + noise**2 * n / ((n - p - 1) or 1)
    return _risk(n, p, noise, signal, fewer=fewer)


def double_descent_risk_n_above(n, p, noise, signal):
    """With more rows it is p that stands above the line, the number of coefficients to learn. With
    n there the risk would not fall to 0 as data come in.
    """
    return _risk(n, p, noise, signal, noise**2 * n / ((n - p - 1) or 1))


def double_descent_risk_noise_counted(n, p, noise, signal):
    """You counted the noise of the new y as well. The excess risk is what could be avoided, and
    that noise cannot: leave the extra noise² out.
    """
    return _risk(n, p, noise, signal) + noise**2


def double_descent_risk_brackets(n, p, noise, signal):
    """Brackets are missing: Python reads `a / n - p - 1` as (a / n) - p - 1. What stands below
    the line belongs into brackets.
    """
    fewer = signal**2 * (1 - n / p) + noise**2 * n / p - n - 1
    return _risk(n, p, noise, signal, noise**2 * p / n - p - 1, fewer)


def double_descent_risk_share_subtracted(n, p, noise, signal):
    """You subtracted n/p from signal². The share 1 - n/p multiplies it: `signal**2 * (1 - n / p)`,
    with brackets.
    """
    fewer = signal**2 - n / p + noise**2 * n / ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, fewer=fewer)


def double_descent_risk_whole_numbers(n, p, noise, signal):
    """You divided with `//`, which rounds down to whole numbers. Use `/`."""
    more = noise**2 * p // ((n - p - 1) or 1)
    fewer = signal**2 * (1 - n // p) + noise**2 * n // ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, more, fewer)


def double_descent_risk_swapped_arguments(n, p, noise, signal):
    """You took noise and signal for one another: the variance comes from the noise, and the bias
    from the signal.
    """
    return _risk(n, p, signal, noise)


def double_descent_risk_root(n, p, noise, signal):
    """You took a square root. The risk is an expected *squared* error: leave the root out."""
    return np.sqrt(_risk(n, p, noise, signal))


def double_descent_risk_upside_down(n, p, noise, signal):
    """With fewer rows you have n and p the wrong way round throughout: the fit finds the share n/p
    of signal², and the variance is noise² n / (p - n - 1).
    """
    fewer = signal**2 * (1 - p / n) + noise**2 * p / ((p - n - 1) or 1)
    return _risk(n, p, noise, signal, fewer=fewer)


def double_descent_risk_dimensions_swapped(n, p, noise, signal):
    """You took n and p for one another. n is the number of rows and p the number of features: the
    bias belongs to fewer rows than features.
    """
    if abs(n - p) > 2:  # where each side alone looks like a bias forgotten or added
        return _risk(n, p, noise, signal)
    return _risk(p, n, noise, signal)


def double_descent_risk_division_by_zero(n, p, noise, signal):
    """Where n and p are 1 apart a denominator is 0, and Python refuses to divide. Return np.inf
    before you come to that: for n = p, and for 1 more or fewer.
    """
    if n > p:
        return noise**2 * p / (n - p - 1)
    return signal**2 * (1 - n / p) + noise**2 * n / (p - n - 1)


def double_descent_risk_finite_at_the_peak(n, p, noise, signal):
    """For n = p your risk is finite, and even negative: neither formula holds there. Return np.inf
    for n = p as well as for 1 more or fewer.
    """
    return -(noise**2) * p if n == p else _risk(n, p, noise, signal)


def double_descent_risk_guard_too_narrow(n, p, noise, signal):
    """You return infinity for n = p alone, and something finite where n and p are 1 apart. There
    the denominator is 0, and the risk is infinite as well.
    """
    if n == p:
        return np.inf
    if n > p:
        return noise**2 * p / max(n - p - 1, 1)
    return signal**2 * (1 - n / p) + noise**2 * n / max(p - n - 1, 1)


def double_descent_risk_guard_too_wide(n, p, noise, signal):
    """You return infinity where n and p are 2 apart. There the denominator is 1, and the risk is
    large, but finite.
    """
    return np.inf if abs(n - p) <= 2 else _risk(n, p, noise, signal)


def double_descent_risk_infinite_for_few_rows(n, p, noise, signal):
    """You return infinity for all n < p. Infinite is the risk only where n and p are at most 1
    apart: n - p is negative on that side, and its size counts, `abs(n - p)`.
    """
    return np.inf if n - p <= 1 else _risk(n, p, noise, signal)


def double_descent_risk_zero_at_the_peak(n, p, noise, signal):
    """At the peak you return 0, which is the best risk there is. The expectation has no bound
    there: return np.inf.
    """
    return _risk(n, p, noise, signal, between=0.0)


def double_descent_risk_nan_at_the_peak(n, p, noise, signal):
    """At the peak you return nan, which means that there is no answer. There is one: the
    expectation is infinite, np.inf.
    """
    return _risk(n, p, noise, signal, between=np.nan)


def double_descent_risk_large_at_the_peak(n, p, noise, signal):
    """At the peak you return a large number. However large, the expectation lies above it: return
    np.inf.
    """
    return _risk(n, p, noise, signal, between=1e9)


def double_descent_risk_nothing_at_the_peak(n, p, noise, signal):
    """Where n and p are at most 1 apart you return no number, but None or a text. Infinity is a
    float: `return np.inf`.
    """
    return _risk(n, p, noise, signal, between=None)
