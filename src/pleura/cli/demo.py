"""`pleura demo`: three synthetic hospitals train together, one study diagnosed, from nothing to a report."""

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pleura.data.synthetic.hospitals import SyntheticHospital
    from pleura.federation.experiments.trio import ThreeWays

__all__ = ["demo"]

SPLITS = (0.5, 0.125, 0.375)
"""Train, validation, test: a share right of a dozen held-out cases would say nothing."""
SEED = 7
ROUNDS = 4
"""Of the federation."""
STEPS = 5


def demo(
    out: Annotated[
        Path | None, typer.Option(help="New folder for everything; demo-output/DATE-TIME by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws the patients and the training.")] = SEED,
    workers: Annotated[int, typer.Option(min=1, help="Processes that make and prepare studies.")] = 2,
) -> None:
    """Make three synthetic hospitals, train alone, pooled and federated, diagnose one DICOM study with the last model.

    Takes about four minutes on two cores. Everything is synthetic: no number it prints says anything about patients.

    Example: pleura demo --out try
    """
    from pleura.cli.diagnosis_lines import answer_lines, failure_lines
    from pleura.cli.progress import watch
    from pleura.data.synthetic.case import generate_case
    from pleura.data.synthetic.cohort import synthesize_cohort
    from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
    from pleura.data.synthetic.write_dicom import write_dicom_series
    from pleura.diagnosis.chain import load_chain
    from pleura.diagnosis.pipeline import diagnose_study
    from pleura.export.diagnosis_folder import write_diagnosis
    from pleura.export.result_folder import check_free
    from pleura.federation.experiments.trio import three_ways
    from pleura.federation.learning.settings import FederationSettings
    from pleura.settings import read_recipe
    from pleura.training.recipes import find_recipe

    began = time.perf_counter()
    folder = out or Path("demo-output") / datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    check_free(folder)
    folder.mkdir(parents=True, exist_ok=True)

    hospitals = _hospitals()
    cases = sum(hospital.patients for hospital in hospitals)
    _headline(1, f"three synthetic hospitals, {cases} cases in all; each has another scanner and other patients")
    for hospital in hospitals:
        typer.echo(f"{hospital.name}: {hospital.patients} patients ({', '.join(hospital.classes)}), {hospital.scanner}")
    with watch() as watcher:
        watcher.start("making cases", cases)
        synthesize_cohort(
            folder / "cohort",
            hospitals=hospitals,
            seed=seed,
            size="small",
            format="dicom",
            splits=SPLITS,
            workers=workers,
            progress=lambda *_: watcher.advance(),
        )

    _headline(2, "the shipped model trained further: at each hospital alone, on all cases in one place, and federated")
    with watch() as watcher:
        ways = three_ways(
            read_recipe(find_recipe("demo")),
            folder / "cohort",
            folder / "training",
            FederationSettings(name="demo", rounds=ROUNDS),
            start_from="ucadi-synthetic",
            cache_folder=folder / "cache",
            workers=workers,
            seed=seed,
            precision="bfloat16",
            watcher=watcher,
        )

    _headline(3, "all three hospitals' held-out cases")
    _print_ways(ways)
    _headline(4, "what left the hospitals")
    _print_wire(ways)

    _headline(5, "one full-size DICOM study that no model has seen, with the federated model")
    size = SIZES["full"]
    protocol = Protocol.draw(seed + 1, shape=size.shape, spacing=size.spacing, severity=2)
    case = generate_case(seed=seed + 1, label="covid-19", severity=2, protocol=protocol)
    write_dicom_series(case, folder / "study", case_id="demo", patient_id="demo-patient", seed=seed)
    diagnosis = diagnose_study(
        folder / "study",
        replace(load_chain(), classifier=ways.model),
        on_step=lambda s: typer.echo(f"{s} ..."),
    )
    write_diagnosis(diagnosis, folder / "report")
    typer.echo("made as covid-19, severity 2; answered:")
    for line in (*answer_lines(diagnosis.report), *failure_lines(diagnosis.report)):
        typer.echo(line)

    typer.echo(f"\nDone in {(time.perf_counter() - began) / 60:.1f} minutes. Open the report in a browser:")
    typer.echo(str((folder / "report" / "report.html").resolve()))


def _hospitals() -> "tuple[SyntheticHospital, ...]":
    """Give three hospitals; as in UCADI, two of them have no other viral pneumonia."""
    from pleura.data.synthetic.hospitals import SyntheticHospital
    from pleura.data.synthetic.scanner.scanners import SCANNERS

    everything = {"healthy": 1, "covid-19": 1, "other-viral": 2, "bacterial": 1}
    no_other_virus = {"healthy": 1, "covid-19": 1, "bacterial": 1}
    first, second, third = list(SCANNERS)[:3]
    return (
        SyntheticHospital(name="north", patients=40, scanner=first, classes=everything),
        SyntheticHospital(name="harbour", patients=24, scanner=second, classes=no_other_virus),
        SyntheticHospital(name="hill", patients=24, scanner=third, classes=no_other_virus),
    )


def _print_ways(ways: "ThreeWays") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from pleura.federation.experiments.held_out import EVERYWHERE

    rows = [row for row in ways.rows if row["judged_on"] == EVERYWHERE]
    table = Table("training", "right (95 % interval)", "mean of classes", "AUC", "of other virus", box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(
            str(row["arm"]),
            f"{row['accuracy']:.2f} ({row['accuracy low']:.2f} to {row['accuracy high']:.2f})",
            f"{row['balanced_accuracy']:.2f}",
            f"{row['auc']:.2f}",
            f"{row['sensitivity other-viral']:.2f}",
        )
    Console(width=100).print(table)
    typer.echo(f"{rows[0]['cases']} cases: too few to tell these apart for sure. `pleura experiment` has more.")
    typer.echo("Only north has patients with other viral pneumonia; the others' own models cannot know it.")


def _print_wire(ways: "ThreeWays") -> None:
    facts = ways.arms["federated"].facts
    typer.echo(
        f"{ROUNDS} rounds; {float(facts['bytes_up']) / ROUNDS / 1e6:.2f} MB a hospital and round, encrypted: the "
        "server adds up what it cannot read, and no image leaves a hospital"
    )


def _headline(number: int, text: str) -> None:
    typer.echo(f"\n[{number}/{STEPS}] {text}")
