"""A training seed and a way to train in; what both steps of the stepwise diagnosis then answer, case by case, out.

A way is one of: the cases of all hospitals pooled, the hospitals federated, one hospital alone. DL2 begins with the
weights that DL1 came to the same way, its last layer fresh. Both are asked about every validation and test case, DL2
also about those that its question does not arise for, since the answer is the product of both.
"""

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from pleura.data.cohort import Case
from pleura.data.task import COVID, VIRAL
from pleura.diagnosis.stepwise_scores import QUESTIONS, Question, StepwiseScores
from pleura.errors import CohortError
from pleura.evaluation.cutoffs.choose import CutOff, Rule, choose_cut_off
from pleura.evaluation.predictions import Predictions
from pleura.federation.experiments.arms import Facts
from pleura.federation.experiments.held_out import HeldOut, prepare_held_out
from pleura.federation.experiments.small_batches import with_small_batches
from pleura.federation.experiments.trio import FEDERATED, POOLED
from pleura.federation.experiments.workshop import Workshop, wire
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.alone import train_alone
from pleura.federation.learning.settings import FederationSettings
from pleura.models.files import Model, load_model

__all__ = ["ALONE", "STEPS", "Stepped", "StepwiseWays", "at_cut_off"]

ALONE = "alone "
"""What the name of a hospital alone begins with."""
STEPS = {VIRAL: QUESTIONS[0], COVID: QUESTIONS[2]}
"""Of each step's task, the question that its answers are kept with: one whose truth every case has."""


@dataclass(frozen=True, eq=False)
class Stepped:
    """What one way came to with one seed."""

    scores: StepwiseScores
    """Of the validation and test cases of all hospitals."""
    facts: dict[str, Facts]
    """What each step cost, by "viral" and "covid"."""


@dataclass(frozen=True, eq=False)
class StepwiseWays:
    """Both steps of one training seed, with all that its ways share.

    Parameters
    ----------
    shops : of DL1 and of DL2, whose cohorts are of their tasks, in folders of their own
    settings : of both federations
    """

    shops: tuple[Workshop, Workshop]
    settings: FederationSettings

    @cached_property
    def held_out(self) -> HeldOut:
        """The validation and test cases of all hospitals and labels."""
        first = self.shops[0]
        return prepare_held_out(
            first.recipe,
            first.cohort,
            splits=("validation", "test"),
            cache_folder=first.cache_folder,
            workers=first.workers,
            watcher=first.watcher,
        )

    def names(self, *, alone: bool) -> tuple[str, ...]:
        """Name the ways.

        Parameters
        ----------
        alone : whether to have each hospital alone that has training cases for both steps
        """
        both = set.intersection(*({case.hospital for case in shop.cohort.split("train")} for shop in self.shops))
        return (POOLED, FEDERATED, *(f"{ALONE}{name}" for name in sorted(both) if alone))

    def go(self, way: str) -> Stepped:
        """Train both steps one way, or take them as they were kept; errors as `pleura.federation.experiments.trio`."""
        parent: Model | None = None
        columns, facts = [], {}
        for shop in self.shops:
            arm = shop.arms(self.settings, parent=parent).get(way, partial(self._work, shop, way, parent))
            columns.append(arm.predictions.scores[:, 1])
            facts[shop.recipe.task] = arm.facts
            parent = load_model(shop.out / _folder(way) / shop.recipe.name)
        return Stepped(StepwiseScores(cases=self.held_out.cases, viral=columns[0], covid_given_viral=columns[1]), facts)

    def _work(self, shop: Workshop, way: str, parent: Model | None) -> tuple[Predictions, Facts]:
        facts: Facts = {}
        if way == FEDERATED:
            training = {case.hospital for case in shop.cohort.split("train")}
            side_by_side = replace(shop, recipe=with_small_batches(shop.recipe, len(training)))
            start = None if parent is None else parent.path
            done = side_by_side.federate(_folder(way), self.settings, start_from=start)
            model, facts = load_model(done.models[0].path), wire(done)
        else:
            name = way.removeprefix(ALONE)
            hospital = shop.everyone if way == POOLED else shop.hospital(name)
            cases = shop.cohort if way == POOLED else shop.cohort.of_hospitals([name])
            begun = Agreement(shop.recipe, self.settings).begin(parent)
            state = train_alone(hospital, begun, self.settings, watcher=shop.watcher)
            model = shop.keep(state, _folder(way), cases, parent=parent)
        place = shop.everyone.device
        scores = self.held_out.scores(
            model.network.to(place), device=place, precision=shop.precision, watcher=shop.watcher
        )
        task = shop.everyone.task
        return _kept(self.held_out.cases, STEPS[task], scores[:, task.classes.index(STEPS[task].classes[1])]), facts


def at_cut_off(scores: StepwiseScores, question: Question) -> tuple[Predictions, CutOff]:
    """Choose Youden's cut-off on the validation cases, and move it to 0.5 in the scores of the test cases.

    Below and above the cut-off scores keep their order, so that areas under the curve are what they were.

    Parameters
    ----------
    scores : of the splits validation and test
    question : of `pleura.diagnosis.stepwise_scores.QUESTIONS`

    Raises
    ------
    CohortError
        If a split has no case on one side of the question, or no cut-off tells the validation cases apart.
    """
    validation, test = (scores.predictions(question, split) for split in ("validation", "test"))
    try:
        chosen = choose_cut_off(validation.truth == 1, validation.scores[:, 1], Rule("youden"))
    except ValueError as error:
        raise CohortError(f"{question.title}: no cut-off can be chosen on the validation cases: {error}") from error
    moved = _to_half(test.scores[:, 1], chosen.threshold)
    return replace(test, scores=np.stack([-moved, moved], axis=1)), chosen


def _to_half(scores: npt.NDArray[np.float64], threshold: float) -> npt.NDArray[np.float64]:
    """Stretch probabilities so that those at the threshold come to 0.5: 0 to it becomes 0 to 0.5, the rest the rest."""
    called = scores >= threshold
    below = scores / max(threshold, np.finfo(float).tiny) / 2
    above = 0.5 + (scores - threshold) / max(1 - threshold, np.finfo(float).tiny) / 2
    return np.where(called, np.clip(above, 0.5, 1), np.clip(below, 0, np.nextafter(0.5, 0)))


def _kept(cases: tuple[Case, ...], question: Question, scores: npt.NDArray[np.float64]) -> Predictions:
    return Predictions(
        classes=("0", "1"),
        cases=tuple(case.case for case in cases),
        truth=np.array([int(case.label in question.labels[1]) for case in cases], dtype=np.int64),
        scores=np.stack([-scores, scores], axis=1),
        binary=True,
        patients=tuple(case.patient for case in cases),
        hospitals=tuple(case.hospital for case in cases),
        splits=tuple(case.split for case in cases),
    )


def _folder(way: str) -> str:
    return way.replace(" ", "-")
