import keras
import numpy as np
import pytest
import sklearn.linear_model as sk
import tensorflow as tf

from coursepkg import datasets
from coursepkg.proximal_optimizers import ProximalAdam, ProximalSGD
from coursepkg.weight_penalties import keras_to_sklearn

L1 = 0.4
OPTIMIZERS = [
    lambda: ProximalSGD(0.05, l1=L1),
    lambda: ProximalSGD(0.02, 0.9, l1=L1),
    lambda: ProximalAdam(0.05, l1=L1),
]


@pytest.fixture(scope="module")
def data():
    return datasets.make_sparse_linear(100, n_features=20, n_informative=5, seed=0)


def fit(data, optimizer, *, regularizer=None, steps=1000, jit_compile="auto"):
    """Full-batch steps of a linear model, all in one epoch."""
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense(1, kernel_regularizer=regularizer)
    model = keras.Sequential([keras.Input((20,)), dense])
    model.compile(optimizer, "mse", steps_per_execution=steps, jit_compile=jit_compile)
    batches = tf.data.Dataset.from_tensors((data.x_train, data.y_train[:, None])).repeat(steps)
    model.fit(batches, shuffle=False, verbose=0)
    return model


def kernel_of(model):
    return model.layers[0].kernel.numpy().ravel()


@pytest.mark.parametrize("make", OPTIMIZERS)
@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_lasso_is_reached_with_its_zeros(data, make, jit_compile):
    kernel = kernel_of(fit(data, make(), jit_compile=jit_compile))
    lasso = sk.Lasso(**keras_to_sklearn("Lasso", l1=L1), tol=1e-12).fit(data.x_train, data.y_train)
    assert 0 < (lasso.coef_ == 0).sum() < 20
    np.testing.assert_array_equal(kernel == 0, lasso.coef_ == 0)
    np.testing.assert_allclose(kernel, lasso.coef_, atol=1e-5)  # float32 weights of size 1


@pytest.mark.parametrize(
    "make", [lambda: keras.optimizers.SGD(0.05), lambda: keras.optimizers.Adam(0.05)]
)
def test_keras_l1_regularizer_gives_no_zeros(data, make):
    kernel = kernel_of(fit(data, make(), regularizer=keras.regularizers.L1(L1)))
    assert (kernel != 0).all()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda: ProximalSGD(0.05, l1=0.0), lambda: keras.optimizers.SGD(0.05)),
        (lambda: ProximalSGD(0.02, 0.9, l1=0.0), lambda: keras.optimizers.SGD(0.02, 0.9)),
        (lambda: ProximalAdam(0.05, l1=0.0), lambda: keras.optimizers.Adam(0.05)),
    ],
)
def test_without_penalty_it_is_the_keras_optimizer(data, ours, theirs):
    kernels = [kernel_of(fit(data, make(), steps=20)) for make in (ours, theirs)]
    np.testing.assert_allclose(*kernels, atol=1e-6)  # 20 steps of float32 rounding


def test_adam_thresholds_in_its_own_metric():
    """One step by hand: the moments start at 0, so the corrected ones are g and g squared."""
    w, g, lr, l1, epsilon = np.array([1.0, 0.02, -0.5]), np.array([0.5, 0.1, 4.0]), 0.1, 0.2, 1e-7
    variable = keras.Variable(w, name="kernel", dtype="float64")
    optimizer = ProximalAdam(lr, l1=l1, epsilon=epsilon)
    optimizer.apply([tf.constant(g)], [variable])
    scale = np.abs(g) + epsilon / np.sqrt(1 - 0.999)
    moved, threshold = w - lr * g / scale, lr * l1 / scale
    expected = np.sign(moved) * np.maximum(np.abs(moved) - threshold, 0)
    # 0.999 is stored in the optimizer's float32 learning rate and powers: relative 1e-6
    np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-5)
    assert (variable.numpy() == 0).tolist() == [False, True, False]


def test_momentum_is_the_step_really_taken():
    variable = keras.Variable([0.03, 1.0], name="kernel", dtype="float64")
    optimizer = ProximalSGD(0.1, 0.5, l1=1.0)
    optimizer.apply([tf.constant([0.2, 0.2], "float64")], [variable])
    np.testing.assert_allclose(variable.numpy(), [0.0, 0.88], rtol=1e-6)
    optimizer.apply([tf.constant([0.2, 0.2], "float64")], [variable])
    # w − η g + μ (w − w_before), then minus η l1: 0.88 − 0.02 + 0.5·(−0.12) − 0.1
    np.testing.assert_allclose(variable.numpy(), [0.0, 0.7], rtol=1e-6)


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_biases_are_left_alone(make):
    kernel, bias = (keras.Variable([0.001], name=name) for name in ("kernel", "bias"))
    make().apply([tf.zeros(1), tf.zeros(1)], [kernel, bias])
    assert kernel.numpy().item() == 0.0
    assert bias.numpy() == pytest.approx([0.001])


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_a_saved_model_goes_on_training_as_if_nothing_had_happened(data, make, tmp_path):
    model = fit(data, make(), steps=30)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    for each in (model, loaded):
        each.fit(data.x_train, data.y_train, batch_size=100, epochs=5, verbose=0)
    np.testing.assert_array_equal(kernel_of(loaded), kernel_of(model))


@pytest.mark.parametrize(
    ("optimizer", "regularizer", "share"),
    [
        (lambda: ProximalAdam(1e-3, l1=3e-3), None, (0.3, 0.99)),
        (lambda: ProximalSGD(0.05, 0.9, l1=3e-3), None, (0.3, 0.99)),
        (lambda: keras.optimizers.Adam(1e-3), keras.regularizers.L1(3e-3), (0.0, 0.0)),
    ],
)
def test_a_network_trained_by_mini_batches_gets_zeros(optimizer, regularizer, share):
    digits = datasets.load_digits_noisy(300, noise=0.0, seed=0)
    keras.utils.set_random_seed(0)
    dense = [
        keras.layers.Dense(units, activation, kernel_regularizer=regularizer)
        for units, activation in ((32, "relu"), (10, "softmax"))
    ]
    model = keras.Sequential([keras.Input((64,)), *dense])
    model.compile(optimizer(), "sparse_categorical_crossentropy", steps_per_execution=50)
    batches = tf.data.Dataset.from_tensor_slices((digits.x_train, digits.y_train))
    model.fit(batches.shuffle(300, seed=0).batch(32).repeat(60), shuffle=False, verbose=0)
    zeros = np.concatenate([(layer.kernel.numpy() == 0).ravel() for layer in dense]).mean()
    assert share[0] <= zeros <= share[1]
    assert (dense[1].bias.numpy() != 0).all()  # a hidden unit without weights has no gradient
    correct = model.predict(digits.x_test, verbose=0).argmax(axis=1) == digits.y_test
    assert correct.mean() > 0.8  # the zeros did not cost the network what it learned


def test_a_schedule_sets_the_threshold_too(data):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 500, 0.5)
    kernel = kernel_of(fit(data, ProximalSGD(schedule, l1=L1)))
    assert (kernel == 0).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ProximalSGD(0.1, l1=-1.0), r"l1 must be .* Received: l1=-1\.0"),
        (lambda: ProximalAdam(0.1, l1=float("nan")), r"l1 must be .* Received: l1=nan"),
        (lambda: ProximalSGD(0.1, 0.9, nesterov=True), r"Nesterov .* Received: nesterov=True"),
        (lambda: ProximalSGD(clipvalue=0.1), r"clipvalue\. Received: clipvalue=0\.1"),
        (lambda: ProximalAdam(clipnorm=1.0), r"Received: clipnorm=1\.0"),
        (lambda: ProximalAdam(global_clipnorm=1.0), r"Received: global_clipnorm=1\.0"),
        (lambda: ProximalSGD(use_ema=True), r"Received: use_ema=True"),
        (lambda: ProximalAdam(amsgrad=True), r"AMSGrad .* Received: amsgrad=True"),
        (lambda: ProximalSGD().build([keras.Variable([1.0], name="bias")]), r"a kernel .*'bias'"),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
