"""The coordinator's key, made and kept as a hospital's and pinned by every hospital; it signs member lists."""

from pleura.federation.secure_sum.keys.signing_pair import SigningPair

__all__ = ["CoordinatorKey"]


class CoordinatorKey(SigningPair):
    """The pair of who runs the federation; hospitals pin its public half when they enrol."""

    owner = "coordinator"
