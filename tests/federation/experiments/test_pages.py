"""What the two pages on the experiments say in numbers and options."""

import re
from pathlib import Path

import numpy as np
import typer

from pleura.cli.experiment import app
from pleura.evaluation.repeated.runs import RESAMPLES
from pleura.federation.experiments.settings import ExperimentSettings
from pleura.federation.experiments.site_table import mix_of_sites
from pleura.federation.experiments.six_hospitals import six_hospitals

DOCS = Path(__file__).parents[3] / "docs"
BACKGROUND = (DOCS / "background" / "federated-experiments.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to" / "repeat-the-papers-experiments.md").read_text(encoding="utf-8")


def test_the_table_of_hospitals_is_the_one_that_is_drawn_by() -> None:
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", BACKGROUND, re.MULTILINE)
    assert [row[0] for row in rows] == ["main", "valley", "city"]
    printed = np.array([[int(number) for number in row[1:]] for row in rows])
    np.testing.assert_allclose(printed[:, :4], mix_of_sites(), atol=0.5)
    np.testing.assert_array_equal(printed[:, 4], [800, 227, 241])


def test_defaults_are_as_said() -> None:
    settings = ExperimentSettings()
    assert f"`--margin`, {settings.margin:g} of accuracy by default" in " ".join(BACKGROUND.split())
    assert f"({RESAMPLES} times" in " ".join(BACKGROUND.split())
    assert f"with {settings.cases} patients of three hospitals" in " ".join(HOW_TO.split())


def test_every_command_and_option_of_the_how_to_is_there() -> None:
    group = typer.main.get_command(app)
    commands = group.commands  # type: ignore[attr-defined]
    assert set(re.findall(r"^\| `pleura experiment ([\w-]+)`", HOW_TO, re.MULTILINE)) == set(commands)
    for name, options in re.findall(r"^pleura experiment ([\w-]+)(.*)$", HOW_TO, re.MULTILINE):
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[\w-]+", options)) <= known
    everywhere = {option for command in commands.values() for one in command.params for option in one.opts}
    assert set(re.findall(r"`(--[\w-]+)", HOW_TO)) <= everywhere


def test_the_six_hospitals_of_the_covidet_page_are_those_that_are_drawn() -> None:
    page = (DOCS / "background" / "federated-covidet.md").read_text(encoding="utf-8")
    printed = re.findall(r"^\| `(\w+)` \| (\d+)/45 \| ([^|]+) \| ([\d :]+) \|$", page, re.MULTILINE)
    labels = ("healthy", "covid-19", "other-viral", "tuberculosis", "nodule")
    drawn = [
        (one.name, str(one.patients // 10), one.scanner, " : ".join(str(one.classes.get(name, 0)) for name in labels))
        for one in six_hospitals(450)
    ]
    assert printed == drawn
