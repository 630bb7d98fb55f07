"""The hospitals' values of one round in, the sum that each of them opens out: all sides of a round in one process."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import numpy.typing as npt

from pleura.errors import SecureSumError
from pleura.federation.secure_sum.ciphers.keyring import Keyring
from pleura.federation.secure_sum.ciphers.seal_context import make_seal_key
from pleura.federation.secure_sum.hospital import HospitalRound
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.server import ServerRound
from pleura.federation.secure_sum.sums import Opened
from pleura.federation.secure_sum.terms import Backend, RoundTerms, UploadSet

__all__ = ["Exchange", "make_keyrings"]

Numbers = npt.NDArray[np.float32] | npt.NDArray[np.int64]


def make_keyrings(
    federation: str, hospitals: Sequence[str], backend: Backend
) -> tuple[tuple[str, ...], list[Keyring | None]]:
    """Make fresh keys for a federation that lives in this process only; no result depends on them.

    Parameters
    ----------
    federation, hospitals : names
    backend : plain needs no keys, and gets none

    Returns
    -------
    The members' fingerprints and keys, by their places.
    """
    if backend == "plain":
        return tuple(sha256(name.encode()).hexdigest() for name in hospitals), [None for _ in hospitals]
    with TemporaryDirectory(prefix="pleura-keys-") as folder:
        coordinator = CoordinatorKey.create(Path(folder) / "coordinator")
        held = [HospitalKeys.create(Path(folder) / str(place), name) for place, name in enumerate(hospitals)]
    members = MemberList.make(coordinator, federation, [keys.public for keys in held])
    made, message = GroupKey.make(held[0], members)
    opened = [made, *(GroupKey.open(message, keys, members) for keys in held[1:])]
    shared = make_seal_key(made) if backend == "seal" else None
    rings = [Keyring(keys, members, key, shared) for keys, key in zip(held, opened, strict=True)]
    return tuple(keys.public.fingerprint for keys in held), list(rings)


class Exchange:
    """One round among hospitals and a server, each with its own object and its own keys, in one process.

    Every hospital uploads, then `close` fixes the sum, then every hospital opens it.

    Parameters
    ----------
    terms : of the round
    keyrings : of the members, by their places

    Raises
    ------
    TermsError
        If keys and terms do not fit.
    """

    def __init__(self, terms: RoundTerms, keyrings: Sequence[Keyring | None]) -> None:
        self._server = ServerRound(terms)
        self._hospitals = [HospitalRound(terms, place, keys) for place, keys in enumerate(keyrings)]
        self._messages: dict[int, bytes] = {}
        self._answers: list[bytes] = []
        self._set: UploadSet | None = None
        self._sum: list[bytes] = []
        self._up = [0 for _ in keyrings]
        self.seconds = {"protect": 0.0, "add": 0.0, "open": 0.0}
        """Of the work by part: "protect" and "open" of all hospitals together, "add" of the server."""

    def upload(self, place: int, values: Mapping[str, Numbers]) -> None:
        """Send a hospital's values to the server, protected."""
        began = perf_counter()
        hospital = self._hospitals[place]
        for part in hospital.upload(values):
            self._up[place] += len(part)
            self.seconds["protect"] += perf_counter() - began
            began = perf_counter()
            self._server.receive(part, place)
            self.seconds["add"] += perf_counter() - began
            began = perf_counter()
        self._messages[place] = hospital.share_message()
        self._up[place] += len(self._messages[place])
        self.seconds["protect"] += perf_counter() - began

    def close(self) -> None:
        """Add up what has come, and let every hospital answer for it."""
        began = perf_counter()
        self._set = self._server.close()
        self._sum = list(self._server.total_parts())
        self.seconds["add"] += perf_counter() - began
        began = perf_counter()
        messages = {place: self._messages[place] for place in self._set.senders}
        for place, hospital in enumerate(self._hospitals):
            answer = hospital.answer(self._set, messages)
            self._answers.append(answer)
            self._up[place] += len(answer)
        self.seconds["open"] += perf_counter() - began

    def open(self, place: int) -> Opened:
        """Open the sum in a hospital.

        Raises
        ------
        SecureSumError
            If the round is not closed.
        """
        if self._set is None:
            raise SecureSumError("the round is not closed; close it before a hospital opens its sum")
        began = perf_counter()
        opened = self._hospitals[place].open(self._set, self._sum, self._answers)
        self.seconds["open"] += perf_counter() - began
        return opened

    @property
    def bytes_up(self) -> int:
        """What the hospital that sends most has sent: parts, shares and answer."""
        return max(self._up)

    @property
    def bytes_down(self) -> int:
        """What a hospital is sent: the sum's parts, all shares and all answers."""
        return sum(map(len, (*self._sum, *self._messages.values(), *self._answers)))
