"""Hospitals' public keys in, the coordinator's signed list of them out, each list chained to the one before it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self
from unicodedata import normalize

from pleura.errors import TermsError, WireError
from pleura.federation.secure_sum.fields import Fields, number, opening, text
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.identity import PublicKeys
from pleura.federation.secure_sum.keys.sealing import SIGNATURE_BYTES, check_signature
from pleura.federation.secure_sum.terms import RoundTerms

__all__ = ["MOST_MEMBERS", "MemberList"]

MOST_MEMBERS: Final = 128
"""As many as a round has room for."""

_MAGIC: Final = b"PLEURLST"


@dataclass(frozen=True)
class MemberList:
    """Who belongs to the federation from one change of membership to the next.

    Made by `make` or `from_bytes`, and then signed by the coordinator, with every hospital's own proof checked. That
    it follows the list before it is what `verify` and `check_follows` look at.
    """

    federation: str
    number: int
    """From 0, one higher with each list; also the number of the membership epoch."""
    previous: bytes
    """`digest` of the list before it, 32 bytes; zeros in list 0."""
    members: tuple[PublicKeys, ...]
    signature: bytes
    """The coordinator's, over all other fields, 64 bytes."""

    @property
    def digest(self) -> bytes:
        """SHA-256 over all that is signed, 32 bytes."""
        return sha256(b"pleura member list 1\0" + self._signed()).digest()

    @classmethod
    def make(
        cls,
        coordinator: CoordinatorKey,
        federation: str,
        members: Iterable[PublicKeys],
        previous: "MemberList | None" = None,
    ) -> Self:
        """Sign a list; the coordinator's part.

        Parameters
        ----------
        coordinator : signs
        federation : its name, the same in all lists
        members : in any order; public keys that `PublicKeys.from_bytes` has checked
        previous : the list before it, None for list 0

        Raises
        ------
        WireError
            If two members share a name or a key, or there are none or more than 128, or the federation has another
            name.
        """
        past = (0, bytes(32)) if previous is None else (previous.number + 1, previous.digest)
        unsigned = cls(federation, *past, tuple(members), bytes(SIGNATURE_BYTES))
        made = cls(federation, *past, unsigned.members, coordinator.sign(unsigned._signed()))
        made = cls.from_bytes(made.to_bytes(), coordinator.public)
        made.check_follows(previous)
        return made

    def to_bytes(self) -> bytes:
        """As it is sent, and read by `from_bytes`."""
        return self._signed() + self.signature

    @classmethod
    def from_bytes(cls, data: bytes, coordinator: bytes) -> Self:
        """Read a list that came from outside; check its signature and its members' proofs.

        Parameters
        ----------
        data : the list
        coordinator : the coordinator's public key as this hospital pinned it, 32 bytes

        Raises
        ------
        WireError
            If it is none, or signed by another key, or a member's own proof does not hold, or two members share a
            name or key.
        """
        fields = Fields(data, "the member list")
        fields.opening(_MAGIC)
        federation = fields.text()
        which = fields.number(4)
        previous = fields.take(32)
        if (which == 0) != (previous == bytes(32)):
            raise WireError(f"member list {which} must name the list before it, and only list 0 names none")
        count = fields.number(2, least=1, most=MOST_MEMBERS)
        members = tuple(PublicKeys.read(fields) for _ in range(count))
        signed = fields.so_far()
        signature = fields.take(SIGNATURE_BYTES)
        fields.end()
        check_signature(coordinator, signed, signature, f"member list {which}, by the coordinator")
        for what, held in (
            ("name", [normalize("NFKC", m.name).casefold() for m in members]),
            ("signing key", [m.ed25519.hex() for m in members]),
            ("sealing key", [m.x25519.hex() for m in members]),
        ):
            twice = [one for one in held if held.count(one) > 1]
            if twice:
                raise WireError(f"two members of list {which} have one {what}, {twice[0]}; each needs its own")
        return cls(federation, which, previous, members, signature)

    def verify(self, coordinator: bytes, previous: "MemberList | None") -> None:
        """Refuse, with `WireError`, a list that the coordinator did not sign, or that does not follow `previous`."""
        MemberList.from_bytes(self.to_bytes(), coordinator)
        self.check_follows(previous)

    def check_follows(self, previous: "MemberList | None") -> None:
        """Refuse, with `WireError`, a list that is not the next after `previous`; list 0 is the next after None."""
        expected = 0 if previous is None else previous.number + 1
        if self.number != expected:
            raise WireError(
                f"member list {self.number} was given where list {expected} is the next; "
                "an old list is not taken again, and none is left out: ask the coordinator for the missing ones"
            )
        if previous is None:
            return
        if self.previous != previous.digest:
            raise WireError(
                f"member list {self.number} follows another list {previous.number} than this hospital knows; "
                "two lists were signed for one number: ask the coordinator, and the other hospitals what they hold"
            )
        if self.federation != previous.federation:
            raise WireError(
                f"the list is of the federation {self.federation!r}, the one before of {previous.federation!r}"
            )

    def find(self, fingerprint: str) -> PublicKeys:
        """Find the member with this fingerprint; `TermsError` if there is none."""
        for member in self.members:
            if member.fingerprint == fingerprint:
                return member
        raise TermsError(
            f"hospital {fingerprint[:16]}... is not in member list {self.number}; "
            "it left, or this hospital's list is old: fetch the newest one"
        )

    def of(self, terms: RoundTerms) -> tuple[PublicKeys, ...]:
        """Give the round's hospitals by their places, after a look whether terms and list agree.

        Parameters
        ----------
        terms : every hospital in them must stand in this list; one that stays away from the round need not stand in
        the terms

        Raises
        ------
        TermsError
            If the terms are of another federation, or name a hospital that is not in the list.
        """
        if terms.federation != self.federation:
            raise TermsError(
                f"the round is of the federation {terms.federation!r}, the member list of {self.federation!r}; "
                "they must be of one"
            )
        by_fingerprint = {member.fingerprint: member for member in self.members}
        return tuple(by_fingerprint.get(one) or self.find(one) for one in terms.members)

    @staticmethod
    def read_chain(lists: Sequence[bytes], coordinator: bytes) -> "MemberList":
        """Check all lists from number 0 on, as a newcomer does, and give the last one; errors as for `verify`."""
        last: MemberList | None = None
        for data in lists:
            current = MemberList.from_bytes(data, coordinator)
            current.check_follows(last)
            last = current
        if last is None:
            raise WireError("no member list was given; ask the coordinator for all of them from number 0 on")
        return last

    def _signed(self) -> bytes:
        head = opening(_MAGIC) + text(self.federation) + number(self.number, 4) + self.previous
        return head + number(len(self.members), 2) + b"".join(member.to_bytes() for member in self.members)
