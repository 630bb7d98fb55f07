"""`pleura federation run`: rounds of training, one after another."""

import json
import sys
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

import typer

from pleura.cli.progress import watch
from pleura.cli.termination import stop_on_termination
from pleura.errors import RecipeError

__all__ = ["run"]


def run(
    folder: Path = typer.Argument(help="Coordinator's folder; the server runs on the same machine."),
    rounds: int | None = typer.Option(None, min=1, help="How many more; all that are left by default."),
    as_json: bool = typer.Option(False, "--json", help="Print the committed rounds as JSON."),
) -> None:
    """Run rounds until they are committed; one that fails is said, and tried again until Ctrl-C.

    One that fails three times in a row for the same reason is not: the command ends, and says what the reason is.

    Waits for hospitals while there are too few. After the last round the model goes to the hospitals that are there.
    Stopped, or after a crash of the server, the same command goes on after the last committed round.
    """
    from pleura.federation.deployment.handing_out import hand_out
    from pleura.federation.deployment.machine import check_own_host, find_kit
    from pleura.federation.deployment.office import Office
    from pleura.federation.deployment.plan import read_waiting
    from pleura.federation.deployment.server import read_failures, read_lists
    from pleura.federation.deployment.standing import stand_of_office
    from pleura.federation.engine.kits import COORDINATOR
    from pleura.federation.engine.progress import CommittedRounds
    from pleura.federation.engine.rolling import Pace, run_rounds
    from pleura.federation.engine.server_app import open_session

    office = Office.open(folder)
    wanted, waiting = office.invitation.settings.rounds, read_waiting(office.state)
    progress = CommittedRounds(
        office.state / "rounds",
        lambda: read_lists(office.state),
        office.coordinator,
        lambda: read_failures(office.state),
    )
    done = progress.last_round()
    last = wanted if rounds is None else done + rounds
    if not done < last <= wanted:
        raise RecipeError(
            f"{done} of the {wanted} rounds that were agreed on are committed, so {wanted - done} are left; the "
            "learning rates are planned for these: found another federation to train on"
        )
    check_own_host(office.invitation.host)
    session = partial(open_session, find_kit(office.folder / "coordinator"), COORDINATOR)
    pace = Pace(least=office.invitation.quorum, settle_s=waiting.settle_s, round_s=waiting.round_s)
    jobs = office.folder / "jobs"
    with watch() as watcher, stop_on_termination(), redirect_stdout(sys.stderr):  # the engine prints
        try:
            watcher.say(f"round {done + 1} of {wanted}: begins when {pace.least} hospitals are connected")

            def tell(number: int) -> None:
                row = stand_of_office(office)["rounds"][number - 1]
                watcher.say(
                    f"round {number} committed: {row['hospitals']} hospitals, {row['upload_bytes'] / 1e6:.2f} MB up, "
                    f"{row['seconds']:.1f} s"
                )
                for name, reason in row.get("refused", {}).items():
                    watcher.say(f"  {name} was left out: {reason}")

            run_rounds(session, progress, jobs, last, pace, say=watcher.say, committed=tell)
            names = hand_out(session, office.state, jobs, last, quorum=pace.least, limit_s=waiting.round_s)
            watcher.say(f"the model after {last} rounds is with {', '.join(names)}")
        except KeyboardInterrupt:
            watcher.say("stopped; what is committed stays, and the same command goes on")
            raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(stand_of_office(office)["rounds"][done:], indent=1))
