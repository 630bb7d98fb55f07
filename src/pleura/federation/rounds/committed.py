"""A committed round as the server gives it in, consent or a refusal and then the opened sum out: a hospital's part."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pleura.errors import ContinuityError, ShortAnswersError, WireError, WrongSumError
from pleura.federation.rounds.commits import Commit
from pleura.federation.rounds.continuity import Standing, check_model
from pleura.federation.rounds.descriptor import Descriptor
from pleura.federation.rounds.file_hash import hash_file
from pleura.federation.rounds.frames import read_frames
from pleura.federation.secure_sum.hospital import HospitalRound
from pleura.federation.secure_sum.sums import Opened
from pleura.federation.secure_sum.terms import UploadSet

__all__ = ["UNOPENED", "check_commit", "open_commit"]

UNOPENED: Final = (WrongSumError, WireError, ShortAnswersError)
"""What is raised where a sum does not open."""


def check_commit(standing: Standing, commit: Commit, descriptor: Descriptor, files: Mapping[str, Path]) -> None:
    """Refuse a committed round that does not go on from where the hospital stands.

    Parameters
    ----------
    standing : the hospital's
    commit : as the server gave it
    descriptor : of the committed attempt, with signatures checked
    files : "sum" and "answers"

    Raises
    ------
    ContinuityError
        If it skips, repeats or forks a round or attempt, or begins from another model, or is over too few hospitals.
    WireError
        If descriptor or files are not the commit's.
    """
    if (commit.round, commit.previous) != (standing.round, standing.commit):
        raise ContinuityError(
            f"the server committed round {commit.round} after {commit.previous[:16]}..., and this hospital's next "
            f"round is {standing.round} after {standing.commit[:16]}...; take a snapshot, or ask the coordinator "
            "why there are two"
        )
    check_model(standing, descriptor.model, f"the committed round {commit.round}")
    last = standing.newest
    if last is not None and (
        commit.attempt < last.number or (commit.attempt == last.number and descriptor.digest.hex() != last.descriptor)
    ):
        raise ContinuityError(
            f"attempt {commit.attempt} of round {commit.round} was committed under another descriptor than this "
            f"hospital agreed to (attempt {last.number}); ask the coordinator why there are two"
        )
    upload_set = UploadSet(descriptor.terms, commit.senders)
    for what, got, expected in (
        ("round", descriptor.round, commit.round),
        ("attempt", descriptor.attempt, commit.attempt),
        ("previous commit", descriptor.previous, commit.previous),
        ("federation", descriptor.federation, commit.federation),
        ("descriptor", descriptor.digest.hex(), commit.descriptor),
        ("upload set", upload_set.digest.hex(), commit.upload_set),
        ("sum", hash_file(files["sum"]), commit.sum_hash),
        ("answers", hash_file(files["answers"]), commit.answers_hash),
    ):
        if got != expected:
            raise WireError(f"the {what} is not the one of the committed round {commit.round}; ask for it again")
    if len(upload_set.senders) < descriptor.quorum:
        raise ContinuityError(
            f"round {commit.round} was committed over {len(upload_set.senders)} hospitals, its quorum is "
            f"{descriptor.quorum}; refuse it, and ask the coordinator"
        )


def open_commit(side: HospitalRound, upload_set: UploadSet, files: Mapping[str, Path]) -> Opened:
    """Open the sum; where it does not open with all answers, without each of them in turn.

    Parameters
    ----------
    side : the hospital's side of the attempt
    upload_set : over which it was closed
    files : "sum" and "answers"

    Raises
    ------
    WrongSumError, WireError, ShortAnswersError
        As for `HospitalRound.open`, with all answers.
    """
    answers = [data for _, data in read_frames(files["answers"])]
    try:
        return side.open(upload_set, _parts(files["sum"]), answers)
    except UNOPENED:
        if len(answers) <= upload_set.terms.threshold:
            raise
        for left_out in range(len(answers)):
            try:
                return side.open(upload_set, _parts(files["sum"]), answers[:left_out] + answers[left_out + 1 :])
            except UNOPENED:
                continue
        raise


def _parts(path: Path) -> Iterator[bytes]:
    return (data for _, data in read_frames(path))
