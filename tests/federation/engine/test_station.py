"""A machine's own settings: read back as written, refused when unusable, one process at a time in a state folder."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pleura.errors import RecipeError
from pleura.federation.engine.station import Station, load_entry, load_station, owner_only, save_station, sole_user


def test_settings_are_read_back_as_written(tmp_path: Path) -> None:
    station = Station("package.module:function", tmp_path / 'a "strange" \\ name', 10, 20, 3)
    save_station(tmp_path, station)
    assert load_station(tmp_path) == station


@pytest.mark.parametrize(
    "text",
    [
        "",
        "entry = 'a.b:c'",
        "entry = 'a.b'\nstate = '/x'",
        "entry = 'a.b:c'\nstate = 'x'",
        "entry = 'a.b:c'\nstate = '/x'\nmore = 1",
        "entry = 'a.b:c'\nstate = '/x'\nwindow = 0",
        "no toml",
    ],
)
def test_unusable_settings_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "pleura.toml").write_text(text)
    with pytest.raises(RecipeError):
        load_station(tmp_path)


def test_missing_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="make the kit anew"):
        load_station(tmp_path)


def test_an_entry_is_installed_code() -> None:
    assert load_entry("pleura.federation.engine.station:load_entry") is load_entry
    for entry in ("pleura.nothing:here", "pleura.errors:nothing"):
        with pytest.raises(RecipeError, match="cannot load the entry"):
            load_entry(entry)


def test_a_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    made = owner_only(tmp_path / "a" / "b")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    made.chmod(0o750)
    with pytest.raises(RecipeError, match="chmod 700"):
        owner_only(made)


def test_a_state_folder_has_one_user_until_it_is_killed(tmp_path: Path) -> None:
    hold = (
        "import sys; from pathlib import Path; from pleura.federation.engine.station import sole_user\n"
        "with sole_user(Path(sys.argv[1]), 0): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            with pytest.raises(RecipeError, match="another process works"), sole_user(tmp_path, 0.2):
                pass
        finally:
            other.kill()
    with sole_user(tmp_path, 5.0):
        pass
    with sole_user(tmp_path, 0.0):
        pass
