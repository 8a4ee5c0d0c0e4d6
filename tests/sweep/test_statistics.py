"""Means, standard errors and choices, against arithmetic done by hand."""

import numpy as np
import pytest
import scipy.stats
import xarray as xr

from coursepkg import datasets, sweep


def values(table, **coordinates):
    return xr.DataArray(table, coordinates, ["setting", "seed"])


def test_mean_and_standard_error_are_scipys():
    table = np.random.default_rng(0).normal(size=(3, 10))
    mean, error = sweep.mean_and_error(values(table))
    np.testing.assert_allclose(mean, table.mean(axis=1))
    np.testing.assert_allclose(error, scipy.stats.sem(table, axis=1))


def test_float32_is_averaged_in_double_precision():
    table = np.full((1, 10), 16777217.0, dtype=np.float32) + np.arange(10, dtype=np.float32)
    mean, _ = sweep.mean_and_error(values(table))
    assert mean.item() == table.astype(float).mean()


def test_a_run_that_is_no_number_spoils_the_mean_of_its_setting_alone():
    mean, error = sweep.mean_and_error(values([[1.0, np.nan], [1.0, 3.0]]))
    assert np.isnan(mean[0])
    assert np.isnan(error[0])
    assert (mean[1], error[1]) == (2.0, 1.0)


@pytest.mark.parametrize("table", [xr.DataArray([1.0], dims="seed"), xr.DataArray(1.0)])
def test_a_standard_error_needs_two_seeds(table):
    with pytest.raises(ValueError, match=r"needs at least 2 seeds\. Received: [01]"):
        sweep.mean_and_error(table)


def test_paired_differences_cancel_what_a_seed_does_to_both():
    rng = np.random.default_rng(0)
    luck, gain = rng.normal(size=50), rng.normal(0.1, 0.01, size=50)
    both = values([luck, luck + gain], seed=np.arange(50))
    difference, error = sweep.paired_difference(both, both.isel(setting=0))
    np.testing.assert_allclose(difference, [0, gain.mean()], atol=1e-12)
    test = scipy.stats.ttest_rel(luck + gain, luck)
    assert np.isclose((difference / error)[1], test.statistic)
    assert error[1] < 0.1 * sweep.mean_and_error(both).standard_error[1]


def test_pairs_need_the_same_seeds():
    one, other = (values(np.ones((1, 2)), seed=seeds) for seeds in ([0, 1], [0, 2]))
    with pytest.raises(ValueError, match=r"the same seeds\. Received: \[0, 1\] and \[0, 2\]"):
        sweep.paired_difference(one, other)


def test_an_estimate_as_text():
    estimate = sweep.mean_and_error(values([[0.1, 0.2], [-3.0, -2.0]]))
    assert list(estimate.text(".2f").to_numpy()) == ["0.15 ± 0.05", "-2.50 ± 0.50"]
    assert estimate.text("+.1f")[0] == "+0.2 ± 0.1"
    one = sweep.mean_and_error(values([[0.1, 0.2]])[0])
    assert f"{one} {one:+.2f}" == "0.150 ± 0.050 +0.15 ± 0.05"


@pytest.fixture(scope="module")
def runs():
    digits = [datasets.load_digits_noisy(60, n_val=60, seed=seed) for seed in range(4)]
    mlp = sweep.MLP(units=(12,), epochs=6, batch_size=16, restore_best_weights=True)
    return mlp.fit(digits, seeds=4, learning_rate=[0.003, 0.05], l2=[0.0, 0.02], patience=1)


def test_the_end_is_the_epoch_whose_weights_are_returned(runs):
    ends = sweep.at_end(runs)
    assert ends.val_loss.dims == ("setting", "seed")
    for setting in range(4):
        for seed in range(4):
            run = runs.isel(setting=setting, seed=seed)
            here = ends.isel(setting=setting, seed=seed)
            assert here.val_loss == run.val_loss[int(run.final_epoch)]
    assert (ends.final_epoch < 5).any()


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_each_seed_chooses_by_its_own_validation_rows(runs, monitor):
    chosen = sweep.choose_by_validation(runs, monitor)
    ends = sweep.at_end(runs)
    sign = 1 if monitor == "val_loss" else -1
    for seed in range(4):
        best = int((sign * ends[monitor].isel(seed=seed)).to_numpy().argmin())
        here = ends.isel(seed=seed, setting=best)
        assert chosen.test_accuracy[seed] == here.test_accuracy
        assert (chosen.l2[seed], chosen.learning_rate[seed]) == (here.l2, here.learning_rate)
    assert chosen.test_accuracy.dims == ("seed",)


def test_without_curves_and_without_a_grid_there_is_an_end_and_a_choice():
    mlp = sweep.MLP(units=(4,), epochs=2, curves=False)
    runs = mlp.fit(datasets.load_digits_noisy(60, seed=0), seeds=2)
    assert sweep.at_end(runs).identical(runs)
    chosen = sweep.choose_by_validation(runs)
    np.testing.assert_array_equal(chosen.test_accuracy, runs.test_accuracy[0])


def test_a_choice_needs_validation(runs):
    with pytest.raises(ValueError, match=r"monitor must be one of .* Received: monitor='loss'"):
        sweep.choose_by_validation(runs, "loss")


def test_a_choice_can_be_paired_with_another_sweep(runs):
    chosen = sweep.choose_by_validation(runs).test_accuracy
    plain = runs.test_accuracy.sel(l2=0.0, learning_rate=0.003)
    mean, _ = sweep.paired_difference(chosen, plain)
    assert np.isclose(mean, np.mean(chosen.to_numpy() - plain.to_numpy()))


def test_a_choice_within_a_selection(runs):
    among = sweep.choose_by_validation(runs.sel(l2=0.02))
    ends = sweep.at_end(runs.sel(l2=0.02))
    best = ends.val_loss.argmin("learning_rate")
    np.testing.assert_array_equal(among.test_accuracy, ends.test_accuracy.isel(learning_rate=best))
    unstacked = sweep.choose_by_validation(runs.unstack("setting"))
    np.testing.assert_array_equal(
        unstacked.test_accuracy, sweep.choose_by_validation(runs).test_accuracy
    )
    one = runs.sel(l2=0.0, learning_rate=0.05)
    np.testing.assert_array_equal(sweep.choose_by_validation(one).test_accuracy, one.test_accuracy)


def test_a_run_that_diverged_is_passed_over(runs):
    worse = runs.copy(deep=True)
    chosen = sweep.choose_by_validation(runs)
    for seed in range(4):
        where = (runs.l2 == chosen.l2[seed]) & (runs.learning_rate == chosen.learning_rate[seed])
        worse["diverged"][where.to_numpy(), seed] = True
    again = sweep.choose_by_validation(worse)
    assert not again.diverged.any()
    changed = (again.l2 != chosen.l2) | (again.learning_rate != chosen.learning_rate)
    assert changed.all()


def test_a_grid_is_compared_with_a_sweep_of_one_setting(runs):
    one = runs.isel(setting=[0]).reset_index("setting", drop=True)
    mean, _ = sweep.paired_difference(runs.test_loss, one.test_loss)
    expected = (runs.test_loss - runs.test_loss.isel(setting=0, drop=True)).mean("seed")
    np.testing.assert_allclose(mean, expected, atol=1e-6)


def test_settings_and_epochs_are_not_joined_in_silence():
    def values(name, settings):
        coordinates = {name: ("setting", settings), "seed": [0, 1]}
        return xr.DataArray(np.ones((2, 2)), coordinates, ["setting", "seed"]).set_xindex(name)

    with pytest.raises(ValueError, match=r"the same settings\. Received: \['l2'\] and \['l1'\]"):
        sweep.paired_difference(values("l2", [0.0, 0.1]), values("l1", [0.0, 0.1]))
    with pytest.raises(ValueError, match="both need the same settings and epochs"):
        sweep.paired_difference(values("l2", [0.0, 0.1]), values("l2", [0.0, 0.2]))


def test_other_types_and_cut_curves_are_one_line(runs):
    with pytest.raises(TypeError, match=r"values must be a DataArray\. Received: ndarray"):
        sweep.mean_and_error(np.ones(3))
    with pytest.raises(ValueError, match="runs must hold the final epochs"):
        sweep.at_end(runs.isel(epoch=slice(0, 1)))
    with pytest.raises(ValueError, match="choosing needs validation rows"):
        sweep.choose_by_validation(runs.drop_vars("val_loss"))
