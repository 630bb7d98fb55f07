"""`pleura measure`: studies in, a row of lesion measurements each out."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pleura.diagnosis.default_lungs import DEFAULT_LUNGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pleura.diagnosis.measure_study import Given, MeasuredStudy
    from pleura.diagnosis.report import LesionFindings

__all__ = ["measure"]

Paths = list[Path]


def measure(
    studies: Annotated[Paths, typer.Argument(help="DICOM files or folders, ZIPs, or NIfTIs.", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="CSV file to write, a row a study.", show_default=False)] = None,
    model: Annotated[
        str | None, typer.Option(help="Model that marks lesions, by name or path; or give masks.", show_default=False)
    ] = None,
    mask: Annotated[
        Paths | None, typer.Option(help="NIfTI mask of a study's lesions; once a study, in their order.")
    ] = None,
    kinds: Annotated[str, typer.Option(help="Labels of the masks that are lesion, like 1,2; all but 0 if empty.")] = "",
    lungs: Annotated[Paths | None, typer.Option(help="NIfTI mask of a study's lungs; once a study.")] = None,
    lobes: Annotated[Paths | None, typer.Option(help="NIfTI mask of a study's lobes; once a study.")] = None,
    lungs_model: Annotated[
        str, typer.Option(help='Model that finds the lungs; "none" to find them by HU and geometry.')
    ] = DEFAULT_LUNGS,
    masks_out: Annotated[Path | None, typer.Option(help="New folder for the masks that were measured.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N.")] = "cpu",
    backend: Annotated[str, typer.Option(help="torch; or openvino, on the CPU.")] = "torch",
    as_json: Annotated[bool, typer.Option("--json", help="Print the measurements as JSON.")] = False,
) -> None:
    """Measure lesions in the lungs of one or many studies: ml, share of the lung, thirds, kinds, the largest.

    The mask of the lesions is a model's, or one that a reader has drawn. A study that cannot be measured has its reason
    in the column "error"; the others stand, and the exit code is 1.

    Example: pleura measure study1/ study2/ --model lesions-synthetic --out lesions.csv
    """
    from rich.console import Console

    from pleura.diagnosis.chain import LEFT_OUT
    from pleura.diagnosis.compose import warnings_of
    from pleura.diagnosis.lesions.table import findings_row
    from pleura.diagnosis.measure_study import measure_study
    from pleura.errors import RecipeError, StudyError
    from pleura.export.result_folder import check_free, result_folder
    from pleura.models.files import load_segmenter
    from pleura.whole_file import write_rows

    if (model is None) == (mask is None):
        raise RecipeError("give either --model, or a --mask a study")
    if masks_out is not None:
        check_free(masks_out)
    given = _given(len(studies), mask, _numbers(kinds), lungs, lobes)
    loaded = None if model is None else load_segmenter(model)
    finder = None if lungs_model == LEFT_OUT else load_segmenter(lungs_model)
    names = _names(studies)
    rows: list[dict[str, object]] = []
    parts: list[LesionFindings | None] = []
    with ExitStack() as stack:
        status = stack.enter_context(Console(stderr=True).status("measuring"))
        folder = None if masks_out is None else stack.enter_context(result_folder(masks_out))
        for number, (study, masks) in enumerate(zip(studies, given, strict=True)):
            status.update(f"measuring {study}")
            try:
                if not study.exists():
                    raise StudyError(f"there is no file or folder {study}")
                one = measure_study(study, loaded, given=masks, lungs_model=finder, device=device, backend=backend)
            except StudyError as error:
                rows.append({"study": str(study), "error": " ".join(str(error).split())})
                parts.append(None)
                continue
            rows.append({"study": str(study), "error": "", **_about(one), **findings_row(one.findings)})
            parts.append(one.findings)
            if folder is not None:
                _write_masks(folder, names[number], one)
    if out is not None:
        write_rows(out, rows)
    failed = [row for row in rows if row["error"]]
    if as_json:
        plain = [None if part is None else part.model_dump(mode="json") for part in parts]
        typer.echo(
            json.dumps([{**_named(row), "lesions": part} for row, part in zip(rows, plain, strict=True)], indent=2)
        )
    else:
        for row in rows:
            typer.echo(f"{row['study']}: {row['error'] or row['sentence']}")
        if out is not None:
            typer.echo(f"table: {out}")
    for line in warnings_of(*(part.model for part in parts if part is not None and part.model is not None)):
        typer.echo(line, err=True)
    if failed:
        raise typer.Exit(1)


def _about(one: "MeasuredStudy") -> dict[str, object]:
    """Say which series was measured."""
    source = one.volume.source
    return {
        "patient_id": source.patient_id,
        "study_date": source.study_date,
        "series_uid": source.series_uid,
        "notes": "; ".join(one.notes),
    }


def _named(row: "Mapping[str, object]") -> dict[str, object]:
    return {name: row.get(name) for name in ("study", "error", "patient_id", "study_date", "series_uid", "notes")}


def _names(studies: Paths) -> list[str]:
    """Name each study for its masks; with its number where two studies bear one name."""
    names = [study.name.removesuffix(".gz").removesuffix(".nii").removesuffix(".zip") for study in studies]
    return [name if names.count(name) == 1 else f"{name}-{number}" for number, name in enumerate(names, 1)]


def _write_masks(folder: Path, name: str, one: "MeasuredStudy") -> None:
    """Write the masks that were measured."""
    from pleura.imaging.nifti_write import write_nifti

    words = {"lesions": "1 lesion", "lungs": "1 right lung, 2 left lung"}
    for kind, description in words.items():
        (folder / kind).mkdir(exist_ok=True)
        path = folder / kind / f"{name}.nii.gz"
        write_nifti(path, getattr(one, kind), one.volume.affine, description=description)


def _given(
    studies: int, masks: Paths | None, kinds: tuple[int, ...], lungs: Paths | None, lobes: Paths | None
) -> "list[Given]":
    """Deal masks to studies in their order."""
    from pleura.diagnosis.measure_study import Given
    from pleura.errors import RecipeError

    for name, files in (("--mask", masks), ("--lungs", lungs), ("--lobes", lobes)):
        if files and len(files) != studies:
            raise RecipeError(f"{len(files)} times {name} for {studies} studies; give one a study, in their order")
    absent: list[Path | None] = [None] * studies
    lesions, lung, lobe = (files or absent for files in (masks, lungs, lobes))
    return [
        Given(lesions=one, kinds=kinds, lungs=two, lobes=three)
        for one, two, three in zip(lesions, lung, lobe, strict=True)
    ]


def _numbers(text: str) -> tuple[int, ...]:
    from pleura.errors import RecipeError

    try:
        return tuple(int(one) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise RecipeError(f'--kinds "{text}": need whole numbers with commas between, like 1,2') from error
