"""An experiment and how one of its arms was trained in; what the reporting checklists are told of its model out."""

from dataclasses import replace

from pleura.evaluation.checklists.facts import ModelFacts
from pleura.federation.experiments.opening import Experiment
from pleura.federation.learning.lessons.find import find_lesson
from pleura.models.input_in_words import input_in_words
from pleura.training.description import recipe_hash

__all__ = ["facts_of_arm"]


def facts_of_arm(experiment: Experiment, arm: str, trained: str) -> ModelFacts:
    """Describe the model of an arm's first seed; it is no file, so it has no identity and no licence.

    Parameters
    ----------
    experiment : that the arm is of
    arm : its name
    trained : how, without a full stop: "in 20 rounds of 1 local epoch"
    """
    given = experiment.recipe
    recipe = replace(given, training=replace(given.training, seed=0))
    cohort = experiment.cohort
    cases = len(cohort.split("train"))
    hospitals = tuple(sorted(cohort.counts("hospital", "train")))
    return ModelFacts(
        name=f"{recipe.name}, arm {arm}",
        architecture=recipe.architecture,
        arguments={"classes": len(find_lesson(recipe).classes), **recipe.arguments},
        preprocessing=input_in_words(recipe.input),
        subsets=recipe.input.subsets if recipe.input.interval == "lung-extent" else None,
        training_summary=f"{cases} {experiment.kind} cases of {len(hospitals)} hospitals, {trained}",
        training_hospitals=hospitals,
        training={
            "cohort": cohort.name,
            "seed": "0",
            "seeds in all": str(experiment.settings.seeds),
            "recipe_sha256": recipe_hash(recipe),
        },
        synthetic=cohort.synthetic,
    )
