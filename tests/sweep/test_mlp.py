"""The sweep as its users call it: what varies, what comes back, what is refused."""

import dataclasses
import os
import signal
import subprocess
import sys
import time

import joblib
import keras
import numpy as np
import psutil
import pytest
import xarray as xr

from coursepkg import datasets, sweep
from coursepkg.datasets import Dataset
from coursepkg.sweep import objective, randomness, running, training

SMALL = {"units": (12,), "epochs": 4, "batch_size": 16}


@pytest.fixture(scope="module")
def digits():
    return [datasets.load_digits_noisy(60, n_val=40, seed=seed) for seed in range(3)]


@pytest.fixture(scope="module")
def linear():
    return datasets.make_sparse_linear(40, n_features=5, n_informative=2, seed=0)


def same_runs(one: xr.Dataset, other: xr.Dataset) -> bool:
    """Every variable and coordinate bit by bit, NaN with NaN."""
    return one.identical(other)


# --- what varies ------------------------------------------------------------------------------


def test_the_axes_answer_to_their_names(digits):
    runs = sweep.MLP(**SMALL).fit(digits, seeds=3, l2=[0.0, 0.1], rate=[0.0, 0.5])
    assert runs.val_loss.dims == ("setting", "seed", "epoch")
    assert runs.test_accuracy.dims == ("setting", "seed")
    assert runs.kernel_0.sizes == {"setting": 4, "seed": 3, "units_0": 64, "units_1": 12}
    assert runs.sel(l2=0.1, rate=0.5).val_loss.dims == ("seed", "epoch")
    grid = runs.unstack("setting")
    assert grid.test_loss.dims == ("seed", "l2", "rate")
    np.testing.assert_array_equal(
        grid.test_loss.sel(l2=0.1, rate=0.0), runs.test_loss.sel(l2=0.1, rate=0.0)
    )
    assert list(runs.epoch) == [0, 1, 2, 3]
    assert runs.attrs["optimizer"] == "adam"
    assert runs.attrs["learning_rate"] == 0.001
    assert runs.val_loss.units == "nats"


def test_one_varied_setting_is_an_axis_by_itself(linear):
    runs = sweep.MLP(**SMALL).fit(linear, seeds=[7, 2], l1=np.geomspace(1e-3, 1e-1, 3))
    assert list(runs.seed) == [7, 2]
    np.testing.assert_array_equal(runs.l1, np.geomspace(1e-3, 1e-1, 3))
    assert runs.sel(l1=0.01, method="nearest").train_loss.dims == ("seed", "epoch")
    assert "train_accuracy" not in runs
    assert runs.train_loss.units == "squared units of y"


def test_without_a_grid_there_is_one_setting(linear):
    runs = sweep.MLP(**SMALL).fit(linear, seeds=2, l2=0.5)
    assert runs.val_loss.sizes == {"setting": 1, "seed": 2, "epoch": 4}
    assert runs.attrs["l2"] == 0.5


@pytest.mark.parametrize(
    "setting",
    [
        {"learning_rate": 0.02},
        {"momentum": 0.5},
        {"l1": 0.01},
        {"l2": 0.01},
        {"weight_decay": 0.5},
        {"rate": 0.5},
        {"input_rate": 0.2},
        {"loss_gradient_penalty": 0.1},
        {"label_noise": 0.5},
    ],
)
def test_every_setting_acts_and_acts_alone_as_in_a_grid(digits, setting):
    """A replica's numbers are the same whether its setting comes alone or beside another."""
    mlp = sweep.MLP(**SMALL, optimizer="sgd", dtype="float64")
    ((name, value),) = setting.items()
    neutral = 0.01 if name == "learning_rate" else 0.0
    both = mlp.fit(digits, seeds=3, **{name: [neutral, value]})
    alone = mlp.fit(digits, seeds=3, **setting)
    without = mlp.fit(digits, seeds=3)
    for runs, place in ((without, 0), (alone, 1)):
        np.testing.assert_allclose(
            runs.kernel_0.isel(setting=0), both.kernel_0.isel(setting=place), rtol=0, atol=1e-12
        )
    assert (both.kernel_0.isel(setting=0) != both.kernel_0.isel(setting=1)).any()


def test_seeds_change_everything_and_settings_share_what_a_seed_draws(digits):
    runs = sweep.MLP(**SMALL, optimizer="sgd").fit(
        digits[0], seeds=2, rate=0.5, learning_rate=[1e-12, 2e-12]
    )  # so slow that the weights stay where they began
    np.testing.assert_allclose(runs.kernel_0[0], runs.kernel_0[1], atol=1e-6)
    start = randomness.initial_weights(1, (64, 12, 10))[0]
    np.testing.assert_allclose(runs.kernel_0.sel(seed=1)[0], start, atol=1e-6)
    np.testing.assert_allclose(runs.running_loss[0], runs.running_loss[1], rtol=1e-5)
    assert (runs.running_loss.sel(seed=0) != runs.running_loss.sel(seed=1)).all()


def test_one_data_set_or_one_a_seed_or_one_a_replica(digits):
    mlp = sweep.MLP(**SMALL, dtype="float64")
    shared = mlp.fit(digits[1], seeds=3, l2=[0.0, 0.1])
    xr.testing.assert_allclose(shared, mlp.fit([digits[1]] * 3, seeds=3, l2=[0.0, 0.1]), rtol=1e-12)
    by_seed = mlp.fit(digits, seeds=3, l2=[0.0, 0.1])
    assert same_runs(by_seed, mlp.fit([digits, digits], seeds=3, l2=[0.0, 0.1]))
    xr.testing.assert_allclose(shared.sel(seed=[1]), by_seed.sel(seed=[1]), rtol=1e-12)
    rotated = [digits[1:] + digits[:1], digits]
    by_replica = mlp.fit(rotated, seeds=3, l2=[0.0, 0.1])
    assert same_runs(by_replica.isel(setting=[1]), by_seed.isel(setting=[1]))
    assert (by_replica.test_loss[0] != by_seed.test_loss[0]).all()


def test_label_noise_is_noise_on_the_labels(digits):
    noisy = [
        dataclasses.replace(
            data,
            y_train=randomness.noisy_targets(seed, data.y_train, noise=0.5, n_classes=10, part=0),
            y_val=randomness.noisy_targets(seed, data.y_val, noise=0.5, n_classes=10, part=1),
        )
        for seed, data in enumerate(digits)
    ]
    mlp = sweep.MLP(**SMALL)
    ours = mlp.fit(digits, seeds=3, label_noise=0.5)
    assert same_runs(ours.drop_attrs(), mlp.fit(noisy, seeds=3).drop_attrs())


# --- what comes back --------------------------------------------------------------------------


def test_the_same_call_gives_the_same_numbers(digits):
    mlp = sweep.MLP(**SMALL)
    first, second = (mlp.fit(digits, seeds=3, rate=0.5, patience=1) for _ in range(2))
    assert same_runs(first, second)


def test_a_replicas_numbers_do_not_depend_on_the_others(digits):
    """In float32 too: chunks are filled up, so every replica is computed in the same company."""
    mlp = sweep.MLP(**SMALL)
    many = mlp.fit(digits, seeds=3, l2=[0.0, 0.01, 0.1, 0.2])  # 12 replicas: two chunks
    few = mlp.fit(digits[1:2], seeds=[1], l2=[0.01, 0.2])
    np.testing.assert_array_equal(few.kernel_0, many.sel(seed=[1], l2=[0.01, 0.2]).kernel_0)
    np.testing.assert_array_equal(few.val_loss, many.sel(seed=[1], l2=[0.01, 0.2]).val_loss)


@pytest.mark.parametrize("task", ["digits", "linear"])
def test_in_float64_the_chunk_size_changes_nothing(task, request):
    data = request.getfixturevalue(task)
    settings = {"l1": [0.0, 0.01], "rate": 0.3, "loss_gradient_penalty": 0.1, "patience": 2}
    runs = [
        sweep.MLP(**SMALL, dtype="float64", chunk_size=size).fit(data, seeds=3, **settings)
        for size in (2, 5, 8)
    ]
    for other in runs[1:]:
        assert same_runs(runs[0], other)


def test_in_float32_the_chunk_size_changes_only_the_rounding(digits):
    runs = [sweep.MLP(**SMALL, chunk_size=size).fit(digits, seeds=3) for size in (2, 8)]
    np.testing.assert_allclose(runs[0].val_loss, runs[1].val_loss, rtol=1e-4)


def test_without_curves_the_ends_are_the_same(digits):
    kwargs = {"seeds": 3, "l2": [0.0, 0.01], "l1": 1e-3}
    with_curves = sweep.at_end(sweep.MLP(**SMALL, dtype="float64").fit(digits, **kwargs))
    without = sweep.MLP(**SMALL, dtype="float64", curves=False).fit(digits, **kwargs)
    assert "epoch" not in without.dims
    assert set(with_curves) - set(without) == {"running_loss", "best_epoch"}
    for name in set(without):
        np.testing.assert_allclose(without[name], with_curves[name], rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("restore", [False, True])
def test_early_stopping_without_curves_stops_at_the_same_epoch(digits, restore):
    fits = [
        sweep.MLP(
            units=(12,), epochs=60, dtype="float64", curves=curves, restore_best_weights=restore
        ).fit(digits, seeds=3, patience=[1, 4], learning_rate=0.02)
        for curves in (True, False)
    ]
    for name in ("best_epoch", "last_epoch", "final_epoch", "kernel_1", "test_loss"):
        np.testing.assert_array_equal(fits[0][name], fits[1][name])
    runs = fits[0]
    assert (runs.last_epoch < 59).all()
    assert (runs.last_epoch.sel(patience=4) > runs.last_epoch.sel(patience=1)).any()
    best = runs.val_loss.min("epoch")
    at_best = sweep.at_end(runs).val_loss
    assert (at_best == best).all() if restore else (at_best >= best).all()


def test_scores_penalty_and_sparsity_are_those_of_the_weights(linear):
    runs = sweep.MLP(**SMALL, optimizer="proximal_adam", dtype="float64").fit(
        linear, seeds=2, l1=0.05, l2=0.01, learning_rate=0.02
    )
    for seed in runs.seed:
        run = runs.sel(seed=seed).isel(setting=0)
        first, second = run.kernel_0.to_numpy(), run.kernel_1.to_numpy()
        hidden = np.maximum(linear.x_test @ first + run.bias_0.to_numpy(), 0)
        outputs = (hidden @ second + run.bias_1.to_numpy())[:, 0]
        assert np.isclose(run.test_loss, np.mean((outputs - linear.y_test) ** 2))
        kernels = np.append(first, second)
        penalty = 0.05 * np.abs(kernels).sum() + 0.01 * (kernels**2).sum()
        assert np.isclose(run.penalty[-1], penalty)
        assert run.sparsity == (kernels == 0).mean() > 0


def test_the_gradient_penalty_is_that_of_finite_differences(linear):
    strength, step = 0.3, 1e-5
    runs = sweep.MLP(**SMALL, activation="tanh", dtype="float64").fit(
        linear, seeds=1, loss_gradient_penalty=strength
    )
    run = runs.isel(setting=0, seed=0)

    def losses(x):
        hidden = np.tanh(x @ run.kernel_0.to_numpy() + run.bias_0.to_numpy())
        outputs = hidden @ run.kernel_1.to_numpy() + run.bias_1.to_numpy()
        return (outputs[:, 0] - linear.y_train) ** 2

    moves = step * np.eye(5)
    slopes = [
        (losses(linear.x_train + move) - losses(linear.x_train - move)) / (2 * step)
        for move in moves
    ]
    expected = strength * np.mean(np.sum(np.square(slopes), axis=0))
    assert np.isclose(run.penalty[-1], expected, rtol=1e-6)


def test_predictions_are_those_that_were_scored(digits):
    runs = sweep.MLP(**SMALL).fit(digits[0], seeds=2, l2=[0.0, 0.1])
    outputs = sweep.predict(runs, digits[0].x_test)
    assert outputs.dims == ("setting", "seed", "row", "output")
    accuracy = (outputs.argmax("output") == digits[0].y_test).mean("row")
    np.testing.assert_allclose(accuracy, runs.test_accuracy, atol=1e-6)
    grid = sweep.MLP(**SMALL, activation="tanh").fit(
        digits[0], seeds=2, l2=[0.0, 0.1], rate=[0.0, 0.5]
    )
    for selection in (grid.sel(l2=0.1), grid.unstack("setting"), grid.transpose("seed", ...)):
        outputs_there = sweep.predict(selection, digits[0].x_test)
        accuracy = (outputs_there.argmax("output") == digits[0].y_test).mean("row")
        np.testing.assert_allclose(
            accuracy.transpose(*selection.test_accuracy.dims), selection.test_accuracy, atol=1e-6
        )
    with pytest.raises(ValueError, match="runs must have the attributes of a sweep"):
        sweep.predict(runs.drop_attrs(), digits[0].x_test)
    one = sweep.predict(runs.sel(l2=0.1, seed=1), digits[0].x_test)
    np.testing.assert_allclose(one, outputs.sel(l2=0.1, seed=1), rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match=r"x must have shape \(n_rows, 64\)\. Received: shape"):
        sweep.predict(runs, digits[0].x_test[:, :5])


@pytest.mark.parametrize(("units", "dtype"), [((7, 5), "float64"), ((), "float32")])
def test_a_keras_model_of_a_network_predicts_the_same(units, dtype):
    data = datasets.make_sparse_linear(20, n_features=4, n_informative=2, seed=0)
    mlp = sweep.MLP(units=units, activation="tanh", epochs=2, batch_size=10, dtype=dtype)
    runs = mlp.fit(data, seeds=2, learning_rate=[0.01, 0.1])
    one = runs.isel(setting=1, seed=1)
    model = sweep.to_keras(one)
    np.testing.assert_allclose(model(data.x_test), sweep.predict(one, data.x_test), atol=1e-5)
    # An axis of length 1 does no harm, and only hidden layers get the layer that was asked for.
    longer = sweep.to_keras(runs.isel(setting=[1], seed=[1]), after_hidden=keras.layers.Identity)
    np.testing.assert_array_equal(longer(data.x_test), model(data.x_test))
    assert len(longer.layers) == 1 + 2 * len(units)
    with pytest.raises(ValueError, match=r"one setting and one seed\. Received: {'seed': 2}"):
        sweep.to_keras(runs.isel(setting=0))
    with pytest.raises(ValueError, match="attributes of a sweep"):
        sweep.to_keras(one.drop_attrs())


def test_a_network_without_hidden_units_is_ridge(linear):
    mlp = sweep.MLP(units=(), optimizer="sgd", epochs=3000, batch_size=40, dtype="float64")
    runs = mlp.fit(linear, seeds=1, l2=0.1, learning_rate=0.1)
    x, y = linear.x_train - linear.x_train.mean(axis=0), linear.y_train - linear.y_train.mean()
    ridge = np.linalg.solve(x.T @ x + 0.1 * len(y) * np.eye(5), x.T @ y)
    np.testing.assert_allclose(runs.kernel_0.squeeze(), ridge, atol=1e-9)


def test_the_best_epoch_is_that_of_the_smallest_validation_loss(digits):
    runs = sweep.MLP(units=(64,), epochs=40).fit(digits, seeds=3, learning_rate=0.02)
    np.testing.assert_array_equal(runs.best_epoch, runs.val_loss.argmin("epoch"))
    assert (runs.best_epoch < 39).all()
    assert (runs.final_epoch == 39).all()


def test_sparsity_counts_exact_zeros_alone(linear):
    runs = sweep.MLP(**SMALL).fit(linear, seeds=2, l1=0.3, learning_rate=1e-3)
    assert (runs.sparsity == 0).all()


@pytest.mark.parametrize(
    ("optimizer", "theirs"),
    [
        ("sgd", keras.optimizers.SGD),
        ("proximal_sgd", keras.optimizers.SGD),
        ("adam", keras.optimizers.Adam),
        ("proximal_adam", keras.optimizers.Adam),
        ("adamw", keras.optimizers.AdamW),
    ],
)
def test_defaults_are_keras_defaults(linear, optimizer, theirs):
    grid = sweep.MLP(**SMALL, optimizer=optimizer).plan(linear).grid
    config = theirs().get_config()
    assert np.isclose(grid.values["learning_rate"], config["learning_rate"])
    assert grid.values["weight_decay"] == (config["weight_decay"] or 0.0)


def test_classes_are_counted_in_all_parts(digits):
    few = changed(digits[0], y_train=digits[0].y_train % 3)
    runs = sweep.MLP(**SMALL).fit(few, seeds=2)
    assert runs.sizes["units_2"] == 10


def test_noise_of_a_regression_may_exceed_one(linear):
    noisy = sweep.MLP(**SMALL).fit(linear, seeds=2, label_noise=3.0)
    clean = sweep.MLP(**SMALL).fit(linear, seeds=2)
    assert (noisy.train_loss.isel(epoch=0) > clean.train_loss.isel(epoch=0) + 3).all()


def test_a_batch_larger_than_the_data_is_the_data(digits):
    kwargs = {"units": (4,), "epochs": 3}
    full = sweep.MLP(**kwargs, batch_size=60).fit(digits[0], seeds=2, rate=0.5)
    huge = sweep.MLP(**kwargs, batch_size=10**12).fit(digits[0], seeds=2, rate=0.5)
    assert same_runs(full, huge)


# --- what is compiled --------------------------------------------------------------------------


def test_one_compilation_serves_all_values_of_a_grid(digits):
    mlp = sweep.MLP(**SMALL)
    plan = mlp.plan(digits, seeds=3, l2=[0.001, 0.1])
    training._compiled.cache_clear()
    mlp.fit(digits, seeds=3, l2=[0.001, 0.1])
    mlp.fit(digits[0:2], seeds=2, l2=[0.5])
    mlp.fit(digits, seeds=[5, 6, 9], l2=np.geomspace(1e-4, 1, 5), learning_rate=[0.1, 0.2])
    assert training._compiled(plan.program).experimental_get_tracing_count() == 1
    assert training._compiled.cache_info().misses == 1


@pytest.mark.parametrize(
    ("setting", "module", "function"),
    [
        ("loss_gradient_penalty", objective, "_losses_and_norms"),
        ("rate", randomness, "keep_mask"),
        ("input_rate", randomness, "keep_mask"),
        ("patience", training.stopping, "observe"),
        ("l1", objective.tf, "abs"),
    ],
)
def test_what_is_not_used_is_not_compiled(digits, monkeypatch, setting, module, function):
    def refuse(*args, **kwargs):
        raise AssertionError(f"{function} was compiled")

    monkeypatch.setattr(module, function, refuse)
    training._compiled.cache_clear()
    unused = {} if setting == "patience" else {setting: 0.0}
    sweep.MLP(**SMALL).fit(digits, seeds=3, **unused)
    with pytest.raises(AssertionError, match="was compiled"):
        sweep.MLP(**SMALL).fit(digits, seeds=3, **{setting: 1 if setting == "patience" else 0.5})
    training._compiled.cache_clear()


# --- who computes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "config", [{"backend": "threading", "n_jobs": 1}, {"backend": "loky", "n_jobs": 2}], ids=str
)
def test_workers_change_nothing(digits, config):
    mlp = sweep.MLP(**SMALL, chunk_size=2)
    here = mlp.fit(digits, seeds=3, l2=[0.0, 0.1])
    with joblib.parallel_config(**config):
        assert same_runs(here, mlp.fit(digits, seeds=3, l2=[0.0, 0.1]))


def test_a_dask_cluster_of_two_workers_finds_the_same_numbers(digits):
    """A real one: a scheduler and two processes, which talk over sockets."""
    code = """
import joblib
from distributed import Client, LocalCluster
from coursepkg import datasets, sweep

if __name__ == "__main__":
    digits = [datasets.load_digits_noisy(60, n_val=40, seed=seed) for seed in range(3)]
    mlp = sweep.MLP(units=(12,), epochs=4, batch_size=16, chunk_size=2)
    here = mlp.fit(digits, seeds=3, l2=[0.0, 0.1], rate=0.5)
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        with joblib.parallel_config(backend="dask"):
            there = mlp.fit(digits, seeds=3, l2=[0.0, 0.1], rate=0.5)
        tasks = client.run(lambda dask_worker: dask_worker.state.executed_count)
    assert len(tasks) == 2, tasks
    assert min(tasks.values()) > 0, tasks
    assert here.identical(there)
    print("the same")
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "the same\n", result.stderr


def test_a_backend_that_cannot_hand_over_chunks_is_refused(digits):
    with (
        joblib.parallel_config(backend="multiprocessing"),
        pytest.raises(ValueError, match=r"must be loky, threading or dask\. Received: multiproc"),
    ):
        sweep.MLP(**SMALL).fit(digits, seeds=3)


def test_a_progress_bar_only_where_it_is_asked_for_or_someone_looks(digits, capfd, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setattr(running, "tqdm", lambda **kwargs: tqdm(**kwargs | {"delay": 0}))
    from tqdm import tqdm

    mlp = sweep.MLP(**SMALL, chunk_size=2)
    mlp.fit(digits, seeds=3)
    assert "trainings" not in capfd.readouterr().err
    mlp.fit(digits, seeds=3, progress=True)
    assert "3/3" in capfd.readouterr().err
    monkeypatch.setenv("JPY_SESSION_NAME", "notebook.ipynb")
    mlp.fit(digits, seeds=3)
    assert "3/3" in capfd.readouterr().err
    mlp.fit(digits, seeds=3, progress=False)
    assert "trainings" not in capfd.readouterr().err


@pytest.fixture
def _interruptible():
    """Let SIGINT raise, also where the tests run in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_an_interrupt_stops_at_once_and_the_same_call_goes_on(digits, monkeypatch):
    mlp = sweep.MLP(**SMALL, chunk_size=2)
    expected = mlp.fit(digits[0], seeds=4, l2=[0.0, 0.1])
    done = []

    def train_then_interrupt(program, chunk):
        done.append(chunk.seeds)
        if len(done) == 3:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)
        return training.train_chunk(program, chunk)

    monkeypatch.setattr(running, "train_chunk", train_then_interrupt)
    with (
        joblib.parallel_config(backend="threading", n_jobs=1),
        pytest.raises(KeyboardInterrupt, match=r"4 of 8 trainings are done; the same call goes on"),
    ):
        mlp.fit(digits[0], seeds=4, l2=[0.0, 0.1])
    done[:] = [None] * 10
    with joblib.parallel_config(backend="threading", n_jobs=1):
        mlp.fit(digits[0], seeds=4, l2=[0.0])  # another sweep begins at its beginning
        assert len(done) == 12
        assert same_runs(expected, mlp.fit(digits[0], seeds=4, l2=[0.0, 0.1]))
    assert len(done) == 14


# --- what goes wrong ---------------------------------------------------------------------------


def test_a_replica_that_diverges_is_marked_and_the_others_go_on(linear):
    mlp = sweep.MLP(units=(12,), epochs=30, optimizer="sgd")
    with pytest.warns(RuntimeWarning, match="2 of 4 replicas diverged: learning_rate=50, seed=0;"):
        runs = mlp.fit(linear, seeds=2, learning_rate=[0.01, 50.0])
    np.testing.assert_array_equal(runs.diverged, [[False, False], [True, True]])
    calm = mlp.fit(linear, seeds=2, learning_rate=[0.01])
    np.testing.assert_array_equal(runs.kernel_0[0], calm.kernel_0[0])
    for variable in (runs.test_loss, runs.sparsity):
        assert np.isnan(sweep.mean_and_error(variable).mean[1])
    assert (sweep.choose_by_validation(runs).learning_rate == 0.01).all()


def test_a_diverged_classifier_has_no_accuracy_and_is_not_chosen(digits):
    mlp = sweep.MLP(units=(12,), epochs=10, optimizer="sgd")
    with pytest.warns(RuntimeWarning, match="3 of 6 replicas diverged"):
        runs = mlp.fit(digits, seeds=3, learning_rate=[1e20, 1e-6])
    assert np.isnan(runs.test_accuracy[0]).all()
    assert np.isnan(runs.val_accuracy[0]).all()
    assert (sweep.choose_by_validation(runs, "val_accuracy").learning_rate == 1e-6).all()


def test_a_divergence_in_the_step_before_stopping_is_marked(linear):
    mlp = sweep.MLP(units=(6, 6, 6), epochs=6, optimizer="sgd", restore_best_weights=True)
    with pytest.warns(RuntimeWarning, match="diverged"):
        runs = mlp.fit(linear, seeds=3, learning_rate=np.geomspace(1, 1e12, 25), patience=0)
    trained = runs.epoch <= runs.last_epoch
    lost = (~np.isfinite(runs.val_loss) & trained).any("epoch")
    assert lost.any()
    np.testing.assert_array_equal(runs.diverged, lost | runs.diverged)
    assert runs.diverged.where(lost, True).all()


def test_what_happens_to_a_replica_after_it_stopped_is_not_its_divergence(linear):
    """It goes on unseen while others of its chunk train; here until it overflows."""
    mlp = sweep.MLP(units=(12,), epochs=40, optimizer="sgd", restore_best_weights=True)
    with pytest.warns(RuntimeWarning, match="replicas diverged: patience=40"):
        runs = mlp.fit(linear, seeds=4, learning_rate=0.4, patience=[0, 40])
    stopped = runs.last_epoch.sel(patience=0) < runs.last_epoch.sel(patience=40)
    later = runs.diverged.sel(patience=40) & stopped
    assert later.any()
    assert not (later & runs.diverged.sel(patience=0)).any()


def test_a_divergence_before_or_after_the_best_epoch_is_marked(linear):
    mlp = sweep.MLP(units=(12,), epochs=30, optimizer="sgd", restore_best_weights=True)
    with pytest.warns(RuntimeWarning, match="1 of 1 replicas diverged: seed=0"):
        runs = mlp.fit(linear, seeds=1, learning_rate=50.0, patience=3)
    assert runs.diverged.all()
    assert runs.last_epoch < 29


def test_many_divergences_are_counted_and_some_named(linear):
    mlp = sweep.MLP(units=(12,), epochs=10, optimizer="sgd")
    with pytest.warns(RuntimeWarning, match=r"6 of 6 replicas diverged: .*seed=4; and 1 more\."):
        mlp.fit(linear, seeds=6, learning_rate=50.0)


BAD_SETTINGS = {
    "settings are learning_rate, momentum, l1, l2, weight_decay": {"lam": 0.1},
    "l2 must be a number or distinct numbers. Received: l2=[0, [0.1]]": {"l2": [0, [0.1]]},
    "l2 must be a number or distinct numbers. Received: l2=[0.0, 0.0, 0.0, ": {
        "l2": np.zeros(10000)
    },
    "l2 must be at most 1e+30. Received: l2=1e+39": {"l2": 1e39},
    "a grid must have at most 1000000 settings. Received: 125000000": {
        name: np.linspace(0.1, 0.9, 500) for name in ("l1", "l2", "rate")
    },
    "l1 must be a finite number >= 0. Received: l1=-1": {"l1": -1},
    "l1 must be a finite number >= 0. Received: l1=nan": {"l1": [0.1, np.nan]},
    "l2 must be a finite number >= 0. Received: l2='a'": {"l2": "a"},
    "l2 must be a number or distinct numbers. Received: l2=[]": {"l2": []},
    "l2 must be a number or distinct numbers. Received: l2=[1, 1]": {"l2": [1, 1]},
    "rate must be in [0, 1). Received: rate=1.2": {"rate": [0.5, 1.2]},
    "rate must be in [0, 1). Received: rate=1": {"rate": 1},
    "input_rate must be in [0, 1). Received: input_rate=-0.1": {"input_rate": -0.1},
    "learning_rate must be > 0. Received: learning_rate=0": {"learning_rate": 0},
    "label_noise must be in [0, 1]. Received: label_noise=2": {"label_noise": 2},
    "patience must be an integer >= 0. Received: patience=2.5": {"patience": 2.5},
    "momentum is a setting of sgd and proximal_sgd. Received: optimizer='adam'": {"momentum": 0.9},
    "min_delta needs patience, which asks for early stopping. Received: none": {"min_delta": 0.1},
    "seeds must be an integer >= 1. Received: seeds=0": {"seeds": 0},
    "seeds must be distinct, below 2**63, and at least one. Received": {"seeds": [1, 1]},
    "seeds must be distinct, below 2**63, and at least one. Received: seeds=[922": {
        "seeds": [2**63, 0]
    },
    "seeds must be at most 10000000. Received: seeds=1000000000": {"seeds": 10**9},
    "data must be one Dataset, one for each of 4 seeds": {"seeds": 4},
}


@pytest.fixture
def nothing_compiled(monkeypatch):
    def refuse(program):
        raise AssertionError("compiled")

    monkeypatch.setattr(training, "_compiled", refuse)


@pytest.mark.parametrize("message", BAD_SETTINGS)
@pytest.mark.usefixtures("nothing_compiled")
def test_a_bad_setting_is_one_line_before_anything_is_compiled(digits, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        sweep.MLP(**SMALL).fit(digits, **{"seeds": 3} | BAD_SETTINGS[message])
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"units": (3, 0)}, "units must be an integer >= 1. Received: units=0"),
        ({"activation": "gelu"}, "activation must be one of relu, tanh. Received: activation="),
        ({"optimizer": "rmsprop"}, "optimizer must be one of sgd, adam, adamw, proximal_sgd"),
        ({"dtype": "float16"}, "dtype must be one of float32, float64. Received"),
        ({"epochs": 0}, "epochs must be an integer >= 1. Received: epochs=0"),
        ({"batch_size": 2.0}, "batch_size must be an integer >= 1. Received: batch_size=2.0"),
        ({"restore_best_weights": True}, "restore_best_weights needs patience"),
        ({"restore_best_weights": "no"}, "restore_best_weights must be one of False, True"),
        ({"curves": "no"}, "curves must be one of False, True. Received: curves='no'"),
        ({"one_output": "no"}, "one_output must be one of False, True. Received: one_output='no'"),
        ({"one_output": True}, "one_output needs labels 0 and 1. Received: 10 classes"),
    ],
)
@pytest.mark.usefixtures("nothing_compiled")
def test_a_bad_network_is_one_line(digits, field, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        sweep.MLP(**SMALL | field).fit(digits, seeds=3)
    assert str(error.value).startswith(message)


@pytest.mark.usefixtures("nothing_compiled")
def test_one_output_is_for_labels(linear):
    with pytest.raises(ValueError, match=r"needs labels 0 and 1\. Received: real-valued targets"):
        sweep.MLP(**SMALL, one_output=True).fit(linear, seeds=3)


def changed(data: Dataset, **arrays) -> Dataset:
    return dataclasses.replace(data, **arrays)


BAD_DATA = {
    "x_train must be finite. Received: nan at index (0, 3)": lambda d: changed(
        d, x_train=np.where(np.arange(64) == 3, np.nan, d.x_train)
    ),
    "x_val of data set 1 must have shape (40, 64). Received: shape (40, 63)": lambda d: [
        d,
        changed(d, x_val=d.x_val[:, 1:]),
        d,
    ],
    "x_train of data set 2 must have shape (60, 64). Received: shape (50, 64)": lambda d: [
        d,
        d,
        changed(d, x_train=d.x_train[:50], y_train=d.y_train[:50]),
    ],
    "y_train must have shape (60,). Received: shape (5,)": lambda d: changed(
        d, y_train=d.y_train[:5]
    ),
    "all parts need the same columns. Received: {'train': 64": lambda d: changed(
        d, x_test=d.x_test[:, :3]
    ),
    "targets must be labels in all parts or in none. Received: {'train': True": lambda d: changed(
        d, y_train=d.y_train.astype(float)
    ),
    "labels y_val must count from 0. Received: -1": lambda d: changed(d, y_val=d.y_val - 1),
    "data must have training rows. Received: none": lambda d: changed(
        d, x_train=d.x_train[:0], y_train=d.y_train[:0]
    ),
    "data must be of type Dataset. Received: ndarray": lambda d: d.x_train,
    "data must hold at least one Dataset. Received: an empty list": lambda d: [],
    "y_train must have shape (n_samples,). Received: shape (60, 10)": lambda d: changed(
        d, y_train=np.eye(10)[d.y_train]
    ),
    "y_train must hold real numbers. Received: dtype object": lambda d: changed(d, y_train=None),
    "y_val must have shape (n_samples,). Received: shape (0,)": lambda d: changed(
        d, y_val=d.y_val[:0]
    ),
    "x_train must be rectangular. Received: rows of unequal length": lambda d: changed(
        d, x_train=[[1.0], [1.0, 2.0]]
    ),
    "x_train must be within float32, up to 3.4e+38. Received: 1e+39": lambda d: changed(
        d, x_train=d.x_train + 1e39
    ),
    "labels must be below 100000; real-valued targets must be floats": lambda d: changed(
        d, y_train=d.y_train + 10**12
    ),
    "data must be one Dataset, one for each of 3 seeds, or a list of these for each of 1 settings. "
    "Received: a list of shape (2,)": lambda d: [d, d],
    "lists of data sets must be of equal length. Received: [3, 1]": lambda d: [[d, d, d], [d]],
}


@pytest.mark.parametrize("message", BAD_DATA)
@pytest.mark.usefixtures("nothing_compiled")
def test_bad_data_are_one_line(digits, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        sweep.MLP(**SMALL).fit(BAD_DATA[message](digits[0]), seeds=3)
    assert str(error.value).startswith(message)


@pytest.mark.usefixtures("nothing_compiled")
def test_early_stopping_needs_validation_rows():
    data = datasets.load_digits_noisy(60, n_val=0, seed=0)
    with pytest.raises(ValueError, match="patience needs validation rows"):
        sweep.MLP(**SMALL).fit(data, seeds=3, patience=2)


def test_data_without_validation_or_test_rows_train(digits):
    bare = changed(
        digits[0],
        x_val=digits[0].x_val[:0],
        y_val=digits[0].y_val[:0],
        x_test=digits[0].x_test[:0],
        y_test=digits[0].y_test[:0],
    )
    runs = sweep.MLP(**SMALL).fit(bare, seeds=2)
    assert {"val_loss", "test_loss"} & set(runs) == set()
    full = sweep.MLP(**SMALL).fit(digits[0], seeds=2)
    np.testing.assert_array_equal(runs.train_loss, full.train_loss)


@pytest.mark.usefixtures("nothing_compiled")
def test_a_sweep_that_cannot_fit_says_how_many_replicas_would(digits, monkeypatch):
    plan = sweep.MLP(**SMALL).plan(digits[0], seeds=10**6)
    free = 2 * plan.working_bytes() + 1000 * plan.kept_bytes()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": free})())
    with (
        joblib.parallel_config(backend="threading", n_jobs=2),
        pytest.raises(
            MemoryError, match=r"and .* are free: 1000 replicas would fit\. Received: 1000000"
        ),
    ):
        sweep.MLP(**SMALL).fit(digits[0], seeds=10**6)


@pytest.mark.parametrize(
    ("mlp", "seeds"),
    [
        ({"units": (1024, 1024), "epochs": 1, "batch_size": 100}, 24),
        ({"units": (8,), "epochs": 400, "batch_size": 100}, 200),
    ],
    ids=["wide", "long"],
)
def test_the_memory_foretold_is_the_memory_taken(mlp, seeds):
    """Within a factor of three either way of what the process really grows by."""
    code = f"""
import threading, time
import psutil
from coursepkg import datasets, sweep

def watch():
    while True:
        seen.append(psutil.Process().memory_info().rss)
        time.sleep(0.002)

data, seen, mlp = datasets.load_digits_noisy(100, seed=0), [], sweep.MLP(**{mlp})
mlp.fit(data, seeds=2)  # compiles
threading.Thread(target=watch, daemon=True).start()
time.sleep(0.1)
before = max(seen)
runs = mlp.fit(data, seeds={seeds})
plan = mlp.plan(data, seeds={seeds})
print(max(seen) - before, 2 * plan.working_bytes() + {seeds} * plan.kept_bytes())
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    taken, foretold = map(int, result.stdout.split())
    assert foretold / 3 < taken < 3 * foretold


def test_a_sweep_says_nothing_on_its_own():
    code = (
        "from coursepkg import datasets, sweep\n"
        "data = datasets.load_digits_noisy(60, seed=0)\n"
        "sweep.MLP(units=(4,), epochs=1).fit(data, seeds=20, rate=0.5, patience=2)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
