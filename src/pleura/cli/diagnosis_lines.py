"""A report in; the lines that `pleura diagnose` prints out."""

from collections.abc import Iterator, Sequence

from pleura.diagnosis.report import Report, StepRecord

__all__ = ["answer_lines", "failure_lines"]


def answer_lines(report: Report) -> Iterator[str]:
    """Give the answer first, then what each step said, then what a reader must know.

    Parameters
    ----------
    report : of one study
    """
    if report.conclusion is not None:
        yield report.conclusion.answer
        yield from (f"  {line}" for line in (*report.conclusion.reasons, *report.conclusion.notes))
    yield from _parts(report)
    yield from _beyond(report.steps)
    yield from (f"  {line}" for line in (*report.warnings, *report.quality, report.disclaimer))


def failure_lines(report: Report) -> Iterator[str]:
    """Name the steps that failed, why, and what to do.

    Parameters
    ----------
    report : of one study
    """
    for failure in report.failures:
        yield f"step {failure.step} failed, {failure.kind}: {failure.message} {failure.what_to_do}"


def _parts(report: Report) -> Iterator[str]:
    if report.classification is not None:
        four = report.classification
        yield f"four classes: {four.answer}   ({_shown(four.classes, four.probabilities)})"
    if report.stepwise is not None:
        two = report.stepwise
        yield (
            f"stepwise: {two.answer}   (viral {two.viral:.3f}, COVID-19 if viral {two.covid_given_viral:.3f}, "
            f"COVID-19 {two.covid:.3f})"
        )
    else:
        for name, dl in (("dl1", report.dl1), ("dl2", report.dl2)):
            if dl is not None:
                yield f"{name}: {_shown(dl.classes, dl.probabilities)}"
    if report.clinical is not None:
        yield f"clinical data: {report.clinical.sentence}"
    if report.lesions is not None:
        yield f"lesions: {report.lesions.sentence}"
    if report.severity is not None:
        yield f"severity {report.severity.grade}   ({_shown(report.severity.grades, report.severity.probabilities)})"
    if report.cleaning is not None:
        yield f"slices: {report.cleaning.note}"


def _beyond(steps: Sequence[StepRecord]) -> Iterator[str]:
    """Name the steps that were left out, and those that were done though nobody asked, those of one reason together."""
    for outcome, words in (("left out", "left out"), ("done", "also done")):
        by_reason: dict[str, list[str]] = {}
        for step in steps:
            if step.outcome == outcome and step.why:
                by_reason.setdefault(step.why, []).append(step.name)
        for why, names in by_reason.items():
            yield f"{words}: {', '.join(names)}   ({why})"


def _shown(names: Sequence[str], probabilities: Sequence[float]) -> str:
    return ", ".join(f"{name} {p:.3f}" for name, p in zip(names, probabilities, strict=True))
