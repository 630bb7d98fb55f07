"""Hospitals' signed words in, a file out that says that a model may leave the federation, and who says so; and back.

Publishing a model, or giving it to somebody outside, is an act of the hospitals: as many of them have to sign its hash
as open a sum.
"""

from collections.abc import Iterable
from pathlib import Path

from pleura.errors import WireError
from pleura.federation.rounds.durable import write_whole
from pleura.federation.rounds.frames import frames, read_frames
from pleura.federation.rounds.statements import RELEASED, ModelStatement, check_statements
from pleura.federation.secure_sum.keys.members import MemberList

__all__ = ["least_signatures", "read_release", "write_release"]


def least_signatures(members: MemberList) -> int:
    """Members that have to sign: floor(2 K / 3) + 1 of K."""
    return 2 * len(members.members) // 3 + 1


def write_release(path: Path, statements: Iterable[bytes], members: MemberList, model: str) -> frozenset[str]:
    """Put the hospitals' words together, if there are enough.

    Parameters
    ----------
    path : the file to make
    statements : of `RoundHospital.sign_release`, of different hospitals
    members : the newest list
    model : hash of the model's file as the hospitals hash it

    Returns
    -------
    fingerprints of who signed

    Raises
    ------
    ShortAnswersError
        If they are too few.
    WireError
        If one is none, or for another model.
    OutputError
        If the file cannot be written.
    """
    held = list(statements)
    signed = _check(held, members, model)
    write_whole(path, frames(held))
    return signed


def read_release(path: Path, members: MemberList, model: str) -> frozenset[str]:
    """Find out who released a model; errors as for `write_release`, but that nothing is written.

    Parameters
    ----------
    path : the file that `write_release` made
    members : the list at the time of the release
    model : hash of the model at hand

    Returns
    -------
    fingerprints of who signed
    """
    return _check([data for _, data in read_frames(path)], members, model)


def _check(statements: list[bytes], members: MemberList, model: str) -> frozenset[str]:
    if not statements:
        raise WireError("no hospital has signed the release; let each run the release for itself")
    first = ModelStatement.from_bytes(statements[0], members)
    return check_statements(
        statements,
        members,
        purpose=RELEASED,
        which=first.round,
        commit=first.commit,
        model=model,
        least=least_signatures(members),
    )
