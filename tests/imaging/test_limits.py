"""Limits and rules: contradictions refused, and the numbers that the reference page states."""

from pathlib import Path

import pytest

from pleura.imaging.fitness_rules import FitnessRules
from pleura.imaging.limits import Limits


@pytest.mark.parametrize("field", ["files", "bytes", "ratio", "depth", "slices", "matrix", "voxels"])
def test_a_limit_must_be_positive(field: str) -> None:
    with pytest.raises(ValueError, match=f"{field} must be positive, got 0"):
        Limits(**{field: 0})


@pytest.mark.parametrize("rules", [{"slices": 1}, {"uneven": 0.6}, {"gap": 1.0}, {"shear_degrees": 90.0}])
def test_rules_that_contradict_each_other(rules: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="need slices >= 2"):
        FitnessRules(**rules)  # type: ignore[arg-type]


def test_the_reference_page_states_the_defaults() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "series-choice.md").read_text()
    limits, rules = Limits(), FitnessRules()
    for words in (
        f"fewer than {rules.slices} ",
        f"less than {rules.coverage_mm:.0f} mm",
        f"more than {rules.spacing_mm} mm",
        f"more than {rules.gap} times",
        f"by more than {100 * rules.uneven:.0f} %",
        f"less than {rules.same_place_mm} mm apart",
        f"more than {rules.axial_degrees:.0f} degrees",
        f"Up to {rules.shear_degrees:.0f} degrees",
        f"{100 * rules.shared_positions:.0f} % of positions",
        f"{limits.slices:,} slices, {limits.matrix:,} rows or columns, 2^30 voxels",
        f"| {limits.files:,} |",
        f"| {limits.bytes // 2**30} GiB |",
        f"from {limits.ratio_from // 2**20} MiB on | {limits.ratio:.0f} |",
        f"archives within archives | {limits.depth - 1} |",
        f"{limits.header_bytes // 2**20} MiB |",
    ):
        assert words in page, words
    assert limits.voxels == 2**30
