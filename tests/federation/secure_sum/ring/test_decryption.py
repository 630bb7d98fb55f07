"""Sums of encrypted vectors against sums of the vectors: every shape, extreme values, and what must not open."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pleura.errors import SecureSumError, TermsError, WireError, WrongSumError
from pleura.federation.secure_sum.ring.addition import add
from pleura.federation.secure_sum.ring.decryption import decrypt
from pleura.federation.secure_sum.ring.encryption import Fill, encrypt
from pleura.federation.secure_sum.ring.modulus import PRIMES, RING_DEGREE
from pleura.federation.secure_sum.ring.parameters import Parameters
from pleura.federation.secure_sum.ring.secret import RoundSecret

TERMS, CHECK = bytes(range(32)), bytes(range(100, 132))
FOUR = Parameters(most_hospitals=10, values_per_coefficient=4)
ELEMENT = 4 * 4095


def filler(vector: NDArray[np.uint32]) -> Fill:
    def fill(start: int, out: NDArray[np.uint32]) -> None:
        out[:] = vector[start : start + out.size]

    return fill


def summed(
    vectors: list[NDArray[np.uint32]], parameters: Parameters = FOUR, threads: int = 1
) -> tuple[list[NDArray[np.uint32]], NDArray[np.int32]]:
    """Encrypt each vector under a secret of its own, and add them up."""
    total: list[NDArray[np.uint32]] = []
    secrets = np.zeros(RING_DEGREE, np.int32)
    for vector in vectors:
        secret = RoundSecret.fresh()
        blocks = list(encrypt(filler(vector), vector.size, secret, parameters, TERMS, CHECK, threads=threads))
        secrets += secret.coefficients
        if not total:
            total = blocks
        else:
            for block, more in zip(total, blocks, strict=True):
                add(block, more, more.size // (3 * RING_DEGREE))
    return total, secrets


def opened(
    total: list[NDArray[np.uint32]],
    secrets: NDArray[np.int32],
    slots: int,
    hospitals: int,
    parameters: Parameters = FOUR,
    threads: int = 1,
) -> NDArray[np.uint32]:
    parts = list(decrypt(total, secrets, slots, parameters, TERMS, CHECK, hospitals, threads=threads))
    return np.concatenate([np.zeros(0, np.uint32), *parts])


def drawn(
    rng: np.random.Generator, slots: int, hospitals: int, parameters: Parameters = FOUR
) -> list[NDArray[np.uint32]]:
    return [rng.integers(0, parameters.levels + 1, slots).astype(np.uint32) for _ in range(hospitals)]


@pytest.mark.parametrize("slots", [0, 1, 4095, 4096, 65519, 65520, 65521])
@pytest.mark.parametrize("values", [3, 4])
def test_a_sum_is_exact(slots: int, values: int, rng: np.random.Generator) -> None:
    parameters = Parameters(most_hospitals=10, values_per_coefficient=values)
    vectors = drawn(rng, slots, 3, parameters)
    total, secrets = summed(vectors, parameters)
    assert sum(block.nbytes for block in total) == parameters.bytes(slots)
    assert (opened(total, secrets, slots, 3, parameters) == sum(v.astype(np.uint64) for v in vectors)).all()


@pytest.mark.parametrize("lanes", range(1, 17))
def test_a_last_block_may_have_any_number_of_lanes(lanes: int, rng: np.random.Generator) -> None:
    slots = lanes * ELEMENT - int(rng.integers(0, ELEMENT))
    vectors = drawn(rng, slots, 2)
    total, secrets = summed(vectors)
    assert [block.size for block in total] == [3 * RING_DEGREE * lanes]
    assert (opened(total, secrets, slots, 2) == vectors[0] + vectors[1]).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_nothing(threads: int, rng: np.random.Generator) -> None:
    """Three blocks, the last one of three ring elements."""
    slots = 2 * 16 * ELEMENT + 3 * ELEMENT - 77
    vectors = drawn(rng, slots, 2)
    total, secrets = summed(vectors, threads=threads)
    assert [block.size for block in total] == [3 * RING_DEGREE * lanes for lanes in (16, 16, 3)]
    for reading in (1, 2):
        assert (opened(total, secrets, slots, 2, threads=reading) == vectors[0] + vectors[1]).all()


@pytest.mark.parametrize(("most", "values"), [(3, 3), (3, 4), (10, 4), (64, 3), (128, 3), (128, 4)])
@pytest.mark.parametrize("full", [False, True])
def test_extreme_sums_of_all_hospitals_are_exact(most: int, values: int, full: bool) -> None:
    """As many hospitals as there may be, all slots 0, or all at the largest level."""
    parameters = Parameters(most_hospitals=most, values_per_coefficient=values)
    vector = np.full(60, parameters.levels if full else 0, np.uint32)
    total, secrets = summed([vector] * most, parameters)
    assert (opened(total, secrets, 60, most, parameters) == most * vector).all()


@given(most=st.integers(3, 128), values=st.sampled_from([3, 4]), slots=st.integers(0, 400), seed=st.integers(0, 2**32))
@settings(max_examples=25, derandomize=True)
def test_any_sum_is_exact(most: int, values: int, slots: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parameters = Parameters(most_hospitals=most, values_per_coefficient=values)
    hospitals = int(rng.integers(1, min(most, 5) + 1))
    vectors = drawn(rng, slots, hospitals, parameters)
    total, secrets = summed(vectors, parameters)
    assert (opened(total, secrets, slots, hospitals, parameters) == sum(v.astype(np.uint64) for v in vectors)).all()


def test_blocks_from_bytes_may_be_read_only(rng: np.random.Generator) -> None:
    vectors = drawn(rng, 100, 1)
    total, secrets = summed(vectors)
    received = [np.frombuffer(block.tobytes(), np.uint32) for block in total]
    assert (opened(received, secrets, 100, 1) == vectors[0]).all()


def test_encryption_is_fresh_each_time(rng: np.random.Generator) -> None:
    (vector,) = drawn(rng, 100, 1)
    first, second = summed([vector])[0][0], summed([vector])[0][0]
    assert (first != second).mean() > 0.99


def test_ciphertexts_look_uniform() -> None:
    """Of an all-zero vector: the mean of each prime's words within six standard deviations of half the prime."""
    (block,), _ = summed([np.zeros(ELEMENT, np.uint32)])
    for words, p in zip(block.reshape(3, -1).astype(float), PRIMES, strict=True):
        assert abs(words.mean() / p - 0.5) < 6 * np.sqrt(1 / 12 / words.size)


def test_a_secret_encrypts_once(rng: np.random.Generator) -> None:
    (vector,) = drawn(rng, 10, 1)
    secret = RoundSecret.fresh()
    list(encrypt(filler(vector), 10, secret, FOUR, TERMS, CHECK))
    with pytest.raises(SecureSumError, match="has been used"):
        encrypt(filler(vector), 10, secret, FOUR, TERMS, CHECK)


def test_a_slot_above_the_levels_is_refused() -> None:
    vector = np.zeros(5000, np.uint32)
    vector[4321] = FOUR.levels + 1
    with pytest.raises(TermsError, match="larger than 209715"):
        list(encrypt(filler(vector), vector.size, RoundSecret.fresh(), FOUR, TERMS, CHECK))


def test_what_the_function_leaves_past_the_end_is_not_sent() -> None:
    """The slots after the vector's end are 0, whatever was in the memory before."""
    list(encrypt(filler(np.full(ELEMENT, 7, np.uint32)), ELEMENT, RoundSecret.fresh(), FOUR, TERMS, CHECK))
    total, secrets = summed([np.full(1, 5, np.uint32)])
    assert (opened(total, secrets, ELEMENT, 1) == np.array([5] + [0] * (ELEMENT - 1))).all()


@pytest.fixture(scope="module")
def two() -> tuple[list[NDArray[np.uint32]], NDArray[np.int32], int]:
    """The sum of two vectors over two blocks, the second of which has one ring element."""
    slots = 16 * ELEMENT + 100
    return *summed(drawn(np.random.default_rng(4), slots, 2)), slots


def test_a_flipped_bit_anywhere_is_found(two: tuple[list[NDArray[np.uint32]], NDArray[np.int32], int]) -> None:
    """In data and check coefficients of all lanes and primes; the ring element is named."""
    total, secrets, slots = two
    rng = np.random.default_rng(5)
    for trial in range(40):
        block = trial % 2
        lanes = (16, 1)[block]
        k, lane, bit = int(rng.integers(3)), int(rng.integers(lanes)), int(rng.integers(32))
        j = (0, 4095, int(rng.integers(4096)))[trial % 3]
        altered = [b.copy() for b in total]
        altered[block][(k * RING_DEGREE + j) * lanes + lane] ^= np.uint32(1 << bit)
        with pytest.raises(WrongSumError, match=f"ring element {16 * block + lane} of the sum"):
            opened(altered, secrets, slots, 2)


@pytest.mark.parametrize("change", [1, -1])
def test_a_wrong_sum_of_secrets_is_found(
    two: tuple[list[NDArray[np.uint32]], NDArray[np.int32], int], change: int
) -> None:
    total, secrets, slots = two
    wrong = secrets.copy()
    wrong[int(np.argmin(np.abs(wrong)))] += change
    with pytest.raises(WrongSumError, match="ring element 0"):
        opened(total, wrong, slots, 2)
    wrong[0] = 43 * change
    with pytest.raises(WrongSumError, match="no sum of 2 secrets"):
        opened(total, wrong, slots, 2)
    wrong[0] = np.iinfo(np.int32).min
    with pytest.raises(WrongSumError, match="no sum of 2 secrets"):
        opened(total, wrong, slots, 2)


def test_a_smaller_number_of_hospitals_is_found(rng: np.random.Generator) -> None:
    """Sums of three hospitals' slots are too large for two."""
    vector = np.full(50, FOUR.levels, np.uint32)
    total, secrets = summed([vector] * 3)
    with pytest.raises(SecureSumError):
        opened(total, np.clip(secrets, -42, 42), 50, 2)


def test_other_keys_do_not_open(two: tuple[list[NDArray[np.uint32]], NDArray[np.int32], int]) -> None:
    total, secrets, slots = two
    with pytest.raises(WrongSumError, match="ring element 0"):
        list(decrypt(total, secrets, slots, FOUR, bytes(32), CHECK, 2))
    with pytest.raises(WrongSumError, match="ring element 0"):
        list(decrypt(total, secrets, slots, FOUR, TERMS, bytes(32), 2))


def test_blocks_that_do_not_fit_are_refused(two: tuple[list[NDArray[np.uint32]], NDArray[np.int32], int]) -> None:
    total, secrets, slots = two
    with pytest.raises(WireError, match="has 1 blocks"):
        opened(total[:1], secrets, slots, 2)
    with pytest.raises(WireError, match="more than the 2 blocks"):
        opened([*total, total[1]], secrets, slots, 2)
    with pytest.raises(WireError, match="block 0 of the sum has 196608 words"):
        opened([total[1], total[0]], secrets, slots, 2)
    with pytest.raises(WrongSumError, match="ring element 0 of the sum is not below its prime"):
        opened([np.full_like(total[0], PRIMES[0]), total[1]], secrets, slots, 2)


@pytest.mark.parametrize("hospitals", [0, 11])
def test_other_numbers_of_hospitals_are_refused(hospitals: int) -> None:
    with pytest.raises(TermsError, match="up to 10"):
        decrypt([], np.zeros(RING_DEGREE, np.int32), 0, FOUR, TERMS, CHECK, hospitals)
