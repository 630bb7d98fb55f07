"""`pleura cohort`: make, check and describe cohorts; arguments in, a cohort folder or what is in one out."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import typer

from pleura.cli.cohort_import import import_published
from pleura.cli.cohort_join import join
from pleura.cli.progress import watch
from pleura.data.synthetic.hospitals import SyntheticHospital, alike_hospitals, read_hospitals
from pleura.data.synthetic.scanner.protocol import SIZES
from pleura.errors import CohortError, OutputError
from pleura.settings import CLASSES, LABELS
from pleura.whole_file import write_text

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Make, import, join, check and describe cohorts of cases.")
app.command("import")(import_published)
app.command()(join)


@app.callback()
def _group() -> None:
    """Make, import, join, check and describe cohorts of cases."""


@app.command(
    epilog="Example: pleura cohort synthesize --out cohort --cases 48 --hospitals north,east,west --size small"
)
def synthesize(
    out: Path = typer.Option(..., help="Folder to make; must not exist, or be empty."),
    cases: int | None = typer.Option(
        None, help="Number of patients in all, 48 by default; they go round the hospitals and the classes."
    ),
    hospitals: str = typer.Option(
        "north,east,west",
        help="Names with commas between; each has a scanner of its own. Or a TOML file, a table [[hospital]] each with "
        "name, patients, scanner and classes.",
    ),
    seed: int = typer.Option(1, help="The same seed gives the same voxels."),
    size: str = typer.Option("small", help=f"Grid of a case: {', '.join(SIZES)}."),
    format: str = typer.Option("dicom", help="How studies are written: dicom, nifti."),  # noqa: A002
    classes: str | None = typer.Option(
        None,
        help=f"{', '.join(LABELS)}; with :N, N patients of that class in each round; UCADI's four by default.",
    ),
    studies: int = typer.Option(1, help="Studies of each patient with a pneumonia, along a disease course."),
    workers: int = typer.Option(0, help="Processes that draw at the same time; 0 takes all cores."),
) -> None:
    """Make a cohort of synthetic chest CT: studies, masks, clinical data, and the table of cases.

    Nothing in it comes from a patient. No result on it says anything about patients. A run that was stopped leaves its
    folder with .unfinished after the name; the same command goes on with it.
    """
    from pleura.data.synthetic.cohort import synthesize_cohort  # here, so that --help needs no compiler
    from pleura.data.synthetic.plan import plan_cohort

    planned_hospitals = _plan_hospitals(hospitals, cases, classes)
    plan = plan_cohort(hospitals=planned_hospitals, seed=seed, size=size, studies=studies)
    shown = 0
    with watch() as watcher:
        watcher.start("drawing cases", len(plan))

        def show(done: int, _: int) -> None:
            nonlocal shown
            if done > shown + 1:
                watcher.say(f"going on after {done} cases that are there")
            for _ in range(done - shown):
                watcher.advance()
            shown = done

        synthesize_cohort(
            out,
            hospitals=planned_hospitals,
            seed=seed,
            size=size,
            format=format,
            studies=studies,
            workers=workers or _cores(),
            progress=show,
        )
    patients = sum(hospital.patients for hospital in planned_hospitals)
    of_patients = f" of {patients} patients" if patients != len(plan) else ""
    typer.echo(f"{len(plan)} synthetic cases{of_patients} of {len(planned_hospitals)} hospitals in {out}")


def _plan_hospitals(written: str, cases: int | None, classes: str | None) -> tuple[SyntheticHospital, ...]:
    """Give the hospitals of a TOML file, or those that are named, alike but for the scanner."""
    if written.endswith(".toml"):
        if cases is not None or classes is not None:
            raise CohortError(f"{written} says how many patients of which classes; leave --cases and --classes out")
        return read_hospitals(Path(written))
    names = [name.strip() for name in written.split(",")]
    return alike_hospitals(48 if cases is None else cases, names, CLASSES if classes is None else _parse_mix(classes))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _parse_mix(written: str) -> dict[str, int]:
    """Read `healthy,covid-19:3` as label -> patients in each round."""
    mix: dict[str, int] = {}
    for part in written.split(","):
        label, _, count = part.strip().partition(":")
        if label in mix or (count and not count.isdecimal()):
            raise CohortError(f'--classes "{written}": need labels once each, like healthy,covid-19:3')
        mix[label] = int(count or 1)
    return mix


@app.command()
def check(
    folder: Path = typer.Argument(help="Folder with cases.csv and cohort.toml.", show_default=False),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
    quick: bool = typer.Option(False, "--quick", help="Read tables and headers only, not the images."),
    workers: int = typer.Option(0, help="Processes that read at the same time; 0 takes all cores."),
) -> None:
    """Say what is in a cohort, and everything that would spoil a training on it.

    Looks for patients in two splits, copies of the same images, missing and damaged files, masks that do not fit,
    values that are no HU of a chest, severities that do not fit the label, and classes without a case. Exits 1 on an
    error; warnings are for a person to judge.

    Example: pleura cohort check cohort
    """
    from pleura.data.audit import audit_cohort
    from pleura.data.cohort import SPLITS

    with watch() as watcher:
        cohort, findings = audit_cohort(
            folder,
            voxels=not quick,
            workers=workers or _cores(),
            on_start=lambda total: watcher.start("reading cases", total),
            on_done=watcher.advance,
        )
    counts = {split: cohort.counts("label", split) for split in SPLITS}
    hospitals = cohort.counts("hospital")
    errors = sum(finding.level == "error" for finding in findings)
    if as_json:
        about = {"name": cohort.name, "synthetic": cohort.synthetic, "cases": len(cohort.cases)}
        found = {"errors": errors, "findings": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps({**about, "hospitals": hospitals, "labels": counts, **found}, indent=2))
    else:
        kind = "synthetic" if cohort.synthetic else "not synthetic"
        patients = len({case.patient for case in cohort.cases})
        typer.echo(f"{cohort.name}: {len(cohort.cases)} cases of {patients} patients, {kind}")
        typer.echo("hospitals: " + ", ".join(f"{name} {count}" for name, count in hospitals.items()))
        for split, labels in counts.items():
            listed = ", ".join(f"{name} {count}" for name, count in labels.items()) or "no case"
            typer.echo(f"{split}: {listed}")
        for finding in findings:
            typer.echo(f"{finding.level}: {finding.text}")
        read = "tables and headers" if quick else "tables, images and masks"
        typer.echo(f"errors: {errors}, warnings: {len(findings) - errors}; read were {read}")
    if errors:
        raise typer.Exit(1)


@app.command()
def describe(
    folder: Path = typer.Argument(help="Folder with cases.csv and cohort.toml.", show_default=False),
    out: Path | None = typer.Option(None, help="Also write table1.csv, .json and .md into this folder."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
    workers: int = typer.Option(0, help="Processes that read at the same time; 0 takes all cores."),
) -> None:
    """Count a cohort as table 1 of a paper does, by split and by class.

    Sex, age, class, severity, hospital, scanner, slice thickness; patients, studies and slices; and how much of the
    clinical data is missing. Reads the headers of the studies, not their images.

    Example: pleura cohort describe cohort --out about
    """
    from pleura.data.clinical import read_clinical
    from pleura.data.cohort import read_cohort
    from pleura.data.describe import describe_cohort
    from pleura.data.inspection import inspect_cases

    cohort = read_cohort(folder, classes=())
    with watch() as watcher:
        watcher.start("reading headers", len(cohort.cases))
        facts = inspect_cases(cohort.cases, voxels=False, workers=workers or _cores(), on_done=watcher.advance)
    table = describe_cohort(cohort, facts, read_clinical(folder))
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write to {out}: {error.strerror}; check the folder") from error
        for suffix, text in (("csv", table.as_csv()), ("json", table.as_json()), ("md", table.as_markdown())):
            write_text(out / f"table1.{suffix}", text)
    typer.echo(table.as_json() if as_json else table.as_text(), nl=as_json)
