import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from coursepkg import plotting


@pytest.fixture(autouse=True)
def course_style():
    with mpl.rc_context():
        mpl.use("agg")
        plotting.use_style()
        yield
        plt.close("all")


def test_style_sets_a_safe_cycle_and_no_background():
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()
    colours = [mpl.colors.to_rgb(colour) for colour in cycle["color"]]
    assert colours == list(mpl.color_sequences["petroff6"])
    assert len(set(cycle["marker"])) == 6  # colour is never the only difference
    assert mpl.rcParams["savefig.transparent"]


def test_a_figure_is_the_same_file_each_time(tmp_path):
    for name in ("a.svg", "b.svg"):
        plotting.plot_mean_and_error([1, 2], [[1.0, 2.0], [3.0, 4.0]], label="x")
        plt.savefig(tmp_path / name, metadata={"Date": None})
        plt.close()
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_coefficient_path_draws_a_named_line_for_each_feature():
    lams, coefs = np.array([1.0, 10.0, 100.0]), np.arange(24.0).reshape(8, 3)
    ax = plotting.plot_coefficient_path(lams, coefs, list("abcdefgh"))
    for line, coef in zip(ax.lines, coefs, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.column_stack([lams, coef]))
    assert [text.get_text() for text in ax.texts] == list("abcdefgh")
    looks = {(line.get_color(), line.get_linestyle()) for line in ax.lines}
    assert len(looks) == 8  # more features than colours
    assert ax.get_xscale() == "log"
    assert ax.xaxis_inverted()


def test_coefficient_path_takes_lams_in_any_order_and_axes_twice():
    _, ax = plt.subplots()
    for _ in range(2):
        plotting.plot_coefficient_path([10.0, 1.0, 100.0], [[2.0, 3.0, 1.0]], ["a"], ax=ax)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 3], [10, 2], [100, 1]])
    assert ax.xaxis_inverted()


def test_labels_of_coefficients_do_not_overlap():
    heights = plotting._spread_out(np.array([1.0, 0.0, 1.01, 1.02]), gap=0.1)
    np.testing.assert_allclose(heights, [1.0, 0.0, 1.1, 1.2])


def test_estimates_show_mean_and_standard_deviation():
    draws = np.array([[1.0, 5.0], [3.0, 5.0]])
    ax = plotting.plot_estimates({"ridge": draws, "lasso": draws + 1}, ["u", "v"], truth=[2, 4])
    ridge, lasso = ax.containers
    np.testing.assert_allclose(ridge.lines[0].get_ydata(), [2.0, 5.0])
    np.testing.assert_allclose(lasso.lines[0].get_ydata(), [3.0, 6.0])
    low, high = ridge.lines[2][0].get_segments()[0][:, 1]
    assert (high - low) / 2 == pytest.approx(np.sqrt(2))  # sd of 1 and 3
    assert [label.get_text() for label in ax.get_xticklabels()] == ["u", "v"]
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"ridge", "lasso", "truth"}


def test_mean_and_error_shows_the_standard_error():
    ax = plotting.plot_mean_and_error([1, 2], [[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]])
    bars = ax.containers[0]
    np.testing.assert_allclose(bars.lines[0].get_ydata(), [2.0, 1.0])
    low, high = bars.lines[2][0].get_segments()[0][:, 1]
    assert (high - low) / 2 == pytest.approx(2 / np.sqrt(3))  # sd 2 over √3 seeds


def test_train_is_solid_validation_dashed_and_the_band_is_a_standard_error():
    val = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]])
    ax = plotting.plot_train_and_validation([1, 2], val - 5, val, label="L2", color="C3")
    solid, dashed = ax.lines
    assert (solid.get_linestyle(), dashed.get_linestyle()) == ("-", "--")
    assert (solid.get_label(), dashed.get_label()) == ("L2, training", "L2, validation")
    np.testing.assert_allclose(solid.get_ydata(), [-3.0, -4.0])
    np.testing.assert_allclose(dashed.get_ydata(), [2.0, 1.0])
    edge = ax.collections[1].get_paths()[0].vertices
    at_first = edge[edge[:, 0] == 1][:, 1]
    assert np.ptp(at_first) / 2 == pytest.approx(2 / np.sqrt(3))  # sd 2 over √3 seeds
    assert {line.get_color() for line in ax.lines} == {"C3"}


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plotting.plot_coefficient_path([1, 2], [[1, 2]], ["a"], ax=ax),
        lambda ax: plotting.plot_estimates({"m": [[1], [2]]}, ["a"], ax=ax),
        lambda ax: plotting.plot_mean_and_error([1], [[1], [2]], ax=ax),
        lambda ax: plotting.plot_train_and_validation([1], [[1], [2]], [[3], [4]], ax=ax),
    ],
)
def test_the_given_axes_are_drawn_on(draw):
    _, ax = plt.subplots()
    assert draw(ax) is ax
    assert len(plt.get_fignums()) == 1
    assert ax.has_data()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plotting.plot_coefficient_path([1, 2], [[1, 2, 3]], ["a"]), r"coefs .*\(1, 2\)"),
        (lambda: plotting.plot_coefficient_path([0, 2], [[1, 2]], ["a"]), r"Received: 0\.0"),
        (lambda: plotting.plot_estimates({"ridge": [[1, 2]]}, ["a"]), r"ridge .*Received: .*1, 2"),
        (lambda: plotting.plot_estimates({"m": [[1], [2]]}, ["a"], truth=[1, 2]), r"truth must"),
        (lambda: plotting.plot_mean_and_error([1], [[1]]), r"2 seeds\. Received: 1"),
        (lambda: plotting.plot_mean_and_error([1, 2], [[1], [2]]), r"draws must have shape"),
        (lambda: plotting.plot_train_and_validation([1], [[1], [2]], [[1]]), r"2 seeds"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
