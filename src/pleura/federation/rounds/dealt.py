"""Share messages of a closed attempt in, for each hospital a file with the shares that it can open out.

A dealer's message holds a sealed share for every hospital of the round. Sent whole, the messages grow with the square
of the number of hospitals; each hospital needs one share of each.
"""

from collections.abc import Iterable
from pathlib import Path

from pleura.federation.rounds.durable import forget, make_folder, write_whole
from pleura.federation.rounds.frames import frames, read_frames
from pleura.federation.secure_sum.share_message import ShareMessage
from pleura.federation.secure_sum.terms import RoundTerms

__all__ = ["cut_shares"]


def cut_shares(shares: Path, terms: RoundTerms, places: Iterable[int], folder: Path) -> dict[int, Path]:
    """Cut all messages for each of some hospitals.

    Parameters
    ----------
    shares : the dealers' messages, framed, in order of place; they are empty with backends other than ring
    terms : of the round
    places : of the hospitals
    folder : emptied, or made if it is absent

    Returns
    -------
    by place, a file of framed messages in the same order, each with this hospital's share only

    Raises
    ------
    WireError
        If a message is none of this round.
    TermsError
        If one holds no share for a hospital.
    OutputError
        If the files cannot be written.
    """
    forget(folder)
    make_folder(folder)
    messages = [data for _, data in read_frames(shares)]
    dealt = [ShareMessage.from_bytes(data, terms) if data else None for data in messages]
    made = {}
    for place in places:
        made[place] = folder / f"shares-{place:03d}"
        write_whole(made[place], frames(b"" if one is None else one.cut(place).to_bytes() for one in dealt))
    return made
