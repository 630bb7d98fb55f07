"""Whole rounds over all backends against sums taken slot by slot."""

from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.secure_sum.rounds import quantised_sum, rounds, terms_for
from pleura.federation.secure_sum.layout import Counts, Layout, Segment, Values
from pleura.federation.secure_sum.server import ServerRound
from pleura.federation.secure_sum.sizes import sizes_of
from pleura.federation.secure_sum.sums import Opened
from pleura.federation.secure_sum.terms import RoundTerms

BACKENDS = ("ring", "seal", "masks", "plain")
EXTREMES = [0.0, -0.0, 1.0, -1.0, 3.4e38, -3.4e38, 1e-45, 0.5, -0.5]


def layouts(sizes: st.SearchStrategy[int]) -> st.SearchStrategy[Layout]:
    values = st.builds(lambda size, clip: {"size": size, "clip": clip}, sizes, st.floats(1e-6, 1e6))
    counts = st.builds(lambda size, most: {"size": size, "most": most}, st.integers(0, 4), st.integers(1, 2**53 - 1))
    return st.lists(st.one_of(values, counts), max_size=6).map(_layout)


def _layout(rows: list[dict[str, Any]]) -> Layout:
    segments: list[Segment] = []
    for number, row in enumerate(rows):
        kind = Values if "clip" in row else Counts
        segments.append(kind(name=f"segment {number}", **row))
    return Layout(tuple(segments))


def vector(layout: Layout, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """One hospital's arrays: extremes among ordinary numbers, float32 or float64, counts up to their most."""
    arrays: dict[str, np.ndarray] = {}
    for s in layout.segments:
        if isinstance(s, Values):
            numbers = s.clip * rng.choice([*EXTREMES, *rng.normal(0, 0.5, 5)], s.size)
            kind = np.float32 if rng.integers(2) else np.float64
            arrays[s.name] = np.clip(numbers, np.finfo(kind).min, np.finfo(kind).max).astype(kind)
        else:
            drawn = [int(n) for n in rng.integers(0, s.most, s.size, endpoint=True)]
            arrays[s.name] = np.array([s.most if rng.integers(4) == 0 else n for n in drawn], np.int64)
    return arrays


def run(
    terms: RoundTerms,
    vectors: list[dict[str, np.ndarray]],
    rng: np.random.Generator,
    *,
    silent: frozenset[int] = frozenset(),
    mute: frozenset[int] = frozenset(),
    threads: int = 1,
) -> list[Opened]:
    """Play a round; `silent` hospitals drop out in the middle of their upload, `mute` ones before their answer."""
    server, hospitals = ServerRound(terms), rounds(terms, threads=threads)
    share_messages, parts = {}, []
    for hospital, arrays in zip(hospitals, vectors, strict=True):
        made = list(hospital.upload(arrays))
        if hospital.place in silent:
            made = made[: rng.integers(len(made))]
        else:
            share_messages[hospital.place] = hospital.share_message()
        parts += made
    for at in rng.permutation(len(parts)):
        server.receive(parts[at])
    upload_set = server.close()
    assert upload_set.senders == set(range(len(vectors))) - silent
    total = list(server.total_parts())
    answering = [h for h in hospitals if h.place not in mute]
    answers = [h.answer(upload_set, share_messages) for h in answering]
    opened = []
    for hospital in answering[:2]:
        some = [answers[i] for i in rng.permutation(len(answers))]
        shuffled = [total[i] for i in rng.permutation(len(total))]
        opened.append(hospital.open(upload_set, shuffled, some))
    return opened


def check(terms: RoundTerms, vectors: list[dict[str, np.ndarray]], silent: frozenset[int], opened: Opened) -> None:
    """Hold an opened sum against the sum of the quantised values, to the last bit."""
    heard = {place: arrays for place, arrays in enumerate(vectors) if place not in silent}
    values, counts = quantised_sum(terms.layout, sizes_of(terms).levels, heard)
    assert opened.hospitals == len(heard)
    assert list(opened.values) == list(values)
    assert list(opened.counts) == list(counts)
    for name, expected in chain(values.items(), counts.items()):
        got = opened.values[name] if name in values else opened.counts[name]
        assert got.dtype == expected.dtype
        assert (got == expected).all(), name
    for s in terms.layout.segments:
        if isinstance(s, Counts):
            exact = [sum(int(arrays[s.name][i]) for arrays in heard.values()) for i in range(s.size)]
            assert opened.counts[s.name].tolist() == exact


@settings(max_examples=25)
@given(
    data=st.data(),
    hospitals=st.integers(3, 8),
    layout=layouts(st.integers(0, 40) | st.sampled_from([1, 16379, 16380, 16381])),
    packing=st.sampled_from([3, 4]),
    seed=st.integers(0, 2**32),
)
def test_every_backend_gives_the_sum_of_the_quantised_values(
    data: st.DataObject, hospitals: int, layout: Layout, packing: int, seed: int
) -> None:
    most = data.draw(st.sampled_from([hospitals, 10, 50, 128]))
    silent = data.draw(st.frozensets(st.integers(0, hospitals - 1), max_size=hospitals - 3))
    for backend in BACKENDS:
        rng = np.random.default_rng(seed)
        vectors = [vector(layout, rng) for _ in range(hospitals)]
        terms = terms_for(
            layout, hospitals, backend=backend, values_per_coefficient=packing, most_hospitals=max(most, hospitals)
        )
        quiet = frozenset() if backend == "masks" else silent
        late = hospitals - terms.threshold
        mute = data.draw(st.frozensets(st.integers(0, hospitals - 1), max_size=late))
        for opened in run(terms, vectors, rng, silent=quiet, mute=mute):
            check(terms, vectors, quiet, opened)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("hospitals", [3, 10])
def test_as_many_hospitals_as_there_is_room_for_at_their_extremes(
    backend: str, hospitals: int, rng: np.random.Generator
) -> None:
    layout = Layout((Values(name="a", size=20_000, clip=1.0), Counts(name="n", size=2, most=2**53 - 1)))
    for sign in (1.0, -1.0):
        one = {"a": np.full(20_000, sign * 2, np.float32), "n": np.full(2, 2**53 - 1 if sign > 0 else 0)}
        terms = terms_for(layout, hospitals, backend=backend, most_hospitals=hospitals)
        (opened, _) = run(terms, [one] * hospitals, rng)
        check(terms, [one] * hospitals, frozenset(), opened)
        assert opened.values["a"].tolist() == [sign * hospitals] * 20_000


@pytest.mark.parametrize("backend", BACKENDS)
def test_several_parts_threads_and_blocks(backend: str, rng: np.random.Generator) -> None:
    layout = Layout(
        (
            *(Values(name=f"bias {i}", size=i % 5, clip=0.1 * (i + 1)) for i in range(200)),
            Values(name="big", size=1_200_000, clip=0.25),
            Counts(name="n", size=1, most=10**6),
        )
    )
    vectors = [vector(layout, rng) for _ in range(3)]
    terms = terms_for(layout, 3, backend=backend)
    assert rounds(terms)[0].parts > 1
    (opened, again) = run(terms, vectors, rng, threads=2)
    check(terms, vectors, frozenset(), opened)
    check(terms, vectors, frozenset(), again)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["ring", "masks"])
def test_fifty_hospitals(backend: str, rng: np.random.Generator) -> None:
    layout = Layout((Values(name="a", size=1000, clip=1.0), Counts(name="n", size=1, most=10**6)))
    vectors = [vector(layout, rng) for _ in range(50)]
    terms = terms_for(layout, 50, backend=backend, most_hospitals=50)
    silent = frozenset() if backend == "masks" else frozenset(range(5))
    for opened in run(terms, vectors, rng, silent=silent, mute=frozenset(range(40, 50))):
        check(terms, vectors, silent, opened)
