"""A global model and the hospitals' mean update in, the next global model out: one class a strategy, one registry.

What the papers let the server do, each hospital does for itself with the mean that it has opened; all arithmetic is
float32, number by number, so that every hospital comes to the same bytes. Running statistics of batch norm have no
gradient: whatever the strategy, they move by their mean update, and variances stay at or above zero.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pleura.errors import RecipeError
from pleura.federation.learning.settings import StrategySettings
from pleura.federation.learning.tensors import Arrays, Travelling

__all__ = ["FedAdam", "FedAvg", "FedAvgM", "FedBN", "FedProx", "Strategy", "create_strategy"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Strategy:
    """What strategies have in common; a new one overrides what differs."""

    settings: StrategySettings
    kinds: ClassVar[tuple[str, ...]] = ()
    """Of what is kept of a tensor of weights."""

    @property
    def proximal(self) -> float:
        """Strength of the term that holds local weights near the global ones; 0 for none."""
        return 0.0

    def shared(self, tensors: Sequence[Travelling]) -> tuple[Travelling, ...]:
        """Choose what is added up; the rest stays in each hospital."""
        return tuple(tensors)

    def begin(self, wanted: Sequence[Travelling], tensors: Arrays) -> dict[str, Floats]:
        """Make what the strategy keeps of each tensor of weights from round to round, by "KIND.TENSOR"."""
        return {
            f"{kind}.{one.name}": array
            for one in wanted
            if not one.statistic
            for kind, array in self.start(tensors[one.name]).items()
        }

    def start(self, before: Floats) -> dict[str, Floats]:  # noqa: ARG002 - for strategies that override it
        """Make what is kept of one tensor of weights, by kind."""
        return {}

    def step(
        self, wanted: Sequence[Travelling], tensors: Arrays, mean: Arrays, kept: Arrays
    ) -> tuple[dict[str, Floats], dict[str, Floats]]:
        """Take the global model on by one round.

        Parameters
        ----------
        wanted : the shared tensors
        tensors : the global model
        mean : weighted mean of the hospitals' updates
        kept : as `begin` or the last step gave it

        Returns
        -------
        The next global model, and what is kept for the step after.
        """
        following: dict[str, Floats] = {}
        keeping: dict[str, Floats] = {}
        for one in wanted:
            before, change = tensors[one.name], mean[one.name]
            if one.statistic:
                following[one.name] = before + change
                if one.name.endswith("running_var"):
                    following[one.name] = np.maximum(following[one.name], np.float32(0))
                continue
            own = {kind: kept[f"{kind}.{one.name}"] for kind in self.kinds}
            following[one.name], own = self.move(before, change, own)
            keeping |= {f"{kind}.{one.name}": array for kind, array in own.items()}
        return following, keeping

    def move(self, before: Floats, change: Floats, kept: dict[str, Floats]) -> tuple[Floats, dict[str, Floats]]:
        """Take one tensor of weights on by its mean update; give it, and what is kept of it."""
        return before + change, kept


class FedAvg(Strategy):
    """The global model moves by the mean update.

    References
    ----------
    McMahan, Moore, Ramage, Hampson, Aguera y Arcas (2017), Communication-efficient learning of deep networks from
    decentralized data, AISTATS, arXiv:1602.05629.
    """


class FedProx(Strategy):
    """FedAvg, with a term in each hospital's loss that holds its weights near the global ones.

    References
    ----------
    Li, Sahu, Zaheer, Sanjabi, Talwalkar, Smith (2020), Federated optimization in heterogeneous networks, MLSys,
    arXiv:1812.06127.
    """

    @property
    def proximal(self) -> float:
        """The paper's mu."""
        return self.settings.proximal


class FedAvgM(Strategy):
    """Momentum over rounds: v = momentum v + mean, and the weights move by rate v.

    References
    ----------
    Hsu, Qi, Brown (2019), Measuring the effects of non-identical data distribution for federated visual
    classification, arXiv:1909.06335.
    """

    kinds = ("momentum",)

    def start(self, before: Floats) -> dict[str, Floats]:
        """Begin with no momentum."""
        return {"momentum": np.zeros_like(before)}

    def move(self, before: Floats, change: Floats, kept: dict[str, Floats]) -> tuple[Floats, dict[str, Floats]]:
        """Add the momentum."""
        momentum = np.float32(self.settings.momentum) * kept["momentum"] + change
        return before + np.float32(self.settings.rate) * momentum, {"momentum": momentum}


class FedAdam(Strategy):
    """Adam over rounds, with the mean update for its gradient and no correction of the first rounds' bias.

    m = beta1 m + (1 - beta1) mean, v = beta2 v + (1 - beta2) mean^2, and the weights move by rate m / (sqrt(v) + tau);
    m begins at 0 and v at tau^2.

    References
    ----------
    Reddi, Charles, Zaheer, Garrett, Rush, Konečný, Kumar, McMahan (2021), Adaptive federated optimization, ICLR,
    arXiv:2003.00295.
    """

    kinds = ("first", "second")

    def start(self, before: Floats) -> dict[str, Floats]:
        """Begin with m = 0 and v = tau^2."""
        return {"first": np.zeros_like(before), "second": np.full_like(before, self.settings.tau**2)}

    def move(self, before: Floats, change: Floats, kept: dict[str, Floats]) -> tuple[Floats, dict[str, Floats]]:
        """Take Adam's step."""
        one, two = self.settings.beta1, self.settings.beta2
        first = np.float32(one) * kept["first"] + np.float32(1 - one) * change
        second = np.float32(two) * kept["second"] + np.float32(1 - two) * (change * change)
        root: Floats = np.sqrt(second)
        moved = np.float32(self.settings.adam_rate) * first / (root + np.float32(self.settings.tau))
        return before + moved, {"first": first, "second": second}


class FedBN(Strategy):
    """FedAvg of all but the batch norm layers, whose weights and statistics never leave a hospital.

    Each hospital's model is the shared tensors with its own norms; there is no one model of the federation.

    References
    ----------
    Li, Jiang, Zhang, Kamp, Dou (2021), FedBN: federated learning on non-IID features via local batch normalization,
    ICLR, arXiv:2102.07623.
    """

    def shared(self, tensors: Sequence[Travelling]) -> tuple[Travelling, ...]:
        """Leave the norms at home."""
        return tuple(one for one in tensors if not one.norm)


_REGISTRY: dict[str, Callable[[StrategySettings], Strategy]] = {
    "fedavg": FedAvg,
    "fedprox": FedProx,
    "fedavgm": FedAvgM,
    "fedadam": FedAdam,
    "fedbn": FedBN,
}


def create_strategy(settings: StrategySettings) -> Strategy:
    """Make the strategy that the settings name.

    Raises
    ------
    RecipeError
        If there is none of that name.
    """
    if settings.name not in _REGISTRY:
        raise RecipeError(f'no strategy "{settings.name}"; known are {", ".join(_REGISTRY)}')
    return _REGISTRY[settings.name](settings)
