"""Training a segmenter: a recipe and a cohort with masks in, a model folder out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from pleura.data.cache import default_cache_folder
from pleura.data.cohort import Cohort, read_cohort
from pleura.data.segmentation.examples import SegmentationExamples
from pleura.data.segmentation.stacks import Stack, StackCache
from pleura.errors import CohortError, RecipeError
from pleura.evaluation.figures.style import save_figure
from pleura.models.deeplab import OPTIONAL
from pleura.models.device import choose_device
from pleura.models.files import SegmentationModel, load_segmenter, save_model
from pleura.models.pretrained import load_pretrained
from pleura.models.registry import create_network
from pleura.models.segmenter import Segmenter
from pleura.training.checkpoint import Progress
from pleura.training.description import recipe_hash
from pleura.training.epochs import begin, fit, prepare_output, settle
from pleura.training.optimiser import create_optimiser
from pleura.training.segmentation.describe import segmenter_card, validation_table
from pleura.training.segmentation.figure import dice_figure
from pleura.training.segmentation.judge import HALF, Counts, best_cutoff, judge, overlap_scores
from pleura.training.segmentation.objective import OverlapObjective
from pleura.training.segmentation.recipe import SegmenterRecipe
from pleura.training.steps import Learner
from pleura.training.watcher import Silent, Watcher

__all__ = ["CUTOFFS", "first_segmenter", "train_segmenter"]

CUTOFFS = tuple(round(0.2 + 0.05 * step, 2) for step in range(11))
"""Those among which one is chosen on validation cases, 0.2 to 0.7."""


@dataclass(kw_only=True)
class Run:
    """All that one training run consists of."""

    recipe: SegmenterRecipe
    cohort: Cohort
    examples: SegmentationExamples
    judged: list[Stack]
    """Of the validation cases."""
    learner: Learner[Segmenter]
    out: Path
    parent: SegmentationModel | None
    pretrained: str
    """SHA-256 of the file of weights that training began with; empty without one."""
    progress: Progress
    best: dict[str, Tensor]
    watcher: Watcher


def train_segmenter(
    recipe: SegmenterRecipe,
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
) -> SegmentationModel:
    """Train a segmenter and write it.

    Labels do not matter, masks do. `out` gets `recipe.toml`, `log.csv`, a checkpoint after each epoch, and at the end
    the model's folder, which bears the recipe's name, and where there are validation cases `dice.png` and `dice.svg`,
    Dice by epoch. On the CPU the same call gives the same numbers, and so does a run that is stopped and resumed, on
    the same machine with the same number of threads.

    Parameters
    ----------
    recipe : how to train
    cohort : folder with `cases.csv` and `cohort.toml`, or a cohort as read
    out : folder for the results; made if it is not there
    device : "cpu" or "cuda"
    resume : go on from the checkpoint in `out`
    start_from : a segmenter of the same architecture and task, by path or name, whose weights to begin with
    pretrained : instead of a model, a file of ImageNet weights that `pleura models convert` wrote
    cache_folder : for small slices; the user's cache folder by default
    workers : processes that make them
    watcher : told of progress

    Returns
    -------
    The model as written.

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError
        If the cohort, the recipe, the first weights or the output folder cannot be used.
    """
    watcher = watcher or Silent()
    run = _set_up(recipe, cohort, out, device, resume, start_from, pretrained, cache_folder, workers, watcher)
    fit(run, lambda: _scores(run, [counts for (counts,) in _judged(run, (HALF,))]))
    return _finish(run)


def first_segmenter(recipe: SegmenterRecipe, parent: SegmentationModel | None = None) -> Segmenter:
    """Make the network with fresh weights drawn from the recipe's seed, or with those of a parent.

    Where the recipe has other `edges` or `neighbours` than the parent, the tensors that depend on them begin afresh.

    Raises
    ------
    RecipeError
        If the parent has another architecture, task or width.
    """
    arguments = {"classes": len(recipe.classes), **recipe.arguments}
    with torch.random.fork_rng():
        torch.manual_seed(recipe.training.seed)
        network = create_network(recipe.architecture, Segmenter, **arguments)  # type: ignore[type-abstract]
    if parent is None:
        return network
    wanted, has = network.state_dict(), parent.network.state_dict()
    other = [name for name in {*wanted, *has} if _shape(wanted, name) != _shape(has, name)]
    alike = parent.card.architecture == recipe.architecture and parent.card.task == recipe.task
    if not alike or not all(name.startswith(OPTIONAL) for name in other):
        raise RecipeError(
            f"model {parent.card.name} is {parent.card.architecture} {dict(parent.card.arguments)} for "
            f"{parent.card.task}; the recipe asks for {recipe.architecture} {arguments} for {recipe.task}"
        )
    network.load_state_dict({name: tensor for name, tensor in has.items() if name not in other}, strict=False)
    return network


def _shape(tensors: Mapping[str, Tensor], name: str) -> torch.Size | None:
    return tensors[name].shape if name in tensors else None


def _set_up(
    recipe: SegmenterRecipe,
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
    """Check everything, make the small slices, build the network."""
    where = choose_device(device)
    cohort = cohort if isinstance(cohort, Cohort) else read_cohort(cohort, classes=())
    training, validation = cohort.split("train"), cohort.split("validation")
    if not training:
        raise CohortError("no case in split train; a segmenter needs some with masks")
    if recipe.validation.keep == "best" and not validation:
        raise RecipeError('validation.keep = "best", but the cohort has no validation case; set it to "last"')
    if recipe.cutoff == "fitted" and not validation:
        raise RecipeError('cutoff = "fitted", but the cohort has no validation case; set it to "half"')
    if start_from is not None and pretrained is not None:
        raise RecipeError(f"weights to begin with from both {start_from} and {pretrained}; give one of the two")
    parent = None if start_from is None else load_segmenter(start_from)
    network = first_segmenter(recipe, parent)
    filled = "" if pretrained is None else load_pretrained(network, pretrained)
    prepare_output(out, recipe, resume=resume)

    cache = StackCache((cache_folder or default_cache_folder() / "slices") / "masked", recipe.input, recipe.task)
    used = (*training, *validation)
    watcher.start("preparing slices", len(used))
    stacks = cache.load(used, workers=workers, on_done=lambda _: watcher.advance())
    if validation and not any(stack.filled.size for stack in stacks[len(training) :]):
        raise CohortError("not a slice of the validation cases shows what is to be found; Dice needs some that do")
    examples = recipe.examples(stacks[: len(training)], seed=recipe.training.seed)
    network = network.to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
    learner = Learner(
        network=network,
        trained=network,
        optimiser=create_optimiser(network, recipe.optimiser),
        objective=OverlapObjective(recipe.loss),
        device=where,
        precision=recipe.training.precision,
        microbatch=recipe.training.microbatch,
        measure="dice",
    )
    began_with = filled if parent is None else parent.id
    decisive = [recipe_hash(recipe), [[case.case, case.split, cache.key(case)] for case in used], began_with]
    name = hashlib.sha256(json.dumps(decisive).encode()).hexdigest()
    progress, best = begin(out, learner, name, resume=resume, epochs=recipe.schedule.epochs, watcher=watcher)
    return Run(
        recipe=recipe,
        cohort=cohort,
        examples=examples,
        judged=stacks[len(training) :],
        learner=learner,
        out=out,
        parent=parent,
        pretrained=filled,
        progress=progress,
        best=best,
        watcher=watcher,
    )


def _judged(run: Run, cutoffs: Sequence[float]) -> list[tuple[Counts, ...]]:
    """Count what is found in the validation cases; there may be none."""
    recipe = run.recipe
    run.watcher.start("validation", len(run.judged))
    return judge(
        run.learner.network,
        recipe.input,
        run.judged,
        most=recipe.draw.judged,
        lesions=recipe.task == "lesions",
        cutoffs=cutoffs,
        device=run.learner.device,
        precision=recipe.training.precision,
        on_case=run.watcher.advance,
    )


def _scores(run: Run, counts: Sequence[Counts]) -> dict[str, float]:
    """Sum up; nothing without cases."""
    if not counts:
        return {}
    return overlap_scores(counts, run.recipe.classes, ratio=run.recipe.task == "lesions")


def _finish(run: Run) -> SegmentationModel:
    """Write the model's folder, with the scores of the weights as written, and read it back."""
    recipe, network = run.recipe, run.learner.network
    epochs = settle(run)
    path = run.out / recipe.name
    card = segmenter_card(recipe, run.cohort, parent=run.parent, pretrained=run.pretrained, epochs=epochs)
    save_model(network, card, path, half=recipe.half)
    network.load_state_dict(load_segmenter(path).network.state_dict())
    cutoffs = CUTOFFS if recipe.cutoff == "fitted" else (HALF,)
    counts = _judged(run, cutoffs)
    cutoff = best_cutoff(counts, cutoffs) if counts else HALF
    scores = _scores(run, [case[cutoffs.index(cutoff)] for case in counts])
    card = replace(card, thresholds={"answer": cutoff}, metrics=validation_table(run.cohort, recipe, scores))
    save_model(network, card, path, half=recipe.half)
    model = load_segmenter(path)
    if run.judged:
        save_figure(dice_figure({recipe.name: run.progress.history}), run.out, "dice")
    run.watcher.say(f"model {recipe.name} {model.id[:12]} written to {path}")
    return model
