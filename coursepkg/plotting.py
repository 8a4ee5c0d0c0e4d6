"""Figures of the course: arrays in, Axes out, in one style.

Colour means method. A solid line is training, a dashed one validation. Error bars and bands are
standard errors unless the figure says otherwise.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from importlib import resources

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from coursepkg.validation import as_finite_array


def use_style() -> None:
    """Set the course's figure style, and SVG as the format in a notebook."""
    with resources.as_file(resources.files("coursepkg") / "course.mplstyle") as path:
        plt.style.use(path)
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg")


def plot_coefficient_path(
    lams: ArrayLike, coefs: ArrayLike, names: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    r"""Draw how coefficients change with the penalty, the strongest penalty on the left.

    Parameters
    ----------
    lams : array-like of float, shape (n_lams,)
        Values of :math:`\lambda > 0`, drawn on a logarithmic axis.
    coefs : array-like of float, shape (n_features, n_lams)
        Coefficients, as `coursepkg.linear_models.lasso_path` returns them.
    names : sequence of str, length n_features
        Written at the end of each line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure where it is not given.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.

    Raises
    ------
    ValueError
        If shapes do not match or a :math:`\lambda` is not positive.
    """
    lams = as_finite_array("lams", lams, shape=("n_lams",))
    coefs = as_finite_array("coefs", coefs, shape=(len(names), lams.size))
    if lams.min() <= 0:
        raise ValueError(f"lams must be positive. Received: {lams.min()}")
    order = lams.argsort()
    lams, coefs = lams[order], coefs[:, order]
    ax = _axes(ax)
    for place, (coef, height) in enumerate(
        zip(coefs, _spread_out(coefs[:, 0], gap=0.05 * np.ptp(coefs)), strict=True)
    ):
        style = ("-", "--", "-.")[place // 6 % 3]  # six colours, so names beyond them vary the line
        (line,) = ax.plot(lams, coef, style, marker="")
        ax.annotate(
            names[place],
            (lams[0], height),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=line.get_color(),
            fontsize="small",
            annotation_clip=False,
        )
    ax.set(xscale="log", xlabel="λ (penalty, weaker to the right)", ylabel="coefficient")
    ax.xaxis.set_inverted(True)
    return ax


def plot_estimates(
    estimates: Mapping[str, ArrayLike],
    names: Sequence[str],
    *,
    truth: ArrayLike | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Compare the coefficients of several methods over many draws of the data.

    Parameters
    ----------
    estimates : mapping of str to array-like of float, shape (n_draws, n_features)
        For each method, the coefficients of every draw. A point is their mean; its bar reaches
        one standard deviation *over draws* to either side, the spread that one fit may show.
    names : sequence of str, length n_features
        Names of the coefficients.
    truth : array-like of float, shape (n_features,), optional
        True coefficients, drawn as short lines.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure where it is not given.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.

    Raises
    ------
    ValueError
        If shapes do not match.
    """
    ax = _axes(ax)
    places = np.arange(len(names))
    offsets = np.linspace(-0.25, 0.25, len(estimates)) if len(estimates) > 1 else [0.0]
    for (method, draws), offset in zip(estimates.items(), offsets, strict=True):
        draws = as_finite_array(method, draws, shape=("n_draws", len(names)))
        ax.errorbar(
            places + offset, draws.mean(axis=0), draws.std(axis=0, ddof=1), ls="", label=method
        )
    if truth is not None:
        truth = as_finite_array("truth", truth, shape=(len(names),))
        ax.hlines(truth, places - 0.4, places + 0.4, color="0.5", lw=1.5, label="truth", zorder=0)
    ax.set_xticks(places, names)
    ax.set_ylabel("coefficient")
    ax.legend(ncols=3 if len(estimates) < 3 else 2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return ax


def plot_mean_and_error(
    x: ArrayLike, draws: ArrayLike, *, label: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw a mean over seeds with its standard error.

    Parameters
    ----------
    x : array-like of float, shape (n_points,)
        Positions.
    draws : array-like of float, shape (n_seeds, n_points)
        One row a seed, at least two.
    label : str, optional
        Name in the legend.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure where it is not given.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.

    Raises
    ------
    ValueError
        If shapes do not match or there is only one seed.
    """
    x = as_finite_array("x", x, shape=("n_points",))
    mean, error = _mean_and_error(draws, n_points=x.size)
    ax = _axes(ax)
    ax.errorbar(x, mean, error, capsize=3, label=label)
    return ax


def plot_train_and_validation(
    x: ArrayLike,
    train: ArrayLike,
    val: ArrayLike,
    *,
    label: str = "",
    color: str = "C0",
    ax: Axes | None = None,
) -> Axes:
    """Draw a pair of curves: training solid, validation dashed, each with a band.

    Parameters
    ----------
    x : array-like of float, shape (n_points,)
        Positions, such as epochs.
    train, val : array-like of float, shape (n_seeds, n_points)
        One row a seed, at least two. A line is their mean; its band reaches one standard error
        to either side.
    label : str, optional
        What the pair belongs to, in the legend before "training" and "validation".
    color : str, default="C0"
        Colour of the pair.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure where it is not given.

    Returns
    -------
    matplotlib.axes.Axes
        The Axes drawn on.

    Raises
    ------
    ValueError
        If shapes do not match or there is only one seed.
    """
    x = as_finite_array("x", x, shape=("n_points",))
    pair = {"training": ("-", train), "validation": ("--", val)}
    means = {
        name: (style, *_mean_and_error(draws, n_points=x.size))
        for name, (style, draws) in pair.items()
    }
    ax = _axes(ax)
    for name, (style, mean, error) in means.items():
        text = f"{label}, {name}" if label else name
        ax.plot(x, mean, color=color, ls=style, marker="", label=text)
        ax.fill_between(x, mean - error, mean + error, color=color, alpha=0.3, lw=0)
    return ax


def _mean_and_error(draws: ArrayLike, *, n_points: int) -> tuple[np.ndarray, np.ndarray]:
    draws = as_finite_array("draws", draws, shape=("n_seeds", n_points))
    if len(draws) < 2:
        raise ValueError("a standard error needs at least 2 seeds. Received: 1")
    return draws.mean(axis=0), draws.std(axis=0, ddof=1) / np.sqrt(len(draws))


def _axes(ax: Axes | None) -> Axes:
    return plt.subplots()[1] if ax is None else ax


def _spread_out(heights: np.ndarray, *, gap: float) -> np.ndarray:
    """Move label heights apart, from the lowest upwards, until none is closer than ``gap``."""
    moved, order = heights.copy(), np.argsort(heights)
    for below, above in itertools.pairwise(order):
        moved[above] = max(moved[above], moved[below] + gap)
    return moved
