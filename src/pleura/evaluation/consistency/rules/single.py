"""One test as reported in; all that does not fit in it out."""

from math import ceil, floor

from pleura.evaluation.consistency.finding import Finding
from pleura.evaluation.consistency.printed import Measure
from pleura.evaluation.consistency.rules.area import check_area
from pleura.evaluation.consistency.rules.intervals import check_ends, check_proportion
from pleura.evaluation.consistency.rules.joint import check_joint
from pleura.evaluation.consistency.solver.claims import FIXED, Claim, Test, claims_of
from pleura.evaluation.consistency.solver.measures import CHANCE_CORRECTED, COUNTS, MEASURES, ONE, RATES, Vector
from pleura.evaluation.consistency.solver.solve import narrowed

__all__ = ["check_test"]

NO_SHARES = ("f1", "jaccard", *RATES, *CHANCE_CORRECTED)
"""Measures whose interval is no proportion's."""


def check_test(test: Test) -> list[Finding]:
    """Check counts and measures together, each interval, and the AUC against the rest."""
    findings = check_joint(test)
    claims = claims_of(test)
    if not narrowed(claims)[0].rays:
        claims = [claim for claim in claims if claim.measure is None]
    for name, measure in test.measures.items():
        findings += check_ends(test.name, name.replace("_", " "), measure, share=name in MEASURES)
        totals = _totals(name, measure, claims, test.runs)
        if totals is not None and name not in NO_SHARES:
            findings += check_proportion(
                test.name,
                name.replace("_", " "),
                measure,
                totals,
                method=test.method,
                confidence=test.confidence,
            )
    if test.auc is None:
        return findings
    findings += check_ends(test.name, "AUC", test.auc)
    point = [test.measures.get(name, Measure("", None)).value for name in ("sensitivity", "specificity")]
    sizes = [_bounds(COUNTS[name], claims, test.runs) for name in ("positives", "negatives")]
    known = [size[0] for size in sizes if size is not None and size[0] == size[1]]
    return findings + check_area(
        test.name,
        test.auc,
        sensitivity=point[0],
        specificity=point[1],
        cases=(known[0], known[1]) if len(known) == 2 else None,
        runs=test.runs,
        confidence=test.confidence,
    )


def _totals(name: str, measure: Measure, claims: list[Claim], runs: int) -> tuple[int, int] | None:
    """Give the number of cases that a measure is a share of: the least and greatest, where there is a greatest."""
    if measure.counts is not None:
        return measure.counts[1], measure.counts[1]
    if name not in MEASURES or (runs > 1 and name not in FIXED):
        return None
    found = _bounds(MEASURES[name].below, claims, runs)
    return found if found is None or found[1] > 0 else None


def _bounds(of: Vector, claims: list[Claim], runs: int) -> tuple[int, int] | None:
    found = narrowed(claims)[0].ratio(of, ONE)
    if found is None or found[0] is None or found[1] is None:
        return None
    return max(1, ceil(found[0] / runs)), floor(found[1] / runs)
