"""A federation on the loopback interface, and hospitals that join it, for the tests of the commands."""

from hashlib import sha256
from pathlib import Path

from typer.testing import CliRunner, Result

from federation import tiny
from pleura.cli.main import app
from pleura.federation.engine.ports import free_ports
from training import micro

NAMES = ("aare", "birs", "cher")
COHORT_NAMES = ("east", "north", "west")


def command(*words: str | Path) -> Result:
    """Run `pleura federation WORDS`; a refusal is in the result's `exception`."""
    return CliRunner().invoke(app, ["federation", *map(str, words)])


def fingerprint(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def write_recipe(folder: Path) -> Path:
    """The paper's network, small, and of numbers that TOML writes in another kind than the recipe's own defaults."""
    text = micro.RECIPE.replace("size = 16", "size = 8\nslices = 8\nsubsets = 1\nmean = -600\nstd = 500")
    path = folder / "micro.toml"
    path.write_text(text.replace("warmup_epochs = 1", "warmup_epochs = 0"))
    return path


def found(folder: Path) -> Path:
    """Make a cohort of three hospitals, and an office; gives the office's folder."""
    tiny.write_hospitals(folder / "cohort")
    ports = free_ports(2)
    done = command(
        *("init", folder / "office", write_recipe(folder), "--name", "valley", "--host", "localhost"),
        *("--port", str(ports[0]), "--coordinator-port", str(ports[1]), "--rounds", "2", "--synthetic"),
    )
    assert done.exit_code == 0, done.exception
    return folder / "office"


def join(folder: Path, number: int, *more: str) -> Result:
    """Let a hospital make its folder beside the office."""
    invitation, name = folder / "office" / "invitation.toml", NAMES[number]
    return command(
        *("join", folder / name, "--invitation", invitation, "--fingerprint", fingerprint(invitation)),
        *("--name", name, "--cohort", folder / "cohort", "--cases-of", COHORT_NAMES[number], *more),
    )


def approve(folder: Path, name: str) -> Result:
    """Approve a hospital's request; the admission lies beside the office."""
    request = folder / name / f"{name}.request"
    said = fingerprint(request).upper()
    return command("approve", folder / "office", request, "--out", folder / f"{name}.admission", "--fingerprint", said)
