"""The payload of a part in, its bytes on the wire out, and back again with every field of the header looked at.

A vector goes in parts: a header of 132 bytes, then the payload, whose words are little-endian and which the backend's
adder looks at. A part is one hospital's, or it is the server's sum and then bound to the hospitals that are in it.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pleura.errors import WireError
from pleura.federation.secure_sum.terms import RoundTerms, UploadSet

__all__ = ["HEADER_BYTES", "SERVER", "Form", "Part", "PartFormat", "Pieces"]

Pieces = Sequence[bytes | memoryview]
"""Of a payload, contiguous; joined only once, where the header is put before them."""

SERVER = 65535
"""Stands in the place of the sender in parts of the sum."""

_HEADER = struct.Struct("<8sHHIIIIII32s32s32s")
HEADER_BYTES = _HEADER.size
"""132: letters, version, backend, round, attempt, sender, part, parts, payload's bytes, and three hashes of 32
bytes."""
_LETTERS = b"PLEURSUM"
_VERSION = 1
_CODES = {"ring": 1, "seal": 2, "masks": 3, "plain": 4}


@dataclass(frozen=True, kw_only=True)
class Form:
    """How many parts a vector has and how large each payload is; the same for an upload and for the sum."""

    parameters: bytes
    """Hash of the backend's parameters, 32 bytes."""
    parts: int
    """1 or more; a vector of no slots is one empty part."""
    part_bytes: int
    """Of each payload but the last."""
    last_bytes: int
    """Of the last payload."""

    @classmethod
    def of(cls, parameters: bytes, total_bytes: int, part_bytes: int) -> "Form":
        """Cut `total_bytes` into parts of `part_bytes` and a last one with what is left."""
        parts = max(1, -(-total_bytes // part_bytes))
        last = total_bytes - (parts - 1) * part_bytes
        return cls(parameters=parameters, parts=parts, part_bytes=part_bytes, last_bytes=last)

    def payload_bytes(self, part: int) -> int:
        """Bytes of this part's payload."""
        return self.last_bytes if part == self.parts - 1 else self.part_bytes


@dataclass(frozen=True)
class Part:
    """A part whose header is right; the payload has the right length and is not looked at yet."""

    sender: int
    """The hospital's place in the terms, or `SERVER`."""
    part: int
    """From 0."""
    payload: memoryview
    """Of the bytes that came, which nobody can change any more."""


class PartFormat:
    """Packs and parses the parts of one round.

    Parameters
    ----------
    terms : of the round
    form : of the backend
    """

    def __init__(self, terms: RoundTerms, form: Form) -> None:
        self._terms = terms
        self._digest = terms.digest
        self._form = form

    def pack(self, sender: int, part: int, pieces: Pieces, upload_set: UploadSet | None = None) -> bytes:
        """Put the header before a payload.

        Parameters
        ----------
        sender : the hospital's place, or `SERVER`
        part : its number, from 0
        pieces : of the payload, which one after the other are as many bytes as the form says
        upload_set : whose uploads are in it; for the server's sum only
        """
        assert (upload_set is not None) == (sender == SERVER)
        length = sum(memoryview(piece).nbytes for piece in pieces)
        assert length == self._form.payload_bytes(part)
        terms, form = self._terms, self._form
        header = _HEADER.pack(
            _LETTERS,
            _VERSION,
            _CODES[terms.backend],
            terms.round,
            terms.attempt,
            sender,
            part,
            form.parts,
            length,
            form.parameters,
            self._digest,
            upload_set.digest if upload_set else bytes(32),
        )
        return b"".join([header, *pieces])

    def parse_upload(self, data: bytes) -> Part:
        """Read a part of a hospital's upload.

        Raises
        ------
        WireError
            If the header is not that of a part of this round from one of its hospitals, or the length is not right.
        """
        part, upload_set = self._parse(data)
        if part.sender >= len(self._terms.members):
            raise WireError(
                f"a part comes from hospital {part.sender}; the round has hospitals 0 to {len(self._terms.members) - 1}"
            )
        if upload_set != bytes(32):
            raise WireError("a part of an upload names an upload set; only the server's sum does")
        return part

    def parse_sum(self, data: bytes, upload_set: UploadSet) -> Part:
        """Read a part of the server's sum over these uploads; `WireError` as for `parse_upload`."""
        part, named = self._parse(data)
        if part.sender != SERVER:
            raise WireError(
                f"a part of the sum was expected, this one is from hospital {part.sender}; ask the server for the sum"
            )
        if named != upload_set.digest:
            raise WireError(
                f"this part is of a sum over other uploads than those of the {len(upload_set.senders)} hospitals that "
                "were announced; refuse the round, and ask the coordinator why there are two"
            )
        return part

    def sum_payloads(self, parts: Iterable[bytes], upload_set: UploadSet) -> Iterator[memoryview]:
        """Payloads of a whole sum, first to last; its parts may come in any order, those that wait are held in memory.

        Raises
        ------
        WireError
            If a part is refused, comes twice, or is missing.
        """
        early: dict[int, memoryview] = {}
        following = 0
        for data in parts:
            part = self.parse_sum(data, upload_set)
            if part.part < following or part.part in early:
                raise WireError(f"part {part.part} of the sum came twice; each is sent once")
            early[part.part] = part.payload
            while following in early:
                yield early.pop(following)
                following += 1
        if following < self._form.parts:
            raise WireError(f"part {following} of the sum's {self._form.parts} is missing; ask the server for it again")

    def _parse(self, data: bytes) -> tuple[Part, bytes]:
        """Read a part, and the upload set's hash that its header names."""
        if len(data) < HEADER_BYTES:
            raise WireError(
                f"a part has a header of {HEADER_BYTES} bytes, got {len(data)} in all; it was cut off: send it again"
            )
        letters, version, code, number, attempt, sender, part, parts, length, parameters, digest, upload_set = (
            _HEADER.unpack_from(data)
        )
        terms, form = self._terms, self._form
        if letters != _LETTERS:
            raise WireError(f"this is no part of a sum: it begins with {letters!r}, not {_LETTERS!r}")
        if version != _VERSION:
            raise WireError(f"the part has format {version}, this program reads {_VERSION}; bring both to one version")
        for what, got, expected in (
            ("backend", _backend(code), terms.backend),
            ("round", number, terms.round),
            ("attempt", attempt, terms.attempt),
            ("parameters", parameters, form.parameters),
            ("terms", digest, self._digest),
            ("number of parts", parts, form.parts),
        ):
            if got != expected:
                raise WireError(
                    f"the part's {what}: {_short(got)}, expected {_short(expected)}; it belongs to another round or "
                    "federation, or its sender's settings differ"
                )
        if part >= form.parts:
            raise WireError(f"part {part} was sent; the vector has parts 0 to {form.parts - 1}")
        expected = form.payload_bytes(part)
        if length != expected or len(data) != HEADER_BYTES + expected:
            raise WireError(
                f"the payload of part {part} has {len(data) - HEADER_BYTES} bytes and says {length}, expected "
                f"{expected}; it was cut off or added to: send it again"
            )
        return Part(sender, part, memoryview(bytes(data))[HEADER_BYTES:]), upload_set


def _backend(code: int) -> str:
    return next((name for name, number in _CODES.items() if number == code), f"unknown ({code})")


def _short(field: str | int | bytes) -> str:
    return f"{field.hex()[:16]}..." if isinstance(field, bytes) else str(field)
