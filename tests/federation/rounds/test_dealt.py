"""Share messages cut for each hospital: who gets which bytes, and how many."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from federation.rounds.example import DESCRIPTOR
from pleura.errors import WireError
from pleura.federation.rounds.dealt import cut_shares
from pleura.federation.rounds.durable import make_folder, write_whole
from pleura.federation.rounds.frames import frames, read_frames
from pleura.federation.secure_sum.share_message import SEALED_SHARE_BYTES, ShareMessage
from pleura.federation.secure_sum.terms import RoundTerms


def terms_of(hospitals: int) -> RoundTerms:
    members = tuple(f"{place:064x}" for place in range(hospitals))
    return replace(DESCRIPTOR, members=members, most_hospitals=max(16, hospitals)).terms


def dealt(terms: RoundTerms, dealer: int) -> bytes:
    """A message whose sealed shares say who dealt them and for whom."""
    hospitals = len(terms.members)
    sealed = {place: bytes([dealer, place]) * (SEALED_SHARE_BYTES // 2) for place in range(hospitals)}
    digests = tuple(sha256(share).digest() for share in sealed.values())
    return ShareMessage(terms.digest, dealer, digests, bytes(64), sealed).to_bytes()


@pytest.mark.parametrize(("hospitals", "whole_mb", "own_mb"), [(10, 0.83, 0.09), (50, 20.7, 0.50)])
def test_a_hospital_is_sent_the_shares_that_it_can_open(
    tmp_path: Path, hospitals: int, whole_mb: float, own_mb: float
) -> None:
    terms = terms_of(hospitals)
    senders = list(range(hospitals))
    shares = make_folder(tmp_path / "attempt") / "shares"
    write_whole(shares, frames(dealt(terms, sender) for sender in senders))
    made = cut_shares(shares, terms, [0, 4, hospitals - 1], tmp_path / "dealt")
    assert set(made) == {0, 4, hospitals - 1}
    for place, path in made.items():
        messages = [ShareMessage.from_bytes(data, terms) for _, data in read_frames(path)]
        assert [message.dealer for message in messages] == senders
        for message in messages:
            assert dict(message.sealed) == {place: bytes([message.dealer, place]) * (SEALED_SHARE_BYTES // 2)}
        assert path.stat().st_size / 1e6 == pytest.approx(own_mb, abs=0.02)
    assert shares.stat().st_size / 1e6 == pytest.approx(whole_mb, rel=0.01)


def test_what_backends_without_shares_send_stays_empty(tmp_path: Path) -> None:
    shares = make_folder(tmp_path / "attempt") / "shares"
    write_whole(shares, frames([b"", b"", b""]))
    made = cut_shares(shares, terms_of(5), [1], tmp_path / "dealt")
    assert [data for _, data in read_frames(made[1])] == [b"", b"", b""]


def test_messages_of_another_round_are_refused(tmp_path: Path) -> None:
    shares = make_folder(tmp_path / "attempt") / "shares"
    write_whole(shares, frames([dealt(replace(DESCRIPTOR, attempt=2).terms, 0)]))
    with pytest.raises(WireError, match="another round"):
        cut_shares(shares, terms_of(5), [1], tmp_path / "dealt")


def test_what_an_attempt_before_left_is_gone(tmp_path: Path) -> None:
    shares = make_folder(tmp_path / "attempt") / "shares"
    write_whole(shares, frames([b""]))
    cut_shares(shares, terms_of(5), [0, 1, 2], tmp_path / "dealt")
    cut_shares(shares, terms_of(5), [3], tmp_path / "dealt")
    assert [path.name for path in (tmp_path / "dealt").iterdir()] == ["shares-003"]
