"""Oracles: central differences in float64, closed forms, and training loops written by hand."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursepkg import gradient_penalty as gp
from coursepkg._keras import keras, tf

pytestmark = pytest.mark.usefixtures("float64")

ops, layers = keras.ops, keras.layers
TIGHT = {"rtol": 1e-12, "atol": 1e-12}
CLOSE = {"rtol": 1e-6, "atol": 1e-6}


def randomised(model, seed=0, scale=0.6):
    """Give every weight, the biases too, a value that is nowhere special."""
    rng = np.random.default_rng(seed)
    model.set_weights([scale * rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def dense(outputs=1, activation="tanh"):
    hidden = [layers.Dense(5, activation), layers.Dense(4, "softplus")]
    return randomised(keras.Sequential([keras.Input((4,)), *hidden, layers.Dense(outputs)]))


def convolution(outputs=1):
    hidden = [layers.Conv2D(2, 2, activation="tanh"), layers.Flatten(), layers.Dense(3, "softplus")]
    return randomised(keras.Sequential([keras.Input((3, 4, 2)), *hidden, layers.Dense(outputs)]))


def linear(kernel, bias=0.0):
    """A linear model with the given kernel, of shape (in, out)."""
    kernel = np.asarray(kernel, dtype=float)
    model = keras.Sequential([keras.Input(kernel.shape[:1]), layers.Dense(kernel.shape[1])])
    model.set_weights([kernel, np.full(kernel.shape[1], bias)])
    return model


MODELS = {"dense": dense, "images": convolution}


def inputs_of(model, n=6, seed=1):
    return np.random.default_rng(seed).normal(size=(n, *model.input_shape[1:]))


def targets(n=6, seed=2):
    return np.random.default_rng(seed).normal(size=n)


def places(x):
    """For each feature in turn, its place, and an array like x with 1 there for all examples."""
    for index in np.ndindex(x.shape[1:]):
        place = (slice(None), *index)
        unit = np.zeros_like(x)
        unit[place] = 1.0
        yield place, unit


def slopes(function, x, h=1e-5):
    """Central differences of each example's value in its own features, shaped as x."""
    found = np.empty_like(x)
    for place, unit in places(x):
        found[place] = (function(x + h * unit) - function(x - h * unit)) / (2 * h)
    return found


def second_differences(function, x, h=3e-4):
    """Sum of the second differences of each example's value in its own features."""
    rises = [function(x + h * unit) + function(x - h * unit) for _, unit in places(x)]
    return (sum(rises) - 2 * len(rises) * function(x)) / h**2


def squares(gradient):
    return (gradient.reshape(len(gradient), -1) ** 2).sum(axis=1)


def output_of(model):
    return lambda x: model(x).numpy()[:, 0]


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def in_all_modes(function):
    return {
        "eager": function,
        "graph": tf.function(function),
        "xla": tf.function(function, jit_compile=True),
    }


def weight_gradient(penalty, model):
    with tf.GradientTape() as tape:
        value = penalty()
    return value, tape.gradient(value, model.trainable_variables)


# --- gradients and penalties against central differences ----------------------------------------


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_gradient_norms_and_penalty_are_central_differences(build):
    model = build()
    x = inputs_of(model)
    expected = slopes(output_of(model), x)
    np.testing.assert_allclose(gp.input_gradient(model, x), expected, **CLOSE)
    np.testing.assert_allclose(
        gp.input_gradient_norms(model, x), np.sqrt(squares(expected)), **CLOSE
    )
    np.testing.assert_allclose(
        gp.input_gradient_penalty(model, x), squares(expected).mean(), **CLOSE
    )


def mean_squared(y, outputs):
    return ((outputs - y.reshape(len(y), -1)) ** 2).mean(axis=1)


def cross_entropy(y, outputs):
    return -np.log(softmax(outputs)[np.arange(len(y)), y.ravel()])


def binary_cross_entropy(y, outputs):
    return (np.logaddexp(0, outputs) - y.reshape(-1, 1) * outputs)[:, 0]


LABELS = np.array([2, 0, 1, 1, 0, 2])
BINARY = np.array([0, 1, 1, 0, 1, 0])
SPARSE = keras.losses.SparseCategoricalCrossentropy
LOSSES = {
    "by name": ("mse", 1, targets(), mean_squared),
    "targets in a column": ("mse", 1, targets()[:, None], mean_squared),
    "several outputs": ("mean_squared_error", 3, np.random.default_rng(0).normal(size=(6, 3)),
                        mean_squared),
    "from logits": (SPARSE(from_logits=True), 3, LABELS, cross_entropy),
    "reduction ignored": (SPARSE(from_logits=True, reduction="sum"), 3, LABELS, cross_entropy),
    "labels in a column": (SPARSE(from_logits=True), 3, LABELS[:, None], cross_entropy),
    "two classes": (keras.losses.BinaryCrossentropy(from_logits=True), 1, BINARY,
                    binary_cross_entropy),
    "function": (lambda y, f: ops.sum((f - y) ** 2, axis=-1), 1, targets(), mean_squared),
}  # fmt: skip


@pytest.mark.parametrize("case", LOSSES)
def test_loss_gradient_penalty_is_central_differences(case):
    loss, outputs, y, formula = LOSSES[case]
    model = dense(outputs)
    x = inputs_of(model)
    expected = squares(slopes(lambda x: formula(y, model(x).numpy()), x)).mean()
    np.testing.assert_allclose(gp.loss_gradient_penalty(model, x, y, loss=loss), expected, **CLOSE)


def test_loss_gradient_penalty_of_images_and_of_probabilities():
    model = convolution(3)
    x = inputs_of(model)
    expected = squares(slopes(lambda x: cross_entropy(LABELS, model(x).numpy()), x)).mean()
    probabilities = keras.Sequential([model, layers.Softmax()])
    for judged, loss in (
        (model, SPARSE(from_logits=True)),
        (probabilities, "sparse_categorical_crossentropy"),
    ):
        penalty = gp.loss_gradient_penalty(judged, x, LABELS, loss=loss)
        np.testing.assert_allclose(penalty, expected, **CLOSE)


def test_losses_of_several_places_count_with_their_sum():
    model = randomised(keras.Sequential([keras.Input((4, 3)), layers.Conv1D(2, 2)]))
    x, y = inputs_of(model), np.random.default_rng(0).normal(size=(6, 3, 2))

    def losses(x):
        return ((model(x).numpy() - y) ** 2).mean(axis=2).sum(axis=1)

    expected = squares(slopes(losses, x)).mean()
    np.testing.assert_allclose(gp.loss_gradient_penalty(model, x, y, loss="mse"), expected, **CLOSE)


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_laplacian_and_noise_penalty_are_second_differences(build):
    model = build()
    x, y, f = inputs_of(model), targets(), output_of(model)
    expected = second_differences(f, x)
    np.testing.assert_allclose(gp.input_laplacian(model, x), expected, **CLOSE)
    rise = squares(slopes(f, x)) + (f(x) - y) * expected
    for shaped in (y, y[:, None]):
        penalty = gp.noise_penalty(model, x, shaped, sigma=0.3)
        np.testing.assert_allclose(penalty, 0.09 * rise.mean(), **CLOSE)


def test_laplacian_of_relu_units_is_zero():
    np.testing.assert_array_equal(gp.input_laplacian(linear(np.ones((4, 1))), np.ones((2, 4))), 0.0)
    relu = keras.Sequential([keras.Input((4,)), layers.Dense(3, "relu"), layers.Dense(1)])
    np.testing.assert_array_equal(gp.input_laplacian(relu, inputs_of(relu)), np.zeros(6))


PENALTIES = {
    "input": gp.input_gradient_penalty,
    "loss": lambda m, x: gp.loss_gradient_penalty(m, x, targets(), loss="mse"),
    "two-sided": gp.gradient_penalty,
    "one-sided": lambda m, x: gp.gradient_penalty(m, x, target=0.2, one_sided=True),
    "jacobian": gp.jacobian_norm,
    "projected": lambda m, x: gp.jacobian_norm(m, x, n_projections=2, seed=0),
    "noise": lambda m, x: gp.noise_penalty(m, x, targets(), sigma=0.5),
}


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("name", PENALTIES)
def test_derivatives_in_the_weights_are_central_differences(name, build):
    model = build()
    x, penalty, h = inputs_of(model), PENALTIES[name], 1e-5
    _, gradient = weight_gradient(lambda: penalty(model, x), model)
    start, rng = model.get_weights(), np.random.default_rng(3)
    for _ in range(2):  # directions across all weights
        direction = [rng.normal(size=w.shape) for w in start]
        ends = []
        for step in (h, -h):
            model.set_weights([w + step * d for w, d in zip(start, direction, strict=True)])
            ends.append(penalty(model, x).numpy())
        # The output's own bias moves no gradient: None, where differences find 0.
        along = sum((g.numpy() * d).sum() for g, d in zip(gradient, direction, strict=True)
                    if g is not None)  # fmt: skip
        np.testing.assert_allclose(along, (ends[0] - ends[1]) / (2 * h), **CLOSE)


def test_all_modes_agree_to_the_last_digits():
    model = dense()
    x = inputs_of(model)

    def everything():
        with tf.GradientTape(persistent=True) as tape:
            values = [penalty(model, x) for penalty in PENALTIES.values()]
        gradients = [tape.gradient(v, model.trainable_variables[:-1]) for v in values]
        return values, gradients, gp.input_laplacian(model, x), gp.input_gradient(model, x)

    modes = in_all_modes(everything)
    expected = tf.nest.flatten(modes.pop("eager")())
    for function in modes.values():
        for ours, theirs in zip(tf.nest.flatten(function()), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, **TIGHT)


def test_softmax_regression_has_a_closed_form():
    rng = np.random.default_rng(0)
    kernel, x = rng.normal(size=(4, 3)), rng.normal(size=(6, 4))
    gradient = (softmax(x @ kernel) - np.eye(3)[LABELS]) @ kernel.T
    model, loss = linear(kernel), SPARSE(from_logits=True)
    np.testing.assert_allclose(
        gp.loss_gradient_penalty(model, x, LABELS, loss=loss), squares(gradient).mean(), **TIGHT
    )
    attacked = gp.fgsm(model, x, LABELS, loss=loss, epsilon=0.1)
    np.testing.assert_allclose(attacked, x + 0.1 * np.sign(gradient), **TIGHT)


def test_fgsm_is_the_worst_change_of_a_linear_model():
    w = np.array([[1.0], [-2.0], [0.5]])
    x = np.zeros((1, 3))
    attacked = gp.fgsm(linear(w), x, [1.0], loss="mse", epsilon=0.25).numpy()
    np.testing.assert_array_equal(np.abs(attacked), 0.25)
    np.testing.assert_allclose(attacked @ w, [[-0.25 * np.abs(w).sum()]], **TIGHT)


def test_many_networks_at_once_are_each_their_own():
    rng = np.random.default_rng(0)
    kernels, x = rng.normal(size=(3, 4)), rng.normal(size=(3, 5, 4))

    def function(kernel):
        return lambda x: tf.math.sin(tf.einsum("...nd,...d->...n", x, tf.constant(kernel)))

    values, norms = gp.values_and_squared_norms(function(kernels), x)
    assert values.shape == norms.shape == (3, 5)
    for kernel, rows, value, norm in zip(kernels, x, values, norms, strict=True):
        one = gp.values_and_squared_norms(function(kernel), rows)
        np.testing.assert_allclose([value, norm], one, **TIGHT)
        closed = np.cos(rows @ kernel) ** 2 * (kernel**2).sum()
        np.testing.assert_allclose(norm, closed, **TIGHT)


def test_examples_without_features_have_a_slope_each():
    values, norms = gp.values_and_squared_norms(tf.square, tf.constant([1.0, -3.0]))
    assert (values.numpy().tolist(), norms.numpy().tolist()) == ([1.0, 9.0], [4.0, 36.0])


# --- a gradient of zero --------------------------------------------------------------------------


def test_a_zero_critic_has_exact_values_and_finite_derivatives():
    model = dense()
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    x = inputs_of(model)

    def step():
        two_sided = weight_gradient(lambda: gp.gradient_penalty(model, x), model)
        one_sided = weight_gradient(lambda: gp.gradient_penalty(model, x, one_sided=True), model)
        return gp.input_gradient_norms(model, x), two_sided, one_sided

    for function in in_all_modes(step).values():
        norms, *both = function()
        np.testing.assert_array_equal(norms, np.zeros(6))
        for (penalty, gradients), value in zip(both, (1.0, 0.0), strict=True):
            assert penalty.numpy() == value
            for gradient in gradients[:-1]:  # None of the last bias, which moves no gradient
                np.testing.assert_array_equal(gradient, np.zeros(gradient.shape))


def test_one_example_without_a_gradient_leaves_those_of_the_others():
    relu = keras.Sequential([keras.Input((1,)), layers.Dense(1, "relu", kernel_initializer="ones")])
    x = np.array([[-1.0], [2.0]])
    penalty, (in_kernel, _) = weight_gradient(
        lambda: gp.gradient_penalty(relu, x, target=0.5), relu
    )
    assert penalty.numpy() == 0.25
    np.testing.assert_allclose(in_kernel, [[0.5]], **TIGHT)  # of ((|w| - 0.5)² + 0.5²) / 2


def test_a_gradient_that_is_no_number_is_not_taken_for_zero():
    model = linear([[np.nan], [1.0]])
    assert np.isnan(gp.input_gradient_norms(model, np.ones((1, 2)))).all()


# --- pitfalls, each with the wrong way beside it -------------------------------------------------


def test_pitfall_one_norm_for_the_whole_batch():
    model = dense()
    one = inputs_of(model, n=1)
    many = np.repeat(one, 64, axis=0)
    whole = [np.linalg.norm(gp.input_gradient(model, x)) for x in (one, many)]
    np.testing.assert_allclose(whole[1], 8 * whole[0], **TIGHT)  # the wrong way
    norms = [gp.input_gradient_norms(model, x) for x in (one, many)]
    np.testing.assert_allclose(norms[1], np.repeat(norms[0], 64), **TIGHT)
    penalties = [gp.gradient_penalty(model, x) for x in (one, many)]
    np.testing.assert_allclose(*penalties, **TIGHT)


def test_pitfall_the_mean_before_the_inner_gradient():
    model = dense()
    x = tf.constant(inputs_of(model))
    with tf.GradientTape() as tape:
        tape.watch(x)
        mean = tf.reduce_mean(model(x))
    np.testing.assert_allclose(tape.gradient(mean, x), gp.input_gradient(model, x) / 6, **TIGHT)


def test_pitfall_a_root_at_zero():
    model = linear(np.zeros((2, 1)))
    x = tf.ones((3, 2), "float64")

    def wrong():
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = model(x)
        return tf.reduce_mean(tf.sqrt(tf.reduce_sum(tape.gradient(output, x) ** 2, axis=1)))

    def right():
        return tf.reduce_mean(gp.input_gradient_norms(model, x))

    assert np.isnan(weight_gradient(wrong, model)[1][0]).all()
    np.testing.assert_array_equal(weight_gradient(right, model)[1][0], np.zeros((2, 1)))


def test_pitfall_the_norm_over_the_last_axis_of_an_image():
    model = convolution()
    x = inputs_of(model)
    gradient = gp.input_gradient(model, x).numpy()
    assert np.linalg.norm(gradient, axis=-1).shape == (6, 3, 4)  # the wrong way
    norms = gp.input_gradient_norms(model, x)
    np.testing.assert_allclose(norms, np.linalg.norm(gradient.reshape(6, -1), axis=1), **TIGHT)


def slopes_one_by_one(model, x, **kwargs):
    """Move one example at a time: differences of its own output, and of the sum of all outputs."""
    own, of_sum = np.empty_like(x), np.empty_like(x)
    for i in range(len(x)):

        def outputs(rows, i=i):
            mixed = x.copy()
            mixed[i] = rows[i]
            return model(mixed, **kwargs).numpy()[:, 0]

        found = slopes(outputs, x)
        own[i], of_sum[i] = found[i], found.sum(axis=0)
    return own, of_sum


@pytest.mark.parametrize(
    ("normalization", "training", "own"),
    [
        (layers.BatchNormalization, True, False),
        (layers.BatchNormalization, False, True),
        (layers.LayerNormalization, True, True),
        (layers.GroupNormalization, True, True),
    ],
)
def test_pitfall_batch_normalization_couples_examples(normalization, training, own):
    layer = normalization(**({"groups": 1} if normalization is layers.GroupNormalization else {}))
    hidden = [layers.Dense(5, "tanh"), layer, layers.Dense(1)]
    model = randomised(keras.Sequential([keras.Input((3,)), *hidden]))
    model.set_weights([np.abs(w) for w in model.get_weights()])  # a moving variance is positive
    x = inputs_of(model)
    gradient = gp.input_gradient(model, x, training=training)
    of_own, of_sum = slopes_one_by_one(model, x, training=training)
    np.testing.assert_allclose(gradient, of_sum, **CLOSE)
    if own:
        np.testing.assert_allclose(gradient, of_own, **CLOSE)
    else:
        assert np.abs(gradient - of_own).max() > 0.01


# --- GradientPenaltyModel ------------------------------------------------------------------------

N, BATCH, EPOCHS, LAM = 21, 8, 2, 0.5  # the last batch holds 5 rows
RATE = 2.0**-5


def make_inner(of, *, rate=0.25, images=False):
    """The same network in every call, dropout masks included."""
    keras.utils.set_random_seed(0)
    parts = [layers.Conv2D(2, 2, activation="tanh"), layers.Flatten()] if images else []
    parts += [layers.Dense(6, "tanh", kernel_regularizer="l2"), layers.Dropout(rate)]
    shape = (3, 4, 2) if images else (4,)
    return keras.Sequential([keras.Input(shape), *parts, layers.Dense(3 if of == "loss" else 1)])


def make_rows(of, *, images=False, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, 3, 4, 2) if images else (N, 4))
    return x, rng.integers(0, 3, N) if of == "loss" else rng.normal(size=N)


def make_optimizer(name):
    return {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}[name](RATE)


def make_wrapped(of, optimizer="adam", *, lam=LAM, inner=None, **options):
    wrapped = gp.GradientPenaltyModel(inner or make_inner(of), lam=lam, of=of)
    loss = SPARSE(from_logits=True) if of == "loss" else "mse"
    wrapped.compile(make_optimizer(optimizer), loss, **(options or EAGERLY))
    return wrapped


class Record(keras.callbacks.Callback):
    """Keeps the weights after every step."""

    def on_train_begin(self, logs=None):
        self.steps = []

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(self.model.get_weights())


def fit(model, x, y, *, epochs=EPOCHS, **options):
    """Train without shuffling; return the weights after every step, and the log."""
    record = Record()
    options = {"batch_size": BATCH, "shuffle": False, "verbose": 0} | options
    log = model.fit(x, y, epochs=epochs, callbacks=[record], **options).history
    return record.steps, log


def row_losses(of, y, outputs):
    if of == "loss":
        return tf.nn.sparse_softmax_cross_entropy_with_logits(y, outputs)
    return tf.square(outputs[:, 0] - y)


def by_hand(of, optimizer, x, y, share=None, *, inner):
    """The training that ``fit`` has to do, written out; weights after every step, and the log."""
    optimizer, steps, log = make_optimizer(optimizer), [], []
    share = np.ones(N) if share is None else share
    for start in list(range(0, N, BATCH)) * EPOCHS:
        rows = slice(start, start + BATCH)
        x_rows, weights = tf.constant(x[rows]), tf.constant(share[rows])
        with tf.GradientTape() as outer:
            with tf.GradientTape() as tape:
                tape.watch(x_rows)
                outputs = inner(x_rows, training=True)
                losses = row_losses(of, y[rows], outputs)
                total = tf.reduce_sum(losses if of == "loss" else outputs)
            axes = list(range(1, x.ndim))
            norms = tf.reduce_sum(tape.gradient(total, x_rows) ** 2, axis=axes)
            loss = tf.reduce_mean(weights * losses) + sum(inner.losses)
            penalty = tf.reduce_mean(weights * norms)
            objective = loss + LAM * penalty
        variables = inner.trainable_variables
        optimizer.apply(outer.gradient(objective, variables), variables)
        steps.append(inner.get_weights())
        log.append([len(x_rows), loss.numpy(), penalty.numpy()])
    lengths, *columns = np.array(log).reshape(EPOCHS, -1, 3).transpose(2, 0, 1)
    means = [np.average(column, axis=1, weights=lengths) for column in columns]
    return steps, dict(zip(("loss", "gradient_penalty"), means, strict=True))


def assert_same_steps(ours, theirs, **tolerance):
    assert len(ours) == len(theirs) == EPOCHS * -(-N // BATCH)
    for a, b in zip(ours, theirs, strict=True):
        for ours_after, theirs_after in zip(a, b, strict=True):
            np.testing.assert_allclose(ours_after, theirs_after, **(tolerance or TIGHT))


EAGERLY, GRAPH, XLA = {"run_eagerly": True}, {"jit_compile": False}, {"jit_compile": True}
CASES = {
    "loss, sgd": ("loss", "sgd", GRAPH),
    "loss, adam": ("loss", "adam", EAGERLY),
    "loss, adam, xla": ("loss", "adam", XLA),
    "output, sgd": ("output", "sgd", EAGERLY),
    "output, adam": ("output", "adam", GRAPH),
    "output, sgd, xla": ("output", "sgd", XLA),
}


@pytest.mark.parametrize("case", CASES)
def test_fit_takes_the_steps_written_by_hand(case):
    """With dropout, whose masks must be the same for loss and penalty; and with L2."""
    of, optimizer, options = CASES[case]
    rate = 0.0 if options is XLA else 0.25  # XLA draws other masks from the same seeds
    x, y = make_rows(of)
    wrapped = make_wrapped(of, optimizer, inner=make_inner(of, rate=rate), **options)
    steps, log = fit(wrapped, x, y)
    expected, expected_log = by_hand(of, optimizer, x, y, inner=make_inner(of, rate=rate))
    assert_same_steps(steps, expected, rtol=1e-10, atol=1e-10)
    assert set(log) == set(expected_log)
    for name, values in expected_log.items():
        np.testing.assert_allclose(log[name], values, rtol=1e-6)  # metrics are kept in float32


def test_fit_on_images_and_with_sample_weights():
    of, (x, y) = "loss", make_rows("loss", images=True)
    share = np.random.default_rng(1).uniform(0, 2, N)
    wrapped = make_wrapped(of, "sgd", inner=make_inner(of, images=True))
    steps, log = fit(wrapped, x, y, sample_weight=share)
    inner = make_inner(of, images=True)
    expected, expected_log = by_hand(of, "sgd", x, y, share, inner=inner)
    assert_same_steps(steps, expected, rtol=1e-10, atol=1e-10)
    for name, values in expected_log.items():
        np.testing.assert_allclose(log[name], values, rtol=1e-6)


def test_without_lambda_fit_is_that_of_keras():
    """Dropout's masks, too: a second forward pass would draw other ones."""
    x, y = make_rows("loss")
    options = {"metrics": ["accuracy"], "steps_per_execution": 2} | GRAPH
    wrapped = make_wrapped("loss", lam=0.0, **options)
    plain = make_inner("loss")
    plain.compile(make_optimizer("adam"), SPARSE(from_logits=True), **options)
    logs = []
    for model in (wrapped, plain):
        keras.utils.set_random_seed(1)
        log = model.fit(x, y, batch_size=BATCH, epochs=3, validation_data=(x, y), verbose=0).history
        logs.append(log)
    for ours, theirs in zip(wrapped.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, **TIGHT)
    assert set(logs[0]) == {*logs[1], "gradient_penalty"}
    for name, values in logs[1].items():
        np.testing.assert_allclose(logs[0][name], values, rtol=1e-6)


def test_evaluate_and_predict_are_those_of_the_wrapped_model():
    x, y = make_rows("loss")
    wrapped = make_wrapped("loss", metrics=["accuracy"], **EAGERLY)
    _, log = fit(wrapped, x, y, validation_data=(x, y))
    plain = wrapped.model
    plain.compile("sgd", SPARSE(from_logits=True), metrics=["accuracy"], **EAGERLY)
    expected = plain.evaluate(x, y, verbose=0, return_dict=True)
    assert wrapped.evaluate(x, y, verbose=0, return_dict=True) == pytest.approx(expected)
    assert wrapped.evaluate(x, y, verbose=0) == pytest.approx(plain.evaluate(x, y, verbose=0))
    assert {name: values[-1] for name, values in log.items() if name.startswith("val_")} == (
        pytest.approx({f"val_{name}": value for name, value in expected.items()})
    )
    np.testing.assert_array_equal(wrapped.predict(x, verbose=0), plain.predict(x, verbose=0))


def test_a_saved_model_goes_on_training_as_if_nothing_had_happened(tmp_path):
    """Without dropout, since Keras does not save where the drawing of masks has got to."""
    x, y = make_rows("output")
    whole, halves = (make_wrapped("output", inner=make_inner("output", rate=0)) for _ in range(2))
    steps, _ = fit(whole, x, y, epochs=2 * EPOCHS)
    fit(halves, x, y)
    halves.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert (type(loaded), loaded.lam, loaded.of) == (gp.GradientPenaltyModel, LAM, "output")
    rest, _ = fit(loaded, x, y)
    assert_same_steps(rest, steps[len(rest) :])


def test_a_model_is_what_its_config_says_and_built_from_the_start(tmp_path):
    wrapped = gp.GradientPenaltyModel(make_inner("output"), lam=0.25, of="output", name="smooth")
    again = gp.GradientPenaltyModel.from_config(wrapped.get_config())
    assert again.get_config() == wrapped.get_config()
    assert (again.name, again.lam, again.of) == ("smooth", 0.25, "output")
    wrapped.save(tmp_path / "model.keras")  # Keras warns where there may be no weights yet
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for ours, theirs in zip(loaded.get_weights(), wrapped.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_inputs_of_another_precision_than_the_loss_are_no_obstacle():
    x, y = make_rows("loss")
    rows = tf.data.Dataset.from_tensor_slices((x.astype("float32"), y)).batch(BATCH)
    steps, _ = fit(make_wrapped("loss"), rows, None, batch_size=None)
    expected, _ = by_hand("loss", "adam", x, y, inner=make_inner("loss"))
    assert_same_steps(steps, expected, rtol=0, atol=1e-4)


def with_normalization(layer):
    block = keras.Sequential([layers.Dense(3), layer])
    return keras.Sequential([keras.Input((4,)), block, layers.Dense(3)])


def test_batch_normalization_is_refused_while_it_learns():
    message = (
        "couples the examples .* use LayerNormalization or GroupNormalization, or freeze it. "
        r"Received: trainable layer 'batch_normalization"
    )
    layer = layers.BatchNormalization()
    with pytest.raises(ValueError, match=message):
        make_wrapped("loss", inner=with_normalization(layer))
    layer.trainable = False
    frozen = with_normalization(layer)
    x, y = make_rows("loss")
    fit(make_wrapped("loss", inner=frozen), x, y, epochs=1)
    wrapped = make_wrapped("loss", inner=frozen)
    layer.trainable = True
    with pytest.raises(ValueError, match=message):
        fit(wrapped, x, y)


# --- noise on the inputs -------------------------------------------------------------------------


def test_noise_adds_what_bishop_says_and_not_the_gradient_term_alone():
    model, sigma, n_draws = dense(), 0.05, 3000
    x, y = inputs_of(model, n=16), targets(16)  # the model knows nothing of y: no optimum
    noise = sigma * np.random.default_rng(0).normal(size=(n_draws, *x.shape))

    def error(x):
        outputs = model(x.reshape(-1, 4)).numpy().reshape(-1, 16)
        return ((outputs - y) ** 2).mean(axis=1)

    # A draw and its opposite: what is linear in the noise, and averages to 0, drops out at once.
    rises = (error(x + noise) + error(x - noise)) / 2 - error(x)
    mean, standard_error = rises.mean(), rises.std(ddof=1) / np.sqrt(n_draws)
    predicted = gp.noise_penalty(model, x, y, sigma=sigma).numpy()
    gradient_term = sigma**2 * gp.input_gradient_penalty(model, x).numpy()
    assert abs(mean - predicted) < 4 * standard_error
    assert abs(mean - gradient_term) > 20 * standard_error


def test_noise_on_a_linear_model_adds_sigma_squared_times_the_squared_weights():
    w = np.array([[1.0], [-2.0], [0.5]])
    x, y = np.random.default_rng(0).normal(size=(7, 3)), np.arange(7.0)
    penalty = gp.noise_penalty(linear(w, bias=0.3), x, y, sigma=3.0)
    np.testing.assert_allclose(penalty, 9.0 * (w**2).sum(), **TIGHT)


# --- Jacobian ------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_the_exact_jacobian_norm_is_a_sum_over_outputs(build):
    model = build(3)
    x = inputs_of(model)
    each = [squares(slopes(lambda x, k=k: model(x).numpy()[:, k], x)) for k in range(3)]
    np.testing.assert_allclose(gp.jacobian_norm(model, x), sum(each).mean(), **CLOSE)


def estimates(model, x, n_projections=1, n_seeds=30):
    options = {"n_projections": n_projections}
    return np.array([gp.jacobian_norm(model, x, seed=s, **options) for s in range(n_seeds)])


@pytest.mark.parametrize("n_projections", [1, 3])
def test_random_projections_estimate_it_without_bias(n_projections):
    model = dense(5)
    x = inputs_of(model, n=200)
    found = estimates(model, x, n_projections)
    standard_error = found.std(ddof=1) / np.sqrt(len(found))
    exact = gp.jacobian_norm(model, x).numpy()
    assert abs(found.mean() - exact) < 4 * standard_error
    assert standard_error < 0.02 * exact


def test_each_example_has_directions_of_its_own():
    model = dense(5)
    one = inputs_of(model, n=1)
    alone, many = (estimates(model, np.repeat(one, n, axis=0)).var(ddof=1) for n in (1, 400))
    assert many < 0.1 * alone  # 1 / 400 is expected, and 1 with common directions


def test_with_one_output_every_projection_is_exact():
    model = dense(1)
    x = inputs_of(model)
    expected = gp.input_gradient_penalty(model, x)
    for n_projections in (None, 1, 4):
        found = gp.jacobian_norm(model, x, n_projections=n_projections)
        np.testing.assert_allclose(found, expected, **TIGHT)


def test_seeds_decide_whether_directions_are_drawn_anew():
    model = dense(3)
    x = inputs_of(model)
    for seed, fresh in ((7, False), (None, True), (keras.random.SeedGenerator(7), True)):
        draw = tf.function(lambda s=seed: gp.jacobian_norm(model, x, n_projections=1, seed=s))
        assert (draw().numpy() != draw().numpy()) == fresh


# --- Wasserstein critics -------------------------------------------------------------------------


@pytest.mark.parametrize("target", [0.0, 1.0])
@pytest.mark.parametrize(("shift", "lam"), [(3.0, 10.0), (3.0, 1.0), (0.5, 4.0)])
def test_critic_slope_is_the_best_on_a_grid(shift, lam, target):
    grid = np.linspace(-8, 8, 1_600_001)
    best = grid[np.argmax(grid * shift - lam * (np.abs(grid) - target) ** 2)]
    assert gp.critic_slope(shift, lam=lam, target=target) == pytest.approx(best, abs=1e-5)


def test_slopes_and_gaps_of_the_book():
    slopes = [gp.critic_slope(3.0, lam=lam) for lam in (10.0, 1.0)]
    assert slopes == pytest.approx([1.15, 2.5])
    assert [3.0 * slope for slope in slopes] == pytest.approx([3.45, 7.5])


def ascend(start, *, lam, one_sided, shift=3.0, steps=150):
    """Train a linear critic by gradient ascent; return its slope."""
    critic = linear([[start]])
    rng = np.random.default_rng(0)
    fake = rng.normal(size=(8, 1))
    real = fake + shift
    x = gp.random_interpolates(real, fake, rng=rng)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            gap = tf.reduce_mean(critic(real)) - tf.reduce_mean(critic(fake))
            gain = gap - lam * gp.gradient_penalty(critic, x, one_sided=one_sided)
        kernel = critic.trainable_variables[0]
        kernel.assign_add(tape.gradient(gain, kernel.value) / (4 * lam))

    for _ in range(steps):
        step()
    return critic.get_weights()[0].item()


@pytest.mark.parametrize("start", [-1.0, -0.3])
@pytest.mark.parametrize(
    ("lam", "one_sided", "slope"),
    [(10.0, False, -0.85), (10.0, True, 1.15), (1.0, False, 2.5), (1.0, True, 2.5)],
)
def test_a_strong_two_sided_penalty_holds_a_critic_on_the_wrong_side(start, lam, one_sided, slope):
    assert ascend(start, lam=lam, one_sided=one_sided) == pytest.approx(slope, abs=1e-9)


def test_with_target_zero_both_sides_are_the_input_gradient_penalty():
    model = dense()
    x = inputs_of(model)
    expected = gp.input_gradient_penalty(model, x)
    for one_sided in (False, True):
        found = gp.gradient_penalty(model, x, target=0.0, one_sided=one_sided)
        np.testing.assert_allclose(found, expected, **TIGHT)


def test_one_sided_costs_nothing_below_the_target():
    model = linear([[0.3], [0.4]])  # a norm of 0.5
    x = np.ones((3, 2))
    assert gp.gradient_penalty(model, x, target=0.75, one_sided=True).numpy() == 0.0
    for one_sided in (False, True):
        found = gp.gradient_penalty(model, x, target=0.25, one_sided=one_sided)
        np.testing.assert_allclose(found, 0.0625, **TIGHT)
    np.testing.assert_allclose(gp.gradient_penalty(model, x, target=0.75), 0.0625, **TIGHT)


def test_random_interpolates_lie_evenly_between_their_pair():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 4000, 2, 3))
    points = gp.random_interpolates(real, fake, rng=np.random.default_rng(1))
    u = ((points - fake) / (real - fake)).reshape(4000, -1)
    np.testing.assert_allclose(u, u[:, :1] * np.ones(6), rtol=0, atol=1e-9)  # one for the image
    assert 0 <= u.min() <= u.max() <= 1
    assert abs(u[:, 0].mean() - 1 / 2) < 4 * np.sqrt(1 / 12 / 4000)
    assert abs((u[:, 0] ** 2).mean() - 1 / 3) < 4 * np.sqrt(4 / 45 / 4000)
    again = gp.random_interpolates(real, fake, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(points, again)


# --- gradient norm in the parameters -------------------------------------------------------------


def quadratic(seed=0):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(4, 4))
    return root @ root.T, rng.normal(size=4), rng.normal(size=4)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kind", [np.asarray, tf.constant, tf.Variable, keras.Variable])
def test_of_a_quadratic_the_update_is_the_exact_gradient(kind, alpha):
    """Of L + αr‖∇L‖ with L = ½ θ'Aθ - b'θ; α = 0 and 1 are the plain step and SAM's."""
    a, b, theta = quadratic()

    def gradient(t):
        return tf.linalg.matvec(a, t) - b if tf.is_tensor(t) else a @ t - b

    g = a @ theta - b
    expected = g + alpha * 0.7 * a @ g / np.linalg.norm(g)
    found = gp.gradient_norm_update(gradient, kind(theta), r=0.7, alpha=alpha)
    np.testing.assert_allclose(found, expected, **TIGHT)
    assert isinstance(found, np.ndarray) == (kind is np.asarray)
    if alpha == 1.0:
        np.testing.assert_allclose(found, gradient(theta + 0.7 * g / np.linalg.norm(g)), **TIGHT)


def test_otherwise_the_error_falls_in_proportion_to_the_step_uphill():
    """With λ = αr held, against the gradient of L + λ‖∇L‖ by two tapes; θ is a matrix here."""
    theta, lam = tf.constant([[0.5, -1.0], [0.2, 0.8]], "float64"), 0.01

    def loss(t):
        return tf.reduce_sum(tf.math.log(tf.math.cosh(2.0 * t)) + t**4)

    def gradient(t):
        with tf.GradientTape() as tape:
            tape.watch(t)
            value = loss(t)
        return tape.gradient(value, t)

    with tf.GradientTape() as tape:
        tape.watch(theta)
        penalised = loss(theta) + lam * tf.norm(gradient(theta))
    exact = tape.gradient(penalised, theta)
    errors = [
        np.linalg.norm(gp.gradient_norm_update(gradient, theta, r=r, alpha=lam / r) - exact)
        for r in (0.08, 0.04, 0.02, 0.01)
    ]
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 2.0, rtol=0.15)


def test_where_the_gradient_is_zero_so_is_the_update():
    def gradient(t):
        return 2.0 * t

    for theta in (np.zeros(3), tf.zeros(3, "float64")):
        update = gp.gradient_norm_update(gradient, theta, r=0.5, alpha=0.5)
        np.testing.assert_array_equal(update, np.zeros(3))
    compiled = tf.function(lambda t: gp.gradient_norm_update(gradient, t, r=0.5, alpha=0.5))
    np.testing.assert_array_equal(compiled(tf.zeros(3, "float64")), np.zeros(3))
    np.testing.assert_allclose(compiled(tf.ones(1, "float64")), [2.5], **TIGHT)


# --- properties ----------------------------------------------------------------------------------


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(factor=st.floats(-20, 20), seed=st.integers(0, 99), outputs=st.sampled_from([1, 2]))
def test_penalties_are_non_negative_homogeneous_and_blind_to_order(factor, seed, outputs):
    rng = np.random.default_rng(seed)
    kernel, x = rng.normal(size=(3, outputs)), rng.normal(size=(5, 3))

    def times(factor):
        return lambda x, training: factor * tf.math.sin(x @ kernel)

    value = gp.jacobian_norm(times(1.0), x).numpy()
    assert value >= 0
    # The square of a tiny factor is too small for a normal number, and TensorFlow makes it 0.
    scaled = gp.jacobian_norm(times(factor), x)
    np.testing.assert_allclose(scaled, factor**2 * value, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(gp.jacobian_norm(times(1.0), rng.permutation(x)), value, rtol=1e-9)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(factor=st.floats(-20, 20), seed=st.integers(0, 99))
def test_norms_scale_with_the_output_and_follow_their_examples(factor, seed):
    rng = np.random.default_rng(seed)
    kernel, x = rng.normal(size=(3, 1)), rng.normal(size=(5, 3))
    model = linear(kernel)

    def bent(x, training):
        return factor * tf.math.sin(model(x))

    norms = gp.input_gradient_norms(bent, x).numpy()
    plain = np.abs(np.cos(x @ kernel)[:, 0]) * np.linalg.norm(kernel)
    np.testing.assert_allclose(norms, abs(factor) * plain, rtol=1e-9, atol=1e-150)
    order = rng.permutation(5)
    np.testing.assert_allclose(gp.input_gradient_norms(bent, x[order]), norms[order], rtol=1e-9)


# --- bad input -----------------------------------------------------------------------------------

X = np.ones((2, 4))


def tokens():
    embedding = [layers.Embedding(5, 2), layers.Flatten(), layers.Dense(1)]
    return keras.Sequential([keras.Input((4,)), *embedding])


def fit_once(of, x, inner, y=None, loss="mse"):
    model = gp.GradientPenaltyModel(inner, lam=1.0, of=of)
    model.compile("sgd", loss, run_eagerly=True)
    model.fit(x, np.zeros(len(x)) if y is None else y, verbose=0)


COLUMN = r"the output must have shape \(n, 1\)\. Received: shape \(2, 3\)"
NO_GRADIENT = r"must depend on x differentiably.* Received: no gradient for x of shape \(2, 4\)"
BAD = {
    "batch mean": (
        lambda: gp.values_and_squared_norms(lambda x: tf.reduce_mean(x), tf.ones((2, 4))),
        r"one value for each example of x.* Received: values of shape \(\)",
    ),
    "wrong values": (
        lambda: gp.values_and_squared_norms(lambda x: x[:1, 0], tf.ones((2, 4))),
        r"of x, which has shape \(2, 4\)\. Received: values of shape \(1,\)",
    ),
    "integers": (
        lambda: gp.values_and_squared_norms(lambda x: x[:, 0], tf.ones((2, 4), "int32")),
        r"x must hold floating-point numbers\. Received: dtype int32",
    ),
    "two outputs": (lambda: gp.input_gradient(dense(3), X), COLUMN),
    "norms of two": (lambda: gp.input_gradient_norms(dense(3), X), COLUMN),
    "penalty of two": (lambda: gp.input_gradient_penalty(dense(3), X), COLUMN),
    "critic of two": (lambda: gp.gradient_penalty(dense(3), X), COLUMN),
    "laplacian of two": (lambda: gp.input_laplacian(dense(3), X), COLUMN),
    "noise of two": (lambda: gp.noise_penalty(dense(3), X, [0, 0], sigma=1), COLUMN),
    "tokens": (lambda: gp.input_gradient_penalty(tokens(), X), NO_GRADIENT),
    "tokens' jacobian": (lambda: gp.jacobian_norm(tokens(), X), NO_GRADIENT),
    "tokens' loss": (
        lambda: gp.loss_gradient_penalty(tokens(), X, [0, 0], loss="mse"),
        NO_GRADIENT,
    ),
    "unknown loss": (
        lambda: gp.loss_gradient_penalty(dense(), X, [0, 0], loss="mes"),
        "Could not interpret loss identifier: mes",
    ),
    "reduced loss": (
        lambda: gp.fgsm(dense(), X, [0, 0], loss=lambda y, f: ops.mean(f - y), epsilon=0.1),
        r"one value for each example of x.* Received: values of shape \(\)",
    ),
    "epsilon": (
        lambda: gp.fgsm(dense(), X, [0, 0], loss="mse", epsilon=-1),
        r"epsilon must be a finite number >= 0\. Received: epsilon=-1",
    ),
    "target": (
        lambda: gp.gradient_penalty(dense(), X, target=-1),
        r"target must be a finite number >= 0\. Received: target=-1",
    ),
    "sigma": (
        lambda: gp.noise_penalty(dense(), X, [0, 0], sigma=-1),
        r"sigma must be a finite number >= 0\. Received: sigma=-1",
    ),
    "y": (
        lambda: gp.noise_penalty(dense(), X, [0, 0, 0], sigma=1),
        r"y must have shape \(2,\)\. Received: shape \(3,\)",
    ),
    "wide y": (
        lambda: gp.noise_penalty(dense(), X, X, sigma=1),
        r"y must have shape \(2,\)\. Received: shape \(2, 4\)",
    ),
    "shapes": (
        lambda: gp.random_interpolates(X, X[:1], rng=np.random.default_rng(0)),
        r"fake must have shape \(2, 4\)\. Received: shape \(1, 4\)",
    ),
    "not finite": (
        lambda: gp.random_interpolates([np.nan], [0.0], rng=np.random.default_rng(0)),
        r"real must be finite\. Received: nan at index \(0,\)",
    ),
    "shift": (
        lambda: gp.critic_slope(0.0, lam=1),
        r"shift must be in \(0, inf\)\. Received: shift=0\.0",
    ),
    "no lambda": (
        lambda: gp.critic_slope(1.0, lam=0),
        r"lam must be in \(0, inf\)\. Received: lam=0",
    ),
    "slope's target": (
        lambda: gp.critic_slope(1.0, lam=1, target=-1),
        r"target must be a finite number >= 0\. Received: target=-1",
    ),
    "projections": (
        lambda: gp.jacobian_norm(dense(3), X, n_projections=0),
        r"n_projections must be an integer >= 1\. Received: n_projections=0",
    ),
    "jacobian of images": (
        lambda: gp.jacobian_norm(lambda x, training: x[:, None], X),
        r"the output must have shape \(n, C\)\. Received: shape \(2, 1, 4\)",
    ),
    "r": (
        lambda: gp.gradient_norm_update(lambda t: t, np.ones(2), r=-1, alpha=0.5),
        r"r must be a finite number >= 0\. Received: r=-1",
    ),
    "alpha": (
        lambda: gp.gradient_norm_update(lambda t: t, np.ones(2), r=1, alpha=1.5),
        r"alpha must be in \[0, 1\]\. Received: alpha=1\.5",
    ),
    "gradient": (
        lambda: gp.gradient_norm_update(lambda t: t[:1], np.ones(2), r=1, alpha=0.5),
        r"gradient must have shape \(2,\)\. Received: shape \(1,\)",
    ),
    "of": (
        lambda: gp.GradientPenaltyModel(dense(), lam=1.0, of="input"),
        r"of must be \"loss\" or \"output\"\. Received: of='input'",
    ),
    "lam": (
        lambda: gp.GradientPenaltyModel(dense(), lam=-1.0),
        r"lam must be a finite number >= 0\. Received: lam=-1\.0",
    ),
    "not built": (
        lambda: gp.GradientPenaltyModel(keras.Sequential([layers.Dense(1)]), lam=1.0),
        r"model must be a built keras\.Model\. Received: model=<Sequential",
    ),
    "no model": (
        lambda: gp.GradientPenaltyModel("mlp", lam=1.0),
        r"model must be a built keras\.Model\. Received: model='mlp'",
    ),
    "fit on integers": (
        lambda: fit_once("loss", X.astype(int), dense()),
        r"token number has no gradient, so penalise that of its embedding.* Received: .*int64",
    ),
    "fit on tokens": (lambda: fit_once("output", X, tokens()), "must depend on x differentiably"),
    "fit three outputs": (
        lambda: fit_once("output", X, dense(3), y=np.zeros((2, 3))),
        r"the output must have shape \(n, 1\)\. Received: shape",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_one_line(case):
    call, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        call()
