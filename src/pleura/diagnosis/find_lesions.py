"""A study with its lungs and a segmentation model in; the mask of its lesions, and what was measured on it, out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from pleura.diagnosis.compose import model_info
from pleura.diagnosis.lesions.measure import measure_lesions
from pleura.diagnosis.report import LesionFindings
from pleura.diagnosis.segment import segment_lesions
from pleura.imaging.volume import Volume
from pleura.models.files import SegmentationModel

__all__ = ["FoundLesions", "find_lesions"]


@dataclass(frozen=True, eq=False, kw_only=True)
class FoundLesions:
    """The lesions of a study."""

    mask: npt.NDArray[np.uint8]
    """(z, y, x): 0 none, 1 lesion."""
    part: LesionFindings
    """Of the report."""


def find_lesions(
    model: SegmentationModel,
    volume: Volume,
    lungs: npt.NDArray[np.uint8],
    *,
    lobes: npt.NDArray[np.uint8] | None = None,
    left_out: npt.NDArray[np.bool_] | None = None,
    device: str | torch.device = "cpu",
    backend: str = "torch",
) -> FoundLesions:
    """Find and measure lesions; for parameters and errors see `segment_lesions` and `measure_lesions`.

    Parameters
    ----------
    model : whose task is lesions
    volume, lungs, lobes : the study, and masks on its grid
    left_out : (z,), slices that are not to be shown to the network
    device, backend : where and with what to compute
    """
    mask = segment_lesions(model, volume, lungs, left_out=left_out, device=device, backend=backend)
    return FoundLesions(mask=mask, part=measure_lesions(mask, lungs, volume, lobes=lobes, model=model_info(model)))
