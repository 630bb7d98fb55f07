"""What decides an experiment beside the training recipe, as one frozen dataclass; contradictions are refused."""

from dataclasses import dataclass

from pleura.errors import RecipeError
from pleura.settings import CLASSES

__all__ = ["ExperimentSettings"]


def _refuse(condition: bool, message: str) -> None:
    if condition:
        raise RecipeError(message)


@dataclass(frozen=True, kw_only=True)
class ExperimentSettings:
    """Of all experiments; each reads its own fields.

    `cases`, `size`, `cohort_seed`, `splits` and `newcomer` have no part in it where a cohort is given.
    """

    cases: int = 480
    """Patients of the hospitals together, but for the one that joins later."""
    size: str = "small"
    """Grid of a synthetic case, a name in `pleura.data.synthetic.scanner.protocol.SIZES`."""
    cohort_seed: int = 2020
    """Draws the patients; they are the same for all training seeds."""
    splits: tuple[float, ...] = (0.5, 0.05, 0.45)
    """Shares of train, validation and test; the test cases carry the answer, so they are many."""
    seeds: int = 5
    """How often each arm is trained, with seeds 0, 1 and so on for first weights, order, subsets and augmentation."""
    rounds: int = 10
    """Rounds of a federation, of one local epoch each but in the sweep; as many epochs for the arms without one."""
    joined: int = 6
    """Of new-hospital: further rounds once the fourth has joined."""
    newcomer: str = "covid-19"
    """Of new-hospital: the one class of all its patients, as in the paper; "all" gives it every class alike."""
    local_epochs: tuple[int, ...] = (1, 2, 5, 10)
    """Of local-epochs: epochs between two rounds; each divides `rounds`, which is the number of epochs in all."""
    alone: bool = False
    """Of covidet-federated: whether each hospital is trained alone, too."""
    margin: float = 0.05
    """Difference of accuracies, or of areas under the curve, below which two arms count as equally good; stated here
    before anything is trained."""
    protection: str = "ring"
    """How the federation's sum is protected, but in the experiment on that."""

    def __post_init__(self) -> None:
        for name, least in (("cases", 40), ("seeds", 1), ("rounds", 1), ("joined", 1), ("cohort_seed", 0)):
            value = getattr(self, name)
            _refuse(value < least, f"{name} = {value}; need {least} or more")
        _refuse(
            len(self.splits) != 3 or self.splits[2] <= 0, f"splits = {self.splits}; need three shares, some of test"
        )
        _refuse(not 0 < self.margin < 1, f"margin = {self.margin}; need a share between 0 and 1")
        known = ("all", *CLASSES)
        _refuse(self.newcomer not in known, f'newcomer = "{self.newcomer}"; known are {", ".join(known)}')
        bad = (
            not self.local_epochs or min(self.local_epochs) < 1 or len(set(self.local_epochs)) < len(self.local_epochs)
        )
        _refuse(bad, f"local_epochs = {self.local_epochs}; need different numbers of 1 or more")
