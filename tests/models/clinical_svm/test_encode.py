import numpy as np
import pytest

from pleura.models.clinical_svm.encode import fit_encoder

NAN = np.nan


def test_columns_by_hand() -> None:
    values = [[1.0, 0, 2], [3.0, 1, NAN], [8.0, 1, 0], [NAN, 1, 2]]
    encoder = fit_encoder(values, (0, 0, 3), (False, True, True), flag=True)
    assert encoder.fill.tolist() == [3.0, 1.0, 2.0]  # median; the most frequent
    assert encoder.flagged.tolist() == [True, False, True]
    assert encoder.source.tolist() == [0, 1, 2, 2, 2, 0, 2]
    raw = np.array([[1, 0, 0, 0, 1, 0, 0], [3, 1, 0, 0, 1, 0, 1], [8, 1, 1, 0, 0, 0, 0], [3, 1, 0, 0, 1, 1, 0]])
    scale = raw.std(axis=0)
    scale[3] = 1.0  # no case has the category's second value: nothing to divide by
    np.testing.assert_allclose(encoder.transform(values), (raw - raw.mean(axis=0)) / scale)
    new = encoder.transform([[NAN, NAN, 1]])
    np.testing.assert_allclose(new, ([[3, 1, 0, 1, 0, 1, 0]] - raw.mean(axis=0)) / scale)


def test_without_flags_a_gap_is_the_typical_value() -> None:
    encoder = fit_encoder([[1.0], [2.0], [6.0], [NAN]], (0,), (False,), flag=False)
    np.testing.assert_array_equal(encoder.transform([[NAN]]), encoder.transform([[2.0]]))


def test_a_feature_without_a_value_and_a_wrong_width_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got none of feature number \[1\]"):
        fit_encoder([[1.0, NAN], [2.0, NAN]], (0, 0), (False, False), flag=True)
    encoder = fit_encoder([[1.0], [2.0]], (0,), (False,), flag=True)
    with pytest.raises(ValueError, match=r"need values \(cases, 1\), got \(1, 2\)"):
        encoder.transform([[1.0, 2.0]])
