"""A round's terms and a hospital's place and keys in, the cipher of their backend out."""

from collections.abc import Callable

from pleura.federation.secure_sum.ciphers.cipher import Cipher
from pleura.federation.secure_sum.ciphers.keyring import Keyring
from pleura.federation.secure_sum.ciphers.masks import MasksCipher
from pleura.federation.secure_sum.ciphers.plain import PlainCipher
from pleura.federation.secure_sum.ciphers.ring import RingCipher
from pleura.federation.secure_sum.ciphers.seal import SealCipher
from pleura.federation.secure_sum.terms import Backend, RoundTerms

__all__ = ["CIPHERS", "create_cipher"]

CIPHERS: dict[Backend, Callable[..., Cipher]] = {
    "ring": RingCipher,
    "seal": SealCipher,
    "masks": MasksCipher,
    "plain": PlainCipher,
}


def create_cipher(terms: RoundTerms, place: int, keys: Keyring | None, *, threads: int = 1) -> Cipher:
    """Make a hospital's side of the round's backend.

    Parameters
    ----------
    terms : of the round
    place : the hospital's, from 0
    keys : its own; may be None for the backend plain
    threads : blocks that are worked on at once, with the backend ring

    Raises
    ------
    TermsError
        If the backend has no room for so many hospitals, or the keys are not those of this place.
    MissingExtraError
        If the backend's package is not installed.
    """
    return CIPHERS[terms.backend](terms, place, keys, threads=threads)
