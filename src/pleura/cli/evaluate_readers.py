"""`pleura evaluate readers`: a reader study's readings in; tables on the terminal, numbers and figures in a folder."""

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["readers", "simulate_reader_study"]


def readers(
    file: Annotated[Path, typer.Argument(help="CSV of readings, or an iMRMC file (.imrmc).", show_default=False)],
    program: Annotated[str | None, typer.Option(help="Name of the reader that is a program, not a person.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Scores of at least this are calls.")] = None,
    covariance: Annotated[str, typer.Option(help="delong or jackknife, where all have read all.")] = "delong",
    confidence: Annotated[float, typer.Option(help="Of all intervals.")] = 0.95,
    out: Annotated[Path | None, typer.Option(help="New folder for tables and figures.")] = None,
    imrmc: Annotated[Path | None, typer.Option(help="Write the readings as an iMRMC file too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Evaluate a reader study: readers, tiers, votes, conditions, a program beside them, reading times.

    FILE has a row a reading, with columns case, truth (0 or 1), reader, and score, answer (0 or 1) or both; if wanted
    condition, tier, seconds, patient and simulated. Readers and cases are taken as random unless a line says otherwise.

    Example: pleura evaluate readers study.csv --program DL2 --out results
    """
    from pleura.evaluation.readers.imrmc import is_imrmc, read_imrmc, write_imrmc
    from pleura.evaluation.readers.readings import read_readings
    from pleura.evaluation.readers.results import StudySettings, evaluate_readings
    from pleura.export.result_folder import check_free, result_folder

    if out is not None:
        check_free(out)
    settings = StudySettings(program=program, threshold=threshold, covariance=covariance, confidence=confidence)
    readings = read_imrmc(file) if is_imrmc(file) else read_readings(file)
    result = evaluate_readings(readings, settings)
    if imrmc is not None:
        write_imrmc(readings, imrmc)
    if out is not None:
        from pleura.evaluation.output.reader_study import write_study

        with result_folder(out) as folder:
            write_study(folder, readings, result)
    if as_json:
        from pleura.evaluation.output.reader_study import study_table

        typer.echo(json.dumps(study_table(result), indent=2))
        return
    from pleura.cli.reader_study_tables import print_study

    print_study(result)


def simulate_reader_study(
    out: Annotated[Path, typer.Option(help="CSV file for the readings, or an iMRMC file.", show_default=False)],
    study: Annotated[
        Path | None, typer.Option(help="TOML of a study of tiers; the CoviDet paper's 45 radiologists by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same readings.")] = 0,
) -> None:
    """Draw a SIMULATED reader study, to try the evaluation, or to plan a study, before there is one.

    By default the CoviDet paper's: 45 radiologists in three tiers, CT alone and with clinical data, and a network. No
    person gave these readings, no image was looked at, and every output made from them says so.

    Example: pleura evaluate simulate-reader-study --out study.csv --seed 1
    """
    from pleura.errors import RecipeError
    from pleura.evaluation.output.plain import SIMULATED
    from pleura.evaluation.readers.imrmc import is_imrmc, write_imrmc
    from pleura.evaluation.readers.readings import write_readings
    from pleura.evaluation.readers.tier_study import covidet_tiers, read_study, simulate_study

    if study is None:
        chosen = covidet_tiers()
    else:
        try:
            chosen = read_study(study.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(f"cannot read the study {study}: {error}") from error
    readings = simulate_study(chosen, seed=seed)
    if is_imrmc(out):
        write_imrmc(readings, out)
    else:
        write_readings(readings, out)
    typer.echo(f"{SIMULATED}\n{len(readings.readers)} readers, {len(readings.cases)} cases: {out}")
