"""Cases in, what their files hold out: slices, scanner and patient by the headers; if asked, the voxels' faults."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydicom import dcmread

from pleura.data.cohort import SEXES, Case
from pleura.errors import StudyError
from pleura.imaging.boundary import reading
from pleura.imaging.files import list_folder
from pleura.imaging.grid import canonical
from pleura.imaging.limits import Limits
from pleura.imaging.nifti_read import is_nifti_name, read_label_mask, read_nifti_header
from pleura.imaging.study import load_study, open_study
from pleura.imaging.volume import Volume

__all__ = ["CaseFacts", "Fault", "Level", "inspect_case", "inspect_cases", "odd_values"]

Level = Literal["error", "warning"]
_CASES_A_PROCESS = 8
"""Fewer are not worth a process of their own."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something wrong with the files of one case."""

    level: Level
    """A warning is for a person to judge."""
    kind: str
    """One word for all faults of its sort."""
    text: str


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """What the files of one case hold; None and "" where they do not say."""

    case: str
    slices: int | None = None
    scanner: str = ""
    thickness: float | None = None
    """Slice thickness by the DICOM header, mm."""
    sex: str = ""
    age: float | None = None
    """Years."""
    voxels: str = ""
    """Hash over the voxels alone, so that a copy with another header is the same."""
    faults: tuple[Fault, ...] = ()


def inspect_cases(
    cases: Sequence[Case], *, voxels: bool, workers: int = 1, on_done: Callable[[], object] | None = None
) -> dict[str, CaseFacts]:
    """Inspect every case.

    Parameters
    ----------
    cases : each with a name of its own
    voxels : read the images and masks too, not only the headers of the studies
    workers : processes
    on_done : called once a case

    Returns
    -------
    Case -> its facts, in the order of the cases.
    """
    done = on_done or (lambda: None)
    facts: dict[str, CaseFacts] = {}
    workers = min(workers, 1 + len(cases) // _CASES_A_PROCESS)
    if workers <= 1:
        for case in cases:
            facts[case.case] = inspect_case(case, voxels=voxels)
            done()
        return facts
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(inspect_case, case, voxels=voxels) for case in cases]
        try:
            for job in as_completed(jobs):
                facts[job.result().case] = job.result()
                done()
        finally:
            pool.shutdown(cancel_futures=True)
    return {case.case: facts[case.case] for case in cases}


def inspect_case(case: Case, *, voxels: bool) -> CaseFacts:
    """Inspect the files of one case; a fault is said, never raised.

    Parameters
    ----------
    case : whose files are there
    voxels : as in `inspect_cases`
    """
    try:
        headers = _headers(case.study)
        if not voxels:
            return CaseFacts(case=case.case, **headers)  # type: ignore[arg-type]
        volume, _ = load_study(case.study)
    except StudyError as error:
        return CaseFacts(case=case.case, faults=(Fault(level="error", kind="unreadable", text=str(error)),))
    return CaseFacts(
        case=case.case,
        voxels=hashlib.sha256(repr(volume.shape).encode() + volume.hu.tobytes()).hexdigest(),
        faults=(*odd_values(volume.hu), *_odd_masks(case, volume)),
        **headers,  # type: ignore[arg-type]
    )


def _headers(study: Path) -> dict[str, object]:
    """Read what the headers of a study say of its chosen series and its patient."""
    if study.is_file() and is_nifti_name(study.name):
        header = read_nifti_header(study, study.name, Limits())
        return {"slices": _grid(header.shape, header.affine)[0][0]}
    with open_study(study) as opened:
        chosen = opened.chosen
    made = chosen.manufacturer
    scanner = chosen.scanner if chosen.scanner.lower().startswith(made.lower()) else f"{made} {chosen.scanner}"
    about = {"slices": chosen.slices, "scanner": scanner.strip(), "thickness": chosen.thickness_mm}
    return about | (_patient(study) if study.is_dir() else {})


def _patient(study: Path) -> dict[str, object]:
    """Sex and age by the first file that says them."""
    for entry in list_folder(study, Limits())[:3]:
        try:
            with reading(entry.name):
                head = dcmread(entry.path, stop_before_pixels=True, specific_tags=["PatientSex", "PatientAge"])
                sex, age = str(head.get("PatientSex") or ""), str(head.get("PatientAge") or "")
        except StudyError:
            continue
        years = float(age[:3]) if age[:3].isdecimal() and age[3:] == "Y" else None
        return {"sex": sex if sex in SEXES else "", "age": years}
    return {}


def _grid(
    shape: tuple[int, int, int], affine: npt.NDArray[np.float64]
) -> tuple[tuple[int, ...], npt.NDArray[np.float64]]:
    """Shape and affine once the axes are (z, y, x)."""
    turned, moved = canonical(np.broadcast_to(np.uint8(0), shape), affine)
    return turned.shape, moved


def odd_values(hu: npt.NDArray[np.int16]) -> tuple[Fault, ...]:
    """Say what about the values of a readable volume a person should look at.

    Parameters
    ----------
    hu : HU, axes (z, y, x)
    """
    sample = hu[:: max(1, len(hu) // 24)]
    found = []
    lung = float(np.mean((sample > -980) & (sample < -500)))
    if lung < 0.02:
        found.append(f"{100 * lung:.1f} % of the voxels are as dense as lung, where a chest has more than 2 %")
    tissue = sample[(sample > -400) & (sample < 400)]
    counts = np.bincount((tissue.astype(np.int64) + 400) // 20, minlength=40)
    densest = -390 + 20 * int(counts.argmax())
    if not -140 <= densest <= 120:
        found.append(f"most soft tissue lies near {densest} HU, where fat lies near -100 and muscle near 50")
    dense = float(np.mean(sample > 2000))
    if dense > 0.01:
        found.append(f"{100 * dense:.1f} % of the voxels are above 2000 HU")
    flat = int(np.count_nonzero(hu.min(axis=(1, 2)) == hu.max(axis=(1, 2))))
    if flat:
        found.append(f"{flat} of {len(hu)} slices hold one value only")
    return tuple(Fault(level="warning", kind="odd-hu", text=text) for text in found)


_LABELS = {"lungs": 2, "lesions": 4, "lobes": 5}
"""Highest label of each mask."""


def _odd_masks(case: Case, volume: Volume) -> list[Fault]:
    """Find what is wrong with the masks of one case."""
    faults: list[Fault] = []
    masks: dict[str, npt.NDArray[np.uint8]] = {}
    for name, highest in _LABELS.items():
        path: Path | None = getattr(case, name)
        if path is None:
            continue
        try:
            header = read_nifti_header(path, path.name, Limits(ratio=2000))
            shape, affine = _grid(header.shape, header.affine)
            mask = read_label_mask(path)
        except StudyError as error:
            faults.append(Fault(level="error", kind="unreadable", text=f"{name}: {error}"))
            continue
        if shape != volume.shape or not np.allclose(affine, volume.affine, atol=0.05):
            said = f"{name} mask of {shape} voxels does not lie on the grid of the study, {volume.shape}"
            faults.append(Fault(level="error", kind="mask-grid", text=said))
        elif mask.max() > highest:
            said = f"{name} mask has a label {mask.max()}; the highest is {highest}"
            faults.append(Fault(level="error", kind="mask-label", text=said))
        else:
            masks[name] = mask
    return faults + [Fault(level="warning", kind="mask-content", text=text) for text in _contents(case, masks)]


def _contents(case: Case, masks: dict[str, npt.NDArray[np.uint8]]) -> list[str]:
    """Find what the masks say that does not fit the label, or one another."""
    said = [f"{name} mask is empty" for name in ("lungs", "lobes") if name in masks and not masks[name].any()]
    if "lesions" in masks:
        pneumonia = np.isin(masks["lesions"], (1, 2))
        if case.label not in ("healthy", "nodule") and not masks["lesions"].any():
            said.append(f"a case of {case.label} without a lesion in its mask")
        if "lungs" in masks and masks["lungs"].any():
            inside = masks["lungs"] > 0
            share = float(pneumonia[inside].mean())
            if case.label == "healthy" and share > 0.005:
                said.append(f"a healthy case with {100 * share:.1f} % of the lungs in its lesion mask")
            outside = float(np.mean(~inside[pneumonia])) if pneumonia.any() else 0.0
            if outside > 0.2:
                said.append(f"{100 * outside:.0f} % of the lesion mask lies outside the lung mask")
    if "lobes" in masks and "lungs" in masks and masks["lungs"].any():
        differ = float(np.mean((masks["lobes"] > 0) != (masks["lungs"] > 0)) / max(np.mean(masks["lungs"] > 0), 1e-9))
        if differ > 0.2:
            said.append("the lobe mask and the lung mask do not cover the same lungs")
    return said
