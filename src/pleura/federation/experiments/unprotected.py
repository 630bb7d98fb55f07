"""The same federation with nothing rounded and nothing protected in; its global models, for comparison only, out."""

from collections.abc import Callable

import numpy as np

from pleura.federation.experiments.workshop import Workshop
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.hospital import Home, work_round
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.learning.state import GlobalState
from pleura.federation.secure_sum.layout import Values
from pleura.federation.secure_sum.sums import Opened

__all__ = ["train_unrounded"]


def train_unrounded(
    shop: Workshop, settings: FederationSettings, *, on_state: Callable[[GlobalState], object] | None = None
) -> GlobalState:
    """Run a federation's rounds with sums in float64 of the numbers as they are.

    Every backend, plain too, sends whole-number levels; this is what their rounding is held against. All else is the
    same: the hospitals' work, the limits that updates are cut to, the strategy.

    Parameters
    ----------
    shop : hospitals and recipe
    settings : of the federation; its protection has no part in it
    on_state : given each global model, from the first to the last

    Returns
    -------
    The model after the last round.
    """
    agreement = Agreement(shop.recipe, settings)
    hospitals = [shop.hospital(name) for name in shop.hospitals]
    state = agreement.begin(None)
    homes: list[Home] = [{} for _ in hospitals]
    if on_state is not None:
        on_state(state)
    while state.round < settings.rounds:
        done = [
            work_round(hospital, state, agreement, home, watcher=shop.watcher)
            for hospital, home in zip(hospitals, homes, strict=True)
        ]
        homes = [one.home for one in done]
        values, counts = {}, {}
        for segment in agreement.layout.segments:
            summed = np.sum([one.values[segment.name].astype(np.float64) for one in done], axis=0)
            if isinstance(segment, Values):
                values[segment.name] = summed.astype(np.float32)
            else:
                counts[segment.name] = np.rint(summed).astype(np.int64)
        state = agreement.advance(state, Opened(agreement.layout, values, counts, len(done)))
        if on_state is not None:
            on_state(state)
    return state
