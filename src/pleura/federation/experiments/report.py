"""What was asked, done and found in; half a page of Markdown, and the tables behind it, out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pleura.data.cohort_facts import facts_of_cohort
from pleura.evaluation.accuracy import evaluate_predictions
from pleura.evaluation.checklists.facts import StudyFacts
from pleura.evaluation.checklists.from_report import facts_of_test, software_versions
from pleura.evaluation.checklists.write import write_checklists
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.repeated.runs import Spread, Table, spreads
from pleura.federation.experiments.held_out import Row
from pleura.federation.experiments.machine import describe_machine, today
from pleura.federation.experiments.model_facts import facts_of_arm
from pleura.federation.experiments.opening import Experiment
from pleura.whole_file import write_rows, write_text

__all__ = ["Report", "in_words", "spread_rows", "summary_rows", "verdict", "write_report", "write_results"]


@dataclass(frozen=True, kw_only=True)
class Report:
    """The parts of a report that differ from experiment to experiment; Markdown."""

    title: str
    asked: str
    done: str
    header: Sequence[str]
    table: Sequence[Sequence[str]]
    found: Sequence[str]
    """Sentences below the table."""
    not_shown: str
    figure: str
    """Name of the figure, without its ending."""


def write_results(
    experiment: Experiment,
    report: Report,
    rows: Sequence[Row],
    *,
    answers: Predictions,
    arm: str,
    trained: str,
    tables: Mapping[str, Sequence[Row]] | None = None,
) -> None:
    """Write methods and checklists, results.csv and further tables, then report.md, each whole or not at all.

    Parameters
    ----------
    experiment : whose folder is written to
    report : its text
    rows : of results.csv: one an arm, seed and group of cases
    answers : of the arm that the checklists are answered for, with the first seed, on the test cases
    arm, trained : that arm's name, and how its model was trained, as for `facts_of_arm`
    tables : further ones, by name

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    facts = StudyFacts(
        test=facts_of_test(answers, evaluate_predictions(answers), partition="test"),
        cohort=facts_of_cohort(experiment.cohort, experiment.cohort.split("test")),
        model=facts_of_arm(experiment, arm, trained),
        software=software_versions(),
    )
    write_checklists(experiment.out, facts)
    write_report(experiment, report, rows, tables=tables)


def write_report(
    experiment: Experiment, report: Report, rows: Sequence[Row], *, tables: Mapping[str, Sequence[Row]] | None = None
) -> None:
    """Write results.csv and further tables, then report.md; parameters and errors as of `write_results`."""
    write_rows(experiment.out / "results.csv", rows)
    for name, further in (tables or {}).items():
        write_rows(experiment.out / f"{name}.csv", further)
    write_text(experiment.out / "report.md", _markdown(experiment, report))


def _markdown(experiment: Experiment, report: Report) -> str:
    settings, cohort = experiment.settings, experiment.cohort
    kind = "Synthetic patients" if cohort.synthetic else "Patients as the cohort names them"
    seeds = _seeds_in_words(settings.seeds)
    tested = ", ".join(f"{label} {count}" for label, count in cohort.counts("label", "test").items())
    lines = [
        f"# {report.title}",
        "",
        f"**{kind}; for research use; not a medical device.**",
        "",
        f"Asked: {report.asked}",
        "",
        f"Done: {report.done}",
        "",
        f"Size: {len(cohort.cases)} cases, train / validation / test by hospital (classes of the training cases): "
        f"{experiment.sizes()}. Test cases by class: {tested}. Recipe {experiment.recipe.name}, slices of "
        f"{experiment.recipe.input.size} x {experiment.recipe.input.size}; {seeds}. {today()}, on "
        f"{describe_machine(experiment.device)}.",
        "",
        _line(report.header),
        _line(["---"] * len(report.header)),
        *(_line(row) for row in report.table),
        "",
        *(f"- {sentence}" for sentence in report.found),
        "",
        f"Not shown: {report.not_shown}",
        "",
        f"![figure]({report.figure}.png)",
    ]
    return "\n".join(lines) + "\n"


def _seeds_in_words(seeds: int) -> str:
    if seeds == 1:
        return "1 training seed, so no interval over seeds"
    if seeds == 2:  # Student's t with one degree of freedom
        return "2 training seeds, of which Student's interval goes 12.7 standard errors to each side and says little"
    return f"{seeds} training seeds"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def in_words(spread: Spread) -> str:
    """Write a share with both intervals: "0.81 [0.78, 0.84] (0.74, 0.87)", over seeds, then over patients.

    Student's interval knows nothing of 0 and 1, and is cut there.
    """
    runs, patients = spread.runs, spread.patients
    seeds = "[-]"
    if runs.low is not None and runs.high is not None:
        seeds = f"[{max(runs.low, 0):.2f}, {min(runs.high, 1):.2f}]"
    drawn = "(-)" if patients.low is None or patients.high is None else f"({patients.low:.2f}, {patients.high:.2f})"
    return f"{spread.mean:.2f} {seeds} {drawn}"


def verdict(spread: Spread, margin: float) -> str:
    """Say what a difference's interval over seeds and patients together allows to say, by a margin set beforehand."""
    ends = spread.both
    if ends is None:
        return "no interval over both seeds and patients, so nothing is said of equality"
    low, high = ends
    where = f"{low:+.3f} to {high:+.3f} over seeds and patients together"
    if -margin < low and high < margin:
        return f"{where}, within the margin of {margin:g}: equally good by that measure"
    if low > 0 or high < 0:
        return f"{where}: a difference, {'above' if low > 0 else 'below'} zero"
    return f"{where}, which is neither within the margin of {margin:g} nor without zero: undecided at this size"


def summary_rows(
    measured: Mapping[str, Mapping[str, Table]] | Mapping[int, Mapping[str, Table]], of: str = "arm"
) -> list[Row]:
    """Give the rows of summary.csv.

    Parameters
    ----------
    measured : by arm, and by whose cases it is judged on
    of : what the column with the arm is called
    """
    return [
        row
        for name, places in measured.items()
        for place, table in places.items()
        for row in spread_rows(spreads(table), **{of: name, "judged_on": place})
    ]


def spread_rows(found: Mapping[str, Spread], **about: float | int | str) -> list[Row]:
    """Give a row a measure: mean, deviation and both intervals; what does not exist is left out.

    Parameters
    ----------
    found : by measure
    about : further columns, which come first
    """
    rows: list[Row] = []
    for name, spread in found.items():
        numbers = {
            "mean": spread.mean,
            "deviation over seeds": spread.runs.deviation,
            "seeds low": spread.runs.low,
            "seeds high": spread.runs.high,
            "patients low": spread.patients.low,
            "patients high": spread.patients.high,
            "both low": None if spread.both is None else spread.both[0],
            "both high": None if spread.both is None else spread.both[1],
        }
        written = {key: round(value, 6) for key, value in numbers.items() if value is not None}
        rows.append({**about, "measure": name, "cases": spread.cases, **written})
    return rows
