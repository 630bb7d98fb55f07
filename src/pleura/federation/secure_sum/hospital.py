"""One hospital's arrays in, the parts of its upload out; the parts of the sum in, the summed arrays out: its side of
a round.

The order of a round: `HospitalRound.upload` and `HospitalRound.share_message` to the server; the server announces the
upload set and gives the share messages; `HospitalRound.answer` to the server; then `HospitalRound.open` with the sum
and the answers.
"""

from collections.abc import Iterable, Iterator, Mapping

from pleura.errors import SecureSumError, TermsError, WireError
from pleura.federation.secure_sum.ciphers.create import create_cipher
from pleura.federation.secure_sum.ciphers.keyring import Keyring
from pleura.federation.secure_sum.sizes import sizes_of
from pleura.federation.secure_sum.slots import Numbers, SlotVector
from pleura.federation.secure_sum.sums import Opened, opened_sum
from pleura.federation.secure_sum.terms import RoundTerms, UploadSet
from pleura.federation.secure_sum.wire import PartFormat, Pieces

__all__ = ["HospitalRound"]


class HospitalRound:
    """One attempt of one round at one hospital, in memory.

    Its secret is fresh, lives here only, and is gone with it. A hospital makes one such object an attempt: one that
    was started anew in the middle waits for the next attempt, as a second answer under the same terms could name
    another upload set.

    Parameters
    ----------
    terms : of the round
    place : the hospital's in the terms, from 0
    keys : its own; may be None for the backend plain
    threads : blocks that are worked on at once, with the backend ring

    Raises
    ------
    TermsError
        If the place or the keys do not fit the terms, or the backend has no room for so many hospitals.
    MissingExtraError
        If the backend's package is not installed.
    """

    def __init__(self, terms: RoundTerms, place: int, keys: Keyring | None, *, threads: int = 1) -> None:
        if not 0 <= place < len(terms.members):
            raise TermsError(f"hospital {place} is not in this round; its hospitals are 0 to {len(terms.members) - 1}")
        self.terms = terms
        self.place = place
        self._sizes = sizes_of(terms)
        self._cipher = create_cipher(terms, place, keys, threads=threads)
        self._format = PartFormat(terms, self._cipher.form)
        self._vector: SlotVector | None = None
        self._sent = False
        self._answered: tuple[bytes, bytes] | None = None

    @property
    def clipped(self) -> dict[str, int]:
        """How many values were cut to their segment's clip, by its name; whole when the upload has been made."""
        return {} if self._vector is None else self._vector.clipped

    @property
    def parts(self) -> int:
        """How many parts the upload has, and the sum."""
        return self._cipher.form.parts

    def upload(self, values: Mapping[str, Numbers]) -> Iterator[bytes]:
        """Encrypt the hospital's vector; once.

        Parameters
        ----------
        values : one array for each segment, see `SlotVector`; read while the parts are made, and not to be changed
            meanwhile

        Returns
        -------
        The parts, first to last, each made when it is asked for.

        Raises
        ------
        SecureSumError
            If it was called before: a second vector under the same secret would give both away.
        TermsError
            If the arrays are not those of the layout; while parts are made, if a value is NaN or infinite. The parts
            made up to then are of no use to anybody, and the hospital stays out of this attempt.
        """
        if self._vector is not None:
            raise SecureSumError(
                "this hospital has uploaded in this attempt; a second vector under the same secret would give both "
                "away. Run another attempt"
            )
        self._vector = SlotVector(self.terms.layout, self._sizes.levels, values)
        return self._parts(self._cipher.encrypt(self._vector))

    def _parts(self, payloads: Iterator[Pieces]) -> Iterator[bytes]:
        for part, pieces in enumerate(payloads):
            self._sent = self._sent or part == self.parts - 1
            yield self._format.pack(self.place, part, pieces)

    def share_message(self) -> bytes:
        """Deal the round's secret to all members, sealed and signed, and wipe it; empty with backends other than ring.

        Raises
        ------
        SecureSumError
            If the upload has not been made to its end, or the secret was dealt before.
        """
        if not self._sent:
            raise SecureSumError("the secret is dealt when the upload has been made to its last part; make that first")
        return self._cipher.share_message()

    def answer(self, upload_set: UploadSet, share_messages: Mapping[int, bytes]) -> bytes:
        """Answer for an upload set; for one only, whatever the server says later.

        A hospital that did not upload may answer, too.

        Parameters
        ----------
        upload_set : as the server announced it
        share_messages : those of the hospitals in the upload set, by their places

        Raises
        ------
        SecureSumError
            If this hospital answered for another upload set in this attempt.
        WireError
            If the upload set is of other terms, or a share message is missing or not what it should be.
        """
        self._refuse_other_terms(upload_set)
        if self._answered is None:
            self._answered = (upload_set.digest, self._cipher.answer(upload_set, share_messages))
        answered_for, answer = self._answered
        if answered_for != upload_set.digest:
            raise SecureSumError(
                "this hospital has answered for another upload set in this attempt; two sums would tell the difference "
                "between them. Run another attempt"
            )
        return answer

    def open(self, upload_set: UploadSet, sum_parts: Iterable[bytes], answers: Iterable[bytes]) -> Opened:
        """Open the sum.

        Parameters
        ----------
        upload_set : whose uploads are in the sum
        sum_parts : of the server's sum, in any order; those that come early are held in memory
        answers : of different hospitals, in any order; with backends other than ring none is needed

        Raises
        ------
        WireError
            If a part or an answer is none of this round and upload set, or a part is missing.
        ShortAnswersError
            If there are too few answers.
        WrongSumError
            If the sum does not open: answers contradict one another, or bytes were altered.
        """
        self._refuse_other_terms(upload_set)
        payloads = self._format.sum_payloads(sum_parts, upload_set)
        slots = self._cipher.decrypt(upload_set, payloads, answers)
        return opened_sum(self.terms.layout, self._sizes.levels, len(upload_set.senders), slots)

    def _refuse_other_terms(self, upload_set: UploadSet) -> None:
        if upload_set.terms.digest != self.terms.digest:
            raise WireError(
                "the upload set is of another round, attempt or federation; ask the server for this round's"
            )
