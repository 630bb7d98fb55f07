"""Facts in; answers to items about the model, the measures and the results out."""

from pleura.evaluation.checklists.answer import Answer, Status, known, not_applicable, to_be_filled
from pleura.evaluation.checklists.facts import ModelFacts, StudyFacts
from pleura.evaluation.checklists.study_answers import NOBODY, Answers, counts

__all__ = ["MODEL_ANSWERS"]

NO_MODEL = "The run was given a table of scores; what made them is not in it."


def _model(facts: StudyFacts) -> Answer:
    model = facts.model
    if model is None:
        return to_be_filled(NO_MODEL)
    if not model.architecture:
        return to_be_filled(f"Model {model.name}.")
    arguments = ", ".join(f"{name} = {value:g}" for name, value in model.arguments.items())
    return known(
        f"{model.name}, architecture {model.architecture}{f' ({arguments})' if arguments else ''}, identity "
        f"{model.identity or 'unknown'}. Input: {_preprocessing(facts).text} Output: {_output(facts).text}"
    )


def _preprocessing(facts: StudyFacts) -> Answer:
    if facts.model is None or not facts.model.preprocessing:
        return to_be_filled(NO_MODEL if facts.model is None else "")
    return known(facts.model.preprocessing)


def _subsets(facts: StudyFacts) -> Answer:
    part = f"Evaluated: {facts.test.partition}, {counts(facts.test.classes)}." if facts.test.partition else ""
    if facts.model is None or facts.model.subsets is None:
        return to_be_filled(part or f"Evaluated: {counts(facts.test.classes)}.")
    return known(f"{part} Of each study {facts.model.subsets} subsets of slices are classified.".strip())


def _acquisition_and_preprocessing(facts: StudyFacts) -> Answer:
    after = _preprocessing(facts)
    if facts.synthetic and after.status is Status.KNOWN:
        return known(f"Images come from the generator, not from a scanner. {after.text}")
    return to_be_filled(after.text)


def _software(facts: StudyFacts) -> Answer:
    if not facts.software:
        return to_be_filled()
    return known(", ".join(f"{name} {version}" for name, version in facts.software.items()) + ".")


def _software_and_devices(facts: StudyFacts) -> Answer:
    software = _software(facts)
    if facts.synthetic and software.status is Status.KNOWN:
        return known(f"No scanner: images come from the generator. Software: {software.text}")
    return to_be_filled(f"Software: {software.text}" if software.text else "")


def _initialisation(facts: StudyFacts) -> Answer:
    if facts.model is None or not facts.model.training_summary:
        return to_be_filled(NO_MODEL if facts.model is None else "")
    return known(f"Weights of the model {facts.model.parent}." if facts.model.parent else "Fresh random weights.")


def _training(facts: StudyFacts) -> Answer:
    if facts.model is None or not facts.model.training_summary:
        return to_be_filled(NO_MODEL if facts.model is None else "")
    return known(_trained(facts.model))


def _trained(model: ModelFacts) -> str:
    more = ", ".join(f"{name} {value}" for name, value in model.training.items())
    return f"{model.training_summary}.{f' Further: {more}.' if more else ''}".replace("..", ".")


def _development(facts: StudyFacts) -> Answer:
    """Answer how the model came about; its internal validation is in no card."""
    parts = [_training(facts), _model(facts)]
    return to_be_filled(" ".join(one.text for one in parts if one.status is Status.KNOWN) or NO_MODEL)


def _ensembles(facts: StudyFacts) -> Answer:
    if facts.model is None:
        return to_be_filled(NO_MODEL)
    parts = f"; its answer is the mean over {facts.model.subsets} subsets of a study" if facts.model.subsets else ""
    return known(f"None: one model{parts}.")


def _cutoffs(facts: StudyFacts) -> Answer:
    if facts.test.threshold is not None:
        return to_be_filled(f"{facts.test.rule} Why there, and whether it was set before, is for a person to say.")
    return known(f"{facts.test.rule} There is no cut-off.") if facts.test.rule else to_be_filled()


def _output(facts: StudyFacts) -> Answer:
    text = f"A score for each of {', '.join(facts.test.classes)}. {facts.test.rule}".strip()
    return known(text) if facts.test.threshold is None else to_be_filled(text)


def _measures(facts: StudyFacts) -> Answer:
    return known(f"{', '.join(facts.test.measures)}; each class against the rest where there are several.")


def _uncertainty(facts: StudyFacts) -> Answer:
    return known(facts.test.uncertainty) if facts.test.uncertainty else to_be_filled()


def _measures_and_uncertainty(facts: StudyFacts) -> Answer:
    return known(f"{_measures(facts).text} {facts.test.uncertainty}".strip())


def _clusters(facts: StudyFacts) -> Answer:
    if not facts.test.hospitals:
        return to_be_filled("The table has no column of hospitals.")
    return known(f"Results are given for each hospital by itself: {counts(facts.test.hospitals)} cases.")


def _cluster_results(facts: StudyFacts) -> Answer:
    return known("; ".join(facts.test.cluster_results) + ".") if facts.test.cluster_results else to_be_filled()


def _robustness(facts: StudyFacts) -> Answer:
    if not facts.test.cluster_results:
        return to_be_filled()
    return to_be_filled(f"{'; '.join(facts.test.cluster_results)}. Whether these were planned is for a person to say.")


def _internal(facts: StudyFacts) -> Answer:
    return _by_origin(facts, seen=True)


def _external(facts: StudyFacts) -> Answer:
    return _by_origin(facts, seen=False)


def _by_origin(facts: StudyFacts, *, seen: bool) -> Answer:
    """Answer for hospitals that the model was trained on, or for the others."""
    if facts.model is None or facts.model.training_hospitals is None or not facts.test.hospitals:
        return to_be_filled()
    here = {name: number for name, number in facts.test.hospitals.items() if (name not in facts.unseen) is seen}
    which = "that the model was trained on" if seen else "that the model was not trained on"
    return known(f"Cases of hospitals {which}: {counts(here)}." if here else f"No case is of a hospital {which}.")


def _differences(facts: StudyFacts) -> Answer:
    if facts.model is None or facts.model.training_hospitals is None:
        return to_be_filled()
    trained, tested = (
        ", ".join(names) or "no named hospital" for names in (facts.model.training_hospitals, facts.test.hospitals)
    )
    return to_be_filled(f"Trained on cases of {trained}; evaluated on cases of {tested}.")


def _performance(facts: StudyFacts) -> Answer:
    return known("; ".join(facts.test.results) + ".") if facts.test.results else to_be_filled()


def _cross_table(facts: StudyFacts) -> Answer:
    if not facts.test.confusion:
        return to_be_filled()
    names = list(facts.test.classes)
    rows = [
        f"{name} called {counts(dict(zip(names, row, strict=True)))}"
        for name, row in zip(names, facts.test.confusion, strict=True)
    ]
    return known("; ".join(rows) + ".")


def _failures(facts: StudyFacts) -> Answer:
    if not facts.test.confusion:
        return to_be_filled()
    names = list(facts.test.classes)
    wrong = {
        f"{names[row]} called {names[column]}": number
        for row, line in enumerate(facts.test.confusion)
        for column, number in enumerate(line)
        if row != column and number
    }
    return to_be_filled(f"Wrong answers: {counts(wrong) or 'none'}. Why they were wrong is for a person to find out.")


def _calculation(facts: StudyFacts) -> Answer:
    if facts.model is None or not facts.model.identity:
        return to_be_filled(NO_MODEL if facts.model is None else "")
    return known(f"By the program, from the model folder of identity {facts.model.identity}.")


def _full_model(facts: StudyFacts) -> Answer:
    if facts.model is None or not facts.model.identity:
        return to_be_filled(NO_MODEL if facts.model is None else "")
    return known(
        f"The model folder holds all weights and settings; its SHA-256 is {facts.model.identity}. "
        f"Licence: {facts.model.licence or 'not told'}."
    )


def _blind_index(facts: StudyFacts) -> Answer:
    if facts.model is None:
        return to_be_filled(NO_MODEL)
    return known("None: the model sees the images only.")


def _predictors(facts: StudyFacts) -> Answer:
    return to_be_filled(NO_MODEL) if facts.model is None else known("The images of a study, and nothing else.")


def _predictor_assessors(facts: StudyFacts) -> Answer:
    return to_be_filled(NO_MODEL) if facts.model is None else not_applicable("No person assesses the images before.")


def _poor_input(facts: StudyFacts) -> Answer:
    if facts.model is None:
        return to_be_filled(NO_MODEL)
    return known("A study that cannot be used (no lungs, gaps, no Hounsfield units) is refused with its reason.")


def _updating(_facts: StudyFacts) -> Answer:
    return not_applicable("The model was not updated in this run.")


def _indeterminate(facts: StudyFacts) -> Answer:
    return known(f"There are none: every case is called something. {facts.test.rule}".strip())


def _acquisition(facts: StudyFacts) -> Answer:
    return not_applicable("Images come from the generator, not from a scanner.") if facts.synthetic else to_be_filled()


def _audit(_facts: StudyFacts) -> Answer:
    return known("Every number is kept in accuracy.json beside this file; the same table gives the same bytes.")


def _open(_facts: StudyFacts) -> Answer:
    return to_be_filled()


def _fairness(facts: StudyFacts) -> Answer:
    if facts.synthetic:
        return not_applicable(NOBODY)
    return to_be_filled(f"Results by group: {counts(facts.test.groups)} cases." if facts.test.groups else "")


def _failures_and_fairness(facts: StudyFacts) -> Answer:
    return to_be_filled(f"{_failures(facts).text} {_fairness(facts).text}".strip())


MODEL_ANSWERS: Answers = {
    "acquisition": _acquisition,
    "acquisition_and_preprocessing": _acquisition_and_preprocessing,
    "audit": _audit,
    "blind_index": _blind_index,
    "calculation": _calculation,
    "cluster_results": _cluster_results,
    "clusters": _clusters,
    "cross_table": _cross_table,
    "cutoffs": _cutoffs,
    "development": _development,
    "differences": _differences,
    "ensembles": _ensembles,
    "explanations": _open,
    "external": _external,
    "failures": _failures,
    "failures_and_fairness": _failures_and_fairness,
    "fairness": _fairness,
    "full_model": _full_model,
    "imbalance": _open,
    "indeterminate": _indeterminate,
    "initialisation": _initialisation,
    "internal": _internal,
    "measures": _measures,
    "measures_and_uncertainty": _measures_and_uncertainty,
    "model": _model,
    "output": _output,
    "performance": _performance,
    "poor_input": _poor_input,
    "predictor_assessors": _predictor_assessors,
    "predictors": _predictors,
    "preprocessing": _preprocessing,
    "robustness": _robustness,
    "selection": _open,
    "software": _software,
    "software_and_devices": _software_and_devices,
    "subsets": _subsets,
    "training": _training,
    "uncertainty": _uncertainty,
    "updating": _updating,
}
"""By the names that the checklists' files use."""
