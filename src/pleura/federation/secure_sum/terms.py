"""What all hospitals of one round agree on: who takes part, in which order, what the vector holds, how it is protected.

Everything that is sent in a round is bound to the hash of its terms.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Literal

from pleura.errors import TermsError
from pleura.federation.secure_sum.layout import Layout

__all__ = ["LEAST_HOSPITALS", "Backend", "RoundTerms", "UploadSet"]

Backend = Literal["ring", "seal", "masks", "plain"]
BACKENDS: tuple[Backend, ...] = ("ring", "seal", "masks", "plain")

LEAST_HOSPITALS = 3
"""With two, each could take its own update from the sum and read the other's."""


@dataclass(frozen=True, kw_only=True)
class RoundTerms:
    """The terms of one round; public.

    Raises
    ------
    TermsError
        If they contradict themselves.
    """

    federation: str
    round: int
    """From 0."""
    attempt: int
    """From 0; a round that failed is run again as the next attempt, with fresh secrets."""
    members: tuple[str, ...]
    """Fingerprint of each hospital, 64 hexadecimal digits; a hospital is spoken of by its place in here, from 0."""
    most_hospitals: int
    """What the encryption leaves room for, at least as many as there are members."""
    layout: Layout
    backend: Backend = "ring"
    values_per_coefficient: Literal[3, 4] = 4
    """4 is smaller on the wire, 3 has about the precision of float32."""
    descriptor: bytes = bytes(32)
    """SHA-256 over whatever else the round's descriptor says (recipe, deadline, policy), 32 bytes."""

    def __post_init__(self) -> None:
        if not self.federation or not self.federation.isprintable():
            raise TermsError(f"a federation needs a printable name, got {self.federation!r}")
        if not (0 <= self.round < 2**32 and 0 <= self.attempt < 2**32):
            raise TermsError(f"round and attempt must lie between 0 and 2^32 - 1, got {self.round} and {self.attempt}")
        if len(set(self.members)) != len(self.members):
            raise TermsError("a hospital stands twice in the list of members; each may take part once")
        bad = [m for m in self.members if len(m) != 64 or set(m) - set("0123456789abcdef")]
        if bad:
            raise TermsError(f"a member is named by 64 lower-case hexadecimal digits, got {bad[0]!r}")
        if not LEAST_HOSPITALS <= len(self.members) <= self.most_hospitals:
            raise TermsError(
                f"a round needs {LEAST_HOSPITALS} to {self.most_hospitals} hospitals, got {len(self.members)}; "
                "invite more hospitals, or found the federation with room for more"
            )
        if self.backend not in BACKENDS:
            raise TermsError(f"no backend is called {self.backend!r}; choose one of {', '.join(BACKENDS)}")
        if self.values_per_coefficient not in (3, 4):
            raise TermsError(f"a coefficient holds 3 or 4 values, got {self.values_per_coefficient}")
        if len(self.descriptor) != 32:
            raise TermsError(f"the descriptor's hash has 32 bytes, got {len(self.descriptor)}")

    @property
    def threshold(self) -> int:
        """Answers that open the sum: floor(2 K / 3) + 1 of K members."""
        return 2 * len(self.members) // 3 + 1

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over all terms, 32 bytes."""
        fields = {
            "federation": self.federation,
            "round": self.round,
            "attempt": self.attempt,
            "members": list(self.members),
            "most_hospitals": self.most_hospitals,
            "layout": self.layout.digest.hex(),
            "backend": self.backend,
            "values_per_coefficient": self.values_per_coefficient,
            "descriptor": self.descriptor.hex(),
        }
        return sha256(b"pleura round terms 1\0" + json.dumps(fields, sort_keys=True).encode()).digest()


@dataclass(frozen=True)
class UploadSet:
    """The hospitals whose uploads the server adds up, by their places in the terms.

    Raises
    ------
    TermsError
        If it is too small, or names a hospital that is no member.
    """

    terms: RoundTerms
    senders: frozenset[int]

    def __init__(self, terms: RoundTerms, senders: Iterable[int]) -> None:
        object.__setattr__(self, "terms", terms)
        object.__setattr__(self, "senders", frozenset(senders))
        strangers = sorted(self.senders - set(range(len(terms.members))))
        if strangers:
            raise TermsError(f"the upload set names hospital {strangers[0]}; there are {len(terms.members)} members")
        if len(self.senders) < LEAST_HOSPITALS:
            raise TermsError(
                f"a sum over {len(self.senders)} uploads would tell too much; it needs {LEAST_HOSPITALS} or more"
            )

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over the terms and the senders, 32 bytes."""
        senders = ",".join(map(str, sorted(self.senders)))
        return sha256(b"pleura upload set 1\0" + self.terms.digest + senders.encode()).digest()
