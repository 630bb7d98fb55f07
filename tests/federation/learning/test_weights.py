import pytest

from pleura.federation.learning.settings import WeightSettings
from pleura.federation.learning.weights import hospital_weight, most_weight, weight_range


def test_equal_weights_are_one_whatever_the_hospital() -> None:
    settings = WeightSettings()
    assert hospital_weight(settings, cases=7, loss_before=2.0, loss_after=1.0) == 1
    assert most_weight(settings) == weight_range(settings, None) == weight_range(settings, 5) == 1


def test_weights_by_cases_are_the_cases_up_to_the_most() -> None:
    settings = WeightSettings(by="cases", most_cases=100)
    assert [hospital_weight(settings, cases=n) for n in (1, 99, 100, 101, 10_000)] == [1, 99, 100, 100, 100]
    assert most_weight(settings) == 100


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0.9, 0.6, 1.5),
        (0.6, 0.9, 2 / 3),
        (1.0, 1.0, 1.0),
        (4.0, 1.0, 2.0),  # held at the most
        (1.0, 4.0, 0.5),
        (1.0, 0.0, 2.0),  # nothing is divided by zero
        (0.0, 1.0, 0.5),
        (0.0, 0.0, 2.0),
        (None, None, 1.0),  # no validation cases
    ],
)
def test_dynamic_weights_are_cases_times_gain_in_sixteenths(
    before: float | None, after: float | None, expected: float
) -> None:
    settings = WeightSettings(by="dynamic", most_gain=2.0)
    weight = hospital_weight(settings, cases=30, loss_before=before, loss_after=after)
    assert weight == round(16 * 30 * expected)
    assert 1 <= weight <= most_weight(settings) == 16 * 4096 * 2


def test_the_range_is_a_power_of_two_that_holds_every_weight() -> None:
    settings = WeightSettings(by="cases", most_cases=5000)
    assert weight_range(settings, None) == 8192
    assert [weight_range(settings, summed) for summed in (1, 2, 3, 4, 5, 512, 513)] == [1, 2, 4, 4, 8, 512, 1024]
    assert weight_range(settings, 50_000) == 8192
