"""The explorer: what it draws, what it says, and what it refuses; `test_live_pages` drives it."""

import base64
import gzip
import io
import json
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from coursepkg.explorer import Bars, Explorer, FigureError, Line, Panel, Points, Region
from coursepkg.explorer.axes import SPAN, Axis, Category, digits, fitted

X = np.linspace(0, 1, 5)
CURVES = np.array([X**power for power in (1, 2, 3)])
SAYS = ["One.", "Two.", "Three."]


def explore(*layers, sliders=None, says=SAYS, panel=None, **options):
    panel = panel or {}
    sliders = sliders or {"power": [1, 2, 3]}
    return Explorer(sliders, Panel(layers, **panel), says=says, alt="A curve.", **options)


def page(figure):
    return BeautifulSoup(figure._repr_html_(), "html.parser")


def data(figure):
    return json.loads(page(figure).find("script", type="application/json").string)


def drawn(path):
    """Places that a path of steps visits."""
    numbers = [float(number) for number in re.findall(r"-?\d+", path)]
    return np.cumsum(np.reshape(numbers, (-1, 2)), axis=0)


# --- axes -------------------------------------------------------------------------------------


def test_a_linear_axis_places_its_ends_and_its_middle():
    assert Axis(-1, 3).place(np.array([-1, 1, 3])).tolist() == [0, SPAN / 2, SPAN]


def test_a_logarithmic_axis_places_the_geometric_mean_in_the_middle():
    assert Axis(0.01, 1, log=True).place(np.array([0.01, 0.1, 1])).tolist() == [0, SPAN / 2, SPAN]


def test_what_lies_far_outside_is_held_near():
    assert Axis(0, 1).place(np.array([-1e300, 1e300])).tolist() == [-SPAN, 2 * SPAN]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_numbers_at_their_places(low, length):
    axis = Axis(low, low + length)
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 11
    for place, text in ticks:
        value = float(text.replace("−", "-"))
        # A text has six digits, a place is rounded to a thousandth of the axis.
        slack = abs(value) * 1e-5 / length * SPAN + 1
        assert abs(axis.place(np.array([value]))[0] - place) <= slack
        assert -1 <= place <= SPAN + 1


def test_names_share_the_axis():
    axis = Category(["a", "b"])
    assert axis.ticks() == [(250, "a"), (750, "b")]
    (left, width), (right, _) = axis.bars(0, 2), axis.bars(1, 2)
    assert all(np.array(left) + width <= right)
    assert right[1] + width <= SPAN


def test_limits_leave_room_but_bars_stand_on_zero():
    axis = fitted(np.array([0.0, 2.0]), limits=None, log=False, name="y")
    assert axis.low == 0
    assert 2 < axis.high < 2.2


@pytest.mark.parametrize(
    ("value", "text"), [(0.0123456, "0.0123"), (-1.5, "−1.5"), (-0.0, "0"), (1234.5, "1.23e+03")]
)
def test_numbers_have_three_digits(value, text):
    assert digits(value) == text


# --- what is drawn ----------------------------------------------------------------------------


def test_a_line_goes_through_its_points_in_every_frame():
    figure = explore(Line(X, CURVES, "curve"), panel={"xlim": (0, 1), "ylim": (0, 1)})
    ((attribute, paths),) = [move for move in data(figure)["moves"] if move[0]]
    assert attribute == "d"
    for path, curve in zip(paths, CURVES, strict=True):
        assert np.abs(drawn(path) - SPAN * np.c_[X, curve]).max() <= 0.5


def test_what_does_not_change_is_drawn_once():
    figure = explore(Line(X, CURVES), Line(X, X, color="1"))
    assert [attribute for attribute, _ in data(figure)["moves"]] == ["d"]
    assert len(page(figure).select("path.line")) == 2


def test_the_first_picture_is_the_frame_that_was_asked_for():
    figure = explore(Line(X, CURVES), start={"power": 3})
    shown = page(figure).select_one("path.line")["d"]
    assert shown == data(figure)["moves"][0][1][2]
    assert page(figure).select_one(".explorer-says").text == "Three."
    assert page(figure).select_one("input")["value"] == "2"
    assert page(figure).select_one("input")["aria-valuetext"] == "3"


def test_points_bars_and_a_region_have_an_element_each():
    grid = np.random.default_rng(0).uniform(size=(3, 4, 6))
    ring = explore(Region(grid, (0, 1), (0, 1)), Points(X, CURVES, marker="ring"))
    assert {move[0] for move in data(ring)["moves"]} == {"viewBox", "d", ""}
    assert len(page(ring).select("path.points")) == 2
    bars = explore(Bars(["a", "b"], CURVES[:, :2]), Bars(["a", "b"], [1.0, 2.0], color="1"))
    assert len(page(bars).select("path.bars")) == 2


def test_a_bar_is_as_high_as_its_number():
    heights = np.array([[1.0, -2.0], [0.0, 4.0], [2.0, 2.0]])
    figure = explore(Bars(["a", "b"], heights), panel={"ylim": (-4, 4)})
    for path, expected in zip(data(figure)["moves"][0][1], heights, strict=True):
        tops = [int(top) for top in re.findall(r"\dV(-?\d+)h", path)]
        assert np.allclose((np.array(tops) - SPAN / 2) / SPAN * 8, expected, atol=0.01)


def test_bars_may_be_named_by_numbers():
    assert "<td>12</td>" in explore(Bars([3, 12], CURVES[:, :2]))._repr_html_()


def test_a_region_shows_its_class_and_its_boundary():
    low, high = np.full((5, 7), 0.1), np.full((5, 7), 0.9)
    split = np.tile(np.linspace(0, 1, 7), (5, 1))
    figure = explore(Region(np.array([low, high, split]), (0, 1), (0, 1)))
    href = page(figure).select_one("image")["href"]
    image = Image.open(io.BytesIO(base64.b64decode(href.partition(",")[2]))).convert("RGBA")
    views, boundary = (move[1] for move in data(figure)["moves"][:2])
    tops = [int(view.split()[1]) for view in views]
    colours = [image.getpixel((3, top + 2)) for top in tops[:2]]
    assert colours[0][2] > colours[0][0], "class 0 is blue"
    assert colours[1][0] > colours[1][2], "class 1 is orange"
    assert boundary[:2] == ["", ""]
    assert set(drawn(boundary[2])[:, 0]) == {SPAN / 2}
    # Shown turned round: the grid's first row is the lowest on the page.
    assert image.getpixel((0, tops[2]))[2] > image.getpixel((6, tops[2]))[2]


def test_two_sliders_span_a_grid_in_the_order_given():
    curves = np.array([[X**power + shift for shift in (0, 1)] for power in (1, 2, 3)])
    says = [[f"{power} {shift}" for shift in "ab"] for power in (1, 2, 3)]
    sliders = {"power": [1, 2, 3], "shift": ["a", "b"]}
    figure = explore(Line(X, curves), sliders=sliders, says=says, start={"power": 2, "shift": "b"})
    assert figure.n_frames == 6
    assert page(figure).select_one(".explorer-says").text == "2 b"
    assert data(figure)["says"] == ["1 a", "1 b", "2 a", "2 b", "3 a", "3 b"]
    assert [output.text for output in page(figure).select("output")] == ["2", "b"]


def test_sentences_may_be_made_from_places():
    figure = explore(Line(X, CURVES), says=lambda place: f"Frame {place}.")
    assert data(figure)["says"] == ["Frame 0.", "Frame 1.", "Frame 2."]


def test_the_table_holds_the_numbers_of_each_frame():
    figure = explore(Line(X, CURVES, "curve"), Points([0.5], [0.25], "mark"), panel={"xlabel": "x"})
    tables = page(figure).select("tbody")
    assert [row.text for row in tables[0].select("td")][:4] == ["0", "0", "0.25", "0.25"]
    assert tables[1].select_one("th").text == "mark"
    cells = next(move[1] for move in data(figure)["moves"] if not move[0])
    assert cells[2][-4:] == ["0.75", "0.422", "1", "1"]


def test_a_long_line_is_sampled_from_end_to_end():
    x = np.linspace(0, 1, 500)
    cells = explore(Line(x, np.array([x, x, x]), "long"))
    shown = [cell.text for cell in page(cells).select("tbody td")][::2]
    assert (len(shown), shown[0], shown[-1]) == (7, "0", "1")


def test_text_is_text():
    figure = Explorer(
        {"<b>": ["<i>", "&"]},
        Panel([Line(X, CURVES[:2], "</script>"), Line(X, X, "x")], "<u>", "<s>", "<q>"),
        says=["</script><h1>", "x"],
        alt='"><h2>',
    )
    found = page(figure)
    assert not found.select("b, i, u, s, q, h1, h2")
    assert found.select_one(".explorer")["aria-label"] == '"><h2>'
    assert data(figure)["says"][0] == "</script><h1>"


def test_it_loads_nothing_from_anybody():
    html = explore(Line(X, CURVES))._repr_html_()
    assert not re.search(r"https?:|//[a-z]|@import|url\(", html)


def test_a_figure_of_usual_size_is_light():
    x = np.linspace(0, 1, 50)
    curves = np.array([[np.sin(20 * x * f + s) for s in range(3)] for f in np.linspace(0.2, 1, 12)])
    lines = [Line(x, curves[:, s], f"curve {s}") for s in range(3)]
    html = Explorer({"f": range(12)}, Panel(lines), says=["x"] * 12, alt="Waves.")._repr_html_()
    assert len(gzip.compress(html.encode())) < 10 * 1024


# --- what is refused, in one line ---------------------------------------------------------------

BROKEN = np.array(CURVES)
BROKEN[1, 3] = np.nan


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: explore(Line(X, BROKEN, "curve")),
            "y of Line 'curve' in panel 1 must be finite. Received: nan at index (1, 3)",
        ),
        (
            lambda: explore(Line(X, CURVES[:2])),
            "y of Line in panel 1 must have shape (3, 5). Received: shape (2, 5)",
        ),
        (
            lambda: explore(Line(X[:4], CURVES)),
            "y of Line in panel 1 must have shape (3, 4). Received: shape (3, 5)",
        ),
        (
            lambda: explore(Line(X, [[1, 2], [3]])),
            "y of Line in panel 1 must be rectangular. Received: rows of unequal length",
        ),
        (
            lambda: explore(Bars(["a"], CURVES)),
            "heights of Bars in panel 1 must have shape (3, 1). Received: shape (3, 5)",
        ),
        (
            lambda: explore(Region(CURVES[:, None], (0, 1), (0, 1))),
            "z of Region 'probability of class 1' in panel 1 needs two rows and two columns. "
            "Received: (1, 5)",
        ),
        (
            lambda: explore(Region(CURVES * 2, (0, 1), (0, 1))),
            "z of Region 'probability of class 1' in panel 1 must be in [0, 1]. Received: 2",
        ),
        (
            lambda: explore(Line(X, CURVES), Bars(["a"], [1.0])),
            "bars of panel 1 must share their names and stand alone. Received: [None, ('a',)]",
        ),
        (
            lambda: explore(Line(X, CURVES, color="red")),
            "color of Line in panel 1 must be one of 0, 1, 2, 3, 4, 5, grey. Received: 'red'",
        ),
        (
            lambda: explore(Points(X, X, marker="star")),
            "marker of Points in panel 1 must be one of disc, square, ring. Received: 'star'",
        ),
        (lambda: explore(X), "layer 1 of panel 1 must be a layer. Received: ndarray"),
        (
            lambda: explore(Line(X, CURVES), panel={"ylog": True}),
            "the vertical axis of panel 1 must be positive on a logarithmic axis. Received: 0",
        ),
        (
            lambda: explore(Line(X, CURVES), panel={"xlim": (1, 0)}),
            "the horizontal axis of panel 1 must have limits that rise. Received: (1, 0)",
        ),
        (
            lambda: explore(Line(X, CURVES), says=SAYS[:2]),
            "says must have a sentence for each position: 3 of 'power'. Received: shape (2,)",
        ),
        (lambda: explore(Line(X, CURVES), says=["a", "", "b"]), "says must be text. Received: ''"),
        (
            lambda: explore(Line(X, CURVES), start={"power": 4}),
            "start must be a position of {'power': [1, 2, 3]}. Received: {'power': 4}",
        ),
        (
            lambda: explore(Line(X, CURVES), printed={"p": 1}),
            "printed must be a position of {'power': [1, 2, 3]}. Received: {'p': 1}",
        ),
        (
            lambda: explore(Line(X, CURVES), sliders={"power": [1, 1, 2]}),
            "slider 'power' must have distinct positions. Received: [1, 1, 2]",
        ),
        (
            lambda: explore(Line(X, CURVES), sliders={"power": [1]}),
            "slider 'power' must have two positions or more. Received: [1]",
        ),
        (
            lambda: Explorer({}, Panel([Line(X, X)]), says="", alt="a"),
            "sliders must be one or two. Received: 0",
        ),
        (
            lambda: Explorer({"a": range(401)}, Panel([Line(X, X)]), says="", alt="a"),
            "there must be at most 400 frames. Received: 401",
        ),
        (
            lambda: Explorer({"a": [1, 2]}, says=["a", "b"], alt="a"),
            "an explorer needs at least one panel. Received: none",
        ),
        (
            lambda: Explorer({"a": [1, 2]}, Panel([Line(X, X)]), says=["a", "b"], alt=" "),
            "alt must be text. Received: ' '",
        ),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(make, message):
    with pytest.raises(FigureError) as error:
        make()
    assert str(error.value) == message
    assert error.value._render_traceback_() == [f"FigureError: {message}"]
