"""Cases to choose on and cases to judge on in; cut-offs of each class, and what they are worth on the latter, out."""

from collections.abc import Sequence

from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.cutoffs.apply import AppliedCutOff, apply_cut_off, shared
from pleura.evaluation.cutoffs.choose import Rule, choose_cut_off
from pleura.evaluation.predictions import Predictions

__all__ = ["transfer_cut_offs"]


def transfer_cut_offs(
    chosen_on: Predictions,
    applied_to: Predictions,
    rules: Sequence[Rule],
    *,
    settings: IntervalSettings | None = None,
) -> dict[str, tuple[AppliedCutOff, ...]]:
    """Choose a cut-off of each class's score by each rule on some cases, and judge it on others.

    Parameters
    ----------
    chosen_on, applied_to : of the same classes. Where they share patients (or cases, without patients) the results say
        so; names are compared, so those of different hospitals should not look alike
    rules : one or more
    settings : of the intervals

    Returns
    -------
    Class -> one result a rule; classes that have no case, or nothing but cases, to choose on or to judge on are left
    out.

    Raises
    ------
    ValueError
        If classes differ, or all scores of a class are equal.
    """
    if chosen_on.classes != applied_to.classes or chosen_on.binary != applied_to.binary:
        raise ValueError(f"need the same classes, got {chosen_on.classes} and {applied_to.classes}")
    named = chosen_on.patients is not None and applied_to.patients is not None
    overlap = shared(
        chosen_on.patients if named else chosen_on.cases, applied_to.patients if named else applied_to.cases
    )
    found = {}
    for k, name in enumerate(chosen_on.classes):
        positive, judged = chosen_on.truth == k, applied_to.truth == k
        if (chosen_on.binary and k == 0) or any(one.all() or not one.any() for one in (positive, judged)):
            continue
        found[name] = tuple(
            apply_cut_off(
                choose_cut_off(positive, chosen_on.scores[:, k], rule),
                judged,
                applied_to.scores[:, k],
                overlap=overlap,
                patients=applied_to.patients,
                settings=settings,
                name=name,
            )
            for rule in rules
        )
    return found
