"""A slice network and whole slices in: made small, and each classified on its own."""

import numpy as np
import numpy.typing as npt
import torch

from pleura.imaging.inplane import resize_area
from pleura.models.classifier import Classifier
from pleura.models.predict import normalise
from pleura.settings import InputSettings

__all__ = ["score_slices", "small_slices"]


def small_slices(hu: npt.NDArray[np.int16], settings: InputSettings) -> npt.NDArray[np.int16]:
    """Clip whole slices to the window and average them down in plane.

    Parameters
    ----------
    hu : (slices, rows, columns)
    settings : window and size

    Returns
    -------
    HU, rounded, (slices, size, size).
    """
    result = np.empty((len(hu), settings.size, settings.size), dtype=np.int16)
    for z, one in enumerate(hu):
        clipped = np.clip(one, settings.window_low, settings.window_high)
        result[z] = np.rint(resize_area(clipped[np.newaxis], settings.size)[0])
    return result


@torch.inference_mode()
def score_slices(
    network: Classifier,
    settings: InputSettings,
    slices: npt.NDArray[np.int16],
    *,
    temperature: float = 1.0,
    device: str | torch.device = "cpu",
    batch: int = 32,
) -> npt.NDArray[np.float64]:
    """Classify slices, each on its own, in float32.

    Parameters
    ----------
    network : takes (batch, 1, 1, size, size)
    settings : window, mean and standard deviation
    slices : HU, (n, size, size)
    temperature : logits are divided by this
    device : where to compute
    batch : slices at a time

    Returns
    -------
    (n, classes); each row sums to 1.
    """
    network.eval()
    rows = []
    for first in range(0, len(slices), batch):
        x = normalise(slices[first : first + batch], settings)[:, None, None].to(device)  # (batch, 1, 1, size, size)
        rows.append(torch.softmax(network(x).double() / temperature, dim=1).cpu().numpy())
    return np.concatenate(rows)
