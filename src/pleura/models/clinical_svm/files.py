"""Clinical model folders: a name or path in, a machine with its card out; and back. Ids are as all models' are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from pleura.errors import ModelError
from pleura.models.clinical_svm.card import ClinicalCard, clinical_card_to_toml, parse_clinical_card
from pleura.models.clinical_svm.encode import Encoder
from pleura.models.clinical_svm.fusion import Fusion
from pleura.models.clinical_svm.machine import ClinicalSvm, Kernel
from pleura.models.files import CARD, WEIGHTS, find_model, model_id, write_folder

__all__ = ["ClinicalModel", "load_clinical_model", "save_clinical_model"]

Arrays = dict[str, npt.NDArray[Any]]

_FUSION = ("ct_slope", "ct_shift", "base", "ct", "clinical")


@dataclass(frozen=True, eq=False)
class ClinicalModel:
    """A clinical model ready to use."""

    svm: ClinicalSvm
    fusion: Fusion | None
    """None where it was trained without CT scores."""
    card: ClinicalCard
    id: str
    """SHA-256 over both files, 64 hexadecimal digits."""
    path: Path


def load_clinical_model(reference: str | Path) -> ClinicalModel:
    """Load a clinical model.

    Parameters
    ----------
    reference : a path to a model folder, or a name, as in `pleura.models.files.find_model`

    Raises
    ------
    ModelError
        If it is not found, is no clinical model, or a file is missing, damaged, or does not fit the other.
    """
    path = find_model(reference)
    try:
        card = parse_clinical_card((path / CARD).read_text(encoding="utf-8"))
        arrays = safetensors.numpy.load((path / WEIGHTS).read_bytes())
        svm, fusion = _unpack(arrays, card)
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"cannot read {path}: {error}; is it a whole model?") from error
    except safetensors.SafetensorError as error:
        raise ModelError(f"{path / WEIGHTS} is damaged: {error}") from error
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    return ClinicalModel(svm, fusion, card, model_id(path), path)


def save_clinical_model(svm: ClinicalSvm, fusion: Fusion | None, card: ClinicalCard, path: Path) -> str:
    """Write a clinical model's folder; it appears whole or not at all.

    Parameters
    ----------
    svm, fusion : fit the card
    card : what the model says of itself
    path : the folder to make; a model folder that is there is replaced

    Returns
    -------
    The model's id.

    Raises
    ------
    ModelError
        If arrays and card do not fit each other.
    OutputError
        If something other than a model is at `path`, or it cannot be written.
    """
    arrays = _pack(svm, fusion)
    _unpack(arrays, card)
    return write_folder(path, safetensors.numpy.save(arrays), clinical_card_to_toml(card))


def _pack(svm: ClinicalSvm, fusion: Fusion | None) -> Arrays:
    encoder = svm.encoder
    arrays: Arrays = {
        "encoder.levels": np.array(encoder.levels, dtype=np.int64),
        "encoder.fill": encoder.fill,
        "encoder.flagged": encoder.flagged.astype(np.uint8),
        "encoder.mean": encoder.mean,
        "encoder.scale": encoder.scale,
        "support": svm.support,
        "dual": svm.dual,
        "intercept": np.array([svm.intercept]),
        "calibration": np.array([svm.slope, svm.shift]),
    }
    if fusion is not None:
        arrays["fusion"] = np.array([getattr(fusion, name) for name in _FUSION])
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _unpack(arrays: Arrays, card: ClinicalCard) -> tuple[ClinicalSvm, Fusion | None]:
    features = card.schema["features"]
    levels = [len(entry.get("values", ())) for entry in features.values()]
    flagged = int(arrays["encoder.flagged"].sum()) if "encoder.flagged" in arrays else 0
    columns = sum(count or 1 for count in levels) + flagged
    vectors = len(arrays["dual"]) if "dual" in arrays else 0
    shapes: dict[str, tuple[int, ...]] = {
        "encoder.levels": (len(levels),),
        "encoder.fill": (len(levels),),
        "encoder.flagged": (len(levels),),
        "encoder.mean": (columns,),
        "encoder.scale": (columns,),
        "support": (vectors, columns),
        "dual": (vectors,),
        "intercept": (1,),
        "calibration": (2,),
    }
    if card.fusion:
        shapes["fusion"] = (len(_FUSION),)
    if set(arrays) != set(shapes):
        odd = sorted(set(arrays) ^ set(shapes))
        raise ModelError(f"arrays and card do not fit: {', '.join(odd)} should be there, or should not")
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ModelError(f"{name} has shape {list(arrays[name].shape)}; need {list(shape)}")
        if not np.isfinite(arrays[name]).all():
            raise ModelError(f"{name} is not finite")
    if arrays["encoder.levels"].tolist() != levels or (arrays["encoder.scale"] <= 0).any() or vectors == 0:
        raise ModelError("arrays and card do not fit: categories, scales or support vectors are not the schema's")
    encoder = Encoder(
        levels=tuple(levels),
        fill=arrays["encoder.fill"],
        flagged=arrays["encoder.flagged"].astype(bool),
        mean=arrays["encoder.mean"],
        scale=arrays["encoder.scale"],
    )
    slope, shift = arrays["calibration"].tolist()
    svm = ClinicalSvm(
        encoder=encoder,
        kernel=_kernel(card),
        support=arrays["support"],
        dual=arrays["dual"],
        intercept=float(arrays["intercept"][0]),
        slope=slope,
        shift=shift,
    )
    fusion = Fusion(**dict(zip(_FUSION, arrays["fusion"].tolist(), strict=True))) if card.fusion else None
    return svm, fusion


def _kernel(card: ClinicalCard) -> Kernel:
    numbers = {name: value for name, value in card.arguments.items() if name != "cost"}
    try:
        return Kernel(kind=card.kernel, **numbers)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ModelError(f"arguments do not fit the kernel {card.kernel}: {error}") from error
