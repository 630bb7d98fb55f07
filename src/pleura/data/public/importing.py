"""A published cohort's folder in, a Pleura cohort out, with a table of what was left out and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pleura import __version__
from pleura.data.cohort import SPLITS
from pleura.data.public.choices import Choices, labels_of, window_of
from pleura.data.public.convert import Conversion, convert_scan
from pleura.data.public.found import FoundScan, Layout, LeftOut, safe_name
from pleura.data.public.tables import Kept, case_rows, describe_import, left_out_rows, of_one_label, without_copies
from pleura.data.unfinished import Unfinished, open_unfinished
from pleura.errors import CohortError, OutputError
from pleura.models.toml_write import to_toml
from pleura.whole_file import write_rows, write_text

__all__ = ["Imported", "import_cohort"]

Progress = Callable[[int, int], None]
"""Called with the scans done and the scans in all."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an import came to."""

    layout: Layout
    cases: int
    patients: int
    splits: Mapping[str, int]
    """Cases by split."""
    left_out: int
    """Scans and files of the source that are not in the cohort; `left-out.csv` says why."""


def import_cohort(
    layout: Layout,
    folder: Path,
    out: Path,
    choices: Choices = Choices(),
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Imported:
    """Make a cohort of a published one; `out` appears only when it is whole.

    A scan that cannot be used is left out with its reason and stops nothing. A run that is interrupted leaves a folder
    beside `out` with `.unfinished` after its name, and the same call goes on with it.

    Parameters
    ----------
    layout : how the source lies on disk
    folder : of the source; nothing in it is changed
    out : a folder that does not exist yet, or is empty
    choices : what the source does not say
    workers : processes; more than 1 need a main module that can be imported without running
    progress : called after each scan; once at the start with those that an earlier run has done, if there are any

    Raises
    ------
    CohortError
        If the folder has not this layout, the source leaves a decision open that `choices` does not take, or no scan
        can be used.
    OutputError
        If `out` holds something, cannot be written, or was begun with other arguments.
    """
    if workers < 1:
        raise CohortError(f"need at least 1 worker, got {workers}")
    folder = folder.resolve()
    survey = layout.survey(folder)
    labels = labels_of(layout, survey.scans, choices)
    scans, left_out = of_one_label(survey.scans, labels)
    scans, gapped = _without_gaps(scans, choices)
    left_out = [*survey.left_out, *left_out, *gapped]
    window = window_of(layout, scans, choices)
    names = _case_names(scans)
    arguments = {"layout": layout.name, "folder": str(folder), **asdict(choices)}
    with open_unfinished(out, _as_in_json(arguments), maker=f"pleura {__version__} import") as unfinished:
        how = Conversion(
            folder=unfinished.folder,
            window=window,
            extent=choices.extent or (0.0, 0.0),
            first=choices.first,
            copy=choices.copy,
        )
        notes = _convert_all(scans, names, how, unfinished, workers, progress)
        converted: list[Kept] = []
        for scan in scans:
            note = notes[names[scan.name]]
            if "left_out" in note:
                left_out.append(LeftOut(scan.name, note["left_out"]))
            else:
                converted.append((scan, labels[scan.source_class], note))
        kept, copies = without_copies(converted)
        left_out += copies
        if not kept:
            unfinished.discard()
            reasons = "; ".join(f"{one.name}: {one.reason}" for one in left_out[:3]) or "it holds none"
            raise CohortError(f"no scan of {folder} can be used; {reasons}")
        unfinished.clear({note[key] for _, _, note in kept for key in ("study", "lungs", "lesions") if key in note})
        rows = case_rows(kept, names, choices.hospital or layout.title, choices)
        write_rows(unfinished.folder / "cases.csv", rows)
        _write_left_out(unfinished.folder / "left-out.csv", left_out_rows(left_out, kept))
        about = describe_import(layout, labels, choices, window, name=out.name, cases=len(kept))
        write_text(unfinished.folder / "cohort.toml", to_toml(about))
        unfinished.finish(out)
    counted = {split: sum(row["split"] == split for row in rows) for split in SPLITS}
    patients = len({row["patient"] for row in rows})
    return Imported(layout=layout, cases=len(kept), patients=patients, splits=counted, left_out=len(left_out))


def _write_left_out(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    if rows:
        write_rows(path, rows)
    else:
        write_text(path, "source,outcome,reason\n")


def _as_in_json(value: Any) -> Any:
    """Give the same as JSON would give it back, so that arguments compare equal after they were written."""
    if isinstance(value, Mapping):
        return {key: _as_in_json(inner) for key, inner in value.items()}
    return [_as_in_json(inner) for inner in value] if isinstance(value, list | tuple) else value


def _without_gaps(scans: Sequence[FoundScan], choices: Choices) -> tuple[list[FoundScan], list[LeftOut]]:
    if choices.gaps:
        return list(scans), []
    gapped = [
        LeftOut(scan.name, f"{scan.gaps} slices are missing between its first and its last number")
        for scan in scans
        if scan.gaps
    ]
    return [scan for scan in scans if not scan.gaps], gapped


def _case_names(scans: Sequence[FoundScan]) -> dict[str, str]:
    """Name of a scan in the source -> a name of its own that is fit for files."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for scan in scans:
        stem = scan.name.removesuffix(".gz").removesuffix(".nii")
        plain = name = safe_name(*stem.split("/"))
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name.lower())
        names[scan.name] = name
    return names


def _convert_all(
    scans: Sequence[FoundScan],
    names: Mapping[str, str],
    how: Conversion,
    unfinished: Unfinished,
    workers: int,
    progress: Progress | None,
) -> dict[str, dict[str, Any]]:
    """Convert what no earlier run has; give every case's note. What an earlier one left out is looked at again."""
    before = {case for case, note in unfinished.notes().items() if "left_out" not in note}
    left = [scan for scan in scans if names[scan.name] not in before]
    done = len(scans) - len(left)
    if done and progress is not None:
        progress(done, len(scans))
    convert = partial(_convert_and_note, how=how)
    for _ in _in_processes(convert, [(scan, names[scan.name]) for scan in left], workers):
        done += 1
        if progress is not None:
            progress(done, len(scans))
    return unfinished.notes()


def _convert_and_note(scan: FoundScan, case: str, how: Conversion) -> None:
    try:
        note = convert_scan(scan, case, how)
    except OSError as error:
        raise OutputError(
            f"scan {scan.name}: {error.strerror or error}; check the disks and their free space"
        ) from error
    Unfinished(how.folder).keep(case, note)


def _in_processes(
    convert: Callable[[FoundScan, str], None], jobs: Sequence[tuple[FoundScan, str]], workers: int
) -> Iterator[None]:
    if min(workers, len(jobs)) <= 1:
        for job in jobs:
            convert(*job)
            yield
        return
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn")) as pool:
        running = [pool.submit(convert, *job) for job in jobs]
        try:
            for one in as_completed(running):
                one.result()
                yield
        except BrokenProcessPool as error:
            raise OutputError(
                "a process that converts was killed, perhaps for want of memory; give the same call with fewer workers"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)
