"""All that the hospitals of a federation agree on in, one TOML file and its fingerprint out; and back."""

import tomllib
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from pleura.data.task import find_task
from pleura.errors import RecipeError
from pleura.federation.engine.kits import Place
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.secure_sum.terms import LEAST_HOSPITALS
from pleura.models.toml_write import to_toml
from pleura.settings import TrainingRecipe, parse_settings

if TYPE_CHECKING:
    from pleura.federation.learning.lesson import Recipe

__all__ = ["Invitation", "fingerprint_of"]

_LARGEST: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class _Terms:
    """All of an invitation but the recipe, which is of one of several kinds."""

    host: str
    """Under which the hospitals reach the server."""
    port: int
    coordinator_port: int
    """Reached from the server's own machine only."""
    coordinator: str
    """The coordinator's public key, 64 hexadecimal digits; it signs the member lists."""
    authority: str
    """Fingerprint of the certificate authority, as the engine writes it."""
    synthetic: bool
    """Whether all hospitals' cases are synthetic; otherwise none are."""
    quorum: int = LEAST_HOSPITALS
    """Hospitals without which no round begins, and uploads without which none is closed."""
    parent: str = ""
    """Id of the model whose weights the first round begins with; empty for fresh weights from the recipe's seed."""
    settings: FederationSettings

    def __post_init__(self) -> None:
        local, protection = self.settings.local, self.settings.protection
        if len(self.coordinator) != 64 or set(self.coordinator) - set("0123456789abcdef"):
            raise RecipeError(f"coordinator = {self.coordinator!r}; need 64 hexadecimal digits")
        if self.parent and (len(self.parent) != 64 or set(self.parent) - set("0123456789abcdef")):
            raise RecipeError(f"parent = {self.parent!r}; need a model's id, 64 hexadecimal digits, or nothing")
        if not LEAST_HOSPITALS <= self.quorum <= protection.most_hospitals:
            raise RecipeError(
                f"quorum = {self.quorum}; need {LEAST_HOSPITALS} to {protection.most_hospitals}, for which the "
                "protection leaves room"
            )
        if local.unit != "epochs":
            raise RecipeError(
                f'local: unit = "{local.unit}"; hospitals bound a round by its epochs in their policies, and so real '
                'ones train by "epochs"'
            )
        if protection.backend == "seal":
            raise RecipeError('protection: backend = "seal"; rounds carry no shared key for it, use "ring"')
        _ = self.place

    @property
    def place(self) -> Place:
        """Where the server is found."""
        return Place(self.settings.name, self.host, self.port, self.coordinator_port)


@dataclass(frozen=True, kw_only=True)
class Invitation(_Terms):
    """What a hospital reads before it joins; public, and the same for all.

    Raises
    ------
    RecipeError
        If it contradicts itself, or asks for what real hospitals cannot bound or protect.
    """

    recipe: "Recipe"
    """How the hospitals train: a classifier's recipe, or a segmenter's."""

    def to_text(self) -> str:
        """Write it as TOML."""
        return to_toml({"format": 1, **asdict(self)})

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of an invitation; `RecipeError` if it is none."""
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise RecipeError(f"not TOML: {error}") from error
        if table.pop("format", None) != 1:
            raise RecipeError("format is not 1")
        recipe = table.pop("recipe", None)
        if not isinstance(recipe, dict):
            raise RecipeError("recipe is missing; need a table [recipe]")
        terms = parse_settings(_Terms, table)
        return cls(recipe=_parse_recipe(recipe), **{one.name: getattr(terms, one.name) for one in fields(_Terms)})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read an invitation.

        Raises
        ------
        RecipeError
            If the file cannot be read, or is none.
        """
        try:
            with path.open("rb") as file:
                return cls.parse(file.read(_LARGEST).decode("utf-8"))
        except (OSError, UnicodeDecodeError, RecipeError) as error:
            raise RecipeError(f"cannot use the invitation {path}: {error}; ask the coordinator for it again") from error


def _parse_recipe(table: dict[str, Any]) -> "Recipe":
    """Read a recipe's table by its task; only what is no classifier needs torch for it, which takes seconds."""
    try:
        find_task(str(table.get("task", "diagnosis")))
    except RecipeError:
        from pleura.federation.learning.lessons.find import parse_learned

        return parse_learned(table)
    return parse_settings(TrainingRecipe, table, "recipe")


def fingerprint_of(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits; this is what is compared by telephone.

    Raises
    ------
    RecipeError
        If it cannot be read.
    """
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise RecipeError(f"cannot read {path}: {error.strerror or error}") from error
