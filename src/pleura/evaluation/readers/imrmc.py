"""An iMRMC file in, readings out, and the other way round."""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path

import numpy as np

from pleura.errors import CohortError
from pleura.evaluation.readers.readings import Readings
from pleura.whole_file import write_text

__all__ = ["is_imrmc", "read_imrmc", "write_imrmc"]

BEGIN = "BEGIN DATA:"
TRUTH = ("-1", "truth")
"""Names that stand in the reader's place on a line that gives a case's truth."""


def is_imrmc(path: Path) -> bool:
    """Say whether a file is to be read as iMRMC's: by its ending."""
    return path.suffix.lower() == ".imrmc"


def read_imrmc(path: Path) -> Readings:
    """Read a file of iMRMC, the program of the FDA for reader studies.

    Lines of free text, among them counts N0, N1, NR and NM, go before "BEGIN DATA:"; then each line has reader, case,
    modality and score. Truths stand on lines with reader -1 (or "truth"), score 0 without and 1 with the condition.
    Counts that stand in the file must be right. Modalities become conditions. Names that differ in blanks alone are
    one name, as iMRMC's own test files have it; the first spelling is kept.

    Parameters
    ----------
    path : text in UTF-8

    Raises
    ------
    CohortError
        If the file cannot be read, contradicts itself, or a case that was read has no truth.

    References
    ----------
    B. D. Gallas, One-shot estimate of MRMC variance: AUC, Academic Radiology 13 (2006) 353-362. The format: user manual
    of iMRMC, section "Input file format", https://github.com/DIDSR/iMRMC.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CohortError(f"cannot read {path} as text in UTF-8: {error}") from error
    start = next((index for index, line in enumerate(lines) if line.strip().upper().startswith(BEGIN)), None)
    if start is None:
        raise CohortError(f'{path} has no line "{BEGIN}"; an iMRMC file needs one before its data')
    truths: dict[str, float] = {}
    scores: dict[tuple[str, str, str], float] = {}
    for number, (reader, case, modality, score) in _fields(path, lines, start + 1):
        if reader in TRUTH:
            if score not in (0.0, 1.0) or case in truths:
                raise CohortError(f"{path}, line {number}: truth of case {case} must be 0 or 1, and given once")
            truths[case] = score
            continue
        if (modality, reader, case) in scores:
            raise CohortError(f"{path}, line {number}: reader {reader} reads case {case} twice in modality {modality}")
        scores[modality, reader, case] = score
    conditions, readers = (tuple(dict.fromkeys(key[place] for key in scores)) for place in (0, 1))
    found = _readings(path, truths, scores, conditions, readers)
    _check_counts(path, lines[:start], found)
    return found


def write_imrmc(readings: Readings, path: Path, *, title: str = "Reader study written by Pleura") -> None:
    """Write readings as iMRMC reads them; tiers, calls and times have no place there, and scores keep all digits.

    Parameters
    ----------
    readings : names of readers, cases and conditions without a comma
    path : the file to make
    title : the first line; simulated readings are marked in the second

    Raises
    ------
    CohortError
        If a name has a comma, or a reader is named as truths are.
    OutputError
        If the file cannot be written.
    """
    names = (*readings.conditions, *readings.readers, *readings.cases)
    wrong = [name for name in names if "," in name or not name.strip()] + [n for n in readings.readers if n in TRUTH]
    if wrong:
        raise CohortError(
            f'an iMRMC file cannot hold the name "{wrong[0]}"; give names without commas, not -1 or truth'
        )
    positives = int(readings.positive.sum())
    head = [title, *(["SIMULATED readings: no person gave them"] if readings.simulated else []), ""]
    head += [f"NR: {len(readings.readers)}", f"N0: {len(readings.cases) - positives}", f"N1: {positives}"]
    head += [f"NM: {len(readings.conditions)}", "", BEGIN]
    truths = [f"-1,{case},0,{int(there)}" for case, there in zip(readings.cases, readings.positive, strict=True)]
    data = [
        f"{readings.readers[r]},{readings.cases[c]},{readings.conditions[k]},{float(readings.scores[k, r, c])!r}"
        for k, r, c in np.argwhere(readings.read).tolist()
    ]
    write_text(path, "\n".join([*head, *truths, *data]) + "\n")


def _fields(path: Path, lines: list[str], start: int) -> Iterator[tuple[int, tuple[str, str, str, float]]]:
    spelling: dict[tuple[int, str], str] = {}
    for number, line in enumerate(lines[start:], start=start + 1):
        if not line.strip(" ,\t"):
            continue
        parts = [part.strip() for part in line.split(",")]
        while len(parts) > 4 and not parts[-1]:
            parts.pop()
        try:
            score = float(parts[3])
        except (IndexError, ValueError):
            score = float("nan")
        if len(parts) != 4 or not isfinite(score):
            raise CohortError(
                f'{path}, line {number}: "{line.strip()}"; need reader, case, modality, and a finite score'
            )
        reader, case, modality = (
            spelling.setdefault((place, "".join(parts[place].split())), parts[place]) for place in range(3)
        )
        yield number, (reader, case, modality, score)


def _readings(
    path: Path,
    truths: dict[str, float],
    scores: dict[tuple[str, str, str], float],
    conditions: tuple[str, ...],
    readers: tuple[str, ...],
) -> Readings:
    unknown = next((case for _, _, case in scores if case not in truths), None)
    if unknown is not None:
        raise CohortError(f"{path}: case {unknown} was read but has no truth; add a line -1,{unknown},0,1 or ...,0")
    positive = np.array(list(truths.values())) == 1
    if not scores or positive.all() or not positive.any():
        raise CohortError(
            f"{path} has {len(scores)} readings and {int(positive.sum())} of {len(positive)} cases with truth 1; need "
            f"readings, and cases of both kinds"
        )
    cases = {name: index for index, name in enumerate(truths)}
    filled = np.full((len(conditions), len(readers), len(cases)), np.nan)
    for (modality, reader, case), score in scores.items():
        filled[conditions.index(modality), readers.index(reader), cases[case]] = score
    simulated = "SIMULATED readings" in path.read_text(encoding="utf-8-sig").split(BEGIN)[0]
    return Readings(conditions, readers, tuple(cases), positive, filled, simulated=simulated)


def _check_counts(path: Path, head: list[str], found: Readings) -> None:
    positives = int(found.positive.sum())
    counts = {
        "NR": len(found.readers),
        "N0": len(found.cases) - positives,
        "N1": positives,
        "NM": len(found.conditions),
    }
    for line in head:
        name, colon, text = line.partition(":")
        key = name.strip().upper()
        if not colon or key not in counts or not text.strip():
            continue
        if text.strip() != str(counts[key]):
            raise CohortError(f"{path}: {key} is {text.strip()} in its head and {counts[key]} in its data; correct one")
