"""Certificates and kits as the engine's own commands make them: where keys lie, and what is refused."""

import stat
from pathlib import Path

import pytest

from pleura.errors import RecipeError
from pleura.federation.engine.kits import Place, make_kit, make_request


def test_private_keys_are_where_they_were_made_and_for_the_owner_only(homes: Path) -> None:
    keys = sorted(homes.rglob("*.key"))
    assert {path.relative_to(homes).parts[0] for path in keys} == {"authority", "localhost", "aare"}
    for path in [*keys, *homes.rglob("*.pem")]:
        if b"PRIVATE KEY" in path.read_bytes():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for name in ("localhost", "aare"):
        assert b"PRIVATE KEY" not in (homes / f"{name}.signed.zip").read_bytes()
        for folder in (
            homes / name,
            homes / name / "engine",
            homes / name / "state",
            next((homes / name / "kits").glob(f"*/*/{name}")),
        ):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_another_authoritys_fingerprint_is_refused(homes: Path) -> None:
    wrong = "SHA256:" + ":".join(["00"] * 32)
    with pytest.raises(RecipeError, match="refuses package"):
        make_kit(homes / "aare", homes / "aare.signed.zip", wrong)


@pytest.mark.parametrize("name", ["Aare", "a b", "../aare", "", "a" * 42, "aare@x"])
def test_names_that_cannot_stand_in_a_certificate_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecipeError):
        make_request(tmp_path / "home", "breath", name, "hospital")
    with pytest.raises(RecipeError):
        Place(name, "localhost", 1, 2)


@pytest.mark.parametrize("ports", [(5, 5), (0, 5), (5, 65536)])
def test_ports_that_cannot_be_are_refused(ports: tuple[int, int]) -> None:
    with pytest.raises(RecipeError, match="two different ports"):
        Place("breath", "localhost", *ports)
