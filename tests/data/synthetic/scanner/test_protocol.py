from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pleura.data.synthetic.scanner.protocol import SIZES, Protocol, find_size
from pleura.data.synthetic.scanner.scanners import KERNELS, SCANNERS, find_scanner
from pleura.errors import RecipeError


def test_the_scanners_are_those_of_ucadi_and_that_of_the_real_series() -> None:
    assert [(s.manufacturer.split()[0], s.model, s.slice_mm) for s in SCANNERS.values()] == [
        ("GE", "LightSpeed16", 1.25),
        ("GE", "Discovery CT750 HD", 1.25),
        ("SIEMENS", "SOMATOM Definition AS+", 1.0),
        ("Philips", "Brilliance 16", 5.0),
    ]
    for scanner in SCANNERS.values():
        assert abs(scanner.offset) <= 3, "quality assurance lets a few HU pass"
        assert set(scanner.habit) == set(scanner.kernels) == set(KERNELS)
        assert sum(scanner.fields.values()) == pytest.approx(1)
        assert sum(scanner.coverage.values()) == pytest.approx(1)
        assert sum(scanner.habit.values()) == pytest.approx(1)


def test_a_seed_draws_one_protocol_with_the_habits_of_its_scanner() -> None:
    for name, scanner in SCANNERS.items():
        drawn = [Protocol.draw(seed, scanner=name) for seed in range(600)]
        assert drawn[3] == Protocol.draw(3, scanner=name) != drawn[4]
        assert {p.model for p in drawn} == {scanner.model}
        counts = Counter(p.kernel for p in drawn)
        for kernel, share in scanner.habit.items():
            assert counts[kernel] / 600 == pytest.approx(share, abs=0.065)  # three standard errors
        assert all(p.kernel_name == scanner.kernels[p.kernel] for p in drawn)
        assert np.median([p.noise for p in drawn]) == pytest.approx(scanner.noise, rel=0.05)
        assert np.mean([p.offset for p in drawn]) == pytest.approx(scanner.offset, abs=0.4)
        fields = Counter(p.field_of_view or 0.0 for p in drawn)
        for field, share in scanner.fields.items():
            assert fields[field] / 600 == pytest.approx(share, abs=0.065)
        covered = Counter(p.coverage for p in drawn)
        for coverage, share in scanner.coverage.items():
            assert covered[coverage] / 600 == pytest.approx(share, abs=0.065)
        assert max(abs(p.offset) for p in drawn) <= 5
        assert np.mean([p.electrodes for p in drawn]) == pytest.approx(scanner.electrodes, abs=0.03)
        assert np.mean([p.circle for p in drawn]) == pytest.approx(scanner.circle, abs=0.06)


def test_without_a_scanner_each_is_drawn_about_as_often() -> None:
    counts = Counter(Protocol.draw(seed).model for seed in range(600))
    assert len(counts) == 4
    assert min(counts.values()) > 115


def test_sizes() -> None:
    assert list(SIZES) == ["tiny", "small", "medium", "full"]
    assert [size.shape[1:] for size in SIZES.values()] == [(64, 64), (128, 128), (256, 256), (512, 512)]
    assert [size.spacing for size in SIZES.values()] == [None, None, None, 5.0]
    assert SIZES["full"].shape[0] * 5.0 == 300, "as long as a chest"
    assert find_size("full") is SIZES["full"]
    drawn = Protocol.draw(1, shape=(5, 32, 32), spacing=2.5)
    assert (drawn.shape, drawn.spacing) == ((5, 32, 32), 2.5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"shape": (1, 64, 64)}, "at least 2 slices"),
        ({"shape": (8, 64, 32)}, "square matrix"),
        ({"shape": (8, 63, 63)}, "even width"),
        ({"spacing": 0.0}, "spacing must be positive"),
        ({"breath": 1.2}, "breath must lie between 0"),
        ({"breathing": -1.0}, "breathing must lie"),
        ({"heartbeat": float("nan")}, "heartbeat must lie"),
        ({"table": 0.0}, "table must lie"),
        ({"contrast": 900.0}, "contrast must lie"),
        ({"coverage": 0.0}, "coverage must lie"),
        ({"field_of_view": float("nan")}, "field_of_view must be positive"),
        ({"noise": -1.0}, "noise must be 0 or more"),
        ({"kernel": "bone"}, "soft, standard, sharp"),
        ({"couch": 4}, "couch must be"),
        ({"crispness": 0.0}, "crispness must lie"),
        ({"hardening": float("nan")}, "hardening must be"),
        ({"padding": 0}, "padding must lie"),
    ],
)
def test_refuses_an_impossible_protocol(changes, words) -> None:
    with pytest.raises(RecipeError, match=words):
        replace(Protocol(), **changes)


def test_refuses_unknown_names() -> None:
    with pytest.raises(RecipeError, match="choose one of GE LightSpeed16"):
        Protocol.draw(1, scanner="GE")
    with pytest.raises(RecipeError, match="no scanner is called"):
        find_scanner("")
    with pytest.raises(RecipeError, match="no size is called 'Full'"):
        find_size("Full")


def test_the_iller_the_shallower_and_the_more_restless() -> None:
    for name, scanner in SCANNERS.items():
        breath, restless = [], []
        for severity in (0, 1, 2, 3):
            drawn = [Protocol.draw(seed, scanner=name, severity=severity) for seed in range(500)]
            breath.append(np.mean([p.breath for p in drawn]))
            restless.append(np.mean([p.breathing > 0 for p in drawn]))
        assert breath[0] == pytest.approx(scanner.breath, abs=0.02)
        assert breath[0] > breath[1] > breath[2] > breath[3]
        assert restless[0] == pytest.approx(0.5 * scanner.restless, abs=0.035)
        assert restless[3] == pytest.approx(2.3 * scanner.restless, abs=0.065)


def test_contrast_agent_is_a_habit_of_the_hospital() -> None:
    for name, scanner in SCANNERS.items():
        given = [Protocol.draw(seed, scanner=name).contrast for seed in range(500)]
        assert np.mean(np.array(given) > 0) == pytest.approx(scanner.contrast, abs=0.065)
        assert all(c == 0 or 90 <= c <= 230 for c in given)
