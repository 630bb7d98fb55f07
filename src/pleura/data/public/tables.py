"""What an import decided and converted in; the rows of `cases.csv` and `left-out.csv`, and `cohort.toml`, out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pleura import __version__
from pleura.data.cohort import COLUMNS, OPTIONAL_COLUMNS
from pleura.data.public.choices import LEAVE_OUT, Choices
from pleura.data.public.found import FoundScan, Layout, LeftOut
from pleura.data.public.splits import split_patients
from pleura.imaging.grey_levels import Window

__all__ = ["Kept", "case_rows", "describe_import", "left_out_rows", "of_one_label", "without_copies"]

Kept = tuple[FoundScan, str, Mapping[str, Any]]
"""A scan, its label, and the note of its conversion."""


def of_one_label(scans: Sequence[FoundScan], labels: Mapping[str, str]) -> tuple[list[FoundScan], list[LeftOut]]:
    """Take out the scans whose class is not wanted, and those of patients that stand under several labels.

    Parameters
    ----------
    scans : of the source
    labels : class of the source -> label, or "leave-out"
    """
    by_patient: dict[str, set[str]] = defaultdict(set)
    for scan in scans:
        by_patient[scan.patient].add(labels[scan.source_class])
    kept, left_out = [], []
    for scan in scans:
        several = sorted(by_patient[scan.patient] - {LEAVE_OUT})
        if labels[scan.source_class] == LEAVE_OUT:
            left_out.append(LeftOut(scan.name, f"class {scan.source_class} was not wanted"))
        elif len(several) > 1:
            said = f"patient {scan.patient} has scans that are {' and '.join(several)}"
            left_out.append(LeftOut(scan.name, f"{said}; which is right cannot be told"))
        else:
            kept.append(scan)
    return kept, left_out


def without_copies(converted: Sequence[Kept]) -> tuple[list[Kept], list[LeftOut]]:
    """Take out the scans whose images stand under another name already.

    Of copies with one label the first stays. Copies with different labels all go, for which is right cannot be told.
    """
    by_voxels: dict[str, list[Kept]] = defaultdict(list)
    for one in converted:
        by_voxels[one[2]["voxels"]].append(one)
    kept, left_out = [], []
    for one in converted:
        scan, _, note = one
        group = by_voxels[note["voxels"]]
        labels = sorted({of for _, of, _ in group})
        first = group[0][0]
        if len(labels) > 1:
            others = ", ".join(other.name for other, _, _ in group if other is not scan)
            left_out.append(LeftOut(scan.name, f"the same images are {' and '.join(labels)}: {others}"))
        elif scan is not first:
            left_out.append(LeftOut(scan.name, f"the same images as {first.name}, which is in the cohort"))
        else:
            kept.append(one)
    return kept, left_out


def case_rows(kept: Sequence[Kept], names: Mapping[str, str], hospital: str, choices: Choices) -> list[dict[str, Any]]:
    """Give a row a case, with all columns of a cohort and those of the source.

    Parameters
    ----------
    kept : scans that are in the cohort
    names : name of a scan in the source -> case
    hospital : of all
    choices : with shares and seed
    """
    splits = split_patients({scan.patient: label for scan, label, _ in kept}, choices.shares, choices.seed)
    used = [name for name in OPTIONAL_COLUMNS if name in ("sex", "age", "intensity")]
    rows: list[dict[str, Any]] = []
    for scan, label, note in kept:
        row: dict[str, Any] = dict.fromkeys((*COLUMNS, *used), "")
        severity = scan.severity if label == "covid-19" else 0
        row |= {"case": names[scan.name], "patient": scan.patient, "hospital": hospital, "label": label}
        row |= {"severity": severity, "split": splits[scan.patient], "intensity": scan.intensity}
        row |= {key: note[key] for key in ("study", "lungs", "lesions") if key in note}
        row |= {"sex": note.get("sex", scan.sex or ""), "age": note.get("age", "" if scan.age is None else scan.age)}
        rows.append(row | dict(scan.more) | {"source": scan.name})
    return rows


def left_out_rows(left_out: Sequence[LeftOut], kept: Sequence[Kept]) -> list[dict[str, str]]:
    """Give a row for all that is not in the cohort, or not as the source has it."""
    remarks = [LeftOut(scan.name, remark, "kept") for scan, _, note in kept for remark in note["remarks"]]
    return [{"source": one.name, "outcome": one.outcome, "reason": one.reason} for one in (*left_out, *remarks)]


def describe_import(
    layout: Layout, labels: Mapping[str, str], choices: Choices, window: Window | None, *, name: str, cases: int
) -> dict[str, Any]:
    """Give `cohort.toml`: where it came from, under which licence, and what was decided on the way."""
    said = [
        f"{cases} cases of {layout.title} ({layout.address}), imported by Pleura {__version__}",
        f"licence: {layout.licence}",
        f"to cite: {layout.citation}",
        "labels: " + ", ".join(f"{source} is {label}" for source, label in labels.items()),
    ]
    if window is not None:
        said.append(f"grey levels 0 to 255 were laid on {window.low} to {window.high} HU")
    if choices.extent is not None:
        width, length = choices.extent
        said.append(
            f"pictures were taken to be {width:g} mm wide, scans {length:g} mm long, from the {choices.first} on"
        )
    return {
        "format": 1,
        "name": name,
        "generator": "",
        "seed": choices.seed,
        "synthetic": False,
        "description": "; ".join((*said, *layout.remarks)),
    }
