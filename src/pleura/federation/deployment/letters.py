"""What a hospital and the coordinator send each other once, as one file each: a request, and an admission.

Neither holds a private key: the request holds public keys and a request for a certificate, the admission a certificate
and signed lists.
"""

import json
import stat
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.x509.oid import NameOID

from pleura.errors import WireError
from pleura.federation.secure_sum.keys.identity import PublicKeys
from pleura.whole_file import whole_file

__all__ = ["Admission", "Request", "check_certificate", "check_certificate_request"]

_LARGEST: Final = 4 << 20
_MOST_FILES: Final = 10_000
_KEYS, _CERTIFICATE, _COORDINATOR, _LISTS = "public.keys", "certificate.zip", "coordinator.key", "lists/"


@dataclass(frozen=True)
class Request:
    """What a hospital sends to be let in."""

    keys: PublicKeys
    certificate: bytes
    """The engine's request for a certificate, as it made it."""

    def write(self, path: Path) -> None:
        """Write it as one file; `OutputError` if it cannot be."""
        _pack(path, {_KEYS: self.keys.to_bytes(), _CERTIFICATE: self.certificate})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read one that came from outside; `WireError` if it is none, or its owner does not vouch for it."""
        held = _unpack(path, "request")
        try:
            return cls(PublicKeys.from_bytes(held[_KEYS]), held[_CERTIFICATE])
        except KeyError as error:
            raise WireError(f"{path} is no request: it has no {error}; let the hospital send it again") from error


@dataclass(frozen=True)
class Admission:
    """What the coordinator sends back."""

    certificate: bytes
    """The engine's signed answer."""
    coordinator: bytes
    """The coordinator's public key, 32 bytes."""
    lists: tuple[bytes, ...]
    """All member lists, the hospital in the last of them."""

    def write(self, path: Path) -> None:
        """Write it as one file; `OutputError` if it cannot be."""
        lists = {f"{_LISTS}{number:010d}": data for number, data in enumerate(self.lists)}
        _pack(path, {_CERTIFICATE: self.certificate, _COORDINATOR: self.coordinator, **lists})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read one that came from outside; `WireError` if it is none. The lists are not checked here."""
        held = _unpack(path, "admission")
        try:
            lists = tuple(held[name] for name in sorted(held) if name.startswith(_LISTS))
            return cls(held[_CERTIFICATE], held[_COORDINATOR], lists)
        except KeyError as error:
            raise WireError(f"{path} is no admission: it has no {error}; ask the coordinator for it again") from error


def check_certificate_request(path: Path, name: str, federation: str) -> None:
    """Refuse a request for a certificate that asks for more than to be this one hospital.

    Parameters
    ----------
    path : the engine's request
    name : of the hospital
    federation : its name

    Raises
    ------
    WireError
        If it is of another name, kind or federation.
    """
    held = _unpack(path, "request for a certificate")
    try:
        said = json.loads(held["request.json"])
        subject = _subject(x509.load_pem_x509_csr(held[f"{name}.csr"]).subject)
        got = (said["name"], said["cert_type"], said["cert_role"], said["project"])
    except (KeyError, ValueError, TypeError) as error:
        raise WireError(f"the request for a certificate cannot be read: {error!r}; let {name} send it again") from error
    if got != (name, "client", None, federation) or subject != (name, "client"):
        raise WireError(
            f"the request asks for a certificate of {subject[0]!r} as {subject[1]!r} ({got}), and {name!r} may be a "
            f"hospital of {federation!r} under its own name only; do not sign it, and ask who sent it"
        )


def check_certificate(path: Path, name: str) -> None:
    """Refuse a signed answer that is not this hospital's certificate, and no more; `WireError` if so."""
    held = _unpack(path, "certificate")
    try:
        subject = _subject(x509.load_pem_x509_certificate(held[f"{name}.crt"]).subject)
    except (KeyError, ValueError) as error:
        raise WireError(f"{path.name} holds no certificate of {name}: {error!r}; ask for it again") from error
    if subject != (name, "client"):
        raise WireError(f"the certificate is of {subject[0]!r} as {subject[1]!r}, and {name!r} is a hospital")


def _subject(subject: x509.Name) -> tuple[str, str]:
    """Name and kind; any attribute that grants more, or one that is there twice, spoils it."""
    known = {NameOID.COMMON_NAME: "", NameOID.ORGANIZATION_NAME: "", NameOID.UNSTRUCTURED_NAME: ""}
    for one in subject:
        if known.get(one.oid, "twice"):
            raise ValueError(f"the name has {one.rfc4514_string()}, which it may not")
        known[one.oid] = str(one.value)
    return known[NameOID.COMMON_NAME], known[NameOID.UNSTRUCTURED_NAME]


def _pack(path: Path, files: Mapping[str, bytes]) -> None:
    with whole_file(path) as made, zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | 0o600) << 16
            archive.writestr(entry, data)


def _unpack(path: Path, what: str) -> dict[str, bytes]:
    """Read a small archive into memory; nothing of it is written under a name that it chose."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries: Sequence[zipfile.ZipInfo] = archive.infolist()
            names = {entry.filename for entry in entries}
            if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _LARGEST:
                raise WireError(f"{path} is larger than any {what}; ask who sent it")
            if len(names) != len(entries):
                raise WireError(f"{path} names a file twice; ask who sent it")
            return {entry.filename: archive.read(entry) for entry in entries}
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise WireError(f"{path} cannot be read as a {what}: {error}; ask for it again") from error
