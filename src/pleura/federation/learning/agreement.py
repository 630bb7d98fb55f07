"""A recipe and a federation's settings in; all that follows from the two, alike in every hospital, out."""

from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256

from pleura.errors import ModelError, RecipeError
from pleura.federation.learning.lesson import AnyModel, Judgement, Lesson, Recipe
from pleura.federation.learning.lessons.find import find_lesson
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.learning.state import GlobalState, first_state, next_state
from pleura.federation.learning.strategies import Strategy, create_strategy
from pleura.federation.learning.tensors import Travelling, read_tensors, travelling
from pleura.federation.learning.update import MOST_CASES, training_layout
from pleura.federation.secure_sum.layout import Counts, Layout
from pleura.federation.secure_sum.sums import Opened
from pleura.models.toml_write import to_toml
from pleura.training.description import recipe_hash

__all__ = ["Agreement"]


@dataclass(frozen=True)
class Agreement:
    """What hospitals that train together have agreed on.

    Raises
    ------
    RecipeError, ModelError
        When something is asked of it, if the recipe cannot be used.
    """

    recipe: Recipe
    """How a hospital trains."""
    settings: FederationSettings
    """How the hospitals' training becomes one model."""
    parent: str = ""
    """Id of the model that the first round begins with, where it is part of what was agreed."""

    @cached_property
    def lesson(self) -> Lesson:
        """What is learned."""
        return find_lesson(self.recipe)

    @cached_property
    def strategy(self) -> Strategy:
        """What becomes of the updates."""
        return create_strategy(self.settings.strategy)

    @cached_property
    def shared(self) -> tuple[Travelling, ...]:
        """What is added up, in its order."""
        tensors = travelling(self.lesson.network())
        shared = self.strategy.shared(tensors)
        if self.settings.strategy.name == "fedbn" and len(shared) == len(tensors):
            raise RecipeError(
                f'strategy "fedbn" keeps batch norm at home, and {self.recipe.architecture} as in recipe '
                f'{self.recipe.name} has none; choose another strategy, such as "fedavg"'
            )
        return shared

    @cached_property
    def layout(self) -> Layout:
        """The vector of a round, the same in all rounds."""
        return training_layout(self.shared, self._counted, self.settings)

    @cached_property
    def evaluation_layout(self) -> Layout:
        """The vector of a round in which the model is only judged."""
        return Layout(self._counted)

    @property
    def _counted(self) -> tuple[Counts, ...]:
        """Training cases by what they are labelled, and what is counted when a model is judged."""
        labels = Counts(name="labels", size=len(self.lesson.labels), most=MOST_CASES)
        return (labels, *self.lesson.segments(self.settings.evaluation))

    @property
    def digest(self) -> str:
        """SHA-256 over recipe, settings and parent, 64 hexadecimal digits."""
        begun = f"\nparent {self.parent}" if self.parent else ""
        return sha256(f"{recipe_hash(self.recipe)}\n{to_toml(asdict(self.settings))}{begun}".encode()).hexdigest()

    def begin(self, parent: AnyModel | None) -> GlobalState:
        """Make what the first round begins with.

        Parameters
        ----------
        parent : a model whose weights to begin with; fresh weights from the recipe's seed otherwise

        Raises
        ------
        ModelError
            If another one was agreed on.
        """
        if self.parent and (parent is None or parent.id != self.parent):
            has = "none is given" if parent is None else f"{parent.card.name} is {parent.id[:16]}"
            raise ModelError(
                f"the first round begins with model {self.parent[:16]}, and {has}; ask the coordinator for the model"
            )
        trained = self.lesson.network(parent)
        return first_state(read_tensors(trained, travelling(trained)), self.shared, self.strategy, self.settings)

    def advance(self, state: GlobalState, opened: Opened) -> GlobalState:
        """Take the global model on by an opened round."""
        return next_state(state, opened, shared=self.shared, strategy=self.strategy, settings=self.settings)

    def pool(self, opened: Opened) -> Judgement:
        """Compute how good the model is that a round began with, on all hospitals' validation cases."""
        return self.lesson.pool(opened.counts, self.settings.evaluation)
