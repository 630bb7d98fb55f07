import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pleura.errors import TermsError
from pleura.federation.secure_sum.layout import Counts, Layout, Segment, Values
from pleura.federation.secure_sum.slots import SlotVector, half_range, runs_of

LEVELS = 209_715  # of 10 hospitals with four values a coefficient; odd, so that the last level stays idle


def _all(vector: SlotVector) -> np.ndarray:
    out = np.full(len(vector), 77, np.uint32)
    vector.fill(0, out)
    return out


def _slow(x: float, clip: float, levels: int) -> int:
    """The rule in the docstring, one Python float at a time; Python's round takes halves to even."""
    half = levels // 2
    return half + max(-half, min(half, round(max(-1e9, min(1e9, x * (half / clip))))))


def test_by_hand() -> None:
    layout = Layout((Values(name="a", size=7, clip=2.0), Counts(name="n", size=2, most=120)))
    # 10 levels: 5 steps of 0.4 on either side of zero; counts to the base 11
    vector = SlotVector(layout, 10, {"a": np.array([-9.0, -2.0, -0.2, 0.0, 0.6, 1.9, 2.0]), "n": np.array([120, 32])})
    # -0.2 is half a step and goes to the even 0; 0.6 is one and a half and goes to the even 2
    assert _all(vector).tolist() == [0, 0, 5, 5, 7, 10, 10, 120 % 11, 32 % 11, 120 // 11, 32 // 11]
    assert vector.clipped == {"a": 1}


@settings(max_examples=60)
@given(
    data=st.data(),
    sizes=st.lists(st.integers(0, 9), min_size=0, max_size=6),
    levels=st.integers(2, 2**28),
    clip=st.floats(1e-30, 1e30),
)
def test_slots_are_those_of_the_slow_rule_in_any_ranges(
    data: st.DataObject, sizes: list[int], levels: int, clip: float
) -> None:
    segments: list[Segment] = []
    arrays, expected, cut = {}, [], {}
    for number, size in enumerate(sizes):
        name = f"tensor {number}"
        width = data.draw(st.sampled_from([32, 64]))
        numbers = st.floats(allow_nan=False, allow_infinity=False, width=width) | st.floats(-2, 2).map(
            lambda x: float(np.float32(x * clip))
        )
        values = np.array(data.draw(st.lists(numbers, min_size=size, max_size=size)), np.dtype(f"f{width // 8}"))
        segments.append(Values(name=name, size=size, clip=clip))
        arrays[name] = values
        expected += [_slow(float(x), clip, levels) for x in values]
        over = sum(abs(float(x)) > clip for x in values)
        if over:
            cut[name] = over
    vector = SlotVector(Layout(tuple(segments)), levels, arrays)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(expected) + 5), max_size=4)))
    made = []
    for start, stop in zip([0, *cuts], [*cuts, len(expected) + 9], strict=True):
        out = np.full(stop - start, 77, np.uint32)
        vector.fill(start, out)
        made += out.tolist()
    assert made == expected + [0] * (len(made) - len(expected))
    assert vector.clipped == cut


@given(st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=5), st.integers(1, 2**28))
@settings(max_examples=60)
def test_digits_make_up_the_counts(counts: list[int], levels: int) -> None:
    layout = Layout((Counts(name="n", size=len(counts), most=2**53 - 1),))
    digits = _all(SlotVector(layout, levels, {"n": np.array(counts)})).reshape(-1, len(counts))
    assert digits.max() <= levels
    assert [sum(int(d) * (levels + 1) ** p for p, d in enumerate(column)) for column in digits.T] == counts


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.uint64, ">i4"])
def test_counts_of_any_integer_type(kind: str) -> None:
    layout = Layout((Counts(name="n", size=2, most=127),))
    assert _all(SlotVector(layout, LEVELS, {"n": np.array([3, 127], kind)})).tolist() == [3, 127]


def test_zero_is_a_level_for_every_number_of_levels() -> None:
    for levels in (2, 3, 10, LEVELS, 2**28 - 1):
        layout = Layout((Values(name="a", size=2, clip=0.3),))
        vector = SlotVector(layout, levels, {"a": np.array([0.0, -0.0], np.float32)})
        assert _all(vector).tolist() == [half_range(levels)] * 2


def test_arrays_of_any_shape_order_and_byte_order(rng: np.random.Generator) -> None:
    plain = rng.normal(size=(4, 6)).astype(np.float32)
    layout = Layout((Values(name="a", size=24, clip=3.0),))
    expected = _all(SlotVector(layout, LEVELS, {"a": plain}))
    for other in (
        plain.astype(">f4"),
        np.asfortranarray(plain),
        np.repeat(plain, 2, axis=1)[:, ::2],
        plain.reshape(-1),
    ):
        assert (_all(SlotVector(layout, LEVELS, {"a": other})) == expected).all()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", [0, 17, 99])
def test_a_number_that_is_not_finite_is_refused_by_name_and_index(kind: type, bad: float, where: int) -> None:
    layout = Layout((Values(name="first", size=50, clip=1.0), Values(name="second", size=100, clip=1.0)))
    second = np.zeros(100, kind)
    second[where] = bad
    vector = SlotVector(layout, LEVELS, {"first": np.zeros(50, kind), "second": second})
    vector.fill(0, np.empty(50, np.uint32))
    with pytest.raises(TermsError, match=rf"value {where} of 'second' is -?(nan|inf); only finite"):
        vector.fill(50 + where, np.empty(1, np.uint32))
    with pytest.raises(TermsError, match=f"value {where} of 'second'"):
        vector.fill(10, np.empty(140, np.uint32))
    assert vector.clipped == {}


def test_what_does_not_fit_the_layout_is_refused() -> None:
    layout = Layout((Values(name="a", size=2, clip=1.0), Counts(name="n", size=1, most=5)))
    good = {"a": np.zeros(2, np.float32), "n": np.array([1])}
    for change, message in (
        ({"a": np.zeros(3, np.float32)}, "'a' has 3 numbers; the layout says 2"),
        ({"a": np.zeros(2, np.float16)}, "'a' is float16; values are float32 or float64"),
        ({"a": np.zeros(2, np.int32)}, "'a' is int32"),
        ({"n": np.array([1.0])}, "'n' is float64; counts are whole numbers"),
        ({"n": np.array([True])}, "'n' is bool"),
        ({"n": np.array([-1])}, "a count of 'n' is not within 0 to 5"),
        ({"n": np.array([6])}, "a count of 'n' is not within 0 to 5"),
        ({"n": np.array([2**64 - 1], np.uint64)}, "a count of 'n' is not within 0 to 5"),
        ({"other": np.zeros(1)}, "has 'other', which is in no layout"),
    ):
        with pytest.raises(TermsError, match=message):
            SlotVector(layout, LEVELS, good | change)
    with pytest.raises(TermsError, match="lacks 'n'"):
        SlotVector(layout, LEVELS, {"a": good["a"]})


def test_threads_count_what_is_cut_once(rng: np.random.Generator) -> None:
    layout = Layout(tuple(Values(name=f"t{i}", size=3000, clip=1.0) for i in range(20)))
    arrays = {f"t{i}": rng.normal(size=3000).astype(np.float32) for i in range(20)}
    vector = SlotVector(layout, LEVELS, arrays)
    threads = [
        threading.Thread(target=lambda s=s: vector.fill(s, np.empty(997, np.uint32))) for s in range(0, 60_000, 997)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert vector.clipped == {name: int((np.abs(x) > 1).sum()) for name, x in arrays.items()}


def test_runs_begin_where_the_one_before_ends() -> None:
    layout = Layout(
        (Values(name="a", size=3, clip=1.0), Counts(name="n", size=2, most=100), Values(name="e", size=0, clip=1.0))
    )
    assert runs_of(layout, 10).tolist() == [0, 3, 7, 7]
    assert layout.slots(10) == 7
