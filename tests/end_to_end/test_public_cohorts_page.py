"""The page on public cohorts as it is written: imports and what follows are run on phantoms in those layouts."""

import re
import shlex
import tomllib
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from data.public.published import make_cc_ccii, make_covid_19_ct_seg, make_covid_ct_md, make_mosmed, make_stoic
from pleura.cli.main import app
from pleura.data.cohort import read_cohort
from pleura.settings import InputSettings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "train-on-public-cohorts.md"


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def _commands(kind: str) -> list[list[str]]:
    return [shlex.split(line) for block in _blocks(kind) for line in block.splitlines() if line]


def test_commands_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_cc_ccii(tmp_path / "CC-CCII", {"NCP/1/1": 1, "CP/2/2": 2, "Normal/3/3": 3})
    make_covid_ct_md(tmp_path / "COVID-CT-MD", {"COVID-19 subjects/P001": 4, "CAP subjects/cap001": 5})
    make_stoic(tmp_path / "stoic2021-training", [("7", "1", "0"), ("8", "0", "0")], start=6)
    make_covid_19_ct_seg(tmp_path / "COVID-19-CT-Seg", ["coronacases_003", "radiopaedia_4_85506_1"], start=8)
    make_mosmed(tmp_path / "COVID19_1110", {"CT-0": 2, "CT-1": 1}, start=10)
    for command in _commands("sh"):
        assert command[0] == "pleura"
        workers = ["--workers", "1"] if command[2] != "join" else []
        done = CliRunner().invoke(app, [*command[1:], *workers])
        assert done.exit_code == 0, f"{shlex.join(command)}\n{done.output}\n{done.exception}"
        if command[2] == "import":
            assert "licence: " in done.stdout
            assert "cite: " in done.stdout
    everything = read_cohort(tmp_path / "all", classes=())
    assert {case.hospital for case in everything.split("test")} == {"MosMedData"}
    assert {case.hospital for case in everything.cases if case.split != "test"} == {
        "CC-CCII",
        "COVID-CT-MD",
        "STOIC2021",
        "COVID-19-CT-Seg",
    }
    assert {case.case for case in everything.cases if case.intensity == "8-bit"} == {
        "ccii-NCP-1-1",
        "ccii-Normal-3-3",
        "seg-radiopaedia_4_85506_1",
    }
    assert (tmp_path / "about" / "table1.md").is_file()


def test_the_recipes_change_is_one_that_settings_take() -> None:
    (block,) = _blocks("toml")
    changed = tomllib.loads(block)["input"]
    settings = replace(InputSettings(), **changed)
    assert {name: value for name, value in asdict(settings).items() if name in changed} == changed
    assert settings.intensity == "any"


@pytest.mark.parametrize("command", _commands("text"), ids=shlex.join)
def test_commands_that_take_hours_have_the_options_that_they_name(command: list[str]) -> None:
    found = typer.main.get_command(app)
    words = command[1:]
    while hasattr(found, "commands"):
        found = found.commands[words.pop(0)]
    known = {option for parameter in found.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known
