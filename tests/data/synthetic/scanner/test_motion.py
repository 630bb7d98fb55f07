import numpy as np
import pytest

from pleura.data.synthetic.scanner.motion import BREATH_SECONDS, Motion

SLICE = np.array([98.0, 100.0, 102.0])


def moving(**changes) -> Motion:
    given = {"breathing": 8.0, "heartbeat": 5.0, "rotation": 0.5, "table": 50.0, "phases": (0.0, 0.0)}
    return Motion(**(given | changes))


def test_who_holds_his_breath_does_not_move() -> None:
    rise, beat = moving(breathing=0.0, heartbeat=0.0).at(SLICE)
    assert not rise.any()
    assert not beat.any()


def test_the_middle_sub_slice_is_seen_in_the_middle_of_the_time() -> None:
    """By hand: 100 mm at 50 mm/s are 2 s, half a breath of 4 s, so the base is at its lowest."""
    rise, beat = moving().at(SLICE)
    assert rise[1] == pytest.approx(-8.0)
    assert rise[[0, 2]] == pytest.approx(-8.0 * np.cos(2 * np.pi * 0.25 / 4), abs=1e-9)  # a third of 1.5 rotations
    assert beat[1] == pytest.approx(2.5 * (1 - np.cos(2 * np.pi * 2 / 0.85)))


def test_breath_goes_on_over_the_slices_as_the_table_does() -> None:
    motion = moving(table=25.0)
    period = BREATH_SECONDS * 25.0
    assert motion.at(SLICE + period)[0] == pytest.approx(motion.at(SLICE)[0])
    rises = np.concatenate([motion.at(np.array([z]))[0] for z in np.arange(0, 300, 2.0)])
    assert rises.max() == pytest.approx(8, abs=0.05)
    assert rises.min() == pytest.approx(-8, abs=0.05)
    assert rises.mean() == pytest.approx(0, abs=0.5)


def test_the_heart_only_contracts() -> None:
    beats = np.concatenate([moving().at(np.array([z, z + 1]))[1] for z in np.arange(0, 300, 2.0)])
    assert beats.min() >= 0
    assert beats.max() == pytest.approx(5, abs=0.05)
    slow, fast = moving(rotation=0.8), moving(rotation=0.25)
    spread = [np.mean([np.ptp(m.at(SLICE + z)[1]) for z in np.arange(0, 300, 2.0)]) for m in (fast, slow)]
    assert spread[0] < spread[1], "a slower tube blurs the heart more"
