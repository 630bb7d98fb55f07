"""Descriptors signed, read back, altered at every byte, and refused where they contradict themselves."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from federation.rounds.example import DESCRIPTOR
from federation.rounds.thorax import NAME
from federation.secure_sum.people import mutations, refused
from pleura.errors import TermsError, WireError
from pleura.federation.rounds.descriptor import NOTHING, Descriptor, SignedDescriptor
from pleura.federation.rounds.server_key import Endorsement, ServerKey
from pleura.federation.secure_sum.fields import number, opening
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.layout import Counts, Layout, Values


class Signers:
    def __init__(self, folder: Path) -> None:
        self.coordinator = CoordinatorKey.create(folder / "coordinator")
        self.key = ServerKey.create(folder / "server")
        self.endorsement = Endorsement.make(self.coordinator, NAME, 1, self.key.public)

    def sign(self, descriptor: Descriptor = DESCRIPTOR) -> bytes:
        return SignedDescriptor.sign(descriptor, self.endorsement, self.key).to_bytes()

    def sign_text(self, text: bytes) -> bytes:
        head = opening(b"PLEURDSC") + number(len(text), 4) + text + self.endorsement.to_bytes()
        return head + self.key.sign(head)


@pytest.fixture
def signers(tmp_path: Path) -> Signers:
    return Signers(tmp_path)


def test_signed_and_read_back(signers: Signers) -> None:
    read = SignedDescriptor.from_bytes(signers.sign(), signers.coordinator.public)
    assert read.descriptor == DESCRIPTOR
    assert read.endorsement == signers.endorsement
    assert read.descriptor.terms.descriptor == DESCRIPTOR.digest
    assert read.descriptor.terms.digest == DESCRIPTOR.terms.digest
    odd = Layout((Values(name="ö", size=0, clip=1 / 3), Counts(name="n", size=1, most=2**53 - 1)))
    made = replace(DESCRIPTOR, layout=odd, federation=NAME, recipe="grün")
    assert SignedDescriptor.from_bytes(signers.sign(made), signers.coordinator.public).descriptor == made


def test_whole_numbers_are_read_as_they_are_signed(signers: Signers) -> None:
    layout = Layout((Values(name="w", size=5, clip=1), Counts(name="n", size=1, most=1000)))
    signed = SignedDescriptor.sign(replace(DESCRIPTOR, layout=layout, local_epochs=1), signers.endorsement, signers.key)
    read = SignedDescriptor.from_bytes(signed.to_bytes(), signers.coordinator.public)
    assert read.descriptor.terms.digest == signed.descriptor.terms.digest


def test_every_field_changes_the_terms() -> None:
    other: dict[str, Any] = {
        "federation": "Abdomen",
        "previous": "00" * 31 + "01",
        "members": DESCRIPTOR.members[::-1],
        "layout": Layout((Values(name="w", size=5, clip=2.0),)),
        "backend": "plain",
        "values_per_coefficient": 3,
        "recipe": "another",
        "local_epochs": 1.0,
        "epsilon": 1.0,
        "server_reads_model": True,
    }
    seen = {DESCRIPTOR.terms.digest}
    for entry in fields(Descriptor):
        value = getattr(DESCRIPTOR, entry.name)
        new = other.get(entry.name, value + 1 if isinstance(value, int) else "99" * 32)
        seen.add(replace(DESCRIPTOR, **{entry.name: new}).terms.digest)
    assert len(seen) == 1 + len(fields(Descriptor))


@pytest.mark.parametrize(
    "change",
    [
        {"quorum": 2},
        {"quorum": 6},
        {"members": DESCRIPTOR.members[:2]},
        {"members": DESCRIPTOR.members[:1] * 4},
        {"most_hospitals": 4},
        {"previous": NOTHING},
        {"round": 0},
        {"model": "CD" * 32},
        {"recipe": ""},
        {"local_epochs": 0.0},
        {"epsilon": float("nan")},
        {"epsilon": float("inf")},
        {"deadline": -1},
        {"backend": "rot13"},
        {"values_per_coefficient": 5},
    ],
    ids=str,
)
def test_contradictions(change: dict[str, Any]) -> None:
    with pytest.raises(TermsError):
        replace(DESCRIPTOR, **change)


def test_altered_bytes_are_refused(signers: Signers, rng: np.random.Generator) -> None:
    message = signers.sign()
    public = signers.coordinator.public
    count = refused(
        lambda data: SignedDescriptor.from_bytes(data, public), mutations(message, rng, every=3, random=200)
    )
    assert count > 500


def test_signed_texts_that_are_no_descriptor(signers: Signers) -> None:
    text = json.dumps({"a": 1}).encode()
    row = json.loads(DESCRIPTOR._canonical())
    for altered in (
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        text,
        b"[" * 100_000,
        json.dumps(row, sort_keys=True).encode(),  # spaces: the same fields, other bytes
        _written(row | {"quorum": True}),
        _written(row | {"quorum": "3"}),
        _written(row | {"quorum": 3.0}),
        _written(row | {"extra": 1}),
        _written({key: value for key, value in row.items() if key != "epsilon"}),
        _written(row | {"layout": [{"kind": "sums", "name": "w", "size": 1, "clip": 1.0}]}),
        _written(row | {"layout": 5}),
        _written(row | {"members": "abc"}),
        _written(row | {"local_epochs": 1e400}),
        DESCRIPTOR._canonical().replace(b'"quorum":3', b'"quorum":3,"quorum":4'),
    ):
        with pytest.raises(WireError):
            SignedDescriptor.from_bytes(signers.sign_text(altered), signers.coordinator.public)
    right = SignedDescriptor.from_bytes(signers.sign_text(_written(row)), signers.coordinator.public)
    assert right.descriptor == DESCRIPTOR


def _written(row: dict[str, Any]) -> bytes:
    return json.dumps(row, sort_keys=True, separators=(",", ":")).encode()
