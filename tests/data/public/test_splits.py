from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pleura.data.public.splits import split_patients

LABELS = {f"p{number}": "covid-19" if number % 3 else "healthy" for number in range(60)}  # 40 and 20


def test_shares_hold_within_every_label() -> None:
    splits = split_patients(LABELS, (0.6, 0.2, 0.2), 1)
    counted = Counter((LABELS[patient], split) for patient, split in splits.items())
    assert counted == {
        ("covid-19", "train"): 24,
        ("covid-19", "validation"): 8,
        ("covid-19", "test"): 8,
        ("healthy", "train"): 12,
        ("healthy", "validation"): 4,
        ("healthy", "test"): 4,
    }
    assert list(splits) == list(LABELS)


def test_the_seed_decides_and_other_labels_do_not() -> None:
    splits = split_patients(LABELS, (0.6, 0.2, 0.2), 1)
    assert split_patients(dict(reversed(LABELS.items())), (0.6, 0.2, 0.2), 1) == splits
    assert split_patients(LABELS, (0.6, 0.2, 0.2), 2) != splits
    healthy = {patient: label for patient, label in LABELS.items() if label == "healthy"}
    alone = split_patients(healthy, (0.6, 0.2, 0.2), 1)
    assert alone == {patient: splits[patient] for patient in healthy}


@given(st.integers(1, 30), st.integers(0, 10), st.integers(0, 10))
def test_every_patient_is_somewhere_and_shares_are_met_to_a_patient(count: int, first: int, second: int) -> None:
    first, second = min(first, 10), min(second, 10 - min(first, 10))
    shares = (first / 10, second / 10, (10 - first - second) / 10)
    splits = split_patients({str(number): "healthy" for number in range(count)}, shares, 3)
    counted = Counter(splits.values())
    assert counted.total() == count
    for name, share in zip(("train", "validation", "test"), shares, strict=True):
        assert abs(counted[name] - share * count) <= 1
