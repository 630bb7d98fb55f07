"""Where the shipped model looks on synthetic disease: in the lungs, on the ill side, on or near a lesion."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from pleura.data.synthetic.case import SyntheticCase, generate_case
from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
from pleura.data.synthetic.write_dicom import write_dicom_series
from pleura.diagnosis.pipeline import Diagnosis, diagnose_study
from pleura.models.files import load_model

SEEDS = range(301, 305)
NEAR_MM = 15.0
"""Tolerance of the pointing game, about one position of the coarse map."""

Answers = list[tuple[SyntheticCase, Diagnosis]]


def _diagnosed(label: str, folder: Path) -> Answers:
    model = load_model("ucadi-synthetic")
    found = []
    for seed in SEEDS:
        protocol = Protocol.draw(seed, shape=SIZES["small"].shape)
        case = generate_case(seed=seed, label=label, severity=2, protocol=protocol)
        study = folder / str(seed)
        write_dicom_series(case, study, case_id=str(seed), patient_id=str(seed), seed=seed)
        found.append((case, diagnose_study(study, model, explain=label)))
    return found


@pytest.fixture(scope="module")
def covid(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return _diagnosed("covid-19", tmp_path_factory.mktemp("covid"))


@pytest.fixture(scope="module")
def bacterial(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return _diagnosed("bacterial", tmp_path_factory.mktemp("bacterial"))


def _points_at_a_lesion(case: SyntheticCase, heat: npt.NDArray[np.uint8]) -> bool:
    lesion = np.isin(case.lesions, (1, 2, 4))
    distance = ndimage.distance_transform_edt(~lesion, sampling=case.volume.spacing)
    return bool(distance[np.unravel_index(heat.argmax(), heat.shape)] <= NEAR_MM)


@pytest.mark.slow
def test_maps_of_covid_lie_in_the_lungs_far_more_than_by_chance(covid: Answers) -> None:
    shares = [diagnosis.report.explanation.share_in_lungs or 0.0 for _, diagnosis in covid]
    chance = [float((case.lungs > 0).mean()) for case, _ in covid]
    assert np.mean(shares) > 4 * np.mean(chance)


@pytest.mark.slow
def test_maps_of_covid_point_at_a_lesion(covid: Answers) -> None:
    assert sum(_points_at_a_lesion(case, diagnosis.heat) for case, diagnosis in covid) >= len(covid) - 1


@pytest.mark.slow
def test_within_the_lungs_maps_of_bacterial_pneumonia_point_at_a_lesion(bacterial: Answers) -> None:
    """Only within: this model takes dense tissue of heart and chest wall for evidence too."""
    hits = [
        _points_at_a_lesion(case, np.where(case.lungs > 0, diagnosis.heat, 0).astype(np.uint8))
        for case, diagnosis in bacterial
    ]
    assert sum(hits) >= len(bacterial) - 1


@pytest.mark.slow
def test_more_heat_lies_on_the_ill_side(bacterial: Answers) -> None:
    asked = agreed = 0
    for case, diagnosis in bacterial:
        ill = [int(((case.lesions == 2) & (case.lungs == side)).sum()) for side in (1, 2)]
        if max(ill) < 5 * min(ill) + 50:
            continue  # both sides are ill
        heat = [int(diagnosis.heat[case.lungs == side].sum(dtype=np.int64)) for side in (1, 2)]
        asked += 1
        agreed += (ill[1] > ill[0]) == (heat[1] > heat[0])
    assert asked >= 2
    assert agreed == asked
