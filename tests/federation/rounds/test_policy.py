"""Policy files read, and each wish held against each line of them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from federation.rounds.example import DESCRIPTOR
from pleura.errors import PolicyError, RecipeError
from pleura.federation.rounds.policy import Policy, check_policy, read_policy

HELD = {"toy": "01" * 32, "other": "02" * 32}
WIDE = Policy(recipes=("toy",), most_local_epochs=2.0)


def consents(policy: Policy, wish: Any = DESCRIPTOR, *, held: dict[str, str] = HELD, spent: float = 0.0) -> bool:
    try:
        check_policy(policy, wish, held=held, spent=spent)
    except PolicyError:
        return False
    return True


@pytest.mark.parametrize(
    ("policy", "wish", "expected"),
    [
        ({}, {}, True),
        ({"recipes": ()}, {}, False),
        ({"recipes": ("other",)}, {}, False),
        ({"recipes": ("sha256:" + "01" * 32,)}, {}, True),
        ({"recipes": ("sha256:" + "01" * 32,)}, {"recipe": "by any name"}, True),
        ({"recipes": ("sha256:" + "02" * 32,)}, {}, False),
        ({}, {"recipe_hash": "02" * 32}, False),  # the name of one recipe on another
        ({"recipes": ("toy", "other")}, {"recipe_hash": "02" * 32}, False),
        ({"recipes": ("toy", "other")}, {"recipe": "other", "recipe_hash": "02" * 32}, True),
        ({"recipes": ("sha256:" + "03" * 32,)}, {"recipe_hash": "03" * 32}, False),  # not held
        ({"least_hospitals": 4}, {}, False),
        ({"least_hospitals": 4}, {"quorum": 4}, True),
        ({"least_hospitals": 6}, {"quorum": 5}, False),
        ({"most_local_epochs": 1.0}, {}, False),
        ({"most_local_epochs": 1.5}, {}, True),
        ({"backends": ("seal", "masks")}, {}, False),
        ({"backends": ("seal", "plain")}, {"backend": "plain"}, True),
        ({}, {"backend": "plain"}, False),
        ({}, {"server_reads_model": True}, False),
        ({"server_reads_model": True}, {"server_reads_model": True}, True),
        ({"server_reads_model": True}, {}, True),
        ({}, {"epsilon": 5.0}, True),
        ({"privacy_budget": 1.0}, {}, False),
        ({"privacy_budget": 1.0}, {"epsilon": 0.5}, True),
        ({"privacy_budget": 0.7}, {"epsilon": 0.5}, False),  # 0.25 are spent
        ({"privacy_budget": 0.75}, {"epsilon": 0.5}, True),
    ],
)
def test_wishes(policy: dict[str, Any], wish: dict[str, Any], expected: bool) -> None:
    assert consents(replace(WIDE, **policy), replace(DESCRIPTOR, **wish), spent=0.25) is expected


def test_a_name_means_the_hospitals_own_copy() -> None:
    assert consents(WIDE)
    assert not consents(WIDE, held={"toy": "05" * 32})
    assert not consents(WIDE, held={"toy": "05" * 32, "renamed": "01" * 32})


def test_a_policy_file(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('recipes = ["a", "b"]\nleast_hospitals = 5\nmost_local_epochs = 2\nbackends = ["ring", "masks"]\n')
    expected = Policy(recipes=("a", "b"), least_hospitals=5, most_local_epochs=2.0, backends=("ring", "masks"))
    assert read_policy(path) == expected
    path.write_text("")
    assert read_policy(path) == Policy()
    assert not consents(read_policy(path))  # an empty policy allows no recipe


@pytest.mark.parametrize(
    "text",
    [
        "recipes = 5",
        "recipes = [5]",
        'recipes = [""]',
        'recipes = ["sha256:abc"]',
        'recipe = ["a"]',
        'backends = ["rot13"]',
        "least_hospitals = 2",
        "most_local_epochs = 0",
        "privacy_budget = -1.0",
        "least_difference = -1",
        "server_reads_model = 1",
        "recipes = [",
        "most_local_epochs = nan",
    ],
)
def test_files_that_are_no_policy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=r"policy\.toml: .*; no round is taken part in until it is put right"):
        read_policy(path)


def test_no_policy_file(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot use the policy"):
        read_policy(tmp_path / "policy.toml")
