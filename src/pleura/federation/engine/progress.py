"""A server's committed rounds in, how many there are and who is in the last one out; the folder is read, never touched.

A `RoundServer` may be at work in the folder meanwhile, in another process.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from pleura.errors import WireError
from pleura.federation.rounds.commits import Commit
from pleura.federation.rounds.descriptor import SignedDescriptor
from pleura.federation.secure_sum.keys.members import MemberList

__all__ = ["CommittedRounds"]


class CommittedRounds:
    """The `Progress` of a `RoundServer`, read anew each time.

    Parameters
    ----------
    folder : of the `RoundServer`
    lists : gives all member lists from number 0 on, as they are now
    coordinator : the coordinator's public key, 32 bytes
    failures : gives the reasons why rounds failed, oldest first, as they are now
    """

    def __init__(
        self,
        folder: Path,
        lists: Callable[[], Sequence[bytes]],
        coordinator: bytes,
        failures: Callable[[], list[str]] = list,
    ) -> None:
        self._rounds, self._lists, self._coordinator = folder / "rounds", lists, coordinator
        self.failures = failures

    def last_round(self) -> int:
        """Count the committed rounds; `WireError` if one is missing among them."""
        committed = sorted(int(path.parent.name) for path in self._rounds.glob("*/commit.json"))
        if committed != list(range(len(committed))):
            raise WireError(f"a committed round is missing in {self._rounds}; bring the folder back from a backup")
        return len(committed)

    def last_hospitals(self) -> frozenset[str]:
        """Names of the hospitals of the last committed round that are members still."""
        rounds = self.last_round()
        if not rounds:
            return frozenset()
        at = self._rounds / f"{rounds - 1:010d}"
        commit = Commit.from_bytes((at / "commit.json").read_bytes())
        signed = (at / f"attempt-{commit.attempt:06d}" / "descriptor").read_bytes()
        there = set(SignedDescriptor.from_bytes(signed, self._coordinator).descriptor.members)
        members = MemberList.from_bytes(self._lists()[-1], self._coordinator).members
        return frozenset(member.name for member in members if member.fingerprint in there)
