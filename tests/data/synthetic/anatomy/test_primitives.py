import numpy as np
import pytest

from pleura.data.synthetic.anatomy.capsules import axes_of, frame_along
from pleura.data.synthetic.anatomy.primitives import (
    capsule,
    curve,
    ellipsoid,
    oval,
    sample,
    smooth_min,
    smooth_step,
    tile,
)


def test_curve_is_linear_between_values_two_mm_apart_and_flat_beyond() -> None:
    table = np.array([1.0, 3.0, 2.0])
    assert [curve(table, -10.0, z) for z in (-20.0, -10.0, -9.0, -8.0, -6.5, -6.0, 5.0)] == [1, 1, 2, 3, 2.25, 2, 2]


def test_capsule_by_hand() -> None:
    c = np.array([0.0, 0, 0, 2, 10, 0, 0, 4])  # a cone along x with rounded ends
    assert capsule(5.0, 7.0, 0.0, c) == pytest.approx(7 - 3)
    assert capsule(-5.0, 0.0, 0.0, c) == pytest.approx(5 - 2)
    assert capsule(13.0, 4.0, 0.0, c) == pytest.approx(5 - 4)
    assert capsule(0.0, 0.0, 0.0, c) == pytest.approx(-2)


def test_ellipsoid_is_exact_for_a_ball_and_zero_on_the_surface_of_others(rng) -> None:
    ball = axes_of(np.array([1.0, 2, 3]), [5, 5, 5])
    for p in rng.normal(0, 10, (20, 3)):
        assert ellipsoid(*p, ball) == pytest.approx(np.linalg.norm(p - [1, 2, 3]) - 5, abs=1e-4)
    turn = frame_along([1.0, 0.5, -0.2])
    egg = axes_of(np.zeros(3), [9, 5, 3], turn)
    for axis, radius in zip(turn, (9, 5, 3), strict=True):
        assert ellipsoid(*(axis * radius), egg) == pytest.approx(0, abs=1e-6)
        assert ellipsoid(*(axis * radius * 0.9), egg) < 0 < ellipsoid(*(axis * radius * 1.1), egg)


def test_oval_with_exponent_two_is_a_circle() -> None:
    for angle in np.linspace(0.1, 1.4, 5):
        assert oval(13 * np.cos(angle), 13 * np.sin(angle), 10.0, 10.0, 2.0) == pytest.approx(3, abs=1e-4)


def test_smooth_min_and_step() -> None:
    assert smooth_min(1.0, 20.0, 5.0) == 1.0
    assert smooth_min(3.0, 3.0, 4.0) == pytest.approx(3 - 1.0)  # by hand: h = 1, 1 * 1 * 4 / 4
    assert smooth_min(2.0, 3.0, 4.0) == smooth_min(3.0, 2.0, 4.0) < 2.0
    assert [smooth_step(v, 1.0, 3.0) for v in (0.0, 1.0, 2.0, 3.0, 9.0)] == [0, 0, 0.5, 1, 1]
    assert smooth_step(0.0, 0.05, 0.0) == 1.0, "the limits may be given the other way round"


def test_tile_repeats_and_holds_its_values(rng) -> None:
    n = rng.standard_normal((64, 64, 64)).astype(np.float32)
    assert tile(n, 3.0, 4.0, 5.0) == pytest.approx(n[5, 4, 3])
    assert tile(n, -1.0, 64.0, 128.0) == pytest.approx(n[0, 0, 63])
    assert tile(n, 2.5, 0.0, 0.0) == pytest.approx(0.5 * (n[0, 0, 2] + n[0, 0, 3]), abs=1e-6)
    assert tile(n, 63.5, 0.0, 0.0) == pytest.approx(0.5 * (n[0, 0, 63] + n[0, 0, 0]), abs=1e-6)


def test_sample_reproduces_a_linear_field(rng) -> None:
    z, y, x = np.meshgrid(np.arange(5), np.arange(6), np.arange(7), indexing="ij")
    origin = np.array([-10.0, 20.0, 5.0])
    field = (1 + 2 * (x * 3 - 10) - (y * 3 + 20) + 0.5 * (z * 3 + 5)).astype(np.float32)
    for p in rng.uniform([-10, 20, 5], [7, 34, 16], (20, 3)):
        assert sample(field, origin, 1 / 3, *p) == pytest.approx(1 + 2 * p[0] - p[1] + 0.5 * p[2], abs=1e-3)
