"""`pleura demo`: three synthetic hospitals, a short training, one study diagnosed, from nothing to a report."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["demo"]

HOSPITALS = ("north", "harbour", "hill")
CASES = 96
"""Over all hospitals; few enough for a coffee."""
SPLITS = (0.5, 0.125, 0.375)
"""Train, validation, test: a share right of a dozen held-out cases would say nothing."""
SEED = 7


def demo(
    out: Annotated[
        Path | None, typer.Option(help="New folder for everything; demo-output/DATE-TIME by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws the patients and the training.")] = SEED,
    workers: Annotated[int, typer.Option(min=1, help="Processes that make and prepare studies.")] = 2,
) -> None:
    """Make three small synthetic hospitals, train the shipped model further on them, diagnose one held-out DICOM study.

    Takes about five minutes on two cores. Everything is synthetic: no number it prints says anything about patients.

    Example: pleura demo --out try
    """
    from pleura.cli.evaluation_tables import print_report
    from pleura.cli.progress import watch
    from pleura.data.cohort import read_cohort
    from pleura.data.synthetic.case import generate_case
    from pleura.data.synthetic.cohort import synthesize_cohort
    from pleura.data.synthetic.hospitals import alike_hospitals
    from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
    from pleura.data.synthetic.write_dicom import write_dicom_series
    from pleura.diagnosis.pipeline import diagnose_study
    from pleura.evaluation.accuracy import evaluate_predictions
    from pleura.export.diagnosis_folder import write_diagnosis
    from pleura.export.result_folder import check_free
    from pleura.models.files import load_model
    from pleura.settings import read_recipe
    from pleura.training.assess import assess
    from pleura.training.loop import train
    from pleura.training.recipes import find_recipe

    began = time.perf_counter()
    folder = out or Path("demo-output") / datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    check_free(folder)
    folder.mkdir(parents=True, exist_ok=True)

    _headline(1, f"three synthetic hospitals, {CASES} cases in all")
    with watch() as watcher:
        watcher.start("making cases", CASES)
        synthesize_cohort(
            folder / "cohort",
            hospitals=alike_hospitals(CASES, HOSPITALS),
            seed=seed,
            size="small",
            format="dicom",
            splits=SPLITS,
            workers=workers,
            progress=lambda *_: watcher.advance(),
        )
    cohort = read_cohort(folder / "cohort")

    _headline(2, "a short further training of the shipped model on their training cases (recipe demo.toml)")
    with watch() as watcher:
        model = train(
            read_recipe(find_recipe("demo")),
            folder / "cohort",
            folder / "training",
            start_from="ucadi-synthetic",
            cache_folder=folder / "cache",
            workers=workers,
            watcher=watcher,
        )

    _headline(3, "each hospital's held-out cases")
    with watch() as watcher:
        answers = assess(model, cohort, workers=workers, cache_folder=folder / "cache", watcher=watcher)
    print_report(evaluate_predictions(answers.predictions()))

    _headline(4, "one full-size DICOM study that no model has seen, with the shipped full-size model")
    size = SIZES["full"]
    protocol = Protocol.draw(seed + 1, shape=size.shape, spacing=size.spacing, severity=2)
    case = generate_case(seed=seed + 1, label="covid-19", severity=2, protocol=protocol)
    write_dicom_series(case, folder / "study", case_id="demo", patient_id="demo-patient", seed=seed)
    diagnosis = diagnose_study(
        folder / "study",
        load_model("ucadi-synthetic"),
        severity_model=load_model("severity-synthetic"),
        on_step=lambda s: typer.echo(f"{s} ..."),
    )
    write_diagnosis(diagnosis, folder / "report")
    answer = diagnosis.report.classification
    shown = ", ".join(f"{name} {p:.3f}" for name, p in zip(answer.classes, answer.probabilities, strict=True))
    typer.echo(f"made as covid-19, severity 2; answered {answer.answer}   ({shown})")
    if diagnosis.report.severity is not None:
        typer.echo(f"severity graded {diagnosis.report.severity.grade}")

    typer.echo(f"\nDone in {(time.perf_counter() - began) / 60:.1f} minutes. Open the report in a browser:")
    typer.echo(str((folder / "report" / "report.html").resolve()))


def _headline(number: int, text: str) -> None:
    typer.echo(f"\n[{number}/4] {text}")
