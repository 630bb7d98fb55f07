"""The whole part: places and names of lesions that were put there, and a case of the generator against plain counts."""

import numpy as np
import pytest

from diagnosis.lesions.phantom import INFO, affine_of, box_lungs, inside_ball, volume_of
from pleura.data.synthetic.case import generate_case
from pleura.diagnosis.lesions.key_slices import most_lesion
from pleura.diagnosis.lesions.measure import measure_lesions
from pleura.diagnosis.report import LesionFindings

SHAPE = (30, 60, 80)
AFFINE = affine_of((4.0, 2.0, 2.0), tilt=10.0)


def _measure(*balls: tuple[tuple[int, int, int], float], hu: float = -500.0, **given: object) -> LesionFindings:
    lesions = np.zeros(SHAPE, np.uint8)
    for place, radius in balls:
        lesions[inside_ball(SHAPE, AFFINE, (AFFINE @ (*place, 1.0))[:3], radius)] = 1
    return measure_lesions(lesions, box_lungs(SHAPE), volume_of(np.full(SHAPE, hu), AFFINE), model=INFO, **given)


def test_lesions_are_counted_and_described_largest_first() -> None:
    found = _measure(((6, 30, 20), 12.1), ((22, 30, 60), 16.1), ((22, 30, 20), 5.1), ((14, 10, 60), 1.0))
    assert found.count == 3  # that of one voxel is too small
    assert [focus.side for focus in found.foci] == ["left lung", "right lung", "right lung"]
    assert [focus.third for focus in found.foci] == ["upper", "lower", "upper"]
    for focus, place, radius in zip(
        found.foci, [(22, 30, 60), (6, 30, 20), (22, 30, 20)], [16.1, 12.1, 5.1], strict=True
    ):
        assert focus.centre_lps_mm == pytest.approx((AFFINE @ (*place, 1.0))[:3], abs=0.06)
        assert focus.slice == place[0]
        assert focus.volume_ml == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=0.13)
        assert focus.share == pytest.approx(focus.volume_ml / found.whole.lesion_ml)
        assert focus.mean_hu == -500.0
        assert focus.lobe is None
    assert found.key_slices[0] == 22
    assert found.lobes == ()
    assert found.whole.consolidation_ml == 0.0
    assert found.sentence.startswith(
        "Lesions fill 1.2 % of the lungs (24.5 of 1975 ml): 0.8 % of the right lung and 1.7 %"
    )
    assert "100 % of it is ground glass, 0 % consolidation" in found.sentence
    assert found.sentence.endswith(
        "The largest single lesion has 16.6 ml and lies mostly in the upper third of the left lung."
    )
    assert "the model small (id abababababab)" in found.method


def test_lobes_name_the_place() -> None:
    lobes = np.where(box_lungs(SHAPE) == 1, 3, 0).astype(np.uint8)
    found = _measure(((6, 30, 20), 12.0), ((22, 30, 60), 10.0), hu=30.0, lobes=lobes)
    assert [focus.lobe for focus in found.foci] == ["right lower lobe", None]
    assert [region.name for region in found.lobes][2] == "right lower lobe"
    assert found.lobes[2].lesion_ml == pytest.approx(found.right.lesion_ml)
    assert found.lobes[0].ratio is None  # no lung is there
    assert found.whole.ground_glass_ml == 0.0
    assert found.sentence.endswith("lies mostly in the right lower lobe.")


def test_no_lesion_is_said_plainly() -> None:
    found = _measure()
    assert (found.whole.ratio, found.count, found.mean_hu) == (0.0, 0, None)
    assert found.foci == ()
    assert found.key_slices == ()
    assert found.sentence == "No lesion was found in the lungs."


def test_specks_only_are_lesion_but_none_is_counted() -> None:
    found = _measure(((14, 10, 60), 1.0))
    assert found.count == 0
    assert found.whole.lesion_ml == pytest.approx(0.016)
    assert "under 0.1 % of the lungs" in found.sentence
    assert found.sentence.endswith("No single lesion reaches 0.1 ml.")


def test_a_mask_by_hand_has_no_model() -> None:
    lungs = box_lungs(SHAPE)
    found = measure_lesions(lungs, lungs, volume_of(np.full(SHAPE, 0), AFFINE), model=None)
    assert found.whole.ratio == 1.0
    assert found.model is None
    assert "taken from a mask that was given" in found.method
    assert found.sentence.startswith("Lesions fill 100 % of the lungs")
    assert LesionFindings.model_validate_json(found.model_dump_json()) == found


def test_key_slices_keep_their_distance() -> None:
    amounts = np.array([0, 5, 9, 9, 9, 0, 1], dtype=float)
    assert most_lesion(amounts, 5.0) == (2, 4, 6)
    assert most_lesion(amounts, 10.0) == (2, 3, 4, 1, 6)
    assert most_lesion(amounts, 10.0, count=2) == (2, 3)
    assert most_lesion(np.zeros(5), 5.0) == ()


def test_a_generated_case_gives_its_plain_counts() -> None:
    case = generate_case(seed=4, label="covid-19", severity=3)
    lesions = np.isin(case.lesions, (1, 2)).astype(np.uint8)
    found = measure_lesions(lesions, case.lungs, case.volume, lobes=case.lobes, model=None)
    inside = (lesions > 0) & (case.lungs > 0)
    ml = case.volume.voxel_ml
    assert found.whole.lesion_ml == pytest.approx(inside.sum() * ml)
    assert found.whole.ratio == pytest.approx(inside.sum() / (case.lungs > 0).sum())
    assert sum(region.lesion_ml for region in found.lobes) == pytest.approx(found.whole.lesion_ml)
    assert sum(region.lesion_ml for region in found.thirds) == pytest.approx(found.whole.lesion_ml)
    dense = inside & (case.volume.hu >= -300)
    assert found.whole.consolidation_ml == pytest.approx(dense.sum() * ml)
    assert found.mean_hu == pytest.approx(case.volume.hu[inside].mean())
