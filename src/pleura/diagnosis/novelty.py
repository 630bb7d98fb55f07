"""A model's prediction in; how unlike the cases that it was trained on this one is, for the report, out."""

from pleura.diagnosis.report import Novelty
from pleura.models.files import Model
from pleura.models.predict import Prediction, pooled_features

__all__ = ["novelty"]


def novelty(model: Model, prediction: Prediction) -> Novelty | None:
    """Measure a case's distance from a model's training cases, and hold it against the card's threshold.

    Parameters
    ----------
    model : as loaded
    prediction : its own, of the case

    Returns
    -------
    None for a model without reference cases.

    Raises
    ------
    ModelError
        If the network's features are not those of the reference cases.
    """
    reference, facts = model.reference, model.card.reference
    if reference is None or facts is None:
        return None
    distance = float(reference.distances(pooled_features(model.network, prediction)[None])[0])
    return Novelty(
        distance=distance,
        threshold=facts.threshold,
        novel=distance > facts.threshold,
        rank=reference.rank(distance),
        reference=facts.summary,
    )
