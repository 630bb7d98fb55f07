"""Leave one patient out: seven patients and a recipe in, for each how well the others' model finds the lesions out.

A fold's result is kept as JSON as soon as it is there, so that folds can be trained one by one, by several processes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import numpy as np
import numpy.typing as npt
from scipy import stats

from _lesion_pictures import Patient, data_hash, write_cohort
from _table import RESULTS
from pleura.diagnosis.segment import segment_lesions
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume
from pleura.models.files import SegmentationModel, find_model, model_id
from pleura.training.description import recipe_hash
from pleura.training.epochs import CHECKPOINT
from pleura.training.segmentation.judge import HALF
from pleura.training.segmentation.recipe import SegmenterRecipe, read_segmenter_recipe
from pleura.training.segmentation.train import train_segmenter
from pleura.training.watcher import Silent

__all__ = ["FRESH", "Fold", "Kept", "best_threshold", "dice", "kept_folds", "t_interval", "train_fold"]

CUTOFFS = (0.05, 0.1, 0.2, 0.3, 0.4)
FRESH = "fresh"
"""How folds are called that begin with weights of their own; others are called after the model they begin with."""


@dataclass(frozen=True, kw_only=True)
class Fold:
    """One patient's result by the model that was trained on the others, and by the threshold that is best for them."""

    patient: str
    date: str
    """When it was made, UTC."""
    dice: float
    """Over all slices as one volume, on the pictures' own grid, inside the given lungs."""
    by_cutoff: dict[str, float]
    """The same with a pixel called lesion from other probabilities on than a half."""
    share: float
    """Found lesion pixels over lung pixels."""
    true_share: float
    threshold: int
    """A pixel of the lungs is lesion above this grey level."""
    threshold_dice: float
    threshold_share: float
    minutes: float
    """CPU time of training."""
    curve: list[float]
    """Dice of the patient after each epoch, on the network's own grid; nothing was chosen by it."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """All folds of one way to begin."""

    start: str
    """ "fresh", or the name of the model that training began with."""
    folds: Sequence[Fold]
    """Of the present recipe and data, by patient."""
    stale: int
    """Kept folds of another recipe or of other data, which are left out."""


class _Lines(Silent):
    def __init__(self, name: str) -> None:
        self.name = name

    def say(self, line: str) -> None:
        print(f"{self.name}: {line}", flush=True)


def train_fold(patients: Sequence[Patient], held_out: str, out: Path, *, start: str, device: str = "cpu") -> Fold:
    """Train on all patients but one, go on with what is there, and judge on the one.

    Parameters
    ----------
    patients : all
    held_out : name of the one
    out : folder for cohorts, caches and models of all folds
    start : "fresh", or a model to begin with
    device : "cpu" or "cuda"
    """
    recipe = _recipe(start)
    folder = out / f"{start}-{held_out}"
    cohort = write_cohort(list(patients), held_out, out / "cohorts" / held_out)
    began = process_time()
    model = train_segmenter(
        recipe,
        cohort,
        folder,
        device=device,
        resume=(folder / CHECKPOINT).exists(),
        start_from=None if start == FRESH else start,
        cache_folder=out / "cache",
        watcher=_Lines(held_out),
    )
    minutes = (process_time() - began) / 60
    patient = next(one for one in patients if one.name == held_out)
    volume, _ = load_study(cohort / "studies" / f"{held_out}.nii.gz")
    truth = patient.lesions & patient.lungs
    every = {cutoff: _found(model, volume, patient, cutoff, device) for cutoff in (HALF, *CUTOFFS)}
    found = every[HALF]
    threshold = best_threshold([one for one in patients if one.name != held_out])
    simple = patient.lungs & (patient.levels > threshold)
    lungs = np.count_nonzero(patient.lungs)
    fold = Fold(
        patient=held_out,
        date=datetime.now(UTC).isoformat(timespec="minutes"),
        dice=dice(found, truth),
        by_cutoff={f"{cutoff:g}": round(dice(one, truth), 4) for cutoff, one in sorted(every.items())},
        share=float(np.count_nonzero(found) / lungs),
        true_share=patient.share,
        threshold=threshold,
        threshold_dice=dice(simple, truth),
        threshold_share=float(np.count_nonzero(simple) / lungs),
        minutes=minutes,
        curve=_curve(folder / "log.csv"),
    )
    _keep(fold, start, _settings(recipe, patients))
    return fold


def _found(
    model: SegmentationModel, volume: Volume, patient: Patient, cutoff: float, device: str
) -> npt.NDArray[np.bool_]:
    """Segment as a diagnosis does, with a cut-off other than the card's."""
    card = replace(model.card, thresholds={**model.card.thresholds, "answer": cutoff})
    return segment_lesions(replace(model, card=card), volume, patient.lungs.astype(np.uint8), device=device) > 0


def best_threshold(patients: Sequence[Patient]) -> int:
    """Grey level above which the lungs' pixels are called lesion, with the best mean Dice of these patients."""
    return int(np.mean([_threshold_dice(patient) for patient in patients], axis=0).argmax())


def _threshold_dice(patient: Patient) -> npt.NDArray[np.float64]:
    """Dice by threshold, (256,)."""
    all_levels = np.bincount(patient.levels[patient.lungs], minlength=256)
    of_lesions = np.bincount(patient.levels[patient.lesions & patient.lungs], minlength=256)
    above, shared = (counts.sum() - counts.cumsum() for counts in (all_levels, of_lesions))
    return np.asarray(2 * shared / (above + of_lesions.sum()), dtype=np.float64)


def dice(found: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    """Overlap of two masks, 0 to 1; NaN where there is nothing to be found."""
    there = np.count_nonzero(truth)
    return float(2 * np.count_nonzero(found & truth) / (np.count_nonzero(found) + there)) if there else float("nan")


def t_interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % interval of a mean by Student's t, as seven values are too few for a bootstrap."""
    low, high = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
    return float(low), float(high)


def kept_folds(start: str, patients: Sequence[Patient]) -> Kept:
    """Read the kept folds of the present recipe and data."""
    path = _path(start)
    if not path.exists():
        return Kept(start=start, folds=[], stale=0)
    table = json.loads(path.read_text())["folds"]
    settings = _settings(_recipe(start), patients)
    now = [entry for entry in table.values() if entry["settings"] == settings]
    folds = [Fold(**{name: value for name, value in entry.items() if name != "settings"}) for entry in now]
    return Kept(start=start, folds=sorted(folds, key=lambda fold: fold.patient), stale=len(table) - len(now))


def _recipe(start: str) -> SegmenterRecipe:
    """Read what folds are trained by; those that begin with a model have its network."""
    name = "lesions_pictures.toml" if start == FRESH else "lesions_pictures_begun.toml"
    return read_segmenter_recipe(Path(__file__).with_name(name))


def _settings(recipe: SegmenterRecipe, patients: Sequence[Patient]) -> str:
    """Name what decides a fold, but for the code and the model that it began with."""
    return f"recipe {recipe_hash(recipe)[:16]}, data {data_hash(list(patients))[:16]}"


def _keep(fold: Fold, start: str, settings: str) -> None:
    path = _path(start)
    table: dict[str, Mapping[str, object]] = json.loads(path.read_text())["folds"] if path.exists() else {}
    table = {**table, fold.patient: {**asdict(fold), "settings": settings}}
    began_with = "" if start == FRESH else model_id(find_model(start))
    text = {"start": start, "began_with": began_with, "folds": dict(sorted(table.items()))}
    temporary = path.with_suffix(f".{fold.patient}.part")
    temporary.write_text(json.dumps(text, indent=2) + "\n")
    temporary.replace(path)


def _path(start: str) -> Path:
    return RESULTS / f"lesion_folds_{Path(start).name}.json"


def _curve(log: Path) -> list[float]:
    """Read the held-out patient's Dice by epoch from a run's log."""
    lines = [line.split(",") for line in log.read_text().splitlines()]
    column = lines[0].index("validation_dice")
    return [round(float(line[column]), 4) for line in lines[1:]]
