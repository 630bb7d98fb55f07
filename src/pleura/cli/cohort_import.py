"""`pleura cohort import`: a published cohort's folder in, a Pleura cohort out."""

import os
from collections.abc import Sequence
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pleura.cli.progress import watch
from pleura.errors import CohortError

if TYPE_CHECKING:
    from pleura.data.public.importing import Imported

__all__ = ["import_published"]

KNOWN = "cc-ccii, covid-19-ct-seg, covid-ct-md, mosmed, stoic2021"
"""Names of `pleura.data.public.layouts.LAYOUTS`, here so that --help needs no reader of images."""


def import_published(
    layout: str = typer.Argument(help=f"How the source lies on disk: {KNOWN}.", show_default=False),
    folder: Path = typer.Argument(help="Where the source was unpacked.", show_default=False),
    out: Path = typer.Option(..., help="Folder to make; must not exist, or be empty."),
    label: list[str] = typer.Option(
        [],
        help="CLASS=LABEL: what a class of the source is, such as CP=bacterial; LABEL leave-out takes none of it. "
        "Needed where the source does not say; may be given several times.",
    ),
    split: str = typer.Option(
        "60,20,20", help="Per cent of the patients in training, validation and test; or one of these for all of them."
    ),
    seed: int = typer.Option(1, help="Draws which patient goes where."),
    hospital: str = typer.Option("", help="Hospital of all cases; the source's name by default.", show_default=False),
    window: str = typer.Option(
        "", help="LOW,HIGH in HU: what black and white of pictures of 8 bits stand for.", show_default=False
    ),
    extent: str = typer.Option(
        "", help="WIDTH,LENGTH in mm: of a picture, and of a scan from its first to its last.", show_default=False
    ),
    first: str = typer.Option("head", help="End of the chest at which the numbers of pictures begin: head, feet."),
    gaps: bool = typer.Option(False, "--gaps", help="Take scans of pictures in whose numbers some are missing."),
    copy: bool = typer.Option(False, "--copy", help="Copy files that need no conversion, rather than link them."),
    workers: int = typer.Option(0, help="Processes that convert at the same time; 0 takes all cores."),
) -> None:
    """Make a cohort of a published data set that was downloaded and unpacked.

    Nothing in the source is changed, and nothing is downloaded. What cannot be used is left out, and left-out.csv in
    the new folder says why. A run that was stopped leaves its folder with .unfinished after the name; the same command
    goes on with it.

    Example: pleura cohort import mosmed COVID19_1110 --out moscow
    """
    from pleura.data.public.choices import Choices
    from pleura.data.public.importing import import_cohort
    from pleura.data.public.layouts import find_layout
    from pleura.imaging.grey_levels import Window

    published = find_layout(layout)
    choices = Choices(
        labels=_pairs(label),
        hospital=hospital.strip(),
        shares=_shares(split),
        seed=seed,
        window=Window(*(round(number) for number in _two(window, "--window", "LOW,HIGH"))) if window else None,
        extent=_two(extent, "--extent", "WIDTH,LENGTH") if extent else None,
        first=first,
        gaps=gaps,
        copy=copy,
    )
    shown = 0
    with watch() as watcher:

        def show(done: int, total: int) -> None:
            nonlocal shown
            if shown == 0:
                watcher.start("converting scans", total)
            if done > shown + 1:
                watcher.say(f"going on after {done} scans that are there")
            for _ in range(done - shown):
                watcher.advance()
            shown = done

        imported = import_cohort(published, folder, out, choices, workers=workers or _cores(), progress=show)
    _report(imported, out)


def _report(imported: "Imported", out: Path) -> None:
    published = imported.layout
    splits = ", ".join(f"{name} {count}" for name, count in imported.splits.items())
    typer.echo(f"{imported.cases} cases of {imported.patients} patients of {published.title} in {out}: {splits}")
    if imported.left_out:
        typer.echo(f"left out: {imported.left_out}; {out / 'left-out.csv'} says why")
    for remark in published.remarks:
        typer.echo(f"note: {remark}")
    typer.echo(f"licence: {published.licence}; {published.address}")
    typer.echo(f"cite: {published.citation}")


def _pairs(written: Sequence[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for one in written:
        name, equals, label = (part.strip() for part in one.partition("="))
        if not (name and equals and label) or name in labels:
            raise CohortError(f'--label "{one}": need CLASS=LABEL, each class once, such as CP=bacterial')
        labels[name] = label
    return labels


def _shares(written: str) -> tuple[float, float, float]:
    alone = {"train": (1.0, 0.0, 0.0), "validation": (0.0, 1.0, 0.0), "test": (0.0, 0.0, 1.0)}
    if written in alone:
        return alone[written]
    parts = written.split(",")
    try:
        train, validation, test = (float(part) / 100 for part in parts)
    except ValueError as error:
        raise CohortError(
            f'--split "{written}": need train, validation, test, or three per cents like 60,20,20'
        ) from error
    return train, validation, test


def _two(written: str, option: str, form: str) -> tuple[float, float]:
    try:
        first, second = (float(part) for part in written.split(","))
    except ValueError:
        first = second = inf
    if not (isfinite(first) and isfinite(second)):
        raise CohortError(f'{option} "{written}": need {form}, two numbers')
    return first, second


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
