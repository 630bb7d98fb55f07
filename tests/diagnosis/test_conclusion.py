"""Every rule of the conclusion as a row: the parts that go in, the answer and the failed checks that come out."""

from typing import Any

import pytest

from diagnosis.report_sample import covidet_parts, lesion_part, sample_report
from pleura.diagnosis.conclusion import RULE, conclude
from pleura.diagnosis.report import (
    Classification,
    ClinicalDiagnosis,
    Conclusion,
    LesionFindings,
    Novelty,
    SliceCleaning,
    SliceNetworkAnswer,
    StepwiseDiagnosis,
)

NEAR = Novelty(distance=9.0, threshold=12.0, novel=False, rank=0.6, reference="256 cases")
FAR = Novelty(distance=13.0, threshold=12.0, novel=True, rank=1.0, reference="256 cases")
COVID, OTHER, NOT = (0.9, 0.9), (0.9, 0.2), (0.2, 0.9)
"""P(viral) and P(COVID-19 | viral) that lead to each answer of the two steps, far from both cut-offs."""
GREY_PRODUCT, GREY_VIRAL = (0.9, 0.45), (0.52, 0.2)


def four(answer: str, *, largest: float = 0.9, novelty: Novelty | None = NEAR) -> Classification:
    part = sample_report().classification
    assert part is not None
    rest = (1 - largest) / 3
    return part.model_copy(
        update={
            "probabilities": tuple(largest if name == answer else rest for name in part.classes),
            "top_class": answer,
            "answer": answer if largest >= 0.5 else "undetermined",
            "novelty": novelty,
        }
    )


def steps(
    probabilities: tuple[float, float],
    first: Novelty | None = NEAR,
    second: Novelty | None = NEAR,
    *,
    zones: bool = True,
) -> dict[str, Any]:
    viral, given = probabilities
    answer = "covid-19" if viral * given >= 0.4 else "other-viral" if viral >= 0.5 else "not-viral"
    part = covidet_parts()["stepwise"]
    assert isinstance(part, StepwiseDiagnosis)
    both = part.model_copy(
        update={
            "viral": viral,
            "covid_given_viral": given,
            "covid": viral * given,
            "answer": answer,
            "viral_cut_off": 0.5,
            "covid_cut_off": 0.4,
            "viral_zone": (0.45, 0.55) if zones else None,
            "covid_zone": (0.35, 0.45) if zones else None,
        }
    )
    networks = [
        SliceNetworkAnswer(
            classes=("no", "yes"),
            probabilities=(1 - p, p),
            slices_seen=9,
            slices_left_out=0,
            novelty=novelty,
            model=part.models[0],
        )
        for p, novelty in ((viral, first), (given, second))
    ]
    return {"steps": both, "dl1": networks[0], "dl2": networks[1]}


def clinical(probability: float, fused: float | None = None) -> ClinicalDiagnosis:
    part = covidet_parts()["clinical"]
    assert isinstance(part, ClinicalDiagnosis)
    return part.model_copy(update={"clinical_probability": probability, "fused_probability": fused})


def lesions(ratio: float, count: int) -> LesionFindings:
    part = lesion_part()
    return part.model_copy(update={"whole": part.whole.model_copy(update={"ratio": ratio}), "count": count})


def concluded(**parts: Any) -> Conclusion:
    found = conclude(**parts)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("parts", "answer", "failed"),
    [
        # both agree: the finer word is the answer
        ({"four": four("covid-19"), **steps(COVID)}, "covid-19", []),
        ({"four": four("other-viral"), **steps(OTHER)}, "other-viral", []),
        ({"four": four("bacterial"), **steps(NOT)}, "bacterial", []),
        ({"four": four("healthy"), **steps(NOT)}, "healthy", []),
        # they disagree
        ({"four": four("covid-19"), **steps(OTHER)}, "undetermined", ["agreement"]),
        ({"four": four("covid-19"), **steps(NOT)}, "undetermined", ["agreement"]),
        ({"four": four("bacterial"), **steps(OTHER)}, "undetermined", ["agreement"]),
        # grey zones
        ({"four": four("covid-19", largest=0.4), **steps(COVID)}, "undetermined", ["grey zone"]),
        ({"four": four("covid-19"), **steps(GREY_PRODUCT)}, "undetermined", ["grey zone"]),
        ({"four": four("other-viral"), **steps(GREY_VIRAL)}, "undetermined", ["grey zone"]),
        ({"four": four("covid-19"), **steps((0.52, 0.95))}, "covid-19", []),  # P(viral) did not decide
        ({"four": four("covid-19"), **steps((0.9, 0.5))}, "covid-19", []),  # 0.45, where the zone ends
        ({"four": four("covid-19"), **steps(GREY_PRODUCT, zones=False)}, "covid-19", []),
        # the input is new to one of them
        ({"four": four("covid-19", novelty=FAR), **steps(COVID)}, "undetermined", ["distribution"]),
        ({"four": four("covid-19"), **steps(COVID, FAR)}, "undetermined", ["distribution"]),
        ({"four": four("covid-19"), **steps(COVID, NEAR, FAR)}, "undetermined", ["distribution"]),
        ({"four": four("other-viral"), **steps(OTHER, NEAR, FAR)}, "undetermined", ["distribution"]),
        ({"four": four("bacterial"), **steps(NOT, NEAR, FAR)}, "bacterial", []),  # DL2 knows viral pneumonia only
        ({"four": four("covid-19", novelty=None), **steps(COVID, None, None)}, "covid-19", []),
        # several at once
        (
            {"four": four("covid-19", novelty=FAR), **steps(GREY_VIRAL)},
            "undetermined",
            ["grey zone", "distribution", "agreement"],
        ),
        # one was not asked, or failed
        ({"four": four("bacterial")}, "bacterial", []),
        ({"four": four("bacterial"), "failed": ["two steps"]}, "bacterial", []),
        (steps(NOT), "not-viral", []),
        ({**steps(COVID), "failed": ["four classes"]}, "covid-19", []),
        ({"failed": ["four classes", "two steps"]}, "undetermined", []),
        # clinical data
        ({"four": four("covid-19"), **steps(COVID), "clinical": clinical(0.3)}, "undetermined", ["clinical data"]),
        ({"four": four("covid-19"), **steps(COVID), "clinical": clinical(0.3, 0.7)}, "covid-19", []),
        ({"four": four("other-viral"), **steps(OTHER), "clinical": clinical(0.9, 0.4)}, "other-viral", []),
        ({"four": four("bacterial"), **steps(NOT), "clinical": clinical(0.9, 0.9)}, "bacterial", []),
        (
            {"four": four("covid-19"), **steps(OTHER), "clinical": clinical(0.9, 0.9)},
            "undetermined",
            ["agreement"],
        ),
        # lesions
        ({"four": four("healthy"), **steps(NOT), "lesions": lesions(0.01, 1)}, "undetermined", ["lesions"]),
        ({"four": four("healthy"), **steps(NOT), "lesions": lesions(0.009, 3)}, "healthy", []),
        ({"four": four("covid-19"), **steps(COVID), "lesions": lesions(0.0, 0)}, "undetermined", ["lesions"]),
        ({"four": four("covid-19"), **steps(COVID), "lesions": lesions(0.001, 1)}, "covid-19", []),
        ({"four": four("bacterial"), "lesions": lesions(0.0, 0)}, "undetermined", ["lesions"]),
        ({**steps(NOT), "lesions": lesions(0.0, 0)}, "not-viral", []),  # which may be healthy or not
    ],
)
def test_the_rules(parts: dict[str, Any], answer: str, failed: list[str]) -> None:
    found = concluded(**parts)
    assert found.answer == answer
    assert found.certain == (answer != "undetermined")
    assert [check.name for check in found.checks if check.outcome == "failed"] == failed
    if failed:
        assert list(found.reasons) == [check.detail for check in found.checks if check.outcome == "failed"]
    assert bool(found.reasons) != found.certain
    assert found.rule == RULE


def test_what_is_said() -> None:
    found = concluded(four=four("covid-19", largest=0.4, novelty=FAR), **steps(GREY_PRODUCT))
    assert found.reasons == (
        "Four classes: P(covid-19) is 0.40, below the 0.50 of an answer.",
        "Two steps: P(covid-19) is 0.41, in the grey zone from 0.35 to 0.45.",
        "Four classes: unlike the cases it was trained on (distance 13.0, threshold 12.0).",
    )
    assert [check.outcome for check in found.checks] == ["failed"] * 3 + ["not checked"] + ["passed"] * 2
    alone = concluded(**steps(NOT, zones=False), failed=["four classes"])
    assert alone.notes[0] == "Four classes failed: there is no second opinion."
    assert concluded(four=four("healthy")).notes[0] == "Two steps were not asked: there is no second opinion."
    assert concluded(failed=["two steps"]).reasons == ("Every classifier that was asked failed.",)
    ill = concluded(four=four("healthy"), lesions=lesions(0.022, 2))
    assert ill.reasons == ("Lesions fill 2.2 % of the lungs; from 1 % on they speak against healthy.",)
    none = concluded(**steps(OTHER), lesions=lesions(0.0, 0))
    assert none.reasons == ("Lesions fill 0.0 % of the lungs; none has 0.1 ml, which speaks against other-viral.",)
    opposed = concluded(four=four("covid-19"), **steps(COVID), clinical=clinical(0.9, 0.25))
    assert opposed.reasons == ("Clinical data with the CT: P(covid-19) is 0.25; the CT alone says covid-19.",)


def test_a_flagged_study_is_noted_and_keeps_its_answer() -> None:
    cleaning = covidet_parts()["cleaning"]
    assert isinstance(cleaning, SliceCleaning)
    fit = concluded(four=four("healthy"), **steps(NOT), cleaning=cleaning)
    assert fit.notes == ()
    flagged = cleaning.model_copy(update={"verdict": "flagged", "note": "Less than a third."})
    found = concluded(four=four("healthy"), **steps(NOT), cleaning=flagged)
    assert (found.answer, found.notes) == ("healthy", ("Less than a third.",))
    assert "slice cleaner" in concluded(four=four("healthy"), **steps(NOT)).notes[0]


def test_without_a_classifier_there_is_no_conclusion_and_a_failure_is_named_rightly() -> None:
    assert conclude() is None
    with pytest.raises(ValueError, match='"severity" cannot have failed'):
        conclude(failed=["severity"])
    with pytest.raises(ValueError, match='"four classes" cannot have failed'):
        conclude(four=four("healthy"), failed=["four classes"])
