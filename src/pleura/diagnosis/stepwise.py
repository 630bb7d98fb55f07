"""A volume with its lungs and two models in; how probable COVID-19 is against everything else out (CoviDet).

The first model (DL1) says whether a scan shows viral pneumonia, the second (DL2) whether viral pneumonia is COVID-19:
P(COVID-19) = P(viral) x P(COVID-19 | viral). A stepwise diagnosis is these two models and two cut-offs, kept as
`stepwise.toml` in a folder, which names the models by their ids.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from pleura.diagnosis.compose import model_info
from pleura.diagnosis.report import StepwiseDiagnosis
from pleura.errors import GeometryError, ModelError, RecipeError
from pleura.imaging.field import Field, find_field
from pleura.imaging.inplane import prepare
from pleura.imaging.subsets import FEWEST_LUNG_SLICES
from pleura.imaging.volume import Volume
from pleura.models.files import Model, find_model, load_model, model_id, shipped_folder, user_folder
from pleura.models.predict import Prediction, predict
from pleura.models.toml_write import to_toml
from pleura.settings import parse_settings
from pleura.whole_file import write_text

__all__ = [
    "RULE",
    "CutOffChoice",
    "Stepwise",
    "StepwiseResult",
    "classify_stepwise",
    "find_stepwise",
    "load_stepwise",
    "save_stepwise",
    "stepwise_diagnosis",
]

FILE = "stepwise.toml"
FORMAT = 1
COVID, OTHER_VIRAL, NOT_VIRAL = "covid-19", "other-viral", "not-viral"
VIRAL = "viral"
RULE = (
    "covid-19 where P(viral) x P(covid-19 | viral) reaches its cut-off; else other-viral where P(viral) reaches its "
    "own cut-off; else not-viral"
)
"""How the answer follows from the probabilities."""


@dataclass(frozen=True, kw_only=True)
class CutOffChoice:
    """A cut-off, and what it gave on the cases it was chosen on, where it looks better than it is."""

    threshold: float
    """From this probability on."""
    sensitivity: float
    specificity: float
    positives: int
    negatives: int

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ModelError(f"a cut-off of {self.threshold}; need a probability")


@dataclass(frozen=True, kw_only=True)
class _Reference:
    name: str
    id: str


@dataclass(frozen=True, kw_only=True)
class _Written:
    """What `stepwise.toml` holds."""

    format: int
    name: str
    date: str
    rule: str
    chosen_on: str
    dl1: _Reference
    dl2: _Reference
    viral: CutOffChoice
    covid: CutOffChoice


@dataclass(frozen=True, eq=False, kw_only=True)
class Stepwise:
    """Two models and the cut-offs that turn their probabilities into an answer.

    Raises
    ------
    ModelError
        If a model is for another task than its place is.
    """

    name: str
    dl1: Model
    """Viral pneumonia or not."""
    dl2: Model
    """COVID-19 or another viral pneumonia."""
    viral: CutOffChoice
    """Of P(viral)."""
    covid: CutOffChoice
    """Of the product."""
    rule: str
    """How the cut-offs were chosen."""
    chosen_on: str
    """On which cases: never on those that the diagnosis is judged on."""
    date: str
    """When; ISO 8601."""

    def __post_init__(self) -> None:
        for model, task in ((self.dl1, "viral"), (self.dl2, "covid")):
            if model.card.task != task:
                raise ModelError(f"model {model.card.name} is for {model.card.task}; give one for {task}")

    def answer(self, viral: float, covid_given_viral: float) -> str:
        """Give the answer for two probabilities, by `RULE`."""
        if viral * covid_given_viral >= self.covid.threshold:
            return COVID
        return OTHER_VIRAL if viral >= self.viral.threshold else NOT_VIRAL


@dataclass(frozen=True, eq=False, kw_only=True)
class StepwiseResult:
    """What a stepwise diagnosis says of a scan."""

    viral: float
    """P(viral)."""
    covid_given_viral: float
    """P(COVID-19 | viral)."""
    answer: str
    """ "covid-19", "other-viral" or "not-viral"."""
    dl1: Prediction
    dl2: Prediction
    """Their `subsets` are slices of the volume, counted from the feet from 0."""
    fields: tuple[Field, Field]
    """What the slices of each showed."""
    left_out: int
    """Lung slices that neither model was shown."""

    @property
    def covid(self) -> float:
        """P(COVID-19), against everything else."""
        return self.viral * self.covid_given_viral


def classify_stepwise(
    stepwise: Stepwise,
    volume: Volume,
    lungs: npt.NDArray[np.uint8],
    *,
    left_out: npt.NDArray[np.bool_] | None = None,
    device: str | torch.device = "cpu",
) -> StepwiseResult:
    """Show the lung slices to both models, and multiply. Nothing is drawn: the same scan gives the same answer.

    Parameters
    ----------
    stepwise : as loaded
    volume : the study
    lungs : 0 outside, 1 right lung, 2 left lung, on the volume's grid
    left_out : (z,), slices that are not to be shown, such as those a cleaner finds unfit; none by default
    device : where to compute

    Raises
    ------
    GeometryError
        If fewer than 8 lung slices remain, or `left_out` is not of the volume's length.
    NoLungsError
        If there are no lungs.
    """
    if left_out is not None and left_out.shape != volume.shape[:1]:
        raise GeometryError(f"slices to leave out of shape {left_out.shape}; need ({volume.shape[0]},), one a slice")
    shown: dict[tuple[int, int, int, str], tuple[npt.NDArray[np.int16], Field]] = {}
    predictions, fields = [], []
    for model in (stepwise.dl1, stepwise.dl2):
        settings = model.card.input
        key = (settings.window_low, settings.window_high, settings.size, settings.field)
        if key not in shown:
            field = find_field(lungs, volume, settings.field)
            shown[key] = prepare(volume, field, size=settings.size, window=key[:2]), field
        prepared, field = shown[key]
        places = np.arange(*field.slices)
        kept = np.ones(len(places), dtype=bool) if left_out is None else ~left_out[places]
        if kept.sum() < FEWEST_LUNG_SLICES:
            raise GeometryError(
                f"{int(kept.sum())} of {len(places)} lung slices are left; the slice network needs at least "
                f"{FEWEST_LUNG_SLICES}: use a series with thinner or better slices"
            )
        found = predict(model, prepared[kept], seed=0, device=device)
        predictions.append(Prediction(found.probabilities, found.mean, places[kept][found.subsets], found.features))
        fields.append(field)
    dl1, dl2 = predictions
    viral = float(dl1.mean[stepwise.dl1.card.classes.index(VIRAL)])
    given = float(dl2.mean[stepwise.dl2.card.classes.index(COVID)])
    return StepwiseResult(
        viral=viral,
        covid_given_viral=given,
        answer=stepwise.answer(viral, given),
        dl1=dl1,
        dl2=dl2,
        fields=(fields[0], fields[1]),
        left_out=0 if left_out is None else int(left_out[slice(*fields[0].slices)].sum()),
    )


def stepwise_diagnosis(stepwise: Stepwise, result: StepwiseResult) -> StepwiseDiagnosis:
    """Give the report's part."""
    return StepwiseDiagnosis(
        name=stepwise.name,
        viral=result.viral,
        covid_given_viral=result.covid_given_viral,
        covid=result.covid,
        answer=result.answer,
        rule=RULE,
        viral_cut_off=stepwise.viral.threshold,
        covid_cut_off=stepwise.covid.threshold,
        cut_offs_from=f"{stepwise.rule}, {stepwise.chosen_on}, {stepwise.date}",
        slices_seen=len(result.dl1.subsets[0]),
        slices_left_out=result.left_out,
        models=(model_info(stepwise.dl1), model_info(stepwise.dl2)),
    )


def save_stepwise(stepwise: Stepwise, folder: Path) -> Path:
    """Write `stepwise.toml` into a folder, and give its path.

    Raises
    ------
    OutputError
        If it cannot be written; an old one stays as it was.
    """
    written = _Written(
        format=FORMAT,
        name=stepwise.name,
        date=stepwise.date,
        rule=stepwise.rule,
        chosen_on=stepwise.chosen_on,
        dl1=_Reference(name=stepwise.dl1.card.name, id=stepwise.dl1.id),
        dl2=_Reference(name=stepwise.dl2.card.name, id=stepwise.dl2.id),
        viral=stepwise.viral,
        covid=stepwise.covid,
    )
    write_text(folder / FILE, to_toml(asdict(written)))
    return folder / FILE


def find_stepwise(reference: str | Path) -> Path:
    """Find the folder of a stepwise diagnosis: a path to it or to its file, or a name as for a model.

    Raises
    ------
    ModelError
        If there is none.
    """
    path, text = Path(reference), str(reference)
    if path.name == FILE and path.is_file():
        return path.parent
    if (path / FILE).is_file():
        return path
    if path.name == text and text not in ("", ".", ".."):
        for folder in (user_folder(), shipped_folder()):
            if (folder / text / FILE).is_file():
                return folder / text
    known = sorted(
        entry.parent.name for place in (user_folder(), shipped_folder()) for entry in place.glob(f"*/{FILE}")
    )
    raise ModelError(
        f'no stepwise diagnosis "{text}": it is no folder with {FILE}, and those known by name are: '
        f"{', '.join(known) or 'none'}"
    )


def load_stepwise(reference: str | Path, *, dl1: str | Path | None = None, dl2: str | Path | None = None) -> Stepwise:
    """Load a stepwise diagnosis with its two models, whose ids have to be those that the file names.

    Parameters
    ----------
    reference : as in `find_stepwise`
    dl1, dl2 : the models, by path or name; by default they are looked for by the names that the file gives, in its
        folder, beside it, and where models are found by name

    Raises
    ------
    ModelError
        If the file is missing, damaged or of another format, or a model is not found, is another one or for another
        task.
    """
    folder = find_stepwise(reference)
    try:
        written = parse_settings(_Written, tomllib.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecipeError) as error:
        raise ModelError(f"{folder / FILE} cannot be used: {error}") from error
    if written.format != FORMAT:
        raise ModelError(f"{folder / FILE} is of format {written.format}; this version reads {FORMAT}")
    return Stepwise(
        name=written.name,
        dl1=_load(folder, written.dl1, dl1),
        dl2=_load(folder, written.dl2, dl2),
        viral=written.viral,
        covid=written.covid,
        rule=written.rule,
        chosen_on=written.chosen_on,
        date=written.date,
    )


def _load(folder: Path, wanted: _Reference, given: str | Path | None) -> Model:
    """Load the model of this id from the first place that has it."""
    seen = []
    for place in _places(folder, wanted.name) if given is None else [find_model(given)]:
        found = model_id(place)
        if found == wanted.id:
            return load_model(place)
        seen.append(f"{place} is {found[:12]}")
    raise ModelError(
        f"{folder / FILE} is for model {wanted.name} {wanted.id[:12]}, and {'; '.join(seen) or 'there is none'}: its "
        "cut-offs are not for another one; give the model it names, or run pleura evaluate stepwise for yours"
    )


def _places(folder: Path, name: str) -> Iterator[Path]:
    """Where a model of this name may be."""
    if Path(name).name != name or name in ("", ".", ".."):
        raise ModelError(f'{folder / FILE} names a model "{name}"; need a plain name')
    whole = folder.absolute()
    for place in (whole / name, whole.parent / name, user_folder() / name, shipped_folder() / name):
        if (place / "model.toml").is_file():
            yield place
