"""`init`, `join` and `approve`: each makes what it says, refuses what it must, and no private key leaves its folder."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from cli.federated import approve, command, fingerprint, found, join
from pleura.errors import KeyFileError, OutputError, RecipeError, WireError
from pleura.federation.deployment.letters import Admission, Request
from pleura.federation.deployment.machine import find_kit
from pleura.federation.deployment.office import Office
from pleura.federation.deployment.plan import read_plan
from pleura.federation.deployment.site import Site, admit
from pleura.federation.engine.kits import COORDINATOR, make_request
from pleura.federation.rounds.policy import read_policy
from pleura.federation.secure_sum.keys.identity import HospitalKeys


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office, a hospital that was approved, one that has only asked."""
    folder = tmp_path_factory.mktemp("valley")
    found(folder)
    for number in (0, 1):
        assert join(folder, number).exit_code == 0
    assert approve(folder, "aare").exit_code == 0
    return folder


def private_parts(folder: Path) -> list[bytes]:
    """What is between the lines of every private key under a folder."""
    return [
        bytes(line)
        for path in folder.rglob("*")
        if path.is_file() and b"PRIVATE KEY" in (data := path.read_bytes())
        for line in re.findall(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\n([^\n]+)", data)
    ]


def test_all_hospitals_agree_to_what_the_server_will_ask(place: Path) -> None:
    plan = read_plan(Office.open(place / "office").state)
    policy = read_policy(place / "aare" / "policy.toml")
    assert policy.recipes == (f"sha256:{plan.recipe_hash}",)
    assert (plan.quorum, plan.local_epochs, policy.most_local_epochs) == (3, 1, 1)
    site = Site.open(place / "birs")
    assert site.invitation == Office.open(place / "office").invitation
    assert site.settings.cases_of == "north"


def test_no_private_key_is_in_what_is_sent(place: Path) -> None:
    sent = {place / "aare" / "aare.request", place / "aare.admission", place / "office" / "invitation.toml"}
    office, hospital = private_parts(place / "office"), private_parts(place / "aare")
    assert len(office) >= 6  # coordinator, authority, server twice (signing, connection), kits
    assert len(hospital) >= 3
    for path in sent:
        packed = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                packed += [archive.read(name) for name in archive.namelist()]
        for data in packed:
            assert b"PRIVATE" not in data
            assert not any(key in data for key in (*office, *hospital))
    assert not set(office) & set(hospital)


def test_folders_and_private_files_are_the_owner_s_alone(place: Path) -> None:
    for folder in (place / "office", place / "aare"):
        assert folder.stat().st_mode & 0o077 == 0
    for path in (*(place / "office").rglob("*.pem"), *(place / "aare" / "keys").iterdir()):
        if b"PRIVATE" in path.read_bytes():
            assert path.stat().st_mode & 0o077 == 0, path


def test_nothing_is_written_over(place: Path) -> None:
    before = fingerprint(place / "office" / "invitation.toml")
    again = command("init", place / "office", place / "micro.toml", "--name", "valley", "--host", "localhost")
    for done in (again, join(place, 0), approve(place, "aare")):
        assert isinstance(done.exception, OutputError)
        assert "is there already and is not written over" in str(done.exception)
    assert fingerprint(place / "office" / "invitation.toml") == before


def test_an_altered_invitation_or_request_is_refused(place: Path, tmp_path: Path) -> None:
    invitation = tmp_path / "invitation.toml"
    text = (place / "office" / "invitation.toml").read_text()
    invitation.write_text(text.replace('backend = "ring"', 'backend = "plain"'))
    told = fingerprint(place / "office" / "invitation.toml")
    given = ["--name", "doubs", "--cohort", place / "cohort", "--fingerprint", told]
    done = command("join", tmp_path / "doubs", "--invitation", invitation, *given)
    assert isinstance(done.exception, WireError)
    assert "nothing was done" in str(done.exception)
    assert not (tmp_path / "doubs").exists()
    request = place / "birs" / "birs.request"
    done = command("approve", place / "office", request, "--out", tmp_path / "out", "--fingerprint", "0" * 64)
    assert isinstance(done.exception, WireError)
    assert len(Office.open(place / "office").lists()) == 1


def test_without_a_fingerprint_it_is_shown_and_asked_for(place: Path, tmp_path: Path) -> None:
    request = place / "birs" / "birs.request"
    done = command("approve", place / "office", request, "--out", tmp_path / "out")
    assert fingerprint(request) in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_hospital_is_let_in_once(place: Path, tmp_path: Path) -> None:
    keys = HospitalKeys.create(tmp_path / "keys", "aare")
    asked = Request.read(place / "birs" / "birs.request")
    Request(keys.public, asked.certificate).write(tmp_path / "again.request")
    said = fingerprint(tmp_path / "again.request")
    done = command(
        "approve", place / "office", tmp_path / "again.request", "--out", tmp_path / "out", "--fingerprint", said
    )
    assert isinstance(done.exception, WireError)
    assert "have one name, aare" in str(done.exception)


@pytest.mark.parametrize(
    ("name", "kind"), [("cher", "hospital"), (COORDINATOR, "coordinator"), ("localhost", "server")]
)
def test_a_certificate_for_more_than_the_hospital_itself_is_not_signed(
    place: Path, tmp_path: Path, name: str, kind: str
) -> None:
    certificate = make_request(tmp_path / "certificate", "valley", name, kind)  # type: ignore[arg-type]
    with zipfile.ZipFile(certificate) as archive:
        held = {entry: archive.read(entry) for entry in archive.namelist()}
    renamed = tmp_path / "renamed.zip"
    said = json.loads(held["request.json"]) | {"name": "doubs", "cert_type": "client", "cert_role": None}
    with zipfile.ZipFile(renamed, "w") as archive:
        archive.writestr("request.json", json.dumps(said))
        archive.writestr("site.yaml", held["site.yaml"])
        archive.writestr("doubs.csr", held[f"{name}.csr"])
    keys = HospitalKeys.create(tmp_path / "keys", "doubs")
    asked = tmp_path / "doubs.request"
    Request(keys.public, renamed.read_bytes()).write(asked)
    done = command("approve", place / "office", asked, "--out", tmp_path / "out", "--fingerprint", fingerprint(asked))
    assert isinstance(done.exception, WireError)
    assert not (tmp_path / "out").exists()
    assert len(Office.open(place / "office").lists()) == 1


def test_an_admission_is_for_one_hospital_of_one_coordinator(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "birs", tmp_path / "birs")
    other = Site.open(tmp_path / "birs")
    with pytest.raises(Exception, match="is not in member list 0"):
        admit(other, place / "aare.admission")
    given = Admission.read(place / "aare.admission")
    Admission(given.certificate, bytes(32), given.lists).write(tmp_path / "forged")
    with pytest.raises(WireError, match="of another coordinator"):
        admit(Site.open(place / "aare"), tmp_path / "forged")
    assert not other.admitted


def test_an_admitted_hospital_has_a_closed_kit(place: Path) -> None:
    site = Site.open(place / "aare")
    assert [member.name for member in admit(site, place / "aare.admission").members] == ["aare"]
    assert site.admitted
    kit = find_kit(site.certificate)
    assert json.loads((kit / "local" / "resources.json").read_text())["class_list_enforcement_mode"] == "enforce"
    assert str(site.state) in (kit / "local" / "pleura.toml").read_text()
    with pytest.raises(KeyFileError, match="belongs to a federation already"):
        admit(site, place / "aare.admission")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('[local]\nunit = "seconds"', 'real ones train by "epochs"'),
        ('[protection]\nbackend = "seal"', 'use "ring"'),
        ("[protection]\nmost_hospitals = 3", "need 3 to 3"),
    ],
)
def test_what_real_hospitals_cannot_bound_is_refused(place: Path, tmp_path: Path, settings: str, said: str) -> None:
    (tmp_path / "settings.toml").write_text(settings)
    given = ["--name", "hill", "--host", "localhost", "--settings", tmp_path / "settings.toml", "--quorum", "4"]
    done = command("init", tmp_path / "office", place / "micro.toml", *given)
    assert isinstance(done.exception, RecipeError)
    assert said in str(done.exception)
    assert not (tmp_path / "office").exists()


@pytest.mark.parametrize("name", ["init", "join", "approve"])
def test_help_has_an_example(name: str) -> None:
    done = command(name, "--help")
    assert done.exit_code == 0
    assert f"Example: pleura federation {name} " in done.stdout
