"""Wrong answers to exercise 4, each with what a good teacher would say to it.

A function's name is that of the answer and of the misconception; its docstring is the feedback.
"""

import math

import numpy as np


def _better(value, best, min_delta, mode):
    return value + min_delta < best if mode == "min" else value - min_delta > best


def _trace(values, patience, min_delta, mode, better=_better):
    """Return the last and the best epoch, with another idea of what is better."""
    best = wait = 0
    for epoch in range(1, len(values)):
        wait += 1
        if better(values[epoch], values[best], min_delta, mode):
            best, wait = epoch, 0
        elif wait >= patience:
            break
    return epoch, best


def _all_three(last, best, restore):
    return last, best, best if restore else last


def early_stopping_one_late(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You stopped at patience + 1: training ends in the epoch in which the counter *reaches*
    patience, so compare with `>=`, not with `>`.
    """
    found = _trace(values, patience + 1, min_delta, mode)
    return _all_three(*found, restore_best_weights)


def early_stopping_one_early(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You stopped one epoch early: the best epoch itself does not count. Its counter is 0, and
    the first epoch without an improvement makes it 1.
    """
    found = _trace(values, patience - 1, min_delta, mode)
    return _all_three(*found, restore_best_weights)


def early_stopping_asks_an_epoch_later(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You ask whether to stop when the next epoch begins, and that one is trained by then. Ask
    right after the counter has gone up.
    """
    best = wait = 0
    for epoch in range(1, len(values)):
        if wait >= patience:
            break
        wait += 1
        if _better(values[epoch], values[best], min_delta, mode):
            best, wait = epoch, 0
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_epoch_before_the_stop(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Where training stopped, your last epoch is the one before. The epoch in which the counter
    reaches patience has been trained as well: it is the last one.
    """
    last, best = _trace(values, patience, min_delta, mode)
    stopped = last - best >= max(patience, 1)
    return _all_three(last - stopped, best, restore_best_weights)


def early_stopping_one_less(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Your last epoch is one too small, also where training was not stopped. Epochs are counted
    from 0 already: the loop's variable is the epoch, and nothing is to be taken off.
    """
    last, best = _trace(values, patience, min_delta, mode)
    return _all_three(last - 1, best, restore_best_weights)


def early_stopping_never_stops(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Your training never stops: the last epoch is always that of the last value. It ends as soon
    as the counter reaches patience; is there a `break`?
    """
    return _all_three(*_trace(values, len(values), min_delta, mode), restore_best_weights)


def early_stopping_nothing_where_not_stopped(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Where training is not stopped your function returns nothing. Leave the loop with `break`, and
    put the one `return` behind it.
    """
    last, best = _trace(values, patience, min_delta, mode)
    if last - best < max(patience, 1):
        return None
    return _all_three(last, best, restore_best_weights)


def early_stopping_best_stays_first(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You compared with the value of epoch 0 all the way. An improvement becomes the new best, and
    what comes later is compared with it.
    """
    best = wait = 0
    for epoch in range(1, len(values)):
        wait += 1
        if _better(values[epoch], values[0], min_delta, mode):
            best, wait = epoch, 0
        elif wait >= patience:
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_ties_count(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You took a tie for progress. An improvement has to be better than the best by more than
    min_delta, so `<` and not `<=`.
    """

    def better(value, best, min_delta, mode):
        return value + min_delta <= best if mode == "min" else value - min_delta >= best

    found = _trace(values, patience, min_delta, mode, better)
    return _all_three(*found, restore_best_weights)


def early_stopping_gain_of_min_delta(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """A gain of exactly min_delta counted as an improvement. It is none: an improvement has to be
    *more* than min_delta, so compare with `>` or `<`, not with `>=` or `<=`.
    """

    def better(value, best, min_delta, mode):
        gain = best - value if mode == "min" else value - best
        return gain >= min_delta and gain > 0

    found = _trace(values, patience, min_delta, mode, better)
    return _all_three(*found, restore_best_weights)


def early_stopping_without_min_delta(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You did not use min_delta: a gain that is smaller than it is no improvement, and the
    counter goes up.
    """
    found = _trace(values, patience, 0.0, mode)
    return _all_three(*found, restore_best_weights)


def early_stopping_min_delta_sign(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """The sign of min_delta is wrong: a value slightly *worse* than the best counted as an
    improvement. A value has to be better by more than min_delta.
    """
    found = _trace(values, patience, -min_delta, mode)
    return _all_three(*found, restore_best_weights)


def early_stopping_min_delta_sign_in_max(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """In mode "max" the sign of min_delta is wrong. There an improvement is larger than the best
    plus min_delta; in mode "min" it is smaller than the best minus min_delta.
    """
    found = _trace(values, patience, min_delta if mode == "min" else -min_delta, mode)
    return _all_three(*found, restore_best_weights)


def early_stopping_min_delta_relative(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You took min_delta as a share of the best value. It is a difference in the units of the
    values: add it, do not multiply with it.
    """

    def better(value, best, min_delta, mode):
        return _better(value, best, min_delta * abs(best), mode)

    found = _trace(values, patience, min_delta, mode, better)
    return _all_three(*found, restore_best_weights)


def early_stopping_any_change(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You took the size of the change, as `abs` gives it, so that a value which is worse counted as
    an improvement. The sign matters: it has to be a change for the better.
    """

    def better(value, best, min_delta, mode):
        return abs(value - best) > min_delta

    found = _trace(values, patience, min_delta, mode, better)
    return _all_three(*found, restore_best_weights)


def early_stopping_best_creeps(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Gains below min_delta moved your best value along, though they did not reset the counter.
    The best stays until a value beats it by more than min_delta, so that small gains add up.
    """
    best = wait = 0
    for epoch in range(1, len(values)):
        wait += 1
        if _better(values[epoch], values[best], min_delta, mode):
            wait = 0
        if _better(values[epoch], values[best], 0.0, mode):
            best = epoch
        if wait >= max(patience, 1):
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_best_value_creeps(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """A gain below min_delta moved the best *value*, though not its epoch: something like `best =
    min(best, value)` in every epoch. Only an improvement moves the best, so that small gains add
    up.
    """
    best_value, best, wait = values[0], 0, 0
    for epoch in range(1, len(values)):
        wait += 1
        if _better(values[epoch], best_value, min_delta, mode):
            best, wait = epoch, 0
        if _better(values[epoch], best_value, 0.0, mode):
            best_value = values[epoch]
        if wait >= max(patience, 1):
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_small_gain_resets(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """A gain below min_delta set your counter back to 0, though it left the best as it was. For the
    counter, too, an improvement has to be more than min_delta.
    """
    best = wait = 0
    for epoch in range(1, len(values)):
        wait += 1
        if _better(values[epoch], values[best], 0.0, mode):
            wait = 0
        if _better(values[epoch], values[best], min_delta, mode):
            best = epoch
        if wait >= max(patience, 1):
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_previous_epoch(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You compared each value with that of the epoch before. Compare it with the best so far: a
    small recovery after a rise is no improvement.
    """
    best = wait = 0
    for epoch in range(1, len(values)):
        wait += 1
        if _better(values[epoch], values[epoch - 1], min_delta, mode):
            best, wait = epoch, 0
        elif wait >= patience:
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_rises_in_a_row(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Your counter went back to 0 when a value was better than the one before, though not better
    than the best. Only a new best resets it.
    """
    best = wait = 0
    for epoch in range(1, len(values)):
        wait += 1
        if _better(values[epoch], values[epoch - 1], min_delta, mode):
            wait = 0
        if _better(values[epoch], values[best], min_delta, mode):
            best = epoch
        if wait >= max(patience, 1):
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_any_fall_resets(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Every step in the right direction, from one epoch to the next, set your counter back to 0.
    Only a new best does: a value that beats the best so far by more than min_delta.
    """
    best = wait = 0
    for epoch in range(1, len(values)):
        wait += 1
        if _better(values[epoch], values[epoch - 1], 0.0, mode):
            wait = 0
        if _better(values[epoch], values[best], min_delta, mode):
            best, wait = epoch, 0
        if wait >= max(patience, 1):
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_patience_epochs_ago(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You compared with the value `patience` epochs ago. The comparison is with the best value so
    far, wherever it was; patience is what the counter has to reach.
    """
    best, back = 0, max(patience, 1)
    for epoch in range(1, len(values)):
        if _better(values[epoch], values[best], min_delta, mode):
            best = epoch
        if epoch >= back and not _better(values[epoch], values[epoch - back], min_delta, mode):
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_counter_never_reset(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Your counter is never reset: it adds up all epochs without an improvement. An improvement
    sets it back to 0.
    """
    best = wait = 0
    for epoch in range(1, len(values)):
        if _better(values[epoch], values[best], min_delta, mode):
            best = epoch
        else:
            wait += 1
            if wait >= patience:
                break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_counter_from_one(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Your counter began at 1. In epoch 0 it is 0: the first epoch without an improvement makes it
    1.
    """
    best, wait = 0, 1
    for epoch in range(1, len(values)):
        wait += 1
        if _better(values[epoch], values[best], min_delta, mode):
            best, wait = epoch, 0
        elif wait >= patience:
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_last_weights(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """The weights are always those of your last epoch. With restore_best_weights=True the model
    holds those of the best epoch.
    """
    return _all_three(*_trace(values, patience, min_delta, mode), restore=False)


def early_stopping_best_weights(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """The weights are always those of your best epoch. By default Keras leaves those of the last
    epoch, and restores nothing.
    """
    return _all_three(*_trace(values, patience, min_delta, mode), restore=True)


def early_stopping_other_weights(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """The weights are the wrong way round: with restore_best_weights=True they are those of the
    best epoch, without it those of the last.
    """
    found = _trace(values, patience, min_delta, mode)
    return _all_three(*found, not restore_best_weights)


def early_stopping_restores_if_stopped(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You restored the best weights only where training was stopped. Keras does so as well when
    training has run to its end.
    """
    last, best = _trace(values, patience, min_delta, mode)
    stopped = last - best >= max(patience, 1)
    return _all_three(last, best, restore_best_weights and stopped)


def early_stopping_restored_is_last(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """With restore_best_weights=True you returned the best epoch as the last one, too. The epochs
    after it were trained all the same: only the weights are put back.
    """
    last, best = _trace(values, patience, min_delta, mode)
    return (best if restore_best_weights else last), best, (best if restore_best_weights else last)


def early_stopping_stops_at_best(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Your last epoch is the best one. Training cannot know that it was the best before it has
    seen `patience` epochs without an improvement: those are trained as well.
    """
    _, best = _trace(values, patience, min_delta, mode)
    return best, best, best


def early_stopping_best_worked_out_from_patience(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You worked out the best epoch as the last one minus patience. That fails where training was
    not stopped, and with patience 0: note the epoch whenever there is an improvement.
    """
    last, _ = _trace(values, patience, min_delta, mode)
    return _all_three(last, last - patience, restore_best_weights)


def early_stopping_best_worked_out_where_stopped(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """With patience 0 your best epoch is the one in which training stopped: you worked it out as
    the last one minus patience. Note the epoch whenever there is an improvement.
    """
    last, best = _trace(values, patience, min_delta, mode)
    best = last - patience if last - best >= max(patience, 1) else best
    return _all_three(last, best, restore_best_weights)


def early_stopping_peeks(values, patience, min_delta=0.0, mode="min", restore_best_weights=False):
    """Your best epoch lies beyond the stop: it is the best of the whole sequence. Those epochs
    were never trained; look for the best up to the last one.
    """
    last, _ = _trace(values, patience, min_delta, mode)
    best = int(np.nanargmin(values) if mode == "min" else np.nanargmax(values))
    return _all_three(last, best, restore_best_weights)


def early_stopping_nan_improves(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """A NaN counted as an improvement. All comparisons with NaN are false, so ask whether a value
    is better; `not` (value >= best), or an `else`, lets it through.
    """

    def better(value, best, min_delta, mode):
        return not (value + min_delta >= best if mode == "min" else value - min_delta <= best)

    found = _trace(values, patience, min_delta, mode, better)
    return _all_three(*found, restore_best_weights)


def early_stopping_nan_beaten(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """A NaN in epoch 0 was beaten by a later value. It is the best from the start: do not skip it,
    and do not begin with infinity. No comparison with it is ever true.
    """
    start = np.where(np.isnan(values) & (np.arange(len(values)) == 0), np.inf, values)
    if mode == "max":
        start = np.where(np.isinf(start), -np.inf, start)
    return _all_three(*_trace(start, patience, min_delta, mode), restore_best_weights)


def early_stopping_best_from_infinity(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You began with infinity as the best value and let epoch 0 compete. A NaN in epoch 0 loses
    then: it counts as an epoch without an improvement, and training may stop there.
    """
    best_value = np.inf if mode == "min" else -np.inf
    best = wait = 0
    for epoch in range(len(values)):
        wait += 1
        if _better(values[epoch], best_value, min_delta, mode):
            best, best_value, wait = epoch, values[epoch], 0
        elif wait >= patience:
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_nan_not_counted(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """An epoch with NaN was passed over. It is an epoch without an improvement like others: the
    counter goes up.
    """
    best = wait = 0
    for epoch in range(1, len(values)):
        if np.isnan(values[epoch]):
            continue
        wait += 1
        if _better(values[epoch], values[best], min_delta, mode):
            best, wait = epoch, 0
        elif wait >= patience:
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_nan_left_out(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You took the NaNs out of the sequence, so that the epochs after them got other numbers. Each
    stays in its place: it is an epoch without an improvement.
    """
    numbers = values[~np.isnan(values)]
    return _all_three(*_trace(numbers, patience, min_delta, mode), restore_best_weights)


def early_stopping_nan_is_zero(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You put 0 in the place of NaN (as np.nan_to_num does), and 0 is better than any loss. Leave
    it as it is: a comparison with NaN is false.
    """
    found = _trace(np.nan_to_num(values), patience, min_delta, mode)
    return _all_three(*found, restore_best_weights)


def early_stopping_nan_stops(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You stopped at the first NaN. That is another callback, TerminateOnNaN; here a NaN only adds
    1 to the counter.
    """
    nans = np.flatnonzero(np.isnan(values))
    until = int(nans[0]) + 1 if len(nans) else len(values)
    if until == 1:
        return 0, 0, 0
    return _all_three(*_trace(values[:until], patience, min_delta, mode), restore_best_weights)


def early_stopping_nan_stops_later(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You stopped at a NaN. That is another callback, TerminateOnNaN; here a NaN adds 1 to the
    counter, like any epoch without an improvement, and training goes on.
    """
    best = wait = 0
    for epoch in range(1, len(values)):
        wait += 1
        if np.isnan(values[epoch]):
            break
        if _better(values[epoch], values[best], min_delta, mode):
            best, wait = epoch, 0
        elif wait >= patience:
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_argmin_up_to_stop(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You stop in the right epoch, but your best epoch is that of the smallest or largest value, as
    argmin and argmax find it. It is that of the last improvement: a gain below min_delta does not
    move it, and a NaN never does.
    """
    last, _ = _trace(values, patience, min_delta, mode)
    seen = values[: last + 1]
    best = int(np.argmin(seen) if mode == "min" else np.argmax(seen))
    return _all_three(last, best, restore_best_weights)


def early_stopping_at_epoch_zero(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """With patience 0 you stopped in epoch 0. It is the first best and never the end: patience 0
    does what patience 1 does.
    """
    if patience == 0:
        return 0, 0, 0
    return _all_three(*_trace(values, patience, min_delta, mode), restore_best_weights)


def early_stopping_asks_at_improvements_too(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """With patience 0 you stopped at an improvement: the counter is 0 there, and 0 >= 0 is true.
    Ask whether to stop only in an epoch without an improvement, or compare with `max(patience, 1)`.
    """
    best = 0
    for epoch in range(1, len(values)):
        if _better(values[epoch], values[best], min_delta, mode):
            best = epoch
        if epoch - best >= patience:
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_epoch_zero_counts(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Epoch 0 was compared with itself and counted as an epoch without an improvement. It is the
    first best: there the counter is 0, and training does not stop.
    """
    best = wait = 0
    for epoch in range(len(values)):
        wait += 1
        if _better(values[epoch], values[best], min_delta, mode):
            best, wait = epoch, 0
        elif wait >= patience:
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_zero_is_never(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """With patience 0 your training never stopped. Patience 0 does what patience 1 does. Is there
    `wait == patience`? The counter is 1 already when you ask. Or `if patience`? That takes 0 for
    False.
    """
    found = _trace(values, patience or len(values), min_delta, mode)
    return _all_three(*found, restore_best_weights)


def early_stopping_from_one(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You counted the epochs from 1. The first is epoch 0, as `enumerate` and Keras' callbacks
    have it.
    """
    last, best = _trace(values, patience, min_delta, mode)
    return _all_three(last + 1, best + 1, restore_best_weights)


def early_stopping_number_of_epochs(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Your first number is how many epochs were trained. Asked for is the last epoch, counted from
    0, so it is one less.
    """
    last, best = _trace(values, patience, min_delta, mode)
    return last + 1, best, best if restore_best_weights else last


def early_stopping_length_where_not_stopped(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Where training was never stopped your last epoch is the number of epochs. Counted from 0
    the last one is `len(values) - 1`.
    """
    last, best = _trace(values, patience, min_delta, mode)
    if last - best < max(patience, 1):
        last = len(values)
    return _all_three(last, best, restore_best_weights)


def early_stopping_zero_where_not_stopped(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Where training was never stopped your last epoch is 0. Keras' `stopped_epoch` would be; asked
    for is the last epoch that was trained, here that of the last value.
    """
    last, best = _trace(values, patience, min_delta, mode)
    stopped = last if last - best >= max(patience, 1) else 0
    return stopped, best, best if restore_best_weights else last


def early_stopping_none_where_not_stopped(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Where training was not stopped your last epoch is None. It is the last of the sequence then:
    give it that value before the loop, or use the loop's own variable after it.
    """
    last, best = _trace(values, patience, min_delta, mode)
    stopped = last if last - best >= max(patience, 1) else None
    return _all_three(stopped, best, restore_best_weights)


def early_stopping_none_where_not_stopped_but_weights(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Where training was not stopped your first number is None. It is the last epoch of the
    sequence then, as your third number has it.
    """
    last, best = _trace(values, patience, min_delta, mode)
    stopped = last if last - best >= max(patience, 1) else None
    return stopped, best, best if restore_best_weights else last


def early_stopping_best_first(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """The order is another one: first the last epoch, second the best one, third the epoch of the
    weights.
    """
    last, best = _trace(values, patience, min_delta, mode)
    return best, last, best if restore_best_weights else last


def early_stopping_value_for_epoch(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """The second number is the best *value*. Asked for is its epoch: note both whenever there is
    an improvement.
    """
    last, best = _trace(values, patience, min_delta, mode)
    return last, float(values[best]), best if restore_best_weights else last


def early_stopping_weights_value(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """The third number is an *epoch*, that whose weights the model holds. You returned the value of
    that epoch.
    """
    last, best = _trace(values, patience, min_delta, mode)
    return last, best, float(values[best if restore_best_weights else last])


def early_stopping_no_return(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Your function returns nothing. Printing is not enough: end it with `return` and the three
    numbers.
    """
    print(_all_three(*_trace(values, patience, min_delta, mode), restore_best_weights))


def early_stopping_two_values(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """The second and the third number are *values*. Asked for are epochs: the best one, and that
    whose weights the model holds.
    """
    last, best = _trace(values, patience, min_delta, mode)
    return last, float(values[best]), float(values[best if restore_best_weights else last])


def early_stopping_two_values_restored(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You returned the best *value* in place of the best epoch, and again as the third number where
    the best weights are restored. All three numbers are epochs.
    """
    last, best = _trace(values, patience, min_delta, mode)
    value = float(values[best])
    return last, value, value if restore_best_weights else last


def early_stopping_without_weights(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """The last and the best epoch are right; the third number is missing, the epoch whose weights
    the model holds afterwards.
    """
    return _trace(values, patience, min_delta, mode)


def early_stopping_always_min(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """You did not use mode: with "max" a larger value is the better one."""
    found = _trace(values, patience, min_delta, "min")
    return _all_three(*found, restore_best_weights)


def early_stopping_other_mode(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """The modes are swapped: with "min" a smaller value is better (a loss), with "max" a larger
    one (an accuracy).
    """
    found = _trace(values, patience, min_delta, "max" if mode == "min" else "min")
    return _all_three(*found, restore_best_weights)


def early_stopping_max_from_zero(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """In mode "max" your best value began at 0, which negative values never beat. It begins with
    the value of epoch 0.
    """
    if mode == "min":
        return _all_three(*_trace(values, patience, min_delta, mode), restore_best_weights)
    last, best = _trace(np.append(0.0, values), patience + 1, min_delta, mode)
    return _all_three(last - 1, max(best - 1, 0), restore_best_weights)


def early_stopping_best_from_zero(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Your best value began at 0, and no positive loss is below 0. It begins with the value of
    epoch 0.
    """
    best_value, best, wait = 0, 0, 0
    for epoch in range(len(values)):
        wait += 1
        if _better(values[epoch], best_value, min_delta, mode):
            best_value, best, wait = values[epoch], epoch, 0
        elif wait >= patience:
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_best_from_zero_guarded(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Your best value began at 0, which no positive loss is below, so that there was no
    improvement. It begins with the value of epoch 0, which is not compared with anything.
    """
    best_value, best, wait = 0, 0, 0
    for epoch in range(len(values)):
        wait += 1
        if _better(values[epoch], best_value, min_delta, mode):
            best_value, best, wait = values[epoch], epoch, 0
        elif wait >= patience and epoch > 0:
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_best_from_zero_at_epoch_one(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """Your best value began at 0, so nothing was an improvement: no positive loss is below 0. Begin
    with the value of epoch 0.
    """
    best_value, best, wait = 0, 0, 0
    for epoch in range(1, len(values)):
        wait += 1
        if _better(values[epoch], best_value, min_delta, mode):
            best_value, best, wait = values[epoch], epoch, 0
        elif wait >= patience:
            break
    return _all_three(epoch, best, restore_best_weights)


def early_stopping_negates_in_place(
    values, patience, min_delta=0.0, mode="min", restore_best_weights=False
):
    """In mode "max" you changed the sign of the values in the caller's array, so that the next
    call saw them negated. Make a new one: `values = -values`.
    """
    if mode == "max":
        values *= -1
    return _all_three(*_trace(values, patience, min_delta, "min"), restore_best_weights)


def gd_filter_factors_exponential(s, eta, tau):
    """You took the exponential, which holds for infinitely short steps. Real steps multiply the
    distance by 1 - eta s each: take the power, which is exact.
    """
    return 1 - np.exp(-eta * s * tau)


def gd_filter_factors_what_is_left(s, eta, tau):
    """That is the part which is still missing: the distance to the solution. What has been reached
    is 1 minus it.
    """
    return (1 - eta * s) ** tau


def gd_filter_factors_sign(s, eta, tau):
    """The sign of your result is reversed: what has been reached is 1 minus the part that is
    left, and with s = 0 nothing is.
    """
    return (1 - eta * s) ** tau - 1


def gd_filter_factors_ridge(s, eta, tau):
    """That is ridge's factor, with the lambda of part 3. The two agree at small s alone; find the
    factor of gradient descent itself.
    """
    return s * eta * tau / (s * eta * tau + 1)


def gd_filter_factors_s_outside(s, eta, tau):
    """Your eigenvalue stands before the bracket. It belongs into the power: each direction has its
    own speed, 1 - eta s.
    """
    return s * (1 - (1 - eta) ** tau)


def gd_filter_factors_s_after_the_power(s, eta, tau):
    """Your power is that of 1 - eta, and s comes as a factor after it. It belongs inside, beside
    eta: 1 - eta s is what each step multiplies by.
    """
    return 1 - (1 - eta) ** tau * s


def gd_filter_factors_squared(s, eta, tau):
    """You squared s. These are eigenvalues of X'X/n, not singular values of X: they are squares
    already.
    """
    return 1 - (1 - eta * s**2) ** tau


def gd_filter_factors_square_root(s, eta, tau):
    """You took the square root of s. The eigenvalues of X'X/n enter as they are."""
    return 1 - (1 - eta * np.sqrt(s)) ** tau


def gd_filter_factors_one_step_short(s, eta, tau):
    """One step is missing: tau steps multiply the distance tau times, the first one included."""
    return 1 - (1 - eta * s) ** (tau - 1)


def gd_filter_factors_one_step_more(s, eta, tau):
    """There is one step too many: tau steps multiply the distance tau times."""
    return 1 - (1 - eta * s) ** (tau + 1)


def gd_filter_factors_one_step(s, eta, tau):
    """That is a single step. The distance is multiplied by 1 - eta s in each of tau steps."""
    return eta * s


def gd_filter_factors_from_the_solution(s, eta, tau):
    """All your factors are 1: you began at the solution, where nothing moves. Gradient descent
    begins at w = 0.
    """
    return np.ones_like(s)


def gd_filter_factors_absolute(s, eta, tau):
    """You took the absolute value of 1 - eta s. It may be negative: then the weights jump over the
    solution, and after an odd number of steps the factor is larger than 1.
    """
    return 1 - np.abs(1 - eta * s) ** tau


def gd_filter_factors_clipped(s, eta, tau):
    """You cut 1 - eta s off at 0. It may be negative: then the weights jump over the solution and
    come back.
    """
    return 1 - np.maximum(1 - eta * s, 0) ** tau


def gd_filter_factors_result_clipped(s, eta, tau):
    """You kept the factors between 0 and 1. Where 1 - eta s is negative and tau is odd, they are
    larger than 1: the weights have jumped over the solution.
    """
    return np.clip(1 - (1 - eta * s) ** tau, 0, 1)


def gd_filter_factors_first_order(s, eta, tau):
    """That is the factor to first order, for small s. As steps go on the distance shrinks, and so
    does what each step adds: the exact factor is a power.
    """
    return eta * s * tau


def gd_filter_factors_capped_line(s, eta, tau):
    """Your factor grows in a straight line up to 1. Each step adds less than the one before, since
    the distance has shrunk: the exact factor is a power.
    """
    return np.minimum(eta * s * tau, 1)


def gd_filter_factors_plus(s, eta, tau):
    """A sign is wrong: you have 1 + eta s, and the distance to the solution would grow. Each step
    multiplies it by 1 - eta s.
    """
    return 1 - (1 + eta * s) ** tau


def gd_filter_factors_times_tau(s, eta, tau):
    """You multiplied by tau. Each step multiplies the distance again, so tau steps make a power:
    `**`.
    """
    return 1 - (1 - eta * s) * tau


def gd_filter_factors_power_of_s(s, eta, tau):
    """Only s is raised to the power, since `**` binds before `*` and `-`. Put 1 - eta s into
    brackets.
    """
    return 1 - (1 - eta * s**tau)


def gd_filter_factors_power_of_product(s, eta, tau):
    """You raised eta s to the power. What each step multiplies by is 1 - eta s: put it into
    brackets before `**`.
    """
    return 1 - (1 - (eta * s) ** tau)


def gd_filter_factors_one_minus_power(s, eta, tau):
    """You raised eta s to the power and took it from 1. It is 1 - eta s that is raised; then take
    that from 1.
    """
    return 1 - (eta * s) ** tau


def gd_filter_factors_no_brackets(s, eta, tau):
    """Brackets are missing: `1 - 1 - eta * s ** tau` reads from left to right, and `**` binds
    first. It is (1 - eta s) that is raised to the power.
    """
    return 1 - 1 - eta * s**tau


def gd_filter_factors_without_eta(s, eta, tau):
    """The step size is missing: each step multiplies the distance by 1 - eta s, not by 1 - s."""
    return 1 - (1 - s) ** tau


def gd_filter_factors_without_s(s, eta, tau):
    """The eigenvalues are missing, so that all directions come equally far. Each has a speed of its
    own, 1 - eta s.
    """
    return 1 - (1 - eta) ** tau * np.ones_like(s)


def gd_filter_factors_keras_mse(s, eta, tau):
    """There is a factor 2 too many. It would be right for Keras' mse; here the loss has a half,
    which cancels the 2 of the derivative.
    """
    return 1 - (1 - 2 * eta * s) ** tau


def gd_filter_factors_half(s, eta, tau):
    """There is a half too many. That of the loss cancels the 2 of the derivative, so a step is eta
    s times the distance.
    """
    return 1 - (1 - eta * s / 2) ** tau


def gd_filter_factors_divided_by_n(s, eta, tau):
    """You divided by the number of entries. The eigenvalues are those of X'X/n already, so that
    nothing is left to divide by.
    """
    return 1 - (1 - eta * s / len(s)) ** tau


def gd_filter_factors_two_steps_in_one(s, eta, tau):
    """You squared the factor at the end. The part that is left is a power of 1 - eta s; the part
    that is reached is 1 minus it, and no more happens to it.
    """
    return (1 - (1 - eta * s) ** tau) ** 2


def gd_filter_factors_sum(s, eta, tau):
    """You added the factors up, which gives the effective number of parameters. Asked for is an
    array: one factor for each eigenvalue.
    """
    return np.sum(1 - (1 - eta * s) ** tau)


def gd_filter_factors_sorted(s, eta, tau):
    """The factors are right, but in another order. Keep that of s: each factor belongs to the
    eigenvalue in its place.
    """
    return 1 - (1 - eta * np.sort(s)[::-1]) ** tau


def gd_filter_factors_caret(s, eta, tau):
    """In Python the power is `**`. The sign `^` stands for something else, a comparison of bits,
    which floats don't have.
    """
    return 1 - (1 - eta * s) ^ tau


def gd_filter_factors_logarithm(s, eta, tau):
    """A NaN: you took the logarithm of 1 - eta s, and a negative number has none (`log` and `log1p`
    give NaN). Compute the power itself: `**` with the whole number tau.
    """
    return 1 - np.exp(tau * np.log(1 - eta * s))


def gd_filter_factors_math_log(s, eta, tau):
    """You took the logarithm of 1 - eta s with `math.log`. It may be negative, and a negative
    number has no logarithm. Compute the power itself: `**` with the whole number tau.
    """
    return [1 - math.exp(tau * math.log(1 - eta * value)) for value in s]


def gd_filter_factors_eta_in_the_exponent(s, eta, tau):
    """Your eta stands in the exponent. It belongs before s: each step multiplies by 1 - eta s. (And
    where 1 - s is negative, a power with a fraction in the exponent is NaN.)
    """
    return 1 - (1 - s) ** (eta * tau)


def gd_filter_factors_rounded(s, eta, tau):
    """You rounded the factors to whole numbers. They are shares: return them as they are."""
    return np.round(1 - (1 - eta * s) ** tau)


def gd_filter_factors_rounded_to_two_digits(s, eta, tau):
    """You rounded the factors to two digits. Return them as they are: whoever shows them may round
    them.
    """
    return np.round(1 - (1 - eta * s) ** tau, 2)


def gd_filter_factors_rounded_to_three_digits(s, eta, tau):
    """You rounded the factors to three digits. Return them as they are: whoever shows them may
    round them.
    """
    return np.round(1 - (1 - eta * s) ** tau, 3)


def gd_filter_factors_in_place(s, eta, tau):
    """You changed the eigenvalues in the caller's array (`s *= eta`), so that the next call got
    others. Write the product into a new name.
    """
    s *= eta
    return 1 - (1 - s) ** tau


def equivalent_lambda_without_eta(eta, tau):
    """The step size is missing: steps half as long need twice as many, so eta and tau enter as
    their product.
    """
    return 1 / tau


def equivalent_lambda_without_tau(eta, tau):
    """The number of steps is missing: the longer you train, the weaker the penalty. It is eta times
    tau that counts.
    """
    return 1 / (eta * np.ones_like(tau, dtype=float))


def equivalent_lambda_upside_down(eta, tau):
    """It is upside down: more steps regularize *less*, so lambda has to fall with eta tau."""
    return eta * tau


def equivalent_lambda_eta_over_tau(eta, tau):
    """Your lambda grows with eta. Longer steps reach further, as more steps do, so both belong
    below the line. (In Python `1 / tau * eta` is eta / tau: brackets are needed.)
    """
    return eta / tau


def equivalent_lambda_tau_over_eta(eta, tau):
    """Your lambda grows with tau. More steps regularize less, so tau belongs below the line, too.
    (In Python `1 / eta * tau` is tau / eta: brackets are needed.)
    """
    return tau / eta


def equivalent_lambda_keras_mse(eta, tau):
    """There is a factor 2 too many below the line. It would be right for Keras' mse; the loss here
    has a half, so that the factors start as eta tau s.
    """
    return 1 / (2 * eta * tau)


def equivalent_lambda_double(eta, tau):
    """Your lambda is twice what it should be. The halves of the loss and of the penalty cancel:
    set eta tau s equal to s / lambda, and nothing else.
    """
    return 2 / (eta * tau)


def equivalent_lambda_sign(eta, tau):
    """Your lambda is negative. The slopes at s = 0 are eta tau and 1 / lambda, both positive."""
    return -1 / (eta * tau)


def equivalent_lambda_one_step_more(eta, tau):
    """You counted one step too many: tau steps give the slope eta tau."""
    return 1 / (eta * (tau + 1))


def equivalent_lambda_one_step_short(eta, tau):
    """You counted one step too few: tau steps give the slope eta tau."""
    return 1 / (eta * (tau - 1))


def equivalent_lambda_sum(eta, tau):
    """You added eta and tau. They enter as a product: the slope of the factor at s = 0 is eta times
    tau.
    """
    return 1 / (eta + tau)


def equivalent_lambda_power(eta, tau):
    """You raised eta to the power tau. To first order in s the power has become a product: the
    slope is eta times tau.
    """
    return 1 / eta**tau


def equivalent_lambda_at_one(eta, tau):
    """You made the two factors equal at s = 1. We ask for agreement at small s, where they are eta
    tau s and s / lambda.
    """
    left = (1 - eta) ** tau
    return left / (1 - left)


def equivalent_lambda_square_root(eta, tau):
    """You took a square root. Nothing is squared here: solve eta tau s = s / lambda for lambda."""
    return 1 / np.sqrt(eta * tau)


def equivalent_lambda_squared(eta, tau):
    """You squared the product. Nothing is squared here: solve eta tau s = s / lambda for lambda."""
    return 1 / (eta * tau) ** 2


def equivalent_lambda_floor(eta, tau):
    """You rounded down: `//` divides without remainder, and `int` cuts off. Lambda is a float; use
    `/`.
    """
    return 1 // (eta * tau)


def equivalent_lambda_rounded_to_two_digits(eta, tau):
    """You rounded lambda to two digits. Return it as it is: a small lambda would become 0."""
    return np.round(1 / (eta * tau), 2)


def equivalent_lambda_rounded_to_three_digits(eta, tau):
    """You rounded lambda to three digits. Return it as it is: a small lambda would become 0."""
    return np.round(1 / (eta * tau), 3)


def equivalent_lambda_loops_over_tau(eta, tau):
    """Your code goes through tau in a loop, which a single number does not allow. tau may be one
    int: `1 / (eta * tau)` works for an int and for an array alike, without a loop.
    """
    return [1 / (eta * steps) for steps in tau]


def equivalent_lambda_length_of_tau(eta, tau):
    """Your code asks for the length of tau, and a single number has none. tau may be one int:
    division works for an int and for an array alike, without a loop.
    """
    return [1 / (eta * tau[i]) for i in range(len(tau))]


def equivalent_lambda_sum_over_tau(eta, tau):
    """For an array of steps you returned one number. Each number of steps has a lambda of its own,
    and division works on whole arrays.
    """
    return 1 / (eta * np.sum(tau))


def equivalent_lambda_first_tau(eta, tau):
    """For an array of steps you returned the lambda of one of them. Each number of steps has its
    own; is a `return` inside a loop?
    """
    return 1 / (eta * np.ravel(tau)[0])


def equivalent_lambda_one_number(eta, tau):
    """Your code asks for one number of steps, with `if` or `while`. For an array use operations
    that work on whole arrays, as `*` and `/` do.
    """
    if tau > 0:
        return 1 / (eta * tau)
    return np.inf


def _opt(val_losses):
    return np.minimum.accumulate(val_losses)


def generalization_loss_global_minimum(val_losses):
    """You compared with the smallest loss of the whole curve. At epoch t nobody knows it yet: take
    the smallest up to t, a running minimum.
    """
    return 100 * (val_losses / np.min(val_losses) - 1)


def generalization_loss_future_minimum(val_losses):
    """Your minimum runs over the epochs from t on. It has to run over those up to t, since the
    others have not been trained yet.
    """
    return 100 * (val_losses / np.minimum.accumulate(val_losses[::-1])[::-1] - 1)


def generalization_loss_previous_epoch(val_losses):
    """You compared each loss with the one before. Compare it with the smallest so far, or a slow
    rise will never look large.
    """
    before = np.append(val_losses[0], val_losses[:-1])
    return 100 * (val_losses / before - 1)


def generalization_loss_first_epoch(val_losses):
    """You compared with the loss of epoch 0. Compare with the smallest up to epoch t."""
    return 100 * (val_losses / val_losses[0] - 1)


def generalization_loss_fraction(val_losses):
    """The factor 100 is missing: the result is in per cent."""
    return val_losses / _opt(val_losses) - 1


def generalization_loss_ratio_in_per_cent(val_losses):
    """The 1 was not taken off: at a new best the result has to be 0, not 100."""
    return 100 * val_losses / _opt(val_losses)


def generalization_loss_ratio(val_losses):
    """This is the ratio alone. Take 1 off, so that a new best gives 0, and multiply by 100."""
    return val_losses / _opt(val_losses)


def generalization_loss_brackets(val_losses):
    """You multiplied by 100 before you took 1 off, so that a new best gives 99. Brackets: 100
    times (the ratio minus 1).
    """
    return 100 * val_losses / _opt(val_losses) - 1


def generalization_loss_difference(val_losses):
    """You took the difference of the losses. Divide it by the smallest so far: in per cent one
    threshold fits losses of every size.
    """
    return val_losses - _opt(val_losses)


def generalization_loss_difference_times_100(val_losses):
    """You multiplied the difference of the losses by 100. Per cent of what? Divide by the smallest
    so far.
    """
    return 100 * (val_losses - _opt(val_losses))


def generalization_loss_excludes_now(val_losses):
    """Your minimum leaves epoch t itself out, so a new best came out negative. It runs up to t, t
    included: at a new best the result is 0.
    """
    before = np.append(val_losses[0], _opt(val_losses)[:-1])
    return 100 * (val_losses / before - 1)


def generalization_loss_inverse(val_losses):
    """The ratio is upside down: the loss of epoch t belongs above the line, the smallest so far
    below it.
    """
    return 100 * (_opt(val_losses) / val_losses - 1)


def generalization_loss_share_of_current(val_losses):
    """You divided by the loss of epoch t. The rise is in per cent of the best, so divide by the
    smallest so far.
    """
    return 100 * (1 - _opt(val_losses) / val_losses)


def generalization_loss_sign(val_losses):
    """The sign is reversed: a loss above the best has to give a positive number."""
    return 100 * (1 - val_losses / _opt(val_losses))


def generalization_loss_maximum(val_losses):
    """You compared with the largest loss so far. The best loss is the smallest one."""
    return 100 * (val_losses / np.maximum.accumulate(val_losses) - 1)


def generalization_loss_mean(val_losses):
    """You compared with the mean of the losses so far. Compare with the smallest of them."""
    return 100 * (val_losses / (np.cumsum(val_losses) / np.arange(1, len(val_losses) + 1)) - 1)


def generalization_loss_log(val_losses):
    """You took the logarithm of the ratio. That is close for small rises only; Prechelt takes the
    ratio minus 1.
    """
    return 100 * np.log(val_losses / _opt(val_losses))


def generalization_loss_last(val_losses):
    """You returned the number of the last epoch alone. Asked for is an array, one number for each
    epoch.
    """
    return 100 * (val_losses[-1] / np.min(val_losses) - 1)


def generalization_loss_largest(val_losses):
    """You returned the largest number alone. Asked for is an array, one number for each epoch."""
    return np.max(100 * (val_losses / _opt(val_losses) - 1))


def generalization_loss_without_epoch_zero(val_losses):
    """Epoch 0 is missing. It is its own best, so the result begins with 0 and is as long as the
    losses.
    """
    return 100 * (val_losses / _opt(val_losses) - 1)[1:]


def generalization_loss_running_minimum(val_losses):
    """That is the smallest loss so far. Divide each loss by it, take 1 off and multiply by 100."""
    return _opt(val_losses)


def generalization_loss_rise_since_rise(val_losses):
    """Your best follows the losses up again: once a loss has risen, it is the one that you compare
    with. The best so far changes only when a loss is smaller.
    """
    result, best = np.zeros(len(val_losses)), val_losses[0]
    for t, loss in enumerate(val_losses):
        result[t] = 100 * (max(loss / best, 1) - 1)
        best = loss
    return result


def generalization_loss_no_copy(val_losses):
    """Every result is 0, as if each loss were the smallest so far. `best = val_losses` makes no
    copy: what is written into `best` (or with `out=val_losses`) changes the losses too. Use
    `val_losses.copy()`.
    """
    best = val_losses
    for t in range(len(best)):
        best[t] = min(val_losses[: t + 1])
    return 100 * (val_losses / best - 1)


def generalization_loss_floor(val_losses):
    """You rounded the ratio down: `//` divides without remainder. Use `/`."""
    return 100 * (val_losses // _opt(val_losses) - 1)


def generalization_loss_rounded(val_losses):
    """You rounded to whole per cent. Return the numbers as they are: whoever shows them may round
    them.
    """
    return np.round(100 * (val_losses / _opt(val_losses) - 1))


def generalization_loss_rounded_to_one_digit(val_losses):
    """You rounded to one digit. Return the numbers as they are: whoever shows them may round
    them.
    """
    return np.round(100 * (val_losses / _opt(val_losses) - 1), 1)


def generalization_loss_rounded_to_two_digits(val_losses):
    """You rounded to two digits. Return the numbers as they are: whoever shows them may round
    them.
    """
    return np.round(100 * (val_losses / _opt(val_losses) - 1), 2)


def generalization_loss_in_place(val_losses):
    """The numbers are right, but they stand in the caller's array, and the losses are lost. Write
    `val_losses / ...` into a new array, not `val_losses /= ...` or `val_losses[t] = ...`.
    """
    val_losses /= _opt(val_losses)
    val_losses -= 1
    val_losses *= 100
    return val_losses
