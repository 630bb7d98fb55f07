import numpy as np
import pytest

from models.clinical_svm.machines import NUMBERS, fitted, gappy_values
from pleura.models.clinical_svm.evidence import contributions, to_typical


def test_a_linear_machines_contributions_add_up_to_its_decision_value(rng: np.random.Generator) -> None:
    values, truth = gappy_values(rng)
    svm, theirs, encoder = fitted("linear", values, truth)
    for patient in values[:10]:
        parts, base = contributions(svm, patient)
        assert parts.sum() + base == pytest.approx(svm.decision(patient[None])[0], abs=1e-10)
        weighted = theirs.coef_[0] * encoder.transform(patient[None])[0]  # columns: 1, 1, 3 of the category, 1, 1 flag
        by_hand = [weighted[0], weighted[1], weighted[2:5].sum(), weighted[5] + weighted[6]]
        np.testing.assert_allclose(parts, by_hand, atol=1e-10)


@pytest.mark.parametrize("kind", ["poly", "rbf"])
def test_a_curved_machines_decision_value_is_no_sum(kind: str, rng: np.random.Generator) -> None:
    svm = fitted(kind, *gappy_values(rng))[0]
    with pytest.raises(ValueError, match=f"this one is {kind}"):
        contributions(svm, np.zeros(4))


@pytest.mark.parametrize("kind", list(NUMBERS))
def test_a_feature_is_put_at_its_typical_value_by_itself(kind: str, rng: np.random.Generator) -> None:
    values, truth = gappy_values(rng)
    svm = fitted(kind, values, truth)[0]
    for patient in values[:6]:
        found = to_typical(svm, patient)
        for feature in range(4):
            changed = patient.copy()
            changed[feature] = svm.encoder.fill[feature]
            change = svm.decision(patient[None])[0] - svm.decision(changed[None])[0]
            assert found[feature] == pytest.approx(change, abs=1e-10)
    typical = svm.encoder.fill
    np.testing.assert_allclose(to_typical(svm, typical), 0, atol=1e-12)
