"""Keras is the oracle: replicas are replayed from the same first weights on the same batches.

Keras keeps its learning rate and its factors in float32 whatever the layers compute in. So rates
and factors here are powers of two, and Adam's betas are handed over as float64: with others the two
would differ by that rounding (a float32 beta_2 moves the first step by 1e-5), not by a mistake.
"""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.neural_network import MLPClassifier

from coursepkg import sweep
from coursepkg.datasets import Dataset
from coursepkg.proximal_optimizers import ProximalAdam, ProximalSGD
from coursepkg.sweep import randomness
from coursepkg.sweep.program import PARTS

N, P, EPOCHS, BATCH, SEED = 50, 6, 20, 16, 3  # the last batch holds 2 rows
UNITS = (9, 7)
RATE = 2.0**-6
BETAS = {"beta_1": np.float64(0.9), "beta_2": np.float64(0.999)}


pytestmark = pytest.mark.usefixtures("float64")


def make_data(task, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(90, P))
    score = x @ rng.normal(size=P) + rng.normal(size=90)
    y = np.digitize(score, [-1.0, 1.0]) if task == "classification" else score
    cut = slice(0, N), slice(N, 75), slice(75, 90)
    parts = [array[rows] for rows in cut for array in (x, y)]
    return Dataset(*parts, feature_names=("x",) * P, units=())


def settings_of(**kwargs):
    return {"restore_best_weights": False, "epochs": EPOCHS, "batch_size": BATCH} | kwargs


def fit(data, mlp, settings):
    """Two settings and two seeds at once; the replica to compare is the last."""
    mlp = sweep.MLP(units=UNITS, dtype="float64", **settings_of(**mlp))
    return mlp.fit(data, seeds=[1, SEED], learning_rate=[RATE / 2, RATE], **settings).isel(
        setting=1, seed=1
    )


def weights_of(run):
    layers = range(len(UNITS) + 1)
    return [run[f"{kind}_{i}"].to_numpy() for i in layers for kind in ("kernel", "bias")]


def build(data, optimizer, *, activation="relu", regularizer=None, model_type=keras.Sequential):
    labels = data.y_train.dtype.kind == "i"
    layers = [
        keras.layers.Dense(width, activation, kernel_regularizer=regularizer) for width in UNITS
    ]
    n_outputs = 3 if labels else 1
    last = keras.layers.Dense(n_outputs, kernel_regularizer=regularizer)
    model = model_type([keras.Input((P,)), *layers, last])
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss = cross_entropy if labels else "mse"
    model.compile(optimizer, loss)
    model.set_weights(randomness.initial_weights(SEED, (P, *UNITS, n_outputs)))
    return model


def replay(model, data, *, epochs=EPOCHS, **kwargs):
    order = randomness.batch_order(SEED, n_samples=N, epochs=epochs, batch_size=BATCH)
    lengths = [BATCH] * (N // BATCH) + [N % BATCH]

    def generate():
        for epoch in order:
            for rows, length in zip(epoch, lengths, strict=True):
                yield data.x_train[rows[:length]], data.y_train[rows[:length]]

    kwargs |= {"epochs": epochs, "steps_per_epoch": len(lengths), "shuffle": False, "verbose": 0}
    return model.fit(generate(), **kwargs)


def excluding_bias(optimizer):
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


L2 = 2.0**-5
CASES = {
    "sgd": ({"optimizer": "sgd"}, {}, lambda: keras.optimizers.SGD(RATE), None),
    "momentum": (
        {"optimizer": "sgd"},
        {"momentum": 0.75},
        lambda: keras.optimizers.SGD(RATE, 0.75),
        None,
    ),
    "adam": ({}, {}, lambda: keras.optimizers.Adam(RATE, **BETAS), None),
    "adamw": (
        {"optimizer": "adamw"},
        {"weight_decay": 0.25},
        lambda: excluding_bias(keras.optimizers.AdamW(RATE, **BETAS, weight_decay=0.25)),
        None,
    ),
    "adamw as Keras has it": (
        {"optimizer": "adamw"},
        {},
        lambda: excluding_bias(keras.optimizers.AdamW(RATE, **BETAS)),
        None,
    ),
    "decay with momentum": (
        {"optimizer": "sgd"},
        {"momentum": 0.5, "weight_decay": 0.25},
        lambda: excluding_bias(keras.optimizers.SGD(RATE, 0.5, weight_decay=0.25)),
        None,
    ),
    "l2": ({"optimizer": "sgd"}, {"l2": L2}, lambda: keras.optimizers.SGD(RATE), L2),
    "l2 with adam": ({}, {"l2": L2}, lambda: keras.optimizers.Adam(RATE, **BETAS), L2),
    "proximal adam": (
        {"optimizer": "proximal_adam"},
        {"l1": 2.0**-5},
        lambda: ProximalAdam(RATE, **BETAS, l1=2.0**-5),
        None,
    ),
    "proximal sgd": (
        {"optimizer": "proximal_sgd"},
        {"l1": 2.0**-4, "momentum": 0.75},
        lambda: ProximalSGD(RATE, 0.75, l1=2.0**-4),
        None,
    ),
    "proximal elastic net": (
        {"optimizer": "proximal_adam"},
        {"l1": 2.0**-6, "l2": 2.0**-8},
        lambda: ProximalAdam(RATE, **BETAS, l1=2.0**-6),
        2.0**-8,
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("task", "activation"), [("classification", "relu"), ("regression", "tanh")]
)
def test_twenty_epochs_end_where_keras_ends(case, task, activation):
    mlp, settings, optimizer, l2 = CASES[case]
    data = make_data(task)
    run = fit(data, mlp | {"activation": activation}, settings)
    regularizer = keras.regularizers.L2(l2) if l2 else None
    model = build(data, optimizer(), activation=activation, regularizer=regularizer)
    history = replay(model, data)
    for ours, theirs in zip(weights_of(run), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-8)
        np.testing.assert_array_equal(ours == 0, theirs == 0)
    if l2 is None:  # with a penalty Keras' log holds it, while the weights move
        np.testing.assert_allclose(run.running_loss, history.history["loss"], rtol=1e-5)
    if "l1" in settings:
        assert 0 < run.sparsity < 1


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_losses_and_penalty_are_what_keras_evaluates(task):
    data = make_data(task)
    run = fit(data, {}, {"l1": 2.0**-8, "l2": L2})
    model = build(data, "sgd", regularizer=keras.regularizers.L1L2(2.0**-8, L2))
    model.set_weights(weights_of(run))
    for part in ("train", "val", "test"):
        x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
        ours = run[f"{part}_loss"].to_numpy()
        ours = ours if part == "test" else ours[-1]
        theirs = model.evaluate(x, y, verbose=0)
        np.testing.assert_allclose(ours + run.penalty[-1], theirs, rtol=1e-6)  # logged in float32
        if task == "classification":
            accuracy = (model.predict(x, verbose=0).argmax(axis=1) == y).mean()
            ours = run[f"{part}_accuracy"].to_numpy()
            assert np.isclose(ours if part == "test" else ours[-1], accuracy)


def test_l1_follows_keras_until_signs_part():
    """At zero the subgradient jumps, and a rounding decides to which side: so few steps."""
    data = make_data("classification")
    run = fit(data, {"optimizer": "sgd", "epochs": 2}, {"l1": 2.0**-7})
    model = build(data, keras.optimizers.SGD(RATE), regularizer=keras.regularizers.L1(2.0**-7))
    replay(model, data, epochs=2)
    for ours, theirs in zip(weights_of(run), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-8)


class LossGradientPenalty(keras.Sequential):
    """A training step written by hand: loss plus factor times the mean squared input gradient."""

    factor = 0.5

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                rows = keras.losses.sparse_categorical_crossentropy(
                    y, self(x, training=True), from_logits=True
                )
            gradient = inner.gradient(rows, x)
            penalty = tf.reduce_mean(tf.reduce_sum(gradient**2, axis=1))
            total = tf.reduce_mean(rows) + self.factor * penalty
        variables = self.trainable_variables
        self.optimizer.apply(outer.gradient(total, variables), variables)
        return {"loss": total}


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_loss_gradient_penalty_follows_a_step_written_by_hand(activation):
    data = make_data("classification")
    settings = {"loss_gradient_penalty": LossGradientPenalty.factor}
    run = fit(data, {"activation": activation}, settings)
    model = build(
        data,
        keras.optimizers.Adam(RATE, **BETAS),
        activation=activation,
        model_type=LossGradientPenalty,
    )
    replay(model, data)
    for ours, theirs in zip(weights_of(run), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-8)
    assert run.penalty[-1] > 0


@pytest.mark.parametrize("case", ["momentum", "l2 with adam", "proximal adam"])
def test_one_output_is_keras_binary_cross_entropy(case):
    mlp, settings, optimizer, l2 = CASES[case]
    data = make_data("classification")
    two = {f"y_{part}": (getattr(data, f"y_{part}") > 0).astype(int) for part in PARTS}
    data = dataclasses.replace(data, **two)
    run = fit(data, mlp | {"activation": "tanh", "one_output": True}, settings)
    regularizer = keras.regularizers.L2(l2) if l2 else None
    layers = [keras.layers.Dense(w, "tanh", kernel_regularizer=regularizer) for w in UNITS]
    last = keras.layers.Dense(1, kernel_regularizer=regularizer)
    model = keras.Sequential([keras.Input((P,)), *layers, last])
    model.compile(optimizer(), keras.losses.BinaryCrossentropy(from_logits=True))
    model.set_weights(randomness.initial_weights(SEED, (P, *UNITS, 1)))
    replay(model, data)
    for ours, theirs in zip(weights_of(run), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-8)
    logits = model.predict(data.x_test, verbose=0)
    loss = np.logaddexp(0, logits[:, 0]) - data.y_test * logits[:, 0]
    np.testing.assert_allclose(run.test_loss, loss.mean(), atol=1e-8)
    assert run.test_accuracy == ((logits[:, 0] > 0) == data.y_test).mean()
    np.testing.assert_allclose(sweep.predict(run, data.x_test), logits, atol=1e-8)
    rebuilt = sweep.to_keras(run).predict(data.x_test, verbose=0)
    np.testing.assert_allclose(rebuilt, logits, atol=1e-8)


@pytest.mark.parametrize("restore", [False, True])
@pytest.mark.parametrize(("patience", "min_delta"), [(0, 0.0), (2, 0.0), (3, 2.0**-6), (40, 0.0)])
def test_early_stopping_stops_and_restores_as_keras_does(restore, patience, min_delta):
    data = make_data("regression", seed=1)
    rate = 2.0**-4  # fast enough to overfit, and to jump
    mlp = sweep.MLP(
        units=UNITS,
        dtype="float64",
        epochs=40,
        batch_size=BATCH,
        restore_best_weights=restore,
    )
    runs = mlp.fit(
        data, seeds=[1, SEED], patience=patience, min_delta=min_delta, learning_rate=rate
    )
    run = runs.isel(setting=0, seed=1)
    model = build(data, keras.optimizers.Adam(rate, **BETAS))
    callback = keras.callbacks.EarlyStopping(
        patience=patience, min_delta=min_delta, restore_best_weights=restore
    )
    history = replay(
        model, data, epochs=40, validation_data=(data.x_val, data.y_val), callbacks=[callback]
    )
    assert run.last_epoch + 1 == len(history.epoch)
    assert run.best_epoch == callback.best_epoch
    assert run.final_epoch == (callback.best_epoch if restore else history.epoch[-1])
    np.testing.assert_allclose(
        run.val_loss[: len(history.epoch)], history.history["val_loss"], rtol=1e-5
    )
    assert np.isnan(run.val_loss[len(history.epoch) :]).all()
    for ours, theirs in zip(weights_of(run), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-8)


class FedDropout(keras.layers.Layer):
    """Dropout whose masks come from outside, one for each step."""

    def __init__(self, masks, rate):
        super().__init__()
        self.masks, self.rate = tf.constant(masks), rate
        self.step = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False)

    def call(self, x, training=False):
        if not training:
            return x
        kept = tf.cast(self.masks[self.step.value], x.dtype)[: tf.shape(x)[0]]
        self.step.assign_add(1)
        return x * kept / (1 - self.rate)


def masks_of(layer, units, rate, n_steps):
    keys = tf.constant(randomness.dropout_key(SEED)[None])
    rates = tf.constant([rate], tf.float64)
    shape = (BATCH, units)
    draw = [
        randomness.keep_mask(keys, rates, tf.constant(step), layer=layer, shape=shape)[0].numpy()
        for step in range(n_steps)
    ]
    return np.stack(draw)


@pytest.mark.parametrize("penalty", [0.0, LossGradientPenalty.factor])
def test_dropout_fed_with_the_same_masks_is_keras_dropout(penalty):
    """Alone, and under a gradient penalty, whose gradient passes the same masks."""
    data = make_data("classification")
    run = fit(data, {}, {"rate": 0.5, "input_rate": 0.25, "loss_gradient_penalty": penalty})
    n_steps = EPOCHS * -(-N // BATCH)
    dense = [keras.layers.Dense(width, "relu") for width in UNITS]
    model = (LossGradientPenalty if penalty else keras.Sequential)(
        [
            keras.Input((P,)),
            FedDropout(masks_of(0, P, 0.25, n_steps), 0.25),
            dense[0],
            FedDropout(masks_of(1, UNITS[0], 0.5, n_steps), 0.5),
            dense[1],
            FedDropout(masks_of(2, UNITS[1], 0.5, n_steps), 0.5),
            keras.layers.Dense(3),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE, **BETAS), loss)
    start = randomness.initial_weights(SEED, (P, *UNITS, 3))
    for variable, value in zip(model.trainable_variables, start, strict=True):
        variable.assign(value)
    replay(model, data)
    for ours, theirs in zip(weights_of(run), model.trainable_variables, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=1e-8)


def test_l2_is_sklearns_alpha_over_twice_the_rows():
    """MLPClassifier adds alpha/2 times the squared weights, over the rows of the batch."""
    data = make_data("classification")
    mlp = sweep.MLP(units=UNITS, optimizer="sgd", batch_size=N, epochs=EPOCHS, dtype="float64")
    runs = mlp.fit(data, seeds=[1, SEED], learning_rate=0.1, l2=[0.0, 0.02], momentum=0.9)
    theirs = MLPClassifier(
        UNITS,
        solver="sgd",
        alpha=2 * N * 0.02,
        batch_size=N,
        learning_rate_init=0.1,
        momentum=0.9,
        nesterovs_momentum=False,
        random_state=0,
    )
    theirs.partial_fit(data.x_train, data.y_train, classes=range(3))
    parameters = [w for pair in zip(theirs.coefs_, theirs.intercepts_, strict=True) for w in pair]
    start = randomness.initial_weights(SEED, (P, *UNITS, 3))
    for parameter, value in zip(parameters, start, strict=True):
        parameter[...] = value
    for velocity in theirs._optimizer.velocities:
        velocity[...] = 0
    for _ in range(EPOCHS):
        theirs.partial_fit(data.x_train, data.y_train)
    run = runs.isel(setting=1, seed=1)
    for ours, parameter in zip(weights_of(run), parameters, strict=True):
        np.testing.assert_allclose(ours, parameter, rtol=0, atol=1e-8)


def test_keras_shuffles_alike_in_every_epoch_after_a_global_seed():
    """What the page on sweeps warns of; should Keras mend it, the page has to change."""
    seen = []

    class Watching(keras.Model):
        def train_step(self, data):
            tf.py_function(lambda x: seen.append(x.numpy().tolist()), [data[0]], [])
            return {"loss": 0.0}

    keras.utils.set_random_seed(0)
    model = Watching()
    model.compile("sgd", "mse")
    model.fit(np.arange(32.0)[:, None], np.zeros(32), batch_size=32, epochs=4, verbose=0)
    assert len(seen) == 4
    assert seen[0] != sorted(seen[0])
    assert seen[0] == seen[1] == seen[2] == seen[3]
