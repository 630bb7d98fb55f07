"""A recipe and a federation's settings in; all that follows from the two, alike in every hospital, out."""

from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256

from pleura.data.task import Task, find_task
from pleura.federation.learning.pooled import Pooled, pool
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.learning.state import GlobalState, first_state, next_state
from pleura.federation.learning.strategies import Strategy, create_strategy
from pleura.federation.learning.tensors import Travelling, read_tensors, travelling
from pleura.federation.learning.update import evaluation_layout, training_layout
from pleura.federation.secure_sum.layout import Layout
from pleura.federation.secure_sum.sums import Opened
from pleura.models.files import Model
from pleura.models.toml_write import to_toml
from pleura.settings import TrainingRecipe
from pleura.training.description import recipe_hash
from pleura.training.initial import first_network, with_lesions

__all__ = ["Agreement"]


@dataclass(frozen=True)
class Agreement:
    """What hospitals that train together have agreed on.

    Raises
    ------
    RecipeError, ModelError
        When something is asked of it, if the recipe cannot be used.
    """

    recipe: TrainingRecipe
    """How a hospital trains."""
    settings: FederationSettings
    """How the hospitals' training becomes one model."""

    @cached_property
    def task(self) -> Task:
        """What is told apart."""
        return find_task(self.recipe.task)

    @cached_property
    def strategy(self) -> Strategy:
        """What becomes of the updates."""
        return create_strategy(self.settings.strategy)

    @cached_property
    def shared(self) -> tuple[Travelling, ...]:
        """What is added up, in its order."""
        network = first_network(self.recipe, self.task.classes, None)
        return self.strategy.shared(travelling(with_lesions(network, self.recipe)))

    @cached_property
    def layout(self) -> Layout:
        """The vector of a round, the same in all rounds."""
        return training_layout(self.shared, len(self.task.classes), self.settings)

    @cached_property
    def evaluation_layout(self) -> Layout:
        """The vector of a round in which the model is only judged."""
        return evaluation_layout(len(self.task.classes), self.settings)

    @property
    def digest(self) -> str:
        """SHA-256 over recipe and settings, 64 hexadecimal digits."""
        return sha256(f"{recipe_hash(self.recipe)}\n{to_toml(asdict(self.settings))}".encode()).hexdigest()

    def begin(self, parent: Model | None) -> GlobalState:
        """Make what the first round begins with.

        Parameters
        ----------
        parent : a model whose weights to begin with; fresh weights from the recipe's seed otherwise
        """
        trained = with_lesions(first_network(self.recipe, self.task.classes, parent), self.recipe)
        return first_state(read_tensors(trained, travelling(trained)), self.shared, self.strategy, self.settings)

    def advance(self, state: GlobalState, opened: Opened) -> GlobalState:
        """Take the global model on by an opened round."""
        return next_state(state, opened, shared=self.shared, strategy=self.strategy, settings=self.settings)

    def pool(self, opened: Opened) -> Pooled:
        """Compute how good the model is that a round began with, on all hospitals' validation cases."""
        return pool(opened.counts, self.task.classes, self.settings.evaluation.bins)
