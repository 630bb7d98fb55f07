"""A hospital's model file, and every way by which it comes to another one: the first, an opened sum, a snapshot.

The new file is whole before the ledger says that it is the hospital's model; then the old one goes.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from pleura.errors import ContinuityError, WireError
from pleura.federation.rounds.descriptor import Descriptor
from pleura.federation.rounds.durable import forget, place
from pleura.federation.rounds.ledger import Ledger
from pleura.federation.rounds.messages import Report, WhichModel
from pleura.federation.rounds.snapshot import open_snapshot, seal_snapshot
from pleura.federation.rounds.statements import CARRIED, RELEASED, ModelStatement, check_statements
from pleura.federation.rounds.work import Work
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.membership import Membership
from pleura.federation.secure_sum.sums import Opened

__all__ = ["HeldModel"]


class HeldModel:
    """The model that a hospital holds.

    Parameters
    ----------
    folder : of the models, of `make_folder`
    keys : the hospital's
    work : its learning
    ledger : its records
    clock : seconds since 1970 UTC
    """

    def __init__(
        self, folder: Path, keys: HospitalKeys, work: Work, ledger: Ledger, clock: Callable[[], float]
    ) -> None:
        self._folder, self._keys, self._work, self._ledger, self._clock = folder, keys, work, ledger, clock

    @property
    def path(self) -> Path:
        """Where its file lies, if there is one."""
        return self._path(self._ledger.standing.round)

    @property
    def whole(self) -> bool:
        """Whether its file is there and is what the ledger says."""
        return self.path.is_file() and self._work.digest(self.path) == self._ledger.standing.model

    def begin(self) -> None:
        """Make the model before round 0, if the hospital never had one."""
        standing = self._ledger.standing
        if not standing.model:
            place(self._path(0), self._work.begin)
            self._record("began", 0, self._work.digest(self._path(0)), standing.commit)

    def advance(self, opened: Opened, descriptor: Descriptor, commit: str) -> None:
        """Make the model that follows from an opened sum.

        Parameters
        ----------
        opened : the sum of the committed round
        descriptor : of the round
        commit : digest of its commit
        """
        after = self._path(descriptor.round + 1)
        place(after, lambda made: self._work.advance(self.path, opened, descriptor, made))
        self._record("applied", descriptor.round + 1, self._work.digest(after), commit)

    def give(self, which: WhichModel, into: Path, membership: Membership) -> None:
        """Lock the model for the newest list's members.

        Parameters
        ----------
        which : the model that is asked for
        into : the file that is made
        membership : with the newest list and its group key

        Raises
        ------
        ContinuityError
            If the hospital holds another model.
        """
        standing, members = self._ledger.standing, membership.members
        if not self._is_own(which):
            raise ContinuityError(
                f"a snapshot after {which.round} rounds was asked for, and this hospital holds the model after "
                f"{standing.round}; ask one that holds it"
            )
        key = membership.group_key(self._keys)
        seal_snapshot(self.path, into, key, federation=members.federation, which=which.round, model=which.model)

    def take(self, which: WhichModel, snapshot: Path, statements: Iterable[bytes], membership: Membership) -> None:
        """Take a snapshot, if more than half of the other members vouch for its hash.

        Parameters
        ----------
        which : the model that it should be
        snapshot : as another hospital gave it
        statements : hospitals' words for the model
        membership : with the newest list and its group key

        Raises
        ------
        ContinuityError
            If it would take the hospital back, or to another model of the same round.
        ShortAnswersError
            If too few vouch for it.
        WireError
            If it does not open, or is another model than they say, or a word is none.
        """
        standing, members = self._ledger.standing, membership.members
        repairs = self._is_own(which) and not self.whole
        if which.round <= standing.round and standing.model and not repairs:
            raise ContinuityError(
                f"a snapshot after {which.round} rounds was given to a hospital that stands at {standing.round}; a "
                "model is not taken back, nor replaced by another of the same round"
            )
        check_statements(
            statements,
            members,
            purpose=CARRIED,
            which=which.round,
            commit=which.commit,
            model=which.model,
            least=(len(members.members) - 1) // 2 + 1,
            without=self._keys.fingerprint,
        )
        arrived = self._folder / "arrived"
        key = membership.group_key(self._keys)
        open_snapshot(snapshot, arrived, key, federation=members.federation, which=which.round, model=which.model)
        found = self._work.digest(arrived)
        if found != which.model:
            forget(arrived)
            raise WireError(
                f"the snapshot holds model {found[:16]}..., and the others carry {which.model[:16]}...; ask another "
                "hospital for it"
            )
        place(self._path(which.round), lambda made: _rename(arrived, made))
        self._record("snapshot", which.round, which.model, which.commit)

    def release(self, model: str, membership: Membership) -> bytes:
        """Sign that the model may leave the federation; see `RoundHospital.sign_release`."""
        standing, members = self._ledger.standing, membership.members
        if not model or model != standing.model:
            raise ContinuityError(
                f"model {model[:16]}... is to be released, and this hospital holds {standing.model[:16]}... after "
                f"{standing.round} rounds; a hospital vouches for what it holds"
            )
        said = ModelStatement.make(self._keys, RELEASED, members.federation, standing.round, standing.commit, model)
        self._record("released", standing.round, model, standing.commit)
        return said.to_bytes()

    def report(self, membership: Membership, unopened: str = "") -> Report:
        """Say which model it is, signed.

        Parameters
        ----------
        membership : with the newest list
        unopened : why a committed sum does not open
        """
        standing, members = self._ledger.standing, membership.members
        if not standing.model:
            raise ContinuityError("this hospital holds no model; check in first, which makes the first one")
        said = ModelStatement.make(
            self._keys, CARRIED, members.federation, standing.round, standing.commit, standing.model
        )
        return Report(
            round=standing.round,
            model=standing.model,
            commit=standing.commit,
            group_key=members.number in membership.epochs,
            statement=said.to_bytes().hex(),
            whole=self.whole,
            unopened=unopened,
        )

    def tidy(self) -> None:
        """Take away files of all models but the current one."""
        for path in self._folder.iterdir():
            if path != self.path:
                forget(path)

    def _is_own(self, which: WhichModel) -> bool:
        standing = self._ledger.standing
        return (which.round, which.model, which.commit) == (standing.round, standing.model, standing.commit)

    def _record(self, kind: str, which: int, model: str, commit: str) -> None:
        self._ledger.write(kind, self._clock(), round=which, model=model, commit=commit)

    def _path(self, which: int) -> Path:
        return self._folder / f"{which:010d}.model"


def _rename(source: Path, target: Path) -> None:
    source.replace(target)
