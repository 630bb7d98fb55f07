"""Parts of uploads in, the parts of their sum out: the server's side of a round, without a key."""

from collections.abc import Iterable, Iterator

from pleura.errors import TermsError, WireError
from pleura.federation.secure_sum.adders.create import create_adder
from pleura.federation.secure_sum.store import MemoryStore, Store
from pleura.federation.secure_sum.terms import RoundTerms, UploadSet
from pleura.federation.secure_sum.wire import SERVER, PartFormat

__all__ = ["ServerRound"]


class ServerRound:
    """One attempt of one round.

    Parts are checked when they come and kept in the store. Only when the round is closed, over hospitals whose
    uploads are whole, are they added up, part by part, so that a hospital that is cut off in the middle leaves no
    trace in the sum.

    Parameters
    ----------
    terms : of the round
    store : where parts wait; by default in memory

    Raises
    ------
    TermsError
        If the backend has no room for so many hospitals.
    """

    def __init__(self, terms: RoundTerms, store: Store | None = None) -> None:
        self.terms = terms
        self._adder = create_adder(terms)
        self._format = PartFormat(terms, self._adder.form)
        self._store: Store = MemoryStore() if store is None else store
        self._came: dict[int, set[int]] = {}
        self._closed: UploadSet | None = None

    @property
    def uploads(self) -> frozenset[int]:
        """Places of the hospitals whose parts have all come."""
        return frozenset(sender for sender, parts in self._came.items() if len(parts) == self._adder.form.parts)

    @property
    def upload_set(self) -> UploadSet | None:
        """What the round was closed over; None while it is open."""
        return self._closed

    def receive(self, data: bytes, sender: int | None = None) -> tuple[int, int]:
        """Check a part and keep it; parts come in any order.

        Parameters
        ----------
        data : the part
        sender : the place of the hospital whose connection it came by, where the caller knows it

        Returns
        -------
        the sender's place and the part's number

        Raises
        ------
        WireError
            If it is no part of this round, comes under another hospital's place, holds what no hospital sends, came
            before, or comes after the round was closed.
        OutputError
            If it cannot be kept.
        """
        part = self._format.parse_upload(data)
        if sender is not None and part.sender != sender:
            raise WireError(f"hospital {sender} sent a part under the place of hospital {part.sender}; refuse it")
        if self._closed is not None:
            raise WireError(
                f"part {part.part} of hospital {part.sender} came after the round was closed; it may join the next"
            )
        came = self._came.setdefault(part.sender, set())
        if part.part in came:
            raise WireError(f"part {part.part} of hospital {part.sender} came twice; each is sent once")
        self._adder.check(part.part, part.payload)
        self._store.put(part.sender, part.part, part.payload)
        came.add(part.part)
        return part.sender, part.part

    def close(self, senders: Iterable[int] | None = None) -> UploadSet:
        """Fix the uploads that are summed; no other set can be had in this attempt.

        Parameters
        ----------
        senders : places of hospitals whose uploads are whole; by default all of them

        Raises
        ------
        TermsError
            If the round was closed over others, an upload is not whole, or there are too few; with the backend
            `masks`, also if a member is missing.
        """
        upload_set = UploadSet(self.terms, self.uploads if senders is None else senders)
        if self._closed is not None and self._closed != upload_set:
            raise TermsError(
                f"the round was closed over hospitals {_places(self._closed.senders)} and cannot be closed over "
                f"{_places(upload_set.senders)}: two sums would tell the difference; run another attempt"
            )
        partial = upload_set.senders - self.uploads
        if partial:
            raise TermsError(f"the upload of hospital {min(partial)} is not whole; close over {_places(self.uploads)}")
        missing = set(range(len(self.terms.members))) - upload_set.senders
        if self.terms.backend == "masks" and missing:
            raise TermsError(
                f"the masks of hospital {min(missing)} stay in the sum, as it did not upload; with masks every member "
                "has to: run another attempt without it, or use the backend ring"
            )
        self._closed = upload_set
        return upload_set

    def total_parts(self) -> Iterator[bytes]:
        """Parts of the sum, first to last, each added up when it is asked for; may be asked for again.

        Raises
        ------
        TermsError
            If the round is not closed.
        """
        if self._closed is None:
            raise TermsError("the sum is made over a fixed set of uploads; close the round first")
        return self._total_parts(self._closed)

    def _total_parts(self, upload_set: UploadSet) -> Iterator[bytes]:
        senders = sorted(upload_set.senders)
        for part in range(self._adder.form.parts):
            pieces = self._adder.add_up(part, (self._store.get(sender, part) for sender in senders))
            yield self._format.pack(SERVER, part, pieces, upload_set)


def _places(senders: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(senders))) or "none"
