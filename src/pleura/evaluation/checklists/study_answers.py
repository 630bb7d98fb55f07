"""Facts in; answers to items about the study, its cases and its truth out."""

from collections.abc import Callable, Mapping

from pleura.evaluation.checklists.answer import Answer, known, not_applicable, to_be_filled
from pleura.evaluation.checklists.facts import StudyFacts

__all__ = ["STUDY_ANSWERS", "counts"]

NOBODY = "The cases are synthetic: there is no patient."
Answers = Mapping[str, Callable[[StudyFacts], Answer]]


def counts(numbers: Mapping[str, int]) -> str:
    """Write numbers by name.

    Examples
    --------
    >>> counts({"healthy": 12, "covid-19": 20})
    'healthy 12, covid-19 20'
    """
    return ", ".join(f"{name} {number}" for name, number in numbers.items())


def _open(_facts: StudyFacts) -> Answer:
    return to_be_filled()


def _of_patients(facts: StudyFacts) -> Answer:
    """Answer what only patients have."""
    return not_applicable(NOBODY) if facts.synthetic else to_be_filled()


def _title(facts: StudyFacts) -> Answer:
    architecture = facts.model.architecture if facts.model else ""
    kind = f"The model is a neural network ({architecture})." if architecture else ""
    return to_be_filled(f"{kind} Accuracy is measured by {', '.join(facts.test.measures)}.".strip())


def _goal(facts: StudyFacts) -> Answer:
    cohort = f" on the cohort {facts.cohort.name}" if facts.cohort else ""
    model = f" of the model {facts.model.name}" if facts.model else ""
    return known(f"Evaluation of the accuracy{model}{cohort}; no model was trained or changed in this run.")


def _sources(facts: StudyFacts) -> Answer:
    if facts.cohort is None:
        return to_be_filled("The run was given a table of scores; where its cases are from is not in it.")
    about = f"Cohort {facts.cohort.name}. {facts.cohort.description}".strip()
    if facts.cohort.synthetic:
        seed = "" if facts.cohort.seed is None else f", seed {facts.cohort.seed}"
        return known(f"{about} Synthetic cases, made by {facts.cohort.generator or 'a generator'}{seed}.")
    return to_be_filled(about)


def _setting(facts: StudyFacts) -> Answer:
    if facts.synthetic:
        return not_applicable(f"{NOBODY} Made-up hospitals: {counts(facts.test.hospitals) or 'none'}.")
    return to_be_filled(f"Cases by hospital: {counts(facts.test.hospitals)}." if facts.test.hospitals else "")


def _missing(facts: StudyFacts) -> Answer:
    return known(
        f"None: each of the {facts.test.cases} evaluated cases has a truth and a score for every class; a table with a "
        f"gap is refused."
    )


def _reference(facts: StudyFacts) -> Answer:
    names = f"Classes: {', '.join(facts.test.classes)}."
    if facts.synthetic:
        return known(f"The truth is the class for which the generator made the case. {names}")
    return to_be_filled(names)


def _reference_reason(facts: StudyFacts) -> Answer:
    return known("The generator's own label is the truth of a synthetic case.") if facts.synthetic else to_be_filled()


def _partitions(facts: StudyFacts) -> Answer:
    if facts.cohort is None or not facts.cohort.partitions:
        return to_be_filled()
    parts = "; ".join(f"{name}: {counts(classes)}" for name, classes in facts.cohort.partitions.items())
    return known(f"Cases by partition and class: {parts}. Evaluated here: {facts.test.partition or 'all'}.")


def _level(facts: StudyFacts) -> Answer:
    if facts.cohort is None or not facts.cohort.partition_level:
        return to_be_filled()
    return known(f"No {facts.cohort.partition_level} is in two partitions; this was checked when the cohort was read.")


def _sample_size(facts: StudyFacts) -> Answer:
    return to_be_filled(f"{facts.test.cases} cases of {facts.test.patients} patients were evaluated.")


def _flow(facts: StudyFacts) -> Answer:
    return to_be_filled(
        f"{facts.test.cases} cases of {facts.test.patients} patients were evaluated: {counts(facts.test.classes)}. "
        f"How many were left out before, and why, is not known to the program."
    )


def _analysed(facts: StudyFacts) -> Answer:
    parts = _partitions(facts)
    return known(f"Evaluated: {counts(facts.test.classes)}. {parts.text}".strip())


def _characteristics(facts: StudyFacts) -> Answer:
    parts = _partitions(facts).text or f"Evaluated cases by class: {counts(facts.test.classes)}."
    groups = f" By group: {counts(facts.test.groups)}." if facts.test.groups else ""
    told = facts.cohort.characteristics if facts.cohort else ()
    return to_be_filled(parts + groups + (f" Evaluated cases: {'; '.join(told)}." if told else ""))


def _severity(facts: StudyFacts) -> Answer:
    if facts.cohort is not None and facts.cohort.severities:
        return known(f"Cases by severity: {counts(facts.cohort.severities)}.")
    return to_be_filled()


def _alternatives(facts: StudyFacts) -> Answer:
    if len(facts.test.classes) > 2:
        return known(f"Cases by class: {counts(facts.test.classes)}.")
    return to_be_filled()


def _representative(facts: StudyFacts) -> Answer:
    if facts.synthetic:
        return known("They do not: the cases are synthetic, and the mix of classes was chosen.")
    return to_be_filled(f"Classes were mixed as {counts(facts.test.classes)}.")


def _limitations(facts: StudyFacts) -> Answer:
    sentences = []
    if facts.synthetic:
        sentences.append("All evaluated cases are synthetic; the numbers say nothing of accuracy on patients.")
    if facts.model is not None and facts.model.synthetic:
        sentences.append("The model was trained on synthetic cases only.")
    few = [f"{name} ({number})" for name, number in facts.test.classes.items() if number < 10]
    if few:
        sentences.append(f"Classes with fewer than ten cases: {', '.join(few)}.")
    if not facts.test.patients_named:
        sentences.append("Which cases are of one patient is not known; intervals take each for a patient of its own.")
    return to_be_filled(" ".join(sentences))


def _availability(facts: StudyFacts) -> Answer:
    model = facts.model
    if model is None:
        return to_be_filled()
    return to_be_filled(
        f"Model {model.name}, identity {model.identity or 'unknown'}, licence {model.licence or 'unknown'}."
    )


STUDY_ANSWERS: Answers = {
    "abstract": _open,
    "alternatives": _alternatives,
    "analysed": _analysed,
    "annotator_agreement": _of_patients,
    "annotators": _of_patients,
    "availability": _availability,
    "background": _open,
    "blind_reference": _of_patients,
    "characteristics": _characteristics,
    "dates": _of_patients,
    "deidentification": _of_patients,
    "design": _of_patients,
    "eligibility": _of_patients,
    "ethics": _of_patients,
    "ethics_of_use": _open,
    "flow": _flow,
    "funding": _open,
    "goal": _goal,
    "harm": _of_patients,
    "implications": _open,
    "inequalities": _open,
    "interests": _open,
    "interpretation": _open,
    "interval": _of_patients,
    "involvement": _open,
    "limitations": _limitations,
    "missing": _missing,
    "next": _open,
    "objectives": _open,
    "partition_level": _level,
    "partitions": _partitions,
    "protocol": _open,
    "recruitment": _of_patients,
    "reference": _reference,
    "reference_categories": _reference,
    "reference_reason": _reference_reason,
    "registration": _of_patients,
    "representative": _representative,
    "sample_size": _sample_size,
    "sampling": _of_patients,
    "setting": _setting,
    "severity": _severity,
    "sources": _sources,
    "title": _title,
    "treatments": _of_patients,
    "users": _open,
}
"""By the names that the checklists' files use."""
