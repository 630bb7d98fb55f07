import sys

import numpy as np
import pytest

from pleura.errors import MissingExtraError, WireError
from pleura.federation.secure_sum.adders.seal import COEFFICIENTS, PRIME, WORDS, slots_in_coefficient
from pleura.federation.secure_sum.ciphers.seal_context import SealContext, make_seal_key
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.ring.parameters import Parameters
from pleura.federation.secure_sum.sizes import Sizes

GROUP_KEY = GroupKey(bytes(range(32)), 0, bytes(32))


def test_the_prime_is_seals_own_of_54_bits_and_within_the_standard() -> None:
    seal = SealContext(42).seal
    assert [m.value() for m in seal.CoeffModulus.Create(COEFFICIENTS, [54])] == [PRIME]
    assert seal.CoeffModulus.MaxBitCount(COEFFICIENTS, seal.sec_level_type.tc128) == 54


def test_every_number_of_hospitals_leaves_the_noise_room() -> None:
    for hospitals in range(3, 129):
        for packing in (3, 4):
            sizes = Sizes(Parameters(most_hospitals=hospitals, values_per_coefficient=packing), 0)
            packed = slots_in_coefficient(sizes)
            assert packed == packing - 2
            # SEAL's noise is at most 21 a coefficient; the message is rounded to a multiple of q / t, by at most 1 more
            assert hospitals * 22 < PRIME / 2 ** (packed * sizes.parameters.slot_bits + 1) - 1


def test_what_goes_in_comes_out_from_the_sum_of_words(rng: np.random.Generator) -> None:
    context = SealContext(42)
    context.use(context.secret_key(make_seal_key(GROUP_KEY), GROUP_KEY))
    for numbers in (np.zeros((3, COEFFICIENTS)), rng.integers(0, 2**42 // 3, (3, COEFFICIENTS))):
        plain = numbers.astype(np.uint64)
        words = [np.frombuffer(context.encrypt(one), "<u8") for one in plain]
        assert all(one.size == WORDS for one in words)
        total = sum(one.astype(object) for one in words) % PRIME
        got = context.decrypt(memoryview(total.astype("<u8").tobytes()))
        assert (got == plain.sum(axis=0)).all()


def test_one_key_serves_every_plaintext_modulus_and_only_its_group(rng: np.random.Generator) -> None:
    message = make_seal_key(GROUP_KEY)
    plain = rng.integers(0, 2**20, COEFFICIENTS).astype(np.uint64)
    for bits in (20, 28, 40):
        context = SealContext(bits)
        context.use(context.secret_key(message, GROUP_KEY))
        assert (context.decrypt(context.encrypt(plain)) == plain).all()
    other = GroupKey(bytes(32), 0, bytes(32))
    with pytest.raises(WireError, match="do not open"):
        SealContext(20).secret_key(message, other)
    with pytest.raises(WireError, match="do not open"):
        SealContext(20).secret_key(message[:-1], GROUP_KEY)
    with pytest.raises(WireError, match="the shared key is none of SEAL's"):
        SealContext(20).secret_key(GROUP_KEY.lock(b"\xff" * 100, b"seal key", b""), GROUP_KEY)


def test_words_that_are_no_ciphertext_are_refused() -> None:
    context = SealContext(20)
    context.use(context.secret_key(make_seal_key(GROUP_KEY), GROUP_KEY))
    with pytest.raises(WireError, match="SEAL refuses a ciphertext"):
        context.decrypt(memoryview(b"\xff" * (8 * WORDS)))
    with pytest.raises(WireError, match="SEAL refuses a ciphertext"):
        context.decrypt(memoryview(bytes(8)))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "seal", None)
    with pytest.raises(MissingExtraError, match=r"pip install \"pleura\[federation\]\""):
        make_seal_key(GROUP_KEY)
