"""`pleura diagnose`: a study in; the answer on the terminal, and a folder with the report, heat map and lungs."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status

from pleura.diagnosis.default_lungs import DEFAULT_LUNGS
from pleura.diagnosis.steps import STEPS, StepChoice
from pleura.errors import StudyError

__all__ = ["diagnose"]

EXAMPLE = "Example: pleura diagnose study/ --out result"


def diagnose(
    study: Annotated[Path, typer.Argument(help="DICOM file or folder, ZIP, or NIfTI.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(help="New folder for the report (HTML, JSON), masks, heat map and surfaces."),
    ] = None,
    only: Annotated[
        str, typer.Option(help="Do these steps, and what they need; with commas between them.", show_default=False)
    ] = "",
    without: Annotated[str, typer.Option(help=f"Leave out these steps: {', '.join(STEPS)}.", show_default=False)] = "",
    model: Annotated[
        str, typer.Option(help='Model for four classes, by name or path; "none" to go without.')
    ] = "ucadi-synthetic",
    severity_model: Annotated[
        str, typer.Option(help='Model that grades COVID-19, by name or path; "none" for no grade.')
    ] = "severity-synthetic",
    cleaner: Annotated[
        str, typer.Option(help='Model that finds slices unfit for diagnosis; "none" to go without.')
    ] = "cleaner-synthetic",
    stepwise: Annotated[
        str, typer.Option(help='Stepwise diagnosis, viral or not and then which virus; "none" to go without.')
    ] = "stepwise-synthetic",
    clinical: Annotated[
        Path | None, typer.Option(help="The patient's clinical data: a CSV file with one row, or a JSON object.")
    ] = None,
    clinical_model: Annotated[str, typer.Option(help="Model for clinical data.")] = "dl3-synthetic",
    lesions_model: Annotated[
        str, typer.Option(help='Model that marks lesions, by name or path; "none" to go without.')
    ] = "lesions-synthetic",
    lungs_model: Annotated[
        str, typer.Option(help='Model that finds the lungs; "none" to find them by HU and geometry.')
    ] = DEFAULT_LUNGS,
    lobes: Annotated[
        Path | None, typer.Option(help="NIfTI mask of the five lobes, to measure lesions by lobe, too.")
    ] = None,
    series: Annotated[str | None, typer.Option(help="Use the series with this UID instead of the best one.")] = None,
    explain: Annotated[
        str | None, typer.Option(help="Class of the heat map; the most probable one by default.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N.")] = "cpu",
    backend: Annotated[
        str, typer.Option(help="torch; or openvino, on the CPU: faster, needs the extra cpu.")
    ] = "torch",
    seed: Annotated[int, typer.Option(min=0, help="Draws the slice subsets; same seed, same answer.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Diagnose one chest CT study: healthy, COVID-19, other viral or bacterial pneumonia; grade COVID-19.

    A step that fails is named in the report; the others stand, and the exit code is 1.

    Example: pleura diagnose study/ --out result
    """
    from pleura.cli.diagnosis_lines import answer_lines, failure_lines
    from pleura.data.clinical_table.read import read_patient
    from pleura.diagnosis.chain import LEFT_OUT, load_chain
    from pleura.diagnosis.clinical import model_schema
    from pleura.diagnosis.pipeline import diagnose_study
    from pleura.export.diagnosis_folder import write_diagnosis
    from pleura.export.result_folder import check_free

    if not study.exists():
        raise StudyError(f"there is no file or folder {study}; give a DICOM file or folder, a ZIP or a NIfTI")
    if out is not None:
        check_free(out)
    steps = StepChoice(only=_names(only), without=_names(without))
    console = Console(stderr=True)
    with console.status("loading the models") as status:
        chain = load_chain(
            model,
            cleaner=cleaner,
            severity=severity_model,
            stepwise=stepwise,
            clinical=LEFT_OUT if clinical is None else clinical_model,
            lesions=lesions_model,
            lungs=lungs_model,
            steps=steps,
        )
        patient = None
        if clinical is not None and chain.clinical is not None:
            patient = read_patient(clinical, model_schema(chain.clinical))
        diagnosis = diagnose_study(
            study,
            chain,
            steps=steps,
            patient=patient,
            lobes=lobes,
            series_uid=series,
            explain=explain,
            device=device,
            backend=backend,
            seed=seed,
            on_step=lambda step: _show(console, status, step),
        )
        if out is not None:
            _show(console, status, "writing")
            write_diagnosis(diagnosis, out)
    report = diagnosis.report
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        for line in answer_lines(report):
            typer.echo(line)
        if out is not None:
            typer.echo(f"report: {out / 'report.html'}")
    for line in failure_lines(report):
        typer.echo(f"pleura: {line}", err=True)
    if report.failures:
        raise typer.Exit(1)


def _names(listed: str) -> tuple[str, ...]:
    """Take names apart at commas."""
    return tuple(name.strip() for name in listed.split(",") if name.strip())


def _show(console: Console, status: Status, step: str) -> None:
    """Say which step begins: by the spinner on a terminal, by a line in a log."""
    status.update(step)
    if not console.is_terminal:
        console.print(f"{step} ...", highlight=False)
