"""The coordinator's word in, a key out with which a server may open rounds, and nothing else.

The coordinator's key makes the member lists, a few times a year, and can lie in a drawer; the server signs a
descriptor each round, day and night, on a machine that the network reaches. So the server has a key of its own, which
the coordinator endorses. Whoever breaks into the server can open rounds within the hospitals' policies, but can add no
hospital to the list; the next endorsement shuts the old key out.
"""

from dataclasses import dataclass
from typing import Final, Self

from pleura.federation.secure_sum.fields import Fields, number, opening, text
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.sealing import SIGNATURE_BYTES, check_signature
from pleura.federation.secure_sum.keys.signing_pair import SigningPair

__all__ = ["Endorsement", "ServerKey"]

_MAGIC: Final = b"PLEUREND"


class ServerKey(SigningPair):
    """The server's pair; the coordinator endorses its public half, and it signs descriptors.

    A server starts without somebody to type a passphrase.
    """

    owner = "server"


@dataclass(frozen=True)
class Endorsement:
    """The coordinator's word that this key opens rounds; 64 + 45 + name bytes as sent.

    Made by `make` or `read`.
    """

    federation: str
    number: int
    """One higher with each key; a hospital that has seen one takes none with a lower number."""
    server: bytes
    """The server's public key, 32 bytes."""
    signature: bytes
    """The coordinator's, over the fields above, 64 bytes."""

    @classmethod
    def make(cls, coordinator: CoordinatorKey, federation: str, which: int, server: bytes) -> Self:
        """Endorse a server's public key, 32 bytes, as number `which`; `WireError` if name or number cannot be."""
        return cls(federation, which, server, coordinator.sign(_signed(federation, which, server)))

    def to_bytes(self) -> bytes:
        """As it is sent, and read by `read`."""
        return _signed(self.federation, self.number, self.server) + self.signature

    @classmethod
    def read(cls, fields: Fields, coordinator: bytes) -> Self:
        """Read from inside a longer message, and check it against the pinned key of the coordinator.

        Raises
        ------
        WireError
            If it is none, or the coordinator did not sign it.
        """
        before = len(fields.so_far())
        fields.opening(_MAGIC)
        federation, which, server = fields.text(), fields.number(4), fields.take(32)
        signed = fields.so_far()[before:]
        made = cls(federation, which, server, fields.take(SIGNATURE_BYTES))
        check_signature(coordinator, signed, made.signature, "the endorsement of the server's key, by the coordinator")
        return made

    @classmethod
    def from_bytes(cls, data: bytes, coordinator: bytes) -> Self:
        """Read one that came by itself; errors as for `read`."""
        fields = Fields(data, "the endorsement of a server's key")
        made = cls.read(fields, coordinator)
        fields.end()
        return made


def _signed(federation: str, which: int, server: bytes) -> bytes:
    return opening(_MAGIC) + text(federation) + number(which, 4) + server
