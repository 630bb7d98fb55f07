"""Two models and a cohort in; each case's P(viral), P(COVID-19 | viral) and their product out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.data.cache import SliceCache, default_cache_folder
from pleura.data.cohort import Case, Cohort
from pleura.data.task import VIRAL
from pleura.diagnosis.stepwise import COVID
from pleura.errors import CohortError, ModelError
from pleura.evaluation.predictions import Predictions
from pleura.models.device import choose_device
from pleura.models.files import Model
from pleura.settings import InputSettings
from pleura.training.loop import score
from pleura.training.watcher import Silent, Watcher

__all__ = ["QUESTIONS", "Question", "StepwiseScores", "score_stepwise"]


@dataclass(frozen=True)
class Question:
    """What one of the three curves answers."""

    name: str
    title: str
    classes: tuple[str, str]
    """The other cases, and those with the condition."""
    labels: tuple[tuple[str, ...], tuple[str, ...]]
    """Labels of the two sides; cases of other labels are left out."""


QUESTIONS = (
    Question("dl1", "viral pneumonia (DL1)", ("not-viral", "viral"), (VIRAL.labels_of[0], VIRAL.labels_of[1])),
    Question("dl2", "COVID-19 among viral (DL2)", ("other-viral", COVID), (("other-viral",), (COVID,))),
    Question(
        "stepwise",
        "COVID-19 against all (stepwise)",
        ("not-covid-19", COVID),
        ((*VIRAL.labels_of[0], "other-viral"), (COVID,)),
    ),
)
"""The first step, the second step, and both."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StepwiseScores:
    """Probabilities of cases whose truth is known."""

    cases: tuple[Case, ...]
    viral: npt.NDArray[np.float64]
    """(cases,), P(viral)."""
    covid_given_viral: npt.NDArray[np.float64]
    """(cases,), P(COVID-19 | viral)."""

    @property
    def covid(self) -> npt.NDArray[np.float64]:
        """Their product, (cases,)."""
        return self.viral * self.covid_given_viral

    def predictions(self, question: Question, split: str) -> Predictions:
        """Give the cases of a split that a question arises for, with one score each: that for the condition.

        Raises
        ------
        CohortError
            If the split has no case on one of the sides.
        """
        scores = {"dl1": self.viral, "dl2": self.covid_given_viral, "stepwise": self.covid}[question.name]
        sides = [[case.label in labels for labels in question.labels] for case in self.cases]
        keep = [i for i, case in enumerate(self.cases) if case.split == split and any(sides[i])]
        truth = np.array([int(sides[i][1]) for i in keep], dtype=np.int64)
        for side, name in enumerate(question.classes):
            if not (truth == side).any():
                raise CohortError(f"split {split} has no case that is {name}; {question.title} cannot be judged there")
        held = [self.cases[i] for i in keep]
        return Predictions(
            classes=question.classes,
            cases=tuple(case.case for case in held),
            truth=truth,
            scores=np.stack([-scores[keep], scores[keep]], axis=1),
            binary=True,
            patients=tuple(case.patient for case in held),
            hospitals=tuple(case.hospital for case in held),
            splits=tuple(case.split for case in held),
        )


def score_stepwise(
    dl1: Model,
    dl2: Model,
    cohort: Cohort,
    *,
    splits: tuple[str, ...] = ("validation", "test"),
    device: str = "cpu",
    workers: int = 1,
    cache_folder: Path | None = None,
    watcher: Watcher | None = None,
) -> StepwiseScores:
    """Ask both models about every case, those that the second one's question does not arise for too.

    Parameters
    ----------
    dl1, dl2 : models for the tasks viral and covid
    cohort : as read
    splits : whose cases
    device, workers, cache_folder, watcher : as for `pleura.training.assess.assess`

    Raises
    ------
    ModelError
        If a model is for another task.
    CohortError
        If a study cannot be used.
    """
    for model, task in ((dl1, "viral"), (dl2, "covid")):
        if model.card.task != task:
            raise ModelError(f"model {model.card.name} is for {model.card.task}; give one for {task}")
    watcher = watcher or Silent()
    place = choose_device(device)
    cases = tuple(case for case in cohort.cases if case.split in splits)
    columns = []
    keys_of: dict[InputSettings, dict[str, str]] = {}  # two models that see the same need the studies read once
    for model, name in ((dl1, "viral"), (dl2, COVID)):
        cache = SliceCache(cache_folder or default_cache_folder() / "slices", model.card.input)
        if model.card.input not in keys_of:
            watcher.start(f"preparing slices for {model.card.name}", len(cases))
            keys_of[model.card.input] = cache.warm(cases, workers=workers, on_done=lambda _: watcher.advance())
        keys = keys_of[model.card.input]
        watcher.start(f"classifying by {model.card.name}", len(cases))
        found = score(
            model.network.to(place),
            model.card.input,
            cache,
            [keys[case.case] for case in cases],
            device=place,
            watcher=watcher,
        )
        columns.append(found[:, model.card.classes.index(name)])
    return StepwiseScores(cases=cases, viral=columns[0], covid_given_viral=columns[1])
