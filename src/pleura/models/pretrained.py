"""A published ImageNet checkpoint in, checked safetensors out, once; and these into the network that they are for.

A checkpoint is, as its authors published it, a PyTorch file of tensors by name; which are known is said in
`pleura.models.published`. Such a file is a pickle, which may hold programs. It is read once, by a reader that makes
nothing but tensors, and is written again in a format that can hold nothing else.
"""

import hashlib
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from pleura.errors import ModelError, OutputError
from pleura.models.published import COUNTER, PUBLISHED, Published, most_alike, of_architecture
from pleura.models.toml_write import to_toml
from pleura.models.weights import check_tensors, fill_network
from pleura.whole_file import whole_file

__all__ = ["Conversion", "convert_checkpoint", "load_pretrained"]

PREFIX = "module."
SUFFIX = ".safetensors"


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """What became of a checkpoint."""

    network: str
    """Which published network it is."""
    source_sha256: str
    """Of the checkpoint, 64 hexadecimal digits."""
    sha256: str
    """Of the file that was written."""
    tensors: int
    parameters: int
    dropped: tuple[str, ...]
    """Names that were left out: those of the layer that tells ImageNet's classes apart."""


def convert_checkpoint(checkpoint: Path, out: Path) -> Conversion:
    """Write a published checkpoint as safetensors, and beside it, ending in .toml, where it came from.

    Parameters
    ----------
    checkpoint : a PyTorch file of tensors by name, bare or under the name "state_dict"
    out : the file to make, ending in .safetensors: float32, named as in the network's module here

    Raises
    ------
    ModelError
        If the file holds anything but tensors, or they are not those of a network in `PUBLISHED`.
    OutputError
        If the name does not end in .safetensors, or a file cannot be written.
    """
    if out.suffix != SUFFIX:
        raise OutputError(f"{out} does not end in {SUFFIX}; give the new file a name that does")
    source_sha256 = _digest(checkpoint)
    tensors = _unwrapped(checkpoint, _tensors(checkpoint))
    known = most_alike(tensors)
    if known is None:
        raise ModelError(f"{checkpoint} is none of the published networks known here: {_titles()}")
    dropped = tuple(name for name in known.dropped if name in tensors)
    kept = {name: tensor.float().contiguous() for name, tensor in known.renamed(tensors).items()}
    try:
        check_tensors(known.shapes(), kept)
    except ModelError as error:
        raise ModelError(f"{checkpoint} is not {known.title}: {error}") from error
    written = safetensors.torch.save(kept)
    made = Conversion(
        network=known.title,
        source_sha256=source_sha256,
        sha256=hashlib.sha256(written).hexdigest(),
        tensors=len(kept),
        parameters=sum(tensor.numel() for tensor in kept.values()),
        dropped=dropped,
    )
    with whole_file(out) as weights, whole_file(out.with_suffix(".toml")) as record:
        weights.write_bytes(written)
        record.write_text(_record(checkpoint, made), encoding="utf-8")
    return made


def load_pretrained(network: nn.Module, path: Path) -> str:
    """Put converted weights into a network's backbone; the rest of it stays as it is.

    Parameters
    ----------
    network : of an architecture named in `PUBLISHED`, in the published size
    path : a file that `convert_checkpoint` wrote

    Returns
    -------
    The file's SHA-256, 64 hexadecimal digits: where these weights came from.

    Raises
    ------
    ModelError
        If the network is another one, or the file cannot be read, is not safetensors, or does not fit the network.
    """
    known = of_architecture(network)
    if known is None:
        names = " and ".join(published.architecture for published in PUBLISHED)
        raise ModelError(f"pretrained weights are for architectures {names}, not {type(network).__name__}")
    digest = _digest(path)
    try:
        tensors = safetensors.torch.load_file(path)
    except safetensors.SafetensorError as error:
        raise ModelError(
            f"{path} is not a safetensors file ({error}); if it is the published checkpoint, convert it once with: "
            f"pleura models convert {path} {path.name.split('.')[0]}{SUFFIX}"
        ) from error
    _fill_backbone(network, known, tensors, path)
    return digest


def _fill_backbone(network: nn.Module, known: Published, tensors: Mapping[str, Tensor], path: Path) -> None:
    backbone = network.get_submodule("backbone")
    counters = {name: tensor for name, tensor in backbone.state_dict().items() if name.endswith(COUNTER)}
    try:
        fill_network(backbone, {**counters, **tensors})
    except ModelError as error:
        raise ModelError(
            f"{path} does not fit this network: {error}; the published weights are of {known.widths}, the defaults of "
            f"{known.architecture}"
        ) from error


def _titles() -> str:
    return "; ".join(published.title for published in PUBLISHED)


def _tensors(checkpoint: Path) -> Mapping[str, Tensor]:
    """Read with torch's own reader of tensors only, which refuses every other kind of object before it is made."""
    try:
        content = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        # torch goes on to name a setting that would run what is in the file: only its first sentence is shown
        first = (str(error).strip() or type(error).__name__).splitlines()[0].split(". ")[0].rstrip(".")
        raise ModelError(
            f"{checkpoint} cannot be read as tensors only, and nothing else in it was run: {first}; get the "
            "checkpoint again from those who published it"
        ) from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping):
        raise ModelError(f"{checkpoint} holds a {type(content).__name__}; need tensors by name")
    for name, tensor in content.items():
        named = isinstance(name, str) and isinstance(tensor, Tensor)
        if not named or not (tensor.is_floating_point() or name.endswith(COUNTER)):
            raise ModelError(f"{checkpoint} holds {name!r}, a {type(tensor).__name__}; need tensors of real numbers")
    return content


def _unwrapped(checkpoint: Path, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take the prefix off that training on several graphics cards leaves on every name."""
    prefixed = [name for name in tensors if name.startswith(PREFIX)]
    if prefixed and len(prefixed) < len(tensors):
        raise ModelError(
            f'{checkpoint} has {len(prefixed)} of {len(tensors)} names with "{PREFIX}"; need all of them, or none'
        )
    return {name.removeprefix(PREFIX): tensor for name, tensor in tensors.items()}


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error


def _record(checkpoint: Path, made: Conversion) -> str:
    return to_toml(
        {
            "format": 1,
            "network": made.network,
            "sha256": made.sha256,
            "tensors": made.tensors,
            "parameters": made.parameters,
            "source": {"file": checkpoint.name, "sha256": made.source_sha256, "dropped": list(made.dropped)},
        }
    )
