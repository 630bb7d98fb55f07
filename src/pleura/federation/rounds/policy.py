"""A hospital's own TOML file and the server's wish in, consent or a refusal by name out.

The file belongs to the hospital. Nothing that the server signs, and nothing that the coordinator signs, goes past it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from pleura.errors import PolicyError, RecipeError
from pleura.federation.rounds.descriptor import Descriptor
from pleura.federation.secure_sum.terms import LEAST_HOSPITALS, Backend
from pleura.settings import parse_settings

__all__ = ["Policy", "check_policy", "read_policy"]

_HASH: Final = "sha256:"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a hospital consents to.

    Raises
    ------
    RecipeError
        If it contradicts itself.
    """

    recipes: tuple[str, ...] = ()
    """Recipes that may train here: "sha256:" and 64 hexadecimal digits, or the name of a recipe that the hospital
    holds a copy of, which then has to be that copy. None are allowed that are not named."""
    least_hospitals: int = LEAST_HOSPITALS
    """Hospitals whose uploads a sum holds at the least, this one's among them or not."""
    most_local_epochs: float = 1.0
    """Epochs of training a round at the most."""
    backends: tuple[str, ...] = ("ring",)
    """Protections that are good enough: "ring", "seal", "masks", "plain"."""
    server_reads_model: bool = False
    """Whether the server may read the sum, and so the model."""
    privacy_budget: float = 0.0
    """Sum over all rounds of what they cost in epsilon, at the most; 0 demands no differential privacy. With a budget,
    a round that promises no epsilon is refused. Adding the rounds' epsilons is the simplest bound, and a safe one."""
    least_difference: int = LEAST_HOSPITALS
    """Where a round was run again after this hospital had answered: hospitals in which the two sums differ at the
    least, if they differ. With fewer, the difference between the sums would tell too much of single ones. 0 gives
    this up, should a round never come to an end otherwise."""

    def __post_init__(self) -> None:
        for recipe in self.recipes:
            digits = recipe.removeprefix(_HASH)
            if not recipe or (recipe != digits and (len(digits) != 64 or set(digits) - set("0123456789abcdef"))):
                raise RecipeError(f'recipes: {recipe!r}; need a name, or "{_HASH}" and 64 hexadecimal digits')
        unknown = sorted(set(self.backends) - set(get_args(Backend)))
        if unknown:
            raise RecipeError(f"backends: {unknown[0]!r}; known are {', '.join(get_args(Backend))}")
        if self.least_hospitals < LEAST_HOSPITALS:
            raise RecipeError(f"least_hospitals = {self.least_hospitals}; need {LEAST_HOSPITALS} or more")
        if not (self.most_local_epochs > 0 and self.privacy_budget >= 0 and self.least_difference >= 0):
            raise RecipeError(
                "most_local_epochs is more than 0, privacy_budget and least_difference are 0 or more; got "
                f"{self.most_local_epochs}, {self.privacy_budget} and {self.least_difference}"
            )


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises
    ------
    RecipeError
        If it cannot be read, is not TOML, or holds an unknown key, a wrong type or a contradiction.
    """
    try:
        return parse_settings(Policy, tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecipeError) as error:
        raise RecipeError(
            f"cannot use the policy {path}: {error}; no round is taken part in until it is put right"
        ) from (error)


def check_policy(policy: Policy, descriptor: Descriptor, *, held: Mapping[str, str], spent: float) -> None:
    """Refuse a round that the policy forbids.

    Parameters
    ----------
    policy : the hospital's
    descriptor : what the server wishes
    held : SHA-256 of each recipe that the hospital holds, 64 hexadecimal digits, by name
    spent : privacy loss of all rounds that this hospital uploaded in up to now

    Raises
    ------
    PolicyError
        If a wish goes beyond it; the first such one is named.
    """
    wish = descriptor
    if wish.recipe_hash not in held.values():
        raise PolicyError(
            f"the recipe {wish.recipe!r} (sha256:{wish.recipe_hash[:16]}...) is none that this hospital holds; look at "
            "it, and put it among the hospital's recipes if it may train here"
        )
    by_hash = f"{_HASH}{wish.recipe_hash}" in policy.recipes
    by_name = wish.recipe in policy.recipes and held.get(wish.recipe) == wish.recipe_hash
    if not (by_hash or by_name):
        raise PolicyError(
            f"the recipe {wish.recipe!r} (sha256:{wish.recipe_hash[:16]}...) is not allowed here; the policy's recipes "
            f"are {', '.join(policy.recipes) or 'none'}, each as the hospital holds it"
        )
    if min(wish.quorum, len(wish.members)) < policy.least_hospitals:
        raise PolicyError(
            f"the sum may hold as few as {wish.quorum} hospitals; the policy wants {policy.least_hospitals} or more"
        )
    if wish.local_epochs > policy.most_local_epochs:
        raise PolicyError(
            f"{wish.local_epochs:g} local epochs are asked for; the policy allows {policy.most_local_epochs:g}"
        )
    if wish.backend not in policy.backends:
        raise PolicyError(
            f"the backend {wish.backend} is not good enough here; the policy allows {', '.join(policy.backends)}"
        )
    if wish.server_reads_model and not policy.server_reads_model:
        raise PolicyError("the server wants to read the model; the policy does not allow it")
    if policy.privacy_budget and not 0 < wish.epsilon <= policy.privacy_budget - spent:
        promised = f"costs {wish.epsilon:g}" if wish.epsilon else "promises no bound"
        raise PolicyError(
            f"the round {promised} of epsilon; {policy.privacy_budget - spent:g} of the policy's "
            f"{policy.privacy_budget:g} is left"
        )
