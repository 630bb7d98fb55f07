"""Hospitals on a channel in, one committed round out: the script of a round at the server.

Roll call, descriptor, uploads, upload set, answers, commit. After a crash `RoundServer.play` is called again: a round
that was committed is not played again, an attempt that was closed goes on with the answers, any other is followed by
the next attempt.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pleura.errors import QuorumError, SecureSumError, ShortAnswersError, TermsError
from pleura.federation.rounds.answers import check_answer_of, check_shares_of
from pleura.federation.rounds.commits import AttemptFiles, Commit, Commits
from pleura.federation.rounds.dealt import cut_shares
from pleura.federation.rounds.descriptor import Descriptor, SignedDescriptor
from pleura.federation.rounds.durable import forget, make_folder, read, write_whole
from pleura.federation.rounds.exchange import Channel, Closing, Reply
from pleura.federation.rounds.file_hash import hash_file
from pleura.federation.rounds.frames import frames
from pleura.federation.rounds.messages import ANSWER, WORK, Report, Senders, to_json
from pleura.federation.rounds.plan import RoundPlan
from pleura.federation.rounds.roll_call import Ground, call_roll
from pleura.federation.rounds.senders import choose_senders
from pleura.federation.rounds.server_key import Endorsement, ServerKey
from pleura.federation.rounds.uploads import UploadFiles, receive_upload
from pleura.federation.secure_sum.server import ServerRound
from pleura.federation.secure_sum.terms import UploadSet

__all__ = ["RoundServer"]


class RoundServer:
    """The server's side of all rounds; holds no key that opens anything.

    Parameters
    ----------
    folder : its own, made if it is absent: committed rounds, attempts, what arrives
    plan : what it wants of every round
    key : signs descriptors
    endorsement : the coordinator's word for the key
    lists : all member lists from number 0 on
    coordinator : the coordinator's public key, 32 bytes
    clock, sleep : seconds since 1970 UTC, and waiting

    Raises
    ------
    ContinuityError
        If the committed rounds are damaged.
    OutputError
        If the folder cannot be used, or is open to others.
    WireError
        If the newest list is not signed by the coordinator.
    """

    def __init__(
        self,
        folder: Path,
        plan: RoundPlan,
        key: ServerKey,
        endorsement: Endorsement,
        lists: Sequence[bytes],
        coordinator: bytes,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        make_folder(folder)
        commits = Commits(folder, endorsement.federation)
        self._ground = Ground(
            folder=folder,
            plan=plan,
            commits=commits,
            lists=tuple(lists),
            coordinator=coordinator,
            clock=clock,
            sleep=sleep,
        )
        self._members = self._ground.members
        self._key, self._endorsement = key, endorsement

    @property
    def commits(self) -> Commits:
        """The committed rounds."""
        return self._ground.commits

    @property
    def refused(self) -> Mapping[str, str]:
        """Why a hospital was left out, by name, in the round that was played last."""
        return self._ground.refused

    def bring_up(self, channel: Channel) -> dict[str, Report]:
        """Bring the hospitals that are there to the newest model, as at the beginning of a round; see `call_roll`."""
        self._ground.refused.clear()
        return call_roll(self._ground, channel)

    def play(self, channel: Channel) -> Commit:
        """Play the next round to its commit.

        Raises
        ------
        QuorumError
            If too few hospitals are there, or too few uploads are whole; call it again later.
        ShortAnswersError
            If too few answered; the model is unchanged, and the next call runs the round again with fresh secrets.
        ContinuityError
            If hospitals hold different models, or one is further than the server; a person has to look.
        OutputError
            If something cannot be kept.
        """
        began = self._ground.clock()
        reports = self.bring_up(channel)
        files, descriptor = self._closed_attempt() or self._collect(channel, reports)
        closed = files.closed
        assert closed is not None
        answered = self._gather_answers(channel, files, descriptor, UploadSet(descriptor.terms, closed.senders))
        now = self._ground.clock()
        commit = Commit(
            federation=descriptor.federation,
            round=descriptor.round,
            attempt=descriptor.attempt,
            previous=descriptor.previous,
            descriptor=descriptor.digest.hex(),
            upload_set=UploadSet(descriptor.terms, closed.senders).digest.hex(),
            senders=closed.senders,
            answered=answered,
            sum_hash=closed.sum_hash,
            answers_hash=hash_file(files.answers),
            when=int(now),
            upload_bytes=closed.upload_bytes,
            seconds=round(now - began, 3),
        )
        self.commits.commit(commit)
        self.commits.prune()
        forget(self._ground.inbox)
        forget(self._ground.folder / "dealt")
        return commit

    def _closed_attempt(self) -> tuple[AttemptFiles, Descriptor] | None:
        """Find an attempt that a crash left between its closing and its commit, if it can go on."""
        attempts = self.commits.attempts()
        if not attempts or attempts[-1].failed or attempts[-1].closed is None:
            return None
        descriptor = self._descriptor(attempts[-1])
        if descriptor.member_list != self._members.number:
            attempts[-1].fail("the member list changed before it was committed")
            return None
        return attempts[-1], descriptor

    def _collect(self, channel: Channel, reports: Mapping[str, Report]) -> tuple[AttemptFiles, Descriptor]:
        """Open the next attempt, take uploads, and close it."""
        files, descriptor = self._open(reports)
        plan = self._ground.plan
        closing = Closing(
            quorum=descriptor.quorum, grace_s=plan.grace_s, deadline_s=plan.deadline_s, stall_s=plan.stall_s
        )
        names = self._names(descriptor)
        replies = self._ground.ask(channel, WORK, b"", names, files={"descriptor": files.descriptor}, closing=closing)
        store = UploadFiles()
        server = ServerRound(descriptor.terms, store)
        shares, sizes = {}, {}
        for name, reply in sorted(replies.items()):
            place = names[name]
            try:
                shares[place] = self._take_upload(server, store, reply, place)
                sizes[place] = reply.files["upload"].stat().st_size
            except SecureSumError as error:
                self._ground.refused[name] = f"{WORK}: {error}"
        by_fingerprint = {descriptor.members[place]: place for place in sizes}
        earlier = [
            [self._descriptor(one).members[sender] for sender in one.closed.senders]
            for one in self.commits.attempts()
            if one.closed is not None
        ]
        try:
            chosen = choose_senders(by_fingerprint, earlier, quorum=descriptor.quorum)
            upload_set = server.close(by_fingerprint[one] for one in chosen)
        except (QuorumError, TermsError) as error:
            files.fail(str(error))
            reasons = "; ".join(f"{name}: {reason}" for name, reason in sorted(self.refused.items()))
            raise QuorumError(f"round {descriptor.round}, attempt {descriptor.attempt}: {error} {reasons}") from error
        senders = sorted(upload_set.senders)
        size = sum(sizes[place] for place in senders)
        files.close(senders, server.total_parts(), (shares[place] for place in senders), size)
        return files, descriptor

    def _open(self, reports: Mapping[str, Report]) -> tuple[AttemptFiles, Descriptor]:
        """Sign the descriptor of the next attempt, and keep it before anybody sees it."""
        plan, commits, members = self._ground.plan, self.commits, self._members
        taking_part = tuple(member.fingerprint for member in members.members if member.name in reports)
        opened = commits.attempts()
        attempt = 1 + self._descriptor(opened[-1]).attempt if opened else 0
        descriptor = Descriptor(
            federation=members.federation,
            round=commits.round,
            attempt=attempt,
            previous=commits.digest,
            model=next(iter(reports.values())).model,
            members=taking_part,
            member_list=members.number,
            member_list_digest=members.digest.hex(),
            most_hospitals=plan.most_hospitals,
            layout=plan.layout,
            backend=plan.backend,
            values_per_coefficient=plan.values_per_coefficient,
            recipe=plan.recipe,
            recipe_hash=plan.recipe_hash,
            local_epochs=plan.local_epochs,
            epsilon=plan.epsilon,
            server_reads_model=False,
            quorum=plan.quorum,
            deadline=int(self._ground.clock() + plan.deadline_s),
        )
        files = commits.attempt(commits.round, attempt)
        signed = SignedDescriptor.sign(descriptor, self._endorsement, self._key)
        files.open(signed.to_bytes())
        return files, signed.descriptor

    def _take_upload(self, server: ServerRound, store: UploadFiles, reply: Reply, place: int) -> bytes:
        """Check an upload and its shares; the shares."""
        missing = {"upload", "shares"} - reply.files.keys()
        if missing:
            raise QuorumError(f"the reply came without {', '.join(sorted(missing))}")
        hospital = self._members.of(server.terms)[place]
        shares = reply.files["shares"].read_bytes()
        check_shares_of(shares, server.terms, place, hospital)
        receive_upload(server, store, reply.files["upload"], place)
        return shares

    def _gather_answers(
        self, channel: Channel, files: AttemptFiles, descriptor: Descriptor, upload_set: UploadSet
    ) -> tuple[int, ...]:
        """Take answers until there are enough, beside those that were kept before a crash; their places."""
        names, plan = self._names(descriptor), self._ground.plan
        hospitals = self._members.of(descriptor.terms)
        kept = files.kept_answers()
        needed = descriptor.terms.threshold
        to = {name: place for name, place in names.items() if place not in kept}
        if len(kept) < needed:
            cut = cut_shares(files.shares, descriptor.terms, to.values(), self._ground.folder / "dealt")
            replies = self._ground.ask(
                channel,
                ANSWER,
                to_json(Senders(places=tuple(sorted(upload_set.senders)))),
                to,
                files={"descriptor": files.descriptor},
                own={name: {"shares": cut[place]} for name, place in to.items()},
                closing=Closing(quorum=needed - len(kept), grace_s=plan.answer_grace_s, deadline_s=plan.answer_s),
            )
            for name, reply in sorted(replies.items()):
                place = names[name]
                try:
                    check_answer_of(reply.message, upload_set, place, hospitals[place])
                except SecureSumError as error:
                    self._ground.refused[name] = f"{ANSWER}: {error}"
                    continue
                files.keep_answer(place, reply.message)
                kept[place] = reply.message
        if len(kept) < needed:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in sorted(self.refused.items()))
            message = (
                f"round {descriptor.round}, attempt {descriptor.attempt}: {len(kept)} hospitals answered, {needed} are "
                f"needed; the model is unchanged, run the round again. {reasons}"
            )
            files.fail(message)
            raise ShortAnswersError(message)
        write_whole(files.answers, frames(kept[place] for place in sorted(kept)))
        return tuple(sorted(kept))

    def _descriptor(self, files: AttemptFiles) -> Descriptor:
        data = read(files.descriptor)
        assert data is not None
        return SignedDescriptor.from_bytes(data, self._ground.coordinator).descriptor

    def _names(self, descriptor: Descriptor) -> dict[str, int]:
        """Names and places of the round's hospitals."""
        return {member.name: place for place, member in enumerate(self._members.of(descriptor.terms))}
