"""A segmentation network and a study in; labels on the study's own grid out.

A slice in every 5 mm, averaged with its neighbours where they are thinner, is shown to the network, small. What it says
of them is carried to the slices between by linear interpolation and enlarged a slice at a time, so that no map of the
whole grid is ever in memory but the labels.
"""

from math import ceil

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from pleura.data.segmentation.planes import between_neighbours, find_frame, slice_planes
from pleura.errors import GeometryError, ModelError, StudyError
from pleura.imaging.field import Field
from pleura.imaging.volume import Volume
from pleura.models.backend import create_segment
from pleura.models.files import SegmentationModel
from pleura.models.predict import normalise

__all__ = ["APART_MM", "most_probable", "seen_slices", "segment_lesions", "shares_to_labels", "slice_shares"]

Labels = npt.NDArray[np.uint8]

APART_MM = 5.0
"""Slices that are shown to the network lie no farther apart, unless the study's own do or its card allows fewer."""


def segment_lesions(
    model: SegmentationModel,
    volume: Volume,
    lungs: Labels,
    *,
    left_out: npt.NDArray[np.bool_] | None = None,
    device: str | torch.device = "cpu",
    backend: str = "torch",
) -> Labels:
    """Find the lesions in the lungs.

    Parameters
    ----------
    model : for task "lesions"
    volume : a study
    lungs : 0 outside, on the volume's grid
    left_out : (z,), slices that are not fit to be shown; what their neighbours show is carried to them
    device, backend : where and with what to compute

    Returns
    -------
    0 none, 1 lesion, on the volume's grid, (z, y, x); 0 outside the lungs.

    Raises
    ------
    ModelError
        If the model is for another task, or gives something that is not a number.
    NoLungsError
        If the lung mask is empty.
    StudyError
        If no slice of the lungs is fit to be shown.
    """
    if model.card.task != "lesions":
        raise ModelError(f"model {model.card.name} is for {model.card.task}; give one for lesions")
    frame = find_frame(volume, lungs, model.card.input, task="lesions")
    chosen = seen_slices(frame.slices, volume.spacing[0], most=model.card.input.slices, left_out=left_out)
    shares = slice_shares(model, volume, frame, chosen, left_out=left_out, device=device, backend=backend)
    labels = shares_to_labels(shares, chosen, frame, volume.shape, cutoff=model.card.thresholds["answer"])
    np.multiply(labels, lungs > 0, out=labels)
    return labels


def seen_slices(
    extent: tuple[int, int], spacing: float, *, most: int, left_out: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.int64]:
    """Choose the slices that are shown to a network: evenly spread, `APART_MM` apart or less, at most so many.

    Parameters
    ----------
    extent : first slice, and the one after the last
    spacing : between slices, mm
    most : the most to choose, 1 or more
    left_out : (z,), slices not to choose; the nearest other one takes their place

    Returns
    -------
    Indices of the study's slices, ascending, none twice.

    Raises
    ------
    StudyError
        If all slices of the extent are left out.

    Examples
    --------
    >>> seen_slices((10, 22), 1.25, most=100)
    array([12, 16, 20])
    """
    first, last = extent
    count = last - first
    fit = np.arange(first, last) if left_out is None else first + np.flatnonzero(~left_out[first:last])
    if fit.size == 0:
        raise StudyError(f"none of the {count} slices within the lungs is fit to be shown; use another series")
    step = max(int(APART_MM / spacing + 1e-6), 1)
    number = min(ceil(count / step), most)
    wanted = first + np.floor((np.arange(number) + 0.5) * (count / number)).astype(np.int64)
    nearest = np.abs(wanted[:, None] - fit).argmin(axis=1) if number else np.zeros(0, np.int64)
    return np.unique(fit[nearest])


@torch.inference_mode()
def slice_shares(
    model: SegmentationModel,
    volume: Volume,
    frame: Field,
    chosen: npt.NDArray[np.int64],
    *,
    left_out: npt.NDArray[np.bool_] | None = None,
    device: str | torch.device = "cpu",
    backend: str = "torch",
    batch: int = 8,
) -> npt.NDArray[np.float32]:
    """Ask the network about each pixel of some slices.

    Parameters
    ----------
    model : whose card says how slices are made
    volume, frame : the study, and what is seen of it
    chosen : indices of the study's slices, ascending; a network that sees neighbours sees those chosen beside it
    left_out : (z,), slices that have no part in what is shown of their neighbours
    device, backend : where and with what to compute
    batch : slices at a time

    Returns
    -------
    Probability of each class but the first ("none"), (slices, classes - 1, size, size).

    Raises
    ------
    ModelError
        If the network gives something that is not a number, or the backend does not compute on the device.
    MissingExtraError
        If the backend's package is not installed.
    """
    settings = model.card.input
    place = torch.device(device)
    segment = create_segment(model, backend=backend, device=place)
    result = np.empty((len(chosen), len(model.card.classes) - 1, settings.size, settings.size), np.float32)
    planes = slice_planes(volume, frame, chosen - frame.slices[0], settings, left_out=left_out)
    shown = between_neighbours(np.arange(len(chosen)), len(chosen), model.network.neighbours)
    for start in range(0, len(chosen), batch):
        slices = normalise(planes[shown[start : start + batch]], settings)  # (batch, 1 + 2 neighbours, size, size)
        logits = segment(slices.to(place))  # (batch, classes, size, size)
        shares = torch.softmax(logits.float() / model.card.temperature, dim=1)[:, 1:].cpu()
        if not torch.isfinite(shares).all():
            raise ModelError(f"{model.card.name} gives something that is not a number; its weights are damaged")
        result[start : start + batch] = shares.numpy()
    return result


def shares_to_labels(
    shares: npt.NDArray[np.float32],
    chosen: npt.NDArray[np.int64],
    frame: Field,
    shape: tuple[int, int, int],
    *,
    cutoff: float,
) -> Labels:
    """Bring what was found in some small slices to the study's grid.

    Parameters
    ----------
    shares : as `slice_shares` gives them
    chosen : the slices they are of, ascending
    frame : what the small slices showed
    shape : of the study
    cutoff : a voxel is something from this sum of probabilities on, and then the most probable thing

    Returns
    -------
    0 none, else the number of the class; 0 outside the frame.

    Raises
    ------
    GeometryError
        If there is not one chosen slice for each of `shares`.
    """
    if len(shares) != len(chosen) or len(chosen) == 0:
        raise GeometryError(f"maps of {len(shares)} slices for {len(chosen)} chosen ones; need one a slice")
    (top, bottom), (near, far) = frame.rows, frame.columns
    rows, columns = slice(max(top, 0), min(bottom, shape[1])), slice(max(near, 0), min(far, shape[2]))
    labels = np.zeros(shape, np.uint8)
    maps = torch.from_numpy(shares)
    place = np.interp(np.arange(shape[0]), chosen, np.arange(len(chosen)))
    for k in range(*frame.slices):
        low = int(place[k])
        weight = float(place[k]) - low
        one = maps[low] if weight == 0.0 else torch.lerp(maps[low], maps[low + 1], weight)
        if float(one.sum(dim=0).max()) < cutoff:
            continue
        large = functional.interpolate(one[None], (bottom - top, far - near), mode="bilinear", align_corners=False)
        seen = large[0, :, rows.start - top : rows.stop - top, columns.start - near : columns.stop - near]
        labels[k, rows, columns] = most_probable(seen, cutoff=cutoff).numpy()
    return labels


def most_probable(shares: Tensor, *, cutoff: float) -> Tensor:
    """Say of each pixel which class it is: as `argmax`, which takes forty times as long over so few classes.

    Parameters
    ----------
    shares : probability of each class but "none", (classes, rows, columns)
    cutoff : a pixel is something from this sum of probabilities on

    Returns
    -------
    0 none, else the number of the class from 1, uint8, (rows, columns); of two that are alike the first.
    """
    best = shares[0]
    label = torch.ones(best.shape, dtype=torch.uint8)
    for number, share in enumerate(shares[1:], start=2):
        label.masked_fill_(share > best, number)
        best = torch.maximum(best, share)
    return label * (shares.sum(dim=0) >= cutoff)
