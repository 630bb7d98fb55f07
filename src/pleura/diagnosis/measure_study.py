"""A study in, and a model or a mask that was drawn; where its lesions are and what they measure out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from pleura.data.intensity import check_volume
from pleura.diagnosis.compose import model_info
from pleura.diagnosis.lesions.measure import measure_lesions
from pleura.diagnosis.lungs import find_lungs
from pleura.diagnosis.report import LesionFindings
from pleura.diagnosis.segment import segment_lesions
from pleura.errors import IntensityError
from pleura.imaging.grey_levels import levels_described
from pleura.imaging.lungs import lung_notes
from pleura.imaging.mask_read import read_mask_on
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume
from pleura.models.files import SegmentationModel

__all__ = ["Given", "MeasuredStudy", "measure_study"]

Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Given:
    """Masks of a study that need not be found: NIfTI files on its grid."""

    lesions: Path | None = None
    """All labels but 0 are lesion, unless `kinds` says which."""
    kinds: tuple[int, ...] = ()
    lungs: Path | None = None
    """1 right lung, 2 left lung."""
    lobes: Path | None = None
    """1 right upper, 2 right middle, 3 right lower, 4 left upper, 5 left lower lobe."""


@dataclass(frozen=True, eq=False, kw_only=True)
class MeasuredStudy:
    """What was measured, and on which masks."""

    volume: Volume
    lungs: Labels
    lesions: Labels
    """0 none, 1 lesion."""
    findings: LesionFindings
    notes: tuple[str, ...]
    """What a reader should know of the scan before relying on the numbers."""


def measure_study(
    study: Path,
    model: SegmentationModel | None,
    *,
    given: Given | None = None,
    lungs_model: SegmentationModel | None = None,
    device: str | torch.device = "cpu",
    backend: str = "torch",
) -> MeasuredStudy:
    """Measure the lesions of one study.

    Parameters
    ----------
    study : DICOM file or folder, ZIP, or NIfTI
    model : for task "lesions"; None where the mask is given
    given : masks that need not be found
    lungs_model : for task "lungs"; None finds them by HU and geometry
    device, backend : where and with what models compute

    Raises
    ------
    StudyError
        If the study or a mask cannot be used; which kind says why.
    ModelError
        If a model is for another task.
    ValueError
        If there is neither a model nor a mask, or both.
    """
    given = given or Given()
    if (model is None) == (given.lesions is None):
        raise ValueError("need either a model or a mask of the lesions")
    volume, _ = load_study(study)
    if model is not None:
        check_volume(volume, model.card.input)
    if levels_described(volume.source.series_description):
        raise IntensityError(
            "the study is made of pictures of 256 grey levels, so ground glass and consolidation cannot be told apart "
            "by density; give the scan as DICOM or in HU"
        )
    if given.lungs is not None:
        lungs = read_mask_on(given.lungs, volume)
    else:
        lungs = find_lungs(volume, model=lungs_model, device=device, backend=backend)
    if given.lesions is not None:
        drawn = read_mask_on(given.lesions, volume)
        lesions = (np.isin(drawn, given.kinds) if given.kinds else drawn > 0).astype(np.uint8)
    else:
        assert model is not None
        lesions = segment_lesions(model, volume, lungs, device=device, backend=backend)
    lobes = None if given.lobes is None else read_mask_on(given.lobes, volume)
    findings = measure_lesions(lesions, lungs, volume, lobes=lobes, model=None if model is None else model_info(model))
    notes = (*volume.source.notes, *lung_notes(lungs, volume))
    return MeasuredStudy(volume=volume, lungs=lungs, lesions=lesions, findings=findings, notes=notes)
