"""What every part of the report is made of: a frozen table of checked numbers, and the model that gave them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Millilitres", "ModelInfo", "Part", "Probability", "Seconds"]

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Millilitres = Annotated[float, Field(ge=0.0)]
Seconds = Annotated[float, Field(ge=0.0)]


class Part(BaseModel):
    """A table of the report: nothing in it changes, and no key is unknown or infinite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


class ModelInfo(Part):
    """Which model gave the answer, and what it learned from."""

    name: str
    id: str
    architecture: str
    licence: str
    synthetic_training_data: bool
    training_data: str
    performance: str
    """What was measured, on which data, when; or that nothing was."""
