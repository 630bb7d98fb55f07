"""A comparison of two classifiers in; the same as plain values for JSON out."""

from typing import Any

from pleura.evaluation.comparison.areas import Comparison
from pleura.evaluation.comparison.predictions import ComparisonReport

__all__ = ["comparison_table"]


def comparison_table(report: ComparisonReport, *, margin: float | None = None) -> dict[str, Any]:
    """Give nested plain values; differences are first minus second.

    Parameters
    ----------
    report : the comparison
    margin : where given, each measure says whether the second is shown to be worse by less than this
    """
    test = report.mcnemar
    return {
        "format": 1,
        "paired": report.paired,
        "cases": list(report.cases),
        "tests": report.tests,
        "notes": list(report.notes),
        "accuracy": _plain(report.accuracy, margin),
        "mcnemar": None
        if test is None
        else {
            "only_first_right": test.only_first,
            "only_second_right": test.only_second,
            "exact_p": test.exact,
            "mid_p": test.mid_p,
        },
        "classes": {
            one.name: {name: _plain(getattr(one, name), margin) for name in ("auc", "sensitivity", "specificity")}
            for one in report.classes
        },
    }


def _plain(found: Comparison | None, margin: float | None) -> dict[str, Any] | None:
    if found is None:
        return None
    names = ("first", "second", "difference", "low", "high", "statistic", "degrees")
    values = {name: getattr(found, name) for name in names}
    rounded = {name: None if value is None else round(value, 6) for name, value in values.items()}
    judged = {} if margin is None else {"margin": margin, "not_worse_by_margin": found.not_worse_by(margin)}
    return rounded | {"p": found.p, "method": found.method} | judged
