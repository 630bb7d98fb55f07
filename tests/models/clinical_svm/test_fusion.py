import numpy as np
import pytest

from pleura.models.clinical_svm.fusion import FLOOR, Fusion, logit

FUSION = Fusion(ct_slope=0.5, ct_shift=0.1, base=-0.3, ct=0.8, clinical=1.1)


def test_both_rules_by_hand() -> None:
    ct, clinical = 0.9, 0.3
    of_ct, of_clinical = np.log(9), np.log(3 / 7)
    average = 1 / (1 + np.exp(-(0.5 * of_ct + 0.1 + of_clinical) / 2))
    stacked = 1 / (1 + np.exp(-(-0.3 + 0.8 * of_ct + 1.1 * of_clinical)))
    assert FUSION.combine("average", [ct], [clinical])[0] == pytest.approx(average, abs=1e-12)
    assert FUSION.combine("stacking", [ct], [clinical])[0] == pytest.approx(stacked, abs=1e-12)


def test_an_answer_without_doubt_still_leaves_the_other_a_say() -> None:
    assert logit([0.0, 1.0]).tolist() == pytest.approx([np.log(FLOOR / (1 - FLOOR)), np.log((1 - FLOOR) / FLOOR)])
    low, high = FUSION.combine("stacking", [1.0, 1.0], [0.2, 0.8])
    assert low < high < 1


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="average, stacking"):
        FUSION.combine("vote", [0.5], [0.5])
