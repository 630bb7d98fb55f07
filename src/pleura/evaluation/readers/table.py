"""A CSV file of readers' answers in and out: case, reader, answer; optionally tier and simulated."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError
from pleura.evaluation.rows import read_rows
from pleura.whole_file import write_rows

__all__ = ["Answers", "read_answers", "write_answers"]


@dataclass(frozen=True, eq=False)
class Answers:
    """Several readers' answers on the same cases."""

    readers: tuple[str, ...]
    cases: tuple[str, ...]
    classes: tuple[str, ...]
    answers: npt.NDArray[np.int64]
    """(readers, cases), index into `classes`."""
    tiers: tuple[str, ...] | None = None
    """(readers,), for instance junior or senior."""
    simulated: bool = False
    """Whether no person gave them."""


def read_answers(path: Path, classes: Sequence[str]) -> Answers:
    """Read readers' answers; every reader has read the same cases.

    Columns: case, reader, answer (a class name; 0 or 1 where there is a single score), and if wanted tier and
    simulated ("yes" marks answers that no person gave).

    Parameters
    ----------
    path : a CSV file in UTF-8
    classes : names that answers may have

    Raises
    ------
    CohortError
        If the file cannot be read, an answer is no class, a reader answered a case twice or not at all, or stands in
        two tiers.
    """
    rows = read_rows(path, ("case", "reader", "answer"))
    readers = tuple(dict.fromkeys(row["reader"] for row in rows))
    cases = tuple(dict.fromkeys(row["case"] for row in rows))
    of_reader = {name: index for index, name in enumerate(readers)}
    of_case = {name: index for index, name in enumerate(cases)}
    answers = np.full((len(readers), len(cases)), -1, dtype=np.int64)
    tiers: dict[str, str] = {}
    for line, row in enumerate(rows, start=2):
        if row["answer"] not in classes:
            raise CohortError(
                f'{path}, row {line}: answer "{row["answer"]}" is no class; known are {", ".join(classes)}'
            )
        place = of_reader[row["reader"]], of_case[row["case"]]
        if answers[place] >= 0:
            raise CohortError(f"{path}, row {line}: reader {row['reader']} answers case {row['case']} twice; keep one")
        answers[place] = classes.index(row["answer"])
        if tiers.setdefault(row["reader"], row.get("tier", "")) != row.get("tier", ""):
            raise CohortError(f"{path}, row {line}: reader {row['reader']} stands in two tiers; choose one")
    missing = np.argwhere(answers < 0)
    if len(missing):
        reader, case = missing[0]
        raise CohortError(
            f"{path}: reader {readers[reader]} has no answer on case {cases[case]}; all readers must have read the "
            f"same cases: leave out that case, or that reader"
        )
    return Answers(
        readers=readers,
        cases=cases,
        classes=tuple(classes),
        answers=answers,
        tiers=tuple(tiers[name] for name in readers) if "tier" in rows[0] else None,
        simulated=any(row.get("simulated", "").lower() == "yes" for row in rows),
    )


def write_answers(answers: Answers, path: Path) -> None:
    """Write answers as `read_answers` reads them, reader by reader.

    Raises
    ------
    OutputError
        If the file cannot be written; an old one stays as it was.
    """
    drawn = "yes" if answers.simulated else "no"
    tiers = answers.tiers or ("",) * len(answers.readers)
    rows = (
        {"case": case, "reader": reader, "answer": answers.classes[answer], "tier": tier, "simulated": drawn}
        for reader, tier, given in zip(answers.readers, tiers, answers.answers, strict=True)
        for case, answer in zip(answers.cases, given, strict=True)
    )
    write_rows(path, rows)
