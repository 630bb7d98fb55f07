"""Facts in; `methods.md`, `checklists.md` and `checklists.json` in a folder out."""

import json
from pathlib import Path
from typing import Any

from pleura.evaluation.checklists.answer import Status
from pleura.evaluation.checklists.facts import StudyFacts
from pleura.evaluation.checklists.fill import AnsweredChecklist, answer_checklists
from pleura.evaluation.checklists.methods import methods_text
from pleura.whole_file import write_text

__all__ = ["checklists_table", "checklists_text", "write_checklists"]


def write_checklists(folder: Path, facts: StudyFacts) -> None:
    """Write the methods paragraph and the answered checklists.

    Parameters
    ----------
    folder : exists
    facts : of the run

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    answered = answer_checklists(facts)
    write_text(folder / "methods.md", methods_text(facts))
    write_text(folder / "checklists.md", checklists_text(answered))
    write_text(folder / "checklists.json", json.dumps(checklists_table(answered), indent=2, ensure_ascii=False) + "\n")


def checklists_text(answered: tuple[AnsweredChecklist, ...]) -> str:
    """Write the answers in Markdown, a table a checklist."""
    parts = [
        "# Reporting checklists, answered as far as the program knows\n",
        "Topics are in words of our own; the checklists' own wording is at their sources.\n",
    ]
    for one in answered:
        tally = ", ".join(f"{one.count(status)} {status}" for status in Status)
        parts += [f"\n## {one.checklist.name}\n", f"\n{one.checklist.source}.\n\n{tally}.\n"]
        parts += ["\n| item | topic | status | answer |\n|---|---|---|---|\n"]
        parts += [
            f"| {item.number} | {item.topic} | {answer.status} | {_cell(answer.text)} |\n"
            for item, answer in one.answers
        ]
    return "".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def checklists_table(answered: tuple[AnsweredChecklist, ...]) -> dict[str, Any]:
    """Give the answers as plain values, for JSON."""
    return {
        "format": 1,
        "checklists": [
            {
                "name": one.checklist.name,
                "source": one.checklist.source,
                "counts": {status.value: one.count(status) for status in Status},
                "items": [
                    {"item": item.number, "topic": item.topic, "status": answer.status.value, "answer": answer.text}
                    for item, answer in one.answers
                ],
            }
            for one in answered
        ],
    }
