"""Slices are made as each model takes them, and once for all that take the same."""

from dataclasses import replace

import numpy as np
import pytest

from diagnosis.chest_phantom import chest_phantom
from pleura.diagnosis.prepared import PreparedSlices
from pleura.errors import GeometryError, NoLungsError
from pleura.imaging.field import find_field
from pleura.imaging.inplane import prepare
from pleura.settings import InputSettings

SETTINGS = InputSettings(size=32, field="lungs")


@pytest.fixture(scope="module")
def slices() -> PreparedSlices:
    volume, block = chest_phantom(side="left", low=True)
    return PreparedSlices(volume, block.astype(np.uint8))


@pytest.mark.parametrize("changes", [{}, {"size": 48}, {"window_low": -1000}, {"window_high": 400}, {"field": "slice"}])
def test_each_form_is_that_of_its_settings(slices: PreparedSlices, changes: dict[str, object]) -> None:
    settings = replace(SETTINGS, **changes)
    made, field = slices.of(settings)
    assert field == find_field(slices.lungs, slices.volume, settings.field)
    window = (settings.window_low, settings.window_high)
    assert np.array_equal(made, prepare(slices.volume, field, size=settings.size, window=window))


def test_what_differs_only_later_on_is_not_made_again(slices: PreparedSlices) -> None:
    made, _ = slices.of(SETTINGS)
    assert slices.of(replace(SETTINGS, mean=0.0, std=1.0, slices=8, subsets=2))[0] is made


def test_a_field_that_is_none_and_lungs_that_are_none_are_refused(slices: PreparedSlices) -> None:
    empty = PreparedSlices(slices.volume, np.zeros(slices.volume.shape, np.uint8))
    with pytest.raises(NoLungsError):
        empty.of(SETTINGS)
    with pytest.raises(GeometryError, match="need the same"):
        PreparedSlices(slices.volume, slices.lungs[1:]).of(SETTINGS)
