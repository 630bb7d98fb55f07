"""Hospitals that are connected in, those that hold the newest model out: every round begins with this.

Who is one round behind takes the committed sum, who is further behind or new takes a snapshot, and then all say which
model they hold.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pleura.errors import ContinuityError, QuorumError, SecureSumError, WireError
from pleura.federation.rounds.commits import AttemptFiles, Commits
from pleura.federation.rounds.descriptor import SignedDescriptor
from pleura.federation.rounds.durable import forget, make_folder, read, write_whole
from pleura.federation.rounds.exchange import Channel, Closing, Reply
from pleura.federation.rounds.frames import frames
from pleura.federation.rounds.messages import (
    CHECK_IN,
    GIVE_SNAPSHOT,
    MAKE_GROUP_KEY,
    TAKE_COMMIT,
    TAKE_SNAPSHOT,
    Report,
    WhichModel,
    from_json,
    to_json,
)
from pleura.federation.rounds.plan import RoundPlan
from pleura.federation.rounds.statements import CARRIED, ModelStatement
from pleura.federation.secure_sum.keys.identity import PublicKeys
from pleura.federation.secure_sum.keys.members import MemberList

__all__ = ["Ground", "call_roll", "find_disagreement"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Ground:
    """What the server's side of all rounds stands on."""

    folder: Path
    plan: RoundPlan
    commits: Commits
    lists: Sequence[bytes]
    """All member lists from number 0 on, as the coordinator signed them."""
    coordinator: bytes
    """The coordinator's public key, 32 bytes."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970 UTC."""
    sleep: Callable[[float], None] = time.sleep
    refused: dict[str, str] = field(default_factory=dict)
    """Why a hospital was left out, by name, in the round that was played last."""

    @property
    def members(self) -> MemberList:
        """The newest list."""
        return MemberList.from_bytes(self.lists[-1], self.coordinator)

    @property
    def inbox(self) -> Path:
        """Where replies' files come to lie; nothing in it is needed after the round."""
        return self.folder / "inbox"

    def ask(
        self,
        channel: Channel,
        task: str,
        message: bytes,
        to: Collection[str],
        *,
        files: Mapping[str, Path] | None = None,
        own: Mapping[str, Mapping[str, Path]] | None = None,
        closing: Closing | None = None,
    ) -> dict[str, Reply]:
        """Ask, with refusals put down; by default as for what takes a hospital no work."""
        if not to:
            return {}
        inbox = make_folder(self.inbox) / task
        forget(inbox)
        if closing is None:
            plan = self.plan
            closing = Closing(quorum=min(len(to), plan.quorum), grace_s=plan.small_grace_s, deadline_s=plan.small_s)
        replies = channel.ask(
            task, message, to, files=files or {}, own=own or {}, closing=closing, inbox=make_folder(inbox)
        )
        for name, reply in replies.items():
            if isinstance(reply, str):
                self.refused[name] = f"{task}: {reply}"
        return {name: reply for name, reply in replies.items() if isinstance(reply, Reply)}

    def transfer(self, hospitals: int) -> Closing:
        """When to stop waiting for so many hospitals that fetch or send a sum or a model."""
        plan = self.plan
        quorum = max(1, min(hospitals, plan.quorum))
        grace = max(plan.grace_s, plan.small_grace_s)
        return Closing(quorum=quorum, grace_s=grace, deadline_s=plan.transfer_s, stall_s=plan.stall_s)

    def last_attempt(self) -> tuple[AttemptFiles, SignedDescriptor] | None:
        """Give the files and the descriptor of the newest committed round; None before the first."""
        last = self.commits.last
        if last is None:
            return None
        files = self.commits.attempt(last.round, last.attempt)
        data = read(files.descriptor)
        if data is None:
            raise ContinuityError(f"{files.descriptor} is gone; bring the folder back from a backup")
        return files, SignedDescriptor.from_bytes(data, self.coordinator)


def call_roll(ground: Ground, channel: Channel) -> dict[str, Report]:
    """Bring the hospitals that are there to the newest model.

    Parameters
    ----------
    ground : the server's
    channel : to hospitals, each under the name in the member list

    Returns
    -------
    the reports of those that hold the newest model, by name

    Raises
    ------
    QuorumError
        If too few are there, or too few hold the newest model.
    ContinuityError
        If two that stand after the same round hold different models, or one stands further than the server.
    OutputError
        If something cannot be kept.
    """
    members = {member.name: member for member in ground.members.members}
    there = _assemble(ground, channel, members)
    reports = _check_in(ground, channel, there, members)
    reports |= _take_commit(ground, channel, reports, members)
    _withdraw_unopened(ground, reports)
    reports |= _take_snapshot(ground, channel, reports, members)
    at_newest = _at(ground.commits.round, reports)
    disagreement = find_disagreement(at_newest, ground.commits.digest)
    if disagreement:
        raise ContinuityError(disagreement)
    if len(at_newest) < ground.plan.quorum:
        raise QuorumError(
            f"{len(at_newest)} hospitals hold the model after {ground.commits.round} rounds, and {ground.plan.quorum} "
            f"are needed; {_reasons(ground.refused)}"
        )
    return at_newest


def find_disagreement(reports: Mapping[str, Report], commit: str) -> str:
    """Say which hospitals hold which model, if it is not one.

    Parameters
    ----------
    reports : of hospitals that stand after the same round, by name
    commit : digest of the server's newest commit

    Returns
    -------
    empty if all hold one model after this commit
    """
    held: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, report in reports.items():
        held[report.model, report.commit].append(name)
    if all(key[1] == commit for key in held) and len(held) <= 1:
        return ""
    groups = "; ".join(
        f"{', '.join(sorted(names))}: model {model[:16]}... after commit {after[:16]}..."
        for (model, after), names in sorted(held.items(), key=lambda one: (-len(one[1]), one[1]))
    )
    return (
        f"hospitals hold different models, and the server's newest commit is {commit[:16]}...: {groups}. The round is "
        "not opened; let the hospitals find out which is right, and the others join anew"
    )


def _assemble(ground: Ground, channel: Channel, members: Mapping[str, PublicKeys]) -> list[str]:
    """Wait for the hospitals of the last round for a while, then go on with those that are there."""
    last = ground.last_attempt()
    before = set(last[1].descriptor.members) if last else {member.fingerprint for member in members.values()}
    wanted = {name for name, member in members.items() if member.fingerprint in before}
    began = ground.clock()
    while True:
        there = channel.present() & members.keys()
        left = began + ground.plan.settle_s - ground.clock()
        if wanted <= there or left <= 0:
            break
        ground.sleep(min(0.2, left))
    if len(there) < ground.plan.quorum:
        raise QuorumError(
            f"{len(there)} hospitals of the member list are connected ({', '.join(sorted(there)) or 'none'}), and "
            f"{ground.plan.quorum} are needed; wait for more"
        )
    return sorted(there)


def _check_in(
    ground: Ground, channel: Channel, there: Collection[str], members: Mapping[str, PublicKeys]
) -> dict[str, Report]:
    lists = ground.folder / "members"
    write_whole(lists, frames(ground.lists))
    key = ground.folder / f"group-key-{len(ground.lists) - 1:010d}"
    files = {"members": lists, "group-key": key}
    if not key.exists():
        replies = ground.ask(channel, CHECK_IN, b"", there, files={"members": lists})
        for name in sorted(replies):
            made = ground.ask(channel, MAKE_GROUP_KEY, b"", [name])
            if name not in made:
                continue
            write_whole(key, made[name].message)
            taken = ground.ask(channel, CHECK_IN, b"", there, files=files)
            if taken or not ground.refused.keys() >= replies.keys():
                return _reports(ground, taken, members)
            forget(key)  # it is none, as everybody refused it; let another hospital make one
        raise QuorumError(f"no hospital made a group key of the newest list; {_reasons(ground.refused)}")
    return _reports(ground, ground.ask(channel, CHECK_IN, b"", there, files=files), members)


def _take_commit(
    ground: Ground, channel: Channel, reports: Mapping[str, Report], members: Mapping[str, PublicKeys]
) -> dict[str, Report]:
    """Give the newest commit to those whom it takes on; their new reports."""
    last, files = ground.commits.last, ground.last_attempt()
    if last is None or files is None:
        return {}
    held, signed = files
    to = [
        name
        for name, report in reports.items()
        if report.whole
        and (report.round, report.commit) == (last.round, last.previous)
        and members[name].fingerprint in signed.descriptor.members
    ]
    replies = ground.ask(
        channel,
        TAKE_COMMIT,
        last.to_bytes(),
        to,
        files={
            "members": ground.folder / "members",
            "descriptor": held.descriptor,
            "sum": held.sum,
            "answers": held.answers,
        },
        closing=ground.transfer(len(to)),
    )
    return _reports(ground, replies, members)


def _withdraw_unopened(ground: Ground, reports: Mapping[str, Report]) -> None:
    """Take the newest commit back if as many hospitals as open a sum say that it does not, and none holds it."""
    last = ground.last_attempt()
    unopened = {name: report.unopened for name, report in reports.items() if report.unopened}
    for name, reason in unopened.items():
        ground.refused[name] = f"{TAKE_COMMIT}: {reason}"
    held = any(report.round >= ground.commits.round for report in reports.values())
    if last is not None and not held and len(unopened) >= last[1].descriptor.terms.threshold:
        ground.commits.withdraw(next(iter(unopened.values())))


def _take_snapshot(
    ground: Ground, channel: Channel, reports: Mapping[str, Report], members: Mapping[str, PublicKeys]
) -> dict[str, Report]:
    """Give a model of those who hold the newest one to those who are behind; their new reports."""
    newest = ground.commits.round
    givers = _at(newest, reports)
    behind = [name for name, report in sorted(reports.items()) if report.round < newest or not report.whole]
    if not behind or not givers or find_disagreement(givers, ground.commits.digest):
        return {}
    one = next(iter(givers.values()))
    message = to_json(WhichModel(round=newest, model=one.model, commit=one.commit))
    for name in givers:
        given = ground.ask(channel, GIVE_SNAPSHOT, message, [name], closing=ground.transfer(1))
        if name in given and "snapshot" in given[name].files:
            statements = ground.folder / "statements"
            write_whole(statements, frames(bytes.fromhex(report.statement) for report in givers.values()))
            replies = ground.ask(
                channel,
                TAKE_SNAPSHOT,
                message,
                behind,
                files={"snapshot": given[name].files["snapshot"], "statements": statements},
                closing=ground.transfer(len(behind)),
            )
            return _reports(ground, replies, members)
    return {}


def _at(newest: int, reports: Mapping[str, Report]) -> dict[str, Report]:
    """Give the reports of those that hold the newest model, by name."""
    return {name: report for name, report in sorted(reports.items()) if report.round == newest and report.whole}


def _reports(ground: Ground, replies: Mapping[str, Reply], members: Mapping[str, PublicKeys]) -> dict[str, Report]:
    """Read reports; one that its hospital does not vouch for is refused, one beyond the server stops the round."""
    reports = {}
    newest = ground.members
    for name, reply in sorted(replies.items()):
        try:
            report = from_json(Report, reply.message)
            said = ModelStatement.from_bytes(_unhex(report.statement), newest)
            got = (said.hospital, said.purpose, said.federation, said.round, said.model, said.commit)
            who = members[name].fingerprint
            if got != (who, CARRIED, newest.federation, report.round, report.model, report.commit):
                raise WireError("the report and the word that vouches for it differ")
        except SecureSumError as error:
            ground.refused[name] = f"report: {error}"
            continue
        if report.round > ground.commits.round:
            raise ContinuityError(
                f"hospital {name} stands after {report.round} rounds, the server after {ground.commits.round}; the "
                "server's folder is an old copy: bring the newest back"
            )
        reports[name] = report
    return reports


def _unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise WireError("a statement is written in hexadecimal digits") from error


def _reasons(refused: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in sorted(refused.items())) or "nobody refused"
