"""A report and its predictions in; JSON, CSV tables and figures in a folder out."""

import json
from collections.abc import Mapping
from pathlib import Path

from pleura.evaluation.accuracy import AccuracyReport, evaluate_predictions
from pleura.evaluation.checklists.facts import StudyFacts
from pleura.evaluation.checklists.from_report import facts_of_report
from pleura.evaluation.checklists.write import write_checklists
from pleura.evaluation.figures.confusion import confusion_figure
from pleura.evaluation.figures.forest import forest_figure
from pleura.evaluation.figures.roc import roc_figure
from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.output.plain import accuracy_rows, reader_rows, report_table, roc_rows
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.readers.study import ReaderStudy, cases_read
from pleura.evaluation.readers.table import Answers
from pleura.whole_file import write_rows, write_text

__all__ = ["write_results"]


def write_results(
    folder: Path,
    predictions: Predictions,
    report: AccuracyReport,
    *,
    answers: Answers | None = None,
    study: ReaderStudy | None = None,
    table: Mapping[str, object] | None = None,
    model: str = "model",
    facts: StudyFacts | None = None,
) -> None:
    """Write accuracy.json, accuracy.csv, roc.csv, roc and confusion as PNG and SVG; readers.csv where there are any.

    Where there are several hospitals, forest as PNG and SVG too.

    Beside the numbers: methods.md, and checklists.md and .json with what the run knows of their items.
    Curves and readers' points are drawn of the same cases: where readers have read only some, of those.

    Parameters
    ----------
    folder : exists
    predictions, report : the report is of these predictions
    answers, study : both or none; the study is of these answers
    table : what accuracy.json holds; the report and the study by default
    model : what the figure's legend calls the model
    facts : for the checklists; by default those that the report holds

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    plain = report_table(report, study) if table is None else table
    write_text(folder / "accuracy.json", json.dumps(plain, indent=2) + "\n")
    write_checklists(folder, facts or facts_of_report(predictions, report))
    write_rows(folder / "accuracy.csv", accuracy_rows(report))
    write_rows(folder / "roc.csv", roc_rows(predictions))
    drawn, result = predictions, report.overall
    if study is not None:
        write_rows(folder / "readers.csv", reader_rows(study))
        if answers is not None and study.unread:
            drawn = cases_read(predictions, answers)
            result = evaluate_predictions(drawn, threshold=report.threshold, settings=report.settings).overall
    if any(one.auc is not None for one in result.classes):
        save_figure(roc_figure(drawn, result, study, model=model), folder, "roc")
    save_figure(confusion_figure(report.overall.confusion, report.classes), folder, "confusion")
    if len(report.by_hospital) > 1:
        save_figure(forest_figure(report), folder, "forest")
