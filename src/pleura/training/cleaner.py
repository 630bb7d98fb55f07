"""Training a slice cleaner: a recipe and a cohort with lung masks in, a model folder out."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pleura.data.cache import default_cache_folder
from pleura.data.cohort import Case, Cohort, read_cohort
from pleura.data.faults.kinds import CLEANER_TASK, FIT, SLICE_CLASSES
from pleura.data.slice_stacks import SliceStack, SliceStacks
from pleura.data.slices import SliceExamples, natural_class
from pleura.errors import CohortError
from pleura.models.card import Card
from pleura.models.classifier import Classifier
from pleura.models.device import choose_device
from pleura.models.files import Model, load_model, save_model
from pleura.models.registry import create_network
from pleura.models.slice_scores import score_slices
from pleura.models.toml_write import to_toml
from pleura.settings import LossSettings
from pleura.training.checkpoint import Progress
from pleura.training.cleaner_recipe import CleanerRecipe
from pleura.training.cleaner_scores import cleaner_metrics, fit_cutoff, simple_scores
from pleura.training.description import cohort_facts, run_facts
from pleura.training.epochs import begin, fit, prepare_output, settle
from pleura.training.losses import class_weights
from pleura.training.objective import Objective
from pleura.training.optimiser import create_optimiser
from pleura.training.steps import Learner
from pleura.training.watcher import Silent, Watcher

__all__ = ["judge_cleaner", "train_cleaner"]

JUDGED = 4
"""For validation a quarter as many slices are drawn as in an epoch."""


@dataclass(kw_only=True)
class Run:
    """All that one training run consists of."""

    recipe: CleanerRecipe
    cohort: Cohort
    examples: SliceExamples
    judged: tuple[npt.NDArray[np.int16], npt.NDArray[np.int64]]
    """Slices drawn from the validation cases, HU, and their classes."""
    learner: Learner[Classifier]
    out: Path
    progress: Progress
    best: dict[str, Tensor]
    watcher: Watcher


def train_cleaner(
    recipe: CleanerRecipe,
    cohort: Path | Cohort,
    out: Path,
    *,
    device: str = "cpu",
    resume: bool = False,
    cache_folder: Path | None = None,
    workers: int = 1,
    watcher: Watcher | None = None,
) -> Model:
    """Train a slice cleaner and write it.

    Every slice of the training cases is drawn from, with faults drawn into it on the way; labels do not matter. `out`
    gets `recipe.toml`, `log.csv`, a checkpoint after each epoch, and at the end the model's folder, which bears the
    recipe's name.

    Parameters
    ----------
    recipe : how to train
    cohort : folder with `cases.csv` and `cohort.toml`, or a cohort as read; of a case without a lung mask the lungs are
        segmented
    out : folder for the results; made if it is not there
    device : "cpu" or "cuda"
    resume : go on from the checkpoint in `out`
    cache_folder : for small slices; the user's cache folder by default
    workers : processes that make them
    watcher : told of progress

    Returns
    -------
    The model as written.

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError
        If the cohort, the recipe or the output folder cannot be used; the cohort needs training and validation cases.
    """
    watcher = watcher or Silent()
    run = _set_up(recipe, cohort, out, device, resume, cache_folder, workers, watcher)
    fit(run, lambda: simple_scores(_score_judged(run, run.learner.network), run.judged[1]))
    return _finish(run)


def judge_cleaner(
    model: Model,
    recipe: CleanerRecipe,
    cases: Sequence[Case],
    *,
    seed: int,
    device: str = "cpu",
    cache_folder: Path | None = None,
) -> dict[str, object]:
    """Judge a slice cleaner on cases that it was not trained on.

    Parameters
    ----------
    model : a slice cleaner
    recipe : says what is drawn
    cases : such as a cohort's test cases
    seed : of the draws
    device : where to compute
    cache_folder : as for training

    Returns
    -------
    `drawn`: as `pleura.training.cleaner_scores.cleaner_metrics`, over a quarter of an epoch's slices with faults drawn
    in. `as_they_are`: the share kept of all the cases' slices by natural class, nothing drawn.
    """
    stacks = _stacks(recipe, cache_folder).load(cases)
    images, labels = _drawn(_examples(recipe, stacks, seed))
    card, network = model.card, model.network.to(device)
    cutoff = card.thresholds["answer"]

    def score(slices: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
        return score_slices(network, card.input, slices, temperature=card.temperature, device=device)

    kept: dict[str, list[bool]] = {}
    for stack in stacks:
        probabilities = score(stack.slices)[:, SLICE_CLASSES.index(FIT)]
        for share, p in zip(stack.shares, probabilities, strict=True):
            kept.setdefault(natural_class(float(share), recipe.faults) or "in between", []).append(bool(p >= cutoff))
    return {
        "drawn": cleaner_metrics(score(images), labels, cutoff),
        "as_they_are": {
            name: {"slices": len(values), "kept": round(float(np.mean(values)), 4)} for name, values in kept.items()
        },
    }


def _set_up(
    recipe: CleanerRecipe,
    cohort: Path | Cohort,
    out: Path,
    device: str,
    resume: bool,
    cache_folder: Path | None,
    workers: int,
    watcher: Watcher,
) -> Run:
    """Check everything, make the small slices, build the network."""
    where = choose_device(device)
    cohort = cohort if isinstance(cohort, Cohort) else read_cohort(cohort, classes=())
    training, validation = cohort.split("train"), cohort.split("validation")
    for name, cases in (("train", training), ("validation", validation)):
        if not cases:
            raise CohortError(f"no case in split {name}; a slice cleaner's cut-off is chosen on validation cases")
    prepare_output(out, recipe, resume=resume)
    stacks = _stacks(recipe, cache_folder)
    watcher.start("preparing slices", len(training) + len(validation))
    loaded = stacks.load((*training, *validation), workers=workers, on_done=lambda _: watcher.advance())
    examples = _examples(recipe, loaded[: len(training)], recipe.training.seed)
    judged = _drawn(_examples(recipe, loaded[len(training) :], recipe.training.seed + 1))
    network = _network(recipe).to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
    objective = Objective(
        LossSettings(weighting="equal"), class_weights(LossSettings(weighting="equal"), SLICE_CLASSES, [])
    )
    learner = Learner(
        network=network,
        trained=network,
        optimiser=create_optimiser(network, recipe.optimiser),
        objective=replace(objective, weights=objective.weights.to(where)),
        device=where,
        precision=recipe.training.precision,
        microbatch=recipe.training.microbatch,
    )
    name = _run_name(recipe, stacks, (*training, *validation))
    progress, best = begin(out, learner, name, resume=resume, epochs=recipe.schedule.epochs, watcher=watcher)
    return Run(
        recipe=recipe,
        cohort=cohort,
        examples=examples,
        judged=judged,
        learner=learner,
        out=out,
        progress=progress,
        best=best,
        watcher=watcher,
    )


def _finish(run: Run) -> Model:
    """Write the model's folder, with the cut-off and the scores of the weights as written, and read it back."""
    recipe, network = run.recipe, run.learner.network
    epochs = settle(run)
    path = run.out / recipe.name
    save_model(network, _card(run, epochs, 0.5, {}), path, half=recipe.half)
    network.load_state_dict(load_model(path).network.state_dict())
    probabilities, labels = _score_judged(run, network), run.judged[1]
    cutoff = fit_cutoff(probabilities, labels, recipe.kept)
    metrics = cleaner_metrics(probabilities, labels, cutoff)
    save_model(network, _card(run, epochs, cutoff, metrics), path, half=recipe.half)
    model = load_model(path)
    run.watcher.say(f"model {recipe.name} {model.id[:12]} written to {path}")
    return model


def _score_judged(run: Run, network: Classifier) -> npt.NDArray[np.float64]:
    return score_slices(network, run.recipe.input, run.judged[0], device=run.learner.device)


def _card(run: Run, epochs: int, cutoff: float, metrics: dict[str, object]) -> Card:
    """Describe the model."""
    recipe, cohort = run.recipe, run.cohort
    kind = "synthetic " if cohort.synthetic else ""
    cases = len(cohort.split("train"))
    said = {}
    if metrics:
        judged = len(cohort.split("validation"))
        said["summary"] = (
            f"area under the ROC curve of P(fit) {metrics['auc_fit']:.3f} on {metrics['slices']} slices of {judged} "
            f"{kind}validation cases with faults drawn in"
        )
    return Card(
        name=recipe.name,
        architecture=recipe.architecture,
        arguments={"classes": len(SLICE_CLASSES), **recipe.arguments},
        classes=SLICE_CLASSES,
        task=CLEANER_TASK,
        input=recipe.input,
        licence="Apache-2.0",
        training={
            "summary": f"{kind}slices of {cases} cases, with faults drawn in",
            "synthetic": cohort.synthetic,
            **cohort_facts(cohort),
            "slices": epochs * recipe.faults.examples,
            **run_facts(recipe, seed=recipe.training.seed, epochs=epochs),
            "hospitals": cohort.counts("hospital", "train"),
        },
        thresholds={"answer": cutoff},
        metrics={**said, **({"validation": metrics} if metrics else {})},
        description="A slice is kept from this model's threshold on the probability of fit on; the reason against the "
        "others is their most probable other class.",
    )


def _network(recipe: CleanerRecipe) -> Classifier:
    with torch.random.fork_rng():
        torch.manual_seed(recipe.training.seed)
        return create_network(recipe.architecture, **{"classes": len(SLICE_CLASSES), **recipe.arguments})


def _stacks(recipe: CleanerRecipe, cache_folder: Path | None) -> SliceStacks:
    folder = cache_folder or default_cache_folder() / "slices"
    return SliceStacks(folder / "whole", recipe.input, recipe.faults.slices)


def _examples(recipe: CleanerRecipe, stacks: Sequence[SliceStack], seed: int) -> SliceExamples:
    return SliceExamples(
        stacks=stacks,
        settings=recipe.faults,
        input=recipe.input,
        augmentation=recipe.augmentation,
        seed=seed,
        batch=recipe.training.batch,
    )


def _drawn(examples: SliceExamples) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int64]]:
    """Draw the slices to judge by, always the same."""
    pairs = [examples.draw(0, index) for index in range(max(examples.settings.examples // JUDGED, 1))]
    return np.stack([image for image, _ in pairs]), np.array([label for _, label in pairs])


def _run_name(recipe: CleanerRecipe, stacks: SliceStacks, cases: Sequence[Case]) -> str:
    decisive = [to_toml(asdict(recipe)), [[case.case, case.split, stacks.key(case)] for case in cases]]
    return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()
