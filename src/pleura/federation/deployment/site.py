"""A hospital's own folder: keys and a request made in it, an admission taken in; no private key leaves it.

hospital.toml      the hospital's name, where its cases lie, how it computes; its people may change it
invitation.toml    what it was invited to
policy.toml        what it consents to; goes before whatever the server asks
NAME.request       what is sent to the coordinator
keys/              private keys; the federation's signed lists beside them
certificate/       the private key of its connection, its certificate, the engine's kit
state/             the ledger, the model, the rounds' metrics
parent/            the model that the first round begins with, where there is one
slices/            prepared slices of its cases
logs/              what its process said
"""

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Self

from pleura.errors import OutputError, RecipeError, WireError
from pleura.federation.deployment.invitation import Invitation
from pleura.federation.deployment.letters import Admission, Request, check_certificate
from pleura.federation.deployment.machine import find_kit
from pleura.federation.engine.hardening import harden
from pleura.federation.engine.kits import make_kit, make_request
from pleura.federation.engine.station import Station, owner_only
from pleura.federation.rounds.policy import Policy
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.keys.membership import Membership
from pleura.models.toml_write import to_toml
from pleura.settings import parse_settings
from pleura.whole_file import write_text

if TYPE_CHECKING:
    from pleura.federation.learning.agreement import Agreement
    from pleura.federation.learning.lesson import AnyModel

__all__ = ["HOSPITAL_ENTRY", "METRICS", "Site", "SiteSettings", "admit", "join_federation"]

HOSPITAL_ENTRY: Final = "pleura.federation.deployment.hospital:take_part"
PARENT: Final = "parent"
METRICS: Final = "metrics"
"""Folder in the state, with a file a round that was opened."""


@dataclass(frozen=True, kw_only=True)
class SiteSettings:
    """What a hospital says of itself, on its own disk only.

    Raises
    ------
    RecipeError
        If it cannot be used.
    """

    name: str
    """In its certificate and the member list."""
    cohort: str
    """Folder with cases.csv, a whole path."""
    cases_of: str = ""
    """Of a folder with several hospitals' cases: whose are this one's; all are if empty."""
    device: str = "cpu"
    """cpu, or cuda for a GPU."""
    workers: int = 1
    """Processes that prepare slices."""

    def __post_init__(self) -> None:
        if not Path(self.cohort).is_absolute():
            raise RecipeError(f"cohort = {self.cohort!r}; need a whole path")
        if not 1 <= self.workers <= 64:
            raise RecipeError(f"workers = {self.workers}; need 1 to 64")


@dataclass(frozen=True)
class Site:
    """A hospital's folder that is there.

    Made by `open`.
    """

    folder: Path
    settings: SiteSettings
    invitation: Invitation

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read a hospital's folder; `RecipeError` if it is none."""
        folder = folder.absolute()
        path = folder / "hospital.toml"
        try:
            settings = parse_settings(SiteSettings, tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, RecipeError) as error:
            raise RecipeError(
                f"cannot use {path}: {error}; a hospital's folder is made with: pleura federation join"
            ) from error
        return cls(folder, settings, Invitation.read(folder / "invitation.toml"))

    @property
    def state(self) -> Path:
        """The folder that the engine's process works in."""
        return self.folder / "state"

    @property
    def keys(self) -> Path:
        """Private keys, and the federation's lists."""
        return self.folder / "keys"

    @property
    def certificate(self) -> Path:
        """The connection's key, certificate and kit."""
        return self.folder / "certificate"

    @property
    def agreement(self) -> "Agreement":
        """What follows from the invitation."""
        from pleura.federation.learning.agreement import Agreement  # torch takes seconds to import

        return Agreement(self.invitation.recipe, self.invitation.settings, self.invitation.parent)

    def load_parent(self) -> "AnyModel | None":
        """Load the model that the first round begins with; None for fresh weights.

        Raises
        ------
        ModelError
            If it is missing or damaged.
        """
        return self.agreement.lesson.load(self.folder / PARENT) if self.invitation.parent else None

    @property
    def admitted(self) -> bool:
        """Whether an admission was taken in."""
        return (self.certificate / "kits").is_dir() and (self.keys / "pinned-coordinator.key").is_file()


def join_federation(
    folder: Path, invitation: Path, settings: SiteSettings, *, start_from: str | Path | None = None
) -> Site:
    """Make a hospital's folder: its own keys, and the request that it sends.

    Parameters
    ----------
    folder : must not be there
    invitation : as it came, its fingerprint compared with what the coordinator reads
    settings : of the hospital
    start_from : the model, by path or name, that the invitation says the first round begins with; it is copied

    Raises
    ------
    OutputError
        If the folder is there.
    RecipeError, KeyFileError
        If invitation or name cannot be used.
    ModelError
        If the first round begins with a model and this is not it.
    """
    from pleura.federation.learning.agreement import Agreement  # torch takes seconds to import

    folder = folder.absolute()
    if folder.exists():
        raise OutputError(f"{folder} is there already and is not written over; name another folder")
    invited = Invitation.read(invitation)
    given = invitation.read_text(encoding="utf-8")
    agreement = Agreement(invited.recipe, invited.settings, invited.parent)
    if start_from is not None and not invited.parent:
        raise RecipeError(f"the first round begins with fresh weights, not with {start_from}; join without a model")
    parent = None if start_from is None else agreement.lesson.load(start_from)
    agreement.begin(parent)
    policy = Policy(
        recipes=(f"sha256:{agreement.digest}",),
        least_hospitals=invited.quorum,
        most_local_epochs=float(invited.settings.local.amount),
    )
    owner_only(folder)
    certificate = make_request(folder / "certificate", invited.settings.name, settings.name, "hospital")
    keys = HospitalKeys.create(folder / "keys", settings.name)
    Request(keys.public, certificate.read_bytes()).write(folder / f"{settings.name}.request")
    for part in ("state", "slices", "logs"):
        owner_only(folder / part)
    if parent is not None:
        copytree(parent.path, folder / PARENT)
    write_text(folder / "policy.toml", _POLICY + to_toml(asdict(policy)))
    write_text(folder / "invitation.toml", given)
    write_text(folder / "hospital.toml", to_toml(asdict(settings)))  # last: without it the folder is none
    return Site(folder, settings, invited)


def admit(site: Site, admission: Path) -> MemberList:
    """Take the coordinator's answer in; what is in it has to be what the invitation promised.

    Parameters
    ----------
    site : the hospital's
    admission : as it came

    Returns
    -------
    the member list

    Raises
    ------
    WireError
        If it is none, of another coordinator, or not for this hospital.
    RecipeError
        If the engine refuses it: it is of another key or another authority.
    KeyFileError
        If the hospital has been admitted already.
    """
    given = Admission.read(admission)
    name, keys = site.settings.name, HospitalKeys.load(site.keys)
    coordinator = bytes.fromhex(site.invitation.coordinator)
    if given.coordinator != coordinator:
        raise WireError("the admission is of another coordinator than the invitation; ask the coordinator about it")
    members = MemberList.read_chain(given.lists, coordinator)
    members.find(keys.fingerprint)
    if members.federation != site.invitation.settings.name:
        raise WireError(f"the admission is to {members.federation!r}, and this is {site.invitation.settings.name!r}")
    if not (site.certificate / "kits").is_dir():
        with TemporaryDirectory(dir=site.folder, prefix=".admission-") as place:
            answer = Path(place) / f"{name}.signed.zip"
            answer.write_bytes(given.certificate)
            check_certificate(answer, name)
            make_kit(site.certificate, answer, site.invitation.authority)
    station = Station(entry=HOSPITAL_ENTRY, state=site.state)
    harden(find_kit(site.certificate), "hospital", station, site.certificate / "engine")
    return Membership.join(site.keys, coordinator, given.lists).members


_POLICY: Final = """\
# What this hospital consents to. Read anew for each round; whatever the server asks beyond it is refused.
# recipes: the recipe and settings of the invitation, by their hash. Take it out, and nothing trains here.

"""
