"""The classifiers' answers in; one answer, or "undetermined" with the reasons, out.

All rules stand here. The answer is undetermined where a check fails:

| check | fails where |
| --- | --- |
| grey zone | the four classes' largest probability is below its threshold; the two steps' lies in their zone |
| distribution | the input is new to a model whose word counts: farther off than its threshold |
| agreement | both classifiers name a class, and not the same |
| clinical data | of COVID-19 and other viral pneumonia they find the one more probable that was not answered |
| lesions | the answer is healthy and they fill `LESIONS_SPEAK` of the lungs or more, or pneumonia and there is none |

The second step (DL2) has only ever seen viral pneumonia. So its word counts, and its distance is looked at, only where
the two steps' answer is viral.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from pleura.diagnosis.compose import UNDETERMINED, agreement
from pleura.diagnosis.report import (
    Check,
    Classification,
    ClinicalDiagnosis,
    Conclusion,
    LesionFindings,
    Novelty,
    SliceCleaning,
    SliceNetworkAnswer,
    StepwiseDiagnosis,
)

__all__ = ["LESIONS_SPEAK", "RULE", "conclude"]

RULE = (
    "The answer is that of the classifiers that were asked. It is undetermined where they disagree, the input is far "
    "from what one of them was trained on, a probability lies in its grey zone, clinical data speak for the other "
    "virus, or the lesions that were found speak against it."
)
LESIONS_SPEAK: Final = 0.01
"""Share of the lungs from which on lesions speak against healthy lungs; see docs/background/doubt.md."""
FOUR: Final = "four classes"
STEPS: Final = "two steps"
_NOT_VIRAL = "not-viral"
_VIRAL = ("covid-19", "other-viral")
"""The classes that both classifiers know."""


def conclude(
    *,
    four: Classification | None = None,
    steps: StepwiseDiagnosis | None = None,
    dl1: SliceNetworkAnswer | None = None,
    dl2: SliceNetworkAnswer | None = None,
    cleaning: SliceCleaning | None = None,
    clinical: ClinicalDiagnosis | None = None,
    lesions: LesionFindings | None = None,
    failed: Sequence[str] = (),
) -> Conclusion | None:
    """Draw the conclusion from the parts of a report.

    Parameters
    ----------
    four : the four classes' answer; None where they were not asked or failed
    steps, dl1, dl2 : the two steps' answer, and that of each of their networks; None likewise
    cleaning : which slices are fit
    clinical : by clinical data
    lesions : how much of the lungs they fill
    failed : which of "four classes" and "two steps" were asked and failed

    Returns
    -------
    None where no classifier was asked; "undetermined" where each that was asked failed.

    Raises
    ------
    ValueError
        If `failed` names anything else, or a classifier that has answered.
    """
    given = {FOUR: four is not None, STEPS: steps is not None}
    for name in failed:
        if given.get(name, True):
            raise ValueError(
                f'"{name}" cannot have failed; need a classifier without an answer among {", ".join(given)}'
            )
    if not any(given.values()) and not failed:
        return None
    checks = [
        *_grey_zones(four, steps),
        *_distributions(four, steps, dl1, dl2),
        _agreement(four, steps),
        *_clinical(four, steps, clinical),
        *_lesions(four, steps, lesions),
    ]
    notes = [*_missing(given, failed), *_weak_slices(cleaning)]
    wrong = [check.detail for check in checks if check.outcome == "failed"]
    if not any(given.values()):
        wrong = ["Every classifier that was asked failed."]
    order = ("failed", "not checked", "passed")
    return Conclusion(
        answer=UNDETERMINED if wrong else _answer(four, steps),
        certain=not wrong,
        reasons=tuple(wrong),
        notes=tuple(notes),
        checks=tuple(sorted(checks, key=lambda check: order.index(check.outcome))),
        rule=RULE,
    )


def _answer(four: Classification | None, steps: StepwiseDiagnosis | None) -> str:
    """Give the finer answer: where both are there, they agree."""
    if four is not None:
        return four.answer
    assert steps is not None
    return steps.answer


def _in_steps(four: str) -> str:
    """Give the two steps' word for one of the four classes."""
    return four if four in _VIRAL else _NOT_VIRAL


def _grey_zones(four: Classification | None, steps: StepwiseDiagnosis | None) -> Iterator[Check]:
    if four is not None:
        largest = max(four.probabilities)
        sure = four.answer != UNDETERMINED
        how = "at least" if sure else "below"
        yield Check(
            name="grey zone",
            subject=FOUR,
            outcome="passed" if sure else "failed",
            detail=f"Four classes: P({four.top_class}) is {largest:.2f}, {how} the {four.threshold:.2f} of an answer.",
        )
    if steps is not None:
        yield _grey_zone_of(steps)


def _grey_zone_of(steps: StepwiseDiagnosis) -> Check:
    """Ask of the cut-off that decided: that of COVID-19, and below its zone that of viral pneumonia."""
    decided = [("covid-19", steps.covid, steps.covid_zone)]
    if steps.answer != "covid-19":
        decided.append(("viral", steps.viral, steps.viral_zone))
    for name, probability, zone in decided:
        if zone is not None and zone[0] <= probability < zone[1]:
            where = f"P({name}) is {probability:.2f}, in the grey zone from {zone[0]:.2f} to {zone[1]:.2f}."
            return Check(name="grey zone", subject=STEPS, outcome="failed", detail=f"Two steps: {where}")
    if steps.covid_zone is None and steps.viral_zone is None:
        detail = "Two steps: no grey zone was chosen around their cut-offs."
        return Check(name="grey zone", subject=STEPS, outcome="not checked", detail=detail)
    said = ", ".join(f"P({name}) {probability:.2f}" for name, probability, _ in decided)
    return Check(name="grey zone", subject=STEPS, outcome="passed", detail=f"Two steps: {said}; in no grey zone.")


def _distributions(
    four: Classification | None,
    steps: StepwiseDiagnosis | None,
    dl1: SliceNetworkAnswer | None,
    dl2: SliceNetworkAnswer | None,
) -> Iterator[Check]:
    if four is not None:
        yield _distribution(FOUR, four.novelty)
    if steps is None:
        return
    yield _distribution(f"{STEPS}, the first", None if dl1 is None else dl1.novelty)
    if steps.answer == _NOT_VIRAL:
        detail = (
            "Two steps, the second: not looked at, as it was trained on viral pneumonia only, and this is not viral."
        )
        yield Check(name="distribution", subject=f"{STEPS}, the second", outcome="not checked", detail=detail)
    else:
        yield _distribution(f"{STEPS}, the second", None if dl2 is None else dl2.novelty)


def _distribution(subject: str, novelty: Novelty | None) -> Check:
    begin = subject.capitalize()
    if novelty is None:
        detail = f"{begin}: the model has no reference cases to measure a distance from."
        return Check(name="distribution", subject=subject, outcome="not checked", detail=detail)
    outcome: Literal["passed", "failed"] = "failed" if novelty.novel else "passed"
    said = "unlike the cases it was trained on" if novelty.novel else "like the cases it was trained on"
    compared = f"distance {novelty.distance:.1f}, threshold {novelty.threshold:.1f}"
    return Check(name="distribution", subject=subject, outcome=outcome, detail=f"{begin}: {said} ({compared}).")


def _agreement(four: Classification | None, steps: StepwiseDiagnosis | None) -> Check:
    subject = f"{FOUR} and {STEPS}"
    if four is None or steps is None:
        detail = "No classifier answered." if four is None and steps is None else "Only one classifier answered."
        return Check(name="agreement", subject=subject, outcome="not checked", detail=detail)
    outcome: Literal["passed", "failed", "not checked"] = "not checked"
    if four.answer != UNDETERMINED:
        outcome = "passed" if _in_steps(four.answer) == steps.answer else "failed"
    return Check(name="agreement", subject=subject, outcome=outcome, detail=agreement(four.answer, steps.answer))


def _clinical(
    four: Classification | None, steps: StepwiseDiagnosis | None, clinical: ClinicalDiagnosis | None
) -> Iterator[Check]:
    """Hold clinical data, with the CT where there is one, against an answer that they can speak of."""
    answers = [part.answer for part in (four, steps) if part is not None]
    if clinical is None or not answers:
        return
    pair = (clinical.disease, clinical.other)
    told = sorted({answer for answer in answers if answer in pair})
    if len(told) != 1:
        what = f"Clinical data tell {pair[0]} from {pair[1]}; the CT names neither."
        if told:
            what = f"Clinical data tell {pair[0]} from {pair[1]}; the CT names both."
        yield Check(name="clinical data", subject="clinical data", outcome="not checked", detail=what)
        return
    both = clinical.fused_probability
    probability = clinical.clinical_probability if both is None else both
    favoured = pair[0] if probability >= 0.5 else pair[1]
    source = "Clinical data" if both is None else "Clinical data with the CT"
    yield Check(
        name="clinical data",
        subject="clinical data",
        outcome="passed" if favoured == told[0] else "failed",
        detail=f"{source}: P({pair[0]}) is {probability:.2f}; the CT alone says {told[0]}.",
    )


def _lesions(
    four: Classification | None, steps: StepwiseDiagnosis | None, lesions: LesionFindings | None
) -> Iterator[Check]:
    """Hold the lesions that were found against answers that they can contradict."""
    if lesions is None or (four is None and steps is None):
        return
    answers = {part.answer for part in (four, steps) if part is not None} - {UNDETERMINED}
    ratio, ill = lesions.whole.ratio or 0.0, sorted(answers - {"healthy", _NOT_VIRAL})
    detail = f"Lesions fill {100 * ratio:.1f} % of the lungs; "
    outcome: Literal["passed", "failed", "not checked"] = "passed"
    if "healthy" in answers and ratio >= LESIONS_SPEAK:
        outcome = "failed"
        detail += f"from {100 * LESIONS_SPEAK:.0f} % on they speak against healthy."
    elif ill and lesions.count == 0:
        outcome = "failed"
        detail += f"none has {lesions.least_ml:.1f} ml, which speaks against {ill[0]}."
    elif not ill and "healthy" not in answers:
        outcome = "not checked"
        detail += "no answer says whether there should be any."
    else:
        detail += f"that agrees with {', '.join(sorted(answers - {_NOT_VIRAL}))}."
    yield Check(name="lesions", subject="lesions", outcome=outcome, detail=detail)


def _missing(given: dict[str, bool], failed: Sequence[str]) -> Iterator[str]:
    for name, there in given.items():
        if name in failed:
            yield f"{name.capitalize()} failed: there is no second opinion."
        elif not there:
            yield f"{name.capitalize()} were not asked: there is no second opinion."


def _weak_slices(cleaning: SliceCleaning | None) -> Iterator[str]:
    if cleaning is None:
        yield "No slice cleaner judged the slices: some may have been unfit for diagnosis."
    elif cleaning.verdict != "fit":
        yield cleaning.note
