"""A recipe and a cohort in; a model a fold, what each answers on patients it has not seen, and the sum of it out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pleura.data.cache import SliceCache, default_cache_folder
from pleura.data.cohort import Case, Cohort, read_cohort
from pleura.data.task import Task, find_task
from pleura.errors import OutputError, RecipeError
from pleura.models.device import choose_device
from pleura.models.files import load_model
from pleura.settings import TrainingRecipe
from pleura.training.description import recipe_hash
from pleura.training.epochs import CHECKPOINT
from pleura.training.fold_results import CrossValidation, FoldAnswers, sum_up, write_sum
from pleura.training.fold_tables import read_answers, write_answers, write_folds
from pleura.training.folds import assign_folds, fold_cohort
from pleura.training.loop import score, train
from pleura.training.watcher import Silent, Watcher
from pleura.whole_file import write_text

__all__ = ["cross_validate"]

RUN = "run.json"
HELD_OUT = "held-out.csv"
TEST = "test.csv"


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What all folds share."""

    recipe: TrainingRecipe
    cohort: Cohort
    task: Task
    folds: int
    fold_of: Mapping[str, int]
    cache: SliceCache
    keys: Mapping[str, str]
    out: Path
    device: str
    start_from: str | Path | None
    workers: int
    watcher: Watcher


def cross_validate(
    recipe: TrainingRecipe,
    cohort: Path | Cohort,
    out: Path,
    *,
    folds: int = 5,
    device: str = "cpu",
    resume: bool = False,
    start_from: str | Path | None = None,
    cache_folder: Path | None = None,
    workers: int = 1,
    watcher: Watcher | None = None,
) -> CrossValidation:
    """Train a model a fold, each without the patients of its fold, and judge each on those patients.

    The training and validation splits are divided into folds by patient, evenly by class and hospital; the test split
    is in no fold, and every model answers on it too, as does their mean. `out` gets `folds.csv`, a folder a fold with
    what `train` writes and the answers, `predictions.csv` and `test-predictions.csv` over all folds,
    `cross_validation.json`, tables, and a figure of the learning curves.

    With `validation.keep = "last"` the held-out fold is scored after each epoch for the learning curve, which decides
    nothing. With "best" another fold takes that part and is not trained on: the patients that judge a model have no
    say in which of its weights are kept.

    Parameters
    ----------
    recipe : how to train each model; its seed also draws the folds
    cohort : folder with `cases.csv` and `cohort.toml`, or a cohort as read
    out : folder for the results; made if it is not there
    folds : 2 or more; with `validation.keep = "best"` 3 or more
    device, start_from, cache_folder, workers, watcher : as for `pleura.training.loop.train`
    resume : go on in `out`; folds that are done are not trained again

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError
        If the cohort, the recipe, the first weights or the output folder cannot be used, or `out` is of another run.
    """
    watcher = watcher or Silent()
    least = 3 if recipe.validation.keep == "best" else 2
    if folds < least:
        raise RecipeError(f'{folds} folds with validation.keep = "{recipe.validation.keep}"; need at least {least}')
    choose_device(device)
    task = find_task(recipe.task)
    whole = task.select(cohort if isinstance(cohort, Cohort) else read_cohort(cohort, classes=()), trains=False)
    fold_of = assign_folds(whole, task, folds=folds, seed=recipe.training.seed)
    cache_folder = cache_folder or default_cache_folder() / "slices"
    cache = SliceCache(cache_folder, recipe.input)
    watcher.start("preparing slices", len(whole.cases))
    keys = cache.warm(whole.cases, workers=workers, on_done=lambda _: watcher.advance())
    parent = "" if start_from is None else load_model(start_from).id
    _begin(out, _run_name(recipe, whole, fold_of, keys, parent), resume=resume)
    write_folds(whole, task, fold_of, out / "folds.csv")
    plan = _Plan(
        recipe=recipe,
        cohort=whole,
        task=task,
        folds=folds,
        fold_of=fold_of,
        cache=cache,
        keys=keys,
        out=out,
        device=device,
        start_from=start_from,
        workers=workers,
        watcher=watcher,
    )
    answers = [_run_fold(plan, fold) for fold in range(folds)]
    summed = sum_up(answers, recipe, whole, task)
    write_sum(summed, out)
    return summed


def _run_fold(plan: _Plan, fold: int) -> FoldAnswers:
    """Train one fold's model and let it answer, unless that is done; the answers are read back from their files."""
    folder = plan.out / f"fold-{fold + 1}"
    watcher = _Named(plan.watcher, f"fold {fold + 1} of {plan.folds}")
    test = plan.cohort.split("test")
    wanted = [name for name in (HELD_OUT, TEST) if name == HELD_OUT or test]
    if not all((folder / name).is_file() for name in wanted):
        validation = (fold + 1) % plan.folds if plan.recipe.validation.keep == "best" else fold
        model = train(
            plan.recipe,
            fold_cohort(plan.cohort, plan.fold_of, held=fold, validation=validation),
            folder,
            device=plan.device,
            resume=(folder / CHECKPOINT).is_file(),
            start_from=plan.start_from,
            cache_folder=plan.cache.folder,
            workers=plan.workers,
            watcher=watcher,
        )
        held = tuple(case for case in plan.cohort.cases if plan.fold_of.get(case.case) == fold)
        network = model.network.to(plan.device)
        for name, cases in ((TEST, test), (HELD_OUT, held)):
            if cases:
                watcher.start(f"classifying {name.removesuffix('.csv')}", len(cases))
                keys = [plan.keys[case.case] for case in cases]
                scores = score(network, plan.recipe.input, plan.cache, keys, device=plan.device, watcher=watcher)
                write_answers(cases, plan.task, scores, folder / name)
        watcher.say(f"model {model.id[:12]} has answered on {len(held)} held-out and {len(test)} test cases")
    else:
        watcher.say("done before")
    return FoldAnswers(
        folder=folder,
        held_out=read_answers(folder / HELD_OUT, plan.task),
        test=read_answers(folder / TEST, plan.task) if test else None,
    )


class _Named:
    """A watcher that hears of which fold it is."""

    def __init__(self, watcher: Watcher, name: str) -> None:
        self._watcher, self._name = watcher, name

    def start(self, task: str, total: int) -> None:
        self._watcher.start(f"{self._name}: {task}", total)

    def advance(self) -> None:
        self._watcher.advance()

    def say(self, line: str) -> None:
        self._watcher.say(f"{self._name}: {line}")


def _begin(out: Path, run: str, *, resume: bool) -> None:
    """Claim the output folder for this run, or check that it is this run's."""
    path = out / RUN
    if not resume:
        if path.exists():
            raise OutputError(
                f"{out} has a cross-validation of an earlier run; add --resume to go on, or choose another folder"
            )
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write to {out}: {error.strerror or error}") from error
        write_text(path, json.dumps({"format": 1, "run": run}) + "\n")
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["run"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(
            f"nothing to resume: no {RUN} of a cross-validation in {out}; start without --resume"
        ) from error
    if found != run:
        raise RecipeError(
            f"{out} is of another run: recipe, cohort, folds or first weights have changed; choose another folder"
        )


def _run_name(
    recipe: TrainingRecipe, cohort: Cohort, fold_of: Mapping[str, int], keys: Mapping[str, str], parent: str
) -> str:
    decisive = [recipe_hash(recipe), [_decisive(case, fold_of, keys) for case in cohort.cases], parent]
    return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()


def _decisive(case: Case, fold_of: Mapping[str, int], keys: Mapping[str, str]) -> Sequence[str | int]:
    return [case.case, case.patient, case.label, case.severity, fold_of.get(case.case, -1), keys[case.case]]
