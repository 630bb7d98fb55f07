"""Several classes as reported, each against the rest, in; what does not fit between them and their common numbers out.

Every case is of one class and is called one class. So the classes' true positives are all that was answered right, and
the cases called each class are all cases. Means over classes come from the classes' own numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache

from pleura.evaluation.consistency.finding import Finding, Level, show_range
from pleura.evaluation.consistency.printed import Printed, Range, Reading
from pleura.evaluation.consistency.rules.single import check_test
from pleura.evaluation.consistency.solver.claims import Claim, Test, claims_of
from pleura.evaluation.consistency.solver.cone import Cone
from pleura.evaluation.consistency.solver.conflict import smallest_conflict
from pleura.evaluation.consistency.solver.measures import COUNTS, MEASURES, ONE, Vector
from pleura.evaluation.consistency.solver.solve import narrowed

__all__ = ["Classes", "check_classes"]

MEANS = ("macro", "weighted")
"""Over classes: each as much, or by its number of cases."""
SEARCHED = 300
"""Sets of numbers that are tried to find a smaller contradiction; there are too many for all."""


@dataclass(frozen=True)
class Classes:
    """What is reported of an answer among several classes."""

    name: str
    classes: Mapping[str, Test]
    """Each against the rest, by its name."""
    cases: int | None = None
    """In all."""
    accuracy: Printed | None = None
    """Share of cases called their class."""
    means: Mapping[tuple[str, str], Printed] = field(default_factory=dict)
    """By kind (in `MEANS`) and measure."""
    confusion: Sequence[Sequence[int]] | None = None
    """(classes, classes): rows are the truth, columns the answer."""


def check_classes(reported: Classes) -> list[Finding]:
    """Check every class by itself, then all together."""
    whole = _counted(reported)
    findings = [finding for test in whole.classes.values() for finding in check_test(test)]
    claims = {
        f"{name}: {claim.name}": (name, claim) for name, test in whole.classes.items() for claim in claims_of(test)
    }
    if any(finding.level is Level.CONTRADICTION for finding in findings):
        return findings  # what contradicts itself says nothing of the others

    @cache
    def cone_of(names: frozenset[str], reading: Reading) -> Cone:
        return narrowed([claims[name][1] for name in claims if name in names], reading)[0]

    def possible(names: frozenset[str], reading: Reading = Reading.ROUNDED) -> bool:
        of_class = {
            label: frozenset(name for name in names & set(claims) if claims[name][0] == label)
            for label in whole.classes
        }
        cones = {label: cone_of(some, reading) for label, some in of_class.items()}
        return _possible(whole, cones, names, reading)

    common = [*(["accuracy"] if whole.accuracy else []), *(" ".join(key) for key in whole.means)]
    names = [*claims, *common]
    while (found := smallest_conflict(names, possible, searched=SEARCHED)) is not None:
        findings.append(_finding(whole, claims, found, possible))
        wrong = [name for name in found if name in common]
        if not wrong:
            break  # the classes themselves do not fit together: what is common to them cannot be judged
        names.remove(wrong[-1])
    return findings


def _finding(
    whole: Classes,
    claims: Mapping[str, tuple[str, Claim]],
    found: Sequence[str],
    possible: Callable[[frozenset[str], Reading], bool],
) -> Finding:
    texts = tuple(
        f"{claims[name][0]}: {claims[name][1].text}" if name in claims else _text(whole, name) for name in found
    )
    fits = [reading for reading in (Reading.TIES_DOWN, Reading.CUT_OFF) if possible(frozenset(found), reading)]
    level = Level.CONTRADICTION if not fits else Level.UNLIKELY if fits == [Reading.CUT_OFF] else Level.NOTE
    return Finding(level, _rule(found), whole.name, texts, _expected(whole, claims, found))


def _counted(reported: Classes) -> Classes:
    """Put the confusion matrix' counts, and the number of all cases, into each class' test."""
    cases = reported.cases
    if cases is None and all("positives" in test.counts for test in reported.classes.values()):
        cases = sum(test.counts["positives"] for test in reported.classes.values())
    tests = {}
    for index, (name, test) in enumerate(reported.classes.items()):
        counts = dict(test.counts)
        if cases is not None:
            counts["cases"] = cases
        if reported.confusion is not None:
            row, column = reported.confusion[index], [line[index] for line in reported.confusion]
            counts |= {"true_positives": row[index], "false_negatives": sum(row) - row[index]}
            counts["false_positives"] = sum(column) - row[index]
        tests[name] = replace(test, name=f"{reported.name}, {name}", counts=counts)
    return replace(reported, classes=tests, cases=cases)


def _possible(whole: Classes, cones: Mapping[str, Cone], names: frozenset[str], reading: Reading) -> bool:
    if not all(cone.rays for cone in cones.values()):
        return False
    called = _added(cones, COUNTS["called_positive"])
    cases = _span(next(iter(cones.values())), COUNTS["cases"])
    if called is not None and cases is not None and not called.meets(cases):
        return False
    if "accuracy" in names and whole.accuracy is not None:
        right = _right(cones)
        if right is not None and not right.meets(whole.accuracy.range(reading)):
            return False
    for key, printed in whole.means.items():
        span = _mean(whole, cones, *key) if " ".join(key) in names else None
        if span is not None and not span.meets(printed.range(reading)):
            return False
    return True


def _right(cones: Mapping[str, Cone]) -> Range | None:
    """Between what the share of right answers lies."""
    right = _added(cones, COUNTS["true_positives"])
    cases = _span(next(iter(cones.values())), COUNTS["cases"])
    if right is None or cases is None or cases.low != cases.high or cases.low == 0:
        return None
    return Range(right.low / cases.low, right.high / cases.low)


def _mean(whole: Classes, cones: Mapping[str, Cone], kind: str, measure: str) -> Range | None:
    ratio = MEASURES[measure]
    low = high = total = Fraction(0)
    for label in whole.classes:
        found = cones[label].ratio(ratio.above, ratio.below)
        size = _span(cones[label], COUNTS["positives"])
        if kind == "macro":
            weight = Fraction(1)
        elif size is not None and size.low == size.high:
            weight = size.low
        else:
            return None
        if found is None or found[0] is None or found[1] is None:
            return None
        low, high, total = low + weight * found[0], high + weight * found[1], total + weight
    return Range(low / total, high / total) if total else None


def _added(cones: Mapping[str, Cone], of: Vector) -> Range | None:
    """Range of the sum over classes of a count."""
    spans = [_span(cone, of) for cone in cones.values()]
    known = [span for span in spans if span is not None]
    if len(known) < len(spans):
        return None
    return Range(sum((span.low for span in known), Fraction(0)), sum((span.high for span in known), Fraction(0)))


def _span(cone: Cone, of: Vector) -> Range | None:
    found = cone.ratio(of, ONE)
    if found is None or found[0] is None or found[1] is None:
        return None
    return Range(found[0], found[1])


def _text(whole: Classes, name: str) -> str:
    if name == "accuracy":
        return f"accuracy {whole.accuracy.text}" if whole.accuracy else name
    kind, _, measure = name.partition(" ")
    return f"{kind} {measure} {whole.means[kind, measure].text}"


def _rule(found: Sequence[str]) -> str:
    if "accuracy" in found:
        return "the classes' true positives are all right answers"
    if any(name.startswith(MEANS) for name in found):
        return "a mean over classes comes from the classes"
    return "the cases called each class are all cases"


def _expected(whole: Classes, claims: Mapping[str, tuple[str, Claim]], found: Sequence[str]) -> str:
    held = {
        label: narrowed([claim for name, (of, claim) in claims.items() if of == label and name in found])[0]
        for label in whole.classes
    }
    if "accuracy" in found and whole.accuracy is not None:
        span = _right(held)
        return "" if span is None else f"Expected given the classes: accuracy {show_range(span, whole.accuracy)}."
    for key, printed in whole.means.items():
        if " ".join(key) in found:
            span = _mean(whole, held, *key)
            return "" if span is None else f"Expected given the classes: {' '.join(key)} {show_range(span, printed)}."
    span = _added(held, COUNTS["called_positive"])
    return "" if span is None else f"Expected: called in all {show_range(span)}."
