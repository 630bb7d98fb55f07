"""A server's tasks in, a hospital's replies out: checked against its records, its policy and the signatures.

Nothing is held in memory between two tasks but what is on the disk too, so that a hospital that was killed goes on
where its records end. What cannot be had back is a round's secret: a hospital that was killed before its upload was
recorded draws another one and makes the upload anew, as nothing of the first has left; after that it sends the same
file again, byte for byte.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from pleura.errors import ContinuityError, WireError
from pleura.federation.rounds.commits import Commit
from pleura.federation.rounds.committed import UNOPENED, check_commit, open_commit
from pleura.federation.rounds.continuity import check_answer, check_opening
from pleura.federation.rounds.descriptor import Descriptor, SignedDescriptor
from pleura.federation.rounds.durable import forget, make_folder, write_whole
from pleura.federation.rounds.exchange import Reply
from pleura.federation.rounds.file_hash import hash_file
from pleura.federation.rounds.frames import frames, read_frames
from pleura.federation.rounds.held_model import HeldModel
from pleura.federation.rounds.ledger import Ledger
from pleura.federation.rounds.messages import (
    ANSWER,
    CHECK_IN,
    GIVE_SNAPSHOT,
    MAKE_GROUP_KEY,
    TAKE_COMMIT,
    TAKE_SNAPSHOT,
    WORK,
    Senders,
    WhichModel,
    from_json,
    to_json,
)
from pleura.federation.rounds.policy import check_policy, read_policy
from pleura.federation.rounds.work import Work
from pleura.federation.secure_sum.ciphers.keyring import Keyring
from pleura.federation.secure_sum.hospital import HospitalRound
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.keys.membership import Membership
from pleura.federation.secure_sum.terms import UploadSet

__all__ = ["RoundHospital"]

Files = Mapping[str, Path]


class RoundHospital:
    """One hospital's side of all rounds; a `HospitalHandler`.

    Parameters
    ----------
    folder : its own, made if it is absent: ledger, model, what it sends
    keys : its own
    membership : the folder with its member lists and group keys
    policy : its policy file, read anew for each round
    work : its learning
    clock : seconds since 1970 UTC
    threads : blocks that are encrypted or decrypted at once

    Raises
    ------
    ContinuityError
        If the ledger is damaged.
    OutputError
        If the folder cannot be used, or is open to others.
    """

    def __init__(
        self,
        folder: Path,
        keys: HospitalKeys,
        membership: Path,
        policy: Path,
        work: Work,
        *,
        clock: Callable[[], float] = time.time,
        threads: int = 1,
    ) -> None:
        make_folder(folder)
        self._outbox = make_folder(folder / "outbox")
        self._keys, self._membership_folder, self._policy = keys, membership, policy
        self._work, self._clock, self._threads = work, clock, threads
        self.ledger = Ledger(folder / "ledger")
        self._held = HeldModel(make_folder(folder / "models"), keys, work, self.ledger, clock)
        self._tidy()
        self._tasks: dict[str, Callable[[bytes, Files], Reply]] = {
            CHECK_IN: self._check_in,
            MAKE_GROUP_KEY: self._make_group_key,
            TAKE_COMMIT: self._take_commit,
            GIVE_SNAPSHOT: self._give_snapshot,
            TAKE_SNAPSHOT: self._take_snapshot,
            WORK: self._do_work,
            ANSWER: self._answer,
        }

    @property
    def model(self) -> Path:
        """Where the file of the current model lies, if there is one."""
        return self._held.path

    def handle(self, task: str, message: bytes, files: Files) -> Reply:
        """Do one task; see `HospitalHandler.handle`.

        Raises
        ------
        WireError
            If the task or a file is unknown or missing, or a signature does not hold.
        ContinuityError
            If the task skips, repeats or forks a round, or begins from another model.
        PolicyError
            If the hospital's policy forbids it.
        SecureSumError, OutputError
            As for what is done; nothing has left the hospital then.
        """
        if task not in self._tasks:
            raise WireError(f"there is no task {task!r}; bring both programs to one version")
        return self._tasks[task](message, _Files(files, task))

    def sign_release(self, model: str) -> bytes:
        """Sign that a model may leave the federation; an act of the hospital's people, to which no task leads.

        Parameters
        ----------
        model : hash of the model, which has to be the current one

        Returns
        -------
        this hospital's word, for `release.write_release`

        Raises
        ------
        ContinuityError
            If it is another model than the hospital holds.
        """
        return self._held.release(model, self._membership())

    def _check_in(self, message: bytes, files: Files) -> Reply:  # noqa: ARG002
        membership = self._membership()
        lists = [data for _, data in read_frames(files["members"])]
        held = membership.members
        if len(lists) <= held.number or lists[held.number] != held.to_bytes():
            raise ContinuityError(
                f"the server's member list {held.number} is not the one that this hospital holds; ask the coordinator "
                "why there are two"
            )
        for data in lists[held.number + 1 :]:
            membership.take_list(data)
        if "group-key" in files:
            membership.take_group_key(files["group-key"].read_bytes(), self._keys)
        self._held.begin()
        return self._report(membership)

    def _make_group_key(self, message: bytes, files: Files) -> Reply:  # noqa: ARG002
        """Make a key; this hospital takes it when it comes back as everybody's."""
        _, made = GroupKey.make(self._keys, self._membership().members)
        return Reply(made)

    def _do_work(self, message: bytes, files: Files) -> Reply:  # noqa: ARG002
        membership = self._membership()
        descriptor = self._agree(files["descriptor"], membership)
        attempt = self.ledger.standing.newest
        assert attempt is not None
        upload, shares = self._outbox / "upload", self._outbox / "shares"
        if not attempt.upload:
            forget(upload)
            forget(shares)
            values = self._work.contribute(self.model, descriptor)
            side = self._side(descriptor, membership.members, membership.group_key(self._keys))
            size = write_whole(upload, frames(side.upload(values)))
            write_whole(shares, side.share_message())
            self.ledger.write(
                "uploaded",
                self._clock(),
                round=descriptor.round,
                attempt=descriptor.attempt,
                descriptor=descriptor.digest.hex(),
                epsilon=descriptor.epsilon,
                upload=hash_file(upload),
                shares=hash_file(shares),
                bytes=size,
                clipped=sum(side.clipped.values()),
            )
        elif (hash_file(upload), hash_file(shares)) != (attempt.upload, attempt.shares):
            raise ContinuityError(
                f"this hospital has uploaded in attempt {attempt.number} of round {descriptor.round}, and what it sent "
                "is no longer whole; another upload under one descriptor is not made: run another attempt"
            )
        return Reply(files={"upload": upload, "shares": shares})

    def _answer(self, message: bytes, files: Files) -> Reply:
        membership = self._membership()
        descriptor = self._agree(files["descriptor"], membership)
        upload_set = UploadSet(descriptor.terms, from_json(Senders, message).places)
        policy = read_policy(self._policy)
        least = policy.least_difference
        first = check_answer(self.ledger.standing, descriptor, upload_set, least_difference=least)
        dealt = dict(zip(sorted(upload_set.senders), (data for _, data in read_frames(files["shares"])), strict=False))
        side = self._side(descriptor, membership.members, membership.group_key(self._keys))
        answer = side.answer(upload_set, dealt)
        if first:
            self.ledger.write(
                "answered",
                self._clock(),
                round=descriptor.round,
                attempt=descriptor.attempt,
                descriptor=descriptor.digest.hex(),
                upload_set=upload_set.digest.hex(),
                senders=sorted(upload_set.terms.members[sender] for sender in upload_set.senders),
            )
        return Reply(answer)

    def _agree(self, path: Path, membership: Membership) -> Descriptor:
        """Check a descriptor of the next round, and record that this hospital takes part under it."""
        signed = SignedDescriptor.from_bytes(path.read_bytes(), membership.coordinator)
        descriptor, members = signed.descriptor, membership.members
        self._refuse_other_list(descriptor, members)
        members.of(descriptor.terms)
        self._place(descriptor)
        standing = self.ledger.standing
        new = check_opening(standing, descriptor, endorsement=signed.endorsement.number, now=self._clock())
        if new:
            check_policy(read_policy(self._policy), descriptor, held=self._work.recipes, spent=standing.spent)
            if self._work.layout(descriptor.recipe_hash) != descriptor.layout:
                raise ContinuityError(
                    f"the descriptor's vector is not laid out as the recipe {descriptor.recipe!r} lays it out here; "
                    "bring server and hospitals to one version"
                )
            self.ledger.write(
                "accepted",
                self._clock(),
                round=descriptor.round,
                attempt=descriptor.attempt,
                descriptor=descriptor.digest.hex(),
                endorsement=signed.endorsement.number,
                recipe=descriptor.recipe,
                recipe_hash=descriptor.recipe_hash,
            )
        return descriptor

    def _take_commit(self, message: bytes, files: Files) -> Reply:
        membership = self._membership()
        commit = Commit.from_bytes(message)
        signed = SignedDescriptor.from_bytes(files["descriptor"].read_bytes(), membership.coordinator)
        descriptor = signed.descriptor
        check_commit(self.ledger.standing, commit, descriptor, files)
        members = self._list_of(descriptor, files["members"], membership.coordinator)
        group_key = membership.group_key(self._keys, descriptor.member_list)
        side = self._side(descriptor, members, group_key)
        try:
            opened = open_commit(side, UploadSet(descriptor.terms, commit.senders), files)
        except UNOPENED as error:
            return self._report(membership, unopened=str(error))
        self._held.advance(opened, descriptor, commit.digest)
        return self._moved(membership)

    def _give_snapshot(self, message: bytes, files: Files) -> Reply:  # noqa: ARG002
        sealed = self._outbox / "snapshot"
        self._held.give(from_json(WhichModel, message), sealed, self._membership())
        return Reply(files={"snapshot": sealed})

    def _take_snapshot(self, message: bytes, files: Files) -> Reply:
        membership = self._membership()
        statements = (data for _, data in read_frames(files["statements"]))
        self._held.take(from_json(WhichModel, message), files["snapshot"], statements, membership)
        return self._moved(membership)

    def _moved(self, membership: Membership) -> Reply:
        """Take away what only the old model needed."""
        self._tidy()
        membership.forget_before(membership.members.number)
        return self._report(membership)

    def _tidy(self) -> None:
        """Take away models but the current one, and what no record says may have left."""
        self._held.tidy()
        newest = self.ledger.standing.newest
        sent = {"upload", "shares"} if newest is not None and newest.upload else set()
        for path in self._outbox.iterdir():
            if path.name not in sent:
                forget(path)

    def _report(self, membership: Membership, unopened: str = "") -> Reply:
        return Reply(to_json(self._held.report(membership, unopened)))

    def _side(self, descriptor: Descriptor, members: MemberList, group_key: GroupKey) -> HospitalRound:
        keyring = Keyring(self._keys, members, group_key)
        return HospitalRound(descriptor.terms, self._place(descriptor), keyring, threads=self._threads)

    def _place(self, descriptor: Descriptor) -> int:
        if self._keys.fingerprint not in descriptor.members:
            raise ContinuityError(
                f"this hospital does not stand among the {len(descriptor.members)} of round {descriptor.round}; it "
                "takes a snapshot, and part in the next"
            )
        return descriptor.members.index(self._keys.fingerprint)

    @staticmethod
    def _refuse_other_list(descriptor: Descriptor, members: MemberList) -> None:
        if (descriptor.member_list, descriptor.member_list_digest) != (members.number, members.digest.hex()):
            raise ContinuityError(
                f"round {descriptor.round} is of member list {descriptor.member_list}, and this hospital holds list "
                f"{members.number}; check in first, so that both hold the newest"
            )

    def _list_of(self, descriptor: Descriptor, path: Path, coordinator: bytes) -> MemberList:
        """Find the member list of an older round among all lists."""
        lists = [data for _, data in read_frames(path)]
        if descriptor.member_list >= len(lists):
            raise WireError(f"member list {descriptor.member_list} did not come with the committed round")
        members = MemberList.from_bytes(lists[descriptor.member_list], coordinator)
        self._refuse_other_list(descriptor, members)
        return members

    def _membership(self) -> Membership:
        return Membership.load(self._membership_folder)


class _Files(dict[str, Path]):
    """Files of a task; one that is missing is refused by name."""

    def __init__(self, files: Files, task: str) -> None:
        super().__init__(files)
        self._task = task

    def __missing__(self, name: str) -> Path:
        raise WireError(f"the task {self._task} came without its file {name!r}; ask for it again")
