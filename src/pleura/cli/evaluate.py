"""`pleura evaluate`: answers against the truth; tables on the terminal, numbers and figures in a folder."""

import json
from pathlib import Path
from typing import Annotated

import typer

from pleura.cli.evaluate_accuracy import accuracy
from pleura.cli.evaluate_agreement import agreement
from pleura.cli.evaluate_check import check
from pleura.cli.evaluate_clinical import clinical
from pleura.cli.evaluate_compare import compare
from pleura.cli.evaluate_drift import drift
from pleura.cli.evaluate_readers import readers, simulate_reader_study
from pleura.cli.evaluate_recalibrate import recalibrate
from pleura.cli.evaluate_runs import runs
from pleura.cli.evaluate_sample_size import sample_size
from pleura.cli.evaluate_segmentation import segmentation
from pleura.cli.evaluate_site import site
from pleura.cli.evaluate_stepwise import stepwise
from pleura.cli.evaluation_tables import print_report

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)
app.command()(accuracy)
app.command()(compare)
app.command()(agreement)
app.command()(recalibrate)
app.command()(runs)
app.command()(sample_size)
app.command()(site)
app.command()(segmentation)
app.command()(drift)
app.command()(stepwise)
app.command()(clinical)
app.command()(check)
app.command()(readers)
app.command()(simulate_reader_study)


@app.callback()
def _group() -> None:
    """Compare answers with the truth."""


@app.command()
def cohort(
    folder: Annotated[Path, typer.Argument(help="Cohort folder with cases.csv.", show_default=False)],
    model: Annotated[str, typer.Option(help="Name of a model, or a path to its folder.")] = "ucadi-synthetic",
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    out: Annotated[Path | None, typer.Option(help="CSV file for each case's probabilities.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="New folder for tables, figures, the methods and reporting checklists.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    backend: Annotated[
        str, typer.Option(help="torch; or openvino, on the CPU: faster, needs the extra cpu.")
    ] = "torch",
    workers: Annotated[int, typer.Option(min=1, help="Processes that prepare slices.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Classify a cohort's cases and compare with their labels, hospital by hospital.

    For readers and more options: `pleura evaluate accuracy` on the file that --out writes. --report also says what is
    known of cohort and model.

    Example: pleura evaluate cohort cohort/ --model ucadi-synthetic --split test --out predictions.csv
    """
    from pleura.cli.progress import watch
    from pleura.data.cohort import read_cohort
    from pleura.evaluation.accuracy import evaluate_predictions
    from pleura.evaluation.output.plain import report_table
    from pleura.evaluation.predictions import write_predictions
    from pleura.export.result_folder import check_free, result_folder
    from pleura.models.files import load_model
    from pleura.training.assess import assess

    if report is not None:
        check_free(report)
    loaded = load_model(model)
    known = read_cohort(folder, classes=())  # a cohort that is only tested on needs no training cases
    with watch() as watcher:
        answers = assess(
            loaded,
            known,
            split=split,
            device=device,
            backend=backend,
            workers=workers,
            watcher=watcher,
        )
    predictions = answers.predictions()
    if out is not None:
        write_predictions(predictions, out)
    found = evaluate_predictions(predictions, ordinal=loaded.card.task == "severity")
    if report is not None:
        from pleura.cli.evaluation_facts import facts_of_model
        from pleura.data.cohort_facts import facts_of_cohort
        from pleura.evaluation.checklists.facts import StudyFacts
        from pleura.evaluation.checklists.from_report import facts_of_test, software_versions
        from pleura.evaluation.output.files import write_results

        facts = StudyFacts(
            test=facts_of_test(predictions, found, partition=split),
            cohort=facts_of_cohort(known, answers.cases),
            model=facts_of_model(loaded, known),
            software=software_versions(),
        )
        with result_folder(report) as made:
            write_results(made, predictions, found, model=loaded.card.name, facts=facts)
    if as_json:
        typer.echo(json.dumps(report_table(found), indent=2))
        return
    print_report(found)


@app.command()
def heat_maps(
    folder: Annotated[Path, typer.Argument(help="Cohort folder whose cases have lesion masks.", show_default=False)],
    model: Annotated[str, typer.Option(help="Name of a model, or a path to its folder.")] = "ucadi-synthetic",
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    cases: Annotated[int, typer.Option(min=1, help="At most so many cases of each class.")] = 12,
    out: Annotated[Path | None, typer.Option(help="CSV file, a row a case.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    backend: Annotated[
        str, typer.Option(help="torch; or openvino, on the CPU: faster, needs the extra cpu.")
    ] = "torch",
) -> None:
    """Measure where the model looks: how much of each heat map lies in the lungs and on the lesions.

    Each case with pneumonia is explained for its own class. Chance is what a map that is even over the lungs would have
    on the lesions; the peak counts as on a lesion up to 15 mm away.

    Example: pleura evaluate heat-maps cohort/ --cases 6
    """
    from dataclasses import asdict

    from pleura.cli.evaluation_tables import print_heat
    from pleura.cli.progress import watch
    from pleura.data.cohort import read_cohort
    from pleura.diagnosis.localisation import localise
    from pleura.errors import CohortError
    from pleura.models.files import load_model
    from pleura.whole_file import write_rows

    loaded = load_model(model)
    ill = [name for name in loaded.card.classes if name != "healthy"]
    there = read_cohort(folder, classes=()).split(split)
    chosen = [case for name in ill for case in [case for case in there if case.label == name][:cases]]
    if not chosen:
        raise CohortError(f"{folder} has no case of {', '.join(ill)} in split {split}; choose another")
    with watch() as watcher:
        watcher.start("diagnosing", len(chosen))
        found = localise(loaded, chosen, device=device, backend=backend, on_done=watcher.advance)
    if out is not None:
        write_rows(out, map(asdict, found))
    print_heat(found)


@app.command()
def simulate_readers(
    truth: Annotated[Path, typer.Option(help="CSV with columns case and truth.", show_default=False)],
    out: Annotated[Path, typer.Option(help="CSV file for the answers.", show_default=False)],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same answers.")] = 0,
    panel: Annotated[
        Path | None, typer.Option(help="TOML of a panel; the UCADI paper's six radiologists by default.")
    ] = None,
) -> None:
    """Draw answers of SIMULATED readers, to try a reader study before there is one.

    Their accuracies are those the panel's file gives; by default the ones that the UCADI paper reports for COVID-19.
    No person gave these answers, no image was looked at, and every output made from them says so.

    Example: pleura evaluate simulate-readers --truth predictions.csv --out readers.csv --seed 1
    """
    from pleura.errors import RecipeError
    from pleura.evaluation.output.plain import SIMULATED
    from pleura.evaluation.predictions import read_truth
    from pleura.evaluation.readers import simulate
    from pleura.evaluation.readers.table import write_answers

    if panel is None:
        chosen = simulate.ucadi_panel()
    else:
        try:
            chosen = simulate.read_panel(panel.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(f"cannot read the panel {panel}: {error}") from error
    cases, true, classes = read_truth(truth)
    answers = simulate.simulate_readers(cases, true, classes, panel=chosen, seed=seed)
    write_answers(answers, out)
    typer.echo(f"{SIMULATED}\n{len(answers.readers)} readers, {len(cases)} cases: {out}")


@app.command()
def learning_curves(
    logs: Annotated[list[Path], typer.Argument(help="log.csv of one training, or of each fold.", show_default=False)],
    out: Annotated[Path, typer.Option(help="New folder for learning-curves.png and .svg.", show_default=False)],
) -> None:
    """Draw loss and accuracy over epochs: each training, their mean, and a band of one standard deviation.

    Example: pleura evaluate learning-curves run/log.csv --out curves
    """
    from pleura.errors import CohortError
    from pleura.evaluation.figures.learning_curves import learning_curve_figure
    from pleura.evaluation.figures.style import save_figure
    from pleura.evaluation.repeated.learning_curves import read_log
    from pleura.export.result_folder import result_folder

    read = [read_log(path) for path in logs]
    try:
        figure = learning_curve_figure(read)
    except ValueError as error:
        raise CohortError(f"cannot draw the curves: {error}") from error
    with result_folder(out) as folder:
        save_figure(figure, folder, "learning-curves")
    typer.echo(str(out / "learning-curves.png"))
