"""`pleura cohort`: make cohorts; arguments in, a cohort folder out."""

import json
from pathlib import Path

import typer

from pleura.cli.progress import watch
from pleura.data.synthetic.scanner.protocol import SIZES

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Make and check cohorts of cases.")


@app.callback()
def _group() -> None:
    """Make and check cohorts of cases."""


@app.command(
    epilog="Example: pleura cohort synthesize --out cohort --cases 48 --hospitals north,east,west --size small"
)
def synthesize(
    out: Path = typer.Option(..., help="Folder to make; must not exist, or be empty."),
    cases: int = typer.Option(48, help="Number of cases in all; they go round the hospitals and the classes."),
    hospitals: str = typer.Option("north,east,west", help="Names with commas between; each has a scanner of its own."),
    seed: int = typer.Option(1, help="The same seed gives the same voxels."),
    size: str = typer.Option("small", help=f"Grid of a case: {', '.join(SIZES)}."),
    format: str = typer.Option("dicom", help="How studies are written: dicom, nifti."),  # noqa: A002
    workers: int = typer.Option(1, help="Processes that draw at the same time."),
) -> None:
    """Make a cohort of synthetic chest CT: studies, lung and lesion masks, and the table of cases.

    Nothing in it comes from a patient. No result on it says anything about patients.
    """
    from pleura.data.synthetic.cohort import synthesize_cohort  # here, so that --help needs no compiler

    names = [name.strip() for name in hospitals.split(",")]
    with watch() as watcher:
        watcher.start("drawing cases", cases)
        synthesize_cohort(
            out,
            cases=cases,
            hospitals=names,
            seed=seed,
            size=size,
            format=format,
            workers=workers,
            progress=lambda *_: watcher.advance(),
        )
    typer.echo(f"{cases} synthetic cases of {len(names)} hospitals in {out}")


@app.command()
def check(
    folder: Path = typer.Argument(help="Folder with cases.csv and cohort.toml.", show_default=False),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Read a cohort as training would: say what is in it, or what is wrong with it.

    Example: pleura cohort check cohort
    """
    from pleura.data.cohort import SPLITS, read_cohort

    cohort = read_cohort(folder)
    counts = {split: cohort.counts("label", split) for split in SPLITS}
    hospitals = cohort.counts("hospital")
    if as_json:
        about = {"name": cohort.name, "synthetic": cohort.synthetic, "cases": len(cohort.cases)}
        typer.echo(json.dumps({**about, "hospitals": hospitals, "labels": counts}, indent=2))
        return
    kind = "synthetic" if cohort.synthetic else "not synthetic"
    patients = len({case.patient for case in cohort.cases})
    typer.echo(f"{cohort.name}: {len(cohort.cases)} cases of {patients} patients, {kind}")
    typer.echo("hospitals: " + ", ".join(f"{name} {count}" for name, count in hospitals.items()))
    for split, labels in counts.items():
        listed = ", ".join(f"{name} {count}" for name, count in labels.items()) or "no case"
        typer.echo(f"{split}: {listed}")
