import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from coursepkg.proximal import proximal_step, soft_threshold

numbers = st.floats(-1e3, 1e3)
factors = st.floats(0, 1e3)


@given(z=numbers, threshold=factors)
def test_soft_threshold_equals_its_textbook_formula(z, threshold):
    assert soft_threshold(z, threshold) == np.sign(z) * max(abs(z) - threshold, 0.0)


@given(z=numbers, threshold=factors)
def test_soft_threshold_minimises_its_objective(z, threshold):
    def objective(w):
        return 0.5 * (w - z) ** 2 + threshold * abs(w)

    grid = np.linspace(-abs(z) - 1, abs(z) + 1, 401)
    # Rounding of the objective itself, whose terms reach 1e6, is the only slack.
    assert objective(soft_threshold(z, threshold)) <= objective(grid).min() + 1e-9


@given(z=numbers, threshold=factors)
def test_soft_threshold_is_odd_and_gives_no_negative_zero(z, threshold):
    assert soft_threshold(-z, threshold) == -soft_threshold(z, threshold)
    if abs(z) <= threshold:
        assert not np.signbit(soft_threshold(z, threshold))


@given(a=numbers, b=numbers, threshold=factors)
def test_soft_threshold_moves_points_no_further_apart(a, b, threshold):
    distance = abs(soft_threshold(a, threshold) - soft_threshold(b, threshold))
    assert distance <= abs(a - b) + 1e-12


def test_soft_threshold_broadcasts():
    out = soft_threshold(np.full((2, 3), 2.0), [0.0, 1.0, 3.0])
    np.testing.assert_array_equal(out, [[2.0, 1.0, 0.0]] * 2)


@pytest.mark.parametrize("threshold", [-0.1, [0.1, -1.0], float("nan")])
def test_negative_threshold_is_refused(threshold):
    with pytest.raises(ValueError, match=r"threshold must be >= 0\. Received: threshold="):
        soft_threshold([1.0, 2.0], threshold)


@given(w=numbers, g=numbers, eta=st.floats(1e-3, 10), l1=st.floats(0, 10), l2=st.floats(0, 10))
def test_proximal_step_minimises_its_objective(w, g, eta, l1, l2):
    def objective(u):
        return (u - (w - eta * g)) ** 2 / (2 * eta) + l1 * abs(u) + l2 * u**2

    found = minimize_scalar(objective, bounds=(-2e4, 2e4), method="bounded").fun
    ours = objective(proximal_step(w, g, step_size=eta, l1=l1, l2=l2))
    assert ours <= found * (1 + 1e-9) + 1e-9


def test_tensors_give_what_arrays_give():
    w, g = np.random.default_rng(0).normal(size=(2, 50)).astype("float32")
    expected = proximal_step(w, g, step_size=0.1, l1=2.0, l2=0.5)
    tensors = map(keras.ops.convert_to_tensor, (w, g))
    got = proximal_step(*tensors, step_size=0.1, l1=2.0, l2=0.5)
    assert keras.ops.is_tensor(got)
    assert (expected == 0).any()
    # float32 has 24 bits: 1e-6 covers a handful of roundings of numbers of size 1
    np.testing.assert_allclose(got, expected, atol=1e-6)
    np.testing.assert_array_equal(np.asarray(got) == 0, expected == 0)
