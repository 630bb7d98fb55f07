"""A model and a cohort in; the same weights with a temperature and reference cases, in a new folder, out."""

from dataclasses import replace
from pathlib import Path

from pleura.data.cache import SliceCache, default_cache_folder
from pleura.data.cohort import Cohort
from pleura.data.task import task_of
from pleura.errors import CohortError
from pleura.models.device import choose_device
from pleura.models.files import Model, load_model, rewrite_model
from pleura.training.doubt import PreparedCases, settle_doubt
from pleura.training.watcher import Silent, Watcher

__all__ = ["calibrate_model"]


def calibrate_model(
    model: Model,
    cohort: Cohort,
    path: Path,
    *,
    device: str = "cpu",
    cache_folder: Path | None = None,
    workers: int = 1,
    watcher: Watcher | None = None,
) -> Model:
    """Do for a model what the end of training does for one that was trained in one place.

    Parameters
    ----------
    model : a classifier; what it has of the kind is replaced
    cohort : as read; cases that the model's task does not arise for are left out
    path : the folder to make
    device, cache_folder, workers, watcher : as for `pleura.training.loop.train`

    Returns
    -------
    The model as written; its card says which model it was made from.

    Raises
    ------
    CohortError
        If the training cases lack one of the model's classes, there is no validation case, or a study cannot be used.
    ModelError, RecipeError
        If no case has a truth for the model's task, or the device is not there.
    OutputError
        If the folder cannot be written.
    """
    watcher = watcher or Silent()
    place = choose_device(device)
    task = task_of(model.card.task, model.card.classes)
    fit = task.select(cohort)
    cases = (*fit.split("train"), *fit.split("validation"))
    if not fit.split("validation"):
        raise CohortError(
            f"{cohort.folder} has no validation case of {', '.join(task.classes)}; calibration needs cases that the "
            "model was not trained on"
        )
    cache = SliceCache(cache_folder or default_cache_folder() / "slices", model.card.input)
    watcher.start("preparing slices", len(cases))
    keys = cache.warm(cases, workers=workers, on_done=lambda _: watcher.advance())
    prepared = PreparedCases(cohort=fit, task=task, cache=cache, keys=keys)
    network = model.network.to(place)
    card, reference = settle_doubt(network, model.card, prepared, device=place, watcher=watcher)
    named = {**card.metrics, "calibration": {**card.metrics["calibration"], "made_from": model.id}}
    rewrite_model(model, replace(card, metrics=named), path, reference=reference)
    return load_model(path)
