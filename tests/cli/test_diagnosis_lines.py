"""What `pleura diagnose` prints of a report made by hand, line by line."""

from diagnosis.report_sample import covidet_parts, sample_report
from pleura.cli.diagnosis_lines import answer_lines, failure_lines
from pleura.diagnosis.report import Conclusion, Severity, SliceNetworkAnswer, StepFailure, StepRecord

CONCLUSION = Conclusion(
    answer="undetermined",
    certain=False,
    reasons=("They disagree.",),
    notes=("No cleaner.",),
    checks=(),
    rule="the rule",
)


def _step(name: str, outcome: str, why: str = "") -> StepRecord:
    return StepRecord(name=name, title="", outcome=outcome, why=why)  # type: ignore[arg-type]


def test_the_conclusion_comes_first_with_its_reasons_and_the_parts_follow() -> None:
    model = sample_report().model
    assert model is not None
    grade = Severity(grades=("I", "II"), probabilities=(0.25, 0.75), grade="II", note="", model=model)
    steps = (
        _step("clean", "done"),
        _step("dl1", "done", "needed by stepwise"),
        _step("dl3", "left out", "not wanted"),
        _step("lesions", "left out", "no model"),
        _step("heat-map", "left out", "not wanted"),
        _step("dl2", "failed", "damaged"),
    )
    report = sample_report(**covidet_parts(), conclusion=CONCLUSION, severity=grade, steps=steps, quality=("thick",))
    assert list(answer_lines(report)) == [
        "undetermined",
        "  They disagree.",
        "  No cleaner.",
        "four classes: covid-19   (healthy 0.000, covid-19 0.900, other-viral 0.080, bacterial 0.020)",
        "stepwise: other-viral   (viral 0.800, COVID-19 if viral 0.250, COVID-19 0.200)",
        "clinical data: 0.70 by clinical data.",
        "severity II   (I 0.250, II 0.750)",
        "slices: 4 of 5 slices within the lungs are fit for diagnosis; the others: metal (1).",
        "left out: dl3, heat-map   (not wanted)",
        "left out: lesions   (no model)",
        "also done: dl1   (needed by stepwise)",
        "  Trained on synthetic data only.",
        "  thick",
        f"  {report.disclaimer}",
    ]
    assert list(failure_lines(report)) == []


def test_one_slice_network_speaks_for_itself_and_a_failure_says_what_to_do() -> None:
    model = sample_report().model
    assert model is not None
    dl1 = SliceNetworkAnswer(
        classes=("not-viral", "viral"), probabilities=(0.2, 0.8), slices_seen=9, slices_left_out=0, model=model
    )
    failure = StepFailure(step="dl2", kind="ModelError", message="It is damaged.", what_to_do="Mend it.", fault=False)
    report = sample_report(classification=None, dl1=dl1, failures=(failure,), warnings=(), quality=())
    assert list(answer_lines(report)) == ["dl1: not-viral 0.200, viral 0.800", f"  {report.disclaimer}"]
    assert list(failure_lines(report)) == ["step dl2 failed, ModelError: It is damaged. Mend it."]
