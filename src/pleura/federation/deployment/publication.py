"""A hospital's folder in: its signed word that a model may leave the federation, and the model's folder, out."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pleura.errors import ModelError, OutputError, WireError
from pleura.federation.deployment.hospital import take_part
from pleura.federation.deployment.site import Site
from pleura.federation.deployment.standing import read_metrics
from pleura.federation.engine.station import owner_only, sole_user
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.lesson import AnyModel
from pleura.federation.learning.state import GlobalState, load_state
from pleura.federation.learning.tensors import write_tensors
from pleura.federation.rounds.durable import forget
from pleura.federation.rounds.release import write_release
from pleura.federation.secure_sum.keys.membership import Membership
from pleura.federation.simulation.results import federated_card, write_model
from pleura.models.card import Card
from pleura.whole_file import whole_file

__all__ = ["publish", "sign_model"]

_WAIT_S: Final = 30.0
_LONGEST: Final = 1 << 16


def sign_model(site: Site, out: Path) -> str:
    """Sign that the model this hospital holds may leave the federation.

    Parameters
    ----------
    site : the hospital's; a round's task that is under way is waited for
    out : a new file

    Returns
    -------
    the model's hash

    Raises
    ------
    OutputError
        If `out` is there.
    ContinuityError
        If the hospital holds no model yet.
    """
    if out.exists():
        raise OutputError(f"{out} is there already and is not written over; name another file")
    with sole_user(owner_only(site.state), wait_s=_WAIT_S):
        hospital = take_part(site.state)
        model = hospital.ledger.standing.model
        word = hospital.sign_release(model)
    with whole_file(out) as made:
        made.write_bytes(word)
    return model


def publish(site: Site, words: list[Path], out: Path) -> tuple[AnyModel, frozenset[str]]:
    """Write the model that enough hospitals have signed as a model folder, with their signatures beside it.

    Parameters
    ----------
    site : of a hospital that holds the model
    words : of `sign_model`, of different hospitals, this one's among them if it signed
    out : a new folder; the model lies in it under the recipe's name, the signatures as `signatures`

    Returns
    -------
    the model, and the names of the hospitals that signed

    Raises
    ------
    OutputError
        If `out` is there.
    ShortAnswersError, WireError
        If too few signed, or one signed another model.
    ModelError
        If each hospital has a model of its own, as under fedbn.
    """
    if out.exists():
        raise OutputError(f"{out} is there already and is not written over; name another folder")
    with sole_user(owner_only(site.state), wait_s=_WAIT_S):
        held = take_part(site.state)
        state = load_state(held.model)
    agreement = site.agreement
    if len(agreement.shared) < len(state.tensors):
        raise ModelError("under fedbn each hospital has norm layers of its own, so there is no one model to release")
    members = Membership.load(site.keys).members
    owner_only(out)
    try:
        signed = write_release(out / "signatures", [_read(path) for path in words], members, state.digest)
        trained = agreement.lesson.network()
        write_tensors(trained, state.tensors)
        card = _card(site, agreement, state, hospitals=len(members.members))
        model = write_model(agreement.lesson, trained, card, out / card.name)
    except BaseException:
        forget(out)  # signatures without the model would look like a release
        raise
    return model, frozenset(one.name for one in members.members if one.fingerprint in signed)


def _card(site: Site, agreement: Agreement, state: GlobalState, *, hospitals: int) -> Card:
    """Describe the model; what was measured is the model of a round before it, and the card says so."""
    last: dict[str, Any] = next((row for row in read_metrics(site) if row["round"] == state.round - 1), {})
    card = federated_card(
        agreement.lesson,
        agreement.settings,
        state,
        {},
        hospitals=last.get("hospitals", hospitals),
        synthetic=site.invitation.synthetic,
        simulated=False,
        parent=site.load_parent(),
    )
    summary = agreement.lesson.summary(last, synthetic=site.invitation.synthetic)
    if not summary:
        return card
    numbers = {name.replace(" ", "_"): value for name, value in last.items() if name not in ("round", "hospitals")}
    about = f"{summary} with the model a round earlier"
    return replace(card, metrics={"summary": about, "validation_a_round_earlier": numbers})


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST)
    except OSError as error:
        raise WireError(f"cannot read {path}: {error.strerror or error}; ask the hospital for it again") from error
