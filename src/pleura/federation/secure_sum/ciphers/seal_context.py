"""Sizes of a round in, SEAL set up for them out; and the one secret key that all hospitals share with this backend."""

from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from pleura.errors import MissingExtraError, WireError
from pleura.federation.secure_sum.adders.seal import COEFFICIENTS, PRIME, WORDS
from pleura.federation.secure_sum.keys.group_key import GroupKey

__all__ = ["SealContext", "load_seal", "make_seal_key"]

_PURPOSE = b"seal key"
_KEY_BYTES = 8 * COEFFICIENTS


def load_seal() -> ModuleType:
    """Import seal-python; `MissingExtraError` if it is not installed."""
    try:
        return import_module("seal")
    except ImportError as error:
        raise MissingExtraError(
            'backend seal needs the package seal-python; install it with: pip install "pleura[federation]"'
        ) from error


def make_seal_key(group_key: GroupKey) -> bytes:
    """Make the shared secret key of a membership epoch, locked with its group key; one hospital does it, once.

    Whoever holds it reads every hospital's upload: the backend trusts every hospital not to work with the server.

    Parameters
    ----------
    group_key : of the epoch; a new one needs a new key here, too

    Returns
    -------
    the message for all members, about 16 kB

    Raises
    ------
    MissingExtraError
        If seal-python is not installed.
    """
    return group_key.lock(SealContext(1).fresh_key()[-_KEY_BYTES:], _PURPOSE, b"")


class SealContext:
    """SEAL's BFV with our sizes, and arrays of words in the place of its files.

    SEAL writes a header of fixed length before the words of a ciphertext or plaintext; it is taken from one that was
    made here, and only words go on the wire.

    Parameters
    ----------
    plain_bits : the plaintext modulus is 2 to this

    Raises
    ------
    MissingExtraError
        If seal-python is not installed.
    """

    def __init__(self, plain_bits: int) -> None:
        seal: Any = load_seal()
        parameters = seal.EncryptionParameters(seal.scheme_type.bfv)
        parameters.set_poly_modulus_degree(COEFFICIENTS)
        parameters.set_coeff_modulus([seal.Modulus(PRIME)])
        parameters.set_plain_modulus(1 << plain_bits)
        self.seal = seal
        self.context = seal.SEALContext(parameters, True, seal.sec_level_type.tc128)
        assert self.context.parameters_set(), self.context.parameter_error_message()
        whole = seal.Plaintext(f"1x^{COEFFICIENTS - 1}").to_bytes()
        self._plain_header = whole[: -8 * COEFFICIENTS]
        self._cipher_header = b""

    def fresh_key(self) -> bytes:
        """Make a secret key as SEAL writes it: a header that depends on the plaintext modulus, then its words."""
        key: bytes = self.seal.KeyGenerator(self.context).secret_key().to_string()
        return key

    def secret_key(self, message: bytes, group_key: GroupKey) -> Any:
        """Open what `make_seal_key` made; `WireError` if it does not open."""
        key = group_key.unlock(message, _PURPOSE, b"")
        try:
            return self.context.from_secret_str(self.fresh_key()[:-_KEY_BYTES] + key)
        except (RuntimeError, ValueError) as error:
            raise WireError(f"the shared key is none of SEAL's: {error}; let a member make a new one") from error

    def use(self, key: Any) -> None:
        """Take the secret key to encrypt and decrypt with."""
        self._encryptor = self.seal.Encryptor(self.context, key)
        self._decryptor = self.seal.Decryptor(self.context, key)
        self._cipher_header = self._encryptor.encrypt_symmetric(self.seal.Plaintext("1")).to_string()[: -8 * WORDS]

    def encrypt(self, coefficients: npt.NDArray[np.uint64]) -> memoryview:
        """Encrypt 2048 coefficients, each below the plaintext modulus, into the words of a ciphertext."""
        plain = self.seal.Plaintext()
        plain.load_bytes(self.context, self._plain_header + coefficients.astype("<u8", copy=False).tobytes())
        whole: bytes = self._encryptor.encrypt_symmetric(plain).to_string()
        return memoryview(whole)[-8 * WORDS :]

    def decrypt(self, words: memoryview) -> npt.NDArray[np.uint64]:
        """Decrypt the words of a ciphertext into 2048 coefficients; `WireError` if they are none."""
        try:
            plain = self._decryptor.decrypt(self.context.from_cipher_str(b"".join([self._cipher_header, words])))
        except (RuntimeError, ValueError) as error:
            raise WireError(f"SEAL refuses a ciphertext of the sum: {error}; get the sum again") from error
        found = np.frombuffer(plain.to_bytes(), "<u8", offset=len(self._plain_header))  # without zeros at the end
        coefficients = np.zeros(COEFFICIENTS, np.uint64)
        coefficients[: found.size] = found
        return coefficients
