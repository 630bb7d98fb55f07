"""Write the generated pages of docs/reference from the commands' help and the report's schema.

Run `python docs/generate_reference.py` after a change to either; a test holds the pages to them.
"""

import json
from pathlib import Path

import click
import typer.main
from pydantic import BaseModel

from pleura.cli.main import app
from pleura.diagnosis.report import Report

FOLDER = Path(__file__).parent / "reference"


def pages() -> dict[str, str]:
    """Give each generated file's name and text."""
    return {
        "command-line.md": _command_line(),
        "report.md": _report(),
        "report.schema.json": json.dumps(Report.model_json_schema(), indent=2) + "\n",
    }


def _command_line() -> str:
    parts = [
        "# The command line",
        "Made from the commands' own `--help` by `docs/generate_reference.py`; a test keeps it current.",
        "Exit codes: 0 done; 1 refused or failed, with one line on standard error that says why; 2 wrong usage.",
    ]
    commands = _commands(typer.main.get_command(app), "pleura", None)
    parts += [f"## `{name}`\n\n```text\n{text}\n```" for name, text in commands]
    return "\n\n".join(parts) + "\n"


def _commands(command: click.Command, name: str, parent: click.Context | None) -> list[tuple[str, str]]:
    last = name.rsplit(" ", maxsplit=1)[-1]
    context = click.Context(command, info_name=last, parent=parent, terminal_width=100, max_content_width=100)
    found = [(name, command.get_help(context))]
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            inner = command.get_command(context, child)
            if inner is not None:
                found += _commands(inner, f"{name} {child}", context)
    return found


def _report() -> str:
    lines = [
        "# The report",
        "",
        "`report.json` is the answer; every other view shows what stands in it. Made from the schema by",
        "`docs/generate_reference.py`; the schema itself is [report.schema.json](report.schema.json).",
    ]
    for part in (Report, *_parts(Report)):
        lines += [
            "",
            f"## {part.__name__}",
            "",
            (part.__doc__ or "").strip(),
            "",
            "| field | type | meaning |",
            "|---|---|---|",
        ]
        schema = part.model_json_schema()
        for name, field in part.model_fields.items():
            kind = _kind(schema["properties"][name]).replace("|", "\\|")
            lines.append(f"| `{name}` | {kind} | {' '.join((field.description or '').split())} |")
    return "\n".join(lines) + "\n"


def _parts(model: type[BaseModel]) -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = []
    for field in model.model_fields.values():
        for candidate in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel) and candidate not in found:
                found.append(candidate)
    return found


def _kind(schema: dict[str, object]) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])  # type: ignore[attr-defined]
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", maxsplit=1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "enum" in schema:
        return ", ".join(f'"{value}"' for value in schema["enum"])  # type: ignore[attr-defined]
    if "prefixItems" in schema:
        return "[" + ", ".join(_kind(item) for item in schema["prefixItems"]) + "]"  # type: ignore[attr-defined]
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"  # type: ignore[arg-type]
    if schema.get("type") == "object":
        return f"table of {_kind(schema['additionalProperties'])}"  # type: ignore[arg-type]
    words = {
        "string": "text",
        "number": "number",
        "integer": "whole number",
        "boolean": "true or false",
        "null": "null",
    }
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = "" if low is None else f" from {low:g}" + ("" if high is None else f" to {high:g}")
    return words[str(schema["type"])] + bounds


if __name__ == "__main__":
    for page, text in pages().items():
        (FOLDER / page).write_text(text, encoding="utf-8")
