"""`pleura evaluate stepwise`: two models and a cohort in; cut-offs, curves, numbers and `stepwise.toml` out."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pleura.diagnosis.stepwise_judgement import Judged

__all__ = ["stepwise"]


def stepwise(
    cohort: Annotated[Path, typer.Option(help="Cohort folder with cases.csv.", show_default=False)],
    out: Annotated[Path, typer.Option(help="New folder for stepwise.toml, tables and figures.", show_default=False)],
    dl1: Annotated[str, typer.Option(help="Model of viral pneumonia or not: a name, or a path.")] = "dl1-synthetic",
    dl2: Annotated[str, typer.Option(help="Model of COVID-19 or another virus: a name, or a path.")] = "dl2-synthetic",
    name: Annotated[str, typer.Option(help="What the stepwise diagnosis is called.")] = "stepwise",
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    cache: Annotated[
        Path | None, typer.Option(help="Folder for prepared slices; your cache folder by default.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that prepare slices.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Judge the stepwise diagnosis, COVID-19 against everything else, and both of its steps.

    Cut-offs are Youden's, chosen on the cohort's validation cases only, with a grey zone around each; all else is
    measured on its test cases, and hospital by hospital. `stepwise.toml` in OUT keeps the cut-offs, the zones and the
    models' ids for later diagnoses.

    Example: pleura evaluate stepwise --dl1 run1/dl1 --dl2 run2/dl2 --cohort cohort --out stepwise
    """
    from dataclasses import replace

    from pleura.cli.evaluation_facts import facts_of_model
    from pleura.cli.progress import watch
    from pleura.data.cohort import read_cohort
    from pleura.data.cohort_facts import facts_of_cohort
    from pleura.diagnosis.stepwise import Stepwise
    from pleura.diagnosis.stepwise_files import save_stepwise
    from pleura.diagnosis.stepwise_judgement import (
        ZONE_RULE,
        choice_of,
        judge_stepwise,
        judgement_table,
        write_judgement,
    )
    from pleura.diagnosis.stepwise_scores import score_stepwise
    from pleura.errors import CohortError
    from pleura.evaluation.checklists.facts import StudyFacts
    from pleura.evaluation.checklists.from_report import facts_of_report, software_versions
    from pleura.export.result_folder import check_free, result_folder
    from pleura.models.files import load_model

    check_free(out)
    first, second = load_model(dl1), load_model(dl2)
    known = read_cohort(cohort, classes=())
    with watch() as watcher:
        scores = score_stepwise(
            first, second, known, device=device, workers=workers, cache_folder=cache, watcher=watcher
        )
    try:
        judged = judge_stepwise(scores)
    except ValueError as error:
        raise CohortError(f"no cut-off can be chosen on the validation cases of {cohort}: {error}") from error
    cases = len(judged["stepwise"].validation.cases)
    kind = "synthetic " if known.synthetic else ""
    made = Stepwise(
        name=name,
        dl1=first,
        dl2=second,
        viral=choice_of(judged["dl1"].cut_off, judged["dl1"].zone),
        covid=choice_of(judged["stepwise"].cut_off, judged["stepwise"].zone),
        rule=f"Youden's index, {ZONE_RULE}",
        chosen_on=f"{cases} {kind}validation cases of the cohort {known.name}",
        date=datetime.now(UTC).date().isoformat(),
    )
    tested = [case for case in scores.cases if case.split == "test"]
    about = {"dl1": facts_of_model(first, known), "dl2": facts_of_model(second, known)}
    about["stepwise"] = replace(
        about["dl2"],
        name=f"{first.card.name} and {second.card.name}, their probabilities multiplied",
        identity=f"{first.id} and {second.id}",
        training_summary=f"{about['dl1'].training_summary}; {about['dl2'].training_summary}",
    )
    facts = {
        part: StudyFacts(
            test=facts_of_report(one.test, one.report).test,
            cohort=facts_of_cohort(known, tested),
            model=about[part],
            software=software_versions(),
        )
        for part, one in judged.items()
    }
    with result_folder(out) as folder:
        write_judgement(folder, judged, made, scores, facts)
        save_stepwise(made, folder)
    if as_json:
        typer.echo(json.dumps(judgement_table(judged, made, scores), indent=2))
        return
    _print(judged)
    typer.echo(out / "stepwise.toml")


def _print(judged: "Mapping[str, Judged]") -> None:
    """Print each step and both: the cut-off, and what it gives on the test cases."""
    for one in judged.values():
        overall = one.report.overall
        found = overall.classes[0]
        typer.echo(f"{one.question.title}: {found.positives} of {overall.cases} test cases")
        typer.echo(f"  cut-off      {one.cut_off.threshold:.3f}, from {len(one.validation.cases)} validation cases")
        typer.echo(f"  grey zone    {one.zone[0]:.3f} to {one.zone[1]:.3f}")
        for measure in ("auc", "sensitivity", "specificity", "ppv", "npv", "f1"):
            typer.echo(f"  {measure:12} {getattr(found, measure) or 'none'}")
        typer.echo(f"  accuracy     {overall.accuracy}")
