"""Model folders: a name or path in, a network with its card out; and back, with one id over both files.

A model is a folder with `weights.safetensors` and `model.toml`. Its id is the SHA-256, in hexadecimal, over the 32
bytes of the SHA-256 of the weights file followed by the 32 bytes of that of the card file. A classifier may have a
third file, `reference.safetensors`, from which a case's novelty is measured; its SHA-256 is in the card, so that the id
covers it too.
"""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import safetensors
import safetensors.torch
from torch import Tensor, nn

from pleura.errors import ModelError, OutputError
from pleura.models.card import Card, card_to_toml, parse_card
from pleura.models.classifier import Classifier
from pleura.models.novelty import Reference, read_reference
from pleura.models.registry import create_network
from pleura.models.segmenter import SEGMENTS, Segmenter
from pleura.models.weights import fill_network

__all__ = [
    "Model",
    "SegmentationModel",
    "find_model",
    "list_models",
    "load_model",
    "load_segmenter",
    "model_id",
    "rewrite_model",
    "save_model",
    "shipped_folder",
    "user_folder",
    "write_folder",
]

CARD = "model.toml"
WEIGHTS = "weights.safetensors"
REFERENCE = "reference.safetensors"


Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True, eq=False)
class _NetworkModel(Generic[Network]):
    network: Network
    """In evaluation mode, float32, on the CPU."""
    card: Card
    id: str
    """SHA-256 over both files, 64 hexadecimal digits."""
    path: Path


@dataclass(frozen=True, eq=False)
class Model(_NetworkModel[Classifier]):
    """A classifier ready to use, with what is known of it."""

    reference: Reference | None = None
    """Where its training cases lie; None for a model without reference cases."""


class SegmentationModel(_NetworkModel[Segmenter]):
    """A segmentation network ready to use, with what is known of it."""


def user_folder() -> Path:
    """Give the user's model folder: under $PLEURA_HOME if set, else $XDG_DATA_HOME or ~/.local/share."""
    home = os.environ.get("PLEURA_HOME")
    if home:
        return Path(home) / "models"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "pleura" / "models"


def shipped_folder() -> Path:
    """Give the folder of the models that come with the package."""
    return Path(__file__).parent / "shipped"


def list_models() -> list[Path]:
    """Find the model folders that a name reaches, sorted by name; a user's model hides a shipped one of its name."""
    found: dict[str, Path] = {}
    for folder in (user_folder(), shipped_folder()):
        for card in sorted(folder.glob(f"*/{CARD}")):
            found.setdefault(card.parent.name, card.parent)
    return [found[name] for name in sorted(found)]


def find_model(reference: str | Path) -> Path:
    """Find a model folder.

    Parameters
    ----------
    reference : a path to a model folder; or a name, looked up in the user's folder, then among the shipped ones

    Raises
    ------
    ModelError
        If there is none.
    """
    path, text = Path(reference), str(reference)
    if path.is_dir() and (path.name != text or (path / CARD).is_file()):  # a bare name may also be a mere folder here
        return path
    if path.name == text and text not in ("", ".", ".."):
        for folder in (user_folder(), shipped_folder()):
            if (folder / text / CARD).is_file():
                return folder / text
    known = ", ".join(entry.name for entry in list_models()) or "none"
    raise ModelError(f'no model "{text}": it is not a folder, and the models known by name are: {known}')


def model_id(path: Path) -> str:
    """Hash a model folder's two files.

    Raises
    ------
    ModelError
        If one cannot be read.
    """
    return _id(_read(path / WEIGHTS), _read(path / CARD))


def load_model(reference: str | Path) -> Model:
    """Load a classifier; weights kept as float16 become float32.

    Parameters
    ----------
    reference : as in `find_model`

    Raises
    ------
    ModelError
        If it is not found, a file is missing, damaged or another one than the card names, the architecture is unknown
        or no classifier, or a tensor is missing, unknown, of the wrong shape, or not finite.
    """
    network, card, digest, path = _load(reference, Classifier)  # type: ignore[type-abstract]  # only looked at
    return Model(network, card, digest, path, _load_reference(card, path))


def load_segmenter(reference: str | Path) -> SegmentationModel:
    """Load a segmentation network; weights kept as float16 become float32.

    Parameters
    ----------
    reference : as in `find_model`

    Raises
    ------
    ModelError
        As in `load_model`, with a segmenter instead of a classifier; and if the card's task and classes are not those
        of `pleura.models.segmenter.SEGMENTS`.
    """
    network, card, digest, path = _load(reference, Segmenter)  # type: ignore[type-abstract]
    if SEGMENTS.get(card.task) != card.classes:
        known = "; ".join(f"{task}: {', '.join(classes)}" for task, classes in SEGMENTS.items())
        raise ModelError(
            f"{path}: a segmentation model for task {card.task} with the classes {', '.join(card.classes)}; known are "
            f"{known}"
        )
    return SegmentationModel(network, card, digest, path)


def save_model(
    network: nn.Module, card: Card, path: Path, *, half: bool = False, reference: Reference | None = None
) -> str:
    """Write a model folder; it appears whole or not at all.

    Parameters
    ----------
    network : fits the card's architecture
    card : what the model says of itself
    path : the folder to make; a model folder that is there is replaced
    half : keep convolution and linear weights as float16; biases and batch norm stay float32
    reference : the one whose SHA-256 the card names; None where it names none

    Returns
    -------
    The model's id.

    Raises
    ------
    ModelError
        If the weights do not fit the card or are not finite, or the reference is not the card's.
    OutputError
        If something other than a model is at `path`, or it cannot be written.
    """
    state = {name: _stored(tensor, half) for name, tensor in network.state_dict().items()}
    fill_network(create_network(card.architecture, nn.Module, **card.arguments), state)
    third = b"" if reference is None else reference.to_bytes()
    _check_reference(card, third, str(path))
    return write_folder(path, safetensors.torch.save(state), card_to_toml(card), reference=third)


def rewrite_model(model: Model, card: Card, path: Path, *, reference: Reference | None = None) -> str:
    """Write a model folder with the weights of another one, as they lie there, and a new card.

    Parameters
    ----------
    model : as loaded
    card, path, reference : as in `save_model`

    Returns
    -------
    The new model's id.

    Raises
    ------
    ModelError
        If the reference is not the card's, or the model's weights cannot be read any more or are others.
    OutputError
        As in `save_model`.
    """
    third = b"" if reference is None else reference.to_bytes()
    _check_reference(card, third, str(path))
    weights, old = _read(model.path / WEIGHTS), _read(model.path / CARD)
    if _id(weights, old) != model.id:
        raise ModelError(f"{model.path} has changed since it was read; try again")
    return write_folder(path, weights, card_to_toml(card), reference=third)


def write_folder(path: Path, weights: bytes, card: str, *, reference: bytes = b"") -> str:
    """Write a model's files; the folder appears whole or not at all.

    Parameters
    ----------
    path : the folder to make; a model folder that is there is replaced
    weights, card : contents of the files
    reference : of the third one; without it there is none

    Returns
    -------
    The model's id.

    Raises
    ------
    OutputError
        If something other than a model is at `path`, or it cannot be written.
    """
    if path.exists() and not (path / CARD).is_file():
        raise OutputError(f"{path} is there and is not a model folder; choose another place")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
        old = made.with_name(made.name + "-old")
        try:
            (made / WEIGHTS).write_bytes(weights)
            (made / CARD).write_text(card, encoding="utf-8")
            if reference:
                (made / REFERENCE).write_bytes(reference)
            made.chmod(0o755)
            if path.exists():
                path.rename(old)
            made.rename(path)
        finally:
            shutil.rmtree(made, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"cannot write the model to {path}: {error}") from error
    return model_id(path)


def _load(reference: str | Path, kind: type[Network]) -> tuple[Network, Card, str, Path]:
    path = find_model(reference)
    weights, text = _read(path / WEIGHTS), _read(path / CARD)
    try:
        card = parse_card(text.decode("utf-8"))
        network = create_network(card.architecture, kind, **card.arguments)
        fill_network(network, safetensors.torch.load(weights))
    except UnicodeDecodeError as error:
        raise ModelError(f"{path / CARD} is not UTF-8: {error}") from error
    except safetensors.SafetensorError as error:
        raise ModelError(f"{path / WEIGHTS} is damaged: {error}") from error
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    return network.eval(), card, _id(weights, text), path


def _load_reference(card: Card, path: Path) -> Reference | None:
    if card.reference is None:
        return None
    data = _read(path / REFERENCE)
    _check_reference(card, data, str(path))
    try:
        reference = read_reference(data)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    if len(reference.means) != len(card.classes):
        raise ModelError(f"{path / REFERENCE} has {len(reference.means)} classes; the card has {len(card.classes)}")
    return reference


def _check_reference(card: Card, data: bytes, where: str) -> None:
    wanted = "" if card.reference is None else card.reference.sha256
    found = hashlib.sha256(data).hexdigest() if data else ""
    if wanted != found:
        raise ModelError(
            f"{where}: {REFERENCE} has SHA-256 {found[:12] or 'none'}, and the card names {wanted[:12] or 'none'}; "
            "keep a model's files together, or run pleura models calibrate"
        )


def _stored(tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu().contiguous()
    return tensor.half() if half and tensor.is_floating_point() and tensor.ndim > 1 else tensor


def _id(weights: bytes, card: bytes) -> str:
    return hashlib.sha256(hashlib.sha256(weights).digest() + hashlib.sha256(card).digest()).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}; is {path.parent} a whole model?") from error
