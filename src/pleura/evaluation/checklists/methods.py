"""Facts in; the paragraph that a paper's methods need of them out."""

from pleura.evaluation.checklists.facts import StudyFacts
from pleura.evaluation.checklists.study_answers import counts

__all__ = ["methods_text"]


def methods_text(facts: StudyFacts) -> str:
    """Write what was evaluated, by what, and how, in Markdown; only what the run knows.

    Parameters
    ----------
    facts : of the run
    """
    paragraphs = [_cases(facts), _model(facts), _statistics(facts), _software(facts)]
    head = "# Methods, as far as the program knows them\n"
    warning = (
        "\n**The cases are synthetic: nothing here says how the model does on patients.**\n" if facts.synthetic else ""
    )
    return head + warning + "".join(f"\n{paragraph}\n" for paragraph in paragraphs if paragraph)


def _cases(facts: StudyFacts) -> str:
    test, cohort = facts.test, facts.cohort
    part = f" of the partition {test.partition}" if test.partition else ""
    of = f" of the cohort {cohort.name}" if cohort else ""
    people = f" of {test.patients} patients" if test.patients_named else ""
    sentences = [f"We evaluated {test.cases} cases{people}{part}{of}: {counts(test.classes)}."]
    if cohort is not None and cohort.synthetic:
        seed = f" with seed {cohort.seed}" if cohort.seed is not None else ""
        sentences.append(f"The cases are synthetic, made by {cohort.generator or 'a generator'}{seed}.")
    if cohort is not None and cohort.partition_level:
        sentences.append(f"No {cohort.partition_level} is in two partitions.")
    if test.hospitals:
        sentences.append(f"By hospital: {counts(test.hospitals)}.")
    return " ".join(sentences)


def _model(facts: StudyFacts) -> str:
    model = facts.model
    if model is None:
        return ""
    kind = f" ({model.architecture})" if model.architecture else ""
    sentences = [f"Cases were {model.work} by the model {model.name}{kind}, identity {model.identity or 'unknown'}."]
    if model.preprocessing:
        sentences.append(model.preprocessing)
    if model.subsets:
        sentences.append(f"The answer for a case is the mean over {model.subsets} subsets of its slices.")
    if model.training_summary:
        sentences.append(f"It was trained on {model.training_summary.rstrip('.')}.")
    if facts.unseen:
        sentences.append(f"It was not trained on cases of {', '.join(facts.unseen)}.")
    return " ".join(sentences)


def _statistics(facts: StudyFacts) -> str:
    test = facts.test
    measures = f"We report {', '.join(test.measures)}." if test.measures else ""
    return " ".join(one for one in (test.rule, measures, test.uncertainty) if one)


def _software(facts: StudyFacts) -> str:
    if not facts.software:
        return ""
    return f"Software: {', '.join(f'{name} {version}' for name, version in facts.software.items())}."
