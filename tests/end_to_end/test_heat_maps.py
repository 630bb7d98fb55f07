"""Where the shipped model looks on synthetic disease: in the lungs, on the ill side, on or near a lesion."""

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from pleura.data.synthetic.case import SyntheticCase, generate_case
from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
from pleura.data.synthetic.write_dicom import write_dicom_series
from pleura.diagnosis.pipeline import Diagnosis, diagnose_study
from pleura.models.files import load_model

SEEDS = range(301, 309)
NEAR_MM = 15.0
"""Tolerance of the pointing game, about one position of the coarse map."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[SyntheticCase, Diagnosis]]:
    model = load_model("ucadi-synthetic")
    found = []
    for seed in SEEDS:
        protocol = Protocol.draw(seed, shape=SIZES["small"].shape)
        case = generate_case(seed=seed, label="bacterial", severity=2, protocol=protocol)
        folder: Path = tmp_path_factory.mktemp("study") / str(seed)
        write_dicom_series(case, folder, case_id=str(seed), patient_id=str(seed), seed=seed)
        found.append((case, diagnose_study(folder, model, explain="bacterial")))
    return found


@pytest.mark.slow
def test_the_map_lies_in_the_lungs_far_more_than_by_chance(answers: list[tuple[SyntheticCase, Diagnosis]]) -> None:
    shares = [diagnosis.report.explanation.share_in_lungs or 0.0 for _, diagnosis in answers]
    chance = [float((case.lungs > 0).mean()) for case, _ in answers]
    assert np.mean(shares) > 2 * np.mean(chance)


@pytest.mark.slow
def test_the_peak_points_at_a_lesion(answers: list[tuple[SyntheticCase, Diagnosis]]) -> None:
    hits = 0
    for case, diagnosis in answers:
        lesion = np.isin(case.lesions, (1, 2, 4))
        distance = ndimage.distance_transform_edt(~lesion, sampling=case.volume.spacing)
        hits += bool(distance[np.unravel_index(diagnosis.heat.argmax(), diagnosis.heat.shape)] <= NEAR_MM)
    assert hits >= 6, f"{hits} of {len(answers)}"


@pytest.mark.slow
def test_more_heat_lies_on_the_diseased_side(answers: list[tuple[SyntheticCase, Diagnosis]]) -> None:
    asked = agreed = 0
    for case, diagnosis in answers:
        ill = [int(((case.lesions == 2) & (case.lungs == side)).sum()) for side in (1, 2)]
        if max(ill) < 5 * min(ill) + 50:
            continue  # both sides are ill
        heat = [int(diagnosis.heat[case.lungs == side].sum(dtype=np.int64)) for side in (1, 2)]
        asked += 1
        agreed += (ill[1] > ill[0]) == (heat[1] > heat[0])
    assert asked >= 3
    assert agreed >= asked - 1, f"{agreed} of {asked}"
