"""Projections against lengths known by geometry, and back again."""

import numpy as np
import pytest

from pleura.data.faults.projection import create_scanner


def _disc(size: int, radius: float, centre: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    far = np.hypot(y - centre[0], x - centre[1])
    return np.clip(0.5 + radius - far, 0, 1).astype(np.float32)


def test_a_disc_has_its_chords_from_every_side() -> None:
    scanner = create_scanner(64)
    projections = scanner.project(_disc(64, 20.0))
    at = np.arange(scanner.bins) - 0.5 * (scanner.bins - 1)
    chords = 2 * np.sqrt(np.clip(20.0**2 - at**2, 0, None))
    inner = np.abs(at) < 17
    assert projections.shape == (scanner.views, scanner.bins)
    assert np.abs(projections - chords)[:, inner].mean() < 0.8  # of up to 40; single rays of slanted views differ more
    assert projections.sum(axis=1) == pytest.approx(np.pi * 20**2, rel=0.01)


def test_views_turn_from_columns_to_rows() -> None:
    scanner = create_scanner(32)
    dot = np.zeros((32, 32), np.float32)
    dot[4, 20] = 1.0
    middle = 0.5 * (scanner.bins - 1)
    at = scanner.project(dot) @ np.arange(scanner.bins) - middle  # where the dot's ray passes
    assert at[0] == pytest.approx(20 - 15.5, abs=1e-3)
    assert at[scanner.views // 2] == pytest.approx(4 - 15.5, abs=1e-3)


def test_reconstruction_undoes_projection() -> None:
    scanner = create_scanner(64)
    image = 100 * _disc(64, 22.0) - 60 * _disc(64, 6.0, (5.0, -8.0))
    again = scanner.reconstruct(scanner.project(image))
    y, x = np.mgrid[:64, :64] - 31.5
    inside = (np.hypot(y, x) < 18) & (np.abs(np.hypot(y - 5, x + 8) - 6) > 3)
    assert np.abs(again - image)[inside].mean() < 3.0
    assert np.abs(again[np.hypot(y, x) > 27]).mean() < 3.0
