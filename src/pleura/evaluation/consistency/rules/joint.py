"""One test's reported counts and measures in; the smallest sets of them that no two-by-two table fits, out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product

from pleura.evaluation.consistency.finding import Finding, Level, show, show_range
from pleura.evaluation.consistency.printed import Range, Reading
from pleura.evaluation.consistency.solver.claims import Claim, Test, claims_of, measure_claim
from pleura.evaluation.consistency.solver.conflict import smallest_conflict
from pleura.evaluation.consistency.solver.measures import CHANCE_CORRECTED, MEASURES, RATES
from pleura.evaluation.consistency.solver.solve import attainable, possible, share_of

__all__ = ["check_joint"]

RULES = (
    (("sensitivity", "specificity", "accuracy"), "accuracy lies between sensitivity and specificity"),
    (("ppv", "npv", "accuracy"), "accuracy lies between PPV and NPV"),
    (("ppv", "sensitivity", "f1"), "F1 is the harmonic mean of PPV and sensitivity"),
    (
        ("sensitivity", "specificity", "balanced_accuracy"),
        "balanced accuracy is the mean of sensitivity and specificity",
    ),
    (("sensitivity", "specificity", "youden"), "Youden's index is sensitivity plus specificity less 1"),
    (
        ("sensitivity", "specificity", "positive_likelihood_ratio"),
        "likelihood ratios come from sensitivity and specificity",
    ),
    (
        ("sensitivity", "specificity", "negative_likelihood_ratio"),
        "likelihood ratios come from sensitivity and specificity",
    ),
    (("sensitivity", "specificity", "prevalence", "ppv"), "PPV comes from sensitivity, specificity and prevalence"),
    (("sensitivity", "specificity", "prevalence", "npv"), "NPV comes from sensitivity, specificity and prevalence"),
)
"""Names for well-known sets; all others go by the general one."""

FROM_OTHERS: dict[str, tuple[tuple[str, ...], Callable[..., Fraction]]] = {
    "f1": (("sensitivity", "ppv"), lambda se, ppv: 2 * se * ppv / (se + ppv)),
    "balanced_accuracy": (("sensitivity", "specificity"), lambda se, sp: (se + sp) / 2),
    "youden": (("sensitivity", "specificity"), lambda se, sp: se + sp - 1),
    "positive_likelihood_ratio": (("sensitivity", "specificity"), lambda se, sp: se / (1 - sp)),
    "negative_likelihood_ratio": (("sensitivity", "specificity"), lambda se, sp: (1 - se) / sp),
    "ppv": (
        ("sensitivity", "specificity", "prevalence"),
        lambda se, sp, share: se * share / (se * share + (1 - sp) * (1 - share)),
    ),
    "npv": (
        ("sensitivity", "specificity", "prevalence"),
        lambda se, sp, share: sp * (1 - share) / (sp * (1 - share) + (1 - se) * share),
    ),
}
"""Measures that may have been computed from others as these are printed, and not from the counts."""


def check_joint(test: Test) -> list[Finding]:
    """Look for sets of numbers that cannot stand together, the smallest first, until the rest can.

    After each finding one of its numbers is left out: one without which all others fit, where there is such a one.
    """
    left = claims_of(test)
    findings = [*_mean_f1(test)]
    while True:
        by_name = {claim.name: claim for claim in left}

        def fits(names: frozenset[str], reading: Reading = Reading.ROUNDED, known: dict[str, Claim] = by_name) -> bool:
            return possible([known[name] for name in known if name in names], reading)

        found = smallest_conflict(list(by_name), fits)
        if found is None:
            return findings
        conflict = [by_name[name] for name in found]
        alone = [name for name in found if fits(frozenset(by_name) - {name})]
        level, expected = _judge(conflict, [by_name[name] for name in alone], by_name)
        findings.append(Finding(level, _rule(found), test.name, tuple(claim.text for claim in conflict), expected))
        drop = next((name for name in reversed(alone or found) if by_name[name].measure), (alone or found)[-1])
        left = [claim for claim in left if claim.name != drop]


def _judge(conflict: Sequence[Claim], alone: Sequence[Claim], known: Mapping[str, Claim]) -> tuple[Level, str]:
    """Give the level of a set that does not fit by rounding, and what would fit.

    Counts are exact whatever the reading, so that all of them are held against another reading.
    """
    names = {claim.name for claim in conflict}
    with_counts = [claim for claim in known.values() if claim.measure is None or claim.name in names]
    if possible(with_counts, Reading.TIES_DOWN):
        return Level.NOTE, "They fit only if a tie was rounded down, as programs do that round binary numbers."
    for claim in conflict:
        loose = _from_rounded(claim, known)
        if loose is not None and possible([loose if one is claim else one for one in with_counts]):
            return Level.NOTE, f"They fit only if {claim.text} was computed from rounded numbers and not from counts."
    if possible(with_counts, Reading.CUT_OFF):
        return Level.UNLIKELY, "They fit only if digits were cut off instead of rounded."
    order = sorted(alone or conflict, key=_derived, reverse=True)
    sentence = next((text for claim in order if (text := _given_the_others(claim, conflict))), "")
    if alone and len(alone) < len(conflict):
        sentence += f" All else fits without {' or without '.join(_left_out(claim, known) for claim in alone)}."
    return Level.CONTRADICTION, sentence.strip() or "No table of whole numbers gives all of these."


def _from_rounded(claim: Claim, known: Mapping[str, Claim]) -> Claim | None:
    """Give the claim with all that its true value may be if it was computed from others as they are printed."""
    if claim.printed is None or claim.measure not in FROM_OTHERS:
        return None
    names, formula = FROM_OTHERS[claim.measure]
    printed = [one.printed for name in names if (one := known.get(name)) is not None and one.printed is not None]
    if len(printed) < len(names):
        return None
    ends = [(span.low, span.high) for span in (one.range() for one in printed)]
    try:
        result = formula(*(one.value for one in printed))
        values = [formula(*corner) for corner in product(*ends)]  # each formula rises or falls in each number
    except ZeroDivisionError:
        return None
    if not Range(result, result).meets(claim.printed.range(Reading.TIES_DOWN)):
        return None
    low, high = min(values), max(values)
    return measure_claim(claim.measure, replace(claim.printed, value=(low + high) / 2, unit=high - low))


def _left_out(claim: Claim, known: Mapping[str, Claim]) -> str:
    """Name a number, with what all others together say of it."""
    span = attainable(claim, [one for one in known.values() if one is not claim])
    if span is None or claim.printed is None or span.low > span.high:
        return claim.text
    return f"{claim.text} (then {show_range(span, claim.printed)})"


def _derived(claim: Claim) -> int:
    """How far down the list of measures one stands: those are said to follow from the ones above."""
    order = [*MEASURES, *RATES, *CHANCE_CORRECTED]
    return -1 if claim.measure is None else order.index(claim.measure)


def _given_the_others(claim: Claim, conflict: Sequence[Claim]) -> str:
    if claim.printed is None:
        return ""
    others = [one for one in conflict if one is not claim]
    given = " and ".join(one.text for one in others)
    name = claim.text.removesuffix(claim.printed.text).strip()
    span = attainable(claim, others)
    if span is not None and span.low <= span.high and not span.meets(claim.printed.range()):
        where = f" given {given}" if others else ""
        return f"Expected{where}: {name} {show_range(span, claim.printed)}."
    total = None if claim.measure in RATES else share_of(claim, others)
    if total:
        below = min(int(claim.printed.value * total), total)
        near = sorted({max(below, 0), min(below + 1, total)})
        shares = " or ".join(f"{show(Fraction(hits, total), claim.printed)} ({hits}/{total})" for hits in near)
        return f"Expected given {given}: {name} {shares}, or another share of {total}."
    return ""


def _rule(found: Sequence[str]) -> str:
    for names, rule in RULES:
        if set(found) == set(names):
            return rule
    return "no two-by-two table gives these together"


def _mean_f1(test: Test) -> list[Finding]:
    """Hold a mean F1 over runs against the harmonic mean of mean PPV and mean sensitivity: it is concave in them."""
    names = ("sensitivity", "ppv", "f1")
    printed = [test.measures[name].value for name in names if name in test.measures]
    if test.runs == 1 or len(printed) < len(names) or any(one is None for one in printed):
        return []
    sensitivity, ppv, f1 = (one for one in printed if one is not None)

    def most(reading: Reading) -> Fraction:
        a, b = sensitivity.range(reading).high, ppv.range(reading).high
        return 2 * a * b / (a + b) if a + b > 0 else Fraction(0)

    if f1.range(Reading.ROUNDED).low <= most(Reading.ROUNDED):
        return []
    level = Level.CONTRADICTION if f1.range(Reading.CUT_OFF).low >= most(Reading.CUT_OFF) else Level.UNLIKELY
    texts = (f"PPV {ppv.text}", f"sensitivity {sensitivity.text}", f"F1 {f1.text}")
    rule = "a mean F1 over runs is at most the harmonic mean of the mean PPV and the mean sensitivity"
    span = Range(most(Reading.ROUNDED), most(Reading.ROUNDED))
    return [Finding(level, rule, test.name, texts, f"Given the first two, F1 is at most {show_range(span, f1)}.")]
