"""The coordinator's folder: made once, then hospitals' requests in and admissions out.

    invitation.toml      what all agree on; sent to the hospitals
    coordinator-key/     private: signs member lists
    authority/           private: signs certificates
    coordinator/         private: the certificate under which rounds are submitted
    server/              private to the server: certificate, keys, state with the committed rounds, logs
    members/             public keys of the hospitals, a file each
    jobs/                the jobs of the rounds

The server runs on the machine of this folder. Nothing but the invitation and admissions leaves it.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Literal, Self, cast

from pleura.errors import OutputError, RecipeError, WireError
from pleura.federation.deployment.invitation import Invitation
from pleura.federation.deployment.letters import (
    Admission,
    Request,
    check_certificate,
    check_certificate_request,
)
from pleura.federation.deployment.plan import Waiting, write_plan
from pleura.federation.engine.hardening import harden
from pleura.federation.engine.kits import COORDINATOR, approve, make_authority, make_kit, make_request
from pleura.federation.engine.station import Station, owner_only
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.rounds.durable import write_whole
from pleura.federation.rounds.plan import RoundPlan
from pleura.federation.rounds.server_key import Endorsement, ServerKey
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.terms import Backend
from pleura.whole_file import write_text

if TYPE_CHECKING:
    from pleura.federation.learning.lesson import Recipe

__all__ = ["SERVER_ENTRY", "Office", "found_federation"]

SERVER_ENTRY: Final = "pleura.federation.deployment.server:play"


@dataclass(frozen=True)
class Office:
    """A coordinator's folder that is there.

    Made by `open`.
    """

    folder: Path
    invitation: Invitation

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read a coordinator's folder; `RecipeError` if it is none."""
        folder = folder.absolute()
        if not (folder / "server" / "state").is_dir():
            raise RecipeError(f"{folder} is no coordinator's folder; make one with: pleura federation init")
        return cls(folder, Invitation.read(folder / "invitation.toml"))

    @property
    def state(self) -> Path:
        """The server's state folder."""
        return self.folder / "server" / "state"

    @property
    def coordinator(self) -> bytes:
        """The coordinator's public key, 32 bytes."""
        return bytes.fromhex(self.invitation.coordinator)

    def lists(self) -> list[bytes]:
        """Give all member lists, from number 0 on."""
        return [path.read_bytes() for path in sorted((self.state / "lists").glob("[0-9]*"))]

    def members(self) -> MemberList | None:
        """Read the newest list; None before the first hospital."""
        held = self.lists()
        return MemberList.from_bytes(held[-1], self.coordinator) if held else None

    def approve(self, request: Path, out: Path) -> MemberList:
        """Let a hospital in: sign its certificate, and a list in which it stands.

        Parameters
        ----------
        request : as the hospital sent it; its fingerprint was compared with what the hospital reads
        out : the admission, a new file to send back

        Returns
        -------
        the new list

        Raises
        ------
        WireError
            If the request is none, or asks for more than to be a hospital, or one of this name or key is a member.
        OutputError
            If `out` is there, or cannot be written.
        """
        if out.exists():
            raise OutputError(f"{out} is there already and is not written over; name another file")
        asked = Request.read(request)
        name, before = asked.keys.name, self.members()
        key = CoordinatorKey.load(self.folder / "coordinator-key")
        held = () if before is None else before.members
        made = MemberList.make(key, self.invitation.settings.name, [*held, asked.keys], before)
        with TemporaryDirectory(dir=self.folder, prefix=".approval-") as place:
            wanted = Path(place) / f"{name}.request.zip"
            wanted.write_bytes(asked.certificate)
            check_certificate_request(wanted, name, self.invitation.settings.name)
            answer = approve(self.folder / "authority", wanted, Path(place))
            check_certificate(answer, name)
            certificate = answer.read_bytes()
        self._keep(made)
        Admission(certificate, key.public, tuple(self.lists())).write(out)
        return made

    def dismiss(self, name: str) -> MemberList:
        """Sign a list without a hospital.

        Raises
        ------
        WireError
            If it is no member, or the last one.
        """
        before = self.members()
        held = () if before is None else before.members
        left = [member for member in held if member.name != name]
        if before is None or len(left) == len(held):
            names = ", ".join(member.name for member in held) or "none"
            raise WireError(f"{name!r} is no member; members are {names}")
        key = CoordinatorKey.load(self.folder / "coordinator-key")
        made = MemberList.make(key, self.invitation.settings.name, left, before)
        self._keep(made)
        return made

    def _keep(self, made: MemberList) -> None:
        path = self.state / "lists" / f"{made.number:010d}"
        if path.exists():
            raise OutputError(f"{path} is there already; another approval goes on at the same time: try again")
        write_whole(path, made.to_bytes())


def found_federation(
    folder: Path,
    recipe: "Recipe",
    settings: FederationSettings,
    *,
    host: str,
    ports: tuple[int, int],
    synthetic: bool,
    quorum: int,
    waiting: Waiting | None = None,
    start_from: str | Path | None = None,
) -> Office:
    """Make a coordinator's folder, with the server's in it.

    Parameters
    ----------
    folder : must not be there
    recipe, settings : what the hospitals train by
    host : under which the hospitals reach the server; it stands in the server's certificate
    ports : the one that hospitals reach, and the coordinator's
    synthetic : whether all hospitals' cases are synthetic
    quorum : hospitals of a round at the least
    waiting : how long the server waits for what
    start_from : a model, by path or name, that the first round begins with, and every hospital has to have

    Raises
    ------
    OutputError
        If the folder is there.
    RecipeError, TermsError
        If the settings cannot be those of real hospitals, or the engine refuses.
    ModelError
        If the model is not found, or of another kind than what is learned.
    """
    from pleura.federation.learning.agreement import Agreement  # torch takes seconds to import
    from pleura.federation.learning.lessons.find import find_lesson

    folder = folder.absolute()
    if folder.exists():
        raise OutputError(f"{folder} is there already and is not written over; name another folder")
    parent = None if start_from is None else find_lesson(recipe).load(start_from)
    draft = Invitation(
        host=host,
        port=ports[0],
        coordinator_port=ports[1],
        coordinator="0" * 64,
        authority="",
        synthetic=synthetic,
        quorum=quorum,
        parent="" if parent is None else parent.id,
        recipe=recipe,
        settings=settings,
    )
    draft = Invitation.parse(
        draft.to_text()
    )  # as hospitals read it, so that numbers are of the same kind in all hashes
    recipe, settings = draft.recipe, draft.settings
    agreement = Agreement(recipe, settings, draft.parent)
    agreement.begin(parent)  # refuses a model of another kind before any work
    protection = settings.protection
    plan = RoundPlan(
        recipe=recipe.name,
        recipe_hash=agreement.digest,
        layout=agreement.layout,
        backend=cast("Backend", protection.backend),
        values_per_coefficient=protection.values_per_coefficient,
        most_hospitals=protection.most_hospitals,
        local_epochs=settings.local.amount,
        quorum=quorum,
        **asdict(waiting or Waiting()),
    )
    owner_only(folder)
    key = CoordinatorKey.create(folder / "coordinator-key")
    authority = make_authority(folder / "authority", draft.place)
    invitation = replace(draft, coordinator=key.public.hex(), authority=authority)
    office = Office(folder, invitation)
    server = owner_only(folder / "server")
    state = owner_only(server / "state")
    owner_only(state / "lists")
    server_key = ServerKey.create(state / "keys")
    write_whole(state / "endorsement", Endorsement.make(key, settings.name, 1, server_key.public).to_bytes())
    write_whole(state / "coordinator", key.public)
    write_plan(state, plan)
    kinds: tuple[tuple[str, Path, Literal["server", "coordinator"]], ...] = (
        (host, server, "server"),
        (COORDINATOR, folder / "coordinator", "coordinator"),
    )
    for name, home, kind in kinds:
        request = make_request(home, settings.name, name, kind)
        kit = make_kit(home, approve(folder / "authority", request, home), authority)
        if kind == "server":
            harden(kit, "server", Station(entry=SERVER_ENTRY, state=state), home / "engine")
    owner_only(folder / "jobs")
    write_text(folder / "invitation.toml", invitation.to_text())  # last: without it the folder is none
    return office
