"""Sealed shares of one hospital's round secret in, one signed message out; the server cuts it for each hospital.

The signature is over the digests of the sealed shares, so that a hospital can check its own share without the
others': with 50 hospitals it fetches 10 kB from each dealer instead of 414 kB. Nothing here opens anything; the
server uses it.

Layout: opening, digest of the terms (32 bytes), dealer (2), number of hospitals K (2), SHA-256 of each hospital's
sealed share (32 K), signature over all before it (64), number of sealed shares that follow (2), for each the
hospital's place (2) and 8240 bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Final, Self

from pleura.errors import TermsError, WireError
from pleura.federation.secure_sum.fields import Fields, number, opening
from pleura.federation.secure_sum.terms import RoundTerms

__all__ = ["SEALED_SHARE_BYTES", "ShareMessage", "excerpt", "signed_part"]

SEALED_SHARE_BYTES: Final = 2 * 4096 + 48
"""4096 numbers of two bytes, and what sealing adds."""

_MAGIC: Final = b"PLEURSHR"


@dataclass(frozen=True)
class ShareMessage:
    """The sealed shares that one hospital deals in one round, all of them or some."""

    terms_digest: bytes
    """32 bytes."""
    dealer: int
    """Place of the hospital whose secret it is."""
    digests: tuple[bytes, ...]
    """SHA-256 of the sealed share for each place."""
    signature: bytes
    """The dealer's over `signed`, 64 bytes; not checked by this module."""
    sealed: Mapping[int, bytes]
    """Sealed share by the place of who may open it, ascending."""

    @property
    def signed(self) -> bytes:
        """What the dealer signs."""
        return signed_part(self.terms_digest, self.dealer, self.digests)

    def to_bytes(self) -> bytes:
        """As it is sent, and read by `from_bytes`."""
        shares = b"".join(number(place, 2) + share for place, share in sorted(self.sealed.items()))
        return self.signed + self.signature + number(len(self.sealed), 2) + shares

    @classmethod
    def from_bytes(cls, data: bytes, terms: RoundTerms) -> Self:
        """Read a message that came from outside; every sealed share in it is held against its digest.

        Raises
        ------
        WireError
            If it is none, or of other terms, or a length, place, order or digest does not fit.
        """
        fields = Fields(data, "the share message")
        fields.opening(_MAGIC)
        if fields.take(32) != terms.digest:
            raise WireError("the share message is of another round, attempt or federation; send the one of this round")
        hospitals = len(terms.members)
        dealer = fields.number(2, most=hospitals - 1)
        fields.number(2, least=hospitals, most=hospitals)
        digests = tuple(fields.take(32) for _ in range(hospitals))
        signature = fields.take(64)
        sealed: dict[int, bytes] = {}
        least = 0
        for _ in range(fields.number(2, least=1, most=hospitals)):
            place = fields.number(2, least=least, most=hospitals - 1)
            sealed[place] = fields.take(SEALED_SHARE_BYTES)
            if sha256(sealed[place]).digest() != digests[place]:
                raise WireError(
                    f"the share that hospital {dealer} dealt to hospital {place} is not the one it signed; "
                    "it was altered on its way: ask for it again"
                )
            least = place + 1
        fields.end()
        return cls(terms.digest, dealer, digests, signature, MappingProxyType(sealed))

    def cut(self, place: int) -> Self:
        """Keep the one sealed share that the hospital at this place can open, and all that is signed.

        Raises
        ------
        TermsError
            If the message holds no share for it.
        """
        if place not in self.sealed:
            raise TermsError(
                f"the message of hospital {self.dealer} holds no share for hospital {place}; cut the whole message"
            )
        return replace(self, sealed=MappingProxyType({place: self.sealed[place]}))


def excerpt(message: bytes, terms: RoundTerms, place: int) -> bytes:
    """Cut a dealer's message down to the one sealed share that one hospital can open.

    Who cuts one message for many hospitals reads it once, and calls `ShareMessage.cut` for each.

    Parameters
    ----------
    message : of one dealer, with this place's share in it
    terms : of the round
    place : of the hospital that fetches it

    Raises
    ------
    WireError
        As for `ShareMessage.from_bytes`.
    TermsError
        If the message holds no share for this place.
    """
    return ShareMessage.from_bytes(message, terms).cut(place).to_bytes()


def signed_part(terms_digest: bytes, dealer: int, digests: tuple[bytes, ...]) -> bytes:
    """Give the bytes that a dealer signs."""
    return opening(_MAGIC) + terms_digest + number(dealer, 2) + number(len(digests), 2) + b"".join(digests)
