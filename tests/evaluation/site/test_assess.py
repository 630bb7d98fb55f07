"""A hospital's page: verdicts, held-out recalibration and cut-off, refusals, and what is written."""

import json
from pathlib import Path

import numpy as np
import pytest

from pleura.errors import CohortError
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.cutoffs.choose import Rule, choose_cut_off
from pleura.evaluation.intervals.proportions import wilson
from pleura.evaluation.output.site import site_table, write_site
from pleura.evaluation.planning.sample_size import cases_for_proportion, cases_in_all
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.repeated.held_out import patient_folds
from pleura.evaluation.site.assess import assess_site
from pleura.evaluation.site.settings import SiteSettings

QUICK = SiteSettings(intervals=IntervalSettings(resamples=200))


def _predictions(count: int = 200, shift: float = 0.0, seed: int = 4) -> Predictions:
    """Probabilities that are right but for `shift` in their log odds."""
    rng = np.random.default_rng(seed)
    odds = 2.2 * rng.standard_normal(count)
    truth = (rng.random(count) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    p = 1 / (1 + np.exp(-(odds + shift)))
    columns = {"sex": tuple(rng.choice(["F", "M"], count).tolist()), "ood": ("yes", *["no"] * (count - 1))}
    names = tuple(f"c{index}" for index in range(count))
    return Predictions(("0", "1"), names, truth, np.stack([-p, p], 1), binary=True, patients=names, columns=columns)


def test_goals_are_judged_by_the_interval() -> None:
    predictions = _predictions()
    report = assess_site(predictions, settings=SiteSettings(sensitivity=0.5, specificity=0.95, width=0.08))
    called = predictions.probabilities[:, 1] >= 0.5
    ill = predictions.truth == 1
    sensitivity, specificity = report.goals
    assert sensitivity.found == wilson(int((called & ill).sum()), int(ill.sum()))
    assert (sensitivity.verdict, specificity.verdict) == ("reached", "missed")
    needed = cases_for_proportion(sensitivity.found.value, 0.08)
    assert sensitivity.more_as_found == needed - int(ill.sum()) > 0
    assert sensitivity.more_at_worst == cases_for_proportion(sensitivity.found.low, 0.08) - int(ill.sum())
    assert specificity.more_in_all == cases_in_all(specificity.more_at_worst, 1 - ill.mean())
    close = assess_site(predictions, settings=SiteSettings(sensitivity=round(sensitivity.found.value, 2), width=0.5))
    assert (close.goals[0].verdict, close.goals[0].more_in_all) == ("open", 0)


def test_probabilities_that_are_off_are_mended_and_right_ones_left_alone() -> None:
    off = assess_site(_predictions(shift=1.5), settings=QUICK)
    assert off.recalibrated.worth_it
    recalibration = off.recalibrated.recalibration
    assert recalibration.shifts[1] - recalibration.shifts[0] == pytest.approx(-1.5, abs=0.6)
    before, after = off.calibration.classes[0].slope, off.calibration_after.classes[0].slope
    assert before.intercept.high < 0
    assert after.intercept.low < 0 < after.intercept.high
    assert not assess_site(_predictions(), settings=QUICK).recalibrated.worth_it


def test_the_cut_off_is_judged_on_patients_it_was_not_chosen_on() -> None:
    predictions = _predictions()
    report = assess_site(predictions, settings=QUICK)
    ill, p = predictions.truth == 1, predictions.probabilities[:, 1]
    fold = patient_folds(predictions.truth, predictions.patients)
    hits = 0
    for one in range(5):
        out = fold == one
        cut = choose_cut_off(ill[~out], p[~out], Rule("sensitivity", 0.9))
        assert cut.threshold == report.retuned.thresholds[one]
        hits += int((p[out & ill] >= cut.threshold).sum())
    assert report.retuned.held_out.sensitivity == wilson(hits, int(ill.sum()))
    judged = report.retuned.held_out
    for verdict, found, goal in zip(
        report.tuned_verdicts, (judged.sensitivity, judged.specificity), (0.9, 0.8), strict=True
    ):
        assert verdict == ("reached" if found.low >= goal else "missed" if found.high < goal else "open")
    assert report.retuned.cut_off == choose_cut_off(ill, p, Rule("sensitivity", 0.9))


def test_few_cases_get_reasons_in_place_of_numbers() -> None:
    report = assess_site(_predictions().in_order([0, 1, 2, 3, 4, 5, 6, 7]), settings=QUICK)
    assert report.recalibrated is None
    assert "folds" in report.no_recalibration
    assert "folds" in report.no_cut_off
    table = site_table(report)
    assert table["cut_off"] == {"not_possible": report.no_cut_off}


def test_one_of_several_classes() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 120)
    p = rng.dirichlet(np.ones(3), 120) + 0.4 * np.eye(3)[truth]
    names = tuple(str(index) for index in range(120))
    predictions = Predictions(
        ("a", "b", "c"), names, truth, p / p.sum(axis=1, keepdims=True), hospitals=("north", "south") * 60
    )
    report = assess_site(predictions, condition="b", settings=QUICK)
    assert report.now.sensitivity.hits == ((p.argmax(axis=1) == 1) & (truth == 1)).sum()
    notes = " ".join(report.notes)
    assert "Only b against all else" in notes
    assert "several hospitals (north, south)" in notes
    assert "no column patient" in notes
    higher = assess_site(predictions, condition="b", threshold=0.9, settings=QUICK)
    assert higher.now.specificity.value > report.now.specificity.value
    with pytest.raises(CohortError, match="name the condition"):
        assess_site(predictions)
    with pytest.raises(CohortError, match="is no class"):
        assess_site(predictions, condition="d")


def test_out_of_distribution_and_columns_that_are_wrong() -> None:
    predictions = _predictions()
    assert assess_site(predictions, outside="ood", settings=QUICK).outside == wilson(1, 200)
    with pytest.raises(CohortError, match='column sex says "f"'):
        assess_site(predictions, outside="sex", settings=QUICK)
    with pytest.raises(CohortError, match="no column age"):
        assess_site(predictions, subgroups=["age"], settings=QUICK)
    with pytest.raises(CohortError, match="with and without"):
        assess_site(predictions.of(predictions.truth == 1), settings=QUICK)


@pytest.mark.parametrize("wrong", [{"sensitivity": 1.2}, {"recalibration": "beta"}, {"folds": 1}, {"width": 0}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="need"):
        SiteSettings(**wrong)


def test_the_page_holds_what_was_found_and_what_is_to_be_signed(tmp_path: Path) -> None:
    report = assess_site(_predictions(shift=1.5), subgroups=["sex"], outside="ood", settings=QUICK)
    write_site(tmp_path, report, hospital="North <General>", model="small")
    page = (tmp_path / "site.html").read_text(encoding="utf-8")
    assert "small at North &lt;General&gt;" in page
    assert report.goals[0].shown in page
    assert f"{report.retuned.cut_off.threshold:.4g}" in page
    assert "worth it" in page
    assert "sex: F" in page
    assert "signature" in page
    assert page.count("data:image/png;base64,") == 3
    assert "http" not in page
    table = json.loads((tmp_path / "site.json").read_text())
    assert table == json.loads(json.dumps(site_table(report), allow_nan=False))
    mapped = table["recalibration"]
    assert mapped["worth_it"]
    assert mapped["added_to_log_odds"] == pytest.approx(-1.5, abs=0.6)
    q = report.recalibrated.recalibration.apply([[0.7, 0.3]])[0, 1]
    expected = mapped["scale"] * np.log(0.3 / 0.7) + mapped["added_to_log_odds"]
    assert np.log(q / (1 - q)) == pytest.approx(expected)
    assert table["subgroups"]["groups"][0]["level"] == "F"


def test_a_page_without_subgroups_or_adaptation(tmp_path: Path) -> None:
    report = assess_site(_predictions().in_order(range(8)), settings=QUICK)
    write_site(tmp_path, report, hospital="North", model="small")
    page = (tmp_path / "site.html").read_text(encoding="utf-8")
    assert "Not possible: 5 folds need" in page
    assert "4. To be decided and signed" in page
