"""`status`, `release`, `leave`, `serve`, `participate` and `run`, on folders whose rounds were carried in one process.

The certificates are stand-ins here: nothing goes over a network. Enrolment has tests of its own, and the how-to's test
runs all of it for real.
"""

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.federated import NAMES, approve, command, found, join
from pleura.errors import CohortError, KeyFileError, OutputError, QuorumError, RecipeError, ShortAnswersError, WireError
from pleura.federation.deployment import office as office_module
from pleura.federation.deployment import publication
from pleura.federation.deployment import site as site_module
from pleura.federation.deployment.hospital import take_part
from pleura.federation.deployment.machine import check_own_host
from pleura.federation.deployment.office import Office
from pleura.federation.deployment.server import HAND_OUT, play, read_failures
from pleura.federation.deployment.site import Site, SiteSettings, admit, join_federation
from pleura.federation.deployment.work import HospitalWork
from pleura.federation.engine.station import owner_only, sole_user
from pleura.federation.rounds.in_process import InProcessChannel
from pleura.federation.rounds.policy import read_policy
from pleura.federation.rounds.release import read_release
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.models.files import load_model


def _without_certificates(patch: pytest.MonkeyPatch) -> None:
    def request(folder: Path, federation: str, name: str, kind: str) -> Path:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{name}.request.zip"
        path.write_bytes(b"request")
        return path

    def kit(folder: Path, answer: Path, fingerprint: str) -> Path:
        (folder / "kits/valley/prod_00/machine/startup").mkdir(parents=True)
        return folder / "kits/valley/prod_00/machine"

    def nothing(*_: object) -> None: ...

    stand_ins: dict[str, Callable[..., object]] = {
        "make_request": request,
        "make_kit": kit,
        "harden": nothing,
        "check_certificate": nothing,
        "check_certificate_request": nothing,
        "make_authority": lambda folder, place: f"{folder.name} of {place.federation}",
        "approve": lambda authority, wanted, folder: wanted,
    }
    for module in (office_module, site_module):
        for name, stand_in in stand_ins.items():
            if hasattr(module, name):
                patch.setattr(module, name, stand_in)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A federation of three hospitals after one round, its model handed out."""
    folder = tmp_path_factory.mktemp("valley")
    with pytest.MonkeyPatch.context() as patch:
        _without_certificates(patch)
        office = Office.open(found(folder))
        for number, name in enumerate(NAMES):
            assert join(folder, number).exit_code == 0
            assert approve(folder, name).exit_code == 0
            admit(Site.open(folder / name), folder / f"{name}.admission")
        channel = channel_to(folder)
        play(channel, office.state, 2)
        assert json.loads(command("status", office.folder, "--json").stdout)["rounds"] == []
        play(channel, office.state, 1)
        (office.state / HAND_OUT).touch()
        play(channel, office.state, 2)
        (office.state / HAND_OUT).unlink()
        yield folder


def channel_to(folder: Path) -> InProcessChannel:
    channel = InProcessChannel()
    for name in NAMES:
        channel.connect(name, take_part(folder / name / "state"))
    return channel


def status_of(folder: Path) -> dict:
    return json.loads(command("status", folder, "--json").stdout)


def test_the_office_sees_rounds_and_costs_and_no_metrics(place: Path) -> None:
    stand = status_of(place / "office")
    (row,) = stand["rounds"]
    assert (row["round"], row["attempt"], row["hospitals"], row["names"]) == (1, 1, 3, list(NAMES))
    assert row["upload_bytes"] == sum(status_of(place / name)["uploads"][0]["bytes"] for name in NAMES)
    assert stand["last_failure"] is None
    assert "accuracy" not in json.dumps(stand)
    said = command("status", place / "office").stdout
    assert "1 of 2 rounds committed" in said
    assert "round 1: 3 hospitals (aare, birs, cher)" in said


def test_hospitals_hold_one_model_and_know_how_good_the_one_before_it_was(place: Path) -> None:
    stands = [status_of(place / name) for name in NAMES]
    assert len({stand["model"] for stand in stands}) == 1
    assert [stand["rounds_behind_model"] for stand in stands] == [1, 1, 1]
    assert stands[0]["metrics"] == stands[1]["metrics"]
    (metrics,) = stands[2]["metrics"]
    assert (metrics["round"], metrics["hospitals"], metrics["cases"]) == (0, 3, 6)
    assert "model after 0 rounds, 3 hospitals: accuracy" in command("status", place / "cher").stdout


def test_another_folder_has_no_status(tmp_path: Path) -> None:
    done = command("status", tmp_path)
    assert isinstance(done.exception, RecipeError)
    assert "neither a coordinator's folder nor a hospital's" in str(done.exception)


def _full_disk(*_: object, **__: object) -> None:
    raise OutputError("no space is left")


def test_a_model_is_released_by_all_three_and_by_no_fewer(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [tmp_path / f"{name}.word" for name in NAMES]
    hashes = {command("release", place / name, "--sign", word).stdout for name, word in zip(NAMES, words, strict=True)}
    assert hashes == {status_of(place / "aare")["model"] + "\n"}
    again = command("release", place / "aare", "--sign", words[0])
    assert isinstance(again.exception, OutputError)

    out = tmp_path / "released"
    given = [part for word in words for part in ("--word", word)]
    few = command("release", place / "birs", *given[:4], "--out", out)
    assert isinstance(few.exception, ShortAnswersError)
    assert not out.exists()
    twice = command("release", place / "birs", *given[:4], *given[:2], "--out", out)
    assert isinstance(twice.exception, ShortAnswersError)
    with monkeypatch.context() as patch:
        patch.setattr(publication, "write_model", _full_disk)
        failed = command("release", place / "birs", *given, "--out", out)
    assert isinstance(failed.exception, OutputError)
    assert not out.exists()
    done = command("release", place / "birs", *given, "--out", out)
    assert done.stdout.strip() == str(out / "micro")
    card = load_model(out / "micro").card
    assert card.training["state_sha256"] == status_of(place / "birs")["model"]
    assert (card.training["simulated"], card.training["hospitals"], card.synthetic) == (False, 3, True)
    assert str(card.metrics["summary"]).endswith("validation cases right with the model a round earlier")
    office = Office.open(place / "office")
    members = MemberList.from_bytes(office.lists()[2], office.coordinator)
    signed = read_release(out / "signatures", members, card.training["state_sha256"])
    assert len(signed) == 3
    with pytest.raises(WireError):
        read_release(out / "signatures", members, "0" * 64)


def test_release_wants_one_thing_at_a_time(place: Path, tmp_path: Path) -> None:
    for words in ([], ["--sign", tmp_path / "a", "--out", tmp_path / "b"], ["--out", tmp_path / "b"]):
        assert isinstance(command("release", place / "aare", *words).exception, RecipeError)
    assert list(tmp_path.iterdir()) == []


def test_a_hospital_that_left_is_missed_by_name(place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    shutil.copytree(place / "office", folder)
    unknown = command("leave", folder, "doubs")
    assert isinstance(unknown.exception, WireError)
    assert "members are aare, birs, cher" in str(unknown.exception)
    done = command("leave", folder, "cher")
    assert done.stdout == "member list 3: aare, birs\n"
    assert "3 hospitals are needed" in done.stderr
    office = Office.open(folder)
    (office.state / "waiting.toml").write_text("settle_s = 0.0")
    with pytest.raises(QuorumError, match="2 hospitals of the member list are connected"):
        play(channel_to(place), office.state, 2)
    stand = status_of(folder)
    assert stand["members"] == ["aare", "birs"]
    assert len(stand["rounds"]) == 1
    assert stand["last_failure"]["round"] == 2
    assert "last failure, in round 2: 2 hospitals" in command("status", folder).stdout


def test_the_keys_that_let_hospitals_in_may_lie_elsewhere_meanwhile(place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    shutil.copytree(place / "office", folder)
    shutil.rmtree(folder / "coordinator-key")
    assert status_of(folder)["members"] == list(NAMES)
    assert isinstance(command("leave", folder, "cher").exception, KeyFileError)
    assert status_of(folder)["members"] == list(NAMES)


def test_no_more_rounds_than_were_agreed_on(place: Path) -> None:
    done = command("run", place / "office", "--rounds", "2")
    assert isinstance(done.exception, RecipeError)
    assert "1 of the 2 rounds that were agreed on are committed, so 1 are left" in str(done.exception)


def test_rounds_are_run_on_the_server_s_machine() -> None:
    check_own_host("localhost")
    check_own_host("127.0.0.1")
    with pytest.raises(RecipeError, match=r"leads to 192\.0\.2\.7, .* 127\.0\.0\.1 192\.0\.2\.7"):
        check_own_host("192.0.2.7")


def test_no_second_server_on_a_port(place: Path) -> None:
    invitation = Office.open(place / "office").invitation
    with socket.create_server(("127.0.0.1", invitation.port)):
        done = command("serve", place / "office")
    assert isinstance(done.exception, RecipeError)
    assert "is served already" in str(done.exception)


def test_synthetic_and_real_cases_are_not_mixed(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "aare", tmp_path / "aare")
    shutil.copytree(place / "cohort", tmp_path / "cohort")
    said = tmp_path / "cohort" / "cohort.toml"
    said.write_text(said.read_text().replace("synthetic = true", "synthetic = false"))
    settings = tmp_path / "aare" / "hospital.toml"
    settings.write_text(settings.read_text().replace(str(place / "cohort"), str(tmp_path / "cohort")))
    done = command("participate", tmp_path / "aare")
    assert isinstance(done.exception, CohortError)
    assert "holds real cases, and the federation trains on synthetic ones" in str(done.exception)


def test_the_server_is_not_told_which_case_cannot_be_prepared(
    place: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(place / "aare", tmp_path / "aare")
    shutil.copytree(place / "cohort", tmp_path / "cohort")
    shutil.rmtree(tmp_path / "aare" / "slices")
    (tmp_path / "cohort" / "studies" / "0.nii.gz").write_bytes(b"nothing")
    settings = tmp_path / "aare" / "hospital.toml"
    settings.write_text(settings.read_text().replace(str(place / "cohort"), str(tmp_path / "cohort")))
    work = HospitalWork(Site.open(tmp_path / "aare"))
    with pytest.raises(CohortError) as refusal:
        work.layout(work.recipes["micro"])
    assert str(refusal.value) == "the hospital's cases cannot be prepared; its own log says why"
    assert "c0" in caplog.text


def test_a_hospital_takes_part_in_one_process_at_a_time(place: Path) -> None:
    with sole_user(owner_only(place / "cher" / "logs"), wait_s=0):
        done = command("participate", place / "cher")
    assert isinstance(done.exception, RecipeError)
    assert "another process works in" in str(done.exception)


def test_the_policy_wants_no_fewer_hospitals_than_the_invitation(place: Path, tmp_path: Path) -> None:
    given = (place / "office" / "invitation.toml").read_text()
    assert "quorum = 3" in given
    invitation = tmp_path / "invitation.toml"
    invitation.write_text(given.replace("quorum = 3", "quorum = 4"))
    site = join_federation(tmp_path / "doubs", invitation, SiteSettings(name="doubs", cohort=str(place / "cohort")))
    assert read_policy(site.folder / "policy.toml").least_hospitals == 4


def test_a_server_that_cannot_be_loaded_says_why_in_its_log(place: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    shutil.copytree(place / "office" / "server" / "state", state)
    (state / "plan.json").write_text("{")
    with pytest.raises(RecipeError):
        play(channel_to(place), state, 2)
    assert "plan.json" in read_failures(state)[-1]


def test_a_hospital_takes_part_when_it_was_admitted_with_a_policy_that_can_be_read(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "birs", tmp_path / "birs")
    (tmp_path / "birs" / "policy.toml").write_text("recipes = 3")
    done = command("participate", tmp_path / "birs")
    assert isinstance(done.exception, RecipeError)
    assert "no round is taken part in until it is put right" in str(done.exception)
    shutil.rmtree(tmp_path / "birs" / "certificate" / "kits")
    done = command("participate", tmp_path / "birs")
    assert isinstance(done.exception, RecipeError)
    assert "has not been admitted" in str(done.exception)


@pytest.mark.parametrize("name", ["serve", "participate", "run", "status", "release", "leave"])
def test_help_has_an_example(name: str) -> None:
    done = command(name, "--help")
    assert done.exit_code == 0
    assert f"Example: pleura federation {name} " in done.stdout
