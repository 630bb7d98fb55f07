import random
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from federation.secure_sum.people import mutations, refused
from pleura.errors import KeyFileError, WireError
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys, PublicKeys
from pleura.federation.secure_sum.keys.sealing import seal

PASSPHRASE = "correct horse battery"


@pytest.fixture
def keys(tmp_path: Path) -> HospitalKeys:
    return HospitalKeys.create(tmp_path / "keys", "Vestfold")


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("locked") / "keys"
    HospitalKeys.create(folder, "Vestfold", PASSPHRASE)
    return folder


def test_keys_come_back_from_disk(keys: HospitalKeys, tmp_path: Path) -> None:
    again = HospitalKeys.load(tmp_path / "keys")
    assert again.public == keys.public
    assert again.public.name == "Vestfold"
    Ed25519PublicKey.from_public_bytes(keys.public.ed25519).verify(again.sign(b"message"), b"message")
    assert again.open(seal(b"data", keys.public.x25519, b"c"), b"c") == b"data"


def test_the_files_are_plain_pkcs8(keys: HospitalKeys, tmp_path: Path) -> None:
    key = load_pem_private_key((tmp_path / "keys" / "signing.pem").read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    assert key.public_key().public_bytes_raw() == keys.public.ed25519
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["public.keys", "sealing.pem", "signing.pem"]


def test_no_seed_makes_the_same_keys_again(tmp_path: Path) -> None:
    made = []
    for i in range(2):
        random.seed(7)
        np.random.seed(7)  # noqa: NPY002
        made.append(HospitalKeys.create(tmp_path / str(i), "Vestfold").public)
    assert made[0].ed25519 != made[1].ed25519
    assert made[0].x25519 != made[1].x25519


def test_the_fingerprint_is_the_hash_of_both_keys(keys: HospitalKeys) -> None:
    assert keys.fingerprint == sha256(keys.public.ed25519 + keys.public.x25519).hexdigest()
    assert len(keys.fingerprint) == 64


def test_what_is_printed_is_public(keys: HospitalKeys) -> None:
    assert repr(keys) == f"HospitalKeys('Vestfold', {keys.fingerprint[:16]}...)"


def test_public_keys_travel(keys: HospitalKeys) -> None:
    assert PublicKeys.from_bytes(keys.public.to_bytes()) == keys.public


def test_every_other_message_is_refused(keys: HospitalKeys, rng: np.random.Generator) -> None:
    assert refused(PublicKeys.from_bytes, mutations(keys.public.to_bytes(), rng, random=2000)) > 2000


def test_another_hospitals_sealing_key_cannot_be_taken_over(keys: HospitalKeys, tmp_path: Path) -> None:
    other = HospitalKeys.create(tmp_path / "other", "Telemark")
    for forged in (
        replace(keys.public, x25519=other.public.x25519),
        replace(keys.public, ed25519=other.public.ed25519),
        replace(keys.public, name="Telemark"),
        replace(keys.public, proof=other.public.proof),
    ):
        with pytest.raises(WireError, match="by their owner: the signature does not hold"):
            PublicKeys.from_bytes(forged.to_bytes())


def test_a_sealing_key_that_keeps_no_secret_is_refused_though_its_owner_vouches_for_it(keys: HospitalKeys) -> None:
    weak = replace(keys.public, x25519=bytes(32))
    weak = replace(weak, proof=keys.sign(weak.to_bytes()[:-64]))
    with pytest.raises(WireError, match="no X25519 public key that keeps a secret"):
        PublicKeys.from_bytes(weak.to_bytes())


def test_pairs_share_a_key_that_no_third_has(tmp_path: Path) -> None:
    a, b, c = (HospitalKeys.create(tmp_path / name, name) for name in "abc")
    assert a.pair_key(b.public, b"round 1") == b.pair_key(a.public, b"round 1")
    keys = {a.pair_key(b.public, b"round 1"), a.pair_key(b.public, b"round 2"), a.pair_key(c.public, b"round 1")}
    assert len(keys | {b.pair_key(c.public, b"round 1")}) == 4
    with pytest.raises(WireError, match="keeps no secret"):
        a.pair_key(replace(b.public, x25519=bytes(32)), b"round 1")


@pytest.mark.parametrize("name", ["", " a", "a ", "a\n", "a\0", "x" * 257, "ü" * 129, "\ud800"])
def test_names_that_cannot_be_used(name: str, tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be called so"):
        HospitalKeys.create(tmp_path / "keys", name)
    assert not (tmp_path / "keys").exists()


def test_keys_are_never_written_over(keys: HospitalKeys, tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="not written over"):
        HospitalKeys.create(tmp_path / "keys", "Vestfold")
    assert HospitalKeys.load(tmp_path / "keys").public == keys.public


# Passphrases


def test_a_passphrase_locks_both_keys(locked: Path) -> None:
    assert HospitalKeys.load(locked, PASSPHRASE).public.name == "Vestfold"
    for name in ("signing.pem", "sealing.pem"):
        assert (locked / name).read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        with pytest.raises(ValueError, match="password"):  # the passphrase itself is stretched first
            load_pem_private_key((locked / name).read_bytes(), PASSPHRASE.encode())


def test_a_passphrase_may_be_typed_on_another_keyboard(tmp_path: Path) -> None:
    one, several = "Gesundheitsm\u00e4rchen", "Gesundheitsma\u0308rchen"  # one letter, or a letter and its dots
    made = CoordinatorKey.create(tmp_path / "c", one)
    assert CoordinatorKey.load(tmp_path / "c", several).public == made.public


def test_a_wrong_or_missing_passphrase_is_named(locked: Path, keys: HospitalKeys, tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"signing\.pem is locked with another passphrase, or damaged"):
        HospitalKeys.load(locked, PASSPHRASE + "!")
    with pytest.raises(KeyFileError, match="is locked; give its passphrase"):
        HospitalKeys.load(locked)
    with pytest.raises(KeyFileError, match="is not locked, and a passphrase was given"):
        HospitalKeys.load(tmp_path / "keys", PASSPHRASE)


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    for short in ("", "eleven char"):
        with pytest.raises(KeyFileError, match="12 characters or more"):
            HospitalKeys.create(tmp_path / "keys", "Vestfold", short)
    assert not list(tmp_path.rglob("*.pem"))


# Damaged folders


@pytest.mark.parametrize("name", ["signing.pem", "sealing.pem", "public.keys"])
def test_a_damaged_or_missing_file_is_refused(name: str, keys: HospitalKeys, tmp_path: Path) -> None:
    path = tmp_path / "keys" / name
    whole = path.read_bytes()
    for damaged in (b"", whole[:20], whole[: len(whole) // 2], whole[:-30], bytes(len(whole)), b"\xff" * 50):
        path.write_bytes(damaged)
        with pytest.raises(KeyFileError, match=name):
            HospitalKeys.load(tmp_path / "keys")
    path.unlink()
    with pytest.raises(KeyFileError, match=name):
        HospitalKeys.load(tmp_path / "keys")


@pytest.mark.parametrize("name", ["signing.pem", "sealing.pem"])
def test_a_file_of_another_hospital_or_kind_is_refused(name: str, keys: HospitalKeys, tmp_path: Path) -> None:
    HospitalKeys.create(tmp_path / "other", "Telemark")
    whole = (tmp_path / "keys" / name).read_bytes()
    shutil.copy(tmp_path / "other" / name, tmp_path / "keys" / name)
    with pytest.raises(KeyFileError, match=f"{name} is not the key"):
        HospitalKeys.load(tmp_path / "keys")
    other = {"signing.pem": "sealing.pem", "sealing.pem": "signing.pem"}[name]
    shutil.copy(tmp_path / "other" / other, tmp_path / "keys" / name)
    with pytest.raises(KeyFileError, match=rf"{name} holds no (X|Ed)25519 key"):
        HospitalKeys.load(tmp_path / "keys")
    (tmp_path / "keys" / name).write_bytes(whole)
    shutil.copy(tmp_path / "other" / "public.keys", tmp_path / "keys" / "public.keys")
    with pytest.raises(KeyFileError, match=r"is not the key that public\.keys"):
        HospitalKeys.load(tmp_path / "keys")


def test_one_open_file_is_enough_to_be_refused(keys: HospitalKeys, tmp_path: Path) -> None:
    for name in ("signing.pem", "sealing.pem", "public.keys"):
        (tmp_path / "keys" / name).chmod(0o644)
        with pytest.raises(KeyFileError, match=f"chmod 0600 .*{name}"):
            HospitalKeys.load(tmp_path / "keys")
        (tmp_path / "keys" / name).chmod(0o600)
    HospitalKeys.load(tmp_path / "keys")


# The coordinator


def test_the_coordinators_key_comes_back(tmp_path: Path) -> None:
    made = CoordinatorKey.create(tmp_path / "c")
    again = CoordinatorKey.load(tmp_path / "c")
    assert again.public == made.public
    Ed25519PublicKey.from_public_bytes(made.public).verify(again.sign(b"list"), b"list")
    with pytest.raises(KeyFileError, match="not written over"):
        CoordinatorKey.create(tmp_path / "c")
    assert CoordinatorKey.load(tmp_path / "c").public == made.public
    assert repr(made) == f"CoordinatorKey({made.public.hex()[:16]}...)"


def test_the_coordinators_files_belong_together(tmp_path: Path) -> None:
    CoordinatorKey.create(tmp_path / "c")
    CoordinatorKey.create(tmp_path / "d")
    shutil.copy(tmp_path / "d" / "coordinator.pem", tmp_path / "c" / "coordinator.pem")
    with pytest.raises(KeyFileError, match="is not the key"):
        CoordinatorKey.load(tmp_path / "c")


def test_the_coordinators_passphrase(tmp_path: Path) -> None:
    made = CoordinatorKey.create(tmp_path / "c", PASSPHRASE)
    assert CoordinatorKey.load(tmp_path / "c", PASSPHRASE).public == made.public
    with pytest.raises(KeyFileError, match="another passphrase"):
        CoordinatorKey.load(tmp_path / "c", PASSPHRASE[::-1])
