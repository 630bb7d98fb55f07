"""A hospital's state folder in, its side of the rounds out: what the engine wakes in the hospital for each job."""

from pathlib import Path

from pleura.federation.deployment.site import Site
from pleura.federation.deployment.work import HospitalWork
from pleura.federation.rounds.hospital_rounds import RoundHospital
from pleura.federation.secure_sum.keys.identity import HospitalKeys

__all__ = ["take_part"]


def take_part(state: Path) -> RoundHospital:
    """Make a hospital's handler from what is on its disk; errors as for `Site.open` and `RoundHospital`.

    Parameters
    ----------
    state : the folder `state` of a hospital's folder
    """
    site = Site.open(state.parent)
    keys = HospitalKeys.load(site.keys)
    return RoundHospital(state / "rounds", keys, site.keys, site.folder / "policy.toml", HospitalWork(site))
