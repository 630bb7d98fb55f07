"""Committed known answers: recomputed by the slow reference, and held against what the product computes."""

import json
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from federation.secure_sum import reference
from federation.secure_sum.known_answers import CASES, VECTORS, Case, Worked, answers, shortened, worked
from pleura.federation.secure_sum.ring.addition import add
from pleura.federation.secure_sum.ring.decryption import decrypt
from pleura.federation.secure_sum.ring.encryption import encrypt
from pleura.federation.secure_sum.ring.modulus import PRIMES, ROOTS
from pleura.federation.secure_sum.ring.parameters import Parameters
from pleura.federation.secure_sum.ring.secret import RoundSecret
from pleura.federation.secure_sum.ring.transform import forward, tables

WRITTEN: dict[str, Any] = json.loads(VECTORS.read_text())
NAMES = [case.name for case in CASES]


def digest(words: NDArray[np.generic]) -> str:
    return sha256(np.ascontiguousarray(words).tobytes()).hexdigest()


@pytest.fixture(scope="module")
def numbers() -> dict[tuple[str, int], Worked]:
    """Each written block, worked out once."""
    return {(case.name, block): worked(case, block) for case in CASES for block in case.blocks}


def sizes(case: Case) -> Parameters:
    return Parameters(most_hospitals=case.most_hospitals, values_per_coefficient=case.values_per_coefficient)


def product_words(case: Case, hospital: int) -> list[NDArray[np.uint32]]:
    """The product's upload of a case's vector under its secret, with noise of the product's own."""
    vector = np.array(case.vector(hospital), np.uint32)

    def fill(start: int, out: NDArray[np.uint32]) -> None:
        out[:] = vector[start : start + out.size]

    secret = RoundSecret(np.array(case.secret(hospital), np.int8))
    return list(encrypt(fill, vector.size, secret, sizes(case), case.terms_digest, case.check_key))


def test_the_ring_is_the_written_one() -> None:
    assert tuple(WRITTEN["primes"]) == reference.PRIMES == PRIMES
    assert tuple(WRITTEN["roots"]) == reference.ROOTS == ROOTS
    assert [case["name"] for case in WRITTEN["cases"]] == NAMES


@pytest.mark.parametrize("place", range(len(CASES)), ids=NAMES)
def test_the_reference_gives_the_written_answers(place: int) -> None:
    assert json.loads(json.dumps(answers(CASES[place]))) == WRITTEN["cases"][place]


@pytest.mark.parametrize("place", range(len(CASES)), ids=NAMES)
def test_the_product_has_the_written_sizes(place: int) -> None:
    case, written = CASES[place], WRITTEN["cases"][place]
    found = sizes(case)
    assert (found.slot_bits, found.levels) == (written["slot_bits"], written["levels"])
    assert found.ring_elements(case.slots) == written["ring_elements"]
    assert found.t == case.scheme.t
    assert found.bytes(case.slots) == 12 * reference.N * written["ring_elements"]


@pytest.mark.parametrize("k", range(3))
def test_the_transforms_agree(k: int) -> None:
    polynomial = CASES[0].numbers(f"transform {k}", reference.N, reference.PRIMES[k])
    words, table = np.array(polynomial, np.uint32), tables()[k]
    forward(words, table.roots, table.roots_companion, table.p)
    assert words.tolist() == reference.evaluate(polynomial, k)


@pytest.mark.parametrize("place", range(len(CASES)), ids=NAMES)
def test_the_product_sends_the_written_words_and_small_noise(
    place: int, numbers: dict[tuple[str, int], Worked]
) -> None:
    """What the product adds to the known words is t times one number of 0 to 42, the same modulo all primes."""
    case, written = CASES[place], WRITTEN["cases"][place]
    for hospital in range(case.hospitals):
        blocks = product_words(case, hospital)
        for entry in written["blocks"]:
            words = blocks[entry["block"]].astype(object).reshape(3, -1)
            bare = np.array(numbers[case.name, entry["block"]].bare[hospital], object).reshape(3, -1)
            noise = [(words[k] - bare[k]) * pow(case.scheme.t, -1, p) % p for k, p in enumerate(reference.PRIMES)]
            assert (noise[0] == noise[1]).all()
            assert (noise[0] == noise[2]).all()
            assert noise[0].max() <= reference.NOISE
            assert len(set(noise[0])) > 15  # it is noise: a coefficient's deviation is 3.24
            without = [(words[k] - case.scheme.t * noise[0]) % p for k, p in enumerate(reference.PRIMES)]
            hexed = digest(np.concatenate(without).astype("<u4"))
            assert hexed == entry["hospitals"][hospital]["words without noise"]["sha256"]


@pytest.mark.parametrize("place", range(len(CASES)), ids=NAMES)
def test_the_product_adds_and_opens_the_written_sum(place: int, numbers: dict[tuple[str, int], Worked]) -> None:
    case, written = CASES[place], WRITTEN["cases"][place]
    totals = [] if case.blocks[0] == 0 else product_words(case, 0)[: case.blocks[0]]  # blocks that are not written
    for entry in written["blocks"]:
        found = numbers[case.name, entry["block"]]
        total = np.array(found.words[0], np.uint32)
        for words in found.words[1:]:
            add(total, np.array(words, np.uint32), entry["lanes"])
        assert digest(total.astype("<u4")) == entry["sum of words"]["sha256"]
        totals.append(total)
    secret = np.sum([case.secret(hospital) for hospital in range(case.hospitals)], axis=0).astype(np.int32)
    opened = np.concatenate(
        list(decrypt(totals, secret, case.slots, sizes(case), case.terms_digest, case.check_key, case.hospitals))
    )
    assert opened.size == case.slots
    assert shortened(opened.tolist(), 8) == written["slot sums"]


def test_lanes_of_a_whole_block_are_the_references() -> None:
    case = CASES[2]
    block = product_words(case, 0)[0].astype(object).reshape(3, reference.N, reference.LANES)
    messages = reference.messages(case.scheme, case.vector(0), 0, case.check_key)
    uniform = [reference.uniform(case.terms_digest, 0, reference.LANES, k) for k in range(3)]
    for lane in (0, 9, 15):
        noise = []
        for k, p in enumerate(reference.PRIMES):
            a = reference.interpolate(uniform[k][lane], k)
            bare = np.array(reference.times(a, case.secret(0), p), object) + np.array(messages[lane], object)
            noise.append((block[k, :, lane] - bare) * pow(case.scheme.t, -1, p) % p)
        assert (noise[0] == noise[1]).all()
        assert (noise[0] == noise[2]).all()
        assert noise[0].max() <= reference.NOISE
