"""`pleura federation status`: how a federation's rounds stand, seen from the coordinator's folder or a hospital's."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

__all__ = ["describe_metrics", "status"]


def status(
    folder: Path = typer.Argument(help="Coordinator's folder, or a hospital's."),
    as_json: bool = typer.Option(False, "--json", help="Print all of it as JSON."),
) -> None:
    """Say which rounds are committed, with which hospitals, and what they cost.

    How good the model is stands in the encrypted sums, so that hospitals' folders tell it and the coordinator's does
    not.
    """
    from pleura.federation.deployment.standing import stand_of

    stand = stand_of(folder)
    if as_json:
        typer.echo(json.dumps(stand, indent=1))
        return
    for line in _of_hospital(stand) if "hospital" in stand else _of_office(stand):
        typer.echo(line)


def _of_office(stand: dict[str, Any]) -> list[str]:
    members = ", ".join(stand["members"]) or "none"
    lines = [
        f"federation {stand['federation']}: {len(stand['rounds'])} of {stand['rounds_wanted']} rounds committed",
        f"members: {members}" + ("" if stand["member_list"] is None else f" (list {stand['member_list']})"),
    ]
    for row in stand["rounds"]:
        who = f" ({', '.join(row['names'])})" if "names" in row else ""
        again = f", attempt {row['attempt']}" if row["attempt"] > 1 else ""
        lines.append(
            f"round {row['round']}{again}: {row['hospitals']} hospitals{who}, {row['upload_bytes'] / 1e6:.2f} MB up, "
            f"{row['seconds']:.1f} s, committed {_when(row['committed'])}"
        )
        lines += [f"  {name} was left out: {reason}" for name, reason in row.get("refused", {}).items()]
    if stand["last_failure"]:
        lines.append(f"last failure, in round {stand['last_failure']['round']}: {stand['last_failure']['why']}")
    return lines


def _of_hospital(stand: dict[str, Any]) -> list[str]:
    lines = [
        f"hospital {stand['hospital']} of federation {stand['federation']}"
        + ("" if stand["admitted"] else ", not admitted yet"),
        f"model {stand['model'][:16] or 'none'} after {stand['rounds_behind_model']} rounds",
    ]
    lines += [
        f"round {row['round']}, attempt {row['attempt']}: {row['bytes'] / 1e6:.2f} MB sent {_when(row['when'])}"
        for row in stand["uploads"]
    ]
    lines += [describe_metrics(row) for row in stand["metrics"]]
    return lines


def describe_metrics(row: Mapping[str, Any]) -> str:
    """Say how good a round's model was, a classifier's or a segmenter's, on all hospitals' validation cases."""
    said = f"model after {row['round']} rounds, {row['hospitals']} hospitals"
    if "accuracy" in row:
        return f"{said}: accuracy {row['accuracy']:.3f}, log loss {row['log_loss']:.3f} on {row['cases']} cases"
    if "dice_per_case" in row:
        return f"{said}: mean Dice {row['dice_per_case']:.3f} on {row['having']} of {row['cases']} cases"
    return said


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
