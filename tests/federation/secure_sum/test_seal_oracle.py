"""Microsoft SEAL, which knows nothing of this code, as oracle: it accepts the modulus and decrypts the ciphertexts.

A ciphertext b = a s + X with X = t e + m is turned into BFV's form for a plaintext of 58 bits: divided by 2^58 modulo
q it is an encryption of X mod 2^58 under the noise X >> 58, which SEAL decrypts with a noise budget to spare. That
taken away, a second decryption gives the rest of X.
"""

import os
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from federation.secure_sum import reference
from pleura.federation.secure_sum.ring.addition import add
from pleura.federation.secure_sum.ring.encryption import encrypt
from pleura.federation.secure_sum.ring.expansion import BlockWords
from pleura.federation.secure_sum.ring.modulus import LANES, MODULUS, PRIMES, RING_DEGREE
from pleura.federation.secure_sum.ring.parameters import NOISE_BITS, Parameters
from pleura.federation.secure_sum.ring.secret import RoundSecret
from pleura.federation.secure_sum.ring.security import STANDARD_BITS
from pleura.federation.secure_sum.ring.transform import inverse_lanes, tables

PLAIN_BITS = 58
SPECIAL_PRIME = 40961
"""SEAL wants one more prime, for its keys; with this one of 16 bits the modulus has 109, the standard's bound."""
TERMS, CHECK = bytes(range(32)), bytes(range(32, 64))


@pytest.fixture(scope="module")
def seal() -> ModuleType:
    """SEAL, which continuous integration has to have."""
    try:
        import seal
    except ImportError:
        if os.environ.get("CI"):
            pytest.fail("continuous integration needs seal-python, the oracle of the ring sum")
        pytest.skip("seal-python is not installed; pip install 'pleura[federation]'")
    return seal


@dataclass
class Oracle:
    """A SEAL context of our ring, a secret key of SEAL's, and the key as small numbers."""

    seal: Any
    context: Any
    key: Any
    small: NDArray[np.int8]


def context_with(seal: Any, primes: tuple[int, ...]) -> Any:
    parameters = seal.EncryptionParameters(seal.scheme_type.bfv)
    parameters.set_poly_modulus_degree(RING_DEGREE)
    parameters.set_coeff_modulus([seal.Modulus(p) for p in primes])
    parameters.set_plain_modulus(1 << PLAIN_BITS)
    return seal.SEALContext(parameters, True, seal.sec_level_type.tc128)


def inverse(values: NDArray[np.uint32], k: int) -> list[int]:
    """Our inverse transform of one ring element, its factor 1/4096 included."""
    rows = np.zeros((RING_DEGREE, LANES), np.uint32)
    rows[:, 0] = values
    flat, table = rows.reshape(-1), tables()[k]
    inverse_lanes(flat, table.inverses, table.inverses_companion, table.p)
    factor = pow(RING_DEGREE, -1, PRIMES[k])
    return [int(x) * factor % PRIMES[k] for x in flat[::LANES]]


@pytest.fixture(scope="module")
def oracle(seal: ModuleType) -> Oracle:
    context = context_with(seal, (*PRIMES, SPECIAL_PRIME))
    key = seal.KeyGenerator(context).secret_key()
    raw = np.frombuffer(key.to_string()[-4 * RING_DEGREE * 8 :], np.uint64).reshape(4, RING_DEGREE)
    residues = [inverse(raw[k].astype(np.uint32), k) for k in range(3)]
    small = [np.array([x - p if x > p // 2 else x for x in r]) for r, p in zip(residues, PRIMES, strict=True)]
    assert (small[0] == small[1]).all()
    assert (small[0] == small[2]).all()
    return Oracle(seal, context, key, small[0].astype(np.int8))


def test_the_standards_bounds_are_those_of_seal(seal: Any) -> None:
    for degree, bits in STANDARD_BITS.items():
        assert seal.CoeffModulus.MaxBitCount(degree, seal.sec_level_type.tc128) == bits


def test_the_modulus_passes_the_check_for_128_bits(seal: Any) -> None:
    assert context_with(seal, (*PRIMES, SPECIAL_PRIME)).parameters_set()
    assert not context_with(seal, (*PRIMES, 114689)).parameters_set()  # one bit more


def test_seals_key_is_ternary_under_our_transform(oracle: Oracle) -> None:
    values, counts = np.unique(oracle.small, return_counts=True)
    assert values.tolist() == [-1, 0, 1]
    assert counts.min() > RING_DEGREE // 4


def seal_decrypts(oracle: Oracle, b: list[int], a: list[int]) -> list[int]:
    """(b - a s) mod 2^58, where b - a s is small beside q; each ciphertext must have noise budget left."""
    scale = pow(1 << PLAIN_BITS, -1, MODULUS)
    data = np.zeros((2, 3, RING_DEGREE), np.uint64)
    for k, p in enumerate(PRIMES):
        data[0, k] = [x * scale % p for x in b]
        data[1, k] = [-x * scale % p for x in a]
    template = oracle.seal.Encryptor(oracle.context, oracle.key).encrypt_symmetric(oracle.seal.Plaintext("1"))
    header = template.to_string()[: -data.nbytes]
    decryptor = oracle.seal.Decryptor(oracle.context, oracle.key)
    ciphertext = oracle.context.from_cipher_str(header + data.tobytes())
    assert decryptor.invariant_noise_budget(ciphertext) > 0
    plain = [0] * RING_DEGREE
    for term in decryptor.decrypt(ciphertext).to_string().split(" + "):
        coefficient, _, exponent = term.partition("x^")
        plain[int(exponent or 0)] = int(coefficient, 16)
    return [-MODULUS * x % (1 << PLAIN_BITS) for x in plain]


def opened_by_seal(
    oracle: Oracle, sizes: Parameters, block: NDArray[np.uint32], lanes: int, lane: int, hospitals: int
) -> list[int]:
    """X = t e + m of one ring element of block 0, by two decryptions; `hospitals` uploads, all under SEAL's key."""
    words = block.reshape(3, RING_DEGREE, lanes)[:, :, lane].tolist()
    uniform = [
        inverse(w.reshape(RING_DEGREE, LANES)[:, lane].copy(), k) for k, w in enumerate(BlockWords(TERMS).primes(0))
    ]
    middle = NOISE_BITS * hospitals * sizes.t
    b = [reference.from_residues(r) - middle for r in zip(*words, strict=True)]
    a = [hospitals * reference.from_residues(r) % MODULUS for r in zip(*uniform, strict=True)]
    low = seal_decrypts(oracle, b, a)
    scale = pow(1 << PLAIN_BITS, -1, MODULUS)
    high = seal_decrypts(
        oracle,
        [(x - y) * scale % MODULUS for x, y in zip(b, low, strict=True)],
        [x * scale % MODULUS for x in a],
    )
    half = 1 << (PLAIN_BITS - 1)
    signed = [x - 2 * half if x >= half else x for x in high]
    return [(x << PLAIN_BITS) + y + middle for x, y in zip(signed, low, strict=True)]


@pytest.mark.parametrize("hospitals", [1, 3])
@pytest.mark.parametrize(("values", "lanes", "lane"), [(4, 16, 0), (4, 16, 11), (3, 3, 2)])
def test_seal_decrypts_ciphertexts_exactly(
    oracle: Oracle, rng: np.random.Generator, values: int, lanes: int, lane: int, hospitals: int
) -> None:
    """Under SEAL's key as every hospital's secret, the sum opens to the messages with noise within its bounds."""
    sizes = Parameters(most_hospitals=10, values_per_coefficient=values)
    slots = lanes * values * (RING_DEGREE - 1)
    vectors = rng.integers(0, sizes.levels + 1, (hospitals, slots)).astype(np.uint32)
    total = np.zeros(3 * RING_DEGREE * lanes, np.uint32)
    for vector in vectors:

        def fill(start: int, out: NDArray[np.uint32], vector: NDArray[np.uint32] = vector) -> None:
            out[:] = vector[start : start + out.size]

        secret = RoundSecret(oracle.small.copy())
        [block] = encrypt(fill, slots, secret, sizes, TERMS, CHECK)
        add(total, block, lanes)

    opened = opened_by_seal(oracle, sizes, total, lanes, lane, hospitals)
    planes = vectors.sum(axis=0, dtype=np.uint64).reshape(values, RING_DEGREE - 1, lanes)[:, :, lane].tolist()
    messages = [sum(x << (sizes.slot_bits * s) for s, x in enumerate(column)) for column in zip(*planes, strict=True)]
    assert [x % sizes.t for x in opened[:-1]] == messages
    noise = np.array([x // sizes.t for x in opened])
    assert noise.min() >= 0
    assert noise.max() <= 2 * NOISE_BITS * hospitals
    assert np.var(noise) == pytest.approx(NOISE_BITS / 2 * hospitals, rel=0.15)
