"""What the server wants of every round: one frozen dataclass."""

from dataclasses import dataclass

from pleura.errors import TermsError
from pleura.federation.secure_sum.layout import Layout
from pleura.federation.secure_sum.terms import LEAST_HOSPITALS, Backend

__all__ = ["RoundPlan"]


@dataclass(frozen=True, kw_only=True)
class RoundPlan:
    """The settings of a server's rounds; what is wrong with a recipe or layout shows when a round is opened.

    Raises
    ------
    TermsError
        If they contradict themselves, or the backend is `seal`, for whose shared key rounds have no way yet.
    """

    recipe: str
    """Name of the training recipe."""
    recipe_hash: str
    """Its SHA-256, 64 hexadecimal digits."""
    layout: Layout
    """Of the vector."""
    backend: Backend = "ring"
    values_per_coefficient: int = 4
    """3 or 4."""
    most_hospitals: int = 16
    """What the encryption leaves room for."""
    local_epochs: float = 1.0
    """Epochs that a hospital trains at the most."""
    epsilon: float = 0.0
    """Privacy loss of a round; 0 promises nothing."""
    quorum: int = LEAST_HOSPITALS
    """Hospitals to begin with, and uploads to go on with, at the least."""
    settle_s: float = 60.0
    """Seconds that a round waits for the hospitals of the last one before it goes on with a quorum."""
    small_s: float = 60.0
    """Seconds for a hospital to answer what takes it no work."""
    small_grace_s: float = 15.0
    """Seconds for the last of them once a quorum has answered."""
    transfer_s: float = 600.0
    """Seconds for a hospital to fetch a sum or a model."""
    deadline_s: float = 3600.0
    """Seconds for training and upload."""
    grace_s: float = 120.0
    """Seconds for latecomers' uploads, and for the last to fetch a sum or a model, once the quorum is whole."""
    stall_s: float = 15.0
    """Seconds without a byte after which latecomers are given up once the quorum is whole."""
    answer_s: float = 300.0
    """Seconds for the answers."""
    answer_grace_s: float = 5.0
    """Seconds for more answers than are needed; with them a false one is found."""

    def __post_init__(self) -> None:
        if self.backend == "seal":
            raise TermsError("rounds carry no shared key for the backend seal; use ring")
        if self.quorum < LEAST_HOSPITALS:
            raise TermsError(f"a quorum has {LEAST_HOSPITALS} hospitals or more, got {self.quorum}")
        times = (self.settle_s, self.small_grace_s, self.grace_s, self.answer_grace_s)
        limits = (self.small_s, self.transfer_s, self.deadline_s, self.stall_s, self.answer_s)
        if min(times) < 0 or min(limits) <= 0:
            raise TermsError(f"delays are 0 s or more and limits more than 0 s, got {times} and {limits}")
