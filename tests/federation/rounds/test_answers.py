"""What the server sees of shares and answers: whose they are, for what, and that nothing was changed."""

import numpy as np
import pytest

from federation.secure_sum.people import mutations, refused
from federation.secure_sum.rounds import keyrings, rounds, terms_for
from pleura.errors import WireError
from pleura.federation.rounds.answers import check_answer_of, check_shares_of
from pleura.federation.secure_sum.layout import Layout, Values
from pleura.federation.secure_sum.share_message import excerpt
from pleura.federation.secure_sum.terms import UploadSet

LAYOUT = Layout((Values(name="w", size=5, clip=1.0),))


def test_shares_and_answers(rng: np.random.Generator) -> None:
    terms = terms_for(LAYOUT, 4)
    publics = [ring.hospital.public for ring in keyrings(4)]
    sides, shares = rounds(terms), {}
    for side in sides:
        list(side.upload({"w": np.zeros(5, np.float32)}))
        shares[side.place] = side.share_message()
        check_shares_of(shares[side.place], terms, side.place, publics[side.place])
    with pytest.raises(WireError, match="at place 1, sent 4 shares of the hospital at place 0"):
        check_shares_of(shares[0], terms, 1, publics[1])
    with pytest.raises(WireError, match="sent 1 shares"):
        check_shares_of(excerpt(shares[0], terms, 2), terms, 0, publics[0])
    with pytest.raises(WireError, match="of another round"):
        check_shares_of(shares[0], terms_for(LAYOUT, 4), 0, publics[0])
    everybody, some = UploadSet(terms, range(4)), UploadSet(terms, range(3))
    answer = sides[1].answer(everybody, shares)
    check_answer_of(answer, everybody, 1, publics[1])
    with pytest.raises(WireError, match="for another upload set"):
        check_answer_of(answer, some, 1, publics[1])
    with pytest.raises(WireError, match="holds the number 1 where 2 to 2"):
        check_answer_of(answer, everybody, 2, publics[2])
    changed = mutations(answer, rng, every=50, random=100)
    assert refused(lambda data: check_answer_of(data, everybody, 1, publics[1]), changed) > 200
    changed = mutations(shares[3], rng, every=400, random=100)
    assert refused(lambda data: check_shares_of(data, terms, 3, publics[3]), changed) > 150


def test_backends_without_answers() -> None:
    terms = terms_for(LAYOUT, 3, backend="plain")
    public = keyrings(3)[0].hospital.public
    check_shares_of(b"", terms, 0, public)
    check_answer_of(b"", UploadSet(terms, range(3)), 0, public)
    with pytest.raises(WireError, match="sent shares where this backend has none"):
        check_shares_of(b"x", terms, 0, public)
    with pytest.raises(WireError, match="sent an answer where"):
        check_answer_of(b"x", UploadSet(terms, range(3)), 0, public)
