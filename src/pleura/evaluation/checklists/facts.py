"""What a run knows of its study: a frozen table of facts, each of which may be missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["CohortFacts", "ModelFacts", "StudyFacts", "TestFacts"]


@dataclass(frozen=True, kw_only=True)
class CohortFacts:
    """The cases, and how they were divided."""

    name: str
    description: str = ""
    synthetic: bool | None = None
    """None: not told."""
    generator: str = ""
    """Of synthetic cases."""
    seed: int | None = None
    """Of the generator."""
    partitions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Cases by partition and class."""
    partition_level: str = ""
    """What no two partitions share: "patient", "hospital"."""
    severities: Mapping[str, int] = field(default_factory=dict)
    """Evaluated cases by severity."""
    characteristics: tuple[str, ...] = ()
    """One line a characteristic of the evaluated cases: age, sex, scanner."""


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """The model that gave the answers."""

    name: str
    identity: str = ""
    """SHA-256 of weights and card."""
    work: str = "classified"
    """What it did with the cases: "classified", "segmented"."""
    architecture: str = ""
    arguments: Mapping[str, float] = field(default_factory=dict)
    preprocessing: str = ""
    """A sentence on what is done to a study before the network sees it."""
    subsets: int | None = None
    """Parts of a study whose answers are averaged."""
    parent: str = ""
    """Identity of the model whose weights training began with; empty for fresh weights."""
    training_summary: str = ""
    training_hospitals: tuple[str, ...] | None = None
    """None: not told."""
    training: Mapping[str, str] = field(default_factory=dict)
    """What else the model's card says of its training: epochs, seed, hash of the recipe."""
    synthetic: bool | None = None
    """Whether it was trained on synthetic cases only; None: not told."""
    licence: str = ""


@dataclass(frozen=True, kw_only=True)
class TestFacts:
    """What was evaluated, how, and what came out."""

    __test__ = False  # no test of pytest's

    classes: Mapping[str, int]
    """Cases by true class, in order."""
    cases: int
    patients: int
    patients_named: bool
    """Whether it is known which cases are of one patient."""
    hospitals: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    partition: str = ""
    """Which partition of the cohort."""
    rule: str = ""
    """A sentence: when a case is called what."""
    threshold: float | None = None
    """From which score on a class is called; None: the class with the highest score is."""
    measures: tuple[str, ...] = ()
    """Names of what was computed."""
    uncertainty: str = ""
    """A sentence: which intervals, of which confidence."""
    results: tuple[str, ...] = ()
    """One line a number, with its interval."""
    cluster_results: tuple[str, ...] = ()
    """One line a hospital or group."""
    confusion: tuple[tuple[int, ...], ...] = ()
    """(classes, classes): rows are the truth, columns the answer."""


@dataclass(frozen=True, kw_only=True)
class StudyFacts:
    """All that a run knows; what is None or empty is for a person to say."""

    test: TestFacts
    cohort: CohortFacts | None = None
    model: ModelFacts | None = None
    software: Mapping[str, str] = field(default_factory=dict)
    """Versions by name."""

    @property
    def synthetic(self) -> bool:
        """Whether the evaluated cases are known to be synthetic."""
        return self.cohort is not None and self.cohort.synthetic is True

    @property
    def unseen(self) -> tuple[str, ...]:
        """Hospitals of the evaluated cases that the model was not trained on, where that is known."""
        if self.model is None or self.model.training_hospitals is None:
            return ()
        return tuple(name for name in self.test.hospitals if name not in self.model.training_hospitals)
