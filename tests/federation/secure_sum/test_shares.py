from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pleura.errors import ShortAnswersError, TermsError, WireError, WrongSumError
from pleura.federation.secure_sum import shares
from pleura.federation.secure_sum.shares import (
    FIELD,
    MOST_HOSPITALS,
    add_shares,
    conflicting_place,
    deal,
    from_wire,
    recover,
    to_wire,
)


def through(points: dict[int, int], at: int) -> int:
    """Value at `at` of the polynomial through some points, in plain Python integers."""
    total = 0
    for i, y in points.items():
        term = y
        for j in points:
            if j != i:
                term = term * (at - j) * pow(i - j, -1, FIELD) % FIELD
        total += term
    return total % FIELD


def scripted(monkeypatch: pytest.MonkeyPatch, numbers: list[int]) -> None:
    """The operating system's generator gives these 16-bit numbers, then zeros."""
    left = np.array(numbers, np.uint16)

    def urandom(size: int) -> bytes:
        nonlocal left
        given, left = left[: size // 2], left[size // 2 :]
        return given.tobytes() + bytes(size - 2 * given.size)

    monkeypatch.setattr(shares.os, "urandom", urandom)


def summed(rng: np.random.Generator, hospitals: int, threshold: int, dealers: int, size: int = 6):
    secrets = rng.integers(-21, 22, (dealers, size)).astype(np.int8)
    dealt = [deal(one, hospitals, threshold) for one in secrets]
    return {i: add_shares([d[i] for d in dealt]) for i in range(hospitals)}, secrets.sum(axis=0, dtype=np.int64)


def test_the_field_is_the_largest_prime_of_16_bits() -> None:
    primes = [n for n in range(65500, 1 << 16) if all(n % d for d in range(2, 256))]
    assert primes[-1] == FIELD


@pytest.mark.parametrize("hospitals", [3, 4, 5, 6, 7])
def test_every_set_of_t_or_more_gives_the_sum_and_no_smaller_one(hospitals: int, rng: np.random.Generator) -> None:
    for threshold in range(1, hospitals + 1):
        sums, expected = summed(rng, hospitals, threshold, dealers=hospitals)
        for size in range(hospitals + 1):
            for places in combinations(range(hospitals), size):
                chosen = {i: sums[i] for i in places}
                if size < threshold:
                    with pytest.raises(ShortAnswersError, match=f"{size} hospitals answered, {threshold} are needed"):
                        recover(chosen, threshold)
                else:
                    assert recover(chosen, threshold).tolist() == expected.tolist()


@settings(max_examples=60)
@given(st.data())
def test_any_drop_out_pattern_up_to_the_threshold(data: st.DataObject) -> None:
    hospitals = data.draw(st.integers(3, MOST_HOSPITALS))
    threshold = 2 * hospitals // 3 + 1
    dealers = data.draw(st.integers(3, hospitals))
    gone = data.draw(st.sets(st.integers(0, hospitals - 1), max_size=hospitals - threshold))
    sums, expected = summed(np.random.default_rng(hospitals), hospitals, threshold, dealers, size=3)
    left = {i: sums[i] for i in range(hospitals) if i not in gone}
    assert recover(left, threshold).tolist() == expected.tolist()


def test_shares_are_the_polynomials_values(monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> None:
    size, hospitals, threshold = 4, 128, 86
    drawn = rng.integers(0, FIELD, (threshold - 1) * size).tolist()
    secret = np.array([-21, 21, 0, -1], np.int8)
    with_refused = [n for one in drawn for n in (65521, 65535, one)]  # what is not below the prime is drawn again
    scripted(monkeypatch, with_refused)
    dealt = deal(secret, hospitals, threshold)
    coefficients = [secret.tolist(), *np.reshape(drawn, (threshold - 1, size)).tolist()]
    for place in range(hospitals):
        for j in range(size):
            value = sum(c[j] * (place + 1) ** k for k, c in enumerate(coefficients)) % FIELD
            assert dealt[place, j] == value


def test_each_coefficient_is_as_likely_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, list(range(1 << 16)))
    assert shares._uniform(FIELD).tolist() == list(range(FIELD))


@pytest.mark.parametrize(("hospitals", "threshold"), [(3, 3), (4, 3), (10, 7)])
def test_t_minus_1_shares_fit_every_secret_equally(
    hospitals: int, threshold: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For any t - 1 shares and any secret there is one polynomial, so one choice of coefficients, that gives them."""
    seen = deal(np.array([7], np.int8), hospitals, threshold)
    for places in list(combinations(range(hospitals), threshold - 1))[:12]:
        for other in (-128, -21, 0, 6, 21, 127):
            points = {0: other} | {i + 1: int(seen[i, 0]) for i in places}
            coefficients = _coefficients(points)
            assert coefficients[0] == other % FIELD
            scripted(monkeypatch, coefficients[1:])
            again = deal(np.array([other], np.int8), hospitals, threshold)
            monkeypatch.undo()
            assert [again[i, 0] for i in places] == [seen[i, 0] for i in places]


def _coefficients(points: dict[int, int]) -> list[int]:
    """Coefficients of the polynomial through points, the constant first: Gauss over the field, in Python integers."""
    rows = [[pow(x, k, FIELD) for k in range(len(points))] + [y % FIELD] for x, y in points.items()]
    for column in range(len(rows)):
        pivot = next(r for r in range(column, len(rows)) if rows[r][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        inverse = pow(rows[column][column], -1, FIELD)
        rows[column] = [v * inverse % FIELD for v in rows[column]]
        for r in range(len(rows)):
            if r != column:
                factor = rows[r][column]
                rows[r] = [(a - factor * b) % FIELD for a, b in zip(rows[r], rows[column], strict=True)]
    return [row[-1] for row in rows]


def test_shares_of_one_secret_differ_from_deal_to_deal() -> None:
    secret = np.zeros(64, np.int8)
    first, second = deal(secret, 3, 3), deal(secret, 3, 3)
    assert (first != second).mean() > 0.9


def test_recovery_agrees_with_plain_interpolation(rng: np.random.Generator) -> None:
    sums, _ = summed(rng, 10, 7, dealers=4)
    places = [9, 0, 3, 5, 8, 2, 7]
    found = recover({i: sums[i] for i in places}, 7)
    for j, value in enumerate(found.tolist()):
        assert through({i + 1: int(sums[i][j]) for i in places}, 0) == value % FIELD


def test_extremes_come_back_signed() -> None:
    dealt = [deal(np.array([-128, 127], np.int8), 128, 86) for _ in range(128)]
    sums = {i: add_shares([d[i] for d in dealt]) for i in range(20, 106)}
    assert recover(sums, 86).tolist() == [-128 * 128, 127 * 128]


def test_a_vector_of_no_coefficients() -> None:
    sums = dict(enumerate(deal(np.empty(0, np.int8), 4, 3)))
    assert recover(sums, 3).shape == (0,)


def test_remainders(rng: np.random.Generator) -> None:
    edges = [0, 1, FIELD - 1, FIELD, FIELD + 1, 2 * FIELD, (1 << 16) - 1, 1 << 16, (1 << 40) - 1, 1 << 40]
    values = np.array(edges + rng.integers(0, 1 << 40, 20000).tolist())
    assert (shares._modulo(values.astype(np.float64)) == values % FIELD).all()


def test_products_stay_exact_in_float64() -> None:
    assert MOST_HOSPITALS * (FIELD - 1) * (FIELD + 127) < 1 << 40


# Answers that contradict one another


def altered(sums: dict, *places: int) -> dict:
    changed = {i: s.copy() for i, s in sums.items()}
    for place in places:
        changed[place][3] = (int(changed[place][3]) + 1 + place) % FIELD
    return changed


def test_with_t_answers_a_false_one_passes_unseen(rng: np.random.Generator) -> None:
    sums, expected = summed(rng, 7, 5, dealers=3)
    five = {i: sums[i] for i in range(5)}
    assert recover(altered(five, 2), 5).tolist() != expected.tolist()


def test_with_one_more_it_is_seen_and_not_named(rng: np.random.Generator) -> None:
    sums, _ = summed(rng, 7, 5, dealers=3)
    six = altered({i: sums[i] for i in range(6)}, 2)
    assert conflicting_place(six, 5) is None
    with pytest.raises(WrongSumError, match="6 answers contradict one another: which of them is false cannot be told"):
        recover(six, 5)


@pytest.mark.parametrize("liar", range(7))
def test_with_two_more_it_is_named(liar: int, rng: np.random.Generator) -> None:
    sums, expected = summed(rng, 7, 5, dealers=3)
    lying = altered(sums, liar)
    assert conflicting_place(lying, 5) == liar
    with pytest.raises(WrongSumError, match=f"the answer of hospital {liar} is the false one"):
        recover(lying, 5)
    del lying[liar]
    assert recover(lying, 5).tolist() == expected.tolist()


def test_two_false_answers_are_seen_and_nobody_is_named(rng: np.random.Generator) -> None:
    sums, _ = summed(rng, 10, 7, dealers=3)
    for pair in combinations(range(10), 2):
        lying = altered(sums, *pair)
        assert conflicting_place(lying, 7) is None
        with pytest.raises(WrongSumError, match="cannot be told"):
            recover(lying, 7)


def test_n_minus_t_who_agree_can_make_an_honest_one_look_false(rng: np.random.Generator) -> None:
    """The limit that `conflicting_place` states: here two of seven, with a threshold of five."""
    sums, _ = summed(rng, 7, 5, dealers=3, size=1)
    bump = {1: 0, 2: 0, 3: 0, 4: 0, 5: 1}  # degree 4: zero at the honest 0 to 3, and not at 4, 5, 6
    lying = {i: s.copy() for i, s in sums.items()}
    for liar in (5, 6):
        lying[liar][0] = (int(lying[liar][0]) + through(bump, liar + 1)) % FIELD
    assert conflicting_place(lying, 5) == 4


def test_agreeing_answers_name_nobody(rng: np.random.Generator) -> None:
    sums, _ = summed(rng, 7, 5, dealers=3)
    assert conflicting_place(sums, 5) is None


# What is refused


def test_what_cannot_be_dealt() -> None:
    good = np.zeros(4, np.int8)
    for bad in (np.zeros(4, np.int16), np.zeros((2, 2), np.int8), np.zeros(4)):
        with pytest.raises(TermsError, match="vector of int8"):
            deal(bad, 3, 3)
    for hospitals, threshold in ((129, 86), (3, 4), (3, 0), (0, 0)):
        with pytest.raises(TermsError, match="at most 128 hospitals"):
            deal(good, hospitals, threshold)


def test_what_cannot_be_added() -> None:
    for bad in ([], [np.zeros(2, np.uint16)] * 129):
        with pytest.raises(TermsError, match="1 to 128 shares"):
            add_shares(bad)


def test_the_wire_form(rng: np.random.Generator) -> None:
    share = rng.integers(0, FIELD, 50).astype(np.uint16)
    assert from_wire(to_wire(share), 50, "it").tolist() == share.tolist()
    assert to_wire(np.array([258], np.uint16)) == b"\x02\x01"
    with pytest.raises(WireError, match="it has 99 bytes, 100 were expected"):
        from_wire(to_wire(share)[:-1], 50, "it")
    for word in (65521, 65535):
        with pytest.raises(WireError, match="not below 65521"):
            from_wire(to_wire(share)[:-2] + word.to_bytes(2, "little"), 50, "it")
