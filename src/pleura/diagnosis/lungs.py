"""A volume in, its lung mask out: by HU and geometry, or by a network whose answer is cleaned up.

Which of the two is asked where nobody says: `pleura.diagnosis.default_lungs`.
"""

from math import prod

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from pleura.data.segmentation.planes import find_frame
from pleura.diagnosis.segment import seen_slices, shares_to_labels, slice_shares
from pleura.errors import ModelError, NoLungsError
from pleura.imaging.lungs import segment_lungs
from pleura.imaging.volume import Volume
from pleura.models.files import SegmentationModel

__all__ = ["cleaned_shares", "find_lungs"]

Labels = npt.NDArray[np.uint8]
Shares = npt.NDArray[np.float32]

_LEAST_ML = 250.0
"""Lungs of less, both together, are none; as in `segment_lungs`."""
_LEAST_SHARE = 0.05
"""A piece apart from a lung's largest counts from this share of that on."""


def find_lungs(
    volume: Volume,
    *,
    model: SegmentationModel | None = None,
    device: str | torch.device = "cpu",
    backend: str = "torch",
) -> Labels:
    """Find the lungs.

    Parameters
    ----------
    volume : at least part of a chest
    model : for task "lungs"; None finds them by HU and geometry
    device, backend : where and with what a model computes

    Returns
    -------
    0 outside, 1 right lung, 2 left lung, on the volume's grid, (z, y, x).

    Raises
    ------
    NoLungsError
        If there are none in the field of view.
    ModelError
        If the model is for another task, or gives something that is not a number.
    """
    if model is None:
        return segment_lungs(volume)
    card = model.card
    if card.task != "lungs":
        raise ModelError(f"model {card.name} is for {card.task}; give one for lungs")
    frame = find_frame(volume, None, card.input, task="lungs")
    chosen = seen_slices(frame.slices, volume.spacing[0], most=card.input.slices)
    shares = slice_shares(model, volume, frame, chosen, device=device, backend=backend)
    cutoff = card.thresholds["answer"]
    voxel_ml = volume.voxel_ml * prod(volume.shape) / (len(chosen) * card.input.size**2)
    cleaned = cleaned_shares(shares, voxel_ml=voxel_ml, cutoff=cutoff)
    return shares_to_labels(cleaned, chosen, frame, volume.shape, cutoff=cutoff)


def cleaned_shares(shares: Shares, *, voxel_ml: float, cutoff: float) -> Shares:
    """Clean up what a network says of each pixel: one right and one left lung, whole and without holes.

    The largest piece of each label is a lung. Other pieces count if they are large enough, and belong to the side of
    the plane midway between the two lungs on which they lie: what the network took for the other lung changes sides.
    Holes within a slice are lung: vessels, and lesions as dense as they are.

    Parameters
    ----------
    shares : probability of right and of left lung, (slices, 2, rows, columns); columns to the patient's left
    voxel_ml : volume of one of these pixels
    cutoff : a pixel is lung from this sum of probabilities on

    Raises
    ------
    NoLungsError
        If too little lung is left, or the right lung lies to the left of the left one.
    """
    lung = shares.sum(axis=1) >= cutoff  # (slices, rows, columns)
    label = np.where(lung, shares.argmax(axis=1) + 1, 0)
    pieces = [_pieces(label == side) for side in (1, 2)]
    mains = [sizes.argmax() if sizes.size else None for _, sizes in pieces]
    ml = voxel_ml * sum(float(sizes.max()) for _, sizes in pieces if sizes.size)
    if ml < _LEAST_ML:
        raise NoLungsError(
            f"no lungs in the field of view: the lung network finds {ml:.0f} ml, expected at least {_LEAST_ML:.0f}; "
            "choose a series that shows the chest"
        )
    centres = [
        None if main is None else float(np.mean(np.nonzero(found == main + 1)[2]))
        for (found, _), main in zip(pieces, mains, strict=True)
    ]
    if centres[0] is not None and centres[1] is not None and centres[0] >= centres[1]:
        raise NoLungsError(
            "the lung network finds the right lung to the left of the left one; is the series stored with the right "
            "orientation? Go without the network, or give another series"
        )
    kept = np.zeros(lung.shape, np.uint8)
    for (found, sizes), main in zip(pieces, mains, strict=True):
        for piece in np.flatnonzero(sizes >= _LEAST_SHARE * (sizes[main] if main is not None else 0)):
            here = found == piece + 1
            kept[here] = _side(here, centres, is_main=piece == main, label=int(label[here][0]))
    for side in (1, 2):
        for one in kept:
            one[ndimage.binary_fill_holes(one == side) & (one == 0)] = side
    return _as_kept(shares, lung, kept)


def _pieces(mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Label the connected pieces of a mask from 1; give the size of each."""
    found = np.zeros(mask.shape, np.int32)
    count = ndimage.label(mask, output=found)
    return found, np.bincount(found.ravel(), minlength=count + 1)[1:]


def _side(piece: npt.NDArray[np.bool_], centres: list[float | None], *, is_main: bool, label: int) -> int:
    """Say which lung a piece belongs to."""
    right, left = centres
    if is_main or right is None or left is None:
        return label
    return 1 if float(np.mean(np.nonzero(piece)[2])) < (right + left) / 2 else 2


def _as_kept(shares: Shares, lung: npt.NDArray[np.bool_], kept: Labels) -> Shares:
    """Change shares where the cleaned labels differ; elsewhere they keep their soft edges."""
    result = shares.copy()
    removed = lung & (kept == 0)
    for side in (1, 2):
        own, other = result[:, side - 1], result[:, 2 - side]
        swapped = (kept == side) & (other > own)
        own[swapped], other[swapped] = other[swapped], own[swapped]
        filled = (kept == side) & ~lung
        own[filled], other[filled] = 1.0, 0.0
        own[removed] = 0.0
    return result
