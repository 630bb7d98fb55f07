"""What a federation agrees on beside the training recipe: TOML in, one frozen dataclass out."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from pleura.errors import RecipeError
from pleura.settings import parse_settings

__all__ = [
    "STRATEGIES",
    "WEIGHTS",
    "ClippingSettings",
    "EvaluationSettings",
    "FederationSettings",
    "LocalSettings",
    "ProtectionSettings",
    "StrategySettings",
    "WeightSettings",
    "parse_federation",
    "read_federation",
]

STRATEGIES = ("fedavg", "fedprox", "fedavgm", "fedadam", "fedbn")
"""How the hospitals' updates become the next global model."""
WEIGHTS = ("equal", "cases", "dynamic")
"""What a hospital's update counts by."""
_UNITS = ("epochs", "steps", "seconds")
_OPTIMISERS = ("fresh", "kept")
_BACKENDS = ("ring", "seal", "masks", "plain")


def _refuse(condition: bool, message: str) -> None:
    if condition:
        raise RecipeError(message)


def _refuse_unknown(table: str, key: str, value: str, known: tuple[str, ...]) -> None:
    _refuse(value not in known, f'{table}: {key} = "{value}"; known are {", ".join(known)}')


@dataclass(frozen=True, kw_only=True)
class LocalSettings:
    """What a hospital does between two global models."""

    unit: str = "epochs"
    """What `amount` counts: "epochs" over its training cases, "steps" of the optimiser, or "seconds" of training."""
    amount: float = 1
    """How many; a whole number but for seconds."""
    optimiser: str = "fresh"
    """ "fresh": momentum begins at zero in each round; "kept": it stays in the hospital and goes on."""

    def __post_init__(self) -> None:
        _refuse_unknown("local", "unit", self.unit, _UNITS)
        _refuse_unknown("local", "optimiser", self.optimiser, _OPTIMISERS)
        _refuse(not 0 < self.amount <= 10_000, f"local: amount = {self.amount}; need more than 0, at most 10000")
        whole = float(self.amount).is_integer()
        _refuse(self.unit != "seconds" and not whole, f"local: amount = {self.amount}; need a whole number")


@dataclass(frozen=True, kw_only=True)
class StrategySettings:
    """How updates become the next global model; each strategy reads its own fields."""

    name: str = "fedavg"
    """ "fedavg", "fedprox", "fedavgm", "fedadam" or "fedbn"."""
    proximal: float = 0.01
    """Of fedprox: its mu."""
    rate: float = 1.0
    """Of fedavgm: what the momentum is multiplied by."""
    momentum: float = 0.9
    """Of fedavgm: share of the momentum that is kept from round to round."""
    adam_rate: float = 0.01
    """Of fedadam: its learning rate, eta."""
    beta1: float = 0.9
    """Of fedadam: share of the first moment that is kept."""
    beta2: float = 0.99
    """Of fedadam: share of the second moment that is kept."""
    tau: float = 1e-3
    """Of fedadam: added to the root of the second moment, which begins at its square."""

    def __post_init__(self) -> None:
        _refuse_unknown("strategy", "name", self.name, STRATEGIES)
        for name in ("proximal", "rate", "adam_rate", "tau"):
            value = getattr(self, name)
            _refuse(not 0 < value < float("inf"), f"strategy: {name} = {value}; need a positive number")
        for name in ("momentum", "beta1", "beta2"):
            value = getattr(self, name)
            _refuse(not 0 <= value < 1, f"strategy: {name} = {value}; need 0 <= {name} < 1")


@dataclass(frozen=True, kw_only=True)
class WeightSettings:
    """What a hospital's update counts by; the weight itself only ever goes into the sum."""

    by: str = "equal"
    """ "equal", as in the paper; "cases", by training cases; "dynamic", by training cases and validation gain."""
    most_cases: int = 4096
    """Training cases beyond which a hospital counts no more."""
    most_gain: float = 2.0
    """Of dynamic: a gain counts at most this much, and at least one over it."""

    def __post_init__(self) -> None:
        _refuse_unknown("weights", "by", self.by, WEIGHTS)
        _refuse(not 1 <= self.most_cases <= 2**24, f"weights: most_cases = {self.most_cases}; need 1 to 2^24")
        _refuse(not 1 <= self.most_gain <= 100, f"weights: most_gain = {self.most_gain}; need 1 to 100")


@dataclass(frozen=True, kw_only=True)
class ClippingSettings:
    """How far a number of an update may go; docs/background/federated-learning.md has the rule."""

    first: float = 1.0
    """Limit of the first round, in units of the tensor's largest number in the first global model."""
    margin: float = 8.0
    """Limit of later rounds, in units of the largest change that the last round's mean made in the tensor."""
    tolerated: float = 1e-3
    """Share of a tensor's numbers that may be cut before its limit is doubled."""
    least: float = 2.0**-16
    """No limit is smaller."""

    def __post_init__(self) -> None:
        for name in ("first", "least"):
            value = getattr(self, name)
            _refuse(not 0 < value < float("inf"), f"clipping: {name} = {value}; need a positive number")
        _refuse(not 1 <= self.margin <= 1000, f"clipping: margin = {self.margin}; need 1 to 1000")
        _refuse(not 0 <= self.tolerated < 1, f"clipping: tolerated = {self.tolerated}; need 0 <= tolerated < 1")


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings:
    """How the global model is judged in each round, on the hospitals' validation cases together."""

    bins: int = 100
    """Bins of the histograms of scores, of equal width from 0 to 1."""
    most_cases: int = 65_535
    """Validation cases that a hospital may have."""

    def __post_init__(self) -> None:
        _refuse(not 2 <= self.bins <= 10_000, f"evaluation: bins = {self.bins}; need 2 to 10000")
        _refuse(not 1 <= self.most_cases <= 2**31, f"evaluation: most_cases = {self.most_cases}; need 1 to 2^31")


@dataclass(frozen=True, kw_only=True)
class ProtectionSettings:
    """How the sum is protected."""

    backend: str = "ring"
    """ "ring", "seal", "masks", or "plain" for no protection."""
    values_per_coefficient: int = 4
    """Of ring: 4 is smaller on the wire, 3 is finer."""
    most_hospitals: int = 16
    """What the encryption leaves room for; more make every number coarser."""

    def __post_init__(self) -> None:
        _refuse_unknown("protection", "backend", self.backend, _BACKENDS)
        _refuse(
            self.values_per_coefficient not in (3, 4),
            f"protection: values_per_coefficient = {self.values_per_coefficient}; need 3 or 4",
        )
        _refuse(
            not 3 <= self.most_hospitals <= 128,
            f"protection: most_hospitals = {self.most_hospitals}; need 3 to 128",
        )


@dataclass(frozen=True, kw_only=True)
class FederationSettings:
    """All that decides a federated training, except the recipe and the hospitals."""

    name: str = "federation"
    """Of the federation; stands in the terms of every round."""
    rounds: int = 30
    """Global models after the first; the recipe's schedule is stretched over them."""
    local: LocalSettings = field(default_factory=LocalSettings)
    """What a hospital does in a round."""
    strategy: StrategySettings = field(default_factory=StrategySettings)
    """What becomes of the updates."""
    weights: WeightSettings = field(default_factory=WeightSettings)
    """What they count by."""
    clipping: ClippingSettings = field(default_factory=ClippingSettings)
    """How large they may be."""
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
    """How the global models are judged."""
    protection: ProtectionSettings = field(default_factory=ProtectionSettings)
    """How the sum is protected."""

    def __post_init__(self) -> None:
        _refuse(not self.name or not self.name.isprintable(), f"name = {self.name!r}; need a printable text")
        _refuse(not 1 <= self.rounds <= 1_000_000, f"rounds = {self.rounds}; need 1 to 1000000")


def read_federation(path: Path) -> FederationSettings:
    """Read a federation's settings from a TOML file.

    Raises
    ------
    RecipeError
        If the file cannot be read, is not TOML, or holds an unknown key, a wrong type or a contradiction.
    """
    try:
        return parse_federation(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the settings {path}: {error}") from error
    except RecipeError as error:
        raise RecipeError(f"{path.name}: {error}") from error


def parse_federation(text: str) -> FederationSettings:
    r"""Parse a federation's settings.

    Raises
    ------
    RecipeError
        If the text is not TOML, or holds an unknown key, a wrong type or a contradiction.

    Examples
    --------
    >>> parse_federation('rounds = 5\n[strategy]\nname = "fedprox"').strategy.proximal
    0.01
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"not TOML: {error}") from error
    return parse_settings(FederationSettings, table)
