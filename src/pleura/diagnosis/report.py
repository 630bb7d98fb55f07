"""The answer as a document: what was found, how sure, from what input, by which model; JSON is its written form.

Web page, PDF, SR and FHIR are views of it. Nothing is shown that is not in it.
"""

from typing import Annotated, Literal

from pydantic import Field

from pleura.diagnosis.report_lesions import LesionFindings, LesionFocus, LesionRegion
from pleura.diagnosis.report_part import Millilitres, ModelInfo, Part, Probability, Seconds

__all__ = [
    "DISCLAIMER",
    "Check",
    "Classification",
    "ClinicalDiagnosis",
    "ClinicalFeature",
    "Conclusion",
    "Explanation",
    "LesionFindings",
    "LesionFocus",
    "LesionRegion",
    "LungMeasurements",
    "ModelInfo",
    "Novelty",
    "Provenance",
    "Report",
    "SeriesInfo",
    "Severity",
    "SliceCleaning",
    "SliceNetworkAnswer",
    "StepFailure",
    "StepRecord",
    "StepwiseDiagnosis",
    "StudyInfo",
]

DISCLAIMER = "For research use; not a medical device."


class SeriesInfo(Part):
    """One series of the study: used, or why not."""

    series_uid: str
    description: str
    """Description, kernel, thickness and number of slices, for a reader."""
    chosen: bool
    reasons: tuple[str, ...]
    """Why it was not used, or why it was ranked lower; for the chosen one, why it was."""


class StudyInfo(Part):
    """What was read."""

    format: str
    patient_id: str
    study_date: str
    study_uid: str
    series_uid: str
    series_description: str
    manufacturer: str
    scanner: str
    kernel: str
    shape: tuple[int, int, int]
    """Slices, rows, columns."""
    spacing_mm: tuple[float, float, float]
    """Along z, y, x."""
    sha256: str
    """Over the voxels in HU and the affine."""


class LungMeasurements(Part):
    """The lungs that were found."""

    right_ml: Millilitres
    left_ml: Millilitres
    first_slice: int
    last_slice: int
    """First and last slice, counted from the feet from 0, between which subsets were drawn."""
    model: "ModelInfo | None" = None
    """The one that found them; None where HU and geometry did."""


class Novelty(Part):
    """How far a case lies from those that a model was trained on, in the space of the features it decides by."""

    distance: Annotated[float, Field(ge=0.0)]
    """Mahalanobis distance to the mean of the nearest class of training cases."""
    threshold: Annotated[float, Field(ge=0.0)]
    """A case beyond it is new to the model."""
    novel: bool
    """Whether the distance is beyond the threshold."""
    rank: Probability
    """Share of the reference cases that lie no farther."""
    reference: str
    """The cases that the threshold was chosen on, how many they are, and the share of them that it lets pass."""


class Classification(Part):
    """Four-class diagnosis: the mean over the slice subsets (UCADI)."""

    classes: tuple[str, ...]
    probabilities: tuple[Probability, ...]
    """Mean over the subsets, in the order of `classes`."""
    subset_probabilities: tuple[tuple[Probability, ...], ...]
    subset_slices: tuple[tuple[int, ...], ...]
    """The slices of each subset, counted from the feet from 0."""
    top_class: str
    answer: str
    """The top class, or "undetermined" where its probability is below the threshold."""
    threshold: Probability
    """Least probability of the top class at which it is given as the answer; from the model's description."""
    novelty: Novelty | None = None
    """Mean over the subsets; None for a model without reference cases."""


class Explanation(Part):
    """Where the model looked."""

    method: str
    target_class: str
    share_in_lungs: Probability | None
    """Share of the map's sum that lies in the lungs; None where the map is empty."""
    peak_slice: int | None
    peak_lps_mm: tuple[float, float, float] | None
    """Position of the map's highest value, DICOM patient axes."""
    peak_side: Literal["right lung", "left lung", "outside the lungs"] | None
    note: str = ""


class Severity(Part):
    """Grade of a case whose most probable class is COVID-19, I (mild) to III (severe)."""

    grades: tuple[str, ...]
    probabilities: tuple[Probability, ...]
    """Mean over the slice subsets, in the order of `grades`."""
    grade: str
    """The most probable one."""
    note: str
    model: ModelInfo


class SliceNetworkAnswer(Part):
    """What a network that sees the lung slices from feet to head says: DL1 or DL2 on its own (CoviDet)."""

    classes: tuple[str, ...]
    probabilities: tuple[Probability, ...]
    """In the order of `classes`."""
    slices_seen: int
    """Lung slices that it was shown."""
    slices_left_out: int
    """Lung slices that were not fit to be shown."""
    novelty: Novelty | None = None
    """None for a model without reference cases."""
    model: ModelInfo


class StepwiseDiagnosis(Part):
    """COVID-19 against everything else in two steps: viral or not, then which virus (CoviDet)."""

    name: str
    viral: Probability
    """P(viral pneumonia), of the first model."""
    covid_given_viral: Probability
    """P(COVID-19 | viral pneumonia), of the second model."""
    covid: Probability
    """Their product: P(COVID-19)."""
    answer: Literal["covid-19", "other-viral", "not-viral"]
    rule: str
    """How the answer follows from the probabilities."""
    viral_cut_off: Probability
    covid_cut_off: Probability
    """Of the product."""
    viral_zone: tuple[Probability, Probability] | None = None
    """From and to which P(viral) is too near to its cut-off to decide; None where there is no such zone."""
    covid_zone: tuple[Probability, Probability] | None = None
    """The same of the product."""
    cut_offs_from: str
    """By which rule, on which cases and when the cut-offs were chosen."""
    slices_seen: int
    """Lung slices that the first model was shown, from feet to head."""
    slices_left_out: int
    """Lung slices that were not fit to be shown."""
    models: tuple[ModelInfo, ModelInfo]
    """The first and the second."""


class SliceCleaning(Part):
    """Which slices a cleaner found fit for diagnosis, and whether enough of them are."""

    total: int
    """Slices of the series."""
    kept: int
    """Fit ones among them."""
    lung_slices: int
    """Slices within the lungs, from the first that shows lung to the last."""
    kept_in_lungs: int
    """Fit ones among these."""
    reasons: dict[str, int]
    """Reason -> slices of the series that were not kept for it."""
    slice_reasons: tuple[str, ...]
    """Reason of each slice, counted from the feet from 0; empty for those that were kept."""
    cutoff: Probability
    """Least probability of being fit at which a slice is kept; from the model's description."""
    verdict: Literal["fit", "flagged", "refused"]
    rule: str
    """How the verdict follows from the numbers."""
    note: str
    """The numbers within the lungs in a sentence or two."""
    model: ModelInfo


class ClinicalFeature(Part):
    """One clinical feature: what was measured, and what it did to the answer."""

    name: str
    """As in the clinical model's schema."""
    label: str
    value: str | None
    """As measured, with its unit; None where it was not."""
    imputed: str | None
    """What was put for a missing value: the training cases' median, or their most frequent value."""
    evidence: float
    """Positive for the disease, in units of the decision value; see `evidence_method`."""
    importance: float | None
    """By how much the AUC fell on cases not trained on when the feature was shuffled among them; the model's, not the
    patient's."""


class ClinicalDiagnosis(Part):
    """One of two diseases by clinical data, by the CT, and by both (CoviDet's DL3)."""

    disease: str
    """Whose probability is given."""
    other: str
    """What it is told apart from; a patient with neither gets no meaningful answer."""
    clinical_probability: Probability
    """By clinical data alone, at the share that the disease had among the training cases."""
    ct_probability: Probability | None
    """By the CT alone; None where there was none."""
    fused_probability: Probability | None
    """By both; None without a CT probability, or by a model that was trained without."""
    fusion: str | None
    """Rule of fusion: average or stacking."""
    decision: float
    """Of the support vector machine, positive on the side of the disease."""
    base: float | None
    """Linear kernel: the decision value of a patient at the training mean; base and evidence add up to `decision`."""
    kernel: str
    evidence_method: str
    features: tuple[ClinicalFeature, ...]
    """All of the model's, by the size of their evidence."""
    missing: tuple[str, ...]
    """Names of the features that were not measured."""
    sentence: str
    """All of this for a reader."""
    model: ModelInfo


class Check(Part):
    """One question that has to be answered well before the conclusion names a class."""

    name: Literal["agreement", "distribution", "grey zone", "clinical data", "lesions"]
    subject: str
    """Which classifier was looked at, or both."""
    outcome: Literal["passed", "failed", "not checked"]
    detail: str
    """The numbers, or why it was not checked, in a sentence."""


class Conclusion(Part):
    """What all classifiers together say, or that they do not know, and why (see `pleura.diagnosis.conclusion`)."""

    answer: str
    """A class; "not-viral" where only the two steps were asked; or "undetermined"."""
    certain: bool
    """Whether no check failed; the answer is "undetermined" where one did."""
    reasons: tuple[str, ...]
    """Of an undetermined answer: what each failed check found."""
    notes: tuple[str, ...]
    """What weakens the answer without undoing it, such as a classifier that was not asked."""
    checks: tuple[Check, ...]
    """All of them, those that failed first."""
    rule: str
    """How the answer follows, in a sentence or two."""


class StepRecord(Part):
    """One step of the diagnosis: what became of it."""

    name: str
    title: str
    """What it does, for a reader."""
    outcome: Literal["done", "failed", "left out"]
    why: str = ""
    """Why it was left out, or what it failed of; of a step that was done, why it was where nobody asked for it."""


class StepFailure(Part):
    """A step that was to be done and gave no answer; the other parts of the report stand."""

    step: str
    """Its name in `Report.steps`."""
    kind: str
    """The error's class, such as ModelError."""
    message: str
    """What was got, and what was expected."""
    what_to_do: str
    fault: bool
    """True where nothing was wrong with what was given: a fault of the program, whose traceback is in the log."""


class Provenance(Part):
    """What else is needed to repeat the answer."""

    created: str
    """UTC, ISO 8601."""
    pleura: str
    python: str
    torch: str
    device: str
    seed: int
    settings: dict[str, str]
    seconds: dict[str, Seconds]
    """Wall time by step."""


class Report(Part):
    """One study's answer; the part of a step that was left out, or failed, is null: `steps` says why."""

    schema_version: Literal["2"] = "2"
    """From 2 on any step may have been left out, so that `classification`, `explanation` and `model` may be null."""
    disclaimer: str = DISCLAIMER
    warnings: tuple[str, ...]
    """What a reader must not miss, such as synthetic training data."""
    study: StudyInfo
    series: tuple[SeriesInfo, ...]
    lungs: LungMeasurements
    cleaning: SliceCleaning | None = None
    """None where no cleaner was asked."""
    classification: Classification | None = None
    """None where the four classes were not asked."""
    severity: Severity | None = None
    """None where the most probable class is not COVID-19, or no severity model was given."""
    dl1: SliceNetworkAnswer | None = None
    """Viral pneumonia or not, before any cut-off."""
    dl2: SliceNetworkAnswer | None = None
    """COVID-19 or another viral pneumonia, if it is viral, before any cut-off."""
    stepwise: StepwiseDiagnosis | None = None
    """A second opinion by other networks, from `dl1` and `dl2`; None where they were not asked."""
    agreement: str = ""
    """Whether the four classes and the two steps agree, in a sentence; empty where only one was asked."""
    clinical: ClinicalDiagnosis | None = None
    """None without clinical data."""
    explanation: Explanation | None = None
    """None where no heat map was asked."""
    lesions: LesionFindings | None = None
    """None where lesions were not looked for."""
    conclusion: Conclusion | None = None
    """What all classifiers together say; None where none was asked."""
    quality: tuple[str, ...]
    """Notes on the input that may weaken the answer."""
    steps: tuple[StepRecord, ...] = ()
    """All steps that there are, in order."""
    failures: tuple[StepFailure, ...] = ()
    """The steps that failed, in order; empty where all went well."""
    model: ModelInfo | None = None
    """The one that gave the four classes; None where they were not asked."""
    provenance: Provenance
