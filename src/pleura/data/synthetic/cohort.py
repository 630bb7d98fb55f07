"""Hospitals and a seed in, a cohort folder out: studies, masks, cases.csv, clinical.csv."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from pleura import __version__
from pleura.data.cohort import COLUMNS, OPTIONAL_COLUMNS
from pleura.data.synthetic.case import SyntheticCase, generate_case
from pleura.data.synthetic.clinical.table import write_clinical
from pleura.data.synthetic.findings.amount import SEVERITY_BANDS
from pleura.data.synthetic.hospitals import SyntheticHospital
from pleura.data.synthetic.plan import PlannedCase, plan_cohort
from pleura.data.synthetic.scanner.protocol import SIZES, Protocol, find_size
from pleura.data.synthetic.streams import stream
from pleura.data.synthetic.unfinished import Unfinished, open_unfinished
from pleura.data.synthetic.write_dicom import SYNTHETIC_COMMENT, write_dicom_series
from pleura.errors import CohortError, OutputError
from pleura.imaging.nifti_write import write_nifti

__all__ = ["FORMATS", "synthesize_cohort"]

FORMATS = ("dicom", "nifti")
Progress = Callable[[int, int], None]
"""Called with the cases done and the cases in all."""


def synthesize_cohort(
    out: Path,
    *,
    hospitals: Sequence[SyntheticHospital],
    seed: int,
    size: str = "small",
    format: str = "dicom",  # noqa: A002 - the word of the command line
    splits: tuple[float, float, float] = (0.6, 0.2, 0.2),
    studies: int = 1,
    workers: int = 1,
    progress: Progress | None = None,
) -> None:
    """Draw a cohort and write it; `out` appears only when the cohort is whole.

    The same arguments give the same voxels, whatever the number of workers. A run that is interrupted leaves a folder
    beside `out` with `.unfinished` after its name, and the same call goes on with it. A patient's single study has the
    severity of the plan; each of several has the one that its own share of diseased lung amounts to.

    Parameters
    ----------
    out : a folder that does not exist yet, or is empty
    hospitals, seed, size, splits, studies : as in `plan_cohort`
    format : dicom writes a folder a study, nifti a .nii.gz
    workers : processes; 1 draws in this one. More than 1 needs a main module that can be imported without running
    progress : called after each case with the cases done and the cases in all; once at the start with those that an
        earlier run has done, if there are any

    Raises
    ------
    CohortError, RecipeError
        If an argument cannot be used.
    OutputError
        If `out` holds something, cannot be written, or was begun with other arguments.
    """
    plan = plan_cohort(hospitals=hospitals, seed=seed, size=size, splits=splits, studies=studies)
    if format not in FORMATS:
        raise CohortError(f"no format is called {format!r}; choose one of {', '.join(FORMATS)}")
    if workers < 1:
        raise CohortError(f"need at least 1 worker, got {workers}")
    arguments = {
        "hospitals": [_in_words(hospital) for hospital in hospitals],
        "seed": seed,
        "size": size,
        "format": format,
        "splits": list(splits),
        "studies": studies,
    }
    with open_unfinished(out, arguments) as unfinished:
        done = len(before := unfinished.notes())
        unfinished.clear({path for case in before for path in _paths(case, format).values()})
        if done and progress is not None:
            progress(done, len(plan))
        left = [case for case in plan if case.case not in before]
        for _ in _written(left, unfinished.folder, format, seed, workers):
            done += 1
            if progress is not None:
                progress(done, len(plan))
        notes = unfinished.notes()
        _write_table(unfinished.folder / "cases.csv", plan, format, notes)
        write_clinical(unfinished.folder / "clinical.csv", plan, notes, seed)
        _write_description(unfinished.folder / "cohort.toml", out.name, seed, plan)
        unfinished.finish(out)


def _in_words(hospital: SyntheticHospital) -> str:
    mix = ", ".join(f"{label}:{count}" for label, count in hospital.classes.items())
    return f"{hospital.name}: {hospital.patients} patients, {hospital.scanner}, {mix}"


def _written(plan: list[PlannedCase], folder: Path, form: str, seed: int, workers: int) -> Iterator[None]:
    """Draw and write every case, here or in a pool of processes."""
    if min(workers, len(plan)) <= 1:
        for case in plan:
            _write_case(case, folder, form, seed)
            yield
        return
    tiny = SIZES["tiny"]
    generate_case(seed=0, label="healthy", protocol=Protocol.draw(0, shape=tiny.shape))  # compile once, not in each
    with ProcessPoolExecutor(min(workers, len(plan)), mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_write_case, case, folder, form, seed) for case in plan]
        try:
            for job in as_completed(jobs):
                job.result()
                yield
        except BrokenProcessPool as error:
            raise OutputError(
                "a process that draws was killed, perhaps for want of memory; give the same call with fewer workers"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _paths(case: str, form: str) -> dict[str, str]:
    """Where a case's files lie, relative to the cohort's folder."""
    return {
        "study": f"studies/{case}" if form == "dicom" else f"studies/{case}.nii.gz",
        "lungs": f"masks/{case}-lungs.nii.gz",
        "lesions": f"masks/{case}-lesions.nii.gz",
        "lobes": f"masks/{case}-lobes.nii.gz",
    }


def _write_case(plan: PlannedCase, folder: Path, form: str, seed: int) -> None:
    """Draw one case, write its files, and then the note that they are whole."""
    size = find_size(plan.size)
    # a patient lies down anew for each study, and the kernel may be another one
    scan = plan.seed if plan.stage is None else int(stream(plan.seed, f"scan-{plan.stage.day}").integers(2**32))
    protocol = Protocol.draw(scan, scanner=plan.scanner, shape=size.shape, spacing=size.spacing, severity=plan.severity)
    case = generate_case(seed=plan.seed, label=plan.label, severity=plan.severity, protocol=protocol, stage=plan.stage)
    paths = _paths(plan.case, form)
    study, affine = folder / paths["study"], case.volume.affine
    if form == "dicom":
        day = 0 if plan.stage is None else plan.stage.day
        write_dicom_series(
            case, study, case_id=plan.case, patient_id=plan.patient, seed=seed, hospital=plan.hospital, day=day
        )
    else:
        write_nifti(study, case.volume.hu, affine, description=SYNTHETIC_COMMENT)
    write_nifti(folder / paths["lungs"], case.lungs, affine, description="SYNTHETIC 1 right 2 left lung")
    write_nifti(folder / paths["lesions"], case.lesions, affine, description="SYNTHETIC 1 GGO 2 cons 3 focal 4 fluid")
    write_nifti(folder / paths["lobes"], case.lobes, affine, description="SYNTHETIC 1 RU 2 RM 3 RL 4 LU 5 LL lobe")
    Unfinished(folder).keep(plan.case, _note(case))


def _note(case: SyntheticCase) -> dict[str, Any]:
    """Give what the tables need to know of a case that was drawn."""
    lungs = case.lungs > 0
    diseased = lungs & np.isin(case.lesions, (1, 2))
    return {
        "sex": case.patient.sex,
        "age": int(case.patient.age),
        "thickness": round(case.thickness, 3),
        "burden": round(float(diseased.sum() / max(lungs.sum(), 1)), 5),
    }


def _write_table(path: Path, plan: list[PlannedCase], form: str, notes: Mapping[str, Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, (*COLUMNS, *OPTIONAL_COLUMNS), extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for case in plan:
            row = vars(case) | dict(notes[case.case]) | _paths(case.case, form)
            if case.stage is not None:
                row |= {"day": case.stage.day, "severity": _grade(row["burden"])}
            writer.writerow(row)


def _grade(burden: float) -> int:
    """Give the severity of one day, by the marks that define it."""
    return next(grade for grade, (_, upper) in enumerate(SEVERITY_BANDS, start=1) if burden <= upper)


def _write_description(path: Path, name: str, seed: int, plan: list[PlannedCase]) -> None:
    hospitals = ", ".join(dict.fromkeys(f"{case.hospital} ({case.scanner})" for case in plan))
    patients = len({case.patient for case in plan})
    what = f"{len(plan)} synthetic cases" + (f" of {patients} patients" if patients < len(plan) else "")
    safe = "".join(c if c.isprintable() and c not in '"\\' else "_" for c in name)
    lines = [
        "format = 1",
        f'name = "{safe}"',
        f'generator = "pleura {__version__} synthetic"',
        f"seed = {seed}",
        "synthetic = true",
        f'description = "{what} of size {plan[0].size}; hospitals: {hospitals}"',
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
