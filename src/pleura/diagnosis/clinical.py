"""A clinical model, one patient's values and the CT's answer in; both alone, both together, and why, out."""

from collections.abc import Mapping
from math import isfinite

import numpy as np

from pleura.data.clinical_table.schema import Feature, Schema, parse_schema
from pleura.diagnosis.compose import model_info
from pleura.diagnosis.report import ClinicalDiagnosis, ClinicalFeature
from pleura.errors import CohortError
from pleura.models.clinical_svm.card import ClinicalCard
from pleura.models.clinical_svm.evidence import contributions, to_typical
from pleura.models.clinical_svm.files import ClinicalModel
from pleura.models.toml_write import to_toml

__all__ = ["diagnose_clinical", "model_schema"]

_METHODS = {
    "linear": (
        "contribution to the decision value: weight x (value less training mean) / training deviation; with the base "
        "they add up to it"
    ),
    "poly": "fall of the decision value if this feature alone were typical of the training cases; no sum",
    "rbf": "fall of the decision value if this feature alone were typical of the training cases; no sum",
}


def model_schema(model: ClinicalModel) -> Schema:
    """Give the schema of the clinical table that a model was trained on, for `read_patient`.

    Raises
    ------
    RecipeError
        If the model's card holds none that can be read.
    """
    return parse_schema(to_toml(model.card.schema))


def diagnose_clinical(
    model: ClinicalModel, row: Mapping[str, float], ct_probability: float | None = None
) -> ClinicalDiagnosis:
    """Diagnose one patient by clinical data, by the CT, and by both.

    Parameters
    ----------
    model : as loaded
    row : name of the feature -> number as `read_patient` gives it; what is not in it, or NaN, was not measured
    ct_probability : of the model's disease rather than the other one, by the CT model its card names; or None

    Returns
    -------
    The report's part. There is no answer of both without a CT probability, and none by a model without a fusion.

    Raises
    ------
    CohortError
        If a feature is unknown, a value is impossible, no value is given at all, or the probability is none.
    """
    schema = model_schema(model)
    values = _values(schema, row)
    missing = [name for name, value in zip(schema.names, values.tolist(), strict=True) if np.isnan(value)]
    if len(missing) == len(schema.names):
        raise CohortError(f"none of the clinical features is given; need one or more of {', '.join(schema.names)}")
    if ct_probability is not None and not 0 <= ct_probability <= 1:
        raise CohortError(f"CT probability = {ct_probability}; need a number from 0 to 1")
    decision = float(model.svm.decision(values[None])[0])
    alone = float(model.svm.calibrated(decision))
    both = None
    if ct_probability is not None and model.fusion is not None:
        both = float(model.fusion.combine(model.card.fusion, [ct_probability], [alone])[0])
    parts, base = _parts(model, values)
    features = [
        ClinicalFeature(
            name=name,
            label=feature.label,
            value=_shown(feature, value),
            imputed=_shown(feature, fill) if np.isnan(value) else None,
            evidence=part,
            importance=model.card.importance.get(name),
        )
        for (name, feature), value, fill, part in zip(
            schema.features.items(), values.tolist(), model.svm.encoder.fill.tolist(), parts, strict=True
        )
    ]
    ranked = tuple(sorted(features, key=lambda one: -abs(one.evidence)))
    return ClinicalDiagnosis(
        disease=model.card.classes[1],
        other=model.card.classes[0],
        clinical_probability=alone,
        ct_probability=ct_probability,
        fused_probability=both,
        fusion=model.card.fusion if both is not None else None,
        decision=decision,
        base=base,
        kernel=model.card.kernel,
        evidence_method=_METHODS[model.card.kernel],
        features=ranked,
        missing=tuple(missing),
        sentence=_sentence(model.card, ranked, alone, ct_probability, both, len(schema.names)),
        model=model_info(model),
    )


def _values(schema: Schema, row: Mapping[str, float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    unknown = [name for name in row if name not in schema.features]
    if unknown:
        raise CohortError(f"no feature {unknown[0]} in this model's schema; known are {', '.join(schema.names)}")
    values = np.full(len(schema.names), np.nan)
    for place, (name, feature) in enumerate(schema.features.items()):
        value = row.get(name, np.nan)
        if np.isnan(value):
            continue
        if feature.kind == "number":
            possible = isfinite(value) and feature.low <= value <= feature.high
        else:
            possible = value in range(feature.levels or 2)
        if not possible:
            raise CohortError(f"{name} = {value:g}; need {feature.expected}")
        values[place] = value
    return values


def _parts(
    model: ClinicalModel, values: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> tuple[list[float], float | None]:
    if model.card.kernel == "linear":
        parts, base = contributions(model.svm, values)
        return parts.tolist(), base
    return to_typical(model.svm, values).tolist(), None


def _shown(feature: Feature, value: float) -> str | None:
    """Write a value for a reader; None where there is none."""
    if np.isnan(value):
        return None
    if feature.kind == "yes-no":
        return "yes" if value >= 0.5 else "no"
    if feature.kind == "category":
        return list(feature.values)[int(value)]
    return f"{value:.4g}{f' {feature.unit}' if feature.unit else ''}"


def _sentence(
    card: ClinicalCard,
    ranked: tuple[ClinicalFeature, ...],
    alone: float,
    ct: float | None,
    both: float | None,
    features: int,
) -> str:
    disease, other = card.classes[1], card.classes[0]
    answers = [f"{alone:.0%} by clinical data"]
    if ct is not None:
        answers.append(f"{ct:.0%} by the CT")
    if both is not None:
        answers.append(f"{both:.0%} by both ({card.fusion})")
    text = f"{disease} rather than {other}: {', '.join(answers)}."
    measured = [one for one in ranked if one.imputed is None and one.evidence != 0]
    for direction, sign in (("for it", 1), ("against it", -1)):
        named = [f"{one.label} {one.value}" for one in measured if sign * one.evidence > 0][:3]
        if named:
            text += f" Most {direction}: {', '.join(named)}."
    gaps = [one.label for one in ranked if one.imputed is not None]
    if gaps:
        text += f" Not measured, and taken as typical: {len(gaps)} of {features} ({', '.join(gaps)})."
    return text
