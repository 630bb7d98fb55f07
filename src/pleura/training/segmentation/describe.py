"""A segmenter's recipe, its cohort and its scores in, the card of the model out."""

from collections.abc import Mapping

from pleura.data.cohort import Cohort
from pleura.models.card import Card
from pleura.models.files import SegmentationModel
from pleura.training.description import cohort_facts, run_facts
from pleura.training.segmentation.recipe import SegmenterRecipe

__all__ = ["segmenter_card", "validation_table"]


def segmenter_card(
    recipe: SegmenterRecipe,
    cohort: Cohort,
    *,
    parent: SegmentationModel | None = None,
    pretrained: str = "",
    epochs: int,
) -> Card:
    """Describe a segmenter, without its scores.

    Parameters
    ----------
    recipe, cohort : what it was trained by and on
    parent : the model whose weights training began with
    pretrained : SHA-256 of a file of another task's weights that training began with; empty without one
    epochs : that the weights have seen
    """
    kind = "synthetic" if cohort.synthetic else "real"
    cases = cohort.split("train")
    hospitals = cohort.counts("hospital", "train")
    grey = sum(case.intensity != "hu" for case in cases)
    what = "lesion masks" if recipe.task == "lesions" else "lung masks"
    return Card(
        name=recipe.name,
        architecture=recipe.architecture,
        arguments={"classes": len(recipe.classes), **recipe.arguments},
        classes=recipe.classes,
        task=recipe.task,
        input=recipe.input,
        licence="Apache-2.0",
        training={
            "summary": f"{len(cases)} {kind} cases of {len(hospitals)} hospitals with {what}"
            + (f", {grey} of them pictures of 256 grey levels" if grey else ""),
            "synthetic": cohort.synthetic and (parent is None or parent.card.synthetic),
            **cohort_facts(cohort),
            "slices": epochs * recipe.draw.examples,
            **run_facts(recipe, seed=recipe.training.seed, epochs=epochs),
            "labels": cohort.counts("label", "train"),
            **({"pretrained_sha256": pretrained} if pretrained else {}),
            "hospitals": hospitals,
        },
        parent="" if parent is None else parent.id,
        description="Ground glass and consolidation inside the lungs, as one; nodules and fluid beside the lung are "
        "not looked for."
        if recipe.task == "lesions"
        else "The right and the left lung, with what is diseased in them, in whole axial slices.",
    )


def validation_table(cohort: Cohort, recipe: SegmenterRecipe, scores: Mapping[str, float]) -> dict[str, object]:
    """Give what a card says of the validation cases; nothing without scores.

    Parameters
    ----------
    cohort, recipe : as for `segmenter_card`
    scores : of `pleura.training.segmentation.judge.overlap_scores`
    """
    if not scores:
        return {}
    cases = len(cohort.split("validation"))
    numbers = {name.removeprefix("validation_"): round(value, 4) for name, value in scores.items()}
    kind = "synthetic " if cohort.synthetic else ""
    return {
        "summary": f"mean Dice {numbers['dice']:.3f} on {cases} {kind}validation cases, each taken as a volume",
        "validation": {"cases": cases, "most_slices": recipe.draw.judged, **numbers},
    }
