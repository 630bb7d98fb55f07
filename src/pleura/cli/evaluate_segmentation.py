"""`pleura evaluate segmentation`: a model and a cohort, or masks and true masks; Dice, volumes, ratios, distances."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pleura.diagnosis.default_lungs import DEFAULT_LUNGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pleura.evaluation.checklists.facts import StudyFacts
    from pleura.evaluation.segmentation.cases import SegmentedCase
    from pleura.evaluation.segmentation.summary import SegmentationReport

__all__ = ["segmentation"]


def segmentation(
    cohort: Annotated[Path | None, typer.Option(help="Cohort folder; its lesion masks are the truth.")] = None,
    model: Annotated[str, typer.Option(help="Model for lesions: a name, or a path.")] = "lesions-synthetic",
    split: Annotated[str, typer.Option(help="Of the cohort: train, validation or test.")] = "test",
    own_lungs: Annotated[
        bool, typer.Option("--own-lungs", help="Find the lungs too, even where the cohort has lung masks.")
    ] = False,
    lungs_model: Annotated[
        str, typer.Option(help='Model that finds the lungs where they must be; "none": by HU and geometry.')
    ] = DEFAULT_LUNGS,
    masks: Annotated[Path | None, typer.Option(help="Instead of a cohort: folder of NIfTI masks to judge.")] = None,
    truth: Annotated[Path | None, typer.Option(help="Folder of true masks with the same names.")] = None,
    lungs: Annotated[Path | None, typer.Option(help="Folder of lung masks with the same names, for ratios.")] = None,
    kinds: Annotated[str, typer.Option(help="Labels of --masks and --truth that are lesion, like 1,2; all.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="New folder for tables, figures, the methods and reporting checklists.")
    ] = None,
    surfaces: Annotated[bool, typer.Option(help="Measure distances between surfaces, which takes longest.")] = True,
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    resamples: Annotated[int, typer.Option(min=100, help="Of the patients, for the intervals.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Draws the resamples.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    backend: Annotated[str, typer.Option(help="torch; or openvino, on the CPU.")] = "torch",
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Judge where lesions were found: Dice of each patient as a volume, errors of volume and ratio, surface distances.

    Either a model on a cohort's cases, or masks of any origin against true ones, such as two readers'.

    Example: pleura evaluate segmentation --cohort cohort --model lesions-synthetic --out lesions
    """
    from pleura.errors import CohortError, RecipeError
    from pleura.evaluation.checklists.write import write_checklists
    from pleura.evaluation.output.segmentation import segmentation_table, write_segmentation
    from pleura.evaluation.segmentation.summary import summarise
    from pleura.export.result_folder import check_free, result_folder

    if (cohort is None) == (masks is None) or (masks is None) != (truth is None):
        raise RecipeError("give either --cohort, or both --masks and --truth")
    if not 0 < confidence < 1:
        raise RecipeError(f"--confidence {confidence}: need a number between 0 and 1, like 0.95")
    if out is not None:
        check_free(out)
    if cohort is not None:
        cases, tell = _of_cohort(
            cohort, model, split, own_lungs, lungs_model, device=device, backend=backend, surfaces=surfaces
        )
    else:
        assert masks is not None
        assert truth is not None
        cases, tell = _of_folders(masks, truth, lungs, kinds, surfaces=surfaces)
    try:
        report = summarise(cases, confidence=confidence, resamples=resamples, seed=seed)
    except ValueError as error:
        raise CohortError(str(error)) from error
    if out is not None:
        with result_folder(out) as folder:
            write_segmentation(folder, cases, report)
            write_checklists(folder, tell(report))
    if as_json:
        typer.echo(json.dumps(segmentation_table(report), indent=2))
        return
    _print(report)


def _of_cohort(
    folder: Path,
    name: str,
    split: str,
    own_lungs: bool,
    lungs_model: str,
    *,
    device: str,
    backend: str,
    surfaces: bool,
) -> "tuple[list[SegmentedCase], Callable[[SegmentationReport], StudyFacts]]":
    """Segment a cohort's cases; give them, and what the checklists are told once there is a report."""
    from dataclasses import replace

    from pleura.cli.evaluation_facts import facts_of_model
    from pleura.cli.progress import watch
    from pleura.data.cohort import read_cohort
    from pleura.data.cohort_facts import facts_of_cohort
    from pleura.diagnosis.chain import LEFT_OUT
    from pleura.diagnosis.segmented_cases import segment_cases
    from pleura.errors import CohortError
    from pleura.evaluation.checklists.facts import StudyFacts
    from pleura.evaluation.checklists.from_report import software_versions
    from pleura.evaluation.output.segmentation import facts_of_segmentation
    from pleura.models.files import load_segmenter

    loaded = load_segmenter(name)
    known = read_cohort(folder, classes=())
    chosen = known.split(split)
    if not chosen:
        raise CohortError(
            f"no case of the cohort {known.name} is in the split {split}; there are {known.counts('split')}"
        )
    with watch() as watcher:
        watcher.start(f"segmenting by {loaded.card.name}", len(chosen))
        cases = segment_cases(
            loaded,
            chosen,
            own_lungs=own_lungs,
            lungs_model=None if lungs_model == LEFT_OUT else load_segmenter(lungs_model),
            device=device,
            backend=backend,
            surfaces=surfaces,
            on_done=watcher.advance,
        )

    def tell(report: "SegmentationReport") -> StudyFacts:
        return StudyFacts(
            test=facts_of_segmentation(cases, report, partition=split),
            cohort=facts_of_cohort(known, chosen),
            model=replace(facts_of_model(loaded, known), work="segmented"),
            software=software_versions(),
        )

    return cases, tell


def _of_folders(
    masks: Path, truth: Path, lungs: Path | None, kinds: str, *, surfaces: bool
) -> "tuple[list[SegmentedCase], Callable[[SegmentationReport], StudyFacts]]":
    """Compare two folders of masks; give the cases, and what the checklists are told once there is a report."""
    from pleura.cli.progress import watch
    from pleura.diagnosis.segmented_cases import compare_folders
    from pleura.errors import RecipeError
    from pleura.evaluation.checklists.facts import StudyFacts
    from pleura.evaluation.checklists.from_report import software_versions
    from pleura.evaluation.output.segmentation import facts_of_segmentation

    try:
        labels = [int(kind) for kind in kinds.split(",") if kind.strip()]
    except ValueError as error:
        raise RecipeError(f'--kinds "{kinds}": need whole numbers with commas between, like 1,2') from error
    with watch() as watcher:
        watcher.start("comparing masks", len(list(masks.glob("*.nii*"))))
        cases = compare_folders(masks, truth, lungs=lungs, kinds=labels, surfaces=surfaces, on_done=watcher.advance)

    def tell(report: "SegmentationReport") -> StudyFacts:
        return StudyFacts(test=facts_of_segmentation(cases, report), software=software_versions())

    return cases, tell


def _print(report: "SegmentationReport") -> None:
    from pleura.evaluation.output.segmentation import MEASURES, rule

    one = report.overall
    typer.echo(f"{one.cases} cases of {one.patients} patients, {one.with_lesion} with lesion")
    for name, title in MEASURES.items():
        value = getattr(one, name)
        if value is not None:
            typer.echo(f"{title:30} {value}")
    if report.agreement is not None:
        limits = report.agreement
        typer.echo(
            f"{'ratio, found less true':30} {limits.lower.value:+.4f} to {limits.upper.value:+.4f} (95 % of them)"
        )
    if one.with_lesion:
        typer.echo(f"{'missed altogether':30} {one.missed} of {one.with_lesion}")
    if one.without_lesion:
        typer.echo(f"{'false findings':30} {one.false_findings} of {one.without_lesion} cases without lesion")
    for kind, parts in (("label", report.by_label), ("hospital", report.by_hospital)):
        for name, part in parts.items():
            typer.echo(f"{f'Dice, {kind} {name}':30} {part.dice or 'none'}")
    typer.echo(f"\n{rule(report)}")
