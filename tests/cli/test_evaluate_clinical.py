from pathlib import Path

import pytest
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.errors import PleuraError
from training.clinical.drawn import draw_cohort


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    draw_cohort(folder, cases=24)
    return folder


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--truth", "diagnosis"], "has no column diagnosis"),
        (["--truth", "CASES", "--recipe", "ucadi"], "a recipe for diagnosis; need one with task"),
        (["--truth", "CASES", "--schema", "mine"], 'no schema "mine"'),
        (["--truth", "CASES", "--without", "ferritin"], "no feature ferritin"),
        (["--truth", "CASES", "--positive", "flu"], "0 patients of flu; need 10 or more"),
        (["--truth", "CASES", "--ct-scores", "CASES"], "cases.csv has no column truth"),
    ],
)
def test_what_cannot_be_judged_is_refused_before_long_work(
    options: list[str], said: str, drawn: Path, tmp_path: Path
) -> None:
    given = [str(drawn / "cases.csv") if one == "CASES" else one for one in options]
    command = ["evaluate", "clinical", "--table", str(drawn / "clinical.csv"), "--out", str(tmp_path / "out"), *given]
    done = CliRunner().invoke(app, command)
    assert done.exit_code != 0
    assert isinstance(done.exception, PleuraError)
    assert said in str(done.exception)
    assert not (tmp_path / "out").exists()
