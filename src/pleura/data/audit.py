"""A cohort's folder in, everything that would spoil a training on it out: leaks, copies, damage, odd values, gaps."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pleura.data.clinical import read_clinical
from pleura.data.cohort import SPLITS, Case, Cohort, review_cohort
from pleura.data.inspection import CaseFacts, Level, inspect_cases
from pleura.errors import CohortError
from pleura.settings import CLASSES

__all__ = ["Finding", "audit_cohort"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that would, or could, spoil a training."""

    level: Level
    """An error must be mended; a warning is for a person to judge."""
    kind: str
    """One word for all findings of its sort, such as "copy"."""
    cases: tuple[str, ...]
    """The cases that it is about; none for the cohort as a whole."""
    text: str


def audit_cohort(
    folder: Path,
    *,
    voxels: bool = True,
    workers: int = 1,
    on_start: Callable[[int], object] | None = None,
    on_done: Callable[[], object] | None = None,
) -> tuple[Cohort, tuple[Finding, ...]]:
    """Look for everything that would spoil a training.

    Parameters
    ----------
    folder : of the cohort
    voxels : read all images and masks; otherwise only tables and headers
    workers : processes
    on_start, on_done : called with the number of cases before they are read, and once a case

    Returns
    -------
    cohort : the cases whose rows are right
    findings : errors first

    Raises
    ------
    CohortError
        If the table or the description cannot be read at all.
    """
    cohort, problems = review_cohort(folder)
    findings = [Finding(level="error", kind="table", cases=(), text=text) for text in problems]
    unique = list({case.case: case for case in cohort.cases}.values())
    if on_start is not None:
        on_start(len(unique))
    facts = inspect_cases(unique, voxels=voxels, workers=workers, on_done=on_done)
    findings += _faults(facts)
    findings += _copies(unique, facts)
    findings += _labels(unique)
    findings += _intensities(unique)
    findings += _patients(unique)
    findings += _strata(unique)
    findings += _clinical(cohort)
    return cohort, tuple(sorted(findings, key=lambda finding: finding.level != "error"))


def _faults(facts: Mapping[str, CaseFacts]) -> list[Finding]:
    return [
        Finding(level=fault.level, kind=fault.kind, cases=(name,), text=f"case {name}: {fault.text}")
        for name, of_case in facts.items()
        for fault in of_case.faults
    ]


def _copies(cases: Sequence[Case], facts: Mapping[str, CaseFacts]) -> list[Finding]:
    """Cases with the same study: by its path, or by its voxels."""
    by_content: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_content[facts[case.case].voxels or str(case.study.resolve())].append(case)
    return [_copy(group) for group in by_content.values() if len(group) > 1]


def _copy(group: Sequence[Case]) -> Finding:
    names = tuple(case.case for case in group)
    splits, labels = _distinct(case.split for case in group), _distinct(case.label for case in group)
    worse = [f"in splits {' and '.join(splits)}"] if len(splits) > 1 else []
    worse += [f"labelled {' and '.join(labels)}"] if len(labels) > 1 else []
    return Finding(
        level="error" if worse else "warning",
        kind="copy",
        cases=names,
        text=f"cases {', '.join(names)} have the same images" + (f", {', '.join(worse)}" if worse else ""),
    )


def _labels(cases: Iterable[Case]) -> list[Finding]:
    """Severities that do not fit their label."""
    found = []
    ill = tuple(case.case for case in cases if case.label == "healthy" and case.severity)
    if ill:
        text = f"healthy, but with a severity: {_named(ill)}; a healthy case has severity 0"
        found.append(Finding(level="error", kind="severity", cases=ill, text=text))
    bare = tuple(case.case for case in cases if case.label == "covid-19" and not case.severity)
    if bare:
        text = f"covid-19 without a severity: {_named(bare)}; they cannot train or test its grading"
        found.append(Finding(level="warning", kind="severity", cases=bare, text=text))
    return found


def _intensities(cases: Iterable[Case]) -> list[Finding]:
    """Studies that are no HU."""
    coarse = tuple(case.case for case in cases if case.intensity != "hu")
    if not coarse:
        return []
    text = f"256 grey levels, not HU: {_named(coarse)}; they are refused where a recipe does not take any intensity"
    return [Finding(level="warning", kind="intensity", cases=coarse, text=text)]


def _patients(cases: Iterable[Case]) -> list[Finding]:
    """Patients whose studies contradict each other."""
    by_patient: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_patient[case.patient].append(case)
    found = []
    for patient, studies in by_patient.items():
        for key, level in (("sex", "error"), ("label", "warning"), ("hospital", "warning")):
            said = _distinct(str(value) for case in studies if (value := getattr(case, key)) is not None)
            if len(said) > 1:
                names = tuple(case.case for case in studies)
                text = f"patient {patient} has more than one {key}: {', '.join(said)}"
                found.append(Finding(level=level, kind="patient", cases=names, text=text))  # type: ignore[arg-type]
    return found


def _strata(cases: Sequence[Case]) -> list[Finding]:
    """Find splits, and hospitals, without a case of a class."""
    found = []
    trained = {case.label for case in cases if case.split == "train"}
    untrained = [label for label in CLASSES if label not in trained]
    if untrained:
        text = f"no training case of {', '.join(untrained)}: a model of the four classes cannot be trained on it"
        found.append(text)
    labels = _distinct(case.label for case in cases)
    for split in SPLITS:
        there = {case.label for case in cases if case.split == split}
        absent = [label for label in labels if label not in there and not (split == "train" and label in untrained)]
        if not there:
            found.append(f"split {split} has no case")
        elif absent:
            found.append(f"split {split} has no case of {', '.join(absent)}")
    for hospital in _distinct(case.hospital for case in cases):
        there = {case.label for case in cases if case.hospital == hospital}
        absent = [label for label in labels if label not in there]
        if absent:
            found.append(f"hospital {hospital} has no case of {', '.join(absent)}")
    return [Finding(level="warning", kind="stratum", cases=(), text=text) for text in found]


def _clinical(cohort: Cohort) -> list[Finding]:
    """Clinical data that cannot be read, or are of nobody."""
    try:
        cells = read_clinical(cohort.folder)
    except CohortError as error:
        return [Finding(level="error", kind="clinical", cases=(), text=str(error))]
    if cells is None:
        return []
    known = {case.case for case in cohort.cases}
    strange, without = tuple(sorted(set(cells) - known)), tuple(sorted(known - set(cells)))
    found = []
    if strange:
        text = f"clinical.csv has rows of cases that are not in cases.csv: {_named(strange)}"
        found.append(Finding(level="warning", kind="clinical", cases=strange, text=text))
    if without:
        text = f"clinical.csv has no row for {_named(without)}"
        found.append(Finding(level="warning", kind="clinical", cases=without, text=text))
    return found


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _named(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - 5} more" if len(cases) > 5 else ""
    return ", ".join(cases[:5]) + more
