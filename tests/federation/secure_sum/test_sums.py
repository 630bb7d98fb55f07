import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pleura.errors import WrongSumError
from pleura.federation.secure_sum.layout import Counts, Layout, Values
from pleura.federation.secure_sum.slots import SlotVector, half_range
from pleura.federation.secure_sum.sums import opened_sum

LAYOUT = Layout(
    (
        Values(name="a", size=5, clip=0.5),
        Counts(name="n", size=3, most=10**12),
        Values(name="none", size=0, clip=1.0),
        Values(name="b", size=2, clip=2e-4),
    )
)


@settings(max_examples=40)
@given(st.data(), st.integers(3, 128), st.integers(1000, 2**20), st.sampled_from([np.uint32, np.uint64]))
def test_sums_of_slots_are_the_sums_of_the_vectors(
    data: st.DataObject, hospitals: int, levels: int, kind: type
) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    total = np.zeros(LAYOUT.slots(levels), np.uint64)
    vectors = []
    for _ in range(hospitals):
        arrays = {
            "a": rng.uniform(-0.6, 0.6, 5),
            "n": rng.integers(0, 10**12, 3, endpoint=True),
            "none": np.zeros(0),
            "b": rng.uniform(-3e-4, 3e-4, 2).astype(np.float32),
        }
        vectors.append(arrays)
        slots = np.empty(total.size, np.uint32)
        SlotVector(LAYOUT, levels, arrays).fill(0, slots)
        total += slots
    cuts = sorted(data.draw(st.lists(st.integers(0, total.size), max_size=3)))
    opened = opened_sum(LAYOUT, levels, hospitals, np.split(total.astype(kind), cuts))
    assert opened.counts["n"].tolist() == sum(v["n"] for v in vectors).tolist()
    assert opened.values["none"].size == 0
    for name, clip in (("a", 0.5), ("b", 2e-4)):
        expected = sum(np.clip(v[name].astype(float), -clip, clip) for v in vectors)
        bound = hospitals * clip / (2 * half_range(levels)) + 2**-23 * hospitals * clip
        assert opened.values[name].dtype == np.float32
        assert np.abs(opened.values[name] - expected).max() <= bound


def test_by_hand() -> None:
    layout = Layout((Values(name="a", size=2, clip=2.0), Counts(name="n", size=1, most=120)))
    # 10 levels, 3 hospitals: zero is 15, a step 0.4; digits 24 and 12 to the base 11
    opened = opened_sum(layout, 10, 3, [np.array([15, 30, 24], np.uint32), np.array([12], np.uint32)])
    assert opened.values["a"].tolist() == [0.0, 6.0]
    assert opened.counts["n"].tolist() == [24 + 12 * 11]
    assert opened.hospitals == 3


@pytest.mark.parametrize(
    ("slots", "message"),
    [
        ([15, 30, 24], "ends after 3 of 4 slots"),
        ([15, 30, 24, 12, 0], "more than the 4 slots"),
        ([15, 31, 24, 12], "a sum of 'a' is larger"),
        ([15, 30, 31, 12], "a sum of 'n' is larger"),
        ([15, 30, 30, 30], "a count of 'n' is larger"),
        ([2**32 - 1, 30, 0, 0], "a sum of 'a' is larger"),
    ],
)
def test_what_no_hospitals_could_have_made_is_refused(slots: list[int], message: str) -> None:
    layout = Layout((Values(name="a", size=2, clip=2.0), Counts(name="n", size=1, most=115)))
    with pytest.raises(WrongSumError, match=message):
        opened_sum(layout, 10, 3, [np.array(slots, np.uint32)])
