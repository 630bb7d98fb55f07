"""A hospital's records in, where it stands out; where it stands and a wish in, consent or a refusal out. Pure.

The ledger keeps the records; here is what they mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pleura.errors import ContinuityError
from pleura.federation.rounds.descriptor import NOTHING, Descriptor
from pleura.federation.secure_sum.terms import UploadSet

__all__ = ["CLOCK_S", "Attempt", "Standing", "check_answer", "check_model", "check_opening", "senders_of", "stand"]

CLOCK_S: Final = 300
"""Seconds that two clocks may differ by."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What the hospital did in one attempt of the round that is not committed yet."""

    number: int
    descriptor: str
    """Digest, 64 hexadecimal digits."""
    upload: str = ""
    """SHA-256 of the upload's file, once there is one that may have left."""
    shares: str = ""
    """SHA-256 of the file of sealed shares that goes with it."""
    upload_set: str = ""
    """Digest of the upload set that it answered for."""
    senders: frozenset[str] = frozenset()
    """Fingerprints of the hospitals in that set."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a hospital stands."""

    round: int = 0
    """Rounds behind its model, and so the number of the next one."""
    model: str = ""
    """Hash of its model; empty while it has none."""
    commit: str = NOTHING
    """Digest of the commit that made it."""
    endorsement: int = 0
    """The highest number of a server key's endorsement that it has seen."""
    spent: float = 0.0
    """Sum of epsilon over all its uploads."""
    attempts: tuple[Attempt, ...] = ()
    """Of the next round, ascending."""

    @property
    def newest(self) -> Attempt | None:
        """The newest attempt that it agreed to; None if there is none."""
        return self.attempts[-1] if self.attempts else None


def stand(standing: Standing, record: Mapping[str, Any]) -> Standing:
    """Take a standing on by one record.

    Raises
    ------
    KeyError, TypeError
        If it is no record.
    """
    kind = record["kind"]
    if kind == "released":
        return standing
    if kind == "accepted":
        made = Attempt(number=record["attempt"], descriptor=record["descriptor"])
        known = max(standing.endorsement, record["endorsement"])
        return replace(standing, attempts=(*standing.attempts, made), endorsement=known)
    if kind in ("began", "applied", "snapshot"):
        return replace(standing, round=record["round"], model=record["model"], commit=record["commit"], attempts=())
    last = standing.attempts[-1] if standing.attempts else None
    if last is None or last.descriptor != record["descriptor"]:
        raise KeyError("descriptor")
    if kind == "uploaded":
        last = replace(last, upload=record["upload"], shares=record["shares"])
        standing = replace(standing, spent=standing.spent + record["epsilon"])
    elif kind == "answered":
        last = replace(last, upload_set=record["upload_set"], senders=frozenset(record["senders"]))
    else:
        raise KeyError(kind)
    return replace(standing, attempts=(*standing.attempts[:-1], last))


def check_opening(standing: Standing, descriptor: Descriptor, *, endorsement: int, now: float) -> bool:
    """Refuse a descriptor that does not go on from where the hospital stands.

    Parameters
    ----------
    standing : the hospital's
    descriptor : signed, with signatures checked
    endorsement : number of its signer's
    now : seconds since 1970 UTC

    Returns
    -------
    whether it is new to the hospital; otherwise it is the one that it agreed to last

    Raises
    ------
    ContinuityError
        If it skips, repeats or forks a round or attempt, begins from another model, is signed with a key that was
        replaced, or is past its deadline.
    """
    wish = descriptor
    if wish.round != standing.round:
        what = "skips" if wish.round > standing.round else "repeats"
        raise ContinuityError(
            f"the descriptor {what} a round: it opens round {wish.round}, this hospital's next is {standing.round}; "
            + ("ask for the rounds between" if what == "skips" else "a committed round is not run again")
        )
    if wish.previous != standing.commit:
        raise ContinuityError(
            f"the descriptor forks the federation: round {wish.round} goes on from commit {wish.previous[:16]}..., and "
            f"this hospital holds {standing.commit[:16]}...; ask the coordinator why there are two"
        )
    check_model(standing, wish.model, f"round {wish.round}")
    if endorsement < standing.endorsement:
        raise ContinuityError(
            f"the descriptor is signed with server key {endorsement}, which key {standing.endorsement} has replaced; "
            "let the server use its newest key"
        )
    last = standing.newest
    if last is not None and wish.attempt <= last.number:
        if wish.attempt == last.number and wish.digest.hex() == last.descriptor:
            return False
        what = "is another descriptor of" if wish.attempt == last.number else "goes back to"
        raise ContinuityError(
            f"the descriptor {what} attempt {wish.attempt} of round {wish.round}, and this hospital has agreed to "
            f"attempt {last.number}; each is opened once: open attempt {last.number + 1}"
        )
    if now > wish.deadline + CLOCK_S:
        raise ContinuityError(
            f"the descriptor's deadline passed {now - wish.deadline:.0f} s ago; open another attempt, and look at both "
            "clocks"
        )
    return True


def check_model(standing: Standing, model: str, what: str) -> None:
    """Refuse with `ContinuityError` what begins from another model than the hospital's."""
    if model != standing.model:
        raise ContinuityError(
            f"{what} begins from model {model[:16]}..., and this hospital holds "
            f"{standing.model[:16] + '...' if standing.model else 'none'} after {standing.round} rounds; hospitals "
            "whose models differ cannot train together: take a snapshot of the model that the others hold"
        )


def check_answer(standing: Standing, descriptor: Descriptor, upload_set: UploadSet, *, least_difference: int) -> bool:
    """Refuse to answer where the sum, or its difference to another one, would tell too much.

    Parameters
    ----------
    standing : the hospital's; the descriptor is its newest
    descriptor : of the attempt
    upload_set : for which an answer is asked
    least_difference : as in the hospital's policy

    Returns
    -------
    whether this is the first answer in the attempt; otherwise the same set was answered for before

    Raises
    ------
    ContinuityError
        If the set is smaller than the quorum, or another was answered for in this attempt, or one in an earlier
        attempt that differs by too few hospitals.
    """
    if len(upload_set.senders) < descriptor.quorum:
        raise ContinuityError(
            f"the upload set holds {len(upload_set.senders)} hospitals, the quorum is {descriptor.quorum}; "
            "no answer is given for so few"
        )
    last = standing.newest
    if last is None or last.descriptor != descriptor.digest.hex():
        raise ContinuityError(
            f"an answer is asked for attempt {descriptor.attempt} of round {descriptor.round}, to which this hospital "
            "has not agreed last; ask in the newest attempt"
        )
    if last.upload_set:
        if last.upload_set != upload_set.digest.hex():
            raise ContinuityError(
                "this hospital has answered for another upload set in this attempt; two sums would tell the "
                "difference between them. Run another attempt"
            )
        return False
    senders = senders_of(upload_set)
    for earlier in standing.attempts[:-1]:
        differ = len(earlier.senders ^ senders)
        if earlier.upload_set and 0 < differ < least_difference:
            raise ContinuityError(
                f"the upload set differs by {differ} hospitals from the one that was answered for in attempt "
                f"{earlier.number} of this round; the two sums' difference would tell too much. Take the same set, or "
                f"one that differs by {least_difference} or more"
            )
    return True


def senders_of(upload_set: UploadSet) -> frozenset[str]:
    """Give the fingerprints of the hospitals in an upload set."""
    return frozenset(upload_set.terms.members[place] for place in upload_set.senders)
