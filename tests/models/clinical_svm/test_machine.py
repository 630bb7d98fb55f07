from dataclasses import replace

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from models.clinical_svm.machines import NUMBERS, fitted, gappy_values
from pleura.models.clinical_svm.machine import Kernel


@pytest.mark.parametrize("kind", list(NUMBERS))
def test_decision_values_and_probabilities_are_scikit_learns(kind: str, rng: np.random.Generator) -> None:
    values, truth = gappy_values(rng)
    ours, theirs, encoder = fitted(kind, values, truth)
    new, new_truth = gappy_values(rng)
    columns = encoder.transform(new)
    np.testing.assert_allclose(ours.decision(new), theirs.decision_function(columns), rtol=0, atol=1e-10)
    sigmoid = CalibratedClassifierCV(FrozenEstimator(theirs), method="sigmoid").fit(columns, new_truth)
    curve = sigmoid.calibrated_classifiers_[0].calibrators[0]
    ours = replace(ours, slope=-curve.a_, shift=-curve.b_)
    np.testing.assert_allclose(ours.probability(new), sigmoid.predict_proba(columns)[:, 1], rtol=0, atol=1e-10)


@pytest.mark.parametrize("numbers", [{"kind": "sigmoid"}, {"kind": "rbf", "gamma": 0.0}, {"kind": "poly", "degree": 0}])
def test_a_kernel_that_is_none_is_refused(numbers: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="need"):
        Kernel(**numbers)  # type: ignore[arg-type]
