"""The result of a sweep: all replicas in one table with named axes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from coursepkg._keras import keras
from coursepkg.sweep.network import forward, layers
from coursepkg.sweep.plan import Plan
from coursepkg.sweep.program import Program, Trained
from coursepkg.sweep.settings import Grid
from coursepkg.validation import as_finite_array

_AXES = ("setting", "seed")


def assemble(chunks: Sequence[Trained], plan: Plan) -> xr.Dataset:
    """Put the chunks of a sweep together.

    Parameters
    ----------
    chunks : sequence of Trained
        In order; the last one may go on beyond the last replica.
    plan : Plan
        What they belong to.

    Returns
    -------
    xarray.Dataset
        As `coursepkg.sweep.MLP.fit` describes it.
    """
    program, grid, seeds, epochs = plan.program, plan.grid, plan.seeds, plan.epochs

    def join(parts: Sequence[np.ndarray]) -> np.ndarray:
        flat = np.concatenate(parts)[: len(grid) * len(seeds)]
        return flat.reshape(len(grid), len(seeds), *flat.shape[1:])

    weights = [join(parts) for parts in zip(*(chunk.weights for chunk in chunks), strict=True)]
    curves = {name: join([chunk.curves[name] for chunk in chunks]) for name in chunks[0].curves}
    ends = {name: join([chunk.ends[name] for chunk in chunks]) for name in chunks[0].ends}
    if not program.stops_early:
        ends["last_epoch"] = np.full_like(ends["last_epoch"], epochs - 1)
        ends |= _best_epoch(curves, ends.pop("best_epoch"))
    ends["final_epoch"] = ends["best_epoch" if program.restore_best_weights else "last_epoch"]
    ends["diverged"] = ~(ends.pop("healthy") & np.isfinite(ends["train_loss"]))
    ends["sparsity"] = _sparsity(weights)
    trained = np.arange(epochs) <= ends["last_epoch"][..., None]
    curves = {name: np.where(trained, curve, np.nan) for name, curve in curves.items()}
    # A curve takes the place of its own last value.
    variables = {name: (_AXES, values) for name, values in ends.items()}
    variables |= {name: ((*_AXES, "epoch"), curve) for name, curve in curves.items()}
    coordinates = {"seed": list(seeds)} | ({"epoch": np.arange(epochs)} if curves else {})
    runs = xr.Dataset(variables | _named(weights), coordinates)
    return _described(runs.assign_coords(_index(grid)), program, grid)


def predict(runs: xr.Dataset, x: ArrayLike) -> xr.DataArray:
    """Compute what the trained networks say about new inputs, with nothing dropped.

    Parameters
    ----------
    runs : xarray.Dataset
        From `coursepkg.sweep.MLP.fit`, or a selection of settings and seeds.
    x : array-like of float, shape (n_rows, n_features)
        Inputs.

    Returns
    -------
    xarray.DataArray
        With the axes ``row`` and ``output`` beside those of ``runs``: logits of the classes (with
        ``one_output`` that of class 1), or the one prediction of a regression in units of ``y``.

    Raises
    ------
    ValueError
        If the shape of ``x`` doesn't fit the networks, or ``runs`` has lost its attributes.
    """
    x = as_finite_array("x", x, shape=("n_rows", _attrs(runs)["widths"][0]))
    axes = [axis for axis in runs["bias_0"].dims if not str(axis).startswith("units_")]
    weights = []
    for kernel, bias in _stacked(runs, axes):
        weights += [kernel, bias[..., None, :]]
    outputs = forward(weights, x.astype(runs.attrs["dtype"]), runs.attrs["activation"]).numpy()
    last = len(runs.attrs["widths"]) - 2
    return xr.DataArray(outputs, runs[f"bias_{last}"].coords, [*axes, "row", "output"])


def to_keras(
    run: xr.Dataset, *, after_hidden: Callable[[], keras.Layer] | None = None
) -> keras.Sequential:
    """Build a Keras model from one trained network of a sweep.

    Parameters
    ----------
    run : xarray.Dataset
        From `coursepkg.sweep.MLP.fit`, with one setting and one seed.
    after_hidden : callable, optional
        Makes a layer to put behind each hidden one, such as ``lambda: keras.layers.Dropout(0.5)``;
        a sweep's own dropout is not rebuilt unless it is asked for here.

    Returns
    -------
    keras.Sequential
        Its outputs are the logits of the classes (with ``one_output`` that of class 1), or the
        one prediction of a regression, in Keras' ``floatx``.

    Raises
    ------
    ValueError
        If ``run`` holds several networks or has lost its attributes.
    """
    attrs = _attrs(run)
    several = {axis: run.sizes[axis] for axis in _AXES if run.sizes.get(axis, 1) > 1}
    if several:
        raise ValueError(f"run must have one setting and one seed. Received: {several}")
    run = run.squeeze([axis for axis in _AXES if axis in run.dims])
    width, *hidden, outputs = attrs["widths"]
    stack = [keras.Input((width,))]
    for units in hidden:
        stack.append(keras.layers.Dense(units, attrs["activation"]))
        if after_hidden is not None:
            stack.append(after_hidden())
    model = keras.Sequential([*stack, keras.layers.Dense(outputs)])
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    for layer, weights in zip(dense, _stacked(run, []), strict=True):
        layer.set_weights(weights)
    return model


def _attrs(runs: xr.Dataset) -> dict[str, Any]:
    """Give what a sweep notes beside its results."""
    if "activation" not in runs.attrs:
        raise ValueError("runs must have the attributes of a sweep. Received: runs without them")
    return runs.attrs


def _stacked(runs: xr.Dataset, axes: list[Hashable]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Kernel and bias of each layer in turn, the given axes in front."""
    for number in range(len(runs.attrs["widths"]) - 1):
        units = (f"units_{number}", f"units_{number + 1}")
        kernel, bias = runs[f"kernel_{number}"], runs[f"bias_{number}"]
        yield (
            kernel.transpose(*axes, *units).to_numpy(),
            bias.transpose(*axes, units[1]).to_numpy(),
        )


def _best_epoch(curves: dict[str, np.ndarray], like: np.ndarray) -> dict[str, np.ndarray]:
    """Find the epoch of the smallest validation loss, where there is such a curve."""
    if "val_loss" not in curves:
        return {}
    loss = np.where(np.isnan(curves["val_loss"]), np.inf, curves["val_loss"])
    return {"best_epoch": loss.argmin(axis=-1).astype(like.dtype)}


def _sparsity(weights: list[np.ndarray]) -> np.ndarray:
    """Fraction of each replica's kernel entries that are exactly zero."""
    flat = [kernel.reshape(*kernel.shape[:2], -1) for kernel, _ in layers(weights)]
    entries = np.concatenate(flat, axis=-1)
    return np.where(np.isnan(entries).any(axis=-1), np.nan, (entries == 0).mean(axis=-1))


def _named(weights: list[np.ndarray]) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Name kernels and biases by layer, and their axes by the units that they join."""
    named = {}
    for number, (kernel, bias) in enumerate(layers(weights)):
        units = (f"units_{number}", f"units_{number + 1}")
        named[f"kernel_{number}"] = ((*_AXES, *units), kernel)
        named[f"bias_{number}"] = ((*_AXES, units[1]), bias[..., 0, :])
    return named


def _index(grid: Grid) -> xr.Coordinates:
    """Make the axis ``setting`` answer to the names of what varies."""
    columns = {name: grid.values[name] for name in grid.varied}
    if len(columns) > 1:
        return xr.Coordinates.from_pandas_multiindex(
            pd.MultiIndex.from_frame(pd.DataFrame(columns)), "setting"
        )
    labelled = xr.Coordinates({name: ("setting", column) for name, column in columns.items()}, {})
    return xr.Dataset(coords=labelled).set_xindex(list(columns)).coords if columns else labelled


def _described(runs: xr.Dataset, program: Program, grid: Grid) -> xr.Dataset:
    """Note units, and what did not vary."""
    loss = "nats" if "train_accuracy" in runs else "squared units of y"
    for name, variable in runs.variables.items():
        if name.endswith("_loss") or name == "penalty":
            variable.attrs["units"] = loss
    fixed = {name: float(grid.values[name][0]) for name in sorted(program.used - set(grid.varied))}
    names = ("widths", "activation", "optimizer", "dtype")
    return runs.assign_attrs({name: getattr(program, name) for name in names} | fixed)
