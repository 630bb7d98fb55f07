"""Stored values to HU, held against the formula in wide integers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.dicom_phantom import Phantom
from pleura.imaging.hounsfield import AIR, implausible, to_hounsfield

DTYPES = [np.uint8, np.int8, np.uint16, np.int16]


def slow(stored: np.ndarray, slope: float, intercept: float, bits: int, padding: tuple[int, int] | None) -> np.ndarray:
    """One value at a time, in Python's own numbers."""
    out = []
    for value in stored.ravel().tolist():
        low = value & ((1 << bits) - 1)
        if np.issubdtype(stored.dtype, np.signedinteger) and low >= 1 << (bits - 1):
            low -= 1 << bits
        hu = min(max(round(low * slope + intercept), AIR), 32767)
        if padding is not None:
            limits = sorted(int(np.array(p, np.uint16).astype(stored.dtype)) for p in padding)
            if limits[0] <= value <= limits[1]:
                hu = AIR
        out.append(hu)
    return np.array(out).reshape(stored.shape)


@given(
    dtype=st.sampled_from(DTYPES),
    spare=st.integers(0, 4),
    slope=st.sampled_from([1.0, 1.0, 1.0, 0.5, 2.0, 0.25]),
    intercept=st.sampled_from([-1024.0, 0.0, -8192.0, 1000.0, 32767.0, -32767.0, -40000.0, 0.5, -1000.25]),
    padding=st.none() | st.tuples(st.integers(0, 65535), st.integers(0, 65535)),
    seed=st.integers(0, 1000),
)
def test_every_value_is_as_the_formula_says(
    dtype: type[np.integer], spare: int, slope: float, intercept: float, padding: tuple[int, int] | None, seed: int
) -> None:
    info = np.iinfo(dtype)
    values = np.random.default_rng(seed).integers(info.min, info.max, 60, dtype, endpoint=True)
    values[:4] = [info.min, info.max, 0, 1]
    if padding is not None:
        values[4] = np.array(padding[0], np.uint16).astype(dtype)
    stored = values.reshape(8, -1)[:, :7] if values.size % 8 == 0 else values[:56].reshape(8, 7)
    out = np.empty(stored.shape, np.int16)
    wanted = slow(stored, slope, intercept, info.bits - spare, padding)
    padded = to_hounsfield(
        stored.copy(), out, slope=slope, intercept=intercept, bits_stored=info.bits - spare, padding=padding
    )
    np.testing.assert_array_equal(out, wanted)
    if padding is not None:
        assert padded


def test_stored_values_may_share_their_memory_with_the_result() -> None:
    hu = np.array([[0, 1024, 4095]], np.int16)
    to_hounsfield(hu.view(np.uint16), hu, slope=1.0, intercept=-1024.0)
    np.testing.assert_array_equal(hu, [[-1024, 0, 3071]])


CHEST = np.rint(Phantom().hu()).astype(np.int16)


def test_a_chest_is_plausible_with_noise_and_cut_out_lungs() -> None:
    noise = np.random.default_rng(0).normal(0, 120, CHEST.shape).astype(np.int16)
    assert implausible(CHEST) == ""
    assert implausible(CHEST + noise) == ""
    filled = CHEST.copy()
    filled[:, :, :8] = -3024  # what some scanners write outside their field
    assert implausible(filled) == ""


@pytest.mark.parametrize(
    ("hu", "words"),
    [
        (np.zeros_like(CHEST), "below -500"),
        (np.full_like(CHEST, -1024), "near water"),
        (CHEST + 1024, "below -500"),
        ((CHEST + 1000) * 4 - 1000, "above 1500"),
        (CHEST * 10 - 200, "below -1250"),
        (np.random.default_rng(0).integers(-1024, 1024, CHEST.shape).astype(np.int16), "as in noise"),
        (np.random.default_rng(0).permutation(CHEST.ravel()).reshape(CHEST.shape), "as in noise"),
    ],
)
def test_what_is_no_chest(hu: np.ndarray, words: str) -> None:
    assert words in implausible(hu)
