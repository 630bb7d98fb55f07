"""What a hospital holds in, its signed word for it out: this model, after this commit, carried or released."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from pleura.errors import ShortAnswersError, WireError
from pleura.federation.secure_sum.fields import Fields, number, opening, text
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.keys.sealing import SIGNATURE_BYTES, check_signature

__all__ = ["CARRIED", "RELEASED", "ModelStatement", "check_statements"]

CARRIED: Final = "carried"
"""This is the model that I hold."""
RELEASED: Final = "released"
"""This model may leave the federation."""

_MAGIC: Final = b"PLEURMOD"


@dataclass(frozen=True)
class ModelStatement:
    """One hospital's word for one model.

    Made by `make` or `from_bytes`.
    """

    purpose: str
    """`CARRIED` or `RELEASED`."""
    federation: str
    round: int
    """Rounds behind the model."""
    commit: str
    """Digest of the commit that made it, 64 hexadecimal digits."""
    model: str
    """Its hash, 64 hexadecimal digits."""
    hospital: str
    """Fingerprint of who says it."""
    signature: bytes
    """The hospital's, over the fields above, 64 bytes."""

    @classmethod
    def make(cls, keys: HospitalKeys, purpose: str, federation: str, which: int, commit: str, model: str) -> Self:
        """Say it; the parameters are the fields."""
        said = _signed(purpose, federation, which, commit, model, keys.fingerprint)
        return cls(purpose, federation, which, commit, model, keys.fingerprint, keys.sign(said))

    def to_bytes(self) -> bytes:
        """As it is sent."""
        said = _signed(self.purpose, self.federation, self.round, self.commit, self.model, self.hospital)
        return said + self.signature

    @classmethod
    def from_bytes(cls, data: bytes, members: MemberList) -> Self:
        """Read one that came from outside.

        Raises
        ------
        WireError
            If it is none, or was not signed by a member.
        """
        fields = Fields(data, "a hospital's word for a model")
        fields.opening(_MAGIC)
        purpose, federation, which = fields.text(), fields.text(), fields.number(4)
        commit, model, hospital = (fields.take(32).hex() for _ in range(3))
        said = fields.so_far()
        signature = fields.take(SIGNATURE_BYTES)
        fields.end()
        who = next((member for member in members.members if member.fingerprint == hospital), None)
        if who is None:
            raise WireError(f"hospital {hospital[:16]}... vouches for a model and is no member; leave its word out")
        check_signature(who.ed25519, said, signature, f"the word for a model, by {who.name!r}")
        return cls(purpose, federation, which, commit, model, hospital, signature)


def check_statements(
    statements: Iterable[bytes],
    members: MemberList,
    *,
    purpose: str,
    which: int,
    commit: str,
    model: str,
    least: int,
    without: str = "",
) -> frozenset[str]:
    """Find out which members vouch for a model, and refuse if they are too few.

    Parameters
    ----------
    statements : as they came
    members : the verified list
    purpose, which, commit, model : what they have to say; `which` is the number of rounds behind the model
    least : how many members it takes
    without : fingerprint of a member whose word does not count

    Returns
    -------
    fingerprints of the members that do

    Raises
    ------
    WireError
        If a statement is none, or says something else.
    ShortAnswersError
        If they are too few.
    """
    found = set()
    for data in statements:
        said = ModelStatement.from_bytes(data, members)
        got = (said.purpose, said.federation, said.round, said.commit, said.model)
        if got != (purpose, members.federation, which, commit, model):
            raise WireError(
                f"hospital {said.hospital[:16]}... says {said.purpose!r} of model {said.model[:16]}... after "
                f"{said.round} rounds, not {purpose!r} of {model[:16]}... after {which}; ask which model is meant"
            )
        found.add(said.hospital)
    found.discard(without)
    if len(found) < least:
        raise ShortAnswersError(
            f"{len(found)} hospitals vouch for model {model[:16]}..., {least} are needed; ask more of them"
        )
    return frozenset(found)


def _signed(purpose: str, federation: str, which: int, commit: str, model: str, hospital: str) -> bytes:
    hashes = bytes.fromhex(commit) + bytes.fromhex(model) + bytes.fromhex(hospital)
    return opening(_MAGIC) + text(purpose) + text(federation) + number(which, 4) + hashes
