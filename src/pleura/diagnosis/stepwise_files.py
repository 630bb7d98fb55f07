"""Stepwise diagnoses on disk: a name or path in, two models with their cut-offs out; and back.

A folder holds `stepwise.toml`, which names two models by their ids and gives the cut-offs and what they were chosen on.
Cut-offs of one model are wrong for another, so that a model of another id is refused.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pleura.diagnosis.stepwise import CutOffChoice, Stepwise
from pleura.errors import ModelError, RecipeError
from pleura.models.files import Model, find_model, load_model, model_id, shipped_folder, user_folder
from pleura.models.toml_write import to_toml
from pleura.settings import parse_settings
from pleura.whole_file import write_text

__all__ = ["find_stepwise", "load_stepwise", "save_stepwise"]

FILE = "stepwise.toml"
FORMAT = 1


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
