"""A trained network and its card in; the card with a temperature, and where the training cases lie, out.

Both come after training and change no weight. The temperature and the threshold of what is far are chosen on validation
cases; where the training cases lie is learned from one slice subset of each of them. Test cases have no say.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from pleura.data.cache import SliceCache
from pleura.data.cohort import Case, Cohort
from pleura.data.task import Task
from pleura.models.card import Card, ReferenceFacts
from pleura.models.classifier import Classifier
from pleura.models.novelty import FEWEST_HELD_OUT, QUANTILE, Reference, fit_reference, threshold_of
from pleura.training.calibration import calibrate
from pleura.training.outputs import Outputs, network_outputs
from pleura.training.watcher import Watcher

__all__ = ["PreparedCases", "settle_doubt"]


@dataclass(frozen=True, kw_only=True)
class PreparedCases:
    """A cohort's cases that a task arises for, prepared for a network."""

    cohort: Cohort
    task: Task
    cache: SliceCache
    keys: Mapping[str, str]
    """Case -> key in the cache."""

    def outputs(
        self, network: Classifier, cases: Sequence[Case], count: int | None, device: torch.device, watcher: Watcher
    ) -> Outputs:
        """Show cases to a network."""
        keys = [self.keys[case.case] for case in cases]
        return network_outputs(
            network, self.cache.settings, self.cache, keys, count=count, device=device, watcher=watcher
        )


def settle_doubt(
    network: Classifier, card: Card, prepared: PreparedCases, *, device: torch.device, watcher: Watcher
) -> tuple[Card, Reference | None]:
    """Choose the temperature, and learn where the training cases lie.

    Parameters
    ----------
    network : with the weights as they are written
    card : of the model; its temperature, its metrics of calibration and its reference are replaced
    prepared : cases of the splits train and validation; of others nothing is used
    device : where to compute
    watcher : told of progress

    Returns
    -------
    card : with `temperature`, `metrics.calibration`, `metrics.reliability` and `reference`
    reference : None where too few cases are held out
    """
    held_out, training = prepared.cohort.split("validation"), prepared.cohort.split("train")
    metrics = {name: value for name, value in card.metrics.items() if name not in ("calibration", "reliability")}
    if not held_out:
        return replace(card, temperature=1.0, metrics=metrics, reference=None), None
    watcher.start("calibration", len(held_out))
    seen = prepared.outputs(network, held_out, None, device, watcher)
    kind = "synthetic " if prepared.cohort.synthetic else ""
    temperature, found = calibrate(
        seen.logits,
        prepared.task.labels(held_out),
        [case.patient for case in held_out],
        what=f"{len(held_out)} {kind}validation cases of the cohort {prepared.cohort.name}",
    )
    settled = replace(card, temperature=temperature, metrics={**metrics, **found}, reference=None)
    if len(held_out) < FEWEST_HELD_OUT:
        return settled, None
    watcher.start("reference cases", len(training))
    known = prepared.outputs(network, training, 1, device, watcher)
    try:
        reference = fit_reference(known.pooled, prepared.task.labels(training), seen.pooled)
    except ValueError as error:
        watcher.say(f"no reference cases: {error}")
        return settled, None
    facts = ReferenceFacts(
        sha256=hashlib.sha256(reference.to_bytes()).hexdigest(),
        threshold=round(threshold_of(reference.distances(seen.pooled), QUANTILE), 4),
        quantile=QUANTILE,
        training=len(training),
        held_out=len(held_out),
        summary=f"{len(training)} {kind}training cases of the cohort {prepared.cohort.name}; the threshold lets pass "
        f"{QUANTILE:.0%} of cases like its {len(held_out)} validation cases",
    )
    return replace(settled, reference=facts), reference
