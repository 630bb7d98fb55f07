"""What docs/background/federated-learning.md says in numbers."""

import re
from pathlib import Path

import pytest

from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.settings import STRATEGIES, FederationSettings, parse_federation
from pleura.federation.secure_sum.ring.parameters import Parameters
from pleura.federation.secure_sum.slots import half_range
from pleura.settings import TrainingRecipe

PAGE = (Path(__file__).parents[2] / "docs" / "background" / "federated-learning.md").read_text(encoding="utf-8")


def test_its_settings_are_the_defaults() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert parse_federation(block) == FederationSettings()


def test_its_table_has_every_strategy_with_its_defaults() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*?\|(.*?)\| [^|]*\|$", PAGE, flags=re.MULTILINE)
    assert tuple(name for name, _ in rows) == STRATEGIES
    strategy = FederationSettings().strategy
    named = [pair for _, cell in rows for pair in re.findall(r"`(\w+)` = (?:mu = )?([\d.]+)", cell)]
    assert {name: float(value) for name, value in named} == {name: getattr(strategy, name) for name, _ in named}
    assert len(named) == 7


def test_the_paper_s_network_has_as_many_numbers() -> None:
    agreement = Agreement(TrainingRecipe(name="ucadi"), FederationSettings())
    (said,) = re.findall(r"([\d,]+)\s+numbers\s+for\s+the\s+paper's\s+network", PAGE)
    assert sum(one.size for one in agreement.shared) == int(said.replace(",", ""))


@pytest.mark.parametrize(("values", "said"), [(4, "1.6e-5"), (3, "1.3e-7")])
def test_the_error_of_rounding_is_half_a_level(values: int, said: str) -> None:
    assert said in PAGE
    levels = Parameters(most_hospitals=16, values_per_coefficient=values).levels
    assert 0.9 * float(said) < 0.5 / half_range(levels) <= float(said)
