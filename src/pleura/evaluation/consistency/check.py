"""A document of reported numbers in; everything that does not fit in it, the surest first, out."""

from typing import Any

from pleura.evaluation.consistency.document import Document
from pleura.evaluation.consistency.finding import Finding, Level, finding_table
from pleura.evaluation.consistency.rules.grid import check_grid
from pleura.evaluation.consistency.rules.several import check_classes
from pleura.evaluation.consistency.rules.single import check_test
from pleura.evaluation.consistency.rules.sums import check_repeated, check_sum

__all__ = ["check_document", "check_table"]


def check_document(document: Document) -> list[Finding]:
    """Check every part; contradictions come first, then what is unlikely, then notes."""
    findings = [
        *(finding for one in document.tests for finding in check_test(one)),
        *(finding for one in document.classes for finding in check_classes(one)),
        *(finding for one in document.sums for finding in check_sum(one)),
        *(finding for one in document.tables for finding in check_grid(one)),
        *(finding for one in document.repeated for finding in check_repeated(one)),
    ]
    order = list(Level)
    return sorted(findings, key=lambda finding: order.index(finding.level))


def check_table(document: Document, findings: list[Finding]) -> dict[str, Any]:
    """Give the outcome as plain values, for JSON."""
    return {
        "format": 1,
        "title": document.title,
        "source": document.source,
        "counts": {level.value: sum(one.level is level for one in findings) for level in Level},
        "findings": [finding_table(one) for one in findings],
    }
