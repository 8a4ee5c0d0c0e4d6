"""The playground's engine without a browser, against finite differences and the sweep."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import quickjs
from bs4 import BeautifulSoup

from coursepkg import sweep
from coursepkg._keras import tf
from coursepkg.datasets import Dataset
from coursepkg.sweep import randomness

FILES = Path(__file__).parents[1] / "book" / "site" / "playground"
ENGINE = ("random.js", "data.js", "network.js", "training.js", "settings.js", "words.js")

# Functions that take and give JSON, so that a test need not know how QuickJS hands over values.
BRIDGE = """
const plain = (_, value) =>
  ArrayBuffer.isView(value) ? [...value]
  : typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
const rowsOf = ({x, y}) => ({
  n: y.length, x: Float64Array.from(x), y: Float64Array.from(y), flipped: new Uint8Array(y.length),
});
const dataOf = ({task, train, val, test}) =>
  ({task, train: rowsOf(train), val: rowsOf(val), test: rowsOf(test)});

const bridge = {
  makeData: (settings) => playground.makeData({...playground.defaultSettings(), ...settings}),
  draws: ({seed, purpose, kind, count}) => {
    const random = playground.generator(seed, purpose);
    return Array.from({length: count}, () => random[kind]());
  },
  shuffled: ({seed, n}) =>
    playground.shuffle([...Array(n).keys()], playground.generator(seed, "batches")),
  factors: ({key, rate, step, layer, count}) => {
    const factors = new Float64Array(count);
    playground.fillDropoutFactors(factors, key, rate, step, layer, count);
    return factors;
  },
  gradients: ({widths, activation, weights, data, strengths, factors}) => {
    const network = playground.makeNetwork(widths, activation, weights);
    const gradients = weights.map((values) => new Float64Array(values.length));
    const rows = dataOf(data), batch = [...rows.train.y.keys()];
    playground.addGradients(network, rows, batch, strengths, factors, gradients);
    return gradients;
  },
  outputs: ({widths, activation, weights, x, factors}) => {
    const network = playground.makeNetwork(widths, activation, weights);
    return x.map((inputs, place) => {
      network.values[0].set(inputs);
      return playground.output(network, factors, place);
    });
  },
  start: ({widths, seed}) =>
    playground.initialWeights(widths, playground.generator(seed, "weights")),
  run: ({settings, given, before, changes}) => {
    const handed = given && {
      ...given, data: dataOf(given.data), order: (epoch) => Int32Array.from(given.order[epoch]),
    };
    const run = playground.begin({...playground.defaultSettings(), ...settings}, handed);
    for (const [name, value] of before || []) playground.change(run, name, value);
    while (run.ended === null) {
      playground.trainEpoch(run);
      for (const [epoch, name, value] of changes || []) {
        if (epoch === run.epoch) playground.change(run, name, value);
      }
    }
    return {
      history: run.history, weights: run.network.weights, best: run.best.epoch, epoch: run.epoch,
      ended: run.ended, restored: run.restored, changes: run.changes,
      zeros: playground.countZeros(run.network), words: playground.describe(run, [1, -1]),
      sampled: playground.sampled(run), first: run.first, goesOn: playground.canGoOn(run),
    };
  },
  parse: (hash) => playground.parseHash(hash),
  format: (settings) => playground.formatHash({...playground.defaultSettings(), ...settings}),
  settings: () => ({all: playground.SETTINGS, defaults: playground.defaultSettings()}),
  places: (name) => playground.places(name),
  placeOf: ([name, value]) => playground.placeOf(name, value),
  isState: (hash) => playground.isState(hash),
};
var call = (name, given) => JSON.stringify(bridge[name](JSON.parse(given)), plain);
"""


@pytest.fixture(scope="module")
def engine():
    """Return a function that calls one of the engine's."""
    context = quickjs.Context()
    for name in ENGINE:
        context.eval((FILES / name).read_text(encoding="utf-8"))
    context.eval(BRIDGE)
    call = context.get("call")

    def run(name, given=None):
        return json.loads(call(name, json.dumps(given)))

    run.context = context  # a function does not keep its context alive
    return run


# --- gradients ------------------------------------------------------------------------------------

NO_STRENGTHS = {"l1": 0, "l2": 0, "loss_gradient_penalty": 0}
ACTIVATIONS = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}
# (activation's slope as a function of its value)
SLOPES = {"tanh": lambda a: 1 - a**2, "relu": lambda a: (a > 0) * 1.0}


def numpy_objective(case, weights):
    """The objective of a batch, written anew with matrices; also the hidden layers' sums."""
    x, y = np.array(case["x"]), np.array(case["y"])
    layers = list(zip(weights[0::2], weights[1::2], strict=True))
    factors, slopes, sums, units = case["factors"], [], [], x
    for number, (kernel, bias) in enumerate(layers):
        z = units @ kernel + bias
        if number == len(layers) - 1:
            break
        sums.append(z)
        value = ACTIVATIONS[case["activation"]](z)
        slopes.append(SLOPES[case["activation"]](value) * factors[number + 1])
        units = value * factors[number + 1]
    z = z[:, 0]
    if case["task"] == "classification":
        losses, delta = np.logaddexp(0, z) - y * z, 1 / (1 + np.exp(-z)) - y
    else:
        losses, delta = (z - y) ** 2, 2 * (z - y)
    delta = delta[:, None]
    for number in reversed(range(len(layers))):
        delta = delta @ layers[number][0].T
        if number > 0:
            delta = delta * slopes[number - 1]
    norms = (delta**2).sum(axis=1)
    total = losses.mean() + case["strengths"]["loss_gradient_penalty"] * norms.mean()
    total += case["strengths"]["l2"] * sum((kernel**2).sum() for kernel, _ in layers)
    return total, sums


def make_case(task, activation, hidden, strengths, rate, seed=0):
    rng = np.random.default_rng(seed)
    widths, n = (2, *hidden, 1), 7
    weights = [
        rng.normal(scale=0.7, size=shape)
        for fan_in, fan_out in itertools.pairwise(widths)
        for shape in ((fan_in, fan_out), (fan_out,))
    ]
    kept = [(rng.random((n, width)) >= rate) / (1 - rate) for width in widths]
    y = rng.integers(0, 2, n) if task == "classification" else rng.normal(size=n)
    return {
        "task": task,
        "activation": activation,
        "widths": widths,
        "weights": weights,
        "x": rng.normal(size=(n, 2)),
        "y": y,
        "factors": kept,
        "strengths": NO_STRENGTHS | strengths,
    }


def flat(arrays):
    return [np.ravel(array).tolist() for array in arrays]


def engine_gradients(engine, case):
    rows = {"x": np.ravel(case["x"]).tolist(), "y": np.ravel(case["y"]).tolist()}
    given = {
        "widths": case["widths"],
        "activation": case["activation"],
        "weights": flat(case["weights"]),
        "data": {"task": case["task"], "train": rows, "val": rows, "test": rows},
        "strengths": case["strengths"],
        "factors": flat(case["factors"]),
    }
    return engine("gradients", given)


def central_differences(case, step):
    found = []
    for place, weights in enumerate(case["weights"]):
        gradient = np.zeros_like(weights)
        for index in np.ndindex(weights.shape):
            ends = []
            for sign in (1, -1):
                moved = [array.copy() for array in case["weights"]]
                moved[place][index] += sign * step
                ends.append(numpy_objective(case, moved)[0])
            gradient[index] = (ends[0] - ends[1]) / (2 * step)
        found.append(gradient)
    return found


@pytest.mark.parametrize("rate", [0.0, 0.4])
@pytest.mark.parametrize("strengths", [{}, {"l2": 0.3}, {"loss_gradient_penalty": 0.8}], ids=str)
@pytest.mark.parametrize("hidden", [(), (5,), (4, 3), (3, 4, 3)], ids=str)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_gradients_are_central_differences(task, activation, hidden, strengths, rate, engine):
    """With steps of 1e-5 the differences are wrong by the step's square and by 1e-16 over the step.

    Both are near 1e-10, times derivatives up to some hundreds: hence 1e-7. ReLU is differentiated
    where no sum is so near 0 that a step reaches it.
    """
    step = 1e-5
    case = make_case(task, activation, hidden, strengths, rate)
    if activation == "relu":
        assert all(np.abs(z).min() > 1e-3 for z in numpy_objective(case, case["weights"])[1])
    found = engine_gradients(engine, case)
    for ours, expected in zip(found, central_differences(case, step), strict=True):
        np.testing.assert_allclose(ours, np.ravel(expected), rtol=1e-6, atol=1e-7)


def test_the_loss_is_stable_at_extreme_outputs(engine):
    """A logit of 800 of the wrong class costs 800 nats; its exponential overflows."""
    rows = {"x": [1.0, 1.0], "y": [0]}
    given = {
        "data": {"task": "classification", "train": rows, "val": rows, "test": rows},
        "weights": [[400.0, 400.0], [0.0]],
        "order": [[0]],
        "key": [1, 2],
    }
    settings = {"units": "none", "epochs": 1, "learning_rate": 1e-300, "optimizer": "sgd"}
    run = engine("run", {"settings": settings, "given": given})
    assert run["history"]["train"] == [800]


# --- one run is the sweep's -----------------------------------------------------------------------

N, N_VAL, EPOCHS, BATCH, SEED = 34, 30, 50, 10, 3  # the last batch holds 4 rows
UNITS = (6, 5)
METHODS = {
    "l1": 0.02,
    "l2": 1e-3,
    "weight_decay": 0.1,
    "rate": 0.25,
    "loss_gradient_penalty": 0.05,
}
# Each is one compiled program, which takes seconds. Its sweep is the grid of every method off and
# on, of which nothing, each method alone, and all together are compared.
CASES = {
    "classification, tanh, Adam": (
        {"activation": "tanh", "optimizer": "proximal_adam"},
        {"learning_rate": 0.02},
    ),
    "classification, ReLU, SGD with momentum": (
        {"activation": "relu", "optimizer": "proximal_sgd"},
        {"learning_rate": 0.02, "momentum": 0.9},
    ),
    "regression, tanh, SGD": (
        {"activation": "tanh", "optimizer": "proximal_sgd"},
        {"learning_rate": 0.02},
    ),
    "regression, ReLU, Adam, early stopping": (
        {"activation": "relu", "optimizer": "proximal_adam", "restore_best_weights": True},
        {"learning_rate": 0.02, "patience": 5},
    ),
}
COMPARED = [{}, *({name: value} for name, value in METHODS.items()), METHODS]


def make_dataset(task):
    rng = np.random.default_rng(0)
    x = 1.2 * rng.normal(size=(N + N_VAL + 20, 2))
    y = x[:, 0] * x[:, 1] + 0.4 * rng.normal(size=len(x))
    y = (y > 0).astype(int) if task == "classification" else y
    cut = slice(0, N), slice(N, N + N_VAL), slice(N + N_VAL, None)
    parts = [array[rows] for rows in cut for array in (x, y)]
    return Dataset(*parts, feature_names=("x1", "x2"), units=())


def handed_over(data, task):
    """The data, and what the sweep draws from the seed."""

    def part(name):
        x, y = getattr(data, f"x_{name}"), getattr(data, f"y_{name}")
        return {"x": np.ravel(x).tolist(), "y": y.tolist()}

    order = randomness.batch_order(SEED, n_samples=N, epochs=EPOCHS, batch_size=BATCH)
    return {
        "data": {"task": task} | {name: part(name) for name in ("train", "val", "test")},
        "weights": flat(randomness.initial_weights(SEED, (2, *UNITS, 1))),
        "order": order.reshape(EPOCHS, -1)[:, :N].tolist(),
        "key": randomness.dropout_key(SEED).tolist(),
    }


def weights_of(run):
    layers = range(len(UNITS) + 1)
    return [run[f"{kind}_{i}"].to_numpy() for i in layers for kind in ("kernel", "bias")]


@pytest.mark.parametrize("case", CASES)
def test_a_run_is_the_sweeps(case, engine):
    """In float64 both add the same numbers in nearly the same order."""
    mlp, fixed = CASES[case]
    task = case.partition(",")[0]
    data, given = make_dataset(task), handed_over(make_dataset(task), task)
    network = sweep.MLP(
        units=UNITS,
        dtype="float64",
        epochs=EPOCHS,
        batch_size=BATCH,
        one_output=task == "classification",
        **mlp,
    )
    grid = {name: [0.0, value] for name, value in METHODS.items()}
    runs = network.fit(data, seeds=[SEED], **grid, **fixed).squeeze("seed")
    stopped, zeros = 0, 0
    for methods in COMPARED:
        theirs = runs.sel({name: methods.get(name, 0.0) for name in METHODS}).squeeze()
        settings = {
            "units": "-".join(map(str, UNITS)),
            "batch_size": BATCH,
            "epochs": EPOCHS,
            "activation": mlp["activation"],
            "optimizer": mlp["optimizer"].removeprefix("proximal_"),
        }
        ours = engine("run", {"settings": settings | fixed | methods, "given": given})
        assert_same_run(ours, theirs)
        stopped += ours["ended"] == "patience"
        zeros += ours["zeros"]["zeros"]
    assert (stopped > 0) == ("early stopping" in case)
    assert zeros > 0


def assert_same_run(ours, theirs):
    """All that both tell of a run, and the weights that it ends with."""
    n_epochs = int(theirs.last_epoch) + 1
    assert ours["epoch"] == n_epochs
    assert ours["best"] == int(theirs.best_epoch)
    for our, their in (
        ("train", "train_loss"),
        ("val", "val_loss"),
        ("penalty", "penalty"),
        ("accuracy", "val_accuracy"),
    ):
        if their in theirs:
            expected = theirs[their].to_numpy()[:n_epochs]
            np.testing.assert_allclose(ours["history"][our], expected, rtol=0, atol=1e-9)
    for weights, expected in zip(ours["weights"], weights_of(theirs), strict=True):
        np.testing.assert_allclose(weights, np.ravel(expected), rtol=0, atol=1e-9)
        np.testing.assert_array_equal(np.array(weights) == 0, np.ravel(expected) == 0)
    assert ours["zeros"]["zeros"] == round(float(theirs.sparsity) * ours["zeros"]["all"])


# --- the course of a run --------------------------------------------------------------------------


def test_early_stopping_counts_epochs_as_keras_does(engine):
    """Patience 1 ends at the first epoch that is no better, and goes back to the one before."""
    settings = {"data": "gaussians", "flipped": 0.3, "units": "16-16", "patience": 1}
    run = engine("run", {"settings": settings})
    losses = run["history"]["val"]
    first_worse = next(i for i in range(1, len(losses)) if losses[i] >= min(losses[:i]))
    assert run["ended"] == "patience"
    assert run["epoch"] == first_worse + 1
    assert run["best"] == first_worse - 1
    assert run["restored"]
    assert "Early stopping ended it: 1 epoch without a better validation loss." in run["words"]
    assert f"back to the weights of epoch {first_worse}" in run["words"]
    to_best = engine("run", {"settings": settings | {"patience": None, "epochs": first_worse}})
    assert run["weights"] == to_best["weights"]


def test_the_limit_ends_a_run_and_with_patience_goes_back_too(engine):
    settings = {"data": "gaussians", "flipped": 0.3, "units": "16-16", "epochs": 50}
    plain = engine("run", {"settings": settings})
    patient = engine("run", {"settings": settings | {"patience": 100}})
    assert plain["ended"] == patient["ended"] == "limit"
    assert plain["history"] == patient["history"]
    assert (plain["restored"], patient["restored"]) == (False, True)
    assert plain["best"] == np.argmin(plain["history"]["val"]) < 49
    assert plain["weights"] != patient["weights"]
    assert "It ended at its limit of 50 epochs." in plain["words"]


def test_a_run_that_loses_its_numbers_says_so_and_names_the_cure(engine):
    settings = {"data": "circle", "optimizer": "sgd", "learning_rate": 3, "l2": 10, "epochs": 2000}
    run = engine("run", {"settings": settings})
    assert run["ended"] == "diverged"
    assert not run["goesOn"]
    assert "no longer a finite number" in run["words"]
    assert "Learning rate times λ₂ is 30.000; above 1 each step overshoots" in run["words"]
    assert "Choose a smaller learning rate" in run["words"]
    assert run["history"]["accuracy"][-1] == "NaN"
    assert "not a number" not in run["words"]


@pytest.mark.parametrize("optimizer", [{}, {"optimizer": "sgd", "learning_rate": 0.03}], ids=str)
@pytest.mark.parametrize(
    "strength",
    [{"l1": 1}, {"l2": 10}, {"weight_decay": 10}, {"loss_gradient_penalty": 10}, {"rate": 0.9}],
    ids=str,
)
def test_the_strongest_settings_flatten_and_break_nothing(strength, optimizer, engine):
    run = engine("run", {"settings": {"epochs": 50} | strength | optimizer})
    assert run["ended"] == "limit"
    assert 0.4 < run["history"]["train"][-1] < 0.8
    if "l1" in strength:
        assert run["zeros"] == {"zeros": 88, "all": 88}
        assert "88 of 88 weights are exactly 0." in run["words"]


def test_strengths_change_while_it_trains(engine):
    """Until the change the run is the unchanged one, and from then on another."""
    plain = engine("run", {"settings": {"epochs": 50}})
    changes = [[20, "l2", 0.1], [25, "l2", 1.0], [30, "patience", 10], [30, "optimizer", "sgd"]]
    run = engine("run", {"settings": {"epochs": 50}, "changes": changes})
    assert run["history"]["train"][:20] == plain["history"]["train"][:20]
    assert run["history"]["penalty"][19] == 0 < run["history"]["penalty"][20]
    first, *others = run["changes"]
    assert first == {"epoch": 20, "until": 25, "name": "l2", "from": 0, "to": 1}
    assert [change["name"] for change in others] == ["patience", "optimizer"]
    assert "λ₂ (L2) from off to 1 after epoch 20" in run["words"]
    with pytest.raises(quickjs.JSException, match="seed begins a new run"):
        engine("run", {"settings": {"epochs": 50}, "changes": [[1, "seed", 2]]})


def test_a_curve_begins_with_the_strengths_of_the_start(engine):
    """A strength that is changed before the first epoch counts from the beginning."""
    chosen = engine("run", {"settings": {"epochs": 50, "l2": 0.1}})
    moved = engine("run", {"settings": {"epochs": 50}, "before": [["l2", 0.1]]})
    assert moved == chosen
    assert moved["first"]["penalty"] > 0


def test_a_limit_moves_while_it_trains(engine):
    longer = engine("run", {"settings": {"epochs": 50}, "changes": [[49, "epochs", 100]]})
    assert longer["epoch"] == 100
    shorter = engine("run", {"settings": {"epochs": 100}, "changes": [[70, "epochs", 50]]})
    assert (shorter["epoch"], shorter["ended"]) == (70, "limit")
    assert longer["history"]["val"][:70] == shorter["history"]["val"]


def test_the_table_has_about_a_dozen_rows_with_the_best_and_the_last_epoch(engine):
    run = engine("run", {"settings": {"epochs": 50, "flipped": 0.3}})
    assert run["sampled"] == sorted(set(run["sampled"]))
    assert {0, run["best"], 49} <= set(run["sampled"])
    assert 12 <= len(run["sampled"]) <= 13
    assert engine("run", {"settings": {"epochs": 50, "flipped": 0.3}}) == run


def test_what_is_said_is_what_was_measured(engine):
    run = engine("run", {"settings": {"epochs": 50, "l1": 0.01, "flipped": 0.2}})
    train, val = run["history"]["train"][-1], run["history"]["val"][-1]
    assert f"training {train:.3f}, validation {val:.3f}, test " in run["words"]
    accuracy = round(100 * run["history"]["accuracy"][-1])
    assert f"validation {accuracy}\u00a0%" in run["words"]
    assert f"The penalty adds {run['history']['penalty'][-1]:.3f} to the" in run["words"]
    assert f"least after epoch {run['best'] + 1}: {min(run['history']['val']):.3f}." in run["words"]
    assert f"{run['zeros']['zeros']} of 88 weights are exactly 0." in run["words"]
    assert "class 1 on 50\u00a0% of the square" in run["words"]  # of the two outputs handed over


# --- random numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.5, 0.9])
def test_dropout_drops_what_the_sweep_drops(rate, engine):
    for seed, step, layer in itertools.product([0, 9], [0, 1, 12345], [1, 2]):
        key, shape = randomness.dropout_key(seed), (10, 8)
        rates = tf.constant([rate], tf.float64)
        kept = randomness.keep_mask(
            tf.constant(key[None]), rates, tf.constant(step), layer=layer, shape=shape
        )[0].numpy()
        given = {"key": key.tolist(), "rate": rate, "step": step, "layer": layer, "count": 80}
        np.testing.assert_array_equal(
            np.reshape(engine("factors", given), shape), np.where(kept, 1 / (1 - rate), 0)
        )


def test_the_same_seed_gives_the_same_run_and_another_another(engine):
    settings = {"epochs": 50, "rate": 0.2, "flipped": 0.1, "seed": 4}
    one = engine("run", {"settings": settings})
    assert engine("run", {"settings": settings}) == one
    other = engine("run", {"settings": settings | {"seed": 5}})
    assert other["history"]["train"][0] != one["history"]["train"][0]


def draws(engine, kind, count=20_000, seed=0, purpose="noise"):
    given = {"seed": seed, "purpose": purpose, "kind": kind, "count": count}
    return np.array(engine("draws", given))


def test_random_numbers_have_their_distributions(engine):
    """Means of 20,000 within four standard errors, and no dependence on the number before."""
    uniform, normal = draws(engine, "uniform"), draws(engine, "normal")
    error = 4 / np.sqrt(len(uniform))
    assert 0 <= uniform.min() < 0.001
    assert 0.999 < uniform.max() < 1
    counts = np.histogram(uniform, 20, (0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 50  # chi squared with 19 degrees of freedom
    for values, mean, deviation in ((uniform, 0.5, 12**-0.5), (normal, 0, 1)):
        assert abs(values.mean() - mean) < error * deviation
        assert abs(values.std() - deviation) < error
        assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < error
    assert abs((normal**4).mean() - 3) < error * np.sqrt(96)


def test_streams_of_seeds_and_purposes_are_independent(engine):
    firsts = np.array([draws(engine, "uniform", 1, seed)[0] for seed in range(400)])
    assert abs(firsts.mean() - 0.5) < 4 / np.sqrt(12 * 400)
    assert abs(np.corrcoef(firsts[1:], firsts[:-1])[0, 1]) < 0.2
    noise, flips = (draws(engine, "uniform", 2000, 0, purpose) for purpose in ("noise", "flips"))
    assert abs(np.corrcoef(noise, flips)[0, 1]) < 0.1
    with pytest.raises(quickjs.JSException, match="Received: wishes"):
        draws(engine, "uniform", 1, 0, "wishes")


def test_a_shuffle_puts_every_row_everywhere_equally_often(engine):
    orders = np.array([engine("shuffled", {"seed": seed, "n": 4}) for seed in range(2000)])
    assert (np.sort(orders, axis=1) == np.arange(4)).all()
    counts = np.array([[(orders[:, place] == row).sum() for row in range(4)] for place in range(4)])
    assert np.abs(counts - 500).max() < 4 * np.sqrt(2000 * 0.25 * 0.75)


def test_first_weights_are_glorots(engine):
    kernel_0, bias_0, kernel_1, bias_1 = engine("start", {"widths": [2, 400, 1], "seed": 0})
    limit = np.sqrt(6 / 402)
    assert 0.98 * limit < np.abs(kernel_0).max() <= limit
    assert abs(np.std(kernel_0) - limit / np.sqrt(3)) < 0.05 * limit
    assert not np.any(bias_0 + bias_1)
    assert 0.9 * np.sqrt(6 / 401) < np.abs(kernel_1).max() <= np.sqrt(6 / 401)


# --- data -----------------------------------------------------------------------------------------

CLASSES, NUMBERS = ("circle", "xor", "gaussians", "spiral"), ("plane", "bumps")


def make(engine, part=None, **settings):
    data = engine("makeData", settings)
    return {
        name: (np.reshape(data[name]["x"], (-1, 2)), np.array(data[name]["y"]), data[name])
        for name in ("train", "val", "test")
    }


@pytest.mark.parametrize("data", CLASSES + NUMBERS)
def test_sizes_seeds_and_nested_rows(data, engine):
    parts = make(engine, data=data, n_train=50)
    assert [len(y) for _, y, _ in parts.values()] == [50, 100, 500]
    assert not np.array_equal(parts["train"][0], parts["val"][0][:50])
    more = make(engine, data=data, n_train=200)
    np.testing.assert_array_equal(more["train"][0][:50], parts["train"][0])
    other = make(engine, data=data, n_train=50, seed=1)
    assert not np.array_equal(other["train"][0], parts["train"][0])


@pytest.mark.parametrize("data", CLASSES)
def test_classes_are_balanced_and_a_share_is_flipped_where_it_should_be(data, engine):
    clean = make(engine, data=data, flipped=0)
    few, many = (make(engine, data=data, flipped=share) for share in (0.1, 0.3))
    for part, (_, y, _) in clean.items():
        assert y.mean() == 0.5
        wrong = {share: rows[part][1] != y for share, rows in ((0.1, few), (0.3, many))}
        for share, flipped in wrong.items():
            assert flipped.mean() == (0 if part == "test" else share)
        assert (wrong[0.1] <= wrong[0.3]).all(), "the same labels and more"
        np.testing.assert_array_equal(many[part][2]["flipped"], wrong[0.3])
        np.testing.assert_array_equal(many[part][0], clean[part][0])


def test_classes_lie_where_they_should(engine):
    x, y, _ = make(engine, data="circle", noise=0)["test"]
    radius = np.linalg.norm(x, axis=1)
    assert radius[y == 1].max() <= 1.25
    assert 1.75 <= radius[y == 0].min() <= radius.max() <= 2.5
    x, y, _ = make(engine, data="xor", noise=0)["test"]
    np.testing.assert_array_equal(x.prod(axis=1) > 0, y == 1)
    x, y, _ = make(engine, data="gaussians", noise=0)["test"]
    np.testing.assert_allclose(x[y == 1].mean(axis=0), 1.1, atol=4 * 0.5 / np.sqrt(250))
    np.testing.assert_allclose(x[y == 0].std(axis=0), 0.5, atol=0.1)
    x, y, _ = make(engine, data="spiral", noise=0)["test"]
    turned = np.where(y[:, None] == 1, x, -x)  # class 0 is class 1 turned by half a turn
    way = np.linalg.norm(turned, axis=1) / 2.5
    angle = 1.75 * 2 * np.pi * way
    np.testing.assert_allclose(turned, 2.5 * way[:, None] * np.c_[np.sin(angle), np.cos(angle)])


def test_noise_moves_positions_and_spoils_targets_of_rows_to_learn_from(engine):
    clean, noisy = (make(engine, data="circle", noise=noise) for noise in (0, 0.5))
    for part in clean:
        moved = noisy[part][0] - clean[part][0]
        assert abs(moved.std() - 0.5) < 0.1
        np.testing.assert_array_equal(noisy[part][1], clean[part][1])
    clean, noisy = (make(engine, data="plane", noise=noise) for noise in (0, 0.5))
    for part in clean:
        np.testing.assert_array_equal(noisy[part][0], clean[part][0])
        np.testing.assert_allclose(clean[part][1], clean[part][0].sum(axis=1) / 5, atol=1e-15)
        spoilt = (noisy[part][1] - clean[part][1]).std()
        assert spoilt == 0 if part == "test" else abs(spoilt - 0.5) < 0.15


def test_bumps_are_three_up_and_three_down(engine):
    x, y, _ = make(engine, data="bumps", noise=0)["test"]
    centres = np.array([[-2, 1.25], [0, 1.25], [2, 1.25], [-2, -1.25], [0, -1.25], [2, -1.25]])
    squares = ((x[:, None] - centres) ** 2).sum(axis=2)
    np.testing.assert_allclose(y, np.exp(-squares / 0.5) @ [1, -1, 1, -1, 1, -1], atol=1e-12)


# --- settings and the address ---------------------------------------------------------------------


def test_settings_go_into_an_address_and_come_back(engine):
    chosen = {"data": "spiral", "noise": 0.2, "l1": 0.003, "seed": 4, "patience": 20, "rate": 0.5}
    written = engine("format", chosen)
    assert written == "data=spiral&noise=0.2&seed=4&l1=0.003&rate=0.5&patience=20"
    back = engine("parse", f"#{written}")
    assert back["refused"] == []
    assert back["settings"] == engine("settings")["defaults"] | chosen


def test_defaults_are_not_written(engine):
    defaults = engine("settings")["defaults"]
    assert engine("format", defaults) == ""
    assert engine("parse", "") == {"settings": defaults, "refused": []}


def test_every_option_comes_back(engine):
    for name, setting in engine("settings")["all"].items():
        for value in setting.get("options", [setting.get("min"), setting.get("max")]):
            parsed = engine("parse", engine("format", {name: value}))
            assert parsed["refused"] == []
            assert parsed["settings"][name] == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("speling=1", "no such setting"),
        ("constructor=1", "no such setting"),
        ("l1=much", "must be a number from 0 to 1"),
        ("l1=-0.1", "must be a number from 0 to 1"),
        ("l1=2", "must be a number from 0 to 1"),
        ("l1=", "must be a number from 0 to 1"),
        ("l1=0x1", "must be a number from 0 to 1"),
        ("l2=NaN", "must be a number from 0 to 10"),
        ("seed=1.5", "must be a whole number from 0 to 999999"),
        ("data=moons", "must be one of circle, xor, gaussians, spiral, plane, bumps"),
        ("patience=3", "must be one of off, 1, 2, 5, 10, 20, 50, 100"),
        ("units=8-8-8", "must be one of none, 4, 8, 8-8, 16-16, 32-32"),
        ("seed=%E0%A4%A", "must be a whole number"),
    ],
)
def test_what_an_address_says_wrong_is_named_and_the_rest_holds(text, why, engine):
    parsed = engine("parse", f"#seed=7&{text}&noise=0.3".replace("seed=7&seed", "seed"))
    assert len(parsed["refused"]) == 1
    assert parsed["refused"][0].startswith(text[:40])
    assert why in parsed["refused"][0]
    defaults = engine("settings")["defaults"]
    kept = {"noise": 0.3} | ({} if text.startswith("seed") else {"seed": 7})
    assert parsed["settings"] == defaults | kept


def test_a_link_to_a_heading_is_no_state(engine):
    assert not engine("isState", "#the-data")
    assert engine("isState", "#seed=3")
    assert engine("isState", "")


def test_a_logarithmic_slider_goes_from_off_to_the_greatest_strength(engine):
    places = engine("places", "l1")
    assert places[:4] == [0, 1e-5, 1.5e-5, 2e-5]
    assert places[-1] == 1
    assert places == sorted(places)
    steps = np.diff(np.log(places[1:]))
    assert steps.max() / steps.min() < 2
    for place, value in enumerate(places):
        assert engine("placeOf", ["l1", value]) == place
    assert places[engine("placeOf", ["l1", 0.0037])] == 0.003
    assert engine("places", "learning_rate")[0] == 0.0001


def test_the_preset_links_are_states(engine):
    """Each also is its own anchor, so that it leads somewhere without a script."""
    html = (FILES / "presets.html").read_text(encoding="utf-8")
    links = BeautifulSoup(html, "html.parser").select("a.pg-preset")
    assert len(links) == 10
    for link in links:
        state = link["href"].removeprefix("#")
        assert link["id"] == state
        parsed = engine("parse", state)
        assert parsed["refused"] == []
        settings = parsed["settings"]
        assert engine("parse", engine("format", settings))["settings"] == settings
