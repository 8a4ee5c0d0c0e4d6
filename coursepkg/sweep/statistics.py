"""From runs to statements: choose by validation, average over seeds, compare in pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr


class Estimate(NamedTuple):
    """A mean over seeds and how sure it is.

    Attributes
    ----------
    mean, standard_error : xarray.DataArray
        In units of what was averaged, without the axis ``seed``.
    """

    mean: xr.DataArray
    standard_error: xr.DataArray

    def text(self, form: str = ".3f") -> xr.DataArray:
        """Write each mean with its standard error.

        Parameters
        ----------
        form : str, default=".3f"
            Format of a number; ``"+.3f"`` gives the mean a sign.

        Returns
        -------
        xarray.DataArray of str
            Such as ``"0.749 ± 0.008"``.
        """

        def write(mean: float, error: float) -> str:
            return f"{mean:{form}} ± {error:{form.lstrip('+')}}"

        return xr.apply_ufunc(write, self.mean, self.standard_error, vectorize=True)

    def __format__(self, form: str) -> str:
        """Write a single mean, as `text` would: ``f"{estimate:+.3f}"``."""
        return self.text(form or ".3f").item()


def mean_and_error(values: xr.DataArray) -> Estimate:
    r"""Average over seeds, and say how sure the average is.

    The standard error is :math:`s/\sqrt{n}` with the standard deviation :math:`s` (that with
    :math:`n - 1`) over :math:`n` seeds. A run that diverged counts: where one value is not a
    number, neither is the mean, since the mean of the survivors would flatter.

    Parameters
    ----------
    values : xarray.DataArray
        A variable of a sweep, or what was made of it, with the axis ``seed``.

    Returns
    -------
    Estimate
        Mean and standard error.

    Raises
    ------
    TypeError
        If it is no DataArray.
    ValueError
        If there is no axis ``seed``, or only one seed.

    Examples
    --------
    >>> accuracy = xr.DataArray([0.7, 0.8, 0.9], dims="seed")
    >>> mean_and_error(accuracy).text(".2f").item()
    '0.80 ± 0.06'
    """
    if not isinstance(values, xr.DataArray):
        raise TypeError(f"values must be a DataArray. Received: {type(values).__name__}")
    n_seeds = values.sizes.get("seed", 0)
    if n_seeds < 2:
        raise ValueError(f"a standard error needs at least 2 seeds. Received: {n_seeds}")
    values = values.astype(float)  # float32 would round the sum over many seeds
    error = values.std("seed", ddof=1, skipna=False) / np.sqrt(n_seeds)
    return Estimate(values.mean("seed", skipna=False), error)


def paired_difference(values: xr.DataArray, baseline: xr.DataArray) -> Estimate:
    """Compare with a baseline seed by seed, so that what a seed does to both cancels.

    Two runs of one seed share data, first weights, batches and dropped units; the standard error
    of their difference is usually much smaller than that of either mean.

    Parameters
    ----------
    values, baseline : xarray.DataArray
        Variables of one sweep or of two, with the same seeds; other axes broadcast.

    Returns
    -------
    Estimate
        Mean of ``values - baseline`` and its standard error.

    Raises
    ------
    ValueError
        If the seeds differ, or settings or epochs, or there is only one seed.

    Examples
    --------
    >>> plain = xr.DataArray([0.70, 0.80, 0.90], coords={"seed": range(3)})
    >>> better = xr.DataArray([0.72, 0.83, 0.92], coords={"seed": range(3)})
    >>> paired_difference(better, plain).text("+.3f").item()
    '+0.023 ± 0.003'
    """
    seeds = [np.ravel(array.coords.get("seed", [])).tolist() for array in (values, baseline)]
    if seeds[0] != seeds[1]:
        raise ValueError(f"both need the same seeds. Received: {seeds[0]} and {seeds[1]}")
    if "setting" in baseline.dims and baseline.sizes["setting"] == 1:
        baseline = baseline.squeeze("setting", drop=True)
    settings = [_settings_of(array) for array in (values, baseline)]
    if all(settings) and settings[0] != settings[1]:
        raise ValueError(f"both need the same settings. Received: {settings[0]} and {settings[1]}")
    try:
        with xr.set_options(arithmetic_join="exact"):
            return mean_and_error(values.astype(float) - baseline)
    except xr.AlignmentError:
        sizes = [dict(array.sizes) for array in (values, baseline)]
        raise ValueError(
            f"both need the same settings and epochs. Received: {sizes[0]} and {sizes[1]}"
        ) from None


def _settings_of(values: xr.DataArray) -> list[str]:
    """Names of what varies along the axis ``setting``."""
    return sorted(str(name) for name, c in values.coords.items() if "setting" in c.dims)


def at_end(runs: xr.Dataset) -> xr.Dataset:
    """Reduce curves to the epoch whose weights training ended with.

    Parameters
    ----------
    runs : xarray.Dataset
        From `coursepkg.sweep.MLP.fit`.

    Returns
    -------
    xarray.Dataset
        The same without the axis ``epoch``: every value belongs to the final weights.
    """
    if "epoch" not in runs.dims:  # without curves, all values are those of the end
        return runs
    final = runs["final_epoch"]
    if not final.isin(runs["epoch"]).all():
        raise ValueError("runs must hold the final epochs. Received: other epochs")
    return runs.sel(epoch=final).drop_vars("epoch")


def choose_by_validation(runs: xr.Dataset, monitor: str = "val_loss") -> xr.Dataset:
    """Pick for each seed the setting whose final weights do best on the validation rows.

    It is what one would do with that seed's data alone, and so the test rows choose nothing.

    Parameters
    ----------
    runs : xarray.Dataset
        From `coursepkg.sweep.MLP.fit`.
    monitor : {"val_loss", "val_accuracy"}, default="val_loss"
        Chooses: the smallest loss, or the highest accuracy. Runs that diverged are passed over.

    Returns
    -------
    xarray.Dataset
        As `at_end`, without the axis ``setting``; what was chosen stands in the coordinates.

    Raises
    ------
    ValueError
        If there are no such values.
    """
    ends = at_end(runs)
    if "val_loss" not in ends:
        raise ValueError("choosing needs validation rows. Received: runs without")
    known = [name for name in ("val_loss", "val_accuracy") if name in ends]
    if monitor not in known:
        raise ValueError(f"monitor must be one of {known}. Received: monitor={monitor!r}")
    others = [axis for axis in ends[monitor].dims if axis != "seed"]
    if not others:  # a single setting was selected: nothing to choose from
        return ends
    if others != ["setting"]:
        ends = ends.stack(setting=others)
    badness = ends[monitor] if monitor == "val_loss" else -ends[monitor]
    badness = badness.where(~ends["diverged"]).fillna(np.inf)
    ends = ends.reset_index(list(ends.indexes.keys() - {"seed"}))
    return ends.isel(setting=badness.argmin("setting").drop_vars("setting", errors="ignore"))
