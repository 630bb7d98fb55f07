"""A hospital's answer in, consent or a refusal out, as far as the server can see: it opens nothing."""

from typing import Final

from pleura.errors import WireError
from pleura.federation.secure_sum.fields import Fields
from pleura.federation.secure_sum.keys.identity import PublicKeys
from pleura.federation.secure_sum.keys.sealing import SIGNATURE_BYTES, check_signature
from pleura.federation.secure_sum.share_message import ShareMessage
from pleura.federation.secure_sum.terms import RoundTerms, UploadSet

__all__ = ["check_answer_of", "check_shares_of"]

_LETTERS: Final = b"PLEURANS"


def check_answer_of(answer: bytes, upload_set: UploadSet, place: int, hospital: PublicKeys) -> None:
    """Refuse with `WireError` an answer that is not this hospital's for this upload set.

    Parameters
    ----------
    answer : as it came
    upload_set : over which the attempt was closed
    place, hospital : of whose connection it came by
    """
    if upload_set.terms.backend != "ring":
        _refuse_any(answer, "an answer", hospital)
        return
    fields = Fields(answer, f"the answer of {hospital.name!r}")
    fields.opening(_LETTERS)
    if fields.take(32) != upload_set.digest:
        raise WireError(f"the answer of {hospital.name!r} is for another upload set than the one that was announced")
    fields.number(2, least=place, most=place)
    signed, signature = answer[:-SIGNATURE_BYTES], answer[-SIGNATURE_BYTES:]
    check_signature(hospital.ed25519, signed, signature, f"the answer, by {hospital.name!r}")


def check_shares_of(message: bytes, terms: RoundTerms, place: int, hospital: PublicKeys) -> None:
    """Refuse with `WireError` sealed shares that are not this hospital's, signed, and one for each of the round.

    Parameters
    ----------
    message : as it came
    terms : of the round
    place, hospital : of whose connection it came by
    """
    if terms.backend != "ring":
        _refuse_any(message, "shares", hospital)
        return
    held = ShareMessage.from_bytes(message, terms)
    if held.dealer != place or len(held.sealed) != len(terms.members):
        raise WireError(
            f"{hospital.name!r}, at place {place}, sent {len(held.sealed)} shares of the hospital at place "
            f"{held.dealer}; {len(terms.members)} of its own are needed"
        )
    check_signature(hospital.ed25519, held.signed, held.signature, f"the shares, by {hospital.name!r}")


def _refuse_any(message: bytes, what: str, hospital: PublicKeys) -> None:
    if message:
        raise WireError(f"{hospital.name!r} sent {what} where this backend has none; bring it to the same version")
