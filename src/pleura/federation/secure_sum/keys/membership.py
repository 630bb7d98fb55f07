"""What a hospital knows of its federation, kept on disk: the pinned coordinator, the newest list, its epochs' keys.

The files lie beside the hospital's own keys. None of them is secret: group keys are kept as they came, sealed, so
that only the hospital's own private keys need a passphrase.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from pleura.errors import KeyFileError, WireError
from pleura.federation.secure_sum.keys.files import KeyFolder
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList

__all__ = ["Membership"]

_COORDINATOR: Final = "pinned-coordinator.key"


class Membership:
    """One hospital's place in one federation.

    Made by `join` or `load`.
    """

    def __init__(self, files: KeyFolder, coordinator: bytes, newest: MemberList) -> None:
        self._files = files
        self.coordinator = coordinator
        """The pinned public key, 32 bytes."""
        self.members = newest
        """The newest list."""

    @classmethod
    def join(cls, folder: Path, coordinator: bytes, lists: Sequence[bytes]) -> Self:
        """Pin the coordinator's key and take the lists from number 0 on.

        Parameters
        ----------
        folder : where the hospital's own keys lie
        coordinator : its public key, 32 bytes, from a way that the server is no part of: a letter, a call
        lists : all member lists up to now

        Raises
        ------
        WireError
            If a list is forged, missing or out of order.
        KeyFileError
            If the folder already belongs to a federation, or is open to others, or the key has not 32 bytes.
        """
        if len(coordinator) != 32:
            raise KeyFileError(f"a coordinator's public key has 32 bytes, got {len(coordinator)}; ask for it again")
        newest = MemberList.read_chain(lists, coordinator)
        files = KeyFolder(folder)
        if _COORDINATOR in files.names():
            raise KeyFileError(
                f"{files.path} belongs to a federation already; keep each federation's keys in its own folder"
            )
        files.write(_list(newest.number), newest.to_bytes(), replace=True)
        files.write(_COORDINATOR, coordinator)
        return cls(files, coordinator, newest)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what was kept, and check it again; `KeyFileError` if it is missing or damaged."""
        files = KeyFolder(folder)
        coordinator = files.read(_COORDINATOR)
        lists = [which for name in files.names() if (which := _number(name, "members-")) is not None]
        if not lists:
            raise KeyFileError(f"{files.path} holds no member list; bring it back from a backup, or join again")
        return cls(files, coordinator, _read_list(files, max(lists), coordinator))

    def take_list(self, data: bytes) -> MemberList:
        """Take the next list, and keep it; the newest one may come again, an older one is refused.

        Raises
        ------
        WireError
            If it is forged, or not the next.
        """
        came = MemberList.from_bytes(data, self.coordinator)
        if came.digest != self.members.digest:
            came.check_follows(self.members)
            self._files.write(_list(came.number), data, replace=True)
            self.members = came
        return self.members

    def take_group_key(self, message: bytes, keys: HospitalKeys) -> GroupKey:
        """Take the key of the newest list's epoch, and keep it sealed; a second, other key for one epoch is refused.

        Raises
        ------
        WireError, TermsError
            As for `GroupKey.open`.
        """
        key = GroupKey.open(message, keys, self.members)
        name = _key(self.members.number)
        if name not in self._files.names():
            self._files.write(name, message)
        elif self.group_key(keys).identity != key.identity:
            raise WireError(
                f"epoch {key.epoch} has a group key already, and this is another one; one member makes one key an epoch"
            )
        return key

    def group_key(self, keys: HospitalKeys, epoch: int | None = None) -> GroupKey:
        """Open the kept key of an epoch, by default the newest list's.

        Raises
        ------
        KeyFileError
            If it was not taken yet, or is forgotten.
        WireError, TermsError
            As for `GroupKey.open`.
        """
        which = self.members.number if epoch is None else epoch
        members = self.members
        if which != members.number:
            members = _read_list(self._files, which, self.coordinator)
        return GroupKey.open(self._files.read(_key(which)), keys, members)

    @property
    def epochs(self) -> list[int]:
        """Epochs whose keys are kept, ascending."""
        return [which for name in self._files.names() if (which := _number(name, "group-")) is not None]

    def forget_before(self, epoch: int) -> None:
        """Take away lists and keys of epochs below this one; done when nothing from them is waited for any more.

        The newest list stays whatever is asked.
        """
        least = min(epoch, self.members.number)
        for name in self._files.names():
            for kind in ("members-", "group-"):
                which = _number(name, kind)
                if which is not None and which < least:
                    self._files.remove(name)


def _list(which: int) -> str:
    return f"members-{which:010d}.list"


def _key(which: int) -> str:
    return f"group-{which:010d}.sealed"


def _number(name: str, kind: str) -> int | None:
    digits = name.removeprefix(kind).split(".")[0]
    return int(digits) if name.startswith(kind) and digits.isdecimal() else None


def _read_list(files: KeyFolder, which: int, coordinator: bytes) -> MemberList:
    path = files.path / _list(which)
    try:
        found = MemberList.from_bytes(files.read(path.name), coordinator)
    except WireError as error:
        raise KeyFileError(f"{path} is damaged: {error}") from error
    if found.number != which:
        raise KeyFileError(f"{path} holds list {found.number}; bring it back from a backup, or join again")
    return found
