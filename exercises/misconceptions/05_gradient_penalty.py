"""Wrong answers to exercise 5, each with what a good teacher would say to it.

A function's name is that of the answer and of the misconception; its docstring is the feedback.
"""

import numpy as np
import tensorflow as tf


def _gradient(model, x, output=tf.reduce_sum):
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = output(model(x))
    return tape.gradient(total, x)


def _unwatched(model, x):
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(x))
    return tape.gradient(total, x)


def _rows(gradient):
    return tf.reshape(gradient, (gradient.shape[0], -1))


def _norms(gradient):
    return tf.norm(_rows(gradient), axis=1)


def input_gradient_norms_of_the_batch(model, x):
    """That is one norm over the whole batch, so it changes with the batch size. Each example has a
    norm of its own: one row for each, `tf.reshape(gradient, (gradient.shape[0], -1))`, and then
    axis 1.
    """
    return tf.norm(_gradient(model, x))


def input_gradient_norms_of_the_batch_for_each(model, x):
    """You gave every example the norm of the whole batch, so the value changed with the batch size.
    Sum the squares of each example apart: over axis 1 of its row.
    """
    return tf.fill((len(x),), tf.norm(_gradient(model, x)))


def input_gradient_norms_of_the_mean(model, x):
    """Your norms are n times too small in a batch of n: you differentiated the mean of the outputs.
    Differentiate their sum, in which each output counts in full.
    """
    return _norms(_gradient(model, x, tf.reduce_mean))


def input_gradient_norms_last_axis(model, x):
    """You took the norm over the last axis alone. For rows of features that is all there is; of an
    image it leaves one norm for each pixel. Reshape to one row for each example first.
    """
    return tf.norm(_gradient(model, x), axis=-1)


def input_gradient_norms_axis_1(model, x):
    """You took the norm over axis 1 alone. An image has three axes beside that of the examples:
    reshape to one row for each example first.
    """
    return tf.norm(_gradient(model, x), axis=1)


def input_gradient_norms_height_and_width(model, x):
    """You took the norm over axes 1 and 2, which leaves one for each channel of an image. Reshape
    to one row for each example first: that serves rows of features, too.
    """
    return tf.norm(_gradient(model, x), axis=(1, 2) if len(x.shape) == 4 else 1)


def input_gradient_norms_axis_0(model, x):
    """You summed over axis 0, the examples, and got one number for each feature. Sum over the
    entries of each example, axis 1 of its row.
    """
    return tf.norm(_gradient(model, x), axis=0)


def input_gradient_norms_squared(model, x):
    """These are the squared norms. Take the root of each."""
    return _norms(_gradient(model, x)) ** 2


def input_gradient_norms_l1(model, x):
    """You summed the absolute values: that is the L1 norm. The Euclidean norm is the root of the
    sum of the squares.
    """
    return tf.reduce_sum(tf.abs(_rows(_gradient(model, x))), axis=1)


def input_gradient_norms_max(model, x):
    """You took the largest entry of each gradient. All entries count: the norm is the root of the
    sum of their squares.
    """
    return tf.reduce_max(tf.abs(_rows(_gradient(model, x))), axis=1)


def input_gradient_norms_root_mean_square(model, x):
    """You took the mean of the squares of each gradient. The norm is the root of their sum: it does
    not divide by the number of entries.
    """
    squares = _rows(_gradient(model, x)) ** 2
    return tf.sqrt(tf.reduce_mean(squares, axis=1))


def input_gradient_norms_sum_of_entries(model, x):
    """You summed the entries of each gradient without squaring them, so that positive and negative
    ones cancel. Square, sum, then take the root.
    """
    return tf.reduce_sum(_rows(_gradient(model, x)), axis=1)


def input_gradient_norms_not_yet_norms(model, x):
    """These are the gradients themselves. Asked for is their length: one norm for each example."""
    return _gradient(model, x)


def input_gradient_norms_column(model, x):
    """The norms are right, but they stand in a column. Leave out `keepdims=True`, or flatten with
    `tf.reshape(norms, (-1,))`: the shape asked for is (n,).
    """
    return _norms(_gradient(model, x))[:, None]


def input_gradient_norms_averaged(model, x):
    """You averaged the norms over the examples. Return all of them, one for each example; the mean
    comes with the penalty, in part 2.
    """
    return tf.reduce_mean(_norms(_gradient(model, x)))


def input_gradient_norms_added_up(model, x):
    """You added the norms of all examples up. Return all of them, one for each example."""
    return tf.reduce_sum(_norms(_gradient(model, x)))


def input_gradient_norms_of_the_first(model, x):
    """You returned the norm of the first example alone. There is one for each example."""
    return _norms(_gradient(model, x))[0]


def input_gradient_norms_in_the_weights(model, x):
    """That is the gradient in the weights, which training follows. Here the input moves and the
    weights stay: watch x, and differentiate in x.
    """
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(x))
    return tf.linalg.global_norm(tape.gradient(total, model.trainable_variables))


def input_gradient_norms_in_the_weights_for_each(model, x):
    """One norm for each example, but of the gradient in the weights. Here the input moves and the
    weights stay: watch x, and differentiate in x.
    """
    norms = []
    for i in range(len(x)):
        with tf.GradientTape() as tape:
            output = model(x[i : i + 1])
        norms.append(tf.linalg.global_norm(tape.gradient(output, model.trainable_variables)))
    return tf.stack(norms)


def input_gradient_norms_of_the_squared_output(model, x):
    """You differentiated the square of the output, as a loss would have it. Differentiate the
    output itself.
    """
    return _norms(_gradient(model, x, lambda output: tf.reduce_sum(output**2)))


def input_gradient_norms_training(model, x):
    """You called the model with training=True, so dropout drew new zeros. Call `model(x)`: then it
    behaves as it does when it is used.
    """
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(model(x, training=True))
    return _norms(tape.gradient(total, x))


def input_gradient_norms_unwatched(model, x):
    """The tape gave None for the gradient: it saw no way from x to the output. Call `tape.watch(x)`
    inside `with`, before the model, and compute the output there with `model(x)` (`model.predict`
    and `.numpy()` leave TensorFlow).
    """
    return tf.sqrt(tf.reduce_sum(tf.square(_unwatched(model, x)), axis=1))


def input_gradient_norms_unwatched_power(model, x):
    """The tape gave None for the gradient, and None has no square: it saw no way from x to the
    output. Call `tape.watch(x)` inside `with`, before `model(x)`.
    """
    return tf.sqrt(tf.reduce_sum(_unwatched(model, x) ** 2, axis=1))


def input_gradient_norms_unwatched_product(model, x):
    """The tape gave None for the gradient, and None times None is nothing: it saw no way from x to
    the output. Call `tape.watch(x)` inside `with`, before `model(x)`.
    """
    gradient = _unwatched(model, x)
    return tf.sqrt(tf.reduce_sum(gradient * gradient, axis=1))


def input_gradient_norms_unwatched_numpy(model, x):
    """The tape gave None for the gradient, so there is nothing to turn into an array: it saw no way
    from x to the output. Call `tape.watch(x)` inside `with`, before `model(x)`.
    """
    return np.linalg.norm(_unwatched(model, x).numpy().reshape(len(x), -1), axis=1)


def input_gradient_norms_unwatched_linalg(model, x):
    """The tape gave None for the gradient, which NumPy cannot take the norm of: the tape saw no way
    from x to the output. Call `tape.watch(x)` inside `with`, before `model(x)`.
    """
    return np.linalg.norm(_unwatched(model, x), axis=1)


def input_gradient_norms_array(model, x):
    """Here x is an array of NumPy, and a tape watches tensors alone. Begin with `x =
    tf.convert_to_tensor(x)`.
    """
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(model(x))
    return _norms(tape.gradient(total, x))


def input_gradient_norms_left_tensorflow(model, x):
    """The tape met an array of NumPy, and it differentiates tensors alone. Begin with `x =
    tf.convert_to_tensor(x)` and `tape.watch(x)`, and compute the output with `model(x)`:
    `model.predict` and `.numpy()` leave TensorFlow.
    """
    return _norms(_gradient(model, x, lambda output: output.numpy()))


def input_gradient_norms_summed_by_numpy(model, x):
    """The tape met a number of NumPy, and it differentiates tensors alone. Sum the outputs with
    `tf.reduce_sum`: what `np.sum` or `.numpy()` returns has left TensorFlow.
    """
    return _norms(_gradient(model, x, np.sum))


def _safe_norms(gradients):
    squares = _rows(gradients) ** 2
    return tf.sqrt(tf.reduce_sum(squares, axis=1) + 1e-12)


def _penalty(norms, target, one_sided):
    excess = norms - target
    return tf.reduce_mean((tf.maximum(excess, 0.0) if one_sided else excess) ** 2)


def gradient_penalty_plain_root(gradients, target, one_sided):
    """The derivative is NaN where a gradient is zero: a root is infinitely steep there (tf.norm and
    a power of 0.5 are roots too), and what you add or choose after it comes too late. Put a tiny
    number inside: `tf.sqrt(squares + 1e-12)`.
    """
    return _penalty(_norms(gradients), target, one_sided)


def gradient_penalty_through_numpy(gradients, target, one_sided):
    """The value may be right, but its derivative is zero: what passes through NumPy is lost to the
    tape. Use TensorFlow's functions from beginning to end, without `.numpy()`.
    """
    norms = np.linalg.norm(np.reshape(gradients, (gradients.shape[0], -1)), axis=1)
    excess = norms - target
    return np.mean((np.maximum(excess, 0.0) if one_sided else excess) ** 2)


def gradient_penalty_large_epsilon(gradients, target, one_sided):
    """What you added inside the root is too large: it changes the penalty itself. A number such as
    1e-12 is enough for a finite derivative.
    """
    squares = tf.reduce_sum(_rows(gradients) ** 2, axis=1)
    return _penalty(tf.sqrt(squares + 1e-2), target, one_sided)


def gradient_penalty_one_inside_the_root(gradients, target, one_sided):
    """You added 1 inside the root, which changes every norm. A number such as 1e-12 is enough for a
    finite derivative.
    """
    squares = tf.reduce_sum(_rows(gradients) ** 2, axis=1)
    return _penalty(tf.sqrt(squares + 1), target, one_sided)


def gradient_penalty_of_the_batch(gradients, target, one_sided):
    """That is one norm over the whole batch, which grows with the batch size. Each example has a
    norm of its own; the mean over the examples comes at the end.
    """
    return _penalty(tf.sqrt(tf.reduce_sum(gradients**2) + 1e-12), target, one_sided)


def gradient_penalty_mean_norm_first(gradients, target, one_sided):
    """You averaged the norms before you compared with the target, so a steep example can hide
    behind a flat one. Subtract the target from each norm, square, and take the mean at the end.
    """
    return _penalty(tf.reduce_mean(_safe_norms(gradients)), target, one_sided)


def gradient_penalty_mean_before_square(gradients, target, one_sided):
    """You took the mean before the square. Square each difference first; the mean over the examples
    comes at the end.
    """
    excess = _safe_norms(gradients) - target
    excess = tf.maximum(excess, 0.0) if one_sided else tf.abs(excess)
    return tf.reduce_mean(excess) ** 2


def gradient_penalty_mean_gradient(gradients, target, one_sided):
    """You averaged the gradients over the examples, and then took the norm. Take the norm of each
    example's gradient; the mean comes at the end.
    """
    mean = tf.reduce_mean(gradients, axis=0, keepdims=True)
    return _penalty(_safe_norms(mean), target, one_sided)


def gradient_penalty_last_axis(gradients, target, one_sided):
    """You took the norms over the last axis alone. For images that is one for each pixel; there is
    one for each example, over all its axes.
    """
    norms = tf.sqrt(tf.reduce_sum(gradients**2, axis=-1) + 1e-12)
    return _penalty(norms, target, one_sided)


def gradient_penalty_axis_0(gradients, target, one_sided):
    """You took the norms over axis 0, the examples. Axis 0 is the one that stays: one norm for each
    example, over all the other axes.
    """
    norms = tf.sqrt(tf.reduce_sum(gradients**2, axis=0) + 1e-12)
    return _penalty(norms, target, one_sided)


def gradient_penalty_entries(gradients, target, one_sided):
    """You compared each entry of the gradients with the target. It is the norm of each example that
    should reach it: square, sum over the example, take the root, then compare.
    """
    return _penalty(tf.abs(gradients), target, one_sided)


def gradient_penalty_sum(gradients, target, one_sided):
    """You summed over the examples. Take the mean, so that the penalty does not depend on how many
    there are.
    """
    return len(gradients) * _penalty(_safe_norms(gradients), target, one_sided)


def gradient_penalty_half(gradients, target, one_sided):
    """There is a half too many: the penalty is the mean of the squared differences itself."""
    return _penalty(_safe_norms(gradients), target, one_sided) / 2


def gradient_penalty_absolute(gradients, target, one_sided):
    """The square is missing: you averaged the differences' sizes. Square each difference, then take
    the mean.
    """
    excess = _safe_norms(gradients) - target
    return tf.reduce_mean(tf.maximum(excess, 0.0) if one_sided else tf.abs(excess))


def gradient_penalty_no_square(gradients, target, one_sided):
    """The square is missing: norms above the target and norms below it cancel. Square each
    difference, then take the mean.
    """
    excess = _safe_norms(gradients) - target
    return tf.reduce_mean(tf.maximum(excess, 0.0) if one_sided else excess)


def gradient_penalty_root_at_the_end(gradients, target, one_sided):
    """You took the root of the penalty at the end. It is the mean of the squared differences,
    without a root around it.
    """
    return tf.sqrt(_penalty(_safe_norms(gradients), target, one_sided))


def gradient_penalty_squared_norm(gradients, target, one_sided):
    """You compared the squared norm with the target. The root comes first: it is the norm that
    should reach the target.
    """
    return _penalty(_safe_norms(gradients) ** 2, target, one_sided)


def gradient_penalty_difference_of_squares(gradients, target, one_sided):
    """You subtracted the squares, where the square of the difference is asked for: the norm minus
    the target first, and then the square.
    """
    excess = _safe_norms(gradients) ** 2 - target**2
    return tf.reduce_mean(tf.maximum(excess, 0.0) if one_sided else excess)


def gradient_penalty_target_from_the_square(gradients, target, one_sided):
    """You squared the norm and subtracted the target afterwards. The brackets say: the norm minus
    the target first, and then the square.
    """
    excess = _safe_norms(gradients) ** 2 - target
    return tf.reduce_mean(tf.maximum(excess, 0.0) if one_sided else excess)


def gradient_penalty_l1(gradients, target, one_sided):
    """You summed absolute values: that is the L1 norm of each gradient. The Euclidean norm is the
    root of the sum of the squares.
    """
    rows = _rows(tf.abs(gradients))
    return _penalty(tf.reduce_sum(rows, axis=1), target, one_sided)


def gradient_penalty_root_mean_square(gradients, target, one_sided):
    """You averaged the squares within each example. A norm is the root of their sum: it does not
    divide by the number of entries.
    """
    squares = _rows(gradients) ** 2
    return _penalty(tf.sqrt(tf.reduce_mean(squares, axis=1) + 1e-12), target, one_sided)


def gradient_penalty_target_one(gradients, target, one_sided):
    """You compared with 1, the usual target of a critic. Compare with `target`, whatever it is."""
    return _penalty(_safe_norms(gradients), 1.0, one_sided)


def gradient_penalty_target_zero(gradients, target, one_sided):
    """You penalised the squared norms themselves, as if the target were 0. Subtract the target from
    each norm before you square.
    """
    return _penalty(_safe_norms(gradients), 0.0, one_sided)


def gradient_penalty_target_added(gradients, target, one_sided):
    """You added the target to the norms. Subtract it: the penalty is zero where the norm is the
    target.
    """
    return _penalty(_safe_norms(gradients), -target, one_sided)


def gradient_penalty_for_each(gradients, target, one_sided):
    """That is the penalty of each example. Asked for is one number, their mean."""
    excess = _safe_norms(gradients) - target
    return (tf.maximum(excess, 0.0) if one_sided else excess) ** 2


def gradient_penalty_always_two_sided(gradients, target, one_sided):
    """Your one-sided penalty is the two-sided one: it punishes norms below the target, too. Clip
    the difference at 0 before you square it; after the square there is nothing left to clip.
    """
    return _penalty(_safe_norms(gradients), target, one_sided=False)


def gradient_penalty_always_one_sided(gradients, target, one_sided):
    """Your two-sided penalty leaves out the norms below the target. Only if one_sided is True is
    the difference clipped at 0.
    """
    return _penalty(_safe_norms(gradients), target, one_sided=True)


def gradient_penalty_flag_upside_down(gradients, target, one_sided):
    """The two cases are exchanged: with one_sided=True the difference is clipped at 0, with False
    it is not.
    """
    return _penalty(_safe_norms(gradients), target, not one_sided)


def gradient_penalty_other_side(gradients, target, one_sided):
    """You kept the wrong side: the one-sided penalty touches the norms that are above the target.
    Clip the norm minus the target, not the target minus the norm.
    """
    excess = target - _safe_norms(gradients)
    return tf.reduce_mean((tf.maximum(excess, 0.0) if one_sided else excess) ** 2)


def gradient_penalty_mean_of_those_above(gradients, target, one_sided):
    """Your one-sided mean divides by the number of examples above the target. Divide by all n: an
    example below the target counts 0.
    """
    excess = _safe_norms(gradients) - target
    if one_sided:
        excess = tf.boolean_mask(excess, excess > 0)
    return tf.reduce_mean(excess**2)


def gradient_penalty_norms_clipped(gradients, target, one_sided):
    """You clipped the norms themselves at 0, which changes nothing, or set those below the target
    to 0, which lies further from it. Clip the difference: the norm minus the target, at least 0.
    """
    norms = _safe_norms(gradients)
    if one_sided:
        norms = tf.where(norms > target, norms, 0.0)
    return tf.reduce_mean((norms - target) ** 2)


def _slope_and_gap(slope, delta):
    return slope, slope * delta


def critic_slope_one(delta, lam):
    """You gave the slope 1, as if the penalty were a wall. It is soft: a slope a little above 1
    costs almost nothing, and the gap gains by it. Set the derivative of J to zero.
    """
    return _slope_and_gap(np.sign(delta), delta)


def critic_slope_without_one(delta, lam):
    """The 1 is missing: the penalty pulls the slope to 1, not to 0. Differentiate (s - 1)², and s
    minus 1 comes out.
    """
    return _slope_and_gap(delta / (2 * lam), delta)


def critic_slope_delta_over_lam(delta, lam):
    """Two things are missing: the 1 to which the penalty pulls, and the 2 from the derivative of
    the square.
    """
    return _slope_and_gap(delta / lam, delta)


def critic_slope_without_half(delta, lam):
    """A factor 2 is missing: the derivative of lam (s - 1)² is 2 lam (s - 1)."""
    return _slope_and_gap(np.sign(delta) + delta / lam, delta)


def critic_slope_twice(delta, lam):
    """The factor 2 is on the wrong side: from delta = 2 lam (s - 1) follows s - 1 = delta / (2
    lam).
    """
    return _slope_and_gap(np.sign(delta) + 2 * delta / lam, delta)


def critic_slope_brackets(delta, lam):
    """A strong penalty has to give a slope close to 1: divide by lam. (Brackets: `delta / 2 * lam`
    is half of delta times lam, since Python reads from left to right.)
    """
    return _slope_and_gap(np.sign(delta) + delta / 2 * lam, delta)


def critic_slope_brackets_around_one(delta, lam):
    """The 1 is not divided: only delta is, by 2 lam. Brackets: `1 + delta / (2 * lam)`."""
    return _slope_and_gap(np.sign(delta) * (1 + np.abs(delta)) / (2 * lam), delta)


def critic_slope_without_lam(delta, lam):
    """Your slope does not depend on lam. The stronger the penalty is, the closer the slope is to 1:
    divide delta by 2 lam.
    """
    return _slope_and_gap(np.sign(delta) + delta / 2, delta)


def critic_slope_times_lam(delta, lam):
    """You multiplied by lam. A strong penalty has to give a slope close to 1: divide by 2 lam."""
    return _slope_and_gap(np.sign(delta) + delta * lam, delta)


def critic_slope_upside_down(delta, lam):
    """The fraction is upside down: the larger delta is, the more a steep critic gains, and the
    larger lam, the less. It is delta / (2 lam).
    """
    return _slope_and_gap(np.sign(delta) + lam / (2 * delta), delta)


def critic_slope_minus(delta, lam):
    """The sign of the fraction is reversed: the gap pulls the slope beyond 1, not below it. The
    derivative is delta - 2 lam (s - 1).
    """
    return _slope_and_gap(np.sign(delta) - delta / (2 * lam), delta)


def critic_slope_lower_peak(delta, lam):
    """That is the other peak of J, with the wrong sign of s, and it is the lower one. A positive
    delta asks for a positive slope, which is beyond 1.
    """
    return _slope_and_gap(delta / (2 * lam) - np.sign(delta), delta)


def critic_slope_always_up(delta, lam):
    """Right for a positive delta. For a negative one the slope has to be negative, with the size 1
    + |delta| / (2 lam): then the gap comes out positive.
    """
    return _slope_and_gap(1 + delta / (2 * lam), delta)


def critic_slope_size(delta, lam):
    """The sizes of the slopes are right, but for a negative delta the slope has to be negative: the
    critic is to be higher on the real data.
    """
    return _slope_and_gap(1 + np.abs(delta) / (2 * lam), delta)


def critic_slope_size_and_gap(delta, lam):
    """The sizes and the gaps are right; the slope needs the sign of delta."""
    size = 1 + np.abs(delta) / (2 * lam)
    return size, size * np.abs(delta)


def critic_slope_alone(delta, lam):
    """The slopes alone. Return a pair, the slopes and the gaps: `return slope, slope * delta`."""
    return np.sign(delta) + delta / (2 * lam)


def critic_slope_exchanged(delta, lam):
    """The two are exchanged: the slopes come first, then the gaps."""
    slope = np.sign(delta) + delta / (2 * lam)
    return slope * delta, slope


def critic_slope_columns(delta, lam):
    """You returned one row for each delta. Return a pair of arrays: all slopes, then all gaps."""
    slope = np.sign(delta) + delta / (2 * lam)
    return np.column_stack([slope, slope * delta])


def critic_slope_true_distance(delta, lam):
    """The slopes are right. The gap is what the critic reports, the slope times delta, and not the
    true distance.
    """
    return np.sign(delta) + delta / (2 * lam), np.abs(delta)


def critic_slope_delta_itself(delta, lam):
    """The slopes are right. The second array repeats delta: the gap is the slope times delta."""
    return np.sign(delta) + delta / (2 * lam), delta


def critic_slope_objective(delta, lam):
    """The slopes are right. The gap is the first term of J alone: slope times delta, without the
    penalty.
    """
    slope = np.sign(delta) + delta / (2 * lam)
    return slope, slope * delta - lam * (np.abs(slope) - 1) ** 2


def critic_slope_penalty(delta, lam):
    """The slopes are right. The second array is the penalty; asked for is the gap, slope times
    delta.
    """
    return np.sign(delta) + delta / (2 * lam), delta**2 / (4 * lam)


def critic_slope_negative_gap(delta, lam):
    """The slopes are right. The gap is slope times delta, and it is positive for both signs: leave
    out the extra sign, or absolute value.
    """
    slope = np.sign(delta) + delta / (2 * lam)
    return slope, np.abs(slope) * delta


def critic_slope_ratio(delta, lam):
    """The slopes are right. You divided by delta or by the slope: the gap is slope times delta."""
    slope = np.sign(delta) + delta / (2 * lam)
    return slope, slope / delta


def critic_slope_one_number(delta, lam):
    """An `if` decides for one number, but delta is an array with several. Use np.sign and np.abs,
    which work on each entry, or a loop over delta.
    """
    slope = 1 + delta / (2 * lam) if delta > 0 else delta / (2 * lam) - 1
    return slope, slope * delta


def _squares(gradients):
    return np.sum(gradients**2, axis=1)


def noise_penalty_without_laplacian(gradients, laplacians, residuals, sigma):
    """The Laplacian is missing. The gradient term alone is right for a linear f, or where the fit
    is perfect; here the residuals times the Laplacians count, too.
    """
    return sigma**2 * np.mean(_squares(gradients))


def noise_penalty_laplacian_alone(gradients, laplacians, residuals, sigma):
    """The squared norm of the gradients is missing: it is the first of the two terms."""
    return sigma**2 * np.mean(residuals * laplacians)


def noise_penalty_residual_sign(gradients, laplacians, residuals, sigma):
    """The second term has the wrong sign. The residuals are f - y already, prediction minus target,
    so the term is added as it is.
    """
    return sigma**2 * np.mean(_squares(gradients) - residuals * laplacians)


def noise_penalty_half(gradients, laplacians, residuals, sigma):
    """There is a half too many before the whole. The 2 of the square and the half of the second
    derivative cancel.
    """
    return sigma**2 * np.mean(_squares(gradients) + residuals * laplacians) / 2


def noise_penalty_half_laplacian(gradients, laplacians, residuals, sigma):
    """There is a half too many before the second term: the half of the Taylor series meets the 2
    from the square.
    """
    return sigma**2 * np.mean(_squares(gradients) + residuals * laplacians / 2)


def noise_penalty_twice_laplacian(gradients, laplacians, residuals, sigma):
    """There is a 2 too many before the second term: the 2 from the square meets the half of the
    Taylor series.
    """
    return sigma**2 * np.mean(_squares(gradients) + 2 * residuals * laplacians)


def noise_penalty_double(gradients, laplacians, residuals, sigma):
    """There is a 2 too many before the whole: sigma squared is the only factor before the mean."""
    return 2 * sigma**2 * np.mean(_squares(gradients) + residuals * laplacians)


def noise_penalty_sigma(gradients, laplacians, residuals, sigma):
    """You multiplied by sigma. It is the standard deviation; the formula asks for its square."""
    return sigma * np.mean(_squares(gradients) + residuals * laplacians)


def noise_penalty_without_sigma(gradients, laplacians, residuals, sigma):
    """The noise itself is missing: multiply by sigma squared at the end."""
    return np.mean(_squares(gradients) + residuals * laplacians)


def noise_penalty_sigma_on_one_term(gradients, laplacians, residuals, sigma):
    """Only one of the terms was multiplied by sigma squared. Brackets: the factor stands before the
    mean of both.
    """
    return np.mean(sigma**2 * _squares(gradients) + residuals * laplacians)


def noise_penalty_residual_squared(gradients, laplacians, residuals, sigma):
    """You squared the residuals. In the second term they stand as they are, with their sign."""
    return sigma**2 * np.mean(_squares(gradients) + residuals**2 * laplacians)


def noise_penalty_residual_size(gradients, laplacians, residuals, sigma):
    """You took the size of the residuals. Their sign matters: where f bends towards the target,
    noise costs less.
    """
    return sigma**2 * np.mean(_squares(gradients) + np.abs(residuals) * laplacians)


def noise_penalty_without_residuals(gradients, laplacians, residuals, sigma):
    """The residuals are missing: each Laplacian is multiplied by the residual of its example."""
    return sigma**2 * np.mean(_squares(gradients) + laplacians)


def noise_penalty_laplacian_squared(gradients, laplacians, residuals, sigma):
    """You squared the Laplacians. In the second term they stand as they are, with their sign."""
    return sigma**2 * np.mean(_squares(gradients) + residuals * laplacians**2)


def noise_penalty_norm(gradients, laplacians, residuals, sigma):
    """The norm is not squared: leave out the root, or square what np.linalg.norm returns."""
    norms = np.linalg.norm(gradients, axis=1)
    return sigma**2 * np.mean(norms + residuals * laplacians)


def noise_penalty_plain_sum(gradients, laplacians, residuals, sigma):
    """You summed the entries of each gradient without squaring them."""
    return sigma**2 * np.mean(gradients.sum(axis=1) + residuals * laplacians)


def noise_penalty_square_of_sum(gradients, laplacians, residuals, sigma):
    """You squared the sum of the entries. Square each entry first, then sum over the features."""
    return sigma**2 * np.mean(gradients.sum(axis=1) ** 2 + residuals * laplacians)


def noise_penalty_l1(gradients, laplacians, residuals, sigma):
    """You squared the L1 norm, the sum of the absolute values. Square each entry first, then sum
    over the features.
    """
    return sigma**2 * np.mean(np.abs(gradients).sum(axis=1) ** 2 + residuals * laplacians)


def noise_penalty_sum(gradients, laplacians, residuals, sigma):
    """You summed over the examples. The error is a mean, so take the mean over them."""
    return sigma**2 * np.sum(_squares(gradients) + residuals * laplacians)


def noise_penalty_mean_of_entries(gradients, laplacians, residuals, sigma):
    """You averaged over all entries of the gradients, and so divided by d as well. Sum over the
    features, axis 1, and average over the examples alone.
    """
    return sigma**2 * (np.mean(gradients**2) + np.mean(residuals * laplacians))


def noise_penalty_norm_of_all(gradients, laplacians, residuals, sigma):
    """You summed the squares of all examples together. Sum over the features of each, axis 1, and
    take the mean over the examples.
    """
    return sigma**2 * np.mean(np.sum(gradients**2) + residuals * laplacians)


def noise_penalty_product_of_means(gradients, laplacians, residuals, sigma):
    """You multiplied the mean residual by the mean Laplacian, or every residual by every Laplacian.
    Multiply example by example, and take the mean of the n products.
    """
    both = residuals.mean() * laplacians.mean()
    return sigma**2 * (np.mean(_squares(gradients)) + both)


def noise_penalty_sum_of_laplacian_term(gradients, laplacians, residuals, sigma):
    """The products of residuals and Laplacians were summed, as `@` and np.dot do. Divide by n: both
    terms are means over the examples.
    """
    return sigma**2 * (np.mean(_squares(gradients)) + residuals @ laplacians)


def noise_penalty_for_each(gradients, laplacians, residuals, sigma):
    """You returned one number for each example. Asked for is their mean."""
    return sigma**2 * (_squares(gradients) + residuals * laplacians)


def noise_penalty_axis_0(gradients, laplacians, residuals, sigma):
    """You summed over axis 0, the examples, so one number for each feature met one for each
    example. Sum over the features, axis 1.
    """
    return sigma**2 * np.mean(np.sum(gradients**2, axis=0) + residuals * laplacians)


def noise_penalty_unsummed(gradients, laplacians, residuals, sigma):
    """The squares of the gradients were not summed over the features, so an array with d columns
    met one number for each example. Sum over axis 1 first.
    """
    return sigma**2 * np.mean(gradients**2 + residuals * laplacians)


def _unit(g):
    return g / np.linalg.norm(g)


def _mixed(gradient, g, place, alpha):
    return (1 - alpha) * g + alpha * gradient(place)


def gradient_norm_update_unnormalised(gradient, theta, r, alpha):
    """Your step uphill is r times the gradient, so its length depends on how steep it is. Divide
    the gradient by its norm: then the length is r.
    """
    g = gradient(theta)
    return _mixed(gradient, g, theta + r * g, alpha)


def gradient_norm_update_downhill(gradient, theta, r, alpha):
    """You went downhill. The second gradient is that uphill, at theta plus the step."""
    g = gradient(theta)
    return _mixed(gradient, g, theta - r * _unit(g), alpha)


def gradient_norm_update_exchanged(gradient, theta, r, alpha):
    """The weights are exchanged: alpha belongs to the gradient uphill, 1 - alpha to the one at
    theta. With alpha = 0 the result is the plain gradient.
    """
    g = gradient(theta)
    return _mixed(gradient, g, theta + r * _unit(g), 1 - alpha)


def gradient_norm_update_uphill_alone(gradient, theta, r, alpha):
    """That is the gradient uphill alone, as for alpha = 1. Mix it with the gradient at theta."""
    return gradient(theta + r * _unit(gradient(theta)))


def gradient_norm_update_plain(gradient, theta, r, alpha):
    """That is the plain gradient, as for alpha = 0. The gradient at the place uphill is missing."""
    return gradient(theta)


def gradient_norm_update_added(gradient, theta, r, alpha):
    """You added the gradient uphill to the whole gradient. It is a mixture: the one at theta counts
    1 - alpha.
    """
    g = gradient(theta)
    return g + alpha * gradient(theta + r * _unit(g))


def gradient_norm_update_alpha_forgotten(gradient, theta, r, alpha):
    """The gradient uphill counts in full in your sum. Multiply it by alpha."""
    g = gradient(theta)
    return (1 - alpha) * g + gradient(theta + r * _unit(g))


def gradient_norm_update_half(gradient, theta, r, alpha):
    """You took the plain mean of the two gradients. The weights are 1 - alpha and alpha."""
    g = gradient(theta)
    return _mixed(gradient, g, theta + r * _unit(g), 0.5)


def gradient_norm_update_new_theta(gradient, theta, r, alpha):
    """You returned theta minus the update. Asked for is the update alone: whoever trains multiplies
    it by the step size and subtracts it.
    """
    g = gradient(theta)
    return theta - _mixed(gradient, g, theta + r * _unit(g), alpha)


def gradient_norm_update_minus(gradient, theta, r, alpha):
    """The sign is reversed: what takes the gradient's place points uphill, as the gradient does."""
    g = gradient(theta)
    return -_mixed(gradient, g, theta + r * _unit(g), alpha)


def gradient_norm_update_place(gradient, theta, r, alpha):
    """You returned the place uphill. Compute the gradient there, and mix it with that at theta."""
    return theta + r * _unit(gradient(theta))


def gradient_norm_update_mixed_places(gradient, theta, r, alpha):
    """You mixed the places and took the gradient once, at theta plus alpha times the step. That
    agrees only where the gradient is a straight line: mix the two gradients.
    """
    g = gradient(theta)
    return gradient(theta + alpha * r * _unit(g))


def gradient_norm_update_place_in_the_mixture(gradient, theta, r, alpha):
    """You mixed the gradient with a place. At the place uphill call `gradient` a second time."""
    g = gradient(theta)
    return (1 - alpha) * g + alpha * (theta + r * _unit(g))


def gradient_norm_update_all_normalised(gradient, theta, r, alpha):
    """The result was divided by its norm. Only the step uphill has a fixed length; the two
    gradients keep theirs.
    """
    g = gradient(theta)
    return _unit(_mixed(gradient, g, theta + r * _unit(g), alpha))


def gradient_norm_update_both_normalised(gradient, theta, r, alpha):
    """You mixed two gradients of length 1. Only the step uphill has a fixed length; the two
    gradients keep theirs.
    """
    g = _unit(gradient(theta))
    return (1 - alpha) * g + alpha * _unit(gradient(theta + r * g))


def gradient_norm_update_first_normalised(gradient, theta, r, alpha):
    """The gradient at theta entered the mixture with length 1. Only the step uphill is normalised:
    keep the gradient itself under another name (`g /= ...` changes it for good).
    """
    g = _unit(gradient(theta))
    return _mixed(gradient, g, theta + r * g, alpha)


def gradient_norm_update_second_normalised(gradient, theta, r, alpha):
    """The gradient uphill entered the mixture with length 1. Only the step uphill is normalised;
    the two gradients keep their length.
    """
    g = gradient(theta)
    return (1 - alpha) * g + alpha * _unit(gradient(theta + r * _unit(g)))


def gradient_norm_update_signs(gradient, theta, r, alpha):
    """You moved every weight by r, up or down by the sign of its gradient. Divide the whole
    gradient by its norm: the step has the length r as a whole, and the direction of the gradient.
    """
    g = gradient(theta)
    return _mixed(gradient, g, theta + r * np.sign(g), alpha)


def gradient_norm_update_l1(gradient, theta, r, alpha):
    """You divided by the sum of the absolute values, the L1 norm. The length is the root of the sum
    of the squares: `np.linalg.norm(g)`.
    """
    g = gradient(theta)
    return _mixed(gradient, g, theta + r * g / np.abs(g).sum(), alpha)


def gradient_norm_update_max(gradient, theta, r, alpha):
    """You divided by the largest entry. The length is the root of the sum of the squares:
    `np.linalg.norm(g)`.
    """
    g = gradient(theta)
    return _mixed(gradient, g, theta + r * g / np.abs(g).max(), alpha)


def gradient_norm_update_squared_norm(gradient, theta, r, alpha):
    """You divided by the square of the norm: the root is missing. Then steep places get short
    steps, where every step should have the length r.
    """
    g = gradient(theta)
    return _mixed(gradient, g, theta + r * g / np.sum(g**2), alpha)


def gradient_norm_update_root_mean_square(gradient, theta, r, alpha):
    """You divided by the root of the mean of the squares. The length is the root of their sum:
    `np.linalg.norm(g)`.
    """
    g = gradient(theta)
    return _mixed(gradient, g, theta + r * g / np.sqrt(np.mean(g**2)), alpha)


def gradient_norm_update_theta_divided(gradient, theta, r, alpha):
    """You divided theta by the norm as well. Only the gradient is divided: `theta + r * g /
    np.linalg.norm(g)`.
    """
    g = gradient(theta)
    return _mixed(gradient, g, (theta + r * g) / np.linalg.norm(g), alpha)


def gradient_norm_update_subtracted(gradient, theta, r, alpha):
    """You subtracted the gradient uphill. Both gradients are added, with the weights 1 - alpha and
    alpha.
    """
    g = gradient(theta)
    return (1 - alpha) * g - alpha * gradient(theta + r * _unit(g))


def gradient_norm_update_norm_of_theta(gradient, theta, r, alpha):
    """You divided by the norm of theta. Divide the gradient by its own norm."""
    g = gradient(theta)
    return _mixed(gradient, g, theta + r * g / np.linalg.norm(theta), alpha)


def gradient_norm_update_number_added(gradient, theta, r, alpha):
    """You added a number to the norm, so your step uphill is shorter than r, and the shorter the
    flatter the place. The gradient is not zero here: divide by its norm alone.
    """
    g = gradient(theta)
    return _mixed(gradient, g, theta + r * g / (np.linalg.norm(g) + 1e-3), alpha)


def gradient_norm_update_without_r(gradient, theta, r, alpha):
    """The step uphill has the length 1. Multiply the unit vector by r."""
    g = gradient(theta)
    return _mixed(gradient, g, theta + _unit(g), alpha)


def gradient_norm_update_alpha_in_the_step(gradient, theta, r, alpha):
    """Alpha stands in the step as well. The step uphill has the length r, whatever alpha is; alpha
    mixes the two gradients.
    """
    g = gradient(theta)
    return _mixed(gradient, g, theta + alpha * r * _unit(g), alpha)


def gradient_norm_update_step_alone(gradient, theta, r, alpha):
    """The second gradient was taken at the step itself, as if theta were zero. Add the step to
    theta.
    """
    g = gradient(theta)
    return _mixed(gradient, g, r * _unit(g), alpha)


def gradient_norm_update_along_theta(gradient, theta, r, alpha):
    """Your step goes along theta. It goes along the gradient at theta, divided by its norm."""
    return _mixed(gradient, gradient(theta), theta + r * _unit(theta), alpha)


def gradient_norm_update_divided_by_r(gradient, theta, r, alpha):
    """You divided the difference of the two gradients by r, as for a second derivative. Here they
    are mixed: (1 - alpha) times one plus alpha times the other.
    """
    g = gradient(theta)
    return g + alpha * (gradient(theta + r * _unit(g)) - g) / r


def gradient_norm_update_in_place(gradient, theta, r, alpha):
    """Your formula is right, but `theta += ...` changes the caller's array, so every later call
    starts elsewhere. Write `uphill = theta + ...`.
    """
    g = gradient(theta)
    theta += r * _unit(g)
    return _mixed(gradient, g, theta, alpha)


def gradient_norm_update_in_place_too_early(gradient, theta, r, alpha):
    """You moved theta itself with `theta += ...` before the gradient at the old place was taken, so
    both gradients come from uphill. Write `uphill = theta + ...` instead.
    """
    theta += r * _unit(gradient(theta))
    return _mixed(gradient, gradient(theta), theta, alpha)
