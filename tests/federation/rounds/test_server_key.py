"""The server's key and the coordinator's word for it: kept, read back, and refused when another's."""

from pathlib import Path

import numpy as np
import pytest

from federation.rounds.example import DESCRIPTOR
from federation.secure_sum.people import mutations, refused
from pleura.errors import KeyFileError, TermsError, WireError
from pleura.federation.rounds.descriptor import SignedDescriptor
from pleura.federation.rounds.server_key import Endorsement, ServerKey
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.sealing import check_signature


def test_a_key_is_kept_and_signs(tmp_path: Path) -> None:
    made = ServerKey.create(tmp_path / "own")
    read = ServerKey.load(tmp_path / "own")
    assert read.public == made.public
    check_signature(made.public, b"message", read.sign(b"message"), "it")
    with pytest.raises(KeyFileError, match="is there already"):
        ServerKey.create(tmp_path / "own")
    other = ServerKey.create(tmp_path / "other")
    (tmp_path / "own" / "server.key").write_bytes(other.public)
    with pytest.raises(KeyFileError, match="is not the key that"):
        ServerKey.load(tmp_path / "own")
    (tmp_path / "other").chmod(0o755)
    with pytest.raises(KeyFileError, match="others can reach it"):
        ServerKey.load(tmp_path / "other")


def test_an_endorsement(tmp_path: Path, rng: np.random.Generator) -> None:
    coordinator, key = CoordinatorKey.create(tmp_path / "c"), ServerKey.create(tmp_path / "s")
    word = Endorsement.make(coordinator, "Thorax", 3, key.public)
    assert Endorsement.from_bytes(word.to_bytes(), coordinator.public) == word
    read = lambda data: Endorsement.from_bytes(data, coordinator.public)  # noqa: E731
    assert refused(read, mutations(word.to_bytes(), rng)) > 600
    other = CoordinatorKey.create(tmp_path / "o")
    with pytest.raises(WireError, match="by the coordinator"):
        Endorsement.from_bytes(word.to_bytes(), other.public)
    with pytest.raises(TermsError, match="let the coordinator endorse"):
        SignedDescriptor.sign(DESCRIPTOR, word, ServerKey.create(tmp_path / "another"))
