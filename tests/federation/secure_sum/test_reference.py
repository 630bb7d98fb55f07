"""The slow reference itself: its transform and product by their definitions, sums opened exactly, what it refuses."""

import math

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from federation.secure_sum import reference
from federation.secure_sum.known_answers import CASES, Case

SMALL = Case(
    name="round trip", most_hospitals=3, values_per_coefficient=4, hospitals=3, slots=4 * 4095 + 2, blocks=(0,)
)
BELOW = 2**31


def test_the_primes_are_the_largest_of_their_kind() -> None:
    assert all(p % 8192 == 1 and p < BELOW for p in reference.PRIMES)
    between = [n for n in range(reference.PRIMES[2], BELOW) if n % 8192 == 1 and reference.is_prime(n)]
    assert tuple(reversed(between)) == reference.PRIMES


def test_trial_division_agrees_with_fermat() -> None:
    for p in reference.PRIMES:
        assert all(pow(a, p - 1, p) == 1 for a in (2, 3, 5, 7))
    assert not reference.is_prime(46337 * 46327)
    assert [n for n in range(30) if reference.is_prime(n)] == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]


@pytest.mark.parametrize("k", range(3))
def test_the_root_is_primitive_and_the_smallest(k: int) -> None:
    p, root = reference.PRIMES[k], reference.ROOTS[k]
    assert pow(root, reference.N, p) == p - 1
    smaller = [r for r in range(2, min(root, 60_000)) if pow(r, reference.N, p) == p - 1]
    assert smaller == []


@pytest.mark.parametrize("k", range(3))
def test_the_transform_gives_values_at_the_odd_powers_in_reversed_order(k: int) -> None:
    p, psi = reference.PRIMES[k], reference.ROOTS[k]
    polynomial = SMALL.numbers(f"polynomial {k}", reference.N, p)
    values = reference.evaluate(polynomial, k)
    for i, power in ((0, 1), (1, 4097), (2, 2049), (3, 6145), (4095, 8191), (1365, 2 * 2730 + 1)):
        x, horner = pow(psi, power, p), 0
        for c in reversed(polynomial):
            horner = (horner * x + c) % p
        assert values[i] == horner
    assert reference.interpolate(values, k) == polynomial


def test_a_product_by_hand_wraps_around_with_a_minus() -> None:
    p = reference.PRIMES[0]
    one, last = [0] * reference.N, [0] * reference.N
    one[1], last[4095] = 5, 7  # 5 X and 7 X^4095: their product is 35 X^4096 = -35
    assert reference.times(one, last, p) == [p - 35] + [0] * 4095


def test_a_product_is_a_product_of_values() -> None:
    p = reference.PRIMES[2]
    a, s = SMALL.numbers("a", reference.N, p), SMALL.secret(0)
    pointwise = [x * y % p for x, y in zip(reference.evaluate(a, 2), reference.evaluate(s, 2), strict=True)]
    assert reference.interpolate(pointwise, 2) == reference.times(a, s, p)


def test_residues_give_the_number_back() -> None:
    for x in (0, 1, reference.Q - 1, 2**92 + 12345):
        assert reference.from_residues([x % p for p in reference.PRIMES]) == x


def test_words_of_the_stream_are_little_endian() -> None:
    key, counter = bytes(range(32)), 5 << 64
    text = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(counter.to_bytes(16, "big"))
    stream = reference.keystream(key, counter)
    assert [next(stream) for _ in range(4)] == [int.from_bytes(text[i : i + 4], "little") for i in range(0, 16, 4)]


def test_words_above_the_prime_are_replaced_in_order_of_position(monkeypatch: pytest.MonkeyPatch) -> None:
    """A keystream with four words too large: of three lanes, one of which is not in use, and one spare word."""
    words = {0: 2**31 - 1, 5: 2**32 - 1, 16: 2**31 - 2, 65536: 11, 65537: 2**31 - 1, 65538: 22, 65539: 33}
    monkeypatch.setattr(
        reference, "keystream", lambda key, counter: (words.get(i, 7 + (counter >> 64)) for i in range(70_000))
    )
    [lane] = reference.uniform(bytes(32), 0, 1, 2)
    assert lane[:3] == [11, 33, 9]
    lanes = reference.uniform(bytes(32), 0, 6, 2)
    assert [lane[0] for lane in lanes] == [11, 9, 9, 9, 9, 22]


@pytest.mark.parametrize("most", [3, 4, 10, 24, 50, 100, 128])
@pytest.mark.parametrize("per_coefficient", [3, 4])
def test_sums_have_room(most: int, per_coefficient: int) -> None:
    scheme = reference.Scheme(most, per_coefficient)
    largest = scheme.t * reference.NOISE * most + scheme.t - 1
    assert largest < reference.Q
    assert 2 ** (scheme.log_t + 1) * (reference.NOISE * most + 1) > reference.Q
    assert most * scheme.levels < 2**scheme.bits <= most * (scheme.levels + 1)
    assert most * (reference.PRIMES[0] - 1) < 2**scheme.half
    assert most * (reference.PRIMES[1] - 1) << scheme.half < scheme.t - 2**scheme.half
    assert scheme.bits == math.floor(scheme.log_t / per_coefficient)


@pytest.fixture(scope="module")
def summed() -> tuple[list[list[int]], list[int]]:
    """Three hospitals' words added, and the sum of their secrets."""
    lanes = reference.lanes_of(SMALL.scheme, SMALL.slots)
    uploads = [
        reference.encrypt(
            SMALL.scheme,
            SMALL.vector(hospital),
            SMALL.secret(hospital),
            [SMALL.noise(hospital, block, count) for block, count in enumerate(lanes)],
            SMALL.terms_digest,
            SMALL.check_key,
        )
        for hospital in range(3)
    ]
    secrets = [SMALL.secret(hospital) for hospital in range(3)]
    return reference.add(uploads), [sum(column) for column in zip(*secrets, strict=True)]


def decrypt(blocks: list[list[int]], secret: list[int], *, hospitals: int = 3, key: bytes | None = None) -> list[int]:
    return reference.decrypt(
        SMALL.scheme, blocks, secret, SMALL.slots, SMALL.terms_digest, key or SMALL.check_key, hospitals
    )


def test_a_sum_opens_exactly(summed: tuple[list[list[int]], list[int]]) -> None:
    blocks, secret = summed
    truth = [sum(column) for column in zip(*map(SMALL.vector, range(3)), strict=True)]
    assert decrypt(blocks, secret) == truth


def test_a_wrong_secret_does_not_open(summed: tuple[list[list[int]], list[int]]) -> None:
    blocks, secret = summed
    with pytest.raises(ValueError, match="noise"):
        decrypt(blocks, [secret[0] + 1, *secret[1:]])


def test_a_shifted_message_is_found_by_its_tag(summed: tuple[list[list[int]], list[int]]) -> None:
    blocks, secret = summed
    shifted = list(blocks[0])
    for k, p in enumerate(reference.PRIMES):
        shifted[k * reference.N * 2] = (shifted[k * reference.N * 2] - 1) % p
    with pytest.raises(ValueError, match="ring element 0"):
        decrypt([shifted], secret)
    with pytest.raises(ValueError, match="tags"):
        decrypt(blocks, secret, key=bytes(32))


def test_a_multiple_of_two_primes_is_found_by_the_tag(summed: tuple[list[list[int]], list[int]]) -> None:
    """Added to a message it changes two slots, and neither the message modulo p0 nor that modulo p1."""
    blocks, secret = summed
    shifted = list(blocks[0])
    at, p = 2 * reference.N * 2, reference.PRIMES[2]
    shifted[at] = (shifted[at] - 2 * reference.PRIMES[0] * reference.PRIMES[1]) % p
    with pytest.raises(ValueError, match="tags of ring element 0"):
        decrypt([shifted], secret)


def test_the_known_answers_have_different_shapes() -> None:
    assert {case.values_per_coefficient for case in CASES} == {3, 4}
    assert {case.scheme.bits * case.values_per_coefficient % 2 for case in CASES} == {0, 1}
    assert {reference.lanes_of(case.scheme, case.slots)[block] for case in CASES for block in case.blocks} == {1, 2}
