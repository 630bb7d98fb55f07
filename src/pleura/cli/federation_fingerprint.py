"""A file's fingerprint in; on only if it is the one that was read by telephone, a refusal otherwise."""

import typer

from pleura.errors import WireError

__all__ = ["compare"]


def compare(what: str, found: str, said: str | None, who: str) -> None:
    """Hold a fingerprint against what the other side read; without that, show it and ask.

    Parameters
    ----------
    what : the file, in a word
    found : its SHA-256, 64 hexadecimal digits
    said : what was read by telephone, case and blanks as they may be; None to ask at the terminal
    who : reads it by telephone

    Raises
    ------
    WireError
        If they differ, or the answer is no.
    """
    if said is None:
        typer.echo(f"fingerprint of the {what}: {found}", err=True)
        if not typer.confirm(f"Does {who} read the same by telephone?", err=True):
            raise WireError(f"the fingerprint of the {what} was not confirmed; nothing was done")
    elif "".join(said.split()).lower() != found:
        raise WireError(
            f"the {what} has the fingerprint {found}, and {who} reads {said}; it was altered on the way, or is another "
            "one: nothing was done, ask for it again"
        )
