"""Where the shipped model looks on synthetic disease: in the lungs, on the ill side, on or near a lesion."""

from pathlib import Path

import numpy as np
import pytest

from pleura.data.synthetic.case import SyntheticCase, generate_case
from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
from pleura.data.synthetic.write_dicom import write_dicom_series
from pleura.diagnosis.chain import Chain
from pleura.diagnosis.localisation import measure_heat
from pleura.diagnosis.pipeline import Diagnosis, diagnose_study
from pleura.models.files import load_model

SEEDS = range(301, 305)

Answers = list[tuple[SyntheticCase, Diagnosis]]


def _diagnosed(label: str, folder: Path) -> Answers:
    model = load_model("ucadi-synthetic")
    found = []
    for seed in SEEDS:
        protocol = Protocol.draw(seed, shape=SIZES["small"].shape)
        case = generate_case(seed=seed, label=label, severity=2, protocol=protocol)
        study = folder / str(seed)
        write_dicom_series(case, study, case_id=str(seed), patient_id=str(seed), seed=seed)
        found.append((case, diagnose_study(study, Chain(classifier=model), explain=label)))
    return found


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answers]:
    return {label: _diagnosed(label, tmp_path_factory.mktemp(label)) for label in ("covid-19", "bacterial")}


def _measured(answers: Answers) -> list[tuple[float | None, float | None, float, bool]]:
    return [measure_heat(diagnosis.heat, case.lungs, case.lesions, case.volume.spacing) for case, diagnosis in answers]


@pytest.mark.slow
@pytest.mark.parametrize("label", ["covid-19", "bacterial"])
def test_maps_lie_in_the_lungs_far_more_than_by_chance(label: str, answers: dict[str, Answers]) -> None:
    shares = [in_lungs or 0.0 for in_lungs, _, _, _ in _measured(answers[label])]
    chance = [float((case.lungs > 0).mean()) for case, _ in answers[label]]
    assert np.mean(shares) > 4 * np.mean(chance)


@pytest.mark.slow
@pytest.mark.parametrize("label", ["covid-19", "bacterial"])
def test_maps_lie_on_lesions_more_than_by_chance_and_point_at_them(label: str, answers: dict[str, Answers]) -> None:
    measured = _measured(answers[label])
    on, chance = (np.mean([one[k] or 0.0 for one in measured]) for k in (1, 2))
    assert on > 1.2 * chance
    assert sum(peak for _, _, _, peak in measured) >= len(measured) - 1


@pytest.mark.slow
def test_more_heat_lies_on_the_ill_side(answers: dict[str, Answers]) -> None:
    asked = agreed = 0
    for case, diagnosis in answers["bacterial"]:
        ill = [int(((case.lesions == 2) & (case.lungs == side)).sum()) for side in (1, 2)]
        if max(ill) < 5 * min(ill) + 50:
            continue  # both sides are ill
        heat = [int(diagnosis.heat[case.lungs == side].sum(dtype=np.int64)) for side in (1, 2)]
        asked += 1
        agreed += (ill[1] > ill[0]) == (heat[1] > heat[0])
    assert asked >= 2
    assert agreed == asked
