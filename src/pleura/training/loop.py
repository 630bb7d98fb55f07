"""Training a classifier: a recipe and a cohort in, a model folder out; setup, validate, finish."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pleura.data.cache import SliceCache, default_cache_folder
from pleura.data.cohort import Case, Cohort, read_cohort
from pleura.data.examples import Examples
from pleura.data.task import Task, find_task
from pleura.errors import RecipeError
from pleura.evaluation.multiclass import accuracy, balanced_accuracy, log_loss
from pleura.models.classifier import Classifier
from pleura.models.device import choose_device
from pleura.models.files import Model, load_model, save_model
from pleura.models.predict import predict_network
from pleura.models.pretrained import load_pretrained
from pleura.settings import InputSettings, TrainingRecipe
from pleura.training.checkpoint import Progress
from pleura.training.description import recipe_hash, training_card, validation_metrics
from pleura.training.doubt import PreparedCases, settle_doubt
from pleura.training.epochs import begin, fit, prepare_output, settle
from pleura.training.initial import first_network, lay_out, with_lesions
from pleura.training.losses import class_weights
from pleura.training.objective import Objective
from pleura.training.optimiser import create_optimiser
from pleura.training.steps import Learner, autocast
from pleura.training.watcher import Silent, Watcher

__all__ = ["score", "train"]


@dataclass(kw_only=True)
class Run:
    """All that one training run consists of; made by `setup`, moved on by `pleura.training.epochs.fit`."""

    recipe: TrainingRecipe
    cohort: Cohort
    cache: SliceCache
    keys: dict[str, str]
    examples: Examples
    task: Task
    learner: Learner[Classifier]
    out: Path
    parent: Model | None
    pretrained: str
    """SHA-256 of the file of weights that training began with; empty without one."""
    progress: Progress
    best: dict[str, Tensor]
    watcher: Watcher


def train(
    recipe: TrainingRecipe,
    cohort: Path | Cohort,
    out: Path,
    *,
    device: str = "cpu",
    resume: bool = False,
    start_from: str | Path | None = None,
    pretrained: Path | None = None,
    cache_folder: Path | None = None,
    workers: int = 1,
    watcher: Watcher | None = None,
) -> Model:
    """Train a model and write it.

    `out` gets `recipe.toml`, `log.csv`, a checkpoint after each epoch, and at the end the model's folder, which bears
    the recipe's name. On the CPU the same call gives the same numbers, and so does a run that is stopped and resumed,
    on the same machine with the same number of threads. On a GPU some sums are made in no fixed order.

    Parameters
    ----------
    recipe : how to train
    cohort : folder with `cases.csv` and `cohort.toml`, or a cohort as read; cases that the recipe's task does not arise
        for are left out, and said
    out : folder for the results; made if it is not there
    device : "cpu" or "cuda"
    resume : go on from the checkpoint in `out`
    start_from : a model, by path or name, whose weights to begin with; fresh weights otherwise
    pretrained : instead of a model, a file of ImageNet weights that `pleura models convert` wrote, for resnext-gru
    cache_folder : for prepared slices; the user's cache folder by default
    workers : processes that prepare slices
    watcher : told of progress

    Returns
    -------
    The model as written.

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError
        If the cohort, the recipe, the first weights or the output folder cannot be used.
    """
    run = setup(recipe, cohort, out, device, resume, start_from, pretrained, cache_folder, workers, watcher or Silent())
    fit(run, partial(validate, run))
    return finish(run)


def setup(
    recipe: TrainingRecipe,
    cohort: Path | Cohort,
    out: Path,
    device: str,
    resume: bool,
    start_from: str | Path | None,
    pretrained: Path | None,
    cache_folder: Path | None,
    workers: int,
    watcher: Watcher,
) -> Run:
    """Check everything, prepare the slices, build the network; the parameters are those of `train`."""
    where = choose_device(device)
    task = find_task(recipe.task)
    whole = cohort if isinstance(cohort, Cohort) else read_cohort(cohort, classes=())
    cohort = task.select(whole)
    if len(cohort.cases) < len(whole.cases):
        watcher.say(f"{len(cohort.cases)} of {len(whole.cases)} cases are of the classes {', '.join(task.classes)}")
    if recipe.validation.keep == "best" and not cohort.split("validation"):
        raise RecipeError('validation.keep = "best", but the cohort has no validation case; set it to "last"')
    if start_from is not None and pretrained is not None:
        raise RecipeError(f"weights to begin with from both {start_from} and {pretrained}; give one of the two")
    parent = None if start_from is None else load_model(start_from)
    network = first_network(recipe, task.classes, parent)
    filled = "" if pretrained is None else load_pretrained(network, pretrained)
    training = cohort.split("train")
    labels = task.labels(training)
    objective = Objective(recipe.loss, class_weights(recipe.loss, task.classes, labels).to(where))
    prepare_output(out, recipe, resume=resume)

    cache = SliceCache(cache_folder or default_cache_folder() / "slices", recipe.input)
    used = (*training, *cohort.split("validation"))
    watcher.start("preparing slices", len(used))
    keys = cache.warm(used, workers=workers, on_done=lambda note: _on_prepared(watcher, note))
    masks = cache.warm_lesions(training, keys) if recipe.loss.lesions else {}

    examples = Examples(
        cache=cache,
        keys=[keys[case.case] for case in training],
        labels=labels,
        lesions=[masks[case.case] for case in training] if masks else (),
        augmentation=recipe.augmentation,
        seed=recipe.training.seed,
        batch=recipe.training.batch,
    )
    network = lay_out(network.to(where))
    trained = with_lesions(network, recipe).to(where)
    learner = Learner(
        network=network,
        trained=trained,
        optimiser=create_optimiser(trained, recipe.optimiser),
        objective=objective,
        device=where,
        precision=recipe.training.precision,
        microbatch=recipe.training.microbatch,
    )
    name = _run_name(recipe, used, keys, masks, filled if parent is None else parent.id)
    progress, best = begin(out, learner, name, resume=resume, epochs=recipe.schedule.epochs, watcher=watcher)
    return Run(
        recipe=recipe,
        cohort=cohort,
        cache=cache,
        keys=keys,
        examples=examples,
        task=task,
        learner=learner,
        out=out,
        parent=parent,
        pretrained=filled,
        progress=progress,
        best=best,
        watcher=watcher,
    )


def validate(run: Run) -> dict[str, float]:
    """Score the validation cases, each by the mean over its subsets; nothing if there are none."""
    cases = run.cohort.split("validation")
    if not cases:
        return {}
    run.watcher.start("validation", len(cases))
    probabilities = score(
        run.learner.network,
        run.recipe.input,
        run.cache,
        [run.keys[case.case] for case in cases],
        device=run.learner.device,
        precision=run.recipe.training.precision,
        watcher=run.watcher,
    )
    labels = np.array(run.task.labels(cases))
    return {
        "validation_loss": log_loss(probabilities, labels),
        "validation_accuracy": accuracy(probabilities, labels),
        "validation_balanced_accuracy": balanced_accuracy(probabilities, labels),
    }


def score(
    network: Classifier,
    settings: InputSettings,
    cache: SliceCache,
    keys: Sequence[str],
    *,
    device: str | torch.device = "cpu",
    precision: str = "float32",
    watcher: Watcher | None = None,
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Classify cached cases.

    Parameters
    ----------
    network, settings : the classifier and its input recipe
    cache, keys : as `SliceCache.warm` gives them
    device, precision : where and how to compute
    watcher : told of each case

    Returns
    -------
    Mean probabilities over the subsets, (cases, classes). A case's subsets depend on its key alone.
    """
    rows = []
    with autocast(torch.device(device), precision):
        for key in keys:
            prepared = cache.open(key).all()
            rows.append(predict_network(network, settings, prepared, seed=int(key[:8], 16), device=device).mean)
            if watcher is not None:
                watcher.advance()
    return np.stack(rows)


def finish(run: Run) -> Model:
    """Write the model's folder, with the scores and the doubt of the weights as written, and read it back."""
    recipe = run.recipe
    kept = settle(run)
    path = run.out / recipe.name
    card = training_card(recipe, run.cohort, parent=run.parent, pretrained=run.pretrained, epochs=kept, scores={})
    save_model(run.learner.network, card, path, half=recipe.half)
    run.learner.network.load_state_dict(load_model(path).network.state_dict())
    card = replace(card, metrics=validation_metrics(run.cohort, validate(run)))
    prepared = PreparedCases(cohort=run.cohort, task=run.task, cache=run.cache, keys=run.keys)
    card, reference = settle_doubt(run.learner.network, card, prepared, device=run.learner.device, watcher=run.watcher)
    save_model(run.learner.network, card, path, half=recipe.half, reference=reference)
    model = load_model(path)
    run.watcher.say(f"model {recipe.name} {model.id[:12]} written to {path}")
    return model


def _run_name(
    recipe: TrainingRecipe,
    cases: Sequence[Case],
    keys: dict[str, str],
    masks: dict[str, str],
    began_with: str,
) -> str:
    decisive = [
        recipe_hash(recipe),
        [
            [case.case, case.label, case.severity, case.split, keys[case.case], masks.get(case.case, "")]
            for case in cases
        ],
        began_with,
    ]
    return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()


def _on_prepared(watcher: Watcher, note: str) -> None:
    watcher.advance()
    if note:
        watcher.say(note)
