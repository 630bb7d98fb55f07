from dataclasses import replace

import pytest

from pleura.errors import TermsError
from pleura.federation.secure_sum.layout import Layout, Values
from pleura.federation.secure_sum.sizes import sizes_of
from pleura.federation.secure_sum.terms import RoundTerms, UploadSet

TERMS = RoundTerms(
    federation="three lungs",
    round=0,
    attempt=0,
    members=tuple(f"{i:064x}" for i in range(5)),
    most_hospitals=10,
    layout=Layout((Values(name="a", size=10, clip=1.0),)),
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"federation": ""}, "printable name"),
        ({"federation": "a\nb"}, "printable name"),
        ({"round": -1}, "round and attempt"),
        ({"attempt": 2**32}, "round and attempt"),
        ({"members": TERMS.members[:2]}, "3 to 10 hospitals, got 2"),
        ({"most_hospitals": 4}, "3 to 4 hospitals, got 5"),
        ({"members": (*TERMS.members, TERMS.members[0])}, "stands twice"),
        ({"members": (*TERMS.members, "A" * 64)}, "64 lower-case hexadecimal digits"),
        ({"members": (*TERMS.members, "a" * 63)}, "64 lower-case hexadecimal digits"),
        ({"backend": "paillier"}, "no backend is called 'paillier'"),
        ({"values_per_coefficient": 5}, "3 or 4 values, got 5"),
        ({"descriptor": b"short"}, "32 bytes, got 5"),
    ],
)
def test_terms_that_contradict_themselves_are_refused(change: dict, message: str) -> None:
    with pytest.raises(TermsError, match=message):
        replace(TERMS, **change)


def test_a_round_has_room_for_128_hospitals() -> None:
    assert sizes_of(replace(TERMS, most_hospitals=128)).levels > 1000
    with pytest.raises(TermsError, match="3 to 128 hospitals, got 129"):
        sizes_of(replace(TERMS, most_hospitals=129))


def test_thresholds_by_hand() -> None:
    counts = {n: replace(TERMS, members=tuple(f"{i:064x}" for i in range(n))).threshold for n in range(3, 11)}
    assert counts == {3: 3, 4: 3, 5: 4, 6: 5, 7: 5, 8: 6, 9: 7, 10: 7}


def test_an_upload_set_is_of_members_and_of_three_or_more() -> None:
    with pytest.raises(TermsError, match="names hospital 5; there are 5 members"):
        UploadSet(TERMS, [0, 1, 5])
    with pytest.raises(TermsError, match="names hospital -1"):
        UploadSet(TERMS, [0, 1, -1])
    with pytest.raises(TermsError, match="a sum over 2 uploads would tell too much"):
        UploadSet(TERMS, [0, 1, 1])
    assert UploadSet(TERMS, [2, 1, 0]) == UploadSet(TERMS, range(3))
    assert len({UploadSet(TERMS, s).digest for s in ((0, 1, 2), (0, 1, 3), (0, 1, 2, 3))}) == 3
    assert UploadSet(TERMS, range(3)).digest != UploadSet(replace(TERMS, round=1), range(3)).digest
