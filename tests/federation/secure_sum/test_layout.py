import pytest

from pleura.errors import TermsError
from pleura.federation.secure_sum.layout import Counts, Layout, Values


@pytest.mark.parametrize("clip", [0.0, -1.0, float("nan"), float("inf"), 1e-31, 1e31])
def test_a_clip_that_floats_cannot_hold_is_refused(clip: float) -> None:
    with pytest.raises(TermsError, match="clip of 'a'"):
        Values(name="a", size=1, clip=clip)


@pytest.mark.parametrize("most", [0, -1, 2**53])
def test_a_most_out_of_range_is_refused(most: int) -> None:
    with pytest.raises(TermsError, match="most of 'n'"):
        Counts(name="n", size=1, most=most)


@pytest.mark.parametrize("name", ["", "a\n", "\0"])
def test_names_are_printable(name: str) -> None:
    with pytest.raises(TermsError, match="printable name"):
        Values(name=name, size=1, clip=1.0)


def test_sizes_and_twins_are_refused() -> None:
    with pytest.raises(TermsError, match="size of 'a'"):
        Counts(name="a", size=-1, most=1)
    with pytest.raises(TermsError, match="more than once: a"):
        Layout((Values(name="a", size=1, clip=1.0), Counts(name="a", size=1, most=1)))


def test_digits_by_hand() -> None:
    one = [Counts(name="n", size=1, most=most).digits(9) for most in (1, 9, 10, 99, 100, 999, 1000)]
    assert one == [1, 1, 2, 2, 3, 3, 4]


def test_digest_tells_every_difference() -> None:
    layouts = [
        Layout(()),
        Layout((Values(name="a", size=1, clip=1.0),)),
        Layout((Values(name="a", size=2, clip=1.0),)),
        Layout((Values(name="a", size=1, clip=1.5),)),
        Layout((Values(name="b", size=1, clip=1.0),)),
        Layout((Counts(name="a", size=1, most=1),)),
        Layout((Counts(name="a", size=1, most=2),)),
        Layout((Values(name="a", size=1, clip=1.0), Values(name="b", size=1, clip=1.0))),
        Layout((Values(name="b", size=1, clip=1.0), Values(name="a", size=1, clip=1.0))),
    ]
    assert len({layout.digest for layout in layouts}) == len(layouts)
    assert Layout((Values(name="a", size=1, clip=1.0),)).digest == layouts[1].digest
