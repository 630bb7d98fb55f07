"""The mix of classes at the paper's sites: both of the paper's margins, the zeros, and what is made of them."""

import numpy as np
import pytest

from pleura.data.synthetic.plan import plan_cohort
from pleura.errors import CohortError
from pleura.federation.experiments.site_table import mix_of_sites, newcomer, three_hospitals


def test_both_margins_of_the_paper_are_met() -> None:
    table = mix_of_sites()
    np.testing.assert_allclose(table.sum(axis=1), [800, 227, 241], atol=1e-9)
    np.testing.assert_allclose(table.sum(axis=0), np.array([418, 432, 76, 350]) * 1268 / 1276, atol=1e-6)


def test_the_mix_keeps_the_odds_of_the_paper_s_test_cases() -> None:
    """Proportional fitting changes no odds ratio: those of healthy, COVID-19 and bacterial are as tested."""
    table, tested = mix_of_sites(), np.array([[58, 28, 19, 50], [12, 20, 0, 2], [10, 30, 0, 8]])
    for one, other in ((0, 1), (0, 3), (1, 3)):
        for site in (1, 2):
            odds = [(t[0, one] * t[site, other]) / (t[0, other] * t[site, one]) for t in (table, tested)]
            assert odds[0] == pytest.approx(odds[1])
    assert (table[1:, 2] == 0).all()


@pytest.mark.parametrize("cases", [40, 120, 480, 2000])
def test_hospitals_have_the_paper_s_proportions(cases: int) -> None:
    hospitals = three_hospitals(cases)
    assert [one.name for one in hospitals] == ["main", "valley", "city"]
    assert len({one.scanner for one in hospitals}) == 3
    for one, wanted in zip(hospitals, mix_of_sites(), strict=True):
        assert one.patients == sum(one.classes.values())
        for label, share in zip(("healthy", "covid-19", "other-viral", "bacterial"), wanted, strict=True):
            count = one.classes.get(label, 0)
            assert (count == 0) == (share == 0)
            assert count == 3 or count == pytest.approx(share * cases / 1268, abs=0.5)
    assert sum(one.patients for one in hospitals) == pytest.approx(cases, abs=8)


def test_every_class_of_a_hospital_is_trained_on_and_tested() -> None:
    plan = plan_cohort(hospitals=three_hospitals(40), seed=1, splits=(0.5, 0.05, 0.45))
    of = {split: {(case.hospital, case.label) for case in plan if case.split == split} for split in ("train", "test")}
    assert of["train"] == of["test"] == {(case.hospital, case.label) for case in plan}


def test_the_newcomer_has_covid_only_and_a_scanner_of_its_own() -> None:
    one = newcomer(480, only="covid-19")
    assert one.patients == round(480 * 507 / 1268)
    assert list(one.classes) == ["covid-19"]
    assert one.scanner not in {other.scanner for other in three_hospitals(480)}
    assert list(newcomer(480).classes) == ["healthy", "covid-19", "other-viral", "bacterial"]


def test_too_few_cases_are_refused() -> None:
    with pytest.raises(CohortError, match="need 40 cases or more"):
        three_hospitals(39)
