"""Pairs of series that differ in one thing: which comes first, and what is said of the other."""

from dataclasses import replace
from pathlib import Path

import pytest

from pleura.imaging.dicom.ranking import RANKING_RULES, Traits, rank_key, why_lower

BEST = Traits(
    series_uid="1.2",
    kernel="LUNG",
    kernel_class="lung",
    phase="",
    thickness_mm=1.25,
    coverage_mm=300.0,
    slices=240,
    derived=False,
    lossy=False,
)

WORSE = [
    (replace(BEST, coverage_mm=150.0), "covers 150 mm"),
    (replace(BEST, derived=True), "derived"),
    (replace(BEST, thickness_mm=5.0), "5.00 mm thick, the chosen one's 1.25 mm"),
    (replace(BEST, phase="arterial"), "contrast phase: arterial, the chosen one's none"),
    (replace(BEST, kernel="STANDARD", kernel_class="standard"), "STANDARD (standard), the chosen one's LUNG (lung)"),
    (replace(BEST, lossy=True), "with loss"),
    (replace(BEST, coverage_mm=230.0), "covers 230 mm"),
    (replace(BEST, slices=239), "239 slices"),
    (replace(BEST, series_uid="1.3"), "SeriesInstanceUID"),
]


@pytest.mark.parametrize(("worse", "words"), WORSE, ids=[words for _, words in WORSE])
def test_each_rule_decides_alone_and_is_named(worse: Traits, words: str) -> None:
    assert rank_key(BEST, 300.0) < rank_key(worse, 300.0)
    assert words in why_lower(worse, BEST, 300.0)


def test_an_earlier_rule_outweighs_all_later_ones() -> None:
    """Each series breaks one rule and is the best by every later one."""
    for place, (worse, _) in enumerate(WORSE[:-1]):
        for later, _ in WORSE[place + 1 :]:
            assert rank_key(later, 300.0) < rank_key(worse, 300.0), (later, worse)


def test_an_order_of_phases_and_kernels() -> None:
    phases = [replace(BEST, phase=phase) for phase in ("", "venous", "arterial")]
    kernels = [replace(BEST, kernel_class=kind) for kind in ("lung", "standard", "soft")]
    for ranked in (phases, kernels):
        keys = [rank_key(traits, 300.0) for traits in ranked]
        assert keys == sorted(keys)
        assert len(set(keys)) == len(keys)


def test_a_longer_series_of_the_body_is_no_better_than_a_whole_chest() -> None:
    body = replace(BEST, coverage_mm=900.0, slices=240, series_uid="1.9")
    assert rank_key(BEST, 900.0) < rank_key(body, 900.0)


def test_the_reference_page_states_the_rules_in_order() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "series-choice.md").read_text()
    at = [page.index(f"{place}. {rule}") for place, rule in enumerate(RANKING_RULES, start=1)]
    assert at == sorted(at)
    assert len(RANKING_RULES) == len(rank_key(BEST, 300.0))
