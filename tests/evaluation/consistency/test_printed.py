"""Printed numbers against what decimal arithmetic prints, and texts as papers have them."""

from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pleura.errors import CohortError
from pleura.evaluation.consistency.printed import Range, Reading, parse_measure, parse_printed

BY_ROUNDING = {
    ROUND_HALF_UP: Reading.ROUNDED,
    ROUND_HALF_EVEN: Reading.ROUNDED,
    ROUND_HALF_DOWN: Reading.TIES_DOWN,
    ROUND_DOWN: Reading.CUT_OFF,
}


@settings(max_examples=200)
@given(
    hits=st.integers(0, 400),
    total=st.integers(1, 400),
    decimals=st.integers(0, 4),
    rounding=st.sampled_from([*BY_ROUNDING]),
)
def test_the_range_of_a_printed_share_holds_the_share(hits: int, total: int, decimals: int, rounding: str) -> None:
    share = Fraction(min(hits, total), total)
    text = str((Decimal(share.numerator) / Decimal(share.denominator)).quantize(Decimal(1).scaleb(-decimals), rounding))
    printed = parse_printed(text)
    if decimals == 0:
        assert printed.exact
        return
    assert printed.range(BY_ROUNDING[rounding]).meets(Range(share, share))


@pytest.mark.parametrize(
    ("text", "low", "high", "low_in", "high_in"),
    [
        ("0.93", "0.925", "0.935", True, False),  # 0.935 goes up to 0.94, or to the even 4
        ("0.94", "0.935", "0.945", True, True),  # 0.945 stays by half to even
        ("93 %", "0.925", "0.935", True, False),
        ("93.0%", "0.9295", "0.9305", True, True),
        ("0·944", "0.9435", "0.9445", True, True),
    ],
)
def test_ends_of_the_range(text: str, low: str, high: str, low_in: bool, high_in: bool) -> None:
    found = parse_printed(text).range()
    assert (found.low, found.high) == (Fraction(low), Fraction(high))
    assert (not found.low_open, not found.high_open) == (low_in, high_in)


def test_cut_off_digits() -> None:
    found = parse_printed("97 %").range(Reading.CUT_OFF)
    assert found == Range(Fraction(97, 100), Fraction(98, 100), high_open=True)
    assert parse_printed("-0.5").range(Reading.CUT_OFF) == Range(Fraction(-3, 5), Fraction(-1, 2), low_open=True)


@pytest.mark.parametrize(
    ("text", "value", "interval", "counts"),
    [
        ("0.98", "0.98", None, None),
        ("97.5% (78/80)", "97.5 %", None, (78, 80)),
        ("78/80", None, None, (78, 80)),
        ("78 of 80 (97.5%)", "97.5 %", None, (78, 80)),
        ("0.98 (95% CI 0.97–0.99)", "0.98", ("0.97", "0.99"), None),
        ("0.98 [0.97; 0.99]", "0.98", ("0.97", "0.99"), None),
        ("97.5% (91.3, 99.7)", "97.5 %", ("91.3 %", "99.7 %"), None),
        ("97.5 % (95% CI: 91.3 to 99.7; 78/80)", "97.5 %", ("91.3 %", "99.7 %"), (78, 80)),
        ("98.1 ± 1.2%", "98.1", None, None),
        ("98.1% ± 1.2%", "98.1 %", None, None),
        ("63/89 70.8 % (60.2, 80.0)", "70.8 %", ("60.2 %", "80.0 %"), (63, 89)),
    ],
)
def test_texts_as_papers_have_them(
    text: str, value: str | None, interval: tuple[str, str] | None, counts: tuple[int, int] | None
) -> None:
    found = parse_measure(text)
    assert (found.value.text if found.value else None) == value
    assert (tuple(end.text for end in found.interval) if found.interval else None) == interval
    assert found.counts == counts


@pytest.mark.parametrize("text", ["", "high", "0.98 and 0.97", "about 0.98", "3/0", "0.1234567890123"])
def test_what_is_no_measure_is_refused(text: str) -> None:
    with pytest.raises(CohortError, match=r"need|leave it out"):
        parse_measure(text)


def test_ranges_that_touch() -> None:
    left, right = parse_printed("0.93").range(), parse_printed("0.94").range()
    assert left.below(right)  # 0.935 belongs to the right one only
    assert not left.meets(right)
    assert left.meets(Range(Fraction("0.925"), Fraction("0.925")))
    assert (left + right).high == Fraction("1.88")
