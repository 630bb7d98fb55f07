"""A hospital's keys, the member list and the group key in one hand: all that a hospital needs to know in a round."""

from dataclasses import dataclass, field

from pleura.errors import TermsError
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.terms import RoundTerms

__all__ = ["Keyring", "own_keys"]


@dataclass(frozen=True)
class Keyring:
    """What one hospital holds for the rounds of one membership epoch."""

    hospital: HospitalKeys
    """Its own."""
    members: MemberList
    """Verified."""
    group_key: GroupKey
    """Of this list."""
    seal_key: bytes | None = field(default=None, repr=False)
    """The message that `ciphers.seal_context.make_seal_key` gave one of the members; for the backend `seal` only."""


def own_keys(keys: Keyring | None, terms: RoundTerms, place: int) -> Keyring:
    """Give the keys back if they are those of this place and this membership.

    Raises
    ------
    TermsError
        If there are none, they are another hospital's, or the group key is of another list.
    """
    if keys is None:
        raise TermsError(f"the backend {terms.backend} needs the hospital's keys; only plain does without")
    keys.group_key.check_list(keys.members)
    keys.members.of(terms)
    if terms.members[place] != keys.hospital.fingerprint:
        raise TermsError(
            f"place {place} belongs to hospital {terms.members[place][:16]}..., these are the keys of "
            f"{keys.hospital.fingerprint[:16]}...; load the right ones"
        )
    return keys
