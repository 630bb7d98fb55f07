"""The engine: bytes between the server and the hospitals, each under its own certificate; NVIDIA FLARE carries them.

Only `server_app` and `hospital_app` import FLARE. The rest makes kits and jobs, starts and stops processes, and keeps
what a machine knows of itself. Rounds meet the engine in `federation.rounds.exchange`, and know nothing more of it.
"""

from importlib.util import find_spec

from pleura.errors import MissingExtraError

__all__: list[str] = []

if find_spec("nvflare") is None:
    raise MissingExtraError(
        'the federation engine needs the package nvflare; install it with: pip install "pleura[federation]"'
    )
