"""What the server wants of one attempt of a round in, signed bytes out; and back again, with every signature checked.

The descriptor is the one thing on which hospitals agree before they train. Its hash stands in the terms of the secure
sum, so that uploads made under two descriptors, such as two that a false server gives to two groups of hospitals, do
not add up.
"""

import json
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any, Final, Self

from pleura.errors import RecipeError, TermsError, WireError
from pleura.federation.rounds.server_key import Endorsement, ServerKey
from pleura.federation.secure_sum.fields import Fields, number, opening
from pleura.federation.secure_sum.keys.sealing import SIGNATURE_BYTES, check_signature
from pleura.federation.secure_sum.layout import Counts, Layout, Segment, Values
from pleura.federation.secure_sum.terms import LEAST_HOSPITALS, Backend, RoundTerms
from pleura.settings import parse_settings

__all__ = ["NOTHING", "Descriptor", "SignedDescriptor", "check_hash"]

NOTHING: Final = "0" * 64
"""Stands for the commit before round 0."""

_MAGIC: Final = b"PLEURDSC"
_LONGEST: Final = 1 << 24
_KINDS: Final[dict[str, type[Segment]]] = {"values": Values, "counts": Counts}


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """One attempt of one round; public.

    Raises
    ------
    TermsError
        If it contradicts itself.
    """

    federation: str
    round: int
    """From 0."""
    attempt: int
    """From 0; the same round run again, with fresh secrets."""
    previous: str
    """Digest of the commit of the round before, 64 hexadecimal digits; `NOTHING` in round 0."""
    model: str
    """Hash of the model that the round begins with, 64 hexadecimal digits."""
    members: tuple[str, ...]
    """Fingerprints of the hospitals that take part, by place."""
    member_list: int
    """Number of the member list in which they stand, and of the group key."""
    member_list_digest: str
    """64 hexadecimal digits."""
    most_hospitals: int
    """What the encryption leaves room for."""
    layout: Layout
    """Of the vector."""
    backend: Backend
    values_per_coefficient: int
    """3 or 4."""
    recipe: str
    """Name of the training recipe."""
    recipe_hash: str
    """SHA-256 of the recipe, 64 hexadecimal digits."""
    local_epochs: float
    """Epochs that a hospital trains at the most."""
    epsilon: float
    """Privacy loss of this round under the recipe's noise; 0 where the recipe adds none and promises nothing."""
    server_reads_model: bool
    """Whether the answers are in clear, so that the server can read the sum."""
    quorum: int
    """Uploads that the sum has at the least."""
    deadline: int
    """Seconds since 1970 UTC after which the server waits for no upload."""

    def __post_init__(self) -> None:
        for name in ("previous", "model", "member_list_digest", "recipe_hash"):
            check_hash(getattr(self, name), f"the descriptor's {name}")
        if not self.recipe or not self.recipe.isprintable():
            raise TermsError(f"a recipe needs a printable name, got {self.recipe!r}")
        if not LEAST_HOSPITALS <= self.quorum <= len(self.members):
            raise TermsError(
                f"the quorum lies between {LEAST_HOSPITALS} and the {len(self.members)} hospitals of the round, "
                f"got {self.quorum}"
            )
        if not (0 < self.local_epochs < float("inf") and 0 <= self.epsilon < float("inf")):
            raise TermsError(
                f"epochs are more than 0 and epsilon is 0 or more, got {self.local_epochs} and {self.epsilon}"
            )
        if not (0 <= self.deadline < 2**63 and 0 <= self.member_list < 2**32):
            raise TermsError(f"deadline {self.deadline} or member list {self.member_list} is out of range")
        if (self.round == 0) != (self.previous == NOTHING):
            raise TermsError(f"round {self.round} must name the commit before it, and only round 0 names none")
        _ = self.terms

    @property
    def digest(self) -> bytes:
        """SHA-256 over all of it, 32 bytes."""
        return sha256(b"pleura descriptor 1\0" + self._canonical()).digest()

    @property
    def terms(self) -> RoundTerms:
        """The terms of the round's secure sum, which hold the hash of the descriptor."""
        return RoundTerms(
            federation=self.federation,
            round=self.round,
            attempt=self.attempt,
            members=self.members,
            most_hospitals=self.most_hospitals,
            layout=self.layout,
            backend=self.backend,
            values_per_coefficient=self.values_per_coefficient,  # type: ignore[arg-type]
            descriptor=self.digest,
        )

    def _canonical(self) -> bytes:
        held = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        held |= {"local_epochs": float(self.local_epochs), "epsilon": float(self.epsilon)}
        held["layout"] = [_row(segment) for segment in self.layout.segments]
        return json.dumps(held, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()

    @classmethod
    def _parse(cls, text: bytes) -> Self:
        try:
            table = json.loads(text)
            segments = tuple(_segment(row) for row in table.pop("layout"))
            parsed = parse_settings(_Plain, {key: tuple(v) if key == "members" else v for key, v in table.items()})
            made = cls(**{entry.name: getattr(parsed, entry.name) for entry in fields(parsed)}, layout=Layout(segments))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, RecipeError, TermsError) as error:
            raise WireError(f"the round's descriptor cannot be used: {error}") from error
        if made._canonical() != text:
            raise WireError("the round's descriptor is not written as one is; ask for it again")
        return made


@dataclass(frozen=True, kw_only=True)
class _Plain:
    """The fields of a descriptor that JSON holds as they are."""

    federation: str
    round: int
    attempt: int
    previous: str
    model: str
    members: tuple[str, ...]
    member_list: int
    member_list_digest: str
    most_hospitals: int
    backend: str
    values_per_coefficient: int
    recipe: str
    recipe_hash: str
    local_epochs: float
    epsilon: float
    server_reads_model: bool
    quorum: int
    deadline: int


@dataclass(frozen=True)
class SignedDescriptor:
    """A descriptor with the server's signature and the coordinator's word for the server.

    Made by `sign` or `from_bytes`.
    """

    descriptor: Descriptor
    endorsement: Endorsement
    signature: bytes
    """The server's, over all before it, 64 bytes."""

    @classmethod
    def sign(cls, descriptor: Descriptor, endorsement: Endorsement, key: ServerKey) -> Self:
        """Sign a descriptor; the server's part.

        Returns
        -------
        with the descriptor as hospitals will read it, where 1 has become 1.0

        Raises
        ------
        TermsError
            If the endorsement is of another key or federation.
        """
        if (endorsement.server, endorsement.federation) != (key.public, descriptor.federation):
            raise TermsError(
                f"the endorsement is for the key {endorsement.server.hex()[:16]}... in {endorsement.federation!r}; "
                f"let the coordinator endorse {key.public.hex()[:16]}... for {descriptor.federation!r}"
            )
        read = Descriptor._parse(descriptor._canonical())
        return cls(read, endorsement, key.sign(_signed(read, endorsement)))

    def to_bytes(self) -> bytes:
        """As it is sent, and read by `from_bytes`."""
        return _signed(self.descriptor, self.endorsement) + self.signature

    @classmethod
    def from_bytes(cls, data: bytes, coordinator: bytes) -> Self:
        """Read one that came from outside; check the coordinator's and the server's signature.

        Parameters
        ----------
        data : the message
        coordinator : the coordinator's public key as this hospital pinned it, 32 bytes

        Raises
        ------
        WireError
            If it is none, or a signature does not hold, or it contradicts itself.
        """
        held = Fields(data, "the round's descriptor")
        held.opening(_MAGIC)
        text = held.take(held.number(4, most=_LONGEST))
        endorsement = Endorsement.read(held, coordinator)
        signed = held.so_far()
        signature = held.take(SIGNATURE_BYTES)
        held.end()
        check_signature(endorsement.server, signed, signature, "the round's descriptor, by the server")
        descriptor = Descriptor._parse(text)
        if descriptor.federation != endorsement.federation:
            raise WireError(
                f"the descriptor is of the federation {descriptor.federation!r}, and its signer was endorsed for "
                f"{endorsement.federation!r}; refuse it"
            )
        return cls(descriptor, endorsement, signature)


def check_hash(value: str, what: str) -> str:
    """Give back a SHA-256 as 64 lower-case hexadecimal digits; `TermsError` if it is none."""
    if len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise TermsError(f"{what} is a hash of 64 lower-case hexadecimal digits, got {value[:80]!r}")
    return value


def _signed(descriptor: Descriptor, endorsement: Endorsement) -> bytes:
    text = descriptor._canonical()
    return opening(_MAGIC) + number(len(text), 4) + text + endorsement.to_bytes()


def _row(segment: Segment) -> dict[str, Any]:
    if isinstance(segment, Values):
        return {"kind": "values", **asdict(segment), "clip": float(segment.clip)}
    return {"kind": "counts", **asdict(segment)}


def _segment(row: dict[str, Any]) -> Segment:
    kind = _KINDS[row.pop("kind")]
    return parse_settings(kind, row)
