from dataclasses import asdict
from pathlib import Path

import pytest

from pleura.errors import RecipeError
from pleura.federation.learning.settings import FederationSettings, parse_federation, read_federation
from pleura.models.toml_write import to_toml


def test_settings_as_written_are_read_back(tmp_path: Path) -> None:
    text = 'name = "x"\nrounds = 7\n[local]\nunit = "steps"\namount = 12\n[strategy]\nname = "fedadam"\ntau = 0.01\n'
    settings = parse_federation(text)
    assert (settings.rounds, settings.local.amount, settings.strategy.tau) == (7, 12.0, 0.01)
    (tmp_path / "f.toml").write_text(to_toml(asdict(settings)))
    assert read_federation(tmp_path / "f.toml") == settings
    assert parse_federation("") == FederationSettings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rounds = 0", "rounds = 0; need 1"),
        ('[local]\nunit = "hours"', "known are epochs, steps, seconds"),
        ("[local]\namount = 1.5", "need a whole number"),
        ("[local]\namount = 0", "need more than 0"),
        ('[local]\noptimiser = "old"', "known are fresh, kept"),
        ('[strategy]\nname = "fedsgd"', "known are fedavg"),
        ("[strategy]\nmomentum = 1.0", "need 0 <= momentum < 1"),
        ("[strategy]\nproximal = 0.0", "need a positive number"),
        ('[weights]\nby = "votes"', "known are equal, cases, dynamic"),
        ("[weights]\nmost_gain = 0.5", "need 1 to 100"),
        ("[clipping]\nmargin = 0.5", "need 1 to 1000"),
        ("[clipping]\nleast = 0.0", "need a positive number"),
        ("[clipping]\ntolerated = 1.0", "need 0 <= tolerated < 1"),
        ("[evaluation]\nbins = 1", "need 2 to 10000"),
        ('[protection]\nbackend = "rot13"', "known are ring, seal, masks, plain"),
        ("[protection]\nvalues_per_coefficient = 5", "need 3 or 4"),
        ("[protection]\nmost_hospitals = 2", "need 3 to 128"),
        ("[protection]\nkey = 1", "unknown key protection.key"),
        ("rounds =", "not TOML"),
        ('name = ""', "need a printable text"),
    ],
)
def test_what_contradicts_itself_is_refused(text: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said.replace(".", r"\.")):
        parse_federation(text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"cannot read the settings .*none\.toml"):
        read_federation(tmp_path / "none.toml")
