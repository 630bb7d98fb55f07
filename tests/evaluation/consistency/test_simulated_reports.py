"""Reports of simulated test sets, rounded and with usual intervals, raise nothing."""

import numpy as np
import pytest

from pleura.evaluation.consistency.check import check_document
from pleura.evaluation.consistency.document import parse_document
from pleura.evaluation.consistency.finding import Level
from pleura.evaluation.consistency.rules.intervals import METHODS
from pleura.evaluation.consistency.solver.claims import claims_of
from pleura.evaluation.consistency.solver.solve import possible
from pleura.evaluation.intervals.delong import auc_interval


class _Printer:
    """Prints shares with random digits, as percentages or not, and with intervals or not."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.decimals = int(rng.integers(2, 5))
        self.percent = bool(rng.random() < 0.5)

    def number(self, share: float) -> str:
        return f"{100 * share:.{self.decimals - 2}f}" if self.percent else f"{share:.{self.decimals}f}"

    def share(self, hits: int, total: int) -> str:
        text = self.number(hits / total) + (" %" if self.percent else "")
        if self.rng.random() < 0.4:
            return text
        method = str(self.rng.choice([*METHODS, "bootstrap"]))
        if method == "bootstrap":
            low, high = np.quantile(self.rng.binomial(total, hits / total, 1000) / total, [0.025, 0.975])
        else:
            low, high = METHODS[method](hits, total, 0.95)
        return f"{text} ({self.number(max(low, 0))}-{self.number(min(high, 1))})"


def _report(rng: np.random.Generator) -> dict[str, str | int]:
    printer = _Printer(rng)
    positives, negatives = (int(n) for n in rng.integers(5, 300, 2))
    positive = np.arange(positives + negatives) < positives
    spread = np.where(positive, rng.uniform(0.5, 2), 1)
    scores = rng.normal(size=len(positive)) * spread + rng.uniform(0.3, 3) * positive
    called = scores >= rng.choice(scores)
    tp, fp = int(called[positive].sum()), int(called[~positive].sum())
    fn, tn = positives - tp, negatives - fp
    shares = {
        "sensitivity": (tp, positives),
        "specificity": (tn, negatives),
        "accuracy": (tp + tn, len(positive)),
        "ppv": (tp, tp + fp),
        "npv": (tn, tn + fn),
        "prevalence": (positives, len(positive)),
        "f1": (2 * tp, 2 * tp + fp + fn),
    }
    report: dict[str, str | int] = {
        name: printer.share(*counts) if name != "f1" else printer.number(counts[0] / counts[1]) + " %" * printer.percent
        for name, counts in shares.items()
        if counts[1] and rng.random() < 0.7
    }
    numbers = {
        "positives": positives,
        "negatives": negatives,
        "cases": len(positive),
        "tp": tp,
        "called_positive": tp + fp,
    }
    report |= {name: number for name, number in numbers.items() if rng.random() < 0.4}
    area = auc_interval(positive, scores, kind=str(rng.choice(["delong", "delong-logit"])))
    report["auc"] = f"{area.value:.3f} ({area.low:.3f}-{area.high:.3f})"
    return report


@pytest.mark.parametrize("seed", range(60))
def test_a_simulated_report(seed: int) -> None:
    report = _report(np.random.default_rng(seed))
    findings = check_document(parse_document({"format": 1, "test": [report]}))
    assert [str(one) for one in findings if one.level is not Level.NOTE] == []


def test_most_changed_digits_are_found() -> None:
    """One digit of five measures changed, with the numbers of cases: what no data give is a contradiction."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(40):
        positives, negatives = (int(n) for n in rng.integers(20, 300, 2))
        tp, tn = int(rng.binomial(positives, 0.8)), int(rng.binomial(negatives, 0.7))
        fp, fn = negatives - tn, positives - tp
        shares = [tp / positives, tn / negatives, (tp + tn) / (positives + negatives), tp / (tp + fp), tn / (tn + fn)]
        names = ("sensitivity", "specificity", "accuracy", "ppv", "npv")
        report: dict[str, str | int] = {name: f"{share:.3f}" for name, share in zip(names, shares, strict=True)}
        digits = list(str(report[name := str(rng.choice(names))]))
        place = int(rng.integers(2, 5))
        digits[place] = str((int(digits[place]) + int(rng.integers(1, 10))) % 10)
        report |= {name: "".join(digits), "positives": positives, "negatives": negatives}
        found.append(not possible(claims_of(parse_document({"format": 1, "test": [report]}).tests[0])))
    assert np.mean(found) >= 0.9
