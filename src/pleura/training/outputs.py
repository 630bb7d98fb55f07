"""A network and prepared cases in; for each case its logits, and what its last layer decided by, out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from pleura.data.cache import SliceCache
from pleura.models.classifier import Classifier
from pleura.models.predict import pooled_features, predict_network
from pleura.settings import InputSettings
from pleura.training.watcher import Watcher

__all__ = ["Outputs", "network_outputs"]


@dataclass(frozen=True, eq=False)
class Outputs:
    """What a network gives for cases, before any temperature."""

    logits: npt.NDArray[np.float64]
    """(cases, subsets, classes)."""
    pooled: npt.NDArray[np.float64]
    """(cases, subsets, width)."""


def network_outputs(
    network: Classifier,
    settings: InputSettings,
    cache: SliceCache,
    keys: Sequence[str],
    *,
    count: int | None = None,
    device: str | torch.device = "cpu",
    watcher: Watcher | None = None,
) -> Outputs:
    """Show prepared cases to a network in float32, as a diagnosis does.

    Parameters
    ----------
    network, settings : the classifier and its input recipe
    cache, keys : as `SliceCache.warm` gives them; one case or more. A case's subsets depend on its key alone
    count : slice subsets of each; as in the settings by default
    device : where to compute
    watcher : told of each case
    """
    logits, pooled = [], []
    for key in keys:
        seen = predict_network(
            network, settings, cache.open(key).all(), seed=int(key[:8], 16), count=count, device=device
        )
        logits.append(seen.logits)
        pooled.append(pooled_features(network, seen))
        if watcher is not None:
            watcher.advance()
    return Outputs(np.stack(logits), np.stack(pooled))
