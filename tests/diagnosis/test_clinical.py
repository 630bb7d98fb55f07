import json
from pathlib import Path

import numpy as np
import pytest

from models.clinical_svm.machines import NUMBERS, fitted, gappy_values
from pleura.data.clinical_table.read import read_patient
from pleura.diagnosis.clinical import diagnose_clinical, model_schema
from pleura.diagnosis.report import ClinicalDiagnosis
from pleura.errors import CohortError
from pleura.models.clinical_svm.card import ClinicalCard
from pleura.models.clinical_svm.files import ClinicalModel
from pleura.models.clinical_svm.fusion import Fusion

FUSION = Fusion(ct_slope=0.5, ct_shift=0.1, base=-0.3, ct=0.8, clinical=1.1)


def _model(kind: str, *, fusion: str = "stacking") -> ClinicalModel:
    svm = fitted(kind, *gappy_values(np.random.default_rng(2)))[0]
    features = {
        "temperature_c": {"label": "temperature", "kind": "number", "unit": "°C", "low": 30, "high": 45},
        "cough": {"label": "cough", "kind": "yes-no"},
        "region": {"label": "region", "kind": "category", "values": {"x": [], "y": [], "z": []}},
        "crp": {"label": "CRP", "kind": "number", "unit": "mg/L", "low": 0, "high": 1000, "units": {"mg/dL": [10.0]}},
    }
    card = ClinicalCard(
        name="dl3",
        kernel=kind,
        arguments={"cost": 1.0},
        classes=("other-viral", "covid-19"),
        schema={"format": 1, "name": "s", "features": features},
        licence="Apache-2.0",
        training={"synthetic": True, "summary": "60 cases"},
        fusion=fusion,
        importance={"crp": 0.125},
    )
    return ClinicalModel(svm, FUSION if fusion else None, card, "ab" * 32, Path("dl3"))


@pytest.mark.parametrize("kind", list(NUMBERS))
def test_the_three_answers_are_the_models(kind: str) -> None:
    model = _model(kind)
    row = {"temperature_c": 39.2, "cough": 1.0, "region": 2.0}
    found = diagnose_clinical(model, row, 0.8)
    alone = model.svm.probability([[39.2, 1, 2, np.nan]])[0]
    assert found.clinical_probability == pytest.approx(alone, abs=1e-12)
    assert found.ct_probability == 0.8
    assert found.fused_probability == pytest.approx(FUSION.combine("stacking", [0.8], [alone])[0], abs=1e-12)
    assert found.missing == ("crp",)
    by_name = {one.name: one for one in found.features}
    assert (by_name["temperature_c"].value, by_name["cough"].value, by_name["region"].value) == ("39.2 °C", "yes", "z")
    assert by_name["crp"].value is None
    assert by_name["crp"].imputed == f"{model.svm.encoder.fill[3]:.4g} mg/L"
    assert by_name["crp"].importance == 0.125
    evidence = [abs(one.evidence) for one in found.features]
    assert evidence == sorted(evidence, reverse=True)
    if kind == "linear":
        assert found.base is not None
        assert sum(one.evidence for one in found.features) + found.base == pytest.approx(found.decision, abs=1e-9)
    else:
        assert found.base is None
    assert ClinicalDiagnosis.model_validate_json(found.model_dump_json()) == found
    for part in ("covid-19 rather than other-viral", "80% by the CT", "by both (stacking)", "1 of 4 (CRP)"):
        assert part in found.sentence


def test_without_a_ct_or_a_fusion_there_is_no_answer_of_both() -> None:
    row = {"crp": 12.0}
    assert diagnose_clinical(_model("rbf"), row).fused_probability is None
    found = diagnose_clinical(_model("rbf", fusion=""), row, 0.9)
    assert (found.ct_probability, found.fused_probability, found.fusion) == (0.9, None, None)


def test_a_patients_file_is_read_by_the_models_own_schema(tmp_path: Path) -> None:
    path = tmp_path / "patient.json"
    path.write_text(json.dumps({"CRP [mg/dL]": 1.2, "region": "Y"}))
    model = _model("linear")
    row = read_patient(path, model_schema(model))
    assert row == {"region": 1.0, "crp": 12.0}
    assert diagnose_clinical(model, row).missing == ("temperature_c", "cough")


@pytest.mark.parametrize(
    ("row", "ct", "said"),
    [
        ({"ferritin": 1.0}, None, "no feature ferritin"),
        ({"crp": 2000.0}, None, "crp = 2000; need a number from 0 to 1000 mg/L"),
        ({"cough": 0.5}, None, "need yes or no"),
        ({"region": 3.0}, None, "need one of x, y, z"),
        ({"crp": np.nan}, None, "none of the clinical features is given"),
        ({"crp": 1.0}, 1.5, "CT probability = 1.5"),
    ],
)
def test_what_cannot_be_is_refused(row: dict[str, float], ct: float | None, said: str) -> None:
    with pytest.raises(CohortError, match=said):
        diagnose_clinical(_model("rbf"), row, ct)
