"""A round secret in, sealed shares out; sealed shares in, a hospital's answer out; answers in, the sum of secrets out.

What each hospital sends here is signed by it, and what it answers only members can read: the server carries both and
opens neither. A hospital's answer holds its sum over the upload set and no single share. It gives one answer for one
attempt; that is kept by who calls, and is what the secrecy of single updates rests on.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

import numpy as np
import numpy.typing as npt

from pleura.errors import TermsError, WireError, WrongSumError
from pleura.federation.secure_sum.fields import Fields, number, opening
from pleura.federation.secure_sum.keys.group_key import BOX_BYTES, GroupKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys, PublicKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.keys.sealing import SIGNATURE_BYTES, check_signature, seal
from pleura.federation.secure_sum.ring.modulus import RING_DEGREE
from pleura.federation.secure_sum.ring.parameters import NOISE_BITS
from pleura.federation.secure_sum.share_message import ShareMessage, signed_part
from pleura.federation.secure_sum.shares import Share, add_shares, from_wire, recover, to_wire
from pleura.federation.secure_sum.shares import deal as deal_shares
from pleura.federation.secure_sum.terms import RoundTerms, UploadSet

__all__ = ["combine", "deal", "make_answer"]

_MAGIC: Final = b"PLEURANS"
_ANSWER: Final = b"answer"


def deal(secret: npt.NDArray[np.int8], terms: RoundTerms, place: int, keys: HospitalKeys, members: MemberList) -> bytes:
    """Deal one hospital's round secret: a sealed share for every hospital of the round, itself too.

    Parameters
    ----------
    secret : (4096,), -21 to 21: `RoundSecret.coefficients`
    terms : of the round; `threshold` hospitals of it will open the sum
    place : this hospital's in the terms
    keys : this hospital's
    members : the verified list of the epoch

    Returns
    -------
    the message, 8274 bytes a hospital and 111 more; `share_message.excerpt` cuts it for one of them

    Raises
    ------
    TermsError
        If the terms, the list, the place and the keys do not agree, or the secret has another shape.
    """
    hospitals = _hospitals(terms, place, keys, members)
    if secret.shape != (RING_DEGREE,):
        raise TermsError(f"a round secret has {RING_DEGREE} coefficients, got an array of shape {secret.shape}")
    dealt = deal_shares(secret, len(hospitals), terms.threshold)
    sealed = {
        i: seal(to_wire(share), hospitals[i].x25519, _share_context(terms, hospitals, place, i))
        for i, share in enumerate(dealt)
    }
    dealt.fill(0)
    digests = tuple(sha256(share).digest() for share in sealed.values())
    signature = keys.sign(signed_part(terms.digest, place, digests))
    return ShareMessage(terms.digest, place, digests, signature, sealed).to_bytes()


def make_answer(
    share_messages: Mapping[int, bytes],
    upload_set: UploadSet,
    place: int,
    keys: HospitalKeys,
    members: MemberList,
    group_key: GroupKey,
) -> bytes:
    """Answer for an upload set: the sum of the shares that its hospitals dealt to this one, locked with the group key.

    Parameters
    ----------
    share_messages : of each dealer in the upload set, by place, whole or cut for this hospital; those of other
    dealers are not
        looked at
    upload_set : whose secrets are summed; this hospital need not be in it
    place, keys, members : as for `deal`
    group_key : of the list's epoch

    Returns
    -------
    8359 bytes

    Raises
    ------
    WireError
        If a dealer's message is missing, altered, not signed by it, of another round, or does not open.
    TermsError
        If the terms, the list, the place and the keys do not agree.
    """
    terms = upload_set.terms
    hospitals = _hospitals(terms, place, keys, members)
    group_key.check_list(members)
    total = add_shares(
        [_own_share(share_messages, dealer, terms, hospitals, place, keys) for dealer in sorted(upload_set.senders)]
    )
    head = opening(_MAGIC) + upload_set.digest + number(place, 2) + group_key.identity
    box = group_key.lock(to_wire(total), _ANSWER, upload_set.digest, head)
    return head + box + keys.sign(head + box)


def combine(
    answers: Iterable[bytes], upload_set: UploadSet, members: MemberList, group_key: GroupKey
) -> npt.NDArray[np.int32]:
    """Open the sum of the round secrets of an upload set.

    Parameters
    ----------
    answers : of different hospitals, in any order, `threshold` or more
    upload_set : whose secrets are summed
    members : the verified list of the epoch
    group_key : of the list's epoch

    Returns
    -------
    (4096,), the sum of the hospitals' secrets, within 21 times the number of uploads of 0

    Raises
    ------
    ShortAnswersError
        If there are too few.
    WireError
        If one is altered, for another upload set, not signed by its hospital, under another group key, or given twice.
    WrongSumError
        If more than are needed contradict one another (with two more than needed a single false one is named; see
        `shares.conflicting_place` for what that is worth), or the sum is none of such secrets.
    TermsError
        If the terms and the list do not agree.

    Notes
    -----
    A false answer that comes with no more than needed, and keeps the sum within reach, passes here. The check
    coefficients find it when the sum of uploads is decrypted.
    """
    hospitals = members.of(upload_set.terms)
    group_key.check_list(members)
    sums: dict[int, Share] = {}
    for answer in answers:
        place, total = _read_answer(answer, upload_set, hospitals, group_key)
        if place in sums:
            raise WireError(f"hospital {place} answered twice; one answer of each is taken")
        sums[place] = total
    found = recover(sums, upload_set.terms.threshold)
    most = NOISE_BITS * len(upload_set.senders)
    if int(np.abs(found).max()) > most:
        raise WrongSumError(
            f"the answers of hospitals {', '.join(map(str, sorted(sums)))} give no sum of round secrets, which lies "
            f"within {most} of 0: one of them, or a dealer's share, is false; "
            "run the round again with fresh secrets"
        )
    return found


def _hospitals(terms: RoundTerms, place: int, keys: HospitalKeys, members: MemberList) -> tuple[PublicKeys, ...]:
    """Give the round's hospitals by place, after a look whether this one is where it says."""
    hospitals = members.of(terms)
    if not 0 <= place < len(hospitals) or hospitals[place].fingerprint != keys.fingerprint:
        raise TermsError(
            f"hospital {keys.fingerprint[:16]}... does not stand at place {place} of the round's terms; "
            "take its place in `terms.members`"
        )
    return hospitals


def _share_context(terms: RoundTerms, hospitals: tuple[PublicKeys, ...], dealer: int, recipient: int) -> bytes:
    """Bind a sealed share to the terms, which name all hospitals by fingerprint, and to two places in them."""
    places = number(dealer, 2) + number(recipient, 2)
    fingerprints = bytes.fromhex(hospitals[dealer].fingerprint + hospitals[recipient].fingerprint)
    return b"pleura share 1\0" + terms.digest + places + fingerprints


def _own_share(
    share_messages: Mapping[int, bytes],
    dealer: int,
    terms: RoundTerms,
    hospitals: tuple[PublicKeys, ...],
    place: int,
    keys: HospitalKeys,
) -> Share:
    """Check a dealer's message and open this hospital's share in it."""
    if dealer not in share_messages:
        raise WireError(f"the shares that hospital {dealer} dealt are missing; ask the server for them")
    message = ShareMessage.from_bytes(share_messages[dealer], terms)
    if message.dealer != dealer:
        raise WireError(
            f"shares of hospital {message.dealer} came in the place of hospital {dealer}'s; ask for the right ones"
        )
    what = f"the shares, by hospital {dealer} ({hospitals[dealer].name})"
    check_signature(hospitals[dealer].ed25519, message.signed, message.signature, what)
    if place not in message.sealed:
        raise WireError(
            f"the message of hospital {dealer} came without the share for hospital {place}; ask for that one"
        )
    context = _share_context(terms, hospitals, dealer, place)
    return from_wire(keys.open(message.sealed[place], context), RING_DEGREE, f"the share dealt by hospital {dealer}")


def _read_answer(
    answer: bytes, upload_set: UploadSet, hospitals: tuple[PublicKeys, ...], group_key: GroupKey
) -> tuple[int, Share]:
    """Check an answer and open it: the hospital's place, and its sum."""
    fields = Fields(answer, "the answer")
    fields.opening(_MAGIC)
    if fields.take(32) != upload_set.digest:
        raise WireError("an answer is for another upload set or round than this one; ask the hospitals for this one's")
    place = fields.number(2, most=len(hospitals) - 1)
    identity = fields.take(32)
    head = fields.so_far()
    box = fields.take(2 * RING_DEGREE + BOX_BYTES)
    signed = fields.so_far()
    signature = fields.take(SIGNATURE_BYTES)
    fields.end()
    check_signature(
        hospitals[place].ed25519, signed, signature, f"the answer, by hospital {place} ({hospitals[place].name})"
    )
    if identity != group_key.identity:
        raise WireError(
            f"hospital {place} answered under another group key than this hospital holds; one of the two is old: "
            "both take the key of the newest list"
        )
    total = group_key.unlock(box, _ANSWER, upload_set.digest, head)
    return place, from_wire(total, RING_DEGREE, f"the answer of hospital {place}")
