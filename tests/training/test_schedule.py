from itertools import pairwise
from math import cos, pi

import pytest
import torch

from pleura.settings import ScheduleSettings
from pleura.training.schedule import learning_rate

PAPER = ScheduleSettings(epochs=100, warmup_epochs=5)


def _rates(settings: ScheduleSettings, steps: int, peak: float = 0.01) -> list[float]:
    return [
        learning_rate(step, steps_per_epoch=steps, peak=peak, settings=settings)
        for step in range(settings.epochs * steps)
    ]


def test_values_by_hand() -> None:
    rates = _rates(PAPER, 10)
    assert rates[0] == pytest.approx(0.01 / 50)
    assert rates[24] == pytest.approx(0.005)
    assert rates[49] == rates[50] == pytest.approx(0.01)
    assert rates[50 + 475] == pytest.approx(0.005)
    assert rates[-1] == pytest.approx(0.01 * (1 + cos(pi * 949 / 950)) / 2)
    assert 0 < rates[-1] < 1e-7


def test_it_rises_then_falls() -> None:
    rates = _rates(PAPER, 7)
    assert all(a < b for a, b in pairwise(rates[:35]))
    assert all(a > b for a, b in pairwise(rates[35:]))


def test_the_decay_is_torchs_cosine_annealing() -> None:
    settings = ScheduleSettings(epochs=4, warmup_epochs=1)
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    torchs = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 15)
    for rate in _rates(settings, 5, peak=0.3)[5:]:
        assert rate == pytest.approx(torchs.get_last_lr()[0])
        optimiser.step()
        torchs.step()


def test_without_warm_up_it_begins_at_the_peak() -> None:
    assert _rates(ScheduleSettings(epochs=2, warmup_epochs=0), 3, peak=1.0)[0] == 1.0
