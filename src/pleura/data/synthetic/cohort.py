"""Hospitals, a number of cases and a seed in, a cohort folder out: studies, masks, cases.csv and cohort.toml."""

import csv
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from math import isclose
from multiprocessing import get_context
from pathlib import Path
from zlib import crc32

import numpy as np

from pleura import __version__
from pleura.data.cohort import COLUMNS, SPLITS
from pleura.data.synthetic.case import generate_case
from pleura.data.synthetic.scanner.protocol import SIZES, Protocol, find_size
from pleura.data.synthetic.scanner.scanners import SCANNERS
from pleura.data.synthetic.write_dicom import SYNTHETIC_COMMENT, write_dicom_series
from pleura.errors import CohortError, OutputError
from pleura.imaging.nifti_write import write_nifti
from pleura.settings import CLASSES

__all__ = ["FORMATS", "PlannedCase", "plan_cohort", "synthesize_cohort"]

FORMATS = ("dicom", "nifti")
Progress = Callable[[int, int], None]
"""Called with the cases done and the cases in all."""

_HOSPITAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


@dataclass(frozen=True, kw_only=True)
class PlannedCase:
    """One case before it is drawn."""

    case: str
    patient: str
    hospital: str
    label: str
    severity: int
    split: str
    seed: int
    scanner: str
    size: str


def plan_cohort(
    *,
    cases: int,
    hospitals: Sequence[str],
    seed: int,
    size: str = "small",
    classes: Sequence[str] = CLASSES,
    splits: tuple[float, float, float] = (0.6, 0.2, 0.2),
) -> list[PlannedCase]:
    """Plan a cohort without drawing it; a longer plan begins with the shorter one.

    Cases go round the hospitals; at each hospital labels go round the classes, then severities 1 to 3 go round. Every
    class of every hospital is split on its own, in an order that keeps close to the shares from the first case on: with
    0.6, 0.2, 0.2 the order is train, validation, train, test, train, so that four cases a class give a hospital all
    three. A patient has one case.

    Parameters
    ----------
    cases : number in all
    hospitals : names, of letters, digits, - and _; each has its own scanner, cycled from `SCANNERS`
    seed : from 0; a case's own seed follows from it, the hospital's name and the number of the case there
    size : a name in `SIZES`
    classes : which labels
    splits : shares of train, validation and test

    Raises
    ------
    CohortError, RecipeError
        If an argument cannot be used.
    """
    find_size(size)
    _check(cases=cases, hospitals=hospitals, seed=seed, classes=classes, splits=splits)
    plan = []
    for n in range(cases):
        h, index = n % len(hospitals), n // len(hospitals)
        turn, label = index // len(classes), classes[index % len(classes)]
        name = f"{hospitals[h]}-{index + 1:04d}"
        sequence = np.random.SeedSequence(entropy=seed, spawn_key=(crc32(hospitals[h].encode()), index))
        plan.append(
            PlannedCase(
                case=name,
                patient=f"SYN-{name}",
                hospital=hospitals[h],
                label=label,
                severity=0 if label == "healthy" else turn % 3 + 1,
                split=_split(turn, splits),
                seed=int(sequence.generate_state(1)[0]),
                scanner=list(SCANNERS)[h % len(SCANNERS)],
                size=size,
            )
        )
    return plan


def synthesize_cohort(
    out: Path,
    *,
    cases: int,
    hospitals: Sequence[str],
    seed: int,
    size: str = "small",
    format: str = "dicom",  # noqa: A002 - the word of the command line
    classes: Sequence[str] = CLASSES,
    splits: tuple[float, float, float] = (0.6, 0.2, 0.2),
    workers: int = 1,
    progress: Progress | None = None,
) -> None:
    """Draw a cohort and write it; `out` appears only when the cohort is whole.

    The same arguments give the same voxels, whatever the number of workers.

    Parameters
    ----------
    out : a folder that does not exist yet, or is empty
    cases, hospitals, seed, size, classes, splits : as in `plan_cohort`
    format : dicom writes a folder a study, nifti a .nii.gz
    workers : processes; 1 draws in this one. More than 1 needs a main module that can be imported without running
    progress : called after each case with the cases done and the cases in all

    Raises
    ------
    CohortError, RecipeError
        If an argument cannot be used.
    OutputError
        If `out` holds something, or cannot be written.
    """
    plan = plan_cohort(cases=cases, hospitals=hospitals, seed=seed, size=size, classes=classes, splits=splits)
    if format not in FORMATS:
        raise CohortError(f"no format is called {format!r}; choose one of {', '.join(FORMATS)}")
    if workers < 1:
        raise CohortError(f"need at least 1 worker, got {workers}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} already holds something; name a new folder, or empty this one")
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        for name in ("studies", "masks"):
            (temporary / name).mkdir(parents=True)
        for done, _ in enumerate(_written(plan, temporary, format, seed, workers), start=1):
            if progress is not None:
                progress(done, len(plan))
        _write_table(temporary / "cases.csv", plan, format)
        _write_description(temporary / "cohort.toml", out.name, seed, plan)
        temporary.replace(out)
    except OSError as error:
        raise OutputError(
            f"cannot write {out}: {error.strerror or error}; check the folder and its free space"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check(
    *, cases: int, hospitals: Sequence[str], seed: int, classes: Sequence[str], splits: tuple[float, float, float]
) -> None:
    if cases < 1:
        raise CohortError(f"need at least 1 case, got {cases}")
    if not 0 <= seed < 2**63:
        raise CohortError(f"seed must lie between 0 and 2**63 - 1, got {seed}")
    if isinstance(hospitals, str) or not hospitals or len({name.lower() for name in hospitals}) != len(hospitals):
        raise CohortError(f"need at least one hospital, each named once, got {hospitals!r}")
    for name in hospitals:
        if not _HOSPITAL.fullmatch(name):
            raise CohortError(
                f"hospital {name!r} must be 1 to 32 letters, digits, - or _, and begin with one of the first two"
            )
    if not classes or len(set(classes)) != len(classes) or not set(classes) <= set(CLASSES):
        raise CohortError(f"classes must be some of {', '.join(CLASSES)}, each once, got {list(classes)}")
    if len(splits) != len(SPLITS) or min(splits) < 0 or not isclose(sum(splits), 1.0, abs_tol=1e-9):
        raise CohortError(f"splits must be shares of {', '.join(SPLITS)} that sum to 1, got {splits}")


def _split(turn: int, shares: tuple[float, float, float]) -> str:
    """Split of a stratum's case number `turn`: always the one furthest behind its share."""
    counts = [0, 0, 0]
    for n in range(turn + 1):
        behind = [round(share * (n + 1) - count, 9) for share, count in zip(shares, counts, strict=True)]
        chosen = behind.index(max(behind))
        counts[chosen] += 1
    return SPLITS[chosen]


def _written(plan: list[PlannedCase], folder: Path, form: str, seed: int, workers: int) -> Iterator[None]:
    """Draw and write every case, here or in a pool of processes."""
    if workers == 1:
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
        finally:
            pool.shutdown(cancel_futures=True)


def _paths(case: str, form: str) -> dict[str, str]:
    """Where a case's files lie, relative to the cohort's folder."""
    return {
        "study": f"studies/{case}" if form == "dicom" else f"studies/{case}.nii.gz",
        "lungs": f"masks/{case}-lungs.nii.gz",
        "lesions": f"masks/{case}-lesions.nii.gz",
    }


def _write_case(plan: PlannedCase, folder: Path, form: str, seed: int) -> None:
    size = find_size(plan.size)
    protocol = Protocol.draw(plan.seed, scanner=plan.scanner, shape=size.shape, spacing=size.spacing)
    case = generate_case(seed=plan.seed, label=plan.label, severity=plan.severity, protocol=protocol)
    paths = _paths(plan.case, form)
    study, affine = folder / paths["study"], case.volume.affine
    if form == "dicom":
        write_dicom_series(case, study, case_id=plan.case, patient_id=plan.patient, seed=seed, hospital=plan.hospital)
    else:
        write_nifti(study, case.volume.hu, affine, description=SYNTHETIC_COMMENT)
    write_nifti(folder / paths["lungs"], case.lungs, affine, description="SYNTHETIC 1 right 2 left lung")
    write_nifti(folder / paths["lesions"], case.lesions, affine, description="SYNTHETIC 1 GGO 2 cons 3 focal 4 fluid")


def _write_table(path: Path, plan: list[PlannedCase], form: str) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for case in plan:
            writer.writerow(asdict(case) | _paths(case.case, form))


def _write_description(path: Path, name: str, seed: int, plan: list[PlannedCase]) -> None:
    hospitals = ", ".join(dict.fromkeys(f"{case.hospital} ({case.scanner})" for case in plan))
    safe = "".join(c if c.isprintable() and c not in '"\\' else "_" for c in name)
    lines = [
        "format = 1",
        f'name = "{safe}"',
        f'generator = "pleura {__version__} synthetic"',
        f"seed = {seed}",
        "synthetic = true",
        f'description = "{len(plan)} synthetic cases of size {plan[0].size}; hospitals: {hospitals}"',
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
