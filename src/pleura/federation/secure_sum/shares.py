"""A secret vector in, one share a hospital out, any t of which give it back; sums of shares give back sums of secrets.

Linear sharing after Shamir (1979), coordinate by coordinate, over the whole numbers modulo 65521, the largest prime
below 2^16: the secret is a polynomial's value at 0, hospital i's share its value at i + 1, and all t - 1 other
coefficients are uniform. Any t - 1 shares are equally likely for every secret.

Nothing here branches, indexes or divides on a secret: products go through one matrix product of exact float64
integers (below 2^40), remainders through 2^16 = 15 modulo 65521.

References
----------
Shamir (1979), How to share a secret, Communications of the ACM 22, 612-613.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from pleura.errors import ShortAnswersError, TermsError, WireError, WrongSumError

__all__ = ["FIELD", "MOST_HOSPITALS", "add_shares", "conflicting_place", "deal", "from_wire", "recover", "to_wire"]

FIELD: Final = 65521
"""The prime that shares are counted modulo."""
MOST_HOSPITALS: Final = 128

_SHORT: Final = (1 << 16) - FIELD  # 2^16 is this much modulo FIELD

Share = npt.NDArray[np.uint16]


def deal(secret: npt.NDArray[np.int8], hospitals: int, threshold: int) -> npt.NDArray[np.uint16]:
    """Deal shares of a secret, with coefficients from the operating system's generator.

    Parameters
    ----------
    secret : (coefficients,)
    hospitals : K, how many shares, at most 128
    threshold : t, how many open it, 1 to K

    Returns
    -------
    (hospitals, coefficients), each 0 to 65520; row i for the hospital at place i

    Raises
    ------
    TermsError
        If the secret is no vector of int8, or the numbers do not fit.
    """
    if secret.dtype != np.int8 or secret.ndim != 1:
        raise TermsError(f"a secret is a vector of int8, got {secret.dtype} of shape {secret.shape}")
    if not 1 <= threshold <= hospitals <= MOST_HOSPITALS:
        raise TermsError(
            f"shares are dealt to at most {MOST_HOSPITALS} hospitals, of whom 1 or more open them; "
            f"got {hospitals} hospitals and a threshold of {threshold}"
        )
    coefficients = np.empty((threshold, secret.size))
    np.add(secret, float(FIELD), out=coefficients[0])  # never below 0, without a look at the sign
    coefficients[1:] = _uniform((threshold - 1) * secret.size).reshape(threshold - 1, secret.size)
    shares = _modulo(_powers(range(hospitals), threshold) @ coefficients)
    coefficients.fill(0)
    return shares.astype(np.uint16)


def add_shares(shares: Sequence[Share]) -> Share:
    """Sum of one hospital's shares of several secrets: its share of their sum.

    Parameters
    ----------
    shares : 1 to 128 vectors of one length, each 0 to 65520

    Raises
    ------
    TermsError
        If there are none or too many.
    """
    if not 1 <= len(shares) <= MOST_HOSPITALS:
        raise TermsError(f"1 to {MOST_HOSPITALS} shares can be added, got {len(shares)}")
    total = np.zeros(shares[0].shape)
    for share in shares:
        total += share
    return _modulo(total).astype(np.uint16)


def recover(sums: Mapping[int, Share], threshold: int) -> npt.NDArray[np.int32]:
    """Sum of the secrets from the hospitals' sums of shares.

    Parameters
    ----------
    sums : by place, each 0 to 65520; all dealt and added over the same hospitals
    threshold : t of the deal

    Returns
    -------
    (coefficients,), centred: -32760 to 32760

    Raises
    ------
    ShortAnswersError
        If there are fewer than t.
    WrongSumError
        If there are more than t and they contradict one another. With t there is nothing to hold them against.

    Notes
    -----
    Of n sums up to n - t false ones, whatever they are and whoever agreed on them, cannot pass unseen: two
    polynomials that agree in t places are one.
    """
    if len(sums) < threshold:
        raise ShortAnswersError(
            f"{len(sums)} hospitals answered, {threshold} are needed to open the sum; "
            "run the round again with fresh secrets"
        )
    places = sorted(sums)
    if not _agree(sums, places, threshold):
        one = conflicting_place(sums, threshold)
        who = (
            "which of them is false cannot be told" if one is None else f"the answer of hospital {one} is the false one"
        )
        raise WrongSumError(
            f"the {len(places)} answers contradict one another: {who}; leave a false one out if {threshold} are left, "
            "or run the round again with fresh secrets"
        )
    used = places[:threshold]
    total = _combined(sums, used, _weights(used, -1)[np.newaxis])[0].astype(np.int32)
    centred: npt.NDArray[np.int32] = total - np.int32(FIELD) * (total > FIELD // 2)
    return centred


def conflicting_place(sums: Mapping[int, Share], threshold: int) -> int | None:
    """Find the one place whose sum contradicts all others, where that can be told.

    Parameters
    ----------
    sums, threshold : as for `recover`

    Returns
    -------
    the place if there are t + 2 sums or more, and all agree once that one is left out; None if all agree as they are,
    if there are fewer, or if no single one explains the conflict

    Notes
    -----
    Of n sums with fewer than n - t false ones the place named is false; n - t or more hospitals that agree among
    themselves can make an honest one look false. With t + 1 sums a conflict is seen, and each could be the false one.
    A named hospital added falsely, or a dealer gave it a share off the dealer's own polynomial: the sums alone do not
    tell these apart.
    """
    places = sorted(sums)
    if len(places) < threshold + 2 or _agree(sums, places, threshold):
        return None
    for one in places:
        if _agree(sums, [other for other in places if other != one], threshold):
            return one
    return None


def to_wire(share: Share) -> bytes:
    """Write a share, or a sum of shares, as it is sent: two bytes a coefficient, little-endian."""
    return share.astype("<u2").tobytes()


def from_wire(data: bytes, coefficients: int, what: str) -> Share:
    """Read what `to_wire` wrote.

    Raises
    ------
    WireError
        If it has another length, or a number that is not below 65521.
    """
    if len(data) != 2 * coefficients:
        raise WireError(f"{what} has {len(data)} bytes, {2 * coefficients} were expected")
    share = np.frombuffer(data, "<u2").astype(np.uint16)
    if share.size and int(share.max()) >= FIELD:
        raise WireError(f"{what} holds a number that is not below {FIELD}; whoever sent it runs another program")
    return share


def _uniform(count: int) -> npt.NDArray[np.uint16]:
    """Numbers uniform over 0 to 65520: 16 random bits each, those above thrown away."""
    held = np.empty(0, np.uint16)
    while held.size < count:
        drawn = np.frombuffer(os.urandom(2 * (count - held.size + 64)), np.uint16)
        held = np.concatenate([held, drawn[drawn < FIELD]])
    return held[:count]


def _modulo(values: npt.NDArray[np.float64]) -> npt.NDArray[np.uint64]:
    """Remainders of whole numbers from 0 to 2^40 by FIELD, without division and without a branch."""
    left = values.astype(np.uint64)
    low = np.uint64(0xFFFF)
    for _ in range(2):
        left = (left >> np.uint64(16)) * np.uint64(_SHORT) + (left & low)
    below = left - np.uint64(FIELD)  # wraps around where left is below FIELD
    return below + (below >> np.uint64(63)) * np.uint64(FIELD)


def _powers(places: Sequence[int], count: int) -> npt.NDArray[np.float64]:
    """(places, count): powers 0 to count - 1 of each point, modulo FIELD; public."""
    return np.array([[pow(place + 1, k, FIELD) for k in range(count)] for place in places], np.float64)


def _weights(places: Sequence[int], at: int) -> npt.NDArray[np.float64]:
    """Weigh each place's value in the value at place `at` of the polynomial through them; -1 is the secret; public."""
    weights = []
    for i in places:
        above = below = 1
        for j in places:
            if j != i:
                above = above * (at - j) % FIELD
                below = below * (i - j) % FIELD
        weights.append(above * pow(below, -1, FIELD) % FIELD)
    return np.array(weights, np.float64)


def _combined(
    sums: Mapping[int, Share], places: Sequence[int], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.uint64]:
    """(rows, coefficients) of weights (rows, places) times the sums, modulo FIELD."""
    return _modulo(weights @ np.stack([sums[place] for place in places]).astype(np.float64))


def _agree(sums: Mapping[int, Share], places: Sequence[int], threshold: int) -> bool:
    """Whether the sums of these places lie on one polynomial of degree t - 1 in each coordinate."""
    used, others = places[:threshold], places[threshold:]
    if not others:
        return True
    expected = _combined(sums, used, np.stack([_weights(used, other) for other in others]))
    return bool((expected == np.stack([sums[other] for other in others])).all())
