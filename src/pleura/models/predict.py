"""The classifier on one case: prepared slices and a model in, probabilities a subset and their mean out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from pleura.errors import ModelError
from pleura.imaging.sequence import slice_sequence
from pleura.imaging.subsets import slice_subsets
from pleura.models.backend import Features, create_features
from pleura.models.classifier import Classifier
from pleura.models.files import Model
from pleura.settings import InputSettings

__all__ = [
    "Prediction",
    "choose_slices",
    "normalise",
    "pooled_features",
    "predict",
    "predict_network",
    "refuse_no_numbers",
]


@dataclass(frozen=True, eq=False)
class Prediction:
    """Probabilities of one case."""

    probabilities: npt.NDArray[np.float64]
    """(subsets, classes); each row sums to 1."""
    mean: npt.NDArray[np.float64]
    """(classes,); the case's probabilities."""
    subsets: npt.NDArray[np.int64]
    """(subsets, slices); indices into the prepared slices, 0 for the first lung slice. One row of a slice network."""
    features: Tensor
    """(subsets, channels, depth, rows, columns), float32, on the CPU: what the network's `classify` took. A slice
    network has a depth for each slice."""
    logits: npt.NDArray[np.float64]
    """(subsets, classes), before the temperature."""


def normalise(slices: npt.NDArray[np.int16], settings: InputSettings) -> Tensor:
    """Take prepared slices from HU to the network's units.

    Parameters
    ----------
    slices : HU, any shape
    settings : window, mean and standard deviation

    Returns
    -------
    float32, the same shape.
    """
    clipped = np.clip(slices, settings.window_low, settings.window_high).astype(np.float32)
    return torch.from_numpy((clipped - np.float32(settings.mean)) / np.float32(settings.std))


def choose_slices(
    settings: InputSettings, lung_slices: int, *, seed: int | Sequence[int], count: int | None = None
) -> npt.NDArray[np.int64]:
    """Choose what a network sees of a case.

    Parameters
    ----------
    settings : whose `interval` is the rule
    lung_slices : how many there are
    seed : draws subsets; where every slice is taken nothing is drawn
    count : number of subsets; as in the settings by default

    Returns
    -------
    Indices of lung slices, shape (subsets, slices), each row ascending.

    Raises
    ------
    GeometryError
        If there are fewer than 8 slices.
    ValueError
        If several subsets are asked for where every slice is taken.
    """
    if settings.interval == "every":
        if count not in (None, 1):
            raise ValueError(f'{count} subsets with interval = "every"; there is only 1')
        return slice_sequence(lung_slices, most=settings.slices)[np.newaxis]
    return slice_subsets(0, lung_slices, count=count or settings.subsets, slices=settings.slices, seed=seed)


def predict(
    model: Model,
    prepared: npt.NDArray[np.int16],
    *,
    seed: int | Sequence[int],
    device: str | torch.device = "cpu",
    count: int | None = None,
    backend: str = "torch",
) -> Prediction:
    """Classify a case in float32.

    Parameters
    ----------
    model : as loaded
    prepared : the lungs' slices, HU, shape (n, size, size), as `pleura.imaging.inplane.prepare` gives them
    seed : draws the subsets; the same seed gives the same answer
    device : where to compute
    count : number of subsets; as in the model's input recipe by default, and 1 where that takes every slice
    backend : torch, or openvino on the CPU, which is faster and agrees to 1e-4

    Raises
    ------
    GeometryError
        If there are fewer than 8 slices.
    ModelError
        If the backend is not known, or does not compute on the device; or if the network gives no numbers.
    MissingExtraError
        If the backend's package is not installed.
    """
    features = create_features(model, backend=backend, device=device)
    if model.card.input.interval == "every" and backend != "torch":
        features = _of_one_length(features, model.card.input.slices)
    prediction = predict_network(
        model.network.to(device),
        model.card.input,
        prepared,
        seed=seed,
        count=count,
        temperature=model.card.temperature,
        device=device,
        features=features,
    )
    refuse_no_numbers(prediction.probabilities, model.card.name)
    return prediction


def refuse_no_numbers(probabilities: npt.NDArray[np.float64], name: str) -> None:
    """Refuse what a network gave where it is no number.

    Parameters
    ----------
    probabilities : of any shape
    name : the model's

    Raises
    ------
    ModelError
        If a probability is infinite or NaN.
    """
    if not np.isfinite(probabilities).all():
        raise ModelError(
            f"the network of {name} gives values that are no numbers; its weights are damaged or its training "
            "diverged: use another model"
        )


@torch.inference_mode()
def predict_network(
    network: Classifier,
    settings: InputSettings,
    prepared: npt.NDArray[np.int16],
    *,
    seed: int | Sequence[int],
    count: int | None = None,
    temperature: float = 1.0,
    device: str | torch.device = "cpu",
    features: Features | None = None,
) -> Prediction:
    """Classify a case with a bare network, one subset at a time.

    The parameters are those of `predict`, and `features`: what computes the feature maps, the network itself by
    default.
    """
    network.eval()
    compute = features or network.forward_features
    subsets = choose_slices(settings, len(prepared), seed=seed, count=count)
    rows, logits, kept = [], [], []
    for indices in subsets:
        x = normalise(prepared[indices], settings)[None, None].to(device)  # (1, 1, slices, size, size)
        x = x.contiguous(memory_format=torch.channels_last_3d)
        maps = compute(x).float()  # (1, channels, depth, rows, columns)
        raw = network.classify(maps).double()  # (1, classes)
        rows.append(torch.softmax(raw / temperature, dim=1)[0].cpu().numpy())
        logits.append(raw[0].cpu().numpy())
        kept.append(maps.cpu())
    probabilities = np.stack(rows)
    return Prediction(
        probabilities=probabilities,
        mean=probabilities.mean(axis=0),
        subsets=subsets,
        features=torch.cat(kept),
        logits=np.stack(logits),
    )


@torch.inference_mode()
def pooled_features(network: Classifier, prediction: Prediction) -> npt.NDArray[np.float64]:
    """Give what the network's last layer decided by in a prediction of its own, (subsets, width)."""
    device = next(network.parameters()).device
    return np.asarray(network.pool(prediction.features.to(device)).double().cpu().numpy())


def _of_one_length(features: Features, slices: int) -> Features:
    """Fill a case up to the number of slices that a backend is compiled for; a slice network sees each by itself."""

    def computed(x: Tensor) -> Tensor:
        whole = functional.pad(x, (0, 0, 0, 0, 0, slices - x.shape[2]))  # (1, 1, slices, size, size)
        return features(whole)[:, :, : x.shape[2]]

    return computed
