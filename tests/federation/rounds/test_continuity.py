"""Answers that one hospital gives over the attempts of a round, against the rule taken pair by pair."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from federation.rounds.example import DESCRIPTOR
from pleura.errors import ContinuityError
from pleura.federation.rounds.continuity import Standing, check_answer, check_opening, senders_of, stand
from pleura.federation.secure_sum.terms import UploadSet

START = Standing(round=DESCRIPTOR.round, model=DESCRIPTOR.model, commit=DESCRIPTOR.previous)
WISH = replace(DESCRIPTOR, members=tuple(f"{i:064x}" for i in range(7)), attempt=0)
sets = st.frozensets(st.integers(0, 6), min_size=3)


@given(asked=st.lists(st.tuples(st.integers(0, 2), sets), max_size=12), least=st.sampled_from([0, 3]))
def test_no_two_sums_that_differ_by_few(asked: list[tuple[int, frozenset[int]]], least: int) -> None:
    """Each step goes some attempts on, or none, and asks for an answer."""
    standing, attempt = START, 0
    answered: dict[int, frozenset[str]] = {}
    for further, places in asked:
        attempt += further
        wish = replace(WISH, attempt=attempt)
        if check_opening(standing, wish, endorsement=1, now=0):
            accepted = {"kind": "accepted", "attempt": attempt, "descriptor": wish.digest.hex(), "endorsement": 1}
            standing = stand(standing, accepted)
        upload_set = UploadSet(wish.terms, places)
        names = senders_of(upload_set)
        others = [one for number, one in answered.items() if number != attempt]
        allowed = answered.get(attempt, names) == names and all(
            not one ^ names or len(one ^ names) >= least for one in others
        )
        try:
            first = check_answer(standing, wish, upload_set, least_difference=least)
        except ContinuityError:
            assert not allowed
            continue
        assert allowed
        assert first is (attempt not in answered)
        if first:
            record = {"kind": "answered", "descriptor": wish.digest.hex(), "senders": sorted(names)}
            standing = stand(standing, record | {"upload_set": upload_set.digest.hex()})
            answered[attempt] = names
    assert {one.number: one.senders for one in standing.attempts if one.upload_set} == answered


def test_a_new_round_begins_with_no_attempts() -> None:
    accepted = {"kind": "accepted", "attempt": 0, "descriptor": WISH.digest.hex(), "endorsement": 4}
    standing = stand(START, accepted)
    assert standing.newest is not None
    applied = {"kind": "applied", "round": 5, "model": "00" * 32, "commit": "11" * 32}
    assert stand(standing, applied) == Standing(round=5, model="00" * 32, commit="11" * 32, endorsement=4)
