"""A cohort's cases and a model, or two folders of masks, in; each case's mask compared with its truth out."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.data.cohort import Case
from pleura.data.intensity import check_intensity
from pleura.data.segmentation.planes import LESION_KINDS
from pleura.diagnosis.lungs import find_lungs
from pleura.diagnosis.segment import segment_lesions
from pleura.errors import CohortError, StudyError
from pleura.evaluation.segmentation.cases import SegmentedCase
from pleura.evaluation.segmentation.compare import compare_masks
from pleura.imaging.mask_read import LabelMask, check_same_grid, read_mask, read_mask_on
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume
from pleura.models.files import SegmentationModel

__all__ = ["compare_folders", "segment_cases"]

Labels = npt.NDArray[np.uint8]


def segment_cases(
    model: SegmentationModel,
    cases: Sequence[Case],
    *,
    own_lungs: bool = False,
    lungs_model: SegmentationModel | None = None,
    device: str = "cpu",
    backend: str = "torch",
    surfaces: bool = True,
    on_done: Callable[[], object] = lambda: None,
) -> list[SegmentedCase]:
    """Segment cases as a study is segmented, and compare with their lesion masks, ground glass and consolidation.

    Parameters
    ----------
    model : for task "lesions"
    cases : each with a lesion mask, or healthy
    own_lungs : whether to find the lungs even where a case has a lung mask
    lungs_model : for task "lungs"; None finds them by HU and geometry
    device, backend : where and with what to compute
    surfaces : whether to measure distances between surfaces
    on_done : called after each case

    Raises
    ------
    CohortError
        If a case has no lesion mask and is not healthy, or its study or masks cannot be used; names it.
    """
    check_intensity(cases, model.card.input)
    done = []
    for case in cases:
        if case.lesions is None and case.label != "healthy":
            raise CohortError(f"case {case.case} ({case.label}) has no lesion mask to compare with; give it one")
        try:
            volume, _ = load_study(case.study)
            given = None if case.lungs is None else read_mask_on(case.lungs, volume)
            if given is None or own_lungs:
                lungs = find_lungs(volume, model=lungs_model, device=device, backend=backend)
            else:
                lungs = given
            truth = np.zeros(volume.shape, bool)
            if case.lesions is not None:
                truth = np.isin(read_mask_on(case.lesions, volume), LESION_KINDS)
            found = segment_lesions(model, volume, lungs, device=device, backend=backend)
        except StudyError as error:
            raise CohortError(f"case {case.case} cannot be used: {error}") from error
        true_lungs = lungs if given is None else given
        done.append(
            SegmentedCase(
                case=case.case,
                patient=case.patient,
                hospital=case.hospital,
                label=case.label,
                comparison=compare_masks(found > 0, truth, volume.affine[:3, :3], surfaces=surfaces),
                lung_ml=_ml(true_lungs, volume),
                found_lung_ml=_ml(lungs, volume) if own_lungs else None,
            )
        )
        on_done()
    return done


def _ml(mask: Labels, volume: Volume) -> float:
    return int(np.count_nonzero(mask)) * volume.voxel_ml


def compare_folders(
    masks: Path,
    truth: Path,
    *,
    lungs: Path | None = None,
    kinds: Sequence[int] = (),
    surfaces: bool = True,
    on_done: Callable[[], object] = lambda: None,
) -> list[SegmentedCase]:
    """Compare masks with those of the same name in another folder; a file a patient.

    Parameters
    ----------
    masks, truth : folders of NIfTI files; a file's name without its ending is the patient's
    lungs : folder of lung masks of the same names, for the ratio
    kinds : labels that are lesion, in both; all but 0 where none is given
    surfaces : whether to measure distances between surfaces
    on_done : called after each case

    Raises
    ------
    CohortError
        If a name is in one folder only, there is none, or a mask cannot be used; names it.
    """
    files = {path: _files(path) for path in (masks, truth, *((lungs,) if lungs is not None else ()))}
    names = sorted(files[masks])
    for folder, held in files.items():
        apart = sorted(set(names) ^ set(held))
        if apart:
            raise CohortError(f"{apart[0]} is not in both {masks} and {folder}; each mask needs one of the same name")
    done = []
    for name in names:
        try:
            found, true = (read_mask(files[folder][name]) for folder in (masks, truth))
            _check(found, true, name)
            lung = None if lungs is None else read_mask(files[lungs][name])
            if lung is not None:
                _check(lung, true, f"the lung mask of {name}")
        except StudyError as error:
            raise CohortError(f"{name} cannot be used: {error}") from error
        both = [np.isin(one.labels, kinds) if kinds else one.labels > 0 for one in (found, true)]
        axes = true.affine[:3, :3]
        voxel_ml = abs(float(np.linalg.det(axes))) / 1000.0
        done.append(
            SegmentedCase(
                case=name,
                patient=name,
                comparison=compare_masks(both[0], both[1], axes, surfaces=surfaces),
                lung_ml=None if lung is None else int(np.count_nonzero(lung.labels)) * voxel_ml,
            )
        )
        on_done()
    return done


def _files(folder: Path) -> dict[str, Path]:
    """Name the NIfTI files of a folder."""
    found = {
        path.name.removesuffix(".gz").removesuffix(".nii"): path
        for path in sorted(folder.glob("*"))
        if path.name.endswith((".nii", ".nii.gz"))
    }
    if not found:
        raise CohortError(f"no NIfTI file (.nii or .nii.gz) in {folder}; name a folder of masks")
    return found


def _check(one: LabelMask, true: LabelMask, name: str) -> None:
    check_same_grid(one.labels.shape, one.affine, true.labels.shape, true.affine, name=name, other="the true mask")
